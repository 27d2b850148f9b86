//! Checks what stands about Windows guests.

use secrecy::ExposeSecret as _;

use super::{Checked, wrong};
use crate::landscape::{Instance, Os, PortHost, WindowsAgent, is_account_name};

/// Accounts that one machine may begin with.
const MOST_ACCOUNTS: usize = 32;
/// Longest password that Windows takes at its sign-in, in characters.
const LONGEST_PASSWORD: usize = 127;

/// `path` is the instance's.
pub(super) fn check(path: &str, instance: &Instance) -> Checked {
    if instance.os != Os::Windows {
        if !instance.windows_users.is_empty() {
            return Err(wrong(format!("{path}.windowsUsers"), "only a Windows instance has these"));
        }
        if instance.windows_agent != WindowsAgent::default() {
            return Err(wrong(format!("{path}.windowsAgent"), "only a Windows instance has one"));
        }
        if let Some((port, _)) = instance.ports.iter().find(|(_, host)| **host == PortHost::Desktop) {
            return Err(wrong(format!("{path}.ports.{port}"), "`desktop` needs a Windows instance"));
        }
    }
    if instance.windows_users.len() > MOST_ACCOUNTS {
        return Err(wrong(format!("{path}.windowsUsers"), format!("at most {MOST_ACCOUNTS}")));
    }
    let mut seen = std::collections::BTreeSet::new();
    for (name, password) in &instance.windows_users {
        let path = format!("{path}.windowsUsers.{name}");
        if !is_account_name(name, &instance.name) {
            return Err(wrong(path, "Windows takes no such name"));
        }
        if !seen.insert(name.to_lowercase()) {
            return Err(wrong(path, "is there twice: Windows tells no capitals from small letters"));
        }
        let length = password.0.expose_secret().chars().count();
        if length == 0 || length > LONGEST_PASSWORD {
            return Err(wrong(path, format!("a password has 1 to {LONGEST_PASSWORD} characters")));
        }
    }
    Ok(())
}

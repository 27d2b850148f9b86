//! macOS, as Chrome looks at it for Endpoint Verification, but by programs instead of private frameworks.

use crate::probe::Probe;
use crate::{Device, Encryption, Fact, Management, OsType};

pub(crate) async fn look(probe: &impl Probe) -> Device {
    let (os_version, screen_lock, encryption, management) =
        tokio::join!(os_version(probe), screen_lock(probe), encryption(probe), management(probe));
    Device {
        os_type: Fact::known(OsType::Mac, "the running system"),
        os_version,
        screen_lock,
        encryption,
        management,
    }
}

async fn os_version(probe: &impl Probe) -> Fact<String> {
    let said = probe.run("/usr/bin/sw_vers", &["-productVersion"]).await;
    Fact::from(said.and_then(|said| version(&said)), "sw_vers -productVersion")
}

/// `14.5` as the inventory writes it, with three parts: `14.5.0`.
fn version(said: &str) -> Option<String> {
    let mut parts: Vec<&str> = said.trim().split('.').collect();
    let is_number = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !parts.iter().all(is_number) {
        return None;
    }
    parts.resize(parts.len().max(3), "0");
    Some(parts.join("."))
}

async fn screen_lock(probe: &impl Probe) -> Fact<bool> {
    let said = probe.run("/usr/sbin/sysadminctl", &["-screenLock", "status"]).await;
    Fact::from(said.and_then(|said| locks(&said)), "sysadminctl -screenLock status")
}

/// `screenLock delay is immediate`, `screenLock delay is 300 seconds` or `screenLock is off`, after a time stamp.
fn locks(said: &str) -> Option<bool> {
    if said.contains("screenLock delay is ") {
        Some(true)
    } else if said.contains("screenLock is off") {
        Some(false)
    } else {
        None
    }
}

async fn encryption(probe: &impl Probe) -> Fact<Encryption> {
    let said = probe.run("/usr/bin/fdesetup", &["status"]).await;
    Fact::from(said.and_then(|said| file_vault(&said)), "fdesetup status")
}

fn file_vault(said: &str) -> Option<Encryption> {
    if said.contains("FileVault is On") {
        Some(Encryption::Encrypted)
    } else if said.contains("FileVault is Off") {
        Some(Encryption::Unencrypted)
    } else {
        None
    }
}

async fn management(probe: &impl Probe) -> Fact<Vec<Management>> {
    let (profiles, directory) = tokio::join!(
        probe.run("/usr/bin/profiles", &["status", "-type", "enrollment"]),
        probe.run("/usr/sbin/dsconfigad", &["-show"]),
    );
    let mdm = profiles.and_then(|said| enrolled(&said));
    let domain = directory.map(|said| said.contains("Active Directory Domain"));
    let how = "profiles status -type enrollment, dsconfigad -show";
    let by = [(mdm, Management::Mdm), (domain, Management::Domain)];
    let managed: Vec<Management> =
        by.iter().filter(|(known, _)| *known == Some(true)).map(|&(_, management)| management).collect();
    // That nobody manages it is known only if both have answered.
    if managed.is_empty() && by.iter().any(|(known, _)| known.is_none()) {
        return Fact::unknown(format!("{how} do not tell"));
    }
    Fact::known(managed, how)
}

/// `MDM enrollment: No`, `Yes` or `Yes (User Approved)`.
fn enrolled(said: &str) -> Option<bool> {
    let answer = said.lines().find_map(|line| line.trim().strip_prefix("MDM enrollment:"))?.trim();
    if answer.starts_with("Yes") {
        Some(true)
    } else if answer.starts_with("No") {
        Some(false)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recorded::Recorded;

    #[tokio::test]
    async fn a_company_mac_tells_all() {
        let probe = Recorded::default()
            .says("/usr/bin/sw_vers -productVersion", "14.5\n")
            .says("/usr/bin/fdesetup status", "FileVault is On.\n")
            .says(
                "/usr/sbin/sysadminctl -screenLock status",
                "2026-08-19 22:17:55.934 sysadminctl[55361:106849336] screenLock delay is immediate\n",
            )
            .says(
                "/usr/bin/profiles status -type enrollment",
                "Enrolled via DEP: Yes\nMDM enrollment: Yes (User Approved)\nMDM server: https://mdm.example.com/\n",
            )
            .says("/usr/sbin/dsconfigad -show", "");
        let device = look(&probe).await;
        assert_eq!(device.os_type.value, Some(OsType::Mac));
        assert_eq!(device.os_version, Fact::known("14.5.0".into(), "sw_vers -productVersion"));
        assert_eq!(device.screen_lock.value, Some(true));
        assert_eq!(device.encryption, Fact::known(Encryption::Encrypted, "fdesetup status"));
        assert_eq!(device.management.value, Some(vec![Management::Mdm]));
    }

    #[tokio::test]
    async fn a_mac_that_says_nothing_is_unknown_in_all_but_its_kind() {
        let device = look(&Recorded::default()).await;
        assert_eq!(device.os_type.value, Some(OsType::Mac));
        assert_eq!(device.os_version, Fact::unknown("sw_vers -productVersion does not tell"));
        assert_eq!(device.screen_lock.value, None);
        assert_eq!(device.encryption.value, None);
        assert_eq!(device.management.value, None);
    }

    #[test]
    fn versions_have_three_parts() {
        assert_eq!(version("15.7.9\n").as_deref(), Some("15.7.9"));
        assert_eq!(version("26\n").as_deref(), Some("26.0.0"));
        assert_eq!(version("13.6.7.1").as_deref(), Some("13.6.7.1"));
        assert_eq!(version("unknown"), None);
        assert_eq!(version(""), None);
    }

    #[test]
    fn the_screen_lock_is_read_from_the_words_of_sysadminctl() {
        assert_eq!(locks("sysadminctl[1:2] screenLock delay is 300 seconds"), Some(true));
        assert_eq!(locks("sysadminctl[1:2] screenLock is off"), Some(false));
        assert_eq!(locks("sysadminctl[1:2] Operation is not permitted without secure token unlock."), None);
    }

    #[test]
    fn file_vault_counts_while_it_encrypts() {
        let encrypting = "FileVault is On.\nEncryption in progress: Percent completed = 34\n";
        assert_eq!(file_vault(encrypting), Some(Encryption::Encrypted));
        assert_eq!(file_vault("FileVault is Off.\n"), Some(Encryption::Unencrypted));
        assert_eq!(file_vault("Error: could not determine the state."), None);
    }

    #[tokio::test]
    async fn nobody_manages_it_only_if_both_answers_say_so() {
        let private = Recorded::default()
            .says("/usr/bin/profiles status -type enrollment", "Enrolled via DEP: No\nMDM enrollment: No\n");
        assert_eq!(management(&private).await.value, None);
        let private = private.says("/usr/sbin/dsconfigad -show", "");
        assert_eq!(management(&private).await.value, Some(vec![]));
        let bound = private.says(
            "/usr/sbin/dsconfigad -show",
            "Active Directory Forest          = example.com\nActive Directory Domain          = corp.example.com\n",
        );
        assert_eq!(management(&bound).await.value, Some(vec![Management::Domain]));
    }
}

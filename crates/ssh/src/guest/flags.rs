//! Metadata flags and the decision that they lead to (specification: guest access, section 1).

/// A metadata flag as the guest reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Flag {
    /// One of `1 t T TRUE true True`.
    On,
    /// One of `0 f F FALSE false False`.
    Off,
    /// Absent, or anything else.
    #[default]
    Unset,
}

impl Flag {
    /// Go's boolean rules, which the guest follows.
    pub fn parse(value: &str) -> Self {
        match value {
            "1" | "t" | "T" | "TRUE" | "true" | "True" => Flag::On,
            "0" | "f" | "F" | "FALSE" | "false" | "False" => Flag::Off,
            _ => Flag::Unset,
        }
    }

    /// Whether the flag is set and true.
    pub fn is_on(self) -> bool {
        self == Flag::On
    }

    fn or(self, other: Flag) -> Flag {
        match self {
            Flag::On | Flag::Off => self,
            Flag::Unset => other,
        }
    }
}

/// The flags that decide how a user gets in. The instance's value wins over the project's wherever it counts
/// as set; `block-project-ssh-keys` is read from the instance only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flags {
    /// `enable-oslogin`
    pub os_login: Flag,
    /// `enable-oslogin-2fa`: the server asks for a second factor after the key.
    pub os_login_second_factor: Flag,
    /// `enable-oslogin-sk`: only keys of security keys count.
    pub os_login_security_key: Flag,
    /// `enable-oslogin-certificates`: only certificates count.
    pub os_login_certificates: Flag,
    /// `enable-guest-attributes`: the guest publishes its host keys.
    pub guest_attributes: Flag,
    /// `enable-windows-ssh`
    pub windows_ssh: Flag,
    /// `disable-account-manager`: a Windows guest makes no accounts and sets no passwords.
    pub account_manager_disabled: Flag,
    /// `block-project-ssh-keys`, of the instance.
    pub block_project_keys: Flag,
}

impl Flags {
    /// Reads the flags from the metadata items (key, value) of an instance and of its project.
    pub fn read<'a>(
        instance: impl IntoIterator<Item = (&'a str, &'a str)>,
        project: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        let (instance, project) = (Self::of(instance), Self::of(project));
        Self {
            os_login: instance.os_login.or(project.os_login),
            os_login_second_factor: instance.os_login_second_factor.or(project.os_login_second_factor),
            os_login_security_key: instance.os_login_security_key.or(project.os_login_security_key),
            os_login_certificates: instance.os_login_certificates.or(project.os_login_certificates),
            guest_attributes: instance.guest_attributes.or(project.guest_attributes),
            windows_ssh: instance.windows_ssh.or(project.windows_ssh),
            account_manager_disabled: instance.account_manager_disabled.or(project.account_manager_disabled),
            block_project_keys: instance.block_project_keys,
        }
    }

    fn of<'a>(items: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut flags = Self::default();
        for (key, value) in items {
            let flag = match key {
                "enable-oslogin" => &mut flags.os_login,
                "enable-oslogin-2fa" => &mut flags.os_login_second_factor,
                "enable-oslogin-sk" => &mut flags.os_login_security_key,
                "enable-oslogin-certificates" => &mut flags.os_login_certificates,
                "enable-guest-attributes" => &mut flags.guest_attributes,
                "enable-windows-ssh" => &mut flags.windows_ssh,
                "disable-account-manager" => &mut flags.account_manager_disabled,
                "block-project-ssh-keys" => &mut flags.block_project_keys,
                _ => continue,
            };
            *flag = Flag::parse(value);
        }
        flags
    }
}

/// The guest's operating system, by the features of its boot disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum System {
    /// Linux, or anything that does not say that it is Windows.
    Linux,
    /// The boot disk has the guest OS feature `WINDOWS`.
    Windows,
}

/// The kind of the signed-in account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountKind {
    /// A Google account.
    Google,
    /// A service account.
    Service,
    /// An identity of an external provider (workforce identity federation).
    Workforce,
}

/// The way in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// A key in the instance's metadata (section 3). It means root, or administrator, on the VM.
    MetadataKey,
    /// A key in the user's OS Login profile (section 4).
    OsLoginKey {
        /// The server will ask for a second factor (section 6).
        second_factor: Flag,
    },
    /// A certificate signed by OS Login (section 5).
    OsLoginCertificate {
        /// The server will ask for a second factor (section 6).
        second_factor: Flag,
    },
    /// Only a FIDO security key's SSH key counts; the embedded terminal has none.
    SecurityKeyOnly,
    /// A Windows guest without `enable-windows-ssh`: nobody gets in by SSH.
    WindowsNeedsEnabling,
}

impl Way {
    /// The decision of section 1. Metadata keys are never a way round OS Login: the guest ignores them then.
    pub fn of(flags: &Flags, system: System, account: AccountKind) -> Self {
        match system {
            System::Windows if flags.windows_ssh.is_on() => Way::MetadataKey,
            System::Windows => Way::WindowsNeedsEnabling,
            System::Linux if !flags.os_login.is_on() => Way::MetadataKey,
            System::Linux if flags.os_login_security_key.is_on() => Way::SecurityKeyOnly,
            System::Linux => {
                // the guest exempts service accounts from the second factor (section 6)
                let second_factor = match account {
                    AccountKind::Service => Flag::Off,
                    AccountKind::Google | AccountKind::Workforce => flags.os_login_second_factor,
                };
                if flags.os_login_certificates.is_on() || account == AccountKind::Workforce {
                    Way::OsLoginCertificate { second_factor }
                } else {
                    Way::OsLoginKey { second_factor }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_follows_go() {
        for on in ["1", "t", "T", "TRUE", "true", "True"] {
            assert_eq!(Flag::parse(on), Flag::On, "{on}");
        }
        for off in ["0", "f", "F", "FALSE", "false", "False"] {
            assert_eq!(Flag::parse(off), Flag::Off, "{off}");
        }
        for unset in ["", "tRuE", "yes", "on", " true", "true ", "true\n", "2", "Y"] {
            assert_eq!(Flag::parse(unset), Flag::Unset, "{unset}");
        }
    }

    #[test]
    fn the_instance_wins_where_it_is_set() {
        let table = [
            (Some("true"), Some("false"), Flag::On),
            (Some("FALSE"), Some("true"), Flag::Off),
            (Some("yes"), Some("true"), Flag::On),
            (Some("tRuE"), Some("0"), Flag::Off),
            (Some("yes"), Some("no"), Flag::Unset),
            (None, Some("1"), Flag::On),
            (Some("1"), None, Flag::On),
            (None, None, Flag::Unset),
        ];
        for (instance, project, wanted) in table {
            for (key, read) in [
                ("enable-oslogin", (|f| f.os_login) as fn(Flags) -> Flag),
                ("enable-oslogin-2fa", |f| f.os_login_second_factor),
                ("enable-oslogin-sk", |f| f.os_login_security_key),
                ("enable-oslogin-certificates", |f| f.os_login_certificates),
                ("enable-guest-attributes", |f| f.guest_attributes),
                ("enable-windows-ssh", |f| f.windows_ssh),
                ("disable-account-manager", |f| f.account_manager_disabled),
            ] {
                let flags = Flags::read(instance.map(|v| (key, v)), project.map(|v| (key, v)));
                assert_eq!(read(flags), wanted, "{key} {instance:?} {project:?}");
            }
        }
    }

    #[test]
    fn project_keys_are_blocked_by_the_instance_only() {
        let block = ("block-project-ssh-keys", "true");
        assert_eq!(Flags::read([block], []).block_project_keys, Flag::On);
        assert_eq!(Flags::read([], [block]).block_project_keys, Flag::Unset);
    }

    #[test]
    fn the_decision() {
        use AccountKind::{Google, Service, Workforce};
        use System::{Linux, Windows};
        let off = Flag::Unset;
        let table: [(&[&str], System, AccountKind, Way); 13] = [
            (&[], Linux, Google, Way::MetadataKey),
            (&[], Linux, Workforce, Way::MetadataKey),
            (&["enable-oslogin-sk", "enable-oslogin-2fa"], Linux, Google, Way::MetadataKey),
            (&["enable-oslogin"], Linux, Google, Way::OsLoginKey { second_factor: off }),
            (&["enable-oslogin"], Linux, Service, Way::OsLoginKey { second_factor: Flag::Off }),
            (&["enable-oslogin"], Linux, Workforce, Way::OsLoginCertificate { second_factor: off }),
            (
                &["enable-oslogin", "enable-oslogin-2fa"],
                Linux,
                Google,
                Way::OsLoginKey { second_factor: Flag::On },
            ),
            (
                &["enable-oslogin", "enable-oslogin-2fa"],
                Linux,
                Service,
                Way::OsLoginKey { second_factor: Flag::Off },
            ),
            (
                &["enable-oslogin", "enable-oslogin-certificates"],
                Linux,
                Google,
                Way::OsLoginCertificate { second_factor: off },
            ),
            (
                &["enable-oslogin", "enable-oslogin-sk", "enable-oslogin-certificates"],
                Linux,
                Google,
                Way::SecurityKeyOnly,
            ),
            (&["enable-oslogin"], Windows, Google, Way::WindowsNeedsEnabling),
            (&["enable-windows-ssh"], Windows, Google, Way::MetadataKey),
            (&["enable-oslogin", "enable-windows-ssh"], Windows, Workforce, Way::MetadataKey),
        ];
        for (keys, system, account, wanted) in table {
            let flags = Flags::read(keys.iter().map(|k| (*k, "true")), []);
            assert_eq!(Way::of(&flags, system, account), wanted, "{keys:?} {system:?} {account:?}");
        }
    }
}

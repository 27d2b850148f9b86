//! Windows, as Chrome looks at it for Endpoint Verification.

use crate::probe::{Hive, Probe};
use crate::{Device, Encryption, Fact, Management, OsType};

const VERSION: &str = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion";
const DESKTOP: &str = r"Control Panel\Desktop";
const DESKTOP_POLICY: &str = r"Software\Policies\Microsoft\Windows\Control Panel\Desktop";
/// "Require a password on wakeup", a setting of power schemes.
const CONSOLE_LOCK: &str = "0e796bdb-100d-47d6-a2d5-f7d2daa51f51";

pub(crate) async fn look(probe: &impl Probe) -> Device {
    let (screen_lock, encryption, management) =
        tokio::join!(screen_lock(probe), encryption(probe), management(probe));
    Device {
        os_type: Fact::known(OsType::Windows, "the running system"),
        os_version: os_version(probe),
        screen_lock,
        encryption,
        management,
    }
}

/// `10.0.19045`: Windows 11 counts as 10 too, with builds from 22000 on.
fn os_version(probe: &impl Probe) -> Fact<String> {
    let number = |name: &str| {
        let number = probe.registry(Hive::Machine, VERSION, name)?;
        number.parse::<u32>().ok()
    };
    let version = || {
        let (major, minor) = (number("CurrentMajorVersionNumber")?, number("CurrentMinorVersionNumber")?);
        Some(format!("{major}.{minor}.{}", number("CurrentBuildNumber")?))
    };
    Fact::from(version(), &format!(r"registry: HKLM\{VERSION}"))
}

/// Either of two settings is enough: a screen saver that asks for the password, or the password on wake-up.
async fn screen_lock(probe: &impl Probe) -> Fact<bool> {
    let secure = |key| probe.registry(Hive::User, key, "ScreenSaverIsSecure");
    // A policy goes before the user's own setting.
    let saver = secure(DESKTOP_POLICY).or_else(|| secure(DESKTOP)).map(|value| value == "1");
    if saver == Some(true) {
        return Fact::known(true, "registry: ScreenSaverIsSecure");
    }
    let arguments = ["/qh", "SCHEME_CURRENT", "SUB_NONE", "CONSOLELOCK"];
    let said = probe.run(&system_program(probe, "powercfg.exe"), &arguments).await;
    match said.and_then(|said| console_lock(&said)) {
        Some(true) => Fact::known(true, "powercfg: password on wake-up"),
        Some(false) if saver.is_some() => {
            Fact::known(false, "registry: ScreenSaverIsSecure; powercfg: password on wake-up")
        }
        _ => Fact::unknown("ScreenSaverIsSecure and powercfg do not tell"),
    }
}

/// The last two values of the setting are the ones for mains and battery, whatever the language of the words before
/// them. If they differ it depends on the power, and is not known.
fn console_lock(said: &str) -> Option<bool> {
    let (_, setting) = said.split_once(CONSOLE_LOCK)?;
    let values = setting.lines().filter_map(|line| {
        let value = line.split_whitespace().next_back()?.strip_prefix("0x")?;
        u32::from_str_radix(value, 16).ok()
    });
    match values.collect::<Vec<u32>>().as_slice() {
        [.., mains, battery] if (*mains == 0) == (*battery == 0) => Some(*mains != 0),
        _ => None,
    }
}

async fn encryption(probe: &impl Probe) -> Fact<Encryption> {
    let volume = probe.variable("SystemDrive").unwrap_or_else(|| "C:".to_owned());
    let said = probe.bit_locker(&volume).await;
    let source = format!("System.Volume.BitLockerProtection of {volume}");
    match said {
        // Suspended: the disk is encrypted, but its key lies open.
        Some(5) => Fact::known(Encryption::Unencrypted, format!("{source}: suspended")),
        said => Fact::from(said.and_then(protection), &source),
    }
}

/// On, off, encrypting, decrypting, suspended, locked: Microsoft does not document the numbers, Chrome goes by them.
fn protection(status: i32) -> Option<Encryption> {
    match status {
        1 | 3 | 6 => Some(Encryption::Encrypted),
        2 | 4 | 5 => Some(Encryption::Unencrypted),
        _ => None,
    }
}

async fn management(probe: &impl Probe) -> Fact<Vec<Management>> {
    let said = probe.run(&system_program(probe, "dsregcmd.exe"), &["/status"]).await;
    Fact::from(said.and_then(|said| joined(&said)), "dsregcmd /status")
}

fn joined(said: &str) -> Option<Vec<Management>> {
    let is = |name: &str| {
        let lines = said.lines().filter_map(|line| line.split_once(':'));
        let mut answers = lines.filter(|(key, _)| key.trim() == name).map(|(_, answer)| answer.trim());
        match answers.next()? {
            "YES" => Some(true),
            "NO" => Some(false),
            _ => None,
        }
    };
    let (domain, entra) = (is("DomainJoined")?, is("AzureAdJoined")?);
    let by = [(domain, Management::Domain), (entra, Management::EntraId)];
    Some(by.into_iter().filter(|&(joined, _)| joined).map(|(_, management)| management).collect())
}

/// A program of Windows by its whole path, so that no other of that name is run.
fn system_program(probe: &impl Probe, name: &str) -> String {
    let root = probe.variable("SystemRoot").unwrap_or_else(|| r"C:\Windows".to_owned());
    format!(r"{root}\System32\{name}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recorded::Recorded;

    const POWERCFG: &str = r"C:\Windows\System32\powercfg.exe /qh SCHEME_CURRENT SUB_NONE CONSOLELOCK";
    const DSREGCMD: &str = r"C:\Windows\System32\dsregcmd.exe /status";
    const HYBRID: &str = "\
+----------------------------------------------------------------------+
| Device State                                                         |
+----------------------------------------------------------------------+

             AzureAdJoined : YES
          EnterpriseJoined : NO
              DomainJoined : YES
                DomainName : CORP
               Device Name : LAPTOP-1.corp.example.com
";

    fn power(mains: u32, battery: u32) -> String {
        format!(
            "Power Scheme GUID: 381b4222-f694-41f0-9685-ff5bb260df2e  (Balanced)\r
  GUID Alias: SCHEME_BALANCED\r
  Subgroup GUID: fea3413e-7e05-4911-9a71-700331f1c294  (Settings belonging to no subgroup)\r
    GUID Alias: SUB_NONE\r
    Power Setting GUID: {CONSOLE_LOCK}  (Require a password on wakeup)\r
      GUID Alias: CONSOLELOCK\r
      Possible Setting Index: 000\r
      Possible Setting Friendly Name: No\r
      Possible Setting Index: 001\r
      Possible Setting Friendly Name: Yes\r
    Current AC Power Setting Index: {mains:#010x}\r
    Current DC Power Setting Index: {battery:#010x}\r
"
        )
    }

    fn windows_11() -> Recorded {
        let version = format!(r"HKLM\{VERSION}");
        Recorded::default()
            .value(&version, "CurrentMajorVersionNumber", "10")
            .value(&version, "CurrentMinorVersionNumber", "0")
            .value(&version, "CurrentBuildNumber", "22631")
    }

    #[tokio::test]
    async fn a_company_laptop_tells_all() {
        let mut probe = windows_11()
            .value(&format!(r"HKCU\{DESKTOP}"), "ScreenSaverIsSecure", "0")
            .says(POWERCFG, &power(1, 1))
            .says(DSREGCMD, HYBRID);
        probe.bit_locker = Some(1);
        let device = look(&probe).await;
        assert_eq!(device.os_type.value, Some(OsType::Windows));
        assert_eq!(device.os_version.value.as_deref(), Some("10.0.22631"));
        assert_eq!(device.screen_lock, Fact::known(true, "powercfg: password on wake-up"));
        assert_eq!(device.encryption.value, Some(Encryption::Encrypted));
        assert_eq!(device.encryption.how, "System.Volume.BitLockerProtection of C:");
        assert_eq!(device.management.value, Some(vec![Management::Domain, Management::EntraId]));
    }

    #[tokio::test]
    async fn a_computer_that_says_nothing_is_unknown_in_all_but_its_kind() {
        let device = look(&Recorded::default()).await;
        assert_eq!(device.os_type.value, Some(OsType::Windows));
        assert_eq!(device.os_version.value, None);
        assert_eq!(device.screen_lock.value, None);
        assert_eq!(device.encryption.value, None);
        assert_eq!(device.management.value, None);
    }

    #[tokio::test]
    async fn a_policy_for_the_screen_saver_goes_before_the_setting() {
        let own =
            |value| Recorded::default().value(&format!(r"HKCU\{DESKTOP}"), "ScreenSaverIsSecure", value);
        assert_eq!(screen_lock(&own("1")).await.value, Some(true));
        assert_eq!(screen_lock(&own("0")).await.value, None);
        let off = own("0").says(POWERCFG, &power(0, 0));
        assert_eq!(screen_lock(&off).await.value, Some(false));
        let policy = own("0").value(&format!(r"HKCU\{DESKTOP_POLICY}"), "ScreenSaverIsSecure", "1");
        assert_eq!(screen_lock(&policy).await.value, Some(true));
    }

    #[test]
    fn the_password_on_wake_up_is_read_in_any_language() {
        assert_eq!(console_lock(&power(1, 1)), Some(true));
        assert_eq!(console_lock(&power(0, 0)), Some(false));
        assert_eq!(console_lock(&power(1, 0)), None);
        let german = format!(
            "    GUID der Energieeinstellung: {CONSOLE_LOCK}  (Kennwort bei Reaktivierung anfordern)\r\n    \
             Index der aktuellen Wechselstromeinstellung: 0x00000001\r\n    \
             Index der aktuellen Gleichstromeinstellung: 0x00000001\r\n"
        );
        assert_eq!(console_lock(&german), Some(true));
        assert_eq!(console_lock("Invalid Parameters -- try \"/?\" for help\r\n"), None);
    }

    #[tokio::test]
    async fn suspended_protection_does_not_count() {
        for (status, expected) in [
            (1, Some(Encryption::Encrypted)),
            (2, Some(Encryption::Unencrypted)),
            (3, Some(Encryption::Encrypted)),
            (5, Some(Encryption::Unencrypted)),
            (6, Some(Encryption::Encrypted)),
            (0, None),
            (-1, None),
        ] {
            let mut probe = Recorded::default();
            probe.bit_locker = Some(status);
            assert_eq!(encryption(&probe).await.value, expected, "{status}");
        }
    }

    #[test]
    fn joins_are_read_only_where_both_are_told() {
        let private = HYBRID.replace("YES", "NO");
        assert_eq!(joined(&private), Some(vec![]));
        assert_eq!(joined("AzureAdJoined : YES\n"), None);
        assert_eq!(joined(""), None);
    }
}

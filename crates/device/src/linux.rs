//! Linux, as Endpoint Verification's `device_state.sh` and Chrome look at it.
//!
//! Version: the distribution's `VERSION_ID`. The script reports it for Debian and Ubuntu only, Chrome for all, and
//! Chrome falls back to the kernel's. Screen lock: the setting of GNOME, Unity and Cinnamon; Plasma's is read too,
//! though the script reports it as unknown. Encryption: whether dm-crypt is under the root file system.

use serde_json::Value;

use crate::probe::Probe;
use crate::{Device, Encryption, Fact, Management, OsType};

const OS_RELEASE: &str = "/etc/os-release";
const KERNEL_RELEASE: &str = "/proc/sys/kernel/osrelease";
const MOUNTS: &str = "/proc/self/mountinfo";

pub(crate) async fn look(probe: &impl Probe) -> Device {
    let release = probe.read(OS_RELEASE).unwrap_or_default();
    let (screen_lock, encryption, management) =
        tokio::join!(screen_lock(probe), encryption(probe), management(probe));
    Device {
        os_type: os_type(&release),
        os_version: os_version(probe, &release),
        screen_lock,
        encryption,
        management,
    }
}

fn os_type(release: &str) -> Fact<OsType> {
    let is_chrome_os = matches!(field(release, "ID"), Some("chromeos" | "chromiumos"));
    Fact::known(if is_chrome_os { OsType::ChromeOs } else { OsType::Linux }, "the running system")
}

fn os_version(probe: &impl Probe, release: &str) -> Fact<String> {
    if let Some(version) = field(release, "VERSION_ID") {
        return Fact::known(version.to_owned(), format!("VERSION_ID in {OS_RELEASE}"));
    }
    let kernel = probe.read(KERNEL_RELEASE).and_then(|release| numbers(&release));
    Fact::from(kernel, &format!("the kernel's version, as {OS_RELEASE} has none"))
}

/// A field of `os-release`, without its quotes.
fn field<'a>(release: &'a str, name: &str) -> Option<&'a str> {
    let value = release.lines().find_map(|line| line.trim().strip_prefix(name)?.strip_prefix('='))?;
    let value = value.trim().trim_matches(['"', '\'']);
    (!value.is_empty()).then_some(value)
}

/// The numbers that a kernel's release begins with: `6.8.0` of `6.8.0-45-generic`.
fn numbers(release: &str) -> Option<String> {
    let end = release.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(release.len());
    let numbers = release.get(..end)?.trim_end_matches('.');
    (!numbers.is_empty()).then(|| numbers.to_owned())
}

async fn screen_lock(probe: &impl Probe) -> Fact<bool> {
    let session = ["XDG_CURRENT_DESKTOP", "DESKTOP_SESSION"]
        .map(|name| probe.variable(name).unwrap_or_default().to_ascii_lowercase())
        .join(" ");
    let is = |desktop: &str| session.contains(desktop);
    if is("cinnamon") {
        setting(probe, "org.cinnamon.desktop.screensaver").await
    } else if is("gnome") || is("unity") {
        setting(probe, "org.gnome.desktop.screensaver").await
    } else if is("kde") || is("plasma") {
        plasma(probe).await
    } else {
        Fact::unknown("this desktop's setting is not known here")
    }
}

async fn setting(probe: &impl Probe, schema: &str) -> Fact<bool> {
    let said = probe.run("gsettings", &["get", schema, "lock-enabled"]).await;
    Fact::from(said.and_then(|said| truth(&said)), &format!("gsettings: {schema} lock-enabled"))
}

async fn plasma(probe: &impl Probe) -> Fact<bool> {
    let arguments =
        ["--file", "kscreenlockerrc", "--group", "Daemon", "--key", "Autolock", "--default", "true"];
    let (six, five) =
        tokio::join!(probe.run("kreadconfig6", &arguments), probe.run("kreadconfig5", &arguments));
    Fact::from(six.or(five).and_then(|said| truth(&said)), "kreadconfig: Autolock in kscreenlockerrc")
}

fn truth(said: &str) -> Option<bool> {
    match said.trim() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

async fn encryption(probe: &impl Probe) -> Fact<Encryption> {
    let Some(device) = probe.read(MOUNTS).and_then(|mounts| root_device(&mounts)) else {
        return Fact::unknown("the root file system is not on a disk that could be looked at");
    };
    let arguments = ["--json", "--inverse", "--output", "NAME,TYPE,FSTYPE", &device];
    let said = probe.run("lsblk", &arguments).await;
    Fact::from(said.and_then(|said| layers(&said)), &format!("lsblk: what is under / ({device})"))
}

/// The block device of the root file system, if it is one by its name.
fn root_device(mounts: &str) -> Option<String> {
    // 36 35 98:0 /subvolume / rw,noatime shared:1 - ext4 /dev/vda1 rw
    let is_root = |line: &&str| line.split(' ').nth(4) == Some("/");
    // The last one lies on top.
    let (_, source) = mounts.lines().rfind(is_root)?.split_once(" - ")?;
    let device = source.split(' ').nth(1)?;
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "/-_.+:@".contains(letter);
    (device.starts_with("/dev/") && device.chars().all(plain)).then(|| device.to_owned())
}

/// Reads the device and all that it lies on: one layer of encryption is enough.
fn layers(said: &str) -> Option<Encryption> {
    let said: Value = serde_json::from_str(said).ok()?;
    let mut left: Vec<&Value> = said.get("blockdevices")?.as_array()?.iter().collect();
    let mut on_disk = false;
    while let Some(layer) = left.pop() {
        let is = |key: &str, wanted: &str| layer.get(key).and_then(Value::as_str) == Some(wanted);
        if is("type", "crypt") || is("fstype", "crypto_LUKS") {
            return Some(Encryption::Encrypted);
        }
        on_disk |= is("type", "disk") || is("type", "part");
        left.extend(layer.get("children").and_then(Value::as_array).into_iter().flatten());
    }
    on_disk.then_some(Encryption::Unencrypted)
}

/// Tells of a domain only. That there is none does not mean that nobody manages the computer.
async fn management(probe: &impl Probe) -> Fact<Vec<Management>> {
    let said = probe.run("realm", &["list", "--name-only"]).await.unwrap_or_default();
    match said.split_whitespace().next() {
        Some(_) => Fact::known(vec![Management::Domain], "realm list"),
        None => Fact::unknown("realm list names no domain; other management is not seen"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recorded::Recorded;

    const UBUNTU: &str = "PRETTY_NAME=\"Ubuntu 24.04.1 LTS\"\nNAME=\"Ubuntu\"\nVERSION_ID=\"24.04\"\n\
                          VERSION=\"24.04.1 LTS (Noble Numbat)\"\nID=ubuntu\nID_LIKE=debian\n";
    const ARCH: &str = "NAME=\"Arch Linux\"\nPRETTY_NAME=\"Arch Linux\"\nID=arch\nBUILD_ID=rolling\n";
    const LVM_ON_LUKS: &str = r#"{"blockdevices": [
        {"name":"ubuntu--vg-root","type":"lvm","fstype":"ext4","children": [
          {"name":"nvme0n1p3_crypt","type":"crypt","fstype":"LVM2_member","children": [
            {"name":"nvme0n1p3","type":"part","fstype":"crypto_LUKS","children": [
              {"name":"nvme0n1","type":"disk","fstype":null}]}]}]}]}"#;
    const PLAIN: &str = r#"{"blockdevices": [
        {"name":"vda1","type":"part","fstype":"ext4","children": [{"name":"vda","type":"disk","fstype":null}]}]}"#;
    const MOUNTINFO: &str = "22 28 0:21 / /sys rw,nosuid shared:7 - sysfs sysfs rw\n\
                             28 1 252:1 / / rw,relatime shared:1 - ext4 /dev/mapper/ubuntu--vg-root rw,errors=remount-ro\n\
                             31 28 0:26 / /dev/shm rw shared:4 - tmpfs tmpfs rw\n";
    const LSBLK: &str = "lsblk --json --inverse --output NAME,TYPE,FSTYPE";

    #[tokio::test]
    async fn an_ubuntu_laptop_tells_all_but_who_manages_it() {
        let probe = Recorded::default()
            .file(OS_RELEASE, UBUNTU)
            .file(MOUNTS, MOUNTINFO)
            .set("XDG_CURRENT_DESKTOP", "ubuntu:GNOME")
            .says("gsettings get org.gnome.desktop.screensaver lock-enabled", "true\n")
            .says(&format!("{LSBLK} /dev/mapper/ubuntu--vg-root"), LVM_ON_LUKS)
            .says("realm list --name-only", "");
        let device = look(&probe).await;
        assert_eq!(device.os_type.value, Some(OsType::Linux));
        assert_eq!(device.os_version, Fact::known("24.04".into(), "VERSION_ID in /etc/os-release"));
        assert_eq!(device.screen_lock.value, Some(true));
        assert_eq!(device.encryption.value, Some(Encryption::Encrypted));
        assert_eq!(device.encryption.how, "lsblk: what is under / (/dev/mapper/ubuntu--vg-root)");
        assert_eq!(device.management.value, None);
    }

    #[tokio::test]
    async fn a_distribution_without_versions_tells_the_kernels() {
        let probe = Recorded::default().file(OS_RELEASE, ARCH).file(KERNEL_RELEASE, "6.11.5-arch1-1\n");
        assert_eq!(look(&probe).await.os_version.value.as_deref(), Some("6.11.5"));
    }

    #[tokio::test]
    async fn a_system_that_says_nothing_is_unknown_in_all_but_its_kind() {
        let device = look(&Recorded::default()).await;
        assert_eq!(device.os_type.value, Some(OsType::Linux));
        assert_eq!(device.os_version.value, None);
        assert_eq!(device.screen_lock.value, None);
        assert_eq!(device.encryption.value, None);
        assert_eq!(device.management.value, None);
    }

    #[tokio::test]
    async fn plasma_and_cinnamon_have_their_own_settings() {
        let asked = "--file kscreenlockerrc --group Daemon --key Autolock --default true";
        let plasma = Recorded::default()
            .set("XDG_CURRENT_DESKTOP", "KDE")
            .says(&format!("kreadconfig5 {asked}"), "false\n");
        assert_eq!(screen_lock(&plasma).await.value, Some(false));
        let cinnamon = Recorded::default()
            .set("XDG_CURRENT_DESKTOP", "X-Cinnamon")
            .says("gsettings get org.cinnamon.desktop.screensaver lock-enabled", "false\n");
        assert_eq!(screen_lock(&cinnamon).await.value, Some(false));
        let other = Recorded::default().set("XDG_CURRENT_DESKTOP", "sway");
        assert_eq!(screen_lock(&other).await.value, None);
    }

    #[test]
    fn a_disk_without_encryption_is_told_from_one_that_cannot_be_seen() {
        assert_eq!(layers(PLAIN), Some(Encryption::Unencrypted));
        assert_eq!(layers(r#"{"blockdevices": []}"#), None);
        assert_eq!(layers(r#"{"blockdevices": [{"name":"x","type":"loop"}]}"#), None);
        assert_eq!(layers("not JSON"), None);
    }

    #[test]
    fn only_a_disk_counts_as_the_root_device() {
        assert_eq!(root_device(MOUNTINFO).as_deref(), Some("/dev/mapper/ubuntu--vg-root"));
        let btrfs = "30 1 0:28 /@ / rw shared:1 - btrfs /dev/mapper/luks-1 rw,subvol=/@\n";
        assert_eq!(root_device(btrfs).as_deref(), Some("/dev/mapper/luks-1"));
        assert_eq!(root_device("30 1 0:28 / / rw - overlay overlay rw,lowerdir=/l\n"), None);
        assert_eq!(root_device("30 1 0:28 / / rw - zfs rpool/ROOT rw\n"), None);
        assert_eq!(root_device("30 1 0:28 / / rw - ext4 /dev/a\\040b rw\n"), None);
    }

    #[tokio::test]
    async fn a_joined_domain_is_told() {
        let probe = Recorded::default().says("realm list --name-only", "corp.example.com\n");
        assert_eq!(management(&probe).await.value, Some(vec![Management::Domain]));
    }

    #[test]
    fn chrome_os_is_told_from_other_linux() {
        assert_eq!(os_type("ID=chromeos\n").value, Some(OsType::ChromeOs));
        assert_eq!(os_type("ID_LIKE=chromeos\nID=debian\n").value, Some(OsType::Linux));
    }
}

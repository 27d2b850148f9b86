//! Which operating system an instance has, by its disks.

/// The operating system, as far as the disks tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Os {
    /// A Linux.
    Linux,
    /// Windows.
    Windows,
    /// Not known: the boot disk has neither licence nor feature.
    Unknown,
}

/// What tells the operating system of a disk.
pub(super) struct DiskEvidence<'a> {
    pub(super) boot: bool,
    pub(super) licenses: Vec<&'a str>,
    pub(super) features: Vec<&'a str>,
}

impl Os {
    pub(super) fn of(disks: &[DiskEvidence<'_>]) -> Self {
        let windows = |disk: &DiskEvidence<'_>| {
            disk.features.contains(&"WINDOWS")
                || disk.licenses.iter().any(|license| {
                    let name = license.rsplit('/').next().unwrap_or_default();
                    license.contains("/windows-cloud/")
                        || license.contains("/windows-sql-cloud/")
                        || name.starts_with("windows-")
                })
        };
        if disks.iter().any(|disk| disk.boot && windows(disk)) {
            Self::Windows
        } else if disks
            .iter()
            .any(|disk| disk.boot && !(disk.licenses.is_empty() && disk.features.is_empty()))
        {
            Self::Linux
        } else if disks.iter().any(windows) {
            Self::Windows
        } else {
            Self::Unknown
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn os(boot: bool, licenses: &[&str], features: &[&str]) -> Os {
        Os::of(&[DiskEvidence { boot, licenses: licenses.to_vec(), features: features.to_vec() }])
    }

    #[test]
    fn disks_tell_the_system() {
        const BASE: &str = "https://www.googleapis.com/compute/v1/projects/";
        let license = |path: &str| format!("{BASE}{path}");
        assert_eq!(
            os(true, &[&license("windows-cloud/global/licenses/windows-server-2022-dc")], &[]),
            Os::Windows
        );
        assert_eq!(os(true, &[&license("debian-cloud/global/licenses/debian-12-bookworm")], &[]), Os::Linux);
        assert_eq!(os(true, &[&license("my-project/global/licenses/windows-byol")], &[]), Os::Windows);
        assert_eq!(os(true, &[], &["UEFI_COMPATIBLE", "WINDOWS"]), Os::Windows);
        assert_eq!(os(true, &[], &["UEFI_COMPATIBLE"]), Os::Linux);
        assert_eq!(os(true, &[], &[]), Os::Unknown);
        assert_eq!(os(false, &[], &["UEFI_COMPATIBLE"]), Os::Unknown);
        assert_eq!(Os::of(&[]), Os::Unknown);
    }
}

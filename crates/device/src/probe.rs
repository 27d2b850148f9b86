//! The ways to ask a system something. Tests answer from recordings.

/// Longest text that is taken from a file or a program, in bytes. None of those asked says as much.
pub(crate) const LONGEST: u64 = 256 * 1024;

/// A part of the Windows registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hive {
    /// `HKEY_LOCAL_MACHINE`.
    Machine,
    /// `HKEY_CURRENT_USER`.
    User,
}

/// A system that can be asked. `None` always means that it did not answer.
pub(crate) trait Probe {
    /// A file's text.
    fn read(&self, path: &str) -> Option<String>;

    /// A variable of the environment.
    fn variable(&self, name: &str) -> Option<String>;

    /// A value of the Windows registry; numbers in decimal.
    fn registry(&self, hive: Hive, key: &str, value: &str) -> Option<String>;

    /// What a program says, on either of its outputs, if it succeeds in time.
    async fn run(&self, program: &str, arguments: &[&str]) -> Option<String>;

    /// The Windows shell's property `System.Volume.BitLockerProtection` of a volume such as `C:`.
    async fn bit_locker(&self, volume: &str) -> Option<i32>;
}

//! Asks the system that this process runs on.

use std::fs::File;
use std::io::Read as _;
use std::process::Stdio;

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::Command;
use tokio::time::timeout;

use crate::LIMIT;
use crate::probe::{Hive, LONGEST, Probe};

pub(crate) struct Here;

impl Probe for Here {
    fn read(&self, path: &str) -> Option<String> {
        let mut text = Vec::new();
        File::open(path).ok()?.take(LONGEST).read_to_end(&mut text).ok()?;
        whole(text)
    }

    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    #[cfg(windows)]
    fn registry(&self, hive: Hive, key: &str, value: &str) -> Option<String> {
        let root = match hive {
            Hive::Machine => windows_registry::LOCAL_MACHINE,
            Hive::User => windows_registry::CURRENT_USER,
        };
        let key = root.open(key).ok()?;
        key.get_string(value).or_else(|_| key.get_u32(value).map(|number| number.to_string())).ok()
    }

    #[cfg(not(windows))]
    fn registry(&self, _: Hive, _: &str, _: &str) -> Option<String> {
        None
    }

    async fn run(&self, program: &str, arguments: &[&str]) -> Option<String> {
        // On time-out the future is dropped, and the child, which dies with it.
        timeout(LIMIT, output(program, arguments)).await.ok()?
    }

    #[cfg(windows)]
    async fn bit_locker(&self, volume: &str) -> Option<i32> {
        let volume = volume.to_owned();
        // A thread cannot be killed: one that is late ends by itself, and nobody waits for it.
        let task = tokio::task::spawn_blocking(move || shell::bit_locker(&volume));
        timeout(LIMIT, task).await.ok()?.ok()?
    }

    #[cfg(not(windows))]
    async fn bit_locker(&self, _: &str) -> Option<i32> {
        None
    }
}

async fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    #[cfg(windows)]
    command.creation_flags(CREATE_NO_WINDOW);
    let mut child = command.spawn().ok()?;
    let (out, error) = (child.stdout.take()?, child.stderr.take()?);
    let (mut text, error) = tokio::join!(drain(out), drain(error));
    if !child.wait().await.ok()?.success() {
        return None;
    }
    text.extend(error);
    whole(text)
}

/// Keeps a program that is asked from opening a console window.
#[cfg(windows)]
const CREATE_NO_WINDOW: u32 = 0x0800_0000;

async fn drain(pipe: impl AsyncRead + Unpin) -> Vec<u8> {
    let mut text = Vec::new();
    match pipe.take(LONGEST).read_to_end(&mut text).await {
        Ok(_) => text,
        Err(_) => Vec::new(),
    }
}

/// The text, unless it may have been cut.
fn whole(text: Vec<u8>) -> Option<String> {
    let is_whole = u64::try_from(text.len()).is_ok_and(|length| length < LONGEST);
    is_whole.then(|| String::from_utf8_lossy(&text).into_owned())
}

#[cfg(windows)]
mod shell {
    //! The one question that needs COM. Windows' own interface for it (WMI) is for administrators.

    use windows::Win32::Foundation::PROPERTYKEY;
    use windows::Win32::System::Com::{COINIT_APARTMENTTHREADED, CoInitializeEx, CoUninitialize};
    use windows::Win32::UI::Shell::PropertiesSystem::PSGetPropertyKeyFromName;
    use windows::Win32::UI::Shell::{IShellItem2, SHCreateItemFromParsingName};
    use windows::core::{HSTRING, Result, w};

    pub(super) fn bit_locker(volume: &str) -> Option<i32> {
        // SAFETY: no pointer is passed; a success is undone below, on this thread.
        if unsafe { CoInitializeEx(None, COINIT_APARTMENTTHREADED) }.is_err() {
            return None;
        }
        let protection = protection(&HSTRING::from(volume));
        // SAFETY: `CoInitializeEx` succeeded on this thread, and no COM object is left.
        unsafe { CoUninitialize() };
        protection.ok()
    }

    fn protection(volume: &HSTRING) -> Result<i32> {
        let mut key = PROPERTYKEY::default();
        // SAFETY: the name ends with a zero, and `key` outlives the call.
        unsafe { PSGetPropertyKeyFromName(w!("System.Volume.BitLockerProtection"), &raw mut key) }?;
        // SAFETY: COM is initialised on this thread, and `volume` ends with a zero.
        let item: IShellItem2 = unsafe { SHCreateItemFromParsingName(volume, None) }?;
        // SAFETY: `key` was filled above and outlives the call.
        unsafe { item.GetInt32(&raw const key) }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    async fn shell(script: &str) -> Option<String> {
        Here.run("sh", &["-c", script]).await
    }

    #[tokio::test]
    async fn both_outputs_are_heard() {
        assert_eq!(shell("echo out; echo error >&2").await.as_deref(), Some("out\nerror\n"));
    }

    #[tokio::test]
    async fn a_program_that_fails_or_is_missing_says_nothing() {
        assert_eq!(shell("echo out; exit 3").await, None);
        assert_eq!(Here.run("no-such-program-anywhere", &[]).await, None);
    }

    #[tokio::test]
    async fn nothing_waits_for_input() {
        assert_eq!(shell("cat; echo done").await.as_deref(), Some("done\n"));
    }

    #[tokio::test]
    async fn a_program_that_never_ends_is_left_alone() {
        assert_eq!(shell("exec sleep 1000").await, None);
    }

    #[tokio::test]
    async fn a_program_that_says_too_much_is_not_believed() {
        assert_eq!(shell("exec yes").await, None);
        assert_eq!(shell("head -c 262144 /dev/zero").await, None);
    }

    #[tokio::test]
    async fn this_computer_can_be_looked_at() {
        let device = crate::look().await;
        assert!(device.os_type.value.is_some());
        assert!(!device.encryption.how.is_empty());
    }
}

//! Processes that are kept open while they are asked for their user, start and executable.

use std::ffi::OsString;
use std::io;
use std::os::windows::ffi::OsStringExt as _;
use std::path::PathBuf;

use windows_sys::Wdk::System::Threading::{NtQueryInformationProcess, ProcessBasicInformation};
use windows_sys::Win32::Foundation::{CloseHandle, FILETIME, HANDLE};
use windows_sys::Win32::Security::{EqualSid, GetTokenInformation, TOKEN_QUERY, TOKEN_USER, TokenUser};
use windows_sys::Win32::System::Threading::{
    GetCurrentProcess, GetProcessTimes, OpenProcess, OpenProcessToken, PROCESS_BASIC_INFORMATION,
    PROCESS_NAME_WIN32, PROCESS_QUERY_LIMITED_INFORMATION, QueryFullProcessImageNameW,
};

use crate::peer::{PeerUser, Process};

/// The longest path that Windows has, in UTF-16 units.
const MAX_PATH_UNITS: usize = 32_768;
/// Room for a `TOKEN_USER` and the security identifier behind it, which has at most 68 bytes.
const USER_WORDS: usize = 32;

/// A handle that is closed when it is dropped.
pub(super) struct Handle(HANDLE);

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: the handle was opened in this file and is closed nowhere else.
        unsafe { CloseHandle(self.0) };
    }
}

impl Handle {
    /// Opens a process to ask about it. An error of kind `PermissionDenied` means that this user may not.
    pub(super) fn open(pid: u32) -> io::Result<Self> {
        // SAFETY: the call takes plain numbers; a null result is checked.
        let handle = unsafe { OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, 0, pid) };
        if handle.is_null() { Err(io::Error::last_os_error()) } else { Ok(Self(handle)) }
    }

    /// Whether the process runs as the user of this one.
    pub(super) fn user(&self) -> io::Result<PeerUser> {
        let theirs = User::of(self.0)?;
        // SAFETY: the call takes nothing and gives a pseudo handle that needs no closing.
        let ours = User::of(unsafe { GetCurrentProcess() })?;
        Ok(if theirs.is(&ours) { PeerUser::Same } else { PeerUser::Other })
    }

    pub(super) fn describe(&self, pid: u32) -> io::Result<Process> {
        Ok(Process {
            pid,
            parent: Some(self.parent()?).filter(|parent| *parent != 0),
            group: None,
            program: self.program(),
            started: Some(self.started()?),
        })
    }

    /// When it was created, in units of 100 ns.
    fn started(&self) -> io::Result<u64> {
        let mut times = [FILETIME::default(); 4];
        let [created, exited, kernel, user] = &mut times;
        // SAFETY: the process is open for queries, and the four structures are writable.
        if unsafe { GetProcessTimes(self.0, created, exited, kernel, user) } == 0 {
            return Err(io::Error::last_os_error());
        }
        let [created, ..] = times;
        Ok(u64::from(created.dwHighDateTime) << 32 | u64::from(created.dwLowDateTime))
    }

    fn parent(&self) -> io::Result<u32> {
        let mut info = PROCESS_BASIC_INFORMATION::default();
        let size = u32::try_from(size_of_val(&info)).map_err(io::Error::other)?;
        let mut length = 0;
        // SAFETY: the process is open for queries, and the structure is writable for `size` bytes.
        let status = unsafe {
            NtQueryInformationProcess(
                self.0,
                ProcessBasicInformation,
                (&raw mut info).cast(),
                size,
                &raw mut length,
            )
        };
        if status < 0 {
            return Err(io::Error::other(format!(
                "the system does not tell a process's parent ({status:#x})"
            )));
        }
        u32::try_from(info.InheritedFromUniqueProcessId).map_err(io::Error::other)
    }

    fn program(&self) -> Option<PathBuf> {
        let mut path = vec![0_u16; MAX_PATH_UNITS];
        let mut length = u32::try_from(path.len()).ok()?;
        // SAFETY: the process is open for queries, and the buffer is writable for `length` units.
        let done = unsafe {
            QueryFullProcessImageNameW(self.0, PROCESS_NAME_WIN32, path.as_mut_ptr(), &raw mut length)
        };
        let path = path.get(..usize::try_from(length).ok()?)?;
        (done != 0).then(|| OsString::from_wide(path).into())
    }
}

/// A token's user: a `TOKEN_USER` with the identifier that it points at behind it, in one aligned buffer.
struct User(Vec<u64>);

impl User {
    fn of(process: HANDLE) -> io::Result<Self> {
        let mut token: HANDLE = std::ptr::null_mut();
        // SAFETY: the process is open for queries, and `token` is writable.
        if unsafe { OpenProcessToken(process, TOKEN_QUERY, &raw mut token) } == 0 {
            return Err(io::Error::last_os_error());
        }
        let token = Handle(token);
        let mut buffer = vec![0_u64; USER_WORDS];
        let size = u32::try_from(size_of_val(buffer.as_slice())).map_err(io::Error::other)?;
        let mut length = 0;
        // SAFETY: the buffer is writable for `size` bytes and aligned for a TOKEN_USER.
        let done = unsafe {
            GetTokenInformation(token.0, TokenUser, buffer.as_mut_ptr().cast(), size, &raw mut length)
        };
        if done == 0 { Err(io::Error::last_os_error()) } else { Ok(Self(buffer)) }
    }

    fn is(&self, other: &Self) -> bool {
        let (own, other) = (self.0.as_ptr().cast::<TOKEN_USER>(), other.0.as_ptr().cast::<TOKEN_USER>());
        // SAFETY: both buffers were filled by GetTokenInformation for TokenUser and are aligned for it. A vector's
        // contents stay where they are, and so do the identifiers that they point at within themselves.
        unsafe { EqualSid((*own).User.Sid, (*other).User.Sid) != 0 }
    }
}

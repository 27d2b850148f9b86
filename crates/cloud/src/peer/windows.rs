//! Windows: the system's table of TCP connections names the process at the other end, the process's token its user.
//!
//! A process that this user may not open belongs to somebody else, or runs with higher rights: its connection is refused.
//! It type-checks; it has not been run by the tests of this repository.

use std::io;
use std::net::{IpAddr, SocketAddr};

use windows_sys::Win32::Foundation::{
    CloseHandle, ERROR_ACCESS_DENIED, ERROR_INSUFFICIENT_BUFFER, HANDLE, NO_ERROR,
};
use windows_sys::Win32::NetworkManagement::IpHelper::{GetExtendedTcpTable, TCP_TABLE_OWNER_PID_CONNECTIONS};
use windows_sys::Win32::Networking::WinSock::{AF_INET, AF_INET6};
use windows_sys::Win32::Security::{EqualSid, GetTokenInformation, TOKEN_QUERY, TOKEN_USER, TokenUser};
use windows_sys::Win32::System::Threading::{
    GetCurrentProcess, OpenProcess, OpenProcessToken, PROCESS_QUERY_LIMITED_INFORMATION,
};

use super::PeerLookup;

pub(super) struct ConnectionOwners;

/// A table larger than this, in bytes, is not read.
const LARGEST_TABLE: u32 = 64 << 20;

impl PeerLookup for ConnectionOwners {
    fn is_same_user(&self, peer: SocketAddr, local: SocketAddr) -> io::Result<bool> {
        let Some(process) = owner(peer, local)? else {
            return Err(io::Error::new(
                io::ErrorKind::NotFound,
                "the peer's socket is not in the system's table",
            ));
        };
        let Some(process) = open_process(process)? else { return Ok(false) };
        let theirs = User::of(&process)?;
        // SAFETY: the call takes nothing and gives a pseudo handle that needs no closing.
        let own = User::of_handle(unsafe { GetCurrentProcess() })?;
        Ok(theirs.is(&own))
    }
}

/// A handle that is closed when it is dropped.
struct Owned(HANDLE);

impl Drop for Owned {
    fn drop(&mut self) {
        // SAFETY: the handle was opened by this file and is closed nowhere else.
        unsafe { CloseHandle(self.0) };
    }
}

/// The table of one address family: a count, then rows, all of 32-bit words.
fn table(family: u32) -> io::Result<Vec<u32>> {
    let mut size = 1 << 16;
    loop {
        let mut words: Vec<u32> = vec![0; usize::try_from(size).map_err(io::Error::other)?.div_ceil(4)];
        // SAFETY: the buffer is writable for `size` bytes and outlives the call.
        let result = unsafe {
            GetExtendedTcpTable(
                words.as_mut_ptr().cast(),
                &raw mut size,
                0,
                family,
                TCP_TABLE_OWNER_PID_CONNECTIONS,
                0,
            )
        };
        match result {
            NO_ERROR => return Ok(words),
            // connections may come while the table is read
            ERROR_INSUFFICIENT_BUFFER if size <= LARGEST_TABLE => {}
            other => return Err(io::Error::from_raw_os_error(i32::try_from(other).unwrap_or(i32::MAX))),
        }
    }
}

/// The process that holds the socket `peer`, connected to `local`.
fn owner(peer: SocketAddr, local: SocketAddr) -> io::Result<Option<u32>> {
    let port = |port: u16| u32::from(port.to_be());
    match (peer.ip().to_canonical(), local.ip().to_canonical()) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            // MIB_TCPROW_OWNER_PID: state, local address and port, remote address and port, process
            let wanted = [
                u32::from_ne_bytes(from.octets()),
                port(peer.port()),
                u32::from_ne_bytes(to.octets()),
                port(local.port()),
            ];
            let words = table(u32::from(AF_INET))?;
            let mut rows = rows(&words, 6);
            Ok(rows
                .find_map(|row| (row.get(1..5) == Some(&wanted[..])).then(|| row.get(5).copied()).flatten()))
        }
        (IpAddr::V6(from), IpAddr::V6(to)) => {
            // MIB_TCP6ROW_OWNER_PID: local address, scope and port, remote address, scope and port, state, process
            let quads = |octets: [u8; 16]| -> Vec<u32> {
                octets
                    .chunks_exact(4)
                    .filter_map(|four| four.try_into().ok())
                    .map(u32::from_ne_bytes)
                    .collect()
            };
            let (from, to) = (quads(from.octets()), quads(to.octets()));
            let words = table(u32::from(AF_INET6))?;
            let mut rows = rows(&words, 14);
            Ok(rows.find_map(|row| {
                let fits = row.get(..4) == Some(from.as_slice())
                    && row.get(5) == Some(&port(peer.port()))
                    && row.get(6..10) == Some(to.as_slice())
                    && row.get(11) == Some(&port(local.port()));
                fits.then(|| row.get(13).copied()).flatten()
            }))
        }
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => Ok(None),
    }
}

fn rows(words: &[u32], length: usize) -> impl Iterator<Item = &[u32]> {
    let count = words.first().and_then(|count| usize::try_from(*count).ok()).unwrap_or(0);
    words.get(1..).unwrap_or_default().chunks_exact(length).take(count)
}

/// A handle to ask a process for its token; `None` where this user may not.
fn open_process(process: u32) -> io::Result<Option<Owned>> {
    // SAFETY: the call takes plain numbers; a null result is checked below.
    let handle = unsafe { OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, 0, process) };
    if !handle.is_null() {
        return Ok(Some(Owned(handle)));
    }
    let error = io::Error::last_os_error();
    if error.raw_os_error() == i32::try_from(ERROR_ACCESS_DENIED).ok() { Ok(None) } else { Err(error) }
}

/// A token's user: a `TOKEN_USER` with the identifier that it points at behind it, in one aligned buffer.
struct User(Vec<u64>);

impl User {
    fn of(process: &Owned) -> io::Result<Self> {
        Self::of_handle(process.0)
    }

    fn of_handle(process: HANDLE) -> io::Result<Self> {
        let mut token: HANDLE = std::ptr::null_mut();
        // SAFETY: `process` is open for queries, `token` is writable.
        if unsafe { OpenProcessToken(process, TOKEN_QUERY, &raw mut token) } == 0 {
            return Err(io::Error::last_os_error());
        }
        let token = Owned(token);
        // a security identifier has at most 68 bytes
        let mut buffer = vec![0_u64; 32];
        let mut length = 0;
        // SAFETY: the buffer is writable for its 256 bytes, which is what the call is told, and aligned for TOKEN_USER.
        let done = unsafe {
            GetTokenInformation(token.0, TokenUser, buffer.as_mut_ptr().cast(), 256, &raw mut length)
        };
        if done == 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(Self(buffer))
    }

    fn is(&self, other: &Self) -> bool {
        let (own, other) = (self.0.as_ptr().cast::<TOKEN_USER>(), other.0.as_ptr().cast::<TOKEN_USER>());
        // SAFETY: both buffers were filled by GetTokenInformation for TokenUser, are aligned for it, and have not moved:
        // a Vec's contents stay where they are, and so the identifiers that they point at within themselves.
        unsafe { EqualSid((*own).User.Sid, (*other).User.Sid) != 0 }
    }
}

//! Windows: a port that is taken stays with who took it.

use std::io;
use std::os::windows::io::AsRawSocket as _;

use tokio::net::TcpSocket;
use windows_sys::Win32::Networking::WinSock::{SO_EXCLUSIVEADDRUSE, SOCKET, SOL_SOCKET, setsockopt};

/// Without this option, a program that sets `SO_REUSEADDR` could listen on the same port and get its connections.
pub(super) fn take_exclusively(socket: &TcpSocket) -> io::Result<()> {
    let handle =
        SOCKET::try_from(socket.as_raw_socket()).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
    let on = 1_i32;
    // SAFETY: the handle is that of an open socket, and the value is four readable bytes, as the length says.
    let failed = unsafe { setsockopt(handle, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, (&raw const on).cast(), 4) };
    if failed == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

//! macOS: libproc lists this user's processes with their sockets; a peer whose socket is not among them is not ours.
//!
//! The structures follow `sys/proc_info.h` (`struct socket_fdinfo`), read by offset. It type-checks and fails closed: a
//! layout that differs finds no socket, and the connection is refused.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use libc::{c_int, c_void};

use super::PeerLookup;

pub(super) struct ProcessSockets;

const PROC_UID_ONLY: u32 = 4;
const PROC_PIDLISTFDS: c_int = 1;
const PROC_PIDFDSOCKETINFO: c_int = 3;
const PROX_FDTYPE_SOCKET: u32 = 2;
const SOCKINFO_TCP: u32 = 2;

/// Offsets into `struct socket_fdinfo`.
const FAMILY: usize = 184;
const KIND: usize = 256;
const FOREIGN_PORT: usize = 264;
const LOCAL_PORT: usize = 268;
const FOREIGN_ADDRESS: usize = 296;
const LOCAL_ADDRESS: usize = 312;
/// Larger than the structure is.
const ROOM: usize = 1_024;

impl PeerLookup for ProcessSockets {
    fn is_same_user(&self, peer: SocketAddr, local: SocketAddr) -> io::Result<bool> {
        let peer = SocketAddr::new(peer.ip().to_canonical(), peer.port());
        let local = SocketAddr::new(local.ip().to_canonical(), local.port());
        for pid in own_processes()? {
            for descriptor in sockets(pid) {
                if addresses(pid, descriptor) == Some((peer, local)) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }
}

/// Processes whose effective user is ours.
fn own_processes() -> io::Result<Vec<c_int>> {
    // SAFETY: geteuid takes nothing, touches no memory of ours and cannot fail.
    let own = unsafe { libc::geteuid() };
    // SAFETY: without a buffer the call only says how many bytes it would fill.
    let needed = unsafe { libc::proc_listpids(PROC_UID_ONLY, own, std::ptr::null_mut(), 0) };
    let count = usize::try_from(needed).unwrap_or(0) / size_of::<c_int>() + 64;
    let mut pids: Vec<c_int> = vec![0; count];
    let bytes = c_int::try_from(count * size_of::<c_int>()).map_err(io::Error::other)?;
    // SAFETY: the buffer is writable for `bytes` bytes and outlives the call.
    let filled =
        unsafe { libc::proc_listpids(PROC_UID_ONLY, own, pids.as_mut_ptr().cast::<c_void>(), bytes) };
    if filled <= 0 {
        return Err(io::Error::last_os_error());
    }
    pids.truncate(usize::try_from(filled).unwrap_or(0) / size_of::<c_int>());
    Ok(pids)
}

/// A process's socket descriptors; none for a process that has just ended.
fn sockets(pid: c_int) -> Vec<i32> {
    // SAFETY: without a buffer the call only says how many bytes it would fill.
    let needed = unsafe { libc::proc_pidinfo(pid, PROC_PIDLISTFDS, 0, std::ptr::null_mut(), 0) };
    // `struct proc_fdinfo` is a descriptor and a kind, 32 bits each
    let count = usize::try_from(needed).unwrap_or(0) / 8 + 16;
    let mut entries: Vec<[u32; 2]> = vec![[0; 2]; count];
    let Ok(bytes) = c_int::try_from(count * 8) else { return Vec::new() };
    // SAFETY: the buffer is writable for `bytes` bytes and outlives the call.
    let filled =
        unsafe { libc::proc_pidinfo(pid, PROC_PIDLISTFDS, 0, entries.as_mut_ptr().cast::<c_void>(), bytes) };
    entries.truncate(usize::try_from(filled).unwrap_or(0) / 8);
    let sockets = entries.iter().filter(|[_, kind]| *kind == PROX_FDTYPE_SOCKET);
    sockets.filter_map(|[descriptor, _]| i32::try_from(*descriptor).ok()).collect()
}

/// Own and far address of a TCP socket.
fn addresses(pid: c_int, descriptor: i32) -> Option<(SocketAddr, SocketAddr)> {
    let mut info = [0_u8; ROOM];
    let room = c_int::try_from(ROOM).ok()?;
    // SAFETY: the buffer is writable for `room` bytes and outlives the call.
    let filled = unsafe {
        libc::proc_pidfdinfo(pid, descriptor, PROC_PIDFDSOCKETINFO, info.as_mut_ptr().cast::<c_void>(), room)
    };
    let info = info.get(..usize::try_from(filled).ok()?)?;
    let word = |at: usize| info.get(at..at + 4)?.try_into().ok().map(u32::from_ne_bytes);
    if word(KIND)? != SOCKINFO_TCP {
        return None;
    }
    let family = c_int::try_from(word(FAMILY)?).ok()?;
    let address = |at: usize, port_at: usize| {
        let octets: [u8; 16] = info.get(at..at + 16)?.try_into().ok()?;
        // in the network's byte order, in the lower half of the word
        let port = u16::from_be(u16::try_from(word(port_at)? & 0xffff).ok()?);
        let ip = if family == libc::AF_INET {
            // an IPv4 address stands in the last four bytes
            let last: [u8; 4] = octets.get(12..)?.try_into().ok()?;
            IpAddr::V4(Ipv4Addr::from(last))
        } else {
            IpAddr::V6(Ipv6Addr::from(octets)).to_canonical()
        };
        Some(SocketAddr::new(ip, port))
    };
    Some((address(LOCAL_ADDRESS, LOCAL_PORT)?, address(FOREIGN_ADDRESS, FOREIGN_PORT)?))
}

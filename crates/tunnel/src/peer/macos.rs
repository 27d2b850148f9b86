//! macOS: libproc lists this user's processes with their sockets. A peer that none of them holds has gone or belongs to
//! somebody else.
//!
//! Sockets are read by offset, as `struct socket_fdinfo` of `sys/proc_info.h` lays them out. Were the layout another,
//! no socket would be found, and every connection refused.

use std::ffi::OsString;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::ffi::OsStringExt as _;

use libc::{c_int, c_void};

use super::{Ends, PeerUser, Process, System, gone, own_user};

pub(super) struct LibProc;

/// `PROC_UID_ONLY` of `sys/proc_info.h`: processes whose effective user is the one given.
const UID_ONLY: u32 = 4;
/// `PROC_PIDLISTFDS`: a process's descriptors, each `struct proc_fdinfo`.
const LIST_DESCRIPTORS: c_int = 1;
/// `PROC_PIDFDSOCKETINFO`: a socket's `struct socket_fdinfo`.
const SOCKET_INFO: c_int = 3;
/// `PROX_FDTYPE_SOCKET`: the descriptor is a socket.
const SOCKET: u32 = 2;
/// `SOCKINFO_TCP`: the socket is one of TCP.
const TCP: u32 = 2;
/// `INI_IPV4`: the addresses are of IPv4, also where the socket is of IPv6.
const IPV4: u8 = 1;

/// Where `struct socket_fdinfo` has `psi.soi_kind`, then within `psi.soi_proto.pri_tcp.tcpsi_ini`: `insi_fport`,
/// `insi_lport`, `insi_vflag`, `insi_faddr` and `insi_laddr`.
const KIND: usize = 256;
const FOREIGN_PORT: usize = 264;
const LOCAL_PORT: usize = 268;
const VERSION: usize = 288;
const FOREIGN_ADDRESS: usize = 296;
const LOCAL_ADDRESS: usize = 312;
/// Larger than the structure is.
const ROOM: usize = 1024;
/// Room for processes and descriptors that come while they are listed.
const MORE: usize = 64;

impl System for LibProc {
    fn user(&self, ends: Ends) -> io::Result<PeerUser> {
        if own_processes()?.into_iter().any(|pid| holds(pid, ends)) {
            Ok(PeerUser::Same)
        } else {
            Err(gone())
        }
    }

    fn process(&self, ends: Ends) -> io::Result<Process> {
        let holders = own_processes()?.into_iter().filter(|pid| holds(*pid, ends));
        let running = holders.filter_map(|pid| self.running(u32::try_from(pid).ok()?).ok());
        running.min_by_key(|process| process.started).ok_or_else(gone)
    }

    fn running(&self, pid: u32) -> io::Result<Process> {
        let number = c_int::try_from(pid).map_err(io::Error::other)?;
        let size = c_int::try_from(size_of::<libc::proc_bsdinfo>()).map_err(io::Error::other)?;
        // SAFETY: the structure consists of numbers and arrays of numbers, for which zero is a value.
        let mut info: libc::proc_bsdinfo = unsafe { std::mem::zeroed() };
        // SAFETY: the structure is writable for `size` bytes and outlives the call.
        let filled = unsafe {
            libc::proc_pidinfo(number, libc::PROC_PIDTBSDINFO, 0, (&raw mut info).cast::<c_void>(), size)
        };
        if filled != size {
            return Err(io::Error::last_os_error());
        }
        let started = info.pbi_start_tvsec.saturating_mul(1_000_000).saturating_add(info.pbi_start_tvusec);
        Ok(Process {
            pid,
            parent: Some(info.pbi_ppid).filter(|parent| *parent != 0),
            group: Some(info.pbi_pgid),
            program: program(number),
            started: Some(started),
        })
    }
}

fn program(pid: c_int) -> Option<std::path::PathBuf> {
    let room = usize::try_from(libc::PROC_PIDPATHINFO_MAXSIZE).ok()?;
    let mut path = vec![0_u8; room];
    // SAFETY: the buffer is writable for the length given and outlives the call.
    let length =
        unsafe { libc::proc_pidpath(pid, path.as_mut_ptr().cast::<c_void>(), u32::try_from(room).ok()?) };
    path.truncate(usize::try_from(length).ok().filter(|length| *length > 0)?);
    Some(OsString::from_vec(path).into())
}

fn own_processes() -> io::Result<Vec<c_int>> {
    let own = own_user();
    // SAFETY: without a buffer the call only says how many bytes it would fill.
    let needed = unsafe { libc::proc_listpids(UID_ONLY, own, std::ptr::null_mut(), 0) };
    let mut pids: Vec<c_int> = vec![0; usize::try_from(needed).unwrap_or(0) / size_of::<c_int>() + MORE];
    let bytes = c_int::try_from(size_of_val(pids.as_slice())).map_err(io::Error::other)?;
    // SAFETY: the buffer is writable for `bytes` bytes and outlives the call.
    let filled = unsafe { libc::proc_listpids(UID_ONLY, own, pids.as_mut_ptr().cast::<c_void>(), bytes) };
    if filled <= 0 {
        return Err(io::Error::last_os_error());
    }
    pids.truncate(usize::try_from(filled).unwrap_or(0) / size_of::<c_int>());
    Ok(pids)
}

/// Whether a process holds the far socket. Not, if it has just ended.
fn holds(pid: c_int, ends: Ends) -> bool {
    let wanted = (ends.peer, ends.local);
    sockets(pid).into_iter().any(|descriptor| addresses(pid, descriptor) == Some(wanted))
}

fn sockets(pid: c_int) -> Vec<c_int> {
    // SAFETY: without a buffer the call only says how many bytes it would fill.
    let needed = unsafe { libc::proc_pidinfo(pid, LIST_DESCRIPTORS, 0, std::ptr::null_mut(), 0) };
    // Each entry is a descriptor and its kind.
    let count = usize::try_from(needed).unwrap_or(0) / size_of::<[u32; 2]>() + MORE;
    let mut entries = vec![[0_u32; 2]; count];
    let Ok(bytes) = c_int::try_from(size_of_val(entries.as_slice())) else { return Vec::new() };
    // SAFETY: the buffer is writable for `bytes` bytes and outlives the call.
    let filled =
        unsafe { libc::proc_pidinfo(pid, LIST_DESCRIPTORS, 0, entries.as_mut_ptr().cast::<c_void>(), bytes) };
    entries.truncate(usize::try_from(filled).unwrap_or(0) / size_of::<[u32; 2]>());
    let sockets = entries.into_iter().filter(|[_, kind]| *kind == SOCKET);
    sockets.filter_map(|[descriptor, _]| c_int::try_from(descriptor).ok()).collect()
}

/// A TCP socket's own address and that of its peer.
fn addresses(pid: c_int, descriptor: c_int) -> Option<(SocketAddr, SocketAddr)> {
    let mut info = [0_u8; ROOM];
    let room = c_int::try_from(ROOM).ok()?;
    // SAFETY: the buffer is writable for `room` bytes and outlives the call.
    let filled = unsafe {
        libc::proc_pidfdinfo(pid, descriptor, SOCKET_INFO, info.as_mut_ptr().cast::<c_void>(), room)
    };
    let info = info.get(..usize::try_from(filled).ok()?)?;
    let word = |at: usize| info.get(at..)?.first_chunk().copied().map(u32::from_ne_bytes);
    if word(KIND)? != TCP {
        return None;
    }
    let version = *info.get(VERSION)?;
    let address = |at: usize, port_at: usize| {
        let octets: [u8; 16] = info.get(at..)?.first_chunk().copied()?;
        let ip = if version & IPV4 != 0 {
            // It stands in the last four bytes.
            IpAddr::V4(Ipv4Addr::from(octets.last_chunk::<4>().copied()?))
        } else {
            IpAddr::V6(Ipv6Addr::from(octets)).to_canonical()
        };
        // In the network's byte order, in the lower half of the word.
        let port = u16::from_be(u16::try_from(word(port_at)? & 0xffff).ok()?);
        Some(SocketAddr::new(ip, port))
    };
    Some((address(LOCAL_ADDRESS, LOCAL_PORT)?, address(FOREIGN_ADDRESS, FOREIGN_PORT)?))
}

//! `GetExtendedTcpTable`: every TCP connection with the process that holds it.

use std::io;
use std::net::{IpAddr, Ipv6Addr};

use windows_sys::Win32::Foundation::{ERROR_INSUFFICIENT_BUFFER, NO_ERROR};
use windows_sys::Win32::NetworkManagement::IpHelper::{GetExtendedTcpTable, TCP_TABLE_OWNER_PID_CONNECTIONS};
use windows_sys::Win32::Networking::WinSock::{AF_INET, AF_INET6};

use crate::peer::Ends;

/// Room for the table at first, in bytes.
const FIRST_SIZE: u32 = 64 * 1024;
/// A table larger than this, in bytes, is not read.
const MAX_SIZE: u32 = 64 * 1024 * 1024;
/// 32-bit words in a row of `MIB_TCPTABLE_OWNER_PID`.
const ROW: usize = 6;
/// 32-bit words in a row of `MIB_TCP6TABLE_OWNER_PID`.
const ROW6: usize = 14;

/// The process that holds the socket at `ends.peer`, connected to `ends.local`.
pub(super) fn owner(ends: Ends) -> io::Result<Option<u32>> {
    // Ports stand in the network's byte order, in the lower half of a word.
    let (from, to) = (u32::from(ends.peer.port().to_be()), u32::from(ends.local.port().to_be()));
    match (ends.peer.ip(), ends.local.ip()) {
        (IpAddr::V4(peer), IpAddr::V4(local)) => {
            let (peer, local) = (u32::from_ne_bytes(peer.octets()), u32::from_ne_bytes(local.octets()));
            let words = read(u32::from(AF_INET))?;
            let found = rows::<ROW>(&words).find_map(|row| match row {
                // A state before them, the process after them.
                [_, address, port, far, far_port, pid]
                    if (*address, *port, *far, *far_port) == (peer, from, local, to) =>
                {
                    Some(*pid)
                }
                _ => None,
            });
            // A socket of IPv6 that is connected to an IPv4 address stands in the other table, mapped.
            match found {
                Some(pid) => Ok(Some(pid)),
                None => owner6(v6(ends.peer.ip()), from, v6(ends.local.ip()), to),
            }
        }
        (IpAddr::V6(_), IpAddr::V6(_)) => owner6(v6(ends.peer.ip()), from, v6(ends.local.ip()), to),
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => Ok(None),
    }
}

fn v6(ip: IpAddr) -> Ipv6Addr {
    match ip {
        IpAddr::V4(ip) => ip.to_ipv6_mapped(),
        IpAddr::V6(ip) => ip,
    }
}

fn owner6(peer: Ipv6Addr, from: u32, local: Ipv6Addr, to: u32) -> io::Result<Option<u32>> {
    let (peer, local) = (quads(peer), quads(local));
    let words = read(u32::from(AF_INET6))?;
    Ok(rows::<ROW6>(&words).find_map(|row| {
        // Address, scope and port of both ends, then a state and the process.
        let [a0, a1, a2, a3, _, port, f0, f1, f2, f3, _, far_port, _, pid] = *row;
        ([a0, a1, a2, a3] == peer && port == from && [f0, f1, f2, f3] == local && far_port == to)
            .then_some(pid)
    }))
}

fn quads(ip: Ipv6Addr) -> [u32; 4] {
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = ip.octets();
    [[a, b, c, d], [e, f, g, h], [i, j, k, l], [m, n, o, p]].map(u32::from_ne_bytes)
}

/// The table of one address family: a count, then the rows, all in 32-bit words.
fn read(family: u32) -> io::Result<Vec<u32>> {
    let mut size = FIRST_SIZE;
    loop {
        let mut words = vec![0_u32; usize::try_from(size).map_err(io::Error::other)?.div_ceil(4)];
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
            // Connections may come between two calls.
            ERROR_INSUFFICIENT_BUFFER if size <= MAX_SIZE => {}
            other => return Err(io::Error::from_raw_os_error(other.cast_signed())),
        }
    }
}

fn rows<const N: usize>(words: &[u32]) -> impl Iterator<Item = &[u32; N]> {
    let (count, rows) = words.split_first().unwrap_or((&0, &[]));
    let (rows, _) = rows.as_chunks::<N>();
    rows.iter().take(usize::try_from(*count).unwrap_or(0))
}

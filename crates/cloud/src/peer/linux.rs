//! Linux: the kernel's own table of TCP sockets, `/proc/net/tcp` and `/proc/net/tcp6`, names each socket's owner.
//!
//! The table is that of this process's network namespace, in which the connection was made. It is read whole for each
//! accepted connection: loopback connections are few.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader};
use std::net::{IpAddr, SocketAddr};

use super::PeerLookup;

pub(super) struct SocketTable;

/// The lines end with a newline at 150 (tcp) or 176 (tcp6) characters; anything longer is no such table.
const MOST_LINES: usize = 1_000_000;

impl PeerLookup for SocketTable {
    fn is_same_user(&self, peer: SocketAddr, local: SocketAddr) -> io::Result<bool> {
        // SAFETY: geteuid takes nothing, touches no memory of ours and cannot fail.
        let own = unsafe { libc::geteuid() };
        // an IPv4 connection can stand in the IPv6 table, with mapped addresses
        for (table, wide) in [("/proc/net/tcp", false), ("/proc/net/tcp6", true)] {
            let file = match File::open(table) {
                Ok(file) => file,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            let (Some(peer), Some(local)) = (written(peer, wide), written(local, wide)) else { continue };
            for line in BufReader::new(file).lines().skip(1).take(MOST_LINES) {
                let line = line?;
                let mut words = line.split_ascii_whitespace().skip(1);
                if words.next() == Some(&peer) && words.next() == Some(&local) {
                    // state, queues, timer and retransmits stand between the addresses and the owner
                    let owner = words.nth(4).and_then(|word| word.parse::<libc::uid_t>().ok());
                    let inode = words.nth(1);
                    // a socket that its process has closed has no inode, and then the table says root
                    return match (owner, inode) {
                        (Some(owner), Some(inode)) => Ok(owner == own && inode != "0"),
                        (None, _) | (_, None) => Err(io::Error::from(io::ErrorKind::InvalidData)),
                    };
                }
            }
        }
        Err(io::Error::new(io::ErrorKind::NotFound, "the peer's socket is not in the system's table"))
    }
}

/// An address as the table writes it: 32-bit words in the machine's byte order, then the port; `None` where the table
/// cannot hold it.
fn written(address: SocketAddr, wide: bool) -> Option<String> {
    let octets = match (address.ip().to_canonical(), wide) {
        (IpAddr::V4(ip), false) => ip.octets().to_vec(),
        (IpAddr::V4(ip), true) => ip.to_ipv6_mapped().octets().to_vec(),
        (IpAddr::V6(ip), true) => ip.octets().to_vec(),
        (IpAddr::V6(_), false) => return None,
    };
    let mut text = String::with_capacity(37);
    for word in octets.chunks_exact(4) {
        let bytes: [u8; 4] = word.try_into().ok()?;
        text.push_str(&format!("{:08X}", u32::from_ne_bytes(bytes)));
    }
    Some(format!("{text}:{:04X}", address.port()))
}

#[cfg(test)]
mod tests {
    use super::written;

    #[test]
    #[cfg(target_endian = "little")]
    fn addresses_as_the_kernel_writes_them() {
        let written = |text: &str, wide| text.parse().ok().and_then(|address| written(address, wide));
        assert_eq!(written("127.0.0.1:8080", false).as_deref(), Some("0100007F:1F90"));
        assert_eq!(written("127.0.0.1:22", true).as_deref(), Some("0000000000000000FFFF00000100007F:0016"));
        assert_eq!(written("[::1]:22", true).as_deref(), Some("00000000000000000000000001000000:0016"));
        assert_eq!(written("[::1]:22", false), None);
    }
}

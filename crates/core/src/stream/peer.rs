//! Whose process is at the other end of a loopback connection.
//!
//! Loopback is open to every user of the machine. What guards a terminal's stream is the one-time token; that
//! another user's process is not even talked to is a second fence. On Linux whoever the kernel's table does not
//! name is refused: a peer that is still there stands in it, and the front end has the way by commands. Where
//! the system is not asked, the connection is taken: the page's origin and the token still decide
//! (docs/decisions/0003).

use std::net::SocketAddr;

/// Who holds the far end of a connection.
#[cfg_attr(
    not(test),
    expect(dead_code, reason = "a system either is asked and names a user, or is not asked at all")
)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Peer {
    /// A process of the user who runs this one.
    SameUser,
    /// A process of somebody else.
    OtherUser,
    /// The system was asked and did not say: the peer has gone, or its address is of a kind that no table holds.
    Untold,
    /// This system is not asked.
    Unasked,
}

/// Finds out who holds the far end of a connection.
pub(crate) trait PeerLookup: Send + Sync {
    /// Who holds `peer`, which is connected to `local`; both as the accepting side sees them. May block for as
    /// long as reading a system table takes.
    fn look_up(&self, peer: SocketAddr, local: SocketAddr) -> Peer;
}

/// Asks the operating system. Linux says; the others would need a call of their own each, and are not asked yet
/// (docs/decisions/0003).
#[derive(Debug, Clone, Copy)]
pub(crate) struct SystemPeers;

impl PeerLookup for SystemPeers {
    #[cfg(target_os = "linux")]
    fn look_up(&self, peer: SocketAddr, local: SocketAddr) -> Peer {
        linux::look_up(peer, local)
    }

    #[cfg(not(target_os = "linux"))]
    fn look_up(&self, _peer: SocketAddr, _local: SocketAddr) -> Peer {
        Peer::Unasked
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::{
        fs::File,
        io::{BufRead as _, BufReader},
        net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4},
    };

    use super::Peer;

    /// Compares the owner of the far socket with that of our own end of the connection: both stand in the
    /// kernel's table.
    pub(super) fn look_up(peer: SocketAddr, local: SocketAddr) -> Peer {
        let (Some(peer), Some(local)) = (v4(peer), v4(local)) else { return Peer::Untold };
        match (owner(local, peer), owner(peer, local)) {
            (Some(ours), Some(theirs)) if ours == theirs => Peer::SameUser,
            (Some(_), Some(_)) => Peer::OtherUser,
            (None, _) | (_, None) => Peer::Untold,
        }
    }

    fn v4(address: SocketAddr) -> Option<SocketAddrV4> {
        match address.ip().to_canonical() {
            IpAddr::V4(ip) => Some(SocketAddrV4::new(ip, address.port())),
            IpAddr::V6(_) => None,
        }
    }

    /// The user id of the socket at `here` that is connected to `there`. A program may also have reached an IPv4
    /// address through an IPv6 socket, which stands in the other table.
    fn owner(here: SocketAddrV4, there: SocketAddrV4) -> Option<u32> {
        [("/proc/net/tcp", ""), ("/proc/net/tcp6", MAPPED)].into_iter().find_map(|(table, prefix)| {
            let (here, there) = (entry(prefix, here), entry(prefix, there));
            let lines = BufReader::new(File::open(table).ok()?).lines().skip(1);
            lines.map_while(Result::ok).find_map(|line| user_of(&line, &here, &there))
        })
    }

    /// What an IPv4 address has before it in the table of IPv6: the words of `::ffff:0:0`.
    #[cfg(target_endian = "little")]
    const MAPPED: &str = "0000000000000000FFFF0000";
    #[cfg(target_endian = "big")]
    const MAPPED: &str = "00000000000000000000FFFF";

    /// An address as the table writes it: the bytes as a number of this machine, then the port.
    fn entry(prefix: &str, address: SocketAddrV4) -> String {
        let ip: &Ipv4Addr = address.ip();
        format!("{prefix}{:08X}:{:04X}", u32::from_ne_bytes(ip.octets()), address.port())
    }

    /// The user id in a line, if it is the line of this connection.
    pub(super) fn user_of(line: &str, here: &str, there: &str) -> Option<u32> {
        let mut fields = line.split_ascii_whitespace().skip(1);
        if fields.next()? != here || fields.next()? != there {
            return None;
        }
        // State, queues, timer and retransmits stand between.
        fields.nth(4)?.parse().ok()
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::net::{SocketAddr, TcpListener, TcpStream};

    use super::{Peer, PeerLookup as _, SystemPeers, linux::user_of};

    #[test]
    fn our_own_connection_is_ours() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let local = listener.local_addr().unwrap();
        let mut targets = vec![local];
        // A mapped address goes through an IPv6 socket.
        targets.push(SocketAddr::new("::ffff:127.0.0.1".parse().unwrap(), local.port()));
        for target in targets {
            let Ok(client) = TcpStream::connect(target) else { continue };
            let (accepted, peer) = listener.accept().unwrap();
            assert_eq!(SystemPeers.look_up(peer, accepted.local_addr().unwrap()), Peer::SameUser, "{target}");
            drop(client);
        }
    }

    #[test]
    fn what_the_table_does_not_hold_is_untold() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let local = listener.local_addr().unwrap();
        let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        assert_eq!(SystemPeers.look_up(nobody, local), Peer::Untold);
    }

    #[test]
    fn the_user_stands_in_the_line_of_the_connection() {
        let line =
            "   1: 0100007F:8F2C 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1001        0 99 1";
        assert_eq!(user_of(line, "0100007F:8F2C", "0100007F:1F90"), Some(1001));
        assert_eq!(user_of(line, "0100007F:1F90", "0100007F:8F2C"), None);
        assert_eq!(user_of("   1: 0100007F:8F2C", "0100007F:8F2C", "0100007F:1F90"), None);
        assert_eq!(user_of("", "", ""), None);
    }
}

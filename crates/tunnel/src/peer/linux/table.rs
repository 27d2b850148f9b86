//! The kernel's table of TCP sockets as text, `/proc/net/tcp` and `/proc/net/tcp6` (`proc_net(5)`): for kernels that
//! cannot be asked for one socket. It is read whole, some milliseconds.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader};
use std::net::{IpAddr, SocketAddr};

use super::Socket;
use crate::peer::Ends;

/// A table is not read beyond this many lines.
const MAX_LINES: usize = 1_000_000;

/// The socket at `ends.local` that is connected to `ends.peer`; `None` if there is none that a process holds.
pub(super) fn socket(ends: Ends) -> io::Result<Option<Socket>> {
    // A program may also have reached an IPv4 address through an IPv6 socket, which stands in the other table.
    for (table, family) in [("/proc/net/tcp", Family::V4), ("/proc/net/tcp6", Family::V6)] {
        let (Some(here), Some(there)) = (entry(ends.local, family), entry(ends.peer, family)) else {
            continue;
        };
        let file = match File::open(table) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        for line in BufReader::new(file).lines().skip(1).take(MAX_LINES) {
            if let Some(socket) = of_line(&line?, &here, &there) {
                return Ok(Some(socket));
            }
        }
    }
    Ok(None)
}

/// What a table's addresses are.
#[derive(Clone, Copy)]
enum Family {
    V4,
    /// Also holds IPv4 addresses, mapped.
    V6,
}

/// An address as the table writes it: 32-bit words as numbers of this machine, then the port.
fn entry(address: SocketAddr, family: Family) -> Option<String> {
    let octets = match (address.ip(), family) {
        (IpAddr::V4(ip), Family::V4) => ip.octets().to_vec(),
        (IpAddr::V4(ip), Family::V6) => ip.to_ipv6_mapped().octets().to_vec(),
        (IpAddr::V6(ip), Family::V6) => ip.octets().to_vec(),
        (IpAddr::V6(_), Family::V4) => return None,
    };
    let (words, _) = octets.as_chunks::<4>();
    let words: String = words.iter().map(|word| format!("{:08X}", u32::from_ne_bytes(*word))).collect();
    Some(format!("{words}:{:04X}", address.port()))
}

/// The socket in a line, if it is the line of this connection and a process holds it.
fn of_line(line: &str, here: &str, there: &str) -> Option<Socket> {
    let mut fields = line.split_ascii_whitespace().skip(1);
    if fields.next()? != here || fields.next()? != there {
        return None;
    }
    // State, queues, timer and retransmits stand between, then a timeout.
    let uid = fields.nth(4)?.parse().ok()?;
    let inode = fields.nth(1)?.parse().ok()?;
    (inode != 0).then_some(Socket { uid, inode })
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn the_socket_stands_in_the_line_of_the_connection() {
        let line =
            "   1: 0100007F:8F2C 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1001        0 99 1";
        let found = |here, there| of_line(line, here, there);
        assert_eq!(found("0100007F:8F2C", "0100007F:1F90"), Some(Socket { uid: 1001, inode: 99 }));
        assert_eq!(found("0100007F:1F90", "0100007F:8F2C"), None);
        assert_eq!(of_line(&line.replace(" 99 ", " 0 "), "0100007F:8F2C", "0100007F:1F90"), None);
        assert_eq!(of_line("   1: 0100007F:8F2C", "0100007F:8F2C", "0100007F:1F90"), None);
        assert_eq!(of_line("", "", ""), None);
    }

    #[test]
    #[cfg(target_endian = "little")]
    fn addresses_are_written_as_the_kernel_writes_them() {
        let entry = |address: &str, family| entry(address.parse().unwrap(), family);
        assert_eq!(entry("127.0.0.1:8080", Family::V4).as_deref(), Some("0100007F:1F90"));
        assert_eq!(
            entry("127.0.0.1:22", Family::V6).as_deref(),
            Some("0000000000000000FFFF00000100007F:0016")
        );
        assert_eq!(entry("[::1]:22", Family::V6).as_deref(), Some("00000000000000000000000001000000:0016"));
        assert_eq!(entry("[::1]:22", Family::V4), None);
    }

    #[test]
    fn the_table_says_what_the_exact_question_says() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let ends = Ends { peer: client.peer_addr().unwrap(), local: client.local_addr().unwrap() };
        let found = socket(ends).unwrap();
        assert!(found.is_some());
        if let Ok(asked) = super::super::diag::socket(ends) {
            assert_eq!(asked, found);
        }
    }
}

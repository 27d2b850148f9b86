//! One exact question to the kernel, `NETLINK_SOCK_DIAG` (`sock_diag(7)`): who holds the socket with these addresses.

use std::io::{self, Read as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use socket2::{Domain, Protocol, Type};

use super::Socket;
use crate::peer::Ends;

/// `SOCK_DIAG_BY_FAMILY` of `linux/sock_diag.h`: the kind of the question, and of its answer.
const BY_FAMILY: u16 = 20;
/// `NLM_F_REQUEST` of `linux/netlink.h`.
const REQUEST: u16 = 1;
/// `NLMSG_ERROR` of `linux/netlink.h`.
const ERROR: u16 = 2;
/// `TCP_LISTEN` of the kernel's `net/tcp_states.h`.
const LISTENING: u8 = 10;
/// `struct nlmsghdr`.
const HEADER: usize = 16;
/// `struct nlmsghdr` and `struct inet_diag_req_v2`.
const QUESTION: usize = HEADER + 56;
/// Larger than an answer is.
const ROOM: usize = 4096;
/// The kernel answers while it is asked; longer than this never comes.
const LIMIT: Duration = Duration::from_secs(1);

/// The socket at `ends.local` that is connected to `ends.peer`; `None` if there is none that a process holds.
pub(super) fn socket(ends: Ends) -> io::Result<Option<Socket>> {
    let netlink = socket2::Socket::new(
        Domain::from(libc::AF_NETLINK),
        Type::DGRAM,
        Some(Protocol::from(libc::NETLINK_SOCK_DIAG)),
    )?;
    netlink.set_read_timeout(Some(LIMIT))?;
    let question = question(ends)?;
    if netlink.send(&question)? != question.len() {
        return Err(io::Error::from(io::ErrorKind::WriteZero));
    }
    let mut answer = [0_u8; ROOM];
    let length = (&netlink).read(&mut answer)?;
    read(answer.get(..length).unwrap_or_default(), ends)
}

fn question(ends: Ends) -> io::Result<Vec<u8>> {
    let family = if ends.local.is_ipv4() { libc::AF_INET } else { libc::AF_INET6 };
    let mut out = Vec::with_capacity(QUESTION);
    out.extend(u32::try_from(QUESTION).map_err(io::Error::other)?.to_ne_bytes());
    out.extend(BY_FAMILY.to_ne_bytes());
    out.extend(REQUEST.to_ne_bytes());
    // Sequence number and sender: there is one question and one answer.
    out.extend([0; 8]);
    out.extend([u8::try_from(family).map_err(io::Error::other)?, 6 /* TCP */, 0, 0]);
    // In any state.
    out.extend(u32::MAX.to_ne_bytes());
    out.extend(ends.local.port().to_be_bytes());
    out.extend(ends.peer.port().to_be_bytes());
    out.extend(padded(ends.local.ip()));
    out.extend(padded(ends.peer.ip()));
    // On any interface, and no cookie of an earlier answer.
    out.extend([0; 4]);
    out.extend([0xff; 8]);
    Ok(out)
}

fn padded(ip: IpAddr) -> [u8; 16] {
    match ip {
        IpAddr::V4(ip) => {
            let [a, b, c, d] = ip.octets();
            [a, b, c, d, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        }
        IpAddr::V6(ip) => ip.octets(),
    }
}

/// Reads `struct inet_diag_msg`, and believes it only if it tells of the very connection that was asked for: where there
/// is no such connection, the kernel may answer with whoever listens at the address.
fn read(answer: &[u8], ends: Ends) -> io::Result<Option<Socket>> {
    let kind = u16::from_ne_bytes(field(answer, 4)?);
    if kind == ERROR {
        let number = i32::from_ne_bytes(field(answer, HEADER)?).wrapping_neg();
        return if number == libc::ENOENT { Ok(None) } else { Err(io::Error::from_raw_os_error(number)) };
    }
    if kind != BY_FAMILY {
        return Err(io::Error::from(io::ErrorKind::InvalidData));
    }
    let message = answer.get(HEADER..).unwrap_or_default();
    let [family, state]: [u8; 2] = field(message, 0)?;
    let address = |at: usize, port_at: usize| -> io::Result<SocketAddr> {
        let ip = if libc::c_int::from(family) == libc::AF_INET {
            IpAddr::V4(Ipv4Addr::from(field::<4>(message, at)?))
        } else {
            IpAddr::V6(Ipv6Addr::from(field::<16>(message, at)?)).to_canonical()
        };
        Ok(SocketAddr::new(ip, u16::from_be_bytes(field(message, port_at)?)))
    };
    let found = Ends { local: address(8, 4)?, peer: address(24, 6)? };
    let socket = Socket {
        uid: u32::from_ne_bytes(field(message, 64)?),
        inode: u32::from_ne_bytes(field(message, 68)?),
    };
    // A socket that its process has closed has no inode, and its user means nothing.
    Ok((found == ends && state != LISTENING && socket.inode != 0).then_some(socket))
}

fn field<const N: usize>(bytes: &[u8], at: usize) -> io::Result<[u8; N]> {
    let field = bytes.get(at..).and_then(|rest| rest.first_chunk());
    field.copied().ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))
}

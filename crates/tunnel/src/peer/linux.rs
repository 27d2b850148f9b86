//! Linux: the kernel is asked for the one socket at the far end, `/proc` for the processes that hold it.

mod diag;
mod processes;
mod table;

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::{Ends, PeerUser, Process, System, gone, own_user, user_of};

pub(super) struct Kernel;

/// What the kernel tells about a socket that some process holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Socket {
    uid: u32,
    inode: u32,
}

impl System for Kernel {
    fn user(&self, ends: Ends) -> io::Result<PeerUser> {
        Ok(user_of(far_socket(ends)?.uid))
    }

    fn process(&self, ends: Ends) -> io::Result<Process> {
        let socket = far_socket(ends)?;
        let own = own_user();
        if socket.uid != own && own != 0 {
            // Its descriptors could not be read; a walk would be in vain.
            return Err(io::Error::from(io::ErrorKind::PermissionDenied));
        }
        let process = processes::holder(socket.inode)?;
        // Whoever was found holds that very socket only if it has been there all the time.
        if far_socket(ends)? == socket { Ok(process) } else { Err(gone()) }
    }

    fn running(&self, pid: u32) -> io::Result<Process> {
        processes::running(pid)
    }

    fn listener(&self, address: SocketAddr) -> io::Result<Process> {
        let (v4, v6) = (IpAddr::from(Ipv4Addr::UNSPECIFIED), IpAddr::from(Ipv6Addr::UNSPECIFIED));
        let nobody = if address.is_ipv4() { v4 } else { v6 };
        // Whoever listens at all addresses has this one, too; at all of IPv6, most often also those of IPv4.
        for (here, there) in [(address.ip(), nobody), (nobody, nobody), (v6, v6)] {
            let local = SocketAddr::new(here, address.port());
            if let Some(socket) = table::socket(Ends { peer: SocketAddr::new(there, 0), local })? {
                return processes::holder(socket.inode);
            }
        }
        Err(gone())
    }
}

/// The socket at the far end: by one exact question where the kernel takes it, else by its whole table.
fn far_socket(ends: Ends) -> io::Result<Socket> {
    let found = match diag::socket(ends.reversed()) {
        Ok(Some(socket)) => Some(socket),
        // A kernel that cannot be asked this way says the same as for a socket that is not there. Our own end is there.
        Ok(None) if matches!(diag::socket(ends), Ok(Some(_))) => None,
        Ok(None) | Err(_) => table::socket(ends.reversed())?,
    };
    found.ok_or_else(gone)
}

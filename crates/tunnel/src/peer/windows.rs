//! Windows: the system's table of TCP connections has the process at the far end, and the process's token its user.
//!
//! Process numbers are given out anew. So the process is opened first, which keeps its number from passing to another,
//! and the table is read again: whoever stands in it then is the one that was opened.

mod processes;
mod table;

use std::io;

use self::processes::Handle;
use super::{Ends, PeerUser, Process, System, gone};

pub(super) struct TcpTable;

impl System for TcpTable {
    fn user(&self, ends: Ends) -> io::Result<PeerUser> {
        user_of(holder(ends).map(|(_, process)| process))
    }

    fn process(&self, ends: Ends) -> io::Result<Process> {
        let (pid, process) = holder(ends)?;
        process.describe(pid)
    }

    fn running(&self, pid: u32) -> io::Result<Process> {
        Handle::open(pid)?.describe(pid)
    }
}

pub(super) fn process_user(pid: u32) -> io::Result<PeerUser> {
    user_of(Handle::open(pid))
}

fn user_of(process: io::Result<Handle>) -> io::Result<PeerUser> {
    match process {
        Ok(process) => process.user(),
        // It belongs to somebody else or has higher rights.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(PeerUser::Other),
        Err(error) => Err(error),
    }
}

/// The process that holds the far socket, kept open.
fn holder(ends: Ends) -> io::Result<(u32, Handle)> {
    let pid = table::owner(ends)?.ok_or_else(gone)?;
    let process = Handle::open(pid)?;
    if table::owner(ends)? == Some(pid) { Ok((pid, process)) } else { Err(gone()) }
}

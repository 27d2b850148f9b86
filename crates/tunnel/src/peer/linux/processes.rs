//! Processes as `/proc` shows them (`proc_pid_stat(5)`, `proc_pid_fd(5)`).

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::Path;

use crate::peer::{Process, gone};

/// The process that holds a socket; of several, the one that started first. Only processes whose descriptors this user
/// may read are seen.
pub(super) fn holder(inode: u32) -> io::Result<Process> {
    let wanted = format!("socket:[{inode}]");
    let mut first: Option<Process> = None;
    for entry in fs::read_dir("/proc")?.map_while(Result::ok) {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        if !holds(&entry.path(), OsStr::new(&wanted)) {
            continue;
        }
        let Ok(process) = running(pid) else { continue };
        if first.as_ref().is_none_or(|first| process.started < first.started) {
            first = Some(process);
        }
    }
    first.ok_or_else(gone)
}

fn holds(process: &Path, wanted: &OsStr) -> bool {
    let Ok(descriptors) = fs::read_dir(process.join("fd")) else { return false };
    descriptors
        .map_while(Result::ok)
        .any(|descriptor| fs::read_link(descriptor.path()).is_ok_and(|target| target.as_os_str() == wanted))
}

/// The process with this number.
pub(super) fn running(pid: u32) -> io::Result<Process> {
    let folder = Path::new("/proc").join(pid.to_string());
    let before = fs::read(folder.join("stat"))?;
    let program = fs::read_link(folder.join("exe")).ok();
    let process = process(pid, &before).ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))?;
    // The number may have passed to another process in between.
    match self::process(pid, &fs::read(folder.join("stat"))?) {
        Some(after) if after.started == process.started => Ok(Process { program, ..process }),
        Some(_) | None => Err(gone()),
    }
}

/// A line of `stat`, whose second field is a name in parentheses that may hold anything, also parentheses.
fn process(pid: u32, stat: &[u8]) -> Option<Process> {
    let end = stat.iter().rposition(|byte| *byte == b')')?;
    let fields: Vec<&str> = str::from_utf8(stat.get(end + 1..)?).ok()?.split_ascii_whitespace().collect();
    // From the third field on: state, parent, process group; the 22nd is the start, in clock ticks since boot.
    let number = |at: usize| fields.get(at)?.parse().ok();
    Some(Process {
        pid,
        parent: number(1).filter(|parent| *parent != 0),
        group: number(2),
        program: None,
        started: Some(fields.get(19)?.parse().ok()?),
    })
}

#[cfg(test)]
mod tests {
    use super::process;

    #[test]
    fn a_name_with_parentheses_does_not_shift_the_fields() {
        let stat = b"7 (a) R 1 (b) S 3 5 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 12345 9 9";
        let process = process(7, stat).unwrap();
        assert_eq!((process.parent, process.group, process.started), (Some(3), Some(5), Some(12345)));
    }
}

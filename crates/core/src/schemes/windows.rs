//! The user's own part of the registry. Untried so far.
//! <https://learn.microsoft.com/previous-versions/windows/internet-explorer/ie-developer/platform-apis/aa767914(v=vs.85)>

use std::{
    io,
    path::{Path, PathBuf},
};

use windows_registry::CURRENT_USER;

use super::{
    Claim, plain,
    registry::{self, Classes},
};

/// See [`Classes`].
struct Mine;

fn path(key: &str) -> String {
    format!(r"Software\Classes\{key}")
}

impl Classes for Mine {
    fn get(&self, key: &str, value: &str) -> Option<String> {
        CURRENT_USER.open(path(key)).ok()?.get_string(value).ok()
    }

    fn set(&self, key: &str, value: &str, to: &str) -> io::Result<()> {
        Ok(CURRENT_USER.create(path(key))?.set_string(value, to)?)
    }

    fn remove(&self, key: &str, value: &str) -> io::Result<()> {
        let Ok(opened) = CURRENT_USER.options().read().write().open(path(key)) else { return Ok(()) };
        if opened.get_string(value).is_ok() {
            opened.remove_value(value)?;
        }
        Ok(())
    }

    fn remove_empty(&self, key: &str) -> io::Result<()> {
        let Ok(opened) = CURRENT_USER.open(path(key)) else { return Ok(()) };
        if opened.keys()?.next().is_none() && opened.values()?.next().is_none() {
            drop(opened);
            CURRENT_USER.remove_tree(path(key))?;
        }
        Ok(())
    }
}

pub(super) fn holder() -> io::Result<Option<PathBuf>> {
    Ok(registry::holder(&Mine))
}

pub(super) fn is_marked() -> io::Result<bool> {
    Ok(registry::is_marked(&Mine))
}

pub(super) fn claim(program: &Path, claim: Claim) -> io::Result<()> {
    registry::claim(&Mine, plain(program)?, claim)
}

pub(super) fn release() -> io::Result<()> {
    registry::release(&Mine)
}

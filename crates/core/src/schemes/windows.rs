//! The user's own part of the registry.
//! <https://learn.microsoft.com/previous-versions/windows/internet-explorer/ie-developer/platform-apis/aa767914(v=vs.85)>

use std::{
    io,
    path::{Path, PathBuf},
};

use windows_registry::CURRENT_USER;

use super::{SCHEMES, plain};

/// Whose it is: the program that was written here last.
const HOLDER: &str = "AditHolder";
/// The command that was there before, as an installer writes it.
const BEFORE: &str = "AditBefore";

fn class(scheme: &str) -> String {
    format!(r"Software\Classes\{scheme}")
}

fn command(scheme: &str) -> String {
    format!(r"{}\shell\open\command", class(scheme))
}

pub(super) fn holder() -> io::Result<Option<PathBuf>> {
    let of = |scheme: &&str| CURRENT_USER.open(class(scheme)).ok()?.get_string(HOLDER).ok();
    Ok(SCHEMES.iter().find_map(of).map(PathBuf::from))
}

pub(super) fn claim(program: &Path) -> io::Result<()> {
    let program = plain(program)?;
    let opens = format!("\"{program}\" \"%1\"");
    for scheme in SCHEMES {
        let class = CURRENT_USER.create(class(scheme))?;
        let command = CURRENT_USER.create(command(scheme))?;
        let before = command.get_string("").ok();
        if class.get_string(HOLDER).is_err() {
            if before.as_ref() == Some(&opens) {
                // An installer has done it already.
                continue;
            }
            if let Some(before) = before {
                class.set_string(BEFORE, before)?;
            }
        }
        class.set_string("", "URL:Adit")?;
        class.set_string("URL Protocol", "")?;
        class.set_string(HOLDER, program)?;
        command.set_string("", &opens)?;
    }
    Ok(())
}

pub(super) fn release() -> io::Result<()> {
    for scheme in SCHEMES {
        let Ok(class_key) = CURRENT_USER.options().read().write().open(class(scheme)) else { continue };
        if class_key.get_string(HOLDER).is_err() {
            continue;
        }
        match class_key.get_string(BEFORE) {
            Ok(before) => {
                CURRENT_USER.create(command(scheme))?.set_string("", before)?;
                class_key.remove_value(BEFORE)?;
                class_key.remove_value(HOLDER)?;
            }
            Err(_) => CURRENT_USER.remove_tree(class(scheme))?,
        }
    }
    Ok(())
}

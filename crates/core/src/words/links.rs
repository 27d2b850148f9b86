//! Addresses that lead into the app, and what a desktop that one opens would get.

use std::path::Path;

use adit_contract::Failure;
use adit_rdp::DriveAccess;

use super::invalid;

pub(crate) fn not_ours() -> Failure {
    refused("This address cannot be read")
}

pub(crate) fn too_many_parameters() -> Failure {
    refused("This address has too many parameters")
}

pub(crate) fn asks_for(parameter: &str) -> Failure {
    refused(&format!("This address asks for \"{parameter}\", which no address may"))
}

pub(crate) fn says_twice(parameter: &str) -> Failure {
    refused(&format!("This address says \"{parameter}\" twice"))
}

pub(crate) fn value_unusable(parameter: &str) -> Failure {
    refused(&format!("This address has a value for \"{parameter}\" that cannot be used"))
}

pub(crate) fn name_unusable() -> Failure {
    refused("This address has a name that cannot be used")
}

fn refused(title: &str) -> Failure {
    invalid(title, "Addresses look like adit://ssh/PROJECT/ZONE/INSTANCE. Nothing was connected.")
}

// ---- what of this computer a desktop would get

pub(crate) const CLIPBOARD_TEXT: &str = "Text on your clipboard";
pub(crate) const CLIPBOARD_ALL: &str = "Everything on your clipboard, files included";
pub(crate) const SOUND: &str = "Your loudspeaker, for its sound";
pub(crate) const PRINTERS: &str = "Your printers, for what it prints";

pub(crate) fn folder(folder: &Path, access: DriveAccess) -> String {
    let folder = folder.display();
    match access {
        DriveAccess::ReadOnly => format!("The folder {folder}, to be read"),
        DriveAccess::ReadWrite => format!("The folder {folder}, to be read and written"),
    }
}

//! What a desktop prints on the printers of this computer.

use std::io;

use adit_contract::NoteKind;
use adit_print::Error;
use adit_rdp::{MAX_PRINT_BYTES, MAX_PRINT_JOBS, PrintError};

/// A mebibyte.
const MIB: u64 = 1024 * 1024;

/// What a document is called in the printing system's list.
pub(crate) fn document(vm: &str) -> String {
    format!("Adit: {vm}")
}

pub(crate) fn printed(printer: &str) -> String {
    format!("What was printed there was given to the printer {printer}.")
}

/// The title of what is told of it where no tab says so.
pub(crate) fn printing_from(vm: &str, kind: NoteKind) -> String {
    match kind {
        NoteKind::Limited => format!("Trouble with printing from {vm}"),
        _ => format!("Printed on {vm}"),
    }
}

pub(crate) const NO_PRINTER: &str =
    "No printer is shared: this computer has none. Add one in the system's settings, then connect again.";

pub(crate) fn not_shared(error: &Error) -> String {
    match error {
        Error::Unsupported => "Adit cannot share printers on this system yet.".to_owned(),
        Error::NotInstalled(program) => format!(
            "No printer is shared: the program {program} is missing here. Install CUPS' own commands (cups-client on \
             Debian and Ubuntu), then connect again."
        ),
        Error::TimedOut => {
            "No printer is shared: the printing system did not answer in time. Look whether it runs, then \
                            connect again."
                .to_owned()
        }
        Error::UnknownFormat | Error::Io(_) => {
            "No printer is shared: the printing system could not be asked. Look whether \
                                                it runs, then connect again."
                .to_owned()
        }
        Error::Refused(words) if words.is_empty() => {
            "No printer is shared: the printing system did not answer. Look \
                                                      whether it runs, then connect again."
                .to_owned()
        }
        Error::Refused(words) => format!(
            "No printer is shared: the printing system says “{words}”. Look whether it runs, then connect again."
        ),
    }
}

pub(crate) fn not_printed(printer: &str, error: &Error) -> String {
    match error {
        Error::UnknownFormat => format!(
            "{printer} did not get what was printed there: it was neither PostScript nor PDF. Leave the printer there with \
             the driver that it has by itself, then print again."
        ),
        Error::NotInstalled(program) => format!(
            "{printer} did not get what was printed there: the program {program} is missing here. Install CUPS' own commands \
             (cups-client on Debian and Ubuntu), then print again."
        ),
        Error::Refused(words) if !words.is_empty() => format!(
            "{printer} did not get what was printed there: the printing system says “{words}”. See to that, then print again."
        ),
        Error::TimedOut => format!(
            "The printing system did not take what was printed there for {printer} in time. Look whether it came out; if not, \
             print again."
        ),
        Error::Refused(_) | Error::Io(_) | Error::Unsupported => format!(
            "{printer} did not get what was printed there: the printing system refused it. Look at the printer in the \
             system's settings, then print again."
        ),
    }
}

pub(crate) fn not_received(printer: &str, error: PrintError) -> String {
    match error {
        PrintError::TooMany => format!(
            "Something for {printer} was not printed: the desktop began more than {MAX_PRINT_JOBS} at once. Print it again \
             when the others are done."
        ),
        PrintError::TooLarge => format!(
            "Something for {printer} was not printed: with the others it has more than {} MiB. Print fewer pages at a time.",
            MAX_PRINT_BYTES / MIB
        ),
        PrintError::Keep(io::ErrorKind::StorageFull) => format!(
            "Something for {printer} was not printed: the disk here is full. Make room where temporary files are, then print \
             again."
        ),
        PrintError::Keep(kind) => format!(
            "Something for {printer} was not printed: it could not be kept here ({kind}). Print it again."
        ),
        PrintError::CutOff => format!(
            "Something for {printer} was not printed: the connection was lost in the middle of it. Print it again once the \
             desktop is back."
        ),
    }
}

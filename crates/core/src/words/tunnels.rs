//! Tunnels: what one may be, its file, and what it is doing.

use std::path::Path;

use adit_contract::{Failure, FailureCode};

use super::{files, invalid};

// ---- what a tunnel may be

pub(crate) fn no_port() -> Failure {
    invalid("0 is not a port", "A port is a number from 1 to 65535.")
}

pub(crate) fn target_incomplete() -> Failure {
    invalid("The target is not complete", "Fill in each of its parts.")
}

pub(crate) fn name_too_long(longest: usize) -> Failure {
    invalid("A name is too long", format!("None has more than {longest} letters."))
}

/// No program is named that may use the tunnel.
pub(crate) fn no_program_to_let_in() -> Failure {
    invalid("No program is named", "Name the program that may use the tunnel.")
}

/// No program is named that is to be started.
pub(crate) fn no_program_to_start() -> Failure {
    invalid("No program is named", "Name the program to start.")
}

pub(crate) fn command_too_long() -> Failure {
    invalid("The command is too long", "Put it into a script, and name that.")
}

pub(crate) fn too_many(most: usize) -> Failure {
    invalid(format!("There are {most} tunnels"), "Remove one of them first.")
}

pub(crate) fn too_many_of_commands(most: usize) -> Failure {
    invalid(format!("There are {most} tunnels of commands"), "End one of the commands first.")
}

pub(crate) fn unknown() -> Failure {
    invalid("There is no such tunnel", "It may have been removed.")
}

pub(crate) fn of_a_command() -> Failure {
    invalid("This tunnel belongs to a command", "It ends with that command; begin it there again.")
}

// ---- their file

pub(crate) const NOT_READ: &str = "The list of tunnels could not be read";
pub(crate) const NOT_WRITTEN: &str = "The list of tunnels could not be written";

pub(crate) fn later(path: &Path) -> Failure {
    files::later("A later version of Adit wrote the list of tunnels", path)
}

pub(crate) fn set_aside(aside: &Path) -> Failure {
    files::set_aside(
        "The list of tunnels could not be understood",
        "It begins anew; the old file was kept.",
        aside,
    )
}

// ---- what one is doing

pub(crate) fn asking(target: &str) -> String {
    format!("Asking the relay for {target}")
}

pub(crate) fn waiting(target: &str, why: &str, attempt: u32) -> String {
    format!("Waiting for {target}: {why} (attempt {attempt})")
}

pub(crate) fn not_launched(program: &str, why: String) -> Failure {
    invalid(format!("{program} could not be started"), "Give the full path of a program.")
        .with_server("start", why)
}

pub(crate) fn removed() -> Failure {
    Failure::new(FailureCode::Cancelled, "The tunnel was removed", "Start the profile again.")
}

//! Profiles: their names and folders, their file, and their start.

use std::path::Path;

use adit_contract::{Failure, FailureCode};

use super::{files, invalid};

pub(crate) const NOT_READ: &str = "The profiles could not be read";
pub(crate) const NOT_WRITTEN: &str = "The profiles could not be written";

// ---- what a profile may be

pub(crate) fn needs_name(longest: usize) -> Failure {
    invalid("The profile needs a name", one_line(longest))
}

pub(crate) fn folder_needs_name(longest: usize) -> Failure {
    invalid("The folder needs a name", one_line(longest))
}

fn one_line(longest: usize) -> String {
    format!("Take one line of at most {longest} characters.")
}

pub(crate) fn folder_unnamed() -> Failure {
    invalid("The folder needs a name", "Give it one.")
}

pub(crate) fn folder_too_deep(deepest: usize) -> Failure {
    invalid(format!("Folders go {deepest} levels deep"), "Put it into one that is further out.")
}

pub(crate) fn folder_into_itself() -> Failure {
    invalid("A folder cannot go into itself", "Choose another one.")
}

pub(crate) fn folder_taken(name: &str) -> Failure {
    invalid(format!("There is a folder \"{name}\" already"), "Take another name.")
}

pub(crate) fn folder_unknown() -> Failure {
    invalid("There is no such folder", "It may have been removed.")
}

pub(crate) fn too_many_folders(most: usize) -> Failure {
    invalid(format!("There are {most} folders"), "Remove one of them first.")
}

pub(crate) fn too_many(most: usize, left: usize) -> Failure {
    invalid(
        format!("There is room for {most} profiles, and {left} are left of it"),
        "Remove some of them first.",
    )
}

pub(crate) fn unknown() -> Failure {
    invalid("There is no such profile", "It may have been removed.")
}

/// What the name of a copy ends with.
pub(crate) const COPY: &str = " (copy)";

pub(crate) fn host_takes_forward_only() -> Failure {
    invalid("A host behind a destination group takes a forward only", "Choose a forward, or a VM.")
}

pub(crate) fn no_email() -> Failure {
    invalid("The account is no e-mail address", "Leave it out for any account.")
}

pub(crate) fn too_many_settings() -> Failure {
    invalid("The profile has too many settings", "Reset some of them.")
}

pub(crate) fn no_vm() -> Failure {
    invalid("This is no VM", "Choose one from the list.")
}

pub(crate) fn search_too_long(longest: usize) -> Failure {
    invalid("The words to search for are too long", format!("Take one line of at most {longest} bytes."))
}

pub(crate) fn target_incomplete() -> Failure {
    invalid("The target is not complete", "Fill in each of its parts.")
}

// ---- what keeps one from being started

pub(crate) fn incomplete(name: &str, why: String) -> Failure {
    invalid(format!("\"{name}\" is not complete"), why)
}

pub(crate) fn variable_in_path(variable: &str) -> String {
    format!("%{variable}% stands for a folder of Windows: write the whole path of the program in its place.")
}

pub(crate) const STAR_IN_PATH: &str =
    "The path of the program has a * in it, for any version: write the one that is on this computer.";

pub(crate) fn unconfirmed(command_line: &str) -> String {
    format!(
        "It came from a file, and starts this program: {command_line}. If you want that, edit the profile and save it."
    )
}

pub(crate) const CHOOSE_VM: &str = "Choose the VM.";

pub(crate) const NAME_OF_USER: &str =
    "Write the user's name in place of {username} among the program's arguments.";

/// Values that do not count: `key` is the first of them, with what is wrong with it.
pub(crate) fn settings_without_effect(count: usize, key: &str, why: &str) -> String {
    match count {
        1 => format!("The setting {key} does not count. {why}"),
        count => format!("{count} settings do not count, such as {key}. {why}"),
    }
}

pub(crate) const NOT_AT_LOGIN: &str = "Adit does not start at login. Turn that on in the settings.";

// ---- their file

pub(crate) fn too_much() -> Failure {
    invalid("That is too much for one file of profiles", "Remove some of them, or some of their settings.")
}

pub(crate) fn set_aside(aside: &Path) -> Failure {
    files::set_aside(NOT_UNDERSTOOD, "They begin anew; the old file was kept.", aside)
}

pub(crate) fn restored(aside: &Path) -> Failure {
    files::set_aside(
        NOT_UNDERSTOOD,
        "The profiles are as they were known before; the broken file was kept.",
        aside,
    )
}

const NOT_UNDERSTOOD: &str = "The file of the profiles could not be understood";

pub(crate) fn later(path: &Path) -> Failure {
    files::about(
        "A later version of Adit wrote the profiles",
        "They can be started and not changed. Update Adit, or put the file away.",
        path,
    )
}

pub(crate) fn an_export(path: &Path) -> Failure {
    files::about("An export lies where Adit keeps its profiles", "Put it elsewhere, then import it.", path)
}

/// Some of the file's could not be understood; `names` are those of the first.
pub(crate) fn some_not_understood(count: usize, names: impl Iterator<Item = String>) -> Failure {
    let title = match count {
        1 => "1 profile could not be understood".to_owned(),
        count => format!("{count} profiles could not be understood"),
    };
    let failure = Failure::new(FailureCode::File, title, "What is not shown stays in the file as it is.");
    names.fold(failure, |failure, name| failure.with_fact("Profile", name))
}

pub(crate) const WITHOUT_NAME: &str = "without a name";

// ---- at their start

pub(crate) fn too_many_at_once(most: usize) -> Failure {
    invalid(format!("At most {most} profiles are started at once"), "Choose fewer.")
}

pub(crate) fn too_many_at_login(most: usize) -> Failure {
    invalid(
        format!("{most} other profiles were started at login"),
        "Start this one by hand, or have fewer start at login.",
    )
}

pub(crate) fn runs_otherwise(name: &str) -> Failure {
    invalid(
        format!("\"{name}\" still runs as it was before it was changed"),
        "Stop its tunnel, then start the profile again.",
    )
}

pub(crate) fn no_vm_has(text: &str) -> Failure {
    Failure::new(
        FailureCode::NotFound,
        format!("No VM has the words \"{text}\""),
        "It may be gone, or the list may be incomplete. Refresh the list, or choose the VM in the profile.",
    )
}

/// Several VMs have the words; `vms` are the first of them.
pub(crate) fn several_have(text: &str, vms: impl Iterator<Item = String>) -> Failure {
    let failure = invalid(
        format!("More than one VM has the words \"{text}\""),
        "Choose the VM in the profile, or add words such as project:NAME.",
    );
    vms.fold(failure, |failure, vm| failure.with_fact("VM", vm))
}

/// The list of VMs lacks what a search may mean; `missing` are the first places of it that have a name.
pub(crate) fn list_incomplete(missing: impl Iterator<Item = String>) -> Failure {
    let failure = Failure::new(
        FailureCode::NotFound,
        "The list of VMs is not complete yet",
        "Wait until it is, or refresh it. A profile that leads to a VM itself needs no list.",
    );
    missing.fold(failure, |failure, place| failure.with_fact("Missing", place))
}

// ---- as places for settings

pub(crate) fn none_called(name: &str) -> Failure {
    invalid(format!("There is no profile {name}"), "adit profiles lists all of them.")
}

/// Several profiles have a name; `each` are the first, by their paths and ids.
pub(crate) fn several_called(
    count: usize,
    name: &str,
    each: impl Iterator<Item = (String, String)>,
) -> Failure {
    let failure = invalid(
        format!("{count} profiles are called {name}"),
        "Name one by its folder and name, or by its id.",
    );
    each.fold(failure, |failure, (path, id)| failure.with_fact(path, id))
}

pub(crate) fn no_profile() -> Failure {
    invalid("This place is no profile", "Name a profile.")
}

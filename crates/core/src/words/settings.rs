//! Settings: their places and values as a line of text names them, and what is wrong with one. What each is for stands where
//! it is declared (`settings/table`).

use std::path::Path;

use adit_contract::{Failure, FailureCode, Scope, SettingValue};

use super::{files, invalid};

/// A place: `everywhere`, `acme-prod`, `acme-prod/europe-west1-b`, with the VM's name, or `profile ID`.
#[must_use]
pub fn called(scope: &Scope) -> String {
    match scope {
        Scope::Everywhere => "everywhere".to_owned(),
        Scope::Project { project } => project.clone(),
        Scope::Zone { project, zone } => format!("{project}/{zone}"),
        Scope::Vm { instance } => instance.to_string(),
        Scope::Profile { id, .. } => format!("profile {id}"),
    }
}

/// A value: `on`, `3389`, `text`; the lines of a list with commas between them; nothing for none.
#[must_use]
pub fn shown(value: &SettingValue) -> String {
    match value {
        SettingValue::Toggle(true) => "on".to_owned(),
        SettingValue::Toggle(false) => "off".to_owned(),
        SettingValue::Number(number) => number.to_string(),
        SettingValue::Text(text) => text.clone(),
        SettingValue::List(lines) => lines.join(", "),
    }
}

/// A setting with its value: `Port: 3390`.
pub(crate) fn line(title: &str, value: &str) -> String {
    format!("{title}: {value}")
}

// ---- what a value has to be

pub(crate) const ON_OR_OFF: &str = "Give on or off.";

pub(crate) fn one_of(values: &[&str]) -> String {
    format!("Give one of {}.", values.join(", "))
}

pub(crate) fn whole_number(min: u32, max: u32) -> String {
    format!("Give a whole number from {min} to {max}.")
}

pub(crate) fn line_of_at_most(max: u32) -> String {
    format!("Give a line of at most {max} characters.")
}

pub(crate) fn lines_at_most(max: u32) -> String {
    format!("Give at most {max} lines.")
}

pub(crate) fn characters_at_most(max: u32) -> String {
    format!("Give at most {max} characters.")
}

pub(crate) const ONLY_SHOWN: &str = "Leave out line ends, tabs and other characters that are not shown.";

pub(crate) fn kept_at_most(max: u32) -> String {
    format!("At most {max} are kept.")
}

pub(crate) const USER: &str = r"Give a name such as ana, ACME\ana or ana@acme.example.";

pub(crate) fn no_project(text: &str) -> String {
    format!("{text} is no project id. One looks like acme-prod.")
}

pub(crate) fn no_whole_path(text: &str) -> String {
    format!("{text} is no whole path. Give one from the top, without dots in it.")
}

pub(crate) fn no_address(text: &str) -> String {
    format!("{text} is no IPv4 or IPv6 address. Ranges are not taken: write what the internet sees.")
}

pub(crate) fn inside_a_network(text: &str) -> String {
    format!("{text} is an address inside a network. The internet sees another one.")
}

pub(crate) const WEB_ADDRESS: &str = "Write a web address, such as https://ip.acme.example.";
pub(crate) const HTTPS: &str = "It has to begin with https://.";
pub(crate) const NO_PASSWORD: &str = "Leave the user name and password out.";

pub(crate) fn no_value_of(key: &str, why: String) -> Failure {
    invalid(format!("This is no value of {key}"), why)
}

// ---- where it is set

pub(crate) fn unknown(key: &str) -> Failure {
    invalid(format!("There is no setting {key}"), "adit settings list names all of them.")
}

pub(crate) fn unknown_to_command(key: &str, known: &[&str]) -> Failure {
    invalid(format!("{key} is no setting of this command"), one_of(known))
}

pub(crate) fn no_place(scope: &Scope) -> Failure {
    invalid(
        format!("{} is no place for settings", called(scope)),
        "Name a project, a zone of a project, a VM, or a profile.",
    )
}

pub(crate) fn only_everywhere(key: &str) -> Failure {
    invalid(
        format!("{key} holds everywhere"),
        "It cannot be set for a project, a zone, a VM or a profile alone.",
    )
}

pub(crate) fn kept_by_profile() -> Failure {
    invalid("A profile keeps its own settings", "Change them there.")
}

pub(crate) const OF_LATER_VERSION: &str = "This version of Adit does not know it.";
pub(crate) const NOT_OF_PROFILE: &str = "It holds everywhere, and for no profile alone.";

// ---- their file

pub(crate) const NOT_READ: &str = "The settings file could not be read";
pub(crate) const NOT_WRITTEN: &str = "The setting could not be written";

pub(crate) fn later(path: &Path) -> Failure {
    files::later("A later version of Adit wrote the settings", path)
}

pub(crate) fn set_aside(aside: &Path) -> Failure {
    files::set_aside(
        "The settings file could not be understood",
        "The settings are back at their defaults; the old file was kept.",
        aside,
    )
}

/// Values of the file cannot be used; `each` are the first, with what is to be written instead.
pub(crate) fn wrong_values(
    path: &Path,
    each: impl Iterator<Item = (Scope, &'static str, String)>,
) -> Failure {
    let failure = files::about(
        "The settings file has values that cannot be used",
        "The inherited ones hold in their place. Set them anew, or reset them.",
        path,
    );
    each.fold(failure, |failure, (scope, key, why)| {
        let label = match scope {
            Scope::Everywhere => key.to_owned(),
            Scope::Project { .. } | Scope::Zone { .. } | Scope::Vm { .. } | Scope::Profile { .. } => {
                format!("{key} ({})", called(&scope))
            }
        };
        failure.with_fact(label, why)
    })
}

// ---- the policy of this computer

pub(crate) fn decided(key: &str) -> Failure {
    Failure::new(
        FailureCode::PermissionDenied,
        format!("{key} is set by your organisation"),
        "Whoever looks after this computer decides on it.",
    )
}

/// The same, with the file that says so.
pub(crate) fn decided_by(key: &str, policy: &Path) -> Failure {
    decided(key).with_fact("Policy", policy.display().to_string())
}

/// Values of the policy cannot be used; `each` are the first by their keys, with what is wrong with them.
pub(crate) fn policy_values(path: &Path, each: impl Iterator<Item = (String, String)>) -> Failure {
    let failure = files::about(
        "The policy of this computer has values that cannot be used",
        "They do not hold until whoever looks after this computer has put them right.",
        path,
    );
    each.fold(failure, |failure, (key, why)| failure.with_fact(key, why))
}

pub(crate) fn policy_unusable(path: &Path, why: &str) -> Failure {
    files::about(
        "The policy of this computer could not be read",
        "None of it holds until whoever looks after this computer has put it right.",
        path,
    )
    .with_server("file", why)
}

//! Passwords that the agent of a Windows VM sets.

use adit_contract::{Action, Failure, FailureCode};

use super::invalid;

// ---- the user's name

pub(crate) fn name_length(longest: usize) -> Failure {
    invalid(
        format!("The name of a Windows user has 1 to {longest} characters"),
        "Choose a shorter name, without a domain.",
    )
}

pub(crate) fn name_letters() -> Failure {
    invalid(
        "A Windows user cannot have this name",
        "Use letters, digits, hyphens and underscores, without a domain.",
    )
}

pub(crate) fn name_of_vm() -> Failure {
    invalid("A user cannot have the VM's own name", "Windows keeps it for the machine. Choose another one.")
}

// ---- what came of it

pub(crate) fn setting(user: &str, vm: &str) -> String {
    format!("Setting a password for {user} on {vm}")
}

pub(crate) fn is_set(user: &str, vm: &str) -> String {
    format!("{vm} has a new password for {user}.")
}

pub(crate) fn none_made() -> Failure {
    invalid("No password was made in this tab", "Set a new one first.")
}

pub(crate) fn answer_not_opened(vm: &str, why: String) -> Failure {
    Failure::new(
        FailureCode::ProtocolViolation,
        format!("The answer of {vm} could not be opened"),
        "Try again.",
    )
    .with_action(Action::TryAgain)
    .with_server("agent", why)
}

pub(crate) fn refused(vm: &str, why: String) -> Failure {
    Failure::new(
        FailureCode::Server,
        format!("{vm} set no password"),
        "Its agent says why below. A name may be taken, or not allowed there.",
    )
    .with_action(Action::TryAgain)
    .with_server("agent", why)
}

pub(crate) fn agent_busy(vm: &str) -> Failure {
    not_supported(
        format!("{vm} did not set the password in time"),
        "Its agent has said something before, so it may be busy. Try again in a minute.",
    )
    .with_action(Action::TryAgain)
}

pub(crate) fn agent_not_ready(vm: &str) -> Failure {
    not_supported(
        format!("The agent of {vm} is not ready"),
        "The VM may still be booting, have no Google agent, or not run Windows. Try again in a few minutes.",
    )
    .with_action(Action::TryAgain)
}

pub(crate) fn no_windows(vm: &str) -> Failure {
    not_supported(format!("{vm} does not run Windows"), "Only the agent of a Windows VM sets passwords.")
}

pub(crate) fn agent_may_not(vm: &str) -> Failure {
    not_supported(
        format!("{vm} does not let its agent set passwords"),
        "Its metadata has disable-account-manager. Sign in with an account that it has.",
    )
}

fn not_supported(title: String, advice: &str) -> Failure {
    Failure::new(FailureCode::NotSupported, title, advice)
}

pub(crate) fn metadata_full(vm: &str, why: String) -> Failure {
    invalid(
        format!("There is no room for a key in the metadata of {vm}"),
        "Other entries fill windows-keys. Remove some that are no longer needed.",
    )
    .with_server("metadata", why)
}

//! What the command line and the app that runs have to say to one another.

use adit_contract::{Failure, FailureCode};

use super::invalid;

pub(crate) fn no_app() -> Failure {
    Failure::new(FailureCode::NotFound, "Adit's app does not run", "Start the app first.")
}

pub(crate) fn silent() -> Failure {
    Failure::new(FailureCode::ConnectionLost, "Adit's app does not answer", "Close it, or try again.")
}

pub(crate) fn broken_off(why: String) -> Failure {
    Failure::new(
        FailureCode::ConnectionLost,
        "Adit's app ended the conversation",
        "It was closed, or is of another version. Try again.",
    )
    .with_server("share", why)
}

pub(crate) fn other_cloud() -> Failure {
    invalid("Adit's app talks to another cloud", "Set ADIT_CLOUD to the same, or close the app.")
}

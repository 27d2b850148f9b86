//! Which cloud is used, the way to its relay, the demo, and where the app keeps its files.

use std::path::Path;

use adit_contract::{Action, Failure, FailureCode};

use super::invalid;

pub(crate) const GOOGLE: &str = "Google Cloud";
pub(crate) const DEMO: &str = "Demo cloud";

pub(crate) fn no_home() -> Failure {
    Failure::new(
        FailureCode::File,
        "This system names no home folder",
        "Set the environment variable ADIT_HOME to a folder of yours.",
    )
}

pub(crate) fn no_loopback_port(why: String) -> Failure {
    Failure::new(
        FailureCode::Network,
        "No port on this machine could be opened",
        "Something forbids loopback connections; terminals need one.",
    )
    .with_server("listen", why)
}

// ---- a local cloud

pub(crate) fn not_on_this_machine(address: &str) -> Failure {
    invalid(
        "A local cloud has to be on this machine",
        "Set ADIT_CLOUD to an address such as http://127.0.0.1:8080, or unset it to use Google Cloud.",
    )
    .with_fact("ADIT_CLOUD", address)
}

pub(crate) fn no_address(variable: &str, text: &str, why: String) -> Failure {
    invalid(format!("{variable} is not an address"), "Correct or unset it.")
        .with_fact(variable, text)
        .with_server("url", why)
}

pub(crate) fn silent(address: &str, why: String) -> Failure {
    Failure::new(
        FailureCode::Network,
        "The local cloud does not answer",
        "Start it with adit cloud and set ADIT_CLOUD to the address it prints.",
    )
    .with_fact("ADIT_CLOUD", address)
    .with_server("discovery", why)
}

pub(crate) const AUTHORITIES_NOT_READ: &str = "The relay's certificate authorities could not be read";

// ---- the way to the relay

pub(crate) fn certificate_without_key() -> Failure {
    invalid(
        "A client certificate needs its key",
        "Set both ADIT_CLIENT_CERTIFICATE and ADIT_CLIENT_KEY, or neither.",
    )
}

pub(crate) fn variable_unusable(variable: &str, why: String) -> Failure {
    invalid(format!("{variable} cannot be used"), "Correct or unset it.").with_server("relay", why)
}

pub(crate) const IDENTITY_NOT_READ: &str = "The client certificate or its key could not be read";

pub(crate) fn identity_unusable(certificate: &Path, key: &Path, why: String) -> Failure {
    invalid("The client certificate cannot be used", "Both files have to be PEM, and the key not encrypted.")
        .with_fact("Certificate", certificate.display().to_string())
        .with_fact("Key", key.display().to_string())
        .with_server("relay", why)
}

// ---- the demo

pub(crate) fn no_place_for_demo(why: String) -> Failure {
    Failure::new(
        FailureCode::File,
        "There is no place for the demo's files",
        "It needs a folder for temporary files that can be written.",
    )
    .with_server("file", why)
}

pub(crate) fn demo_not_started(why: String) -> Failure {
    Failure::new(
        FailureCode::NotSupported,
        "The demo did not start",
        "Its cloud is a program beside Adit. Try again; if it happens once more, install Adit anew.",
    )
    .with_action(Action::TryAgain)
    .with_server("demo", why)
}

/// What a link or a start of the app says while the demo runs: it means the person's own VMs.
#[must_use]
pub fn not_in_the_demo() -> Failure {
    invalid("A link asked for a VM outside the demo", "Leave the demo, then follow it again.")
}

//! Updates that came to nothing.

use adit_contract::{Failure, FailureCode};

use super::invalid;
use crate::updates::{FetchError, UpdateError};

/// What is fetched from the publisher.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fetched {
    /// The list of versions.
    List,
    /// The package of one.
    Package,
}

/// Nothing answered, or not with what was asked for.
pub(crate) fn fetch(what: Fetched, error: &FetchError) -> Failure {
    let failed = match what {
        Fetched::List => "The list of versions could not be fetched",
        Fetched::Package => "The update could not be fetched",
    };
    match error {
        FetchError::Setup(text) => {
            Failure::new(FailureCode::Internal, failed, "Start Adit again.").with_server("https", text)
        }
        FetchError::Unreachable(text) => {
            Failure::new(FailureCode::Network, failed, "Check the connection, then try again.")
                .with_server("https", text)
        }
        FetchError::TimedOut => Failure::new(
            FailureCode::Network,
            match what {
                Fetched::List => "The list of versions took too long",
                Fetched::Package => "The update took too long",
            },
            "Check the connection, then try again.",
        ),
        FetchError::Status(status) => Failure::new(
            FailureCode::Server,
            match what {
                Fetched::List => "The list of versions is not there",
                Fetched::Package => "The update is not there",
            },
            "Try again later. Nothing was changed.",
        )
        .with_server(status.to_string(), ""),
        FetchError::Elsewhere => Failure::new(
            FailureCode::Server,
            match what {
                Fetched::List => "The list of versions is said to be elsewhere",
                Fetched::Package => "The update is said to be elsewhere",
            },
            "Adit follows only its publisher's own server. Nothing was changed.",
        ),
        FetchError::TooLarge => Failure::new(
            FailureCode::Server,
            match what {
                Fetched::List => "The list of versions is too large to be one",
                Fetched::Package => "The update is too large to be one",
            },
            "Nothing was changed.",
        ),
    }
}

/// What the updater says against it.
pub(crate) fn update(error: &UpdateError) -> Failure {
    match error {
        UpdateError::Unreadable(text) => Failure::new(
            FailureCode::Server,
            "The list of versions could not be understood",
            "Try again later. Nothing was changed.",
        )
        .with_server("list", text),
        UpdateError::NoPackage => Failure::new(
            FailureCode::NotFound,
            "There is a newer version, but no package of it for this system",
            "Look where this one came from.",
        ),
        UpdateError::Untrusted(text) => Failure::new(
            FailureCode::UpdateRefused,
            "The update is not what Adit's publisher signed",
            "It was thrown away and nothing was changed. Do not install it by hand: somebody may have replaced it.",
        )
        .with_server("signature", text),
        UpdateError::NotInstalled(text) => Failure::new(
            FailureCode::File,
            "The update could not be put in place",
            "Nothing was changed. Somebody who may write where Adit is installed can do it, or install the package by hand.",
        )
        .with_server("install", text),
        UpdateError::LeftAside(place) => Failure::new(
            FailureCode::File,
            "The update stopped half-way",
            "Adit is no longer where it was. Move it back before you quit, or install it again.",
        )
        .with_fact("Adit is now at", place.display().to_string()),
    }
}

pub(crate) fn nothing_to_install() -> Failure {
    invalid("There is no update to install", "Look for updates first.")
}

pub(crate) fn not_looked_for() -> Failure {
    Failure::new(
        FailureCode::NotSupported,
        "This build of Adit does not look for updates",
        "Newer versions come from where it was installed from.",
    )
}

/// What is said to whoever quits while an update is being put in place.
#[must_use]
pub fn being_installed() -> Failure {
    invalid("An update is being put in place", "Adit starts again by itself in a moment. Quit it then.")
}

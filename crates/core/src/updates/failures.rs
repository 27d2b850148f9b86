//! What a person is told when an update came to nothing.

use adit_contract::{Failure, FailureCode};

use super::{UpdateError, fetch::FetchError};

/// Nothing answered, or not with what was asked for.
pub(super) fn fetch(what: &str, error: &FetchError) -> Failure {
    match error {
        FetchError::Setup(text) => {
            Failure::new(FailureCode::Internal, format!("{what} could not be fetched"), "Start Adit again.")
                .with_server("https", text)
        }
        FetchError::Unreachable(text) => Failure::new(
            FailureCode::Network,
            format!("{what} could not be fetched"),
            "Check the connection, then try again.",
        )
        .with_server("https", text),
        FetchError::TimedOut => Failure::new(
            FailureCode::Network,
            format!("{what} took too long"),
            "Check the connection, then try again.",
        ),
        FetchError::Status(status) => Failure::new(
            FailureCode::Server,
            format!("{what} is not there"),
            "Try again later. Nothing was changed.",
        )
        .with_server(status.to_string(), ""),
        FetchError::Elsewhere => Failure::new(
            FailureCode::Server,
            format!("{what} is said to be elsewhere"),
            "Adit follows only its publisher's own server. Nothing was changed.",
        ),
        FetchError::TooLarge => Failure::new(
            FailureCode::Server,
            format!("{what} is too large to be one"),
            "Nothing was changed.",
        ),
    }
}

/// What the updater says against it.
pub(super) fn update(error: &UpdateError) -> Failure {
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

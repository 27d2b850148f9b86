//! Accounts: who is signed in, and the client that signs in.

use std::path::Path;

use adit_contract::{Action, Failure, FailureCode};

use super::{failure::sign_in_needed, files, invalid};

pub(crate) const LIST_NOT_READ: &str = "The list of accounts could not be read";
pub(crate) const LIST_NOT_WRITTEN: &str = "The list of accounts could not be written";

pub(crate) fn list_later(path: &Path) -> Failure {
    files::later("A later version of Adit wrote the list of accounts", path)
}

pub(crate) fn list_set_aside(aside: &Path) -> Failure {
    files::set_aside(
        "The list of accounts could not be understood",
        "Sign in again; the old file was kept.",
        aside,
    )
}

pub(crate) fn nobody() -> Failure {
    sign_in_needed("You are not signed in")
}

/// Nobody is signed in to the cloud of this name.
pub(crate) fn nobody_in(cloud: &str) -> Failure {
    nobody().with_fact("Cloud", cloud)
}

pub(crate) fn not_signed_in(email: &str) -> Failure {
    Failure::new(
        FailureCode::SignInNeeded,
        format!("{email} is not signed in"),
        "The profile connects as this account. Sign in with it, or choose another one in the profile.",
    )
    .with_action(Action::SignIn)
}

pub(crate) fn unknown() -> Failure {
    invalid("There is no such account", "It may be signed out already.")
}

pub(crate) fn no_default_credentials() -> Failure {
    Failure::new(
        FailureCode::SignInNeeded,
        "gcloud has no Application Default Credentials here",
        "Run gcloud auth application-default login, or sign in in the browser.",
    )
}

// ---- the OAuth client

pub(crate) const CLIENT_NOT_READ: &str = "The OAuth client's file could not be read";
pub(crate) const CLIENT_NOT_WRITTEN: &str = "The OAuth client's id could not be written";

pub(crate) fn no_client() -> Failure {
    invalid(
        "No OAuth client is chosen yet",
        "Choose the JSON file of an OAuth client of type \"Desktop app\" first.",
    )
}

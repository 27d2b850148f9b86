//! Notices on the desktop: a title, a text and what their buttons say.

use adit_contract::{Failure, FailureCode};

pub(crate) fn sign_in_again(email: &str) -> String {
    format!("Sign in again as {email}")
}

pub(crate) const SIGN_IN_AGAIN: &str = "Google wants a new sign-in before connections go on.";

pub(crate) const SIGN_IN_FIRST_TITLE: &str = "Sign in to Adit";
pub(crate) const SIGN_IN_FIRST: &str = "What is started at login waits for it.";

pub(crate) fn question(name: &str) -> String {
    format!("{name} has a question")
}

pub(crate) const QUESTION: &str = "The connection waits for your answer.";

pub(crate) fn session_lost(name: &str) -> String {
    format!("The session on {name} was lost")
}

pub(crate) fn tunnel_failed(name: &str) -> String {
    format!("The tunnel {name} has failed")
}

pub(crate) fn profile_failed(name: &str) -> String {
    format!("{name} did not start")
}

/// What a window says about one that did not start at login.
pub(crate) fn why_not_started(failure: &Failure) -> String {
    format!("{}. {}", failure.title, failure.advice)
}

/// What it says about this one and so many more.
pub(crate) fn profiles_failed(code: FailureCode, first: &str, more: usize) -> Failure {
    Failure::new(
        code,
        format!("{} profiles did not start at login", more + 1),
        format!("{first} and {more} more. The profiles say why."),
    )
}

pub(crate) const MORE_TITLE: &str = "More needs you in Adit";
pub(crate) const MORE: &str = "The window and the tray have all of it.";

// ---- buttons

pub(crate) const SIGN_IN: &str = "Sign in";
pub(crate) const SHOW: &str = "Show";
pub(crate) const RECONNECT: &str = "Reconnect";
pub(crate) const START_AGAIN: &str = "Start again";

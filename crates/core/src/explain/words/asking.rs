//! What is asked and what comes of it: explanations that cannot be opened, answers that did not come, what bars a VM in the
//! tree, and facts about this computer.

use adit_access::Blocker;
use adit_contract::{Fact, Failure, FailureCode};
use adit_google::{Error, ErrorKind};
use url::Url;

// ---- explanations

pub(crate) fn too_many(most: usize) -> Failure {
    invalid(format!("{most} explanations are open"), "Close one of them first.")
}

pub(crate) fn closed() -> Failure {
    invalid("This explanation is closed".to_owned(), "Ask for it again.")
}

pub(crate) fn no_host(url: &Url) -> Failure {
    invalid(format!("{url} names no host"), "Give the address as https://HOST/PATH")
}

pub(crate) fn no_web_app(resource: &str) -> Failure {
    invalid(
        format!("`{resource}` is no web app of IAP's"),
        "Such as iap_web/compute/services/4711 or iap_web/appengine-PROJECT/services/default",
    )
}

fn invalid(title: String, advice: &str) -> Failure {
    Failure::new(FailureCode::InvalidInput, title, advice)
}

// ---- answers

pub(crate) const SLOW_DOWN: &str = "Google asked to slow down";
pub(crate) const FAILED: &str = "it failed";

/// Why an API gave no answer, as far as that is not told by itself. What else the server says can name other people.
pub(crate) fn no_answer(error: &Error) -> String {
    match error.kind {
        ErrorKind::ApiDisabled => "the API is not enabled".to_owned(),
        ErrorKind::SignInNeeded => "it wants a fresh sign-in".to_owned(),
        ErrorKind::Unreachable => "it cannot be reached".to_owned(),
        ErrorKind::WrongClock => "this computer's clock is wrong".to_owned(),
        ErrorKind::Decode => "the answer could not be understood".to_owned(),
        ErrorKind::Server => "Google's server failed".to_owned(),
        _ => match &error.reason {
            Some(reason) => format!("Google answered {reason}"),
            None => FAILED.to_owned(),
        },
    }
}

// ---- marks in the tree

/// What bars the way.
pub(crate) fn barred_by(blocker: &Blocker) -> String {
    match blocker {
        Blocker::Deny(name) => format!("deny policy {}", name.rsplit('/').next().unwrap_or(name)),
        Blocker::Levels(levels) => format!("access level {}", levels.join(" and ")),
        Blocker::Condition(title) if title.is_empty() => "a condition".to_owned(),
        Blocker::Condition(title) => format!("condition “{title}”"),
        Blocker::NoGrant => "no role".to_owned(),
    }
}

/// The same where the VM's own policy and its zone's were not read.
pub(crate) fn barred_so_far(blocker: &Blocker) -> String {
    format!("{}, unless its own policy lets you in", barred_by(blocker))
}

// ---- this computer

pub(crate) fn operating_system(name: &str, version: Option<&str>, how: &str) -> Fact {
    match version {
        Some(version) => fact("Operating system", &format!("{name} {version}"), how),
        None => fact("Operating system", name, how),
    }
}

pub(crate) fn screen_lock(is_on: bool, how: &str) -> Fact {
    fact("Screen lock", if is_on { "on" } else { "off" }, how)
}

pub(crate) fn disk_encryption(state: &str, how: &str) -> Fact {
    fact("Disk encryption", state, how)
}

fn fact(label: &str, value: &str, how: &str) -> Fact {
    Fact { label: label.to_owned(), value: format!("{value} ({how})") }
}

//! From typed errors to words: what happened, then what to do. The one place where both are chosen.

mod google;
mod rdp;
mod ssh;
mod tunnel;

use adit_contract::{Action, Failure, FailureCode, InstanceRef};

use crate::log;

pub(crate) use self::rdp::{Farewell, farewell};
pub use self::{
    google::{Subject, google, refused},
    rdp::rdp,
    ssh::ssh,
    tunnel::{bind, bind_gateway, dial, dial_to, from_endpoint, lost, lost_proxy, refused_bind},
};

/// Nobody is signed in any more.
#[must_use]
pub fn sign_in_needed(title: &str) -> Failure {
    Failure::new(FailureCode::SignInNeeded, title, "Sign in again to go on.").with_action(Action::SignIn)
}

/// A mistake of ours, with the log where there is one.
#[must_use]
pub fn internal(what: impl Into<String>) -> Failure {
    let failure = Failure::new(
        FailureCode::Internal,
        "Adit made a mistake",
        "Try again. If it happens once more, restart Adit.",
    )
    .with_action(Action::TryAgain)
    .with_server("internal", what);
    match log::newest_file() {
        Some(path) => failure.with_fact("Log", path.display().to_string()),
        None => failure,
    }
}

/// A mistake of ours ended `what`.
pub(crate) fn broken_off(what: &str) -> Failure {
    internal(format!("{what} ended unexpectedly"))
}

/// The person cancelled.
#[must_use]
pub fn cancelled() -> Failure {
    Failure::new(FailureCode::Cancelled, "Cancelled", "").with_action(Action::TryAgain)
}

/// A certificate whose time has not come or has passed. That of Google's servers never has, so this machine's clock is wrong,
/// or something between shows one of its own.
fn wrong_clock(code: FailureCode, whose: &str) -> Failure {
    let now = jiff::Zoned::now().strftime("%-d %B %Y, %H:%M %Z");
    Failure::new(
        code,
        format!("{whose} cannot be trusted at the time that this computer shows"),
        format!("Its certificate is not valid at that time. It is {now} by this computer's clock: set that right, then try \
             again. If it is right, ask who runs the network or proxy."),
    )
    .with_action(Action::TryAgain)
}

fn not_found(instance: &InstanceRef) -> Failure {
    Failure::new(
        FailureCode::NotFound,
        format!("{} was not found in {}", instance.name, instance.zone),
        "Refresh the list: it may have been deleted or moved.",
    )
    .with_fact("Instance", instance.to_string())
    .with_action(Action::TryAgain)
}

fn protocol(title: &str) -> Failure {
    Failure::new(
        FailureCode::ProtocolViolation,
        title,
        "Try again. If it happens once more, report it with what is below.",
    )
    .with_action(Action::TryAgain)
}

#[cfg(test)]
mod tests;

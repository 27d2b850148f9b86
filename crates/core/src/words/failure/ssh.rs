//! SSH, in words.

use adit_contract::{Action, Failure, FailureCode, InstanceRef};
use adit_ssh::host_key::HostKey;

use super::{cancelled, protocol};

/// An SSH session that could not be opened.
#[must_use]
pub fn ssh(error: &adit_ssh::Error, instance: &InstanceRef, user: &str) -> Failure {
    use adit_ssh::Error;
    let name = &instance.name;
    match error {
        Error::HostKeyChanged { expected, presented } => host_key_changed(name, expected, presented.as_ref()),
        Error::HostKeyRejected { presented } => Failure::new(
            FailureCode::HostKeyRejected,
            "The host key was not accepted",
            "Nothing was sent to the VM. Connect again once you know its key.",
        )
        .with_fact("Presented host key", presented.fingerprint())
        .with_action(Action::TryAgain),
        Error::KeyRefused { methods } => Failure::new(
            FailureCode::KeyRefused,
            format!("{name} refused the key of {user}"),
            "The VM's guest agent may be slow or off, or you lack a role to log in \
             (roles/compute.osLogin where OS Login is on). Try again in a minute.",
        )
        .with_fact("User", user)
        .with_action(Action::TryAgain)
        .with_server("publickey", format!("would go on with: {}", listed(methods))),
        Error::SecondFactorRefused { methods } => Failure::new(
            FailureCode::KeyRefused,
            format!("{name} refused the second factor"),
            "Try again with a fresh code.",
        )
        .with_fact("User", user)
        .with_action(Action::TryAgain)
        .with_server("keyboard-interactive", format!("would go on with: {}", listed(methods))),
        Error::UnsupportedMethod { methods } => Failure::new(
            FailureCode::NotSupported,
            format!("{name} wants a way of signing in that Adit does not have"),
            "Use the system's ssh with adit proxy as its ProxyCommand.",
        )
        .with_server("authentication", listed(methods)),
        Error::Cancelled => cancelled(),
        Error::Disconnected { reason } => Failure::new(
            FailureCode::ConnectionLost,
            format!("{name} closed the connection"),
            "Its SSH server may be restarting or refusing more connections. Try again in a moment.",
        )
        .with_action(Action::TryAgain)
        .with_server("disconnected", reason.clone().unwrap_or_default()),
        Error::NoCommonAlgorithm { kind, theirs } => Failure::new(
            FailureCode::NotSupported,
            format!("{name} and Adit have no {kind} algorithm in common"),
            "The VM's SSH server is too old or set too strictly; an administrator of the VM can change that.",
        )
        .with_server("handshake", listed(theirs)),
        Error::Handshake { message } => protocol(&format!("{name} does not speak SSH as expected"))
            .with_server("handshake", message.as_str()),
        Error::TimedOut(_) => Failure::new(
            FailureCode::ConnectionLost,
            format!("{name} did not answer in time"),
            "It may be overloaded or still booting. Try again in a moment.",
        )
        .with_action(Action::TryAgain)
        .with_server("timeout", error.to_string()),
        Error::Refused(_) => Failure::new(
            FailureCode::ProtocolViolation,
            format!("{name} let {user} in but opened no terminal"),
            "Its SSH server may allow no more sessions, or no terminals for this user.",
        )
        .with_action(Action::TryAgain)
        .with_server("refused", error.to_string()),
    }
}

fn host_key_changed(name: &str, expected: &[HostKey], presented: Option<&HostKey>) -> Failure {
    let mut failure = Failure::new(
        FailureCode::HostKeyChanged,
        format!("{name} has another host key than before"),
        "The VM may have been re-imaged or its keys made anew; or somebody is between you and it. Replace the \
         key only if you know why it changed.",
    );
    for key in expected {
        failure = failure.with_fact("Pinned host key", format!("{} {}", key.algorithm(), key.fingerprint()));
    }
    failure = match presented {
        Some(key) => failure
            .with_fact("Presented host key", format!("{} {}", key.algorithm(), key.fingerprint()))
            .with_action(Action::TryAgain)
            .with_action(Action::ReplaceHostKey),
        None => failure.with_fact("Presented host key", "none of a known kind").with_action(Action::TryAgain),
    };
    failure
}

fn listed(items: &[String]) -> String {
    if items.is_empty() { "nothing".to_owned() } else { items.join(", ") }
}

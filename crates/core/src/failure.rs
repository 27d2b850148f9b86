//! From typed errors to words: what happened, then what to do. The one place where both are chosen.

use adit_contract::{Action, Failure, FailureCode, InstanceRef};
use adit_google::{ErrorKind, SignInCause};
use adit_ssh::host_key::HostKey;
use adit_tunnel::{DialError, DialErrorKind, FailureKind};

/// What a call was for, to put into words.
#[derive(Debug, Clone, Copy)]
pub enum Subject<'a> {
    /// The person's account or sign-in.
    Account,
    /// All projects.
    Projects,
    /// One project.
    Project(&'a str),
    /// One instance.
    Instance(&'a InstanceRef),
}

impl Subject<'_> {
    fn place(&self) -> String {
        match self {
            Self::Account => String::new(),
            Self::Projects => " in Google Cloud".to_owned(),
            Self::Project(project) => format!(" in {project}"),
            Self::Instance(instance) => format!(" on {}", instance.name),
        }
    }
}

/// A failed call of a Google API, or a failed sign-in.
#[must_use]
pub fn google(error: &adit_google::Error, subject: Subject<'_>) -> Failure {
    let place = subject.place();
    let doing = error.doing;
    let failure = match error.kind {
        ErrorKind::SignInNeeded => sign_in_needed(match error.details.sign_in {
            Some(SignInCause::SessionEnded) => "Your organisation's session length has passed",
            Some(SignInCause::Revoked) => "Your sign-in has expired or was revoked",
            Some(SignInCause::Rejected) => "Google no longer accepts your sign-in",
            None => "You are not signed in",
        }),
        ErrorKind::AccessDenied => Failure::new(
            FailureCode::Cancelled,
            "The sign-in was declined",
            "Sign in again and allow Adit to use Google Cloud on your behalf.",
        ),
        ErrorKind::AccountRestricted => Failure::new(
            FailureCode::PermissionDenied,
            "Your organisation's access policy refused the sign-in",
            "Sign in from a device and network that the policy allows, or ask an administrator.",
        ),
        ErrorKind::AdminPolicy => Failure::new(
            FailureCode::PermissionDenied,
            "Your organisation does not allow this app",
            "Ask an administrator to allow the app's OAuth client.",
        ),
        ErrorKind::ScopeMissing => Failure::new(
            FailureCode::PermissionDenied,
            "Access to Google Cloud was not granted",
            "Sign in again and leave the box for Google Cloud ticked.",
        ),
        ErrorKind::NoRefreshToken => Failure::new(
            FailureCode::Server,
            "The sign-in would not have lasted",
            "Sign in again; Google will ask for your consent once more.",
        ),
        ErrorKind::InvalidClient => Failure::new(
            FailureCode::InvalidInput,
            "The OAuth client cannot be used",
            "Choose the JSON file of an OAuth client of type \"Desktop app\".",
        ),
        ErrorKind::PermissionDenied => permission_denied(error, doing, &place),
        ErrorKind::ApiDisabled => {
            let service = error.details.service.as_deref().unwrap_or("The API");
            let service = service_name(service);
            let mut failure = Failure::new(
                FailureCode::ApiDisabled,
                format!("{service} is not enabled{place}"),
                "Enable it in Google's console, or ask someone who may.",
            );
            if let Some(help) = &error.details.help {
                failure = failure.with_fact("Console", help.as_str());
            }
            failure
        }
        ErrorKind::NotFound => match subject {
            Subject::Instance(instance) => not_found(instance),
            Subject::Project(project) => Failure::new(
                FailureCode::NotFound,
                format!("{project} was not found"),
                "Refresh the list: it may have been deleted.",
            ),
            Subject::Account | Subject::Projects => {
                Failure::new(FailureCode::NotFound, format!("Could not {doing}: not found"), "")
            }
        },
        ErrorKind::Conflict => Failure::new(
            FailureCode::Server,
            format!("Somebody else was changing the same thing{place}"),
            "Try again in a moment.",
        )
        .with_action(Action::TryAgain),
        ErrorKind::Throttled => {
            Failure::new(FailureCode::Throttled, "Google asks to slow down", "Wait a minute, then try again.")
                .with_action(Action::TryAgain)
        }
        ErrorKind::Unreachable | ErrorKind::TimedOut => Failure::new(
            FailureCode::Network,
            "Google Cloud did not answer",
            "Check your connection and proxy, then try again.",
        )
        .with_action(Action::TryAgain),
        ErrorKind::Server | ErrorKind::Decode | ErrorKind::InvalidRequest => Failure::new(
            FailureCode::Server,
            format!("Google could not {doing}{place}"),
            "Try again in a moment.",
        )
        .with_action(Action::TryAgain),
        ErrorKind::OperationFailed => Failure::new(
            FailureCode::Server,
            format!("Google could not {doing}{place}"),
            "What Google said is below; often there is no room in the zone just now.",
        )
        .with_action(Action::TryAgain),
        ErrorKind::InvalidArgument => Failure::new(
            FailureCode::InvalidInput,
            format!("Could not {doing}"),
            "Check the configured addresses.",
        ),
        ErrorKind::WrongCloud => Failure::new(
            FailureCode::SignInNeeded,
            "This account belongs to another cloud",
            "Sign in to the cloud in use.",
        )
        .with_action(Action::SignIn),
        ErrorKind::Unsupported => Failure::new(
            FailureCode::NotSupported,
            "This kind of credentials cannot be used here",
            "Sign in in the browser instead.",
        ),
        ErrorKind::SignInExpired => Failure::new(
            FailureCode::Cancelled,
            "Nobody signed in within five minutes",
            "Start the sign-in again.",
        ),
        ErrorKind::Local => Failure::new(
            FailureCode::File,
            format!("Could not {doing}"),
            "Something on this machine is in the way; what it said is below.",
        ),
    };
    let code = error
        .reason
        .clone()
        .or_else(|| error.status.map(|status| status.to_string()))
        .unwrap_or_else(|| "none".to_owned());
    failure.with_server(code, error.message.as_str())
}

fn permission_denied(error: &adit_google::Error, doing: &str, place: &str) -> Failure {
    let failure = match &error.details.permission {
        Some(permission) => Failure::new(
            FailureCode::PermissionDenied,
            format!("You may not {doing}{place}"),
            format!("Ask an administrator for a role with {permission}."),
        )
        .with_fact("Missing permission", permission.as_str()),
        None => Failure::new(
            FailureCode::PermissionDenied,
            format!("You may not {doing}{place}"),
            "Ask an administrator for access.",
        ),
    };
    match &error.details.resource {
        Some(resource) => failure.with_fact("Resource", resource.as_str()),
        None => failure,
    }
}

fn service_name(service: &str) -> &str {
    match service {
        "compute.googleapis.com" => "Compute Engine",
        "cloudresourcemanager.googleapis.com" => "Resource Manager",
        "oslogin.googleapis.com" => "OS Login",
        "iap.googleapis.com" => "Identity-Aware Proxy",
        other => other,
    }
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

/// Nobody is signed in any more.
#[must_use]
pub fn sign_in_needed(title: &str) -> Failure {
    Failure::new(FailureCode::SignInNeeded, title, "Sign in again to go on.").with_action(Action::SignIn)
}

/// A mistake of ours.
#[must_use]
pub fn internal(what: impl Into<String>) -> Failure {
    Failure::new(
        FailureCode::Internal,
        "Adit made a mistake",
        "Try again. If it happens once more, restart Adit.",
    )
    .with_action(Action::TryAgain)
    .with_server("internal", what)
}

/// A tunnel that could not be opened.
#[must_use]
pub fn dial(error: &DialError, instance: &InstanceRef, port: u16) -> Failure {
    let failure = match error.kind {
        DialErrorKind::Denied => denied(instance),
        DialErrorKind::NotFound => not_found(instance),
        DialErrorKind::Backend => backend(instance, port),
        DialErrorKind::SignInNeeded => sign_in_needed("The relay did not accept your sign-in"),
        DialErrorKind::Throttled => throttled(),
        DialErrorKind::Refused { status } => refused(status),
        DialErrorKind::RelayUnreachable => unreachable_relay(),
        DialErrorKind::Tls => Failure::new(
            FailureCode::RelayUnreachable,
            "The relay's certificate is not trusted",
            "Something between you and Google may inspect the traffic: ask who runs the network or proxy.",
        )
        .with_action(Action::TryAgain),
        DialErrorKind::TimedOut => Failure::new(
            FailureCode::RelayUnreachable,
            "The relay did not answer in time",
            "Check your connection and proxy, then try again.",
        )
        .with_action(Action::TryAgain),
        DialErrorKind::Protocol(_) => protocol("The relay answered in a way that Adit does not understand"),
        DialErrorKind::Closed => Failure::new(
            FailureCode::RelayUnreachable,
            format!("The relay closed the connection to {}", instance.name),
            "Try again in a moment.",
        )
        .with_action(Action::TryAgain),
        DialErrorKind::Endpoint => Failure::new(
            FailureCode::InvalidInput,
            "The relay's address or its certificate authorities cannot be used",
            "Check the configured addresses.",
        ),
        _ => unreachable_relay(),
    };
    let text = match &error.body {
        Some(body) if !body.is_empty() => format!("{}\n{body}", error.reason),
        Some(_) | None => error.reason.clone(),
    };
    failure.with_server(code_text(error.code), text)
}

/// A relay endpoint that cannot be used at all.
#[must_use]
pub fn from_endpoint(error: &DialError) -> Failure {
    Failure::new(
        FailureCode::InvalidInput,
        "The relay's address or its certificate authorities cannot be used",
        "Check the configured addresses.",
    )
    .with_server("relay", error.reason.as_str())
}

/// A tunnel that was lost for good after it had been open.
#[must_use]
pub fn lost(failure: &adit_tunnel::Failure, instance: &InstanceRef, port: u16) -> Failure {
    let lost = |advice: &str| {
        Failure::new(
            FailureCode::ConnectionLost,
            format!("The connection to {} was lost", instance.name),
            advice,
        )
        .with_action(Action::TryAgain)
    };
    let words = match failure.kind {
        FailureKind::Expired => {
            lost("The relay no longer knows the session, so it could not be resumed. Connect again.")
        }
        FailureKind::DataLost => lost(
            "Some data could not be sent again, so the session was ended rather than damaged. Connect again.",
        ),
        FailureKind::Unreachable => lost("The relay could not be reached for a while. Connect again."),
        FailureKind::TimedOut => lost("The relay stopped answering. Connect again."),
        FailureKind::Closed => lost("The relay ended the session. Connect again."),
        FailureKind::Tls => lost("The relay's certificate was not trusted on the way back. Connect again."),
        FailureKind::Denied => denied(instance),
        FailureKind::NotFound => not_found(instance),
        FailureKind::Backend => backend(instance, port),
        FailureKind::SignInNeeded => sign_in_needed("Your sign-in ended while the session was being resumed"),
        FailureKind::Throttled => throttled(),
        FailureKind::Refused { status } => refused(status),
        FailureKind::Protocol(_) => protocol("The relay broke its protocol"),
    };
    words.with_server(code_text(failure.code), failure.reason.as_str())
}

fn code_text(code: Option<u16>) -> String {
    code.map_or_else(|| "none".to_owned(), |code| code.to_string())
}

fn denied(instance: &InstanceRef) -> Failure {
    Failure::new(
        FailureCode::NotAuthorized,
        format!("You may not connect to {}", instance.name),
        "Ask an administrator for the role IAP-secured Tunnel User (roles/iap.tunnelResourceAccessor). A \
         condition on time, port or access level may also be in the way.",
    )
    .with_fact("Missing permission", "iap.tunnelInstances.accessViaIAP")
    .with_fact("Instance", instance.to_string())
    .with_action(Action::TryAgain)
}

fn backend(instance: &InstanceRef, port: u16) -> Failure {
    Failure::new(
        FailureCode::BackendUnreachable,
        format!("{} does not answer on port {port}", instance.name),
        "The VM may still be booting, nothing may listen there, or a firewall rule may be missing for IAP's \
         addresses 35.235.240.0/20.",
    )
    .with_fact("Instance", instance.to_string())
    .with_action(Action::TryAgain)
}

fn throttled() -> Failure {
    Failure::new(FailureCode::Throttled, "The relay asks to slow down", "Wait a minute, then try again.")
        .with_action(Action::TryAgain)
}

fn refused(status: u16) -> Failure {
    Failure::new(
        FailureCode::RelayUnreachable,
        format!("The relay, or a proxy before it, refused with HTTP {status}"),
        "If your network needs a proxy, check its settings, then try again.",
    )
    .with_action(Action::TryAgain)
}

fn unreachable_relay() -> Failure {
    Failure::new(
        FailureCode::RelayUnreachable,
        "The relay cannot be reached",
        "Check your connection and proxy, then try again.",
    )
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

/// The person cancelled.
#[must_use]
pub fn cancelled() -> Failure {
    Failure::new(FailureCode::Cancelled, "Cancelled", "").with_action(Action::TryAgain)
}

#[cfg(test)]
#[path = "failure_tests.rs"]
mod tests;

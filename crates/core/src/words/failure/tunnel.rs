//! The relay, in words.

use adit_contract::{Action, Failure, FailureCode, InstanceRef};
use adit_tunnel::{
    Between, DialError, DialErrorKind, FailureKind, ProxyError, ProxyProblem, Target, listen::BindError,
};

use super::{internal, not_found, protocol, sign_in_needed, wrong_clock};
use crate::{access::Access, explain::Refused};

/// A tunnel that could not be opened.
#[must_use]
pub fn dial(error: &DialError, instance: &InstanceRef, port: u16) -> Failure {
    let failure = match error.kind {
        DialErrorKind::Denied => denied(instance),
        DialErrorKind::NotFound => not_found(instance),
        DialErrorKind::Backend => backend(instance, port),
        DialErrorKind::SignInNeeded => sign_in_needed("The relay did not accept your sign-in"),
        DialErrorKind::Throttled => throttled(),
        DialErrorKind::Refused { status } => refused(status, instance),
        DialErrorKind::RelayUnreachable => unreachable_relay(),
        DialErrorKind::TokenUnavailable => Failure::new(
            FailureCode::Network,
            "No access token",
            "The relay was not asked: the service or the file that gives access tokens gave none. Check your \
             connection and proxy, then try again.",
        )
        .with_action(Action::TryAgain),
        DialErrorKind::Proxy(problem) => proxy(problem),
        DialErrorKind::Tls => untrusted(error.between.as_ref()),
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
        DialErrorKind::Endpoint => unusable(),
        _ => unreachable_relay(),
    };
    let failure = match &error.between {
        Some(Between::Proxy { address }) => failure.with_fact("Proxy", address.as_str()),
        Some(Between::Inspection { issuer, .. }) => {
            failure.with_fact("Certificate issued by", issuer.as_str())
        }
        _ => failure,
    };
    let text = match &error.body {
        Some(body) if !body.is_empty() => format!("{}\n{body}", error.reason),
        Some(_) | None => error.reason.clone(),
    };
    failure.with_server(code_text(error.code), text)
}

/// The same, whatever kind of target it was: a host behind a destination group is named as an instance would be.
#[must_use]
pub fn dial_to(error: &DialError, target: &Target) -> Failure {
    let (project, zone, name, port) = match target {
        Target::Instance { project, zone, instance, port, .. } => (project, zone, instance, port),
        Target::Host { project, region, host, port, .. } => (project, region, host, port),
    };
    let place = InstanceRef { project: project.clone(), zone: zone.clone(), name: name.clone() };
    dial(error, &place, *port)
}

/// A tunnel that could not begin to listen.
#[must_use]
pub fn bind(error: &BindError, target: &Target) -> Failure {
    match error {
        BindError::Probe(error) => dial_to(error, target),
        BindError::NotLoopback(_)
        | BindError::InUse { .. }
        | BindError::Privileged { .. }
        | BindError::Local { .. }
        | BindError::Socket { .. }
        | BindError::NotPrivate { .. }
        | BindError::NoSockets
        | BindError::TooMany(_) => listener(error),
        _ => internal(error.to_string()),
    }
}

/// The same, with what was seen of it.
#[must_use]
pub fn refused_bind(error: &BindError, target: &Target, access: &Access) -> Refused {
    let observed = match error {
        BindError::Probe(error) => access.observed(error),
        _ => None,
    };
    Refused { failure: bind(error, target), observed }
}

/// A gateway that could not begin to listen.
#[must_use]
pub fn bind_gateway(error: &BindError) -> Failure {
    listener(error)
}

fn listener(error: &BindError) -> Failure {
    let (code, advice) = match error {
        BindError::NotLoopback(_) => (
            FailureCode::InvalidInput,
            "Choose 127.0.0.1 or ::1: whoever reaches the port gets into the tunnel.",
        ),
        BindError::InUse { .. } => {
            (FailureCode::PortTaken, "Choose another port, or end the program that has it.")
        }
        BindError::Privileged { .. } => (FailureCode::PortTaken, "Choose a port from 1024 up."),
        BindError::Local { .. } | BindError::Socket { .. } => {
            (FailureCode::PortTaken, "Choose another port or place.")
        }
        BindError::NotPrivate { .. } => {
            (FailureCode::PortTaken, "Make the folder this user's alone (mode 0700), or choose a port.")
        }
        BindError::NoSockets => (FailureCode::NotSupported, "Choose a port."),
        BindError::TooMany(_) => (FailureCode::InvalidInput, "Stop one of them first."),
        _ => return internal(error.to_string()),
    };
    let text = error.to_string();
    // Errors are written in lower case; titles begin a sentence.
    let mut letters = text.chars();
    let title: String =
        letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default();
    Failure::new(code, title, advice).with_action(Action::TryAgain)
}

/// A stream that was lost for good after it had been open.
#[must_use]
pub fn lost_proxy(error: &ProxyError) -> Failure {
    Failure::new(FailureCode::ConnectionLost, "The connection was lost", "Connect again.")
        .with_server("tunnel", error.to_string())
}

/// A relay endpoint that cannot be used at all.
#[must_use]
pub fn from_endpoint(error: &DialError) -> Failure {
    unusable().with_server("relay", error.reason.as_str())
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
        FailureKind::TokenUnavailable => {
            lost("For a while no access token could be had to resume the session with. Connect again.")
        }
        FailureKind::TimedOut => lost("The relay stopped answering. Connect again."),
        FailureKind::Closed => lost("The relay ended the session. Connect again."),
        FailureKind::Tls => lost("The relay's certificate was not trusted on the way back. Connect again."),
        FailureKind::Denied => denied(instance),
        FailureKind::NotFound => not_found(instance),
        FailureKind::Backend => backend(instance, port),
        FailureKind::SignInNeeded => sign_in_needed("Your sign-in ended while the session was being resumed"),
        FailureKind::Throttled => throttled(),
        FailureKind::Refused { status } => refused(status, instance),
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

/// The upgrade was refused over HTTP (section 8.2 of the protocol's specification).
fn refused(status: u16, instance: &InstanceRef) -> Failure {
    let advice = match status {
        404 => return not_found(instance),
        300..=399 => {
            "A network that wants a sign-in of its own may be in between: open any web page, then try again."
        }
        400 => "The role IAP-secured Tunnel User may be missing: the relay answers so for that, too.",
        403 => {
            "A proxy that inspects traffic often does this, and so may a VPC Service Controls perimeter: ask who \
             runs the network."
        }
        407 => "The proxy wants a sign-in: set its address with user and password, then try again.",
        500..=599 => "The relay has trouble of its own. Try again in a moment.",
        _ => "If your network needs a proxy, check its settings, then try again.",
    };
    Failure::new(
        FailureCode::RelayUnreachable,
        format!("The relay, or a proxy before it, refused with HTTP {status}"),
        advice,
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

fn unusable() -> Failure {
    Failure::new(
        FailureCode::InvalidInput,
        "The relay's address, certificates or proxy cannot be used",
        "Check what is configured for the relay.",
    )
}

/// TLS failed (section 2.4).
fn untrusted(between: Option<&Between>) -> Failure {
    let advice = match between {
        Some(Between::Clock) => return wrong_clock(FailureCode::RelayUnreachable, "The relay"),
        Some(Between::Inspection { client_certificate: true, .. }) => {
            "Something between you and Google inspects TLS, and a client certificate cannot work through that: ask \
             who runs the network or proxy to exempt the relay from inspection."
        }
        Some(Between::Inspection { client_certificate: false, .. }) => {
            "Something between you and Google inspects TLS: ask who runs the network or proxy to exempt the relay \
             from inspection, or to have this machine trust their certificates."
        }
        _ => "Something between you and Google may inspect the traffic: ask who runs the network or proxy.",
    };
    Failure::new(FailureCode::RelayUnreachable, "The relay's certificate is not trusted", advice)
        .with_action(Action::TryAgain)
}

/// The way ended at a proxy.
fn proxy(problem: ProxyProblem) -> Failure {
    let failed = |title: &str, advice: &str| {
        Failure::new(FailureCode::RelayUnreachable, title, advice).with_action(Action::TryAgain)
    };
    match problem {
        ProxyProblem::CredentialsNeeded => failed(
            "The proxy wants a user name and password",
            "Set its address as http://USER:PASSWORD@HOST:PORT. Only Basic sign-in is supported.",
        ),
        ProxyProblem::CredentialsRefused => failed(
            "The proxy did not accept the user name and password",
            "Correct them in its address. Only Basic sign-in is supported.",
        ),
        ProxyProblem::Refused { status } => failed(
            &format!("The proxy refused to connect to the relay with HTTP {status}"),
            "Ask who runs the proxy to allow CONNECT to the relay's address, port 443.",
        ),
        ProxyProblem::Unreachable => failed(
            "The proxy cannot be reached",
            "Check the proxy's address and your connection, then try again.",
        ),
        ProxyProblem::TimedOut => failed(
            "The proxy did not answer in time",
            "Check the proxy's address and your connection, then try again.",
        ),
        ProxyProblem::Rubbish => failed(
            "What is set as the proxy does not answer as one",
            "Check its address: an HTTP proxy is needed, as http://HOST:PORT.",
        ),
        ProxyProblem::Unsupported => failed(
            "This kind of proxy is not supported",
            "An HTTP proxy is needed, as http://HOST:PORT. Neither SOCKS nor a proxy reached by TLS will do.",
        ),
        ProxyProblem::Script => failed(
            "The proxy settings name no proxy that can be used",
            "Set the proxy by its own address, as http://HOST:PORT.",
        ),
        _ => failed("The proxy does not lead to the relay", "Check its settings, then try again."),
    }
}

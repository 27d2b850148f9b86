//! How a command ends: its exit code, and what it says on the way out.

use adit_contract::{Failure, FailureCode};
use serde_json::json;

/// A line on standard error. Whoever read it may have gone; that must not end the command, as a panic would.
macro_rules! say {
    ($($words:tt)*) => {{
        use std::io::Write as _;
        drop(writeln!(std::io::stderr().lock(), $($words)*));
    }};
}
pub(crate) use say;

/// Exit codes (docs/cli.md).
pub(crate) const DONE: u8 = 0;
/// It failed.
pub(crate) const FAILED: u8 = 1;
/// Wrong usage.
pub(crate) const USAGE: u8 = 2;
/// The relay or an API denied it.
pub(crate) const DENIED: u8 = 3;
/// The target was not found or cannot be reached.
pub(crate) const UNREACHABLE: u8 = 4;
/// Somebody has to sign in first.
pub(crate) const SIGN_IN: u8 = 5;

/// Which shape errors have on standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// `adit: what happened`
    Words,
    /// `{"error":{…}}`
    Json,
}

/// The exit code that belongs to a failure.
pub(crate) fn exit_code(code: FailureCode) -> u8 {
    match code {
        FailureCode::SignInNeeded => SIGN_IN,
        FailureCode::NotAuthorized | FailureCode::PermissionDenied | FailureCode::ApiDisabled => DENIED,
        FailureCode::NotFound
        | FailureCode::VmStopped
        | FailureCode::VmBusy
        | FailureCode::BackendUnreachable
        | FailureCode::RelayUnreachable => UNREACHABLE,
        FailureCode::InvalidInput => USAGE,
        FailureCode::Cancelled
        | FailureCode::Throttled
        | FailureCode::ConnectionLost
        | FailureCode::ProtocolViolation
        | FailureCode::KeyRefused
        | FailureCode::HostKeyChanged
        | FailureCode::HostKeyRejected
        | FailureCode::CertificateUnknown
        | FailureCode::CertificateChanged
        | FailureCode::PasswordRefused
        | FailureCode::NotSupported
        | FailureCode::Network
        | FailureCode::Server
        | FailureCode::Keychain
        | FailureCode::PortTaken
        | FailureCode::File
        | FailureCode::UpdateRefused
        | FailureCode::Internal => FAILED,
    }
}

/// Says on standard error what went wrong and what to do.
pub(crate) fn complain(failure: &Failure, format: Format) {
    match format {
        Format::Words => {
            say!("adit: {}", failure.title);
            if !failure.advice.is_empty() {
                say!("  {}", failure.advice);
            }
            for fact in &failure.facts {
                say!("  {}: {}", fact.label, fact.value);
            }
            if let Some(server) = &failure.server {
                say!("  ({} {})", server.code, server.text);
            }
        }
        Format::Json => {
            say!("{}", as_json(failure));
        }
    }
}

/// `hint` is null where there is none, `reason` where no server gave one (docs/cli.md).
fn as_json(failure: &Failure) -> serde_json::Value {
    let hint = Some(&failure.advice).filter(|advice| !advice.is_empty());
    json!({ "error": {
        "code": failure.code, "message": failure.title, "hint": hint, "reason": failure.server,
    } })
}

#[cfg(test)]
mod tests {
    use adit_contract::{Failure, FailureCode, InstanceRef};
    use adit_core::failure;
    use adit_tunnel::{DialError, DialErrorKind, Violation};

    use serde_json::json;

    use super::{DENIED, FAILED, SIGN_IN, UNREACHABLE, USAGE, as_json, exit_code};

    #[test]
    fn every_end_of_a_dial_has_its_exit_code() {
        let web_1 = InstanceRef { project: "p".to_owned(), zone: "z".to_owned(), name: "web-1".to_owned() };
        for (kind, code) in [
            (DialErrorKind::Denied, DENIED),
            (DialErrorKind::NotFound, UNREACHABLE),
            (DialErrorKind::Backend, UNREACHABLE),
            (DialErrorKind::SignInNeeded, SIGN_IN),
            (DialErrorKind::Throttled, FAILED),
            (DialErrorKind::Refused { status: 404 }, UNREACHABLE),
            (DialErrorKind::Refused { status: 403 }, UNREACHABLE),
            (DialErrorKind::Refused { status: 503 }, UNREACHABLE),
            (DialErrorKind::RelayUnreachable, UNREACHABLE),
            (DialErrorKind::Tls, UNREACHABLE),
            (DialErrorKind::TimedOut, UNREACHABLE),
            (DialErrorKind::Closed, UNREACHABLE),
            (DialErrorKind::Protocol(Violation::Accused), FAILED),
            (DialErrorKind::Endpoint, USAGE),
        ] {
            let error = DialError { kind, code: None, reason: String::new(), body: None, between: None };
            assert_eq!(exit_code(failure::dial(&error, &web_1, 22).code), code, "{kind:?}");
        }
    }

    #[test]
    fn a_script_is_told_what_the_server_said() {
        let denied = Failure::new(FailureCode::NotAuthorized, "No way in", "Ask.");
        assert_eq!(
            as_json(&denied.clone().with_server("4033", "not authorized")),
            json!({ "error": {
                "code": "notAuthorized", "message": "No way in", "hint": "Ask.",
                "reason": { "code": "4033", "text": "not authorized" },
            } })
        );
        let bare = as_json(&Failure::new(FailureCode::Internal, "Broken", ""));
        assert!(bare["error"]["hint"].is_null() && bare["error"]["reason"].is_null(), "{bare}");
    }
}

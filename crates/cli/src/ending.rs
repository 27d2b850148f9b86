//! How a command ends: its exit code, and what it says on the way out.

use adit_contract::{Failure, FailureCode};
use serde_json::json;

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
        | FailureCode::NotSupported
        | FailureCode::Network
        | FailureCode::Server
        | FailureCode::Keychain
        | FailureCode::File
        | FailureCode::Internal => FAILED,
    }
}

/// Says on standard error what went wrong and what to do.
pub(crate) fn complain(failure: &Failure, format: Format) {
    match format {
        Format::Words => {
            eprintln!("adit: {}", failure.title);
            if !failure.advice.is_empty() {
                eprintln!("  {}", failure.advice);
            }
            for fact in &failure.facts {
                eprintln!("  {}: {}", fact.label, fact.value);
            }
            if let Some(server) = &failure.server {
                eprintln!("  ({} {})", server.code, server.text);
            }
        }
        Format::Json => {
            let hint = Some(&failure.advice).filter(|advice| !advice.is_empty());
            let error = json!({ "error": { "code": failure.code, "message": failure.title, "hint": hint } });
            eprintln!("{error}");
        }
    }
}

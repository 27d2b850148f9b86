//! Google's APIs and the sign-in, in words.

use adit_contract::{Action, Failure, FailureCode, InstanceRef};
use adit_google::{ErrorKind, SignInCause};

use super::{not_found, sign_in_needed, wrong_clock};
use crate::explain::{Observed, Refused};

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
        ErrorKind::WrongClock => wrong_clock(FailureCode::Network, "Google Cloud"),
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

/// The same, with what was seen of it.
#[must_use]
pub fn refused(error: &adit_google::Error, subject: Subject<'_>) -> Refused {
    Refused { failure: google(error, subject), observed: Observed::of_google(error) }
}

fn permission_denied(error: &adit_google::Error, doing: &str, place: &str) -> Failure {
    let failure = match &error.details.permission {
        Some(permission) if permission == "iam.serviceAccounts.actAs" => Failure::new(
            FailureCode::PermissionDenied,
            format!("You may not {doing}{place}"),
            "The VM runs as a service account: ask an administrator for the role Service Account User \
             (roles/iam.serviceAccountUser) on that account.",
        )
        .with_fact("Missing permission", permission.as_str()),
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

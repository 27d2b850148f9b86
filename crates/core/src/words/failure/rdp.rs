//! Remote desktops, in words.

use adit_contract::{Action, Failure, FailureCode, InstanceRef};
use adit_rdp::{Certificate, Ended, Error, Reason, SignIn};

use super::{cancelled, internal, protocol};

/// A remote desktop that could not be opened or went away.
#[must_use]
pub fn rdp(error: &Error, instance: &InstanceRef) -> Failure {
    let name = &instance.name;
    match error {
        Error::CertificateUnknown(certificate) => {
            let failure = Failure::new(
                FailureCode::CertificateUnknown,
                format!("{name} shows a certificate that is not known"),
                "Trust it if you know it from the VM itself. Nothing was sent that says who you are.",
            );
            presented(failure, certificate)
        }
        Error::CertificateChanged { expected, presented: certificate } => {
            let failure = Failure::new(
                FailureCode::CertificateChanged,
                format!("{name} has another certificate than before"),
                "The VM may have been made anew or its certificate renewed; or somebody is between you and it. \
                 Trust the new one only if you know why it changed.",
            )
            .with_fact("Pinned SHA-256", expected.to_string())
            .with_action(Action::ReplaceCertificate);
            presented(failure, certificate)
        }
        Error::PinNeeded(certificate) => {
            let failure = Failure::new(
                FailureCode::CertificateUnknown,
                format!("{name} wants the password without Network Level Authentication"),
                "It would go to whoever holds the certificate, so that has to be pinned first.",
            );
            presented(failure, certificate)
        }
        Error::NoTls => Failure::new(
            FailureCode::NotSupported,
            format!("{name} offers no encryption by TLS"),
            "Adit does not send a password over such a connection. Turn on TLS in the settings of its server.",
        ),
        Error::NoNla => Failure::new(
            FailureCode::NotSupported,
            format!("{name} does not offer Network Level Authentication"),
            "Turn it on there, or allow this VM to go on without it; its certificate has to be pinned then.",
        )
        .with_action(Action::AllowWithoutNla)
        .with_action(Action::TryAgain),
        Error::Negotiation(reason) => Failure::new(
            FailureCode::NotSupported,
            format!("{name} refused the way of signing in"),
            "Its server may be set to ways that Adit does not have.",
        )
        .with_server("negotiation", reason.as_str()),
        Error::Tls(reason) => Failure::new(
            FailureCode::ProtocolViolation,
            format!("No TLS connection to {name} came about"),
            "Adit speaks TLS 1.2 and 1.3; very old systems have neither.",
        )
        .with_action(Action::TryAgain)
        .with_server("tls", reason.as_str()),
        Error::SignIn(refusal) => sign_in(*refusal, name).with_server("sign-in", error.to_string()),
        Error::Ended(reason) => ended(reason, name).into_failure().with_server("ended", reason.as_str()),
        Error::Disconnected(_) => Failure::new(
            FailureCode::ConnectionLost,
            format!("{name} closed the connection"),
            "Its server may be restarting, or refuse what was asked for. Try again in a moment.",
        )
        .with_action(Action::TryAgain)
        .with_server("disconnected", error.to_string()),
        Error::Redirected => Failure::new(
            FailureCode::NotSupported,
            format!("{name} sends its users to another machine"),
            "A tunnel leads to one VM. Connect to the one that you mean.",
        ),
        Error::TimedOut(_) => Failure::new(
            FailureCode::ConnectionLost,
            format!("{name} did not answer in time"),
            "It may be overloaded or still booting. Try again in a moment.",
        )
        .with_action(Action::TryAgain)
        .with_server("timeout", error.to_string()),
        Error::Protocol { .. } => protocol(&format!("{name} does not speak RDP as expected"))
            .with_server("protocol", error.to_string()),
        Error::Crashed => internal(error.to_string()),
        Error::Closed => cancelled(),
    }
}

fn presented(failure: Failure, certificate: &Certificate) -> Failure {
    failure
        .with_fact("Presented SHA-256", certificate.fingerprint.to_string())
        .with_fact("For", certificate.subject.as_str())
        .with_fact("Issued by", certificate.issuer.as_str())
        .with_fact("Valid", format!("{} to {}", certificate.not_before, certificate.not_after))
}

fn sign_in(refusal: SignIn, name: &str) -> Failure {
    let (title, advice) = match refusal {
        SignIn::WrongPassword => {
            (format!("{name} does not accept the user name or password"), "Try again, or set a new password.")
        }
        SignIn::Closed => (
            format!("{name} closed the connection during sign-in"),
            "Some servers do so for a wrong password. Try again.",
        ),
        SignIn::Locked => (
            format!("The account is locked on {name}"),
            "Too many wrong passwords do that. Wait, or have it unlocked.",
        ),
        SignIn::Disabled => {
            (format!("The account is disabled on {name}"), "An administrator of the VM can enable it.")
        }
        SignIn::AccountExpired => {
            (format!("The account has expired on {name}"), "An administrator of the VM can extend it.")
        }
        SignIn::PasswordExpired => {
            (format!("The password has expired on {name}"), "Set a new one, then connect with it.")
        }
        SignIn::PasswordMustChange => (
            format!("The password has to be changed on {name} before it is good"),
            "Set a new one, then connect with it.",
        ),
        SignIn::NotAllowed => (
            format!("The user may not sign in to {name} remotely"),
            "An administrator of the VM can add the user to those who may: the group Remote Desktop Users.",
        ),
        SignIn::NotNow => (
            format!("The user may not sign in to {name} at this time"),
            "The account has hours of its own. Try again within them, or ask an administrator of its domain.",
        ),
        SignIn::NotFromHere => (
            format!("The user may not sign in to {name} from this computer"),
            "The account is good on named computers only. An administrator of its domain can change that.",
        ),
        SignIn::Restricted => (
            format!("A rule bars this account from {name}"),
            "An empty password is one reason, a rule of its domain another. Use a password, or ask an administrator of the VM.",
        ),
        SignIn::NoDomain => (
            format!("{name} cannot reach its domain to check the password"),
            "Its controller may be down, or its network in the way. Sign in with an account of the VM itself meanwhile.",
        ),
        SignIn::NotProven => (
            format!("{name} could not prove that it knows the password"),
            "The password did not go to it. Its certificate may have been taken over by somebody between you and it; \
             ask whoever looks after the VM.",
        ),
        SignIn::Other(_) => (format!("{name} refused the sign-in"), "What it said is below."),
    };
    Failure::new(FailureCode::PasswordRefused, title, advice)
        .with_action(Action::TryAgain)
        .with_action(Action::OtherCredentials)
}

/// How a server took its leave of a session.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Farewell {
    /// On purpose: there is nothing wrong. One sentence without a full stop.
    Said(String),
    /// It is in trouble, and may be back in a moment.
    Broken(Failure),
    /// It does not let the user in, now or ever.
    Refused(Failure),
}

impl Farewell {
    fn into_failure(self) -> Failure {
        match self {
            Self::Said(text) => {
                Failure::new(FailureCode::ConnectionLost, text, "").with_action(Action::TryAgain)
            }
            Self::Broken(failure) | Self::Refused(failure) => failure,
        }
    }
}

/// How a session ended that its server has ended.
pub(crate) fn farewell(error: &Error, instance: &InstanceRef) -> Farewell {
    match error {
        Error::Ended(reason) => match ended(reason, &instance.name) {
            Farewell::Said(text) => Farewell::Said(text),
            Farewell::Broken(failure) => Farewell::Broken(failure.with_server("ended", reason.as_str())),
            Farewell::Refused(failure) => Farewell::Refused(failure.with_server("ended", reason.as_str())),
        },
        other => Farewell::Broken(rdp(other, instance)),
    }
}

fn ended(ended: &Ended, name: &str) -> Farewell {
    let said = Farewell::Said;
    match ended.reason {
        Reason::SignedOut => said(format!("You signed out of {name}")),
        Reason::DisconnectedThere => said(format!("The session on {name} was disconnected from within")),
        Reason::Administrator => said(format!("An administrator of {name} ended the session")),
        Reason::OtherConnection => said(format!("Another connection to {name} has taken the session over")),
        Reason::IdleTimeout => {
            said(format!("{name} ended the session because nothing was done for too long"))
        }
        Reason::TimeLimit => said(format!("The session on {name} has reached its time limit")),
        Reason::Shutdown => said(format!("{name} is shutting down or restarting")),
        Reason::Unsaid => said(format!("{name} ended the session")),
        Reason::NotAllowed => Farewell::Refused(sign_in(SignIn::NotAllowed, name)),
        Reason::FreshCredentials => {
            let failure = Failure::new(
                FailureCode::PasswordRefused,
                format!("{name} wants the password typed each time"),
                "It does not take one that is remembered.",
            );
            Farewell::Refused(failure.with_action(Action::OtherCredentials))
        }
        Reason::Licensing => {
            let failure = Failure::new(
                FailureCode::NotSupported,
                format!("{name} has no licence for this connection"),
                "An administrator of the VM has to see to its Remote Desktop licences.",
            );
            Farewell::Refused(failure.with_action(Action::TryAgain))
        }
        Reason::Denied => {
            let failure = Failure::new(
                FailureCode::ConnectionLost,
                format!("{name} denied the connection"),
                "It may allow no more sessions. Try again later, or ask an administrator of the VM.",
            );
            Farewell::Refused(failure.with_action(Action::TryAgain))
        }
        Reason::Trouble | Reason::Broker | Reason::Protocol | Reason::Unknown => {
            let failure = Failure::new(
                FailureCode::ConnectionLost,
                format!("{name} ended the session because something went wrong there"),
                "What it said is below. Connect again.",
            );
            Farewell::Broken(failure.with_action(Action::TryAgain))
        }
    }
}

//! Remote desktops, in words.

use adit_contract::{Action, Failure, FailureCode, InstanceRef};
use adit_rdp::{Certificate, Error, SignIn};

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
            .with_fact("Pinned SHA-256", expected.to_string());
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
            "Turn it on there, or allow this connection to go on without it; its certificate has to be pinned then.",
        ),
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
        Error::Ended(reason) => {
            Failure::new(FailureCode::ConnectionLost, format!("{name} ended the session"), "")
                .with_action(Action::TryAgain)
                .with_server("ended", reason.as_str())
        }
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
            (format!("The account is disabled on {name}"), "An administrator of the VM can change that.")
        }
        SignIn::AccountExpired => {
            (format!("The account has expired on {name}"), "An administrator of the VM can change that.")
        }
        SignIn::PasswordExpired | SignIn::PasswordMustChange => {
            (format!("The password has to be changed on {name}"), "Set a new one, then connect with it.")
        }
        SignIn::NotAllowed => (
            format!("The user may not sign in to {name} remotely"),
            "An administrator of the VM can add the user to those who may.",
        ),
        SignIn::Other(_) => (format!("{name} refused the sign-in"), "What it said is below."),
    };
    Failure::new(FailureCode::PasswordRefused, title, advice).with_action(Action::TryAgain)
}

//! Why a desktop could not be opened or went away.

use std::fmt;

use crate::{
    certificate::{Certificate, Fingerprint},
    ended::Ended,
};

/// What was being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Agreeing on how the connection is protected.
    Negotiation,
    /// The TLS handshake.
    Handshake,
    /// Proving who the user is.
    SignIn,
    /// Settling capabilities and opening channels.
    Activation,
    /// The desktop is shown.
    Session,
    /// The picture gets another size.
    Resize,
}

impl Stage {
    fn words(self) -> &'static str {
        match self {
            Self::Negotiation => "the negotiation of security",
            Self::Handshake => "the TLS handshake",
            Self::SignIn => "sign-in",
            Self::Activation => "the opening of the desktop",
            Self::Session => "the session",
            Self::Resize => "the change of size",
        }
    }
}

/// Why the server does not let the user in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignIn {
    /// User name or password is wrong.
    WrongPassword,
    /// The account is locked, usually after too many wrong passwords.
    Locked,
    /// The account is disabled.
    Disabled,
    /// The account has expired.
    AccountExpired,
    /// The password has expired.
    PasswordExpired,
    /// The password has to be changed first.
    PasswordMustChange,
    /// The user may not sign in remotely.
    NotAllowed,
    /// The user may not sign in at this time.
    NotNow,
    /// The user may not sign in from this computer.
    NotFromHere,
    /// Another rule bars the account, as one against empty passwords does.
    Restricted,
    /// The machine cannot reach whoever could judge the password: its domain's controller.
    NoDomain,
    /// The server's own proof is wrong: it does not know the password, or somebody is in between.
    NotProven,
    /// The server closed the connection while it was signing in, which some do for a wrong password.
    Closed,
    /// Another refusal, by its NTSTATUS where the server gave one.
    Other(Option<u32>),
}

impl SignIn {
    fn words(self) -> &'static str {
        match self {
            Self::WrongPassword => "user name or password is wrong",
            Self::Locked => "the account is locked",
            Self::Disabled => "the account is disabled",
            Self::AccountExpired => "the account has expired",
            Self::PasswordExpired => "the password has expired",
            Self::PasswordMustChange => "the password has to be changed first",
            Self::NotAllowed => "the user may not sign in remotely",
            Self::NotNow => "the user may not sign in at this time",
            Self::NotFromHere => "the user may not sign in from this computer",
            Self::Restricted => "a rule bars the account",
            Self::NoDomain => "the machine cannot reach its domain",
            Self::NotProven => "the server did not prove that it knows the password",
            Self::Closed => "the server closed the connection during sign-in, often for a wrong password",
            Self::Other(_) => "the server refused the sign-in",
        }
    }

    /// What an NTSTATUS says ([MS-ERREF] 2.3.1). A server gives it in the error code of CredSSP ([MS-CSSP] 2.2.1).
    pub(crate) fn of_status(status: u32) -> Self {
        match status {
            // WRONG_PASSWORD, LOGON_FAILURE, NO_SUCH_USER
            0xC000_006A | 0xC000_006D | 0xC000_0064 => Self::WrongPassword,
            // SEC_E_LOGON_DENIED, as it is and as some servers make a status of it
            0x8009_030C | 0xC007_030C => Self::WrongPassword,
            // ACCOUNT_LOCKED_OUT
            0xC000_0234 => Self::Locked,
            // ACCOUNT_DISABLED
            0xC000_0072 => Self::Disabled,
            // ACCOUNT_EXPIRED
            0xC000_0193 => Self::AccountExpired,
            // PASSWORD_EXPIRED
            0xC000_0071 => Self::PasswordExpired,
            // PASSWORD_MUST_CHANGE
            0xC000_0224 => Self::PasswordMustChange,
            // ACCOUNT_RESTRICTION
            0xC000_006E => Self::Restricted,
            // INVALID_LOGON_HOURS
            0xC000_006F => Self::NotNow,
            // INVALID_WORKSTATION
            0xC000_0070 => Self::NotFromHere,
            // ACCESS_DENIED, PRIVILEGE_NOT_HELD, LOGON_NOT_GRANTED, LOGON_TYPE_NOT_GRANTED
            0xC000_0022 | 0xC000_0061 | 0xC000_0155 | 0xC000_015B => Self::NotAllowed,
            // NO_LOGON_SERVERS, NETLOGON_NOT_STARTED, and SEC_E_NO_AUTHENTICATING_AUTHORITY
            0xC000_005E | 0xC000_0192 | 0x8009_0311 => Self::NoDomain,
            other => Self::Other(Some(other)),
        }
    }

    /// What a failed exchange of proofs says.
    pub(crate) fn of_sspi(error: &ironrdp_connector::sspi::Error) -> Self {
        use ironrdp_connector::sspi::ErrorKind;
        if let Some(status) = &error.nstatus {
            return Self::of_status(status.0);
        }
        match error.error_type {
            ErrorKind::LogonDenied | ErrorKind::UnknownCredentials => Self::WrongPassword,
            ErrorKind::MessageAltered => Self::NotProven,
            _ => Self::Other(None),
        }
    }
}

impl fmt::Display for SignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())?;
        match self {
            Self::Other(Some(status)) => write!(f, " (status {status:#010x})"),
            _ => Ok(()),
        }
    }
}

/// Why a desktop could not be opened or went away.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// No certificate is pinned for this server, and nobody has accepted this one.
    #[error("the server's certificate is not known: SHA-256 {}", .0.fingerprint)]
    CertificateUnknown(Box<Certificate>),
    /// The server has another certificate than the one that is pinned.
    #[error("the server's certificate is not the one that is pinned: SHA-256 {}", .presented.fingerprint)]
    CertificateChanged {
        /// The pin.
        expected: Fingerprint,
        /// What the server showed.
        presented: Box<Certificate>,
    },
    /// The server would send everything in the clear.
    #[error("the server offers no encryption by TLS")]
    NoTls,
    /// The server has no Network Level Authentication, and doing without was not allowed.
    #[error("the server does not offer Network Level Authentication")]
    NoNla,
    /// Without Network Level Authentication the password goes to whoever holds the certificate, so it must be pinned.
    #[error("without Network Level Authentication the certificate has to be pinned: SHA-256 {}", .0.fingerprint)]
    PinNeeded(Box<Certificate>),
    /// The server refused the security that was asked for, with its reason.
    #[error("the server refused: {0}")]
    Negotiation(String),
    /// TLS could not be agreed on.
    #[error("the TLS handshake failed: {0}")]
    Tls(String),
    /// The user is not let in.
    #[error("{0}")]
    SignIn(SignIn),
    /// The server ended the session and said why.
    #[error("the server ended the session: {0}")]
    Ended(Ended),
    /// The server closed the connection, or the way to it was lost.
    #[error("the connection ended during {}", .0.words())]
    Disconnected(Stage),
    /// The server wants the client to go to another machine, which does not make sense behind a tunnel to one VM.
    #[error("the server redirects to another machine")]
    Redirected,
    /// No answer in time.
    #[error("no answer in time during {}", .0.words())]
    TimedOut(Stage),
    /// What the server sent is not RDP as it should be, or is more than a picture may take.
    #[error("the server broke the protocol during {}: {message}", .stage.words())]
    Protocol {
        /// When.
        stage: Stage,
        /// What was wrong.
        message: String,
    },
    /// The session's thread ended without a word.
    #[error("the session stopped because of a mistake in this program")]
    Crashed,
    /// It was closed from this side.
    #[error("the session was closed")]
    Closed,
}

impl Error {
    pub(crate) fn protocol(stage: Stage, message: impl std::fmt::Display) -> Self {
        Self::Protocol { stage, message: message.to_string() }
    }

    /// What a step of the connection failed with.
    pub(crate) fn of_connector(stage: Stage, error: &ironrdp_connector::ConnectorError) -> Self {
        use ironrdp_connector::ConnectorErrorKind as Kind;
        use ironrdp_pdu::nego::FailureCode;
        match error.kind() {
            Kind::Negotiation(failure) => match failure.code() {
                FailureCode::SSL_NOT_ALLOWED_BY_SERVER | FailureCode::SSL_CERT_NOT_ON_SERVER => Self::NoTls,
                FailureCode::SSL_REQUIRED_BY_SERVER => Self::NoNla,
                _ => Self::Negotiation(failure.to_string()),
            },
            Kind::Credssp(sspi) => Self::SignIn(SignIn::of_sspi(sspi)),
            Kind::AccessDenied => Self::SignIn(SignIn::NotAllowed),
            Kind::Reason(reason) => Self::Protocol { stage, message: reason.clone() },
            _ => Self::protocol(stage, error.report()),
        }
    }

    /// What the processing of a session's bytes failed with.
    pub(crate) fn of_session(stage: Stage, error: &ironrdp_session::SessionError) -> Self {
        Self::protocol(stage, error.report())
    }
}

#[cfg(test)]
mod tests {
    use super::SignIn;

    #[test]
    fn a_status_names_its_reason() {
        for (status, reason) in [
            (0xC000_006A, SignIn::WrongPassword),
            (0xC000_006D, SignIn::WrongPassword),
            (0xC000_0234, SignIn::Locked),
            (0xC000_0072, SignIn::Disabled),
            (0xC000_0193, SignIn::AccountExpired),
            (0xC000_0071, SignIn::PasswordExpired),
            (0xC000_0224, SignIn::PasswordMustChange),
            (0xC000_015B, SignIn::NotAllowed),
            (0xC000_006F, SignIn::NotNow),
            (0xC000_0070, SignIn::NotFromHere),
            (0xC000_006E, SignIn::Restricted),
            (0xC000_005E, SignIn::NoDomain),
            (0xC000_0001, SignIn::Other(Some(0xC000_0001))),
        ] {
            assert_eq!(SignIn::of_status(status), reason, "{status:#x}");
        }
    }

    #[test]
    fn a_status_that_is_not_known_is_named() {
        let words = SignIn::Other(Some(0xC000_0001)).to_string();
        assert_eq!(words, "the server refused the sign-in (status 0xc0000001)");
    }
}

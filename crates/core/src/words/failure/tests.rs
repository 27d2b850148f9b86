use super::*;
use adit_contract::Action::{AllowWithoutNla, OtherCredentials, ReplaceHostKey, SignIn, TryAgain};
use adit_ssh::host_key::HostKey;
use adit_tunnel::{Between, DialError, DialErrorKind, FailureKind, ProxyProblem, Violation};

fn web_1() -> InstanceRef {
    InstanceRef { project: "acme".to_owned(), zone: "eu-b".to_owned(), name: "web-1".to_owned() }
}

fn dialled(kind: DialErrorKind, code: Option<u16>) -> Failure {
    dial(
        &DialError { kind, code, reason: "what the relay said".to_owned(), body: None, between: None },
        &web_1(),
        22,
    )
}

/// What every failure owes the reader.
fn well_worded(failure: &Failure) {
    assert!(!failure.title.is_empty(), "{failure:?}");
    assert!(!failure.title.ends_with(['.', '!']), "{failure:?}");
    for text in [&failure.title, &failure.advice] {
        let lower = text.to_lowercase();
        assert!(
            !lower.contains("please") && !lower.contains("successfully") && !text.contains('!'),
            "{text}"
        );
    }
}

#[test]
fn a_tunnel_that_does_not_open() {
    for (kind, code, expected, title) in [
        (DialErrorKind::Denied, Some(4033), FailureCode::NotAuthorized, "You may not connect to web-1"),
        (DialErrorKind::NotFound, Some(4047), FailureCode::NotFound, "web-1 was not found in eu-b"),
        (
            DialErrorKind::Backend,
            Some(4003),
            FailureCode::BackendUnreachable,
            "web-1 does not answer on port 22",
        ),
        (
            DialErrorKind::SignInNeeded,
            Some(401),
            FailureCode::SignInNeeded,
            "The relay did not accept your sign-in",
        ),
        (DialErrorKind::Throttled, Some(429), FailureCode::Throttled, "The relay asks to slow down"),
        (DialErrorKind::RelayUnreachable, None, FailureCode::RelayUnreachable, "The relay cannot be reached"),
        (DialErrorKind::TokenUnavailable, None, FailureCode::Network, "No access token"),
        (DialErrorKind::Tls, None, FailureCode::RelayUnreachable, "The relay's certificate is not trusted"),
        (DialErrorKind::TimedOut, None, FailureCode::RelayUnreachable, "The relay did not answer in time"),
        (
            DialErrorKind::Refused { status: 407 },
            Some(407),
            FailureCode::RelayUnreachable,
            "The relay, or a proxy before it, refused with HTTP 407",
        ),
        (
            DialErrorKind::Refused { status: 404 },
            Some(404),
            FailureCode::NotFound,
            "web-1 was not found in eu-b",
        ),
        (
            DialErrorKind::Refused { status: 403 },
            Some(403),
            FailureCode::RelayUnreachable,
            "The relay, or a proxy before it, refused with HTTP 403",
        ),
        (
            DialErrorKind::Protocol(Violation::Accused),
            Some(1002),
            FailureCode::ProtocolViolation,
            "The relay answered in a way that Adit does not understand",
        ),
    ] {
        let failure = dialled(kind, code);
        assert_eq!((failure.code, failure.title.as_str()), (expected, title));
        let said = failure.server.clone().unwrap();
        assert_eq!(said.code, code.map_or("none".to_owned(), |code| code.to_string()));
        assert_eq!(said.text, "what the relay said");
        let best = if expected == FailureCode::SignInNeeded { SignIn } else { TryAgain };
        assert_eq!(failure.actions, [best]);
        well_worded(&failure);
    }
    let denied = dialled(DialErrorKind::Denied, Some(4033));
    assert!(denied.facts.iter().any(|fact| fact.value == "iap.tunnelInstances.accessViaIAP"));
    assert!(denied.facts.iter().any(|fact| fact.value == "acme/eu-b/web-1"));
}

#[test]
fn what_stands_between_is_named() {
    let error = |kind, between| DialError {
        kind,
        code: None,
        reason: "what the relay said".to_owned(),
        body: None,
        between: Some(between),
    };
    for problem in [
        ProxyProblem::CredentialsNeeded,
        ProxyProblem::CredentialsRefused,
        ProxyProblem::Refused { status: 403 },
        ProxyProblem::Unreachable,
        ProxyProblem::TimedOut,
        ProxyProblem::Rubbish,
        ProxyProblem::Unsupported,
        ProxyProblem::Script,
    ] {
        let address = "proxy.acme.example:3128".to_owned();
        let error = error(DialErrorKind::Proxy(problem), Between::Proxy { address: address.clone() });
        let failure = dial(&error, &web_1(), 22);
        assert_eq!(failure.code, FailureCode::RelayUnreachable);
        assert!(failure.title.contains("proxy"), "{}", failure.title);
        assert!(failure.facts.iter().any(|fact| fact.label == "Proxy" && fact.value == address));
        well_worded(&failure);
    }
    for client_certificate in [false, true] {
        let issuer = "Acme TLS Inspection".to_owned();
        let error =
            error(DialErrorKind::Tls, Between::Inspection { issuer: issuer.clone(), client_certificate });
        let failure = dial(&error, &web_1(), 22);
        assert_eq!(failure.title, "The relay's certificate is not trusted");
        assert!(failure.facts.iter().any(|fact| fact.value == issuer));
        assert!(failure.advice.contains("inspects TLS"), "{}", failure.advice);
        assert_eq!(failure.advice.contains("client certificate"), client_certificate);
        well_worded(&failure);
    }
}

#[test]
fn a_wrong_clock_is_told_with_what_it_shows() {
    let error = DialError {
        kind: DialErrorKind::Tls,
        code: None,
        reason: "certificate expired".to_owned(),
        body: None,
        between: Some(Between::Clock),
    };
    for (failure, title) in [
        (dial(&error, &web_1(), 22), "The relay cannot be trusted at the time that this computer shows"),
        (
            wrong_clock(FailureCode::Network, "Google Cloud"),
            "Google Cloud cannot be trusted at the time that this computer shows",
        ),
    ] {
        assert_eq!(failure.title, title);
        let year = jiff::Zoned::now().year().to_string();
        assert!(failure.advice.contains(&year), "{}", failure.advice);
        assert_eq!(failure.actions, [TryAgain]);
        well_worded(&failure);
    }
}

#[test]
fn a_session_that_is_lost() {
    for (kind, code, expected) in [
        (FailureKind::Expired, Some(4001), FailureCode::ConnectionLost),
        (FailureKind::DataLost, Some(4074), FailureCode::ConnectionLost),
        (FailureKind::Unreachable, None, FailureCode::ConnectionLost),
        (FailureKind::TokenUnavailable, None, FailureCode::ConnectionLost),
        (FailureKind::Denied, Some(4033), FailureCode::NotAuthorized),
        (FailureKind::Protocol(Violation::Accused), Some(1002), FailureCode::ProtocolViolation),
    ] {
        let failure = lost(&adit_tunnel::Failure { kind, code, reason: "said".to_owned() }, &web_1(), 22);
        assert_eq!(failure.code, expected);
        well_worded(&failure);
    }
}

#[test]
fn a_changed_host_key_shows_both_and_offers_to_replace_it() {
    let key = |seed| {
        let pair = adit_ssh::KeyPair::from_seed(&[seed; 32]).unwrap();
        HostKey::from_line(pair.public_line()).unwrap()
    };
    let (old, new) = (key(1), key(2));
    let error = adit_ssh::Error::HostKeyChanged { expected: vec![old.clone()], presented: Some(new.clone()) };
    let failure = ssh(&error, &web_1(), "ada");
    assert_eq!(failure.code, FailureCode::HostKeyChanged);
    assert_eq!(failure.actions, [TryAgain, ReplaceHostKey]);
    assert!(failure.facts[0].value.ends_with(&old.fingerprint()));
    assert!(failure.facts[1].value.ends_with(&new.fingerprint()));
    let gone = adit_ssh::Error::HostKeyChanged { expected: vec![old], presented: None };
    assert_eq!(ssh(&gone, &web_1(), "ada").actions, [TryAgain], "there is nothing to replace it by");
}

#[test]
fn what_a_login_can_end_in() {
    for (error, expected) in [
        (adit_ssh::Error::KeyRefused { methods: vec!["publickey".to_owned()] }, FailureCode::KeyRefused),
        (adit_ssh::Error::SecondFactorRefused { methods: vec![] }, FailureCode::KeyRefused),
        (adit_ssh::Error::Cancelled, FailureCode::Cancelled),
        (adit_ssh::Error::Disconnected { reason: None }, FailureCode::ConnectionLost),
        (adit_ssh::Error::Handshake { message: "no".to_owned() }, FailureCode::ProtocolViolation),
    ] {
        let failure = ssh(&error, &web_1(), "ada");
        assert_eq!(failure.code, expected);
        well_worded(&failure);
    }
}

#[test]
fn a_desktop_that_does_not_open() {
    use adit_rdp::{Error, SignIn as In, Stage};
    let refused = [TryAgain, OtherCredentials];
    let mut titles = std::collections::BTreeSet::new();
    for (error, expected, actions) in [
        (Error::NoNla, FailureCode::NotSupported, &[AllowWithoutNla, TryAgain][..]),
        (Error::NoTls, FailureCode::NotSupported, &[]),
        (Error::Redirected, FailureCode::NotSupported, &[]),
        (Error::Disconnected(Stage::Activation), FailureCode::ConnectionLost, &[TryAgain]),
        (Error::TimedOut(Stage::SignIn), FailureCode::ConnectionLost, &[TryAgain]),
        (Error::SignIn(In::WrongPassword), FailureCode::PasswordRefused, &refused),
        (Error::SignIn(In::Locked), FailureCode::PasswordRefused, &refused),
        (Error::SignIn(In::Disabled), FailureCode::PasswordRefused, &refused),
        (Error::SignIn(In::AccountExpired), FailureCode::PasswordRefused, &refused),
        (Error::SignIn(In::PasswordExpired), FailureCode::PasswordRefused, &refused),
        (Error::SignIn(In::PasswordMustChange), FailureCode::PasswordRefused, &refused),
        (Error::SignIn(In::NotAllowed), FailureCode::PasswordRefused, &refused),
        (Error::SignIn(In::NotNow), FailureCode::PasswordRefused, &refused),
        (Error::SignIn(In::NotFromHere), FailureCode::PasswordRefused, &refused),
        (Error::SignIn(In::Restricted), FailureCode::PasswordRefused, &refused),
        (Error::SignIn(In::NoDomain), FailureCode::PasswordRefused, &refused),
        (Error::SignIn(In::Closed), FailureCode::PasswordRefused, &refused),
        (Error::SignIn(In::Other(Some(7))), FailureCode::PasswordRefused, &refused),
        (Error::Crashed, FailureCode::Internal, &[TryAgain]),
    ] {
        let failure = rdp(&error, &web_1());
        well_worded(&failure);
        assert_eq!((failure.code, failure.actions.as_slice()), (expected, actions), "{error}");
        assert!(titles.insert(failure.title.clone()), "{} says nothing of its own", failure.title);
    }
}

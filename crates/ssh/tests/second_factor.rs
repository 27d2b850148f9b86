//! Authentication beyond the key, and connections that break, against a server made for it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::borrow::Cow;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use adit_ssh::{Client, Echo, Error, Expect, KeyPair, Options, Stage, connect};
use common::{User, soon};
use russh::keys::{Algorithm, PrivateKey};
use russh::server::{self, Auth};
use russh::{MethodKind, MethodSet};
use tokio::io::AsyncWriteExt;

/// One request for information, and what must be answered to it.
#[derive(Clone)]
struct Round {
    prompts: &'static [(&'static str, bool)],
    answers: &'static [&'static str],
}

const LIST: Round =
    Round { prompts: &[("Enter the number for the authentication method to use: ", true)], answers: &["2"] };
const CODE: Round = Round { prompts: &[("Enter your one-time password: ", true)], answers: &["123456"] };
const NONE: Round = Round { prompts: &[], answers: &[] };

/// A server that takes any key and then wants its rounds answered.
struct Server {
    rounds: Vec<Round>,
    next: usize,
    /// What the server wants after the key; none if nothing.
    then: Option<MethodKind>,
    attempts: Arc<Mutex<usize>>,
}

impl Server {
    fn ask(&self) -> Auth {
        match self.rounds.get(self.next) {
            None => Auth::Accept,
            Some(round) => Auth::Partial {
                name: "Second\u{1b}[31m factor".into(),
                instructions: "One\nTwo".into(),
                prompts: round.prompts.iter().map(|(text, echo)| (Cow::Borrowed(*text), *echo)).collect(),
            },
        }
    }
}

fn reject(methods: &[MethodKind], partial_success: bool) -> Auth {
    Auth::Reject { proceed_with_methods: Some(MethodSet::from(methods)), partial_success }
}

impl server::Handler for Server {
    type Error = russh::Error;

    async fn authentication_banner(&mut self) -> Result<Option<String>, Self::Error> {
        Ok(Some("Keep \u{7}out\n".to_owned()))
    }

    async fn auth_publickey(
        &mut self,
        _: &str,
        _: server::VerifiedPublicKey<'_>,
    ) -> Result<Auth, Self::Error> {
        Ok(self.then.map_or(Auth::Accept, |method| reject(&[method], true)))
    }

    async fn auth_keyboard_interactive<'a>(
        &'a mut self,
        _: &str,
        _: &str,
        response: Option<server::Response<'a>>,
    ) -> Result<Auth, Self::Error> {
        let Some(response) = response else {
            self.next = 0;
            *self.attempts.lock().unwrap() += 1;
            return Ok(self.ask());
        };
        let answers: Vec<String> = response.map(|a| String::from_utf8_lossy(&a).into_owned()).collect();
        if answers != self.rounds[self.next].answers {
            return Ok(reject(&[MethodKind::KeyboardInteractive], false));
        }
        self.next += 1;
        Ok(self.ask())
    }
}

async fn log_in(
    rounds: Vec<Round>,
    then: Option<MethodKind>,
    user: &Arc<User>,
) -> (Result<Client, Error>, usize) {
    let config = server::Config {
        auth_rejection_time: Duration::ZERO,
        auth_rejection_time_initial: Some(Duration::ZERO),
        keys: vec![PrivateKey::random(&mut russh::keys::key::safe_rng(), Algorithm::Ed25519).unwrap()],
        ..server::Config::default()
    };
    let (near, far) = tokio::io::duplex(64 * 1024);
    let attempts = Arc::new(Mutex::new(0));
    let server = Server { rounds, next: 0, then, attempts: Arc::clone(&attempts) };
    let serving = tokio::spawn(async move { server::run_stream(Arc::new(config), far, server).await });
    let options = Options::new("sa_1", KeyPair::generate().unwrap(), Expect::FirstUse, Arc::clone(user) as _);
    let result = soon("logging in", connect(near, options)).await;
    serving.abort();
    let attempts = *attempts.lock().unwrap();
    (result, attempts)
}

fn user(answers: &[Option<&[&'static str]>]) -> Arc<User> {
    let answers = answers.iter().map(|a| a.map(<[_]>::to_vec)).collect();
    Arc::new(User { trusts: true, answers: Mutex::new(answers), ..User::default() })
}

const KEYBOARD: Option<MethodKind> = Some(MethodKind::KeyboardInteractive);

#[tokio::test]
async fn a_second_factor_is_asked_in_the_servers_words() {
    let user = user(&[Some(&["2"]), Some(&["123456"])]);
    let (result, attempts) = log_in(vec![LIST, CODE], KEYBOARD, &user).await;
    assert!(result.is_ok(), "{result:?}");
    assert_eq!(attempts, 1);
    let seen = user.seen_prompts.lock().unwrap();
    assert_eq!(seen.len(), 2);
    let (title, instruction, prompts) = &seen[0];
    assert_eq!((title.as_str(), instruction.as_str()), ("Second[31m factor", "One\nTwo"));
    assert_eq!(prompts[0].text, LIST.prompts[0].0);
    assert_eq!(prompts[0].echo, Echo::Shown);
    assert_eq!(*user.seen_banners.lock().unwrap(), ["Keep out\n"]);
}

#[tokio::test]
async fn a_request_without_prompts_is_answered_without_the_user() {
    let user = user(&[Some(&["123456"])]);
    let (result, _) = log_in(vec![NONE, CODE, NONE], KEYBOARD, &user).await;
    assert!(result.is_ok(), "{result:?}");
    assert_eq!(user.seen_prompts.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_wrong_answer_may_be_given_three_times() {
    let user = user(&[Some(&["1"]), Some(&["2"]), Some(&["123456"])]);
    let (result, attempts) = log_in(vec![CODE], KEYBOARD, &user).await;
    assert!(result.is_ok(), "{result:?}");
    assert_eq!(attempts, 3);

    let user = self::user(&[Some(&["1"]), Some(&["2"]), Some(&["3"]), Some(&["123456"])]);
    let (result, attempts) = log_in(vec![CODE], KEYBOARD, &user).await;
    let methods = vec!["keyboard-interactive".to_owned()];
    assert_eq!(result.unwrap_err(), Error::SecondFactorRefused { methods });
    assert_eq!(attempts, 3);
}

#[tokio::test]
async fn giving_up_is_no_failure_of_the_servers() {
    for answers in [None, Some(&["1", "2"][..]), Some(&[][..])] {
        let (result, _) = log_in(vec![CODE], KEYBOARD, &user(&[answers])).await;
        assert_eq!(result.unwrap_err(), Error::Cancelled);
    }
}

#[tokio::test]
async fn questions_without_end_come_to_an_end() {
    let (result, _) = log_in(vec![NONE; 100], KEYBOARD, &user(&[])).await;
    assert!(matches!(result.unwrap_err(), Error::Handshake { .. }));
}

#[tokio::test]
async fn a_method_that_we_lack_is_named() {
    let (result, _) = log_in(vec![], Some(MethodKind::Password), &user(&[])).await;
    assert_eq!(result.unwrap_err(), Error::UnsupportedMethod { methods: vec!["password".to_owned()] });
}

fn options() -> Options {
    Options::new("ada", KeyPair::generate().unwrap(), Expect::FirstUse, user(&[]) as _)
}

#[tokio::test]
async fn a_peer_that_hangs_up_has_disconnected() {
    let (near, far) = tokio::io::duplex(4096);
    drop(far);
    let error = soon("connecting", connect(near, options())).await.unwrap_err();
    assert!(matches!(error, Error::Disconnected { .. }), "{error:?}");

    let (near, mut far) = tokio::io::duplex(4096);
    far.write_all(b"SSH-2.0-x\r\n").await.unwrap();
    let connecting = tokio::spawn(connect(near, options()));
    far.shutdown().await.unwrap();
    let error = soon("connecting", connecting).await.unwrap().unwrap_err();
    assert!(matches!(error, Error::Disconnected { .. }), "{error:?}");
}

#[tokio::test]
async fn a_peer_that_is_no_ssh_server_fails_the_handshake() {
    let (near, mut far) = tokio::io::duplex(1 << 20);
    let noise = "HTTP/1.1 400 Bad Request\r\n".repeat(4096);
    far.write_all(noise.as_bytes()).await.unwrap();
    let error = soon("connecting", connect(near, options())).await.unwrap_err();
    assert!(matches!(error, Error::Handshake { .. }), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn a_silent_peer_times_out_and_its_stream_is_let_go() {
    for greeting in [&b""[..], b"SSH-2.0-x\r\n"] {
        let (near, mut far) = tokio::io::duplex(64 * 1024);
        far.write_all(greeting).await.unwrap();
        let error = connect(near, options()).await.unwrap_err();
        assert_eq!(error, Error::TimedOut(Stage::Handshake));
        // the task below must not keep the stream
        let mut rest = Vec::new();
        tokio::io::AsyncReadExt::read_to_end(&mut far, &mut rest).await.unwrap();
    }
}

//! The session's own task: what it asks the handler, and what it leaves behind for those who wait outside it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use russh::AlgorithmKind;
use russh::client::{self, DisconnectReason};
use russh::keys::PublicKeyOrCertificate;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::auth::{Interaction, shown};
use crate::error::Error;
use crate::host_key::{Expect, HostKey};

/// What the session's task learned, for those who wait outside it.
#[derive(Default)]
pub(crate) struct Notes(Mutex<Noted>);

#[derive(Default)]
pub(crate) struct Noted {
    pub(crate) host_key: Option<HostKey>,
    refusal: Option<Error>,
    pub(crate) ended: Option<Error>,
}

impl Notes {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Noted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why the connection ended, as far as it is known.
    pub(crate) fn disconnected(&self) -> Error {
        self.lock().ended.clone().unwrap_or(Error::Disconnected { reason: None })
    }

    /// An error of the library during a request: mostly only a sign that the connection has ended.
    pub(crate) fn error(&self, error: russh::Error) -> Error {
        self.lock().ended.clone().unwrap_or_else(|| translate(error))
    }

    pub(crate) fn handshake_error(&self, error: russh::Error, expect: &Expect) -> Error {
        if let Some(refusal) = self.lock().refusal.clone() {
            return refusal;
        }
        match (error, expect) {
            // only known algorithms are offered: the host has no key any more that could be the known one
            (russh::Error::NoCommonAlgo { kind: AlgorithmKind::Key, .. }, Expect::Exactly(expected)) => {
                Error::HostKeyChanged { expected: expected.clone(), presented: None }
            }
            (error, Expect::Exactly(_) | Expect::FirstUse) => self.error(error),
        }
    }
}

fn translate(error: russh::Error) -> Error {
    match error {
        russh::Error::Disconnect
        | russh::Error::HUP
        | russh::Error::SendError
        | russh::Error::RecvError
        | russh::Error::Join(_) => Error::Disconnected { reason: None },
        russh::Error::IO(error) => Error::Disconnected { reason: Some(shown(&error.to_string())) },
        russh::Error::KeepaliveTimeout | russh::Error::ConnectionTimeout => {
            Error::Disconnected { reason: Some("the server no longer answers".to_owned()) }
        }
        russh::Error::NoCommonAlgo { kind, theirs, .. } => {
            let kind = match kind {
                AlgorithmKind::Kex => "key exchange",
                AlgorithmKind::Key => "host key",
                AlgorithmKind::Cipher => "cipher",
                AlgorithmKind::Compression => "compression",
                AlgorithmKind::Mac => "message authentication",
            };
            let theirs = theirs.iter().take(64).map(|name| shown(name)).collect();
            Error::NoCommonAlgorithm { kind: kind.to_owned(), theirs }
        }
        other => Error::Handshake { message: shown(&other.to_string()) },
    }
}

/// Answers the library's questions inside the session's task, where nothing moves while it does so.
pub(crate) struct Handler {
    pub(crate) expect: Expect,
    pub(crate) interaction: Arc<dyn Interaction>,
    pub(crate) asking: watch::Sender<bool>,
    pub(crate) cut: CancellationToken,
    pub(crate) notes: Arc<Notes>,
}

impl Handler {
    async fn judge(&self, presented: &HostKey) -> Result<(), Error> {
        match &self.expect {
            Expect::Exactly(known) if known.contains(presented) => Ok(()),
            Expect::Exactly(known) => {
                Err(Error::HostKeyChanged { expected: known.clone(), presented: Some(presented.clone()) })
            }
            Expect::FirstUse => {
                self.asking.send_replace(true);
                let trusted = tokio::select! {
                    trusted = self.interaction.trust_new_host_key(presented) => trusted,
                    () = self.cut.cancelled() => false,
                };
                self.asking.send_replace(false);
                if trusted { Ok(()) } else { Err(Error::HostKeyRejected { presented: presented.clone() }) }
            }
        }
    }
}

impl client::Handler for Handler {
    type Error = russh::Error;

    async fn check_server_key(&mut self, key: &PublicKeyOrCertificate) -> Result<bool, russh::Error> {
        let presented = match key {
            PublicKeyOrCertificate::PublicKey { key, .. } => {
                key.to_bytes().ok().and_then(|blob| HostKey::from_blob(&blob).ok())
            }
            // never offered, so never to be accepted
            PublicKeyOrCertificate::Certificate(_) => None,
        };
        let verdict = match presented {
            Some(presented) => {
                let verdict = self.judge(&presented).await;
                self.notes.lock().host_key = Some(presented);
                verdict
            }
            None => Err(Error::Handshake { message: "the host key is malformed".to_owned() }),
        };
        let trusted = verdict.is_ok();
        self.notes.lock().refusal = verdict.err();
        Ok(trusted)
    }

    async fn auth_banner(&mut self, banner: &str, _: &mut client::Session) -> Result<(), russh::Error> {
        self.interaction.banner(&shown(banner));
        Ok(())
    }

    async fn disconnected(&mut self, reason: DisconnectReason<russh::Error>) -> Result<(), russh::Error> {
        let ended = match reason {
            DisconnectReason::ReceivedDisconnect(info) => {
                let text = shown(&info.message);
                Error::Disconnected { reason: (!text.is_empty()).then_some(text) }
            }
            DisconnectReason::Error(error) => translate(error),
        };
        tracing::debug!(%ended, "the SSH connection ended");
        self.notes.lock().ended.get_or_insert(ended);
        Ok(())
    }
}

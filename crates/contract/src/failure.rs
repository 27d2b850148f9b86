//! One shape for everything that can go wrong where a person is watching.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What went wrong. The front end and the exit codes of the command line decide by this, never by text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum FailureCode {
    /// The person cancelled.
    Cancelled,
    /// Nobody is signed in, or the session length ended.
    SignInNeeded,
    /// The relay answered 4033: not authorised.
    NotAuthorized,
    /// A Google API refused for lack of a permission, or this computer's policy forbids it.
    PermissionDenied,
    /// The API is not enabled in the project.
    ApiDisabled,
    /// The VM, zone, project or interface is not known (4047, 404).
    NotFound,
    /// The VM is stopped, suspended or terminated.
    VmStopped,
    /// The VM is on its way up or down.
    VmBusy,
    /// The relay could not reach the port on the VM (4003).
    BackendUnreachable,
    /// The relay or a proxy before it cannot be reached, or refused the WebSocket.
    RelayUnreachable,
    /// The relay throttles (429).
    Throttled,
    /// The connection was lost and could not be resumed; data may be missing (4001, 4074).
    ConnectionLost,
    /// The relay or the SSH server broke its protocol.
    ProtocolViolation,
    /// The SSH server refused the key.
    KeyRefused,
    /// The host key is not the one that was pinned or announced.
    HostKeyChanged,
    /// The person did not accept the host key.
    HostKeyRejected,
    /// No certificate is pinned for this remote desktop, and nobody has accepted the one it showed.
    CertificateUnknown,
    /// The certificate of the remote desktop is not the pinned one.
    CertificateChanged,
    /// The remote desktop does not let the user in: a wrong password, a locked account, no right to sign in remotely.
    PasswordRefused,
    /// This way of signing in to the VM is not supported (security keys, for instance).
    NotSupported,
    /// The network or a Google API did not answer.
    Network,
    /// Google answered with something unexpected.
    Server,
    /// The keychain is locked, absent or did not answer.
    Keychain,
    /// What was typed or configured cannot be used.
    InvalidInput,
    /// The local port or socket cannot be had: another program has it, or the system keeps it back.
    PortTaken,
    /// A file could not be read or written.
    File,
    /// An update is not what its publisher signed. Nothing of it was installed.
    UpdateRefused,
    /// A mistake of ours.
    Internal,
}

/// What the person can do next, as a button.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum Action {
    /// Do the same once more.
    TryAgain,
    /// Start the VM, wait for it and connect.
    StartAndConnect,
    /// Sign in in the browser, then try again.
    SignIn,
    /// Forget the pinned host key, pin the presented one and connect.
    ReplaceHostKey,
    /// Forget the pinned certificate, pin the presented one and connect.
    ReplaceCertificate,
    /// Allow this VM to go on without Network Level Authentication, and connect.
    AllowWithoutNla,
    /// Sign in to the VM as somebody else or with another password.
    OtherCredentials,
}

/// A labelled value shown small and copyable, such as a fingerprint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Fact {
    /// What it is, such as "Pinned host key".
    pub label: String,
    /// The value, in monospace.
    pub value: String,
}

/// What the other side said, word for word. Shown small, never first and never parsed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ServerSaid {
    /// A close code, HTTP status or error name.
    pub code: String,
    /// The server's text; may be empty.
    pub text: String,
}

/// A failure: what happened, what to do, and what the server said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, thiserror::Error)]
#[serde(rename_all = "camelCase")]
#[error("{title}")]
#[ts(export)]
pub struct Failure {
    /// What kind of failure it is.
    pub code: FailureCode,
    /// What happened, in one short sentence without a full stop: "web-1 is stopped".
    pub title: String,
    /// What to do about it, in one or two sentences; may be empty.
    pub advice: String,
    /// Values worth seeing or copying.
    pub facts: Vec<Fact>,
    /// What can be done from here; the first one is the best one.
    pub actions: Vec<Action>,
    /// What the other side said.
    pub server: Option<Box<ServerSaid>>,
}

impl Failure {
    /// A failure with a title and advice and nothing else.
    #[must_use]
    pub fn new(code: FailureCode, title: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            code,
            title: title.into(),
            advice: advice.into(),
            facts: Vec::new(),
            actions: Vec::new(),
            server: None,
        }
    }

    /// The same with one more thing to do.
    #[must_use]
    pub fn with_action(mut self, action: Action) -> Self {
        self.actions.push(action);
        self
    }

    /// The same with one more fact.
    #[must_use]
    pub fn with_fact(mut self, label: impl Into<String>, value: impl Into<String>) -> Self {
        self.facts.push(Fact { label: label.into(), value: value.into() });
        self
    }

    /// The same with what the server said.
    #[must_use]
    pub fn with_server(mut self, code: impl Into<String>, text: impl Into<String>) -> Self {
        self.server = Some(Box::new(ServerSaid { code: code.into(), text: text.into() }));
        self
    }
}

//! A session is one tab: its states, its questions and the answers to them.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{failure::Failure, inventory::InstanceRef};

/// What a connecting session is doing now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum Step {
    /// Reading the VM's state and how it lets users in.
    ReadVm,
    /// Starting the VM.
    StartVm,
    /// Waiting until the started VM answers.
    WaitForVm,
    /// Opening the tunnel through IAP.
    OpenTunnel,
    /// Publishing the key to the VM's metadata or to OS Login.
    PublishKey,
    /// SSH handshake and host key.
    CheckHostKey,
    /// Signing in with the key.
    SignIn,
    /// The VM has not picked up the key yet.
    WaitForKey,
    /// Opening the terminal.
    OpenTerminal,
}

/// Something the session needs to know before it goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
#[ts(export)]
pub enum Question {
    /// First use: the VM announced no host key, so this one could not be verified.
    NewHostKey {
        /// `ssh-ed25519` and the like.
        algorithm: String,
        /// `SHA256:…`
        fingerprint: String,
    },
    /// Keyboard-interactive prompts of the server, such as a second factor.
    SecondFactor {
        /// The server's heading; may be empty.
        title: String,
        /// The server's text; may be empty.
        instruction: String,
        /// At least one prompt.
        prompts: Vec<SecondFactorPrompt>,
    },
}

/// One prompt of the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct SecondFactorPrompt {
    /// The server's own text.
    pub text: String,
    /// Whether what is typed may be seen.
    pub echo: bool,
}

/// The answer to a question, or to a failure's action.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
#[ts(export)]
pub enum SessionAnswer {
    /// Trust the new host key and go on.
    TrustHostKey,
    /// Do not.
    RejectHostKey,
    /// One answer for each prompt, in order. Used once and never stored.
    SecondFactor {
        /// What was typed.
        answers: Vec<String>,
    },
    /// Connect once more.
    TryAgain,
    /// Start the VM, wait for it, connect.
    StartAndConnect,
    /// Replace the pinned host key by the presented one and connect.
    ReplaceHostKey,
    /// Do not wait for the countdown: resume now.
    ResumeNow,
}

impl std::fmt::Debug for SessionAnswer {
    /// Never shows what was typed.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::TrustHostKey => "TrustHostKey",
            Self::RejectHostKey => "RejectHostKey",
            Self::SecondFactor { .. } => "SecondFactor(..)",
            Self::TryAgain => "TryAgain",
            Self::StartAndConnect => "StartAndConnect",
            Self::ReplaceHostKey => "ReplaceHostKey",
            Self::ResumeNow => "ResumeNow",
        })
    }
}

/// How a live session came to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
#[ts(export)]
pub enum SessionEnd {
    /// The shell ended with this status.
    Exit {
        /// 0 to 255, as the shell said.
        status: u32,
    },
    /// The shell was ended by a signal.
    Signal {
        /// Without the `SIG`.
        name: String,
    },
    /// The VM closed the connection without a word.
    Closed,
}

/// What kind of remark a note is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum NoteKind {
    /// A key was published to the VM's metadata for the first time: it means root there.
    RootKey,
    /// A key was published, and until when.
    KeyPublished,
    /// The host key matches the one the VM announced, or was pinned now.
    HostKey,
}

/// A remark that stays with the session until it is dismissed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Note {
    /// What kind.
    pub kind: NoteKind,
    /// One or two sentences.
    pub text: String,
}

/// The state of a session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
#[ts(export)]
pub enum SessionState {
    /// On the way.
    Connecting {
        /// What it does now.
        step: Step,
        /// The same in words: "Opening a tunnel to web-1".
        text: String,
        /// When this attempt began.
        since: f64,
    },
    /// Waiting for the person.
    Asking {
        /// What it needs to know.
        question: Question,
    },
    /// Bytes flow.
    Live,
    /// The relay was lost; the session is being resumed.
    Resuming {
        /// What happened, in words.
        text: String,
        /// The attempt that comes next, from 1.
        attempt: u32,
        /// When it comes.
        next_at: f64,
    },
    /// It was live and is over.
    Ended {
        /// How.
        end: SessionEnd,
    },
    /// It could not be opened, or was lost for good.
    Failed {
        /// Why, and what to do.
        failure: Failure,
        /// It had been live before, so the terminal's content is worth keeping on the screen.
        was_live: bool,
    },
}

/// A session as the front end sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct SessionInfo {
    /// Identifier.
    pub id: String,
    /// Where it leads.
    pub instance: InstanceRef,
    /// The name of the user on the VM, once known.
    pub user: Option<String>,
    /// The state.
    pub state: SessionState,
    /// Remarks not yet dismissed.
    pub notes: Vec<Note>,
    /// Counts the attempts: a new terminal stream belongs to each.
    pub attempt: u32,
}

//! A session is one tab: its states, its questions and the answers to them.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{failure::Failure, inventory::InstanceRef, window::TabColour};

/// What a session speaks to its VM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum Protocol {
    /// A terminal by SSH.
    Ssh,
    /// A remote desktop by RDP.
    Rdp,
}

/// The size of a desktop's picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct DesktopSize {
    /// Width in physical pixels; core cuts it to what the protocol takes.
    pub width: u16,
    /// Height in physical pixels.
    pub height: u16,
    /// The display's scale in percent, 100 to 500.
    pub scale: u16,
}

/// What a new tab is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "protocol")]
#[ts(export)]
pub enum SessionStart {
    /// A terminal.
    Ssh {
        /// Columns.
        cols: u16,
        /// Rows.
        rows: u16,
    },
    /// A remote desktop.
    Rdp {
        /// What the tab has room for.
        size: DesktopSize,
    },
}

/// How a desktop's picture goes into its tab.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum DisplayMode {
    /// The desktop takes the tab's size, where its server can.
    #[default]
    Follow,
    /// The desktop keeps its size and is scaled into the tab.
    Fit,
    /// The desktop keeps its size, pixel for pixel; the tab scrolls.
    Actual,
}

/// What of the clipboard is shared with a desktop.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum ClipboardSharing {
    /// Nothing.
    Off,
    /// Text only.
    #[default]
    Text,
    /// Text, formatted text, pictures, and files where the system allows.
    All,
}

/// Files that were copied on a desktop. None comes here before somebody asks for it ([`FilesAction`]).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
#[ts(export)]
pub enum CopiedFiles {
    /// There are none.
    #[default]
    None,
    /// There are some that can be saved.
    Offered {
        /// Grows each time that files are copied there, within one connection.
        number: u32,
    },
    /// They are being saved.
    Saving {
        /// So much of them is, 0 to 100.
        percent: u8,
    },
}

/// What is to be done with files that were copied on a desktop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum FilesAction {
    /// Save them in the folder for downloads.
    Save,
    /// End the saving. What is whole stays.
    Cancel,
}

/// What the tab of a desktop needs to know of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct DesktopInfo {
    /// The port on the VM.
    pub port: u16,
    /// How the picture begins; the tab may choose otherwise.
    pub display: DisplayMode,
    /// What of the clipboard is shared.
    pub clipboard: ClipboardSharing,
    /// Whether sound is played.
    pub sound: bool,
    /// The folders that are shared, by their paths here.
    pub folders: Vec<String>,
    /// Whether what runs there may change what is in them.
    pub folders_writable: bool,
    /// Whether the printers here are shared.
    pub printers: bool,
    /// What was copied there as files.
    pub files: CopiedFiles,
    /// Whether a password that was made for this session is at hand, for `session_copy_password`.
    pub made_password: bool,
}

/// A certificate that a desktop's server showed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct CertificateInfo {
    /// Whom it names.
    pub subject: String,
    /// Who issued it; the same as the subject for one that signed itself.
    pub issuer: String,
    /// Valid from.
    pub not_before: String,
    /// Valid until.
    pub not_after: String,
    /// SHA-256 in hexadecimal.
    pub fingerprint: String,
}

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
    /// Having the VM's agent set a Windows password.
    SetPassword,
    /// Negotiation, TLS and certificate of a remote desktop.
    CheckCertificate,
    /// Waiting for the first picture.
    OpenDesktop,
    /// A desktop that was lost is being connected again.
    Reconnect,
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
    /// First use: no certificate is pinned for this VM and port.
    NewCertificate {
        /// What the server showed.
        certificate: CertificateInfo,
        /// The password goes to whoever holds the certificate, since there is no Network Level Authentication.
        exposes_password: bool,
    },
    /// Who signs in to the desktop.
    Credentials {
        /// The name to begin with; may be empty.
        user: String,
        /// Why it is asked again: what became of the last answer.
        refused: Option<Box<Failure>>,
        /// Whether a password can be kept in the keychain.
        can_remember: bool,
        /// Whether the VM's agent can be asked to set a password ([`SessionAnswer::SetPassword`]).
        can_set_password: bool,
        /// Whether it works without a name and a password, since the server asks in its picture.
        can_be_empty: bool,
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
    /// Go on with the certificate that was shown.
    TrustCertificate {
        /// Pin it; else only for this connection.
        pin: bool,
    },
    /// Do not.
    RejectCertificate,
    /// Replace the pinned certificate by the presented one and connect.
    ReplaceCertificate,
    /// Allow this VM to go on without Network Level Authentication, with a pinned certificate, and connect.
    AllowWithoutNla,
    /// Who signs in to the desktop.
    Credentials {
        /// `NAME`, `DOMAIN\\NAME` or `NAME@DOMAIN`.
        user: String,
        /// Used for this session, and stored only if `remember`.
        password: String,
        /// Keep it in the keychain.
        remember: bool,
    },
    /// Have the VM's agent create the user or reset the password, then sign in with it.
    SetPassword {
        /// The user, without a domain.
        user: String,
        /// Make the user an administrator.
        administrator: bool,
        /// Keep the password in the keychain.
        remember: bool,
    },
    /// Ask for name and password once more, whatever is remembered.
    OtherCredentials,
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
            Self::TrustCertificate { pin: true } => "TrustCertificate(pin)",
            Self::TrustCertificate { pin: false } => "TrustCertificate(once)",
            Self::RejectCertificate => "RejectCertificate",
            Self::ReplaceCertificate => "ReplaceCertificate",
            Self::AllowWithoutNla => "AllowWithoutNla",
            Self::Credentials { .. } => "Credentials(..)",
            Self::SetPassword { .. } => "SetPassword(..)",
            Self::OtherCredentials => "OtherCredentials",
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
    /// The person signed out there, or the desktop was taken over or closed by its server.
    Said {
        /// In one sentence without a full stop.
        text: String,
    },
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
    /// A Windows password was set; it can be copied.
    PasswordSet,
    /// Files that were copied on a desktop are saved here.
    FilesSaved,
    /// What was printed on a desktop was given to a printer here.
    Printed,
    /// Something of a desktop does not work here or there, such as sound, a folder or the clipboard.
    Limited,
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

/// A remark about what was begun in a tab that is closed by now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Remark {
    /// What kind.
    pub kind: NoteKind,
    /// What it is about, in a few words.
    pub title: String,
    /// What happened, and what to do. One or two sentences.
    pub advice: String,
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
    /// What it speaks.
    pub protocol: Protocol,
    /// Where it leads.
    pub instance: InstanceRef,
    /// Id of the profile that it was started from.
    pub profile: Option<String>,
    /// Label of the window that shows it.
    pub window: String,
    /// The name that a person gave its tab, of at most 80 characters.
    pub name: Option<String>,
    /// The colour that a person gave its tab.
    pub colour: TabColour,
    /// Of a desktop only.
    pub desktop: Option<DesktopInfo>,
    /// The name of the user on the VM, once known.
    pub user: Option<String>,
    /// The state.
    pub state: SessionState,
    /// Remarks not yet dismissed.
    pub notes: Vec<Note>,
    /// Counts the attempts: a new stream belongs to each.
    pub attempt: u32,
}

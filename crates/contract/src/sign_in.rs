//! Accounts, and how one comes to be signed in.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::failure::Failure;

/// Which cloud the app talks to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum CloudKind {
    /// Google Cloud.
    Google,
    /// The local cloud on loopback.
    Local,
}

/// Whether the app is in the demo, or can go there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum Demo {
    /// It cannot: its programs are not here, or the app was started for a cloud of its own.
    #[default]
    Unavailable,
    /// It can, by the command `demo_start`.
    Offered,
    /// It is, until the command `demo_leave`.
    Running,
}

/// The cloud the app talks to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct CloudInfo {
    /// Which.
    pub kind: CloudKind,
    /// Its name for the status line: "Google Cloud" or "Demo cloud".
    pub name: String,
    /// Whether an OAuth client is known, so that "sign in with Google" can work.
    pub has_client: bool,
    /// Whether gcloud's Application Default Credentials were found.
    pub has_application_default: bool,
    /// The demo.
    pub demo: Demo,
}

/// How an account was signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum AccountSource {
    /// In the browser.
    Browser,
    /// By gcloud's Application Default Credentials.
    ApplicationDefault,
}

/// Whether an account can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum AccountState {
    /// It can.
    Ready,
    /// Google wants a new sign-in.
    SignInNeeded,
}

/// A signed-in Google identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct AccountInfo {
    /// Identifier.
    pub id: String,
    /// E-mail address.
    pub email: String,
    /// How it was signed in.
    pub source: AccountSource,
    /// Whether it can be used.
    pub state: AccountState,
}

/// The state of the operating system's keychain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum KeychainState {
    /// In use.
    Available,
    /// Locked, and nobody unlocked it.
    Locked,
    /// There is none: secrets live in memory until the app quits.
    Absent,
    /// It did not answer within its time: secrets live in memory until the app quits.
    TimedOut,
}

/// The operating system the app runs on, for keys and words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum Platform {
    /// Linux and its like.
    Linux,
    /// macOS.
    Macos,
    /// Windows.
    Windows,
}

/// How to sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum SignInMethod {
    /// In the system's browser.
    Browser,
    /// By gcloud's Application Default Credentials.
    ApplicationDefault,
}

/// How far a sign-in has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
#[ts(export)]
pub enum SignInState {
    /// None is under way.
    Idle,
    /// The browser was opened at this address, which can also be copied.
    WaitingForBrowser {
        /// The address. Holds no secret: PKCE keeps the verifier here.
        url: String,
        /// The browser could not be opened: the person has to copy the address.
        browser_failed: bool,
    },
    /// The browser came back; the code is being exchanged.
    Exchanging,
    /// It did not work.
    Failed {
        /// Why.
        failure: Failure,
    },
}

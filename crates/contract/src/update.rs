//! Newer versions of the app: who brings them, what is known of one, and how far it has come.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::failure::Failure;

/// Who brings newer versions of the app.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum UpdateSource {
    /// Whatever installed it: this build knows nobody to ask, and asks nobody.
    #[default]
    Elsewhere,
    /// Its publisher, whom the app asks.
    Publisher,
}

/// How a newer version gets onto this computer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
#[ts(export)]
pub enum UpdateWay {
    /// The app puts it in place of itself and starts again.
    Install,
    /// The system's packages do: the browser fetches one, and the person installs it.
    Package {
        /// The file's name.
        file: String,
    },
}

/// A version that is newer than the running one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct UpdateRelease {
    /// Which one, such as `1.4.0`.
    pub version: String,
    /// What is new in it, as plain text of at most 4,000 characters; may be empty.
    pub notes: String,
    /// When it was published, if that is known.
    pub published: Option<f64>,
    /// How it gets here.
    pub way: UpdateWay,
}

/// What is being done about updates.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
#[ts(export)]
pub enum UpdateStep {
    /// Nothing.
    #[default]
    Idle,
    /// The publisher is asked.
    Checking,
    /// The newer version is fetched.
    Downloading {
        /// Bytes that have come.
        received: f64,
        /// Bytes in all, if the server says.
        size: Option<f64>,
    },
    /// It is here and its signature holds; it may be in place already. To start it would end what runs: the person is
    /// asked.
    Ready {
        /// Sessions that would end.
        sessions: u32,
        /// Tunnels that would.
        tunnels: u32,
    },
    /// It is put in place; the app starts again by itself. This cannot be cancelled.
    Installing,
}

/// Where updates stand.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct UpdateInfo {
    /// Who brings them.
    pub source: UpdateSource,
    /// What is being done.
    pub step: UpdateStep,
    /// A newer version, if one is known.
    pub release: Option<UpdateRelease>,
    /// When the publisher answered last.
    pub checked: Option<f64>,
    /// Why what a person asked for last came to nothing. What the app asks by itself fails quietly.
    pub failure: Option<Failure>,
}

//! The app's windows: which of them shows which session, and how each was left.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{inventory::InstanceRef, link::LinkParameters, session::Protocol};

/// Label of the window that the app starts with.
pub const MAIN_WINDOW: &str = "main";

/// A colour that a person gives a tab. What an environment says comes before it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum TabColour {
    /// None.
    #[default]
    None,
    /// Red.
    Red,
    /// Orange.
    Orange,
    /// Yellow.
    Yellow,
    /// Green.
    Green,
    /// Blue.
    Blue,
    /// Violet.
    Violet,
}

/// A point of the screen space in CSS pixels, as a pointer's event tells it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ScreenPoint {
    /// From the left edge of the first display.
    pub x: f64,
    /// From its top edge.
    pub y: f64,
}

/// Which window a session is to be shown in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
#[ts(export)]
pub enum SessionPlace {
    /// A new one.
    New {
        /// Where its tab was dropped; without it the system chooses.
        at: Option<ScreenPoint>,
    },
    /// One that is open.
    Window {
        /// Its label.
        label: String,
    },
}

/// A session's tab as it was left: enough to offer it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct LeftSession {
    /// Id of its panel in the dock.
    pub panel: String,
    /// Where it leads.
    pub instance: InstanceRef,
    /// What it speaks.
    pub protocol: Protocol,
    /// What the address that it was opened by says of it; nothing for one that no address opened.
    #[serde(default)]
    pub linked: LinkParameters,
    /// Id of the profile that it was started from.
    #[serde(default)]
    pub profile: Option<String>,
    /// The name that a person gave its tab.
    pub name: Option<String>,
    /// The colour that a person gave its tab.
    pub colour: TabColour,
}

/// When a window was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum DeskLeft {
    /// While this app ran: its sessions are those that still run.
    ThisRun,
    /// By quitting the app.
    Quit,
    /// When the app ended unexpectedly.
    Crash,
}

/// How a window was left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Desk {
    /// When.
    pub left: DeskLeft,
    /// The arrangement of its tabs, as the front end wrote it.
    pub dock: String,
    /// Its sessions' tabs.
    pub sessions: Vec<LeftSession>,
}

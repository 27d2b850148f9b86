//! What the window is asked to do from outside of it: by the tray, a notification or a second start of the app.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{
    failure::Failure,
    inventory::{InstanceRef, Os},
    link::LinkOffer,
    session::Remark,
};

/// One wish. The window takes those that wait with the command `wants`, when it opens and when it is told of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
#[ts(export)]
pub enum Want {
    /// Bring a session's tab to the front.
    Session {
        /// Its id.
        id: String,
    },
    /// Go to the open session of a VM, or open one: a person chose it already.
    Connect {
        /// The VM.
        instance: InstanceRef,
        /// Its operating system, as far as it is known.
        os: Os,
    },
    /// Offer what an address or a start of the app asked for. Nothing is connected before a person says so.
    Offer {
        /// What is offered.
        offer: Box<LinkOffer>,
    },
    /// Say what came to nothing: an address that was not followed, a profile that did not start.
    Refused {
        /// Why.
        failure: Failure,
    },
    /// Say what has become of something whose tab is closed.
    Remark {
        /// What it says.
        remark: Remark,
    },
    /// Show the tunnels.
    Tunnels {
        /// The one to be chosen.
        id: Option<String>,
    },
    /// Show all sessions.
    Sessions,
    /// Show the profiles.
    Profiles {
        /// The one to be chosen.
        id: Option<String>,
    },
    /// Give the keyboard to the tree of VMs.
    Explorer,
    /// Show the settings.
    Settings,
    /// Ask what closing is to do.
    Close {
        /// Why it is asked.
        question: CloseQuestion,
        /// Sessions that would end with the app.
        sessions: u32,
        /// Tunnels that would.
        tunnels: u32,
    },
}

/// Why a person is asked before the window closes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum CloseQuestion {
    /// It was never said whether the app stays in the tray.
    FirstTime,
    /// The app would quit, and something is live.
    Quit,
}

/// What a person answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum CloseAnswer {
    /// Stay in the tray, now and each time.
    AlwaysTray,
    /// Quit, now and each time.
    AlwaysQuit,
    /// Quit this time.
    Quit,
    /// Leave the window open.
    Stay,
}

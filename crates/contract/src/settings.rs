//! The few settings there are so far.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Which colours the window has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum Theme {
    /// As the system has it.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// Where this computer's public address may be learned from (specification of the explanation, section 7.2).
/// Nothing is asked unless it was chosen here.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
#[ts(export)]
pub enum PublicAddress {
    /// Only from Google's audit record.
    #[default]
    AuditOnly,
    /// Given by hand.
    Manual {
        /// At most 8 IPv4 or IPv6 addresses.
        addresses: Vec<String>,
    },
    /// From an `https` address of the organisation that answers with the caller's address.
    Echo {
        /// The address.
        url: String,
    },
    /// By a DNS question to Google.
    GoogleDns,
}

/// What a person can choose. Out-of-range values are cut to the bounds given here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export)]
pub struct Settings {
    /// Colours.
    pub theme: Theme,
    /// Terminal font size in CSS pixels, 8 to 32.
    pub terminal_font_size: u32,
    /// Terminal scrollback in lines, 0 to 100,000.
    pub scrollback: u32,
    /// Ask before several lines are pasted into a terminal.
    pub confirm_paste: bool,
    /// Explorer's width in CSS pixels, 200 to 480.
    pub explorer_width: u32,
    /// Whether the explorer is shown.
    pub explorer_open: bool,
    /// Where the public address may be learned from.
    pub public_address: PublicAddress,
    /// Show in the tree what the readable policies say of each VM.
    pub preflight: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            theme: Theme::System,
            terminal_font_size: 13,
            scrollback: 5000,
            confirm_paste: true,
            explorer_width: 272,
            explorer_open: true,
            public_address: PublicAddress::AuditOnly,
            preflight: true,
        }
    }
}

impl Settings {
    /// The same with each value within its bounds.
    #[must_use]
    pub fn clamped(mut self) -> Self {
        self.terminal_font_size = self.terminal_font_size.clamp(8, 32);
        self.scrollback = self.scrollback.min(100_000);
        self.explorer_width = self.explorer_width.clamp(200, 480);
        if let PublicAddress::Manual { addresses } = &mut self.public_address {
            addresses.truncate(8);
        }
        self
    }
}

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
        self
    }
}

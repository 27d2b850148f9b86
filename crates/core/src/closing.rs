//! What closing the window does.

pub use crate::words::updates::being_installed;

use adit_contract::{CloseQuestion, SessionInfo, SessionState, TunnelInfo, TunnelState};

use crate::settings::table::CloseTo;

/// Whether this desktop shows the app in a tray.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrayPresence {
    /// It does.
    Shown,
    /// It has none, or has lost it.
    Absent,
}

/// What runs and would end with the app.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Live {
    /// Sessions that are open or on their way.
    pub sessions: u32,
    /// Tunnels that listen or are on their way.
    pub tunnels: u32,
}

impl Live {
    /// Counts what runs.
    #[must_use]
    pub fn of(sessions: &[SessionInfo], tunnels: &[TunnelInfo]) -> Self {
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Self {
            sessions: count(sessions.iter().filter(|session| is_open(&session.state)).count()),
            tunnels: count(tunnels.iter().filter(|tunnel| is_on(&tunnel.state)).count()),
        }
    }

    /// Whether nothing would end.
    #[must_use]
    pub fn is_nothing(self) -> bool {
        self == Self::default()
    }
}

pub(crate) fn is_open(state: &SessionState) -> bool {
    match state {
        SessionState::Connecting { .. }
        | SessionState::Asking { .. }
        | SessionState::Live
        | SessionState::Resuming { .. } => true,
        SessionState::Ended { .. } | SessionState::Failed { .. } => false,
    }
}

pub(crate) fn is_on(state: &TunnelState) -> bool {
    match state {
        TunnelState::Starting { .. }
        | TunnelState::Listening
        | TunnelState::Live
        | TunnelState::Resuming { .. }
        | TunnelState::SignInNeeded { .. }
        | TunnelState::Failed { listening: true, .. } => true,
        TunnelState::Stopped | TunnelState::Failed { listening: false, .. } => false,
    }
}

/// What comes of closing the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closing {
    /// The window goes; the app stays in the tray.
    ToTray,
    /// The app ends.
    Quit,
    /// The window asks.
    Ask(CloseQuestion),
    /// Nothing, but for saying why: [`being_installed`].
    Wait,
}

impl Closing {
    /// The same while an update is being put in place: an end of the app would leave half of it.
    #[must_use]
    pub fn while_installing(self) -> Self {
        match self {
            Self::ToTray => Self::ToTray,
            Self::Quit | Self::Ask(_) | Self::Wait => Self::Wait,
        }
    }
}

/// Decides what closing the window does. `asked` is the question that stands in the window already: a page that hangs
/// cannot answer, and must not keep the window open for good.
#[must_use]
pub fn close(tray: TrayPresence, to: CloseTo, live: Live, asked: Option<CloseQuestion>) -> Closing {
    match (tray, to, asked) {
        (TrayPresence::Shown, CloseTo::Tray, _) | (TrayPresence::Shown, CloseTo::Ask, Some(_)) => {
            Closing::ToTray
        }
        (TrayPresence::Shown, CloseTo::Ask, None) => Closing::Ask(CloseQuestion::FirstTime),
        (TrayPresence::Shown, CloseTo::Quit, asked)
        | (TrayPresence::Absent, CloseTo::Ask | CloseTo::Tray | CloseTo::Quit, asked) => quit(live, asked),
    }
}

/// Decides what quitting does, from the tray's menu or by closing. Only the same question, asked already, lets it go on.
#[must_use]
pub fn quit(live: Live, asked: Option<CloseQuestion>) -> Closing {
    match asked {
        Some(CloseQuestion::Quit) => Closing::Quit,
        Some(CloseQuestion::FirstTime) | None if live.is_nothing() => Closing::Quit,
        Some(CloseQuestion::FirstTime) | None => Closing::Ask(CloseQuestion::Quit),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_never_ends_what_runs_without_a_word_and_can_always_be_done() {
        let live = Live { sessions: 1, tunnels: 0 };
        for tray in [TrayPresence::Shown, TrayPresence::Absent] {
            for to in [CloseTo::Ask, CloseTo::Tray, CloseTo::Quit] {
                let first = close(tray, to, live, None);
                assert_ne!(first, Closing::Quit, "{tray:?} {to:?}");
                if let Closing::Ask(question) = first {
                    let again = close(tray, to, live, Some(question));
                    assert!(!matches!(again, Closing::Ask(_)), "{tray:?} {to:?}: {again:?}");
                }
            }
        }
    }

    #[test]
    fn without_a_tray_the_app_quits_and_with_one_it_does_as_was_chosen() {
        let none = Live::default();
        let live = Live { sessions: 0, tunnels: 2 };
        let (shown, absent) = (TrayPresence::Shown, TrayPresence::Absent);
        assert_eq!(close(shown, CloseTo::Ask, none, None), Closing::Ask(CloseQuestion::FirstTime));
        assert_eq!(close(shown, CloseTo::Tray, live, None), Closing::ToTray);
        assert_eq!(close(shown, CloseTo::Quit, none, None), Closing::Quit);
        assert_eq!(close(absent, CloseTo::Tray, none, None), Closing::Quit);
        assert_eq!(close(absent, CloseTo::Tray, live, None), Closing::Ask(CloseQuestion::Quit));
        assert_eq!(close(absent, CloseTo::Ask, live, Some(CloseQuestion::Quit)), Closing::Quit);
        for closing in [Closing::Quit, Closing::Ask(CloseQuestion::Quit), Closing::Wait] {
            assert_eq!(closing.while_installing(), Closing::Wait);
        }
        assert_eq!(Closing::ToTray.while_installing(), Closing::ToTray);
        // Where closing leads was asked, and not whether what runs may end.
        assert_eq!(quit(live, Some(CloseQuestion::FirstTime)), Closing::Ask(CloseQuestion::Quit));
    }
}

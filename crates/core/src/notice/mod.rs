//! What a person is told who does not look at the window: only what needs them, once for each cause, with what can be done
//! about it, and never a flood. What is over is taken back. Pure; the shell shows it.

mod hearing;

use std::{
    collections::{HashSet, VecDeque},
    time::{Duration, Instant},
};

use adit_contract::{
    AccountInfo, Event, Failure, ProfileInfo, ProfileState, Remark, SessionInfo, TunnelInfo,
};

pub(crate) use self::hearing::tunnel_says;
use self::hearing::{Hearing, shortened};
use crate::{tray::Does, words::notices as words};

/// The most notices in [`WHILE`]; those beyond it are one notice together, and are in the window and the tray.
const MOST: usize = 4;
/// See [`MOST`].
const WHILE: Duration = Duration::from_secs(60);
/// The most causes that are remembered.
const MOST_CAUSES: usize = 1024;

/// One notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Why.
    pub about: Cause,
    /// What happened.
    pub title: String,
    /// What to do.
    pub text: String,
    /// What a click on it does.
    pub click: Does,
    /// What can be done about it: what a button says, and what it does. At most two, the more likely one first.
    pub actions: Vec<(&'static str, Does)>,
}

/// What is to be done with notices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// Show this one.
    Show(Notice),
    /// Take back those about this: it is over.
    Withdraw(Cause),
}

/// Whether the person sees the window already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attention {
    /// The window has the keyboard.
    Here,
    /// It has not, or there is none.
    Elsewhere,
}

/// Why somebody is needed, by ids. It is told once, and again only after it was over.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Cause {
    /// An account has to sign in again.
    SignIn(String),
    /// Nobody is signed in, and something waits for it.
    SignInFirst,
    /// A session has a question.
    Question(String),
    /// A session was lost.
    Lost(String),
    /// A tunnel has failed.
    Tunnel(String),
    /// A profile that is started at login has failed.
    Profile(String),
    /// What was printed on a desktop whose tab is closed was not printed.
    Printed,
    /// There are more of them than are shown.
    More,
}

/// What an event tells of that may need somebody.
enum Tells<'a> {
    Accounts(&'a [AccountInfo]),
    Session(&'a SessionInfo),
    SessionClosed(&'a str),
    Tunnel(&'a TunnelInfo),
    TunnelRemoved(&'a str),
    Remark(&'a Remark),
}

impl<'a> Tells<'a> {
    /// `None` for what never needs anybody, or is told in another way.
    fn of(event: &'a Event) -> Option<Self> {
        Some(match event {
            Event::Accounts(accounts) => Self::Accounts(accounts),
            Event::Session(session) => Self::Session(session),
            Event::SessionClosed(id) => Self::SessionClosed(id),
            Event::Tunnel(tunnel) => Self::Tunnel(tunnel),
            Event::TunnelRemoved(id) => Self::TunnelRemoved(id),
            Event::Remark(remark) => Self::Remark(remark),
            Event::Cloud(_)
            | Event::SignIn(_)
            | Event::Keychain(_)
            | Event::Inventory(_)
            | Event::Explanation(_)
            | Event::Gateway(_)
            | Event::Favourites(_)
            | Event::Profiles
            | Event::Wanted
            | Event::SessionShown(_)
            | Event::WindowClosed(_)
            | Event::Keys(_)
            | Event::Settings(_)
            | Event::RelayRoundTrip(_)
            | Event::Update(_) => return None,
        })
    }
}

/// Whether an event is about what connects, and so about what may need somebody.
#[must_use]
pub fn concerns(event: &Event) -> bool {
    Tells::of(event).is_some()
}

/// What was told so far.
#[derive(Debug, Default)]
pub struct Notices {
    told: HashSet<Cause>,
    recent: VecDeque<Instant>,
    /// Something was told of what was printed, and nobody has looked since.
    printed: bool,
    /// Whether anybody is signed in, once that was heard.
    signed_in: Option<bool>,
}

impl Notices {
    /// Takes an event of core; gives what is to be done about it.
    pub fn hear(&mut self, event: &Event, attention: Attention, now: Instant) -> Vec<News> {
        let mut hearing = Hearing::new(self, attention, now);
        match Tells::of(event) {
            Some(Tells::Accounts(accounts)) => hearing.accounts(accounts),
            Some(Tells::Session(session)) => hearing.session(session),
            Some(Tells::SessionClosed(id)) => {
                hearing.over(Cause::Question(id.to_owned()));
                hearing.over(Cause::Lost(id.to_owned()));
            }
            Some(Tells::Tunnel(tunnel)) => hearing.tunnel(tunnel),
            Some(Tells::TunnelRemoved(id)) => hearing.over(Cause::Tunnel(id.to_owned())),
            Some(Tells::Remark(remark)) => hearing.remark(remark),
            None => {}
        }
        hearing.news
    }

    /// Takes how those profiles stand that were started at login and of which nobody has seen what became of them, with the
    /// tunnels; gives what is to be done about them. Nobody waits for those, so nobody sees that they fail.
    pub fn profiles(
        &mut self,
        unseen: &[ProfileInfo],
        tunnels: &[TunnelInfo],
        attention: Attention,
        now: Instant,
    ) -> Vec<News> {
        let mut hearing = Hearing::new(self, attention, now);
        hearing.prints_seen();
        hearing.profiles_seen(unseen);
        for info in unseen {
            hearing.profile(info, tunnels);
        }
        hearing.news
    }
}

/// What a window says to somebody who looks at it after profiles have failed with nobody there.
pub(crate) fn missed(unseen: &[ProfileInfo], tunnels: &[TunnelInfo]) -> Option<Failure> {
    let failed: Vec<(&str, &Failure)> = unseen
        .iter()
        .filter(|info| !tunnel_says(info, tunnels))
        .filter_map(|info| match &info.state {
            ProfileState::Failed { failure } => Some((info.profile.name.as_str(), failure)),
            ProfileState::Idle | ProfileState::Session { .. } | ProfileState::Tunnel { .. } => None,
        })
        .collect();
    match failed.as_slice() {
        [] => None,
        [(name, failure)] => Some(Failure {
            title: words::profile_failed(&shortened(name)),
            advice: words::why_not_started(failure),
            ..(*failure).clone()
        }),
        [(first, failure), more @ ..] => {
            Some(words::profiles_failed(failure.code, &shortened(first), more.len()))
        }
    }
}

#[cfg(test)]
mod tests;

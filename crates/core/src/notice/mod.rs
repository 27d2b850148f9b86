//! What a person is told who does not look at the window: only what needs them, once for each cause, with what can be done
//! about it, and never a flood. What is over is taken back. Pure; the shell shows it.

mod hearing;

use std::{
    collections::{HashSet, VecDeque},
    time::{Duration, Instant},
};

use adit_contract::{Event, ProfileInfo, TunnelInfo};

use self::hearing::Hearing;
use crate::tray::Does;

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
    /// There are more of them than are shown.
    More,
}

/// Whether an event is about what connects, and so about what may need somebody.
#[must_use]
pub fn concerns(event: &Event) -> bool {
    match event {
        Event::Accounts(_)
        | Event::Session(_)
        | Event::SessionClosed(_)
        | Event::Tunnel(_)
        | Event::TunnelRemoved(_) => true,
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
        | Event::Update(_) => false,
    }
}

/// What was told so far.
#[derive(Debug, Default)]
pub struct Notices {
    told: HashSet<Cause>,
    recent: VecDeque<Instant>,
    /// The profiles that were started at login: nobody waits for those, so nobody sees that they fail.
    at_login: HashSet<String>,
    /// Whether anybody is signed in, once that was heard.
    signed_in: Option<bool>,
}

impl Notices {
    /// Takes an event of core; gives what is to be done about it.
    pub fn hear(&mut self, event: &Event, attention: Attention, now: Instant) -> Vec<News> {
        let mut hearing = Hearing::new(self, attention, now);
        match event {
            Event::Accounts(accounts) => hearing.accounts(accounts),
            Event::Session(session) => hearing.session(session),
            Event::SessionClosed(id) => {
                hearing.over(Cause::Question(id.clone()));
                hearing.over(Cause::Lost(id.clone()));
            }
            Event::Tunnel(tunnel) => hearing.tunnel(tunnel),
            Event::TunnelRemoved(id) => hearing.over(Cause::Tunnel(id.clone())),
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
            | Event::Update(_) => {}
        }
        hearing.news
    }

    /// These profiles are about to be started at login, with nobody there who sees what becomes of it.
    pub fn start_at_login(&mut self, profiles: impl IntoIterator<Item = String>) {
        self.at_login.extend(profiles.into_iter().take(MOST_CAUSES));
    }

    /// Whether [`Self::profiles`] has anything to look for.
    #[must_use]
    pub fn watches_profiles(&self) -> bool {
        !self.at_login.is_empty()
    }

    /// Takes how the profiles and the tunnels stand; gives what is to be done about those that were started at login.
    pub fn profiles(
        &mut self,
        all: &[ProfileInfo],
        tunnels: &[TunnelInfo],
        attention: Attention,
        now: Instant,
    ) -> Vec<News> {
        let gone: Vec<String> =
            self.at_login.iter().filter(|id| !all.iter().any(|info| info.id == **id)).cloned().collect();
        let mut hearing = Hearing::new(self, attention, now);
        for id in gone {
            hearing.notices.at_login.remove(&id);
            hearing.over(Cause::Profile(id));
        }
        for info in all {
            if hearing.notices.at_login.contains(&info.id) {
                hearing.profile(info, tunnels);
            }
        }
        hearing.news
    }
}

#[cfg(test)]
mod tests;

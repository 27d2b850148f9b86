//! What a person is told who does not look at the window: only what needs them, once for each cause, and never a flood.
//! Pure; the shell shows it.

use std::{
    collections::{HashSet, VecDeque},
    time::{Duration, Instant},
};

use adit_contract::{AccountState, Event, SessionState, TunnelInfo, TunnelState, Want};

use crate::tunnels;

/// The most notices in [`WHILE`]; what comes beyond is in the window and the tray.
const MOST: usize = 4;
/// See [`MOST`].
const WHILE: Duration = Duration::from_secs(60);
/// The most causes that are remembered.
const MOST_CAUSES: usize = 1024;
/// The longest name of a tunnel, in characters.
const LONGEST_NAME: usize = 80;

/// One notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What happened.
    pub title: String,
    /// What to do.
    pub text: String,
    /// What a click on it does; none just opens the window.
    pub want: Option<Want>,
}

/// Whether the person sees the window already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attention {
    /// The window has the keyboard.
    Here,
    /// It has not, or there is none.
    Elsewhere,
}

/// Why somebody is needed. It is told once, and again only after it was over.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Cause {
    SignIn(String),
    Question(String),
    Lost(String),
    Tunnel(String),
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
}

impl Notices {
    /// Takes an event of core; gives what is to be told of it.
    pub fn hear(&mut self, event: &Event, attention: Attention, now: Instant) -> Option<Notice> {
        match event {
            Event::Accounts(accounts) => {
                let mut first = None;
                for account in accounts {
                    let cause = Cause::SignIn(account.id.clone());
                    match account.state {
                        AccountState::SignInNeeded => {
                            if self.is_new(cause, attention, now) {
                                first.get_or_insert_with(|| Notice {
                                    title: format!("Sign in again as {}", account.email),
                                    text: "Google wants a new sign-in before connections go on.".to_owned(),
                                    want: None,
                                });
                            }
                        }
                        AccountState::Ready => {
                            self.told.remove(&cause);
                        }
                    }
                }
                first
            }
            Event::Session(session) => {
                let (question, lost) = (Cause::Question(session.id.clone()), Cause::Lost(session.id.clone()));
                let vm = &session.instance.name;
                let want = Some(Want::Session { id: session.id.clone() });
                match &session.state {
                    SessionState::Asking { .. } => self.is_new(question, attention, now).then(|| Notice {
                        title: format!("{vm} has a question"),
                        text: "The connection waits for your answer.".to_owned(),
                        want,
                    }),
                    SessionState::Failed { failure, was_live: true } => {
                        self.is_new(lost, attention, now).then(|| Notice {
                            title: format!("The session on {vm} was lost"),
                            text: failure.title.clone(),
                            want,
                        })
                    }
                    SessionState::Connecting { .. }
                    | SessionState::Live
                    | SessionState::Resuming { .. }
                    | SessionState::Ended { .. }
                    | SessionState::Failed { was_live: false, .. } => {
                        self.told.remove(&question);
                        self.told.remove(&lost);
                        None
                    }
                }
            }
            Event::SessionClosed(id) => {
                self.told.remove(&Cause::Question(id.clone()));
                self.told.remove(&Cause::Lost(id.clone()));
                None
            }
            Event::Tunnel(tunnel) => self.hear_tunnel(tunnel, attention, now),
            Event::TunnelRemoved(id) => {
                self.told.remove(&Cause::Tunnel(id.clone()));
                None
            }
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
            | Event::Update(_) => None,
        }
    }

    fn hear_tunnel(&mut self, tunnel: &TunnelInfo, attention: Attention, now: Instant) -> Option<Notice> {
        let cause = Cause::Tunnel(tunnel.id.clone());
        match &tunnel.state {
            // A command says itself what becomes of its tunnel.
            TunnelState::Failed { failure, .. } if !tunnel.by_command => {
                self.is_new(cause, attention, now).then(|| {
                    let name = if tunnel.spec.name.is_empty() {
                        let target = &tunnel.spec.target;
                        format!("{}:{}", tunnels::called(target), tunnels::port(target))
                    } else {
                        tunnel.spec.name.chars().take(LONGEST_NAME).collect()
                    };
                    Notice {
                        title: format!("The tunnel {name} has failed"),
                        text: failure.title.clone(),
                        want: Some(Want::Tunnels { id: Some(tunnel.id.clone()) }),
                    }
                })
            }
            // The account's own notice says so, once for all its tunnels.
            TunnelState::SignInNeeded { .. } | TunnelState::Failed { .. } => None,
            // Somebody starts it again, perhaps from the tray, and wants to know.
            TunnelState::Stopped
            | TunnelState::Starting { .. }
            | TunnelState::Listening
            | TunnelState::Live
            | TunnelState::Resuming { .. } => {
                self.told.remove(&cause);
                None
            }
        }
    }

    /// Whether it was not told, is not seen anyway, and there have not been too many.
    fn is_new(&mut self, cause: Cause, attention: Attention, now: Instant) -> bool {
        if self.told.len() >= MOST_CAUSES {
            self.told.clear();
        }
        // Whoever sees the window has seen it: it is not told once they look away.
        if !self.told.insert(cause) || attention == Attention::Here {
            return false;
        }
        while self.recent.front().is_some_and(|at| now.saturating_duration_since(*at) >= WHILE) {
            self.recent.pop_front();
        }
        if self.recent.len() >= MOST {
            return false;
        }
        self.recent.push_back(now);
        true
    }
}

#[cfg(test)]
mod tests {
    use adit_contract::{Failure, FailureCode, InstanceRef, Protocol, Question, SessionEnd, SessionInfo};

    use super::*;

    fn session(id: &str, state: SessionState) -> Event {
        Event::Session(SessionInfo {
            id: id.into(),
            protocol: Protocol::Ssh,
            instance: InstanceRef { project: "p".into(), zone: "z".into(), name: "web-1".into() },
            desktop: None,
            user: None,
            state,
            notes: Vec::new(),
            attempt: 1,
            profile: None,
            window: adit_contract::MAIN_WINDOW.to_owned(),
            name: None,
            colour: adit_contract::TabColour::default(),
        })
    }

    fn asking(id: &str) -> Event {
        let question = Question::NewHostKey { algorithm: String::new(), fingerprint: String::new() };
        session(id, SessionState::Asking { question })
    }

    fn lost(id: &str, was_live: bool) -> Event {
        let failure = Failure::new(FailureCode::ConnectionLost, "The connection was lost", "");
        session(id, SessionState::Failed { failure, was_live })
    }

    #[test]
    fn a_cause_is_told_once_and_again_after_it_was_over() {
        let (mut notices, now) = (Notices::default(), Instant::now());
        let mut hear = |event: &Event| notices.hear(event, Attention::Elsewhere, now);
        let told = hear(&asking("1")).unwrap();
        assert_eq!(told.title, "web-1 has a question");
        assert_eq!(told.want, Some(Want::Session { id: "1".into() }));
        assert_eq!(hear(&asking("1")), None);
        assert_eq!(hear(&session("1", SessionState::Live)), None);
        assert!(hear(&asking("1")).is_some());
        assert_eq!(hear(&lost("2", false)), None, "it never was open: whoever opens it sees that");
        assert!(hear(&lost("2", true)).is_some());
        assert_eq!(hear(&session("3", SessionState::Ended { end: SessionEnd::Closed })), None);
    }

    #[test]
    fn what_is_seen_in_the_window_is_not_told_also_not_later() {
        let (mut notices, now) = (Notices::default(), Instant::now());
        assert_eq!(notices.hear(&asking("1"), Attention::Here, now), None);
        assert_eq!(notices.hear(&asking("1"), Attention::Elsewhere, now), None);
    }

    #[test]
    fn twenty_sessions_lost_at_once_are_no_flood() {
        let (mut notices, now) = (Notices::default(), Instant::now());
        let told = |notices: &mut Notices, from: u32, at| {
            let all = (from..from + 20).map(|n| lost(&n.to_string(), true));
            all.filter_map(|event| notices.hear(&event, Attention::Elsewhere, at)).count()
        };
        assert_eq!(told(&mut notices, 0, now), MOST);
        assert_eq!(told(&mut notices, 20, now + WHILE / 2), 0);
        assert_eq!(told(&mut notices, 40, now + WHILE), MOST);
    }
}

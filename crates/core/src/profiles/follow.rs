//! Tells that profiles are doing something else, from what their sessions and tunnels tell. A session that is on ends what is
//! remembered of a start that came to nothing.

use std::{
    collections::BTreeMap,
    mem::{Discriminant, discriminant},
    sync::{Arc, Mutex, PoisonError},
};

use adit_contract::{Event, ProfileState, SessionState};

use super::{
    Profiles,
    start::{of_session, of_tunnel},
};
use crate::events::EventSink;

/// A sink for sessions and tunnels that adds [`Event::Profiles`] where a profile's state has become another.
pub(crate) struct Follow {
    to: Arc<dyn EventSink>,
    profiles: Arc<Profiles>,
    /// What was told last of each session of a profile, and of each tunnel. As many as there are of them.
    last: Mutex<BTreeMap<Of, Discriminant<ProfileState>>>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Of {
    Session(String),
    Tunnel(String),
}

impl Follow {
    pub(crate) fn new(to: Arc<dyn EventSink>, profiles: Arc<Profiles>) -> Self {
        Self { to, profiles, last: Mutex::default() }
    }

    /// Whether an event makes a profile's state another one.
    fn is_news(&self, event: &Event) -> bool {
        let (of, state) = match event {
            Event::Session(session) if session.profile.is_some() => {
                (Of::Session(session.id.clone()), Some(of_session(session)))
            }
            Event::SessionClosed(id) => (Of::Session(id.clone()), None),
            Event::Tunnel(tunnel) if tunnel.profile.is_some() => {
                (Of::Tunnel(tunnel.id.clone()), Some(of_tunnel(tunnel)))
            }
            Event::TunnelRemoved(id) => (Of::Tunnel(id.clone()), None),
            Event::Session(_)
            | Event::Tunnel(_)
            | Event::Accounts(_)
            | Event::Cloud(_)
            | Event::SignIn(_)
            | Event::Keychain(_)
            | Event::Inventory(_)
            | Event::SessionShown(_)
            | Event::Remark(_)
            | Event::WindowClosed(_)
            | Event::Explanation(_)
            | Event::Gateway(_)
            | Event::Favourites(_)
            | Event::Profiles
            | Event::Wanted
            | Event::Settings(_)
            | Event::Keys(_)
            | Event::RelayRoundTrip(_)
            | Event::Update(_) => return false,
        };
        let idle = discriminant(&ProfileState::Idle);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let before = match &state {
            Some(state) => last.insert(of, discriminant(state)),
            None => last.remove(&of),
        };
        before.unwrap_or(idle) != state.as_ref().map_or(idle, discriminant)
    }
}

impl EventSink for Follow {
    fn send(&self, event: Event) {
        if let Event::Session(session) = &event
            && let Some(profile) = &session.profile
            && matches!(of_session(session), ProfileState::Session { .. })
        {
            self.profiles.started(profile, None);
            // It works, or a person has begun it anew in its tab: the start at login is of no account any more.
            if session.state == SessionState::Live || session.attempt > 1 {
                let _ = self.profiles.see([profile]);
            }
        }
        let news = self.is_news(&event);
        self.to.send(event);
        if news {
            self.to.send(Event::Profiles);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profiles::tests::{Home, profile, session};

    #[derive(Default)]
    struct Heard(Mutex<Vec<Event>>);

    impl EventSink for Heard {
        fn send(&self, event: Event) {
            self.0.lock().unwrap().push(event);
        }
    }

    #[test]
    fn only_a_profiles_other_state_is_told() {
        let heard = Arc::new(Heard::default());
        let follow = Follow::new(heard.clone(), Arc::new(Home::new().open()));
        let failed = SessionState::Failed { failure: crate::failure::cancelled(), was_live: true };
        let connecting = SessionState::Resuming { text: String::new(), attempt: 1, next_at: 0.0 };
        let told = |event: Event| {
            follow.send(event);
            std::mem::take(&mut *heard.0.lock().unwrap()).contains(&Event::Profiles)
        };
        assert!(told(Event::Session(session("1", Some("a"), connecting))));
        assert!(!told(Event::Session(session("1", Some("a"), SessionState::Live))));
        assert!(told(Event::Session(session("1", Some("a"), failed))));
        assert!(told(Event::SessionClosed("1".into())));
        assert!(!told(Event::Session(session("2", None, SessionState::Live))));
        assert!(!told(Event::SessionClosed("2".into())));
    }

    #[test]
    fn a_start_that_nobody_saw_is_of_no_account_once_it_works_or_is_begun_anew() {
        let home = Home::new();
        let profiles = Arc::new(home.open());
        let follow = Follow::new(Arc::new(Heard::default()), profiles.clone());
        let ids = ["a".to_owned(), "b".to_owned(), "c".to_owned()];
        profiles.begin_unseen(&ids);
        let connecting = || SessionState::Resuming { text: String::new(), attempt: 1, next_at: 0.0 };
        let first =
            |of: &str, state| adit_contract::SessionInfo { attempt: 1, ..session(of, Some(of), state) };
        follow.send(Event::Session(first("a", connecting())));
        assert_eq!(profiles.still_unseen().len(), 3, "it may fail yet");
        follow.send(Event::Session(first("a", SessionState::Live)));
        follow.send(Event::Session(adit_contract::SessionInfo { attempt: 2, ..first("b", connecting()) }));
        assert_eq!(profiles.still_unseen().into_iter().collect::<Vec<_>>(), ["c"]);
    }

    #[test]
    fn an_old_failure_does_not_come_back_after_a_session() {
        let home = Home::new();
        let profiles = Arc::new(home.open());
        let id = profiles.save(None, profile("web")).unwrap();
        let follow = Follow::new(Arc::new(Heard::default()), profiles.clone());
        let state = || profiles.list(BTreeMap::new()).profiles.remove(0).state;
        profiles.started(&id, Some(crate::failure::cancelled()));
        assert!(matches!(state(), ProfileState::Failed { .. }));
        follow.send(Event::Session(session("1", Some(&id), SessionState::Live)));
        follow.send(Event::SessionClosed("1".into()));
        assert_eq!(state(), ProfileState::Idle);
        profiles.started("gone", Some(crate::failure::cancelled()));
        assert!(profiles.failed().is_empty());
    }
}

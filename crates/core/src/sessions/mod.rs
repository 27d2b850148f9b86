//! Sessions: one for each tab, from the first click to its end, with every state in between.

mod answer;
mod attempt;
mod connect;
mod desktop;
mod host;
mod key;
mod known_hosts;
mod log_in;
mod observer;
mod publish;
mod session;
mod terminal;
pub(crate) mod vm;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use adit_contract::{
    Event, Failure, InstanceRef, InstanceStatus, LeftSession, LinkParameters, SessionInfo, SessionStart,
    SessionState, TabColour,
};

use self::{attempt::Start, session::Session};
use crate::{events::EventSink, words};

pub(crate) use self::desktop::{Desktops, KnownCertificates, forget_profiles, make_windows_password};
pub use self::{
    connect::{Connected, Context, HostKeyRule, Refusal, connect},
    desktop::{Graphics, KeyboardLayout, Printers, RdpSettings, Sound},
    known_hosts::KnownHosts,
    observer::{Observer, Pin, Remember, Reply, Role},
    vm::IfStopped,
};

/// The most sessions at the same time.
const MAX_SESSIONS: usize = 64;

/// What a session needs from the app.
pub(crate) trait Surroundings: Send + Sync {
    /// What a connection to an instance needs, with the account that the profile names, else the one that sees it.
    fn context(&self, instance: &InstanceRef, profile: Option<&str>) -> Result<Context, Failure>;
    /// A connection found an instance in this state.
    fn found_status(&self, instance: &InstanceRef, status: InstanceStatus);
    /// A connection found that an account has to sign in again.
    fn sign_in_needed(&self, account: &str);
    /// The relay took this long to answer.
    fn round_trip(&self, session: &str, time: Option<std::time::Duration>);
    /// How the desktop of an instance is opened: from a profile or from none, by an address with these parameters or by none.
    fn rdp_settings(
        &self,
        instance: &InstanceRef,
        profile: Option<&str>,
        linked: &LinkParameters,
    ) -> RdpSettings;
    /// From now on the desktop of this instance may be opened without Network Level Authentication; from this profile
    /// alone where that says otherwise. Blocks.
    fn allow_without_nla(&self, instance: &InstanceRef, profile: Option<&str>) -> Result<(), Failure>;
    /// Whether there is still a profile of this id.
    fn knows_profile(&self, id: &str) -> bool;
    /// What desktops need beside a [`Context`].
    fn desktops(&self) -> Desktops;
}

/// What a tab is opened for.
pub(crate) struct Asked {
    pub(crate) instance: InstanceRef,
    pub(crate) start: SessionStart,
    /// Label of the window that shows it.
    pub(crate) window: String,
    /// What the address that it is opened by says of it.
    pub(crate) linked: LinkParameters,
    /// Id of the profile that it is started from.
    pub(crate) profile: Option<String>,
    /// What the tab is called in place of the VM's name.
    pub(crate) name: Option<String>,
    /// The tab's colour.
    pub(crate) colour: TabColour,
}

/// All sessions, oldest first.
pub(crate) struct Sessions {
    sink: Arc<dyn EventSink>,
    surroundings: Arc<dyn Surroundings>,
    all: Mutex<BTreeMap<u64, Arc<Session>>>,
    next: std::sync::atomic::AtomicU64,
}

impl Sessions {
    pub(crate) fn new(sink: Arc<dyn EventSink>, surroundings: Arc<dyn Surroundings>) -> Self {
        Self { sink, surroundings, all: Mutex::default(), next: std::sync::atomic::AtomicU64::new(1) }
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<Session>>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn infos(&self) -> Vec<SessionInfo> {
        self.all().values().map(|session| session.info()).collect()
    }

    /// Each as it would be offered again, with the label of the window that shows it.
    pub(crate) fn left(&self) -> Vec<(String, LeftSession)> {
        self.all().values().map(|session| session.left()).collect()
    }

    pub(crate) fn get(&self, id: &str) -> Result<Arc<Session>, Failure> {
        let number: Option<u64> = id.parse().ok();
        number.and_then(|number| self.all().get(&number).cloned()).ok_or_else(words::sessions::tab_closed)
    }

    /// Opens a tab and begins to connect.
    pub(crate) fn open(
        &self,
        instance: InstanceRef,
        start: SessionStart,
        window: &str,
        linked: LinkParameters,
    ) -> Result<String, Failure> {
        let window = window.to_owned();
        self.begin(Asked {
            instance,
            start,
            window,
            linked,
            profile: None,
            name: None,
            colour: TabColour::None,
        })
    }

    /// The same, for whoever says more of it.
    pub(crate) fn begin(&self, asked: Asked) -> Result<String, Failure> {
        let number = self.next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let session = {
            let mut all = self.all();
            if all.len() >= MAX_SESSIONS {
                return Err(words::sessions::too_many_tabs(MAX_SESSIONS));
            }
            let (sink, surroundings) = (self.sink.clone(), self.surroundings.clone());
            let session = Session::new(number.to_string(), asked, sink, surroundings);
            all.insert(number, session.clone());
            session
        };
        session.start(Start::Plain);
        Ok(session.id.clone())
    }

    /// Opens a second tab of the same, and begins to connect.
    pub(crate) fn duplicate(&self, id: &str) -> Result<String, Failure> {
        let session = self.get(id)?;
        self.begin(session.asked_again())
    }

    /// Closes a tab and ends what runs in it.
    pub(crate) fn close(&self, id: &str) -> Result<(), Failure> {
        let session = self.get(id)?;
        session.close();
        if let Ok(number) = id.parse::<u64>() {
            self.all().remove(&number);
        }
        self.sink.send(Event::SessionClosed(id.to_owned()));
        Ok(())
    }

    /// A window is gone: what it showed goes to another.
    pub(crate) fn window_closed(&self, closed: &str, to: &str) {
        self.sink.send(Event::WindowClosed(closed.to_owned()));
        for session in self.all().values() {
            if session.info().window == closed {
                session.show_in(to);
            }
        }
    }

    /// Ends the sessions of an account that signs out.
    pub(crate) fn signed_out(&self, account: &str) {
        for session in self.all().values() {
            if session.is_of(account) {
                session.end_with(|was_live| SessionState::Failed {
                    failure: words::sessions::signed_out(),
                    was_live,
                });
                // After the attempt, which might put it back.
                session.held(|held| held.forget());
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;

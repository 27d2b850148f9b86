//! One tab: the state that is shown, the attempt that runs, and the answers that reach it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use adit_contract::{
    DesktopSize, Event, Failure, InstanceRef, LeftSession, LinkParameters, Note, NoteKind, Protocol, Remark,
    SessionEnd, SessionInfo, SessionStart, SessionState, Step, TabColour, TunnelTarget,
};
use adit_ssh::Size;
use adit_tunnel::Control;
use secrecy::SecretString;
use tokio::{sync::oneshot, task::AbortHandle};

use super::{
    Asked, Surroundings,
    attempt::{self, Presented, Start},
    connect::{self, Context},
    desktop,
    observer::Reply,
    vm,
};
use crate::{
    events::EventSink,
    explain::{Observed, Why},
    failure,
    file::versioned::Changed,
    now,
    panics::broken,
    stream::{Outlet, Pipe, Screen},
    words,
};

/// The longest name of a tab, in characters.
const LONGEST_NAME: usize = 80;

/// The longest remark about what does not work, in bytes. A desktop may give cause for as many as it likes.
const LONGEST_REMARK: usize = 2048;

/// One tab.
pub(crate) struct Session {
    pub(super) id: String,
    pub(super) instance: InstanceRef,
    pub(super) protocol: Protocol,
    /// Id of the profile that it was started from.
    pub(super) profile: Option<String>,
    /// What the address that it was opened by says of it.
    pub(super) linked: LinkParameters,
    pub(super) sink: Arc<dyn EventSink>,
    pub(super) surroundings: Arc<dyn Surroundings>,
    inner: Mutex<Inner>,
}

/// What the sessions of one protocol have for themselves.
pub(super) enum Speaks {
    Ssh {
        size: Size,
        outlet: Arc<Outlet<Pipe>>,
    },
    /// Boxed, as it is the larger one.
    Rdp(Box<desktop::Held>),
}

pub(super) struct Inner {
    pub(super) info: SessionInfo,
    pub(super) speaks: Speaks,
    /// Ends the attempt.
    pub(super) task: Option<AbortHandle>,
    /// Where the answer to the question goes.
    pub(super) asked: Option<oneshot::Sender<Reply>>,
    /// Steers the tunnel.
    pub(super) control: Option<Control>,
    /// What was presented instead of what is pinned.
    pub(super) presented: Option<Presented>,
    /// This attempt has been live: what it showed is worth keeping on the screen.
    pub(super) was_live: bool,
    /// The tab is closed: nothing can be shown in it any more.
    closed: bool,
    /// The account of the last attempt.
    account: Option<String>,
    /// What was seen when it failed, and when.
    seen: Option<(Observed, f64)>,
    /// Counts starts and stops: what an attempt says after its stop is dropped.
    epoch: u64,
}

impl Session {
    pub(super) fn new(
        id: String,
        asked: Asked,
        sink: Arc<dyn EventSink>,
        surroundings: Arc<dyn Surroundings>,
    ) -> Arc<Self> {
        let Asked { instance, start, window, linked, profile, name, colour } = asked;
        let (protocol, desktop, speaks) = match start {
            SessionStart::Ssh { cols, rows } => {
                let size = Size { columns: cols.max(1), rows: rows.max(1) };
                (Protocol::Ssh, None, Speaks::Ssh { size, outlet: Arc::new(Outlet::new(Pipe::new())) })
            }
            SessionStart::Rdp { size } => {
                let settings = surroundings.rdp_settings(&instance, profile.as_deref(), &linked);
                let held = Box::new(desktop::Held::new(size));
                (Protocol::Rdp, Some(settings.info()), Speaks::Rdp(held))
            }
        };
        let info = SessionInfo {
            id: id.clone(),
            protocol,
            instance: instance.clone(),
            profile: profile.clone(),
            window,
            name,
            colour,
            desktop,
            user: None,
            state: connecting(Step::ReadVm, words::sessions::reading(&instance.name), now()),
            notes: Vec::new(),
            attempt: 0,
        };
        let inner = Inner {
            info,
            speaks,
            task: None,
            asked: None,
            control: None,
            presented: None,
            was_live: false,
            closed: false,
            account: None,
            seen: None,
            epoch: 0,
        };
        Arc::new(Self {
            id,
            instance,
            protocol,
            profile,
            linked,
            sink,
            surroundings,
            inner: Mutex::new(inner),
        })
    }

    pub(super) fn inner(&self) -> MutexGuard<'_, Inner> {
        // Every change below is whole before anything could panic.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn info(&self) -> SessionInfo {
        self.inner().info.clone()
    }

    /// The window that shows it, and enough to offer it again.
    pub(super) fn left(&self) -> (String, LeftSession) {
        let info = self.info();
        let left = LeftSession {
            panel: info.id,
            instance: info.instance,
            protocol: info.protocol,
            linked: self.linked.clone(),
            profile: info.profile,
            name: info.name,
            colour: info.colour,
        };
        (info.window, left)
    }

    /// What a second tab of the same is opened for, with as much room as this one has.
    pub(super) fn asked_again(&self) -> Asked {
        let inner = self.inner();
        let start = match &inner.speaks {
            Speaks::Ssh { size, .. } => SessionStart::Ssh { cols: size.columns, rows: size.rows },
            Speaks::Rdp(held) => {
                let adit_rdp::Size { width, height, scale } = held.size;
                SessionStart::Rdp { size: DesktopSize { width, height, scale } }
            }
        };
        Asked {
            instance: self.instance.clone(),
            start,
            window: inner.info.window.clone(),
            linked: self.linked.clone(),
            profile: self.profile.clone(),
            name: inner.info.name.clone(),
            colour: inner.info.colour,
        }
    }

    /// The port on the VM.
    pub(super) fn port(&self) -> u16 {
        self.inner().info.desktop.as_ref().map_or(connect::PORT, |desktop| desktop.port)
    }

    /// What the address that it was opened by says of it.
    pub(crate) fn linked(&self) -> &LinkParameters {
        &self.linked
    }

    /// How it failed, to be explained.
    pub(crate) fn why(&self) -> Why {
        let port = self.port();
        let inner = self.inner();
        let failure = match &inner.info.state {
            SessionState::Failed { failure, .. } => Some(failure.clone()),
            SessionState::Connecting { .. }
            | SessionState::Asking { .. }
            | SessionState::Live
            | SessionState::Resuming { .. }
            | SessionState::Ended { .. } => None,
        };
        let seen = inner.seen.clone().filter(|_| failure.is_some());
        let target = TunnelTarget::Instance {
            instance: self.instance.clone(),
            interface: vm::INTERFACE.to_owned(),
            port,
        };
        Why { target, failure, seen }
    }

    /// The terminal's stream of the attempt that runs or ran last.
    pub(crate) fn outlet(&self) -> Result<Arc<Outlet<Pipe>>, Failure> {
        match &self.inner().speaks {
            Speaks::Ssh { outlet, .. } => Ok(outlet.clone()),
            Speaks::Rdp(_) => Err(words::sessions::shows_desktop()),
        }
    }

    /// The desktop's stream of the attempt that runs or ran last.
    pub(crate) fn screen(&self) -> Result<Arc<Outlet<Screen>>, Failure> {
        match &self.inner().speaks {
            Speaks::Rdp(held) => Ok(held.screen.clone()),
            Speaks::Ssh { .. } => Err(words::sessions::shows_terminal()),
        }
    }

    /// The password that was made for this session.
    pub(crate) fn made_password(&self) -> Result<SecretString, Failure> {
        self.held(|held| held.made.clone()).flatten().ok_or_else(words::windows_password::none_made)
    }

    pub(super) fn terminal_size(&self) -> Size {
        match &self.inner().speaks {
            Speaks::Ssh { size, .. } => *size,
            Speaks::Rdp(_) => Size { columns: 80, rows: 24 },
        }
    }

    pub(super) fn set_terminal_size(&self, new: Size) {
        if let Speaks::Ssh { size, .. } = &mut self.inner().speaks {
            *size = new;
        }
    }

    /// Does something with what a desktop's session holds.
    pub(super) fn held<T>(&self, act: impl FnOnce(&mut desktop::Held) -> T) -> Option<T> {
        match &mut self.inner().speaks {
            Speaks::Rdp(held) => Some(act(held)),
            Speaks::Ssh { .. } => None,
        }
    }

    /// What a connection needs, with the account that is remembered for the session.
    pub(super) fn context(&self) -> Result<Context, Failure> {
        let context = self.surroundings.context(&self.instance, self.profile.as_deref())?;
        self.inner().account = Some(context.account.clone());
        Ok(context)
    }

    pub(super) fn is_of(&self, account: &str) -> bool {
        self.inner().account.as_deref() == Some(account)
    }

    /// The session's account has to sign in again.
    pub(super) fn sign_in_needed(&self) {
        let account = self.inner().account.clone();
        if let Some(account) = account {
            self.surroundings.sign_in_needed(&account);
        }
    }

    /// Changes the session for the attempt of this epoch and tells the front end; what a stopped attempt
    /// still has to say is dropped.
    pub(super) fn change(&self, epoch: u64, change: impl FnOnce(&mut Inner)) {
        self.change_if(epoch, |inner| {
            change(inner);
            Changed::Yes
        });
    }

    /// The same for what may turn out to change nothing, of which nobody is told.
    pub(super) fn change_if(&self, epoch: u64, change: impl FnOnce(&mut Inner) -> Changed) {
        let mut inner = self.inner();
        if inner.epoch == epoch && change(&mut inner) == Changed::Yes {
            // Sent under the lock, so that the front end sees the changes in their order.
            self.sink.send(Event::Session(inner.info.clone()));
        }
    }

    /// Leaves a remark about what may outlive the attempt that began it: in the tab, whatever that shows by now, or, where it
    /// is closed, with the app under this title.
    pub(super) fn remark(&self, title: &str, note: Note) {
        let mut inner = self.inner();
        if inner.closed {
            let (kind, title, advice) = (note.kind, title.to_owned(), note.text);
            self.sink.send(Event::Remark(Remark { kind, title, advice }));
        } else if inner.note(note) == Changed::Yes {
            self.sink.send(Event::Session(inner.info.clone()));
        }
    }

    /// Begins a new attempt in place of the one before.
    pub(super) fn start(self: &Arc<Self>, start: Start) {
        let mut inner = self.inner();
        inner.stop();
        // A key that was shown for an earlier attempt is no longer on offer.
        inner.presented = None;
        inner.seen = None;
        inner.was_live = false;
        inner.info.attempt = inner.info.attempt.wrapping_add(1);
        inner.info.state = connecting(Step::ReadVm, words::sessions::reading(&self.instance.name), now());
        match &mut inner.speaks {
            Speaks::Ssh { outlet, .. } => *outlet = Arc::new(Outlet::new(Pipe::new())),
            Speaks::Rdp(held) => held.screen = Arc::new(Outlet::new(Screen::new())),
        }
        self.sink.send(Event::Session(inner.info.clone()));
        let epoch = inner.epoch;
        let task = tokio::spawn(attempt::run(self.clone(), epoch, start));
        inner.task = Some(task.abort_handle());
        drop(inner);
        // A mistake of ours ends its own tab and nothing else.
        let session = self.clone();
        tokio::spawn(async move {
            if task.await.is_err_and(|error| error.is_panic()) {
                session.surroundings.round_trip(&session.id, None);
                session.change(epoch, |inner| {
                    inner.fail(broken("the session's task"), None);
                });
            }
        });
    }

    /// Names and colours the tab. An empty name takes the VM's again.
    pub(crate) fn label(&self, name: Option<&str>, colour: TabColour) -> Result<(), Failure> {
        let name = name.map(str::trim).filter(|name| !name.is_empty());
        if name.is_some_and(|name| name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control))
        {
            return Err(words::sessions::tab_name(LONGEST_NAME));
        }
        let mut inner = self.inner();
        inner.info.name = name.map(str::to_owned);
        inner.info.colour = colour;
        self.sink.send(Event::Session(inner.info.clone()));
        Ok(())
    }

    /// From now on another window shows it.
    pub(crate) fn show_in(&self, window: &str) {
        let mut inner = self.inner();
        if inner.info.window != window {
            window.clone_into(&mut inner.info.window);
            self.sink.send(Event::Session(inner.info.clone()));
        }
    }

    pub(crate) fn dismiss_note(&self, kind: NoteKind) {
        let mut inner = self.inner();
        inner.info.notes.retain(|note| note.kind != kind);
        self.sink.send(Event::Session(inner.info.clone()));
    }

    /// Ends what runs; the tab stays.
    pub(crate) fn cancel(&self) {
        self.end_with(|was_live| {
            if was_live {
                let end = match self.protocol {
                    Protocol::Ssh => SessionEnd::Closed,
                    Protocol::Rdp => SessionEnd::Said { text: words::desktop::DISCONNECTED.to_owned() },
                };
                SessionState::Ended { end }
            } else {
                SessionState::Failed { failure: failure::cancelled(), was_live }
            }
        });
    }

    pub(super) fn end_with(&self, state: impl FnOnce(bool) -> SessionState) {
        let mut inner = self.inner();
        match inner.info.state {
            SessionState::Connecting { .. }
            | SessionState::Asking { .. }
            | SessionState::Live
            | SessionState::Resuming { .. } => {}
            SessionState::Ended { .. } | SessionState::Failed { .. } => return,
        }
        inner.stop();
        inner.info.state = state(inner.was_live);
        self.sink.send(Event::Session(inner.info.clone()));
        drop(inner);
        self.surroundings.round_trip(&self.id, None);
    }

    pub(super) fn close(&self) {
        {
            let mut inner = self.inner();
            inner.stop();
            inner.closed = true;
        }
        self.surroundings.round_trip(&self.id, None);
    }
}

impl Inner {
    /// Ends the attempt's task and all that belongs to it.
    pub(super) fn stop(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
        }
        self.epoch = self.epoch.wrapping_add(1);
        match &mut self.speaks {
            Speaks::Ssh { outlet, .. } => outlet.way.end(),
            Speaks::Rdp(held) => {
                held.screen.way.end();
                // A desktop ends when nobody holds it any more.
                held.control = None;
            }
        }
        self.asked = None;
        self.control = None;
    }

    /// Notes something: in place of what was said of the same kind, but beside what does not work already.
    pub(super) fn note(&mut self, note: Note) -> Changed {
        let notes = &mut self.info.notes;
        match notes.iter_mut().find(|old| old.kind == note.kind) {
            Some(old) if note.kind == NoteKind::Limited && old.text.contains(&note.text) => {
                return Changed::No;
            }
            // Enough is said: a desktop may give cause for ever more.
            Some(old)
                if note.kind == NoteKind::Limited && old.text.len() + note.text.len() >= LONGEST_REMARK =>
            {
                return Changed::No;
            }
            Some(old) if note.kind == NoteKind::Limited => {
                old.text.push(' ');
                old.text.push_str(&note.text);
            }
            Some(_) | None => {
                notes.retain(|old| old.kind != note.kind);
                notes.push(note);
            }
        }
        Changed::Yes
    }

    /// The attempt is over and did not work.
    pub(super) fn fail(&mut self, failure: Failure, observed: Option<Observed>) {
        self.seen = observed.map(|observed| (observed, now()));
        self.info.state = SessionState::Failed { failure, was_live: self.was_live };
        self.stop();
    }
}

pub(super) fn connecting(step: Step, text: String, since: f64) -> SessionState {
    SessionState::Connecting { step, text, since }
}

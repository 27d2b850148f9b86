//! How each window was left: the arrangement of its tabs, and enough of their sessions to offer them again. In a file,
//! so that it outlives the app, however that ends. Nothing in it connects by itself.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use adit_contract::{Desk, DeskLeft, Failure, LeftSession, MAIN_WINDOW};
use serde::{Deserialize, Serialize};

use crate::{
    file::{
        self,
        versioned::{self, Form, Kept as Read},
    },
    sessions::Sessions,
    windows::is_label,
    words::{files, window as words},
};

/// The largest arrangement of a window's tabs, in bytes.
const LARGEST_DOCK: usize = 256 * 1024;
/// Most sessions of the run before that a window offers.
const MOST_OFFERED: usize = 64;

/// How long the end of the app waits for a save that is under way, and how often.
const SAVE_WAIT: Duration = Duration::from_millis(10);
const SAVE_WAITS: u32 = 100;

/// A window in the file.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Kept {
    dock: String,
    sessions: Vec<LeftSession>,
}

/// The file.
#[derive(Debug, Serialize, Deserialize)]
struct Content {
    /// The app that wrote it has not ended on purpose.
    running: bool,
    windows: BTreeMap<String, Kept>,
}

impl Form for Content {
    const VERSION: u64 = 1;
}

#[derive(Debug, Default)]
struct State {
    /// As the run before left them. A window that was arranged in this one is no longer among them.
    before: BTreeMap<String, Kept>,
    /// As the windows of this run told it last; the sessions are those that are still only offered.
    now: BTreeMap<String, Kept>,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Desks {
    path: PathBuf,
    how: DeskLeft,
    state: Mutex<State>,
    /// Held while writing, so that the last one is the one that stays in the file.
    writing: tokio::sync::Mutex<()>,
}

impl Desks {
    /// Reads what the run before left. A file that cannot be understood is set aside; nobody misses more than places.
    pub(crate) fn load(folder: &Path) -> Self {
        let path = folder.join("desks.json");
        let offered = |content: Content| {
            let how = if content.running { DeskLeft::Crash } else { DeskLeft::Quit };
            (content.windows.into_iter().filter(|(label, kept)| fits(label, kept)).collect(), how)
        };
        let (before, how) = match versioned::read::<Content>(&path) {
            Ok(Read::Value(content)) => offered(content),
            Ok(Read::Later(content)) => {
                tracing::warn!(
                    "A later version of Adit wrote how the windows were left: it is not written anew"
                );
                content.map_or((BTreeMap::new(), DeskLeft::Quit), offered)
            }
            Ok(Read::Absent | Read::SetAside(_)) => (BTreeMap::new(), DeskLeft::Quit),
            Err(error) => {
                tracing::warn!(%error, "How the windows were left could not be read");
                (BTreeMap::new(), DeskLeft::Quit)
            }
        };
        let state = Mutex::new(State { before, now: BTreeMap::new() });
        Self { path, how, state, writing: tokio::sync::Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How a window was left, if it ever was.
    pub(crate) fn left(&self, label: &str) -> Option<Desk> {
        let state = self.state();
        let (left, kept) = match state.now.get(label) {
            Some(kept) => (DeskLeft::ThisRun, kept),
            None => (self.how, state.before.get(label)?),
        };
        Some(Desk { left, dock: kept.dock.clone(), sessions: kept.sessions.clone() })
    }

    /// The windows beside the main one that the run before left with sessions.
    pub(crate) fn windows(&self) -> Vec<String> {
        let state = self.state();
        let beside = state
            .before
            .iter()
            .filter(|(label, kept)| label.as_str() != MAIN_WINDOW && !kept.sessions.is_empty());
        beside.map(|(label, _)| label.clone()).collect()
    }

    /// Takes how a window is arranged now, and writes all of them down.
    pub(crate) async fn save(
        &self,
        label: &str,
        dock: String,
        offered: Vec<LeftSession>,
        sessions: &Sessions,
    ) -> Result<(), Failure> {
        let kept = Kept { dock, sessions: offered };
        if !fits(label, &kept) {
            return Err(words::too_many_tabs());
        }
        let writing = self.writing.lock().await;
        {
            let mut state = self.state();
            state.before.remove(label);
            state.now.insert(label.to_owned(), kept);
        }
        let (path, content) = (self.path.clone(), self.content(sessions, Running::Yes));
        let written = file::blocking(move || versioned::write(&path, &content)).await;
        drop(writing);
        match written {
            // Nobody can do anything about it at each change of a tab.
            Err(error) if versioned::is_later(&error) => Ok(()),
            written => written.map_err(|error| files::failure(words::TABS_NOT_WRITTEN, &self.path, &error)),
        }
    }

    /// A window is gone, and its sessions with it.
    pub(crate) fn closed(&self, label: &str) {
        let mut state = self.state();
        // What the main window was like is remembered: it comes back.
        if label != MAIN_WINDOW {
            state.before.remove(label);
            state.now.remove(label);
        }
    }

    /// The app ends on purpose.
    pub(crate) fn end(&self, sessions: &Sessions) {
        // Nothing was arranged: what the run before left is still what there is to offer.
        if self.state().now.is_empty() {
            return;
        }
        // A save that is under way would put it back that the app runs. It is waited for, but not for ever: its task may be
        // one that ends with the app.
        let _writing = (0..SAVE_WAITS).find_map(|_| {
            let free = self.writing.try_lock().ok();
            if free.is_none() {
                std::thread::sleep(SAVE_WAIT);
            }
            free
        });
        if let Err(error) = versioned::write(&self.path, &self.content(sessions, Running::No)) {
            tracing::warn!(%error, "How the windows were left could not be written");
        }
    }

    /// All windows, with the sessions that each shows now.
    fn content(&self, sessions: &Sessions, running: Running) -> Content {
        let live = sessions.left();
        let state = self.state();
        let mut windows = state.before.clone();
        for (label, kept) in &state.now {
            let shown = live.iter().filter(|(window, _)| window == label).map(|(_, session)| session.clone());
            let sessions = shown.chain(kept.sessions.iter().cloned()).take(MOST_OFFERED).collect();
            windows.insert(label.clone(), Kept { dock: kept.dock.clone(), sessions });
        }
        Content { running: running == Running::Yes, windows }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Running {
    Yes,
    No,
}

/// Whether a window may be remembered like this.
fn fits(label: &str, kept: &Kept) -> bool {
    is_label(label) && kept.dock.len() <= LARGEST_DOCK && kept.sessions.len() <= MOST_OFFERED
}

#[cfg(test)]
mod tests {
    use adit_contract::FailureCode;

    use std::sync::Arc;

    use adit_contract::{DesktopSize, InstanceRef, LinkParameters, Protocol, SessionStart, TabColour};

    use super::*;
    use crate::{file::versioned::tests::later_forms, sessions::tests as testing};

    fn offered(panel: &str) -> LeftSession {
        LeftSession {
            panel: panel.to_owned(),
            instance: InstanceRef { project: "p".into(), zone: "z".into(), name: "old".into() },
            protocol: Protocol::Rdp,
            linked: LinkParameters::default(),
            profile: None,
            name: None,
            colour: TabColour::None,
        }
    }

    /// From a thread of its own, as the shell does it: it waits for a save that is under way.
    fn end(desks: &Desks, sessions: &Sessions) {
        std::thread::scope(|scope| scope.spawn(|| desks.end(sessions)).join()).unwrap();
    }

    fn sessions() -> Arc<Sessions> {
        Arc::new(testing::sessions())
    }

    #[tokio::test]
    async fn what_was_open_is_offered_after_a_quit_and_after_a_crash() {
        let folder = tempfile::tempdir().unwrap();
        let sessions = sessions();
        let vm = InstanceRef { project: "p".into(), zone: "z".into(), name: "vm".into() };
        let size = SessionStart::Ssh { cols: 80, rows: 24 };
        let id = sessions.open(vm.clone(), size, "window-1", LinkParameters::default()).unwrap();
        let offer = crate::link::parse("adit://rdp/p/z/vm?user=ana&port=3390").unwrap();
        let linked = offer.parameters;
        let size = SessionStart::Rdp { size: DesktopSize { width: 800, height: 600, scale: 100 } };
        sessions.open(vm.clone(), size, "window-1", linked.clone()).unwrap();
        sessions.get(&id).unwrap().label(Some("primary"), TabColour::Red).unwrap();
        let desks = Desks::load(folder.path());
        assert_eq!(desks.left(MAIN_WINDOW), None);
        desks.save(MAIN_WINDOW, "{}".into(), vec![offered("left:0")], &sessions).await.unwrap();
        desks.save("window-1", "{\"a\":1}".into(), vec![], &sessions).await.unwrap();
        assert_eq!(desks.left("window-1").unwrap().left, DeskLeft::ThisRun);

        let after = Desks::load(folder.path());
        assert_eq!(after.windows(), ["window-1"]);
        let left = after.left("window-1").unwrap();
        assert_eq!((left.left, left.dock.as_str()), (DeskLeft::Crash, "{\"a\":1}"));
        assert_eq!(left.sessions[0].name.as_deref(), Some("primary"));
        assert_eq!((&left.sessions[0].instance, left.sessions[0].colour), (&vm, TabColour::Red));
        // One that an address opened comes back as that had it.
        assert_eq!((left.sessions[1].protocol, &left.sessions[1].linked), (Protocol::Rdp, &linked));
        assert_eq!(after.left(MAIN_WINDOW).unwrap().sessions, [offered("left:0")]);

        end(&desks, &sessions);
        assert_eq!(Desks::load(folder.path()).left("window-1").unwrap().left, DeskLeft::Quit);
    }

    #[tokio::test]
    async fn a_window_that_is_not_arranged_again_stays_on_offer_until_it_is_closed() {
        let folder = tempfile::tempdir().unwrap();
        let sessions = sessions();
        Desks::load(folder.path())
            .save("window-2", "{}".into(), vec![offered("1")], &sessions)
            .await
            .unwrap();
        let second = Desks::load(folder.path());
        second.save(MAIN_WINDOW, "{}".into(), vec![], &sessions).await.unwrap();
        end(&second, &sessions);
        let third = Desks::load(folder.path());
        assert_eq!(third.windows(), ["window-2"]);
        third.closed("window-2");
        assert_eq!(third.left("window-2"), None);
        // A run that arranges nothing leaves the file alone.
        end(&third, &sessions);
        assert_eq!(Desks::load(folder.path()).windows(), ["window-2"]);
    }

    #[tokio::test]
    async fn what_is_too_large_or_no_window_is_refused_and_a_broken_file_is_set_aside() {
        let folder = tempfile::tempdir().unwrap();
        let sessions = sessions();
        let desks = Desks::load(folder.path());
        for (label, dock, count) in
            [("x", 1, 0), ("window-0", 1, 0), (MAIN_WINDOW, LARGEST_DOCK + 1, 0), (MAIN_WINDOW, 1, 65)]
        {
            let tabs = vec![offered("1"); count];
            let refused = desks.save(label, "x".repeat(dock), tabs, &sessions).await.unwrap_err();
            assert_eq!(refused.code, FailureCode::InvalidInput, "{label} {dock} {count}");
        }
        let kept = Kept { dock: "{}".into(), sessions: vec![offered("1")] };
        let content = Content { running: true, windows: BTreeMap::from([(MAIN_WINDOW.into(), kept)]) };
        for (later, count) in later_forms(Content::VERSION + 1, &content).iter().zip([1, 0]) {
            std::fs::write(folder.path().join("desks.json"), later).unwrap();
            let older = Desks::load(folder.path());
            assert_eq!(older.left(MAIN_WINDOW).map_or(0, |desk| desk.sessions.len()), count);
            older.save(MAIN_WINDOW, "{}".into(), vec![], &sessions).await.unwrap();
            older.end(&sessions);
            assert_eq!(&std::fs::read_to_string(folder.path().join("desks.json")).unwrap(), later);
        }
        std::fs::write(folder.path().join("desks.json"), "{").unwrap();
        assert_eq!(Desks::load(folder.path()).left(MAIN_WINDOW), None);
        assert!(folder.path().join("desks.json.broken").exists());
    }
}

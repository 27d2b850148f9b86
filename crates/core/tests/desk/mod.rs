//! A desk to test at: a local cloud, the app on it, and a person who clicks.

#![allow(dead_code, clippy::allow_attributes, reason = "each test file uses its own part of this")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use adit_cloud::{Landscape, Options};
use adit_contract::{
    Event, FailureCode, InstanceRef, Question, SessionAnswer, SessionInfo, SessionStart, SessionState,
    SignInMethod, SignInState, Step,
};
use adit_core::{
    App, Cloud, Config, EventSink, Folders,
    browser::Browser,
    clipboard::MemoryClipboard,
    keychain::{MemoryVault, Vault},
};
use tokio::sync::watch;
use url::Url;

mod ear;

pub(crate) use ear::Ear;

/// How long a test waits for anything before it is a failure.
const PATIENCE: Duration = Duration::from_secs(90);

/// Follows the sign-in page as a person would: picks a user at a place and goes where the page leads.
pub(crate) struct Person(pub(crate) &'static str);

impl Browser for Person {
    fn open(&self, url: &Url) -> Result<(), String> {
        let (url, choice) = (url.clone(), self.0);
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let client = reqwest::Client::builder().no_proxy().build().unwrap();
                let mut form: Vec<(String, String)> = url.query_pairs().into_owned().collect();
                match choice {
                    "" => form.push(("cancel".to_owned(), "1".to_owned())),
                    user => form.push(("user".to_owned(), user.to_owned())),
                }
                let mut page = url.clone();
                page.set_query(None);
                client.post(page).form(&form).send().await.unwrap();
            });
        });
        Ok(())
    }
}

#[derive(Default)]
pub(crate) struct Recorder {
    events: Mutex<Vec<Event>>,
    count: watch::Sender<usize>,
}

impl EventSink for Recorder {
    fn send(&self, event: Event) {
        self.events.lock().unwrap().push(event);
        self.count.send_modify(|count| *count += 1);
    }
}

impl Recorder {
    pub(crate) fn all(&self) -> Vec<Event> {
        self.events.lock().unwrap().clone()
    }

    /// Starts anew: what came before is of no interest any more.
    pub(crate) fn forget(&self) {
        self.events.lock().unwrap().clear();
    }

    /// Waits for the first event from now or before that fits.
    pub(crate) async fn find<T>(&self, mut fits: impl FnMut(&Event) -> Option<T>) -> T {
        let mut count = self.count.subscribe();
        let mut seen = 0;
        let found = async {
            loop {
                count.borrow_and_update();
                let events = self.all();
                if let Some(found) = events[seen..].iter().find_map(&mut fits) {
                    return found;
                }
                seen = events.len();
                count.changed().await.unwrap();
            }
        };
        match tokio::time::timeout(PATIENCE, found).await {
            Ok(found) => found,
            Err(_) => panic!(
                "it did not happen; the last events: {:#?}",
                self.all().iter().rev().take(6).collect::<Vec<_>>()
            ),
        }
    }
}

pub(crate) struct Desk {
    pub(crate) cloud: adit_cloud::Cloud,
    pub(crate) app: Arc<App>,
    pub(crate) events: Arc<Recorder>,
    pub(crate) config: Config,
    pub(crate) clipboard: Arc<MemoryClipboard>,
    pub(crate) ear: Arc<Ear>,
    folder: tempfile::TempDir,
}

impl Desk {
    /// A cloud and an app to which nobody has signed in.
    pub(crate) async fn new(person: &'static str) -> Self {
        Box::pin(Self::new_with(Options::new(Landscape::demo().unwrap()), person)).await
    }

    /// The same with another cloud.
    pub(crate) async fn new_with(options: Options, person: &'static str) -> Self {
        let cloud = Box::pin(adit_cloud::Cloud::start(options)).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let (clipboard, ear) = (Arc::new(MemoryClipboard::default()), Arc::new(Ear::default()));
        let vault: Arc<dyn Vault> = Arc::new(MemoryVault::new());
        let config = Config {
            folders: Folders {
                settings: folder.path().join("settings"),
                data: folder.path().join("data"),
                run: folder.path().join("run"),
                policy: folder.path().join("policy.json"),
                gcloud_known_hosts: None,
            },
            cloud: Cloud::local(&Url::parse(cloud.url()).unwrap()).await.unwrap(),
            demo: adit_contract::Demo::Unavailable,
            vault,
            browser: Arc::new(Person(person)),
            clipboard: clipboard.clone(),
            loudspeaker: ear.clone(),
            printing: printing(&folder.path().join("programs")),
            downloads: Some(folder.path().join("Downloads")),
            development_origin: None,
            publisher: None,
        };
        let events = Arc::new(Recorder::default());
        let app = Box::pin(App::start(config.clone(), events.clone())).await.unwrap();
        Self { cloud, app, events, config, clipboard, ear, folder }
    }

    /// The same with the person signed in and everything listed.
    pub(crate) async fn signed_in(person: &'static str) -> Self {
        Box::pin(Self::signed_in_with(Options::new(Landscape::demo().unwrap()), person)).await
    }

    /// The same with another cloud.
    pub(crate) async fn signed_in_with(options: Options, person: &'static str) -> Self {
        let desk = Box::pin(Self::new_with(options, person)).await;
        desk.app.sign_in(SignInMethod::Browser).await.unwrap();
        desk.events.find(|event| matches!(event, Event::Accounts(all) if all.len() == 1).then_some(())).await;
        desk.events
            .find(|event| matches!(event, Event::Inventory(all) if all.listed_at.is_some()).then_some(()))
            .await;
        desk
    }

    /// Makes a command of the printing system, a script. Gives the folder that it is in.
    #[cfg(unix)]
    pub(crate) fn command(&self, name: &str, script: &str) -> std::path::PathBuf {
        let programs = self.folder.path().join("programs");
        std::fs::create_dir_all(&programs).unwrap();
        let text = self.folder.path().join("script");
        std::fs::write(&text, format!("#!/bin/sh\n{script}\n")).unwrap();
        // Copied by another process: what this one has open for writing cannot be run.
        let mut install = std::process::Command::new("install");
        assert!(install.args(["-m", "700"]).arg(text).arg(programs.join(name)).status().unwrap().success());
        programs
    }

    pub(crate) async fn sign_in_failure(&self) -> FailureCode {
        self.events
            .find(|event| match event {
                Event::SignIn(SignInState::Failed { failure }) => Some(failure.code),
                _ => None,
            })
            .await
    }

    pub(crate) async fn open(&self, instance: &str) -> String {
        self.app.session_open(instance_ref(instance), SessionStart::Ssh { cols: 80, rows: 24 }).await.unwrap()
    }

    /// Waits until a session's attempt has come to rest: it asks, lives, ended or failed. Trusts new host keys.
    pub(crate) async fn settled(&self, id: &str, attempt: u32) -> SessionInfo {
        let mut trusted = false;
        loop {
            let info = self
                .events
                .find(|event| match event {
                    Event::Session(info) if info.id == id && info.attempt == attempt => match &info.state {
                        SessionState::Connecting { .. } | SessionState::Resuming { .. } => None,
                        SessionState::Asking { .. } if trusted => None,
                        SessionState::Asking { .. }
                        | SessionState::Live
                        | SessionState::Ended { .. }
                        | SessionState::Failed { .. } => Some(info.clone()),
                    },
                    _ => None,
                })
                .await;
            match &info.state {
                SessionState::Asking { question: Question::NewHostKey { .. } } => {
                    trusted = true;
                    self.app.session_answer(id, SessionAnswer::TrustHostKey).await.unwrap();
                }
                _ => return info,
            }
        }
    }

    pub(crate) async fn live(&self, instance: &str) -> String {
        let id = self.open(instance).await;
        let info = self.settled(&id, 1).await;
        assert!(matches!(info.state, SessionState::Live), "{instance}: {:?}", info.state);
        id
    }

    /// The failure with which opening an instance ends.
    pub(crate) async fn failure(&self, instance: &str) -> adit_contract::Failure {
        let id = self.open(instance).await;
        let info = self.settled(&id, 1).await;
        failed(&info)
    }

    /// The steps that a session has shown, each once.
    pub(crate) fn steps(&self, id: &str) -> Vec<Step> {
        let mut steps = Vec::new();
        for event in self.events.all() {
            if let Event::Session(info) = event
                && info.id == id
                && let SessionState::Connecting { step, .. } = info.state
                && steps.last() != Some(&step)
            {
                steps.push(step);
            }
        }
        steps
    }

    /// Types a line by the way of commands, `seq` being the frame's number.
    pub(crate) async fn type_line(&self, id: &str, seq: u32, line: &str) {
        let frame = [b"\0", line.as_bytes(), b"\r"].concat();
        self.app.terminal_push(id, seq, frame.into()).await.unwrap();
    }

    /// Reads by the way of commands until a text has come, and counts what was read as drawn. Gives it all.
    pub(crate) async fn read_until(&self, id: &str, seq: &mut u32, text: &str) -> String {
        let mut all = Vec::new();
        let read = async {
            loop {
                let bytes = self.app.terminal_pull(id).await.unwrap();
                all.extend_from_slice(&bytes);
                let mut drawn = vec![1];
                drawn.extend_from_slice(&u32::try_from(bytes.len()).unwrap().to_be_bytes());
                self.app.terminal_push(id, *seq, drawn.into()).await.unwrap();
                *seq += 1;
                if String::from_utf8_lossy(&all).contains(text) {
                    return;
                }
            }
        };
        let done = tokio::time::timeout(PATIENCE, read).await.is_ok();
        let all = String::from_utf8_lossy(&all).into_owned();
        assert!(
            done,
            "{text:?} did not come; the last of it: {:?}",
            all.chars().rev().take(400).collect::<String>()
        );
        all
    }
}

pub(crate) fn failed(info: &SessionInfo) -> adit_contract::Failure {
    match &info.state {
        SessionState::Failed { failure, .. } => failure.clone(),
        other => panic!("it did not fail: {other:?}"),
    }
}

/// The printing system whose commands are in this folder, where there are any.
#[cfg(unix)]
fn printing(folder: &std::path::Path) -> Arc<dyn adit_core::printing::Printing> {
    Arc::new(adit_core::printing::Cups::in_folder(folder.to_owned()))
}

#[cfg(not(unix))]
fn printing(_folder: &std::path::Path) -> Arc<dyn adit_core::printing::Printing> {
    adit_core::printing::here()
}

/// `project/zone/name`
pub(crate) fn instance_ref(path: &str) -> InstanceRef {
    let mut parts = path.split('/').map(str::to_owned);
    let mut next = || parts.next().unwrap();
    InstanceRef { project: next(), zone: next(), name: next() }
}

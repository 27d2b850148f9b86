//! What may happen to an app that stays open: its disk is full or cannot be written any more, and a task of its own
//! panics. It lives, says so, and loses nothing.

#![expect(clippy::unwrap_used, reason = "what is missing fails the test")]

mod desk;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use adit_contract::{Event, FailureCode, SignInMethod, SignInState};
use adit_core::{App, Config, EventSink, Folders};
use desk::{Desk, Recorder};

const ANA: &str = "ana@acme.example#the office";

/// Panics at the first event of a kind, and keeps all others.
struct Faulty {
    kind: fn(&Event) -> bool,
    panicked: AtomicBool,
    rest: Recorder,
}

impl Faulty {
    fn at(kind: fn(&Event) -> bool) -> Arc<Self> {
        Arc::new(Self { kind, panicked: AtomicBool::new(false), rest: Recorder::default() })
    }
}

impl EventSink for Faulty {
    fn send(&self, event: Event) {
        let first = (self.kind)(&event) && !self.panicked.swap(true, Ordering::SeqCst);
        assert!(!first, "a mistake");
        self.rest.send(event);
    }
}

/// Another app beside the desk's, in the same cloud and with a home of its own.
async fn app(desk: &Desk, home: &tempfile::TempDir, sink: Arc<Faulty>) -> Arc<App> {
    let home = home.path();
    let folders = Folders {
        settings: home.join("settings"),
        data: home.join("data"),
        run: home.join("run"),
        ..desk.config.folders.clone()
    };
    let config = Config { folders, ..desk.config.clone() };
    Box::pin(App::start(config, sink)).await.unwrap()
}

async fn listed(sink: &Faulty) {
    sink.rest
        .find(|event| matches!(event, Event::Inventory(all) if all.listed_at.is_some()).then_some(()))
        .await;
}

#[tokio::test]
async fn a_panic_while_signing_in_ends_in_words_and_the_next_sign_in_works() {
    let (desk, home) = (Desk::new(ANA).await, tempfile::tempdir().unwrap());
    let sink = Faulty::at(|event| matches!(event, Event::SignIn(SignInState::Exchanging)));
    let app = app(&desk, &home, sink.clone()).await;
    app.sign_in(SignInMethod::Browser).await.unwrap();
    let failure = sink
        .rest
        .find(|event| match event {
            Event::SignIn(SignInState::Failed { failure }) => Some(failure.clone()),
            _ => None,
        })
        .await;
    assert_eq!(failure.code, FailureCode::Internal);
    assert!(sink.panicked.load(Ordering::SeqCst));
    app.sign_in(SignInMethod::Browser).await.unwrap();
    listed(&sink).await;
    assert_eq!(app.snapshot().await.accounts.len(), 1);
}

#[tokio::test]
async fn what_tells_of_the_list_begins_again_after_a_panic() {
    let (desk, home) = (Desk::new(ANA).await, tempfile::tempdir().unwrap());
    let sink = Faulty::at(|event| matches!(event, Event::Inventory(_)));
    let app = app(&desk, &home, sink.clone()).await;
    app.sign_in(SignInMethod::Browser).await.unwrap();
    listed(&sink).await;
    assert!(sink.panicked.load(Ordering::SeqCst));
}

/// A disk of our own can be filled and made read-only without touching the machine's, by whoever runs the tests. Where the
/// system or a missing program forbids one, there is nothing to test.
#[cfg(target_os = "linux")]
mod disk {
    use std::{
        collections::BTreeMap,
        io::ErrorKind,
        path::{Path, PathBuf},
        process::Command,
    };

    use adit_contract::{
        Failure, HttpRule, Layout, Profile, ProfileAction, ProfileStart, ProfileTarget, Scope, SettingValue,
        Theme, TunnelAudience, TunnelPlace, TunnelProtocol, TunnelSpec, TunnelState, TunnelTarget,
    };
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpStream,
    };

    use super::*;
    use crate::desk::instance_ref;

    /// Where the disk of our own is. Everything temporary lies on it.
    const DISK: &str = "/mnt";
    const WEB_1: &str = "acme-prod/europe-west1-b/web-1";

    /// Runs the rest of a test where it has a disk of its own; `false` for the one that started it, and where there is none.
    fn is_inside(name: &str) -> bool {
        const INSIDE: &str = "ADIT_TEST_OWN_DISK";
        if std::env::var_os(INSIDE).is_some() {
            return true;
        }
        let made = Command::new("unshare").args(["-rm", "mount", "-t", "tmpfs", "none", DISK]).output();
        if !made.is_ok_and(|made| made.status.success()) {
            eprintln!("not run: no disk of our own can be had here");
            return false;
        }
        let begin = format!("mount -t tmpfs -o size=16m none {DISK} && exec \"$0\" \"$@\"");
        let mut apart = Command::new("unshare");
        apart.args(["-rm", "sh", "-c", &begin]).arg(std::env::current_exe().unwrap());
        let ran = apart
            .args([name, "--exact", "--nocapture"])
            .env(INSIDE, "1")
            .env("TMPDIR", DISK)
            .output()
            .unwrap();
        let (said, wrong) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
        assert!(ran.status.success() && said.contains("1 passed"), "{said}\n{wrong}");
        false
    }

    fn run(program: &str, options: &[&str], folder: &Path) {
        let done = Command::new(program).args(options).arg(folder).status().unwrap();
        assert!(done.success(), "{program} {options:?}");
    }

    /// All files below, with what is in them.
    fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut all = BTreeMap::new();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                all.extend(contents(&path));
            } else if path.is_file() {
                all.insert(path.clone(), std::fs::read(&path).unwrap());
            }
        }
        all
    }

    fn echo() -> TunnelSpec {
        TunnelSpec {
            name: String::new(),
            target: TunnelTarget::Instance {
                instance: instance_ref(WEB_1),
                interface: "nic0".to_owned(),
                port: 7,
            },
            protocol: TunnelProtocol::Any,
            http: HttpRule::Strict,
            audience: TunnelAudience::User,
            place: TunnelPlace::Steady,
            wait_for_vm: false,
        }
    }

    fn profile(name: &str) -> Profile {
        Profile {
            name: name.to_owned(),
            folder: Vec::new(),
            target: ProfileTarget::Instance { instance: instance_ref(WEB_1) },
            action: ProfileAction::Ssh,
            account: None,
            settings: BTreeMap::new(),
            start: ProfileStart::ByHand,
            unconfirmed: None,
        }
    }

    async fn set_theme(app: &App, theme: &str) -> Result<(), Failure> {
        let value = SettingValue::Text(theme.to_owned());
        app.setting_set(Scope::Everywhere, "appearance.theme".to_owned(), value).await
    }

    async fn says_hello(stream: &mut TcpStream) {
        stream.write_all(b"hello").await.unwrap();
        let mut answer = [0; 5];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"hello");
    }

    /// An app with something of everything, a tunnel in use and a session that is on.
    struct Running {
        desk: Desk,
        stream: TcpStream,
        session: String,
        /// Frames of the session's so far.
        seq: u32,
    }

    impl Running {
        async fn start() -> Self {
            let desk = Desk::signed_in(ANA).await;
            let app = &desk.app;
            set_theme(app, "dark").await.unwrap();
            app.profile_save(None, profile("web")).await.unwrap();
            app.favourite_set(instance_ref(WEB_1), true).await.unwrap();
            app.keys_set(BTreeMap::from([("palette".to_owned(), vec!["F2".to_owned()])])).await.unwrap();
            app.layout_set(Layout { explorer_width: 300, ..Layout::default() }).await.unwrap();
            app.desk_save("main", "{}".to_owned(), Vec::new()).await.unwrap();
            let id = app.tunnel_add(echo(), true).await.unwrap();
            let local = desk
                .events
                .find(|event| match event {
                    Event::Tunnel(info) if info.id == id && info.state == TunnelState::Listening => {
                        Some(info.local.clone())
                    }
                    _ => None,
                })
                .await;
            let stream = TcpStream::connect(local).await.unwrap();
            let session = desk.live(WEB_1).await;
            let mut running = Self { desk, stream, session, seq: 0 };
            running.goes_on("before").await;
            running
        }

        /// What is open works as if nothing had been.
        async fn goes_on(&mut self, word: &str) {
            says_hello(&mut self.stream).await;
            // What is typed is echoed: only the shell makes one word of it.
            self.desk.type_line(&self.session, self.seq, &format!("echo it''{word}")).await;
            self.seq += 1;
            self.desk.read_until(&self.session, &mut self.seq, &format!("it{word}")).await;
        }

        /// Everything that a person changes is refused in words, and is as it was.
        async fn refuses(&self, advice: &str) {
            let app = &self.desk.app;
            let folder = self.desk.config.folders.settings.parent().unwrap();
            let before = (contents(folder), app.profiles().await.unwrap(), app.snapshot().await);
            let refused = [
                set_theme(app, "light").await.unwrap_err(),
                app.profile_save(None, profile("db")).await.unwrap_err(),
                app.favourite_set(instance_ref("acme-prod/europe-west1-b/web-2"), true).await.unwrap_err(),
            ];
            for failure in refused {
                assert_eq!(failure.code, FailureCode::File, "{failure:?}");
                assert!(failure.advice.contains(advice), "{failure:?}");
                assert!(failure.facts.iter().any(|fact| fact.label == "File"), "{failure:?}");
            }
            let now = app.snapshot().await;
            assert_eq!((now.settings.theme, app.profiles().await.unwrap()), (Theme::Dark, before.1));
            assert_eq!((now.sessions, now.tunnels.len()), (before.2.sessions, before.2.tunnels.len()));

            // What need not be kept holds until the app ends, and it is said that it is not kept.
            let wide = Layout { explorer_width: 400, ..Layout::default() };
            let keys = BTreeMap::from([("palette".to_owned(), vec!["F4".to_owned()])]);
            let unkept = [
                app.layout_set(wide).await.unwrap_err(),
                app.keys_set(keys.clone()).await.unwrap_err(),
                app.tunnel_add(TunnelSpec { name: "later".to_owned(), ..echo() }, false).await.unwrap_err(),
                app.desk_save("main", "{\"a\":1}".to_owned(), Vec::new()).await.unwrap_err(),
            ];
            assert!(unkept.iter().all(|failure| failure.code == FailureCode::File), "{unkept:?}");
            let now = app.snapshot().await;
            assert_eq!((now.layout, now.keys, now.tunnels.len()), (wide, keys, before.2.tunnels.len() + 1));
            assert_eq!(contents(folder), before.0);
        }

        /// What was refused works again, and is kept.
        async fn takes_it_now(&self) {
            let app = &self.desk.app;
            set_theme(app, "light").await.unwrap();
            app.profile_save(None, profile("db")).await.unwrap();
            app.favourite_set(instance_ref("acme-prod/europe-west1-b/web-2"), true).await.unwrap();
            app.layout_set(Layout { explorer_width: 410, ..Layout::default() }).await.unwrap();
            let next =
                Box::pin(App::start(self.desk.config.clone(), Arc::new(Recorder::default()))).await.unwrap();
            let kept = next.snapshot().await;
            assert_eq!(
                (kept.settings.theme, kept.layout.explorer_width, kept.trouble),
                (Theme::Light, 410, None)
            );
            assert_eq!(next.profiles().await.unwrap().profiles.len(), 2);
            let left: Vec<PathBuf> = contents(self.desk.config.folders.settings.parent().unwrap())
                .into_keys()
                .filter(|path| path.extension().is_some_and(|kind| kind == "new"))
                .collect();
            assert!(left.is_empty(), "{left:?}");
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_disk_that_becomes_full_costs_nothing_of_what_there_is() {
        if !is_inside("disk::a_disk_that_becomes_full_costs_nothing_of_what_there_is") {
            return;
        }
        let mut running = Running::start().await;
        let filler = Path::new(DISK).join("filler");
        let full = std::fs::write(&filler, vec![0; 32 * 1024 * 1024]).unwrap_err();
        assert_eq!(full.kind(), ErrorKind::StorageFull);
        running.refuses("no room").await;
        running.goes_on("full").await;
        std::fs::remove_file(&filler).unwrap();
        running.takes_it_now().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_folder_that_becomes_read_only_costs_nothing_of_what_there_is() {
        if !is_inside("disk::a_folder_that_becomes_read_only_costs_nothing_of_what_there_is") {
            return;
        }
        let mut running = Running::start().await;
        let folder = running.desk.config.folders.settings.parent().unwrap().to_owned();
        // Seen anew by all who go there by its name. What is open already may lie on the same disk.
        run("mount", &["--bind", folder.to_str().unwrap()], &folder);
        run("mount", &["-o", "remount,bind,ro"], &folder);
        running.refuses("nothing can be written").await;
        running.goes_on("readonly").await;
        // An app that begins there has what is there.
        let config = running.desk.config.clone();
        let next = Box::pin(App::start(config, Arc::new(Recorder::default()))).await.unwrap();
        let shown = next.snapshot().await;
        assert_eq!((shown.settings.theme, shown.layout.explorer_width), (Theme::Dark, 300));
        assert_eq!(next.profiles().await.unwrap().profiles.len(), 1);
        drop(next);
        run("umount", &[], &folder);
        running.takes_it_now().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn files_of_a_later_version_are_shown_and_left_alone_whatever_is_changed() {
        let running = Running::start().await;
        let config = running.desk.config.clone();
        let folder = config.folders.settings.parent().unwrap();
        // Written while this version goes on beside the later one.
        let mut later = Vec::new();
        for (path, bytes) in contents(folder) {
            let Ok(mut value) = serde_json::from_slice::<serde_json::Value>(&bytes) else { continue };
            if value.get("version").is_some() {
                value["version"] = 999.into();
                std::fs::write(&path, serde_json::to_vec(&value).unwrap()).unwrap();
                later.push(path);
            }
        }
        for name in
            ["settings.json", "profiles.json", "favourites.json", "keys.json", "layout.json", "desks.json"]
        {
            assert!(later.iter().any(|path| path.ends_with(name)), "{name}: {later:?}");
        }
        let before = contents(folder);
        let app = Box::pin(App::start(config.clone(), Arc::new(Recorder::default()))).await.unwrap();
        assert_eq!(app.snapshot().await.settings.theme, Theme::Dark);
        let list = app.profiles().await.unwrap();
        assert_eq!((list.profiles.len(), list.writable), (1, false));
        let refused = [
            set_theme(&app, "light").await.unwrap_err(),
            app.profile_save(None, profile("db")).await.unwrap_err(),
            app.favourite_set(instance_ref("acme-prod/europe-west1-b/web-2"), true).await.unwrap_err(),
        ];
        for failure in refused {
            assert_eq!(failure.code, FailureCode::File, "{failure:?}");
        }
        // What need not be kept may hold until the app ends.
        let _ = app.layout_set(Layout { explorer_width: 400, ..Layout::default() }).await;
        let _ = app.keys_set(BTreeMap::new()).await;
        let _ = app.desk_save("main", "{\"a\":1}".to_owned(), Vec::new()).await;
        let _ = app.tunnel_add(TunnelSpec { name: "later".to_owned(), ..echo() }, false).await;
        set_theme(&running.desk.app, "light").await.unwrap_err();
        let after = contents(folder);
        for path in later {
            assert_eq!(after.get(&path), before.get(&path), "{}", path.display());
        }
    }
}

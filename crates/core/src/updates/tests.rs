//! Updates from a real HTTPS server, with an updater of the tests' own: what it does stands in the shell and is tested there.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use adit_contract::{Event, FailureCode, UpdateInfo, UpdateSource, UpdateStep, UpdateWay};
use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::PrivatePkcs8KeyDer;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    sync::{Notify, watch},
};

use super::{
    Package, Published, Publisher, UpdateError, Updater,
    fetch::LARGEST_LIST,
    run::{Asking, Updates},
};
use crate::{closing::Live, events::EventSink, settings::table::LookForUpdates};

/// How long anything here may take before it counts as stuck.
const DEADLINE: Duration = Duration::from_secs(30);
const GOOD: &[u8] = b"what was signed";

/// What a path answers.
#[derive(Clone)]
enum Page {
    Body(Vec<u8>),
    To(String),
    /// Says that it has so many bytes, and sends one.
    Long(usize),
    Status(u16),
}

struct Server {
    port: u16,
    certificate: reqwest::Certificate,
    pages: Arc<Mutex<BTreeMap<String, Page>>>,
    /// The heads of the requests.
    heard: Arc<Mutex<Vec<String>>>,
}

impl Server {
    async fn start() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
        params.distinguished_name = rcgen::DistinguishedName::new();
        let made = params.self_signed(&key).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let private = PrivatePkcs8KeyDer::from(key.serialize_der()).into();
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.der().clone()], private)
            .unwrap();
        let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let certificate = reqwest::Certificate::from_der(made.der()).unwrap();
        let (pages, heard) =
            (Arc::<Mutex<BTreeMap<String, Page>>>::default(), Arc::<Mutex<Vec<String>>>::default());
        let (shown, hears) = (pages.clone(), heard.clone());
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (acceptor, shown, hears) = (acceptor.clone(), shown.clone(), hears.clone());
                tokio::spawn(async move {
                    let Ok(mut stream) = acceptor.accept(socket).await else { return };
                    let mut head = Vec::new();
                    while !head.ends_with(b"\r\n\r\n") {
                        let Ok(byte) = stream.read_u8().await else { return };
                        head.push(byte);
                    }
                    let head = String::from_utf8(head).unwrap();
                    let path = head.split(' ').nth(1).unwrap().to_owned();
                    hears.lock().unwrap().push(head);
                    let page = shown.lock().unwrap().get(&path).cloned().unwrap_or(Page::Status(404));
                    let (first, body) = match page {
                        Page::Body(body) => (format!("200 OK\r\ncontent-length: {}", body.len()), body),
                        Page::To(to) => {
                            (format!("302 Found\r\ncontent-length: 0\r\nlocation: {to}"), Vec::new())
                        }
                        Page::Long(size) => (format!("200 OK\r\ncontent-length: {size}"), vec![b' ']),
                        Page::Status(status) => (format!("{status} No\r\ncontent-length: 0"), Vec::new()),
                    };
                    let answer = format!("HTTP/1.1 {first}\r\nconnection: close\r\n\r\n");
                    if stream.write_all(answer.as_bytes()).await.is_err()
                        || stream.write_all(&body).await.is_err()
                    {
                        return;
                    }
                    let _ = stream.flush().await;
                    // Ends when the other side does.
                    let _ = stream.read_to_end(&mut Vec::new()).await;
                });
            }
        });
        Self { port, certificate, pages, heard }
    }

    fn at(&self, path: &str) -> String {
        format!("https://127.0.0.1:{}{path}", self.port)
    }

    fn page(&self, path: &str, page: Page) {
        self.pages.lock().unwrap().insert(path.to_owned(), page);
    }

    /// A list with this version, and its package.
    fn publish(&self, version: &str, way: &str, package: &[u8]) {
        let list =
            json!({ "version": version, "notes": "- better", "way": way, "url": self.at("/package.deb") });
        self.page("/list", Page::Body(list.to_string().into_bytes()));
        self.page("/package.deb", Page::Body(package.to_owned()));
    }

    fn asked(&self) -> usize {
        self.heard.lock().unwrap().len()
    }
}

/// What was done with packages.
#[derive(Debug, Default)]
struct Done {
    installed: Mutex<Vec<Vec<u8>>>,
    restarted: Notify,
}

#[derive(Clone, Default)]
struct Double(Arc<Done>);

impl Updater for Double {
    fn newer(&self, list: &Value) -> Result<Option<Published>, UpdateError> {
        let Some(version) = list["version"].as_str() else {
            return Err(UpdateError::Unreadable("no version".to_owned()));
        };
        assert_ne!(version, "broken", "a mistake");
        Ok((version != "old").then(|| Published {
            version: version.to_owned(),
            notes: list["notes"].as_str().unwrap().to_owned(),
            at: None,
            address: list["url"].as_str().unwrap().parse().unwrap(),
            way: match list["way"].as_str().unwrap() {
                "package" => UpdateWay::Package { file: "package.deb".to_owned() },
                _ => UpdateWay::Install,
            },
            package: Arc::new(self.clone()),
        }))
    }

    fn restart(&self) {
        self.0.restarted.notify_one();
    }
}

impl Package for Double {
    fn verify(&self, bytes: &[u8]) -> Result<(), UpdateError> {
        if bytes == GOOD { Ok(()) } else { Err(UpdateError::Untrusted("other bytes".to_owned())) }
    }

    fn install(&self, bytes: &[u8]) -> Result<(), UpdateError> {
        self.verify(bytes)?;
        self.0.installed.lock().unwrap().push(bytes.to_owned());
        Ok(())
    }
}

struct Told(watch::Sender<UpdateInfo>);

impl EventSink for Told {
    fn send(&self, event: Event) {
        if let Event::Update(info) = event {
            self.0.send_replace(*info);
        }
    }
}

struct Under {
    updates: Arc<Updates>,
    done: Double,
    told: watch::Receiver<UpdateInfo>,
}

impl Under {
    fn of(server: &Server, folder: &Path, look: LookForUpdates) -> Self {
        Self::with(server.at("/list"), Some(server.certificate.clone()), folder, look)
    }

    fn with(
        list: String,
        trusted: Option<reqwest::Certificate>,
        folder: &Path,
        look: LookForUpdates,
    ) -> Self {
        let done = Double::default();
        let publisher = Publisher { list: list.parse().unwrap(), updater: Arc::new(done.clone()) };
        let client = move || reqwest::Client::builder().no_proxy().tls_certs_only(trusted.clone());
        let (tell, told) = watch::channel(UpdateInfo::default());
        let updates = Updates::with(Some(publisher), Box::new(client), folder, look, Arc::new(Told(tell)));
        Self { updates, done, told }
    }

    async fn until(&mut self, is: impl FnMut(&UpdateInfo) -> bool) -> UpdateInfo {
        tokio::time::timeout(DEADLINE, self.told.wait_for(is))
            .await
            .expect("it never came so far")
            .unwrap()
            .clone()
    }

    /// What comes of asking.
    async fn check(&mut self) -> UpdateInfo {
        self.updates.check().unwrap();
        self.until(|info| info.step == UpdateStep::Idle).await
    }

    /// What was put in place so far.
    fn installed(&self) -> Vec<Vec<u8>> {
        self.done.0.installed.lock().unwrap().clone()
    }

    /// Waits for the new version to be started; gives what was put in place before.
    async fn started(&self) -> Vec<Vec<u8>> {
        let started = self.done.0.restarted.notified();
        tokio::time::timeout(DEADLINE, started).await.expect("it was never started");
        self.installed()
    }
}

fn nothing_live() -> Live {
    Live::default()
}

fn two_live() -> Live {
    Live { sessions: 1, tunnels: 1 }
}

#[tokio::test]
async fn a_newer_version_is_told_fetched_checked_installed_and_started() {
    let (server, folder) = (Server::start().await, tempfile::tempdir().unwrap());
    server.publish("2.0.0", "install", GOOD);
    let mut under = Under::of(&server, folder.path(), LookForUpdates::Tell);
    assert_eq!(under.updates.info().source, UpdateSource::Publisher);
    under.updates.install(nothing_live).unwrap_err();
    let info = under.check().await;
    let release = info.release.expect("a newer version");
    assert_eq!((release.version.as_str(), release.notes.as_str()), ("2.0.0", "- better"));
    assert_eq!(info.failure, None);
    assert_eq!(server.asked(), 1, "nothing is fetched before the person says so");
    under.updates.install(nothing_live).unwrap();
    under.until(|info| info.step == UpdateStep::Installing).await;
    assert_eq!(under.started().await, [GOOD]);
}

#[tokio::test]
async fn only_the_version_is_said_of_this_computer() {
    let (server, folder) = (Server::start().await, tempfile::tempdir().unwrap());
    server.publish("old", "install", GOOD);
    let mut under = Under::of(&server, folder.path(), LookForUpdates::Tell);
    let info = under.check().await;
    assert_eq!((info.release, info.failure), (None, None));
    assert!(info.checked.is_some());
    let heard = server.heard.lock().unwrap().first().cloned().unwrap();
    let mut lines: Vec<String> = heard.trim().lines().map(str::to_lowercase).collect();
    lines.sort();
    let agent = format!("user-agent: adit/{}", env!("CARGO_PKG_VERSION"));
    let encodings = lines.iter().find(|line| line.starts_with("accept-encoding")).cloned();
    let mut wanted = vec![
        "accept: */*".to_owned(),
        "get /list http/1.1".to_owned(),
        format!("host: 127.0.0.1:{}", server.port),
        agent,
    ];
    wanted.extend(encodings);
    wanted.sort();
    assert_eq!(lines, wanted);
}

#[tokio::test]
async fn nothing_that_runs_is_ended_before_the_person_agrees() {
    let (server, folder) = (Server::start().await, tempfile::tempdir().unwrap());
    server.publish("2.0.0", "install", GOOD);
    let mut under = Under::of(&server, folder.path(), LookForUpdates::Tell);
    under.check().await;
    under.updates.install(two_live).unwrap();
    let ready = UpdateStep::Ready { sessions: 1, tunnels: 1 };
    under.until(|info| info.step == ready).await;
    // Asking again changes nothing, and later means that it is thrown away.
    under.updates.check().unwrap();
    under.updates.install(nothing_live).unwrap();
    assert_eq!(under.updates.info().step, ready);
    under.updates.cancel();
    assert_eq!(under.updates.info().step, UpdateStep::Idle);
    assert_eq!(under.updates.restart(two_live).unwrap_err().code, FailureCode::InvalidInput);
    assert!(under.installed().is_empty());

    under.updates.install(two_live).unwrap();
    under.until(|info| info.step == ready).await;
    under.updates.restart(two_live).unwrap();
    assert_eq!(under.started().await, [GOOD]);
    under.updates.cancel();
    assert_eq!(under.updates.info().step, UpdateStep::Installing, "that cannot be cancelled");
}

#[tokio::test]
async fn what_began_while_it_was_installed_is_not_ended_before_the_person_agrees() {
    let (server, folder) = (Server::start().await, tempfile::tempdir().unwrap());
    server.publish("2.0.0", "install", GOOD);
    let mut under = Under::of(&server, folder.path(), LookForUpdates::Tell);
    under.check().await;
    // A session is there as soon as the package is in place.
    let done = under.done.clone();
    let live = move || Live { sessions: u32::from(!done.0.installed.lock().unwrap().is_empty()), tunnels: 0 };
    under.updates.install(live.clone()).unwrap();
    let ready = UpdateStep::Ready { sessions: 1, tunnels: 0 };
    under.until(|info| info.step == ready).await;
    assert_eq!(under.installed(), [GOOD]);
    assert!(!under.updates.installs());
    // Said later, it is neither fetched nor installed again.
    under.updates.cancel();
    let asked = server.asked();
    under.updates.install(live).unwrap();
    under.until(|info| info.step == ready).await;
    // More than was told: it is asked once more.
    under.updates.restart(|| Live { sessions: 2, tunnels: 0 }).unwrap();
    under.until(|info| info.step == UpdateStep::Ready { sessions: 2, tunnels: 0 }).await;
    under.updates.restart(two_live).unwrap();
    under.until(|info| info.step == UpdateStep::Ready { sessions: 1, tunnels: 1 }).await;
    under.updates.restart(two_live).unwrap();
    assert_eq!(under.started().await, [GOOD]);
    assert!(under.updates.installs());
    assert_eq!(server.asked(), asked);
}

#[tokio::test]
async fn other_bytes_are_refused_and_change_nothing() {
    let (server, folder) = (Server::start().await, tempfile::tempdir().unwrap());
    server.publish("2.0.0", "install", b"what somebody put in its place");
    let mut under = Under::of(&server, folder.path(), LookForUpdates::Tell);
    under.check().await;
    under.updates.install(nothing_live).unwrap();
    let info = under.until(|info| info.failure.is_some()).await;
    assert_eq!(info.failure.unwrap().code, FailureCode::UpdateRefused);
    assert_eq!(info.step, UpdateStep::Idle);
    assert!(under.installed().is_empty());
    // What was said is put away, and it can be tried again.
    under.updates.cancel();
    assert_eq!(under.updates.info().failure, None);
    server.publish("2.0.0", "install", GOOD);
    under.updates.install(two_live).unwrap();
    under.until(|info| matches!(info.step, UpdateStep::Ready { .. })).await;
}

#[tokio::test]
async fn a_package_of_the_system_is_only_shown_the_way_to() {
    let (server, folder) = (Server::start().await, tempfile::tempdir().unwrap());
    server.publish("2.0.0", "package", GOOD);
    let mut under = Under::of(&server, folder.path(), LookForUpdates::Tell);
    assert_eq!(under.updates.address().unwrap_err().code, FailureCode::InvalidInput);
    under.check().await;
    assert_eq!(under.updates.install(nothing_live).unwrap_err().code, FailureCode::InvalidInput);
    assert_eq!(under.updates.address().unwrap().as_str(), server.at("/package.deb"));
    assert_eq!(server.asked(), 1);
}

#[tokio::test]
async fn a_package_on_another_server_is_none() {
    let (server, folder) = (Server::start().await, tempfile::tempdir().unwrap());
    let list = json!({ "version": "2.0.0", "notes": "", "way": "package", "url": "https://acme.example/package.deb" });
    server.page("/list", Page::Body(list.to_string().into_bytes()));
    let mut under = Under::of(&server, folder.path(), LookForUpdates::Tell);
    let info = under.check().await;
    assert_eq!(info.release, None);
    assert!(info.failure.unwrap().server.unwrap().text.contains("another server"));
    assert_eq!(under.updates.address().unwrap_err().code, FailureCode::InvalidInput);
}

#[tokio::test]
async fn a_build_that_knows_no_publisher_asks_nobody() {
    let (tell, told) = watch::channel(UpdateInfo::default());
    let folder = tempfile::tempdir().unwrap();
    let updates = Updates::new(None, folder.path(), LookForUpdates::Tell, Arc::new(Told(tell)));
    assert_eq!(updates.info().source, UpdateSource::Elsewhere);
    assert_eq!(updates.check().unwrap_err().code, FailureCode::NotSupported);
    // Ends at once, where it would wait for the clock.
    tokio::time::timeout(DEADLINE, updates.clone().look(|| LookForUpdates::Tell)).await.unwrap();
    assert!(!told.has_changed().unwrap());
}

#[tokio::test]
async fn what_is_no_list_or_comes_from_elsewhere_is_refused_in_words() {
    let (server, folder) = (Server::start().await, tempfile::tempdir().unwrap());
    let elsewhere = Server::start().await;
    elsewhere.publish("2.0.0", "install", GOOD);
    let plain = format!("http://127.0.0.1:{}/list", server.port);
    let cases = [
        (Page::Status(503), FailureCode::Server, "is not there"),
        (Page::Status(204), FailureCode::Server, "is not there"),
        (Page::Body(b"<html>".to_vec()), FailureCode::Server, "could not be understood"),
        (Page::Body(b"{}".to_vec()), FailureCode::Server, "could not be understood"),
        (Page::Body(vec![b' '; LARGEST_LIST + 1]), FailureCode::Server, "too large"),
        (Page::Long(usize::MAX / 2), FailureCode::Server, "too large"),
        (Page::To(elsewhere.at("/list")), FailureCode::Server, "elsewhere"),
        (Page::To(plain), FailureCode::Server, "elsewhere"),
        (Page::To(server.at("/list")), FailureCode::Server, "elsewhere"),
    ];
    for (page, code, words) in cases {
        server.page("/list", page);
        let mut under = Under::of(&server, folder.path(), LookForUpdates::Off);
        let failure = under.check().await.failure.expect(words);
        assert_eq!(failure.code, code, "{failure:?}");
        assert!(failure.title.contains(words), "{failure:?}");
    }
    assert_eq!(elsewhere.asked(), 0);
}

#[tokio::test]
async fn a_server_that_nobody_vouches_for_is_not_believed() {
    let (server, folder) = (Server::start().await, tempfile::tempdir().unwrap());
    server.publish("2.0.0", "install", GOOD);
    let mut under = Under::with(server.at("/list"), None, folder.path(), LookForUpdates::Tell);
    let info = under.check().await;
    assert_eq!(info.failure.unwrap().code, FailureCode::Network);
    assert_eq!((info.release, info.checked), (None, None));
    let plain = format!("http://127.0.0.1:{}/list", server.port);
    let trusted = Some(server.certificate.clone());
    let mut under = Under::with(plain, trusted, folder.path(), LookForUpdates::Tell);
    assert_eq!(under.check().await.failure.unwrap().code, FailureCode::Network);
    assert_eq!(server.asked(), 0);
}

#[tokio::test]
async fn what_the_app_asks_by_itself_fails_quietly() {
    let (server, folder) = (Server::start().await, tempfile::tempdir().unwrap());
    let mut under = Under::of(&server, folder.path(), LookForUpdates::Tell);
    under.updates.ask_as(Asking::Clock);
    let info = under.until(|info| info.step == UpdateStep::Idle).await;
    assert_eq!((info.failure, info.checked), (None, None), "nobody answered: it is asked again");
    assert!(under.check().await.failure.is_some());
    assert_eq!(server.asked(), 2);
}

#[tokio::test]
async fn a_download_that_stands_still_can_be_cancelled() {
    let (server, folder) = (Server::start().await, tempfile::tempdir().unwrap());
    server.publish("2.0.0", "install", GOOD);
    server.page("/package.deb", Page::Long(1000));
    let mut under = Under::of(&server, folder.path(), LookForUpdates::Tell);
    under.check().await;
    under.updates.install(nothing_live).unwrap();
    let size = Some(1000.0);
    under.until(|info| matches!(info.step, UpdateStep::Downloading { size: said, .. } if said == size)).await;
    under.updates.cancel();
    let info = under.updates.info();
    assert_eq!((info.step, info.failure), (UpdateStep::Idle, None));
    assert!(info.release.is_some(), "it is still there to be wanted later");
}

#[tokio::test]
async fn an_answer_is_remembered_and_read_anew_after_a_start() {
    let (server, folder) = (Server::start().await, tempfile::tempdir().unwrap());
    server.publish("2.0.0", "install", GOOD);
    let first = Under::of(&server, folder.path(), LookForUpdates::Tell).check().await;
    let again = Under::of(&server, folder.path(), LookForUpdates::Tell).updates.info();
    assert_eq!((again.release, again.checked), (first.release, first.checked));
    let off = Under::of(&server, folder.path(), LookForUpdates::Off).updates.info();
    assert_eq!((off.release, off.checked), (None, None));
    assert_eq!(server.asked(), 1);

    // Somebody changed the file.
    let file = folder.path().join("updates.json");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("https://", "http://")).unwrap();
    assert_eq!(Under::of(&server, folder.path(), LookForUpdates::Tell).updates.info().release, None);
    std::fs::write(&file, "{").unwrap();
    assert_eq!(Under::of(&server, folder.path(), LookForUpdates::Tell).updates.info().checked, None);
}

#[tokio::test]
async fn a_panic_ends_the_look_in_words_and_the_next_one_works() {
    let (server, folder) = (Server::start().await, tempfile::tempdir().unwrap());
    server.publish("broken", "install", GOOD);
    let mut under = Under::of(&server, folder.path(), LookForUpdates::Tell);
    assert_eq!(under.check().await.failure.map(|failure| failure.code), Some(FailureCode::Internal));
    server.publish("2.0.0", "install", GOOD);
    let info = under.check().await;
    assert_eq!((info.release.map(|release| release.version), info.failure), (Some("2.0.0".to_owned()), None));
}

#[tokio::test]
async fn a_later_versions_answer_is_neither_believed_nor_written_over() {
    let (server, folder) = (Server::start().await, tempfile::tempdir().unwrap());
    server.publish("2.0.0", "install", GOOD);
    let path = folder.path().join("updates.json");
    let later = json!({"version": 2, "at": 1.0, "list": {"version": "9.0.0", "notes": "", "way": "install"}})
        .to_string();
    std::fs::write(&path, &later).unwrap();
    let mut under = Under::of(&server, folder.path(), LookForUpdates::Tell);
    assert_eq!(under.updates.info().release, None);
    assert_eq!(under.check().await.release.map(|release| release.version).as_deref(), Some("2.0.0"));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), later);
}

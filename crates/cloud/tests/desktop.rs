//! Remote desktops behind the relay: how the cloud starts their servers, what it tells them, and how it ends them. The
//! server here is a script that writes down what it is told; what is sent to it ends at the test.

#![cfg(test)]
#![cfg(unix)]

mod wire;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use adit_cloud::{Cloud, Landscape, Options};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use wire::{Client, Got, connect_to, stream};

const PATIENCE: Duration = Duration::from_secs(60);
const RDP: u16 = 3389;

/// One running Windows machine with a desktop, and its first user's account.
fn landscape() -> Landscape {
    let json = json!({
        "organization": {"domain": "test.example", "id": 1},
        "zones": [{"name": "test-a"}],
        "projects": [{
            "id": "mine", "number": 11, "name": "Mine", "parent": "organizations/1",
            "policy": {"bindings": [{"role": "roles/owner", "members": ["user:ana@test.example"]}]},
        }],
        "instances": [{
            "project": "mine", "zone": "test-a", "name": "web-1", "os": "windows", "ip": "10.0.0.2",
            "ports": {"3389": "desktop"}, "windowsUsers": {"ana": "first password"},
        }],
        "users": [{"email": "ana@test.example", "name": "Ana", "places": [{"name": "office", "ip": "203.0.113.7"}]}],
        "operationMs": 20,
    });
    Landscape::parse(&json.to_string()).unwrap()
}

/// A cloud with a stand-in for the server of its desktop.
struct Scene {
    folder: TempDir,
    listener: TcpListener,
    cloud: Cloud,
}

impl Scene {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (program, notes) = (folder.path().join("server"), folder.path().join("told"));
        // not echo, which reads some letters as orders
        let script = format!(
            "#!/bin/sh\nnotes='{}'\nnote() {{ printf '%s\\n' \"$1\" >> \"$notes\"; }}\nnote \"start $$ $*\"\n\
             read -r first; note \"$first\"\nread -r accounts; note \"$accounts\"\n\
             echo '{{\"port\":{port},\"certificate\":\"00\"}}'\n\
             while read -r line; do note \"$line\"; done\nnote end\n",
            notes.display()
        );
        fs::write(&program, script).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let cloud = start(Some(program)).await;
        Self { folder, listener, cloud }
    }

    /// What the server was told, once there are so many lines.
    async fn told(&self, count: usize) -> Vec<String> {
        let notes = self.folder.path().join("told");
        let wait = async {
            loop {
                let text = fs::read_to_string(&notes).unwrap_or_default();
                if text.lines().count() >= count {
                    return text.lines().map(str::to_owned).collect();
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.expect("it is told more")
    }

    /// The server's end of a connection, and the key that it began with.
    async fn accept(&self) -> (TcpStream, String) {
        let (mut stream, _) = tokio::time::timeout(PATIENCE, self.listener.accept()).await.unwrap().unwrap();
        let mut key = vec![0; 64];
        stream.read_exact(&mut key).await.unwrap();
        (stream, String::from_utf8(key).unwrap())
    }
}

async fn start(program: Option<PathBuf>) -> Cloud {
    let mut options = Options::new(landscape());
    options.rdp_host = program;
    Cloud::start(options).await.unwrap()
}

fn parsed(line: &str) -> Value {
    serde_json::from_str(line).unwrap()
}

#[tokio::test]
async fn a_connection_reaches_a_server_that_knows_the_accounts() {
    let scene = Scene::new().await;
    let mut near = stream(&scene.cloud, RDP).await;
    let (mut far, key) = scene.accept().await;
    near.write_all(b"hello").await.unwrap();
    let mut heard = [0; 5];
    far.read_exact(&mut heard).await.unwrap();
    assert_eq!(&heard, b"hello");
    far.write_all(b"there").await.unwrap();
    near.read_exact(&mut heard).await.unwrap();
    assert_eq!(&heard, b"there");

    let told = scene.told(3).await;
    // no secret stands on a command line, which everybody can read
    assert!(
        told[0].starts_with("start ") && told[0].ends_with(" --stdin-accounts --name web-1"),
        "{}",
        told[0]
    );
    let first = parsed(&told[1]);
    assert_eq!(first["key"], json!(key));
    assert!(first["certificate"].as_str().unwrap().starts_with("-----BEGIN CERTIFICATE-----"));
    assert!(first["private"].as_str().unwrap().contains("PRIVATE KEY"));
    assert_eq!(parsed(&told[2]), json!({"accounts": [{"name": "ana", "password": "first password"}]}));

    // a second connection is the same server's
    let _second = stream(&scene.cloud, RDP).await;
    assert_eq!(scene.accept().await.1, key);
    assert_eq!(scene.told(3).await.len(), 3);
}

#[tokio::test]
async fn a_new_account_is_told_to_a_server_that_runs() {
    let scene = Scene::new().await;
    let _near = stream(&scene.cloud, RDP).await;
    let _far = scene.accept().await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let vm = format!("{}/compute/v1/projects/mine/zones/test-a/instances/web-1", scene.cloud.url());
    let call = |request: reqwest::RequestBuilder| async {
        let answer = request.bearer_auth(scene.cloud.token()).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.json::<Value>().await.unwrap()
    };
    let metadata = call(client.get(&vm)).await["metadata"].clone();
    // 2048 bits of no use to anybody: the account is made all the same
    let entry = json!({
        "userName": "Ben", "modulus": "gAAB".repeat(86), "exponent": "AQAB", "expireOn": "2099-01-01T00:00:00Z",
    });
    let items = json!([{"key": "windows-keys", "value": entry.to_string()}]);
    let body = json!({"fingerprint": metadata["fingerprint"], "items": items});
    call(client.post(format!("{vm}/setMetadata")).json(&body)).await;
    let accounts = parsed(&scene.told(4).await[3]);
    let names: Vec<&Value> =
        accounts["accounts"].as_array().unwrap().iter().map(|one| &one["name"]).collect();
    assert_eq!(names, ["ana", "Ben"]);
    assert!(accounts["accounts"][1]["password"].as_str().unwrap().len() >= 15);
}

#[tokio::test]
async fn a_server_that_died_is_started_again_as_the_same_machine() {
    let scene = Scene::new().await;
    let _near = stream(&scene.cloud, RDP).await;
    let (_far, key) = scene.accept().await;
    let told = scene.told(3).await;
    let id = told[0].split(' ').nth(1).unwrap();
    let killed = std::process::Command::new("kill").args(["-KILL", id]).status().unwrap();
    assert!(killed.success());
    // the cloud may not have noticed yet; then it connects to a server that is gone, which is this very listener
    let told = loop {
        let _near = stream(&scene.cloud, RDP).await;
        let _far = scene.accept().await;
        let told = scene.told(3).await;
        if told.len() > 3 {
            break scene.told(6).await;
        }
    };
    assert!(told[3].starts_with("start ") && told[3] != told[0]);
    let (before, after) = (parsed(&told[1]), parsed(&told[4]));
    assert_eq!(before["certificate"], after["certificate"]);
    assert_ne!(json!(key), after["key"]);
}

#[tokio::test]
async fn a_server_ends_with_its_machine_and_with_the_cloud() {
    let scene = Scene::new().await;
    let _near = stream(&scene.cloud, RDP).await;
    let _far = scene.accept().await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let reset = format!("{}/compute/v1/projects/mine/zones/test-a/instances/web-1/reset", scene.cloud.url());
    let answer = client.post(reset).bearer_auth(scene.cloud.token()).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(scene.told(4).await[3], "end");
    // the machine is up again in a moment
    let wait = async {
        loop {
            let mut client = Client::open(&scene.cloud, &connect_to(RDP)).await.unwrap();
            if let Got::Sid(_) = client.next().await {
                return client;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let _client = tokio::time::timeout(PATIENCE, wait).await.unwrap();
    assert!(scene.told(7).await[4].starts_with("start "));
    let Scene { folder, listener: _listener, cloud } = scene;
    cloud.stop().await;
    let notes = fs::read_to_string(folder.path().join("told")).unwrap();
    assert_eq!(notes.lines().last(), Some("end"));
}

static NOTICES: AtomicUsize = AtomicUsize::new(0);

#[tokio::test]
async fn without_a_server_nothing_listens_and_it_is_said_once() {
    let mut options = Options::new(landscape());
    options.notice = |words| {
        assert!(words.contains("--rdp-host"), "{words}");
        NOTICES.fetch_add(1, Ordering::SeqCst);
    };
    let cloud = Cloud::start(options).await.unwrap();
    for _ in 0..2 {
        let mut client = Client::open(&cloud, &connect_to(RDP)).await.unwrap();
        assert_eq!(client.next().await, Got::Close(4003));
    }
    assert_eq!(NOTICES.load(Ordering::SeqCst), 1);
    // a program that does not say that it listens is none
    let cloud = start(Some("/bin/false".into())).await;
    let mut client = Client::open(&cloud, &connect_to(RDP)).await.unwrap();
    assert_eq!(client.next().await, Got::Close(4003));
}

/// A change of an instance's text.
type Change<'a> = &'a dyn Fn(&mut Value);

#[test]
fn a_desktop_and_accounts_need_a_windows_instance() {
    let text = |change: Change<'_>| {
        let mut instance = json!({
            "project": "mine", "zone": "test-a", "name": "web-1", "os": "windows", "ip": "10.0.0.2",
            "ports": {"3389": "desktop"}, "windowsUsers": {"ana": "x"},
        });
        change(&mut instance);
        json!({
            "organization": {"domain": "test.example", "id": 1}, "zones": [{"name": "test-a"}],
            "projects": [{"id": "mine", "number": 11, "name": "Mine", "parent": "organizations/1"}],
            "users": [{"email": "a@b.example", "name": "A", "places": [{"name": "x", "ip": "203.0.113.7"}]}],
            "instances": [instance],
        })
        .to_string()
    };
    assert!(Landscape::parse(&text(&|_| ())).is_ok());
    let wrong: [(Change<'_>, &str); 6] = [
        (&|one| one["os"] = json!("linux"), "instances[0].windowsUsers"),
        (
            &|one| {
                one["os"] = json!("linux");
                one["windowsUsers"] = json!({});
            },
            "instances[0].ports.3389",
        ),
        (&|one| one["windowsUsers"] = json!({"a@b": "x"}), "instances[0].windowsUsers.a@b"),
        (&|one| one["windowsUsers"] = json!({"web-1": "x"}), "instances[0].windowsUsers.web-1"),
        (&|one| one["windowsUsers"] = json!({"ana": "x", "Ana": "y"}), "instances[0].windowsUsers.ana"),
        (&|one| one["windowsUsers"] = json!({"ana": ""}), "instances[0].windowsUsers.ana"),
    ];
    for (change, path) in wrong {
        assert_eq!(Landscape::parse(&text(change)).unwrap_err().path, path);
    }
}

//! The `adit` command against the demo landscape: what it prints, and how it ends.

use std::process::{Command, Output, Stdio};

use crate::support::{ADIT, Cloud};
use serde_json::Value;

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Runs `adit` against the cloud, with the first user's token and in a home of its own.
fn adit(cloud: &Cloud, words: &[&str]) -> Output {
    without_token(cloud, words).arg_token(cloud).output().expect("`adit` starts")
}

trait ArgToken {
    fn arg_token(&mut self, cloud: &Cloud) -> &mut Self;
}

impl ArgToken for Command {
    fn arg_token(&mut self, cloud: &Cloud) -> &mut Self {
        self.env("ADIT_ACCESS_TOKEN", std::fs::read_to_string(&cloud.token_file).expect("the token"))
    }
}

fn without_token(cloud: &Cloud, words: &[&str]) -> Command {
    let mut command = Command::new(ADIT);
    command
        .args(words)
        .env("ADIT_CLOUD", &cloud.url)
        .env("ADIT_HOME", cloud.folder.path().join("home"))
        .env("ADIT_KEYCHAIN", "memory")
        .env("NO_PROXY", "127.0.0.1,localhost,::1")
        .stdin(Stdio::null());
    command
}

#[test]
fn ls_prints_a_line_of_json_for_each_instance() {
    let cloud = Cloud::demo();
    let output = adit(&cloud, &["ls", "--json"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let lines: Vec<Value> = text(&output.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).expect("each line is JSON"))
        .collect();
    assert!(lines.len() >= 30, "only {} instances", lines.len());
    let web = lines.iter().find(|line| line["name"] == "web-1").expect("web-1 is there");
    assert_eq!((&web["project"], &web["zone"]), (&"acme-prod".into(), &"europe-west1-b".into()), "{web}");
    assert_eq!((&web["status"], &web["os"]), (&"RUNNING".into(), &"linux".into()), "{web}");
    assert!(web["id"].as_str().is_some_and(|id| id.parse::<u64>().is_ok()), "{web}");
    assert!(web["internalIp"].as_str().is_some_and(|ip| ip.starts_with("10.")), "{web}");
    assert!(lines.iter().any(|line| line["os"] == "windows"));
    assert!(lines.iter().any(|line| line["status"] == "TERMINATED"));
    assert!(!text(&output.stderr).is_empty(), "a project that could not be listed is named");
}

#[test]
fn ssh_runs_a_command_and_ends_with_its_status() {
    let cloud = Cloud::demo();
    let output =
        adit(&cloud, &["ssh", "acme-prod/europe-west1-b/web-1", "--", "echo $((6*7)); echo no >&2; exit 7"]);
    assert_eq!(text(&output.stdout), "42\n", "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("no\n"));
    assert_eq!(output.status.code(), Some(7));
}

#[test]
fn ssh_without_a_remote_status_ends_with_255() {
    let cloud = Cloud::demo();
    let output =
        adit(&cloud, &["ssh", "web-3", "--project", "acme-prod", "--zone", "europe-west1-b", "--", "true"]);
    assert_eq!(output.status.code(), Some(255));
    assert!(text(&output.stderr).contains("web-3 is stopped"), "{}", text(&output.stderr));
}

#[test]
fn a_denied_probe_ends_with_3() {
    let cloud = Cloud::demo();
    let output = adit(&cloud, &["tunnel", "acme-data-platform/europe-west1-b/billing-db-7", "22", "--json"]);
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
    let error: Value = serde_json::from_str(text(&output.stderr).trim()).expect("one line of JSON");
    assert_eq!(error["error"]["code"], "notAuthorized", "{error}");
    assert!(
        error["error"]["message"].as_str().is_some_and(|message| message.contains("billing-db-7")),
        "{error}"
    );
    assert_eq!(text(&output.stdout), "", "no port pretends");
}

#[test]
fn an_unknown_or_unreachable_target_ends_with_4() {
    let cloud = Cloud::demo();
    for (instance, port) in
        [("acme-prod/europe-west1-b/nobody", "22"), ("acme-prod/europe-west1-b/web-1", "9")]
    {
        let output = adit(&cloud, &["tunnel", instance, port]);
        assert_eq!(output.status.code(), Some(4), "{instance} {port}: {}", text(&output.stderr));
        assert!(text(&output.stderr).starts_with("adit: "), "{}", text(&output.stderr));
    }
}

#[test]
fn nobody_signed_in_ends_with_5() {
    let cloud = Cloud::demo();
    let output = without_token(&cloud, &["ls"]).output().expect("`adit` starts");
    assert_eq!(output.status.code(), Some(5), "{}", text(&output.stderr));
}

#[test]
fn wrong_usage_ends_with_2() {
    let cloud = Cloud::demo();
    for words in [
        vec!["tunnel", "web-1", "22"],
        vec!["tunnel", "p/z/web-1", "0"],
        vec!["tunnel", "p/z/web-1"],
        vec!["tunnel", "p/z/web-1", "22", "--local", "0.0.0.0:0"],
        vec!["cloud", "--listen", "0.0.0.0:0"],
        vec!["cloud", "--fault", "no-such-fault=1"],
        vec!["frobnicate"],
    ] {
        let output = adit(&cloud, &words);
        assert_eq!(output.status.code(), Some(2), "{words:?}: {}", text(&output.stderr));
    }
}

#[test]
fn a_relay_without_tls_is_refused() {
    let cloud = Cloud::demo();
    let output = adit(&cloud, &["tunnel", "p/z/web-1", "22", "--relay-url", "ws://127.0.0.1:1/v4"]);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
}

/// A tunnel to web-1's SSH that is up, and what it prints.
#[cfg(unix)]
struct Tunnel {
    process: crate::support::Running,
    lines: Option<std::io::Lines<std::io::BufReader<std::process::ChildStdout>>>,
    local: String,
}

#[cfg(unix)]
impl Tunnel {
    fn open(cloud: &Cloud) -> Self {
        use std::io::BufRead as _;
        let mut child = cloud
            .adit(&["tunnel", "acme-prod/europe-west1-b/web-1", "22", "--json"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("`adit` starts");
        let stdout = child.stdout.take().expect("it has an output");
        let process = crate::support::Running(child);
        let mut lines = std::io::BufReader::new(stdout).lines();
        let line = lines.next().expect("a line").expect("that can be read");
        let listening: Value = serde_json::from_str(&line).expect("JSON");
        assert_eq!(listening["event"], "listening", "{listening}");
        let local = listening["local"].as_str().expect("an address").to_owned();
        Self { process, lines: Some(lines), local }
    }

    /// Connects and reads the SSH server's greeting.
    fn connect(&self) -> std::net::TcpStream {
        use std::io::Read as _;
        let mut stream = std::net::TcpStream::connect(&self.local).expect("the port is open");
        let mut greeting = [0; 4];
        stream.read_exact(&mut greeting).expect("the tunnel carries");
        assert_eq!(&greeting, b"SSH-");
        stream
    }

    fn terminate(&self) {
        let done = Command::new("kill").args(["-TERM", &self.process.0.id().to_string()]).status();
        assert!(done.expect("`kill` starts").success());
    }
}

#[cfg(unix)]
#[test]
fn a_tunnel_that_is_told_to_end_ends_its_connections_and_says_so() {
    let cloud = Cloud::demo();
    let mut tunnel = Tunnel::open(&cloud);
    let _open = tunnel.connect();
    tunnel.terminate();
    let rest: Vec<Value> = tunnel
        .lines
        .take()
        .expect("its output")
        .map(|line| serde_json::from_str(&line.expect("a line that can be read")).expect("JSON"))
        .collect();
    let events: Vec<&str> = rest.iter().filter_map(|line| line["event"].as_str()).collect();
    assert_eq!(events, ["connected", "closed"], "{rest:?}");
    assert_eq!(tunnel.process.0.wait().expect("it ends").code(), Some(0));
}

#[cfg(unix)]
#[test]
fn a_tunnel_outlives_whoever_read_its_events() {
    let cloud = Cloud::demo();
    let mut tunnel = Tunnel::open(&cloud);
    drop(tunnel.lines.take());
    // Each of these tells events to a pipe that nobody reads.
    drop(tunnel.connect());
    drop(tunnel.connect());
    drop(tunnel.connect());
    tunnel.terminate();
    assert_eq!(tunnel.process.0.wait().expect("it ends").code(), Some(0));
}

//! The stand-in for a Windows VM, and the landscape that it stands in.

use std::{
    io::{BufRead as _, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use adit_cloud::Landscape;
use serde_json::{Value, json};

use crate::{PASSWORD, PATIENCE};

/// Where the stand-in lies; a benchmark names one that is built for speed.
pub(crate) fn program() -> PathBuf {
    if let Some(program) = std::env::var_os("ADIT_RDP_HOST") {
        return program.into();
    }
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/rdp-host/target/debug/rdp-host")
        .with_extension(std::env::consts::EXE_EXTENSION)
}

/// The running stand-in; it ends with this value.
pub(crate) struct Host {
    pub(crate) child: Child,
    pub(crate) port: u16,
    pub(crate) certificate: String,
    /// What it says it got.
    pub(crate) report: Arc<Mutex<Vec<Value>>>,
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Host {
    pub(crate) fn start(options: &[&str]) -> Self {
        let mut child = Command::new(program())
            .args(["--user", "tester", "--password", PASSWORD, "--report"])
            .args(options)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("`cargo xtask test` builds the stand-in, as does `cargo build` in tests/rdp-host");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let ready: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        let port = u16::try_from(ready["port"].as_u64().unwrap()).unwrap();
        let report: Arc<Mutex<Vec<Value>>> = Arc::default();
        std::thread::spawn({
            let report = report.clone();
            // It ends with the program.
            move || {
                for line in lines.map_while(Result::ok) {
                    report.lock().unwrap().extend(serde_json::from_str::<Value>(&line).ok());
                }
            }
        });
        Self { child, port, certificate: ready["certificate"].as_str().unwrap().to_owned(), report }
    }

    /// Waits until it has got that, from this place of its report on; gives the place after it.
    pub(crate) async fn got(&self, from: usize, fits: impl Fn(&Value) -> bool) -> usize {
        let found = async {
            loop {
                let at = self.report.lock().unwrap().iter().skip(from).position(&fits);
                if let Some(at) = at {
                    return from + at + 1;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        match tokio::time::timeout(PATIENCE, found).await {
            Ok(at) => at,
            Err(_) => panic!("it did not get that: {:#?}", self.report.lock().unwrap()),
        }
    }
}

/// A landscape of one Windows VM whose desktop is there.
pub(crate) fn landscape(desktop: &str) -> Landscape {
    let landscape = json!({
        "organization": { "id": 1, "domain": "example.test" },
        "operationMs": 20,
        "zones": [{ "name": "europe-west1-b" }],
        "projects": [{
            "id": "project-1",
            "number": 101,
            "name": "Project 1",
            "parent": "organizations/1",
            "policy": { "bindings": [{ "role": "roles/owner", "members": ["user:ana@example.test"] }] },
        }],
        "instances": [{
            "project": "project-1",
            "zone": "europe-west1-b",
            "name": "win-1",
            "os": "windows",
            "ip": "10.0.0.2",
            "ports": { "3389": desktop },
        }],
        "users": [{
            "email": "ana@example.test",
            "name": "Ana",
            "places": [{ "name": "Home", "ip": "203.0.113.7" }],
        }],
    });
    Landscape::parse(&landscape.to_string()).unwrap()
}

/// Whether it got that a key of this scan code went down.
pub(crate) fn is_key(code: u8) -> impl Fn(&Value) -> bool {
    move |line| line["event"] == "key" && line["code"] == code && line["down"] == true
}

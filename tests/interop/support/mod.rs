//! What the tests of the `adit` command share: a local cloud started as a person would, and its end.

use std::{
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use serde_json::{Value, json};

/// The command under test.
pub(crate) const ADIT: &str = env!("CARGO_BIN_EXE_adit");

/// A program that is ended, by its own process id, when this value goes.
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        // asked first, so that it can clear away what it made
        #[cfg(unix)]
        if let Ok(Some(_)) = ended_when_asked(&mut self.0) {
            return;
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[cfg(unix)]
fn ended_when_asked(child: &mut Child) -> std::io::Result<Option<std::process::ExitStatus>> {
    if let Some(status) = child.try_wait()? {
        return Ok(Some(status));
    }
    Command::new("kill").args(["-TERM", &child.id().to_string()]).stderr(Stdio::null()).status()?;
    for _ in 0..100 {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    Ok(None)
}

/// A local cloud of its own.
pub(crate) struct Cloud {
    _process: Running,
    /// A private folder for whatever a test writes.
    pub(crate) folder: tempfile::TempDir,
    pub(crate) url: String,
    pub(crate) relay: String,
    pub(crate) ca: PathBuf,
    pub(crate) token_file: PathBuf,
}

impl Cloud {
    /// Starts one with a landscape of one VM, `web-1`, whose ports lead to `ports`.
    pub(crate) fn with_ports(ports: &Value, faults: &[&str]) -> Self {
        Self::with_vm(&json!({ "ports": ports }), faults)
    }

    /// The same with further fields of the VM.
    pub(crate) fn with_vm(fields: &Value, faults: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let landscape = folder.path().join("landscape.json");
        std::fs::write(&landscape, one_vm(fields).to_string()).expect("the landscape is written");
        Self::start(folder, Some(&landscape), faults)
    }

    /// Starts one with the demo landscape.
    pub(crate) fn demo() -> Self {
        Self::start(tempfile::tempdir().expect("a temporary folder"), None, &[])
    }

    fn start(folder: tempfile::TempDir, landscape: Option<&Path>, faults: &[&str]) -> Self {
        let mut command = Command::new(ADIT);
        command.arg("cloud").arg("--rdp-host").arg(rdp_host());
        if let Some(landscape) = landscape {
            command.arg("--landscape").arg(landscape);
        }
        for fault in faults {
            command.args(["--fault", fault]);
        }
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("`adit cloud` starts");
        let stdout = child.stdout.take().expect("it has an output");
        let process = Running(child);
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line).expect("it says when it is ready");
        let ready: Value = serde_json::from_str(&line).expect("it says so in JSON");
        let text = |name: &str| ready[name].as_str().expect("the ready line is complete").to_owned();
        let token_file = folder.path().join("token");
        std::fs::write(&token_file, text("token")).expect("the token is written");
        Self {
            _process: process,
            folder,
            url: text("url"),
            relay: text("relay"),
            ca: text("ca").into(),
            token_file,
        }
    }

    /// `adit` with what it needs to reach this cloud's relay and no other Google API.
    pub(crate) fn adit(&self, words: &[&str]) -> Command {
        let mut command = Command::new(ADIT);
        command.args(words).args(self.relay_options());
        command
    }

    /// The options that lead to this cloud's relay.
    pub(crate) fn relay_options(&self) -> Vec<String> {
        vec![
            "--relay-url".into(),
            self.relay.clone(),
            "--ca".into(),
            self.ca.display().to_string(),
            "--token-file".into(),
            self.token_file.display().to_string(),
        ]
    }
}

/// The stand-in for a Windows VM's desktop, a program of its own.
pub(crate) fn rdp_host() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/rdp-host/target/debug/rdp-host")
        .with_extension(std::env::consts::EXE_EXTENSION)
}

/// A landscape of one running VM whose first user may tunnel to it.
fn one_vm(fields: &Value) -> Value {
    let mut landscape = json!({
        "organization": { "id": 1, "domain": "example.test" },
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
            "name": "web-1",
            "ip": "10.0.0.2",
        }],
        "users": [{
            "email": "ana@example.test",
            "name": "Ana",
            "places": [{ "name": "Home", "ip": "203.0.113.7" }],
        }],
    });
    for (key, value) in fields.as_object().into_iter().flatten() {
        landscape["instances"][0][key] = value.clone();
    }
    landscape
}

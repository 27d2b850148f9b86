//! `adit rdp` through the local cloud's relay to the stand-in for a Windows VM (`tests/rdp-host`).

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use serde_json::{Value, json};

use crate::support::{Cloud, Running, rdp_host};

const PASSWORD: &str = "correct horse";

/// A running stand-in and a cloud whose VM's port 3389 leads to it.
struct Scene {
    /// `None` where it is the cloud's own.
    _host: Option<Running>,
    /// What the stand-in has got, in lines.
    report: Option<tempfile::NamedTempFile>,
    certificate: String,
    cloud: Cloud,
}

impl Scene {
    fn new(options: &[&str]) -> Self {
        let report = tempfile::NamedTempFile::new().expect("a file");
        let mut child = Command::new(rdp_host())
            .args(["--user", "tester", "--password", PASSWORD])
            .args(options)
            .env("RDP_HOST_REPORT", report.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("`cargo xtask test` builds the stand-in, as does `cargo build` in tests/rdp-host");
        let stdout = child.stdout.take().expect("it has an output");
        let host = Running(child);
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line).expect("it says when it is ready");
        let ready: Value = serde_json::from_str(&line).expect("it says so in JSON");
        let port = ready["port"].as_u64().expect("a port");
        let cloud = Cloud::with_ports(&json!({"3389": format!("127.0.0.1:{port}")}), &[]);
        Self {
            _host: Some(host),
            report: Some(report),
            certificate: ready["certificate"].as_str().expect("a fingerprint").to_owned(),
            cloud,
        }
    }

    /// A cloud that starts the stand-in itself.
    fn of_the_cloud() -> Self {
        let fields = json!({
            "os": "windows", "ports": {"3389": "desktop"}, "windowsUsers": {"tester": PASSWORD, "Second": "other words"},
        });
        let mut scene = Self {
            _host: None,
            report: None,
            certificate: String::new(),
            cloud: Cloud::with_vm(&fields, &[]),
        };
        // Nobody has said what its certificate is; the refusal of an unknown one does.
        let (output, _) = scene.adit(&[]);
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        let text = said(&output);
        let is_fingerprint =
            |word: &&str| word.len() == 64 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
        let words = text.split(|letter: char| !letter.is_ascii_alphanumeric());
        scene.certificate = words.into_iter().find(is_fingerprint).expect("it is named").to_owned();
        scene
    }

    /// Runs `adit rdp` with the password on standard input.
    fn adit(&self, words: &[&str]) -> (Output, PathBuf) {
        self.adit_as("tester", PASSWORD, words)
    }

    fn adit_as(&self, user: &str, password: &str, words: &[&str]) -> (Output, PathBuf) {
        let picture = self.cloud.folder.path().join("picture.png");
        let mut command = self.cloud.adit(&["rdp", "project-1/europe-west1-b/web-1"]);
        command.arg("--screenshot").arg(&picture);
        command.args(["--user", user, "--password-file", "-"]).args(words);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("`adit` starts");
        let mut stdin = child.stdin.take().expect("it is piped");
        // A command that ends without having read it is seen by its own end.
        let _ = writeln!(stdin, "{password}");
        drop(stdin);
        (child.wait_with_output().expect("it ends"), picture)
    }

    fn script(&self, text: &str) -> String {
        let path = self.cloud.folder.path().join("script");
        fs::write(&path, text).expect("the script is written");
        path.display().to_string()
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Size and pixels of a picture.
fn picture(path: &Path) -> (u32, u32, Vec<u8>) {
    let file = BufReader::new(fs::File::open(path).expect("the picture is there"));
    let mut reader = png::Decoder::new(file).read_info().expect("it is a PNG");
    let mut pixels = vec![0; reader.output_buffer_size().expect("it has a size")];
    let info = reader.next_frame(&mut pixels).expect("it has pixels");
    (info.width, info.height, pixels)
}

fn count(pixels: &[u8], color: [u8; 3]) -> usize {
    let near = |pixel: &[u8]| pixel.iter().zip(color).all(|(one, other)| one.abs_diff(other) < 16);
    pixels.chunks_exact(4).filter(|pixel| near(pixel)).count()
}

#[test]
fn a_picture_of_a_desktop_is_written() {
    let scene = Scene::new(&[]);
    let (output, path) = scene.adit(&["--cert-sha256", &scene.certificate, "--size", "1024x768"]);
    assert!(output.status.success(), "{}", said(&output));
    let (width, height, pixels) = picture(&path);
    assert_eq!((width, height), (1024, 768));
    // The paper of its text field and of its drawing area.
    assert!(count(&pixels, [246, 247, 249]) > 1024 * 768 / 4);
}

#[test]
fn a_certificate_that_is_not_known_ends_with_1_and_its_fingerprint() {
    let scene = Scene::new(&[]);
    let (output, path) = scene.adit(&[]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains(&scene.certificate), "{}", said(&output));
    assert!(!path.exists());
    let other = scene.certificate.chars().rev().collect::<String>();
    let (output, path) = scene.adit(&["--cert-sha256", &other]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(
        said(&output).contains(&scene.certificate) && said(&output).contains(&other),
        "{}",
        said(&output)
    );
    assert!(!path.exists());
}

#[test]
fn settings_are_said_on_the_command_line() {
    let scene = Scene::new(&[]);
    // Its port there is 3389 and no other: what is said counts.
    let (output, _) = scene.adit(&["--cert-sha256", &scene.certificate, "--set", "rdp.port=3390"]);
    assert_ne!(output.status.code(), Some(0), "{}", said(&output));
    assert!(said(&output).contains("3390"), "{}", said(&output));
    let all =
        ["--cert-sha256", &scene.certificate, "--set", "rdp.graphics=pipeline", "--set", "rdp.sound=off"];
    let (output, _) = scene.adit(&all);
    assert!(output.status.success(), "{}", said(&output));
    assert!(said(&output).contains("rdp.sound has no effect here"), "{}", said(&output));
    for wrong in ["rdp.port=0", "rdp.prot=1", "terminal.fontSize=9", "rdp.port"] {
        let (output, _) = scene.adit(&["--cert-sha256", &scene.certificate, "--set", wrong]);
        assert_eq!(output.status.code(), Some(2), "{wrong}: {}", said(&output));
    }
}

#[test]
fn a_script_draws_types_and_resizes() {
    let scene = Scene::new(&[]);
    let before = scene.cloud.folder.path().join("before.png");
    let script = scene.script(&format!(
        "picture {}\n# a line, then words\nmove 200 300\ndown left\nmove 700 500\nup left\ntype Grüße\nkey ShiftLeft+KeyX\n\
         resize 900x700\n",
        before.display()
    ));
    let (output, path) = scene.adit(&["--cert-sha256", &scene.certificate, "--script", &script]);
    assert!(output.status.success(), "{}", said(&output));
    let (width, height, pixels) = picture(&before);
    assert_eq!((width, height), (1280, 800));
    let pen = count(&pixels, [0, 120, 212]);
    let (width, height, pixels) = picture(&path);
    assert_eq!((width, height), (900, 700));
    assert!(count(&pixels, [0, 120, 212]) > pen + 500);
}

#[test]
fn a_server_without_network_level_authentication_needs_the_option() {
    let scene = Scene::new(&["--tls-only"]);
    let (output, _) = scene.adit(&["--cert-sha256", &scene.certificate]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    let (output, path) = scene.adit(&["--cert-sha256", &scene.certificate, "--allow-no-nla"]);
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(picture(&path).0, 1280);
}

#[test]
fn the_clouds_own_desktop_lets_in_the_accounts_of_its_vm() {
    let scene = Scene::of_the_cloud();
    let pin = ["--cert-sha256", &scene.certificate, "--size", "1024x768"];
    let (output, path) = scene.adit(&pin);
    assert!(output.status.success(), "{}", said(&output));
    let (width, height, pixels) = picture(&path);
    assert_eq!((width, height), (1024, 768));
    assert!(count(&pixels, [246, 247, 249]) > 1024 * 768 / 4);
    // Another account of the same machine, whose name counts without its capitals; and no password but its own.
    let (output, _) = scene.adit_as("second", "other words", &pin);
    assert!(output.status.success(), "{}", said(&output));
    let (output, _) = scene.adit_as("second", PASSWORD, &pin);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    let (output, _) = scene.adit_as("nobody", PASSWORD, &pin);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
}

#[test]
fn keys_the_mouse_and_sizes_arrive_as_they_were_meant() {
    let scene = Scene::new(&["--bitmaps"]);
    let script = scene.script(
        "type ä👋\nkey ControlLeft+AltRight+KeyX\nmove 300 300\ndown left\nup left\nclick right\nwheel -2\n\
         move 200 100\nsettle\nresize 901x700\nsettle\n",
    );
    let (output, path) = scene.adit(&["--cert-sha256", &scene.certificate, "--script", &script]);
    assert!(output.status.success(), "{}", said(&output));
    let report = fs::read_to_string(scene.report.as_ref().expect("it has one").path()).expect("it is read");
    let lines: Vec<Value> = report.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let of = |event: &str| lines.iter().filter(|line| line["event"] == event).collect::<Vec<_>>();
    let characters: Vec<&Value> = of("character").iter().map(|line| &line["character"]).collect();
    assert_eq!(characters, ["ä", "👋"]);
    let keys: Vec<_> = of("key")
        .iter()
        .map(|line| (line["code"].clone(), line["extended"].clone(), line["down"].clone()))
        .collect();
    let key = |code: u8, extended: bool, down: bool| (json!(code), json!(extended), json!(down));
    let chord = [
        key(0x1D, false, true),
        key(0x38, true, true),
        key(0x2D, false, true),
        key(0x2D, false, false),
        key(0x38, true, false),
        key(0x1D, false, false),
    ];
    assert_eq!(keys, chord);
    let turned: i64 = of("wheel").iter().filter_map(|line| line["value"].as_i64()).sum();
    assert_eq!(turned, -240);
    let left: Vec<_> = of("button").into_iter().filter(|line| line["button"] == "left").collect();
    assert_eq!((left.len(), &left[0]["x"], &left[0]["y"]), (2, &json!(300), &json!(300)));
    // The width is even on the wire, and what the server took is what is shown.
    let sizes: Vec<_> =
        of("size").iter().map(|line| (line["width"].clone(), line["height"].clone())).collect();
    let (width, height, _) = picture(&path);
    assert_eq!(sizes.last(), Some(&(json!(width), json!(height))));
    assert_eq!((width, height), (900, 700));
    assert!(of("pointer").iter().any(|line| line["shape"] == "beam"), "{report}");
}

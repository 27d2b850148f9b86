//! `adit rdp` through the local cloud's relay to the stand-in for a Windows VM (`tests/rdp-host`).

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use serde_json::{Value, json};

use crate::support::{Cloud, Running};

const PASSWORD: &str = "correct horse";

/// A running stand-in and a cloud whose VM's port 3389 leads to it.
struct Scene {
    _host: Running,
    certificate: String,
    cloud: Cloud,
}

impl Scene {
    fn new(options: &[&str]) -> Self {
        let program = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("../../tests/rdp-host/target/debug/rdp-host")
            .with_extension(std::env::consts::EXE_EXTENSION);
        let mut child = Command::new(&program)
            .args(["--user", "tester", "--password", PASSWORD])
            .args(options)
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
            _host: host,
            certificate: ready["certificate"].as_str().expect("a fingerprint").to_owned(),
            cloud,
        }
    }

    /// Runs `adit rdp` with the password on standard input.
    fn adit(&self, words: &[&str]) -> (Output, PathBuf) {
        let picture = self.cloud.folder.path().join("picture.png");
        let mut command = self.cloud.adit(&["rdp", "project-1/europe-west1-b/web-1"]);
        command.arg("--screenshot").arg(&picture);
        command.args(["--user", "tester", "--password-file", "-"]).args(words);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("`adit` starts");
        let mut stdin = child.stdin.take().expect("it is piped");
        // A command that ends without having read it is seen by its own end.
        let _ = writeln!(stdin, "{PASSWORD}");
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

//! Tauri's updater itself, with keys made here: which lists it takes, and which signatures.
//!
//! Not on Windows, where a test that links the whole shell lacks the manifest that its controls want.
#![cfg(not(windows))]
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

#[path = "../src/updates/plugin.rs"]
mod plugin;

use std::sync::Arc;

use adit_contract::UpdateWay;
use adit_core::updates::{Published, UpdateError, Updater as _};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use tauri::{
    App,
    test::{MockRuntime, mock_builder, mock_context, noop_assets},
};

use self::plugin::Installer;

const PACKAGE: &[u8] = b"a newer version";
const ADDRESS: &str = "https://acme.example/releases/adit.package";

/// A publisher's key, in minisign's form. <https://jedisct1.github.io/minisign/#public-key-format>
struct Key {
    pair: Ed25519KeyPair,
    id: [u8; 8],
}

impl Key {
    fn new(id: u8) -> Self {
        Self { pair: Ed25519KeyPair::generate().expect("a key"), id: [id; 8] }
    }

    fn public(&self) -> String {
        let key = [b"Ed", self.id.as_slice(), self.pair.public_key().as_ref()].concat();
        STANDARD.encode(format!("untrusted comment: a test's key\n{}\n", STANDARD.encode(key)))
    }

    /// Signs as `tauri signer sign` does; the version is part of what is signed.
    fn sign(&self, bytes: &[u8], version: Option<&str>) -> String {
        let signature = self.pair.sign(bytes);
        let version = version.map(|version| format!("\tversion:{version}")).unwrap_or_default();
        let comment = format!("timestamp:1795961293\tfile:adit.package{version}");
        let whole = self.pair.sign(&[signature.as_ref(), comment.as_bytes()].concat());
        let line = STANDARD.encode([b"Ed", self.id.as_slice(), signature.as_ref()].concat());
        STANDARD.encode(format!(
            "untrusted comment: a test's signature\n{line}\ntrusted comment: {comment}\n{}\n",
            STANDARD.encode(whole)
        ))
    }
}

/// An app of version 0.1.0 without a screen.
fn app() -> App<MockRuntime> {
    let mut context = mock_context(noop_assets());
    let ours: Value = serde_json::from_str(include_str!("../tauri.conf.json")).expect("JSON");
    let plugins = &mut context.config_mut().plugins.0;
    plugins.insert("updater".to_owned(), ours["plugins"]["updater"].clone());
    mock_builder().plugin(tauri_plugin_updater::Builder::new().build()).build(context).expect("an app")
}

fn installer(app: &App<MockRuntime>, key: String) -> Installer<MockRuntime> {
    Installer {
        handle: app.handle().clone(),
        list: "https://acme.example/latest.json".parse().expect("an address"),
        key,
        before_exit: Arc::new(|| {}),
        restart: Arc::new(|| {}),
    }
}

fn list(version: &str, signature: &str) -> Value {
    let target = tauri_plugin_updater::target().expect("a system that it knows");
    let package = json!({ "url": ADDRESS, "signature": signature });
    json!({
        "version": version,
        "notes": "- better",
        "pub_date": "2026-11-29T12:00:00Z",
        "platforms": { target: package },
    })
}

/// What an app that trusts `key` makes of a list.
fn published(key: &Key, version: &str, signature: &str) -> Published {
    let app = app();
    let found = installer(&app, key.public()).newer(&list(version, signature));
    found.expect("a list").expect("a newer version")
}

#[test]
fn a_newer_version_is_read_with_its_notes_and_package() {
    let key = Key::new(1);
    let found = published(&key, "0.2.0", &key.sign(PACKAGE, Some("0.2.0")));
    assert_eq!((found.version.as_str(), found.notes.as_str()), ("0.2.0", "- better"));
    assert_eq!(found.address.as_str(), ADDRESS);
    assert_eq!(found.at, Some(1_795_953_600_000.0));
    // What is tested here was built from source.
    assert_eq!(found.way, UpdateWay::Package { file: "adit.package".to_owned() });
}

#[test]
fn the_same_and_older_versions_are_none() {
    let (app, key) = (app(), Key::new(1));
    let installer = installer(&app, key.public());
    for version in ["0.1.0", "0.0.9", "0.1.0-rc.1"] {
        assert!(installer.newer(&list(version, "")).expect("a list").is_none(), "{version}");
    }
}

#[test]
fn what_is_no_list_or_has_nothing_for_this_system_is_told_apart() {
    let (app, key) = (app(), Key::new(1));
    let installer = installer(&app, key.public());
    let other =
        json!({ "version": "0.2.0", "platforms": { "amiga-m68k": { "url": ADDRESS, "signature": "" } } });
    assert_eq!(installer.newer(&other).err(), Some(UpdateError::NoPackage));
    for list in [Value::Null, json!([]), json!({ "version": "new" }), json!({ "version": "0.2.0" })] {
        assert!(matches!(installer.newer(&list), Err(UpdateError::Unreadable(_))), "{list}");
    }
}

#[test]
fn only_what_the_publisher_signed_as_this_version_is_taken() {
    let (key, other) = (Key::new(1), Key::new(2));
    let verified = |signature: String| published(&key, "0.2.0", &signature).package.verify(PACKAGE);
    assert_eq!(verified(key.sign(PACKAGE, Some("0.2.0"))), Ok(()));

    // Somebody else's, also under the publisher's number.
    let same_number = Key::new(1);
    for stranger in [&other, &same_number] {
        let refused = verified(stranger.sign(PACKAGE, Some("0.2.0")));
        assert!(matches!(refused, Err(UpdateError::Untrusted(_))), "{refused:?}");
    }
    // An older package under a new number, one that names none, and no signature at all.
    for signature in
        [key.sign(PACKAGE, Some("0.1.9")), key.sign(PACKAGE, None), String::new(), "bm9uZQ==".to_owned()]
    {
        let refused = verified(signature);
        assert!(matches!(refused, Err(UpdateError::Untrusted(_))), "{refused:?}");
    }
}

#[test]
fn changed_bytes_are_refused_and_nothing_is_installed() {
    let key = Key::new(1);
    let package = published(&key, "0.2.0", &key.sign(PACKAGE, Some("0.2.0"))).package;
    let program = std::env::current_exe().expect("this program");
    let before = std::fs::metadata(&program).expect("its file").modified().expect("its time");
    let mut changed = PACKAGE.to_owned();
    changed.push(b'!');
    for bytes in [changed.as_slice(), b"", &PACKAGE[1..]] {
        assert!(matches!(package.verify(bytes), Err(UpdateError::Untrusted(_))));
        assert!(matches!(package.install(bytes), Err(UpdateError::Untrusted(_))));
    }
    let after = std::fs::metadata(&program).expect("its file").modified().expect("its time");
    assert_eq!(after, before);
}

/// Made by `tauri signer generate` and `tauri signer sign --app-version 2.0.0`, as the bundler signs packages.
#[test]
fn a_signature_of_the_bundlers_own_kind_is_taken() {
    const KEY: &str = "dW50cnVzdGVkIGNvbW1lbnQ6IG1pbmlzaWduIHB1YmxpYyBrZXk6IDQ3MDdGMDMzODk5OUQ0Q0YKUldUUDFKbUpNL0FIUnp2QTNEK3JxT05uNkxsL0x5d0dyVW4xbXVQSUJ0WFYxVElQdXNUSUh4b1gK";
    const SIGNATURE: &str = "dW50cnVzdGVkIGNvbW1lbnQ6IHNpZ25hdHVyZSBmcm9tIHRhdXJpIHNlY3JldCBrZXkKUlVUUDFKbUpNL0FIUjAzdjBqck4zeHNwOTcrc2Z2TnMrTndMQjJSYUdCOXBZR0s2VEl0QlM0QUpBaDgrcVptcTRac0dqQy9IQjJIVFVkQ09hSEVna2d0YkJjMHMxSGtDM0FFPQp0cnVzdGVkIGNvbW1lbnQ6IHRpbWVzdGFtcDoxNzk1OTYxMjkzCWZpbGU6cGF5bG9hZAl2ZXJzaW9uOjIuMC4wClZxVGRZcXVMbVpmZ0dFZFNGMDFxQzE3M0VIUTJDV1hUWnNKWVlCVGxKUGtFMjI5UHg2VFBJY2lFMFlIWitiWnVNaENLdkVVVVduZ1k5M0FUQ3BqbERRPT0K";
    let app = app();
    let installer = installer(&app, KEY.to_owned());
    let package =
        |version| installer.newer(&list(version, SIGNATURE)).expect("a list").expect("newer").package;
    assert_eq!(package("2.0.0").verify(b"adit"), Ok(()));
    assert!(matches!(package("2.0.0").verify(b"ad1t"), Err(UpdateError::Untrusted(_))));
    assert!(matches!(package("2.0.1").verify(b"adit"), Err(UpdateError::Untrusted(_))));
}

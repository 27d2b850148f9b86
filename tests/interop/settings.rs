//! `adit settings` as a script uses it: values, places, exit codes. No cloud is asked.

use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

use crate::support::ADIT;

struct Home(tempfile::TempDir);

impl Home {
    fn adit(&self, words: &[&str]) -> Output {
        self.run(&[&["settings"], words].concat())
    }

    fn run(&self, words: &[&str]) -> Output {
        Command::new(ADIT)
            .args(words)
            .env_remove("ADIT_CLOUD")
            .env("ADIT_HOME", self.0.path())
            .env("ADIT_KEYCHAIN", "memory")
            .stdin(Stdio::null())
            .output()
            .expect("`adit` starts")
    }

    /// What it prints, when it ends well.
    fn said(&self, words: &[&str]) -> String {
        let output = self.adit(words);
        assert_eq!(output.status.code(), Some(0), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }
}

#[test]
fn a_value_is_set_for_a_place_inherited_and_reset() {
    let home = Home(tempfile::tempdir().expect("a folder"));
    let vm = ["--instance", "acme-prod/europe-west1-b/sql-win-2"];
    let get = |place: &[&str]| home.said(&[&["get", "rdp.port"], place].concat());
    assert_eq!(get(&vm), "3389");
    home.said(&["set", "rdp.port", "3390", "--project", "acme-prod"]);
    assert_eq!((get(&vm), get(&[])), ("3390".to_owned(), "3389".to_owned()));
    home.said(&["set", "rdp.port", "3391", vm[0], vm[1]]);
    let line: Value = serde_json::from_str(&get(&["--json", vm[0], vm[1]])).expect("JSON");
    assert_eq!(
        line,
        json!({
            "key": "rdp.port", "value": 3391, "origin": "acme-prod/europe-west1-b/sql-win-2", "changed": true,
            "inherited": 3390, "locked": false, "problem": null,
        })
    );
    assert_eq!(home.said(&["places"]), "acme-prod\nacme-prod/europe-west1-b/sql-win-2");
    home.said(&["reset", "rdp.port", vm[0], vm[1]]);
    assert_eq!(get(&vm), "3390");
    assert!(home.said(&["list", vm[0], vm[1]]).contains("(from acme-prod)"));
}

#[test]
fn a_profile_is_a_place_that_inherits_from_its_vm() {
    let home = Home(tempfile::tempdir().expect("a folder"));
    let file = home.0.path().join("books.rdp");
    std::fs::write(
        &file,
        "full address:s:win-1.europe-west1-b.c.acme-prod.internal\r\nserver port:i:3391\r\n",
    )
    .expect("a file");
    let imported = home.run(&["profiles", "import", file.to_str().expect("a path")]);
    assert_eq!(imported.status.code(), Some(0), "{}", String::from_utf8_lossy(&imported.stderr));
    let books = ["--profile", "books"];
    let get = |key: &str| home.said(&["get", key, books[0], books[1]]);
    assert_eq!(get("rdp.port"), "3391");
    assert_eq!(home.said(&["places"]), "profile books");
    home.said(&["set", "rdp.sound", "off", "--instance", "acme-prod/europe-west1-b/win-1"]);
    assert_eq!(get("rdp.sound"), "off");
    home.said(&["set", "rdp.sound", "on", books[0], books[1]]);
    home.said(&["reset", "rdp.port", books[0], books[1]]);
    assert_eq!((get("rdp.sound"), get("rdp.port")), ("on".to_owned(), "3389".to_owned()));
    let list = home.said(&["list", books[0], books[1]]);
    let line = |key: &str| list.lines().find(|line| line.starts_with(key)).expect("a line").to_owned();
    assert!(line("rdp.sound").ends_with("on  (set here)"), "{list}");
    for words in [&["set", "rdp.port", "0"][..], &["set", "appearance.theme", "dark"], &["get", "rdp.prot"]] {
        assert_eq!(home.adit(&[words, &books].concat()).status.code(), Some(2), "{words:?}");
    }
    assert_eq!(home.adit(&["list", "--profile", "none"]).status.code(), Some(2));
    assert_eq!(home.adit(&["list", "--profile", "books", "--project", "p"]).status.code(), Some(2));
}

#[test]
fn what_cannot_be_set_is_wrong_usage_and_changes_nothing() {
    let home = Home(tempfile::tempdir().expect("a folder"));
    for words in [
        &["set", "rdp.prot", "1"][..],
        &["set", "rdp.port", "0"],
        &["set", "rdp.port", "1", "2"],
        &["set", "rdp.clipboard", "some"],
        &["set", "appearance.theme", "dark", "--project", "acme-prod"],
        &["set", "rdp.port", "3390", "--zone", "europe-west1-b"],
        &["get", "rdp.prot"],
        &["set", "rdp.port"],
    ] {
        let output = home.adit(words);
        assert_eq!(output.status.code(), Some(2), "{words:?}");
        assert!(!output.stderr.is_empty(), "{words:?}");
    }
    assert!(!home.0.path().join("settings.json").exists());
}

//! `adit settings` as a script uses it: values, places, exit codes. No cloud is asked.

use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

use crate::support::ADIT;

struct Home(tempfile::TempDir);

impl Home {
    fn adit(&self, words: &[&str]) -> Output {
        Command::new(ADIT)
            .arg("settings")
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

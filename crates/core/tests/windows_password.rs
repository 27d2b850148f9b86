//! Windows passwords, from the local cloud's agents: today's, an old one, one whose answers come in pieces, and those that
//! do not answer as one would wish.

#![expect(clippy::unwrap_used, reason = "what is missing fails the test")]

mod desk;

use adit_cloud::{Landscape, Options};
use adit_contract::{FailureCode, InstanceRef};
use desk::Desk;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

const ANA: &str = "ana@example.test#Home";
/// An entry that is still valid, and one that is not.
const LIVE: &str =
    r#"{"userName":"cem","modulus":"AAAA","exponent":"AQAB","expireOn":"2099-01-01T00:00:00Z"}"#;
const EXPIRED: &str =
    r#"{"userName":"ben","modulus":"AAAB","exponent":"AQAB","expireOn":"2020-01-01T00:00:00Z"}"#;

fn vm(name: &str, os: &str, agent: &str, metadata: &Value) -> Value {
    let mut vm = json!({
        "project": "project-1", "zone": "europe-west1-b", "name": name, "os": os, "ip": "10.0.0.2",
        "metadata": metadata,
    });
    if os == "windows" {
        vm["windowsAgent"] = json!(agent);
    }
    vm
}

async fn desk() -> Desk {
    let with_keys = json!({ "windows-keys": format!("{EXPIRED}\n{LIVE}"), "other": "stays" });
    let mut vms = vec![
        vm("today", "windows", "current", &with_keys),
        vm("old", "windows", "old", &json!({})),
        vm("split", "windows", "split", &json!({})),
        vm("failing", "windows", "failing", &json!({})),
        vm("forbidden", "windows", "current", &json!({ "disable-account-manager": "TRUE" })),
        vm("linux", "linux", "", &json!({})),
    ];
    for (at, vm) in vms.iter_mut().enumerate() {
        vm["ip"] = json!(format!("10.0.0.{}", at + 2));
    }
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
        "instances": vms,
        "users": [{
            "email": "ana@example.test",
            "name": "Ana",
            "places": [{ "name": "Home", "ip": "203.0.113.7" }],
        }],
    });
    let landscape = Landscape::parse(&landscape.to_string()).unwrap();
    Box::pin(Desk::signed_in_with(Options::new(landscape), ANA)).await
}

fn named(name: &str) -> InstanceRef {
    InstanceRef { project: "project-1".to_owned(), zone: "europe-west1-b".to_owned(), name: name.to_owned() }
}

async fn read(desk: &Desk, name: &str) -> Value {
    let url =
        format!("{}/compute/v1/projects/project-1/zones/europe-west1-b/instances/{name}", desk.cloud.url());
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    client.get(url).bearer_auth(desk.cloud.token()).send().await.unwrap().json().await.unwrap()
}

#[tokio::test]
async fn agents_of_all_kinds_set_a_password() {
    let desk = desk().await;
    let mut before = String::new();
    for name in ["today", "old", "split", "today"] {
        let password = desk.app.windows_password(named(name), "ana", true, name == "old").await.unwrap();
        let password = password.expose_secret().to_owned();
        assert!(password.chars().count() >= 15, "{name}");
        assert_ne!(password, before);
        before = password;
    }
    let instance = read(&desk, "today").await;
    let item = |key: &str| {
        let items = instance["metadata"]["items"].as_array().unwrap();
        items.iter().find(|item| item["key"] == key).map(|item| item["value"].as_str().unwrap().to_owned())
    };
    assert_eq!(item("other").as_deref(), Some("stays"));
    let keys = item("windows-keys").unwrap();
    let lines: Vec<&str> = keys.split('\n').collect();
    assert_eq!(lines.len(), 3, "what has expired goes, all else stays: {keys}");
    assert_eq!(lines[0], LIVE);
    assert!(!keys.contains(&before), "no password is in the metadata");

    // Kept only where that was wished.
    for (name, is_kept) in [("old", true), ("split", false)] {
        let id = read(&desk, name).await["id"].as_str().unwrap().to_owned();
        let entry = format!("desktop|{}|project-1|{id}", desk.config.cloud.id);
        let kept = desk.config.vault.get(&entry).await.unwrap();
        assert_eq!(kept.is_some(), is_kept, "{name}");
    }
}

#[tokio::test]
async fn what_cannot_be_is_said_before_anything_is_written() {
    let desk = desk().await;
    let refused = async |name: &str, user: &str| {
        desk.app.windows_password(named(name), user, false, false).await.unwrap_err()
    };
    assert_eq!(refused("forbidden", "ana").await.code, FailureCode::NotSupported);
    assert_eq!(refused("linux", "ana").await.code, FailureCode::NotSupported);
    for user in ["", "today", r"CORP\ana", "a-name-that-is-too-long"] {
        assert_eq!(refused("today", user).await.code, FailureCode::InvalidInput, "{user}");
    }
    for name in ["forbidden", "linux"] {
        assert!(!read(&desk, name).await.to_string().contains("modulus"), "{name}");
    }
}

#[tokio::test]
async fn an_agent_that_could_not_says_why() {
    let desk = desk().await;
    let failure = desk.app.windows_password(named("failing"), "ana", false, false).await.unwrap_err();
    assert_eq!(failure.code, FailureCode::Server);
    let said = failure.server.unwrap_or_else(|| panic!("nothing was said"));
    assert!(!said.text.is_empty());
}

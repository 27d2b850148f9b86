//! Holds the shell's tables and settings against the contract and against what keeps the window closed.

#![expect(clippy::expect_used, reason = "what is missing fails the test")]

use std::collections::BTreeSet;

use adit_contract::COMMANDS;
use serde_json::Value;

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

#[test]
fn the_window_may_call_each_command_and_nothing_else() {
    let capability = json(include_str!("../capabilities/main.json"));
    let allowed: BTreeSet<String> = capability["permissions"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|permission| permission.as_str().expect("permissions by name only").to_owned())
        .collect();
    let listening = ["core:event:allow-listen", "core:event:allow-unlisten"].map(str::to_owned);
    let wanted: BTreeSet<String> = COMMANDS
        .iter()
        .map(|command| format!("allow-{}", command.replace('_', "-")))
        .chain(listening)
        .collect();
    assert_eq!(allowed, wanted);
    assert_eq!(capability["windows"], serde_json::json!(["main", "window-*"]));
    assert!(capability.get("remote").is_none(), "no remote page may call anything");
}

#[test]
fn each_command_has_its_handler() {
    let table = include_str!("../src/commands/mod.rs");
    let others = [
        include_str!("../src/commands/page.rs"),
        include_str!("../src/commands/profiles.rs"),
        include_str!("../src/commands/sessions.rs"),
        include_str!("../src/commands/tunnels.rs"),
    ];
    let commands = |source: &str| source.matches("#[tauri::command]").count();
    let count = commands(table) + others.into_iter().map(commands).sum::<usize>();
    let (_, rest) = table.split_once("generate_handler![").expect("the table");
    let (table, _) = rest.split_once(']').expect("its end");
    let paths = table.split(',').map(str::trim).filter(|path| !path.is_empty());
    let handled: Vec<&str> =
        paths.map(|path| path.rsplit_once("::").map_or(path, |(_, name)| name)).collect();
    assert_eq!(handled, COMMANDS);
    assert_eq!(count, COMMANDS.len(), "a command is not in the table");
}

#[test]
fn the_page_can_load_and_run_nothing_from_elsewhere() {
    let config = json(include_str!("../tauri.conf.json"));
    let app = &config["app"];
    // Frozen prototypes break the front end's libraries, and only where nobody sees it: in release builds.
    assert_eq!(app["security"]["freezePrototype"], false);
    assert_eq!(app["withGlobalTauri"], false);
    assert_eq!(app["security"]["capabilities"], serde_json::json!(["main"]));

    let policy = app["security"]["csp"].as_str().expect("a policy");
    let directives: Vec<Vec<&str>> =
        policy.split(';').map(|directive| directive.split_whitespace().collect()).collect();
    let sources = |name: &str| -> &[&str] {
        let found = directives.iter().find(|directive| directive.first() == Some(&name));
        found.and_then(|directive| directive.get(1..)).unwrap_or_else(|| panic!("{name} is missing"))
    };
    assert_eq!(sources("default-src"), ["'self'"]);
    assert_eq!(sources("script-src"), ["'self'"]);
    for closed in ["object-src", "base-uri", "form-action", "frame-ancestors"] {
        assert_eq!(sources(closed), ["'none'"], "{closed}");
    }
    let known = [
        "'self'",
        "'none'",
        // Styles that libraries set on elements; scripts never.
        "'unsafe-inline'",
        "data:",
        "blob:",
        // Tauri's own channel, and the terminals' stream: both end on this machine.
        "ipc:",
        "http://ipc.localhost",
        "ws://127.0.0.1:*",
    ];
    for directive in &directives {
        for source in directive.iter().skip(1) {
            assert!(known.contains(source), "{source} in {directive:?}");
        }
    }
    let modified = &app["security"]["dangerousDisableAssetCspModification"];
    assert_eq!(modified, &serde_json::json!(["style-src"]), "scripts keep their nonces");
}

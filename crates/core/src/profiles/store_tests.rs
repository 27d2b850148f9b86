use adit_contract::{FailureCode, ProfileState};

use super::*;
use crate::profiles::tests::{Home, profile, vm};

fn names(profiles: &Profiles) -> Vec<String> {
    profiles.list(BTreeMap::new()).profiles.into_iter().map(|info| info.profile.name).collect()
}

#[test]
fn what_is_saved_is_there_for_others_and_at_the_next_start() {
    let home = Home::new();
    let (one, two) = (home.open(), home.open());
    let id = one.save(None, profile("web")).unwrap();
    assert_eq!(two.renew(), Changed::Yes);
    assert_eq!(two.get(&id).unwrap().name, "web");
    assert_eq!(two.renew(), Changed::No);
    // Neither loses what the other has done meanwhile.
    two.save(None, profile("db")).unwrap();
    one.save(None, profile("cache")).unwrap();
    assert_eq!(names(&home.open()), ["web", "db", "cache"]);
    assert_eq!(one.get("gone").unwrap_err().code, FailureCode::InvalidInput);
}

#[test]
fn many_writers_at_once_lose_nothing() {
    let home = Home::new();
    let writers: Vec<_> = (0..4)
        .map(|writer| {
            let profiles = home.open();
            std::thread::spawn(move || {
                for n in 0..5 {
                    profiles.save(None, profile(&format!("{writer}-{n}"))).unwrap();
                }
            })
        })
        .collect();
    for writer in writers {
        writer.join().unwrap();
    }
    assert_eq!(names(&home.open()).len(), 20);
}

#[test]
fn a_broken_file_is_set_aside_and_what_was_known_is_kept() {
    let home = Home::new();
    std::fs::write(home.file(), "{").unwrap();
    let profiles = home.open();
    assert_eq!(profiles.trouble().unwrap().code, FailureCode::File);
    assert!(home.path().join("profiles.json.broken").exists());
    let id = profiles.save(None, profile("web")).unwrap();
    assert_eq!(profiles.trouble(), None);

    // Broken while it is open: nothing changes until something is to be written.
    std::fs::write(home.file(), "[").unwrap();
    assert_eq!(profiles.renew(), Changed::No);
    assert_eq!(profiles.save(Some("gone"), profile("x")).unwrap_err().code, FailureCode::InvalidInput);
    assert_eq!(home.open().get(&id).unwrap().name, "web");
    assert!(home.path().join("profiles.json.broken-2").exists());
}

#[test]
fn what_is_known_outlives_that_the_file_has_gone() {
    let home = Home::new();
    let running = home.open();
    running.save(None, profile("web")).unwrap();
    // Another app finds it broken and sets it aside.
    std::fs::write(home.file(), "{").unwrap();
    assert!(home.open().trouble().is_some());
    assert!(!home.file().exists());
    assert_eq!(running.renew(), Changed::No);
    assert_eq!(names(&running), ["web"]);
    running.save(None, profile("db")).unwrap();
    assert_eq!(names(&home.open()), ["web", "db"]);
}

#[test]
fn what_a_removed_profile_has_opened_goes_on_with_its_account_and_settings() {
    let home = Home::new();
    let (one, two) = (home.open(), home.open());
    let port = ("rdp.port".to_owned(), adit_contract::SettingValue::Number(3390));
    let own = adit_contract::Profile {
        account: Some("ana@acme.example".to_owned()),
        settings: [port].into(),
        ..profile("web")
    };
    let id = one.save(None, own).unwrap();
    assert_eq!(two.renew(), Changed::Yes);
    one.remove(std::slice::from_ref(&id)).unwrap();
    assert_eq!(two.renew(), Changed::Yes);
    for profiles in [&one, &two] {
        assert!(profiles.get(&id).is_err());
        assert_eq!(profiles.account(&id).as_deref(), Some("ana@acme.example"));
        assert_eq!(profiles.values(&id).len(), 1);
    }
    assert_eq!((one.account("other"), one.values("other")), (None, BTreeMap::new()));
}

#[test]
fn a_command_leaves_a_broken_file_where_it_is() {
    let home = Home::new();
    std::fs::write(home.file(), "{").unwrap();
    let command = home.peek();
    assert_eq!(command.trouble().unwrap().code, FailureCode::File);
    assert_eq!(command.save(None, profile("web")).unwrap_err().code, FailureCode::File);
    assert_eq!(command.export_text(&[]).unwrap_err().code, FailureCode::File);
    assert_eq!(std::fs::read_to_string(home.file()).unwrap(), "{");
    assert!(!home.path().join("profiles.json.broken").exists());
    // While it may be read, a command may change it as well.
    std::fs::remove_file(home.file()).unwrap();
    home.peek().save(None, profile("web")).unwrap();
    assert_eq!(names(&home.open()), ["web"]);
}

#[test]
fn more_than_a_file_may_have_is_refused() {
    let home = Home::new();
    let profiles = home.open();
    let long = adit_contract::SettingValue::Text("x".repeat(60_000));
    let settings: BTreeMap<_, _> = [("a".to_owned(), long)].into();
    let many = |count| {
        let large = adit_contract::Profile { settings: settings.clone(), ..profile("large") };
        profiles.change(|shelf| shelf.add_all(&[], vec![large; count]))
    };
    many(200).unwrap();
    assert_eq!(many(200).unwrap_err().code, FailureCode::InvalidInput);
    assert_eq!(names(&profiles).len(), 200);
    assert_eq!(names(&home.open()).len(), 200);
}

#[test]
fn a_later_versions_file_is_shown_and_left_alone() {
    let home = Home::new();
    let mut later = serde_json::json!({"version": 2, "clouds": {"google": {"profiles": [profile("web")]}}});
    later["clouds"]["google"]["profiles"][0]["id"] = "a".into();
    std::fs::write(home.file(), later.to_string()).unwrap();
    let profiles = home.open();
    let list = profiles.list(BTreeMap::new());
    assert_eq!((list.writable, list.profiles.len()), (false, 1));
    assert!(list.trouble.unwrap().title.contains("later version"));
    for refused in [profiles.save(None, profile("db")).map(drop), profiles.remove(&["a".to_owned()])] {
        assert_eq!(refused.unwrap_err().code, FailureCode::File);
    }
    assert_eq!(std::fs::read_to_string(home.file()).unwrap(), later.to_string());
}

#[test]
fn what_is_not_understood_is_told_and_outlives_a_change() {
    let home = Home::new();
    let odd = serde_json::json!({"name": "odd", "target": {"kind": "phone"}});
    let file = serde_json::json!({"version": 1, "clouds": {"google": {"profiles": [odd]}}});
    std::fs::write(home.file(), file.to_string()).unwrap();
    let profiles = home.open();
    assert_eq!(profiles.trouble().unwrap().facts[0].value, "odd");
    profiles.save(None, profile("web")).unwrap();
    assert!(std::fs::read_to_string(home.file()).unwrap().contains("phone"));
    assert!(profiles.trouble().is_some());
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_written_costs_nothing() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = Home::new();
    let profiles = home.open();
    let id = profiles.save(None, profile("web")).unwrap();
    let mode = |mode| std::fs::set_permissions(home.path(), std::fs::Permissions::from_mode(mode)).unwrap();
    mode(0o500);
    let forbidden = std::fs::write(home.path().join("probe"), "").is_err();
    if forbidden {
        let failure = profiles.save(None, profile("db")).unwrap_err();
        assert_eq!(failure.code, FailureCode::File);
        assert!(failure.facts.iter().any(|fact| fact.value.ends_with("profiles.json")));
    }
    mode(0o700);
    // Whoever may write everywhere, as root may, is kept out by what stands in the file's place.
    std::fs::remove_file(home.file()).unwrap();
    std::fs::create_dir(home.file()).unwrap();
    assert_eq!(profiles.save(None, profile("db")).unwrap_err().code, FailureCode::File);
    assert_eq!(profiles.get(&id).unwrap().name, "web");
}

/// A disk of our own can be filled without touching the machine's. Where the system or a missing program forbids one,
/// there is nothing to test.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_costs_nothing() {
    use std::process::Command;
    const INSIDE: &str = "ADIT_TEST_OWN_DISK";
    const NAME: &str = "profiles::store::tests::a_full_disk_costs_nothing";
    if std::env::var_os(INSIDE).is_none() {
        let possible = Command::new("unshare").args(["-rm", "mount", "-t", "tmpfs", "none", "/mnt"]).output();
        if possible.is_ok_and(|made| made.status.success()) {
            let mut apart = Command::new("unshare");
            apart.arg("-rm").arg(std::env::current_exe().unwrap()).args([NAME, "--exact", "--nocapture"]);
            let ran = apart.env(INSIDE, "1").output().unwrap();
            let said = String::from_utf8_lossy(&ran.stdout);
            assert!(ran.status.success() && said.contains("1 passed"), "{said}");
        } else {
            eprintln!("not run: no disk of our own can be had here");
        }
        return;
    }
    let home = Home::new();
    let disk =
        Command::new("mount").args(["-t", "tmpfs", "-o", "size=64k", "none"]).arg(home.path()).status();
    assert!(disk.unwrap().success());
    let profiles = home.open();
    let id = profiles.save(None, profile("web")).unwrap();
    let before = std::fs::read(home.file()).unwrap();
    let filler = home.path().join("filler");
    assert_eq!(std::fs::write(&filler, [0; 128 * 1024]).unwrap_err().kind(), std::io::ErrorKind::StorageFull);

    let failure = profiles.save(None, profile("db")).unwrap_err();
    assert_eq!(failure.code, FailureCode::File);
    assert!(failure.advice.contains("no room"), "{}", failure.advice);
    assert_eq!(std::fs::read(home.file()).unwrap(), before);
    assert_eq!(
        (names(&profiles), profiles.get(&id).unwrap().name),
        (vec!["web".to_owned()], "web".to_owned())
    );

    std::fs::remove_file(&filler).unwrap();
    profiles.save(None, profile("db")).unwrap();
    assert_eq!(names(&home.open()), ["web", "db"]);
    let left: Vec<_> =
        std::fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().ends_with(".new")), "{left:?}");
    // A folder that something is mounted on could not be removed.
    assert!(Command::new("umount").arg(home.path()).status().unwrap().success());
}

#[test]
fn five_hundred_are_kept_found_and_changed() {
    let home = Home::new();
    let profiles = home.open();
    let many = (0..500).map(|n| adit_contract::Profile {
        folder: vec![format!("team {}", n % 20)],
        ..profile(&format!("vm-{n}"))
    });
    profiles.change(|shelf| shelf.add_all(&[], many.collect())).unwrap();
    let again = home.open().list(BTreeMap::new());
    assert_eq!((again.profiles.len(), again.folders.len()), (500, 20));
    let ids: Vec<String> = again.profiles.into_iter().map(|info| info.id).collect();
    profiles.arrange(&ids[..250], &["half".to_owned()], None).unwrap();
    profiles.remove(&ids[..100]).unwrap();
    assert_eq!(names(&home.open()).len(), 400);
}

#[test]
fn a_failed_start_is_told_until_the_next_or_until_it_is_changed() {
    let home = Home::new();
    let profiles = home.open();
    let id = profiles.save(None, profile("web")).unwrap();
    let state = |states| profiles.list(states).profiles.remove(0).state;
    profiles.started(&id, Some(crate::failure::cancelled()));
    assert!(matches!(state(BTreeMap::new()), ProfileState::Failed { .. }));
    let open = ProfileState::Session { id: "1".to_owned() };
    assert_eq!(state(BTreeMap::from([(id.clone(), open.clone())])), open);
    let chosen = adit_contract::ProfileTarget::Instance { instance: vm("web-1") };
    let changed = adit_contract::Profile { target: chosen, ..profile("web") };
    profiles.save(Some(&id), changed).unwrap();
    assert_eq!(state(BTreeMap::new()), ProfileState::Idle);
}

use adit_contract::{
    AccountSource, Failure, FailureCode, ProfileState, Protocol, Question, SessionState, Step, TunnelSpec,
    TunnelTarget,
};

use super::*;

fn vm(name: &str) -> InstanceRef {
    InstanceRef { project: "acme".into(), zone: "z".into(), name: name.into() }
}

fn session(id: &str, name: &str, state: SessionState) -> SessionInfo {
    SessionInfo {
        id: id.into(),
        protocol: Protocol::Ssh,
        instance: vm(name),
        desktop: None,
        user: None,
        state,
        notes: Vec::new(),
        attempt: 1,
        profile: None,
        window: adit_contract::MAIN_WINDOW.to_owned(),
        name: None,
        colour: adit_contract::TabColour::default(),
    }
}

fn tunnel(id: &str, name: &str, state: TunnelState) -> TunnelInfo {
    TunnelInfo {
        id: id.into(),
        spec: TunnelSpec {
            name: String::new(),
            target: TunnelTarget::Instance { instance: vm(name), interface: "nic0".into(), port: 5432 },
            protocol: Default::default(),
            http: Default::default(),
            audience: Default::default(),
            place: Default::default(),
            wait_for_vm: false,
        },
        state,
        local: "127.0.0.1:5432".into(),
        sent: 0.0,
        received: 0.0,
        rate: 0.0,
        history: Vec::new(),
        connections: 0,
        resumes: 0,
        refused: 0,
        last_refusal: None,
        round_trip_ms: None,
        since: None,
        by_command: false,
        profile: None,
    }
}

fn texts(tray: &Tray) -> Vec<&str> {
    let text = |row: &'_ Row| -> Option<usize> {
        match row {
            Row::Separator => None,
            Row::Heading(_) | Row::Item { .. } | Row::Menu { .. } => Some(0),
        }
    };
    tray.rows
        .iter()
        .filter(|row| text(row).is_some())
        .map(|row| match row {
            Row::Heading(text) | Row::Item { text, .. } | Row::Menu { text, .. } => text.as_str(),
            Row::Separator => "",
        })
        .collect()
}

fn failed(listening: bool) -> TunnelState {
    TunnelState::Failed { failure: Failure::new(FailureCode::Network, "It broke", ""), listening }
}

fn shown<'a>(
    sessions: &'a [SessionInfo],
    tunnels: &'a [TunnelInfo],
    paused: &'a BTreeSet<String>,
) -> Shown<'a> {
    static NONE: BTreeSet<String> = BTreeSet::new();
    Shown { accounts: &[], sessions, tunnels, paused, favourites: &[], profiles: &[], unseen: &NONE }
}

#[test]
fn an_idle_app_has_what_is_always_there() {
    let tray = tray(&shown(&[], &[], &BTreeSet::new()));
    assert_eq!(texts(&tray), ["Open Adit", "Settings", "Quit Adit"]);
    assert_eq!((tray.mark, tray.tip.as_str()), (Mark::Calm, "Adit: no session, no tunnel"));
}

#[test]
fn everything_is_listed_with_its_state_and_what_a_click_does() {
    let sessions = [
        session("1", "web-1", SessionState::Live),
        session("2", "gone", SessionState::Ended { end: adit_contract::SessionEnd::Closed }),
    ];
    let tunnels = [
        tunnel("7", "db-1", TunnelState::Stopped),
        tunnel("8", "db-2", TunnelState::Live),
        TunnelInfo { by_command: true, ..tunnel("9", "db-3", TunnelState::Listening) },
    ];
    let paused = BTreeSet::from(["7".to_owned()]);
    let favourites = [vm("fav")];
    let tray = tray(&Shown { favourites: &favourites, ..shown(&sessions, &tunnels, &paused) });
    assert_eq!(
        texts(&tray),
        [
            "Open Adit",
            "Sessions",
            "web-1 – open",
            "Tunnels",
            "db-2:5432 – running, click to pause",
            "db-3:5432 – of a command",
            "db-1:5432 – stopped, click to start",
            "Pause all tunnels",
            "Resume paused tunnels",
            "Favourites",
            "fav – acme",
            "Settings",
            "Quit Adit"
        ]
    );
    assert_eq!(tray.tip, "Adit: 1 session, 2 tunnels");
    let does: Vec<&Does> = tray
        .rows
        .iter()
        .filter_map(|row| match row {
            Row::Item { does, .. } => Some(does),
            Row::Separator | Row::Heading(_) | Row::Menu { .. } => None,
        })
        .collect();
    assert!(does.contains(&&Does::Session("1".into())));
    assert!(does.contains(&&Does::Tunnel("7".into(), TunnelAction::Start)));
    assert!(does.contains(&&Does::Tunnel("8".into(), TunnelAction::Stop)));
    assert!(!does.iter().any(|does| matches!(does, Does::Tunnel(id, _) if id == "9")), "not ours to stop");
    assert!(does.contains(&&Does::Connect(vm("fav"))));
}

fn profile(n: usize, folder: &[&str]) -> ProfileInfo {
    ProfileInfo {
        id: n.to_string(),
        profile: adit_contract::Profile {
            name: format!("db-{n}"),
            folder: folder.iter().map(|name| (*name).to_owned()).collect(),
            target: adit_contract::ProfileTarget::Search { text: "db".into() },
            action: adit_contract::ProfileAction::Ssh,
            account: None,
            settings: Default::default(),
            start: Default::default(),
            unconfirmed: None,
        },
        state: ProfileState::Idle,
        problem: None,
    }
}

fn profiles_menu(profiles: &[ProfileInfo]) -> Vec<Row> {
    let tray = tray(&Shown { profiles, ..shown(&[], &[], &BTreeSet::new()) });
    assert_eq!(texts(&tray), ["Open Adit", "Profiles", "Settings", "Quit Adit"]);
    let rows = tray.rows.into_iter().find_map(|row| match row {
        Row::Menu { rows, .. } => Some(rows),
        Row::Separator | Row::Heading(_) | Row::Item { .. } => None,
    });
    rows.expect("the menu")
}

#[test]
fn profiles_have_a_menu_of_their_own_with_their_folders_and_states() {
    let open = ProfileState::Session { id: "7".into() };
    let profiles = [
        profile(0, &[]),
        ProfileInfo { state: open, ..profile(1, &["Work"]) },
        profile(2, &["Work", "Late"]),
        profile(3, &["Work"]),
        profile(4, &["Home"]),
    ];
    let start = |n: usize| Does::Profile(n.to_string());
    let late = Row::Menu { text: "Late".into(), rows: vec![item("db-2", start(2))] };
    let work = vec![
        item("Start all 2", Does::StartProfiles(vec!["2".into(), "3".into()])),
        late,
        item("db-1 – open", start(1)),
        item("db-3", start(3)),
    ];
    let home = Row::Menu { text: "Home".into(), rows: vec![item("db-4", start(4))] };
    assert_eq!(
        profiles_menu(&profiles),
        [Row::Menu { text: "Work".into(), rows: work }, home, item("db-0", start(0))]
    );
}

#[test]
fn five_hundred_profiles_make_menus_that_can_be_looked_through() {
    fn all<'a>(rows: &'a [Row], found: &mut Vec<&'a [Row]>) {
        found.push(rows);
        for row in rows {
            if let Row::Menu { rows, .. } = row {
                all(rows, found);
            }
        }
    }
    let names: Vec<String> = (0..50).map(|n| format!("folder-{n}")).collect();
    let profiles: Vec<ProfileInfo> = (0..500).map(|n| profile(n, &[&names[n % 50]])).collect();
    let flat: Vec<ProfileInfo> = (0..500).map(|n| profile(n, &["one"])).collect();
    for (profiles, left) in [(profiles, 460), (flat, 400)] {
        let rows = profiles_menu(&profiles);
        let mut menus = Vec::new();
        all(&rows, &mut menus);
        assert!(menus.iter().all(|rows| rows.len() <= 22), "{menus:?}");
        assert!(menus.iter().map(|rows| rows.len()).sum::<usize>() < 250);
        let more = item(format!("{left} more in the window"), Does::Profiles(None));
        assert_eq!(rows.last(), Some(&more));
    }
}

#[test]
fn the_icon_says_whether_somebody_is_needed() {
    let none = BTreeSet::new();
    let mark = |sessions: &[SessionInfo], tunnels: &[TunnelInfo]| tray(&shown(sessions, tunnels, &none)).mark;
    let connecting = SessionState::Connecting { step: Step::ReadVm, text: String::new(), since: 0.0 };
    let question = Question::NewHostKey { algorithm: String::new(), fingerprint: String::new() };
    let busy = session("1", "a", connecting);
    assert_eq!(mark(&[session("1", "a", SessionState::Live)], &[]), Mark::Calm);
    assert_eq!(mark(std::slice::from_ref(&busy), &[]), Mark::Busy);
    assert_eq!(
        mark(&[], &[tunnel("1", "a", TunnelState::Resuming { attempt: 1, next_at: 0.0 })]),
        Mark::Busy
    );
    assert_eq!(mark(std::slice::from_ref(&busy), &[tunnel("1", "a", failed(false))]), Mark::NeedsYou);
    assert_eq!(mark(&[], &[tunnel("1", "a", failed(true))]), Mark::NeedsYou);
    assert_eq!(mark(&[busy, session("2", "a", SessionState::Asking { question })], &[]), Mark::NeedsYou);
    let account = AccountInfo {
        id: "1".into(),
        email: "ana@acme.example".into(),
        source: AccountSource::Browser,
        state: AccountState::SignInNeeded,
    };
    let accounts = [account];
    let signed_out = tray(&Shown { accounts: &accounts, ..shown(&[], &[], &none) });
    assert_eq!(signed_out.mark, Mark::NeedsYou);
    assert_eq!(signed_out.tip, "Adit needs you: sign in again as ana@acme.example");
    assert_eq!(signed_out.rows[1], item("Sign in again as ana@acme.example", Does::SignIn));
    let failure = Failure::new(FailureCode::ConnectionLost, "It was lost", "");
    let lost = |was_live| session("1", "a", SessionState::Failed { failure: failure.clone(), was_live });
    assert_eq!(mark(&[lost(true)], &[]), Mark::NeedsYou);
    assert_eq!(mark(&[lost(false)], &[]), Mark::Calm, "whoever opened it sees that");
    let profiles =
        [ProfileInfo { state: ProfileState::Failed { failure: failure.clone() }, ..profile(1, &[]) }];
    let seen = tray(&Shown { profiles: &profiles, ..shown(&[], &[], &none) });
    assert_eq!(seen.mark, Mark::Calm, "whoever started it has seen that");
    let unseen = BTreeSet::from(["1".to_owned()]);
    let at_login = tray(&Shown { profiles: &profiles, unseen: &unseen, ..shown(&[], &[], &none) });
    assert_eq!(at_login.tip, "Adit needs you: the profile db-1 has failed");
    // What was lost of a profile is one thing, not two.
    let of_it = [SessionInfo { profile: Some("1".into()), ..lost(true) }];
    let one = tray(&Shown { profiles: &profiles, unseen: &unseen, ..shown(&of_it, &[], &none) });
    assert_eq!(one.tip, "Adit needs you: the session on a was lost");
}

#[test]
fn the_menu_stays_small_whatever_there_is() {
    let long = format!("{}\n{}-end", "a".repeat(30), "b".repeat(300));
    let sessions: Vec<SessionInfo> =
        (0..64).map(|n| session(&n.to_string(), &long, SessionState::Live)).collect();
    let tunnels: Vec<TunnelInfo> =
        (0..500).map(|n| tunnel(&n.to_string(), &long, TunnelState::Stopped)).collect();
    let favourites: Vec<InstanceRef> = (0..200).map(|_| vm(&long)).collect();
    let tray = tray(&Shown { favourites: &favourites, ..shown(&sessions, &tunnels, &BTreeSet::new()) });
    assert!(tray.rows.len() < 3 * (MOST_ROWS + 3) + 8, "{}", tray.rows.len());
    for text in texts(&tray) {
        assert!(text.chars().count() <= 2 * LONGEST_NAME, "{text}");
        assert!(!text.contains(char::is_control), "{text:?}");
    }
    // Each leads to where all of them are.
    for more in [
        item("52 more in the window", Does::Sessions),
        item("488 more in the window", Does::Tunnels(None)),
        item("188 more in the window", Does::Explorer),
    ] {
        assert!(tray.rows.contains(&more), "{more:?}");
    }
    assert!(
        texts(&tray).iter().any(|text| text.contains("-end")),
        "the end of a name is what tells it apart"
    );
}

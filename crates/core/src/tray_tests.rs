use adit_contract::{AccountSource, Failure, FailureCode, Question, Step, TunnelSpec, TunnelTarget};

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
    Shown { accounts: &[], sessions, tunnels, paused, favourites: &[], profiles: &[] }
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

#[test]
fn profiles_have_a_menu_of_their_own_with_their_folders_and_states() {
    let profile = |n: usize| ProfileInfo {
        id: n.to_string(),
        profile: adit_contract::Profile {
            name: format!("db-{n}"),
            folder: vec!["Work".into()],
            target: adit_contract::ProfileTarget::Search { text: "db".into() },
            action: adit_contract::ProfileAction::Ssh,
            account: None,
            settings: Default::default(),
            start: Default::default(),
            unconfirmed: None,
        },
        state: if n == 1 { ProfileState::Session { id: "7".into() } } else { ProfileState::Idle },
        problem: None,
    };
    let profiles: Vec<ProfileInfo> = (0..MOST_PROFILES + 3).map(profile).collect();
    let tray = tray(&Shown { profiles: &profiles, ..shown(&[], &[], &BTreeSet::new()) });
    assert_eq!(texts(&tray), ["Open Adit", "Profiles", "Settings", "Quit Adit"]);
    let rows = tray.rows.iter().find_map(|row| match row {
        Row::Menu { rows, .. } => Some(rows),
        Row::Separator | Row::Heading(_) | Row::Item { .. } => None,
    });
    let rows = rows.expect("the menu");
    assert_eq!(rows.len(), MOST_PROFILES + 1);
    assert_eq!(rows[0], item("Work / db-0", Does::Profile("0".into())));
    assert_eq!(rows[1], item("Work / db-1 – open", Does::Profile("1".into())));
    assert_eq!(rows[MOST_PROFILES], item("3 more in the window", Does::Open));
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
    assert_eq!(tray(&Shown { accounts: &[account], ..shown(&[], &[], &none) }).mark, Mark::NeedsYou);
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
    assert!(texts(&tray).contains(&"52 more in the window"));
    assert!(texts(&tray).contains(&"488 more in the window"));
    assert!(
        texts(&tray).iter().any(|text| text.contains("-end")),
        "the end of a name is what tells it apart"
    );
}

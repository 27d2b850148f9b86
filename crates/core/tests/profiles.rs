//! Profiles in the app, against the local cloud: started, followed, kept, changed by other processes.

#![expect(clippy::unwrap_used, reason = "what is missing fails the test")]

mod desk;

use std::collections::BTreeMap;

use adit_contract::{
    Event, FailureCode, HttpRule, MAIN_WINDOW, Origin, Profile, ProfileAction, ProfileForward, ProfileInfo,
    ProfileSource, ProfileStart, ProfileStarted, ProfileState, ProfileTarget, Protocol, Scope, SessionState,
    SettingValue, SignInMethod, TunnelAction, TunnelAudience, TunnelPlace, TunnelProtocol, TunnelState,
};
use adit_core::{
    App,
    profiles::Profiles,
    tray::{Does, Mark, Row},
};
use desk::{Desk, failed, instance_ref};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

const ANA: &str = "ana@acme.example#the office";
const WEB_1: &str = "acme-prod/europe-west1-b/web-1";

fn profile(name: &str, target: ProfileTarget, action: ProfileAction) -> Profile {
    Profile {
        name: name.to_owned(),
        folder: Vec::new(),
        target,
        action,
        account: None,
        settings: BTreeMap::new(),
        start: ProfileStart::ByHand,
        unconfirmed: None,
    }
}

fn on(vm: &str) -> ProfileTarget {
    ProfileTarget::Instance { instance: instance_ref(vm) }
}

fn words(text: &str) -> ProfileTarget {
    ProfileTarget::Search { text: text.to_owned() }
}

fn forward(port: u16) -> ProfileAction {
    ProfileAction::Forward {
        forward: ProfileForward {
            interface: "nic0".to_owned(),
            port,
            protocol: TunnelProtocol::Any,
            http: HttpRule::Strict,
            audience: TunnelAudience::User,
            place: TunnelPlace::Steady,
            wait_for_vm: false,
        },
    }
}

async fn saved(desk: &Desk, profile: Profile) -> String {
    desk.app.profile_save(None, profile).await.unwrap()
}

async fn start(desk: &Desk, id: &str) -> ProfileStarted {
    desk.app.profile_start(MAIN_WINDOW, vec![id.to_owned()]).await.unwrap().remove(0)
}

async fn info(app: &App, id: &str) -> ProfileInfo {
    let list = app.profiles().await.unwrap();
    list.profiles.into_iter().find(|info| info.id == id).unwrap()
}

/// Waits until a tunnel listens; gives where.
async fn listening(desk: &Desk, id: &str) -> String {
    let listens = |event: &Event| match event {
        Event::Tunnel(info) if info.id == id && info.state == TunnelState::Listening => {
            Some(info.local.clone())
        }
        _ => None,
    };
    desk.events.find(listens).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_is_started_shown_again_and_followed_to_its_end() {
    let desk = Desk::signed_in(ANA).await;
    let id =
        saved(&desk, profile("The web server", words("name:web-1 project:acme-prod"), ProfileAction::Ssh))
            .await;
    assert_eq!(info(&desk.app, &id).await.state, ProfileState::Idle);
    let session = start(&desk, &id).await.session.unwrap();
    let live = desk.settled(&session, 1).await;
    assert_eq!(live.state, SessionState::Live);
    assert_eq!((live.instance, live.protocol), (instance_ref(WEB_1), Protocol::Ssh));
    assert_eq!((live.profile.as_deref(), live.name.as_deref()), (Some(id.as_str()), Some("The web server")));
    assert_eq!(info(&desk.app, &id).await.state, ProfileState::Session { id: session.clone() });

    // The second start shows what the first has opened.
    assert_eq!(start(&desk, &id).await.session.as_ref(), Some(&session));
    desk.events
        .find(|event| matches!(event, Event::SessionShown(shown) if *shown == session).then_some(()))
        .await;
    assert_eq!(desk.app.snapshot().await.sessions.len(), 1);

    // Over, its tab takes the next start.
    desk.app.session_cancel(&session).await.unwrap();
    assert_eq!(info(&desk.app, &id).await.state, ProfileState::Idle);
    assert_eq!(start(&desk, &id).await.session.as_ref(), Some(&session));
    assert_eq!(desk.settled(&session, 2).await.state, SessionState::Live);
    desk.app.session_close(&session).await.unwrap();
    assert_eq!(info(&desk.app, &id).await.state, ProfileState::Idle);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forward_is_one_tunnel_however_often_it_is_started() {
    let desk = Desk::signed_in(ANA).await;
    let id = saved(&desk, profile("Echo", on(WEB_1), forward(7))).await;
    let tunnel = start(&desk, &id).await.tunnel.unwrap();
    let local = listening(&desk, &tunnel).await;
    let mut stream = TcpStream::connect(&local).await.unwrap();
    stream.write_all(b"hello").await.unwrap();
    let mut answer = [0; 5];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"hello");
    assert_eq!(info(&desk.app, &id).await.state, ProfileState::Tunnel { id: tunnel.clone() });
    assert_eq!(start(&desk, &id).await.tunnel.as_ref(), Some(&tunnel));

    desk.app.tunnel_action(&tunnel, TunnelAction::Stop).await.unwrap();
    assert_eq!(info(&desk.app, &id).await.state, ProfileState::Idle);
    let changed = profile("Echo again", on(WEB_1), forward(7));
    desk.app.profile_save(Some(id.clone()), changed).await.unwrap();
    assert_eq!(start(&desk, &id).await.tunnel.as_ref(), Some(&tunnel));
    let tunnels = desk.app.snapshot().await.tunnels;
    assert_eq!((tunnels.len(), tunnels[0].spec.name.as_str()), (1, "Echo again"));

    // What runs outlives its profile; what does not goes with it.
    desk.app.profile_remove(vec![id]).await.unwrap();
    assert_eq!(desk.app.snapshot().await.tunnels.len(), 1);
    let other = saved(&desk, profile("Other", on(WEB_1), forward(8))).await;
    let tunnel = start(&desk, &other).await.tunnel.unwrap();
    desk.app.tunnel_action(&tunnel, TunnelAction::Stop).await.unwrap();
    desk.app.profile_remove(vec![other]).await.unwrap();
    assert_eq!(desk.app.snapshot().await.tunnels.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_started_says_why_and_harms_no_other() {
    let desk = Desk::signed_in(ANA).await;
    let gone = saved(&desk, profile("gone", on("acme-prod/europe-west1-b/gone"), ProfileAction::Ssh)).await;
    let unknown = saved(&desk, profile("unknown", words("no-such-vm"), ProfileAction::Ssh)).await;
    let several = saved(&desk, profile("several", words("project:acme-prod"), ProfileAction::Ssh)).await;
    let open = saved(&desk, profile("to be chosen", words(" "), ProfileAction::Ssh)).await;
    let other = Profile {
        account: Some("eve@acme.example".to_owned()),
        ..profile("eve", on(WEB_1), ProfileAction::Ssh)
    };
    let other = saved(&desk, other).await;
    let fine = saved(&desk, profile("fine", on(WEB_1), ProfileAction::Ssh)).await;
    let ids = vec![gone, unknown, several, open.clone(), other, "removed".to_owned(), fine];
    let started = desk.app.profile_start(MAIN_WINDOW, ids).await.unwrap();
    let codes: Vec<_> = started.iter().map(|one| one.failure.as_ref().map(|failure| failure.code)).collect();
    assert_eq!(
        codes,
        [
            None,
            Some(FailureCode::NotFound),
            Some(FailureCode::InvalidInput),
            Some(FailureCode::InvalidInput),
            Some(FailureCode::SignInNeeded),
            Some(FailureCode::InvalidInput),
            None,
        ]
    );
    let gone = started[0].session.as_ref().unwrap();
    assert_eq!(failed(&desk.settled(gone, 1).await).code, FailureCode::NotFound);
    assert!(matches!(info(&desk.app, &started[0].id).await.state, ProfileState::Failed { .. }));
    let open = info(&desk.app, &open).await;
    assert!(matches!(open.state, ProfileState::Failed { .. }) && open.problem.is_some());
    let fine = started[6].session.as_ref().unwrap();
    assert_eq!(desk.settled(fine, 1).await.state, SessionState::Live);
    let many = vec!["x".to_owned(); 21];
    assert_eq!(desk.app.profile_start(MAIN_WINDOW, many).await.unwrap_err().code, FailureCode::InvalidInput);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profiles_settings_come_before_those_of_its_vm() {
    let desk = Desk::new("").await;
    let vm = instance_ref("acme-prod/europe-west1-b/sql-win-2");
    let id =
        saved(&desk, profile("sql", ProfileTarget::Instance { instance: vm.clone() }, ProfileAction::Rdp))
            .await;
    let at = Scope::Profile { id: id.clone(), instance: Some(vm.clone()) };
    let port = "rdp.port".to_owned();
    let number = SettingValue::Number;
    desk.app.setting_set(Scope::from(&vm), port.clone(), number(3390)).await.unwrap();
    let state = async || {
        let states = desk.app.settings_at(at.clone()).await.unwrap();
        let state = states.into_iter().find(|state| state.key == "rdp.port").unwrap();
        (state.value, state.origin)
    };
    assert_eq!(state().await, (number(3390), Origin::Scope { scope: Scope::from(&vm) }));
    desk.app.setting_set(at.clone(), port.clone(), number(3391)).await.unwrap();
    assert_eq!(state().await, (number(3391), Origin::Scope { scope: at.clone() }));
    assert_eq!(info(&desk.app, &id).await.profile.settings, BTreeMap::from([(port.clone(), number(3391))]));
    for (key, value) in [("rdp.port", number(0)), ("terminal.fontSize", number(20)), ("no.key", number(1))] {
        let refused = desk.app.setting_set(at.clone(), key.to_owned(), value.clone()).await.unwrap_err();
        assert_eq!(refused.code, FailureCode::InvalidInput, "{key}");
        let mut profile = info(&desk.app, &id).await.profile;
        profile.settings.insert(key.to_owned(), value);
        let refused = desk.app.profile_save(Some(id.clone()), profile).await.unwrap_err();
        assert_eq!(refused.code, FailureCode::InvalidInput, "{key}");
    }
    desk.app.setting_reset(at.clone(), port).await.unwrap();
    assert_eq!(state().await.0, number(3390));
    let unknown = Scope::Profile { id: "gone".to_owned(), instance: None };
    assert_eq!(desk.app.settings_at(unknown).await.unwrap_err().code, FailureCode::InvalidInput);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_open_becomes_a_profile_with_one_command() {
    let desk = Desk::signed_in(ANA).await;
    let session = desk.live(WEB_1).await;
    let draft = desk.app.profile_draft(ProfileSource::Session { id: session }).await.unwrap();
    assert_eq!(draft, profile("web-1", on(WEB_1), ProfileAction::Ssh));
    let id = saved(&desk, profile("Echo", on(WEB_1), forward(7))).await;
    let tunnel = start(&desk, &id).await.tunnel.unwrap();
    let draft = desk.app.profile_draft(ProfileSource::Tunnel { id: tunnel }).await.unwrap();
    assert_eq!(draft, profile("Echo", on(WEB_1), forward(7)));
    let unknown = ProfileSource::Session { id: "77".to_owned() };
    assert_eq!(desk.app.profile_draft(unknown).await.unwrap_err().code, FailureCode::InvalidInput);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_process_changes_is_told() {
    let desk = Desk::new("").await;
    let file = desk.config.folders.settings.join("x.rdp");
    std::fs::create_dir_all(&desk.config.folders.settings).unwrap();
    std::fs::write(&file, "full address:s:web-1").unwrap();
    Profiles::open(&desk.config).import(&file).unwrap();
    desk.events.find(|event| matches!(event, Event::Profiles).then_some(())).await;
    assert_eq!(desk.app.profiles().await.unwrap().profiles[0].profile.name, "x");
}

#[tokio::test(flavor = "multi_thread")]
async fn those_for_the_login_start_with_it_and_the_tray_starts_any() {
    let desk = Desk::signed_in(ANA).await;
    let at_login = Profile { start: ProfileStart::AtLogin, ..profile("Echo", on(WEB_1), forward(7)) };
    let at_login = saved(&desk, Profile { folder: vec!["Work".to_owned()], ..at_login }).await;
    let by_hand = saved(&desk, profile("Other", on(WEB_1), forward(7))).await;
    let problem = info(&desk.app, &at_login).await.problem;
    assert!(problem.is_some_and(|problem| problem.contains("login")), "Adit itself does not start there");
    desk.app.profiles_at_login().await;
    assert!(matches!(info(&desk.app, &at_login).await.state, ProfileState::Tunnel { .. }));
    assert_eq!(info(&desk.app, &by_hand).await.state, ProfileState::Idle);

    let menu = desk.app.tray().await.rows.into_iter().find_map(|row| match row {
        Row::Menu { text, rows } if text == "Profiles" => Some(rows),
        Row::Menu { .. } | Row::Item { .. } | Row::Heading(_) | Row::Separator => None,
    });
    let item = |text: &str, id: &str| Row::Item { text: text.to_owned(), does: Does::Profile(id.to_owned()) };
    let work = Row::Menu { text: "Work".to_owned(), rows: vec![item("Echo – running", &at_login)] };
    assert_eq!(menu.unwrap(), [work, item("Other", &by_hand)]);

    // The app ends and begins anew: the tunnel is still the profile's.
    let again = App::start(desk.config.clone(), desk.events.clone()).await.unwrap();
    assert_eq!(again.snapshot().await.tunnels.len(), 1);
    assert!(matches!(info(&again, &at_login).await.state, ProfileState::Tunnel { .. }));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_failed_at_login_needs_somebody_until_they_have_seen_it() {
    let desk = Desk::signed_in(ANA).await;
    let at_login = |profile| Profile { start: ProfileStart::AtLogin, ..profile };
    let lost = saved(&desk, at_login(profile("Lost", words("no-such-vm"), ProfileAction::Ssh))).await;
    let gone = on("acme-prod/europe-west1-b/gone");
    let gone = saved(&desk, at_login(profile("Gone", gone, ProfileAction::Ssh))).await;
    desk.app.profiles_at_login().await;
    let session = desk.app.snapshot().await.sessions.remove(0).id;
    assert_eq!(failed(&desk.settled(&session, 1).await).code, FailureCode::NotFound);
    let tray = desk.app.tray().await;
    assert_eq!((tray.mark, tray.tip.contains("2 more")), (Mark::NeedsYou, false), "{}", tray.tip);

    // One is put away, of the other a window says it.
    desk.app.profiles_seen(std::slice::from_ref(&gone));
    assert_eq!(desk.app.tray().await.tip, "Adit needs you: the profile Lost has failed");
    let said = desk.app.looked_at().unwrap();
    assert_eq!((said.title.as_str(), said.code), ("Lost did not start", FailureCode::NotFound));
    assert_eq!(desk.app.tray().await.mark, Mark::Calm);
    assert_eq!(desk.app.looked_at(), None);
    assert!(desk.app.profiles_unseen().is_empty());
    // The list still says it.
    assert!(matches!(info(&desk.app, &lost).await.state, ProfileState::Failed { .. }));

    // Whoever starts it sees what becomes of it.
    assert!(start(&desk, &lost).await.failure.is_some());
    assert_eq!(desk.app.tray().await.mark, Mark::Calm);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_a_sign_in_at_login_begins_with_it() {
    let desk = Desk::new(ANA).await;
    let at_login = Profile { start: ProfileStart::AtLogin, ..profile("Echo", on(WEB_1), forward(7)) };
    let echo = saved(&desk, at_login).await;
    desk.app.profiles_at_login().await;
    assert!(matches!(info(&desk.app, &echo).await.state, ProfileState::Failed { .. }));
    // Who looks at the window is asked to sign in there, and it goes on waiting.
    assert_eq!(desk.app.looked_at(), None);
    desk.app.profiles_once_signed_in().await;
    assert!(matches!(info(&desk.app, &echo).await.state, ProfileState::Failed { .. }));
    desk.app.sign_in(SignInMethod::Browser).await.unwrap();
    desk.events.find(|event| matches!(event, Event::Accounts(all) if all.len() == 1).then_some(())).await;
    desk.app.profiles_once_signed_in().await;
    assert!(matches!(info(&desk.app, &echo).await.state, ProfileState::Tunnel { .. }));
}

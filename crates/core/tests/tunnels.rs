//! Tunnels in the app, against the local cloud: opened, used, shared with the command line, kept.

#![expect(clippy::unwrap_used, reason = "what is missing fails the test")]

mod desk;

use std::sync::Arc;

use adit_contract::{
    AccountState, Event, FailureCode, GatewayLogin, GatewaySettings, GatewayState, HttpRule, TunnelAction,
    TunnelAudience, TunnelInfo, TunnelPlace, TunnelProtocol, TunnelSpec, TunnelState, TunnelTarget,
};
use adit_core::{
    App,
    share::{Patient, Shared, Wait},
    tray::Row,
};
use desk::{Desk, Recorder, instance_ref};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::Notify,
};

const ANA: &str = "ana@acme.example#the office";
const ECHO: &str = "acme-prod/europe-west1-b/web-1";

fn to(instance: &str, port: u16) -> TunnelSpec {
    TunnelSpec {
        name: String::new(),
        target: TunnelTarget::Instance {
            instance: instance_ref(instance),
            interface: "nic0".to_owned(),
            port,
        },
        protocol: TunnelProtocol::Any,
        http: HttpRule::Strict,
        audience: TunnelAudience::User,
        place: TunnelPlace::Steady,
        wait_for_vm: false,
    }
}

/// Waits until a tunnel looks like this.
async fn seen(events: &Recorder, id: &str, fits: impl Fn(&TunnelInfo) -> bool) -> TunnelInfo {
    events
        .find(|event| match event {
            Event::Tunnel(info) if info.id == id && fits(info) => Some(TunnelInfo::clone(info)),
            _ => None,
        })
        .await
}

async fn listening(desk: &Desk, id: &str) -> TunnelInfo {
    seen(&desk.events, id, |info| info.state == TunnelState::Listening).await
}

async fn echoes(mut stream: TcpStream) -> TcpStream {
    stream.write_all(b"hello").await.unwrap();
    let mut answer = [0; 5];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"hello");
    stream
}

#[tokio::test]
async fn a_tunnel_is_opened_used_and_stopped() {
    let desk = Desk::signed_in(ANA).await;
    let spec = to(ECHO, 7);
    let expected = desk.app.tunnel_local(spec.target.clone()).await.unwrap();
    let id = desk.app.tunnel_add(spec, true).await.unwrap();
    let info = listening(&desk, &id).await;
    // Another test's tunnel may have the port that is this target's.
    assert!(info.local == expected || info.local.starts_with("127.0.0.1:"), "{}", info.local);
    assert!(info.since.is_some());

    let stream = echoes(TcpStream::connect(&info.local).await.unwrap()).await;
    seen(&desk.events, &id, |info| info.state == TunnelState::Live && info.connections == 1).await;
    let peers = desk.app.tunnel_peers(&id).await.unwrap();
    assert_eq!(peers.len(), 1);
    #[cfg(target_os = "linux")]
    assert_eq!(peers[0].pid, Some(std::process::id()));
    seen(&desk.events, &id, |info| info.sent == 5.0 && info.received == 5.0).await;
    // Nothing was measured until it began to run.
    seen(&desk.events, &id, |info| info.history.iter().sum::<f64>() == 10.0).await;
    drop(stream);

    desk.app.tunnel_action(&id, TunnelAction::Stop).await.unwrap();
    seen(&desk.events, &id, |info| info.state == TunnelState::Stopped).await;
    desk.app.tunnel_action(&id, TunnelAction::Remove).await.unwrap();
    desk.events.find(|event| matches!(event, Event::TunnelRemoved(gone) if *gone == id).then_some(())).await;
    let unknown = desk.app.tunnel_action(&id, TunnelAction::Start).await.unwrap_err();
    assert_eq!(unknown.code, FailureCode::InvalidInput);
}

#[tokio::test]
async fn a_denial_and_a_closed_port_show_before_any_port_pretends() {
    let desk = Desk::signed_in(ANA).await;
    for (instance, port, code) in [
        ("acme-data-platform/europe-west1-b/billing-db-7", 5432, FailureCode::NotAuthorized),
        ("acme-prod/europe-west1-b/appliance-1", 22, FailureCode::BackendUnreachable),
    ] {
        let id = desk.app.tunnel_add(to(instance, port), true).await.unwrap();
        let info = seen(&desk.events, &id, |info| matches!(info.state, TunnelState::Failed { .. })).await;
        let TunnelState::Failed { failure, listening: false } = info.state else {
            panic!("{:?}", info.state)
        };
        assert_eq!(failure.code, code);
        assert!(TcpStream::connect(&info.local).await.is_err(), "{instance}");
    }
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let desk = Desk::signed_in(ANA).await;
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let spec = TunnelSpec { place: TunnelPlace::Port { port }, ..to(ECHO, 7) };
    let id = desk.app.tunnel_add(spec, true).await.unwrap();
    let info = seen(&desk.events, &id, |info| matches!(info.state, TunnelState::Failed { .. })).await;
    let TunnelState::Failed { failure, .. } = info.state else { panic!("{:?}", info.state) };
    assert_eq!(failure.code, FailureCode::PortTaken);
    assert!(failure.title.contains(&port.to_string()), "{}", failure.title);
}

#[tokio::test]
async fn what_was_asked_for_is_there_at_the_next_start() {
    let desk = Desk::signed_in(ANA).await;
    let spec = TunnelSpec { name: "echo".to_owned(), ..to(ECHO, 7) };
    let id = desk.app.tunnel_add(spec.clone(), false).await.unwrap();
    assert_eq!(desk.app.snapshot().await.tunnels[0].state, TunnelState::Stopped);
    let changed = TunnelSpec { name: "other".to_owned(), ..spec };
    desk.app.tunnel_change(&id, changed.clone()).await.unwrap();
    let again = App::start(desk.config.clone(), desk.events.clone()).await.unwrap();
    let tunnels = again.snapshot().await.tunnels;
    assert_eq!(tunnels.len(), 1);
    assert_eq!(tunnels[0].spec, changed);
    assert_eq!(tunnels[0].state, TunnelState::Stopped);
}

#[tokio::test]
async fn what_ran_runs_again_at_the_next_start_unless_the_settings_say_no() {
    let desk = Desk::signed_in(ANA).await;
    let (ran, stopped) = (to(ECHO, 7), to("acme-prod/europe-west1-b/web-2", 7));
    let id = desk.app.tunnel_add(ran.clone(), true).await.unwrap();
    listening(&desk, &id).await;
    let other = desk.app.tunnel_add(stopped, true).await.unwrap();
    desk.app.tunnel_action(&other, TunnelAction::Stop).await.unwrap();
    // The port is free again for the one that comes after.
    desk.app.tunnel_action(&id, TunnelAction::Restart).await.unwrap();

    let events = Arc::new(Recorder::default());
    let again = App::start(desk.config.clone(), events.clone()).await.unwrap();
    events
        .find(|event| {
            matches!(event, Event::Tunnel(info) if info.state == TunnelState::Listening).then_some(())
        })
        .await;
    let tunnels = again.snapshot().await.tunnels;
    assert_eq!(tunnels.len(), 2);
    assert_eq!(tunnels[0].spec, ran);
    assert_eq!(tunnels[1].state, TunnelState::Stopped);

    let no = adit_contract::SettingValue::Toggle(false);
    let everywhere = adit_contract::Scope::Everywhere;
    again.setting_set(everywhere, "app.restoreTunnels".to_owned(), no).await.unwrap();
    let third = App::start(desk.config.clone(), Arc::new(Recorder::default())).await.unwrap();
    assert!(third.snapshot().await.tunnels.iter().all(|tunnel| tunnel.state == TunnelState::Stopped));
}

#[tokio::test]
async fn what_ran_waits_for_a_sign_in() {
    let desk = Desk::signed_in(ANA).await;
    let id = desk.app.tunnel_add(to(ECHO, 7), true).await.unwrap();
    listening(&desk, &id).await;
    let stopped = |tunnels: &[TunnelInfo]| tunnels.iter().all(|tunnel| tunnel.state == TunnelState::Stopped);

    // As when the keychain cannot be read.
    let events = Arc::new(Recorder::default());
    let vault: Arc<dyn adit_core::keychain::Vault> = Arc::new(adit_core::keychain::MemoryVault::new());
    let config = adit_core::Config { vault, ..desk.config.clone() };
    let again = App::start(config, events.clone()).await.unwrap();
    assert!(stopped(&again.snapshot().await.tunnels));
    again.sign_in(adit_contract::SignInMethod::Browser).await.unwrap();
    events
        .find(|event| {
            matches!(event, Event::Tunnel(info) if info.state == TunnelState::Listening).then_some(())
        })
        .await;
}

#[tokio::test]
async fn all_are_paused_and_only_those_are_resumed() {
    let desk = Desk::signed_in(ANA).await;
    let id = desk.app.tunnel_add(to(ECHO, 7), true).await.unwrap();
    let never = desk.app.tunnel_add(to("acme-prod/europe-west1-b/web-2", 7), false).await.unwrap();
    listening(&desk, &id).await;
    desk.app.tunnels_pause_all().await;
    assert!(desk.app.live().is_nothing());
    let rows = desk.app.tray().await.rows;
    let says =
        |words: &str| rows.iter().any(|row| matches!(row, Row::Item { text, .. } if text.contains(words)));
    assert!(says("Resume paused tunnels") && !says("Pause all"), "{rows:?}");
    desk.app.tunnels_resume_all().await;
    let state = |id: &str, tunnels: &[TunnelInfo]| {
        tunnels.iter().find(|tunnel| tunnel.id == id).map(|tunnel| tunnel.state.clone())
    };
    let tunnels = desk.app.snapshot().await.tunnels;
    assert_ne!(state(&id, &tunnels), Some(TunnelState::Stopped));
    assert_eq!(state(&never, &tunnels), Some(TunnelState::Stopped));
}

#[tokio::test]
async fn the_command_line_shares_the_pool() {
    let desk = Desk::signed_in(ANA).await;
    let shared = Shared::find(&desk.config).await.unwrap();
    assert_eq!(shared.tunnels().await.unwrap(), []);

    let mut tunnel = shared.open(to(ECHO, 7), None, |_| {}).await.unwrap();
    let listed = shared.tunnels().await.unwrap();
    assert!(listed[0].by_command);
    assert_eq!(listed[0].local, tunnel.local);
    let stream = echoes(TcpStream::connect(&tunnel.local).await.unwrap()).await;
    let told = tunnel.next().await.unwrap().unwrap();
    assert_eq!(told.json, serde_json::json!({ "event": "connected", "conn": 1 }));
    drop(stream);
    drop(tunnel);
    desk.events
        .find(|event| matches!(event, Event::TunnelRemoved(id) if *id == listed[0].id).then_some(()))
        .await;

    let denied = to("acme-data-platform/europe-west1-b/billing-db-7", 5432);
    let failure = shared.open(denied.clone(), None, |_| {}).await.unwrap_err();
    assert_eq!(failure.code, FailureCode::NotAuthorized);
    let failure = shared.dial(denied.target, Patient::No, |_| {}).await.unwrap_err();
    assert_eq!(failure.code, FailureCode::NotAuthorized);

    // A stream without a port: what goes in comes out, and its end is an end.
    let stream = shared.dial(to(ECHO, 7).target, Patient::No, |_| {}).await.unwrap();
    let sent: Vec<u8> = (0..500_001_u32).map(|n| u8::try_from(n % 251).unwrap()).collect();
    let mut received = Vec::new();
    stream.carry(&mut sent.as_slice(), &mut received).await.unwrap();
    assert!(received == sent, "{} of {} bytes", received.len(), sent.len());

    // An app that talks to another cloud has none of ours.
    let mut other = desk.config.clone();
    other.cloud.id = "http://127.0.0.1:1".to_owned();
    assert!(Shared::find(&other).await.is_none());
}

#[tokio::test]
async fn the_gateway_leads_to_every_vm_and_nowhere_else() {
    let desk = Desk::signed_in(ANA).await;
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let settings = GatewaySettings { on: true, port, login: GatewayLogin::Password };
    desk.app.gateway_set(settings).await.unwrap();
    let info = desk.app.snapshot().await.gateway;
    assert_eq!((info.state, info.user.as_deref()), (GatewayState::On, Some("adit")));
    let password = {
        use secrecy::ExposeSecret as _;
        desk.app.gateway_password().await.expose_secret().to_owned()
    };

    for (password, host, answer) in [
        (password.as_str(), "web-1.europe-west1-b.acme-prod.adit:7", "HTTP/1.1 200"),
        (password.as_str(), "billing-db-7.europe-west1-b.acme-data-platform.adit:5432", "HTTP/1.1 403"),
        (password.as_str(), "example.com:80", "HTTP/1.1 403"),
        ("wrong", "web-1.europe-west1-b.acme-prod.adit:7", "HTTP/1.1 407"),
    ] {
        use base64::Engine as _;
        let login = base64::engine::general_purpose::STANDARD.encode(format!("adit:{password}"));
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let ask =
            format!("CONNECT {host} HTTP/1.1\r\nHost: {host}\r\nProxy-Authorization: Basic {login}\r\n\r\n");
        stream.write_all(ask.as_bytes()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        let head = String::from_utf8(head).unwrap();
        assert!(head.starts_with(answer), "{host}: {head}");
        if answer.ends_with("200") {
            echoes(stream).await;
        }
    }
    desk.app.gateway_set(GatewaySettings { on: false, ..settings }).await.unwrap();
    assert_eq!(desk.app.snapshot().await.gateway.state, GatewayState::Off);
    assert!(TcpStream::connect(("127.0.0.1", port)).await.is_err());
}

#[cfg(unix)]
#[tokio::test]
async fn a_socket_and_a_launched_program_are_ways_in_of_their_own() {
    let desk = Desk::signed_in(ANA).await;
    let spec = TunnelSpec { place: TunnelPlace::Socket, ..to(ECHO, 7) };
    let id = desk.app.tunnel_add(spec, true).await.unwrap();
    let info = listening(&desk, &id).await;
    let mut stream = tokio::net::UnixStream::connect(&info.local).await.unwrap();
    stream.write_all(b"x").await.unwrap();
    assert_eq!(stream.read_u8().await.unwrap(), b'x');

    // Its child waits for a word on a pipe of ours, so that it is still there when this process knocks.
    let folder = tempfile::tempdir().unwrap();
    let done = folder.path().join("done");
    let script = format!("while [ ! -e {} ]; do sleep 0.05; done", done.display());
    let command = vec!["sh".to_owned(), "-c".to_owned(), script];
    let spec = TunnelSpec { audience: TunnelAudience::Launched { command }, ..to(ECHO, 7) };
    let id = desk.app.tunnel_add(spec, true).await.unwrap();
    let info = listening(&desk, &id).await;
    let mut stream = TcpStream::connect(&info.local).await.unwrap();
    assert!(stream.read_u8().await.is_err(), "this process was not launched for it");
    let refused = seen(&desk.events, &id, |info| info.refused == 1).await;
    assert!(refused.last_refusal.is_some());
    std::fs::write(done, "").unwrap();
    // With its program the tunnel ends, too.
    seen(&desk.events, &id, |info| {
        info.state == TunnelState::Stopped && info.since.is_none() && info.refused == 0
    })
    .await;
}

/// Until `seen` has been told something.
async fn told(seen: &Notify) {
    tokio::time::timeout(std::time::Duration::from_secs(60), seen.notified()).await.unwrap();
}

#[tokio::test]
async fn a_sign_out_ends_what_commands_hold_and_says_why() {
    let desk = Desk::signed_in(ANA).await;
    let shared = Shared::find(&desk.config).await.unwrap();
    // A VM that does not run: both are still on the way, and say so.
    let asleep = TunnelSpec { wait_for_vm: true, ..to("acme-prod/europe-west1-b/web-3", 22) };
    let (opening, dialing) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let opened = tokio::spawn({
        let (shared, spec, opening) = (shared.clone(), asleep.clone(), opening.clone());
        async move { shared.open(spec, None, |wait| tell(&opening, &wait)).await.map(drop) }
    });
    let dialed = tokio::spawn({
        let (shared, dialing) = (shared.clone(), dialing.clone());
        async move { shared.dial(asleep.target, Patient::Yes, |wait| tell(&dialing, &wait)).await.map(drop) }
    });
    told(&opening).await;
    told(&dialing).await;
    // One that listens, and a stream that nobody ends.
    let mut tunnel = shared.open(to(ECHO, 7), None, |_| {}).await.unwrap();
    let stream = shared.dial(to(ECHO, 7).target, Patient::No, |_| {}).await.unwrap();
    let (mut input, mut typed) = tokio::io::duplex(64);
    let (mut output, mut echoed) = tokio::io::duplex(64);
    let carried = tokio::spawn(async move { stream.carry(&mut input, &mut output).await });
    typed.write_all(b"hello").await.unwrap();
    let mut answer = [0; 5];
    echoed.read_exact(&mut answer).await.unwrap();

    let account = desk.app.snapshot().await.accounts[0].id.clone();
    desk.app.sign_out(&account).await.unwrap();
    for (what, ended) in [
        ("a tunnel on its way", opened.await.unwrap()),
        ("a stream on its way", dialed.await.unwrap()),
        ("a tunnel", tunnel.next().await.map(drop)),
        ("a stream", carried.await.unwrap()),
    ] {
        let failure = ended.unwrap_err();
        assert_eq!(failure.code, FailureCode::SignInNeeded, "{what}: {failure:?}");
        assert_eq!(failure.title, "The account was signed out", "{what}");
    }
}

fn tell(seen: &Notify, wait: &Wait) {
    assert!(wait.attempt > 0 && !wait.reason.is_empty(), "{wait:?}");
    seen.notify_one();
}

#[tokio::test]
async fn the_gateway_tells_of_a_sign_in_that_is_no_longer_good() {
    use secrecy::ExposeSecret as _;
    let desk = Desk::signed_in(ANA).await;
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    desk.app.gateway_set(GatewaySettings { on: true, port, login: GatewayLogin::None }).await.unwrap();
    // An administrator ends the sign-in.
    let account = desk.app.snapshot().await.accounts[0].id.clone();
    let entry = format!("refresh-token|{}|{account}", desk.config.cloud.id);
    let token = desk.config.vault.get(&entry).await.unwrap().unwrap();
    let answer = reqwest::Client::builder()
        .no_proxy()
        .build()
        .unwrap()
        .post(format!("{}/revoke", desk.cloud.url().trim_end_matches('/')))
        .form(&[("token", token.expose_secret())])
        .send()
        .await
        .unwrap();
    assert!(answer.status().is_success(), "{}", answer.status());

    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let host = "web-1.europe-west1-b.acme-prod.adit:7";
    stream.write_all(format!("CONNECT {host} HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes()).await.unwrap();
    desk.events
        .find(|event| match event {
            Event::Accounts(all) => (all[0].state == AccountState::SignInNeeded).then_some(()),
            _ => None,
        })
        .await;
}

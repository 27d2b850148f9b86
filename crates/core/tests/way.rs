//! The whole way, against the local cloud: sign in, list, open a terminal, and everything that can be in the way.

mod desk;

use adit_contract::{
    Action, Event, FailureCode, InstanceAction, NoteKind, RowKind, SessionAnswer, SessionEnd, SessionState,
    SignInMethod, SignInState, Step,
};
use desk::{Desk, failed, instance_ref};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio_tungstenite::tungstenite::{Message, client::IntoClientRequest as _};

const ANA: &str = "ana@acme.example#the office";
const BEN: &str = "ben@acme.example#the office";

#[tokio::test]
async fn a_person_signs_in_and_sees_what_they_may_see() {
    let desk = Desk::signed_in(ANA).await;
    let snapshot = desk.app.snapshot().await;
    assert_eq!(snapshot.accounts[0].email, "ana@acme.example");
    let inventory = snapshot.inventory;
    assert!(!inventory.loading);
    assert!(inventory.projects >= 5, "{inventory:?}");
    assert!(inventory.instances >= 40, "{inventory:?}");
    let problem =
        |place: &str| inventory.problems.iter().find(|problem| problem.place == place).map(|p| p.code);
    assert_eq!(problem("acme-data-platform/us-central1-a"), Some(FailureCode::Network));
    assert_eq!(problem("acme-legal-archive"), Some(FailureCode::PermissionDenied));
    assert_eq!(problem("acme-mobile-lab"), Some(FailureCode::ApiDisabled));

    desk.app.tree_toggle("p/acme-prod", true).await.unwrap();
    desk.app.tree_toggle("z/acme-prod/europe-west1-b", true).await.unwrap();
    let rows = desk.app.tree_rows(0, 500).await.unwrap().rows;
    let names: Vec<&str> = rows
        .iter()
        .filter(|row| row.kind == RowKind::Instance && row.name.starts_with("web"))
        .map(|row| row.name.as_str())
        .collect();
    assert_eq!(names, ["web-1", "web-2", "web-3"]);
    let hits = desk.app.search("web-1", 5).await.unwrap();
    assert_eq!(hits[0].instance.to_string(), "acme-prod/europe-west1-b/web-1");

    // Nothing secret went into a file.
    let accounts = std::fs::read_to_string(desk.config.folders.data.join("accounts.json")).unwrap();
    assert!(!accounts.to_lowercase().contains("token"), "{accounts}");

    let account = snapshot.accounts[0].id.clone();
    desk.app.sign_out(&account).await.unwrap();
    let after = desk.app.snapshot().await;
    assert!(after.accounts.is_empty());
    assert_eq!(after.inventory.instances, 0);
    assert_eq!(desk.app.refresh().await.unwrap_err().code, FailureCode::SignInNeeded);
}

#[tokio::test]
async fn a_sign_in_tells_how_far_it_has_come() {
    let desk = Desk::signed_in(ANA).await;
    let states = sign_in_states(&desk);
    assert!(
        matches!(
            states.as_slice(),
            [
                SignInState::WaitingForBrowser { browser_failed: false, .. },
                SignInState::Exchanging,
                SignInState::Idle
            ]
        ),
        "{states:?}"
    );
}

fn sign_in_states(desk: &Desk) -> Vec<SignInState> {
    let states = desk.events.all().into_iter().filter_map(|event| match event {
        Event::SignIn(state) => Some(state),
        _ => None,
    });
    states.collect()
}

#[tokio::test]
async fn a_sign_in_that_is_cancelled_on_the_page_says_so() {
    let desk = Desk::new("").await;
    desk.app.sign_in(SignInMethod::Browser).await.unwrap();
    assert_eq!(desk.sign_in_failure().await, FailureCode::Cancelled);
    assert!(!sign_in_states(&desk).contains(&SignInState::Exchanging), "there was nothing to exchange");
    assert!(desk.app.snapshot().await.accounts.is_empty());
}

#[tokio::test]
async fn a_terminal_answers_over_the_socket() {
    let desk = Desk::signed_in(ANA).await;
    let id = desk.live("acme-prod/europe-west1-b/web-1").await;
    let info = desk.app.snapshot().await.sessions[0].clone();
    assert_eq!(info.user.as_deref(), Some("ana"));
    let kinds: Vec<NoteKind> = info.notes.iter().map(|note| note.kind).collect();
    assert!(
        kinds.contains(&NoteKind::HostKey),
        "the VM announced its key, nobody was asked: {:?}",
        info.notes
    );

    let ticket = desk.app.terminal_attach(&id).await.unwrap();
    let mut request = ticket.url.as_str().into_client_request().unwrap();
    request.headers_mut().insert("origin", "tauri://localhost".parse().unwrap());
    let (mut socket, _) = tokio_tungstenite::connect_async(request).await.unwrap();
    socket.send(Message::text(ticket.token)).await.unwrap();
    socket.send(Message::binary(&b"\x02\0\x64\0\x1e"[..])).await.unwrap();
    socket.send(Message::binary(&b"\0echo $((6*7)); stty size; exit 3\r"[..])).await.unwrap();
    let mut seen = Vec::new();
    while let Some(Ok(Message::Binary(bytes))) = socket.next().await {
        seen.extend_from_slice(&bytes);
    }
    let seen = String::from_utf8_lossy(&seen);
    assert!(seen.contains("42\r\n"), "{seen}");
    assert!(seen.contains("30 100"), "{seen}");
    let end = desk
        .events
        .find(|event| match event {
            Event::Session(info) => match &info.state {
                SessionState::Ended { end } => Some(end.clone()),
                _ => None,
            },
            _ => None,
        })
        .await;
    assert_eq!(end, SessionEnd::Exit { status: 3 });

    // The tab stays and the next attempt works; the root note came once.
    let root =
        |info: &adit_contract::SessionInfo| info.notes.iter().any(|note| note.kind == NoteKind::RootKey);
    assert!(root(&desk.app.snapshot().await.sessions[0]));
    desk.app.session_dismiss_note(&id, NoteKind::RootKey).await.unwrap();
    desk.app.session_answer(&id, SessionAnswer::TryAgain).await.unwrap();
    assert!(matches!(desk.settled(&id, 2).await.state, SessionState::Live));
    assert!(!root(&desk.app.snapshot().await.sessions[0]));
    desk.app.session_cancel(&id).await.unwrap();
    assert!(matches!(
        desk.app.snapshot().await.sessions[0].state,
        SessionState::Ended { end: SessionEnd::Closed }
    ));
    desk.app.session_close(&id).await.unwrap();
    assert!(desk.app.snapshot().await.sessions.is_empty());
}

#[tokio::test]
async fn a_stopped_vm_is_started_on_request() {
    let desk = Desk::signed_in(ANA).await;
    let id = desk.open("acme-prod/us-east1-b/batch-3").await;
    let failure = failed(&desk.settled(&id, 1).await);
    assert_eq!(failure.code, FailureCode::VmStopped);
    assert_eq!(failure.title, "batch-3 is stopped");
    assert_eq!(failure.actions[0], Action::StartAndConnect);
    desk.app.session_answer(&id, SessionAnswer::StartAndConnect).await.unwrap();
    let info = desk.settled(&id, 2).await;
    assert!(matches!(info.state, SessionState::Live), "{:?}", info.state);
    let steps = desk.steps(&id);
    assert!(steps.contains(&Step::StartVm) && steps.contains(&Step::WaitForVm), "{steps:?}");
}

#[tokio::test]
async fn what_stands_in_the_way_is_said() {
    let desk = Desk::signed_in(ANA).await;
    for (instance, code) in [
        ("acme-data-platform/europe-west1-b/billing-db-7", FailureCode::NotAuthorized),
        ("acme-prod/europe-west1-b/appliance-1", FailureCode::BackendUnreachable),
        ("acme-prod/europe-west1-b/sql-win-2", FailureCode::NotSupported),
        ("acme-prod/europe-west1-c/cache-2", FailureCode::VmBusy),
        ("acme-prod/us-east1-b/web-1", FailureCode::NotFound),
    ] {
        let failure = desk.failure(instance).await;
        assert_eq!(failure.code, code, "{instance}: {failure:?}");
    }
}

#[tokio::test]
async fn a_changed_host_key_stops_until_it_is_replaced() {
    let desk = Desk::signed_in(ANA).await;
    let phoenix = "acme-prod/europe-west1-c/phoenix-1";
    let id = desk.live(phoenix).await;
    assert!(
        desk.events.all().iter().any(|event| matches!(
            event,
            Event::Session(info) if matches!(info.state, SessionState::Asking { .. })
        )),
        "a key that nobody announced is shown once"
    );
    desk.app.session_close(&id).await.unwrap();
    desk.app.instance_action(instance_ref(phoenix), InstanceAction::Reset).await.unwrap();

    let id = desk.open(phoenix).await;
    let failure = failed(&desk.settled(&id, 1).await);
    assert_eq!(failure.code, FailureCode::HostKeyChanged, "{failure:?}");
    assert_eq!(failure.facts.len(), 2);
    assert_ne!(failure.facts[0].value, failure.facts[1].value);
    desk.app.session_answer(&id, SessionAnswer::TryAgain).await.unwrap();
    assert_eq!(
        failed(&desk.settled(&id, 2).await).code,
        FailureCode::HostKeyChanged,
        "trying again trusts nothing"
    );
    desk.app.session_answer(&id, SessionAnswer::ReplaceHostKey).await.unwrap();
    assert!(matches!(desk.settled(&id, 3).await.state, SessionState::Live));
}

#[tokio::test]
async fn os_login_lets_in_who_has_the_role() {
    let desk = Desk::signed_in(ANA).await;
    let id = desk.live("acme-staging/europe-west1-b/oslogin-1").await;
    let info = desk.app.snapshot().await.sessions[0].clone();
    assert!(info.notes.iter().any(|note| note.kind == NoteKind::KeyPublished), "{:?}", info.notes);
    assert_eq!(info.user.as_deref(), Some("ana_acme_example"));
    desk.app.session_close(&id).await.unwrap();

    let failure = desk.failure("acme-data-platform/europe-west1-b/notebook-1").await;
    assert_eq!(failure.code, FailureCode::KeyRefused, "the role is missing: {failure:?}");
    assert_eq!(failure.actions, [Action::TryAgain]);

    let ben = Desk::signed_in(BEN).await;
    let failure = ben.failure("acme-staging/europe-west1-b/oslogin-1").await;
    assert_eq!(failure.code, FailureCode::PermissionDenied, "his organisation takes no keys: {failure:?}");
}

#[tokio::test]
async fn a_flood_that_nobody_draws_stops_and_can_be_interrupted() {
    let desk = Desk::signed_in(ANA).await;
    let id = desk.live("acme-prod/europe-west1-b/web-1").await;
    desk.app.terminal_attach(&id).await.unwrap();
    desk.type_line(&id, 0, "yes").await;
    let mut undrawn = 0;
    while undrawn < 512 * 1024 {
        undrawn += u32::try_from(desk.app.terminal_pull(&id).await.unwrap().len()).unwrap();
    }
    assert!(undrawn <= 512 * 1024 + 64 * 1024, "{undrawn} bytes are on their way");
    desk.app.terminal_push(&id, 1, (&b"\0\x03"[..]).into()).await.unwrap();
    desk.type_line(&id, 2, "echo still-$((40+2))-here").await;
    let mut drawn = vec![1];
    drawn.extend_from_slice(&undrawn.to_be_bytes());
    desk.app.terminal_push(&id, 3, drawn.into()).await.unwrap();
    let mut seq = 4;
    let rest = desk.read_until(&id, &mut seq, "still-42-here").await;
    assert!(rest.len() < 2 * 1024 * 1024, "the flood went on: {} bytes", rest.len());
}

#[cfg(unix)]
#[tokio::test]
async fn a_large_paste_into_a_program_that_reads_late_arrives_whole() {
    const PASTE: usize = 10 * 1024 * 1024;
    let desk = Desk::signed_in(ANA).await;
    let id = desk.live("acme-prod/europe-west1-b/web-1").await;
    desk.app.terminal_attach(&id).await.unwrap();
    let program = format!("stty raw -echo; echo rea''dy; sleep 2; head -c {PASTE} | cksum; stty sane");
    desk.type_line(&id, 0, &program).await;
    let mut seq = 1;
    desk.read_until(&id, &mut seq, "ready").await;

    let paste: Vec<u8> = (0..PASTE).map(|n| ((n * 31) >> 7).to_le_bytes()[0]).collect();
    for piece in paste.chunks(100_000) {
        desk.app.terminal_push(&id, seq, [b"\0", piece].concat().into()).await.unwrap();
        seq += 1;
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("paste"), &paste).unwrap();
    let file = std::fs::File::open(folder.path().join("paste")).unwrap();
    let sum = std::process::Command::new("cksum").stdin(file).output().unwrap().stdout;
    desk.read_until(&id, &mut seq, String::from_utf8(sum).unwrap().trim()).await;
}

#[tokio::test]
async fn a_slow_guest_is_waited_for() {
    let desk = Desk::signed_in(ANA).await;
    let id = desk.live("acme-prod/europe-west1-b/api-2").await;
    assert!(desk.steps(&id).contains(&Step::WaitForKey), "{:?}", desk.steps(&id));
}

#[tokio::test]
async fn a_dropped_relay_loses_nothing() {
    let desk = Desk::signed_in(ANA).await;
    let faults: adit_cloud::Faults =
        serde_json::from_value(serde_json::json!({ "drop-after": 60_000 })).unwrap();
    desk.cloud.set_faults(faults).unwrap();
    let id = desk.live("acme-prod/europe-west1-b/web-1").await;
    desk.app.terminal_attach(&id).await.unwrap();
    let mut seq = 0;
    desk.type_line(
        &id,
        seq,
        "stty -echo; PS1=; for n in $(seq 1 40000); do echo line-$n; done; echo the-$((40+2))-end",
    )
    .await;
    seq += 1;
    let all = desk.read_until(&id, &mut seq, "the-42-end").await;
    // The echo of the command itself has no number there.
    let numbers: Vec<u32> =
        all.lines().filter_map(|line| line.rsplit_once("line-")?.1.trim().parse().ok()).collect();
    assert!(numbers.iter().copied().eq(1..=40_000), "{} lines came", numbers.len());
    let resumed = desk.events.all().iter().any(
        |event| matches!(event, Event::Session(info) if matches!(info.state, SessionState::Resuming { .. })),
    );
    assert!(resumed, "the relay was never lost");
}

#[tokio::test]
async fn an_account_comes_back_after_a_restart() {
    let desk = Desk::signed_in(ANA).await;
    let Desk { cloud, app, config, .. } = &desk;
    drop(app.clone());
    let events = std::sync::Arc::new(desk::Recorder::default());
    let again = adit_core::App::start(config.clone(), events.clone()).await.unwrap();
    events
        .find(|event| matches!(event, Event::Inventory(all) if all.listed_at.is_some()).then_some(()))
        .await;
    let snapshot = again.snapshot().await;
    assert_eq!(snapshot.accounts.len(), 1);
    assert!(snapshot.inventory.instances >= 40);
    assert!(cloud.url().starts_with("http://127.0.0.1:"));
}

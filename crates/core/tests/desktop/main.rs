//! A desktop in a tab, from the click to its end: behind the local cloud's relay, against the stand-in for a Windows VM
//! in `tests/rdp-host`.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../desk/mod.rs"]
mod desk;
mod extras;
mod host;
mod input;
mod page;
mod saved;
mod scene;
mod soak;

use std::time::Duration;

use adit_cloud::{Faults, Options};
use adit_contract::{Action, Event, FailureCode, NoteKind, Question, SessionAnswer, SessionState, Step};
use adit_rdp::{Canvas, message::Message as Picture};
use desk::{Desk, failed};
use futures_util::StreamExt as _;
use host::{is_key, landscape, program};
use page::{PAPER, Page, count};
use scene::{Scene, next, open, right, wrong};
use secrecy::ExposeSecret as _;
use serde_json::Value;
use tokio_tungstenite::tungstenite::Message;

const ANA: &str = "ana@example.test#Home";
const VM: &str = "project-1/europe-west1-b/win-1";
const PASSWORD: &str = "correct horse";
/// How long a test waits for anything before it is a failure.
const PATIENCE: Duration = Duration::from_secs(90);
/// So many bytes come from the relay before it is lost: more than it takes to show the desktop.
const LATER: u64 = 1_500_000;

#[tokio::test]
async fn who_signs_in_is_asked_and_a_wrong_password_is_asked_again() {
    let scene = Scene::new(&[]).await;
    let id = scene.open().await;
    let mut seen = 0;
    let info = scene.next(&id, &mut seen).await;
    let desktop = info.desktop.unwrap();
    assert_eq!((desktop.port, desktop.made_password), (3389, false));
    let SessionState::Asking { question: Question::Credentials { user, refused, can_remember, .. } } =
        info.state
    else {
        panic!("{:?}", info.state)
    };
    assert_eq!((user.as_str(), refused, can_remember), ("ana", None, true));
    // A question takes its own answers only.
    let out_of_place =
        scene.desk.app.session_answer(&id, SessionAnswer::TrustCertificate { pin: true }).await;
    assert_eq!(out_of_place.unwrap_err().code, FailureCode::InvalidInput);
    scene.answer(&id, wrong()).await;

    let info = scene.next(&id, &mut seen).await;
    let SessionState::Asking { question: Question::NewCertificate { certificate, exposes_password } } =
        info.state
    else {
        panic!("{:?}", info.state)
    };
    assert_eq!((certificate.fingerprint, exposes_password), (scene.host.certificate.clone(), false));
    assert!(!scene.pins().exists());
    scene.answer(&id, SessionAnswer::TrustCertificate { pin: true }).await;

    let info = scene.next(&id, &mut seen).await;
    let SessionState::Asking { question: Question::Credentials { user, refused: Some(refused), .. } } =
        info.state
    else {
        panic!("{:?}", info.state)
    };
    assert_eq!((user.as_str(), refused.code), ("tester", FailureCode::PasswordRefused));
    scene.answer(&id, right(true)).await;
    let info = scene.next(&id, &mut seen).await;
    assert_eq!((info.state, info.user.as_deref()), (SessionState::Live, Some("tester")));
    let steps = scene.desk.steps(&id);
    for step in [Step::ReadVm, Step::OpenTunnel, Step::CheckCertificate, Step::SignIn, Step::OpenDesktop] {
        assert!(steps.contains(&step), "{steps:?}");
    }

    // What was pinned and remembered is asked for no more, and nothing secret is in a file.
    let pins = std::fs::read_to_string(scene.pins()).unwrap();
    assert!(pins.contains(&scene.host.certificate) && !pins.contains(PASSWORD), "{pins}");
    let other = scene.open().await;
    let info = scene.next(&other, &mut seen).await;
    assert_eq!(info.state, SessionState::Live, "a second one beside the first");
    scene.desk.app.session_close(&id).await.unwrap();
    scene.desk.app.session_close(&other).await.unwrap();
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_is_not_signed_in_to() {
    let scene = Scene::new(&[]).await;
    let id = scene.open().await;
    let mut seen = 0;
    scene.next(&id, &mut seen).await;
    scene.answer(&id, right(false)).await;
    scene.next(&id, &mut seen).await;
    scene.answer(&id, SessionAnswer::RejectCertificate).await;
    let failure = failed(&scene.next(&id, &mut seen).await);
    assert_eq!(failure.code, FailureCode::CertificateUnknown);
    assert!(!scene.pins().exists());

    // The password is still at hand; trusted once it is asked for again in the next tab.
    scene.answer(&id, SessionAnswer::TryAgain).await;
    scene.next(&id, &mut seen).await;
    scene.answer(&id, SessionAnswer::TrustCertificate { pin: false }).await;
    assert_eq!(scene.next(&id, &mut seen).await.state, SessionState::Live);
    assert!(!scene.pins().exists());
}

#[tokio::test]
async fn another_certificate_than_the_pinned_one_is_refused_until_it_replaces_that() {
    let scene = Scene::new(&[]).await;
    let id = scene.live().await;
    scene.desk.app.session_cancel(&id).await.unwrap();
    let pins = std::fs::read_to_string(scene.pins()).unwrap();
    let other = "0".repeat(64);
    std::fs::write(scene.pins(), pins.replace(&scene.host.certificate, &other)).unwrap();
    let mut seen = scene.desk.events.all().len();
    scene.answer(&id, SessionAnswer::TryAgain).await;
    let failure = failed(&scene.next(&id, &mut seen).await);
    assert_eq!(failure.code, FailureCode::CertificateChanged);
    assert_eq!(failure.actions, [Action::ReplaceCertificate]);
    let values: Vec<&str> = failure.facts.iter().map(|fact| fact.value.as_str()).collect();
    assert!(values.contains(&other.as_str()) && values.contains(&scene.host.certificate.as_str()));
    let wrong_key = scene.desk.app.session_answer(&id, SessionAnswer::ReplaceHostKey).await;
    assert_eq!(wrong_key.unwrap_err().code, FailureCode::InvalidInput);
    scene.answer(&id, SessionAnswer::ReplaceCertificate).await;
    assert_eq!(scene.next(&id, &mut seen).await.state, SessionState::Live);
    assert!(std::fs::read_to_string(scene.pins()).unwrap().contains(&scene.host.certificate));
}

#[tokio::test]
async fn without_network_level_authentication_it_takes_permission_and_a_pin() {
    let scene = Scene::new(&["--tls-only"]).await;
    let id = scene.open().await;
    let mut seen = 0;
    let early = scene.desk.app.session_answer(&id, SessionAnswer::AllowWithoutNla).await;
    assert_eq!(early.unwrap_err().code, FailureCode::InvalidInput);
    scene.next(&id, &mut seen).await;
    scene.answer(&id, right(false)).await;
    let failure = failed(&scene.next(&id, &mut seen).await);
    assert_eq!((failure.code, failure.actions[0]), (FailureCode::NotSupported, Action::AllowWithoutNla));
    scene.answer(&id, SessionAnswer::AllowWithoutNla).await;
    let info = scene.next(&id, &mut seen).await;
    let SessionState::Asking { question: Question::NewCertificate { exposes_password, .. } } = info.state
    else {
        panic!("{:?}", info.state)
    };
    assert!(exposes_password);
    let once = scene.desk.app.session_answer(&id, SessionAnswer::TrustCertificate { pin: false }).await;
    assert_eq!(once.unwrap_err().code, FailureCode::InvalidInput);
    scene.answer(&id, SessionAnswer::TrustCertificate { pin: true }).await;
    assert_eq!(scene.next(&id, &mut seen).await.state, SessionState::Live);
    Page::whole(&scene, &id).await;
}

#[tokio::test]
async fn pictures_come_when_asked_for_and_what_is_done_reaches_the_desktop() {
    let scene = Scene::new(&[]).await;
    let id = scene.live().await;
    let mut page = Page::whole(&scene, &id).await;
    assert_eq!((page.canvas.width(), page.canvas.height()), (1024, 768));
    let before = page.canvas.pixels().to_vec();
    page.type_keys(&["KeyA", "KeyD", "KeyI", "KeyT"]).await;
    let at = scene.host.got(0, is_key(0x14)).await;
    page.paint_until(|canvas| canvas.pixels() != before).await;

    // Another size, as when the tab is made smaller.
    page.send(&[2, 0x84, 3, 0xBC, 2, 100, 0]).await;
    page.paint_until(|canvas| {
        (canvas.width(), canvas.height()) == (900, 700) && count(canvas, PAPER) > 10_000
    })
    .await;

    // A page that comes anew gets all of it, and the one before nothing more.
    let mut again = Page::whole(&scene, &id).await;
    assert_eq!(again.canvas.width(), 900);
    let before = again.canvas.pixels().to_vec();
    again.paint_until(|canvas| canvas.pixels() != before).await;
    loop {
        match page.socket.next().await {
            None | Some(Err(_) | Ok(Message::Close(_))) => break,
            Some(Ok(_)) => {}
        }
    }

    // By commands where the socket does not come up.
    scene.desk.app.desktop_attach(&id).await.unwrap();
    let mut canvas = Canvas::new();
    while count(&canvas, PAPER) < 10_000 {
        let bytes = scene.desk.app.desktop_pull(&id).await.unwrap();
        canvas.paint(&Picture::read(&bytes).unwrap()).unwrap();
    }
    let typed = b"\0\x05\x58\0\0\0".as_ref();
    scene.desk.app.desktop_push(&id, 0, typed.into()).await.unwrap();
    scene.host.got(at, |line| line["event"] == "character" && line["character"] == "X").await;
    assert!(scene.desk.app.desktop_push(&id, 1, b"\x09".as_ref().into()).await.is_err());
    assert!(scene.desk.app.terminal_attach(&id).await.is_err(), "it is no terminal");
    // The session has taken no harm.
    assert_eq!(scene.info(&id).await.state, SessionState::Live);
}

#[tokio::test]
async fn a_hidden_tab_gets_nothing_until_it_is_seen() {
    let scene = Scene::new(&[]).await;
    let id = scene.live().await;
    let mut page = Page::whole(&scene, &id).await;
    page.send(&[3, 0]).await;
    page.send(&[1]).await;
    // Its clock changes each second. One message may have been on its way.
    let first = tokio::time::timeout(Duration::from_secs(2), page.receive()).await;
    if first.is_ok() {
        page.send(&[1]).await;
    }
    assert!(tokio::time::timeout(Duration::from_secs(3), page.receive()).await.is_err());
    page.full = false;
    page.send(&[3, 1]).await;
    let painted = async {
        while !page.full {
            page.receive().await;
            page.send(&[1]).await;
        }
    };
    tokio::time::timeout(PATIENCE, painted).await.unwrap();
}

#[tokio::test]
async fn a_wrong_message_ends_the_stream_and_not_the_session() {
    let scene = Scene::new(&[]).await;
    let id = scene.live().await;
    for wrong in [&b"\x09"[..], b"\0\x63", b"\x02\0"] {
        let mut page = Page::attach(&scene, &id).await;
        page.send(wrong).await;
        loop {
            match page.socket.next().await {
                None | Some(Err(_) | Ok(Message::Close(_))) => break,
                Some(Ok(_)) => {}
            }
        }
    }
    Page::whole(&scene, &id).await;
}

#[tokio::test]
async fn a_desktop_goes_on_when_the_relay_is_lost() {
    let scene = Scene::new(&[]).await;
    scene.lose_relay_after(LATER, None);
    let id = scene.live().await;
    let mut page = Page::whole(&scene, &id).await;
    let since = scene.desk.events.all().len();
    page.stir_until(&scene, &id, since, |state| matches!(state, SessionState::Resuming { .. })).await;
    scene.desk.cloud.set_faults(Faults::default()).unwrap();
    let lost = scene.place_of(&id, since, |state| matches!(state, SessionState::Resuming { .. })).unwrap();
    scene.came_to(&id, lost, |state| matches!(state, SessionState::Live)).await;
    page.goes_on(&scene).await;
    assert_eq!(scene.info(&id).await.attempt, 1);
}

#[tokio::test]
async fn a_desktop_comes_back_by_itself_when_its_tunnel_is_lost() {
    let scene = Scene::new(&[]).await;
    // The relay no longer knows the session when it is to be resumed.
    scene.lose_relay_after(LATER, Some(4001));
    let id = scene.live().await;
    let mut page = Page::whole(&scene, &id).await;
    // Caps Lock is on.
    page.send(&[0, 6, 4]).await;
    let is_locks = |line: &Value| line["event"] == "locks" && line["bits"] == 4;
    let told = scene.host.got(0, is_locks).await;
    let since = scene.desk.events.all().len();
    let reconnecting =
        |state: &SessionState| matches!(state, SessionState::Connecting { step: Step::Reconnect, .. });
    page.stir_until(&scene, &id, since, reconnecting).await;
    scene.desk.cloud.set_faults(Faults::default()).unwrap();
    let lost = scene.place_of(&id, since, reconnecting).unwrap();
    scene.came_to(&id, lost, |state| matches!(state, SessionState::Live)).await;
    // Its server is told of the lock again, without a key of the page's.
    let back = scene.host.got(told, |line| line["event"] == "in").await;
    scene.host.got(back, is_locks).await;
    // The same page goes on, and nobody was asked for anything.
    page.goes_on(&scene).await;
    let asked = scene.desk.events.all().into_iter().skip(since).any(
        |event| matches!(event, Event::Session(info) if matches!(info.state, SessionState::Asking { .. })),
    );
    assert!(!asked);
    assert_eq!(scene.info(&id).await.attempt, 1);
}

#[tokio::test]
async fn a_desktop_that_is_gone_fails_with_its_last_picture_worth_keeping() {
    let mut scene = Scene::new(&[]).await;
    let id = scene.live().await;
    let since = scene.desk.events.all().len();
    scene.host.child.kill().unwrap();
    let reconnecting =
        |state: &SessionState| matches!(state, SessionState::Connecting { step: Step::Reconnect, .. });
    scene.came_to(&id, since, reconnecting).await;
    scene.desk.app.session_cancel(&id).await.unwrap();
    scene.came_to(&id, since, |state| matches!(state, SessionState::Ended { .. })).await;
}

#[tokio::test]
async fn an_attempt_can_be_given_up_at_each_step() {
    let scene = Scene::new(&[]).await;
    let id = scene.open().await;
    let mut seen = 0;
    // As it begins.
    scene.desk.app.session_cancel(&id).await.unwrap();
    assert_eq!(failed(&scene.next(&id, &mut seen).await).code, FailureCode::Cancelled);
    // While it asks who signs in.
    scene.answer(&id, SessionAnswer::TryAgain).await;
    scene.next(&id, &mut seen).await;
    scene.desk.app.session_cancel(&id).await.unwrap();
    assert_eq!(failed(&scene.next(&id, &mut seen).await).code, FailureCode::Cancelled);
    let late = scene.desk.app.session_answer(&id, right(false)).await;
    assert_eq!(late.unwrap_err().code, FailureCode::InvalidInput);
    // While it asks about the certificate.
    scene.answer(&id, SessionAnswer::TryAgain).await;
    scene.next(&id, &mut seen).await;
    scene.answer(&id, right(false)).await;
    scene.next(&id, &mut seen).await;
    scene.desk.app.session_cancel(&id).await.unwrap();
    assert_eq!(failed(&scene.next(&id, &mut seen).await).code, FailureCode::Cancelled);
    // And it works afterwards, with the name and password that were given.
    scene.answer(&id, SessionAnswer::TryAgain).await;
    scene.next(&id, &mut seen).await;
    scene.answer(&id, SessionAnswer::TrustCertificate { pin: true }).await;
    assert_eq!(scene.next(&id, &mut seen).await.state, SessionState::Live);
    // Somebody else, whatever is remembered.
    scene.desk.app.session_cancel(&id).await.unwrap();
    scene.next(&id, &mut seen).await;
    scene.answer(&id, SessionAnswer::OtherCredentials).await;
    let info = scene.next(&id, &mut seen).await;
    assert!(matches!(info.state, SessionState::Asking { question: Question::Credentials { .. } }));
}

#[tokio::test]
async fn text_on_the_clipboard_goes_both_ways_and_a_later_secret_stays() {
    let scene = Scene::new(&[]).await;
    let clipboard = scene.desk.config.clipboard.clone();
    clipboard.set_text("from here").unwrap();
    let id = scene.live().await;
    let mut page = Page::whole(&scene, &id).await;
    page.send(&[5]).await;
    page.chord(&["ControlLeft", "KeyV"]).await;
    let is = |what: &'static str| move |line: &Value| line["event"] == "clipboard" && line["what"] == what;
    let at = scene.host.got(0, |line| is("text")(line) && line["text"] == "from here").await;

    // What is copied for another program while the tab has no say is not handed out.
    clipboard.set_text("a password").unwrap();
    page.chord(&["ControlLeft", "KeyV"]).await;
    scene.host.got(at, is("refused")).await;
    assert!(!format!("{:?}", scene.host.report.lock().unwrap()).contains("a password"));

    // What is copied there comes here while the tab has the keyboard.
    page.type_keys(&["KeyH", "KeyI"]).await;
    page.chord(&["ControlLeft", "KeyC"]).await;
    let came = async {
        while !clipboard.text().unwrap().contains("hi") {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, came).await.unwrap();
}

#[tokio::test]
async fn the_clipboard_is_typed_and_nothing_stays_down_when_the_page_goes() {
    let scene = Scene::new(&[]).await;
    let id = scene.live().await;
    let typed = scene.desk.app.desktop_type_clipboard(&id).await;
    assert_eq!(typed.unwrap_err().code, FailureCode::InvalidInput, "there is nothing to type");
    scene.desk.config.clipboard.set_text("ß\n").unwrap();
    scene.desk.app.desktop_type_clipboard(&id).await.unwrap();
    let at = scene.host.got(0, |line| line["event"] == "character" && line["character"] == "ß").await;
    let at = scene.host.got(at, |line| line["event"] == "key" && line["code"] == 0x1C).await;

    let mut page = Page::whole(&scene, &id).await;
    page.send(b"\0\x04\x01\x09ShiftLeft").await;
    let shift = |down: bool| move |line: &Value| line["code"] == 0x2A && line["down"] == down;
    let at = scene.host.got(at, shift(true)).await;
    drop(page);
    scene.host.got(at, shift(false)).await;
}

#[tokio::test]
async fn a_password_that_the_vms_agent_sets_signs_in() {
    let mut options = Options::new(landscape("desktop"));
    options.rdp_host = Some(program());
    let desk = Box::pin(Desk::signed_in_with(options, ANA)).await;
    let id = open(&desk).await;
    let mut seen = 0;
    let info = next(&desk, &id, &mut seen).await;
    let SessionState::Asking { question: Question::Credentials { can_set_password, .. } } = info.state else {
        panic!("{:?}", info.state)
    };
    assert!(can_set_password);
    let set = |user: &str| SessionAnswer::SetPassword {
        user: user.to_owned(),
        administrator: true,
        remember: true,
    };
    let named_as_the_vm = desk.app.session_answer(&id, set("win-1")).await;
    assert_eq!(named_as_the_vm.unwrap_err().code, FailureCode::InvalidInput);
    assert!(desk.app.made_password(&id).await.is_err());
    desk.app.session_answer(&id, set("ana")).await.unwrap();
    let info = next(&desk, &id, &mut seen).await;
    assert!(
        matches!(info.state, SessionState::Asking { question: Question::NewCertificate { .. } }),
        "{info:?}"
    );
    desk.app.session_answer(&id, SessionAnswer::TrustCertificate { pin: true }).await.unwrap();
    let info = next(&desk, &id, &mut seen).await;
    assert_eq!((&info.state, info.user.as_deref()), (&SessionState::Live, Some("ana")));
    assert!(desk.steps(&id).contains(&Step::SetPassword));
    assert!(info.desktop.unwrap().made_password);
    assert_eq!(info.notes.iter().map(|note| note.kind).collect::<Vec<_>>(), [NoteKind::PasswordSet]);
    assert!(desk.app.made_password(&id).await.unwrap().expose_secret().chars().count() >= 15);

    // It was remembered.
    let other = open(&desk).await;
    assert_eq!(next(&desk, &other, &mut seen).await.state, SessionState::Live);
}

#[tokio::test]
async fn a_tab_that_is_closed_or_given_up_leaves_the_desktop() {
    let scene = Scene::new(&[]).await;
    let is_out = |line: &Value| line["event"] == "out";
    let id = scene.live().await;
    let _page = Page::whole(&scene, &id).await;
    scene.desk.app.session_cancel(&id).await.unwrap();
    let at = scene.host.got(0, is_out).await;
    let other = scene.live().await;
    scene.desk.app.session_close(&other).await.unwrap();
    scene.host.got(at, is_out).await;
}

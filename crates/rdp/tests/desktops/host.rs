//! The session against the stand-in (`tests/rdp-host`).

use crate::support::{Decided, Eyes, Host, PASSWORD, Pin, is, open, options};
use adit_rdp::{
    Error, Security, SignIn, Size, Verdict, Visibility,
    input::{Button, Input, Press, scancode},
    message::Kind,
};

/// The text field of the stand-in's desktop.
const FIELD: (u16, u16, u16, u16) = (36, 84, 500, 32);

/// The color of its text field.
const PAPER: [u8; 3] = [246, 247, 249];
/// The color that the mouse draws with.
const PEN: [u8; 3] = [0, 120, 212];

async fn shown(host: &Host) -> Eyes {
    let session = open(host.port, options(), PASSWORD, &Pin(host.certificate)).await.expect("it opens");
    let mut eyes = Eyes::new(session);
    eyes.until("the desktop", |canvas| is(canvas, (400, 90), PAPER)).await;
    eyes
}

#[tokio::test]
async fn a_desktop_is_shown_after_network_level_authentication() {
    let host = Host::start(&[]);
    let eyes = shown(&host).await;
    assert_eq!((eyes.canvas.width(), eyes.canvas.height()), (800, 600));
    assert_eq!(eyes.seen.first(), Some(&Kind::Resized));
}

#[tokio::test]
async fn a_wrong_password_is_named() {
    let host = Host::start(&[]);
    let failed = open(host.port, options(), "wrong", &Pin(host.certificate)).await.expect_err("it is wrong");
    assert_eq!(failed, Error::SignIn(SignIn::WrongPassword));
}

#[tokio::test]
async fn a_refusal_is_named_by_its_status() {
    for (status, refusal) in [
        ("0xC0000234", SignIn::Locked),
        ("0xC0000072", SignIn::Disabled),
        ("0xC0000193", SignIn::AccountExpired),
        ("0xC0000071", SignIn::PasswordExpired),
        ("0xC0000224", SignIn::PasswordMustChange),
        ("0xC000015B", SignIn::NotAllowed),
        ("0xC000006F", SignIn::NotNow),
        ("0xC0000070", SignIn::NotFromHere),
        ("0xC000006E", SignIn::Restricted),
        ("0xC000005E", SignIn::NoDomain),
        ("0xC0000001", SignIn::Other(Some(0xC000_0001))),
    ] {
        let host = Host::start(&["--refuse", status]);
        let failed = open(host.port, options(), PASSWORD, &Pin(host.certificate)).await.expect_err("refused");
        assert_eq!(failed, Error::SignIn(refusal), "{status}");
    }
}

#[tokio::test]
async fn a_certificate_that_is_not_known_or_not_the_pinned_one_ends_it() {
    let host = Host::start(&[]);
    let unknown =
        open(host.port, options(), PASSWORD, &Decided(Verdict::Unknown)).await.expect_err("it is not known");
    let Error::CertificateUnknown(certificate) = unknown else { panic!("{unknown:?}") };
    assert_eq!(certificate.fingerprint, host.certificate);
    let other = Host::start(&[]);
    let changed =
        open(host.port, options(), PASSWORD, &Pin(other.certificate)).await.expect_err("it has changed");
    let Error::CertificateChanged { expected, presented } = changed else { panic!("{changed:?}") };
    assert_eq!((expected, presented.fingerprint), (other.certificate, host.certificate));
    // The server goes on as if nothing had been.
    shown(&host).await;
}

#[tokio::test]
async fn without_network_level_authentication_it_needs_the_setting_and_a_pin() {
    let host = Host::start(&["--tls-only"]);
    let refused =
        open(host.port, options(), PASSWORD, &Pin(host.certificate)).await.expect_err("it has no NLA");
    assert_eq!(refused, Error::NoNla);
    let mut tls = options();
    tls.security = Security::PinnedTls;
    let once = open(host.port, tls.clone(), PASSWORD, &Decided(Verdict::Once))
        .await
        .expect_err("once is not enough");
    assert!(matches!(once, Error::PinNeeded(_)), "{once:?}");
    let session = open(host.port, tls, PASSWORD, &Pin(host.certificate)).await.expect("it opens");
    let mut eyes = Eyes::new(session);
    eyes.until("the desktop", |canvas| is(canvas, (400, 90), PAPER)).await;
}

#[tokio::test]
async fn what_is_typed_and_drawn_reaches_the_desktop() {
    let host = Host::start(&["--bitmaps"]);
    let mut eyes = shown(&host).await;
    let control = eyes.session.control.clone();
    let key = |code: &str, press| Input::Key(scancode(code).expect("a key"), press);
    for code in ["KeyH", "KeyE", "KeyL", "KeyL", "KeyO"] {
        control.input(vec![key(code, Press::Down), key(code, Press::Up)]).await.expect("the session lasts");
    }
    eyes.until("five letters", |canvas| Eyes::ink(canvas, FIELD) > 150).await;
    let plain = Eyes::ink(&eyes.canvas, FIELD);
    let shift = vec![
        key("ShiftLeft", Press::Down),
        key("KeyW", Press::Down),
        // The keyboard is lost before the keys come up.
        Input::ReleaseAll,
        Input::Character('ä'),
    ];
    control.input(shift).await.expect("the session lasts");
    eyes.until("two more letters", |canvas| Eyes::ink(canvas, FIELD) > plain + 40).await;
    let stroke = vec![
        Input::Move { x: 200, y: 300 },
        Input::Button(Button::Left, Press::Down),
        Input::Move { x: 400, y: 300 },
        Input::Button(Button::Left, Press::Up),
    ];
    control.input(stroke).await.expect("the session lasts");
    eyes.until("a line", |canvas| is(canvas, (300, 300), PEN)).await;
}

#[tokio::test]
async fn the_desktop_takes_another_size_again_and_again_while_it_changes() {
    let host = Host::start(&[]);
    let mut eyes = shown(&host).await;
    let control = eyes.session.control.clone();
    for round in 0..5_u16 {
        let (width, height) = (900 + 100 * (round % 3), 700 - 50 * (round % 2));
        control.resize(Size::new(width, height)).await.expect("the session lasts");
        // The picture changes all the while, so that updates come within the activation.
        for place in 0..50 {
            control.input(vec![Input::Move { x: 100 + place, y: 300 }]).await.expect("the session lasts");
        }
        eyes.until("the new size", |canvas| {
            (canvas.width(), canvas.height()) == (width, height) && is(canvas, (width - 100, 90), PAPER)
        })
        .await;
    }
    let resized = eyes.seen.iter().filter(|kind| **kind == Kind::Resized).count();
    assert!(resized >= 6, "{resized}");
}

#[tokio::test]
async fn a_picture_that_nobody_sees_comes_back_whole() {
    let host = Host::start(&[]);
    let mut eyes = shown(&host).await;
    let control = eyes.session.control.clone();
    control.show(Visibility::Hidden).await.expect("the session lasts");
    control.show(Visibility::Shown).await.expect("the session lasts");
    eyes.canvas = adit_rdp::Canvas::new();
    eyes.until("the desktop", |canvas| is(canvas, (400, 90), PAPER)).await;
}

#[tokio::test]
async fn what_a_server_goes_on_sending_unseen_is_there_when_it_is_seen() {
    for options in [&["--restless"][..], &["--restless", "--bitmaps"], &[]] {
        let host = Host::start(options);
        let mut eyes = shown(&host).await;
        let control = eyes.session.control.clone();
        let before = Eyes::ink(&eyes.canvas, FIELD);
        control.show(Visibility::Hidden).await.expect("the session lasts");
        for code in ["KeyH", "KeyE", "KeyL", "KeyL", "KeyO"] {
            let key = |press| Input::Key(scancode(code).expect("a key"), press);
            control.input(vec![key(Press::Down), key(Press::Up)]).await.expect("the session lasts");
        }
        if options.contains(&"--restless") {
            // The pointer has another shape there, and what was typed before has been sent by then.
            control.input(vec![Input::Move { x: 400, y: 100 }]).await.expect("the session lasts");
            let pointers = |eyes: &Eyes| eyes.seen.iter().filter(|kind| **kind == Kind::Pointer).count();
            let known = pointers(&eyes);
            while pointers(&eyes) == known {
                eyes.next().await;
            }
            assert_eq!(Eyes::ink(&eyes.canvas, FIELD), before, "{options:?}");
        }
        control.show(Visibility::Shown).await.expect("the session lasts");
        eyes.until("five letters", |canvas| Eyes::ink(canvas, FIELD) > before + 150).await;
    }
}

#[tokio::test]
async fn closing_ends_it_on_both_sides() {
    let host = Host::start(&[]);
    let mut eyes = shown(&host).await;
    eyes.session.control.close();
    let end = loop {
        match eyes.session.pictures.next().await {
            Ok(_) => {}
            Err(end) => break end,
        }
    };
    assert_eq!(end, Error::Closed);
    assert_eq!(eyes.session.control.input(Vec::new()).await, Err(Error::Closed));
    drop(host);
}

#[tokio::test]
async fn a_server_that_goes_away_is_told() {
    let host = Host::start(&[]);
    let mut eyes = shown(&host).await;
    drop(host);
    let end = loop {
        match eyes.session.pictures.next().await {
            Ok(_) => {}
            Err(end) => break end,
        }
    };
    assert_eq!(end, Error::Disconnected(adit_rdp::Stage::Session));
}

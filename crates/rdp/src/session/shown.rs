//! What a server says beside the picture, and what it is told.

use std::{sync::Arc, time::Duration};

use ironrdp_core::decode;
use ironrdp_pdu::{
    mcs::McsMessage,
    rdp::headers::{ShareControlHeader, ShareControlPdu, ShareDataPdu},
    x224::X224,
};
use tokio::time::timeout;

use super::{
    Session, Visibility,
    hostile::{fast_path, share, shares},
    peer::{PATIENCE, Peer, end, opened, opened_with},
};
use crate::{
    Canvas, Error, Options, Size,
    input::{Input, Locks},
    message::{Kind, Message},
    wire::Unit,
};

fn options() -> Options {
    Options::new("windows", Size::new(640, 480))
}

/// A message in which a server gives what brings a session back ([MS-RDPBCGR] 2.2.10.1.1.4.1, 2.2.4.2).
fn cookie(random: u8) -> Unit {
    const SAVE_SESSION_INFO: u8 = 0x26;
    let mut data = vec![3, 0, 0, 0];
    data.extend(38_u16.to_le_bytes());
    for value in [1_u32, 28, 28, 1, 7] {
        data.extend(value.to_le_bytes());
    }
    data.extend([random; 16]);
    data.resize(data.len() + 570, 0);
    share(7, SAVE_SESSION_INFO, &data)
}

#[tokio::test]
async fn what_brings_a_session_back_is_the_newest_that_came() {
    let (session, mut peer) = opened(options());
    assert!(session.control.cookie().is_none());
    for random in [1, 2] {
        peer.send_bytes(&cookie(random).bytes).await;
    }
    let waiting = async {
        while session.control.cookie().is_none_or(|cookie| cookie.0.random_bits != [2; 16]) {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, waiting).await.expect("it comes");
    let shown = format!("{:?}", session.control.cookie());
    assert!(!shown.contains('2'), "{shown}");
}

/// The next message of the client's that is share data.
async fn told(peer: &mut Peer) -> ShareDataPdu {
    loop {
        let unit = peer.step().await.expect("the session lasts");
        let Ok(X224(McsMessage::SendDataRequest(request))) = decode(&unit.bytes) else { continue };
        let Ok(header) = decode::<ShareControlHeader>(&request.user_data) else { continue };
        if let ShareControlPdu::Data(data) = header.share_control_pdu {
            return data.share_data_pdu;
        }
    }
}

#[tokio::test]
async fn a_hidden_desktop_is_told_so_and_shown_again_whole() {
    let (session, mut peer) = opened(options());
    let talking = async {
        session.control.show(Visibility::Hidden).await.expect("it lasts");
        let ShareDataPdu::SuppressOutput(hidden) = told(&mut peer).await else { panic!("something else") };
        assert!(hidden.desktop_rect.is_none());
        session.control.show(Visibility::Shown).await.expect("it lasts");
        let ShareDataPdu::SuppressOutput(shown) = told(&mut peer).await else { panic!("something else") };
        let whole = shown.desktop_rect.expect("all of it");
        assert_eq!((whole.left, whole.top, whole.right, whole.bottom), (0, 0, 639, 479));
    };
    timeout(PATIENCE, talking).await.expect("it is told");
}

const RED: [u8; 3] = [255, 0, 0];
const GREEN: [u8; 3] = [0, 255, 0];
const BLUE: [u8; 3] = [0, 0, 255];

/// A picture of one color where the desktop begins.
async fn draw(peer: &mut Peer, [red, green, blue]: [u8; 3]) {
    let mut data = Vec::new();
    for value in [1_u16, 1, 0, 0, 3, 3, 4, 4, 32, 0, 64] {
        data.extend(value.to_le_bytes());
    }
    data.extend([blue, green, red, 0].repeat(16));
    peer.send_bytes(&fast_path(&[(1, 0, data)]).bytes).await;
}

async fn hide_pointer(peer: &mut Peer) {
    peer.send_bytes(&fast_path(&[(5, 0, Vec::new())]).bytes).await;
}

/// Takes the next message.
async fn seen(session: &mut Session, canvas: &mut Canvas) -> Kind {
    let message = Message::read(&session.pictures.next().await.expect("it lasts")).expect("one");
    canvas.paint(&message).expect("it fits");
    message.header.kind
}

async fn until(session: &mut Session, canvas: &mut Canvas, color: [u8; 3]) {
    while canvas.pixel(3, 3) != Some(color) {
        seen(session, canvas).await;
    }
}

#[tokio::test]
async fn what_comes_while_nobody_looks_is_not_drawn_but_asked_for_afterwards() {
    let (mut session, mut peer) = opened(options());
    let mut canvas = Canvas::new();
    let talking = async {
        draw(&mut peer, RED).await;
        until(&mut session, &mut canvas, RED).await;
        session.control.show(Visibility::Hidden).await.expect("it lasts");
        let ShareDataPdu::SuppressOutput(_) = told(&mut peer).await else { panic!("something else") };
        draw(&mut peer, GREEN).await;
        hide_pointer(&mut peer).await;
        // What came before it has been processed, and there is nothing to see of it.
        assert_eq!(seen(&mut session, &mut canvas).await, Kind::Pointer);
        session.control.show(Visibility::Shown).await.expect("it lasts");
        let ShareDataPdu::SuppressOutput(again) = told(&mut peer).await else { panic!("something else") };
        assert!(again.desktop_rect.is_none());
        let ShareDataPdu::SuppressOutput(shown) = told(&mut peer).await else { panic!("something else") };
        assert!(shown.desktop_rect.is_some());
        let ShareDataPdu::RefreshRectangle(all) = told(&mut peer).await else { panic!("something else") };
        assert_eq!(all.areas_to_refresh.first().map(|area| (area.right, area.bottom)), Some((639, 479)));
        // The picture as it was, until the new one comes.
        assert_eq!(seen(&mut session, &mut canvas).await, Kind::Frame);
        assert_eq!(canvas.pixel(3, 3), Some(RED));
        draw(&mut peer, BLUE).await;
        until(&mut session, &mut canvas, BLUE).await;
    };
    timeout(PATIENCE, talking).await.expect("it is told and shown");
}

#[tokio::test]
async fn a_server_that_cannot_be_asked_is_drawn_also_while_nobody_looks() {
    let (mut session, mut peer) = opened_with(options(), |result| result.refresh_rect_support = false);
    let mut canvas = Canvas::new();
    let talking = async {
        session.control.show(Visibility::Hidden).await.expect("it lasts");
        let ShareDataPdu::SuppressOutput(_) = told(&mut peer).await else { panic!("something else") };
        draw(&mut peer, GREEN).await;
        session.control.show(Visibility::Shown).await.expect("it lasts");
        let ShareDataPdu::SuppressOutput(shown) = told(&mut peer).await else { panic!("something else") };
        assert!(shown.desktop_rect.is_some());
        until(&mut session, &mut canvas, GREEN).await;
    };
    timeout(PATIENCE, talking).await.expect("it is shown");
}

#[tokio::test]
async fn a_picture_that_cannot_be_read_is_asked_for_once_somebody_sees_it() {
    let (mut session, mut peer) = opened(options());
    let mut canvas = Canvas::new();
    let broken = fast_path(&[(4, 0, vec![1, 0, 9])]);
    let talking = async {
        session.control.show(Visibility::Hidden).await.expect("it lasts");
        let ShareDataPdu::SuppressOutput(_) = told(&mut peer).await else { panic!("something else") };
        peer.send_bytes(&broken.bytes).await;
        hide_pointer(&mut peer).await;
        while seen(&mut session, &mut canvas).await != Kind::Pointer {}
        session.control.show(Visibility::Shown).await.expect("it lasts");
        while !matches!(told(&mut peer).await, ShareDataPdu::RefreshRectangle(_)) {}
        // A second one is too many.
        peer.send_bytes(&broken.bytes).await;
        assert!(matches!(end(&mut session).await, Error::Protocol { .. }));
    };
    timeout(PATIENCE, talking).await.expect("it is asked for");
}

#[tokio::test]
async fn the_end_of_a_frame_is_acknowledged_also_while_nobody_looks() {
    let (session, mut peer) = opened(options());
    let talking = async {
        session.control.show(Visibility::Hidden).await.expect("it lasts");
        let ShareDataPdu::SuppressOutput(_) = told(&mut peer).await else { panic!("something else") };
        // A frame marker ([MS-RDPBCGR] 2.2.9.2.3).
        peer.send_bytes(&fast_path(&[(4, 0, vec![4, 0, 1, 0, 7, 0, 0, 0])]).bytes).await;
        let ShareDataPdu::FrameAcknowledge(frame) = told(&mut peer).await else { panic!("something else") };
        assert_eq!(frame.frame_id, 7);
    };
    timeout(PATIENCE, talking).await.expect("it is acknowledged");
}

#[tokio::test]
async fn bitmaps_are_drawn_also_where_they_come_among_other_messages() {
    let (mut session, mut peer) = opened(options());
    let mut canvas = Canvas::new();
    let talking = async {
        draw(&mut peer, RED).await;
        until(&mut session, &mut canvas, RED).await;
        let mut data = Vec::new();
        for value in [1_u16, 1, 0, 0, 3, 3, 4, 4, 32, 0, 64] {
            data.extend(value.to_le_bytes());
        }
        data.extend([0, 255, 0, 0].repeat(16));
        // Without the fast path, and with a pointer in the same unit.
        const UPDATE: u8 = 2;
        const POINTER: u8 = 0x1B;
        let unit = shares(&[(7, UPDATE, &data), (7, POINTER, &[1, 0, 0, 0, 0, 0, 0, 0])]);
        peer.send_bytes(&unit.bytes).await;
        let mut kinds = vec![seen(&mut session, &mut canvas).await];
        while canvas.pixel(3, 3) != Some(GREEN) {
            kinds.push(seen(&mut session, &mut canvas).await);
        }
        assert!(kinds.contains(&Kind::Pointer), "{kinds:?}");
    };
    timeout(PATIENCE, talking).await.expect("it is shown");
}

#[tokio::test]
async fn input_goes_out_while_nobody_looks() {
    let (session, mut peer) = opened(options());
    let talking = async {
        session.control.input(vec![Input::Locks(Locks::default())]).await.expect("it lasts");
        // One fast-path unit with one event.
        let unit = peer.step().await.expect("it lasts");
        assert_eq!(unit.action, ironrdp_pdu::Action::FastPath);
    };
    timeout(PATIENCE, talking).await.expect("it is sent");
}

/// Does so much that the session has no more room for it, with a server that does not read. Where it was only slow to take
/// it, it can be closed all the same.
async fn stuff(session: &Session) {
    let text = vec![Input::Character('x'); 512];
    while timeout(Duration::from_millis(200), session.control.input(text.clone())).await.is_ok() {}
}

#[tokio::test]
async fn a_desktop_whose_server_does_not_read_can_be_closed() {
    let (mut session, _peer) = opened(options());
    stuff(&session).await;
    session.control.close();
    assert_eq!(end(&mut session).await, Error::Closed);
}

#[tokio::test]
async fn one_that_everybody_has_left_ends_though_its_server_does_not_read() {
    let (session, _peer) = opened(options());
    stuff(&session).await;
    let shared = Arc::clone(&session.control.shared);
    drop(session);
    let ending = async {
        while shared.end.get().is_none() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, ending).await.expect("it ends");
    assert_eq!(shared.end.get(), Some(&Error::Closed));
}

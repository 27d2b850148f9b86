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
    Visibility,
    hostile::share,
    peer::{PATIENCE, Peer, end, opened},
};
use crate::{
    Error, Options, Size,
    input::{Input, Locks},
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
async fn stuff(session: &super::Session) {
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

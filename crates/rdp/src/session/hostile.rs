//! What a hostile server may send once a desktop is shown: whatever it is, the session goes on or ends with a reason,
//! and its thread never panics.

use bytes::Bytes;
use ironrdp_core::{MonotonicInstant, WriteBuf};
use ironrdp_pdu::{
    Action,
    mcs::{McsMessage, SendDataIndication},
    rdp::vc::{ChannelControlFlags, ChannelPduHeader},
    x224::X224,
};
use proptest::prelude::*;
use tokio::time::timeout;

use super::{
    Shared,
    active::Active,
    beside::Told,
    fuzz::{IO_CHANNEL, options, settled},
    peer::{PATIENCE, end, opened},
};
use crate::{
    Error,
    clipboard::Notes,
    connect::Private,
    wire::{Unit, Wire},
};

/// Processes units without a thread or a loop.
fn desk() -> (Active, Vec<u16>, tokio::io::DuplexStream) {
    let options = options();
    let notes = Notes::default();
    let (result, ids) = settled(&options, &notes);
    let (near, far) = tokio::io::duplex(64);
    let wire = Wire::new(Box::new(near) as Private);
    let active = Active::new(wire, result, options, notes, std::sync::Arc::new(Shared::default()));
    (active.expect("it is bearable"), ids.into_values().collect(), far)
}

fn unit(action: Action, bytes: Vec<u8>) -> Unit {
    Unit { action, bytes: Bytes::from(bytes), at: MonotonicInstant::from_millis(0) }
}

fn indication(channel: u16, data: &[u8]) -> Unit {
    let indication = SendDataIndication { initiator_id: 1002, channel_id: channel, user_data: data.into() };
    let mut out = WriteBuf::new();
    ironrdp_core::encode_buf(&X224(McsMessage::SendDataIndication(indication)), &mut out)
        .expect("it is encoded");
    unit(Action::X224, out.filled().to_vec())
}

/// A message on a channel, in one piece.
fn message(channel: u16, flags: ChannelControlFlags, length: u32, data: &[u8]) -> Unit {
    let mut out = WriteBuf::new();
    ironrdp_core::encode_buf(&ChannelPduHeader { length, flags }, &mut out).expect("it is encoded");
    out.write_slice(data);
    indication(channel, out.filled())
}

fn whole(channel: u16, data: &[u8]) -> Unit {
    let flags = ChannelControlFlags::FLAG_FIRST | ChannelControlFlags::FLAG_LAST;
    message(channel, flags, u32::try_from(data.len()).expect("it is short"), data)
}

/// A fast-path unit with updates as given.
pub(super) fn fast_path(updates: &[(u8, u8, Vec<u8>)]) -> Unit {
    let mut body = Vec::new();
    for (code, fragmentation, data) in updates {
        body.push(code & 0xF | (fragmentation & 3) << 4);
        body.extend(u16::try_from(data.len()).expect("it is short").to_le_bytes());
        body.extend(data);
    }
    let length = u16::try_from(body.len() + 3).expect("it is short");
    let mut bytes = vec![0];
    bytes.extend((length | 0x8000).to_be_bytes());
    bytes.extend(body);
    unit(Action::FastPath, bytes)
}

/// A share data unit ([MS-RDPBCGR] 2.2.8.1.1.1.2).
pub(super) fn share(kind: u16, second: u8, data: &[u8]) -> Unit {
    shares(&[(kind, second, data)])
}

/// Several in one.
pub(super) fn shares(messages: &[(u16, u8, &[u8])]) -> Unit {
    let mut bytes = Vec::new();
    for (kind, second, data) in messages {
        let length = u16::try_from(data.len() + 18).expect("it is short");
        bytes.extend(length.to_le_bytes());
        bytes.extend((kind | 0x10).to_le_bytes());
        bytes.extend(1002_u16.to_le_bytes());
        bytes.extend(0x1_03EA_u32.to_le_bytes());
        bytes.extend([0, 1]);
        bytes.extend(u16::try_from(data.len()).expect("it is short").to_le_bytes());
        bytes.extend([*second, 0, 0, 0]);
        bytes.extend(*data);
    }
    indication(IO_CHANNEL, &bytes)
}

/// The beginnings of what means something on a channel, so that what follows is read and not refused at once.
fn beginnings() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        Just(Vec::new()),
        // Dynamic channels: capabilities, the opening of each that is known, data, a first piece, a close.
        Just(vec![0x50, 0, 1, 0]),
        Just([&[0x10, 1][..], b"Microsoft::Windows::RDS::Graphics\0"].concat()),
        Just([&[0x10, 2][..], b"Microsoft::Windows::RDS::DisplayControl\0"].concat()),
        Just(vec![0x30, 1, 0xE0, 0x04]),
        Just(vec![0x30, 1, 0xE0, 0x24]),
        Just(vec![0x30, 1, 0xE1]),
        Just(vec![0x30, 2]),
        Just(vec![0x20, 1]),
        Just(vec![0x70, 1, 0xE0, 0x26]),
        Just(vec![0x40, 1]),
        // The clipboard's messages.
        (1..12_u8, 0..3_u8).prop_map(|(kind, flags)| vec![kind, 0, flags, 0]),
        // Sound: formats, training, waves of both kinds, volume.
        (prop_oneof![Just(7_u8), Just(6), Just(2), Just(13), Just(3), Just(1)], any::<u8>())
            .prop_map(|(kind, length)| vec![kind, 0, length, 0]),
        Just(vec![
            7, 0, 38, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 6, 0, 0, 1, 0, 2, 0, 0x44, 0xAC
        ]),
        // Drives: announce, capabilities, confirm, a device's answer, a request.
        prop_oneof![Just(*b"nI"), Just(*b"PS"), Just(*b"CC"), Just(*b"rd"), Just(*b"RI"), Just(*b"LU")]
            .prop_map(|[one, other]| vec![0x72, 0x44, one, other]),
        // Printers: what the server keeps of one, another way to print, a request to the first.
        prop_oneof![Just(*b"RPCP"), Just(*b"RPCU")].prop_map(|words| words.to_vec()),
        (0..6_u8).prop_map(|function| {
            [&b"rDRI"[..], &[0xE8, 3, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, function, 0, 0, 0, 0, 0, 0, 0]].concat()
        }),
        // Commands of the graphics pipeline.
        (1..0x19_u8, any::<u8>())
            .prop_map(|(command, length)| { vec![0x30, 1, 0xE0, 0x04, command, 0, 0, 0, length, 0, 0, 0] }),
    ]
}

fn bytes(most: usize) -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![2 => any::<u8>(), 1 => Just(0), 1 => Just(1), 1 => Just(0xFF)];
    prop::collection::vec(byte, 0..most)
}

/// What a server may send, without the numbers of the channels.
#[derive(Debug, Clone)]
enum Sent {
    Raw(Vec<u8>),
    FastPath(Vec<(u8, u8, Vec<u8>)>),
    Share(u16, u8, Vec<u8>),
    Channel(usize, Vec<u8>),
    Piece(usize, u32, u32, Vec<u8>),
}

fn sent() -> impl Strategy<Value = Sent> {
    prop_oneof![
        1 => bytes(60).prop_map(Sent::Raw),
        4 => prop::collection::vec((0..12_u8, 0..4_u8, bytes(200)), 1..3).prop_map(Sent::FastPath),
        2 => (prop_oneof![Just(7_u16), Just(6), Just(1), 0..16_u16], any::<u8>(), bytes(100))
            .prop_map(|(kind, second, data)| Sent::Share(kind, second, data)),
        4 => (0..8_usize, beginnings(), bytes(150))
            .prop_map(|(channel, first, rest)| Sent::Channel(channel, [first, rest].concat())),
        1 => (0..8_usize, any::<u32>(), prop_oneof![0..300_u32, any::<u32>()], bytes(150))
            .prop_map(|(channel, flags, length, data)| Sent::Piece(channel, flags & 0xF3, length, data)),
    ]
}

fn as_unit(sent: &Sent, channels: &[u16]) -> Unit {
    let channel = |at: usize| channels.get(at % channels.len()).copied().unwrap_or(IO_CHANNEL);
    match sent {
        Sent::Raw(bytes) => unit(Action::X224, bytes.clone()),
        Sent::FastPath(updates) => fast_path(updates),
        Sent::Share(kind, second, data) => share(*kind, *second, data),
        Sent::Channel(at, data) => whole(channel(*at), data),
        Sent::Piece(at, flags, length, data) => {
            message(channel(*at), ChannelControlFlags::from_bits_truncate(*flags), *length, data)
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_comes_is_processed_or_refused(sent in prop::collection::vec(sent(), 1..12)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("it starts");
        let _guard = runtime.enter();
        let (mut desk, channels, _far) = desk();
        let mut told = Told::new(tokio::sync::mpsc::channel(1).1);
        for one in &sent {
            if desk.process(&as_unit(one, &channels), &mut told).is_err() {
                break;
            }
            while let Some(message) = desk.screen.take() {
                crate::message::Message::read(&message).expect("it is one");
            }
        }
    }
}

async fn ends_with(units: Vec<Unit>) -> Error {
    let (mut session, mut peer) = opened(options());
    for unit in units {
        peer.send_bytes(&unit.bytes).await;
    }
    let ended = end(&mut session).await;
    // The client says nothing that could not be read.
    let _ = timeout(PATIENCE, peer.run()).await;
    ended
}

fn dynamic(peer_id: &str) -> u16 {
    let (_, peer) = opened(options());
    peer.id(peer_id)
}

fn refused(error: &Error, words: &str) {
    assert!(error.to_string().contains(words), "{error}");
}

#[tokio::test]
async fn a_long_message_is_refused_however_its_announcement_is_cut() {
    let channel = dynamic("drdynvc");
    let first = [0x28, 1, 0xFF, 0xFF, 0xFF, 0x7F, 0, 0];
    for cut in 1..first.len() {
        let length = 1_000_000;
        let (one, other) = first.split_at(cut);
        let units = vec![
            message(channel, ChannelControlFlags::FLAG_FIRST, length, one),
            message(channel, ChannelControlFlags::empty(), length, other),
        ];
        refused(&ends_with(units).await, "a message on a channel is too long");
    }
}

/// The channel of the graphics pipeline, opened, and one message on it.
fn on_pipeline(data: &[u8]) -> Vec<Unit> {
    let channel = dynamic("drdynvc");
    let open = [&[0x10, 1][..], b"Microsoft::Windows::RDS::Graphics\0"].concat();
    let message = [&[0x30, 1][..], data].concat();
    vec![whole(channel, &[0x50, 0, 1, 0]), whole(channel, &open), whole(channel, &message)]
}

fn command(kind: u16, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 8).expect("it is short");
    [&kind.to_le_bytes()[..], &[0, 0], &length.to_le_bytes(), body].concat()
}

/// A bitmap of 65,535 pixels' width for a place of one: unpacked, it would be 800 MB.
fn wide_bitmap() -> Vec<u8> {
    let mut data = Vec::new();
    for value in [1_u16, 1, 0, 0, 0, 4095, 65_535, 4096, 24, 1 | 0x400, 3] {
        data.extend(value.to_le_bytes());
    }
    data.extend([0xF0, 0xFF, 0xFF]);
    data
}

#[tokio::test]
async fn a_bitmap_much_wider_than_its_place_is_refused() {
    let whole = fast_path(&[(1, 0, wide_bitmap())]);
    refused(&ends_with(vec![whole]).await, "larger than the place");
    let bitmap = wide_bitmap();
    let (first, last) = bitmap.split_at(9);
    let pieces = [fast_path(&[(1, 2, first.to_vec())]), fast_path(&[(1, 1, last.to_vec())])];
    refused(&ends_with(pieces.into()).await, "larger than the place");
    refused(&ends_with(vec![share(7, 2, &wide_bitmap())]).await, "larger than the place");
}

/// A pointer in a place of the cache.
fn pointer(place: u16, width: u16, height: u16) -> Vec<u8> {
    let mut data = Vec::new();
    for value in [1, place, 0, 0, width, height, 0, 0] {
        data.extend(value.to_le_bytes());
    }
    data
}

#[tokio::test]
async fn pointers_are_no_larger_and_no_more_than_was_agreed() {
    for pointer in [pointer(128, 1, 1), pointer(0, 385, 1), pointer(0, 1, 385)] {
        refused(&ends_with(vec![fast_path(&[(0xB, 0, pointer.clone())])]).await, "a pointer is too large");
        let (first, last) = pointer.split_at(3);
        let pieces = [fast_path(&[(0xC, 2, first.to_vec())]), fast_path(&[(0xC, 1, last.to_vec())])];
        refused(&ends_with(pieces.into()).await, "a pointer is too large");
        let slow = [&[8, 0, 0, 0][..], &pointer].concat();
        refused(&ends_with(vec![share(7, 0x1B, &slow)]).await, "a pointer is too large");
    }
    let mixed = [fast_path(&[(4, 2, vec![0; 4])]), fast_path(&[(0xC, 1, pointer(0, 1, 1))])];
    refused(&ends_with(mixed.into()).await, "mixed");
}

#[tokio::test]
async fn a_picture_of_the_pipeline_without_bounds_is_refused() {
    let mut body = Vec::new();
    body.extend(16_384_u32.to_le_bytes());
    body.extend(4_097_u32.to_le_bytes());
    body.resize(332, 0);
    let data = [&[0xE0, 0x04][..], &command(0x000E, &body)].concat();
    let error = ends_with(on_pipeline(&data)).await;
    refused(&error, "a picture of the graphics pipeline is too large");
}

#[tokio::test]
async fn a_part_that_is_larger_than_any_picture_is_refused() {
    // ClearCodec for 65,535 x 65,535 pixels.
    let mut body = vec![1, 0, 8, 0, 0x20, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF];
    body.extend([2, 0, 0, 0, 0, 0]);
    let data = [&[0xE0, 0x04][..], &command(0x0001, &body)].concat();
    let error = ends_with(on_pipeline(&data)).await;
    refused(&error, "a picture of the graphics pipeline is too large");
}

#[tokio::test]
async fn copies_without_end_are_refused() {
    // From one surface to 300 places, each time a whole screen.
    let mut body = vec![1, 0, 1, 0, 0, 0, 0, 0];
    body.extend([7680_u16, 4320, 300].iter().flat_map(|value| value.to_le_bytes()));
    body.resize(body.len() + 4 * 300, 0);
    let data = [&[0xE0, 0x04][..], &command(0x0005, &body)].concat();
    refused(&ends_with(on_pipeline(&data)).await, "copies more than any picture needs");
}

#[tokio::test]
async fn what_unpacks_to_more_than_a_picture_is_refused() {
    // Several segments, said to be 65 MB together.
    let mut data = vec![0xE1, 1, 0];
    data.extend((65 * 1024 * 1024_u32).to_le_bytes());
    data.extend([3, 0, 0, 0, 0x04, 0, 0]);
    refused(&ends_with(on_pipeline(&data)).await, "is too long");
}

#[tokio::test]
async fn a_cut_command_is_refused() {
    let data = [&[0xE0, 0x04][..], &[1, 0, 0, 0, 200, 0, 0, 0]].concat();
    refused(&ends_with(on_pipeline(&data)).await, "cut off");
    let data = [&[0xE0, 0x04][..], &[1, 0, 0, 0, 7, 0, 0, 0]].concat();
    refused(&ends_with(on_pipeline(&data)).await, "cut off");
}

#[tokio::test]
async fn a_reason_that_is_not_known_is_a_reason() {
    let unit = share(7, 0x2F, &[0x00, 0x00, 0xFF, 0xEE]);
    let Error::Ended(ended) = ends_with(vec![unit]).await else { panic!("it ended otherwise") };
    assert_eq!((ended.reason, ended.code), (crate::Reason::Unknown, Some(0xEEFF_0000)));
    let unit = share(7, 0x2F, &[5, 0, 0, 0]);
    let Error::Ended(ended) = ends_with(vec![unit]).await else { panic!("it ended otherwise") };
    assert_eq!(ended.reason, crate::Reason::OtherConnection);
}

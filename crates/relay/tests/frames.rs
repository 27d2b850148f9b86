//! The codec against the test vectors of the specification's section 4.1, and round trips.

#![cfg(test)]

#[expect(dead_code, reason = "each test file uses its own part of the shorthands")]
mod support;

use adit_relay::{Config, DecodeError, Frame, Session, frame};
use bytes::Bytes;
use proptest::prelude::*;
use sha2::{Digest, Sha256};
use support::*;

mod vectors {
    use super::*;

    fn hex(text: &str) -> Bytes {
        text.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect::<Vec<_>>().into()
    }

    fn both_ways(text: &str, frame: &Frame) {
        assert_eq!(&Frame::decode(hex(text)).unwrap(), frame, "{text}");
        assert_eq!(frame.encode(), hex(text), "{frame:?}");
    }

    #[test]
    fn vectors_that_hold_both_ways() {
        both_ways(
            "00 01 00 00 00 10 64 65 6d 6f 2d 73 65 73 73 69 6f 6e 2d 30 30 31",
            &Frame::ConnectSuccessSid(Bytes::from_static(b"demo-session-001")),
        );
        both_ways("00 02 00 00 00 00 00 01 00 00", &Frame::ReconnectSuccessAck(65_536));
        both_ways("00 02 00 00 00 00 00 00 00 00", &Frame::ReconnectSuccessAck(0));
        both_ways(
            "00 04 00 00 00 0e 53 53 48 2d 32 2e 30 2d 64 65 6d 6f 0d 0a",
            &Frame::Data(Bytes::from_static(b"SSH-2.0-demo\r\n")),
        );
        both_ways("00 07 00 00 00 00 00 00 00 01", &Frame::Ack(1));
        both_ways("00 07 00 00 00 00 00 00 80 01", &Frame::Ack(32_769));
        both_ways("00 07 00 00 00 01 00 00 00 00", &Frame::Ack(4_294_967_296));
        both_ways("00 07 00 00 00 01 2a 05 f2 00", &Frame::Ack(5_000_000_000));
        both_ways("00 07 80 00 00 00 00 00 00 00", &Frame::Ack(1 << 63));
        both_ways("00 07 ff ff ff ff ff ff ff ff", &Frame::Ack(u64::MAX));
        both_ways(
            "00 0a 00 00 0f a3 00 00 00 0a 6e 6f 20 62 61 63 6b 65 6e 64",
            &Frame::LongClose { code: 4003, reason: "no backend".to_owned() },
        );
    }

    #[test]
    fn vectors_of_what_is_only_received() {
        assert_eq!(Frame::decode(hex("00 63 de ad be ef")), Ok(Frame::Unknown(0x63)));
        assert_eq!(Frame::decode(hex("00 07 00 00 00 00 00 00 00 05 ff ff")), Ok(Frame::Ack(5)));
        assert_eq!(Frame::decode(hex("00 04 00 00 00 00")), Ok(Frame::Data(Bytes::new())));
        assert_eq!(Frame::decode(hex("00 01 00 00 00 00")), Err(DecodeError::EmptySid));
        assert_eq!(Frame::decode(hex("00 04 00 00 00 05 61 62 63")), Err(DecodeError::Truncated));
        assert_eq!(Frame::decode(hex("00 07 00 00 00 00 00 00 00")), Err(DecodeError::Truncated));
        assert_eq!(Frame::decode(hex("00")), Err(DecodeError::Truncated));
    }

    #[test]
    fn oversized_vector_is_accepted_when_received() {
        let mut message = hex("00 04 00 00 40 01").to_vec();
        message.resize(6 + 16_385, 0x5a);
        assert_eq!(Frame::decode(message.into()), Ok(Frame::Data(vec![0x5a; 16_385].into())));
    }

    #[test]
    fn full_data_message_has_the_published_digest() {
        let payload: Vec<u8> = (0..16_384).map(|i| i as u8).collect();
        let expected = "52a51c84a5047fe82e8b15da9c7426807490a4f1847b23e0d219605252a24bbf";
        let digest = |message: &[u8]| {
            assert_eq!(message.len(), 16_390);
            Sha256::digest(message).iter().map(|byte| format!("{byte:02x}")).collect::<String>()
        };
        assert_eq!(digest(&Frame::Data(payload.clone().into()).encode()), expected);

        // The session cuts its own messages; they are the same bytes.
        let mut session = connected();
        for chunk in payload.chunks(1000) {
            session.send(Bytes::copy_from_slice(chunk));
        }
        let transmits = transmits(&mut session, s(0));
        let [adit_relay::Transmit::Message(message)] = &transmits[..] else { panic!("{transmits:?}") };
        assert_eq!(digest(message), expected);
    }

    #[test]
    fn sizes_are_checked_before_anything_is_kept() {
        let mut message = hex("00 01 00 00 10 01").to_vec();
        message.resize(6 + 4097, b'x');
        assert_eq!(Frame::decode(message.into()), Err(DecodeError::TooLarge(4097)));
        assert_eq!(
            Frame::decode(vec![0; frame::MAX_MESSAGE + 1].into()),
            Err(DecodeError::TooLarge(frame::MAX_MESSAGE + 1))
        );
        assert_eq!(Frame::decode(hex("00 04 ff ff ff ff 00")), Err(DecodeError::Truncated));
        assert_eq!(Frame::decode(hex("00 0a 00 00 0f a3 ff ff ff ff 00")), Err(DecodeError::Truncated));
    }

    #[test]
    fn vectors_lead_the_session_as_they_lead_the_codec() {
        let mut session = Session::new(Config::default());
        session.opened(s(0));
        session
            .handle_message(hex("00 01 00 00 00 10 64 65 6d 6f 2d 73 65 73 73 69 6f 6e 2d 30 30 31"), s(0));
        session.send(Bytes::from_static(b"hello"));
        sent_data(&mut session, s(0));
        session.handle_message(hex("00 07 00 00 00 00 00 00 00 05 ff ff"), s(0));
        assert_eq!(session.acked(), 5);
        session.handle_message(hex("00 04 00 00 00 0e 53 53 48 2d 32 2e 30 2d 64 65 6d 6f 0d 0a"), s(0));
        assert_eq!(received_data(&mut session), b"SSH-2.0-demo\r\n");
    }
}

fn any_frame() -> impl Strategy<Value = Frame> {
    let bytes =
        |least: usize, most: usize| prop::collection::vec(any::<u8>(), least..most).prop_map(Bytes::from);
    prop_oneof![
        bytes(1, frame::MAX_SID).prop_map(Frame::ConnectSuccessSid),
        any::<u64>().prop_map(Frame::ReconnectSuccessAck),
        bytes(0, 40_000).prop_map(Frame::Data),
        any::<u64>().prop_map(Frame::Ack),
        (any::<u32>(), ".{0,200}").prop_map(|(code, reason)| Frame::LongClose { code, reason }),
        prop::sample::select(vec![0_u16, 3, 5, 6, 8, 9, 0x0b, 0x63, 0xffff]).prop_map(Frame::Unknown),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_encoded_decodes_to_the_same(frame in any_frame(), behind in prop::collection::vec(any::<u8>(), 0..40)) {
        let message = frame.encode();
        prop_assert_eq!(Frame::decode(message.clone()).unwrap(), frame.clone());
        // Bytes after a complete frame are dropped.
        let longer = [&message[..], &behind].concat();
        prop_assert_eq!(Frame::decode(longer.into()).unwrap(), frame);
    }

    #[test]
    fn every_cut_frame_is_refused_and_nothing_panics(frame in any_frame(), at in any::<prop::sample::Index>()) {
        let message = frame.encode();
        let cut = message.slice(..at.index(message.len()));
        prop_assert_eq!(Frame::decode(cut), Err(DecodeError::Truncated));
    }

    #[test]
    fn any_bytes_decode_or_are_refused(message in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(frame) = Frame::decode(message.into()) {
            prop_assert_eq!(Frame::decode(frame.encode()).unwrap(), frame);
        }
    }
}

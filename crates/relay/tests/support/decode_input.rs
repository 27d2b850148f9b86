//! Arbitrary bytes as one message: what the fuzz target `decode` runs, and what the tests run again on what it
//! found.

use adit_relay::Frame;
use bytes::Bytes;

/// Decodes a message; a frame that comes of it must survive encoding.
pub(crate) fn run(bytes: &[u8]) {
    let Ok(frame) = Frame::decode(Bytes::copy_from_slice(bytes)) else { return };
    assert_eq!(Frame::decode(frame.encode()), Ok(frame));
}

//! What a server may make us keep before a message is whole. The library below puts fragments together without a
//! limit of its own.

use ironrdp_core::{ReadCursor, decode_cursor};
use ironrdp_pdu::{
    mcs::decode_send_data_indication,
    rdp::vc::{ChannelControlFlags, ChannelPduHeader},
};

/// Largest update of the picture, in bytes: more than the 8 MB that we announce.
pub(crate) const MAX_UPDATE: usize = 64 * 1024 * 1024;
/// Largest message on a channel, in bytes: more than any picture that is taken from the clipboard.
pub(crate) const MAX_CHANNEL_MESSAGE: u32 = 40 * 1024 * 1024;
/// Largest message on a dynamic channel, in bytes: a picture of the graphics pipeline that is not packed at all.
pub(crate) const MAX_DYNAMIC_MESSAGE: u32 = 64 * 1024 * 1024;
/// Largest width and height of a pointer ([MS-RDPBCGR] 2.2.7.2.7).
pub(crate) const MAX_POINTER: u16 = 384;
/// Most pointers that are kept: more than the 32 that we announce.
pub(crate) const MAX_POINTERS: u16 = 128;
/// How much wider a bitmap may be than its place, in pixels: rows are padded.
pub(crate) const MAX_PADDING: u16 = 64;
/// As much of a message as says how long it is on a dynamic channel ([MS-RDPEDYC] 2.2.3.1).
const HEAD: usize = 9;

/// The server exceeds a limit, or sends what was not agreed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Exceeded {
    /// An update of the picture grew too long.
    #[error("an update of the picture is too long")]
    Update,
    /// A bitmap is wider than the place that it is for.
    #[error("a bitmap is larger than the place that it is for")]
    Bitmap,
    /// A pointer is too large, or has no place among those that are kept.
    #[error("a pointer is too large, or one too many")]
    Pointer,
    /// A fragment belongs to another update than the one before it.
    #[error("fragments of different updates are mixed")]
    Mixed,
    /// A message on a channel is too long.
    #[error("a message on a channel is too long")]
    Channel,
    /// A channel's data are compressed, which was not agreed on.
    #[error("a channel is compressed, which was not agreed on")]
    Compressed,
}

/// Watches the channels of one connection.
#[derive(Debug)]
pub(crate) struct Limits {
    /// The channels that carry no virtual channel: for input and output, and for messages where there is one.
    own: [Option<u16>; 2],
    /// The channel that carries the dynamic ones, and the first bytes of its message that is not whole yet: a
    /// server may cut one anywhere.
    dynamic: Option<u16>,
    head: Option<Vec<u8>>,
}

impl Limits {
    pub(crate) fn new(io_channel: u16, message_channel: Option<u16>, dynamic: Option<u16>) -> Self {
        Self { own: [Some(io_channel), message_channel], dynamic, head: None }
    }

    /// Checks a unit on a channel before it is processed.
    pub(crate) fn check(&mut self, bytes: &[u8]) -> Result<(), Exceeded> {
        let Ok(indication) = decode_send_data_indication(bytes) else { return Ok(()) };
        if self.own.contains(&Some(indication.channel_id)) {
            return Ok(());
        }
        let mut cursor = ReadCursor::new(indication.user_data);
        let Ok(header) = decode_cursor::<ChannelPduHeader>(&mut cursor) else { return Ok(()) };
        if header.flags.contains(ChannelControlFlags::PACKET_COMPRESSED) {
            return Err(Exceeded::Compressed);
        }
        if header.length > MAX_CHANNEL_MESSAGE {
            return Err(Exceeded::Channel);
        }
        if self.dynamic != Some(indication.channel_id) {
            return Ok(());
        }
        let first = header.flags.contains(ChannelControlFlags::FLAG_FIRST);
        let last = header.flags.contains(ChannelControlFlags::FLAG_LAST);
        // A piece that none began is a message of its own.
        let goes_on = first || self.head.is_some();
        let mut head = if first { Vec::new() } else { self.head.take().unwrap_or_default() };
        let missing = HEAD.saturating_sub(head.len());
        head.extend(cursor.remaining().iter().take(missing));
        if first_length(&head).is_some_and(|length| length > MAX_DYNAMIC_MESSAGE) {
            return Err(Exceeded::Channel);
        }
        self.head = (goes_on && !last).then_some(head);
        Ok(())
    }
}

/// The length that the first fragment of a message on a dynamic channel announces ([MS-RDPEDYC] 2.2.3.1, 2.2.3.3).
fn first_length(bytes: &[u8]) -> Option<u32> {
    const DATA_FIRST: u8 = 2;
    const DATA_FIRST_COMPRESSED: u8 = 6;
    let (first, rest) = bytes.split_first()?;
    if !matches!(first >> 4, DATA_FIRST | DATA_FIRST_COMPRESSED) {
        return None;
    }
    let size = |bits: u8| match bits & 3 {
        0 => 1,
        1 => 2,
        _ => 4,
    };
    let after = rest.get(size(*first)..)?;
    let length = after.get(..size(*first >> 2))?;
    Some(length.iter().rev().fold(0, |length, byte| length << 8 | u32::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::first_length;

    #[test]
    fn the_announced_length_of_a_dynamic_message_is_read() {
        assert_eq!(first_length(&[0x28, 7, 0x78, 0x56, 0x34, 0x12]), Some(0x1234_5678));
        assert_eq!(first_length(&[0x25, 7, 0, 0x34, 0x12]), Some(0x1234));
        assert_eq!(first_length(&[0x30, 7, 1]), None);
        assert_eq!(first_length(&[0x28, 7, 0x78]), None);
        assert_eq!(first_length(&[]), None);
    }
}

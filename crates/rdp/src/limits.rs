//! What a server may make us keep before a message is whole. The library below puts fragments together without a
//! limit of its own.

use ironrdp_core::{ReadCursor, decode_cursor};
use ironrdp_pdu::{
    Action,
    fast_path::{FastPathHeader, FastPathUpdatePdu, Fragmentation},
    mcs::decode_send_data_indication,
    rdp::vc::{ChannelControlFlags, ChannelPduHeader},
};

use crate::wire::Unit;

/// Largest update of the picture, in bytes: more than the 8 MB that we announce.
pub(crate) const MAX_UPDATE: usize = 64 * 1024 * 1024;
/// Largest message on a channel, in bytes: more than any text that is taken from the clipboard.
pub(crate) const MAX_CHANNEL_MESSAGE: u32 = 16 * 1024 * 1024;

/// The server exceeds a limit, or sends what was not agreed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Exceeded {
    /// An update of the picture grew too long.
    #[error("an update of the picture is too long")]
    Update,
    /// A message on a channel is too long.
    #[error("a message on a channel is too long")]
    Channel,
    /// A channel's data are compressed, which was not agreed on.
    #[error("a channel is compressed, which was not agreed on")]
    Compressed,
}

/// Watches the fragments of one connection.
#[derive(Debug)]
pub(crate) struct Limits {
    /// The channels that carry no virtual channel: for input and output, and for messages where there is one.
    own: [Option<u16>; 2],
    /// Bytes of the update of the picture that is not whole yet.
    update: usize,
}

impl Limits {
    pub(crate) fn new(io_channel: u16, message_channel: Option<u16>) -> Self {
        Self { own: [Some(io_channel), message_channel], update: 0 }
    }

    /// Checks a unit before it is processed.
    pub(crate) fn check(&mut self, unit: &Unit) -> Result<(), Exceeded> {
        match unit.action {
            Action::FastPath => self.fast_path(&unit.bytes),
            Action::X224 => self.channel(&unit.bytes),
        }
    }

    fn fast_path(&mut self, bytes: &[u8]) -> Result<(), Exceeded> {
        let mut cursor = ReadCursor::new(bytes);
        // What cannot be decoded is refused where it is processed.
        if decode_cursor::<FastPathHeader>(&mut cursor).is_err() {
            return Ok(());
        }
        while !cursor.is_empty() {
            let Ok(update) = decode_cursor::<FastPathUpdatePdu<'_>>(&mut cursor) else { return Ok(()) };
            self.update = match update.fragmentation {
                Fragmentation::Single | Fragmentation::Last => 0,
                Fragmentation::First => update.data.len(),
                Fragmentation::Next => self.update.saturating_add(update.data.len()),
            };
            if self.update > MAX_UPDATE {
                return Err(Exceeded::Update);
            }
        }
        Ok(())
    }

    fn channel(&self, bytes: &[u8]) -> Result<(), Exceeded> {
        let Ok(indication) = decode_send_data_indication(bytes) else { return Ok(()) };
        if self.own.contains(&Some(indication.channel_id)) {
            return Ok(());
        }
        let mut cursor = ReadCursor::new(indication.user_data);
        let Ok(header) = decode_cursor::<ChannelPduHeader>(&mut cursor) else { return Ok(()) };
        if header.flags.contains(ChannelControlFlags::PACKET_COMPRESSED) {
            return Err(Exceeded::Compressed);
        }
        let first = header.flags.contains(ChannelControlFlags::FLAG_FIRST);
        let dynamic = first.then(|| first_length(cursor.remaining())).flatten();
        if header.length > MAX_CHANNEL_MESSAGE || dynamic.is_some_and(|length| length > MAX_CHANNEL_MESSAGE) {
            return Err(Exceeded::Channel);
        }
        Ok(())
    }
}

/// The length that the first fragment of a message on a dynamic channel announces ([MS-RDPEDYC] 2.2.3.1, 2.2.3.3).
/// On any other channel the same bytes mean something else; there the result is only ever too strict for messages
/// that none of our channels has.
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
    use bytes::Bytes;
    use ironrdp_core::MonotonicInstant;
    use ironrdp_pdu::Action;

    use super::{Exceeded, Limits, MAX_UPDATE, first_length};
    use crate::wire::Unit;

    fn fragment(kind: u8, length: usize) -> Unit {
        let total = 3 + 3 + length;
        let mut bytes = vec![0];
        bytes.extend(u16::try_from(total | 0x8000).expect("it fits").to_be_bytes());
        // Update code 4: surface commands.
        bytes.push(4 | kind << 4);
        bytes.extend(u16::try_from(length).expect("it fits").to_le_bytes());
        bytes.resize(total, 0);
        Unit { action: Action::FastPath, bytes: Bytes::from(bytes), at: MonotonicInstant::from_millis(0) }
    }

    #[test]
    fn an_update_that_never_ends_is_cut_off() {
        let mut limits = Limits::new(1003, None);
        let length = 16_000;
        assert_eq!(limits.check(&fragment(2, length)), Ok(()));
        let refused = (0..MAX_UPDATE / length + 1)
            .find_map(|count| limits.check(&fragment(3, length)).err().map(|why| (count, why)));
        assert_eq!(refused, Some((MAX_UPDATE / length - 1, Exceeded::Update)));
    }

    #[test]
    fn an_update_that_ends_makes_room_for_the_next() {
        let mut limits = Limits::new(1003, None);
        for _ in 0..2 * MAX_UPDATE / 32_000 {
            assert_eq!(limits.check(&fragment(2, 16_000)), Ok(()));
            assert_eq!(limits.check(&fragment(1, 16_000)), Ok(()));
        }
    }

    #[test]
    fn the_announced_length_of_a_dynamic_message_is_read() {
        assert_eq!(first_length(&[0x28, 7, 0x78, 0x56, 0x34, 0x12]), Some(0x1234_5678));
        assert_eq!(first_length(&[0x25, 7, 0, 0x34, 0x12]), Some(0x1234));
        assert_eq!(first_length(&[0x30, 7, 1]), None);
        assert_eq!(first_length(&[0x28, 7, 0x78]), None);
        assert_eq!(first_length(&[]), None);
    }
}

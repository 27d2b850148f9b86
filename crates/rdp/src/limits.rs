//! What a server may make us keep before a message is whole. The library below puts fragments together without a
//! limit of its own.

use ironrdp_core::{ReadCursor, decode_cursor};
use ironrdp_pdu::{
    Action,
    bitmap::{BitmapData, BitmapUpdateData},
    fast_path::{FastPathHeader, FastPathUpdatePdu, Fragmentation, UpdateCode},
    mcs::decode_send_data_indication,
    rdp::vc::{ChannelControlFlags, ChannelPduHeader},
};

use crate::wire::Unit;

/// Largest update of the picture, in bytes: more than the 8 MB that we announce.
pub(crate) const MAX_UPDATE: usize = 64 * 1024 * 1024;
/// Largest message on a channel, in bytes: more than any picture that is taken from the clipboard.
pub(crate) const MAX_CHANNEL_MESSAGE: u32 = 40 * 1024 * 1024;
/// Largest message on a dynamic channel, in bytes: a picture of the graphics pipeline that is not packed at all.
pub(crate) const MAX_DYNAMIC_MESSAGE: u32 = 64 * 1024 * 1024;
/// Largest width and height of a pointer ([MS-RDPBCGR] 2.2.7.2.7).
pub(crate) const MAX_POINTER: u16 = 384;
/// Most pointers that are kept: more than the 32 that we announce.
const MAX_POINTERS: u16 = 128;
/// How much wider a bitmap may be than its place, in pixels: rows are padded.
const MAX_PADDING: u16 = 64;
/// A part of the picture of so many bytes, packed, may take milliseconds to decode.
const LARGE: usize = 8 * 1024;
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

/// How much there is to do for a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    /// No more than for a message.
    Little,
    /// A part of the picture becomes whole and is decoded, which may take longer than a person may wait for a key.
    Picture,
}

/// Watches the fragments of one connection.
#[derive(Debug)]
pub(crate) struct Limits {
    /// The channels that carry no virtual channel: for input and output, and for messages where there is one.
    own: [Option<u16>; 2],
    /// Bytes of the update of the picture that is not whole yet.
    update: usize,
    /// What it is, and its bytes where they are looked at when they are whole.
    code: Option<UpdateCode>,
    looked_at: Vec<u8>,
    /// The channel that carries the dynamic ones, and the first bytes of its message that is not whole yet: a
    /// server may cut one anywhere.
    dynamic: Option<u16>,
    head: Option<Vec<u8>>,
}

impl Limits {
    pub(crate) fn new(io_channel: u16, message_channel: Option<u16>, dynamic: Option<u16>) -> Self {
        Self {
            own: [Some(io_channel), message_channel],
            update: 0,
            code: None,
            looked_at: Vec::new(),
            dynamic,
            head: None,
        }
    }

    /// Checks a unit before it is processed.
    pub(crate) fn check(&mut self, unit: &Unit) -> Result<Work, Exceeded> {
        match unit.action {
            Action::FastPath => self.fast_path(&unit.bytes),
            Action::X224 => self.channel(&unit.bytes).map(|()| Work::Little),
        }
    }

    fn fast_path(&mut self, bytes: &[u8]) -> Result<Work, Exceeded> {
        let mut cursor = ReadCursor::new(bytes);
        // What cannot be decoded is refused where it is processed.
        if decode_cursor::<FastPathHeader>(&mut cursor).is_err() {
            return Ok(Work::Little);
        }
        let mut work = Work::Little;
        while !cursor.is_empty() {
            let Ok(update) = decode_cursor::<FastPathUpdatePdu<'_>>(&mut cursor) else { return Ok(work) };
            let whole = matches!(update.fragmentation, Fragmentation::Single | Fragmentation::Last);
            if whole && self.update.saturating_add(update.data.len()) >= LARGE {
                work = Work::Picture;
            }
            self.update = match update.fragmentation {
                Fragmentation::Single | Fragmentation::Last => 0,
                Fragmentation::First => update.data.len(),
                Fragmentation::Next => self.update.saturating_add(update.data.len()),
            };
            if self.update > MAX_UPDATE {
                return Err(Exceeded::Update);
            }
            self.look(&update)?;
        }
        Ok(work)
    }

    /// Bitmaps and pointers are looked at whole: each is unpacked at the size that it says it has, whatever place it
    /// is for, and pointers are kept.
    fn look(&mut self, update: &FastPathUpdatePdu<'_>) -> Result<(), Exceeded> {
        let code = update.update_code;
        match update.fragmentation {
            Fragmentation::Single => return check(code, update.data),
            Fragmentation::First => {
                self.code = Some(code);
                self.looked_at.clear();
            }
            Fragmentation::Next | Fragmentation::Last if self.code != Some(code) => {
                return Err(Exceeded::Mixed);
            }
            Fragmentation::Next | Fragmentation::Last => {}
        }
        if code != UpdateCode::SurfaceCommands {
            self.looked_at.extend_from_slice(update.data);
        }
        if update.fragmentation == Fragmentation::Last {
            self.code = None;
            let whole = std::mem::take(&mut self.looked_at);
            return check(code, &whole);
        }
        Ok(())
    }

    fn channel(&mut self, bytes: &[u8]) -> Result<(), Exceeded> {
        let Ok(indication) = decode_send_data_indication(bytes) else { return Ok(()) };
        if self.own.contains(&Some(indication.channel_id)) {
            return slow_path(indication.user_data);
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

/// The same in the form for clients without fast-path output ([MS-RDPBCGR] 2.2.9.1.1.3.1.2, 2.2.9.1.1.4).
fn slow_path(bytes: &[u8]) -> Result<(), Exceeded> {
    const UPDATE: u8 = 0x02;
    const POINTER: u8 = 0x1B;
    const COLOR: u16 = 6;
    const HEADER: usize = 18;
    let data = bytes.get(HEADER..).unwrap_or_default();
    match bytes.get(14) {
        Some(&UPDATE) => check(UpdateCode::Bitmap, data),
        Some(&POINTER) if u16_at(data, 0) == Some(COLOR) => {
            check(UpdateCode::ColorPointer, data.get(4..).unwrap_or_default())
        }
        Some(&POINTER) => check(UpdateCode::NewPointer, data.get(4..).unwrap_or_default()),
        _ => Ok(()),
    }
}

fn check(code: UpdateCode, data: &[u8]) -> Result<(), Exceeded> {
    match code {
        UpdateCode::Bitmap => check_bitmaps(data),
        UpdateCode::ColorPointer => check_pointer(data),
        // Their depth comes first.
        UpdateCode::NewPointer | UpdateCode::LargePointer => check_pointer(data.get(2..).unwrap_or_default()),
        UpdateCode::Orders
        | UpdateCode::Palette
        | UpdateCode::Synchronize
        | UpdateCode::SurfaceCommands
        | UpdateCode::HiddenPointer
        | UpdateCode::DefaultPointer
        | UpdateCode::PositionPointer
        | UpdateCode::CachedPointer => Ok(()),
    }
}

/// A pointer by its place in the cache, its hot spot, its width and its height.
fn check_pointer(data: &[u8]) -> Result<(), Exceeded> {
    let (Some(place), Some(width), Some(height)) = (u16_at(data, 0), u16_at(data, 6), u16_at(data, 8)) else {
        return Ok(());
    };
    if place < MAX_POINTERS && width <= MAX_POINTER && height <= MAX_POINTER {
        Ok(())
    } else {
        Err(Exceeded::Pointer)
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at.checked_add(2)?)?.try_into().ok().map(u16::from_le_bytes)
}

fn check_bitmaps(data: &[u8]) -> Result<(), Exceeded> {
    // What cannot be decoded is refused where it is processed.
    let Ok(update) = ironrdp_core::decode::<BitmapUpdateData<'_>>(data) else { return Ok(()) };
    let is_larger = |bitmap: &BitmapData<'_>| {
        let place = bitmap.rectangle.right.saturating_sub(bitmap.rectangle.left).saturating_add(1);
        bitmap.width > place.saturating_add(MAX_PADDING)
    };
    if update.rectangles.iter().any(is_larger) { Err(Exceeded::Bitmap) } else { Ok(()) }
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
    use bytes::Bytes;
    use ironrdp_core::MonotonicInstant;
    use ironrdp_pdu::Action;

    use super::{Exceeded, Limits, MAX_UPDATE, Work, first_length};
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
        let mut limits = Limits::new(1003, None, None);
        let length = 16_000;
        assert_eq!(limits.check(&fragment(2, length)), Ok(Work::Little));
        let refused = (0..MAX_UPDATE / length + 1)
            .find_map(|count| limits.check(&fragment(3, length)).err().map(|why| (count, why)));
        assert_eq!(refused, Some((MAX_UPDATE / length - 1, Exceeded::Update)));
    }

    #[test]
    fn an_update_that_ends_makes_room_for_the_next() {
        let mut limits = Limits::new(1003, None, None);
        for _ in 0..2 * MAX_UPDATE / 32_000 {
            assert_eq!(limits.check(&fragment(2, 16_000)), Ok(Work::Little));
            assert_eq!(limits.check(&fragment(1, 16_000)), Ok(Work::Picture));
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

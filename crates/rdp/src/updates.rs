//! What a server draws, taken out of its units and put together, within bounds; the rest of them is the library's.

use std::borrow::Cow;

use ironrdp_core::{ReadCursor, decode_cursor, encode_vec};
use ironrdp_pdu::{
    Action,
    fast_path::{EncryptionFlags, FastPathHeader, FastPathUpdatePdu, Fragmentation, UpdateCode},
    mcs::{McsMessage, SendDataIndication, decode_send_data_indication},
    x224::X224,
};

use crate::{
    limits::{Exceeded, MAX_POINTER, MAX_POINTERS, MAX_UPDATE},
    wire::Unit,
};

/// What draws.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Drawing<'a> {
    /// Bitmaps, or the colors of those with eight bits a pixel.
    Bitmaps(Cow<'a, [u8]>),
    Palette(Cow<'a, [u8]>),
    /// Surface commands.
    Surfaces(Cow<'a, [u8]>),
}

impl Drawing<'_> {
    /// Whether it may take milliseconds, which is longer than a person should wait for a key. RemoteFX takes some 100 ns for
    /// a byte; a bitmap takes as long only for one that unpacks to many times its size.
    pub(crate) fn is_long(&self) -> bool {
        match self {
            Self::Bitmaps(data) => data.len() >= 64 * 1024,
            Self::Surfaces(data) => data.len() >= 8 * 1024,
            Self::Palette(_) => false,
        }
    }
}

/// A unit taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Taken<'a> {
    /// What it draws, in its order.
    pub(crate) drawings: Vec<Drawing<'a>>,
    /// The rest as a unit of the same kind, where there is any.
    pub(crate) rest: Option<Cow<'a, [u8]>>,
}

/// The updates of one connection.
#[derive(Debug)]
pub(crate) struct Updates {
    io_channel: u16,
    /// Bytes of the update that is not whole yet.
    length: usize,
    /// What it is, and its bytes.
    code: Option<UpdateCode>,
    pieces: Vec<u8>,
}

impl Updates {
    pub(crate) fn new(io_channel: u16) -> Self {
        Self { io_channel, length: 0, code: None, pieces: Vec::new() }
    }

    /// Takes a unit apart.
    ///
    /// # Errors
    /// The server exceeds a limit.
    pub(crate) fn take<'a>(&mut self, unit: &'a Unit) -> Result<Taken<'a>, Exceeded> {
        match unit.action {
            Action::FastPath => self.fast_path(&unit.bytes),
            Action::X224 => slow_path(&unit.bytes, self.io_channel),
        }
    }

    /// The server's fast path ([MS-RDPBCGR] 2.2.9.1.2).
    fn fast_path<'a>(&mut self, unit: &'a [u8]) -> Result<Taken<'a>, Exceeded> {
        let mut cursor = ReadCursor::new(unit);
        let mut drawings = Vec::new();
        if decode_cursor::<FastPathHeader>(&mut cursor).is_err() {
            return Ok(Taken { drawings, rest: Some(unit.into()) });
        }
        let (mut rest, mut drawn) = (Vec::new(), false);
        while !cursor.is_empty() {
            let bytes = cursor.remaining();
            let Ok(update) = decode_cursor::<FastPathUpdatePdu<'_>>(&mut cursor) else {
                // The library says what is wrong with it.
                rest.extend_from_slice(bytes);
                break;
            };
            self.bound(&update)?;
            let whole = self.put_together(&update)?;
            // Compressed ones were not agreed on; the library refuses them.
            let packed = update.compression_flags.is_some_and(|flags| !flags.is_empty());
            let draws = matches!(update.update_code, UpdateCode::Bitmap | UpdateCode::SurfaceCommands);
            if draws && !packed {
                drawn = true;
            } else {
                rest.extend_from_slice(bytes.get(..bytes.len() - cursor.len()).unwrap_or_default());
            }
            match (update.update_code, whole) {
                (_, None) => {}
                (UpdateCode::Bitmap, Some(data)) if !packed => drawings.push(Drawing::Bitmaps(data)),
                (UpdateCode::SurfaceCommands, Some(data)) if !packed => {
                    drawings.push(Drawing::Surfaces(data))
                }
                (UpdateCode::Palette, Some(data)) => drawings.push(Drawing::Palette(data)),
                (code, Some(data)) => check(code, &data)?,
            }
        }
        let rest = match (drawn, rest.is_empty()) {
            (false, _) => Some(unit.into()),
            (true, true) => None,
            (true, false) => fast_path_unit(&rest).map(Cow::Owned),
        };
        Ok(Taken { drawings, rest })
    }

    fn bound(&mut self, update: &FastPathUpdatePdu<'_>) -> Result<(), Exceeded> {
        self.length = match update.fragmentation {
            Fragmentation::Single | Fragmentation::Last => 0,
            Fragmentation::First => update.data.len(),
            Fragmentation::Next => self.length.saturating_add(update.data.len()),
        };
        if self.length > MAX_UPDATE { Err(Exceeded::Update) } else { Ok(()) }
    }

    /// The update, if it is whole by now.
    fn put_together<'a>(
        &mut self,
        update: &FastPathUpdatePdu<'a>,
    ) -> Result<Option<Cow<'a, [u8]>>, Exceeded> {
        match update.fragmentation {
            Fragmentation::Single => {
                self.code = None;
                return Ok(Some(update.data.into()));
            }
            Fragmentation::First => {
                self.code = Some(update.update_code);
                self.pieces.clear();
            }
            Fragmentation::Next | Fragmentation::Last if self.code != Some(update.update_code) => {
                return Err(Exceeded::Mixed);
            }
            Fragmentation::Next | Fragmentation::Last => {}
        }
        self.pieces.extend_from_slice(update.data);
        Ok((update.fragmentation == Fragmentation::Last).then(|| {
            self.code = None;
            std::mem::take(&mut self.pieces).into()
        }))
    }
}

/// A unit of the fast path with these updates.
fn fast_path_unit(updates: &[u8]) -> Option<Vec<u8>> {
    let mut unit = encode_vec(&FastPathHeader::new(EncryptionFlags::empty(), updates.len())).ok()?;
    unit.extend_from_slice(updates);
    Some(unit)
}

/// The same in the form for clients without fast-path output ([MS-RDPBCGR] 2.2.9.1.1.3.1.2, 2.2.9.1.1.4). Several messages
/// may stand in one unit.
fn slow_path(unit: &[u8], io_channel: u16) -> Result<Taken<'_>, Exceeded> {
    const HEADER: usize = 18;
    const UPDATE: u8 = 0x02;
    const POINTER: u8 = 0x1B;
    const COLOR: u16 = 6;
    const BITMAP: u16 = 1;
    const PALETTE: u16 = 2;
    let mut taken = Taken { drawings: Vec::new(), rest: Some(unit.into()) };
    let Ok(indication) = decode_send_data_indication(unit) else { return Ok(taken) };
    if indication.channel_id != io_channel {
        return Ok(taken);
    }
    let (mut rest, mut drawn) = (Vec::new(), false);
    let mut messages = indication.user_data;
    while !messages.is_empty() {
        let length = u16_at(messages, 0).map(usize::from).filter(|length| *length > 0);
        // What is malformed is refused by the library.
        let split = length.and_then(|length| messages.split_at_checked(length));
        let (message, after) = split.unwrap_or((messages, &[]));
        messages = after;
        let data = message.get(HEADER..).unwrap_or_default();
        match (kind(message), u16_at(data, 0)) {
            (Some(UPDATE), Some(BITMAP)) => {
                taken.drawings.push(Drawing::Bitmaps(data.into()));
                drawn = true;
                continue;
            }
            (Some(UPDATE), Some(PALETTE)) => taken.drawings.push(Drawing::Palette(data.into())),
            (Some(POINTER), Some(COLOR)) => {
                check(UpdateCode::ColorPointer, data.get(4..).unwrap_or_default())?;
            }
            (Some(POINTER), _) => check(UpdateCode::NewPointer, data.get(4..).unwrap_or_default())?,
            _ => {}
        }
        rest.extend_from_slice(message);
    }
    if drawn {
        let message = McsMessage::SendDataIndication(SendDataIndication {
            initiator_id: indication.initiator_id,
            channel_id: indication.channel_id,
            user_data: rest.as_slice().into(),
        });
        taken.rest = if rest.is_empty() { None } else { encode_vec(&X224(message)).ok().map(Cow::Owned) };
    }
    Ok(taken)
}

/// What a message on the I/O channel is, where it is one of a desktop that is shown, and not compressed, which was not
/// agreed on ([MS-RDPBCGR] 2.2.8.1.1.1.2).
fn kind(message: &[u8]) -> Option<u8> {
    const DATA: u16 = 7;
    const COMPRESSED: u8 = 0x20;
    let [kind, flags] = message.get(14..16)?.try_into().ok()?;
    (u16_at(message, 2)? & 0xF == DATA && flags & COMPRESSED == 0).then_some(kind)
}

/// Pointers are looked at before they are unpacked, and kept.
fn check(code: UpdateCode, data: &[u8]) -> Result<(), Exceeded> {
    // The depth of those that are not of 24 bits comes first.
    let data = match code {
        UpdateCode::ColorPointer => data,
        UpdateCode::NewPointer | UpdateCode::LargePointer => data.get(2..).unwrap_or_default(),
        _ => return Ok(()),
    };
    // By its place in the cache, its hot spot, its width and its height.
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

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use ironrdp_core::MonotonicInstant;
    use ironrdp_pdu::Action;

    use super::{Drawing, Taken, Updates};
    use crate::{
        limits::{Exceeded, MAX_UPDATE},
        wire::Unit,
    };

    /// A unit of the fast path with updates by their code, their place in the whole, and their bytes.
    fn unit(updates: &[(u8, u8, &[u8])]) -> Unit {
        let mut body = Vec::new();
        for (code, fragment, data) in updates {
            body.push(code | fragment << 4);
            body.extend(u16::try_from(data.len()).expect("it fits").to_le_bytes());
            body.extend(*data);
        }
        let mut bytes = vec![0];
        bytes.extend(u16::try_from((body.len() + 3) | 0x8000).expect("it fits").to_be_bytes());
        bytes.extend(body);
        Unit { action: Action::FastPath, bytes: Bytes::from(bytes), at: MonotonicInstant::from_millis(0) }
    }

    fn surfaces(kind: u8, length: usize) -> Unit {
        unit(&[(4, kind, &vec![0; length])])
    }

    #[test]
    fn an_update_that_never_ends_is_cut_off() {
        let mut updates = Updates::new(1003);
        let length = 16_000;
        updates.take(&surfaces(2, length)).expect("it begins");
        let refused = (0..MAX_UPDATE / length + 1)
            .find_map(|count| updates.take(&surfaces(3, length)).err().map(|why| (count, why)));
        assert_eq!(refused, Some((MAX_UPDATE / length - 1, Exceeded::Update)));
    }

    #[test]
    fn an_update_that_ends_makes_room_for_the_next() {
        let mut updates = Updates::new(1003);
        for _ in 0..2 * MAX_UPDATE / 32_000 {
            let (first, last) = (surfaces(2, 16_000), surfaces(1, 16_000));
            assert_eq!(updates.take(&first), Ok(Taken { drawings: Vec::new(), rest: None }));
            let taken = updates.take(&last).expect("it is small");
            assert!(matches!(taken.drawings.as_slice(), [Drawing::Surfaces(data)] if data.len() == 32_000));
        }
    }

    #[test]
    fn what_draws_and_what_does_not_go_their_ways() {
        let mut updates = Updates::new(1003);
        let only_pointer = unit(&[(5, 0, &[])]);
        let taken = updates.take(&only_pointer).expect("it is small");
        assert_eq!((taken.drawings.len(), taken.rest.as_deref()), (0, Some(&only_pointer.bytes[..])));
        let mixed = unit(&[(1, 0, &[1, 2]), (5, 0, &[]), (4, 0, &[3]), (6, 0, &[])]);
        let taken = updates.take(&mixed).expect("it is small");
        assert_eq!(taken.drawings, [Drawing::Bitmaps([1, 2][..].into()), Drawing::Surfaces([3][..].into())]);
        let rest = Unit { bytes: taken.rest.expect("two pointers").into_owned().into(), ..mixed.clone() };
        assert_eq!(rest.bytes[2..], [5, 0, 0, 6, 0, 0]);
        assert_eq!(ironrdp_pdu::find_size(&rest.bytes).expect("a unit").map(|info| info.length), Some(8));
        // What the library would refuse, it gets.
        let cut = unit(&[(1, 0, &[1, 2]), (0xE, 0, &[9])]);
        let taken = updates.take(&cut).expect("it is small");
        assert_eq!(taken.drawings.len(), 1);
        assert_eq!(taken.rest.expect("what is unknown")[2..], [0xE, 1, 0, 9]);
    }
}

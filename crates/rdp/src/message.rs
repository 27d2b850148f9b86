//! The messages in which pictures go to whoever paints them: little-endian, a header of 24 bytes, `count` entries of
//! 12 bytes, then the pixels of each entry, as tightly packed RGBA rows.
//!
//! | at | header | | at | entry |
//! |---|---|---|---|---|
//! | 0 | magic, u16 | | 0 | left edge, u16 |
//! | 2 | version, u8 | | 2 | top edge, u16 |
//! | 3 | kind, u8 | | 4 | width, u16 |
//! | 4 | flags, u16 | | 6 | height, u16 |
//! | 6 | count of entries, u16 | | 8 | bytes of its pixels, u32 |
//! | 8 | session, u32 | | | |
//! | 12 | sequence, u32 | | | |
//! | 16 | width of the picture, u16 | | | |
//! | 18 | height of the picture, u16 | | | |
//! | 20 | milliseconds since the session began, u32 | | | |

use bytes::{BufMut as _, Bytes, BytesMut};

use crate::damage::Rect;

/// The first two bytes of a message, as a little-endian number: `AP`.
pub const MAGIC: u16 = 0x5041;
/// The version of this format.
pub const VERSION: u8 = 1;
/// Bytes of a header.
pub const HEADER: usize = 24;
/// Bytes of an entry.
pub const ENTRY: usize = 12;
/// Bytes of a pixel: red, green, blue, alpha.
pub const PIXEL: usize = 4;

/// Flag of a [`Kind::Frame`]: it holds the whole picture.
pub const FLAG_FULL: u16 = 1;
/// Flag of a [`Kind::Pointer`]: there is none to be seen.
pub const FLAG_HIDDEN: u16 = 2;
/// Flag of a [`Kind::Pointer`]: the system's own.
pub const FLAG_DEFAULT: u16 = 4;

/// What a message is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// Parts of the picture.
    Frame = 1,
    /// The shape of the pointer; the entry's edges are its hot spot.
    Pointer = 2,
    /// The picture has another size; a full frame follows.
    Resized = 3,
    /// What else the person should know; the flags are a [`State`].
    State = 4,
}

impl Kind {
    fn read(value: u8) -> Option<Self> {
        [Self::Frame, Self::Pointer, Self::Resized, Self::State].into_iter().find(|kind| *kind as u8 == value)
    }
}

/// What a [`Kind::State`] says, as its flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u16)]
pub enum State {
    /// The server does not change the size of its picture: fit it, or connect anew.
    ResizeUnavailable = 1,
}

/// The fields of a header that are not the same in each message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// What the message is about.
    pub kind: Kind,
    /// By kind.
    pub flags: u16,
    /// Which session.
    pub session: u32,
    /// Counts the messages of a session, from 0, and wraps.
    pub sequence: u32,
    /// Width of the picture, in pixels.
    pub width: u16,
    /// Height of the picture, in pixels.
    pub height: u16,
    /// Milliseconds since the session began; wraps.
    pub milliseconds: u32,
}

/// Pixels to be put somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Where.
    pub rect: Rect,
    /// Its rows, tightly packed RGBA.
    pub pixels: Bytes,
}

/// A message that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its header.
    pub header: Header,
    /// Its entries.
    pub entries: Vec<Entry>,
}

/// The bytes are no message of this version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a picture message")]
pub struct Malformed;

/// Where the pixels of entries come from: rows of opaque RGBA.
#[derive(Debug, Clone, Copy)]
pub struct Pixels<'a> {
    /// The rows, one after the other.
    pub data: &'a [u8],
    /// Pixels in a row.
    pub width: u16,
}

/// Writes a message whose entries are the pixels of `source` at `rects`; a rectangle that does not lie
/// within it gives an entry of black.
#[must_use]
pub fn frame(header: &Header, source: Pixels<'_>, rects: &[Rect]) -> Bytes {
    let pixels: usize = rects.iter().map(|rect| bytes_of(*rect)).sum();
    let mut out = BytesMut::with_capacity(HEADER + rects.len() * ENTRY + pixels);
    put_header(&mut out, header, rects.len());
    for rect in rects {
        put_entry(&mut out, *rect);
    }
    for rect in rects {
        put_pixels(&mut out, source, *rect);
    }
    out.freeze()
}

/// Writes a message with one entry, whose pixels are given as they are, or with none.
#[must_use]
pub fn message(header: &Header, entry: Option<(Rect, &[u8])>) -> Bytes {
    let mut out = BytesMut::with_capacity(HEADER + entry.map_or(0, |(_, pixels)| ENTRY + pixels.len()));
    // Pixels that are not as many as the rectangle says would make the message unreadable.
    let entry = entry.filter(|(rect, pixels)| bytes_of(*rect) == pixels.len());
    put_header(&mut out, header, usize::from(entry.is_some()));
    if let Some((rect, pixels)) = entry {
        put_entry(&mut out, rect);
        out.put_slice(pixels);
    }
    out.freeze()
}

fn bytes_of(rect: Rect) -> usize {
    usize::from(rect.width) * usize::from(rect.height) * PIXEL
}

fn put_header(out: &mut BytesMut, header: &Header, count: usize) {
    out.put_u16_le(MAGIC);
    out.put_u8(VERSION);
    out.put_u8(header.kind as u8);
    out.put_u16_le(header.flags);
    out.put_u16_le(u16::try_from(count).unwrap_or(u16::MAX));
    out.put_u32_le(header.session);
    out.put_u32_le(header.sequence);
    out.put_u16_le(header.width);
    out.put_u16_le(header.height);
    out.put_u32_le(header.milliseconds);
}

fn put_entry(out: &mut BytesMut, rect: Rect) {
    out.put_u16_le(rect.x);
    out.put_u16_le(rect.y);
    out.put_u16_le(rect.width);
    out.put_u16_le(rect.height);
    out.put_u32_le(u32::try_from(bytes_of(rect)).unwrap_or(u32::MAX));
}

fn put_pixels(out: &mut BytesMut, source: Pixels<'_>, rect: Rect) {
    let stride = usize::from(source.width) * PIXEL;
    let left = usize::from(rect.x) * PIXEL;
    let length = usize::from(rect.width) * PIXEL;
    if left + length > stride {
        return put_black(out, bytes_of(rect));
    }
    let top = usize::from(rect.y) * stride;
    let bottom = top + usize::from(rect.height) * stride;
    match source.data.get(top..bottom) {
        // Rows that are as wide as the picture follow one another there, too.
        Some(rows) if length == stride => out.put_slice(rows),
        Some(rows) => rows
            .chunks_exact(stride)
            .filter_map(|row| row.get(left..left + length))
            .for_each(|pixels| out.put_slice(pixels)),
        None => put_black(out, bytes_of(rect)),
    }
}

fn put_black(out: &mut BytesMut, bytes: usize) {
    out.put_bytes(0, bytes);
    let from = out.len() - bytes;
    let (pixels, _) = out.get_mut(from..).unwrap_or_default().as_chunks_mut::<PIXEL>();
    for [.., alpha] in pixels {
        *alpha = u8::MAX;
    }
}

impl Message {
    /// Reads a message, every size checked.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn read(bytes: &Bytes) -> Result<Self, Malformed> {
        let mut reader = Reader { bytes, at: 0 };
        if reader.u16()? != MAGIC || reader.u8()? != VERSION {
            return Err(Malformed);
        }
        let kind = Kind::read(reader.u8()?).ok_or(Malformed)?;
        let flags = reader.u16()?;
        let count = reader.u16()?;
        let header = Header {
            kind,
            flags,
            session: reader.u32()?,
            sequence: reader.u32()?,
            width: reader.u16()?,
            height: reader.u16()?,
            milliseconds: reader.u32()?,
        };
        let mut sizes = Vec::new();
        for _ in 0..count {
            let rect =
                Rect { x: reader.u16()?, y: reader.u16()?, width: reader.u16()?, height: reader.u16()? };
            let length = usize::try_from(reader.u32()?).map_err(|_| Malformed)?;
            if length != bytes_of(rect) || length == 0 {
                return Err(Malformed);
            }
            sizes.push((rect, length));
        }
        let mut entries = Vec::with_capacity(sizes.len());
        for (rect, length) in sizes {
            entries.push(Entry { rect, pixels: reader.take(length)? });
        }
        if reader.at == bytes.len() { Ok(Self { header, entries }) } else { Err(Malformed) }
    }
}

struct Reader<'a> {
    bytes: &'a Bytes,
    at: usize,
}

impl Reader<'_> {
    fn take(&mut self, length: usize) -> Result<Bytes, Malformed> {
        let end = self.at.checked_add(length).filter(|end| *end <= self.bytes.len()).ok_or(Malformed)?;
        let taken = self.bytes.slice(self.at..end);
        self.at = end;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        self.take(N)?.as_ref().try_into().map_err(|_| Malformed)
    }

    fn u8(&mut self) -> Result<u8, Malformed> {
        self.array().map(u8::from_le_bytes)
    }

    fn u16(&mut self) -> Result<u16, Malformed> {
        self.array().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Result<u32, Malformed> {
        self.array().map(u32::from_le_bytes)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use proptest::prelude::*;

    use super::{ENTRY, FLAG_FULL, HEADER, Header, Kind, Malformed, Message, Pixels, frame, message};
    use crate::damage::Rect;

    fn header(kind: Kind) -> Header {
        Header { kind, flags: FLAG_FULL, session: 7, sequence: 9, width: 3, height: 2, milliseconds: 1000 }
    }

    #[test]
    fn a_frame_is_read_as_it_was_written() {
        let data: Vec<u8> = (0..24).collect();
        let source = Pixels { data: &data, width: 3 };
        let rects = [Rect { x: 1, y: 0, width: 2, height: 2 }, Rect { x: 0, y: 1, width: 1, height: 1 }];
        let whole = Rect { x: 0, y: 0, width: 3, height: 2 };
        let message = Message::read(&frame(&header(Kind::Frame), source, &[whole])).expect("a message");
        assert_eq!(message.entries.first().map(|entry| entry.pixels.to_vec()), Some(data.clone()));
        let bytes = frame(&header(Kind::Frame), source, &rects);
        assert_eq!(bytes.len(), HEADER + 2 * ENTRY + 16 + 4);
        assert_eq!(bytes.get(..4), Some(&b"AP\x01\x01"[..]));
        let message = Message::read(&bytes).expect("a message");
        assert_eq!(message.header, header(Kind::Frame));
        let pixels: Vec<_> = message.entries.iter().map(|entry| entry.pixels.to_vec()).collect();
        assert_eq!(
            pixels,
            [vec![4, 5, 6, 7, 8, 9, 10, 11, 16, 17, 18, 19, 20, 21, 22, 23], vec![12, 13, 14, 15]]
        );
    }

    #[test]
    fn a_rectangle_outside_the_picture_is_black() {
        let source = Pixels { data: &[9; 24], width: 3 };
        let rect = Rect { x: 2, y: 1, width: 2, height: 1 };
        let message = Message::read(&frame(&header(Kind::Frame), source, &[rect])).expect("a message");
        assert_eq!(
            message.entries.first().map(|entry| entry.pixels.to_vec()),
            Some(vec![0, 0, 0, 255, 0, 0, 0, 255])
        );
    }

    #[test]
    fn what_is_cut_or_longer_is_no_message() {
        let rect = Rect { x: 0, y: 0, width: 1, height: 1 };
        let whole = message(&header(Kind::Pointer), Some((rect, &[1, 2, 3, 4])));
        assert!(Message::read(&whole).is_ok());
        for length in 0..whole.len() {
            assert_eq!(Message::read(&whole.slice(..length)), Err(Malformed), "{length}");
        }
        let mut longer = whole.to_vec();
        longer.push(0);
        assert_eq!(Message::read(&longer.into()), Err(Malformed));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            for (byte, magic) in bytes.iter_mut().zip(*b"AP\x01\x01") {
                *byte = magic;
            }
            let _ = Message::read(&Bytes::from(bytes));
        }
    }
}

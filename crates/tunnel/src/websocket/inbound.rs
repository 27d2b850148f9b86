//! Reads frames, which may begin and end anywhere in what is read, and puts messages together.

use bytes::Bytes;

use super::{Broken, EIGHT_BYTES, MASKED, MAX_CONTROL, TWO_BYTES};

/// The longest header of a frame without a mask.
const MAX_HEADER: usize = 10;
/// Opcodes (RFC 6455, section 5.2).
const CONTINUATION: u8 = 0x0;
const TEXT: u8 = 0x1;
const BINARY: u8 = 0x2;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xA;

/// What was found.
pub(super) enum Found {
    Message(Bytes),
    Text,
    Ping(Vec<u8>),
    Pong,
    Close(Option<(u16, String)>),
}

/// What a frame belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Binary,
    Close,
    Ping,
    Pong,
}

/// Whether a frame ends its message.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Position {
    Last,
    MoreFollow,
}

/// The frame being read.
struct Frame {
    kind: Kind,
    position: Position,
    /// Payload still to come.
    left: usize,
}

/// The reader.
pub(super) struct Inbound {
    max_message: usize,
    /// The beginning of a frame whose header is not whole yet.
    header: [u8; MAX_HEADER],
    have: usize,
    frame: Option<Frame>,
    /// The message being put together, of which frames are still to come.
    unfinished: Option<Kind>,
    message: Vec<u8>,
    /// Bytes of the message, kept or not.
    length: usize,
    /// The payload of the control frame being read: it may come in the middle of a message.
    control: Vec<u8>,
}

impl Inbound {
    pub(super) fn new(max_message: usize) -> Self {
        Self {
            max_message,
            header: [0; MAX_HEADER],
            have: 0,
            frame: None,
            unfinished: None,
            message: Vec::new(),
            length: 0,
            control: Vec::new(),
        }
    }

    /// Reads until something is found or all is used. Says how many bytes were.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Result<(usize, Option<Found>), Broken> {
        let mut rest = bytes;
        loop {
            if let Some(frame) = &mut self.frame {
                let (part, behind) = rest.split_at(frame.left.min(rest.len()));
                rest = behind;
                frame.left -= part.len();
                match frame.kind {
                    Kind::Binary => self.message.extend_from_slice(part),
                    // Nobody wants it.
                    Kind::Text => {}
                    Kind::Close | Kind::Ping | Kind::Pong => self.control.extend_from_slice(part),
                }
                if frame.left > 0 {
                    return Ok((bytes.len(), None));
                }
                let (kind, position) = (frame.kind, frame.position);
                self.frame = None;
                if let Some(found) = self.finish(kind, position)? {
                    return Ok((bytes.len() - rest.len(), Some(found)));
                }
            }
            let Some((byte, behind)) = rest.split_first() else { return Ok((bytes.len(), None)) };
            rest = behind;
            if let Some(place) = self.header.get_mut(self.have) {
                *place = *byte;
                self.have += 1;
            }
            self.frame = self.begin()?;
        }
    }

    /// The frame whose header is whole, if it is.
    fn begin(&mut self) -> Result<Option<Frame>, Broken> {
        let header = self.header.get(..self.have).unwrap_or_default();
        let [first, second, extended @ ..] = header else { return Ok(None) };
        if second & MASKED != 0 {
            return Err(violation("a frame of the other side is masked"));
        }
        let length = match (second & !MASKED, extended) {
            (TWO_BYTES, [a, b]) => u64::from(u16::from_be_bytes([*a, *b])),
            (EIGHT_BYTES, [a, b, c, d, e, f, g, h]) => u64::from_be_bytes([*a, *b, *c, *d, *e, *f, *g, *h]),
            (TWO_BYTES | EIGHT_BYTES, _) => return Ok(None),
            (short, _) => u64::from(short),
        };
        if first & 0x70 != 0 {
            return Err(violation("a frame uses an extension"));
        }
        self.have = 0;
        let position = if first & 0x80 == 0 { Position::MoreFollow } else { Position::Last };
        let kind = match (first & 0x0F, self.unfinished) {
            (CONTINUATION, Some(kind)) => kind,
            (CONTINUATION, None) => return Err(violation("a message goes on that was not begun")),
            (TEXT | BINARY, Some(_)) => return Err(violation("a message begins within another")),
            (TEXT, None) => Kind::Text,
            (BINARY, None) => Kind::Binary,
            (CLOSE, _) => Kind::Close,
            (PING, _) => Kind::Ping,
            (PONG, _) => Kind::Pong,
            _ => return Err(violation("a frame of an unknown kind")),
        };
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        match kind {
            Kind::Close | Kind::Ping | Kind::Pong => {
                if position == Position::MoreFollow || length > MAX_CONTROL {
                    return Err(violation("a control frame is fragmented or too long"));
                }
                self.control.clear();
            }
            Kind::Text | Kind::Binary => {
                self.length = self.length.saturating_add(length);
                if self.length > self.max_message {
                    return Err(Broken::Violation { code: 1009, reason: "a message is larger than allowed" });
                }
                if kind == Kind::Binary && self.unfinished.is_none() {
                    // As much memory as the message needs, and no more: it may be kept for long.
                    self.message.reserve_exact(length);
                }
            }
        }
        Ok(Some(Frame { kind, position, left: length }))
    }

    fn finish(&mut self, kind: Kind, position: Position) -> Result<Option<Found>, Broken> {
        Ok(match (kind, position) {
            (Kind::Text | Kind::Binary, Position::MoreFollow) => {
                self.unfinished = Some(kind);
                None
            }
            (Kind::Text, Position::Last) => {
                self.unfinished = None;
                self.length = 0;
                Some(Found::Text)
            }
            (Kind::Binary, Position::Last) => {
                self.unfinished = None;
                self.length = 0;
                let mut message = std::mem::take(&mut self.message);
                message.shrink_to_fit();
                Some(Found::Message(message.into()))
            }
            (Kind::Ping, _) => Some(Found::Ping(std::mem::take(&mut self.control))),
            (Kind::Pong, _) => Some(Found::Pong),
            (Kind::Close, _) => Some(Found::Close(match self.control.as_slice() {
                [] => None,
                [_] => return Err(violation("a close code is cut short")),
                [high, low, reason @ ..] => {
                    Some((u16::from_be_bytes([*high, *low]), String::from_utf8_lossy(reason).into_owned()))
                }
            })),
        })
    }
}

fn violation(reason: &'static str) -> Broken {
    Broken::Violation { code: 1002, reason }
}

//! WebSocket frames as a relay writes and reads them: fast, and for nothing but this peer.

use adit_relay::Frame;
use anyhow::{Result, bail};

use crate::backend::{FRAME, PERIOD};

/// Bytes of a WebSocket header for a full DATA frame, and of the DATA header behind it.
const HEADERS: usize = 4 + 6;
/// A framed DATA frame, whole.
const FRAMED: usize = HEADERS + FRAME;

/// The pattern as full DATA frames, so that a download costs the relay no more than raw TLS.
pub(crate) struct Prebuilt(Vec<u8>);

impl Prebuilt {
    /// Frames the pattern.
    pub(crate) fn new(pattern: &[u8]) -> Self {
        let mut framed = Vec::with_capacity(pattern.len() / FRAME * FRAMED);
        for part in pattern.chunks(FRAME) {
            binary(&mut framed, &Frame::Data(part.to_vec().into()).encode());
        }
        Self(framed)
    }

    /// The frames of a part of the stream, where it consists of whole ones in a row; else it is framed
    /// behind what `small` holds.
    pub(crate) fn run(&self, position: u64, length: usize, pattern: &[u8], small: &mut Vec<u8>) -> &[u8] {
        let start = usize::try_from(position % PERIOD as u64).unwrap_or_default();
        let end = start + length;
        if start.is_multiple_of(FRAME)
            && length.is_multiple_of(FRAME)
            && let Some(run) = self.0.get(start / FRAME * FRAMED..end / FRAME * FRAMED)
        {
            return run;
        }
        for part in pattern.get(start..end).unwrap_or_default().chunks(FRAME) {
            binary(small, &Frame::Data(part.to_vec().into()).encode());
        }
        &[]
    }
}

/// Puts one binary message behind what `out` holds.
pub(crate) fn binary(out: &mut Vec<u8>, message: &[u8]) {
    out.push(0x82);
    match u16::try_from(message.len()) {
        Ok(length @ 0..126) => out.push(length.to_be_bytes()[1]),
        Ok(length) => {
            out.push(126);
            out.extend_from_slice(&length.to_be_bytes());
        }
        Err(_) => {
            out.push(127);
            out.extend_from_slice(&(message.len() as u64).to_be_bytes());
        }
    }
    out.extend_from_slice(message);
}

/// Puts one control frame behind what `out` holds.
pub(crate) fn control(out: &mut Vec<u8>, opcode: u8, payload: &[u8]) {
    out.push(0x80 | opcode);
    out.push(u8::try_from(payload.len()).unwrap_or_default());
    out.extend_from_slice(payload);
}

/// What a client sent.
pub(crate) enum Incoming<'a> {
    /// A part of a DATA frame's payload.
    Data(&'a [u8]),
    /// All of an ACK.
    Ack(u64),
    Ping(&'a [u8]),
    Close,
}

/// Reads a client's frames, which may begin and end anywhere in what is read.
#[derive(Default)]
pub(crate) struct Parser {
    /// A header, a control frame or an ACK that is not whole yet. Masked.
    pending: Vec<u8>,
    /// Payload of a DATA frame that is still to come.
    left: usize,
    mask: [u8; 4],
}

impl Parser {
    /// Reads on.
    pub(crate) fn take(
        &mut self,
        mut bytes: &mut [u8],
        handle: &mut impl FnMut(Incoming<'_>) -> Result<()>,
    ) -> Result<()> {
        while !bytes.is_empty() {
            if self.left > 0 {
                let (part, rest) = bytes.split_at_mut(self.left.min(bytes.len()));
                unmask(part, self.mask);
                self.mask.rotate_left(part.len() % 4);
                self.left -= part.len();
                handle(Incoming::Data(part))?;
                bytes = rest;
                continue;
            }
            // Byte by byte: headers are short.
            let Some((byte, rest)) = bytes.split_first_mut() else { break };
            self.pending.push(*byte);
            bytes = rest;
            self.header(handle)?;
        }
        Ok(())
    }

    /// Looks whether what is pending is enough to go on.
    fn header(&mut self, handle: &mut impl FnMut(Incoming<'_>) -> Result<()>) -> Result<()> {
        let (length, at) = match self.pending.as_slice() {
            [_, second, ..] if second & 0x80 == 0 => bail!("a frame is not masked"),
            [_, 0xFE, high, low, ..] => (usize::from(u16::from_be_bytes([*high, *low])), 4),
            [_, 0xFE, ..] => return Ok(()),
            [_, 0xFF, ..] => bail!("a frame is too large"),
            [_, short, ..] => (usize::from(short & 0x7F), 2),
            _ => return Ok(()),
        };
        let Some((head, payload)) = self.pending.split_at_checked(at + 4) else { return Ok(()) };
        let (Some(first), Some(mask)) = (head.first().copied(), head.last_chunk::<4>().copied()) else {
            return Ok(());
        };
        match first {
            0x82 => {
                let mut start = payload.to_vec();
                unmask(&mut start, mask);
                match start.as_slice() {
                    [0, 4, counted @ ..] => {
                        let Some(counted) = counted.first_chunk::<4>() else { return Ok(()) };
                        let counted = usize::try_from(u32::from_be_bytes(*counted))?;
                        if counted + 6 != length || counted == 0 {
                            bail!("a DATA frame of {counted} bytes in a message of {length}");
                        }
                        self.left = counted;
                        self.mask = mask;
                        self.mask.rotate_left(6 % 4);
                    }
                    [0, 7, position @ ..] => {
                        let Some(position) = position.first_chunk::<8>() else { return Ok(()) };
                        handle(Incoming::Ack(u64::from_be_bytes(*position)))?;
                    }
                    [_, _, ..] => bail!("a client does not send such a frame"),
                    _ => return Ok(()),
                }
            }
            0x88 => handle(Incoming::Close)?,
            0x89 | 0x8A if payload.len() < length => return Ok(()),
            0x89 => {
                let mut payload = payload.to_vec();
                unmask(&mut payload, mask);
                handle(Incoming::Ping(&payload))?;
            }
            0x8A => {}
            other => bail!("a frame begins with {other:#x}"),
        }
        self.pending.clear();
        Ok(())
    }
}

fn unmask(bytes: &mut [u8], mask: [u8; 4]) {
    let wide = u64::from(u32::from_ne_bytes(mask)) * 0x1_0000_0001;
    let (chunks, rest) = bytes.as_chunks_mut::<8>();
    for chunk in chunks {
        *chunk = (u64::from_ne_bytes(*chunk) ^ wide).to_ne_bytes();
    }
    for (byte, key) in rest.iter_mut().zip(mask.iter().cycle()) {
        *byte ^= key;
    }
}

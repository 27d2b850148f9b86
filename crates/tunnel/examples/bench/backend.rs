//! What stands behind raw TLS and relay alike: it does what the first bytes of a connection ask for.

use std::collections::VecDeque;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};

/// Payload of one DATA frame, in bytes.
pub(crate) const FRAME: usize = 16_384;
/// Frames after which the pattern begins anew. Lost, doubled or swapped frames show as long as they are not a
/// multiple of this many, and there is no power of two among its divisors.
const FRAMES: usize = 61;
/// Bytes after which the pattern begins anew.
pub(crate) const PERIOD: usize = FRAME * FRAMES;
/// What a connection begins with: what is wanted, and how many bytes of it.
pub(crate) const REQUEST: usize = 9;
/// The answer to an upload that arrived whole.
pub(crate) const WHOLE: u8 = b'+';
/// The answer to one that did not.
pub(crate) const BROKEN: u8 = b'-';

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Everything comes back.
    Echo,
    /// So many bytes of the pattern towards the client.
    Download,
    /// So many from it, then one byte that tells whether they were right.
    Upload,
    /// Both at once; the byte that tells comes after the download.
    Both,
}

impl Wanted {
    /// The request for so many bytes.
    pub(crate) fn request(self, bytes: u64) -> [u8; REQUEST] {
        let letter = match self {
            Self::Echo => b'e',
            Self::Download => b'd',
            Self::Upload => b'u',
            Self::Both => b'b',
        };
        let mut request = [letter; REQUEST];
        if let Some(number) = request.last_chunk_mut::<8>() {
            *number = bytes.to_be_bytes();
        }
        request
    }

    fn of(letter: u8) -> Result<Self> {
        Ok(match letter {
            b'e' => Self::Echo,
            b'd' => Self::Download,
            b'u' => Self::Upload,
            b'b' => Self::Both,
            other => bail!("no such request: {other}"),
        })
    }
}

/// The pattern that is sent both ways, twice over, so that a slice may begin anywhere in the first.
pub(crate) fn pattern() -> Arc<[u8]> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut bytes = Vec::with_capacity(2 * PERIOD);
    while bytes.len() < PERIOD {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(PERIOD);
    bytes.extend_from_within(..);
    bytes.into()
}

/// The pattern from this position of a stream on, at most `limit` bytes.
pub(crate) fn piece(pattern: &[u8], position: u64, limit: usize) -> &[u8] {
    let start = place(position);
    pattern.get(start..(start + limit).min(pattern.len())).unwrap_or_default()
}

/// Where in the pattern this position of a stream is.
fn place(position: u64) -> usize {
    usize::try_from(position % PERIOD as u64).unwrap_or_default()
}

/// Whether a stream holds the pattern's bytes from this position on.
pub(crate) fn matches(pattern: &[u8], mut position: u64, mut bytes: &[u8]) -> bool {
    while !bytes.is_empty() {
        let expected = piece(pattern, position, bytes.len().min(PERIOD));
        let Some((part, rest)) = bytes.split_at_checked(expected.len()) else { return false };
        if part != expected {
            return false;
        }
        position += part.len() as u64;
        bytes = rest;
    }
    true
}

/// What is to be sent next.
pub(crate) enum Next {
    /// So many bytes of the pattern from this position on.
    Pattern { position: u64, length: usize },
    /// These.
    Bytes(Vec<u8>),
}

/// One connection's backend.
pub(crate) struct Backend {
    pattern: Arc<[u8]>,
    request: Vec<u8>,
    wanted: Option<Wanted>,
    /// Bytes of the upload that came, and that are still to come.
    up: (u64, u64),
    /// Whether all that came was right.
    whole: bool,
    /// Bytes of the download that went, and that are still to go.
    down: (u64, u64),
    verdict: bool,
    back: VecDeque<u8>,
}

impl Backend {
    pub(crate) fn new(pattern: Arc<[u8]>) -> Self {
        Self {
            pattern,
            request: Vec::with_capacity(REQUEST),
            wanted: None,
            up: (0, 0),
            whole: true,
            down: (0, 0),
            verdict: false,
            back: VecDeque::new(),
        }
    }

    /// Takes what the client sent.
    pub(crate) fn take(&mut self, mut bytes: &[u8]) -> Result<()> {
        let Some(wanted) = self.wanted else {
            let (head, rest) = bytes.split_at(bytes.len().min(REQUEST - self.request.len()));
            self.request.extend_from_slice(head);
            bytes = rest;
            let Some((letter, number)) = self.request.split_first().filter(|(_, number)| number.len() == 8)
            else {
                return Ok(());
            };
            let count = u64::from_be_bytes(number.try_into().context("a request of another length")?);
            let wanted = Wanted::of(*letter)?;
            match wanted {
                Wanted::Echo => {}
                Wanted::Download => self.down.1 = count,
                Wanted::Upload => self.up.1 = count,
                Wanted::Both => (self.up.1, self.down.1) = (count, count),
            }
            self.verdict = self.up.1 > 0;
            self.wanted = Some(wanted);
            return self.take(bytes);
        };
        match wanted {
            Wanted::Echo => self.back.extend(bytes),
            Wanted::Download => {}
            Wanted::Upload | Wanted::Both => {
                self.whole &= matches(&self.pattern, self.up.0, bytes);
                self.up.0 += bytes.len() as u64;
                self.up.1 = self.up.1.saturating_sub(bytes.len() as u64);
            }
        }
        Ok(())
    }

    /// What to send now, at most `limit` bytes.
    pub(crate) fn next(&mut self, limit: usize) -> Option<Next> {
        if limit == 0 {
            return None;
        }
        if !self.back.is_empty() {
            return Some(Next::Bytes(self.back.drain(..self.back.len().min(limit)).collect()));
        }
        if self.down.1 > 0 {
            let length = usize::try_from(self.down.1).unwrap_or(limit).min(limit);
            let position = self.down.0;
            self.down.0 += length as u64;
            self.down.1 -= length as u64;
            return Some(Next::Pattern { position, length });
        }
        if self.verdict && self.up.1 == 0 {
            self.verdict = false;
            return Some(Next::Bytes(vec![if self.whole { WHOLE } else { BROKEN }]));
        }
        None
    }
}

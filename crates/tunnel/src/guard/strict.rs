//! HTTP/1 as one client sends it: requests one after the other, each with a head that is examined and a body that is
//! counted, so that no head goes by unseen. Browsers use a connection again for other pages.

use super::body::Chunks;
use super::head::{Body, MAX_HEAD, examine, examine_line};
use super::opening::{Kind, Opening, is_token};

/// The first byte of a TLS connection (RFC 8446 section 5.1: the content type of a handshake).
const TLS_HANDSHAKE: u8 = 22;

#[derive(Debug)]
pub(super) struct Strict {
    port: u16,
    at: At,
}

/// Which part the next byte belongs to.
#[derive(Debug)]
enum At {
    /// The connection's first.
    Start,
    Head(Lines),
    /// So many bytes of a body are to come.
    Length(u64, After),
    Chunks(Chunks, After),
    /// After a request to change the protocol: either the new protocol's bytes, or the next request of a client that
    /// was not granted it.
    Changed,
    /// What cannot be looked at.
    Opaque,
}

/// What follows a request's body.
#[derive(Debug, Clone, Copy)]
enum After {
    Head,
    Changed,
}

impl After {
    fn at(self) -> At {
        match self {
            Self::Head => At::Head(Lines::default()),
            Self::Changed => At::Changed,
        }
    }
}

impl Strict {
    pub(super) fn new(port: u16) -> Self {
        Self { port, at: At::Start }
    }

    pub(super) fn is_done(&self) -> bool {
        matches!(self.at, At::Opaque)
    }

    /// How many of the waiting bytes go on.
    pub(super) fn look(&mut self, waiting: &[u8]) -> Result<usize, &'static str> {
        let mut rest = waiting;
        while let Some(first) = rest.first() {
            let passed = match &mut self.at {
                At::Start => {
                    self.at = if *first == TLS_HANDSHAKE { At::Opaque } else { At::Head(Lines::default()) };
                    0
                }
                At::Head(lines) => {
                    let Some(end) = lines.end(rest)? else { break };
                    let head = rest.get(..end).unwrap_or_default();
                    // An empty line before a request; some clients send one after a body.
                    if end == EMPTY_LINE.len() {
                        *lines = Lines::default();
                    } else {
                        self.at = next(head, self.port)?;
                    }
                    end
                }
                At::Length(left, after) => {
                    let taken = usize::try_from(*left).unwrap_or(usize::MAX).min(rest.len());
                    *left -= taken as u64;
                    if *left == 0 {
                        self.at = after.at();
                    }
                    taken
                }
                At::Chunks(chunks, after) => {
                    let taken = chunks.take(rest)?;
                    if chunks.is_done() {
                        self.at = after.at();
                    }
                    taken
                }
                // An empty line may stand before a request here, too.
                At::Changed if rest.starts_with(EMPTY_LINE) => EMPTY_LINE.len(),
                At::Changed if EMPTY_LINE.starts_with(rest) => break,
                At::Changed => {
                    match Opening::default().advance(rest) {
                        Kind::Undecided => break,
                        Kind::Http => self.at = At::Head(Lines::default()),
                        Kind::Other => self.at = At::Opaque,
                    }
                    0
                }
                At::Opaque => rest.len(),
            };
            rest = rest.get(passed..).unwrap_or_default();
        }
        Ok(waiting.len() - rest.len())
    }

    /// How many of the waiting bytes go on although more are needed to know them. A request's head has to wait.
    pub(super) fn release(&mut self, waiting: &[u8]) -> usize {
        match &mut self.at {
            // Once a part of it has gone, it is no request of this connection any more.
            At::Changed => {
                self.at = At::Opaque;
                waiting.len()
            }
            At::Start | At::Head(_) | At::Length(..) | At::Chunks(..) => 0,
            At::Opaque => waiting.len(),
        }
    }
}

/// What comes behind a head.
fn next(head: &[u8], port: u16) -> Result<At, &'static str> {
    let head = examine(head, port)?;
    let after = if head.changes_protocol { After::Changed } else { After::Head };
    Ok(match head.body {
        Body::None | Body::Length(0) => after.at(),
        Body::Length(length) => At::Length(length, after),
        Body::Chunked => At::Chunks(Chunks::default(), after),
    })
}

const EMPTY_LINE: &[u8] = b"\r\n";

/// The lines of a head, as far as they have come.
#[derive(Debug, Default)]
struct Lines {
    /// Bytes that have been looked at.
    seen: usize,
    /// Where the line begins that is not yet complete.
    line: usize,
}

impl Lines {
    /// The length of the head with the empty line behind it; `None` if that has not come yet. A head that can be no
    /// request, or is too long, is refused as soon as that is seen.
    fn end(&mut self, bytes: &[u8]) -> Result<Option<usize>, &'static str> {
        while let Some(byte) = bytes.get(self.seen) {
            if self.seen == MAX_HEAD {
                return Err("the head of an HTTP request is too long");
            }
            let before = self.seen.checked_sub(1).and_then(|before| bytes.get(before));
            match (before, byte) {
                (Some(b'\r'), b'\n') => {
                    let end = self.seen + 1;
                    let line = bytes.get(self.line..end).unwrap_or_default();
                    if line == EMPTY_LINE {
                        return Ok(Some(end));
                    }
                    if self.line == 0 {
                        examine_line(line)?;
                    }
                    self.line = end;
                }
                // Servers differ about what ends a line then.
                (Some(b'\r'), _) | (_, b'\n') => return Err("a line of an HTTP request ends in a wrong way"),
                (None, byte) if *byte != b'\r' && !is_token(*byte) => {
                    return Err("what came to an HTTP port is not an HTTP request");
                }
                (Some(_) | None, _) => {}
            }
            self.seen += 1;
        }
        Ok(None)
    }
}

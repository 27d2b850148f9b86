//! A body in chunks (RFC 9112 section 7.1), as far as is needed to find its end.

/// The longest line of a chunk's size with its extensions, in bytes.
const MAX_SIZE_LINE: usize = 4096;
/// The most bytes of trailers.
const MAX_TRAILERS: usize = 64 * 1024;

const MALFORMED: &str = "the body of an HTTP request is malformed";

/// A body, as far as it has come.
#[derive(Debug)]
pub(super) struct Chunks {
    at: At,
    /// Bytes of the size line or of the trailers so far.
    length: usize,
    /// The size of the chunk, as far as it was read.
    size: u64,
}

impl Default for Chunks {
    fn default() -> Self {
        Self { at: At::FirstDigit, length: 0, size: 0 }
    }
}

/// What the next byte is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    FirstDigit,
    Digits,
    Extension,
    SizeNewline,
    /// Of the chunk's bytes, `size` are left.
    Data,
    DataReturn,
    DataNewline,
    TrailerStart,
    Trailer,
    TrailerNewline,
    LastNewline,
    Done,
}

impl Chunks {
    pub(super) fn is_done(&self) -> bool {
        self.at == At::Done
    }

    /// How many of the bytes belong to the body.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Result<usize, &'static str> {
        let mut rest = bytes;
        while let Some((byte, behind)) = rest.split_first() {
            rest = match self.at {
                At::Done => break,
                At::Data => {
                    let taken = usize::try_from(self.size).unwrap_or(usize::MAX).min(rest.len());
                    self.size -= taken as u64;
                    if self.size == 0 {
                        self.at = At::DataReturn;
                    }
                    rest.get(taken..).unwrap_or_default()
                }
                at => {
                    self.at = self.step(at, *byte)?;
                    behind
                }
            };
        }
        Ok(bytes.len() - rest.len())
    }

    fn step(&mut self, at: At, byte: u8) -> Result<At, &'static str> {
        self.length += 1;
        Ok(match (at, byte) {
            (At::FirstDigit | At::Digits, b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') => {
                let digit = char::from(byte).to_digit(16).ok_or(MALFORMED)?;
                let size = self.size.checked_mul(16).ok_or(MALFORMED)?;
                self.size = size + u64::from(digit);
                self.within(MAX_SIZE_LINE, At::Digits)?
            }
            (At::Digits | At::Extension, b'\r') => At::SizeNewline,
            (At::Digits, b';' | b' ' | b'\t') => At::Extension,
            (At::SizeNewline, b'\n') => {
                self.length = 0;
                if self.size == 0 { At::TrailerStart } else { At::Data }
            }
            (At::DataReturn, b'\r') => At::DataNewline,
            (At::DataNewline, b'\n') => {
                self.length = 0;
                At::FirstDigit
            }
            (At::TrailerStart, b'\r') => At::LastNewline,
            (At::Trailer, b'\r') => At::TrailerNewline,
            (At::TrailerNewline, b'\n') => At::TrailerStart,
            (At::LastNewline, b'\n') => At::Done,
            (At::Extension, byte) if byte != b'\n' => self.within(MAX_SIZE_LINE, At::Extension)?,
            (At::TrailerStart | At::Trailer, byte) if byte != b'\n' => {
                self.within(MAX_TRAILERS, At::Trailer)?
            }
            (
                At::FirstDigit
                | At::Digits
                | At::Extension
                | At::SizeNewline
                | At::Data
                | At::DataReturn
                | At::DataNewline
                | At::TrailerStart
                | At::Trailer
                | At::TrailerNewline
                | At::LastNewline
                | At::Done,
                _,
            ) => return Err(MALFORMED),
        })
    }

    fn within(&self, most: usize, at: At) -> Result<At, &'static str> {
        if self.length > most { Err("the body of an HTTP request has too long a line") } else { Ok(at) }
    }
}

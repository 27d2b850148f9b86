//! Whether a connection's first bytes are the beginning of an HTTP request line (RFC 9110 sections 5.6.2 and 9,
//! RFC 9112 section 3): a method, which is any token, a space, and a path, an `http` address or `*`. The preface of
//! HTTP/2, `PRI * HTTP/2.0`, is one, too.

/// A longer method is none: the longest that is registered has 17 characters.
const MAX_METHOD: usize = 32;
/// How the address of a target in absolute form starts.
const HTTP: &[u8] = b"http";

/// What the bytes are the beginning of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Undecided,
    Http,
    Other,
}

/// Where in a request line the bytes seen so far have come to. Decides within [`MAX_METHOD`] and 7 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opening {
    /// In the method, of which so many characters were seen.
    Method(usize),
    /// Behind the space, with so many characters of `http` seen.
    Target(usize),
    /// Behind `https`.
    Secure,
    Decided(Kind),
}

impl Default for Opening {
    fn default() -> Self {
        Self::Method(0)
    }
}

impl Opening {
    /// What the bytes are, if they come next.
    pub(super) fn peek(self, bytes: &[u8]) -> Kind {
        let mut opening = self;
        opening.advance(bytes)
    }

    /// Takes the bytes for seen.
    pub(super) fn advance(&mut self, bytes: &[u8]) -> Kind {
        for byte in bytes {
            *self = self.step(*byte);
        }
        match *self {
            Self::Decided(kind) => kind,
            Self::Method(_) | Self::Target(_) | Self::Secure => Kind::Undecided,
        }
    }

    fn step(self, byte: u8) -> Self {
        match (self, byte) {
            (Self::Decided(_), _) => self,
            (Self::Method(1..), b' ') => Self::Target(0),
            (Self::Method(seen), _) if seen < MAX_METHOD && is_token(byte) => Self::Method(seen + 1),
            (Self::Target(0), b'/' | b'*') | (Self::Target(4) | Self::Secure, b':') => {
                Self::Decided(Kind::Http)
            }
            (Self::Target(4), b's' | b'S') => Self::Secure,
            (Self::Target(seen), _) if HTTP.get(seen) == Some(&byte.to_ascii_lowercase()) => {
                Self::Target(seen + 1)
            }
            (Self::Method(_) | Self::Target(_) | Self::Secure, _) => Self::Decided(Kind::Other),
        }
    }
}

/// Whether a byte may stand in a token (`tchar` of RFC 9110).
pub(super) fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

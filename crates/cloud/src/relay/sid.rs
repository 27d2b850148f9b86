//! Session identifiers: bearer secrets of the relay's own making (section 4).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use rand::Rng as _;

/// Bytes of randomness in an identifier.
const RANDOM: usize = 16;

/// A session identifier. Neither prints nor serialises.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Sid(Bytes);

impl Sid {
    /// A new identifier: 128 random bits in base64's standard alphabet, whose `+`, `/` and `=` show at once
    /// whether a client percent-encodes (section 2.2).
    pub(super) fn random() -> Self {
        let mut random = [0; RANDOM];
        rand::rng().fill_bytes(&mut random);
        Self(Bytes::from(STANDARD.encode(random)))
    }

    /// What a client presents.
    pub(super) fn presented(bytes: Vec<u8>) -> Self {
        Self(Bytes::from(bytes))
    }

    /// The bytes for the frame that hands the identifier out, and for nothing else.
    pub(super) fn expose(&self) -> Bytes {
        self.0.clone()
    }
}

//! The server's certificate, and who decides about it.

use std::{fmt, str::FromStr};

use async_trait::async_trait;
use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use x509_cert::der::Decode as _;

/// The SHA-256 of a certificate's DER.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// The fingerprint of a certificate in DER.
    #[must_use]
    pub fn of(der: &[u8]) -> Self {
        Self(Sha256::digest(der).into())
    }
}

impl fmt::Display for Fingerprint {
    /// 64 hexadecimal digits, lower case.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is no fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a fingerprint has 64 hexadecimal digits")]
pub struct NoFingerprint;

impl FromStr for Fingerprint {
    type Err = NoFingerprint;

    /// 64 hexadecimal digits of either case; colons between them do not count.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits: Option<Vec<u8>> = text
            .chars()
            .filter(|letter| *letter != ':')
            .map(|digit| digit.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
            .collect();
        let digits = digits.filter(|digits| digits.len() == 64).ok_or(NoFingerprint)?;
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = pair.iter().fold(0, |byte, digit| byte << 4 | digit);
        }
        Ok(Self(bytes))
    }
}

/// What a server showed in the TLS handshake, and proved to hold the key of.
#[derive(Clone, PartialEq, Eq)]
pub struct Certificate {
    /// The certificate.
    pub der: Bytes,
    /// What it is pinned by.
    pub fingerprint: Fingerprint,
    /// Whom it names, as it says itself.
    pub subject: String,
    /// Who issued it, as it says itself.
    pub issuer: String,
    /// From when it is valid, as it says itself.
    pub not_before: String,
    /// Until when it is valid, as it says itself.
    pub not_after: String,
    /// The bits of its public key, to which Network Level Authentication binds the password's proof.
    pub(crate) public_key: Bytes,
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate")
            .field("fingerprint", &self.fingerprint)
            .field("subject", &self.subject)
            .finish_non_exhaustive()
    }
}

impl Certificate {
    /// Reads a certificate in DER; none if it is not one, or its key is not made of whole bytes.
    pub(crate) fn read(der: &[u8]) -> Option<Self> {
        let read = x509_cert::Certificate::from_der(der).ok()?;
        let fields = read.tbs_certificate();
        let validity = fields.validity();
        Some(Self {
            fingerprint: Fingerprint::of(der),
            der: Bytes::copy_from_slice(der),
            subject: shown(&fields.subject().to_string()),
            issuer: shown(&fields.issuer().to_string()),
            not_before: date(&validity.not_before),
            not_after: date(&validity.not_after),
            public_key: Bytes::copy_from_slice(
                fields.subject_public_key_info().subject_public_key.as_bytes()?,
            ),
        })
    }
}

/// A moment as people read it, to the minute: `2026-09-14 08:11 UTC`.
fn date(time: &x509_cert::time::Time) -> String {
    // RFC 3339, in whole seconds of UTC.
    let text = time.to_string();
    match text.get(..16) {
        Some(minute) => format!("{} UTC", minute.replace('T', " ")),
        None => text,
    }
}

/// A name out of a stranger's certificate, fit to be shown: of a bounded length, without control characters.
fn shown(name: &str) -> String {
    const LONGEST: usize = 256;
    name.chars().take(LONGEST).map(|letter| if letter.is_control() { '\u{FFFD}' } else { letter }).collect()
}

/// What is held of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is the one that is pinned for this server.
    Pinned,
    /// A person has accepted it for this time.
    Once,
    /// None is pinned, and nobody has accepted this one.
    Unknown,
    /// Another one is pinned.
    Changed {
        /// The pin.
        expected: Fingerprint,
    },
}

/// Who decides about certificates, before a byte of what the user knows goes out. The server waits meanwhile.
#[async_trait]
pub trait Trust: Send + Sync {
    /// What is held of the certificate that the server has just proved to have.
    async fn decide(&self, certificate: &Certificate) -> Verdict;

    /// The same where there is no Network Level Authentication, so that the password would go to whoever holds the
    /// certificate: nothing less than [`Verdict::Pinned`] will do.
    async fn decide_without_nla(&self, certificate: &Certificate) -> Verdict {
        self.decide(certificate).await
    }
}

#[cfg(test)]
mod tests {
    use super::Fingerprint;

    #[test]
    fn a_fingerprint_is_read_as_it_is_shown() {
        let fingerprint = Fingerprint::of(b"certificate");
        let text = fingerprint.to_string();
        assert_eq!(text.len(), 64);
        assert_eq!(text.parse(), Ok(fingerprint));
        let pairs: Vec<String> = text
            .to_uppercase()
            .as_bytes()
            .chunks(2)
            .map(|pair| String::from_utf8_lossy(pair).into())
            .collect();
        assert_eq!(pairs.join(":").parse(), Ok(fingerprint));
        for wrong in ["", "00", &text[1..], &format!("{text}0"), &text.replace(&text[..1], "x")] {
            assert!(wrong.parse::<Fingerprint>().is_err(), "{wrong}");
        }
    }
}

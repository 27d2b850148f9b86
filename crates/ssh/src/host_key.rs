//! Host keys: what a server proves to be, and what is known of it (specification: guest access, section 7).

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use russh::keys::ssh_key::{Algorithm, EcdsaCurve, HashAlg};
use sha2::{Digest, Sha256};

/// Longest public key blob that is accepted, in bytes (an RSA key of 16,384 bits has about 2 KiB).
pub const MAX_BLOB: usize = 8 * 1024;

/// Why something is not a host key that can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidHostKey {
    /// It is longer than [`MAX_BLOB`].
    #[error("the host key is too long")]
    TooLong,
    /// It is not padded standard base64, or not in its one canonical spelling.
    #[error("the host key is not base64")]
    NotBase64,
    /// The bytes are not a public key, or not only that.
    #[error("the host key is not a public key")]
    NotAKey,
    /// The key's own type is not the type that was said.
    #[error("the host key is not of the type that was said")]
    WrongType,
    /// The type is none of Ed25519, ECDSA and RSA.
    #[error("the host key is of an unsupported type")]
    Unsupported,
}

/// A server's public key. Public data: it may be shown, stored and compared.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct HostKey {
    algorithm: &'static str,
    blob: Vec<u8>,
}

impl std::fmt::Debug for HostKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "HostKey({} {})", self.algorithm, self.fingerprint())
    }
}

impl HostKey {
    /// From the wire form of RFC 4253, section 6.6.
    pub fn from_blob(blob: &[u8]) -> Result<Self, InvalidHostKey> {
        if blob.len() > MAX_BLOB {
            return Err(InvalidHostKey::TooLong);
        }
        let key = russh::keys::key::parse_public_key(blob).map_err(|_| InvalidHostKey::NotAKey)?;
        let algorithm = name_of(&key.algorithm()).ok_or(InvalidHostKey::Unsupported)?;
        // one spelling only, so that equal keys are equal bytes
        if key.to_bytes().map_err(|_| InvalidHostKey::NotAKey)? != blob {
            return Err(InvalidHostKey::NotAKey);
        }
        Ok(Self { algorithm, blob: blob.to_vec() })
    }

    /// From a type and canonical base64, which must agree.
    pub fn from_parts(algorithm: &str, base64: &str) -> Result<Self, InvalidHostKey> {
        if base64.len() > MAX_BLOB.saturating_mul(2) {
            return Err(InvalidHostKey::TooLong);
        }
        let blob = STANDARD.decode(base64).map_err(|_| InvalidHostKey::NotBase64)?;
        if STANDARD.encode(&blob) != base64 {
            return Err(InvalidHostKey::NotBase64);
        }
        let key = Self::from_blob(&blob)?;
        if key.algorithm == algorithm { Ok(key) } else { Err(InvalidHostKey::WrongType) }
    }

    /// From `TYPE BASE64`, with or without a comment.
    pub fn from_line(line: &str) -> Result<Self, InvalidHostKey> {
        let mut words = line.split_ascii_whitespace();
        match (words.next(), words.next()) {
            (Some(algorithm), Some(base64)) => Self::from_parts(algorithm, base64),
            _ => Err(InvalidHostKey::NotAKey),
        }
    }

    /// The key's type, such as `ssh-ed25519`.
    pub fn algorithm(&self) -> &'static str {
        self.algorithm
    }

    /// The wire form of RFC 4253, section 6.6.
    pub fn blob(&self) -> &[u8] {
        &self.blob
    }

    /// `TYPE BASE64`: the form to store, read by [`HostKey::from_line`].
    pub fn line(&self) -> String {
        format!("{} {}", self.algorithm, STANDARD.encode(&self.blob))
    }

    /// `SHA256:` and unpadded base64, as OpenSSH prints it.
    pub fn fingerprint(&self) -> String {
        format!("SHA256:{}", STANDARD_NO_PAD.encode(Sha256::digest(&self.blob)))
    }
}

/// What is known of the host before the connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expect {
    /// One of these keys and no other; only their algorithms are offered in the key exchange. An empty list
    /// accepts no host.
    Exactly(Vec<HostKey>),
    /// Nothing is known: the user is asked, once.
    FirstUse,
}

impl Expect {
    /// The host key algorithms to offer, most wanted first. RSA with SHA-1 is never among them.
    pub(crate) fn algorithms(&self) -> Vec<Algorithm> {
        let all = [
            Algorithm::Ed25519,
            Algorithm::Ecdsa { curve: EcdsaCurve::NistP256 },
            Algorithm::Ecdsa { curve: EcdsaCurve::NistP384 },
            Algorithm::Ecdsa { curve: EcdsaCurve::NistP521 },
            Algorithm::Rsa { hash: Some(HashAlg::Sha512) },
            Algorithm::Rsa { hash: Some(HashAlg::Sha256) },
        ];
        match self {
            Expect::FirstUse => all.to_vec(),
            Expect::Exactly(keys) => all
                .into_iter()
                .filter(|a| name_of(a).is_some_and(|name| keys.iter().any(|k| k.algorithm == name)))
                .collect(),
        }
    }
}

/// The type name inside a key blob; RSA has one for all its signature hashes.
fn name_of(algorithm: &Algorithm) -> Option<&'static str> {
    match algorithm {
        Algorithm::Ed25519 => Some("ssh-ed25519"),
        Algorithm::Ecdsa { curve: EcdsaCurve::NistP256 } => Some("ecdsa-sha2-nistp256"),
        Algorithm::Ecdsa { curve: EcdsaCurve::NistP384 } => Some("ecdsa-sha2-nistp384"),
        Algorithm::Ecdsa { curve: EcdsaCurve::NistP521 } => Some("ecdsa-sha2-nistp521"),
        Algorithm::Rsa { .. } => Some("ssh-rsa"),
        _ => None,
    }
}

/// The keys that a known-hosts text (gcloud's `~/.ssh/google_compute_known_hosts`) has for `alias`, which is
/// `compute.NUMERIC_ID` there. Marked lines (`@revoked`, `@cert-authority`), hashed names, patterns and
/// anything malformed are passed over.
pub fn known_hosts(text: &str, alias: &str) -> Vec<HostKey> {
    let mut found = Vec::new();
    for line in text.lines() {
        let mut words = line.split_ascii_whitespace();
        let (Some(names), Some(algorithm), Some(base64)) = (words.next(), words.next(), words.next()) else {
            continue;
        };
        if names.starts_with(['#', '@', '|']) || !names.split(',').any(|name| name == alias) {
            continue;
        }
        if let Ok(key) = HostKey::from_parts(algorithm, base64)
            && !found.contains(&key)
        {
            found.push(key);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const ED: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINi9R/anWqKh6g9LR0mzo5CrNphgT8SWPlCkZJCToogx";
    const EC: &str = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBDRQUNVv16CXwNNdUBnOLGGlcYVEAEioYN0665VqGVgZx/HauufYrTtYAKW1LKNk8qwp+TqJyVOaGYY+uT1v3Sg=";

    #[test]
    fn a_line_goes_in_and_out() {
        for line in [ED, EC] {
            let key = HostKey::from_line(line).unwrap();
            assert_eq!(key.line(), line);
            assert_eq!(HostKey::from_line(&format!("{line} a comment")).unwrap(), key);
            assert_eq!(HostKey::from_blob(key.blob()).unwrap(), key);
        }
        assert_eq!(
            HostKey::from_line(ED).unwrap().fingerprint(),
            "SHA256:kN38p4aKUbfdWLzwOjcI+1XCMcdeWNnO4sx+rnypVOM"
        );
    }

    #[test]
    fn what_is_no_host_key_is_refused() {
        let ed = ED.split(' ').nth(1).unwrap();
        let mut longer = STANDARD.decode(ed).unwrap();
        longer.push(0);
        let table = [
            ("ecdsa-sha2-nistp256", ed.to_owned(), InvalidHostKey::WrongType),
            ("ssh-ed25519", format!("{ed}="), InvalidHostKey::NotBase64),
            ("ssh-ed25519", ed.replace('A', "!"), InvalidHostKey::NotBase64),
            ("ssh-ed25519", STANDARD.encode(longer), InvalidHostKey::NotAKey),
            ("ssh-ed25519", STANDARD.encode(b"\0\0\0\x0bssh-ed25519"), InvalidHostKey::NotAKey),
            ("ssh-ed25519", String::new(), InvalidHostKey::NotAKey),
            ("ssh-ed25519", "A".repeat(4 * MAX_BLOB), InvalidHostKey::TooLong),
        ];
        for (algorithm, base64, why) in table {
            assert_eq!(HostKey::from_parts(algorithm, &base64).unwrap_err(), why, "{algorithm} {base64}");
        }
        assert_eq!(HostKey::from_line("ssh-ed25519").unwrap_err(), InvalidHostKey::NotAKey);
        assert_eq!(HostKey::from_blob(&vec![0; MAX_BLOB + 1]).unwrap_err(), InvalidHostKey::TooLong);
    }

    #[test]
    fn only_known_algorithms_are_offered_and_never_sha1() {
        let ed = HostKey::from_line(ED).unwrap();
        assert_eq!(Expect::Exactly(vec![ed]).algorithms(), [Algorithm::Ed25519]);
        assert_eq!(Expect::Exactly(vec![]).algorithms(), []);
        let all = Expect::FirstUse.algorithms();
        assert_eq!(all.len(), 6);
        assert!(!all.contains(&Algorithm::Rsa { hash: None }));
    }

    #[test]
    fn gclouds_file_is_read_by_alias() {
        let text = format!(
            "# a comment\n\ncompute.42 {ED}\r\n@revoked compute.42 {EC}\n|1|abc|def {EC}\ncompute.421 {EC}\n\
             compute.42 ssh-ed25519 garbage\nother,compute.42 {ED}\ncompute.7,compute.8 {EC} note\ncompute.42\n"
        );
        assert_eq!(known_hosts(&text, "compute.42"), [HostKey::from_line(ED).unwrap()]);
        assert_eq!(known_hosts(&text, "compute.8"), [HostKey::from_line(EC).unwrap()]);
        assert_eq!(known_hosts(&text, "compute.4"), []);
        assert_eq!(known_hosts(&text, "#"), []);
    }
}

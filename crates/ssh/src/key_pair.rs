//! The user's key pair.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use russh::keys::ssh_key::private::{Ed25519Keypair, KeypairData};
use russh::keys::ssh_key::{HashAlg, LineEnding};
use russh::keys::{Algorithm, PrivateKey};
use secrecy::{ExposeSecret, SecretString};

/// Longest private key text that is read, in bytes.
const MAX_TEXT: usize = 64 * 1024;

/// Why a key pair could not be made or read. Never says anything of the key itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The text is not an OpenSSH private key.
    #[error("the text is not an OpenSSH private key")]
    Malformed,
    /// The key needs a passphrase.
    #[error("the private key is encrypted")]
    Encrypted,
    /// The key is not Ed25519.
    #[error("the private key is not of type ssh-ed25519")]
    Unsupported,
    /// The key could not be encoded.
    #[error("the key could not be encoded")]
    Encoding,
}

/// An Ed25519 key pair. Neither printed nor serialised; the private half is wiped on drop.
#[derive(Clone)]
pub struct KeyPair {
    private: Arc<PrivateKey>,
    public: String,
    fingerprint: String,
}

impl std::fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyPair").field("fingerprint", &self.fingerprint).finish_non_exhaustive()
    }
}

impl KeyPair {
    /// A fresh pair from the process's secure random number generator.
    pub fn generate() -> Result<Self, KeyError> {
        let key = PrivateKey::random(&mut russh::keys::key::safe_rng(), Algorithm::Ed25519);
        Self::new(key.map_err(|_| KeyError::Encoding)?)
    }

    /// The pair that belongs to `seed` (RFC 8032), for tests and for those who bring their own randomness.
    pub fn from_seed(seed: &[u8; 32]) -> Result<Self, KeyError> {
        let data = KeypairData::Ed25519(Ed25519Keypair::from_seed(seed));
        Self::new(PrivateKey::new(data, "").map_err(|_| KeyError::Encoding)?)
    }

    /// Reads an unencrypted OpenSSH private key (`-----BEGIN OPENSSH PRIVATE KEY-----`).
    pub fn from_openssh(text: &SecretString) -> Result<Self, KeyError> {
        let text = text.expose_secret();
        if text.len() > MAX_TEXT {
            return Err(KeyError::Malformed);
        }
        let mut key = PrivateKey::from_openssh(text).map_err(|_| KeyError::Malformed)?;
        if key.is_encrypted() {
            return Err(KeyError::Encrypted);
        }
        if key.algorithm() != Algorithm::Ed25519 {
            return Err(KeyError::Unsupported);
        }
        key.set_comment("");
        Self::new(key)
    }

    /// The private key as OpenSSH text, for the keychain.
    pub fn to_openssh(&self) -> Result<SecretString, KeyError> {
        let text = self.private.to_openssh(LineEnding::LF).map_err(|_| KeyError::Encoding)?;
        Ok(SecretString::from(text.as_str()))
    }

    /// The public key as `TYPE BASE64`, without a comment.
    pub fn public_line(&self) -> &str {
        &self.public
    }

    /// `SHA256:` and the unpadded base64 of the public key's hash, as OpenSSH prints it.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    pub(crate) fn private(&self) -> Arc<PrivateKey> {
        Arc::clone(&self.private)
    }

    fn new(private: PrivateKey) -> Result<Self, KeyError> {
        let public = private.public_key();
        let blob = public.to_bytes().map_err(|_| KeyError::Encoding)?;
        let line = format!("{} {}", public.algorithm().as_str(), STANDARD.encode(blob));
        let fingerprint = public.fingerprint(HashAlg::Sha256).to_string();
        Ok(Self { public: line, fingerprint, private: Arc::new(private) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_survives_its_text() {
        let pair = KeyPair::generate().unwrap();
        let again = KeyPair::from_openssh(&pair.to_openssh().unwrap()).unwrap();
        assert_eq!(pair.public_line(), again.public_line());
        assert!(pair.public_line().starts_with("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI"));
        assert_ne!(pair.public_line(), KeyPair::generate().unwrap().public_line());
    }

    #[test]
    fn a_seed_gives_the_pair_of_rfc_8032() {
        // RFC 8032, section 7.1, test 1
        let seed = [
            0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4,
            0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60,
        ];
        let public = [
            0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7, 0xd5, 0x4b, 0xfe, 0xd3, 0xc9, 0x64, 0x07, 0x3a,
            0x0e, 0xe1, 0x72, 0xf3, 0xda, 0xa6, 0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07, 0x51, 0x1a,
        ];
        let pair = KeyPair::from_seed(&seed).unwrap();
        let blob = STANDARD.decode(pair.public_line().split(' ').nth(1).unwrap()).unwrap();
        assert_eq!(&blob[blob.len() - 32..], public);
    }

    #[test]
    fn other_texts_are_errors_and_nothing_is_printed() {
        for text in
            ["", "hello", "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n"]
        {
            assert_eq!(KeyPair::from_openssh(&SecretString::from(text)).unwrap_err(), KeyError::Malformed);
        }
        let pair = KeyPair::from_seed(&[7; 32]).unwrap();
        let text = pair.to_openssh().unwrap();
        let secret_line = text.expose_secret().lines().nth(2).unwrap().to_owned();
        let shown = format!("{pair:?} {text:?}");
        assert!(!shown.contains(&secret_line), "{shown}");
        assert!(shown.contains("SHA256:"), "{shown}");
    }
}

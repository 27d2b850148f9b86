//! The key pair that one password is sealed for: in memory only, and wiped afterwards.

use aws_lc_rs::{
    encoding::AsDer as _,
    rsa::{
        KeyPair, KeySize, OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OAEP_SHA512_MGF1SHA512,
        OaepPrivateDecryptingKey, PrivateDecryptingKey,
    },
    signature::KeyPair as _,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use der::{Decode as _, Reader as _, SliceReader, asn1::UintRef};
use secrecy::SecretString;
use zeroize::Zeroizing;

/// Longest password that an agent makes, in bytes.
const LONGEST: usize = 255 * 4;

/// The public half, as the agent wants it: big-endian numbers in base64.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Public {
    pub(super) modulus: String,
    pub(super) exponent: String,
}

impl Public {
    /// Takes apart an RSAPublicKey (RFC 8017, A.1.1).
    fn read(bytes: &[u8]) -> der::Result<Self> {
        SliceReader::new(bytes)?.sequence(|reader| {
            let mut number = || Ok::<_, der::Error>(STANDARD.encode(UintRef::decode(reader)?.as_bytes()));
            Ok(Self { modulus: number()?, exponent: number()? })
        })
    }
}

/// By which hash a password is sealed; MGF1 uses the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hash {
    Sha1,
    Sha256,
    Sha512,
}

/// A password that only the key opens: RSA-OAEP with an empty label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sealed {
    pub(super) bytes: Vec<u8>,
    pub(super) hash: Hash,
}

/// Why a key could not be made or a password not be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum KeyError {
    #[error("no key pair could be made")]
    Making,
    #[error("the answer does not belong to the key")]
    Opening,
    #[error("the password is no text")]
    Text,
}

/// See the module.
pub(super) struct Key {
    public: Public,
    private: OaepPrivateDecryptingKey,
}

impl Key {
    /// A fresh pair of 2048 bits. It takes a moment.
    pub(super) fn generate() -> Result<Self, KeyError> {
        let making = |_| KeyError::Making;
        let pair = KeyPair::generate(KeySize::Rsa2048).map_err(making)?;
        let public = Public::read(pair.public_key().as_ref()).map_err(|_| KeyError::Making)?;
        let private = PrivateDecryptingKey::from_pkcs8(pair.as_der().map_err(making)?.as_ref())
            .map_err(|_| KeyError::Making)?;
        let private = OaepPrivateDecryptingKey::new(private).map_err(making)?;
        Ok(Self { public, private })
    }

    pub(super) fn public(&self) -> &Public {
        &self.public
    }

    /// Opens a password.
    pub(super) fn open(&self, sealed: &Sealed) -> Result<SecretString, KeyError> {
        let algorithm = match sealed.hash {
            Hash::Sha1 => &OAEP_SHA1_MGF1SHA1,
            Hash::Sha256 => &OAEP_SHA256_MGF1SHA256,
            Hash::Sha512 => &OAEP_SHA512_MGF1SHA512,
        };
        let mut room = Zeroizing::new(vec![0; self.private.min_output_size()]);
        let opened =
            self.private.decrypt(algorithm, &sealed.bytes, &mut room, None).map_err(|_| KeyError::Opening)?;
        if opened.len() > LONGEST {
            return Err(KeyError::Text);
        }
        std::str::from_utf8(opened).map(SecretString::from).map_err(|_| KeyError::Text)
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::rsa::{OaepPublicEncryptingKey, PublicEncryptingKey};
    use secrecy::ExposeSecret as _;

    use super::*;

    /// Seals as the agent does, from nothing but what it is told.
    fn seal(key: &Public, hash: Hash, text: &[u8]) -> Sealed {
        let number = |text: &str| STANDARD.decode(text).unwrap();
        let (modulus, exponent) = (number(&key.modulus), number(&key.exponent));
        assert_eq!(modulus.len(), 256);
        let public = PublicEncryptingKey::from_der(&spki(&modulus, &exponent)).unwrap();
        let public = OaepPublicEncryptingKey::new(public).unwrap();
        let algorithm = match hash {
            Hash::Sha1 => &OAEP_SHA1_MGF1SHA1,
            Hash::Sha256 => &OAEP_SHA256_MGF1SHA256,
            Hash::Sha512 => &OAEP_SHA512_MGF1SHA512,
        };
        let mut room = vec![0; public.ciphertext_size()];
        let bytes = public.encrypt(algorithm, text, &mut room, None).unwrap().to_vec();
        Sealed { bytes, hash }
    }

    fn der(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = u16::try_from(content.len()).unwrap().to_be_bytes();
        [&[tag, 0x82], &length[..], content].concat()
    }

    /// SubjectPublicKeyInfo of an RSA key (RFC 8017, A.1).
    fn spki(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
        let number = |bytes: &[u8]| {
            // One with its highest bit set would be negative.
            let zero: &[u8] = if bytes[0] >= 0x80 { &[0] } else { &[] };
            let content = [zero, bytes].concat();
            match u8::try_from(content.len()) {
                Ok(length @ 0..128) => [&[2, length][..], &content].concat(),
                _ => der(2, &content),
            }
        };
        let key = der(0x30, &[number(modulus), number(exponent)].concat());
        let rsa = [0x30, 0x0D, 6, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 1, 5, 0];
        der(0x30, &[&rsa[..], &der(3, &[&[0][..], &key].concat())].concat())
    }

    #[test]
    fn a_password_is_opened_by_the_hash_that_it_was_sealed_by() {
        let key = Key::generate().unwrap();
        assert_eq!(key.public().exponent, "AQAB");
        for hash in [Hash::Sha1, Hash::Sha256, Hash::Sha512] {
            let sealed = seal(key.public(), hash, "pä\"ss\\word".as_bytes());
            assert_eq!(key.open(&sealed).unwrap().expose_secret(), "pä\"ss\\word");
            let other = if hash == Hash::Sha1 { Hash::Sha256 } else { Hash::Sha1 };
            let confused = Sealed { hash: other, ..sealed };
            assert_eq!(key.open(&confused).unwrap_err(), KeyError::Opening);
        }
        let sealed = seal(key.public(), Hash::Sha256, &[0xFF]);
        assert_eq!(key.open(&sealed).unwrap_err(), KeyError::Text);
        for bytes in [Vec::new(), vec![0; 256], vec![1; 300]] {
            let sealed = Sealed { bytes, hash: Hash::Sha256 };
            assert_eq!(key.open(&sealed).unwrap_err(), KeyError::Opening);
        }
    }

    #[test]
    fn each_request_has_a_key_of_its_own() {
        assert_ne!(Key::generate().unwrap().public().modulus, Key::generate().unwrap().public().modulus);
    }
}

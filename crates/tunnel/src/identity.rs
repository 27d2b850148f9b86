//! Who this machine is to a relay that asks for a client certificate.

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use secrecy::{ExposeSecret as _, SecretString};

use crate::endpoint::EndpointError;

/// A certificate chain and its private key, for the mTLS endpoint (specification section 2.4). Shows its key
/// to nobody.
#[derive(Debug, Clone)]
pub struct ClientIdentity {
    chain: Vec<CertificateDer<'static>>,
    key: SecretString,
}

impl ClientIdentity {
    /// The identity of these PEM texts: the certificate first and then whatever leads to its authority, and the
    /// key of the first certificate, unencrypted. Other entries of either text are passed over, so that both may be
    /// the same file.
    ///
    /// # Errors
    /// [`EndpointError::Identity`] when there is no certificate or no key. Whether they belong together is
    /// found by [`Dialer::new`](crate::Dialer::new).
    pub fn from_pem(certificates: &[u8], key: SecretString) -> Result<Self, EndpointError> {
        let unusable = |text: String| EndpointError::Identity(text);
        let chain = CertificateDer::pem_slice_iter(certificates)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| unusable(format!("its certificates: {error}")))?;
        if chain.is_empty() {
            return Err(unusable("there is no certificate in the file".to_owned()));
        }
        let identity = Self { chain, key };
        identity.key()?;
        Ok(identity)
    }

    pub(crate) fn chain(&self) -> Vec<CertificateDer<'static>> {
        self.chain.clone()
    }

    pub(crate) fn key(&self) -> Result<PrivateKeyDer<'static>, EndpointError> {
        // The parser's own errors may quote the text, which is secret.
        PrivateKeyDer::from_pem_slice(self.key.expose_secret().as_bytes()).map_err(|_| {
            EndpointError::Identity("there is no unencrypted private key in the file".to_owned())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_halves_are_needed_and_the_key_stays_hidden() {
        let made = rcgen::generate_simple_self_signed(["client".to_owned()]).unwrap();
        let (certificate, key) = (made.cert.pem(), made.signing_key.serialize_pem());
        let secret = |text: &str| SecretString::from(text.to_owned());
        assert!(ClientIdentity::from_pem(b"", secret(&key)).is_err());
        assert!(ClientIdentity::from_pem(certificate.as_bytes(), secret("")).is_err());
        let encrypted = key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
        assert!(ClientIdentity::from_pem(certificate.as_bytes(), secret(&encrypted)).is_err());
        let both = format!("{key}{certificate}");
        let identity = ClientIdentity::from_pem(both.as_bytes(), secret(&both)).unwrap();
        let body = key.lines().nth(1).unwrap();
        assert!(!format!("{identity:?}").contains(body));
    }
}

//! Whom the server shows itself as.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use sha2::{Digest as _, Sha256};
use tokio_rustls::TlsAcceptor;

/// A certificate with its key.
#[derive(Clone)]
pub(crate) struct Identity {
    certificate: Vec<u8>,
    pub(crate) public_key: Vec<u8>,
    pub(crate) acceptor: TlsAcceptor,
}

impl Identity {
    /// A new one, signed by itself.
    pub(crate) fn new(name: &str) -> Result<Self> {
        let key = rcgen::KeyPair::generate()?;
        let certificate = rcgen::CertificateParams::new(vec![name.to_owned()])?.self_signed(&key)?;
        Self::of(certificate.der().to_vec(), &key)
    }

    /// One that was made elsewhere; both in PEM.
    pub(crate) fn from_pem(certificate: &str, key: &str) -> Result<Self> {
        use rustls::pki_types::pem::PemObject as _;
        let certificate = CertificateDer::from_pem_slice(certificate.as_bytes())
            .ok()
            .context("the certificate is no PEM")?;
        Self::of(certificate.to_vec(), &rcgen::KeyPair::from_pem(key).ok().context("the key is no PEM")?)
    }

    fn of(certificate: Vec<u8>, key: &rcgen::KeyPair) -> Result<Self> {
        let private = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = rustls::ServerConfig::builder_with_provider(Arc::new(
            rustls::crypto::aws_lc_rs::default_provider(),
        ))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![CertificateDer::from(certificate.clone())], private)?;
        Ok(Self {
            certificate,
            public_key: key.public_key_raw().to_vec(),
            acceptor: TlsAcceptor::from(Arc::new(config)),
        })
    }

    /// SHA-256 of the certificate, in hexadecimal.
    pub(crate) fn fingerprint(&self) -> String {
        Sha256::digest(&self.certificate).iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

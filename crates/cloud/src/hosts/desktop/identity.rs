//! Whom a desktop's server shows itself as: a certificate of its own, as every Windows machine makes one.

use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair};
use secrecy::SecretString;

use crate::authority;

/// A certificate and its key, both in PEM.
pub(super) struct Identity {
    pub(super) certificate: String,
    pub(super) key: SecretString,
}

impl Identity {
    /// Signed by itself, in the machine's name.
    pub(super) fn new(name: &str) -> Result<Self, rcgen::Error> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(vec![name.to_owned()])?;
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        authority::days_from_now(&mut params);
        let certificate = params.self_signed(&key)?;
        Ok(Self { certificate: certificate.pem(), key: SecretString::from(key.serialize_pem()) })
    }
}

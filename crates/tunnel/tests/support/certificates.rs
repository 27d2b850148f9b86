//! Certificates of relays, of those who pose as relays, and of clients.

use std::sync::Arc;

use adit_tunnel::ClientIdentity;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use secrecy::SecretString;

/// An authority and a server that it vouches for.
pub(crate) struct Certificates {
    pub(crate) name: &'static str,
    authority: CertifiedIssuer<'static, KeyPair>,
    clients: Clients,
    /// The years in which the server's certificate is valid, from the first of January to that of the other.
    years: Option<(i32, i32)>,
}

/// Whether the server asks for certificates of its authority.
#[derive(Clone, Copy)]
enum Clients {
    Anybody,
    Certified,
}

impl Certificates {
    pub(crate) fn of(name: &'static str) -> Self {
        Self::issued_by("Honest Authority", name)
    }

    pub(crate) fn issued_by(organisation: &str, name: &'static str) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::OrganizationName, organisation);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        Self { name, authority, clients: Clients::Anybody, years: None }
    }

    /// The same server, with a certificate that is valid from the beginning of a year to that of another.
    pub(crate) fn valid(self, from: i32, until: i32) -> Self {
        Self { years: Some((from, until)), ..self }
    }

    /// The same server, which takes only clients that have an [`identity`](Self::identity).
    pub(crate) fn for_certified_clients(self) -> Self {
        Self { clients: Clients::Certified, ..self }
    }

    pub(crate) fn authority_pem(&self) -> String {
        self.authority.pem()
    }

    /// A client that this authority vouches for.
    pub(crate) fn identity(&self) -> ClientIdentity {
        let mut params = CertificateParams::default();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.authority).unwrap();
        ClientIdentity::from_pem(certificate.pem().as_bytes(), SecretString::from(key.serialize_pem()))
            .unwrap()
    }

    pub(crate) fn server(&self) -> ServerConfig {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new([self.name.to_owned()]).unwrap();
        if let Some((from, until)) = self.years {
            params.not_before = rcgen::date_time_ymd(from, 1, 1);
            params.not_after = rcgen::date_time_ymd(until, 1, 1);
        }
        let certificate = params.signed_by(&key, &self.authority).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .unwrap();
        let builder = match self.clients {
            Clients::Anybody => builder.with_no_client_auth(),
            Clients::Certified => {
                let mut roots = RootCertStore::empty();
                roots.add(self.authority.der().clone()).unwrap();
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
                builder.with_client_cert_verifier(verifier.build().unwrap())
            }
        };
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        builder.with_single_cert(vec![certificate.der().clone()], key).unwrap()
    }
}

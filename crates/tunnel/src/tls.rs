//! TLS to the relay: whom to trust, who we are, and who it was that could not be trusted.

mod issuer;

use std::error::Error as StdError;
use std::io;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, DistinguishedName, Error, OtherError,
    RootCertStore, SignatureScheme,
};

use crate::endpoint::{EndpointError, Roots};
use crate::identity::ClientIdentity;

/// The configuration of all connections to one relay.
pub(crate) fn config(
    roots: &Roots,
    identity: Option<&ClientIdentity>,
) -> Result<ClientConfig, EndpointError> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let webpki =
        WebPkiServerVerifier::builder_with_provider(Arc::new(root_store(roots)?), Arc::clone(&provider))
            .build()
            .map_err(|error| EndpointError::Roots(error.to_string()))?;
    // No ALPN: the upgrade is HTTP/1.1 (section 2.4).
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| EndpointError::Roots(error.to_string()))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Verifier { webpki }));
    match identity {
        Some(identity) => builder
            .with_client_auth_cert(identity.chain(), identity.key()?)
            .map_err(|error| EndpointError::Identity(error.to_string())),
        None => Ok(builder.with_no_client_auth()),
    }
}

fn root_store(roots: &Roots) -> Result<RootCertStore, EndpointError> {
    let mut store = RootCertStore::empty();
    match roots {
        Roots::System => {
            let found = rustls_native_certs::load_native_certs();
            // A system's store may hold entries no one can parse; the rest of it still counts.
            let (added, ignored) = store.add_parsable_certificates(found.certs);
            tracing::debug!(
                added,
                ignored,
                unreadable = found.errors.len(),
                "loaded the system's authorities"
            );
            if added == 0 {
                let why =
                    found.errors.first().map_or_else(|| "there are none".to_owned(), ToString::to_string);
                return Err(EndpointError::Roots(format!("the system's store: {why}")));
            }
        }
        Roots::Pem(pem) => {
            for certificate in CertificateDer::pem_slice_iter(pem) {
                let certificate = certificate.map_err(|error| EndpointError::Roots(error.to_string()))?;
                store.add(certificate).map_err(|error| EndpointError::Roots(error.to_string()))?;
            }
            if store.is_empty() {
                return Err(EndpointError::Roots("there is no certificate in the file".to_owned()));
            }
        }
    }
    Ok(store)
}

/// Decides exactly as webpki does. A refusal for want of a trusted issuer then also says which issuer it was:
/// whoever inspects TLS shows itself so, and no other place of the handshake tells.
#[derive(Debug)]
struct Verifier {
    webpki: Arc<WebPkiServerVerifier>,
}

/// The certificate's issuer is not trusted.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the certificate was issued by {issuer}, which is not trusted")]
struct Untrusted {
    issuer: String,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verdict =
            self.webpki.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        verdict.map_err(|error| match error {
            // The second is an issuer that has the name of a trusted one, but not its key.
            Error::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::BadSignature) => {
                match issuer::of(end_entity) {
                    Some(issuer) => {
                        Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(Untrusted {
                            issuer,
                        }))))
                    }
                    None => error,
                }
            }
            error => error,
        })
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.webpki.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.webpki.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.webpki.supported_verify_schemes()
    }

    fn root_hint_subjects(&self) -> Option<&[DistinguishedName]> {
        self.webpki.root_hint_subjects()
    }
}

/// The untrusted issuer that a failed handshake met, where that is why it failed.
pub(crate) fn untrusted_issuer(error: &io::Error) -> Option<String> {
    match error.get_ref()?.downcast_ref::<Error>()? {
        Error::InvalidCertificate(CertificateError::Other(OtherError(other))) => {
            other.downcast_ref::<Untrusted>().map(|untrusted| untrusted.issuer.clone())
        }
        _ => None,
    }
}

/// Whether a failed handshake met a certificate whose time has not come or has passed, by this machine's clock.
pub(crate) fn is_out_of_its_time(error: &io::Error) -> bool {
    let error = error.get_ref().and_then(|within| within.downcast_ref::<Error>());
    matches!(
        error,
        Some(Error::InvalidCertificate(
            CertificateError::Expired
                | CertificateError::ExpiredContext { .. }
                | CertificateError::NotValidYet
                | CertificateError::NotValidYetContext { .. }
        ))
    )
}

/// Whether an error of what runs on top of TLS is one of TLS, such as a refusal of our certificate, which
/// TLS 1.3 brings only after the handshake.
pub(crate) fn is_of_tls(error: &(dyn StdError + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if error.is::<Error>() {
            return true;
        }
        // An I/O error's source is that of the error within it, which would be passed over.
        let within = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        if within.is_some_and(|within| within.is::<Error>()) {
            return true;
        }
        next = error.source();
    }
    false
}

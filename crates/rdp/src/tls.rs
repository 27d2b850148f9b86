//! The TLS handshake: the server proves that it holds the key of its certificate; whether the certificate is trusted
//! is decided afterwards, by its fingerprint.

use std::sync::Arc;

use rustls::{
    ClientConfig, DigitallySignedStruct, SignatureScheme,
    client::{
        Resumption,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{WebPkiSupportedAlgorithms, aws_lc_rs},
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use tokio::io::BufReader;
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::{certificate::Certificate, connect::Transport, error::Error};

/// Bytes that are read of the stream at once. TLS by itself reads no more than 4 KiB: four calls of the system for each record.
const READ: usize = 64 * 1024;

/// Makes the connection private and learns the server's certificate.
pub(crate) async fn handshake(
    stream: Box<dyn Transport>,
    name: &str,
) -> Result<(TlsStream<BufReader<Box<dyn Transport>>>, Certificate), Error> {
    let config = config().map_err(|error| Error::Tls(error.to_string()))?;
    // The name is only a hint to the server: nothing is checked against it.
    let name = ServerName::try_from(name.to_owned())
        .unwrap_or(ServerName::IpAddress(std::net::Ipv4Addr::LOCALHOST.into()));
    let stream = TlsConnector::from(Arc::new(config))
        .connect(name, BufReader::with_capacity(READ, stream))
        .await
        .map_err(|error| Error::Tls(error.to_string()))?;
    let (_, session) = stream.get_ref();
    let shown = session.peer_certificates().and_then(|chain| chain.first());
    let certificate = shown
        .and_then(|der| Certificate::read(der))
        .ok_or_else(|| Error::Tls("the server's certificate cannot be read".to_owned()))?;
    Ok((stream, certificate))
}

fn config() -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = HoldsTheKey { algorithms: provider.signature_verification_algorithms };
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    // Each connection shows its certificate anew.
    config.resumption = Resumption::disabled();
    Ok(config)
}

/// Checks the handshake's signature and leaves trust to [`crate::Trust`].
#[derive(Debug)]
struct HoldsTheKey {
    algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for HoldsTheKey {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(message, certificate, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(message, certificate, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

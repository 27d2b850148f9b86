//! The relay's address and whom to trust there (specification sections 2 and 2.4).

use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use url::{Host, Url};

/// Where the relay is and which authorities may vouch for it.
#[derive(Debug, Clone)]
pub struct RelayEndpoint {
    /// `wss://host[:port]/v4`. An address without a path, or with `/` only, means `/v4`.
    pub url: Url,
    /// Whose signature on the relay's certificate counts.
    pub roots: Roots,
}

/// Certificate authorities.
#[derive(Debug, Clone)]
pub enum Roots {
    /// Those of the operating system.
    System,
    /// Those of this PEM text, and none of the system's.
    Pem(Vec<u8>),
}

impl RelayEndpoint {
    /// Google's own relay, `wss://tunnel.cloudproxy.app/v4`, trusted through the system's authorities.
    ///
    /// # Errors
    /// [`EndpointError::Address`] never in practice: the address is a constant.
    pub fn google() -> Result<Self, EndpointError> {
        let url = Url::parse("wss://tunnel.cloudproxy.app/v4")
            .map_err(|error| EndpointError::Address(error.to_string()))?;
        Ok(Self { url, roots: Roots::System })
    }
}

/// Why an endpoint cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EndpointError {
    /// The address is not a usable `wss` address.
    #[error("the relay's address cannot be used: {0}")]
    Address(String),
    /// The certificate authorities cannot be used.
    #[error("the relay's certificate authorities cannot be used: {0}")]
    Roots(String),
}

/// A checked endpoint with its TLS configuration.
pub(crate) struct Endpoint {
    /// For TCP.
    pub(crate) host: Host<String>,
    pub(crate) port: u16,
    /// For SNI and the certificate check.
    pub(crate) server_name: ServerName<'static>,
    /// The `Host` header.
    pub(crate) authority: String,
    /// The path below which `connect` and `reconnect` are, without a trailing slash.
    pub(crate) root: String,
    pub(crate) tls: Arc<ClientConfig>,
}

impl Endpoint {
    pub(crate) fn new(endpoint: &RelayEndpoint) -> Result<Self, EndpointError> {
        let url = &endpoint.url;
        if url.scheme() != "wss" {
            return Err(EndpointError::Address(format!(
                "the scheme is {}, only wss is allowed",
                url.scheme()
            )));
        }
        if !url.username().is_empty()
            || url.password().is_some()
            || url.query().is_some()
            || url.fragment().is_some()
        {
            return Err(EndpointError::Address(
                "it may have a host, a port and a path, nothing else".to_owned(),
            ));
        }
        let host = match url.host() {
            Some(Host::Domain(name)) => Host::Domain(name.to_owned()),
            Some(Host::Ipv4(address)) => Host::Ipv4(address),
            Some(Host::Ipv6(address)) => Host::Ipv6(address),
            None => return Err(EndpointError::Address("it has no host".to_owned())),
        };
        let server_name = match &host {
            Host::Domain(name) => ServerName::try_from(name.clone())
                .map_err(|error| EndpointError::Address(format!("{name}: {error}")))?,
            Host::Ipv4(address) => ServerName::from(std::net::IpAddr::V4(*address)),
            Host::Ipv6(address) => ServerName::from(std::net::IpAddr::V6(*address)),
        };
        // `Url` knows wss and drops its default port, as a browser would for the Host header.
        let authority = match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_string(),
        };
        let path = url.path().trim_end_matches('/');
        let root = if path.is_empty() { "/v4" } else { path }.to_owned();
        let port = url.port_or_known_default().unwrap_or(443);
        Ok(Self { host, port, server_name, authority, root, tls: Arc::new(tls(&endpoint.roots)?) })
    }
}

fn tls(roots: &Roots) -> Result<ClientConfig, EndpointError> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    // No ALPN: the upgrade is HTTP/1.1 (section 2.4).
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| EndpointError::Roots(error.to_string()))?
        .with_root_certificates(root_store(roots)?)
        .with_no_client_auth())
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

#[cfg(test)]
mod tests {
    use super::*;

    fn address(url: &str) -> Result<String, EndpointError> {
        // Certificate authorities are checked last, so an empty file reaches the address first.
        let endpoint = RelayEndpoint { url: Url::parse(url).unwrap(), roots: Roots::Pem(Vec::new()) };
        match Endpoint::new(&endpoint) {
            Ok(endpoint) => Ok(endpoint.root),
            Err(error) => Err(error),
        }
    }

    #[test]
    fn only_wss_addresses_are_taken() {
        for refused in ["ws://relay.example/v4", "https://relay.example/v4", "wss://a:b@relay.example/v4"] {
            assert!(matches!(address(refused), Err(EndpointError::Address(_))), "{refused}");
        }
    }

    #[test]
    fn a_file_without_certificates_is_refused() {
        assert!(matches!(address("wss://relay.example/v4"), Err(EndpointError::Roots(_))));
    }
}

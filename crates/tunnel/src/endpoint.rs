//! The relay's address and whom to trust there (specification sections 2 and 2.4).

use std::sync::Arc;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use url::{Host, Url};

use crate::identity::ClientIdentity;
use crate::route::{ProxyChoice, RelayAddress, Route, is_loopback};
use crate::tls;

/// Google's relay for everybody, and the one that asks for a client certificate (specification section 2).
const GOOGLE: &str = "tunnel.cloudproxy.app";
const GOOGLE_MTLS: &str = "mtls.tunnel.cloudproxy.app";

/// Where the relay is, how to come to it, which authorities may vouch for it and who we are to it.
#[derive(Debug, Clone)]
pub struct RelayEndpoint {
    /// `wss://host[:port]/v4`. An address without a path, or with `/` only, means `/v4`.
    pub url: Url,
    /// Whose signature on the relay's certificate counts.
    pub roots: Roots,
    /// Shown to a relay that asks for a client certificate. With one, Google's mTLS host is dialled in place of its
    /// public host, unless [`address`](Self::address) is set, which takes precedence (specification section 2).
    pub identity: Option<ClientIdentity>,
    /// Dialled instead of the host of `url`, as a Private Service Connect endpoint is. SNI, the check of the
    /// certificate and the `Host` header stay with `url`, and the system's proxy is not used.
    pub address: Option<RelayAddress>,
    /// Which proxy leads there.
    pub proxy: ProxyChoice,
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
        Self::of_google(GOOGLE)
    }

    /// Google's relay for those who have a client certificate, `wss://mtls.tunnel.cloudproxy.app/v4`.
    ///
    /// # Errors
    /// As [`RelayEndpoint::google`].
    pub fn google_mtls(identity: ClientIdentity) -> Result<Self, EndpointError> {
        Ok(Self { identity: Some(identity), ..Self::of_google(GOOGLE_MTLS)? })
    }

    fn of_google(host: &str) -> Result<Self, EndpointError> {
        let url = Url::parse(&format!("wss://{host}/v4"))
            .map_err(|error| EndpointError::Address(error.to_string()))?;
        Ok(Self::new(url, Roots::System))
    }

    /// A relay at its own address, without a client certificate, by the system's proxy where there is one.
    #[must_use]
    pub fn new(url: Url, roots: Roots) -> Self {
        Self { url, roots, identity: None, address: None, proxy: ProxyChoice::System }
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
    /// The client certificate or its key cannot be used.
    #[error("the client certificate cannot be used: {0}")]
    Identity(String),
    /// The proxy cannot be used.
    #[error("the proxy cannot be used: {0}")]
    Proxy(String),
}

/// A checked endpoint with its TLS configuration.
pub(crate) struct Endpoint {
    pub(crate) route: Route,
    /// For SNI and the certificate check.
    pub(crate) server_name: ServerName<'static>,
    /// The `Host` header.
    pub(crate) authority: String,
    /// The path below which `connect` and `reconnect` are, without a trailing slash.
    pub(crate) root: String,
    pub(crate) tls: Arc<ClientConfig>,
    /// Whether a client certificate may be shown.
    pub(crate) has_identity: bool,
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
            Some(Host::Domain(GOOGLE)) if endpoint.identity.is_some() && endpoint.address.is_none() => {
                Host::Domain(GOOGLE_MTLS.to_owned())
            }
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
        let tls = Arc::new(tls::config(&endpoint.roots, endpoint.identity.as_ref())?);
        let has_identity = endpoint.identity.is_some();
        let route = route(endpoint, host, port);
        Ok(Self { route, server_name, authority, root, tls, has_identity })
    }
}

fn route(endpoint: &RelayEndpoint, host: Host<String>, port: u16) -> Route {
    let (host, port) = match &endpoint.address {
        Some(address) => (address.host.clone(), address.port.unwrap_or(port)),
        None => (host, port),
    };
    let proxy = match &endpoint.proxy {
        // The system's proxy would not know the way to a private address, and none leads back to this machine.
        ProxyChoice::System if endpoint.address.is_some() || is_loopback(&host) => ProxyChoice::None,
        choice @ (ProxyChoice::System
        | ProxyChoice::None
        | ProxyChoice::Manual(_)
        | ProxyChoice::Script(_)) => choice.clone(),
    };
    Route { host, port, proxy }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(url: &str) -> Result<String, EndpointError> {
        // Certificate authorities are checked last, so an empty file reaches the address first.
        let endpoint = RelayEndpoint::new(Url::parse(url).unwrap(), Roots::Pem(Vec::new()));
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

    fn identity() -> ClientIdentity {
        let made = rcgen::generate_simple_self_signed(["client".to_owned()]).unwrap();
        ClientIdentity::from_pem(made.cert.pem().as_bytes(), made.signing_key.serialize_pem().into()).unwrap()
    }

    fn checked(change: impl FnOnce(&mut RelayEndpoint)) -> Endpoint {
        let authority = rcgen::generate_simple_self_signed(["authority".to_owned()]).unwrap();
        let mut endpoint = RelayEndpoint::google().unwrap();
        endpoint.roots = Roots::Pem(authority.cert.pem().into_bytes());
        change(&mut endpoint);
        Endpoint::new(&endpoint).unwrap()
    }

    #[test]
    fn a_client_certificate_leads_to_googles_other_host() {
        assert_eq!(checked(|_| {}).authority, "tunnel.cloudproxy.app");
        let mtls = checked(|endpoint| endpoint.identity = Some(identity()));
        assert_eq!(mtls.authority, "mtls.tunnel.cloudproxy.app");
        assert_eq!(mtls.route.host.to_string(), "mtls.tunnel.cloudproxy.app");
        let other = checked(|endpoint| {
            endpoint.identity = Some(identity());
            endpoint.url = "wss://relay.example/v4".parse().unwrap();
        });
        assert_eq!(other.authority, "relay.example");
        assert_eq!(
            RelayEndpoint::google_mtls(identity()).unwrap().url.as_str(),
            "wss://mtls.tunnel.cloudproxy.app/v4"
        );
    }

    #[test]
    fn a_private_address_is_only_dialled() {
        let private = checked(|endpoint| {
            endpoint.address = Some("10.1.2.3".parse().unwrap());
            endpoint.identity = Some(identity());
        });
        assert_eq!(private.authority, "tunnel.cloudproxy.app");
        assert_eq!(private.server_name.to_str(), "tunnel.cloudproxy.app");
        assert_eq!((private.route.host.to_string().as_str(), private.route.port), ("10.1.2.3", 443));
        assert!(matches!(private.route.proxy, ProxyChoice::None));
    }

    #[test]
    fn the_systems_proxy_leads_to_other_machines_only() {
        assert!(matches!(checked(|_| {}).route.proxy, ProxyChoice::System));
        let local = |endpoint: &mut RelayEndpoint| endpoint.url = "wss://127.0.0.1:1/v4".parse().unwrap();
        assert!(matches!(checked(local).route.proxy, ProxyChoice::None));
        let chosen = checked(|endpoint| {
            local(endpoint);
            endpoint.proxy = "http://127.0.0.1:2".parse().unwrap();
        });
        assert!(matches!(chosen.route.proxy, ProxyChoice::Manual(_)));
    }

    #[test]
    fn a_key_of_another_certificate_is_refused() {
        let made = rcgen::generate_simple_self_signed(["client".to_owned()]).unwrap();
        let other = rcgen::generate_simple_self_signed(["client".to_owned()]).unwrap();
        let mut endpoint = RelayEndpoint::google().unwrap();
        endpoint.roots = Roots::Pem(made.cert.pem().into_bytes());
        endpoint.identity =
            ClientIdentity::from_pem(made.cert.pem().as_bytes(), other.signing_key.serialize_pem().into())
                .ok();
        assert!(matches!(Endpoint::new(&endpoint), Err(EndpointError::Identity(_))));
    }
}

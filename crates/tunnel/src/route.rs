//! The way to the relay: straight, to another address, or through a proxy (specification sections 2 and 2.4).

mod http_proxy;
mod pac;
mod system;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use url::{Host, Url};

use crate::endpoint::EndpointError;
pub use http_proxy::HttpProxy;
use http_proxy::PROXY_LIMIT;

const KEEPALIVE_IDLE: Duration = Duration::from_secs(60);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(15);
/// Second line behind the WebSocket's own pings (section 6.4).
#[cfg(any(target_os = "linux", target_os = "android"))]
const USER_TIMEOUT: Duration = Duration::from_secs(90);
/// How long the system may take to say which proxy is to be used, a script's download included.
const SETTINGS_LIMIT: Duration = Duration::from_secs(10);

/// Which proxy leads to the relay.
#[derive(Debug, Clone, Default)]
pub enum ProxyChoice {
    /// That of the environment (`HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`) or of the system's settings, asked anew for each
    /// connection. Not used for a relay on loopback, nor for a Private Service Connect address.
    #[default]
    System,
    /// None, whatever the system says.
    None,
    /// This one, always.
    Manual(HttpProxy),
    /// The one that the script at this address names (PAC). Windows only; elsewhere each dial fails and says so.
    Script(Url),
}

/// Reads `system`, `none`, `pac:URL` or the address of a proxy as [`HttpProxy`] does.
impl FromStr for ProxyChoice {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        match text {
            "system" => return Ok(Self::System),
            "none" => return Ok(Self::None),
            _ => {}
        }
        let Some(script) = text.strip_prefix("pac:") else { return text.parse().map(Self::Manual) };
        let unusable = |why: String| EndpointError::Proxy(format!("the script's address: {why}"));
        let url = Url::parse(script).map_err(|error| unusable(error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(unusable("it has to be http or https".to_owned()));
        }
        Ok(Self::Script(url))
    }
}

/// Where the relay is dialled instead of at its name, such as a Private Service Connect endpoint (specification
/// section 2): a name or an address, with the relay's port unless it has one of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelayAddress {
    pub(crate) host: Host<String>,
    pub(crate) port: Option<u16>,
}

/// Reads `host`, `host:port`, and IPv6 with or without brackets.
impl FromStr for RelayAddress {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        let unusable = || EndpointError::Address(format!("{text} is not a host with or without a port"));
        if let Ok(address) = text.parse() {
            return Ok(Self { host: Host::Ipv6(address), port: None });
        }
        let (host, port) = match text.rsplit_once(':') {
            // The colon is one of the address's own.
            Some((_, end)) if end.ends_with(']') => (text, None),
            Some((host, port)) => (host, Some(port.parse().map_err(|_| unusable())?)),
            None => (text, None),
        };
        if port == Some(0) || host.is_empty() {
            return Err(unusable());
        }
        Ok(Self { host: Host::parse(host).map_err(|_| unusable())?, port })
    }
}

impl fmt::Display for RelayAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            Some(port) => write!(f, "{}:{port}", self.host),
            None => write!(f, "{}", self.host),
        }
    }
}

/// What a proxy has to do with a failed dial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProxyProblem {
    /// 407, and there are no user and password to offer.
    CredentialsNeeded,
    /// 407 although there were.
    CredentialsRefused,
    /// It does not connect to the relay.
    Refused {
        /// Its HTTP status.
        status: u16,
    },
    /// Its name, its address or the connection to it failed.
    Unreachable,
    /// It did not answer in time.
    TimedOut,
    /// It does not speak as an HTTP proxy does.
    Rubbish,
    /// It is of a kind that is not supported, such as SOCKS.
    Unsupported,
    /// The proxy configuration script or the system's settings gave no answer.
    Script,
}

/// A way that ends at a proxy.
#[derive(Debug)]
pub(crate) struct ProxyFailure {
    pub(crate) problem: ProxyProblem,
    /// Its address, or what stands for it.
    pub(crate) proxy: String,
    pub(crate) reason: String,
    /// The beginning of its own explanation.
    pub(crate) body: Option<String>,
}

/// Why no connection came about.
#[derive(Debug)]
pub(crate) enum RouteError {
    /// The relay's name, its address or the connection failed.
    Unreachable(io::Error),
    Proxy(ProxyFailure),
}

/// How to come to one relay.
#[derive(Debug)]
pub(crate) struct Route {
    /// Where it is dialled.
    pub(crate) host: Host<String>,
    pub(crate) port: u16,
    pub(crate) proxy: ProxyChoice,
}

impl Route {
    /// A connection on which the relay can be spoken to.
    pub(crate) async fn connect(&self) -> Result<TcpStream, RouteError> {
        match self.proxy().await.map_err(RouteError::Proxy)? {
            Some(proxy) => self.connect_through(&proxy).await.map_err(RouteError::Proxy),
            None => connect(&self.host, self.port).await.map_err(RouteError::Unreachable),
        }
    }

    fn target(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    async fn proxy(&self) -> Result<Option<HttpProxy>, ProxyFailure> {
        let settings = |reason: String| ProxyFailure {
            problem: ProxyProblem::Script,
            proxy: "the system's settings".to_owned(),
            reason,
            body: None,
        };
        let target = || {
            format!("https://{}/", self.target())
                .parse::<http::Uri>()
                .map_err(|error| settings(format!("no proxy can be looked for: {error}")))
        };
        let looking = match &self.proxy {
            ProxyChoice::None => return Ok(None),
            ProxyChoice::Manual(proxy) => return Ok(Some(proxy.clone())),
            ProxyChoice::System => {
                let target = target()?;
                spawn_blocking(move || system::find(&target))
            }
            ProxyChoice::Script(script) => {
                let (script, target) = (script.clone(), target()?);
                spawn_blocking(move || pac::find(&script, &target))
            }
        };
        match timeout(SETTINGS_LIMIT, looking).await {
            Ok(Ok(found)) => found,
            Ok(Err(error)) => Err(settings(format!("the proxy could not be looked for: {error}"))),
            Err(_) => Err(settings("the system did not say in time which proxy to use".to_owned())),
        }
    }

    async fn connect_through(&self, proxy: &HttpProxy) -> Result<TcpStream, ProxyFailure> {
        let stream = match timeout(PROXY_LIMIT, connect(&proxy.host, proxy.port)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => {
                let what = format!("cannot be reached: {error}");
                return Err(proxy.failed(ProxyProblem::Unreachable, what));
            }
            Err(_) => return Err(proxy.failed(ProxyProblem::TimedOut, "cannot be reached in time")),
        };
        proxy.connect(stream, &self.target()).await
    }
}

/// Whether what is dialled is on this machine.
pub(crate) fn is_loopback(host: &Host<String>) -> bool {
    match host {
        Host::Domain(name) => {
            let name = name.trim_end_matches('.');
            name.eq_ignore_ascii_case("localhost") || name.to_ascii_lowercase().ends_with(".localhost")
        }
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

async fn connect(host: &Host<String>, port: u16) -> io::Result<TcpStream> {
    let tcp = match host {
        Host::Domain(name) => TcpStream::connect((name.as_str(), port)).await,
        Host::Ipv4(address) => TcpStream::connect(SocketAddr::from((*address, port))).await,
        Host::Ipv6(address) => TcpStream::connect(SocketAddr::from((*address, port))).await,
    }?;
    tcp.set_nodelay(true)?;
    let socket = socket2::SockRef::from(&tcp);
    let keepalive = socket2::TcpKeepalive::new().with_time(KEEPALIVE_IDLE);
    #[cfg(any(target_os = "linux", target_os = "macos", windows))]
    let keepalive = keepalive.with_interval(KEEPALIVE_INTERVAL);
    // A system that refuses these is still usable: pings notice a dead link too.
    if let Err(error) = socket.set_tcp_keepalive(&keepalive) {
        tracing::debug!(%error, "no tcp keepalive");
    }
    #[cfg(any(target_os = "linux", target_os = "android"))]
    if let Err(error) = socket.set_tcp_user_timeout(Some(USER_TIMEOUT)) {
        tracing::debug!(%error, "no tcp user timeout");
    }
    Ok(tcp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_are_read_as_they_are_written_down() {
        let read = |text: &str| text.parse::<ProxyChoice>();
        assert!(matches!(read("system"), Ok(ProxyChoice::System)));
        assert!(matches!(read("none"), Ok(ProxyChoice::None)));
        assert!(matches!(read("http://proxy:3128"), Ok(ProxyChoice::Manual(_))));
        assert!(matches!(read("pac:http://wpad.example/proxy.pac"), Ok(ProxyChoice::Script(_))));
        for refused in ["", "direct", "pac:", "pac:file:///etc/passwd", "pac:proxy.pac"] {
            assert!(matches!(read(refused), Err(EndpointError::Proxy(_))), "{refused}");
        }
    }

    #[test]
    fn addresses_are_read_with_and_without_a_port() {
        for (text, port, shown) in [
            ("10.1.2.3", None, "10.1.2.3"),
            ("10.1.2.3:8443", Some(8443), "10.1.2.3:8443"),
            ("www-ep.p.googleapis.com", None, "www-ep.p.googleapis.com"),
            ("::1", None, "[::1]"),
            ("[::1]", None, "[::1]"),
            ("[::1]:443", Some(443), "[::1]:443"),
        ] {
            let address: RelayAddress = text.parse().unwrap();
            assert_eq!((address.port, address.to_string().as_str()), (port, shown), "{text}");
        }
        for refused in ["", ":443", "a:b", "a:0", "a:70000", "https://a", "a/b", "a b"] {
            assert!(refused.parse::<RelayAddress>().is_err(), "{refused}");
        }
    }

    #[test]
    fn loopback_has_several_names() {
        for (host, expected) in [
            ("localhost", true),
            ("LOCALHOST.", true),
            ("a.localhost", true),
            ("127.0.0.2", true),
            ("[::1]", true),
            ("tunnel.cloudproxy.app", false),
            ("10.0.0.1", false),
        ] {
            assert_eq!(is_loopback(&Host::parse(host).unwrap()), expected, "{host}");
        }
    }
}

//! An HTTP proxy and how it is asked for a connection (RFC 9110, section 9.3.6).

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::header::{self, HeaderValue};
use http::{Method, Request, StatusCode};
use http_body_util::Empty;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use url::{Host, Url};

use super::{ProxyFailure, ProxyProblem};
use crate::endpoint::EndpointError;
use crate::exchange::{Answer, ExchangeError, describe, exchange};

/// How long a proxy may take for its answer, the way to it included. Shorter than the limit of the whole upgrade,
/// so that it is the proxy that is named.
pub(super) const PROXY_LIMIT: Duration = Duration::from_secs(20);
/// Longest user name and password together, in bytes.
const MAX_CREDENTIALS: usize = 4096;

/// An HTTP proxy, reached without TLS. Shows its credentials to nobody.
#[derive(Debug, Clone)]
pub struct HttpProxy {
    pub(super) host: Host<String>,
    pub(super) port: u16,
    /// The value of `Proxy-Authorization`.
    authorization: Option<SecretString>,
}

impl HttpProxy {
    /// `host:port`.
    #[must_use]
    pub fn address(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// The value of the header `Proxy-Authorization`, where there are a user and password: Basic (RFC 7617).
    #[must_use]
    pub fn authorization(&self) -> Option<&SecretString> {
        self.authorization.as_ref()
    }

    pub(super) fn failed(&self, problem: ProxyProblem, what: impl fmt::Display) -> ProxyFailure {
        ProxyFailure {
            problem,
            reason: format!("the proxy {} {what}", self.address()),
            proxy: self.address(),
            body: None,
        }
    }

    /// A proxy as [`hyper_util`] finds it in the environment or the system's settings.
    pub(super) fn found(uri: &http::Uri, authorization: Option<&HeaderValue>) -> Result<Self, EndpointError> {
        let proxy = Self::from_str(&uri.to_string())?;
        let authorization = authorization
            .and_then(|value| value.to_str().ok())
            .map(|value| SecretString::from(value.to_owned()));
        Ok(Self { authorization, ..proxy })
    }

    /// Has the proxy connect `stream` to `target`, which is `host:port`.
    pub(super) async fn connect<S>(&self, stream: S, target: &str) -> Result<S, ProxyFailure>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let request =
            self.request(target).ok_or_else(|| self.failed(ProxyProblem::Rubbish, "cannot be asked"))?;
        let answer = timeout(PROXY_LIMIT, exchange(stream, request, |status| status.is_success())).await;
        let Ok(answer) = answer else {
            return Err(self.failed(ProxyProblem::TimedOut, "did not answer in time"));
        };
        match answer {
            // Whoever is at the other end waits for our first word, so these bytes cannot be from there.
            Ok(Answer::Switched { read, .. }) if !read.is_empty() => {
                Err(self.failed(ProxyProblem::Rubbish, "sent bytes that nobody asked for"))
            }
            Ok(Answer::Switched { stream, .. }) => Ok(stream),
            Ok(Answer::Refused(refused)) => {
                let body = Some(refused.body).filter(|body| !body.is_empty());
                Err(ProxyFailure { body, ..self.refused(refused.status, target) })
            }
            Err(ExchangeError::Http(error)) if error.is_parse() => Err(self.failed(
                ProxyProblem::Rubbish,
                format_args!("does not answer as an HTTP proxy does: {}", describe(&error)),
            )),
            Err(ExchangeError::Http(error)) => Err(self.failed(
                ProxyProblem::Unreachable,
                format_args!("broke the connection off: {}", describe(&error)),
            )),
            Err(ExchangeError::Foreign) => {
                Err(self.failed(ProxyProblem::Rubbish, "gave another connection back"))
            }
        }
    }

    fn request(&self, target: &str) -> Option<Request<Empty<Bytes>>> {
        let mut request = Request::builder()
            .method(Method::CONNECT)
            .uri(target)
            .header(header::HOST, target)
            .header(header::USER_AGENT, crate::USER_AGENT);
        if let Some(authorization) = &self.authorization {
            let mut value = HeaderValue::try_from(authorization.expose_secret()).ok()?;
            value.set_sensitive(true);
            request = request.header(header::PROXY_AUTHORIZATION, value);
        }
        request.body(Empty::new()).ok()
    }

    fn refused(&self, status: u16, target: &str) -> ProxyFailure {
        if status != StatusCode::PROXY_AUTHENTICATION_REQUIRED.as_u16() {
            let what = format_args!("refused the connection to {target} with HTTP {status}").to_string();
            return self.failed(ProxyProblem::Refused { status }, what);
        }
        match self.authorization {
            Some(_) => self.failed(
                ProxyProblem::CredentialsRefused,
                "did not accept the user name and password (HTTP 407)",
            ),
            None => self.failed(ProxyProblem::CredentialsNeeded, "wants a user name and password (HTTP 407)"),
        }
    }
}

/// Reads `http://[user[:password]@]host[:port]`; user and password may be percent-encoded. The port is 80 when
/// none is given.
impl FromStr for HttpProxy {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        // The text may hold a password, so no error quotes it.
        let unusable = |why: &str| EndpointError::Proxy(why.to_owned());
        let url = Url::parse(text).map_err(|error| EndpointError::Proxy(error.to_string()))?;
        match url.scheme() {
            "http" => {}
            "socks" | "socks4" | "socks4a" | "socks5" | "socks5h" => {
                return Err(unusable(
                    "SOCKS proxies are not supported, only HTTP proxies (http://host:port)",
                ));
            }
            "https" => {
                return Err(unusable(
                    "proxies that are reached by TLS (https://) are not supported, only http://host:port",
                ));
            }
            _ => return Err(unusable("it has to be http://host:port")),
        }
        if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            return Err(unusable("it may have a user, a password, a host and a port, nothing else"));
        }
        let host = match url.host() {
            Some(Host::Domain(name)) => Host::Domain(name.to_owned()),
            Some(Host::Ipv4(address)) => Host::Ipv4(address),
            Some(Host::Ipv6(address)) => Host::Ipv6(address),
            None => return Err(unusable("it has no host")),
        };
        let port = url.port_or_known_default().unwrap_or(80);
        let authorization = match (url.username(), url.password()) {
            ("", None) => None,
            (user, password) => Some(basic(user, password.unwrap_or_default())?),
        };
        Ok(Self { host, port, authorization })
    }
}

/// RFC 7617. Both parts are percent-encoded.
fn basic(user: &str, password: &str) -> Result<SecretString, EndpointError> {
    let unusable = |why: &str| EndpointError::Proxy(why.to_owned());
    if user.len() + password.len() > MAX_CREDENTIALS {
        return Err(unusable("its user name and password are too long"));
    }
    let mut pair: Vec<u8> = percent_encoding::percent_decode_str(user).collect();
    if pair.contains(&b':') {
        return Err(unusable("a user name may hold no colon"));
    }
    pair.push(b':');
    pair.extend(percent_encoding::percent_decode_str(password));
    let value = SecretString::from(format!("Basic {}", BASE64_STANDARD.encode(&pair)));
    secrecy::zeroize::Zeroize::zeroize(&mut pair);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[test]
    fn only_plain_http_proxies_are_taken() {
        for refused in [
            "",
            "proxy:3128",
            "socks5://proxy:1080",
            "https://proxy:3129",
            "ftp://proxy",
            "http://proxy/path",
            "http://proxy?x",
            "http://a%3ab:c@proxy",
        ] {
            assert!(matches!(refused.parse::<HttpProxy>(), Err(EndpointError::Proxy(_))), "{refused}");
        }
        let error = "socks5://user:hunter2@proxy".parse::<HttpProxy>().unwrap_err().to_string();
        assert!(error.contains("SOCKS") && !error.contains("hunter2"), "{error}");
        for (given, address) in [
            ("http://proxy", "proxy:80"),
            ("http://proxy:3128/", "proxy:3128"),
            ("http://10.0.0.1:8080", "10.0.0.1:8080"),
            ("http://[::1]:8080", "[::1]:8080"),
        ] {
            assert_eq!(given.parse::<HttpProxy>().unwrap().address(), address);
        }
    }

    #[test]
    fn credentials_are_those_of_the_address_and_stay_hidden() {
        let proxy: HttpProxy = "http://Aladdin:open%20sesame@proxy".parse().unwrap();
        assert_eq!(proxy.authorization().unwrap().expose_secret(), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        let shown = format!("{proxy:?} {}", proxy.address());
        assert!(
            !shown.contains("sesame") && !shown.contains("QWxh") && !shown.contains("Aladdin"),
            "{shown}"
        );
        let user_only: HttpProxy = "http://user@proxy".parse().unwrap();
        assert_eq!(user_only.authorization().unwrap().expose_secret(), "Basic dXNlcjo=");
    }

    #[tokio::test(start_paused = true)]
    async fn a_proxy_that_keeps_silent_is_given_up_and_named() {
        let (near, mut far) = tokio::io::duplex(4096);
        let proxy: HttpProxy = "http://proxy:3128".parse().unwrap();
        let error = proxy.connect(near, "relay.example:443").await.unwrap_err();
        assert_eq!(error.problem, ProxyProblem::TimedOut);
        assert_eq!(error.reason, "the proxy proxy:3128 did not answer in time");
        let mut head = String::new();
        far.read_to_string(&mut head).await.unwrap();
        assert!(
            head.starts_with("CONNECT relay.example:443 HTTP/1.1\r\nHost: relay.example:443\r\n"),
            "{head}"
        );
    }

    #[tokio::test]
    async fn bytes_before_our_first_word_are_refused() {
        let (near, mut far) = tokio::io::duplex(4096);
        let proxy: HttpProxy = "http://proxy:3128".parse().unwrap();
        let answering = async {
            far.read_u8().await.unwrap();
            far.write_all(b"HTTP/1.1 200 OK\r\n\r\nhello").await.unwrap();
        };
        let (error, ()) = tokio::join!(proxy.connect(near, "relay.example:443"), answering);
        let error = error.unwrap_err();
        assert_eq!(error.problem, ProxyProblem::Rubbish);
    }
}

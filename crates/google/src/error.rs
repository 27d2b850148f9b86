//! The one error of this crate: a kind to decide by, and what the server said.

mod body;
mod sdk;

use std::time::{Duration, SystemTime};

use url::Url;

pub(crate) use body::{date, from_response};
pub(crate) use sdk::from_sdk;

/// What kind of failure it is. Callers decide by this and never by text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The credentials are missing, refused, revoked or at their end: a person has to sign in
    /// ([`Details::sign_in`] says why, where it is known).
    SignInNeeded,
    /// The person declined on the consent page.
    AccessDenied,
    /// A context-aware access policy of the organisation refused the sign-in.
    AccountRestricted,
    /// An administrator has not allowed this OAuth client.
    AdminPolicy,
    /// The sign-in worked but a scope that is needed was not granted.
    ScopeMissing,
    /// The sign-in worked but brought no refresh token; ask again with [`crate::sign_in::Consent::Always`].
    NoRefreshToken,
    /// The OAuth client is wrong, deleted, or its file is not a desktop client's.
    InvalidClient,
    /// The caller may not do this ([`Details::permission`] names what is missing, where the server did).
    PermissionDenied,
    /// The API is not enabled in the project ([`Details::help`] leads to the page that enables it).
    ApiDisabled,
    /// There is no such resource.
    NotFound,
    /// Somebody wrote in between (409, or 412 for a stale fingerprint): read again and repeat.
    Conflict,
    /// Too many requests, or out of quota ([`Details::retry_after`] says how long to wait, if the server did).
    Throttled,
    /// No connection, or it broke.
    Unreachable,
    /// The server's certificate is not valid yet or not any more by this machine's clock, which is most likely wrong.
    WrongClock,
    /// No answer in time.
    TimedOut,
    /// The server failed (5xx).
    Server,
    /// The server refused the request as such (any other 4xx).
    InvalidRequest,
    /// An argument or setting cannot be used; nothing was sent.
    InvalidArgument,
    /// A Compute operation ended in an error; [`Error::reason`] is its code, such as
    /// `ZONE_RESOURCE_POOL_EXHAUSTED`.
    OperationFailed,
    /// The answer could not be understood.
    Decode,
    /// The credentials belong to another cloud and are sent nowhere else.
    WrongCloud,
    /// This kind of credentials is not supported, or cannot do this.
    Unsupported,
    /// The sign-in took longer than it may.
    SignInExpired,
    /// Something on this machine failed: a socket, a file.
    Local,
}

/// Why a sign-in is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SignInCause {
    /// The organisation's session length has passed (`invalid_rapt`, `rapt_required`).
    SessionEnded,
    /// The refresh token was revoked or has expired.
    Revoked,
    /// An API did not accept the access token, not even a fresh one.
    Rejected,
}

/// What else is known about a failure.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Details {
    /// The permission that is missing, such as `compute.instances.get`.
    pub permission: Option<String>,
    /// The resource it is missing on, as the server wrote it.
    pub resource: Option<String>,
    /// The API that is not enabled, such as `compute.googleapis.com`.
    pub service: Option<String>,
    /// A page of Google's console that helps; always `https://console.…google.com`.
    pub help: Option<Url>,
    /// How long the server wants to be left alone.
    pub retry_after: Option<Duration>,
    /// For [`ErrorKind::SignInNeeded`].
    pub sign_in: Option<SignInCause>,
    /// What the server answered, for whoever explains it.
    pub body: Option<Body>,
    /// The server's clock, where it told.
    pub date: Option<SystemTime>,
}

/// The JSON of an error, as the server wrote it: at most 64 KiB. It can name other people, or be a link that lets
/// its holder in, so it is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Body(pub serde_json::Value);

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Body(..)")
    }
}

/// A failure of a sign-in, a refresh or a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// What kind it is.
    pub kind: ErrorKind,
    /// What was being done, as an infinitive: `list instances`.
    pub doing: &'static str,
    /// The HTTP status, where a server answered.
    pub status: Option<u16>,
    /// Google's machine-readable reason: `ErrorInfo.reason`, `errors[].reason`, an OAuth code or an
    /// operation's error code.
    pub reason: Option<String>,
    /// What the server or the system said; at most 2,000 characters, without control characters.
    pub message: String,
    /// What else is known.
    pub details: Box<Details>,
}

const LONGEST_MESSAGE: usize = 2000;
const LONGEST_REASON: usize = 200;

impl Error {
    pub(crate) fn new(kind: ErrorKind, doing: &'static str, message: impl AsRef<str>) -> Self {
        Self {
            kind,
            doing,
            status: None,
            reason: None,
            message: clean(message.as_ref(), LONGEST_MESSAGE),
            details: Box::default(),
        }
    }

    pub(crate) fn with_reason(mut self, reason: impl AsRef<str>) -> Self {
        self.reason = Some(clean(reason.as_ref(), LONGEST_REASON)).filter(|r| !r.is_empty());
        self
    }

    pub(crate) fn with_status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    pub(crate) fn sign_in_needed(doing: &'static str, cause: SignInCause, message: impl AsRef<str>) -> Self {
        let mut error = Self::new(ErrorKind::SignInNeeded, doing, message);
        error.details.sign_in = Some(cause);
        error
    }

    /// A failure of our own HTTP client, before or while an answer came.
    pub(crate) fn from_http_client(doing: &'static str, error: &reqwest::Error) -> Self {
        let kind = if error.is_timeout() {
            ErrorKind::TimedOut
        } else if error.is_builder() {
            ErrorKind::InvalidArgument
        } else if error.is_decode() {
            ErrorKind::Decode
        } else if is_out_of_its_time(error) {
            ErrorKind::WrongClock
        } else {
            ErrorKind::Unreachable
        };
        // The URL is left out: a query can hold what must not be shown. The causes say what went wrong.
        Self::new(kind, doing, chain(error))
    }

    /// Whether the same request may well succeed a moment later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self.kind {
            ErrorKind::Throttled | ErrorKind::Unreachable | ErrorKind::TimedOut => true,
            ErrorKind::Server => matches!(self.status, Some(500 | 502 | 503 | 504)),
            ErrorKind::SignInNeeded
            | ErrorKind::AccessDenied
            | ErrorKind::AccountRestricted
            | ErrorKind::AdminPolicy
            | ErrorKind::ScopeMissing
            | ErrorKind::NoRefreshToken
            | ErrorKind::InvalidClient
            | ErrorKind::PermissionDenied
            | ErrorKind::ApiDisabled
            | ErrorKind::NotFound
            | ErrorKind::Conflict
            | ErrorKind::InvalidRequest
            | ErrorKind::InvalidArgument
            | ErrorKind::OperationFailed
            | ErrorKind::Decode
            | ErrorKind::WrongClock
            | ErrorKind::WrongCloud
            | ErrorKind::Unsupported
            | ErrorKind::SignInExpired
            | ErrorKind::Local => false,
        }
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "could not {}: {}", self.doing, self.message)
    }
}

impl std::error::Error for Error {}

/// One line without control characters, cut at `longest` characters.
pub(crate) fn clean(text: &str, longest: usize) -> String {
    let mut line: String = text
        .trim()
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(longest.saturating_add(1))
        .collect();
    if let Some((cut, _)) = line.char_indices().nth(longest) {
        line.truncate(cut);
        line.push('…');
    }
    line
}

/// How many causes of an error are looked at: a chain that has no end is nobody's.
const DEEPEST: usize = 8;

/// Whether an error comes from a certificate whose time has not come or has passed, by this machine's clock. On macOS the
/// verifier of the system does not tell one reason from another.
pub(crate) fn is_out_of_its_time(error: &(dyn std::error::Error + 'static)) -> bool {
    use rustls::CertificateError::{Expired, ExpiredContext, NotValidYet, NotValidYetContext};
    std::iter::successors(Some(error), |error| below(*error)).take(DEEPEST).any(|error| {
        matches!(
            error.downcast_ref(),
            Some(rustls::Error::InvalidCertificate(
                Expired | ExpiredContext { .. } | NotValidYet | NotValidYetContext { .. }
            ))
        )
    })
}

/// An error's cause. An I/O error's source is that of the error within it, which would be passed over.
fn below<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a (dyn std::error::Error + 'static)> {
    match error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
        Some(within) => Some(within),
        None => error.source(),
    }
}

/// The innermost causes of an error, without the outermost text (which may hold a URL).
fn chain(error: &reqwest::Error) -> String {
    let mut texts = Vec::new();
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next
        && texts.len() < DEEPEST
    {
        texts.push(cause.to_string());
        next = cause.source();
    }
    match texts.pop() {
        Some(innermost) => innermost,
        None if error.is_timeout() => "no answer in time".to_owned(),
        None => "the connection failed".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server whose certificate was valid in another year.
    async fn server_of(year: i32) -> (std::net::SocketAddr, rcgen::Certificate) {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
        params.not_before = rcgen::date_time_ymd(year, 1, 1);
        params.not_after = rcgen::date_time_ymd(year + 1, 1, 1);
        let certificate = params.self_signed(&key).unwrap();
        let provider = std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                rustls::pki_types::PrivateKeyDer::Pkcs8(key.serialize_der().into()),
            )
            .unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let acceptor = tokio_rustls::TlsAcceptor::from(std::sync::Arc::new(config));
        tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            // The client breaks off.
            let _ = acceptor.accept(stream).await;
        });
        (address, certificate)
    }

    #[tokio::test]
    async fn a_certificate_out_of_its_time_tells_of_a_wrong_clock() {
        for year in [2000, 4000] {
            let (address, certificate) = server_of(year).await;
            let root = reqwest::Certificate::from_der(certificate.der()).unwrap();
            let client = reqwest::Client::builder().no_proxy().tls_certs_only([root]).build().unwrap();
            let url = format!("https://localhost:{}", address.port());
            let error = client.get(url).send().await.unwrap_err();
            assert_eq!(Error::from_http_client("ask", &error).kind, ErrorKind::WrongClock, "{error:?}");
        }
    }

    #[test]
    fn messages_are_one_bounded_line() {
        assert_eq!(clean(" a\r\nb\u{1b}[0m ", 100), "a  b [0m");
        assert_eq!(clean(&"x".repeat(50), 10).chars().count(), 11);
        assert_eq!(clean("exactly", 7), "exactly");
    }

    #[test]
    fn says_what_was_being_done() {
        let error = Error::new(ErrorKind::NotFound, "read the instance", "gone");
        assert_eq!(error.to_string(), "could not read the instance: gone");
    }
}

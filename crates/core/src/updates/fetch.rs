//! Fetches within bounds of size and time, by HTTPS alone.

use std::{error::Error as _, time::Duration};

use reqwest::{
    Client, ClientBuilder, StatusCode,
    redirect::{Attempt, Policy},
};
use url::Url;

/// The largest list, in bytes: the notes and six packages need a few thousand.
pub(super) const LARGEST_LIST: usize = 256 * 1024;
/// The largest package, in bytes: an AppImage carries its own web view, some 100 MB.
pub(super) const LARGEST_PACKAGE: usize = 256 * 1024 * 1024;
/// The most hops to where something is.
const HOPS: usize = 5;
const CONNECT: Duration = Duration::from_secs(15);
/// How long the list may take in all.
const LIST_TIME: Duration = Duration::from_secs(20);
/// How long a download may stand still.
const STILL: Duration = Duration::from_secs(60);
/// How long a download may take in all.
const PACKAGE_TIME: Duration = Duration::from_secs(60 * 60);

/// Why nothing was fetched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FetchError {
    #[error("no HTTPS client could be made: {0}")]
    Setup(String),
    #[error("no answer: {0}")]
    Unreachable(String),
    #[error("no answer in time")]
    TimedOut,
    #[error("answered with {0}")]
    Status(u16),
    #[error("led to another server, or away from HTTPS")]
    Elsewhere,
    #[error("longer than anything that was asked for")]
    TooLarge,
}

impl From<reqwest::Error> for FetchError {
    fn from(error: reqwest::Error) -> Self {
        if error.is_timeout() {
            return Self::TimedOut;
        }
        if error.is_redirect() {
            return Self::Elsewhere;
        }
        // The innermost cause is the one that says something. The address is known to whoever reads it.
        let mut cause = error.source();
        while let Some(deeper) = cause.and_then(std::error::Error::source) {
            cause = Some(deeper);
        }
        Self::Unreachable(cause.map_or_else(|| error.to_string(), ToString::to_string))
    }
}

/// See the module.
#[derive(Debug)]
pub(super) struct Fetch(Client);

impl Fetch {
    /// By a client that believes those whom `base` does.
    ///
    /// # Errors
    /// [`FetchError::Setup`].
    pub(super) fn new(base: ClientBuilder) -> Result<Self, FetchError> {
        // The version is all that is ever said of this computer.
        let builder = base
            .user_agent(concat!("adit/", env!("CARGO_PKG_VERSION")))
            .https_only(true)
            .connect_timeout(CONNECT)
            .read_timeout(STILL)
            .redirect(Policy::custom(|attempt: Attempt<'_>| {
                let from = attempt.previous().last();
                let hops = attempt.previous().len();
                if hops <= HOPS && from.is_some_and(|from| may_lead(from, attempt.url())) {
                    attempt.follow()
                } else {
                    attempt.error("it leads elsewhere")
                }
            }));
        builder.build().map(Self).map_err(|error| FetchError::Setup(error.to_string()))
    }

    /// The list of what was published.
    pub(super) async fn list(&self, at: &Url) -> Result<Vec<u8>, FetchError> {
        self.get(at, LARGEST_LIST, LIST_TIME, |_, _| {}).await
    }

    /// A package. `progress` is told how many bytes have come, and of how many if that is known.
    pub(super) async fn package(
        &self,
        at: &Url,
        progress: impl FnMut(usize, Option<u64>),
    ) -> Result<Vec<u8>, FetchError> {
        self.get(at, LARGEST_PACKAGE, PACKAGE_TIME, progress).await
    }

    async fn get(
        &self,
        at: &Url,
        largest: usize,
        within: Duration,
        mut progress: impl FnMut(usize, Option<u64>),
    ) -> Result<Vec<u8>, FetchError> {
        let mut answer = self.0.get(at.clone()).timeout(within).send().await?;
        if answer.status() != StatusCode::OK {
            return Err(FetchError::Status(answer.status().as_u16()));
        }
        let size = answer.content_length();
        if size.is_some_and(|size| usize::try_from(size).map_or(true, |size| size > largest)) {
            return Err(FetchError::TooLarge);
        }
        let mut body = Vec::new();
        progress(0, size);
        while let Some(chunk) = answer.chunk().await? {
            if body.len().saturating_add(chunk.len()) > largest {
                return Err(FetchError::TooLarge);
            }
            body.extend_from_slice(&chunk);
            progress(body.len(), size);
        }
        Ok(body)
    }
}

/// Whether one address may lead to another, by a redirect or by what is said there. Releases at GitHub lie on a server of their own.
pub(super) fn may_lead(from: &Url, to: &Url) -> bool {
    let (Some(from_host), Some(to_host)) = (from.host_str(), to.host_str()) else { return false };
    let same = from_host == to_host && from.port_or_known_default() == to.port_or_known_default();
    let github = from_host == "github.com"
        && to_host.ends_with(".githubusercontent.com")
        && to.port_or_known_default() == Some(443);
    to.scheme() == "https" && (same || github)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_leads_only_to_its_own_server_by_https() {
        let leads = |from: &str, to: &str| may_lead(&from.parse().unwrap(), &to.parse().unwrap());
        let github = "https://github.com/acme/adit/releases/latest/download/latest.json";
        assert!(leads(github, "https://github.com/acme/adit/releases/download/v1/latest.json"));
        assert!(leads(github, "https://release-assets.githubusercontent.com/1?sig=x"));
        assert!(leads("https://acme.example/a", "https://acme.example:443/b"));
        for (from, to) in [
            (github, "http://github.com/latest.json"),
            (github, "https://githubusercontent.com.acme.example/latest.json"),
            (github, "https://evilgithubusercontent.com/latest.json"),
            (github, "https://raw.githubusercontent.com:8443/latest.json"),
            ("https://acme.example/a", "https://release-assets.githubusercontent.com/1"),
            ("https://acme.example/a", "https://acme.example:8443/a"),
            ("https://acme.example/a", "https://cdn.acme.example/a"),
        ] {
            assert!(!leads(from, to), "{from} {to}");
        }
    }
}

//! Where a dialer gets its access tokens from.

use async_trait::async_trait;
use secrecy::SecretString;

/// How fresh a token has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// A token that is still valid for a minute or two will do.
    Cached,
    /// The relay has just refused the last token (HTTP 401, close code 4004): get a new one.
    Renewed,
}

/// Why there is no token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Only the person can help: the refresh token is gone, revoked or asks for reauthentication.
    #[error("sign-in needed: {message}")]
    SignInNeeded {
        /// What happened, to show.
        message: String,
    },
    /// The token service could not be asked just now; a later attempt may succeed.
    #[error("no access token: {message}")]
    Unavailable {
        /// What happened, to show.
        message: String,
    },
}

/// Gives access tokens of the scope `cloud-platform`. Asked for every connect and every reconnect
/// (specification sections 2.3 and 6.5), from several tasks at once: an implementation shares one refresh
/// among them.
#[async_trait]
pub trait TokenSource: Send + Sync {
    /// An access token.
    ///
    /// # Errors
    /// [`TokenError`] when there is none.
    async fn access_token(&self, need: Freshness) -> Result<SecretString, TokenError>;
}

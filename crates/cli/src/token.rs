//! Access tokens that the person hands over: no keychain and no Google API is used then.

use std::{io, path::PathBuf};

use adit_contract::Failure;
use adit_tunnel::{Freshness, TokenError, TokenSource};
use async_trait::async_trait;
use secrecy::{ExposeSecret as _, SecretString, zeroize::Zeroize as _};

use crate::file;

/// Longest file that is taken for a token, in bytes.
const MAX_TOKEN: u64 = 16 * 1024;
const VARIABLE: &str = "ADIT_ACCESS_TOKEN";

/// Where a handed-over token comes from.
pub(crate) enum Given {
    /// The environment.
    Environment(SecretString),
    /// A file, read again when a fresh token is asked for.
    File(PathBuf),
}

impl Given {
    /// From --token-file, else from the environment, else `None`.
    pub(crate) fn find(file: Option<&PathBuf>) -> Option<Self> {
        if let Some(file) = file {
            return Some(Self::File(file.clone()));
        }
        let token = std::env::var(VARIABLE).ok().filter(|token| !token.trim().is_empty())?;
        Some(Self::Environment(SecretString::from(token.trim().to_owned())))
    }

    /// The token as it is now.
    pub(crate) async fn read(&self) -> Result<SecretString, Failure> {
        match self {
            Self::Environment(token) => Ok(SecretString::from(token.expose_secret().to_owned())),
            Self::File(path) => {
                let mut text = file::text(path, MAX_TOKEN).await.map_err(advised)?;
                let token = SecretString::from(text.trim().to_owned());
                text.zeroize();
                if token.expose_secret().is_empty() {
                    return Err(advised(file::unusable(path, &io::Error::other("it is empty"))));
                }
                Ok(token)
            }
        }
    }
}

fn advised(failure: Failure) -> Failure {
    Failure {
        advice: "Give a regular file that holds an access token and nothing else.".to_owned(),
        ..failure
    }
}

#[async_trait]
impl TokenSource for Given {
    async fn access_token(&self, need: Freshness) -> Result<SecretString, TokenError> {
        match (self, need) {
            (Self::Environment(_), Freshness::Renewed) => Err(TokenError::SignInNeeded {
                message: format!("the access token in {VARIABLE} is no longer good"),
            }),
            // Whoever writes it may just be about to write a new one.
            (Self::Environment(_) | Self::File(_), _) => {
                self.read().await.map_err(|failure| TokenError::Unavailable { message: failure.title })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use adit_contract::FailureCode;

    use super::{Freshness, Given, SecretString, TokenError, TokenSource as _};

    #[tokio::test]
    async fn a_file_is_read_again_for_a_fresh_token() {
        use secrecy::ExposeSecret as _;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("token");
        std::fs::write(&path, "one\n").expect("written");
        let given = Given::File(path.clone());
        assert_eq!(given.access_token(Freshness::Cached).await.expect("a token").expose_secret(), "one");
        std::fs::write(&path, "two").expect("written");
        assert_eq!(given.access_token(Freshness::Renewed).await.expect("a token").expose_secret(), "two");
    }

    #[tokio::test]
    async fn an_empty_file_and_a_worn_out_variable_say_so() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("token");
        for (content, why) in
            [(" \n".to_owned(), "it is empty"), ("x".repeat(16 * 1024 + 1), "more than 16384 bytes")]
        {
            std::fs::write(&path, content).expect("written");
            let given = Given::File(path.clone());
            let failure = given.read().await.expect_err("no token");
            assert_eq!(failure.code, FailureCode::File);
            assert!(failure.title.contains(why), "{}", failure.title);
            let error = given.access_token(Freshness::Cached).await.expect_err("no token");
            assert_eq!(error, TokenError::Unavailable { message: failure.title });
        }
        let worn_out = Given::Environment(SecretString::from("t".to_owned()));
        assert!(matches!(
            worn_out.access_token(Freshness::Renewed).await,
            Err(TokenError::SignInNeeded { .. })
        ));
    }
}

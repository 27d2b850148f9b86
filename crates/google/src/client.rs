//! The OAuth client that a sign-in happens through.

use secrecy::SecretString;
use serde::Deserialize;

use crate::error::{Error, ErrorKind};

const LONGEST_FILE: usize = 64 * 1024;
const LOCAL_CLOUD: &str = "adit-local-cloud";

/// An OAuth client of type "Desktop app".
///
/// Google expects the secret of such a client in token requests although it cannot be kept secret on a
/// person's machine; it is treated as one all the same.
#[derive(Debug, Clone)]
pub struct OAuthClient {
    /// The client id.
    pub id: String,
    /// The client secret, where the client has one.
    pub secret: Option<SecretString>,
}

#[derive(Deserialize)]
struct File {
    installed: Option<Installed>,
    web: Option<serde::de::IgnoredAny>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

#[derive(Deserialize)]
struct Installed {
    client_id: Option<String>,
    client_secret: Option<SecretString>,
}

impl OAuthClient {
    /// The client that every local cloud knows.
    #[must_use]
    pub fn local_cloud() -> Self {
        Self { id: LOCAL_CLOUD.to_owned(), secret: None }
    }

    /// Reads the JSON file that Google's console offers for download when a client of type "Desktop app" is made.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidClient`] with a text that says what kind of file it is instead, where that is known.
    pub fn from_file_json(text: &str) -> Result<Self, Error> {
        if text.len() > LONGEST_FILE {
            return Err(wrong("the file is too large to be an OAuth client"));
        }
        let file: File =
            serde_json::from_str(text).map_err(|_| wrong("the file is not the JSON of an OAuth client"))?;
        if let Some(installed) = file.installed {
            return match installed.client_id {
                Some(id) if is_client_id(&id) => Ok(Self { id, secret: installed.client_secret }),
                _ => Err(wrong("the file holds no usable client_id")),
            };
        }
        if file.web.is_some() {
            return Err(wrong(
                "the file is for an OAuth client of type \"Web application\"; create one of type \"Desktop app\"",
            ));
        }
        Err(match file.kind.as_deref() {
            Some("service_account") => wrong("the file is a service account key, not an OAuth client"),
            Some("authorized_user") => wrong("the file holds gcloud's credentials, not an OAuth client"),
            Some("external_account" | "external_account_authorized_user") => {
                wrong("the file configures workload or workforce identity, not an OAuth client")
            }
            _ => {
                wrong("the file has no \"installed\" client; create an OAuth client of type \"Desktop app\"")
            }
        })
    }
}

fn is_client_id(id: &str) -> bool {
    !id.is_empty() && id.len() <= 512 && id.chars().all(|c| c.is_ascii_graphic())
}

fn wrong(message: &str) -> Error {
    Error::new(ErrorKind::InvalidClient, "read the OAuth client", message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    #[test]
    fn reads_a_desktop_client() {
        let client = OAuthClient::from_file_json(
            r#"{"installed":{"client_id":"1-a.apps.googleusercontent.com","project_id":"p","client_secret":"GOCSPX-x",
                "redirect_uris":["http://localhost"],"later":1}}"#,
        )
        .unwrap();
        assert_eq!(client.id, "1-a.apps.googleusercontent.com");
        assert_eq!(client.secret.as_ref().unwrap().expose_secret(), "GOCSPX-x");
        assert!(!format!("{client:?}").contains("GOCSPX"));
    }

    #[test]
    fn says_what_a_wrong_file_is() {
        let says = |text: &str| {
            let error = OAuthClient::from_file_json(text).unwrap_err();
            assert_eq!(error.kind, ErrorKind::InvalidClient);
            error.message
        };
        assert!(says(r#"{"web":{"client_id":"a"}}"#).contains("Web application"));
        assert!(says(r#"{"type":"service_account","private_key":"SECRET"}"#).contains("service account key"));
        assert!(says(r#"{"type":"authorized_user"}"#).contains("gcloud"));
        assert!(says(r#"{"type":"external_account"}"#).contains("identity"));
        assert!(says(r#"{"installed":{}}"#).contains("client_id"));
        assert!(says("{}").contains("installed"));
        assert!(says("[]").contains("not the JSON"));
        assert!(says(&" ".repeat(LONGEST_FILE + 1)).contains("too large"));
    }
}

//! Application Default Credentials: the file that `gcloud auth application-default login` leaves.

use std::{
    ffi::OsString,
    fs::File,
    io::{ErrorKind as IoKind, Read as _},
    path::PathBuf,
};

use google_cloud_auth::credentials::{
    AccessTokenCredentials, external_account, impersonated,
    service_account::{self, AccessSpecifier},
};
use secrecy::SecretString;
use serde::Deserialize;

use super::{CredentialSource, Credentials};
use crate::{
    client::OAuthClient,
    endpoints::Endpoints,
    error::{Error, ErrorKind},
};

const DOING: &str = "read the application default credentials";
const LONGEST_FILE: u64 = 1024 * 1024;
const FILE: &str = "application_default_credentials.json";
const SCOPES: [&str; 3] = ["https://www.googleapis.com/auth/cloud-platform", "openid", "email"];

type Environment<'a> = &'a dyn Fn(&str) -> Option<OsString>;

#[derive(Deserialize)]
struct Kind {
    #[serde(rename = "type", default)]
    kind: String,
}

#[derive(Deserialize)]
struct AuthorizedUser {
    client_id: String,
    client_secret: Option<SecretString>,
    refresh_token: SecretString,
}

pub(super) fn load(
    environment: Environment<'_>,
    endpoints: &Endpoints,
) -> Result<Option<Credentials>, Error> {
    let set = |name: &str| environment(name).filter(|value| !value.is_empty());
    let (path, named) = match set("GOOGLE_APPLICATION_CREDENTIALS") {
        Some(path) => (PathBuf::from(path), true),
        None => match gcloud_folder(&set) {
            Some(folder) => (folder.join(FILE), false),
            None => return Ok(None),
        },
    };
    let mut text = String::new();
    let read = File::open(&path)
        .and_then(|file| file.take(LONGEST_FILE.saturating_add(1)).read_to_string(&mut text));
    match read {
        Ok(_) => {}
        Err(error) if error.kind() == IoKind::NotFound && !named => return Ok(None),
        Err(error) => {
            return Err(Error::new(ErrorKind::Local, DOING, format!("{}: {error}", path.display())));
        }
    }
    if text.len() as u64 > LONGEST_FILE {
        return Err(broken());
    }
    parse(&text, endpoints).map(Some)
}

/// Where gcloud keeps its files.
fn gcloud_folder(set: &dyn Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    if let Some(folder) = set("CLOUDSDK_CONFIG") {
        return Some(PathBuf::from(folder));
    }
    if cfg!(windows) {
        set("APPDATA").map(|folder| PathBuf::from(folder).join("gcloud"))
    } else {
        set("HOME").map(|folder| PathBuf::from(folder).join(".config").join("gcloud"))
    }
}

fn parse(text: &str, endpoints: &Endpoints) -> Result<Credentials, Error> {
    let Kind { kind } = serde_json::from_str(text).map_err(|_| broken())?;
    let json = || serde_json::from_str::<serde_json::Value>(text).map_err(|_| broken());
    match kind.as_str() {
        "authorized_user" => {
            let AuthorizedUser { client_id, client_secret, refresh_token } =
                serde_json::from_str(text).map_err(|_| broken())?;
            let client = OAuthClient { id: client_id, secret: client_secret };
            Credentials::refreshing(endpoints, client, refresh_token, CredentialSource::ApplicationDefault)
        }
        "service_account" => {
            let scopes = AccessSpecifier::from_scopes(SCOPES);
            let built = service_account::Builder::new(json()?).with_access_specifier(scopes);
            library(built.build_access_token_credentials(), endpoints)
        }
        "impersonated_service_account" => {
            let built = impersonated::Builder::new(json()?).with_scopes(SCOPES);
            library(built.build_access_token_credentials(), endpoints)
        }
        "external_account" => {
            let built = external_account::Builder::new(json()?).with_scopes(SCOPES);
            library(built.build_access_token_credentials(), endpoints)
        }
        other => {
            let other = crate::error::clean(other, 60);
            Err(Error::new(
                ErrorKind::Unsupported,
                DOING,
                format!("credentials of type \"{other}\" are not supported"),
            ))
        }
    }
}

fn library<E>(built: Result<AccessTokenCredentials, E>, endpoints: &Endpoints) -> Result<Credentials, Error> {
    // The library's error could quote the file.
    built.map(|credentials| Credentials::library(credentials, endpoints)).map_err(|_| broken())
}

fn broken() -> Error {
    Error::new(ErrorKind::Decode, DOING, "the file is not one of Google's credential files")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(text: &str) -> ErrorKind {
        parse(text, &Endpoints::google()).unwrap_err().kind
    }

    #[test]
    fn reads_gclouds_user_file() {
        let credentials = parse(
            r#"{"account":"","client_id":"c","client_secret":"s","quota_project_id":"q","refresh_token":"r",
                "type":"authorized_user","universe_domain":"googleapis.com"}"#,
            &Endpoints::google(),
        )
        .unwrap();
        assert_eq!(credentials.source(), CredentialSource::ApplicationDefault);
        assert!(credentials.refresh_token().is_none(), "gcloud's token is not ours to keep");
    }

    #[test]
    fn says_what_it_cannot_use() {
        assert_eq!(kind(""), ErrorKind::Decode);
        assert_eq!(kind("{}"), ErrorKind::Unsupported);
        assert_eq!(kind(r#"{"type":"gdch_service_account"}"#), ErrorKind::Unsupported);
        assert_eq!(kind(r#"{"type":"authorized_user"}"#), ErrorKind::Decode);
        assert_eq!(kind(r#"{"type":"service_account"}"#), ErrorKind::Decode);
    }

    #[test]
    fn no_file_is_no_failure_unless_it_is_named() {
        let nowhere = |name: &str| (name == "CLOUDSDK_CONFIG").then(|| OsString::from("/nonexistent/gcloud"));
        assert!(load(&nowhere, &Endpoints::google()).unwrap().is_none());
        let named = |name: &str| {
            (name == "GOOGLE_APPLICATION_CREDENTIALS").then(|| OsString::from("/nonexistent/key.json"))
        };
        assert_eq!(load(&named, &Endpoints::google()).unwrap_err().kind, ErrorKind::Local);
        assert!(load(&|_| None, &Endpoints::google()).unwrap().is_none());
    }
}

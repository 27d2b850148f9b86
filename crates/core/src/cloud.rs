//! Which cloud the app talks to: Google's, or a local one named in the environment.

mod route;

use std::time::Duration;

use adit_contract::{CloudKind, Failure};
use adit_google::Endpoints;
use adit_tunnel::{RelayEndpoint, Roots};
use serde::Deserialize;
use url::{Host, Url};

use crate::{
    failure, file,
    words::{cloud as words, files},
};
pub use route::RelayRoute;

/// How long a local cloud may take to say where its relay is.
const DISCOVERY: Duration = Duration::from_secs(5);
/// The largest such answer, in bytes.
const LARGEST_ANSWER: usize = 64 * 1024;
/// The largest file of certificate authorities, in bytes.
const LARGEST_CA: u64 = 1024 * 1024;

/// A cloud: where its services are, and how what belongs to it is told from what belongs to another.
#[derive(Debug, Clone)]
pub struct Cloud {
    /// Google's or a local one.
    pub kind: CloudKind,
    /// For the status line.
    pub name: String,
    /// Stands in the names of keychain entries and in files: `google`, or a local cloud's address.
    pub id: String,
    /// The services.
    pub endpoints: Endpoints,
    /// The relay.
    pub relay: RelayEndpoint,
}

#[derive(Deserialize)]
struct WellKnown {
    relay: Url,
    ca: std::path::PathBuf,
}

impl Cloud {
    /// Google Cloud.
    ///
    /// # Errors
    /// None in practice: the addresses are constants.
    pub fn google() -> Result<Self, Failure> {
        let relay = RelayEndpoint::google().map_err(|error| failure::internal(error.to_string()))?;
        Ok(Self {
            kind: CloudKind::Google,
            name: words::GOOGLE.to_owned(),
            id: "google".to_owned(),
            endpoints: Endpoints::google(),
            relay,
        })
    }

    /// A local cloud, by its address on loopback. Asks it where its relay is.
    ///
    /// # Errors
    /// [`FailureCode::InvalidInput`](adit_contract::FailureCode::InvalidInput) for an address that is not on loopback,
    /// [`FailureCode::Network`](adit_contract::FailureCode::Network) when nothing answers there.
    pub async fn local(base: &Url) -> Result<Self, Failure> {
        if !is_loopback(base) {
            return Err(words::not_on_this_machine(base.as_str()));
        }
        let known = discover(base).await?;
        let pem = authorities(&known.ca).await?;
        Ok(Self {
            kind: CloudKind::Local,
            name: words::DEMO.to_owned(),
            id: base.as_str().trim_end_matches('/').to_owned(),
            endpoints: Endpoints::local(base),
            relay: RelayEndpoint::new(known.relay, Roots::Pem(pem)),
        })
    }

    /// The cloud that the environment names: `ADIT_CLOUD`, else Google's. Single addresses are replaced by
    /// `ADIT_COMPUTE_URL`, `ADIT_RESOURCE_MANAGER_URL`, `ADIT_OS_LOGIN_URL` and those of the services that explain a
    /// refusal (docs/cli.md), by `ADIT_RELAY_URL` and `ADIT_RELAY_CA`, and the way to the relay by what
    /// [`RelayRoute::from_environment`] reads.
    ///
    /// # Errors
    /// As [`Cloud::local`] and [`RelayRoute`]; [`FailureCode::InvalidInput`](adit_contract::FailureCode::InvalidInput)
    /// for what is not an address.
    pub async fn from_environment() -> Result<Self, Failure> {
        let mut cloud = match address("ADIT_CLOUD")? {
            Some(base) => Self::local(&base).await?,
            None => Self::google()?,
        };
        for (variable, place) in [
            ("ADIT_COMPUTE_URL", &mut cloud.endpoints.compute),
            ("ADIT_RESOURCE_MANAGER_URL", &mut cloud.endpoints.resource_manager),
            ("ADIT_OS_LOGIN_URL", &mut cloud.endpoints.os_login),
            ("ADIT_IAP_URL", &mut cloud.endpoints.iap),
            ("ADIT_IAM_URL", &mut cloud.endpoints.iam),
            ("ADIT_ACCESS_CONTEXT_URL", &mut cloud.endpoints.access_context),
            ("ADIT_CLOUD_IDENTITY_URL", &mut cloud.endpoints.cloud_identity),
            ("ADIT_LOGGING_URL", &mut cloud.endpoints.logging),
            ("ADIT_TROUBLESHOOTER_URL", &mut cloud.endpoints.troubleshooter),
            ("ADIT_RELAY_URL", &mut cloud.relay.url),
        ] {
            if let Some(url) = address(variable)? {
                *place = url;
            }
        }
        if let Some(path) = std::env::var_os("ADIT_RELAY_CA").filter(|path| !path.is_empty()) {
            cloud.relay.roots = Roots::Pem(authorities(path.as_ref()).await?);
        }
        RelayRoute::from_environment()?.apply(&mut cloud.relay).await?;
        Ok(cloud)
    }

    /// The name of a keychain entry of this cloud.
    pub(crate) fn entry(&self, kind: &str, of: &str) -> String {
        format!("{kind}|{}|{of}", self.id)
    }
}

fn address(variable: &str) -> Result<Option<Url>, Failure> {
    let Some(text) = std::env::var(variable).ok().filter(|text| !text.is_empty()) else { return Ok(None) };
    Url::parse(&text).map(Some).map_err(|error| words::no_address(variable, &text, error.to_string()))
}

fn is_loopback(url: &Url) -> bool {
    url.scheme() == "http"
        && match url.host() {
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
            None => false,
        }
}

async fn discover(base: &Url) -> Result<WellKnown, Failure> {
    let silent = |why: String| words::silent(base.as_str(), why);
    let address = format!("{}/.well-known/adit-cloud", base.as_str().trim_end_matches('/'));
    let asked = async {
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| error.to_string())?;
        let mut answer = client
            .get(address)
            .send()
            .await
            .and_then(reqwest::Response::error_for_status)
            .map_err(|error| error.to_string())?;
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| error.to_string())? {
            body.extend_from_slice(&chunk);
            if body.len() > LARGEST_ANSWER {
                return Err("the answer is too large".to_owned());
            }
        }
        serde_json::from_slice(&body).map_err(|error| error.to_string())
    };
    match tokio::time::timeout(DISCOVERY, asked).await {
        Ok(known) => known.map_err(silent),
        Err(_) => Err(silent("no answer in time".to_owned())),
    }
}

async fn authorities(path: &std::path::Path) -> Result<Vec<u8>, Failure> {
    let named = path.to_owned();
    file::blocking(move || file::read_at_most(&named, LARGEST_CA))
        .await
        .map_err(|error| files::failure(words::AUTHORITIES_NOT_READ, path, &error))
}

#[cfg(test)]
mod tests {
    use adit_contract::FailureCode;

    use super::*;

    #[tokio::test]
    async fn a_local_cloud_is_on_this_machine() {
        for address in [
            "http://cloud.example.com/",
            "https://127.0.0.1:1/",
            "http://10.0.0.1/",
            "http://127.0.0.1.example.com/",
        ] {
            let failure = Cloud::local(&Url::parse(address).unwrap()).await.unwrap_err();
            assert_eq!(failure.code, FailureCode::InvalidInput, "{address}");
        }
        let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let failure = Cloud::local(&Url::parse(&format!("http://{closed}/")).unwrap()).await.unwrap_err();
        assert_eq!(failure.code, FailureCode::Network);
    }

    #[tokio::test]
    async fn authorities_come_from_a_file_of_some_size() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.pem");
        let file = std::fs::File::create(&path).unwrap();
        file.set_len(LARGEST_CA).unwrap();
        assert_eq!(authorities(&path).await.unwrap().len() as u64, LARGEST_CA);
        file.set_len(LARGEST_CA + 1).unwrap();
        for path in [path.as_path(), folder.path()] {
            assert_eq!(authorities(path).await.unwrap_err().code, FailureCode::File);
        }
    }

    #[test]
    fn entries_of_two_clouds_differ() {
        let google = Cloud::google().unwrap();
        let mut other = google.clone();
        other.id = "http://127.0.0.1:1".to_owned();
        assert_ne!(google.entry("refresh-token", "a"), other.entry("refresh-token", "a"));
    }
}

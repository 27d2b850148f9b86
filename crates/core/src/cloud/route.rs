//! How the relay is reached, as far as somebody has chosen it.

use std::path::{Path, PathBuf};

use adit_contract::Failure;
use adit_tunnel::{ClientIdentity, EndpointError, ProxyChoice, RelayAddress, RelayEndpoint};
use secrecy::SecretString;

use crate::{
    file,
    words::{cloud as words, files},
};

/// The largest file of a client certificate or of its key, in bytes.
const LARGEST_IDENTITY: u64 = 1024 * 1024;

/// What was chosen of the way to the relay, by environment variables or by options; what is not chosen stays as it
/// is.
#[derive(Debug, Default, Clone)]
pub struct RelayRoute {
    /// Where the relay is dialled under its own name.
    pub address: Option<RelayAddress>,
    /// PEM files of a client certificate and of its key.
    pub identity: Option<(PathBuf, PathBuf)>,
    /// Which proxy leads there.
    pub proxy: Option<ProxyChoice>,
}

impl RelayRoute {
    /// What `ADIT_RELAY_ADDRESS`, `ADIT_CLIENT_CERTIFICATE` with `ADIT_CLIENT_KEY`, and `ADIT_PROXY` say.
    ///
    /// # Errors
    /// [`FailureCode::InvalidInput`](adit_contract::FailureCode::InvalidInput) for what cannot be understood, and for
    /// one half of an identity.
    pub fn from_environment() -> Result<Self, Failure> {
        Self::from_variables(|name| std::env::var_os(name).filter(|value| !value.is_empty()))
    }

    fn from_variables(value: impl Fn(&str) -> Option<std::ffi::OsString>) -> Result<Self, Failure> {
        let text = |name: &str| value(name).map(|value| value.to_string_lossy().into_owned());
        let identity = match (value("ADIT_CLIENT_CERTIFICATE"), value("ADIT_CLIENT_KEY")) {
            (Some(certificate), Some(key)) => Some((certificate.into(), key.into())),
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => {
                return Err(words::certificate_without_key());
            }
        };
        Self {
            address: chosen("ADIT_RELAY_ADDRESS", text("ADIT_RELAY_ADDRESS").as_deref())?,
            identity,
            proxy: None,
        }
        .with_proxy("ADIT_PROXY", text("ADIT_PROXY").as_deref())
    }

    /// Takes the proxy that `name`, an option or a variable, names.
    ///
    /// # Errors
    /// [`FailureCode::InvalidInput`](adit_contract::FailureCode::InvalidInput) for what cannot be understood, without
    /// its text: it may hold a password.
    pub fn with_proxy(mut self, name: &str, text: Option<&str>) -> Result<Self, Failure> {
        self.proxy = chosen(name, text)?;
        Ok(self)
    }

    /// Has `relay` reached this way.
    ///
    /// # Errors
    /// [`FailureCode::File`](adit_contract::FailureCode::File) for a file that cannot be read,
    /// [`FailureCode::InvalidInput`](adit_contract::FailureCode::InvalidInput) for one that holds no identity.
    pub async fn apply(self, relay: &mut RelayEndpoint) -> Result<(), Failure> {
        if let Some((certificate, key)) = self.identity {
            relay.identity = Some(identity(&certificate, &key).await?);
        }
        if self.address.is_some() {
            relay.address = self.address;
        }
        if let Some(proxy) = self.proxy {
            relay.proxy = proxy;
        }
        Ok(())
    }
}

/// The text is in no failure: it may hold a password.
fn chosen<T: std::str::FromStr<Err = EndpointError>>(
    name: &str,
    text: Option<&str>,
) -> Result<Option<T>, Failure> {
    text.map(str::parse)
        .transpose()
        .map_err(|error: EndpointError| words::variable_unusable(name, error.to_string()))
}

async fn identity(certificate: &Path, key: &Path) -> Result<ClientIdentity, Failure> {
    let named = certificate.to_owned();
    let certificates = file::blocking(move || file::read_at_most(&named, LARGEST_IDENTITY))
        .await
        .map_err(|error| files::failure(words::IDENTITY_NOT_READ, certificate, &error))?;
    let named = key.to_owned();
    let secret =
        file::blocking(move || file::read_text_at_most(&named, LARGEST_IDENTITY).map(SecretString::from))
            .await
            .map_err(|error| files::failure(words::IDENTITY_NOT_READ, key, &error))?;
    ClientIdentity::from_pem(&certificates, secret)
        .map_err(|error| words::identity_unusable(certificate, key, error.to_string()))
}

#[cfg(test)]
mod tests {
    use adit_contract::FailureCode;

    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<RelayRoute, Failure> {
        RelayRoute::from_variables(|name| {
            variables.iter().find(|(given, _)| *given == name).map(|(_, value)| (*value).into())
        })
    }

    #[tokio::test]
    async fn what_is_not_chosen_stays() {
        let mut relay = RelayEndpoint::google().unwrap();
        relay.proxy = ProxyChoice::None;
        read(&[]).unwrap().apply(&mut relay).await.unwrap();
        assert!(matches!(relay.proxy, ProxyChoice::None));
        assert!(relay.address.is_none() && relay.identity.is_none());
        let route = read(&[("ADIT_RELAY_ADDRESS", "10.1.2.3"), ("ADIT_PROXY", "http://proxy:3128")]).unwrap();
        route.apply(&mut relay).await.unwrap();
        assert!(matches!(relay.proxy, ProxyChoice::Manual(_)));
        assert_eq!(relay.address.unwrap().to_string(), "10.1.2.3");
    }

    #[test]
    fn what_cannot_be_used_is_named_without_its_secrets() {
        for (variable, value) in
            [("ADIT_PROXY", "socks5://user:hunter2@proxy:1080"), ("ADIT_RELAY_ADDRESS", "https://relay/")]
        {
            let failure = read(&[(variable, value)]).unwrap_err();
            assert_eq!(failure.code, FailureCode::InvalidInput);
            assert!(failure.title.starts_with(variable), "{}", failure.title);
            assert!(!format!("{failure:?}").contains("hunter2"));
        }
        for half in ["ADIT_CLIENT_CERTIFICATE", "ADIT_CLIENT_KEY"] {
            assert_eq!(read(&[(half, "a.pem")]).unwrap_err().code, FailureCode::InvalidInput);
        }
    }

    #[tokio::test]
    async fn an_identity_comes_from_files() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.pem");
        let route = || RelayRoute { identity: Some((path.clone(), path.clone())), ..RelayRoute::default() };
        let mut relay = RelayEndpoint::google().unwrap();
        assert_eq!(route().apply(&mut relay).await.unwrap_err().code, FailureCode::File);
        std::fs::write(&path, "no PEM").unwrap();
        let failure = route().apply(&mut relay).await.unwrap_err();
        assert_eq!(failure.code, FailureCode::InvalidInput);
        assert!(relay.identity.is_none());
    }
}

//! Where each service is.

use std::net::IpAddr;

use url::{Host, Url};

use crate::error::{Error, ErrorKind};

/// The address of every service this crate calls.
///
/// The first four are whole addresses, the others are bases below which Google's own paths stand
/// (`compute` ends before `/compute/v1`). Each can be set singly. Plain `http` is accepted for loopback only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoints {
    /// The page a person signs in on.
    pub authorize: Url,
    /// The token endpoint.
    pub token: Url,
    /// The revocation endpoint.
    pub revoke: Url,
    /// The endpoint that tells who a token belongs to.
    pub userinfo: Url,
    /// Base of Compute Engine.
    pub compute: Url,
    /// Base of Resource Manager.
    pub resource_manager: Url,
    /// Base of OS Login.
    pub os_login: Url,
    /// Base of Identity-Aware Proxy.
    pub iap: Url,
    /// Base of IAM: roles, deny policies, boundaries.
    pub iam: Url,
    /// Base of Access Context Manager.
    pub access_context: Url,
    /// Base of Cloud Identity.
    pub cloud_identity: Url,
    /// Base of Cloud Logging.
    pub logging: Url,
    /// Base of Policy Troubleshooter.
    pub troubleshooter: Url,
}

impl Endpoints {
    /// Google's own.
    #[must_use]
    pub fn google() -> Self {
        Self {
            authorize: fixed("https://accounts.google.com/o/oauth2/v2/auth"),
            token: fixed("https://oauth2.googleapis.com/token"),
            revoke: fixed("https://oauth2.googleapis.com/revoke"),
            userinfo: fixed("https://openidconnect.googleapis.com/v1/userinfo"),
            compute: fixed("https://compute.googleapis.com/"),
            resource_manager: fixed("https://cloudresourcemanager.googleapis.com/"),
            os_login: fixed("https://oslogin.googleapis.com/"),
            iap: fixed("https://iap.googleapis.com/"),
            iam: fixed("https://iam.googleapis.com/"),
            access_context: fixed("https://accesscontextmanager.googleapis.com/"),
            cloud_identity: fixed("https://cloudidentity.googleapis.com/"),
            logging: fixed("https://logging.googleapis.com/"),
            troubleshooter: fixed("https://policytroubleshooter.googleapis.com/"),
        }
    }

    /// Those of a local cloud: Google's own paths below `base`, and below the service's host name where
    /// services share a path.
    #[must_use]
    pub fn local(base: &Url) -> Self {
        Self {
            authorize: below(base, "o/oauth2/v2/auth"),
            token: below(base, "token"),
            revoke: below(base, "revoke"),
            userinfo: below(base, "openidconnect.googleapis.com/v1/userinfo"),
            compute: below(base, ""),
            resource_manager: below(base, ""),
            os_login: below(base, "oslogin.googleapis.com/"),
            iap: below(base, "iap.googleapis.com/"),
            iam: below(base, "iam.googleapis.com/"),
            access_context: below(base, "accesscontextmanager.googleapis.com/"),
            cloud_identity: below(base, "cloudidentity.googleapis.com/"),
            logging: below(base, "logging.googleapis.com/"),
            troubleshooter: below(base, "policytroubleshooter.googleapis.com/"),
        }
    }

    /// Who issues the credentials of this cloud: an origin such as `https://accounts.google.com`. With the
    /// subject it names an account for good.
    #[must_use]
    pub fn issuer(&self) -> String {
        self.authorize.origin().ascii_serialization()
    }

    /// Whether access tokens come from Google's own token endpoint.
    #[must_use]
    pub fn is_google(&self) -> bool {
        self.token.origin() == Self::google().token.origin()
    }

    /// Refuses addresses over which a secret would travel in clear, and a mixture that would send Google's
    /// tokens to a server on this machine.
    pub(crate) fn check(&self) -> Result<(), Error> {
        for url in self.all() {
            match url.scheme() {
                "https" => {}
                "http" if is_loopback(url) => {}
                _ => {
                    return Err(Error::new(
                        ErrorKind::InvalidArgument,
                        "check the configured addresses",
                        format!("{} must be https, or http on loopback", shown(url)),
                    ));
                }
            }
            if is_loopback(url) != is_loopback(&self.token) {
                return Err(Error::new(
                    ErrorKind::InvalidArgument,
                    "check the configured addresses",
                    format!("{} and {} belong to different clouds", shown(url), shown(&self.token)),
                ));
            }
        }
        Ok(())
    }

    fn all(&self) -> [&Url; 13] {
        [
            &self.authorize,
            &self.token,
            &self.revoke,
            &self.userinfo,
            &self.compute,
            &self.resource_manager,
            &self.os_login,
            &self.iap,
            &self.iam,
            &self.access_context,
            &self.cloud_identity,
            &self.logging,
            &self.troubleshooter,
        ]
    }
}

/// A URL without what could be secret in it.
fn shown(url: &Url) -> String {
    format!("{}{}", url.origin().ascii_serialization(), url.path())
}

/// `path` below `base`, with its trailing slash if it has one. An empty path gives the base itself.
pub(crate) fn below(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_query(None);
    url.set_fragment(None);
    url.set_path(&format!("{}/{path}", base.path().trim_end_matches('/')));
    url
}

pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => IpAddr::V4(ip).is_loopback(),
        Some(Host::Ipv6(ip)) => IpAddr::V6(ip).is_loopback(),
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        None => false,
    }
}

#[expect(clippy::expect_used, reason = "constant text, parsed by a test")]
fn fixed(text: &'static str) -> Url {
    Url::parse(text).expect("a constant address parses")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn googles_addresses_pass_their_own_check() {
        let google = Endpoints::google();
        google.check().unwrap();
        assert!(google.is_google());
        assert_eq!(google.issuer(), "https://accounts.google.com");
    }

    #[test]
    fn a_local_cloud_is_below_its_base() {
        let local = Endpoints::local(&Url::parse("http://127.0.0.1:8080/").unwrap());
        local.check().unwrap();
        assert!(!local.is_google());
        assert_eq!(local.token.as_str(), "http://127.0.0.1:8080/token");
        assert_eq!(local.os_login.as_str(), "http://127.0.0.1:8080/oslogin.googleapis.com/");
        assert_eq!(local.compute.as_str(), "http://127.0.0.1:8080/");
        let deeper = Endpoints::local(&Url::parse("http://127.0.0.1:8080/cloud").unwrap());
        assert_eq!(deeper.authorize.as_str(), "http://127.0.0.1:8080/cloud/o/oauth2/v2/auth");
    }

    #[test]
    fn clear_text_and_mixtures_are_refused() {
        let mut plain = Endpoints::google();
        plain.compute = Url::parse("http://compute.example.com/").unwrap();
        assert_eq!(plain.check().unwrap_err().kind, ErrorKind::InvalidArgument);
        let mut mixed = Endpoints::google();
        mixed.compute = Url::parse("http://127.0.0.1:9/").unwrap();
        assert_eq!(mixed.check().unwrap_err().kind, ErrorKind::InvalidArgument);
        let mut private = Endpoints::google();
        private.compute = Url::parse("https://compute-corp.p.googleapis.com/").unwrap();
        private.check().unwrap();
    }
}

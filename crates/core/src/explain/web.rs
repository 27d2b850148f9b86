//! Web apps behind IAP: asked for by the command only.

use adit_contract::{Failure, TunnelTarget};
use url::Url;

use super::words::asking;

/// A web app that IAP stands before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebApp {
    pub(super) project: String,
    /// IAP's nodes of it below the project, most specific first; the last is `iap_web`.
    pub(super) nodes: Vec<String>,
    pub(super) host: String,
    pub(super) path: String,
}

impl WebApp {
    /// By its address, and by IAP's name below the project where that is known, such as
    /// `iap_web/compute/services/4711`. Without it, the policies that hold for all web apps of the project are read.
    ///
    /// # Errors
    /// [`FailureCode::InvalidInput`](adit_contract::FailureCode::InvalidInput) for an address without a host, or a name
    /// that is none of IAP's.
    pub fn new(url: &Url, project: &str, resource: Option<&str>) -> Result<Self, Failure> {
        let host = url.host_str().ok_or_else(|| asking::no_host(url))?;
        let nodes = match resource {
            None => vec!["iap_web".to_owned()],
            Some(resource) => nodes(resource).ok_or_else(|| asking::no_web_app(resource))?,
        };
        Ok(Self { project: project.to_owned(), nodes, host: host.to_owned(), path: url.path().to_owned() })
    }

    /// As an explanation names it.
    pub(super) fn target(&self) -> TunnelTarget {
        TunnelTarget::Host {
            project: self.project.clone(),
            region: String::new(),
            network: String::new(),
            group: String::new(),
            host: self.host.clone(),
            port: 443,
        }
    }
}

/// A resource and those above it: `iap_web`, a kind, then pairs of a collection and a name.
fn nodes(resource: &str) -> Option<Vec<String>> {
    let parts: Vec<&str> = resource.split('/').collect();
    let plain = |part: &&str| !part.is_empty();
    if parts.first() != Some(&"iap_web") || !parts.iter().all(plain) || parts.len() > 8 {
        return None;
    }
    let lengths =
        [1, 2].into_iter().chain((4..=parts.len()).step_by(2)).filter(|length| *length <= parts.len());
    let mut nodes: Vec<String> = lengths.filter_map(|length| Some(parts.get(..length)?.join("/"))).collect();
    nodes.reverse();
    (nodes.first().is_some_and(|first| first == resource)).then_some(nodes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_web_apps_nodes_are_those_that_have_policies() {
        assert_eq!(
            nodes("iap_web/compute/services/4711").unwrap(),
            ["iap_web/compute/services/4711", "iap_web/compute", "iap_web"]
        );
        assert_eq!(nodes("iap_web").unwrap(), ["iap_web"]);
        for wrong in ["", "iap_tunnel", "iap_web/", "iap_web/compute/services", "iap_web//services/1"] {
            assert_eq!(nodes(wrong), None, "{wrong}");
        }
    }
}

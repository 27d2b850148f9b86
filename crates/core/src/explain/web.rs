//! Web apps behind IAP: asked for by the command only.

use adit_contract::{Failure, FailureCode, TunnelTarget};
use url::Url;

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
    /// [`FailureCode::InvalidInput`] for an address without a host, or a name that is none of IAP's.
    pub fn new(url: &Url, project: &str, resource: Option<&str>) -> Result<Self, Failure> {
        let wrong = |title: String, advice: &str| Failure::new(FailureCode::InvalidInput, title, advice);
        let host = url
            .host_str()
            .ok_or_else(|| wrong(format!("{url} names no host"), "Give the address as https://HOST/PATH"))?;
        let nodes = match resource {
            None => vec!["iap_web".to_owned()],
            Some(resource) => nodes(resource).ok_or_else(|| {
                wrong(
                    format!("`{resource}` is no web app of IAP's"),
                    "Such as iap_web/compute/services/4711 or iap_web/appengine-PROJECT/services/default",
                )
            })?,
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

/// What IAP answered to a browser: the text or HTML of its page, as a person pasted it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Denial {
    /// The address that was asked for, where the text names it.
    pub url: Option<Url>,
    /// The number of the error.
    pub code: Option<String>,
    /// The page of Google's console that explains this denial, for an administrator.
    pub troubleshooter: Option<Url>,
}

/// Links that are looked at.
const MOST_LINKS: usize = 200;

impl Denial {
    /// Reads a page, as far as anything in it is known.
    #[must_use]
    pub fn read(page: &[u8]) -> Self {
        let text = String::from_utf8_lossy(page).replace("&amp;", "&");
        let links = text
            .split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | '(' | ')'))
            .filter(|word| word.starts_with("https://"))
            .take(MOST_LINKS)
            .filter_map(|word| Url::parse(word.trim_end_matches(['.', ',', ';'])).ok());
        let mut denial = Self { code: code(&text), ..Self::default() };
        for link in links {
            let host = link.host_str().unwrap_or_default();
            let is_googles = host == "google.com"
                || [".google.com", ".googleapis.com", ".gstatic.com", ".googleusercontent.com"]
                    .iter()
                    .any(|end| host.ends_with(end));
            if host == "console.cloud.google.com" && link.path().contains("troubleshoot") {
                denial.troubleshooter.get_or_insert(link);
            } else if !is_googles {
                denial.url.get_or_insert(link);
            }
        }
        denial
    }
}

/// The number after "error code".
fn code(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let at = lower.find("error code")?;
    let rest = lower.get(at..)?.trim_start_matches("error code");
    let number: String =
        rest.chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).take(10).collect();
    Some(number).filter(|number| !number.is_empty())
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

    #[test]
    fn a_pasted_page_is_read_as_far_as_it_is_known() {
        let page = br#"<html>You don't have access. <a href="https://support.google.com/x">Help</a>
            <a href="https://console.cloud.google.com/security/cap/troubleshooter/summary?token=abc&amp;x=1">T</a>
            You asked for https://app.acme.example/admin. Error code: 4033 </html>"#;
        let denial = Denial::read(page);
        assert_eq!(denial.url.unwrap().as_str(), "https://app.acme.example/admin");
        assert_eq!(denial.code.as_deref(), Some("4033"));
        assert!(denial.troubleshooter.unwrap().as_str().ends_with("token=abc&x=1"));
        assert_eq!(Denial::read(b"\xff\xfe<<<"), Denial::default());
    }
}

//! This computer's public address, only from where the person has allowed (specification, section 7.2).

use std::{net::IpAddr, time::Duration};

use adit_contract::PublicAddress;
use adit_google::{Error, Google};

/// The most addresses that are taken.
const MOST: usize = 8;
/// The longest answer of an echo service, in bytes.
const LONGEST: usize = 1024;
const TIME: Duration = Duration::from_secs(3);

/// The addresses, which may be none.
pub(super) async fn learn(from: &PublicAddress, google: &Google) -> Result<Vec<String>, Error> {
    Ok(match from {
        PublicAddress::AuditOnly => Vec::new(),
        PublicAddress::Manual { addresses } => addresses
            .iter()
            .filter_map(|address| address.trim().parse::<IpAddr>().ok())
            .take(MOST)
            .map(|address| address.to_string())
            .collect(),
        PublicAddress::Echo { url } => {
            echo(url).await.into_iter().map(|address| address.to_string()).collect()
        }
        // A local cloud's world ends at this machine.
        PublicAddress::GoogleDns if google.endpoints().is_google() => super::dns::ask().await,
        PublicAddress::GoogleDns => Vec::new(),
    })
}

/// Asks the organisation's own service. Nothing about the person is sent.
async fn echo(url: &str) -> Option<IpAddr> {
    let url = url::Url::parse(url).ok().filter(|url| url.scheme() == "https")?;
    let client =
        reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).timeout(TIME).build().ok()?;
    let mut answer = client.get(url).send().await.ok()?.error_for_status().ok()?;
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.ok()? {
        if body.len().saturating_add(chunk.len()) > LONGEST {
            return None;
        }
        body.extend_from_slice(&chunk);
    }
    address_in(&String::from_utf8_lossy(&body))
}

/// The first address in a text, which may be JSON.
fn address_in(text: &str) -> Option<IpAddr> {
    let words = text.split(|c: char| !(c.is_ascii_hexdigit() || c == '.' || c == ':'));
    words
        .filter(|word| word.len() > 2)
        .find_map(|word| word.trim_matches([':', '.']).parse().ok().or_else(|| word.parse().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_found_in_what_such_services_answer() {
        for (text, address) in [
            ("198.51.100.7\n", "198.51.100.7"),
            (r#"{"ip":"2001:db8::7","country":"DE"}"#, "2001:db8::7"),
            ("Current IP Address: 203.0.113.9", "203.0.113.9"),
        ] {
            assert_eq!(address_in(text), address.parse().ok(), "{text}");
        }
        assert_eq!(address_in("<html>sign in first</html>"), None);
    }

    #[tokio::test]
    async fn only_https_is_asked() {
        assert_eq!(echo("http://127.0.0.1:9/").await, None);
        assert_eq!(echo("file:///etc/hosts").await, None);
    }
}

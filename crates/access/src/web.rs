//! A 403 that somebody pasted: what a page or body of a web app behind IAP tells of the refusal.

use serde_json::Value as Json;

use crate::input::{Input, Observed};

/// Longest text that is looked at, in bytes.
const MAX_LENGTH: usize = 256 * 1024;

/// What a pasted page or body tells.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WebDenial {
    /// Whether the text shows that IAP wrote it rather than the app behind it.
    pub by_iap: bool,
    /// The number behind `Error code`.
    pub error_code: Option<u32>,
    /// The account that was refused.
    pub email: Option<String>,
    /// The refused host and path, if the text names a URL.
    pub url: Option<(String, String)>,
    /// Google's troubleshooting link, word for word. It may hold a token: shown on request, never logged.
    pub troubleshooting_url: Option<String>,
    /// A JSON error, for [`crate::explain`].
    pub body: Option<Json>,
}

/// Reads a pasted 403.
#[must_use]
pub fn read_web_denial(text: &str) -> WebDenial {
    let mut end = text.len().min(MAX_LENGTH);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let text = text.get(..end).unwrap_or_default();
    let lower = text.to_ascii_lowercase();
    let says = |mark: &str| lower.contains(mark);
    let body = text.find('{').and_then(|start| {
        let mut values = serde_json::Deserializer::from_str(text.get(start..)?).into_iter::<Json>();
        values.next()?.ok().filter(|body| body.get("error").is_some())
    });
    let urls = urls(text);
    let is_google = |url: &&str| url.starts_with("https://console.cloud.google.com/");
    let troubleshooting = urls.iter().copied().filter(is_google).find(|url| url.contains("troubleshoot"));
    WebDenial {
        by_iap: says("x-goog-iap-generated-response")
            || says("identity-aware proxy")
            || says("you don't have access")
            || says("you don\u{2019}t have access")
            || troubleshooting.is_some(),
        error_code: after(&lower, "error code").and_then(|rest| {
            let digits = rest.trim_start_matches([':', ' ', '#']);
            digits.get(..digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len()))?.parse().ok()
        }),
        email: email(text),
        url: urls.iter().copied().find_map(refused_url),
        troubleshooting_url: troubleshooting.map(str::to_owned),
        body,
    }
}

impl WebDenial {
    /// Puts what the text tells into an input, where the input does not know better.
    pub fn complete(&self, input: &mut Input) {
        if let Some(body) = &self.body {
            input.observed = Observed::Rest { http_status: Some(403), body: Some(body.clone()) };
        } else if input.observed == Observed::Unknown {
            input.observed = Observed::Web;
        }
        if input.principal.email.is_none() {
            input.principal.email.clone_from(&self.email);
        }
        if let (None, Some((host, path))) = (&input.target.host, &self.url) {
            input.target.host = Some(host.clone());
            input.target.path.get_or_insert_with(|| path.clone());
        }
    }
}

fn after<'a>(text: &'a str, mark: &str) -> Option<&'a str> {
    text.split_once(mark).map(|(_, rest)| rest)
}

fn urls(text: &str) -> Vec<&str> {
    let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | ')');
    text.match_indices("https://")
        .filter_map(|(start, _)| text.get(start..))
        .map(|rest| rest.split(ends).next().unwrap_or(rest))
        .collect()
}

/// Host and path of an address that is not Google's own.
fn refused_url(url: &str) -> Option<(String, String)> {
    let rest = url.strip_prefix("https://")?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (host, rest) = rest.split_at(end);
    let host = host.rsplit('@').next()?.split(':').next()?;
    let googles = ["google.com", "gstatic.com", "googleapis.com"];
    let is_of = |own: &str| host == own || host.strip_suffix(own).is_some_and(|rest| rest.ends_with('.'));
    if host.is_empty() || googles.into_iter().any(is_of) {
        return None;
    }
    let path = rest.split(['?', '#']).next().filter(|path| !path.is_empty()).unwrap_or("/");
    Some((host.to_owned(), path.to_owned()))
}

fn email(text: &str) -> Option<String> {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '+' | '@');
    text.split(|c: char| !is_part(c)).find_map(|word| {
        let word = word.trim_matches('.');
        let (name, domain) = word.split_once('@')?;
        let valid = !name.is_empty() && domain.contains('.') && !domain.contains('@');
        valid.then(|| word.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_iap() {
        let page = "<h1>You don't have access</h1> ana@acme.example cannot open \
                    https://wiki.acme.example/team?x=1. Error code 9. \
                    <a href=\"https://console.cloud.google.com/iap/troubleshooter?token=T\">Troubleshoot</a>";
        let found = read_web_denial(page);
        assert!(found.by_iap);
        assert_eq!(found.error_code, Some(9));
        assert_eq!(found.email.as_deref(), Some("ana@acme.example"));
        assert_eq!(found.url, Some(("wiki.acme.example".to_owned(), "/team".to_owned())));
        assert!(found.troubleshooting_url.is_some_and(|url| url.ends_with("token=T")));
    }

    #[test]
    fn a_body_and_other_texts() {
        let body = read_web_denial("HTTP/2 403\n\n{\"error\": {\"code\": 403, \"message\": \"x\"}} trailing");
        assert!(body.body.is_some());
        for text in ["", "{", "https://", "https://@:/", "@", "\u{1f600}@\u{1f600}.", "error code"] {
            assert_eq!(read_web_denial(text), WebDenial::default(), "{text}");
        }
    }
}

//! What may stand in a text or a list.

use std::{
    net::IpAddr,
    path::{Component, Path},
};

use super::declared::Check;
use crate::words::settings as words;

/// Longest line of a list, in characters: as long as paths get.
const LONGEST_LINE: u32 = 4096;

/// A line without the space around it.
pub(super) fn line(text: &str, max: u32) -> Result<String, String> {
    let text = text.trim();
    if u32::try_from(text.chars().count()).map_or(true, |length| length > max) {
        return Err(words::characters_at_most(max));
    }
    if text.chars().any(char::is_control) {
        return Err(words::ONLY_SHOWN.to_owned());
    }
    Ok(text.to_owned())
}

/// Lines, each once and none empty.
pub(super) fn lines(all: &[String], max: u32, check: Check) -> Result<Vec<String>, String> {
    let mut kept: Vec<String> = Vec::new();
    for text in all {
        let text = line(text, LONGEST_LINE)?;
        if text.is_empty() {
            continue;
        }
        let text = check(&text)?;
        if !kept.contains(&text) {
            kept.push(text);
        }
        if u32::try_from(kept.len()).map_or(true, |count| count > max) {
            return Err(words::kept_at_most(max));
        }
    }
    Ok(kept)
}

/// Whom a desktop begins with: `NAME`, `DOMAIN\NAME` or `NAME@DOMAIN`.
pub(super) fn user(text: &str) -> Result<String, String> {
    // What Windows allows in no name.
    let odd = |c: char| {
        matches!(c, '"' | '/' | '[' | ']' | ':' | ';' | '|' | '=' | ',' | '+' | '*' | '?' | '<' | '>')
    };
    let domains = text.matches('\\').count();
    if text.contains(odd) || domains > 1 || text.starts_with('\\') || text.ends_with('\\') {
        return Err(words::USER.to_owned());
    }
    Ok(text.to_owned())
}

/// A project id, such as `acme-prod` or, in a domain of its own, `acme.example:prod`.
/// <https://cloud.google.com/resource-manager/docs/creating-managing-projects>
pub(super) fn project(text: &str) -> Result<String, String> {
    let is_id = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.' | ':');
    if text.len() > 128 || !text.starts_with(|c: char| c.is_ascii_lowercase()) || !text.chars().all(is_id) {
        return Err(words::no_project(text));
    }
    Ok(text.to_owned())
}

/// A folder of this computer, by its whole path.
pub(super) fn folder(text: &str) -> Result<String, String> {
    let path = Path::new(text);
    let up = path.components().any(|part| matches!(part, Component::ParentDir | Component::CurDir));
    if !path.is_absolute() || up {
        return Err(words::no_whole_path(text));
    }
    Ok(text.to_owned())
}

/// An address that the internet sees.
pub(super) fn public_address(text: &str) -> Result<String, String> {
    let Ok(address) = text.parse::<IpAddr>() else {
        return Err(words::no_address(text));
    };
    if is_inside(address) {
        return Err(words::inside_a_network(text));
    }
    Ok(address.to_string())
}

/// Whether only some network of its own sees an address.
fn is_inside(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(four) => {
            let [first, second, ..] = four.octets();
            first == 0
                || four.is_private()
                || four.is_loopback()
                || four.is_link_local()
                || first >= 224
                // Shared by the customers of a provider (RFC 6598).
                || (first == 100 && (64..128).contains(&second))
        }
        IpAddr::V6(six) => {
            six.is_loopback()
                || six.is_unspecified()
                || six.is_unique_local()
                || six.is_unicast_link_local()
                || six.is_multicast()
        }
    }
}

/// The web address of a service that answers with the caller's address.
pub(super) fn address_service(text: &str) -> Result<String, String> {
    let url = url::Url::parse(text).ok().filter(|url| url.has_host());
    let Some(url) = url else {
        return Err(words::WEB_ADDRESS.to_owned());
    };
    if url.scheme() != "https" {
        return Err(words::HTTPS.to_owned());
    }
    // What is in a setting is no place for a password.
    if !url.username().is_empty() || url.password().is_some() {
        return Err(words::NO_PASSWORD.to_owned());
    }
    Ok(url.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_by_hand_is_one_that_the_internet_sees() {
        for right in ["198.51.100.7", "2001:db8::7"] {
            assert_eq!(public_address(right).as_deref(), Ok(right));
        }
        for wrong in [
            "198.51.100.0/24",
            "example.com",
            "198.51.100",
            "256.1.1.1",
            "::g",
            "[2001:db8::1]",
            "fe80::1%eth0",
        ] {
            assert!(public_address(wrong).is_err_and(|said| said.contains("is no IPv4")), "{wrong}");
        }
        for inside in [
            "10.0.0.4",
            "127.0.0.1",
            "172.31.0.1",
            "192.168.1.1",
            "100.64.0.1",
            "169.254.1.1",
            "::1",
            "fd00::1",
            "fe80::1",
            "0.0.0.0",
            "224.0.0.1",
        ] {
            assert!(public_address(inside).is_err_and(|said| said.contains("inside")), "{inside}");
        }
    }

    #[test]
    fn an_address_service_is_reached_by_https_and_without_a_password() {
        assert_eq!(
            address_service("https://ip.acme.example/me").as_deref(),
            Ok("https://ip.acme.example/me")
        );
        for wrong in [
            "ip.acme.example",
            "http://ip.acme.example",
            "javascript:alert(1)",
            "https://ana:s@ip.acme.example",
        ] {
            assert!(address_service(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_line_is_trimmed_short_and_shown() {
        assert_eq!(line("  ana ", 3).as_deref(), Ok("ana"));
        assert!(line("anna", 3).is_err());
        assert!(line("a\u{1b}[2J", 30).is_err());
        let twice = ["10".to_owned(), " 10 ".to_owned(), String::new()];
        assert_eq!(lines(&twice, 1, |text| Ok(text.to_owned())), Ok(vec!["10".to_owned()]));
        assert!(lines(&["a".to_owned(), "b".to_owned()], 1, |text| Ok(text.to_owned())).is_err());
    }

    #[test]
    fn a_project_is_named_by_its_id() {
        for right in ["acme-prod", "acme.example:prod", "p1"] {
            assert_eq!(project(right).as_deref(), Ok(right));
        }
        for wrong in ["Acme Prod", "1234", "-a", "a/b", "a b", &"a".repeat(129)] {
            assert!(project(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_user_may_have_one_domain() {
        for right in ["ana", r"ACME\ana", "ana@acme.example", "Ana Maria"] {
            assert!(user(right).is_ok(), "{right}");
        }
        for wrong in [r"A\B\c", r"\ana", r"ACME\", "a:b", "a/b"] {
            assert!(user(wrong).is_err(), "{wrong}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_is_named_from_the_top() {
        assert!(folder("/home/ana/Shared").is_ok());
        for wrong in ["Shared", "./Shared", "/home/../etc", "~"] {
            assert!(folder(wrong).is_err(), "{wrong}");
        }
    }
}

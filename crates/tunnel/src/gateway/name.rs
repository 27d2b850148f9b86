//! `NAME.ZONE.PROJECT.adit`: a VM's port as the name of a host.

use super::{GatewayTarget, Refused, RefusedKind};

/// The longest name of a host (RFC 1035 section 2.3.4, without the trailing dot).
const MAX_NAME: usize = 253;
/// The longest part of one, and so the longest name of an instance or a zone.
const MAX_LABEL: usize = 63;
/// The shortest and longest project identifier.
const PROJECT: std::ops::RangeInclusive<usize> = 6..=30;
const SUFFIX: &str = "adit";

/// Reads a host name in any case, with or without a trailing dot. Projects within a domain (`example.com:project`) have
/// no such name: a colon may stand in none.
pub(super) fn target(host: &str, port: u16) -> Result<GatewayTarget, Refused> {
    let refused = |why: &str| {
        // The name is a client's: what is no name is not repeated.
        let shown = host.len() <= MAX_NAME && host.bytes().all(|byte| byte.is_ascii_graphic());
        let host = if shown { host } else { "this host" };
        Refused::new(RefusedKind::Target, format!("{host} {why}"))
    };
    let lower = host.to_ascii_lowercase();
    let name = lower.strip_suffix('.').unwrap_or(&lower);
    if name.len() > MAX_NAME {
        return Err(refused("is too long a name"));
    }
    let labels: Vec<&str> = name.split('.').collect();
    if labels.last() != Some(&SUFFIX) {
        return Err(refused("is not reached this way: only NAME.ZONE.PROJECT.adit is"));
    }
    if name.contains(':') {
        return Err(refused("is in a project within a domain, which has no name of this kind"));
    }
    let [name, zone, project, _] = labels.as_slice() else {
        return Err(refused("is not of the form NAME.ZONE.PROJECT.adit"));
    };
    if !is_label(name) || !is_label(zone) {
        return Err(refused("does not name a VM and its zone"));
    }
    if !is_label(project) || !PROJECT.contains(&project.len()) {
        return Err(refused("does not name a project by its identifier"));
    }
    if port == 0 {
        return Err(refused("has no port 0"));
    }
    Ok(GatewayTarget {
        name: (*name).to_owned(),
        zone: (*zone).to_owned(),
        project: (*project).to_owned(),
        port,
    })
}

/// Lower-case letters, digits and hyphens, a letter first and no hyphen last: what instances, zones and projects have
/// in common.
fn is_label(label: &str) -> bool {
    label.len() <= MAX_LABEL
        && label.starts_with(|first: char| first.is_ascii_lowercase())
        && !label.ends_with('-')
        && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vms_name_is_read() {
        let expected = GatewayTarget {
            name: "web-1".to_owned(),
            zone: "europe-west3-c".to_owned(),
            project: "shop-prod".to_owned(),
            port: 22,
        };
        for host in ["web-1.europe-west3-c.shop-prod.adit", "WEB-1.Europe-West3-C.shop-prod.ADIT."] {
            assert_eq!(target(host, 22).unwrap(), expected, "{host}");
        }
    }

    #[test]
    fn every_other_name_is_refused() {
        let long = format!("{}.us-central1-a.shop-prod.adit", "a".repeat(64));
        for host in [
            "",
            ".",
            "adit",
            "example.com",
            "127.0.0.1",
            "::1",
            "localhost",
            "metadata.google.internal",
            "web-1.us-central1-a.shop-prod",
            "us-central1-a.shop-prod.adit",
            "a.web-1.us-central1-a.shop-prod.adit",
            "web-1.us-central1-a.shop-prod.adit.example.com",
            "web-1.us-central1-a.shop-prod.adit..",
            ".us-central1-a.shop-prod.adit",
            "web_1.us-central1-a.shop-prod.adit",
            "-web.us-central1-a.shop-prod.adit",
            "web-.us-central1-a.shop-prod.adit",
            "1web.us-central1-a.shop-prod.adit",
            "web-1.us-central1-a.short.adit",
            "web-1.us-central1-a.a-project-id-of-31-characters-xx.adit",
            "web-1.us-central1-a.123456789012.adit",
            "web-1.us-central1-a.example.com:shop-prod.adit",
            "web-1.us-central1-a.shop:prod.adit",
            "web-1.us-central1-a.shöp-prod.adit",
            "web-1%2e.us-central1-a.shop-prod.adit",
            &long,
        ] {
            assert_eq!(target(host, 22).unwrap_err().kind, RefusedKind::Target, "{host}");
        }
        assert!(target("web-1.us-central1-a.shop-prod.adit", 0).is_err());
        let hostile = target("x\r\n\u{1b}[31m.adit", 22).unwrap_err();
        assert!(hostile.why.starts_with("this host "), "{}", hostile.why);
    }
}

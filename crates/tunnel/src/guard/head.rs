//! The head of an HTTP/1 request: for whom it is, where it comes from, and where its body ends (RFC 9112 section 6).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use httparse::{EMPTY_HEADER, Request, Status};

/// The longest head, in bytes, the empty line included.
pub(super) const MAX_HEAD: usize = 64 * 1024;
/// The most lines in a head.
const MAX_HEADERS: usize = 128;
/// The port of an authority that names none.
const DEFAULT_PORT: u16 = 80;

const MALFORMED: &str = "an HTTP request is malformed";
const BODY: &str = "an HTTP request leaves it open where it ends";

/// What a head says about what follows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) body: Body,
    /// It asks for another protocol on this connection.
    pub(super) changes_protocol: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Body {
    None,
    /// In bytes.
    Length(u64),
    Chunked,
}

/// Whether a request line, with its end, is one.
pub(super) fn examine_line(line: &[u8]) -> Result<(), &'static str> {
    let mut headers = [];
    match Request::new(&mut headers).parse(line) {
        Ok(Status::Partial | Status::Complete(_)) => Ok(()),
        Err(httparse::Error::Version) => Err("only HTTP/1 can be examined"),
        Err(_) => Err("what came to an HTTP port is not an HTTP request"),
    }
}

/// Reads a complete head that came to `port`.
///
/// # Errors
/// Why it is refused, in words.
pub(super) fn examine(head: &[u8], port: u16) -> Result<Head, &'static str> {
    let mut headers = [EMPTY_HEADER; MAX_HEADERS];
    let mut request = Request::new(&mut headers);
    if !matches!(request.parse(head), Ok(Status::Complete(length)) if length == head.len()) {
        return Err(MALFORMED);
    }
    let (Some(method), Some(target), Some(version)) = (request.method, request.path, request.version) else {
        return Err(MALFORMED);
    };
    if method == "CONNECT" {
        return Err("what passes after a CONNECT cannot be examined");
    }
    // A target with a host of its own would count for more than the Host line.
    if !target.starts_with('/') && target != "*" {
        return Err("an HTTP request is meant for a proxy");
    }
    let mut found = Found::default();
    for header in request.headers.iter() {
        let value = str::from_utf8(header.value).map_err(|_| MALFORMED)?.trim_ascii();
        found.note(header.name, value, port)?;
    }
    if !found.host {
        return Err("an HTTP request does not say which host it is for");
    }
    let body = match (found.chunked, found.length) {
        // HTTP/1.0 knows no chunks: whoever sends it may mean something else.
        (true, None) if version == 1 => Body::Chunked,
        (true, _) => return Err(BODY),
        (false, Some(length)) => Body::Length(length),
        (false, None) => Body::None,
    };
    Ok(Head { body, changes_protocol: found.upgrade })
}

#[derive(Default)]
struct Found {
    host: bool,
    chunked: bool,
    length: Option<u64>,
    upgrade: bool,
}

impl Found {
    fn note(&mut self, name: &str, value: &str, port: u16) -> Result<(), &'static str> {
        let is = |other: &str| name.eq_ignore_ascii_case(other);
        if is("host") {
            if self.host {
                return Err("an HTTP request says twice which host it is for");
            }
            if local_port(value) != Some(port) {
                return Err("an HTTP request is for another host");
            }
            self.host = true;
        } else if is("origin") {
            let authority = value.strip_prefix("http://").or_else(|| value.strip_prefix("https://"));
            if authority.and_then(local_port).is_none() {
                return Err("an HTTP request comes from a page of another site");
            }
        } else if is("sec-fetch-site") {
            if value.eq_ignore_ascii_case("cross-site") {
                return Err("an HTTP request comes from a page of another site");
            }
        } else if is("content-length") {
            if self.length.is_some() || !is_number(value) {
                return Err(BODY);
            }
            self.length = Some(value.parse().map_err(|_| BODY)?);
        } else if is("transfer-encoding") {
            if self.chunked || !value.eq_ignore_ascii_case("chunked") {
                return Err(BODY);
            }
            self.chunked = true;
        } else if is("upgrade") {
            if value.to_ascii_lowercase().contains("h2c") {
                return Err("only HTTP/1 can be examined");
            }
            self.upgrade = true;
        }
        Ok(())
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The port of an authority whose host is this machine by name or address; `None` for any other.
fn local_port(authority: &str) -> Option<u16> {
    let (host, port) = match authority.rsplit_once(':') {
        // A colon may also be the address's own.
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        Some(_) | None => (authority, None),
    };
    let port = match port {
        Some(port) if is_number(port) => port.parse().ok()?,
        Some(_) => return None,
        None => DEFAULT_PORT,
    };
    let is_local = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(address) => {
            address.parse::<Ipv6Addr>().is_ok_and(|ip| IpAddr::V6(ip).to_canonical().is_loopback())
        }
        None => {
            host.eq_ignore_ascii_case("localhost")
                || host.parse::<Ipv4Addr>().is_ok_and(|ip| ip.is_loopback())
        }
    };
    is_local.then_some(port)
}

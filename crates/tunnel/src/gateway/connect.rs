//! HTTP/1 CONNECT (RFC 9110 sections 9.3.6 and 11.7, RFC 7617).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use httparse::{EMPTY_HEADER, Header, Request, Status};
use secrecy::{ExposeSecret as _, SecretSlice};

use super::{Denial, Login, MAX_MESSAGE, Refused, RefusedKind, Step, name};

/// The answer to a request that is granted; the tunnel's bytes follow.
pub(super) const GRANTED: &[u8] = b"HTTP/1.1 200 Connection established\r\n\r\n";
/// The most lines in a head.
const MAX_HEADERS: usize = 64;

const BAD_REQUEST: &str = "400 Bad Request";
const FORBIDDEN: &str = "403 Forbidden";
const METHOD_NOT_ALLOWED: &str = "405 Method Not Allowed";
const LOGIN_REQUIRED: &str = "407 Proxy Authentication Required";
const TOO_LARGE: &str = "431 Request Header Fields Too Large";
const BAD_GATEWAY: &str = "502 Bad Gateway";
const UNAVAILABLE: &str = "503 Service Unavailable";
const TIMED_OUT: &str = "504 Gateway Timeout";

/// The answer to a request that was understood and is denied.
pub(super) fn denied(denial: Denial, why: &str) -> Vec<u8> {
    let status = match denial {
        Denial::NotAllowed => FORBIDDEN,
        Denial::NotFound | Denial::PortClosed | Denial::Failed => BAD_GATEWAY,
        Denial::Busy => UNAVAILABLE,
        Denial::TimedOut => TIMED_OUT,
    };
    answer(status, "", why)
}

/// An answer after which the connection is closed; `lines` of the head are complete with their ends.
fn answer(status: &str, lines: &str, why: &str) -> Vec<u8> {
    let body = format!("{why}\n");
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\n{lines}Content-Type: text/plain; charset=utf-8\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n{body}"
    )
    .into_bytes()
}

fn refuse(kind: RefusedKind, status: &str, lines: &str, why: &str) -> Step {
    Step::Refuse(Refused::new(kind, why), answer(status, lines, why))
}

/// Looks at all bytes that have come.
pub(super) fn step(bytes: &[u8], login: Option<&Login>) -> Step {
    let mut headers = [EMPTY_HEADER; MAX_HEADERS];
    let mut request = Request::new(&mut headers);
    let length = match request.parse(bytes) {
        Ok(Status::Complete(length)) if length <= MAX_MESSAGE => length,
        Ok(Status::Partial) if bytes.len() < MAX_MESSAGE => return Step::More,
        Ok(Status::Complete(_) | Status::Partial) => {
            return refuse(RefusedKind::Malformed, TOO_LARGE, "", "the client's request is too long");
        }
        Err(_) => {
            let why = "neither SOCKS5 nor an HTTP request came from the client";
            return refuse(RefusedKind::Malformed, BAD_REQUEST, "", why);
        }
    };
    if request.method != Some("CONNECT") {
        let why = "only CONNECT is served: this way leads to the VMs' ports and is no proxy for web pages";
        return refuse(RefusedKind::Command, METHOD_NOT_ALLOWED, "Allow: CONNECT\r\n", why);
    }
    if let Some(login) = login
        && !is_authorised(request.headers, login)
    {
        let lines = "Proxy-Authenticate: Basic realm=\"adit\", charset=\"UTF-8\"\r\n";
        let why = "a user name and password are needed, and those given are wrong or missing";
        return refuse(RefusedKind::Login, LOGIN_REQUIRED, lines, why);
    }
    // Where a body ends the tunnel's bytes begin: there must be no two opinions about it.
    let has_body = |header: &Header<'_>| {
        header.name.eq_ignore_ascii_case("transfer-encoding")
            || header.name.eq_ignore_ascii_case("content-length") && header.value != b"0"
    };
    if request.headers.iter().any(has_body) {
        return refuse(RefusedKind::Malformed, BAD_REQUEST, "", "a CONNECT has no body");
    }
    let Some((host, port)) = request.path.and_then(authority) else {
        return refuse(RefusedKind::Malformed, BAD_REQUEST, "", "a CONNECT names a host and a port");
    };
    match name::target(host, port) {
        Ok(target) => Step::Asked(length, target),
        Err(refused) => {
            let answer = answer(FORBIDDEN, "", &refused.why);
            Step::Refuse(refused, answer)
        }
    }
}

fn authority(target: &str) -> Option<(&str, u16)> {
    let (host, port) = target.rsplit_once(':')?;
    let is_number = port.bytes().all(|byte| byte.is_ascii_digit());
    Some((host, port.parse().ok().filter(|_| is_number)?))
}

/// Whether the one `Proxy-Authorization` line is of Basic and has the login.
fn is_authorised(headers: &[Header<'_>], login: &Login) -> bool {
    let mut lines = headers.iter().filter(|header| header.name.eq_ignore_ascii_case("proxy-authorization"));
    let (Some(line), None) = (lines.next(), lines.next()) else { return false };
    let Some((scheme, credentials)) = str::from_utf8(line.value).ok().and_then(|value| value.split_once(' '))
    else {
        return false;
    };
    let Ok(decoded) = STANDARD.decode(credentials.trim_ascii()).map(SecretSlice::from) else { return false };
    let decoded = decoded.expose_secret();
    let Some(colon) = decoded.iter().position(|byte| *byte == b':') else { return false };
    let (user, password) = decoded.split_at(colon);
    scheme.eq_ignore_ascii_case("basic") && login.is(user, password.get(1..).unwrap_or_default())
}

//! SOCKS version 5 (RFC 1928) with user name and password (RFC 1929). No message of it has more than 515 bytes.

use super::{Denial, Login, Refused, RefusedKind, Step, name};

/// The version, and so the first byte of every message but those of a login.
pub(super) const VERSION: u8 = 5;
/// The version of the login's messages.
const LOGIN_VERSION: u8 = 1;

const NO_LOGIN: u8 = 0;
const USER_PASSWORD: u8 = 2;
const CONNECT: u8 = 1;
const IPV4: u8 = 1;
const DOMAIN: u8 = 3;
const IPV6: u8 = 4;

/// The answer to a request that is granted: the address that the tunnel has at its far end is not known, so it is
/// 0.0.0.0, port 0.
pub(super) const GRANTED: [u8; 10] = reply(0);

/// The answer to a request, with a code of RFC 1928 section 6.
const fn reply(code: u8) -> [u8; 10] {
    [VERSION, code, 0, IPV4, 0, 0, 0, 0, 0, 0]
}

const FAILED: u8 = 1;
const NOT_ALLOWED: u8 = 2;
const HOST_UNREACHABLE: u8 = 4;
const CONNECTION_REFUSED: u8 = 5;
const EXPIRED: u8 = 6;
const COMMAND_NOT_SUPPORTED: u8 = 7;
const ADDRESS_NOT_SUPPORTED: u8 = 8;

/// The answer to a request that was understood and is denied. There is no code for too many connections.
pub(super) fn denied(denial: Denial) -> [u8; 10] {
    reply(match denial {
        Denial::NotAllowed => NOT_ALLOWED,
        Denial::NotFound => HOST_UNREACHABLE,
        Denial::PortClosed => CONNECTION_REFUSED,
        Denial::TimedOut => EXPIRED,
        Denial::Busy | Denial::Failed => FAILED,
    })
}

/// Which message comes next.
#[derive(Debug, Default)]
pub(super) enum Socks {
    #[default]
    Methods,
    Login,
    Request,
}

impl Socks {
    pub(super) fn step(&mut self, bytes: &[u8], login: Option<&Login>) -> Step {
        let mut parts = Parts(bytes);
        let step = match self {
            Self::Methods => methods(&mut parts, login),
            Self::Login => credentials(&mut parts, login),
            Self::Request => request(&mut parts),
        };
        let Some(part) = step else { return Step::More };
        let length = bytes.len() - parts.0.len();
        match part {
            Part::Next(next, answer) => {
                *self = next;
                Step::Answer(length, answer)
            }
            Part::Asked(target) => Step::Asked(length, target),
            Part::Refuse(refused, answer) => Step::Refuse(refused, answer),
        }
    }
}

/// What a message that has come whole leads to.
enum Part {
    Next(Socks, &'static [u8]),
    Asked(super::GatewayTarget),
    Refuse(Refused, Vec<u8>),
}

/// A message's bytes; `None` from a method means that not all have come.
struct Parts<'a>(&'a [u8]);

impl<'a> Parts<'a> {
    fn bytes(&mut self, length: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.bytes(N)?.first_chunk().copied()
    }

    /// A length of one byte, then so many bytes.
    fn counted(&mut self) -> Option<&'a [u8]> {
        let [length] = self.array()?;
        self.bytes(usize::from(length))
    }
}

fn malformed(answer: &[u8]) -> Part {
    let refused = Refused::new(RefusedKind::Malformed, "the client breaks the rules of SOCKS5");
    Part::Refuse(refused, answer.to_vec())
}

fn methods(parts: &mut Parts<'_>, login: Option<&Login>) -> Option<Part> {
    let [_version] = parts.array()?;
    let offered = parts.counted()?;
    let (wanted, next, answer): (u8, Socks, &'static [u8]) = if login.is_some() {
        (USER_PASSWORD, Socks::Login, &[VERSION, USER_PASSWORD])
    } else {
        (NO_LOGIN, Socks::Request, &[VERSION, NO_LOGIN])
    };
    if offered.contains(&wanted) {
        return Some(Part::Next(next, answer));
    }
    let why = if login.is_some() {
        "the client offers no user name and password"
    } else {
        "the client insists on a login, and none is set"
    };
    Some(Part::Refuse(Refused::new(RefusedKind::Login, why), vec![VERSION, 0xff]))
}

fn credentials(parts: &mut Parts<'_>, login: Option<&Login>) -> Option<Part> {
    let [version] = parts.array()?;
    if version != LOGIN_VERSION {
        return Some(malformed(&[LOGIN_VERSION, FAILED]));
    }
    let (user, password) = (parts.counted()?, parts.counted()?);
    if login.is_some_and(|login| login.is(user, password)) {
        return Some(Part::Next(Socks::Request, &[LOGIN_VERSION, 0]));
    }
    let refused = Refused::new(RefusedKind::Login, "the client's user name or password is wrong");
    Some(Part::Refuse(refused, vec![LOGIN_VERSION, FAILED]))
}

fn request(parts: &mut Parts<'_>) -> Option<Part> {
    let [version, command, reserved, kind] = parts.array()?;
    if version != VERSION || reserved != 0 {
        return Some(malformed(&reply(FAILED)));
    }
    let refuse = |kind, why, code| Some(Part::Refuse(Refused::new(kind, why), reply(code).to_vec()));
    if command != CONNECT {
        let why = "the client asks for something other than a connection";
        return refuse(RefusedKind::Command, why, COMMAND_NOT_SUPPORTED);
    }
    match kind {
        DOMAIN => {}
        IPV4 | IPV6 => {
            let why = "the client names an address; it has to leave names to be looked up here";
            return refuse(RefusedKind::Target, why, ADDRESS_NOT_SUPPORTED);
        }
        _ => return Some(malformed(&reply(ADDRESS_NOT_SUPPORTED))),
    }
    let host = String::from_utf8_lossy(parts.counted()?);
    let port = u16::from_be_bytes(parts.array()?);
    Some(match name::target(&host, port) {
        Ok(target) => Part::Asked(target),
        Err(refused) => Part::Refuse(refused, reply(NOT_ALLOWED).to_vec()),
    })
}

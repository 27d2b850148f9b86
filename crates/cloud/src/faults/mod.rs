//! Switchable faults of the relay (`iap-relay-protocol` specification, section 7, point 8) and of the HTTP services.
//!
//! The names are the same on the command line (`--fault NAME=VALUE`), in the JSON of
//! `PUT /.well-known/adit-cloud/faults` and here, with hyphens for underscores.

mod api;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use api::{ApiFault, ApiFaultKind, TokenFault};

/// APIs with a fault at once.
const MOST_APIS: usize = 64;

/// What the cloud does wrong on purpose. The default is a cloud without faults.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Faults {
    /// Drops the connection after this many payload bytes towards the client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drop_after: Option<u64>,
    /// Drops the connection after this many payload bytes from the client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drop_up_after: Option<u64>,
    /// Whether a dropped connection ends with TLS close_notify (`true`) or with nothing at all (`false`).
    pub drop_clean: bool,
    /// Whether drops happen again on each resumed connection (`true`) or once in a session (`false`).
    pub repeat: bool,
    /// Closes with a code after a number of payload bytes towards the client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub close_after: Option<CloseAfter>,
    /// Bytes that the relay keeps unacknowledged before it stops sending.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<u64>,
    /// Payload bytes from the client after which the relay acknowledges.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ack_every: Option<u64>,
    /// Largest payload of a DATA frame, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frame: Option<u32>,
    /// Refuses the WebSocket upgrade with this HTTP status (200 to 599).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_status: Option<u16>,
    /// Closes a new session with this code right after the upgrade.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connect_close: Option<u16>,
    /// Closes a resumed session with this code right after the upgrade.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reconnect_close: Option<u16>,
    /// Sends WebSocket pings.
    pub ping: bool,
    /// Interleaves frames with unknown tags.
    pub junk: bool,
    /// Acknowledges a part of what arrived when a session is resumed.
    pub partial_ack: bool,
    /// What APIs do wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub api: Vec<ApiFault>,
    /// How the token endpoint refuses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<TokenFault>,
}

/// `N:CODE`: a number of bytes and the close code that follows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CloseAfter {
    /// Payload bytes towards the client.
    pub bytes: u64,
    /// WebSocket close code.
    pub code: u16,
}

/// A fault that does not exist, or a value it cannot have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("fault {name}: {problem}")]
pub struct FaultError {
    /// The name as given.
    pub name: String,
    /// What is wrong.
    pub problem: String,
}

impl CloseAfter {
    fn parse(text: &str) -> Option<Self> {
        let (bytes, code) = text.split_once(':')?;
        let code = code.parse().ok().filter(|code| close_code(*code))?;
        Some(Self { bytes: bytes.parse().ok()?, code })
    }
}

impl Serialize for CloseAfter {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{}:{}", self.bytes, self.code))
    }
}

impl<'de> Deserialize<'de> for CloseAfter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text)
            .ok_or_else(|| D::Error::custom("expected N:CODE with a close code of 1000 to 4999"))
    }
}

/// Codes that an endpoint may put into a Close frame.
const fn close_code(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

impl Faults {
    /// Sets one fault by its name; `off` takes it away again.
    ///
    /// # Errors
    /// An unknown name, or a value of the wrong kind or range. The faults are then as they were.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), FaultError> {
        let wrong = |problem: &str| FaultError { name: name.to_owned(), problem: problem.to_owned() };
        let mut next = self.clone();
        let off = value == "off";
        let number = || {
            if off {
                Ok(None)
            } else {
                value.parse::<u64>().map(Some).map_err(|_| wrong("expected a number or `off`"))
            }
        };
        let short = || match number()? {
            None => Ok(None),
            Some(number) => u16::try_from(number).map(Some).map_err(|_| wrong("too large")),
        };
        let switch = || match value {
            "true" | "1" | "on" => Ok(true),
            "false" | "0" | "off" => Ok(false),
            _ => Err(wrong("expected `true` or `false`")),
        };
        match name {
            "drop-after" => next.drop_after = number()?,
            "drop-up-after" => next.drop_up_after = number()?,
            "drop-clean" => next.drop_clean = switch()?,
            "repeat" => next.repeat = switch()?,
            "close-after" if off => next.close_after = None,
            "close-after" => {
                let parsed = CloseAfter::parse(value)
                    .ok_or_else(|| wrong("expected N:CODE with a close code of 1000 to 4999"))?;
                next.close_after = Some(parsed);
            }
            "window" => next.window = number()?,
            "ack-every" => next.ack_every = number()?,
            "frame" => {
                next.frame = match number()? {
                    None => None,
                    Some(number) => Some(u32::try_from(number).map_err(|_| wrong("too large"))?),
                };
            }
            "http-status" => next.http_status = short()?,
            "connect-close" => next.connect_close = short()?,
            "reconnect-close" => next.reconnect_close = short()?,
            "ping" => next.ping = switch()?,
            "junk" => next.junk = switch()?,
            "partial-ack" => next.partial_ack = switch()?,
            "api" if off => next.api.clear(),
            // one more each time
            "api" => next.api.push(ApiFault::parse(value).ok_or_else(|| wrong(api::API_FORM))?),
            "token" if off => next.token = None,
            "token" => {
                let parsed = TokenFault::parse(value);
                next.token =
                    Some(parsed.ok_or_else(|| wrong("expected `invalid-rapt`, `revoked` or `restricted`"))?);
            }
            _ => return Err(wrong("no such fault")),
        }
        next.check()?;
        *self = next;
        Ok(())
    }

    /// Whether every value is one that the relay can play.
    ///
    /// # Errors
    /// The first value out of range.
    pub fn check(&self) -> Result<(), FaultError> {
        let wrong =
            |name: &str, problem: &str| FaultError { name: name.to_owned(), problem: problem.to_owned() };
        for (name, value) in [
            ("drop-after", self.drop_after),
            ("drop-up-after", self.drop_up_after),
            ("window", self.window),
            ("ack-every", self.ack_every),
            ("frame", self.frame.map(u64::from)),
        ] {
            if value == Some(0) {
                return Err(wrong(name, "must be at least 1"));
            }
        }
        if self.api.len() > MOST_APIS {
            return Err(wrong("api", "too many"));
        }
        if self.frame.is_some_and(|frame| frame > 16_384) {
            return Err(wrong("frame", "at most 16384"));
        }
        if self.http_status.is_some_and(|status| !(200..=599).contains(&status)) {
            return Err(wrong("http-status", "expected 200 to 599"));
        }
        for (name, code) in [("connect-close", self.connect_close), ("reconnect-close", self.reconnect_close)]
        {
            if code.is_some_and(|code| !close_code(code)) {
                return Err(wrong(name, "expected a close code of 1000 to 4999"));
            }
        }
        Ok(())
    }
}

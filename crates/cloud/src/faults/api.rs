//! Faults of the HTTP services: an API that never answers, answers nonsense or answers an error; a token endpoint that
//! refuses.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What one API, or one of its methods, does wrong: `SERVICE:KIND` or `SERVICE/METHOD:KIND`, for example
/// `logging.googleapis.com:hang` or `iap.googleapis.com/getIamPolicy:429`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiFault {
    /// The service's host name.
    pub service: String,
    /// The end of the paths that are concerned; `None` for all of them.
    pub method: Option<String>,
    /// What happens.
    pub kind: ApiFaultKind,
}

/// What happens to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApiFaultKind {
    /// Nothing comes back.
    Hang,
    /// A 200 with a body that is no JSON.
    Garbage,
    /// A 200 with JSON of another shape than any client expects.
    Strange,
    /// An HTTP status of 400 to 599, with Google's error body; 429 and 503 have a `Retry-After`.
    Status(u16),
}

impl ApiFault {
    pub(super) fn parse(text: &str) -> Option<Self> {
        // a method may have colons of its own, as `entries:list` has
        let (place, kind) = text.rsplit_once(':')?;
        let kind = match kind {
            "hang" => ApiFaultKind::Hang,
            "garbage" => ApiFaultKind::Garbage,
            "strange" => ApiFaultKind::Strange,
            status => {
                ApiFaultKind::Status(status.parse().ok().filter(|status| (400..=599).contains(status))?)
            }
        };
        let (service, method) = match place.split_once('/') {
            Some((service, method)) => {
                (service, Some(method.to_owned()).filter(|method| !method.is_empty())?.into())
            }
            None => (place, None),
        };
        service.ends_with(".googleapis.com").then(|| Self { service: service.to_owned(), method, kind })
    }

    /// Whether the fault is for a call of a service by its path.
    pub(crate) fn concerns(&self, service: &str, path: &str) -> bool {
        self.service == service && self.method.as_ref().is_none_or(|method| path.ends_with(method.as_str()))
    }
}

impl Serialize for ApiFault {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let kind = match self.kind {
            ApiFaultKind::Hang => "hang".to_owned(),
            ApiFaultKind::Garbage => "garbage".to_owned(),
            ApiFaultKind::Strange => "strange".to_owned(),
            ApiFaultKind::Status(status) => status.to_string(),
        };
        match &self.method {
            Some(method) => serializer.collect_str(&format_args!("{}/{method}:{kind}", self.service)),
            None => serializer.collect_str(&format_args!("{}:{kind}", self.service)),
        }
    }
}

pub(super) const API_FORM: &str = "expected SERVICE:KIND or SERVICE/METHOD:KIND, with KIND hang, garbage, strange or a status of 400 to 599";

impl<'de> Deserialize<'de> for ApiFault {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).ok_or_else(|| D::Error::custom(API_FORM))
    }
}

/// How the token endpoint refuses whoever asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TokenFault {
    /// The session's length is used up: `invalid_grant` with `invalid_rapt`.
    InvalidRapt,
    /// The grant was revoked.
    Revoked,
    /// Context-aware access refuses: `access_denied` with `Account restricted`.
    Restricted,
}

impl TokenFault {
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text {
            "invalid-rapt" => Some(Self::InvalidRapt),
            "revoked" => Some(Self::Revoked),
            "restricted" => Some(Self::Restricted),
            _ => None,
        }
    }
}

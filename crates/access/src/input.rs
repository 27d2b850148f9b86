//! What an explanation is made from: the refusal, the question, and every policy that could be read
//! (specification, section 12). Core builds it from real answers; JSON of the same shape is read leniently.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, de};
use serde_json::{Map, Value};

use crate::json::{FromJson, member, member_or_default};
use crate::policy::{AllowNode, Deny, Levels};

/// Everything known about one refused (or asked-for) access. `Default` knows nothing, so every value is U.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Input {
    /// What the server said.
    pub observed: Observed,
    /// The time of the request by the server's clock.
    pub now: Option<Timestamp>,
    /// Who asked.
    pub principal: Principal,
    /// For what.
    pub target: Target,
    /// What this computer knows about itself.
    pub client: Client,
    /// Proven memberships by member string (`group:EMAIL`); absent means unknown.
    pub groups: BTreeMap<String, Membership>,
    /// Permissions of the roles that were read, by role id; absent means unread.
    pub roles: BTreeMap<String, Vec<String>>,
    /// Allow policies, most specific node first.
    pub allow: Vec<AllowNode>,
    /// Deny policies.
    pub deny: Deny,
    /// Whether principal access boundaries were listed and are empty.
    pub pab_clear: bool,
    /// Whether perimeters were listed and none contains the project.
    pub no_perimeter: bool,
    /// Access levels.
    pub levels: Levels,
    /// The audit record of the refused attempt.
    pub audit: Option<Audit>,
    /// The answer of `testIamPermissions`, if there was one.
    pub test_iam: Option<bool>,
}

/// What the server said, by the channel on which it said it (specification, section 2).
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Observed {
    /// The tunnel's WebSocket.
    WebSocket {
        /// The close code, if the handshake succeeded.
        close_code: Option<i64>,
        /// The close reason, word for word.
        reason: Option<String>,
        /// The HTTP status of a handshake that failed.
        handshake_status: Option<i64>,
    },
    /// The OAuth token endpoint.
    Token {
        /// The HTTP status.
        http_status: Option<i64>,
        /// `error`.
        error: Option<String>,
        /// `error_description`.
        description: Option<String>,
        /// `error_uri`: a link for the administrator, and a secret. Never logged.
        uri: Option<String>,
        /// `error_subtype`.
        subtype: Option<String>,
    },
    /// A REST call.
    Rest {
        /// The HTTP status.
        http_status: Option<i64>,
        /// The body as it came.
        body: Option<Value>,
    },
    /// An IAP-secured web app answered 403.
    Web,
    /// Nothing was refused: somebody asks beforehand. Nothing is inferred then. Never read from JSON.
    NotTried,
    /// Anything else, or nothing.
    #[default]
    Unknown,
}

/// The kinds of caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrincipalKind {
    /// A Google account.
    User,
    /// A service account.
    ServiceAccount,
    /// An identity of a workforce pool.
    Workforce,
}

/// The caller. What is missing compares as unknown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Principal {
    /// Its kind.
    pub kind: Option<PrincipalKind>,
    /// The address of a Google account or service account.
    pub email: Option<String>,
    /// The `hd` claim of the ID token.
    pub hosted_domain: Option<String>,
    /// `principal://…/subject/S` of a workforce identity.
    pub subject: Option<String>,
}

/// What the caller wants to reach.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Target {
    /// Project id.
    pub project_id: Option<String>,
    /// Project number.
    pub project_number: Option<String>,
    /// Zone of the VM.
    pub zone: Option<String>,
    /// Name of the VM.
    pub instance: Option<String>,
    /// Number of the VM.
    pub instance_id: Option<String>,
    /// Internal IPv4 address of the VM.
    pub ip: Option<String>,
    /// TCP port.
    pub port: Option<i64>,
    /// Host name of a web app (web only).
    pub host: Option<String>,
    /// Path of the request to a web app (web only).
    pub path: Option<String>,
}

/// What this computer knows about itself. Every key may be missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Client {
    /// Every observed egress address, IPv4 and IPv6.
    pub egress_ips: Vec<String>,
    /// The operating system's type by Access Context Manager's names (`DESKTOP_MAC`).
    pub os_type: Option<String>,
    /// The operating system's version.
    pub os_version: Option<String>,
    /// Whether the screen locks itself.
    pub screen_lock: Option<bool>,
    /// Disk encryption by Access Context Manager's names (`ENCRYPTED`).
    pub encryption: Option<String>,
}

/// A proven membership.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Membership {
    /// The caller is a member.
    Member,
    /// The caller is not, and could have seen it.
    NotMember,
}

/// The audit record of the refused attempt (specification, section 3.1).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Audit {
    /// Full names of the levels that the request met.
    pub satisfied: Vec<String>,
    /// Full names of the levels that were evaluated and not met.
    pub unsatisfied: Vec<String>,
    /// `metadata.device_state`.
    pub device_state: Option<String>,
    /// `metadata.device_id`; empty means that IAP saw no device record.
    pub device_id: Option<String>,
    /// The caller's address as Google saw it.
    pub caller_ip: Option<String>,
}

impl Audit {
    /// Whether IAP saw no device record.
    #[must_use]
    pub fn no_device_record(&self) -> bool {
        self.device_state.as_deref() == Some("Unknown") || self.device_id.as_deref() == Some("")
    }
}

impl Input {
    /// Whether every layer beside the allow policies is known to be clear, deny rules left out
    /// (specification, section 7.3).
    pub(crate) fn boundaries_clear(&self) -> bool {
        self.pab_clear && self.no_perimeter
    }

    /// Reads an input. `None` when the value is not an object.
    #[must_use]
    pub fn from_value(value: &Value) -> Option<Self> {
        Self::from_json(value)
    }
}

impl<'de> Deserialize<'de> for Input {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Self::from_json(&value).ok_or_else(|| de::Error::custom("an input must be a JSON object"))
    }
}

fn state_is(object: &Map<String, Value>, key: &str, wanted: &str) -> bool {
    object.get(key).and_then(|layer| layer.get("state")).and_then(Value::as_str) == Some(wanted)
}

impl FromJson for Input {
    fn from_json(value: &Value) -> Option<Self> {
        let object = value.as_object()?;
        Some(Self {
            observed: member_or_default(object, "observed"),
            now: member(object, "now"),
            principal: member_or_default(object, "principal"),
            target: member_or_default(object, "target"),
            client: member_or_default(object, "client"),
            groups: member_or_default(object, "groups"),
            roles: member_or_default(object, "roles"),
            allow: member_or_default(object, "allow"),
            deny: member_or_default(object, "deny"),
            pab_clear: state_is(object, "pab", "CLEAR"),
            no_perimeter: state_is(object, "perimeter", "NONE"),
            levels: member_or_default(object, "levels"),
            audit: member(object, "audit"),
            test_iam: object.get("testIam").and_then(Value::as_str).and_then(|answer| match answer {
                "T" => Some(true),
                "F" => Some(false),
                _ => None,
            }),
        })
    }
}

impl FromJson for Observed {
    fn from_json(value: &Value) -> Option<Self> {
        let object = value.as_object()?;
        Some(match member::<String>(object, "channel").as_deref() {
            Some("websocket") => Self::WebSocket {
                close_code: member(object, "closeCode"),
                reason: member(object, "reason"),
                handshake_status: member(object, "handshakeStatus"),
            },
            Some("token") => Self::Token {
                http_status: member(object, "httpStatus"),
                error: member(object, "error"),
                description: member(object, "error_description"),
                uri: member(object, "error_uri"),
                subtype: member(object, "error_subtype"),
            },
            Some("rest") => {
                Self::Rest { http_status: member(object, "httpStatus"), body: member(object, "body") }
            }
            Some("web") => Self::Web,
            _ => Self::Unknown,
        })
    }
}

impl FromJson for Principal {
    fn from_json(value: &Value) -> Option<Self> {
        let object = value.as_object()?;
        Some(Self {
            kind: match member::<String>(object, "type").as_deref() {
                Some("user") => Some(PrincipalKind::User),
                Some("serviceAccount") => Some(PrincipalKind::ServiceAccount),
                Some("workforce") => Some(PrincipalKind::Workforce),
                _ => None,
            },
            email: member(object, "email"),
            hosted_domain: member(object, "hostedDomain"),
            subject: member(object, "subject"),
        })
    }
}

impl FromJson for Target {
    fn from_json(value: &Value) -> Option<Self> {
        let object = value.as_object()?;
        Some(Self {
            project_id: member(object, "projectId"),
            project_number: member(object, "projectNumber"),
            zone: member(object, "zone"),
            instance: member(object, "instance"),
            instance_id: member(object, "instanceId"),
            ip: member(object, "ip"),
            port: member(object, "port"),
            host: member(object, "host"),
            path: member(object, "path"),
        })
    }
}

impl FromJson for Client {
    fn from_json(value: &Value) -> Option<Self> {
        let object = value.as_object()?;
        let os = object.get("os").and_then(Value::as_object);
        Some(Self {
            egress_ips: member_or_default(object, "egressIps"),
            os_type: os.and_then(|os| member(os, "type")),
            os_version: os.and_then(|os| member(os, "version")),
            screen_lock: member(object, "screenLock"),
            encryption: member(object, "encryption"),
        })
    }
}

impl FromJson for Membership {
    fn from_json(value: &Value) -> Option<Self> {
        match value.as_str()? {
            "MEMBER" => Some(Self::Member),
            "NOT_MEMBER" => Some(Self::NotMember),
            _ => None,
        }
    }
}

impl FromJson for Audit {
    fn from_json(value: &Value) -> Option<Self> {
        let object = value.as_object()?;
        Some(Self {
            satisfied: member_or_default(object, "satisfied"),
            unsatisfied: member_or_default(object, "unsatisfied"),
            device_state: member(object, "deviceState"),
            device_id: member(object, "deviceId"),
            caller_ip: member(object, "callerIp"),
        })
    }
}

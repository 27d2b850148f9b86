//! Access Context Manager: levels, access bindings and service perimeters, in its own JSON; and what is known of a
//! caller's device.

use serde::{Deserialize, Serialize};

use super::expression::Expression;

/// `accessPolicies/N/accessLevels/NAME`: one of `basic` and `custom`.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AccessLevel {
    pub(crate) name: String,
    pub(crate) title: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) description: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) basic: Option<BasicLevel>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) custom: Option<CustomLevel>,
}

/// Conditions, all of which or one of which must hold.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct BasicLevel {
    pub(crate) conditions: Vec<LevelCondition>,
    #[serde(default, skip_serializing_if = "Combine::is_and")]
    pub(crate) combining_function: Combine,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Combine {
    #[default]
    And,
    Or,
}

impl Combine {
    const fn is_and(&self) -> bool {
        matches!(self, Self::And)
    }
}

/// One condition of a basic level: every field that is not empty must hold.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct LevelCondition {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) ip_subnetworks: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) vpc_network_sources: Vec<serde_json::Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) regions: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) members: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) required_access_levels: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) device_policy: Option<DevicePolicy>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) negate: bool,
}

/// What a device must be like: every field that is set must hold.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct DevicePolicy {
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) require_screenlock: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) allowed_encryption_statuses: Vec<Encryption>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) os_constraints: Vec<OsConstraint>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) allowed_device_management_levels: Vec<Management>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) require_admin_approval: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) require_corp_owned: bool,
}

/// An operating system, from a version on.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct OsConstraint {
    pub(crate) os_type: OsType,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) minimum_version: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) require_verified_chrome_os: bool,
}

/// The numbers are those that Access Context Manager's expressions compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum OsType {
    #[default]
    OsUnspecified = 0,
    DesktopMac = 1,
    DesktopWindows = 2,
    DesktopLinux = 3,
    Android = 4,
    Ios = 5,
    DesktopChromeOs = 6,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Encryption {
    #[default]
    #[serde(rename = "ENCRYPTION_UNSPECIFIED")]
    Unspecified = 0,
    #[serde(rename = "ENCRYPTION_UNSUPPORTED")]
    Unsupported = 1,
    Unencrypted = 2,
    Encrypted = 3,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Management {
    #[default]
    #[serde(rename = "MANAGEMENT_UNSPECIFIED")]
    Unspecified,
    None,
    Basic,
    Complete,
}

/// `{"expr": {"expression": "…"}}`.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CustomLevel {
    pub(crate) expr: CustomExpression,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CustomExpression {
    pub(crate) expression: Expression,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) title: String,
}

/// What the organisation's inventory says of a device.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct Device {
    /// Made from the place's address where it is missing.
    pub(crate) id: Option<String>,
    pub(crate) os: OsType,
    /// Numbers with dots.
    pub(crate) os_version: String,
    pub(crate) encryption: Encryption,
    pub(crate) screen_lock: bool,
    pub(crate) corp_owned: bool,
    pub(crate) admin_approved: bool,
    pub(crate) management: Management,
    pub(crate) verified_chrome_os: bool,
    /// Whether the client shows the certificate that was issued to this device.
    pub(crate) certificate: bool,
}

/// A rule that a group gets tokens only from where a level is met (`gcpUserAccessBindings`).
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AccessBinding {
    /// Its last path element.
    pub(crate) name: String,
    /// The group's address; the API shows its id.
    pub(crate) group: String,
    pub(crate) access_levels: Vec<String>,
}

/// `accessPolicies/N/servicePerimeters/NAME`.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ServicePerimeter {
    pub(crate) name: String,
    pub(crate) title: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) description: String,
    pub(crate) status: PerimeterStatus,
}

/// What a perimeter encloses, and who may come in from outside.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct PerimeterStatus {
    /// `projects/NUMBER`.
    pub(crate) resources: Vec<String>,
    pub(crate) restricted_services: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) access_levels: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) ingress_policies: Vec<IngressPolicy>,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct IngressPolicy {
    pub(crate) ingress_from: IngressFrom,
    pub(crate) ingress_to: IngressTo,
}

/// Who comes in: one of the sources, as one of the identities or of the kind.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct IngressFrom {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) sources: Vec<IngressSource>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) identities: Vec<String>,
    /// `ANY_IDENTITY`, `ANY_USER_ACCOUNT` or `ANY_SERVICE_ACCOUNT`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) identity_type: String,
}

/// An access level; `*` is any place.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct IngressSource {
    pub(crate) access_level: String,
}

/// What one comes in for: `*` is everything that the perimeter encloses.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct IngressTo {
    pub(crate) resources: Vec<String>,
    pub(crate) operations: Vec<IngressOperation>,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct IngressOperation {
    pub(crate) service_name: String,
}

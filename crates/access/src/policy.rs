//! The policies as Google gives them: allow and deny policies, and access levels (specification, sections 4
//! and 7).

use serde_json::{Map, Value};

use crate::json::{FromJson, member, member_or_default};

/// Whether a policy could be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ReadState {
    /// Read; empty is information too.
    Read,
    /// The caller may not read it (403).
    Denied,
    /// It does not exist (404).
    Missing,
    /// Any other failure, or no answer.
    #[default]
    Error,
}

/// One node of the hierarchy with its allow policy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllowNode {
    /// Its name, as the headline shows it (`projects/acme-prod`).
    pub resource: String,
    /// Whether its policy was read; the bindings of any other node are ignored.
    pub state: ReadState,
    /// Its bindings.
    pub bindings: Vec<Binding>,
}

/// One binding of an allow policy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Binding {
    /// Role id.
    pub role: String,
    /// Members.
    pub members: Vec<String>,
    /// Condition, if there is one.
    pub condition: Option<Condition>,
}

/// The condition of a binding or of a deny rule.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Condition {
    /// Title; empty if there is none.
    pub title: String,
    /// CEL expression; an empty one is true.
    pub expression: String,
}

impl Condition {
    /// Whether the condition says nothing, which makes it true.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.expression.trim().is_empty()
    }
}

/// Deny policies of the hierarchy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Deny {
    /// READ only if every deny policy on the path was read.
    pub state: ReadState,
    /// Those that were read.
    pub policies: Vec<DenyPolicy>,
}

/// One deny policy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DenyPolicy {
    /// Its name.
    pub name: String,
    /// Its rules.
    pub rules: Vec<DenyRule>,
}

/// One rule of a deny policy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DenyRule {
    /// Whom it denies, in the v2 form.
    pub denied_principals: Vec<String>,
    /// Whom it spares.
    pub exception_principals: Vec<String>,
    /// What it denies, in the v2 form (`iap.googleapis.com/tunnelInstances.accessViaIAP`).
    pub denied_permissions: Vec<String>,
    /// What it spares.
    pub exception_permissions: Vec<String>,
    /// Its condition, over resource tags.
    pub denial_condition: Option<Condition>,
}

/// Access levels.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Levels {
    /// READ means that a level that is not among the items does not exist.
    pub state: ReadState,
    /// Those that were read.
    pub items: Vec<Level>,
}

/// One access level.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Level {
    /// Full name, `accessPolicies/N/accessLevels/NAME`.
    pub name: String,
    /// Title; empty if there is none.
    pub title: String,
    /// What it asks for.
    pub definition: LevelDefinition,
}

/// What an access level asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum LevelDefinition {
    /// Conditions, joined by AND, or by OR.
    Basic {
        /// Whether one met condition suffices.
        any: bool,
        /// The conditions.
        conditions: Vec<LevelCondition>,
    },
    /// A CEL expression.
    Custom(String),
    /// The definition is not readable, or says nothing.
    #[default]
    Unreadable,
}

/// One condition of a basic level: AND over its non-empty fields.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LevelCondition {
    /// Whether the condition holds when its fields do not.
    pub negate: bool,
    /// Address ranges.
    pub ip_subnetworks: Vec<String>,
    /// Number of VPC networks; which ones is not visible from here.
    pub vpc_network_sources: usize,
    /// Region codes.
    pub regions: Vec<String>,
    /// `user:` and `serviceAccount:` entries.
    pub members: Vec<String>,
    /// Full names of levels that must all be granted.
    pub required_access_levels: Vec<String>,
    /// What the device must be.
    pub device: DevicePolicy,
}

/// The device policy of a condition: AND over its set fields.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DevicePolicy {
    /// The screen must lock itself.
    pub require_screenlock: bool,
    /// Allowed states of disk encryption.
    pub allowed_encryption_statuses: Vec<String>,
    /// Allowed operating systems.
    pub os_constraints: Vec<OsConstraint>,
    /// Allowed management levels.
    pub allowed_device_management_levels: Vec<String>,
    /// An administrator must have approved the device.
    pub require_admin_approval: bool,
    /// The company must own the device.
    pub require_corp_owned: bool,
}

/// One allowed operating system.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OsConstraint {
    /// Its type (`DESKTOP_WINDOWS`).
    pub os_type: Option<String>,
    /// The lowest allowed version; `None` or empty allows all.
    pub minimum_version: Option<String>,
    /// Whether Chrome OS must be verified.
    pub require_verified_chrome_os: bool,
}

impl LevelCondition {
    /// Whether no field is set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ip_subnetworks.is_empty()
            && self.vpc_network_sources == 0
            && self.regions.is_empty()
            && self.members.is_empty()
            && self.required_access_levels.is_empty()
            && self.device == DevicePolicy::default()
    }
}

/// What sentences name: `unknown` if it is missing or empty.
fn named(object: &Map<String, Value>, key: &str) -> String {
    let name = member(object, key).filter(|name: &String| !name.is_empty());
    name.unwrap_or_else(|| "unknown".to_owned())
}

impl FromJson for ReadState {
    fn from_json(value: &Value) -> Option<Self> {
        Some(match value.as_str()? {
            "READ" => Self::Read,
            "DENIED" => Self::Denied,
            "MISSING" => Self::Missing,
            _ => Self::Error,
        })
    }
}

impl FromJson for AllowNode {
    fn from_json(value: &Value) -> Option<Self> {
        let object = value.as_object()?;
        Some(Self {
            resource: named(object, "resource"),
            state: member_or_default(object, "state"),
            bindings: member_or_default(object, "bindings"),
        })
    }
}

impl FromJson for Binding {
    fn from_json(value: &Value) -> Option<Self> {
        let object = value.as_object()?;
        Some(Self {
            role: named(object, "role"),
            members: member_or_default(object, "members"),
            condition: member(object, "condition"),
        })
    }
}

impl FromJson for Condition {
    fn from_json(value: &Value) -> Option<Self> {
        let object = value.as_object()?;
        Some(Self {
            title: member_or_default(object, "title"),
            expression: member_or_default(object, "expression"),
        })
    }
}

impl FromJson for Deny {
    fn from_json(value: &Value) -> Option<Self> {
        let object = value.as_object()?;
        Some(Self {
            state: member_or_default(object, "state"),
            policies: member_or_default(object, "policies"),
        })
    }
}

impl FromJson for DenyPolicy {
    fn from_json(value: &Value) -> Option<Self> {
        let object = value.as_object()?;
        Some(Self { name: named(object, "name"), rules: member_or_default(object, "rules") })
    }
}

impl FromJson for DenyRule {
    fn from_json(value: &Value) -> Option<Self> {
        let object = value.as_object()?;
        // the API wraps what the table gives flat
        let rule = object.get("denyRule").and_then(Value::as_object).unwrap_or(object);
        Some(Self {
            denied_principals: member_or_default(rule, "deniedPrincipals"),
            exception_principals: member_or_default(rule, "exceptionPrincipals"),
            denied_permissions: member_or_default(rule, "deniedPermissions"),
            exception_permissions: member_or_default(rule, "exceptionPermissions"),
            denial_condition: member(rule, "denialCondition"),
        })
    }
}

impl FromJson for Levels {
    fn from_json(value: &Value) -> Option<Self> {
        let object = value.as_object()?;
        let items: Option<Vec<Level>> = member(object, "items");
        // without a list nothing is known to be absent
        let state = items.as_ref().and_then(|_| member(object, "state")).unwrap_or_default();
        Some(Self { state, items: items.unwrap_or_default() })
    }
}

impl FromJson for Level {
    fn from_json(value: &Value) -> Option<Self> {
        let object = value.as_object()?;
        Some(Self {
            name: member(object, "name")?,
            title: member_or_default(object, "title"),
            definition: LevelDefinition::from_json(value)?,
        })
    }
}

impl FromJson for LevelDefinition {
    fn from_json(value: &Value) -> Option<Self> {
        let basic = value.get("basic").and_then(Value::as_object);
        let conditions: Vec<LevelCondition> =
            basic.map(|basic| member_or_default(basic, "conditions")).unwrap_or_default();
        if let (Some(basic), false) = (basic, conditions.is_empty()) {
            let joined_by = member::<String>(basic, "combiningFunction");
            return Some(match joined_by.as_deref() {
                None | Some("AND") => Self::Basic { any: false, conditions },
                Some("OR") => Self::Basic { any: true, conditions },
                // one alone is joined with nothing
                Some(_) if conditions.len() == 1 => Self::Basic { any: false, conditions },
                Some(_) => Self::Unreadable,
            });
        }
        let expression = value.pointer("/custom/expr/expression").and_then(Value::as_str);
        Some(match expression {
            Some(text) if !text.trim().is_empty() => Self::Custom(text.to_owned()),
            _ => Self::Unreadable,
        })
    }
}

impl FromJson for LevelCondition {
    fn from_json(value: &Value) -> Option<Self> {
        let object = value.as_object()?;
        Some(Self {
            negate: member_or_default(object, "negate"),
            ip_subnetworks: member_or_default(object, "ipSubnetworks"),
            vpc_network_sources: member_or_default::<Vec<Value>>(object, "vpcNetworkSources").len(),
            regions: member_or_default(object, "regions"),
            members: member_or_default(object, "members"),
            required_access_levels: member_or_default(object, "requiredAccessLevels"),
            device: member_or_default(object, "devicePolicy"),
        })
    }
}

impl FromJson for DevicePolicy {
    fn from_json(value: &Value) -> Option<Self> {
        let object = value.as_object()?;
        Some(Self {
            require_screenlock: member_or_default(object, "requireScreenlock"),
            allowed_encryption_statuses: member_or_default(object, "allowedEncryptionStatuses"),
            os_constraints: member_or_default(object, "osConstraints"),
            allowed_device_management_levels: member_or_default(object, "allowedDeviceManagementLevels"),
            require_admin_approval: member_or_default(object, "requireAdminApproval"),
            require_corp_owned: member_or_default(object, "requireCorpOwned"),
        })
    }
}

impl FromJson for OsConstraint {
    fn from_json(value: &Value) -> Option<Self> {
        let object = value.as_object()?;
        Some(Self {
            os_type: member(object, "osType"),
            minimum_version: member(object, "minimumVersion"),
            require_verified_chrome_os: member_or_default(object, "requireVerifiedChromeOs"),
        })
    }
}

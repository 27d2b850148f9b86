//! Allow and deny policies in Google's own JSON.

use serde::{Deserialize, Serialize};

use super::expression::Expression;

/// An allow policy: role bindings of one resource.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Policy {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) bindings: Vec<Binding>,
}

/// One role given to some members.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Binding {
    pub(crate) role: String,
    pub(crate) members: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) condition: Option<Condition>,
}

/// `google.type.Expr`: an expression with its words.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Condition {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) title: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) description: String,
    pub(crate) expression: Expression,
}

/// A deny policy of the project, folder or organisation that it is attached to (IAM v2).
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct DenyPolicy {
    /// Its last path element, such as `no-tunnels`.
    pub(crate) name: String,
    /// `projects/ID`, `folders/N` or `organizations/N`.
    pub(crate) attached_to: String,
    #[serde(default)]
    pub(crate) display_name: String,
    pub(crate) rules: Vec<DenyRule>,
}

/// One rule of a deny policy.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct DenyRule {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) description: String,
    pub(crate) deny_rule: Denial,
}

/// Who is denied what, and who is not.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Denial {
    pub(crate) denied_principals: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) exception_principals: Vec<String>,
    /// In the form of IAM v2, such as `iap.googleapis.com/tunnelInstances.accessViaIAP`.
    pub(crate) denied_permissions: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) exception_permissions: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) denial_condition: Option<Condition>,
}

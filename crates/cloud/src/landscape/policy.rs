//! Allow policies in Google's own JSON.

use serde::Deserialize;
use serde_json::Value;

/// An allow policy: role bindings of one resource.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Policy {
    #[serde(default)]
    pub(crate) bindings: Vec<Binding>,
}

/// One role given to some members.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Binding {
    pub(crate) role: String,
    pub(crate) members: Vec<String>,
    /// Carried, not yet evaluated: a binding with a condition grants nothing.
    #[serde(default)]
    pub(crate) condition: Option<Value>,
}

//! What this computer knows of itself, asked once.

use adit_contract::Fact;
use serde_json::{Map, Value};

/// See the module.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Facts {
    /// As the evaluator takes them: `os`, `screenLock`, `encryption`.
    pub(super) client: Map<String, Value>,
    /// As a person reads them, each with how it was found.
    pub(super) facts: Vec<Fact>,
}

/// The facts.
pub(super) async fn facts() -> Facts {
    Facts::default()
}

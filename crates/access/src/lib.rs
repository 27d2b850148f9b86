//! Why a connection was refused, and what would have to change: from the refusal and whatever policies could
//! be read, to a verdict with its certainty and basis. Pure: no input or output, no clock.

mod explanation;
mod input;
mod json;
mod policy;
mod value;

pub use explanation::{
    Basis, BindingLint, BindingRow, Certainty, Check, CitedBinding, ConditionNode, Details, Explanation,
    LevelCard, LevelStatus, Lint, NodeKind, Span, Unread, Verdict, Way,
};
pub use input::{Audit, Client, Input, Membership, Observed, Principal, PrincipalKind, Target};
pub use policy::{
    AllowNode, Binding, Condition, Deny, DenyPolicy, DenyRule, DevicePolicy, Level, LevelCondition,
    LevelDefinition, Levels, OsConstraint, ReadState,
};
pub use value::Value;

/// Explains a refusal.
#[must_use]
pub fn explain(input: &Input) -> Explanation {
    let unread_nodes = input.allow.iter().filter(|node| node.state != ReadState::Read).count();
    let clear = input.deny.state == ReadState::Read && input.boundaries_clear();
    Explanation {
        verdict: Verdict::NotReadable,
        certainty: Certainty::Possible,
        headline: format!("{unread_nodes} policies could not be read."),
        bindings: Vec::new(),
        blocking_levels: Vec::new(),
        inferred: Vec::new(),
        basis: Vec::new(),
        repairs: Vec::new(),
        details: Details { other_layers_clear: clear, ..Details::default() },
    }
}

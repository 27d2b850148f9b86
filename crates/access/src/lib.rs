//! Why a connection was refused, and what would have to change: from the refusal and whatever policies could
//! be read, to a verdict with its certainty and basis. Pure: no input or output, no clock.

mod build;
mod case;
mod cel;
mod cited;
mod deny;
mod details;
mod device;
mod explain;
mod explanation;
mod facts;
mod graph;
mod infer;
mod input;
mod ip;
mod json;
mod level;
mod lint;
mod names;
mod observed;
mod phrase;
mod policy;
mod preflight;
mod principal;
mod question;
mod quote;
mod repair;
mod request;
mod role;
mod value;
mod web;
mod wording;

pub use case::{Case, cases};
pub use explain::{explain, explain_permission};
pub use explanation::{
    Basis, BindingLint, BindingRow, Certainty, Check, CitedBinding, ConditionNode, Details, Explanation,
    LevelCard, LevelStatus, Lint, NodeKind, Span, Unread, Verdict, Way,
};
pub use input::{Audit, Client, Input, Membership, Observed, Principal, PrincipalKind, Target};
pub use policy::{
    AllowNode, Binding, Condition, Deny, DenyPolicy, DenyRule, DevicePolicy, Level, LevelCondition,
    LevelDefinition, Levels, OsConstraint, ReadState,
};
pub use preflight::{Blocker, Outlook, Preflight};
pub use request::{AdminRequest, admin_request};
pub use role::Permission;
pub use value::Value;
pub use web::{WebDenial, read_web_denial};

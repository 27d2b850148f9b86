//! What comes out: the verdict with its certainty and basis, and everything the screen shows below it.
//!
//! [`Explanation`] serialises to exactly the object that the worked cases call `expect`; its
//! [`Details`] stay out of that and are for the screen.

use serde::Serialize;

use crate::value::Value;

/// What happened, in one word (specification, sections 2 and 8.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Verdict {
    /// No binding allows the caller.
    NoGrant,
    /// The policies that decide are not readable.
    NotReadable,
    /// Granted to a group whose membership could not be checked.
    GroupMembership,
    /// Listed for a role that cannot be read.
    RoleUnreadable,
    /// A condition is not met.
    ConditionNotMet,
    /// A condition can never be true.
    ConditionNeverTrue,
    /// An access level is not met.
    AccessLevelNotMet,
    /// A deny policy blocks the caller.
    DenyPolicy,
    /// The readable policies allow the caller.
    PolicyConflict,
    /// Context-aware access refused a token.
    AccessBinding,
    /// A VPC Service Controls perimeter refused.
    VpcSc,
    /// A fresh sign-in is needed.
    Reauth,
    /// Allowed, but no TCP connection.
    BackendUnreachable,
    /// Allowed, but the VM closed the connection.
    BackendClosed,
    /// The target was not resolved.
    TargetNotFound,
    /// The session cannot be resumed.
    SessionLost,
    /// The access token was not accepted.
    TokenRejected,
    /// Refused before IAP checked any role.
    HandshakeBlocked,
    /// The proxy wants credentials.
    ProxyAuth,
    /// An administrator has not allowed the app.
    SignInBlocked,
    /// An API is disabled.
    ApiDisabled,
    /// The quota project was rejected.
    QuotaProjectRejected,
    /// The cloud-platform scope is missing.
    ScopeMissing,
    /// A plain IAM refusal of a REST call.
    PermissionDenied,
    /// A rule of the organization blocks the call.
    OrgRestriction,
    /// An error nobody listed.
    UnknownError,
    /// Nothing was refused, and the readable policies allow the caller. Only when asked beforehand.
    Allowed,
}

/// How sure the verdict is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Certainty {
    /// One of several explanations.
    Possible,
    /// Rests on this computer's view or on the refusal itself.
    Likely,
    /// Follows from policies or from the server's word.
    Proven,
}

/// Where a statement comes from, in the order of the names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Basis {
    /// This computer.
    Client,
    /// The refusal itself.
    Inference,
    /// Policies, the target and the time.
    Policy,
    /// The server: an error or the audit record.
    Server,
    /// Nothing that can be checked from here.
    Unknown,
}

/// How a level stands (specification, section 8.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LevelStatus {
    /// Not met by the audit record.
    Reported,
    /// Not met by our own evaluation.
    Failed,
    /// Not met, because nothing else explains the refusal.
    Inferred,
    /// Not known.
    Suspect,
}

/// The values of one binding: index, member, role, condition, grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct BindingRow(pub usize, pub Value, pub Value, pub Value, pub Value);

/// The explanation. Serialises to the object that `expect` describes.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// What happened.
    pub verdict: Verdict,
    /// How sure that is.
    pub certainty: Certainty,
    /// The sentence.
    pub headline: String,
    /// One row for every binding of a readable node.
    pub bindings: Vec<BindingRow>,
    /// Levels of the cited binding that are not known to be met: short name and status, by full name.
    pub blocking_levels: Vec<(String, LevelStatus)>,
    /// Ids that the refusal proves, sorted; `not:` marks what was found true.
    pub inferred: Vec<String>,
    /// On what the verdict rests, sorted by name.
    pub basis: Vec<Basis>,
    /// Minimal sets of what would have to change, best first; `?` marks what is unknown.
    pub repairs: Vec<Vec<String>>,
    /// What the screen shows below the sentence.
    #[serde(skip)]
    pub details: Details,
}

/// What the screen shows below the sentence.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Details {
    /// The binding that the verdict is about.
    pub cited: Option<CitedBinding>,
    /// Its condition as a tree.
    pub condition: Option<ConditionNode>,
    /// Every level below it, by full name, those that are met included.
    pub levels: Vec<LevelCard>,
    /// The cited leaves, in the order of the sentence.
    pub failing: Vec<Check>,
    /// Other ways to qualify, best first.
    pub other_ways: Vec<Way>,
    /// Oddities of the conditions of all bindings that concern the caller.
    pub lints: Vec<BindingLint>,
    /// What could not be read.
    pub unread: Unread,
    /// Whether IAP saw no device record, which all cited leaves need.
    pub no_device_record: bool,
    /// Whether every other layer (deny, boundary, perimeter) is known to be clear.
    pub other_layers_clear: bool,
    /// The deny policy that blocks.
    pub deny_policy: Option<String>,
    /// What the server's error told, by name (`service`, `consumer`, `vpcServiceControlsUniqueIdentifier`).
    pub server_facts: Vec<(&'static str, String)>,
}

/// The binding that the verdict is about.
#[derive(Debug, Clone, PartialEq)]
pub struct CitedBinding {
    /// Its number over all readable nodes.
    pub index: usize,
    /// The node that holds it.
    pub resource: String,
    /// Role id.
    pub role: String,
    /// The role as people know it.
    pub role_name: String,
    /// Members that match the caller or may do so: never those of others.
    pub members: Vec<String>,
    /// Title of the condition; empty if there is none.
    pub title: String,
    /// Expression of the condition; empty if there is none.
    pub expression: String,
}

/// A byte range of an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Span {
    /// Offset of the first byte.
    pub start: usize,
    /// Offset behind the last byte.
    pub end: usize,
}

/// One thing that is true, false or unknown.
#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    /// Its id without `not:` and `?`.
    pub id: String,
    /// The level it belongs to, by full name.
    pub level: Option<String>,
    /// What has to hold, in words, when [`Check::wanted`] is true; what must not, when it is false.
    pub phrase: String,
    /// Its value.
    pub value: Value,
    /// Where the value comes from; none if it is unknown.
    pub basis: Option<Basis>,
    /// Whether the refusal proves the opposite of what is wanted.
    pub inferred: bool,
    /// Whether it has to be true, or false.
    pub wanted: bool,
    /// Whether the sentence names it.
    pub cited: bool,
    /// What this device, request or VM has instead, if it is known.
    pub actual: Option<String>,
    /// Where it stands in its expression, for conditions and custom levels.
    pub span: Option<Span>,
}

/// One node of a condition.
#[derive(Debug, Clone, PartialEq)]
pub struct ConditionNode {
    /// Its kind.
    pub kind: NodeKind,
    /// Its value.
    pub value: Value,
    /// Where it stands in its expression, if it comes from one.
    pub span: Option<Span>,
    /// Operands.
    pub children: Vec<Self>,
}

/// What a node of a condition is.
#[derive(Debug, Clone, PartialEq)]
pub enum NodeKind {
    /// All must hold.
    And,
    /// One must hold.
    Or,
    /// The operand must not hold.
    Not,
    /// A level by its full name; see [`Details::levels`] for what is below it.
    Level(String),
    /// Something that is evaluated as a whole.
    Atom(Box<Check>),
}

/// One level below the cited binding.
#[derive(Debug, Clone, PartialEq)]
pub struct LevelCard {
    /// Full name.
    pub name: String,
    /// Last element of the name.
    pub short: String,
    /// Title; the short name if it has none or cannot be read.
    pub title: String,
    /// Its value.
    pub value: Value,
    /// How it stands; none if it is met.
    pub status: Option<LevelStatus>,
    /// What the audit record says of it.
    pub reported: Option<bool>,
    /// Its definition, evaluated.
    pub body: ConditionNode,
    /// The expression of a custom level.
    pub expression: Option<String>,
}

/// A way to qualify: all of these have to change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// The number of the binding that would grant then.
    pub binding: usize,
    /// Ids, as in [`Explanation::repairs`].
    pub ids: Vec<String>,
    /// What has to hold, in words.
    pub phrases: Vec<String>,
}

/// Oddities of conditions (specification, section 4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Lint {
    /// A level name that can never match.
    MalformedLevelName,
    /// A level that does not exist.
    UnknownLevel,
    /// A level condition on a role that holds other permissions.
    AccessLevelRoleTooBroad,
    /// `resource.name`, which IAP does not support.
    ResourceNameUnsupported,
    /// A timestamp that never allows access.
    BadTimestamp,
    /// A condition on a basic role.
    ConditionOnBasicRole,
    /// An attribute that tunnels do not have.
    WrongAttribute,
    /// A level test in a spelling that IAM does not document.
    NonstandardLevelTest,
}

/// One oddity of one binding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BindingLint {
    /// The number of the binding.
    pub binding: usize,
    /// Which.
    pub lint: Lint,
    /// What is wrong, in words.
    pub text: String,
    /// Where, in the binding's own condition.
    pub span: Option<Span>,
}

/// What could not be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unread {
    /// Nodes whose policy could not be read, with the reason.
    pub nodes: Vec<(String, crate::policy::ReadState)>,
    /// How many nodes there are.
    pub total_nodes: usize,
    /// Roles whose permissions are not known.
    pub roles: Vec<String>,
    /// Levels whose definition is not known, by full name.
    pub levels: Vec<String>,
    /// Member strings that could not be checked (groups, attributes of workforce pools).
    pub members: Vec<String>,
    /// Whether deny policies could not all be read.
    pub deny: bool,
    /// Whether principal access boundaries are not known to be absent.
    pub boundary: bool,
    /// Whether perimeters are not known to be absent.
    pub perimeter: bool,
}

//! Why a way is barred, or would be: the explanation as the front end shows it.
//!
//! Core makes every word of it; the front end lays them out. An explanation is told at once with what the
//! refusal itself says, and told again, with a higher revision, as more of the evidence comes in.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{
    failure::{Action, Fact, ServerSaid},
    tunnel::TunnelTarget,
};

/// What is to be explained.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
#[ts(export)]
pub enum ExplainAsk {
    /// Why this session failed.
    Session {
        /// The session.
        id: String,
    },
    /// Why this tunnel failed.
    Tunnel {
        /// The tunnel.
        id: String,
    },
    /// What would bar the way there, without having been denied.
    Target {
        /// The port in question.
        target: TunnelTarget,
    },
}

/// What it comes to. The names are those of the specification, section 2 and 8.5, and three of our own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum Verdict {
    /// Nothing is known yet, and nothing was refused.
    Checking,
    /// The readable policies let the person in (asked without a denial).
    Allowed,
    /// What bars the way cannot be told (asked without a denial).
    Undecided,
    /// No role allows tunnels.
    NoGrant,
    /// An access level is not met.
    AccessLevelNotMet,
    /// A condition of the role's binding is not met.
    ConditionNotMet,
    /// The condition can never be true.
    ConditionNeverTrue,
    /// It hangs on membership of a group.
    GroupMembership,
    /// It hangs on a role that cannot be read.
    RoleUnreadable,
    /// A deny policy.
    DenyPolicy,
    /// The policies allow it; IAP refused all the same.
    PolicyConflict,
    /// No policy is readable.
    NotReadable,
    /// An access binding refused the sign-in.
    AccessBinding,
    /// A perimeter of VPC Service Controls.
    VpcServiceControls,
    /// The person must sign in again.
    Reauth,
    /// IAP did not accept the access token.
    TokenRejected,
    /// The administrator has not allowed the app.
    SignInBlocked,
    /// The sign-in lacks the scope.
    ScopeMissing,
    /// Allowed, but the port did not answer.
    BackendUnreachable,
    /// Allowed, but the VM closed the connection.
    BackendClosed,
    /// The firewall of the VPC blocks IAP (a finer word for an unreachable backend).
    FirewallBlocked,
    /// The VM does not run (a finer word for an unreachable backend).
    VmNotRunning,
    /// IAP does not know the target.
    TargetNotFound,
    /// The session cannot be resumed.
    SessionLost,
    /// Something between here and IAP refused the WebSocket.
    HandshakeBlocked,
    /// The proxy wants a user name and password.
    ProxyAuth,
    /// An API is off.
    ApiDisabled,
    /// The quota project is refused.
    QuotaProjectRejected,
    /// A permission is missing for a call.
    PermissionDenied,
    /// A rule of the organisation.
    OrgRestriction,
    /// An error that this version does not know.
    UnknownError,
}

/// How sure we are (specification, section 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum Certainty {
    /// It follows from what Google said.
    Proven,
    /// It rests on what this computer knows of itself, or on the refusal.
    Likely,
    /// It is one of several.
    Possible,
}

/// True, false or unknown to us (specification, section 8.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum Truth {
    /// Met.
    Met,
    /// Not met.
    NotMet,
    /// Not known from here.
    Unknown,
}

/// How an access level came to be named (specification, section 8.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum LevelStatus {
    /// Google's audit record says that it was not met.
    Reported,
    /// Our own evaluation says so.
    Failed,
    /// It follows from the refusal.
    Inferred,
    /// It may be the one.
    Suspect,
}

/// A part of an expression with its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ExpressionPart {
    /// First UTF-16 code unit.
    pub start: u32,
    /// The one after the last.
    pub end: u32,
    /// What it comes to.
    pub truth: Truth,
}

/// An expression as the administrator wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Expression {
    /// The text.
    pub source: String,
    /// Its atoms, in order, not overlapping.
    pub parts: Vec<ExpressionPart>,
}

/// One requirement of an access level.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct LevelRow {
    /// Which condition of the level it belongs to, from 0.
    pub condition: u32,
    /// "Public address", "Screen lock".
    pub label: String,
    /// What it wants.
    pub wants: String,
    /// What this computer has; `null` when only Google knows.
    pub have: Option<String>,
    /// Whether it is met.
    pub truth: Truth,
    /// It follows from the refusal that this is what failed.
    pub inferred: bool,
    /// Says how the value was found, or why it cannot be: "only Google knows"; may be empty.
    pub note: String,
}

/// An access level that bars the way, with all of its requirements.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct LevelCard {
    /// `accessPolicies/N/accessLevels/NAME`.
    pub name: String,
    /// The administrator's title, or the last part of the name.
    pub title: String,
    /// How we know.
    pub status: LevelStatus,
    /// The same in words: "not met, as far as this computer can tell".
    pub status_text: String,
    /// "All conditions must hold", "One of these is enough"; empty for a single requirement.
    pub combine: String,
    /// The requirements of a basic level; empty where the definition cannot be read.
    pub rows: Vec<LevelRow>,
    /// The expression of a custom level.
    pub expression: Option<Expression>,
    /// Why there is neither: "Its definition is not readable".
    pub note: String,
}

/// The binding that would let the person in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct BindingCard {
    /// "IAP-secured Tunnel User".
    pub role: String,
    /// The policy's resource, such as `projects/acme-prod`.
    pub place: String,
    /// The member that stands for the person, such as `group:ops@acme.example`; none when it is themselves.
    pub member: Option<String>,
    /// The condition's title; may be empty.
    pub title: String,
    /// The condition.
    pub condition: Option<Expression>,
}

/// What a rung of the ladder came to (specification, section 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum RungState {
    /// No answer yet.
    Waiting,
    /// Read.
    Read,
    /// The person may not read it.
    Denied,
    /// There is none.
    Missing,
    /// It failed, or did not answer in time.
    Failed,
    /// Not asked, with the reason in the detail.
    Skipped,
}

/// One source of evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Rung {
    /// Stable within an explanation.
    pub id: String,
    /// "Policy of the project acme-prod".
    pub label: String,
    /// What it came to.
    pub state: RungState,
    /// The finding in a few words: "3 bindings, 1 names you", "you may not read it"; may be empty.
    pub detail: String,
}

/// A rule on the way through the firewall.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct FirewallStep {
    /// The rule, or "implied deny".
    pub rule: String,
    /// "VPC rule, priority 1000", "Policy baseline of folders/70, priority 10".
    pub place: String,
    /// What it does to IAP's connection: "allows", "denies", "does not apply", "cannot be judged from here".
    pub effect: String,
    /// It decides.
    pub decides: bool,
}

/// The texts for an administrator (specification, section 10). Never sent by the app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct RequestText {
    /// Plain text.
    pub text: String,
    /// The change as a command.
    pub gcloud: Option<String>,
    /// The change as Terraform.
    pub terraform: Option<String>,
}

/// A page of Google's console that helps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Link {
    /// "VPC Service Controls troubleshooter".
    pub label: String,
    /// An `https` address.
    pub url: String,
}

/// Why the way is barred.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Explanation {
    /// Identifier, for `explain_again` and `explain_close`.
    pub id: String,
    /// Grows with each telling.
    pub revision: u32,
    /// The port in question.
    pub target: TunnelTarget,
    /// Who asks for it.
    pub account: Option<String>,
    /// When it was refused, or asked.
    pub at: f64,
    /// What it comes to.
    pub verdict: Verdict,
    /// The heading: "“Corp network” is the access level that keeps you out".
    pub title: String,
    /// The one sentence of the specification, section 9.
    pub headline: String,
    /// What to do next, in one to three sentences; may be empty.
    pub advice: String,
    /// How sure we are.
    pub certainty: Certainty,
    /// On what evidence: "from this computer's address, and the fact that IAP refused"; may be empty.
    pub basis: String,
    /// The levels that bar the way, the cited ones first.
    pub levels: Vec<LevelCard>,
    /// The binding that the sentence speaks of.
    pub binding: Option<BindingCard>,
    /// Other ways to qualify: each a list of requirements that would be enough together.
    pub other_ways: Vec<Vec<String>>,
    /// The way through the firewall, for an unreachable port.
    pub firewall: Vec<FirewallStep>,
    /// Remarks on how the policies are written, and on what may change by itself.
    pub remarks: Vec<String>,
    /// Facts about this computer that were used, each with how it was found.
    pub facts: Vec<Fact>,
    /// The evidence.
    pub rungs: Vec<Rung>,
    /// The texts for an administrator.
    pub request: Option<RequestText>,
    /// Pages that help.
    pub links: Vec<Link>,
    /// What can be done from here; the first one is the best one.
    pub actions: Vec<Action>,
    /// What the other side said.
    pub server: Option<ServerSaid>,
    /// Every rung has answered or been given up.
    pub complete: bool,
}

/// What the readable policies say of a VM's usual port, before anything is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum PreflightState {
    /// The way is open.
    Open,
    /// It is barred.
    Blocked,
    /// Not known.
    Unknown,
}

/// A mark in the tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Preflight {
    /// Open, barred or unknown.
    pub state: PreflightState,
    /// The port it was judged for.
    pub port: u16,
    /// By what: "access level corp_net", "no role"; empty when open.
    pub by: String,
}

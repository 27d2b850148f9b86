//! What the firewall does with IAP's connections, and why.

use core::fmt;

use serde::Serialize;

use crate::ranges::{self, Family};
use crate::remedy::{self, Remedy};
use crate::vm::Vm;
use crate::walk::{End, Part, walk};
use crate::wire::{EffectiveFirewalls, Policy, PolicyKind};
use crate::words;

/// Rules and networks that a judgement lists at most.
const MOST_LISTED: usize = 8;

/// The answer to "does the firewall let IAP reach this port?".
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Judgement {
    /// The family that IAP uses for this VM: IPv4 unless the interface has IPv6 only.
    pub family: Family,
    /// The answer for that family.
    pub verdict: Verdict,
    /// The answer in one sentence.
    pub sentence: String,
    /// What opens the port, and who can do it.
    pub remedy: Remedy,
    /// All about IPv4.
    pub ipv4: FamilyJudgement,
    /// All about IPv6.
    pub ipv6: FamilyJudgement,
}

/// What happens to connections from IAP's range of one family.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FamilyJudgement {
    /// IAP's range, in CIDR notation.
    pub source: &'static str,
    /// The answer.
    pub verdict: Verdict,
    /// For `Unknown`: the answer if no rule that cannot be seen takes the connection. Else the verdict.
    pub otherwise: Verdict,
    /// The rules that decide, in the order of evaluation, 8 at most: those that block where something is blocked; for
    /// `Unknown` those that cannot be judged.
    pub decided_by: Vec<Rule>,
    /// For `PartlyAllowed`: the networks within the range that get in, 8 at most.
    pub let_in: Vec<String>,
    /// The rules in the order of evaluation, up to the one that decides.
    pub path: Vec<Step>,
    /// Steps that were left out of `path`, which is bounded.
    pub steps_left_out: usize,
}

/// The answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// All of IAP's addresses get in.
    Allowed,
    /// None of IAP's addresses gets in.
    Blocked,
    /// Some get in and some do not, so that connections fail now and then.
    PartlyAllowed,
    /// It depends on something that cannot be seen.
    Unknown,
}

/// A rule, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Rule {
    /// Where it stands.
    pub place: Place,
    /// Its name. Rules of policies mostly have none.
    pub name: Option<String>,
    /// Its priority; lower goes first. The implied rule has none.
    pub priority: Option<i64>,
    /// Which VMs it is about.
    pub targets: String,
}

/// Where a rule stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum Place {
    /// A policy of the organization or a folder.
    Hierarchy {
        /// The policy.
        #[serde(flatten)]
        policy: Named,
    },
    /// A policy that Google manages.
    System {
        /// The policy.
        #[serde(flatten)]
        policy: Named,
    },
    /// A policy of the network.
    Network {
        /// The policy.
        #[serde(flatten)]
        policy: Named,
    },
    /// A policy of the network in the VM's region.
    NetworkRegional {
        /// The policy.
        #[serde(flatten)]
        policy: Named,
    },
    /// A policy of a kind that this crate does not know.
    OtherPolicy {
        /// The policy.
        #[serde(flatten)]
        policy: Named,
    },
    /// The network's VPC firewall rules.
    Vpc,
    /// What Google does when no rule takes a connection: ingress is denied.
    Implied,
}

/// A policy by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Named {
    /// The name that people gave it.
    pub policy: String,
    /// The name that commands take.
    pub policy_id: String,
}

impl Place {
    pub(crate) fn of(policy: &Policy) -> Self {
        let kind = policy.kind;
        let policy = Named { policy: policy.name.clone(), policy_id: policy.id.clone() };
        match kind {
            PolicyKind::Hierarchy => Self::Hierarchy { policy },
            PolicyKind::System => Self::System { policy },
            PolicyKind::Network => Self::Network { policy },
            PolicyKind::NetworkRegional => Self::NetworkRegional { policy },
            PolicyKind::Unknown => Self::OtherPolicy { policy },
        }
    }
}

/// What a rule does with a connection that it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Effect {
    /// Lets it in.
    Allow,
    /// Drops it.
    Deny,
    /// Leaves it to the next policy.
    GotoNext,
    /// Hands it to a deep inspection, which lets it in or drops it.
    Inspect,
    /// Something that this crate does not know.
    Unknown,
}

impl Effect {
    pub(crate) fn of_action(action: &str) -> Self {
        match action.to_ascii_lowercase().as_str() {
            "allow" => Self::Allow,
            "deny" => Self::Deny,
            "goto_next" => Self::GotoNext,
            "apply_security_profile_group" => Self::Inspect,
            _ => Self::Unknown,
        }
    }
}

/// How much of what is left of IAP's range a rule takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Matched {
    /// All.
    Yes,
    /// A part.
    Part,
    /// It cannot be seen whether it takes any.
    Perhaps,
    /// Nothing.
    No,
}

/// One rule on the way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// The rule.
    pub rule: Rule,
    /// Whether it takes the connection.
    pub matched: Matched,
    /// What it does if it does.
    pub effect: Effect,
    /// Why it takes the connection or does not, or what it goes by that cannot be seen.
    pub because: String,
}

impl Step {
    /// What the rule does to IAP's connection and why, without naming the rule: "blocks IAP: it is about every VM".
    #[must_use]
    pub fn deed(&self) -> String {
        let (does, would) = match self.effect {
            Effect::Allow => ("lets IAP in", "would let IAP in"),
            Effect::Deny => ("blocks IAP", "would block IAP"),
            Effect::GotoNext => ("leaves it to the next policy", "would leave it to the next policy"),
            Effect::Inspect => ("hands over to an inspection", "would hand over to an inspection"),
            Effect::Unknown => ("does something unknown", "would do something unknown"),
        };
        let because = &self.because;
        match self.matched {
            Matched::Yes => format!("{does}: {because}"),
            Matched::Part => format!("{does}, from a part of its addresses: {because}"),
            Matched::Perhaps => format!("{would}, if it applies; it goes by {because}"),
            Matched::No => format!("does not apply: {because}"),
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{} {}", words::rule_first(&self.rule), self.deed())
    }
}

/// Judges whether the firewall lets IAP reach a TCP port of a VM.
#[must_use]
pub fn judge(effective: &EffectiveFirewalls, vm: &Vm, port: u16) -> Judgement {
    let ipv4 = judge_family(effective, vm, port, Family::Ipv4);
    let ipv6 = judge_family(effective, vm, port, Family::Ipv6);
    let has = |family: Family| vm.addresses.iter().any(|address| family.holds(address));
    let family = if has(Family::Ipv6) && !has(Family::Ipv4) { Family::Ipv6 } else { Family::Ipv4 };
    let judged = if family == Family::Ipv6 { &ipv6 } else { &ipv4 };
    Judgement {
        family,
        verdict: judged.verdict,
        sentence: words::sentence(judged, &vm.name, port),
        remedy: remedy::remedy(judged, effective, vm, port, family),
        ipv4,
        ipv6,
    }
}

pub(crate) fn judge_family(
    effective: &EffectiveFirewalls,
    vm: &Vm,
    port: u16,
    family: Family,
) -> FamilyJudgement {
    let walk = walk(effective, vm, port, family);
    let verdict = verdict(walk.parts.iter().map(part_verdict));
    let otherwise = verdict_without_unseen(&walk.parts);
    let mut decisive: Vec<usize> =
        walk.parts.iter().flat_map(|part| decisive(part, verdict)).map(|end| end.rule).collect();
    decisive.sort_unstable();
    decisive.dedup();
    let let_in: Vec<ranges::Range> = walk
        .parts
        .iter()
        .filter(|part| verdict == Verdict::PartlyAllowed && part_verdict(part) == Verdict::Allowed)
        .map(|part| part.range)
        .collect();
    FamilyJudgement {
        source: family.source(),
        verdict,
        otherwise,
        decided_by: decisive
            .into_iter()
            .filter_map(|index| walk.rules.get(index).cloned())
            .take(MOST_LISTED)
            .collect(),
        let_in: ranges::networks(&ranges::merged(let_in), family, MOST_LISTED),
        path: walk.steps,
        steps_left_out: walk.left_out,
    }
}

/// The ends of a part that explain the whole verdict.
fn decisive(part: &Part, verdict: Verdict) -> impl Iterator<Item = End> {
    let ends = part.perhaps.iter().copied().map(|end| (end, true));
    let ends = ends.chain(part.end.map(|end| (end, false)));
    let differs = part_verdict(part) == Verdict::Unknown;
    ends.filter(move |(end, perhaps)| match verdict {
        Verdict::Allowed => end.effect == Effect::Allow && !perhaps,
        Verdict::Blocked | Verdict::PartlyAllowed => end.effect == Effect::Deny && !perhaps,
        Verdict::Unknown => differs && (*perhaps || matches!(end.effect, Effect::Inspect | Effect::Unknown)),
    })
    .map(|(end, _)| end)
}

fn part_verdict(part: &Part) -> Verdict {
    match verdict(part.perhaps.iter().chain(&part.end).map(|end| effect_verdict(end.effect))) {
        // A part fares in one way; two ways mean that it is not known which.
        Verdict::PartlyAllowed => Verdict::Unknown,
        certain => certain,
    }
}

fn verdict_without_unseen(parts: &[Part]) -> Verdict {
    verdict(parts.iter().filter_map(|part| part.end).map(|end| effect_verdict(end.effect)))
}

fn effect_verdict(effect: Effect) -> Verdict {
    match effect {
        Effect::Allow => Verdict::Allowed,
        Effect::Deny => Verdict::Blocked,
        Effect::GotoNext | Effect::Inspect | Effect::Unknown => Verdict::Unknown,
    }
}

/// Joins the verdicts of the parts of a range.
fn verdict(parts: impl Iterator<Item = Verdict>) -> Verdict {
    parts
        .reduce(|one, other| match (one, other) {
            (Verdict::Unknown, _) | (_, Verdict::Unknown) => Verdict::Unknown,
            (one, other) if one == other => one,
            _ => Verdict::PartlyAllowed,
        })
        .unwrap_or(Verdict::Unknown)
}

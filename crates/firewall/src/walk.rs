//! Walks the rules in Google's order and keeps, for every part of IAP's range, how it can end.
//!
//! Order: hierarchical policies, Google's own policies, VPC firewall rules, the network's policies, its regional
//! policies, and the implied "deny"; with `BEFORE_CLASSIC_FIREWALL`, the VPC firewall rules come after the policies.

use crate::judgement::{Effect, Matched, Place, Rule, Step};
use crate::matching::{self, Connection, Match, Unseen};
use crate::ranges::{Family, Range};
use crate::vm::{EnforcementOrder, Vm};
use crate::wire::{EffectiveFirewalls, Policy, PolicyKind};

/// Parts that IAP's range may be cut into. Beyond it a rule counts as one that cannot be seen.
const MOST_PARTS: usize = 8_192;
/// Steps that are kept for display: of rules that do not apply, and of all.
const MOST_MISSES: usize = 200;
const MOST_STEPS: usize = 500;

/// How far evaluation gets, and by which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reached {
    No,
    /// Only if a rule that cannot be seen takes the connection.
    Perhaps,
    /// If no rule that cannot be seen takes it.
    Surely,
}

/// How the connection ends, and at which rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct End {
    pub(crate) effect: Effect,
    /// Index into `Walk::rules`.
    pub(crate) rule: usize,
}

/// A part of IAP's range, all of whose addresses fare alike.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub(crate) range: Range,
    here: Reached,
    next: Reached,
    /// The end if no rule that cannot be seen takes the connection.
    pub(crate) end: Option<End>,
    /// Other ends that rules bring that cannot be seen, one for each effect.
    pub(crate) perhaps: Vec<End>,
}

/// The outcome of a walk.
#[derive(Debug)]
pub(crate) struct Walk {
    pub(crate) parts: Vec<Part>,
    /// The rules that end something.
    pub(crate) rules: Vec<Rule>,
    pub(crate) steps: Vec<Step>,
    pub(crate) left_out: usize,
}

/// A rule with what it takes.
struct Candidate {
    rule: Rule,
    effect: Effect,
    found: Match,
}

pub(crate) fn walk(effective: &EffectiveFirewalls, vm: &Vm, port: u16, family: Family) -> Walk {
    let connection = Connection { vm, port, family };
    let whole = Part {
        range: family.source_range(),
        here: Reached::No,
        next: Reached::Surely,
        end: None,
        perhaps: Vec::new(),
    };
    let mut walk = Walk { parts: vec![whole], rules: Vec::new(), steps: Vec::new(), left_out: 0 };
    for policy in policies(effective, PolicyKind::Unknown) {
        walk.stage(policy_candidates(policy, connection));
    }
    for kind in [PolicyKind::Hierarchy, PolicyKind::System] {
        for policy in policies(effective, kind) {
            walk.stage(policy_candidates(policy, connection));
        }
    }
    if vm.order == EnforcementOrder::AfterClassicFirewall {
        walk.stage(vpc_candidates(effective, connection));
    }
    for kind in [PolicyKind::Network, PolicyKind::NetworkRegional] {
        for policy in policies(effective, kind) {
            walk.stage(policy_candidates(policy, connection));
        }
    }
    if vm.order == EnforcementOrder::BeforeClassicFirewall {
        walk.stage(vpc_candidates(effective, connection));
    }
    walk.stage(vec![implied(family)]);
    walk
}

fn policies(effective: &EffectiveFirewalls, kind: PolicyKind) -> Vec<&Policy> {
    let mut policies: Vec<&Policy> = effective.policies.iter().filter(|policy| policy.kind == kind).collect();
    if kind != PolicyKind::Hierarchy {
        policies.sort_by_key(|policy| policy.priority);
    }
    policies
}

fn policy_candidates(policy: &Policy, connection: Connection<'_>) -> Vec<Candidate> {
    let mut candidates: Vec<Candidate> = policy
        .rules
        .iter()
        .map(|rule| {
            let mut found = matching::policy_rule(rule, connection);
            if policy.kind == PolicyKind::Unknown {
                found.unseen.push(Unseen::Place);
            }
            Candidate {
                rule: Rule {
                    place: Place::of(policy),
                    name: rule.name.clone(),
                    priority: Some(rule.priority),
                    targets: found.targets.clone(),
                },
                effect: Effect::of_action(&rule.action),
                found,
            }
        })
        .collect();
    candidates.sort_by_key(|candidate| candidate.rule.priority);
    candidates
}

fn vpc_candidates(effective: &EffectiveFirewalls, connection: Connection<'_>) -> Vec<Candidate> {
    let mut candidates = Vec::new();
    for rule in &effective.firewalls {
        for (effect, layer4) in [(Effect::Deny, &rule.denied), (Effect::Allow, &rule.allowed)] {
            if layer4.is_empty() {
                continue;
            }
            let found = matching::firewall(rule, layer4, connection);
            let rule = Rule {
                place: Place::Vpc,
                name: Some(rule.name.clone()),
                priority: Some(rule.priority),
                targets: found.targets.clone(),
            };
            candidates.push(Candidate { rule, effect, found });
        }
    }
    // At equal priority a rule that denies goes before one that allows.
    candidates.sort_by_key(|candidate| (candidate.rule.priority, candidate.effect != Effect::Deny));
    candidates
}

fn implied(family: Family) -> Candidate {
    let targets = "every VM".to_owned();
    Candidate {
        rule: Rule { place: Place::Implied, name: None, priority: None, targets: targets.clone() },
        effect: Effect::Deny,
        found: Match { ranges: vec![family.source_range()], missed: None, unseen: Vec::new(), targets },
    }
}

impl Walk {
    /// Evaluates one policy, or the VPC firewall rules: the first rule that takes a connection decides in it.
    fn stage(&mut self, candidates: Vec<Candidate>) {
        for part in &mut self.parts {
            part.here = std::mem::replace(&mut part.next, Reached::No);
        }
        for candidate in candidates {
            if self.parts.iter().all(|part| part.here == Reached::No) {
                break;
            }
            self.evaluate(candidate);
        }
        for part in &mut self.parts {
            part.next = part.next.max(part.here);
        }
    }

    fn evaluate(&mut self, candidate: Candidate) {
        let Candidate { rule, effect, mut found } = candidate;
        if let Some(miss) = found.missed {
            self.tell(Step { rule, effect, matched: Matched::No, because: miss.to_string() });
            return;
        }
        if !self.cut(&found.ranges) {
            found.unseen.push(Unseen::TooMuch);
        }
        let seen = found.unseen.is_empty();
        let end = End { effect, rule: self.rules.len() };
        let (mut taken, mut left) = (false, false);
        for part in &mut self.parts {
            if part.here == Reached::No {
                continue;
            }
            if overlaps(&found.ranges, part.range) {
                taken = true;
                part.take(end, seen);
            } else {
                left = true;
            }
        }
        let (matched, because) = match (taken, left) {
            (false, _) => (Matched::No, "the addresses that it is about are decided already".to_owned()),
            _ if !seen => (Matched::Perhaps, unseen_words(&found.unseen)),
            (true, true) => (Matched::Part, format!("it is about {}", rule.targets)),
            (true, false) => (Matched::Yes, format!("it is about {}", rule.targets)),
        };
        if taken {
            self.rules.push(rule.clone());
        }
        self.tell(Step { rule, effect, matched, because });
    }

    fn tell(&mut self, step: Step) {
        let most = if step.matched == Matched::No { MOST_MISSES } else { MOST_STEPS };
        if self.steps.len() < most {
            self.steps.push(step);
        } else {
            self.left_out += 1;
        }
    }

    /// Cuts the parts so that each lies wholly inside or outside of the ranges. `false` if that made too many.
    fn cut(&mut self, ranges: &[Range]) -> bool {
        if self.parts.len() + 2 * ranges.len() > MOST_PARTS {
            return false;
        }
        for range in ranges {
            self.cut_before(range.first);
            if let Some(after) = range.last.checked_add(1) {
                self.cut_before(after);
            }
        }
        true
    }

    fn cut_before(&mut self, address: u128) {
        let index = self.parts.partition_point(|part| part.range.last < address);
        let Some(part) = self.parts.get_mut(index) else { return };
        if part.range.first >= address {
            return;
        }
        let mut upper = part.clone();
        upper.range.first = address;
        part.range.last = address - 1;
        self.parts.insert(index + 1, upper);
    }
}

impl Part {
    /// A rule takes the connections of this part, surely or perhaps.
    fn take(&mut self, end: End, seen: bool) {
        let way = if seen { self.here } else { Reached::Perhaps };
        match end.effect {
            Effect::GotoNext => self.next = self.next.max(way),
            Effect::Allow | Effect::Deny | Effect::Inspect | Effect::Unknown => {
                if way == Reached::Surely {
                    self.end = Some(end);
                } else if !self.perhaps.iter().any(|other| other.effect == end.effect) {
                    self.perhaps.push(end);
                }
            }
        }
        if seen {
            self.here = Reached::No;
        }
    }
}

/// Whether an address of `range` is among `ranges`, which are in order.
fn overlaps(ranges: &[Range], range: Range) -> bool {
    let index = ranges.partition_point(|other| other.last < range.first);
    ranges.get(index).is_some_and(|other| other.first <= range.last)
}

fn unseen_words(unseen: &[Unseen]) -> String {
    let mut unseen = unseen.to_vec();
    unseen.sort_unstable();
    unseen.dedup();
    let words: Vec<String> = unseen.iter().map(ToString::to_string).collect();
    words.join(", ")
}

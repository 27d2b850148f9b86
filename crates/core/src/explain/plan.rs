//! What to ask next. Everything that can be asked at once is; what depends on an answer follows it.

use std::time::Duration;

use adit_access::{Explanation, Verdict};
use serde_json::Value;

use super::{
    MOST_CALLS,
    ask::{Ask, No},
    case::{Case, Ladder},
    evidence::{Evidence, State, names},
    troubleshooter,
};

/// Of each kind that policies can name without end, at most this many are asked for.
const FEW: usize = 4;
const MOST_LEVELS: usize = 6;

/// The questions that are worth asking now and have not been asked, within the budget. The audit record is looked for
/// at these times after the refusal.
pub(super) fn next(case: &Case, evidence: &Evidence, found: &Explanation, audit: &[Duration]) -> Vec<Ask> {
    if evidence.throttled {
        return Vec::new();
    }
    let mut plan = Plan { case, evidence, found, wanted: Vec::new() };
    match case.ladder() {
        Ladder::None => {}
        Ladder::Vm => plan.vm(),
        Ladder::Backend => plan.backend(),
        Ladder::Access => {
            plan.access();
            plan.audit(audit);
            plan.troubleshooter();
        }
        Ladder::Beforehand => {
            plan.access();
            plan.backend();
            plan.troubleshooter();
        }
        Ladder::Project => plan.project(),
        Ladder::Perimeter => plan.perimeter(),
        Ladder::AccessBinding => plan.binding(),
    }
    let mut left = MOST_CALLS.saturating_sub(evidence.calls);
    let mut wanted = plan.wanted;
    wanted.retain(|ask| {
        let fits = !evidence.is_asked(ask) && ask.calls() <= left;
        if fits {
            left -= ask.calls();
        }
        fits
    });
    wanted
}

struct Plan<'a> {
    case: &'a Case,
    evidence: &'a Evidence,
    found: &'a Explanation,
    wanted: Vec<Ask>,
}

impl Plan<'_> {
    fn want(&mut self, ask: Ask) {
        if !self.wanted.contains(&ask) {
            self.wanted.push(ask);
        }
    }

    fn vm(&mut self) {
        if self.case.instance().is_some() {
            self.want(Ask::Vm);
        }
    }

    fn backend(&mut self) {
        self.vm();
        if self.case.instance().is_none() {
            return;
        }
        self.want(Ask::Firewall);
        let network = self.evidence.nic(self.case).and_then(|nic| nic.get("network")?.as_str());
        if let Some(name) =
            network.and_then(|network| network.find("projects/").and_then(|at| network.get(at..)))
        {
            self.want(Ask::Network(name.to_owned()));
        }
    }

    /// Rungs 1 to 6 and 8.
    fn access(&mut self) {
        self.want(Ask::Permission);
        self.vm();
        self.project();
        self.boundaries();
    }

    /// What holds for all that is below the case's nodes.
    fn project(&mut self) {
        for node in self.evidence.nodes(self.case) {
            self.want(node);
        }
        self.this_computer();
        self.ancestry();
        self.denials();
        self.named();
    }

    fn ancestry(&mut self) {
        self.want(Ask::Ancestry(self.case.project().to_owned()));
    }

    fn this_computer(&mut self) {
        self.want(Ask::Device);
        if self.case.public_address != adit_contract::PublicAddress::AuditOnly {
            self.want(Ask::Address);
        }
    }

    fn denials(&mut self) {
        let own = Ask::DenyList(format!("projects/{}", self.case.project()));
        // The right to list them is inherited: who lacks it on the project lacks it above.
        let may = self.evidence.list(&own).is_some();
        self.want(own);
        if may {
            for name in self.evidence.above(self.case).unwrap_or_default() {
                self.want(Ask::DenyList(name.clone()));
            }
        }
        let lists = self.evidence.order().iter().filter(|ask| matches!(ask, Ask::DenyList(_)));
        let policies: Vec<String> = lists
            .filter_map(|ask| self.evidence.list(ask))
            .flat_map(|(items, _)| names(items))
            .take(FEW)
            .collect();
        for name in policies {
            let policy = Ask::Deny(name);
            let groups = self.evidence.json(&policy).map(troubleshooter::groups_of).unwrap_or_default();
            self.want(policy);
            for group in groups.into_iter().take(FEW) {
                self.want(Ask::Group(group));
            }
        }
    }

    /// Principal access boundaries and perimeters.
    fn boundaries(&mut self) {
        if let Some(organization) = self.evidence.organization(self.case) {
            self.want(Ask::Boundaries(organization.to_owned()));
        }
        self.perimeters();
    }

    fn perimeters(&mut self) {
        let Some(organization) = self.evidence.organization(self.case) else { return };
        let policies = Ask::AccessPolicies(organization.to_owned());
        let listed: Vec<String> =
            self.evidence.list(&policies).map(|(items, _)| names(items)).unwrap_or_default();
        self.want(policies);
        if listed.is_empty() {
            return;
        }
        self.want(Ask::Number(self.case.project().to_owned()));
        for policy in listed.into_iter().take(FEW) {
            self.want(Ask::Perimeters(policy.strip_prefix("accessPolicies/").unwrap_or(&policy).to_owned()));
        }
    }

    /// What the policies name: roles, levels, groups.
    fn named(&mut self) {
        let unread = &self.found.details.unread;
        for role in unread.roles.iter().take(FEW) {
            self.want(Ask::Role(role.clone()));
        }
        for member in unread.members.iter().filter_map(|member| member.strip_prefix("group:")).take(FEW) {
            self.want(Ask::Group(member.to_owned()));
        }
        self.levels(unread.levels.clone());
    }

    fn levels(&mut self, names: Vec<String>) {
        let lists = names.into_iter().filter_map(|name| {
            let (policy, _) = name.strip_prefix("accessPolicies/")?.split_once('/')?;
            let is_number = !policy.is_empty() && policy.bytes().all(|digit| digit.is_ascii_digit());
            let list = is_number.then(|| Ask::Levels(policy.to_owned()))?;
            // Those of a list that is there must not crowd out those of another policy.
            (!matches!(self.evidence.state(&list), Some(State::Here(_)))).then_some((list, name))
        });
        let lists: Vec<(Ask, String)> = lists.take(MOST_LEVELS).collect();
        for (list, name) in lists {
            // No listing right is needed to read one by its name.
            match self.evidence.state(&list) {
                Some(State::Not(_)) => self.want(Ask::Level(name)),
                Some(State::Waiting | State::Here(_)) => {}
                None => self.want(list),
            }
        }
    }

    fn audit(&mut self, times: &[Duration]) {
        if self.evidence.vm_id().is_none() {
            return;
        }
        let last = (0..times.len()).rfind(|number| self.evidence.is_asked(&Ask::Audit(*number)));
        let goes_on = match last {
            None => true,
            Some(last) => {
                let late = match self.evidence.state(&Ask::Audit(last)) {
                    Some(State::Here(_)) | Some(State::Not(No::TimedOut | No::Failed(_))) => true,
                    Some(State::Waiting | State::Not(_)) | None => false,
                };
                late && self.evidence.audit(self.case).is_none()
            }
        };
        // One whose successor is due already would only ask the same twice.
        let passed = self.case.time().elapsed().unwrap_or_default();
        let due = times.iter().rposition(|time| *time <= passed).unwrap_or_default();
        let next = last.map_or(0, |last| last.saturating_add(1)).max(due);
        if goes_on && next < times.len() {
            self.want(Ask::Audit(next));
        }
    }

    /// Only where it can still tell something, after all else.
    fn troubleshooter(&mut self) {
        let unread = &self.found.details.unread;
        let open = !unread.members.is_empty()
            || !unread.roles.is_empty()
            || self.found.verdict == Verdict::PolicyConflict
            || self.found.verdict == Verdict::Allowed && self.evidence.permission(self.case) != Some(true);
        let asked = self.evidence.order();
        let is_last =
            self.wanted.iter().all(|ask| self.evidence.is_asked(ask) || matches!(ask, Ask::Audit(_)))
                && asked.iter().all(|ask| matches!(ask, Ask::Audit(_)) || self.evidence.is_over(ask));
        if open && is_last && self.case.instance().is_some() {
            self.want(Ask::Troubleshooter);
        }
    }

    fn perimeter(&mut self) {
        self.this_computer();
        self.ancestry();
        self.perimeters();
        let around = self.evidence.perimeters_around(self.case);
        let levels = around.into_iter().flat_map(ingress_levels).collect();
        self.unread_levels(levels);
    }

    fn binding(&mut self) {
        self.this_computer();
        self.ancestry();
        let Some(organization) = self.evidence.organization(self.case) else { return };
        let bindings = Ask::AccessBindings(organization.to_owned());
        let listed: Vec<Value> =
            self.evidence.list(&bindings).map(|(items, _)| items.to_vec()).unwrap_or_default();
        self.want(bindings);
        for group in listed.iter().filter_map(group_of).take(FEW) {
            self.want(Ask::Group(group));
        }
        self.unread_levels(listed.iter().flat_map(binding_levels).collect());
    }

    /// Levels are asked for whose definition is not there yet.
    fn unread_levels(&mut self, names: Vec<String>) {
        let unread = &self.found.details.unread.levels;
        let names = names.into_iter().chain(unread.iter().cloned()).collect();
        self.levels(names);
    }
}

/// The levels that a perimeter lets in from outside.
pub(super) fn ingress_levels(perimeter: &Value) -> Vec<String> {
    let own = perimeter.pointer("/status/accessLevels").and_then(Value::as_array);
    let rules = perimeter.pointer("/status/ingressPolicies").and_then(Value::as_array);
    let sources =
        rules.into_iter().flatten().filter_map(|rule| rule.pointer("/ingressFrom/sources")?.as_array());
    let named = sources.flatten().filter_map(|source| source.get("accessLevel"));
    let mut levels: Vec<String> = own
        .into_iter()
        .flatten()
        .chain(named)
        .filter_map(Value::as_str)
        .filter(|name| name.starts_with("accessPolicies/"))
        .map(str::to_owned)
        .collect();
    levels.sort();
    levels.dedup();
    levels
}

/// The group that an access binding is for, as the membership check takes it.
pub(super) fn group_of(binding: &Value) -> Option<String> {
    let key = binding.get("groupKey")?.as_str()?;
    Some(if key.starts_with("groups/") { key.to_owned() } else { format!("groups/{key}") })
}

/// The levels that an access binding asks for.
pub(super) fn binding_levels(binding: &Value) -> Vec<String> {
    let levels = binding.get("accessLevels").and_then(Value::as_array);
    levels.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

//! From the input to the verdict, in the order of the specification's section 8.5.

use crate::build::Prepared;
use crate::cited::{self, Finding};
use crate::deny;
use crate::details;
use crate::explanation::{Basis, Certainty, Explanation, Verdict};
use crate::facts::Facts;
use crate::input::{Input, Observed};
use crate::names;
use crate::observed;
use crate::question::{Judgement, Question};
use crate::repair::{Item, item_id};
use crate::role::Permission;
use crate::value::Value;
use crate::wording;

/// Explains why a tunnel was refused.
#[must_use]
pub fn explain(input: &Input) -> Explanation {
    explain_permission(input, Permission::Tunnel)
}

/// Explains why a tunnel, or a web app behind IAP, was refused.
#[must_use]
pub fn explain_permission(input: &Input, permission: Permission) -> Explanation {
    let prepared = Prepared::new(input);
    let facts = Facts::new(input, permission);
    let mut question = Question::new(input, &facts, &prepared);
    let denied = deny::evaluate(&input.deny, facts.caller, permission);
    let clear = denied.clear && input.boundaries_clear();
    if let Some(mut explanation) = without_repairs(&question, denied.blocking) {
        explanation.details.other_layers_clear = clear;
        return explanation;
    }
    let refused = input.observed != Observed::NotTried;
    match cited::find(&mut question, clear, refused) {
        Some(finding) => about(&question, &finding),
        None => conflict(&question),
    }
}

/// A verdict that lists no levels, inferences or repairs.
fn bare(
    question: &Question<'_>,
    verdict: Verdict,
    certainty: Certainty,
    basis: &[Basis],
    headline: String,
) -> Explanation {
    Explanation {
        verdict,
        certainty,
        headline,
        bindings: question.judgements.iter().map(Judgement::row).collect(),
        blocking_levels: Vec::new(),
        inferred: Vec::new(),
        basis: basis.to_vec(),
        repairs: Vec::new(),
        details: details::without_binding(question),
    }
}

/// Steps 1 to 4.
fn without_repairs(question: &Question<'_>, denied_by: Option<&str>) -> Option<Explanation> {
    let (input, permission) = (question.input, question.facts.permission);
    if let Some(plain) = observed::classify(input) {
        let certainty = plain.certainty();
        let basis: &[_] = if certainty == Certainty::Proven { &[Basis::Server] } else { &[] };
        let mut explanation = bare(question, plain.verdict, certainty, basis, plain.headline);
        explanation.details.server_facts = plain.facts;
        return Some(explanation);
    }
    if let Some(name) = denied_by {
        let headline = wording::deny_policy(input, permission, name);
        let mut explanation =
            bare(question, Verdict::DenyPolicy, Certainty::Proven, &[Basis::Policy], headline);
        explanation.details.deny_policy = Some(name.to_owned());
        return Some(explanation);
    }
    if question.judgements.iter().any(|judgement| judgement.grant() == Value::T) {
        return Some(conflict(question));
    }
    if question.judgements.iter().any(Judgement::is_candidate) {
        return None;
    }
    let unread = wording::unread(input);
    let refused = input.observed != Observed::NotTried;
    Some(if unread == input.allow.len() {
        let headline = wording::not_readable(input, permission, refused);
        bare(question, Verdict::NotReadable, Certainty::Possible, &[], headline)
    } else {
        let certainty = if unread == 0 { Certainty::Proven } else { Certainty::Likely };
        let headline = wording::no_grant(input, permission, unread);
        bare(question, Verdict::NoGrant, certainty, &[Basis::Policy], headline)
    })
}

/// The readable policies allow what was refused, or was not tried.
fn conflict(question: &Question<'_>) -> Explanation {
    let (input, permission) = (question.input, question.facts.permission);
    let (verdict, headline) = if input.observed == Observed::NotTried {
        (Verdict::Allowed, wording::allowed(input, permission))
    } else {
        (Verdict::PolicyConflict, wording::policy_conflict(input))
    };
    bare(question, verdict, Certainty::Possible, &[], headline)
}

/// Step 5.
fn about(question: &Question<'_>, finding: &Finding<'_>) -> Explanation {
    let graph = &question.graph;
    let (verdict, certainty, basis) = finding.verdict(question);
    let mark = |item: Item| {
        let unknown = graph.leaves[item.leaf].value == Value::U;
        item_id(graph, item) + if unknown { "?" } else { "" }
    };
    let levels = finding.levels(question);
    let blocking =
        levels.iter().filter_map(|(name, status)| Some((names::short(name).to_owned(), (*status)?)));
    Explanation {
        verdict,
        certainty,
        headline: wording::headline(finding, question, verdict),
        bindings: question.judgements.iter().map(Judgement::row).collect(),
        blocking_levels: blocking.collect(),
        inferred: finding.inferred_ids(question),
        basis,
        repairs: finding.repairs.iter().map(|(_, items)| items.iter().copied().map(mark).collect()).collect(),
        details: details::of_binding(question, finding),
    }
}

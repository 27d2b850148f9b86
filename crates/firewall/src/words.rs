//! The answer in plain words.

use crate::judgement::{Effect, FamilyJudgement, Matched, Named, Place, Rule, Verdict};

/// Longest name that is shown whole, in characters: twice what Google allows.
const LONGEST_NAME: usize = 126;

/// The judgement in one sentence, or two.
pub(crate) fn sentence(judged: &FamilyJudgement, vm: &str, port: u16) -> String {
    let vm = plain(vm);
    let source = judged.source;
    let nobody = || format!("No firewall rule lets IAP ({source}) reach port {port} of {vm}.");
    let Some(first) = judged.decided_by.first() else {
        return format!("Whether the firewall lets IAP reach port {port} of {vm} could not be told.");
    };
    match judged.verdict {
        Verdict::Allowed => format!("The firewall lets IAP in, so nothing listens on port {port}."),
        Verdict::Blocked if first.place == Place::Implied => nobody(),
        Verdict::Blocked => format!("{} blocks IAP from port {port}.", rule_first(first)),
        Verdict::PartlyAllowed if first.place == Place::Implied => format!(
            "The firewall rules let only a part of IAP's addresses ({source}) reach port {port} of {vm}, so \
             connections fail now and then."
        ),
        Verdict::PartlyAllowed => format!(
            "{} blocks a part of IAP's addresses ({source}) from port {port}, so connections fail now and then.",
            rule_first(first)
        ),
        Verdict::Unknown => unknown(judged, first, &vm, port),
    }
}

fn unknown(judged: &FamilyJudgement, first: &Rule, vm: &str, port: u16) -> String {
    let reach = format!("Whether the firewall lets IAP reach port {port} of {vm} depends on {}", rule(first));
    let step = judged.path.iter().find(|step| step.rule == *first && step.matched != Matched::No);
    match step.map(|step| (step.effect, step.matched)) {
        Some((Effect::Inspect, Matched::Yes | Matched::Part)) => {
            format!("{reach}, which hands the connection to an inspection that cannot be seen from here.")
        }
        Some((_, Matched::Perhaps)) => {
            let by = step.map(|step| step.because.as_str()).unwrap_or_default();
            let otherwise = match judged.otherwise {
                Verdict::Allowed => " If it does not apply, IAP gets in.",
                Verdict::Blocked => " If it does not apply, IAP is blocked.",
                Verdict::PartlyAllowed | Verdict::Unknown => "",
            };
            format!("{reach}, which goes by {by}: that cannot be seen from here.{otherwise}")
        }
        _ => format!("{reach}, which is not understood."),
    }
}

/// The rule as it stands within a sentence.
pub(crate) fn rule(rule: &Rule) -> String {
    let of = |kind: &str, Named { policy, .. }: &Named| {
        let priority = rule.priority.unwrap_or_default();
        let policy = plain(policy);
        match &rule.name {
            Some(name) => format!("rule {} (priority {priority}) of {kind} {policy}", plain(name)),
            None => format!("rule {priority} of {kind} {policy}"),
        }
    };
    match &rule.place {
        Place::Vpc => {
            let name = plain(rule.name.as_deref().unwrap_or_default());
            format!("firewall rule {name} (priority {})", rule.priority.unwrap_or_default())
        }
        Place::Hierarchy { policy } => of("the hierarchical firewall policy", policy),
        Place::System { policy } => of("Google's firewall policy", policy),
        Place::Network { policy } => of("the network firewall policy", policy),
        Place::NetworkRegional { policy } => of("the regional network firewall policy", policy),
        Place::OtherPolicy { policy } => of("the firewall policy", policy),
        Place::Implied => "the rule for connections that no other rule is about".to_owned(),
    }
}

/// The rule as a sentence begins with it.
pub(crate) fn rule_first(of: &Rule) -> String {
    let words = rule(of);
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A name from outside, without what would break the line.
pub(crate) fn plain(name: &str) -> String {
    let shown: String = name.chars().take(LONGEST_NAME).filter(|letter| !letter.is_control()).collect();
    if shown.is_empty() { "without a name".to_owned() } else { shown }
}

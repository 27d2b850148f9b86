//! The sentence (specification, section 9).

use crate::cited::Finding;
use crate::explanation::Verdict;
use crate::graph::Leaf;
use crate::input::{Input, PrincipalKind};
use crate::names;
use crate::phrase::{UNKNOWN, group_name, phrase};
use crate::policy::ReadState;
use crate::question::Question;
use crate::repair::Item;
use crate::role::{self, Permission};

const UNCHECKED: &str = " (cannot be checked from this computer)";

/// Who asked, as the sentences say it.
pub(crate) fn who(input: &Input) -> &str {
    let principal = &input.principal;
    let (email, subject) = (principal.email.as_deref(), principal.subject.as_deref());
    match principal.kind {
        Some(PrincipalKind::Workforce) => subject,
        Some(PrincipalKind::User | PrincipalKind::ServiceAccount) => email,
        None => email.or(subject),
    }
    .filter(|name| !name.is_empty())
    .unwrap_or(UNKNOWN)
}

/// What was asked for, as the sentences say it.
pub(crate) fn target(input: &Input, permission: Permission) -> &str {
    match permission {
        Permission::Tunnel => input.target.instance.as_deref(),
        Permission::Web => input.target.host.as_deref(),
    }
    .filter(|name| !name.is_empty())
    .unwrap_or(UNKNOWN)
}

/// What a permission lets people do.
fn ability(permission: Permission) -> &'static str {
    match permission {
        Permission::Tunnel => "IAP tunnels to",
        Permission::Web => "access through IAP to",
    }
}

pub(crate) fn no_grant(input: &Input, permission: Permission, unread: usize) -> String {
    let (who, vm) = (who(input), target(input, permission));
    if unread == 0 {
        return format!(
            "{who} has no role that allows {} {vm} (permission {}).",
            ability(permission),
            permission.name()
        );
    }
    let verb = if permission == Permission::Tunnel { "open" } else { "have" };
    let total = input.allow.len();
    format!(
        "No policy you can read lets {who} {verb} {} {vm}; {unread} of {total} policies could not be read.",
        ability(permission)
    )
}

pub(crate) fn not_readable(input: &Input, permission: Permission, refused: bool) -> String {
    let vm = target(input, permission);
    let held = match permission {
        Permission::Tunnel => "tunnel permission",
        Permission::Web => "permission",
    };
    let check = match input.test_iam {
        Some(true) => format!(
            "; a permission check says you do hold the {held}, so a condition or an access level is the \
             likely cause"
        ),
        Some(false) => format!("; a permission check says you hold no {held} here"),
        None => String::new(),
    };
    if !refused {
        let check = check.replace(", so a condition or an access level is the likely cause", "");
        return format!("You cannot read the policies that decide about {vm}{check}.");
    }
    let what = match permission {
        Permission::Tunnel => "the connection to",
        Permission::Web => "access to",
    };
    format!(
        "IAP refused {what} {vm}. You cannot read the policies that decide this{check}. Send the request \
         below to an administrator."
    )
}

pub(crate) fn deny_policy(input: &Input, permission: Permission, name: &str) -> String {
    let what = match permission {
        Permission::Tunnel => "IAP tunnels",
        Permission::Web => "web apps behind IAP",
    };
    format!(
        "A deny policy ({name}) blocks {} from using {what} here. Granting a role will not help.",
        who(input)
    )
}

pub(crate) fn policy_conflict(input: &Input) -> String {
    format!(
        "The policies that can be read allow {}, but IAP refused. Recent changes can take minutes to apply; \
         otherwise a deny policy, principal access boundary or access binding that you cannot read is \
         involved.",
        who(input)
    )
}

pub(crate) fn allowed(input: &Input, permission: Permission) -> String {
    let (ability, target) = (ability(permission), target(input, permission));
    format!("The policies that can be read allow {} {ability} {target}.", who(input))
}

/// How many nodes could not be read.
pub(crate) fn unread(input: &Input) -> usize {
    input.allow.iter().filter(|node| node.state != ReadState::Read).count()
}

/// The sentence about the cited binding.
pub(crate) fn headline(finding: &Finding<'_>, question: &Question<'_>, verdict: Verdict) -> String {
    let words = Words { finding, question };
    match verdict {
        Verdict::GroupMembership => words.group_membership(),
        Verdict::RoleUnreadable => words.role_unreadable(),
        Verdict::ConditionNeverTrue => words.never_true(),
        _ => words.not_met(verdict),
    }
}

struct Words<'f, 'a> {
    finding: &'f Finding<'a>,
    question: &'f Question<'a>,
}

impl Words<'_, '_> {
    fn role(&self) -> &str {
        role::display(&self.finding.cited.binding.role)
    }

    fn place(&self) -> &str {
        self.finding.cited.resource
    }

    fn leaf(&self, item: Item) -> &Leaf<'_> {
        &self.question.graph.leaves[item.leaf]
    }

    fn phrase(&self, item: Item) -> String {
        phrase(&self.question.graph, self.leaf(item), item.wanted, self.question.facts)
    }

    fn group_membership(&self) -> String {
        let (member, role) = self.finding.member_and_role(self.question);
        let lead = format!(
            "{} on {} is granted to {}.",
            self.role(),
            self.place(),
            group_name(member.unwrap_or(UNKNOWN))
        );
        match role {
            Some(_) => {
                format!("{lead} Neither your membership nor what that role contains could be checked.")
            }
            None if self.finding.refused => format!(
                "{lead} Your membership could not be checked; since IAP refused, you are probably not a member."
            ),
            None => format!("{lead} Your membership could not be checked."),
        }
    }

    fn role_unreadable(&self) -> String {
        let lead =
            format!("You are listed for {} on {}, but that role cannot be read.", self.role(), self.place());
        if !self.finding.refused {
            return lead;
        }
        let permission = self.question.facts.permission.name();
        format!("{lead} Since IAP refused, it probably does not contain {permission}.")
    }

    /// `You hold ROLE on WHERE, but`, weaker if the membership or the role is in doubt.
    fn lead(&self) -> String {
        match self.finding.member_and_role(self.question) {
            (None, None) => format!("You hold {} on {}, but", self.role(), self.place()),
            _ => format!("{} on {} would apply, but", self.role(), self.place()),
        }
    }

    fn never_true(&self) -> String {
        let items = self.finding.condition_items(self.question);
        let phrases: Vec<_> =
            items.filter(|item| self.leaf(*item).never_true()).map(|item| self.phrase(item)).collect();
        format!(
            "{} its condition can never be true: {}. Only an administrator can fix this.",
            self.lead(),
            phrases.join("; ")
        )
    }

    fn not_met(&self, verdict: Verdict) -> String {
        let is_not = if self.finding.refused || self.finding.cited.condition == crate::Value::F {
            "is not met"
        } else {
            "may not be met"
        };
        let what = if verdict == Verdict::AccessLevelNotMet {
            format!("access level {}", self.level_names().join(" and "))
        } else {
            match self.finding.cited.binding.condition.as_ref().map(|it| it.title.as_str()) {
                Some(title) if !title.is_empty() => format!("its condition \"{title}\""),
                _ => "its condition".to_owned(),
            }
        };
        format!("{} {what} {is_not}{}.{}", self.lead(), self.why(), self.tails())
    }

    fn level_names(&self) -> Vec<&str> {
        let graph = &self.question.graph;
        let items = self.finding.condition_items(self.question);
        let names = items.filter_map(|item| graph.leaves[item.leaf].level);
        let mut names: Vec<_> = names.map(|name| names::short(&graph.names[name])).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    fn why(&self) -> String {
        let (known, unknown): (Vec<Item>, Vec<Item>) =
            self.finding.cited_items().iter().partition(|item| self.finding.is_known(self.question, **item));
        let joined =
            |items: &[Item]| items.iter().map(|item| self.phrase(*item)).collect::<Vec<_>>().join("; ");
        let (known, unknown, several) = (joined(&known), joined(&unknown), unknown.len() > 1);
        match (known.is_empty(), unknown.is_empty()) {
            (_, true) => format!(": {known}"),
            (false, false) => format!(": {known}; and possibly also {unknown}{UNCHECKED}"),
            (true, false) if several => {
                format!("; at least one of these is missing: {unknown}{UNCHECKED}")
            }
            (true, false) => format!(": {unknown}{UNCHECKED}"),
        }
    }

    fn tails(&self) -> String {
        let mut tails = String::new();
        if self.finding.no_device_record(self.question) {
            tails.push_str(
                " IAP saw no registered device for you: install or re-sync Endpoint Verification first.",
            );
        }
        match self.finding.repairs.len().saturating_sub(1) {
            0 => {}
            1 => tails.push_str(" There is 1 other way to qualify."),
            others => tails.push_str(&format!(" There are {others} other ways to qualify.")),
        }
        tails
    }
}

impl Finding<'_> {
    /// Whether all that is cited of the condition fails for want of a device record.
    pub(crate) fn no_device_record(&self, question: &Question<'_>) -> bool {
        let mut items = self.condition_items(question).peekable();
        items.peek().is_some() && items.all(|item| question.graph.leaves[item.leaf].no_device_record)
    }
}

//! Who may do what: deny policies first, then role bindings on the resource and on everything above it.

mod conditions;
mod deny;
mod levels;
mod resource;

use jiff::Timestamp;

use self::conditions::{Facts, holds};
use self::levels::Levels;
use super::{Caller, State};
use crate::landscape::{Binding, Expression, role_grants};

pub(super) use self::conditions::in_range;
pub(crate) use self::deny::{covers as deny_covers, v2 as deny_name};
pub(crate) use self::resource::{Node, Resource};

/// Groups can be in groups this deep.
const DEEPEST_GROUP: usize = 16;

/// What came of a request, with what an audit record says about it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Decision {
    pub(crate) allowed: bool,
    /// Levels that a condition asked for, and that were met.
    pub(crate) satisfied: Vec<String>,
    /// Levels that a condition asked for, and that were not.
    pub(crate) unsatisfied: Vec<String>,
}

impl State {
    /// Whether a caller has a permission on a resource. One that does not exist allows nothing.
    pub(crate) fn allows(&self, caller: &Caller, permission: &str, resource: Resource<'_>) -> bool {
        self.decide(caller, permission, resource).allowed
    }

    /// The decision about one request, now.
    pub(crate) fn decide(&self, caller: &Caller, permission: &str, resource: Resource<'_>) -> Decision {
        let now = Timestamp::now();
        let nodes = self.nodes(resource);
        let facts = Facts {
            resource: resource.kind(),
            destination: resource.destination(),
            levels: None,
            tags: self.tags(resource, &nodes),
            now,
        };
        let bindings: Vec<&Binding> = nodes
            .iter()
            .flat_map(|node| &node.policy.bindings)
            .filter(|binding| self.concerns(binding, caller, permission))
            .collect();
        let mut levels = Levels::new(self, caller, now);
        for condition in bindings.iter().filter_map(|binding| binding.condition.as_ref()) {
            for text in condition.expression.texts() {
                levels.met(text);
            }
        }
        let (satisfied, unsatisfied) = levels.sorted();
        // an undecidable condition grants nothing
        let facts = Facts { levels: Some(satisfied.clone()), ..facts };
        let granted = bindings.iter().any(|binding| {
            binding.condition.as_ref().is_none_or(|one| holds(&one.expression, &facts) == Some(true))
        });
        let allowed = granted && !self.denies(caller, permission, &nodes, &facts);
        Decision { allowed, satisfied, unsatisfied }
    }

    /// Whether a binding would give the permission to the caller, its condition aside.
    fn concerns(&self, binding: &Binding, caller: &Caller, permission: &str) -> bool {
        role_grants(&binding.role, permission, &self.landscape().roles)
            && binding.members.iter().any(|member| self.includes(member, &caller.email))
    }

    /// Whether a member of a policy stands for a caller.
    pub(crate) fn includes(&self, member: &str, email: &str) -> bool {
        match member.split_once(':') {
            Some(("user" | "serviceAccount", address)) => address.eq_ignore_ascii_case(email),
            Some(("domain", domain)) => {
                email.rsplit_once('@').is_some_and(|(_, own)| own.eq_ignore_ascii_case(domain))
            }
            Some(("group", group)) => self.is_member(group, email),
            Some(_) => false,
            None => member == "allUsers" || member == "allAuthenticatedUsers",
        }
    }

    /// Whether an address is in a group, or in a group in it.
    pub(crate) fn is_member(&self, group: &str, email: &str) -> bool {
        self.is_member_within(group, email, DEEPEST_GROUP)
    }

    fn is_member_within(&self, group: &str, email: &str, depth: usize) -> bool {
        let Some(members) = self.landscape().groups.get(group) else { return false };
        members.iter().any(|member| {
            member.eq_ignore_ascii_case(email)
                || depth.checked_sub(1).is_some_and(|depth| self.is_member_within(member, email, depth))
        })
    }

    /// An IAM condition's value for a request at an instant, of which no access levels are known; `None` if it cannot
    /// be decided.
    pub(crate) fn condition(
        &self,
        condition: &Expression,
        resource: Resource<'_>,
        now: Timestamp,
    ) -> Option<bool> {
        let facts = Facts {
            resource: resource.kind(),
            destination: resource.destination(),
            levels: None,
            tags: self.tags(resource, &self.nodes(resource)),
            now,
        };
        holds(condition, &facts)
    }

    /// Whether a caller meets an access level from where it calls.
    pub(crate) fn meets(&self, caller: &Caller, level: &str) -> bool {
        Levels::new(self, caller, Timestamp::now()).met(level)
    }
}

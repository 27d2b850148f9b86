//! Deny policies (specification, section 7.3).

use crate::policy::{Deny, DenyRule, ReadState};
use crate::principal::Caller;
use crate::role::Permission;
use crate::value::Value;

/// What the deny policies say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DenyResult<'a> {
    /// The first policy that certainly denies.
    pub(crate) blocking: Option<&'a str>,
    /// Whether a rule that was read may deny.
    pub(crate) possible: bool,
    /// Whether all were read and every rule is false.
    pub(crate) clear: bool,
}

/// Evaluates every rule.
pub(crate) fn evaluate<'a>(deny: &'a Deny, caller: Caller<'_>, permission: Permission) -> DenyResult<'a> {
    let mut result = DenyResult { blocking: None, possible: false, clear: deny.state == ReadState::Read };
    for policy in &deny.policies {
        for rule in &policy.rules {
            let value = rule_value(rule, caller, permission);
            result.possible |= value == Value::U;
            result.clear &= value == Value::F;
            if value == Value::T && result.blocking.is_none() {
                result.blocking = Some(&policy.name);
            }
        }
    }
    result
}

fn rule_value(rule: &DenyRule, caller: Caller<'_>, permission: Permission) -> Value {
    let principals = |list: &[String]| Value::any(list.iter().map(|one| caller.deny_principal(one)));
    let permissions = |list: &[String]| Value::known(list.iter().any(|one| permission.is_denied_by(one)));
    // its attributes are resource tags, which are not visible from here
    let condition = match &rule.denial_condition {
        Some(condition) if !condition.is_empty() => Value::U,
        _ => Value::T,
    };
    Value::all([
        principals(&rule.denied_principals),
        !principals(&rule.exception_principals),
        permissions(&rule.denied_permissions),
        !permissions(&rule.exception_permissions),
        condition,
    ])
}

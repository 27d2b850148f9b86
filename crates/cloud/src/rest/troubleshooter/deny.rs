//! What the deny policies say, rule by rule.

use serde_json::{Value, json};

use super::{Question, Value3, full_name};
use crate::landscape::DenyRule;
use crate::state::{Resource, deny_covers, deny_name};

const fn access_state(value: Value3) -> &'static str {
    match value {
        Value3::Yes => "DENY_ACCESS_STATE_DENIED",
        Value3::No => "DENY_ACCESS_STATE_NOT_DENIED",
        Value3::Conditional => "DENY_ACCESS_STATE_UNKNOWN_CONDITIONAL",
        Value3::Hidden => "DENY_ACCESS_STATE_UNKNOWN_INFO",
    }
}

pub(super) fn explain(question: &Question<'_>) -> (Value3, Value) {
    let mut values = Vec::new();
    let mut resources = Vec::new();
    for node in question.state.nodes(question.resource) {
        let resource = match node.name.split_once('/') {
            Some(("projects", id)) if !id.contains('/') => question.resource,
            Some(("folders", id)) => Resource::Folder(id.parse().unwrap_or_default()),
            Some(("organizations", _)) => Resource::Organization,
            // nothing can be attached there
            _ => continue,
        };
        let readable = question.state.allows(question.caller, "iam.denypolicies.get", resource);
        let policies: Vec<(Value3, Value)> = question
            .state
            .deny_policies(&node.name)
            .filter(|_| readable)
            .map(|policy| {
                let rules: Vec<(Value3, Value)> =
                    policy.rules.iter().map(|rule| question.rule(rule)).collect();
                let value = Value3::any(rules.iter().map(|(value, _)| *value));
                let explained: Vec<&Value> = rules.iter().map(|(_, explained)| explained).collect();
                (value, json!({"denyAccessState": access_state(value), "ruleExplanations": explained}))
            })
            .collect();
        let value =
            if readable { Value3::any(policies.iter().map(|(value, _)| *value)) } else { Value3::Hidden };
        values.push(value);
        let explained: Vec<&Value> = policies.iter().map(|(_, explained)| explained).collect();
        resources.push(json!({
            "denyAccessState": access_state(value),
            "fullResourceName": full_name(&node.name),
            "explainedPolicies": explained,
        }));
    }
    let value = Value3::any(values);
    let explanation = json!({
        "denyAccessState": access_state(value), "permissionDeniable": true, "explainedResources": resources,
    });
    (value, explanation)
}

impl Question<'_> {
    fn rule(&self, rule: &DenyRule) -> (Value3, Value) {
        let denial = &rule.deny_rule;
        let stands_for = |principal: &String| self.state.is_principal(principal, self.principal);
        let permission = deny_name(self.permission);
        let covers = |entry: &String| deny_covers(entry, &permission);
        let matches = denial.denied_principals.iter().any(stands_for)
            && !denial.exception_principals.iter().any(stands_for)
            && denial.denied_permissions.iter().any(covers)
            && !denial.exception_permissions.iter().any(covers);
        let value = match &denial.denial_condition {
            _ if !matches => Value3::No,
            None => Value3::Yes,
            Some(condition) => {
                let value = self.state.condition(&condition.expression, self.resource, self.now);
                Value3::of(value, Value3::Conditional)
            }
        };
        (value, json!({"denyAccessState": access_state(value)}))
    }
}

//! What the allow policies say, binding by binding.

use serde_json::{Map, Value, json};

use super::{Question, Value3, full_name};
use crate::landscape::{Binding, role_grants, role_permissions};
use crate::rest::policy;
use crate::state::{Node, Resource};

const HIGH: &str = "HEURISTIC_RELEVANCE_HIGH";
const NORMAL: &str = "HEURISTIC_RELEVANCE_NORMAL";

const fn access_state(value: Value3) -> &'static str {
    match value {
        Value3::Yes => "ALLOW_ACCESS_STATE_GRANTED",
        Value3::No => "ALLOW_ACCESS_STATE_NOT_GRANTED",
        Value3::Conditional => "ALLOW_ACCESS_STATE_UNKNOWN_CONDITIONAL",
        Value3::Hidden => "ALLOW_ACCESS_STATE_UNKNOWN_INFO",
    }
}

const fn membership(value: Value3) -> &'static str {
    match value {
        Value3::Yes => "MEMBERSHIP_MATCHED",
        Value3::No => "MEMBERSHIP_NOT_MATCHED",
        Value3::Conditional | Value3::Hidden => "MEMBERSHIP_UNKNOWN_INFO",
    }
}

const fn relevance(value: Value3) -> &'static str {
    if matches!(value, Value3::No) { NORMAL } else { HIGH }
}

pub(super) fn explain(question: &Question<'_>) -> (Value3, Value) {
    let mut values = Vec::new();
    let mut policies = Vec::new();
    for node in question.state.nodes(question.resource) {
        let name = full_name(&node.name);
        if !question.may_read(&node) {
            values.push(Value3::Hidden);
            policies.push(json!({
                "allowAccessState": access_state(Value3::Hidden), "fullResourceName": name, "relevance": HIGH,
            }));
            continue;
        }
        let (bindings, explained): (Vec<Value3>, Vec<Value>) =
            node.policy.bindings.iter().map(|binding| question.binding(binding)).unzip();
        let value = Value3::any(bindings);
        values.push(value);
        policies.push(json!({
            "allowAccessState": access_state(value),
            "fullResourceName": name,
            "bindingExplanations": explained,
            "policy": policy::shown(node.policy, 3),
            "relevance": relevance(value),
        }));
    }
    let value = Value3::any(values);
    let explanation =
        json!({"allowAccessState": access_state(value), "explainedPolicies": policies, "relevance": HIGH});
    (value, explanation)
}

impl Question<'_> {
    /// Whether the caller may read the policy of a node.
    fn may_read(&self, node: &Node<'_>) -> bool {
        let permission = match node.name.split('/').next() {
            Some("folders") => "resourcemanager.folders.getIamPolicy",
            Some("organizations") => "resourcemanager.organizations.getIamPolicy",
            _ if !node.name.contains("iap_tunnel") => "resourcemanager.projects.getIamPolicy",
            _ if node.name.contains("/instances/") => "iap.tunnelInstances.getIamPolicy",
            _ if node.name.contains("/zones/") => "iap.tunnelZones.getIamPolicy",
            _ => "iap.tunnel.getIamPolicy",
        };
        let folder = node.name.strip_prefix("folders/").and_then(|id| id.parse().ok());
        let resource = match (node.name.split('/').next(), folder) {
            (_, Some(id)) => Resource::Folder(id),
            (Some("organizations"), None) => Resource::Organization,
            _ => self.resource,
        };
        self.state.allows(self.caller, permission, resource)
    }

    fn member(&self, member: &str) -> Value3 {
        let looks = || {
            let viewers = &self.state.landscape().group_viewers;
            viewers.iter().any(|viewer| self.state.includes(viewer, &self.caller.email))
        };
        if member.starts_with("group:") && !looks() {
            return Value3::Hidden;
        }
        Value3::of(Some(self.state.includes(member, self.principal)), Value3::Hidden)
    }

    fn role(&self, role: &str) -> Value3 {
        let own = &self.state.landscape().roles;
        let readable = role_permissions(role).is_some()
            || self.state.allows(self.caller, "iam.roles.get", Resource::Organization);
        let known = readable.then(|| role_grants(role, self.permission, own));
        Value3::of(known, Value3::Hidden)
    }

    fn binding(&self, binding: &Binding) -> (Value3, Value) {
        let members: Vec<(&str, Value3)> =
            binding.members.iter().map(|member| (member.as_str(), self.member(member))).collect();
        let combined = Value3::any(members.iter().map(|(_, value)| *value));
        let role = self.role(&binding.role);
        let condition = binding.condition.as_ref().map(|condition| {
            let value = self.state.condition(&condition.expression, self.resource, self.now);
            (condition, Value3::of(value, Value3::Conditional))
        });
        let condition_value = condition.map_or(Value3::Yes, |(_, value)| value);
        let parts = [combined, role, condition_value];
        let value = if parts.contains(&Value3::No) {
            Value3::No
        } else if parts.contains(&Value3::Hidden) {
            Value3::Hidden
        } else {
            condition_value
        };
        let shown = |value: Value3| json!({"membership": membership(value), "relevance": relevance(value)});
        let all: Map<String, Value> =
            members.iter().map(|(name, value)| ((*name).to_owned(), shown(*value))).collect();
        let mut explained = json!({
            "allowAccessState": access_state(value),
            "role": binding.role,
            "rolePermission": match role {
                Value3::Yes => "ROLE_PERMISSION_INCLUDED",
                Value3::No => "ROLE_PERMISSION_NOT_INCLUDED",
                Value3::Conditional | Value3::Hidden => "ROLE_PERMISSION_UNKNOWN_INFO",
            },
            "rolePermissionRelevance": relevance(role),
            "combinedMembership": shown(combined),
            "memberships": all,
            "relevance": relevance(value),
        });
        if let (Some((condition, value)), Some(object)) = (condition, explained.as_object_mut()) {
            object.insert("condition".to_owned(), json!(condition));
            let end = condition.expression.source().chars().count();
            object.insert("conditionExplanation".to_owned(), condition_explained(value, end));
        }
        (value, explained)
    }
}

/// The value of a whole condition, or the error that it ends in.
fn condition_explained(value: Value3, end: usize) -> Value {
    match value {
        Value3::Yes | Value3::No => {
            let value = value == Value3::Yes;
            json!({"value": value, "evaluationStates": [{"start": 0, "end": end, "value": value}]})
        }
        Value3::Conditional | Value3::Hidden => {
            let errors =
                json!([{"code": 3, "message": "The condition could not be evaluated from this context."}]);
            json!({"errors": errors, "evaluationStates": [{"start": 0, "end": end, "errors": errors}]})
        }
    }
}

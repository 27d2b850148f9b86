//! Policy Troubleshooter (specification, section 3.2): asked where membership of a group or the content of a role
//! stays unknown. It knows no access levels, so its overall answer is not used.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{case::Case, evidence::Evidence};

/// What it is asked.
pub(super) fn tuple(case: &Case, evidence: &Evidence) -> Value {
    let adit_contract::TunnelTarget::Instance { instance, port, .. } = &case.target else {
        return Value::Null;
    };
    let project = evidence.project_number(case).unwrap_or_else(|| instance.project.clone());
    let id = evidence.vm_id().unwrap_or_else(|| instance.name.clone());
    let name = format!("projects/{project}/iap_tunnel/zones/{}/instances/{id}", instance.zone);
    json!({
        "principal": evidence.email,
        "fullResourceName": format!("//iap.googleapis.com/{name}"),
        "permission": case.permission(),
        "conditionContext": {
            "resource": {
                "service": "iap.googleapis.com",
                "name": name,
                "type": "iap.googleapis.com/TunnelInstance",
            },
            "destination": { "ip": evidence.nic(case).and_then(|nic| nic.get("networkIP")), "port": port },
            "request": { "receiveTime": evidence.now(case).map(|now| now.to_string()) },
        },
    })
}

/// Memberships of groups, by member, and whether roles hold the permission.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Findings {
    pub(super) groups: Map<String, Value>,
    pub(super) roles: BTreeMap<String, bool>,
}

/// What the answer says for certain.
pub(super) fn findings(body: &Value) -> Findings {
    let mut found = Findings::default();
    let policies = list(body, "/allowPolicyExplanation/explainedPolicies");
    for binding in policies.flat_map(|policy| list(policy, "/bindingExplanations")) {
        found.binding(binding);
    }
    found
}

impl Findings {
    fn binding(&mut self, binding: &Value) {
        if let Some(role) = binding.get("role").and_then(Value::as_str) {
            match binding.get("rolePermission").and_then(Value::as_str) {
                Some("ROLE_PERMISSION_INCLUDED") => drop(self.roles.insert(role.to_owned(), true)),
                Some("ROLE_PERMISSION_NOT_INCLUDED") => drop(self.roles.insert(role.to_owned(), false)),
                _ => {}
            }
        }
        let memberships = binding.get("memberships").and_then(Value::as_object);
        for (member, membership) in memberships.into_iter().flatten() {
            let value = match membership.get("membership").and_then(Value::as_str) {
                Some("MEMBERSHIP_MATCHED") => "MEMBER",
                Some("MEMBERSHIP_NOT_MATCHED") => "NOT_MEMBER",
                _ => continue,
            };
            if member.starts_with("group:") {
                self.groups.insert(member.clone(), value.into());
            }
        }
    }

    /// A rule that denies spares nobody who asks: whoever asks is in none of the groups that it spares. `policies` are the
    /// deny policies of one resource, in the order of their list.
    pub(super) fn denials(&mut self, body: &Value, resource: &str, policies: &[(&str, &Value)]) {
        let end = format!("/{resource}");
        let is_of = |explained: &&Value| {
            let name = explained.get("fullResourceName").and_then(Value::as_str);
            name.is_some_and(|name| name.ends_with(&end))
        };
        let resources = list(body, "/denyPolicyExplanation/explainedResources");
        for (place, explained) in
            resources.filter(is_of).flat_map(|explained| list(explained, "/explainedPolicies").enumerate())
        {
            let policy = match explained.pointer("/policy/name").and_then(Value::as_str) {
                Some(name) => policies.iter().find(|(known, _)| *known == name),
                None => policies.get(place),
            };
            let Some((_, policy)) = policy else { continue };
            for (rule, explained) in list(policy, "/rules").zip(list(explained, "/ruleExplanations")) {
                if explained.get("denyAccessState").and_then(Value::as_str)
                    == Some("DENY_ACCESS_STATE_DENIED")
                {
                    let groups = spared(rule).filter_map(group);
                    self.groups.extend(groups.map(|group| (format!("group:{group}"), "NOT_MEMBER".into())));
                }
            }
        }
    }
}

/// The groups that a deny policy names, by their addresses.
pub(super) fn groups_of(policy: &Value) -> Vec<String> {
    let rules = list(policy, "/rules");
    let named = rules.flat_map(|rule| {
        let rule = rule.get("denyRule").unwrap_or(rule);
        list(rule, "/deniedPrincipals").chain(list(rule, "/exceptionPrincipals"))
    });
    named.filter_map(Value::as_str).filter_map(group).map(str::to_owned).collect()
}

fn spared(rule: &Value) -> impl Iterator<Item = &str> {
    list(rule.get("denyRule").unwrap_or(rule), "/exceptionPrincipals").filter_map(Value::as_str)
}

fn group(principal: &str) -> Option<&str> {
    principal.strip_prefix("principalSet://goog/group/")
}

fn list<'a>(value: &'a Value, pointer: &str) -> impl Iterator<Item = &'a Value> {
    value.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memberships_and_roles_are_taken_where_it_is_sure() {
        let body = json!({ "allowPolicyExplanation": { "explainedPolicies": [{ "bindingExplanations": [
            {
                "role": "projects/p/roles/a", "rolePermission": "ROLE_PERMISSION_NOT_INCLUDED",
                "memberships": {
                    "group:a@x.example": { "membership": "MEMBERSHIP_MATCHED" },
                    "group:b@x.example": { "membership": "MEMBERSHIP_UNKNOWN_INFO" },
                    "user:ana@x.example": { "membership": "MEMBERSHIP_MATCHED" },
                },
            },
            { "role": "projects/p/roles/b", "rolePermission": "ROLE_PERMISSION_UNKNOWN_INFO", "memberships": [] },
            "rubbish",
        ] }] } });
        let found = findings(&body);
        assert_eq!(Value::Object(found.groups), json!({ "group:a@x.example": "MEMBER" }));
        assert_eq!(found.roles, BTreeMap::from([("projects/p/roles/a".to_owned(), false)]));
        assert_eq!(findings(&json!([1])), Findings::default());
    }

    #[test]
    fn a_rule_that_denies_spares_nobody_who_asks() {
        let policy = json!({ "rules": [
            { "denyRule": { "exceptionPrincipals": ["principalSet://goog/group/a@x.example", "principal://x"] } },
            { "denyRule": { "exceptionPrincipals": ["principalSet://goog/group/b@x.example"] } },
        ] });
        let body = json!({ "denyPolicyExplanation": { "explainedResources": [{
            "fullResourceName": "//cloudresourcemanager.googleapis.com/projects/p",
            "explainedPolicies": [{ "ruleExplanations": [
                { "denyAccessState": "DENY_ACCESS_STATE_DENIED" },
                { "denyAccessState": "DENY_ACCESS_STATE_NOT_DENIED" },
            ] }],
        }] } });
        let mut found = Findings::default();
        found.denials(&body, "projects/q", &[("policies/x", &policy)]);
        assert_eq!(found, Findings::default());
        found.denials(&body, "projects/p", &[("policies/x", &policy)]);
        assert_eq!(Value::Object(found.groups), json!({ "group:a@x.example": "NOT_MEMBER" }));
        assert_eq!(groups_of(&policy), ["a@x.example", "b@x.example"]);
    }
}

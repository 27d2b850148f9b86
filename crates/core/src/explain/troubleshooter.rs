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
pub(super) fn findings(body: &Value) -> (Map<String, Value>, BTreeMap<String, bool>) {
    let (mut groups, mut roles) = (Map::new(), BTreeMap::new());
    let policies = body.pointer("/allowPolicyExplanation/explainedPolicies").and_then(Value::as_array);
    let bindings =
        policies.into_iter().flatten().filter_map(|policy| policy.get("bindingExplanations")?.as_array());
    for binding in bindings.flatten() {
        if let Some(role) = binding.get("role").and_then(Value::as_str) {
            match binding.get("rolePermission").and_then(Value::as_str) {
                Some("ROLE_PERMISSION_INCLUDED") => drop(roles.insert(role.to_owned(), true)),
                Some("ROLE_PERMISSION_NOT_INCLUDED") => drop(roles.insert(role.to_owned(), false)),
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
                groups.insert(member.clone(), value.into());
            }
        }
    }
    (groups, roles)
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
        let (groups, roles) = findings(&body);
        assert_eq!(Value::Object(groups), json!({ "group:a@x.example": "MEMBER" }));
        assert_eq!(roles, BTreeMap::from([("projects/p/roles/a".to_owned(), false)]));
        assert_eq!(findings(&json!([1])), (Map::new(), BTreeMap::new()));
    }
}

//! What the tree shows beforehand, and that it is what the explanation says.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use adit_access::{
    Blocker, Input, Observed, Outlook, Permission, Preflight, Target, Verdict, explain, explain_permission,
};
use serde_json::{Value, json};

fn input() -> Input {
    let tunnel = "roles/iap.tunnelResourceAccessor";
    let ana = "user:ana@acme.example";
    let value: Value = json!({
        "principal": {"type": "user", "email": "ana@acme.example"},
        "client": {"egressIps": ["198.51.100.7"]},
        "now": "2026-11-23T10:00:00Z",
        "allow": [
            {"resource": "vm", "state": "READ", "bindings": [
                {"role": tunnel, "members": [ana], "condition": {"expression": "destination.ip == \"10.0.0.9\""}},
            ]},
            {"resource": "other-vm", "state": "DENIED", "bindings": [{"role": tunnel, "members": [ana]}]},
            {"resource": "project", "state": "READ", "bindings": [
                {"role": tunnel, "members": ["user:bob@acme.example"]},
                {"role": tunnel, "members": [ana],
                 "condition": {"title": "ssh", "expression": "destination.port == 22"}},
                {"role": tunnel, "members": [ana], "condition": {"expression":
                    "destination.port == 3389 && \"accessPolicies/4/accessLevels/corp\" in request.auth.access_levels"}},
            ]},
            {"resource": "folder", "state": "READ", "bindings": [
                {"role": tunnel, "members": ["group:ops@acme.example"],
                 "condition": {"expression": "destination.port == 8080"}},
            ]},
        ],
        "levels": {"state": "READ", "items": [
            {"name": "accessPolicies/4/accessLevels/corp", "basic": {"conditions": [{"ipSubnetworks": ["192.0.2.0/24"]}]}},
        ]},
    });
    Input::from_value(&value).unwrap()
}

fn target(ip: &str, port: i64) -> Target {
    Target {
        instance: Some("web-1".to_owned()),
        ip: Some(ip.to_owned()),
        port: Some(port),
        ..Target::default()
    }
}

#[test]
fn open_blocked_and_unknown() {
    let preflight = Preflight::new(&input(), Permission::Tunnel);
    let outlook = |ip: &str, port: i64, path: &[usize]| preflight.outlook(&target(ip, port), path);
    let condition = |title: &str| Outlook::Blocked(Blocker::Condition(Arc::from(title)));
    assert_eq!(outlook("10.0.0.5", 22, &[0, 2, 3]), Outlook::Open);
    assert_eq!(outlook("10.0.0.9", 80, &[0, 2, 3]), Outlook::Open);
    assert_eq!(outlook("10.0.0.5", 8080, &[0, 2, 3]), Outlook::Unknown);
    assert_eq!(outlook("10.0.0.5", 80, &[2, 3]), condition("ssh"));
    assert_eq!(outlook("10.0.0.5", 80, &[]), Outlook::Blocked(Blocker::NoGrant));
    assert_eq!(outlook("10.0.0.5", 80, &[1]), Outlook::Unknown);
    assert_eq!(outlook("10.0.0.5", 80, &[77]), Outlook::Unknown);
}

#[test]
fn levels_and_deny_policies_are_named() {
    let mut input = input();
    input.allow[2].bindings.remove(1);
    let corp = Outlook::Blocked(Blocker::Levels(vec![Arc::from("corp")]));
    assert_eq!(Preflight::new(&input, Permission::Tunnel).outlook(&target("10.0.0.5", 3389), &[2]), corp);
    let rule = adit_access::DenyRule {
        denied_principals: vec!["principal://goog/subject/ANA@acme.example".to_owned()],
        denied_permissions: vec!["iap.googleapis.com/*.*".to_owned()],
        ..adit_access::DenyRule::default()
    };
    input.deny.policies = vec![adit_access::DenyPolicy { name: "no".to_owned(), rules: vec![rule] }];
    let denied = Outlook::Blocked(Blocker::Deny(Arc::from("no")));
    assert_eq!(Preflight::new(&input, Permission::Tunnel).outlook(&target("10.0.0.5", 22), &[2]), denied);
}

#[test]
fn agrees_with_the_explanation_of_something_not_tried() {
    let preflight = Preflight::new(&input(), Permission::Tunnel);
    for ip in ["10.0.0.5", "10.0.0.9"] {
        for port in [22, 80, 3389, 8080] {
            let asked = Input { target: target(ip, port), observed: Observed::NotTried, ..input() };
            let explanation = explain(&asked);
            let expected = match explanation.verdict {
                Verdict::Allowed => Outlook::Open,
                _ if explanation.bindings.iter().any(|row| row.4 == adit_access::Value::U) => {
                    Outlook::Unknown
                }
                _ => continue,
            };
            assert_eq!(preflight.outlook(&asked.target, &[0, 1, 2, 3]), expected, "{ip} {port}");
            assert!(explanation.inferred.is_empty());
            assert!(!explanation.headline.contains("refused"), "{}", explanation.headline);
        }
    }
}

#[test]
fn web_apps_have_their_own_role_and_attributes() {
    let mut input = Input::from_value(&json!({
        "observed": {"channel": "web"},
        "principal": {"type": "user", "email": "ana@acme.example"},
        "target": {"host": "wiki.acme.example", "path": "/admin/x"},
        "allow": [{"resource": "projects/1/iap_web", "state": "READ", "bindings": [
            {"role": "roles/owner", "members": ["user:ana@acme.example"]},
            {"role": "roles/iap.httpsResourceAccessor", "members": ["user:ana@acme.example"], "condition":
                {"title": "no admin", "expression": "!request.path.startsWith(\"/admin/\")"}},
        ]}],
        "deny": {"state": "READ"}, "pab": {"state": "CLEAR"}, "perimeter": {"state": "NONE"},
    }))
    .unwrap();
    let explanation = explain_permission(&input, Permission::Web);
    assert_eq!(
        explanation.headline,
        "You hold IAP-secured Web App User on projects/1/iap_web, but its condition \"no admin\" is not met: not: \
         `request.path.startsWith(\"/admin/\")` must be true."
    );
    assert!(explanation.details.lints.is_empty());
    input.target.path = Some("/x".to_owned());
    assert_eq!(explain_permission(&input, Permission::Web).verdict, Verdict::PolicyConflict);
}

//! What the screen shows below the sentence, and what an administrator gets.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use adit_access::{
    ConditionNode, Explanation, Input, LevelStatus, Lint, NodeKind, Permission, Value, admin_request, explain,
};
use serde_json::{Value as Json, json};

fn denied(changes: Json) -> Input {
    let mut input = json!({
        "observed": {"channel": "websocket", "closeCode": 4033, "reason": "not authorized"},
        "now": "2026-11-23T10:00:00Z",
        "principal": {"type": "user", "email": "ana@acme.example"},
        "target": {"projectId": "acme-prod", "zone": "europe-west1-b", "instance": "web-1", "instanceId": "4567",
                   "ip": "10.0.0.5", "port": 22},
        "client": {"egressIps": ["198.51.100.7"], "os": {"type": "DESKTOP_MAC", "version": "14.5.0"}},
        "deny": {"state": "READ"}, "pab": {"state": "CLEAR"}, "perimeter": {"state": "NONE"},
    });
    input.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    Input::from_value(&input).unwrap()
}

fn with_condition(expression: &str, levels: Json) -> Input {
    denied(json!({
        "allow": [{"resource": "projects/acme-prod", "state": "READ", "bindings": [{
            "role": "roles/iap.tunnelResourceAccessor",
            "members": ["user:bob@acme.example", "user:ana@acme.example"],
            "condition": {"title": "corp", "expression": expression},
        }]}],
        "levels": {"state": "READ", "items": levels},
    }))
}

fn lints(input: &Input) -> Vec<Lint> {
    explain(input).details.lints.iter().map(|found| found.lint).collect()
}

#[test]
fn level_cards_hold_every_condition_with_this_devices_value() {
    let level = json!([{"name": "accessPolicies/42/accessLevels/corp", "title": "Corporate", "basic": {"conditions": [
        {"ipSubnetworks": ["203.0.113.0/24"], "devicePolicy": {"osConstraints": [{"osType": "DESKTOP_MAC"}]}},
    ]}}]);
    let input =
        with_condition("\"accessPolicies/42/accessLevels/corp\" in request.auth.access_levels", level);
    let details = explain(&input).details;
    let card = &details.levels[0];
    assert_eq!((card.title.as_str(), card.short.as_str()), ("Corporate", "corp"));
    assert_eq!((card.value, card.status), (Value::F, Some(LevelStatus::Failed)));
    let checks: Vec<_> = leaves(&card.body);
    let shown: Vec<_> = checks
        .iter()
        .map(|check| (check.phrase.as_str(), check.value, check.actual.as_deref(), check.cited))
        .collect();
    assert_eq!(
        shown,
        [
            ("your public IP must be in 203.0.113.0/24", Value::F, Some("198.51.100.7"), true),
            (
                "operating system must be DESKTOP_MAC (this device: DESKTOP_MAC 14.5.0)",
                Value::U,
                Some("DESKTOP_MAC 14.5.0"),
                true
            ),
        ]
    );
    assert_eq!(details.cited.unwrap().members, ["user:ana@acme.example"]);
}

fn leaves(node: &ConditionNode) -> Vec<&adit_access::Check> {
    match &node.kind {
        NodeKind::Atom(check) => vec![check],
        _ => node.children.iter().flat_map(leaves).collect(),
    }
}

#[test]
fn the_condition_is_a_tree_with_places_in_the_source() {
    let source = "  (destination.port == 23) && !( request.time.getHours(\"UTC\")  < 12 )";
    let details = explain(&with_condition(source, json!([]))).details;
    let root = details.condition.unwrap();
    assert!(matches!(root.kind, NodeKind::And));
    let found: Vec<_> = leaves(&root)
        .iter()
        .map(|check| {
            let span = check.span.unwrap();
            (&source[span.start..span.end], check.value, check.wanted, check.actual.as_deref())
        })
        .collect();
    assert_eq!(
        found,
        [
            ("destination.port == 23", Value::F, true, Some("22")),
            ("request.time.getHours(\"UTC\")  < 12", Value::T, false, Some("10")),
        ]
    );
}

#[test]
fn other_spellings_mean_the_level_and_carry_a_lint() {
    let level = json!([{"name": "accessPolicies/42/accessLevels/corp", "basic": {"conditions": [{"regions": ["DE"]}]}}]);
    let name = "accessPolicies/42/accessLevels/corp";
    for (expression, standard) in [
        (format!("\"{name}\" in request.auth.access_levels"), true),
        (format!("\"{name}\"\n   in request.auth.access_levels"), true),
        (format!("'{name}' in request.auth.access_levels"), false),
        (format!("(\"{name}\") in (request.auth.access_levels)"), false),
        (format!("request.auth.access_levels.contains('{name}')"), false),
        (format!("request.auth.access_levels.exists(l, l == '{name}')"), false),
        (format!("request.auth.access_levels.exists(x, \"{name}\" == x)"), false),
    ] {
        let input = with_condition(&expression, level.clone());
        assert_eq!(explain(&input).inferred, ["level:corp/0/region"], "{expression}");
        let expected: &[_] = if standard { &[] } else { &[Lint::NonstandardLevelTest] };
        assert_eq!(lints(&input), expected, "{expression}");
    }
}

#[test]
fn lints_that_change_no_value() {
    let found = |expression: &str| lints(&with_condition(expression, json!([])));
    assert_eq!(found("resource.name == \"x\""), [Lint::ResourceNameUnsupported]);
    assert_eq!(found("request.path == \"/\" || origin.ip == \"x\""), [Lint::WrongAttribute; 2]);
    assert_eq!(found("request.time < timestamp(\"2026-01-01\")"), [Lint::BadTimestamp]);
    assert_eq!(
        found("\"accessPolicies/1/accessLevels/x\" in request.auth.access_levels"),
        [Lint::UnknownLevel]
    );
}

#[test]
fn a_missing_device_record_is_said() {
    let level = json!([{"name": "accessPolicies/42/accessLevels/dev", "custom": {"expr": {"expression":
        "device.is_corp_owned_device && device.os_type == OsType.DESKTOP_MAC"}}}]);
    let mut input =
        with_condition("\"accessPolicies/42/accessLevels/dev\" in request.auth.access_levels", level);
    input.audit =
        Some(adit_access::Audit { device_id: Some(String::new()), ..adit_access::Audit::default() });
    let explanation = explain(&input);
    assert!(explanation.details.no_device_record);
    assert!(
        explanation.headline.ends_with(
            "IAP saw no registered device for you: install or re-sync Endpoint Verification first."
        )
    );
}

fn request(input: &Input) -> (Explanation, adit_access::AdminRequest) {
    let explanation = explain(input);
    let request = admin_request(input, &explanation, Permission::Tunnel);
    (explanation, request)
}

#[test]
fn the_request_for_a_missing_grant() {
    let (_, request) =
        request(&denied(json!({"allow": [{"resource": "projects/acme-prod", "state": "READ"}]})));
    assert_eq!(
        request.gcloud.unwrap(),
        "gcloud projects add-iam-policy-binding acme-prod --member=user:ana@acme.example \
         --role=roles/iap.tunnelResourceAccessor --condition='expression=destination.port == 22,title=Port 22 \
         through IAP'"
    );
    assert!(request.terraform.unwrap().starts_with("resource \"google_iap_tunnel_instance_iam_member\""));
    assert!(request.text.contains("When: 2026-11-23T10:00:00Z"));
    assert!(request.text.contains("close code 4033 (not authorized)"));
}

#[test]
fn the_request_about_a_level_names_it_and_no_other_people() {
    let level = json!([{"name": "accessPolicies/42/accessLevels/corp", "basic": {"conditions": [{"regions": ["DE"]}]}}]);
    let input =
        with_condition("\"accessPolicies/42/accessLevels/corp\" in request.auth.access_levels", level);
    let (_, request) = request(&input);
    assert_eq!(request.gcloud.unwrap(), "gcloud access-context-manager levels describe corp --policy=42");
    assert!(request.text.contains("timestamp>=\"2026-11-23T09:58:30Z\""));
    assert!(!request.text.contains("bob@acme.example"));
}

#[test]
fn the_request_after_a_refused_token_holds_no_link_with_parameters() {
    let input = denied(json!({"observed": {
        "channel": "token", "error": "access_denied",
        "error_description": "Account restricted: https://accounts.google.com/info/servicerestricted?es=SECRET",
        "error_uri": "https://accounts.google.com/info/servicerestricted?es=SECRET",
    }}));
    let (explanation, request) = request(&input);
    assert!(!request.text.contains("SECRET"));
    assert!(request.text.contains("contextawareaccess.googleapis.com"));
    assert!(!serde_json::to_string(&explanation).unwrap().contains("SECRET"));
}

//! Rules that the worked cases do not reach, one by one.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use adit_access::{Input, Value, explain};
use serde_json::{Value as Json, json};

fn input(changes: &Json) -> Input {
    let mut input = json!({
        "observed": {"channel": "websocket", "closeCode": 4033},
        "now": "2026-11-23T10:00:00Z",
        "principal": {"type": "user", "email": "Ana@acme.example", "hostedDomain": "Acme.example"},
        "target": {"instance": "web-1", "ip": "10.0.0.5", "port": 22},
        "client": {"egressIps": ["198.51.100.7"]},
        "deny": {"state": "READ"}, "pab": {"state": "CLEAR"}, "perimeter": {"state": "NONE"},
    });
    input.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    Input::from_value(&input).unwrap()
}

fn binding(member: &str, expression: &str) -> Json {
    json!([{"resource": "projects/p", "state": "READ", "bindings": [{
        "role": "roles/iap.tunnelResourceAccessor", "members": [member], "condition": {"expression": expression},
    }]}])
}

fn member(member: &str, principal: &Json) -> Value {
    let allow = binding(member, "");
    explain(&input(&json!({"allow": allow, "principal": principal}))).bindings[0].1
}

fn condition(expression: &str) -> Value {
    explain(&input(&json!({"allow": binding("allUsers", expression)}))).bindings[0].3
}

#[test]
fn members() {
    let ana = json!({"type": "user", "email": "ana@acme.example", "hostedDomain": "corp.example"});
    let nobody = json!({});
    let pool = "iam.googleapis.com/locations/global/workforcePools/acme";
    let workforce = json!({"type": "workforce", "subject": format!("principal://{pool}/subject/ana")});
    for (text, principal, expected) in [
        ("user:ANA@acme.example", &ana, Value::T),
        ("User:ana@acme.example", &ana, Value::U),
        ("serviceAccount:ana@acme.example", &ana, Value::F),
        ("domain:ACME.example", &ana, Value::T),
        ("domain:corp.example", &ana, Value::T),
        ("domain:other.example", &ana, Value::F),
        ("deleted:user:ana@acme.example?uid=1", &ana, Value::F),
        ("group:g@acme.example", &ana, Value::U),
        ("user:ana@acme.example", &nobody, Value::U),
        ("allAuthenticatedUsers", &nobody, Value::T),
        (&format!("principal://{pool}/subject/ana"), &workforce, Value::T),
        (&format!("principal://{pool}/subject/Ana"), &workforce, Value::F),
        (&format!("principalSet://{pool}/*"), &workforce, Value::T),
        (&format!("principalSet://{pool}/group/g"), &workforce, Value::U),
        (&format!("principalSet://{pool}x/*"), &workforce, Value::F),
        (&format!("principalSet://{pool}/*"), &ana, Value::F),
        ("principalSet://iam.googleapis.com/x", &ana, Value::U),
    ] {
        assert_eq!(member(text, principal), expected, "{text} {principal}");
    }
}

#[test]
fn times_and_numbers() {
    for (expression, expected) in [
        ("request.time < timestamp(\"9999-12-31T23:59:59Z\")", Value::T),
        ("request.time < timestamp(\"2030-01-01T00:00:00.1234567890Z\")", Value::T),
        ("request.time < timestamp(\"2030-01-01T00:00:00+00:00\")", Value::F),
        ("!(request.time < timestamp(\"2026-02-30T00:00:00Z\"))", Value::U),
        ("!!(request.time < timestamp(\"2026-02-30T00:00:00Z\"))", Value::F),
        ("request.time > date(\"2026-11-23\")", Value::T),
        ("request.time > date(\"2026-11-31\")", Value::U),
        ("request.time.getHours(\"+05:30\") == 15", Value::T),
        ("request.time.getHours(\"Europe/berlin\") == 11", Value::U),
        ("request.time.getDayOfWeek(\"Pacific/Auckland\") == 1", Value::T),
        ("request.time - timestamp(\"2026-11-23T09:00:00Z\") == duration(\"3600s\")", Value::T),
        ("destination.port == 0x16", Value::T),
        ("destination.port == 22u", Value::T),
        ("destination.port == \"22\"", Value::U),
        ("destination.port in [22, \"x\"]", Value::U),
        ("destination.port + 9223372036854775807 > 0", Value::U),
        ("(destination.port / 0 == 1 || true) == true", Value::T),
        ("destination.ip.startsWith(\"10.0.\" + \"0\")", Value::T),
        ("resource.type == 'iap.googleapis.com/TunnelInstance'", Value::T),
        ("api.getAttribute(\"x\", []).hasOnly([\"y\"])", Value::U),
        ("{\"a\": 1}.a == 1", Value::U),
        (" ", Value::T),
    ] {
        assert_eq!(condition(expression), expected, "{expression}");
    }
}

#[test]
fn levels_that_end_alike_stay_separate() {
    let test =
        |policy: u8| format!("\"accessPolicies/{policy}/accessLevels/corp\" in request.auth.access_levels");
    let level = |policy: u8| {
        let name = format!("accessPolicies/{policy}/accessLevels/corp");
        json!({"name": name, "basic": {"conditions": [{"regions": ["DE"]}]}})
    };
    let allow = binding("allUsers", &format!("{} && {}", test(2), test(1)));
    let levels = json!({"state": "READ", "items": [level(1), level(2)]});
    let explanation = explain(&input(&json!({"allow": allow, "levels": levels})));
    assert_eq!(explanation.repairs, [["level:corp/0/region?", "level:corp/0/region?"]]);
    assert_eq!(explanation.blocking_levels.len(), 2);
    assert!(explanation.headline.contains("access level corp is not met"));
}

#[test]
fn the_audit_record_is_right_against_our_own_reading() {
    let name = "accessPolicies/1/accessLevels/corp";
    let level = json!({"name": name, "basic": {"conditions": [{"ipSubnetworks": ["198.51.100.0/24"]}]}});
    let allow = binding("allUsers", &format!("\"{name}\" in request.auth.access_levels"));
    let audit = json!({"satisfied": [name], "unsatisfied": [name]});
    let levels = json!({"state": "READ", "items": [level]});
    let explanation = explain(&input(&json!({"allow": allow, "levels": levels, "audit": audit})));
    assert_eq!(explanation.repairs, [["level:corp"]]);
    assert_eq!(explanation.basis, [adit_access::Basis::Server]);
    assert_eq!(
        explanation.headline,
        "You hold IAP-secured Tunnel User on projects/p, but access level corp is not met: access level corp was \
         reported as not met."
    );
}

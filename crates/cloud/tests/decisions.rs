//! What IAP decides when a tunnel is opened: conditions, access levels, deny policies, groups, firewalls.

#![cfg(test)]

mod wire;

use adit_cloud::{Cloud, Landscape, Options};
use serde_json::{Value, json};
use wire::{Client, Got};

const ANA: &str = "user:ana@test.example";
const ROLE: &str = "roles/iap.tunnelResourceAccessor";

/// A policy that gives Ana the tunnel role under a condition.
fn under(condition: &str) -> Value {
    json!({"bindings": [{"role": ROLE, "members": [ANA], "condition": {"title": "t", "expression": condition}}]})
}

fn given(member: &str) -> Value {
    json!({"bindings": [{"role": ROLE, "members": [member]}]})
}

/// A landscape of instances, each with what is different about it over a Linux host that echoes on port 7.
fn landscape(instances: &[Value], more: &Value) -> Landscape {
    let instances: Vec<Value> = instances
        .iter()
        .enumerate()
        .map(|(number, own)| {
            let mut one = json!({
                "project": "mine", "zone": "test-a", "name": format!("vm-{number}"),
                "ip": format!("10.0.{}.{}", number / 200, number % 200 + 2), "ports": {"7": "echo"},
            });
            merge(&mut one, own);
            one
        })
        .collect();
    let mut whole = json!({
        "organization": {"domain": "test.example", "id": 1},
        "folders": [{"id": 5, "name": "Folder", "parent": "organizations/1"}],
        "zones": [{"name": "test-a"}],
        "projects": [{
            "id": "mine", "number": 11, "name": "Mine", "parent": "folders/5",
            "resourceTags": {"1/env": "test"},
        }],
        "groups": {"inner@test.example": ["ana@test.example"], "outer@test.example": ["inner@test.example"]},
        "users": [{"email": "ana@test.example", "name": "Ana", "places": [{
            "name": "office", "ip": "203.0.113.7", "region": "DE",
            "device": {
                "os": "DESKTOP_LINUX", "osVersion": "6.1", "encryption": "ENCRYPTED", "screenLock": true,
                "management": "BASIC",
            },
        }]}],
        "instances": instances,
    });
    merge(&mut whole, more);
    Landscape::parse(&whole.to_string()).unwrap()
}

/// Lays one object over another.
fn merge(under: &mut Value, over: &Value) {
    match (under, over) {
        (Value::Object(under), Value::Object(over)) => {
            for (key, value) in over {
                merge(under.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (under, over) => *under = over.clone(),
    }
}

async fn start(landscape: Landscape) -> Cloud {
    Cloud::start(Options::new(landscape)).await.unwrap()
}

/// The code that a tunnel is refused with; 0 for one that opens.
async fn code(cloud: &Cloud, instance: usize, port: u16) -> u16 {
    let query = wire::connect_query("mine", &format!("vm-{instance}"), port);
    let mut client = Client::open(cloud, &query).await.unwrap();
    match client.next().await {
        Got::Sid(_) => 0,
        Got::Close(code) => code,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn conditions_hold_as_the_server_evaluates_them() {
    let level = "\"accessPolicies/9/accessLevels/office\" in request.auth.access_levels";
    let other = "\"accessPolicies/9/accessLevels/moon\" in request.auth.access_levels";
    let table: Vec<(String, bool)> = [
        ("", true),
        ("destination.port == 7", true),
        ("destination.port == 22", false),
        ("destination.port in [22, 7]", true),
        ("destination.port > 6 && destination.port <= 7", true),
        ("destination.ip == \"10.0.0.2\"", false),
        ("destination.ip.startsWith(\"10.0.\")", true),
        ("request.time < timestamp(\"2020-01-01T00:00:00Z\")", false),
        ("request.time > timestamp(\"2020-01-01T00:00:00Z\")", true),
        // another offset is an error to IAM, whatever CEL says
        ("request.time > timestamp(\"2020-01-01T00:00:00+01:00\")", false),
        ("request.time > timestamp(\"2020-01-01T00:00:00+01:00\") || destination.port == 7", true),
        ("!(request.time > timestamp(\"2020-01-01T00:00:00+01:00\"))", false),
        ("request.time > date(\"2020-01-01\")", true),
        ("request.time - timestamp(\"2020-01-01T00:00:00Z\") > duration(\"3600s\")", true),
        ("request.time.getFullYear(\"Europe/Berlin\") > 2020", true),
        ("request.time.getDayOfWeek() >= 0", true),
        ("resource.service == \"iap.googleapis.com\"", true),
        ("resource.type == \"iap.googleapis.com/TunnelInstance\"", true),
        ("resource.type == \"iap.googleapis.com/Tunnel\"", false),
        ("resource.name.startsWith(\"projects\")", false),
        ("request.host == \"x\"", false),
        ("!(request.host == \"x\")", false),
        ("request.host == \"x\" || destination.port == 7", true),
        ("request.host == \"x\" && destination.port == 7", false),
        ("resource.matchTag(\"1/env\", \"test\")", true),
        ("resource.matchTag(\"1/env\", \"prod\")", false),
        ("resource.hasTagKey(\"1/env\")", true),
        ("resource.hasTagKey(\"1/team\")", false),
        ("destination.port", false),
        ("\"accessPolicies/9/AccessLevels/office\" in request.auth.access_levels", false),
        ("request.auth.access_levels.exists(l, l == \"accessPolicies/9/accessLevels/office\")", true),
        (level, true),
        (other, false),
    ]
    .into_iter()
    .map(|(text, expected)| (text.to_owned(), expected))
    .chain([
        (format!("{level} || {other}"), true),
        (format!("{level} && {other}"), false),
        (format!("!({other})"), true),
    ])
    .collect();
    let instances: Vec<Value> = table.iter().map(|(text, _)| json!({"iapPolicy": under(text)})).collect();
    let levels = json!({"accessLevels": [
        {"name": "accessPolicies/9/accessLevels/office", "title": "Office", "basic": {"conditions": [{"ipSubnetworks": ["203.0.113.0/24"]}]}},
        {"name": "accessPolicies/9/accessLevels/moon", "title": "Moon", "basic": {"conditions": [{"regions": ["XM"]}]}},
    ]});
    let cloud = start(landscape(&instances, &levels)).await;
    for (number, (text, expected)) in table.iter().enumerate() {
        assert_eq!(code(&cloud, number, 7).await, if *expected { 0 } else { 4033 }, "{text}");
    }
    cloud.stop().await;
}

/// Levels by name, each with its definition.
fn levels(table: &[(&str, Value, bool)]) -> Vec<Value> {
    table
        .iter()
        .map(|(name, definition, _)| {
            let mut level = json!({"name": format!("accessPolicies/9/accessLevels/{name}"), "title": name});
            merge(&mut level, definition);
            level
        })
        .collect()
}

async fn check_levels(table: &[(&str, Value, bool)], user: &Value) {
    let instances: Vec<Value> = table
        .iter()
        .map(|(name, ..)| {
            let test = format!("\"accessPolicies/9/accessLevels/{name}\" in request.auth.access_levels");
            json!({"iapPolicy": under(&test)})
        })
        .collect();
    let mut more = json!({"accessLevels": levels(table)});
    merge(&mut more, user);
    let cloud = start(landscape(&instances, &more)).await;
    for (number, (name, _, met)) in table.iter().enumerate() {
        assert_eq!(code(&cloud, number, 7).await, if *met { 0 } else { 4033 }, "{name}");
    }
    cloud.stop().await;
}

fn basic(conditions: &Value) -> Value {
    json!({"basic": {"conditions": conditions}})
}

fn custom(expression: &str) -> Value {
    json!({"custom": {"expr": {"expression": expression}}})
}

fn needs(level: &str) -> Value {
    json!({"requiredAccessLevels": [format!("accessPolicies/9/accessLevels/{level}")]})
}

#[tokio::test]
async fn basic_levels_are_met_from_where_the_caller_is() {
    let device = |policy: Value| basic(&json!([{"devicePolicy": policy}]));
    let table = [
        ("net", basic(&json!([{"ipSubnetworks": ["203.0.113.0/24", "2001:db8::/32"]}])), true),
        ("one_address", basic(&json!([{"ipSubnetworks": ["203.0.113.7"]}])), true),
        ("other_net", basic(&json!([{"ipSubnetworks": ["198.51.100.0/24"]}])), false),
        ("both", basic(&json!([{"ipSubnetworks": ["203.0.113.0/24"], "regions": ["US"]}])), false),
        (
            "either",
            json!({"basic": {"combiningFunction": "OR", "conditions": [{"regions": ["US"]}, {"regions": ["DE"]}]}}),
            true,
        ),
        ("neither", basic(&json!([{"regions": ["US"]}, {"regions": ["DE"]}])), false),
        ("negated", basic(&json!([{"ipSubnetworks": ["198.51.100.0/24"], "negate": true}])), true),
        ("vpc", basic(&json!([{"vpcNetworkSources": [{"vpcSubnetwork": {"network": "x"}}]}])), false),
        ("listed", basic(&json!([{"members": ["user:ANA@test.example"]}])), true),
        ("not_listed", basic(&json!([{"members": ["user:ben@test.example"]}])), false),
        ("nested", basic(&json!([needs("net")])), true),
        ("nested_twice", basic(&json!([needs("nested")])), true),
        ("nested_badly", basic(&json!([needs("other_net")])), false),
        ("nested_nowhere", basic(&json!([needs("nobody_made_it")])), false),
        ("round", basic(&json!([needs("and_round")])), false),
        ("and_round", basic(&json!([needs("round")])), false),
        (
            "round_negated",
            basic(
                &json!([{"negate": true, "requiredAccessLevels": ["accessPolicies/9/accessLevels/other_net"]}]),
            ),
            true,
        ),
        ("lock", device(json!({"requireScreenlock": true})), true),
        ("encrypted", device(json!({"allowedEncryptionStatuses": ["ENCRYPTED"]})), true),
        ("unencrypted", device(json!({"allowedEncryptionStatuses": ["UNENCRYPTED"]})), false),
        (
            "linux",
            device(
                json!({"osConstraints": [{"osType": "DESKTOP_MAC"}, {"osType": "DESKTOP_LINUX", "minimumVersion": "6"}]}),
            ),
            true,
        ),
        (
            "newer_linux",
            device(json!({"osConstraints": [{"osType": "DESKTOP_LINUX", "minimumVersion": "6.10"}]})),
            false,
        ),
        ("managed", device(json!({"allowedDeviceManagementLevels": ["BASIC", "COMPLETE"]})), true),
        ("approved", device(json!({"requireAdminApproval": true})), false),
        ("owned", device(json!({"requireCorpOwned": true})), false),
    ];
    check_levels(&table, &json!({})).await;
    // without a record no device is what a policy wants
    let bare = json!({"users": [{"email": "ana@test.example", "name": "Ana", "places": [{"name": "bare", "ip": "203.0.113.7"}]}]});
    let table = [
        ("lock", device(json!({"requireScreenlock": true})), false),
        ("not_locked", basic(&json!([{"devicePolicy": {"requireScreenlock": true}, "negate": true}])), true),
        ("region", basic(&json!([{"regions": ["DE"]}])), false),
    ];
    check_levels(&table, &bare).await;
}

#[tokio::test]
async fn custom_levels_are_expressions_about_the_caller() {
    let table = [
        ("net", custom("inIpRange(origin.ip, [\"203.0.113.0/24\"])"), true),
        ("region", custom("origin.region_code in [\"US\", \"DE\"]"), true),
        ("linux", custom("device.os_type == OsType.DESKTOP_LINUX"), true),
        ("version", custom("device.versionAtLeast(\"6.0\") && !device.versionAtLeast(\"6.2\")"), true),
        ("encrypted", custom("device.encryption_status == DeviceEncryptionStatus.ENCRYPTED"), true),
        ("locked", custom("device.is_secured_with_screenlock == true"), true),
        ("owned", custom("device.is_corp_owned_device"), false),
        ("not_owned", custom("!device.is_corp_owned_device"), true),
        ("vendor", custom("device.vendors[\"x\"].is_managed_device"), false),
        ("level", custom("levels.net && !levels.owned"), true),
        ("no_level", custom("levels.nobody_made_it || true"), true),
        ("of_itself", custom("levels.of_itself"), false),
        (
            "certificate",
            custom(
                "certificateBindingState(origin, device) == CertificateBindingState.CERT_MATCHES_EXISTING_DEVICE",
            ),
            false,
        ),
        ("time", custom("request.time.getFullYear() > 2020"), true),
        ("principal", custom("request.auth.principal.startsWith(\"https://accounts.google.com/\")"), true),
    ];
    check_levels(&table, &json!({})).await;
    // every attribute of a device without a record is an error, and an error negated still is one
    let bare = json!({"users": [{"email": "ana@test.example", "name": "Ana", "places": [{"name": "bare", "ip": "203.0.113.7"}]}]});
    let table = [
        ("owned", custom("device.is_corp_owned_device"), false),
        ("not_owned", custom("!device.is_corp_owned_device"), false),
        ("or_net", custom("device.is_corp_owned_device || inIpRange(origin.ip, [\"203.0.113.7\"])"), true),
        ("no_region", custom("origin.region_code != \"US\""), false),
    ];
    check_levels(&table, &bare).await;
}

#[tokio::test]
async fn a_role_counts_from_every_node_above_and_for_groups_in_groups() {
    let instances = [
        json!({"iapPolicy": given("group:outer@test.example")}),
        json!({"iapPolicy": given("deleted:user:ana@test.example?uid=1")}),
        json!({"iapPolicy": given("domain:test.example")}),
        // Compute's own policy of an instance does not matter to tunnels
        json!({"policy": given(ANA)}),
    ];
    let cloud = start(landscape(&instances, &json!({}))).await;
    for (number, expected) in [0, 4033, 0, 4033].into_iter().enumerate() {
        assert_eq!(code(&cloud, number, 7).await, expected, "vm-{number}");
    }
    cloud.stop().await;
    let project = json!({"id": "mine", "number": 11, "name": "Mine", "parent": "folders/5"});
    let mut zone = project.clone();
    merge(&mut zone, &json!({"iapZonePolicies": {"test-a": given(ANA)}}));
    let mut tunnels = project.clone();
    merge(&mut tunnels, &json!({"iapPolicy": given(ANA)}));
    let folder = json!({"id": 5, "name": "Folder", "parent": "organizations/1", "policy": given(ANA)});
    for more in [
        json!({"projects": [zone]}),
        json!({"projects": [tunnels]}),
        json!({"folders": [folder]}),
        json!({"organization": {"policy": given(ANA)}}),
    ] {
        let cloud = start(landscape(&[json!({})], &more)).await;
        assert_eq!(code(&cloud, 0, 7).await, 0, "{more}");
        cloud.stop().await;
    }
}

#[tokio::test]
async fn a_deny_policy_comes_first() {
    let rule = |more: Value| {
        let mut rule = json!({
            "deniedPrincipals": ["principalSet://goog/public:all"],
            "deniedPermissions": ["iap.googleapis.com/tunnelInstances.accessViaIAP"],
        });
        merge(&mut rule, &more);
        rule
    };
    let condition = |text: &str| json!({"denialCondition": {"title": "t", "expression": text}});
    for (rule, expected) in [
        (rule(json!({})), 4033),
        (rule(json!({"deniedPermissions": ["iap.googleapis.com/*.*"]})), 4033),
        (rule(json!({"deniedPermissions": ["iap.googleapis.com/tunnelDestGroups.*"]})), 0),
        (rule(json!({"exceptionPrincipals": ["principalSet://goog/group/outer@test.example"]})), 0),
        (rule(json!({"deniedPrincipals": ["principal://goog/subject/ben@test.example"]})), 0),
        (rule(json!({"exceptionPermissions": ["iap.googleapis.com/tunnelInstances.accessViaIAP"]})), 0),
        (rule(condition("resource.matchTag(\"1/env\", \"test\")")), 4033),
        (rule(condition("resource.matchTag(\"1/env\", \"prod\")")), 0),
        // what cannot be decided denies
        (rule(condition("request.host == \"x\"")), 4033),
    ] {
        let policy = json!({"name": "no-tunnels", "attachedTo": "folders/5", "rules": [{"denyRule": rule}]});
        let cloud =
            start(landscape(&[json!({"iapPolicy": given(ANA)})], &json!({"denyPolicies": [policy]}))).await;
        assert_eq!(code(&cloud, 0, 7).await, expected, "{policy}");
        cloud.stop().await;
    }
}

#[tokio::test]
async fn a_firewall_keeps_out_whom_iap_lets_in() {
    let rule = |name: &str, more: Value| {
        let mut rule = json!({"name": name, "sourceRanges": ["35.235.240.0/20"]});
        merge(&mut rule, &more);
        rule
    };
    let tcp = |ports: &[&str]| json!({"allowed": [{"IPProtocol": "tcp", "ports": ports}]});
    let deny = json!({"name": "deny", "priority": 900, "denied": [{"IPProtocol": "all"}]});
    let mut tagged = deny.clone();
    merge(&mut tagged, &json!({"targetTags": ["fenced"]}));
    let mut same = deny.clone();
    merge(&mut same, &json!({"priority": 1000}));
    let mut off = deny.clone();
    merge(&mut off, &json!({"disabled": true}));
    let policy = |action: &str, to: &str| {
        json!({"firewallPolicies": [{"name": "77", "attachedTo": [to], "rules": [{
            "priority": 10, "action": action,
            "match": {"srcIpRanges": ["0.0.0.0/0"], "layer4Configs": [{"ipProtocol": "tcp", "ports": ["1-100"]}]},
        }]}]})
    };
    let network = "projects/mine/global/networks/default";
    let open = json!([rule("a", tcp(&[]))]);
    for (rules, more, expected) in [
        (Value::Null, json!({}), 0),
        (json!([]), json!({}), 4003),
        (open.clone(), json!({}), 0),
        (json!([rule("a", tcp(&["22"]))]), json!({}), 4003),
        (json!([rule("a", tcp(&["5-8"]))]), json!({}), 0),
        (
            json!([rule("a", json!({"sourceRanges": ["10.0.0.0/8"], "allowed": [{"IPProtocol": "tcp"}]}))]),
            json!({}),
            4003,
        ),
        (
            json!([rule("a", json!({"network": "other", "allowed": [{"IPProtocol": "tcp"}]}))]),
            json!({}),
            4003,
        ),
        (json!([rule("a", tcp(&[])), deny]), json!({}), 4003),
        (json!([rule("a", tcp(&[])), same]), json!({}), 4003),
        (json!([rule("a", tcp(&[])), tagged]), json!({}), 0),
        (json!([rule("a", tcp(&[])), off]), json!({}), 0),
        (open.clone(), policy("deny", "folders/5"), 4003),
        (open.clone(), policy("goto_next", "folders/5"), 0),
        (json!([]), policy("allow", "organizations/1"), 0),
        (json!([]), policy("allow", network), 0),
        // the network's own rules come before its policies, unless it says otherwise
        (open, policy("deny", network), 0),
        (json!([rule("a", json!({"allowed": [{"IPProtocol": "udp"}]}))]), json!({}), 4003),
    ] {
        let mut project = json!({"id": "mine", "number": 11, "name": "Mine", "parent": "folders/5"});
        if !rules.is_null() {
            merge(&mut project, &json!({"firewalls": rules}));
        }
        let mut whole = json!({"projects": [project]});
        merge(&mut whole, &more);
        let instance = json!({"iapPolicy": given(ANA)});
        let cloud = start(landscape(&[instance], &whole)).await;
        assert_eq!(code(&cloud, 0, 7).await, expected, "{whole}");
        cloud.stop().await;
    }
}

#[tokio::test]
async fn what_is_not_there_is_told_apart_from_what_is_refused() {
    let allowed = |more: Value| {
        let mut one = json!({"iapPolicy": given(ANA)});
        merge(&mut one, &more);
        one
    };
    let instances = [
        allowed(json!({"status": "TERMINATED"})),
        allowed(json!({"status": "STAGING"})),
        allowed(json!({"tunnels": "refused"})),
        allowed(json!({})),
    ];
    let cloud = start(landscape(&instances, &json!({}))).await;
    for (number, expected) in [4003, 4047, 4033, 0].into_iter().enumerate() {
        assert_eq!(code(&cloud, number, 7).await, expected, "vm-{number}");
    }
    assert_eq!(code(&cloud, 3, 8).await, 4003);
    cloud.stop().await;
}

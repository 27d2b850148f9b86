//! What holds for any input: nothing panics, and more knowledge never turns true into false.

use adit_access::{Input, Observed, Permission, Value, admin_request, explain, explain_permission};
use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};

fn any_json() -> impl Strategy<Value = Json> {
    let words = prop::sample::select(vec![
        "READ",
        "user:ana@acme.example",
        "group:g@acme.example",
        "roles/owner",
        "MEMBER",
        "accessPolicies/42/accessLevels/a",
        "destination.port == 22 && \"accessPolicies/42/accessLevels/a\" in request.auth.access_levels",
        "203.0.113.0/24",
        "websocket",
        "",
        "\u{1f600}",
    ]);
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        words.prop_map(Json::from),
        ".{0,12}".prop_map(Json::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        let keys = prop::sample::select(vec![
            "observed",
            "channel",
            "closeCode",
            "body",
            "error",
            "details",
            "principal",
            "type",
            "email",
            "target",
            "port",
            "client",
            "egressIps",
            "os",
            "groups",
            "roles",
            "allow",
            "resource",
            "state",
            "bindings",
            "role",
            "members",
            "condition",
            "title",
            "expression",
            "deny",
            "policies",
            "rules",
            "levels",
            "items",
            "name",
            "basic",
            "conditions",
            "custom",
            "expr",
            "audit",
            "satisfied",
            "unsatisfied",
            "negate",
            "ipSubnetworks",
            "requiredAccessLevels",
            "devicePolicy",
            "osConstraints",
        ]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::vec((keys, inner), 0..6).prop_map(|members| {
                members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Map<_, _>>().into()
            }),
        ]
    })
}

fn level_name() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "accessPolicies/42/accessLevels/a",
        "accessPolicies/42/accessLevels/b",
        "accessPolicies/43/accessLevels/a",
        "accessPolicies/42/accessLevels/absent",
        "accessPolicies/42/accesslevels/a",
    ])
}

fn atom() -> impl Strategy<Value = String> {
    prop_oneof![
        level_name().prop_map(|name| format!("\"{name}\" in request.auth.access_levels")),
        (20_i64..24).prop_map(|port| format!("destination.port == {port}")),
        Just("destination.ip.startsWith(\"10.\")".to_owned()),
        (0..24).prop_map(|hour| format!("request.time.getHours(\"Asia/Tokyo\") < {hour}")),
        Just("request.time < timestamp(\"2026-01-01\")".to_owned()),
        Just("resource.name == \"x\"".to_owned()),
        Just("((".to_owned()),
    ]
}

fn expression(atom: BoxedStrategy<String>) -> BoxedStrategy<String> {
    let joined = atom.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(left, right)| format!("({left} && {right})")),
            (inner.clone(), inner.clone()).prop_map(|(left, right)| format!("({left} || {right})")),
            inner.prop_map(|inner| format!("!({inner})")),
        ]
    });
    joined.boxed()
}

fn custom() -> impl Strategy<Value = String> {
    let atom = prop::sample::select(vec![
        "levels.a",
        "levels.b",
        "inIpRange(origin.ip, [\"203.0.113.0/24\"])",
        "origin.region_code == \"DE\"",
        "device.os_type == OsType.DESKTOP_MAC",
        "device.is_corp_owned_device",
        "request.time.getMonth() == 10",
    ]);
    expression(atom.prop_map(str::to_owned).boxed())
}

fn level_condition() -> impl Strategy<Value = Json> {
    let fields = prop::sample::subsequence(
        vec![
            ("ipSubnetworks", json!(["203.0.113.0/24", "2001:db8::/32"])),
            ("regions", json!(["DE"])),
            ("members", json!(["user:ana@acme.example"])),
            ("vpcNetworkSources", json!([{}])),
            ("requiredAccessLevels", json!(["accessPolicies/42/accessLevels/b"])),
            ("requiredAccessLevels", json!(["accessPolicies/42/accessLevels/a"])),
            ("devicePolicy", json!({"requireScreenlock": true, "osConstraints": [{"osType": "IOS"}]})),
            ("negate", json!(true)),
        ],
        1..4,
    );
    fields.prop_map(|fields| {
        fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Map<_, _>>().into()
    })
}

fn level() -> impl Strategy<Value = Json> {
    prop_oneof![
        (level_name(), prop::collection::vec(level_condition(), 1..3), any::<bool>()).prop_map(
            |(name, conditions, any)| {
                let joined_by = if any { "OR" } else { "AND" };
                json!({"name": name, "basic": {"conditions": conditions, "combiningFunction": joined_by}})
            }
        ),
        (level_name(), custom())
            .prop_map(|(name, custom)| json!({"name": name, "custom": {"expr": {"expression": custom}}})),
    ]
}

fn member() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "user:ana@acme.example",
        "user:bob@acme.example",
        "group:g@acme.example",
        "domain:acme.example",
        "principalSet://iam.googleapis.com/locations/global/workforcePools/acme/*",
        "allUsers",
        "projectOwner:acme",
    ])
}

fn binding() -> impl Strategy<Value = Json> {
    let roles = prop::sample::select(vec!["roles/owner", "projects/p/roles/custom", "roles/iap.admin"]);
    (prop::collection::vec(member(), 0..3), roles, prop::option::of(expression(atom().boxed()))).prop_map(
        |(members, role, condition)| {
            let condition = condition.map(|expression| json!({"title": "t", "expression": expression}));
            json!({"members": members, "role": role, "condition": condition})
        },
    )
}

fn policies() -> impl Strategy<Value = Json> {
    let audits = prop_oneof![
        Just(json!(null)),
        Just(json!({"unsatisfied": ["accessPolicies/42/accessLevels/a"], "deviceState": "Unknown"})),
        Just(json!({"satisfied": ["accessPolicies/42/accessLevels/b"], "callerIp": "203.0.113.4"})),
    ];
    (prop::collection::vec(binding(), 1..5), prop::collection::vec(level(), 0..4), audits).prop_map(
        |(bindings, levels, audit)| {
            json!({
                "observed": {"channel": "websocket", "closeCode": 4033},
                "now": "2026-11-23T10:00:00Z",
                "principal": {"type": "user", "email": "ana@acme.example"},
                "target": {"instance": "web-1", "ip": "10.0.0.5", "port": 22},
                "client": {"egressIps": ["198.51.100.7"], "os": {"type": "DESKTOP_MAC", "version": "14.5"}},
                "groups": {"group:g@acme.example": "NOT_MEMBER"},
                "roles": {"projects/p/roles/custom": ["iap.tunnelInstances.accessViaIAP"]},
                "allow": [{"resource": "projects/acme", "state": "READ", "bindings": bindings}],
                "levels": {"state": "READ", "items": levels},
                "audit": audit,
            })
        },
    )
}

/// An input from JSON that may not even be an object.
fn read(value: &Json) -> Input {
    Input::from_value(value).unwrap_or_default()
}

fn values(input: &Json) -> Vec<[Value; 4]> {
    explain(&read(input)).bindings.iter().map(|row| [row.1, row.2, row.3, row.4]).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_json_gets_an_answer(json in any_json(), key in "allow|levels|observed|audit|deny|client") {
        for value in [json.clone(), json!({key: json})] {
            let mut input = read(&value);
            let _ = explain(&input);
            input.observed = Observed::WebSocket { close_code: Some(4033), reason: None, handshake_status: None };
            let explanation = explain(&input);
            let _ = admin_request(&input, &explanation, Permission::Tunnel);
        }
    }

    #[test]
    fn any_policies_get_an_answer(json in policies()) {
        for observed in [None, Some(Observed::NotTried), Some(Observed::Web)] {
            let mut input = read(&json);
            input.observed = observed.unwrap_or(input.observed);
            for permission in [Permission::Tunnel, Permission::Web] {
                let explanation = explain_permission(&input, permission);
                prop_assert!(explanation.repairs.len() <= 8);
                prop_assert!(!explanation.headline.is_empty());
                let _ = admin_request(&input, &explanation, permission);
            }
        }
    }

    #[test]
    fn knowing_more_only_decides_what_was_unknown(json in policies(), missing in prop::sample::subsequence(
        vec!["now", "principal", "target", "client", "groups", "roles", "levels"], 1..4)
    ) {
        let mut less = json.clone();
        missing.iter().for_each(|key| { less.as_object_mut().unwrap().remove(*key); });
        for (less, more) in values(&less).iter().zip(values(&json)) {
            for (less, more) in less.iter().zip(more) {
                prop_assert!(*less == Value::U || *less == more, "{less:?} became {more:?} of {missing:?}");
            }
        }
    }
}

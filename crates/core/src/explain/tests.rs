//! What is asked next, and that no answer whatever breaks the telling of it.

use std::collections::BTreeSet;

use adit_contract::{InstanceRef, PublicAddress, RungState, TunnelTarget};
use adit_google::{Answer, Credentials, Listed};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{
    Case, MOST_CALLS, Observed,
    ask::{Ask, No, Reply},
    case::About,
    evidence::{Evidence, State},
    gate, plan, words,
};
use crate::{access::Access, cloud::Cloud};

const LEVEL: &str = "accessPolicies/42/accessLevels/corp";

fn case(observed: Option<Observed>) -> Case {
    let instance =
        InstanceRef { project: "acme".to_owned(), zone: "z-1".to_owned(), name: "web-1".to_owned() };
    let cloud = Cloud::google().unwrap();
    let access = Access::new(&cloud, Credentials::from_access_token("token".into()), None).unwrap();
    Case {
        target: TunnelTarget::Instance { instance, interface: "nic0".to_owned(), port: 22 },
        account: Some(("a".to_owned(), std::sync::Arc::new(access))),
        email: Some("ana@acme.example".to_owned()),
        observed,
        failure: None,
        at: 1_795_428_000_000.0,
        public_address: PublicAddress::AuditOnly,
        about: About::Tunnel,
    }
}

fn denied() -> Case {
    case(Some(Observed::Closed { code: 4033, reason: "not authorized".to_owned() }))
}

fn read(body: Value) -> State {
    State::Here(Reply::Json(Answer { body, date: None }))
}

fn listed(items: Value) -> State {
    State::Here(Reply::List(Listed { items: Answer { body: items, date: None }, complete: true }))
}

/// What is asked next, as a set.
fn next(case: &Case, evidence: &Evidence) -> BTreeSet<Ask> {
    let judged = adit_access::explain(&evidence.input(case));
    plan::next(case, evidence, &judged).into_iter().collect()
}

fn policy_with_level() -> Value {
    json!({ "bindings": [{
        "role": "roles/iap.tunnelResourceAccessor",
        "members": ["group:ops@acme.example"],
        "condition": { "expression": format!("\"{LEVEL}\" in request.auth.access_levels") },
    }] })
}

#[test]
fn all_that_can_be_asked_at_once_is_asked_at_once() {
    let (case, evidence) = (denied(), Evidence::default());
    let first = next(&case, &evidence);
    for ask in [
        Ask::Permission,
        Ask::Vm,
        Ask::IapPolicy("projects/acme/iap_tunnel/zones/z-1/instances/web-1".to_owned()),
        Ask::IapPolicy("projects/acme/iap_tunnel/zones/z-1".to_owned()),
        Ask::IapPolicy("projects/acme/iap_tunnel".to_owned()),
        Ask::Policy("projects/acme".to_owned()),
        Ask::Ancestry("acme".to_owned()),
        Ask::DenyList("projects/acme".to_owned()),
        Ask::Device,
    ] {
        assert!(first.contains(&ask), "{ask:?}");
    }
    assert!(!first.contains(&Ask::Address), "only from where the person has allowed");
    assert!(!first.iter().any(|ask| matches!(ask, Ask::Audit(_))), "the VM's number is needed for it");
}

#[test]
fn what_the_policies_name_is_asked_for() {
    let case = denied();
    let mut evidence = Evidence::of(&case);
    evidence.set(Ask::Policy("projects/acme".to_owned()), read(policy_with_level()));
    evidence.set(Ask::Vm, read(json!({ "id": "4567" })));
    let asks = next(&case, &evidence);
    let level = Ask::Level(LEVEL.to_owned());
    assert!(asks.contains(&Ask::Levels("42".to_owned())) && !asks.contains(&level), "{asks:?}");
    assert!(asks.contains(&Ask::Group("ops@acme.example".to_owned())), "{asks:?}");
    assert!(asks.contains(&Ask::Audit(0)), "{asks:?}");

    evidence.set(Ask::Levels("42".to_owned()), State::Not(No::Denied));
    assert!(
        next(&case, &evidence).contains(&level),
        "one can be read by its name without the right to list them"
    );
}

#[test]
fn rights_that_are_inherited_are_not_tried_upwards() {
    let case = denied();
    let mut evidence = Evidence::of(&case);
    let above = ["folders/70", "organizations/900"].map(str::to_owned);
    evidence.set(Ask::Ancestry("acme".to_owned()), State::Here(Reply::Above(above.to_vec())));
    let own = Ask::DenyList("projects/acme".to_owned());
    evidence.set(own.clone(), State::Not(No::Denied));
    let higher = Ask::DenyList("organizations/900".to_owned());
    let asks = next(&case, &evidence);
    assert!(!asks.contains(&higher));
    assert!(asks.contains(&Ask::Policy("folders/70".to_owned())), "allow policies are");
    evidence.set(own, listed(json!([])));
    assert!(next(&case, &evidence).contains(&higher));
}

#[test]
fn a_record_is_looked_for_again_until_it_is_there_or_may_not_be_read() {
    let case = denied();
    let mut evidence = Evidence::of(&case);
    evidence.set(Ask::Vm, read(json!({ "id": 4567 })));
    for number in 0..super::AUDIT.len() {
        assert!(next(&case, &evidence).contains(&Ask::Audit(number)));
        evidence.set(Ask::Audit(number), read(json!({})));
    }
    assert!(!next(&case, &evidence).iter().any(|ask| matches!(ask, Ask::Audit(_))));

    let mut evidence = Evidence::of(&case);
    evidence.set(Ask::Vm, read(json!({ "id": "4567" })));
    evidence.set(Ask::Audit(0), State::Not(No::Denied));
    assert!(!next(&case, &evidence).contains(&Ask::Audit(1)));
}

#[test]
fn the_budget_holds_whatever_the_policies_name() {
    let case = denied();
    let mut evidence = Evidence::of(&case);
    let bindings: Vec<Value> = (0..500)
        .map(|n| {
            json!({
                "role": format!("projects/acme/roles/r{n}"),
                "members": [format!("group:g{n}@acme.example")],
                "condition": { "expression": format!(
                    "\"accessPolicies/{n}/accessLevels/l\" in request.auth.access_levels") },
            })
        })
        .collect();
    evidence.set(Ask::Policy("projects/acme".to_owned()), read(json!({ "bindings": bindings })));
    let mut rounds = 0;
    loop {
        let asks = next(&case, &evidence);
        if asks.is_empty() {
            break;
        }
        for ask in asks {
            evidence.calls += ask.calls();
            let reply = if matches!(ask, Ask::Ancestry(_)) {
                State::Here(Reply::Above((0..12).map(|n| format!("folders/{n}")).collect()))
            } else {
                State::Not(No::Failed("no".to_owned()))
            };
            evidence.set(ask, reply);
        }
        rounds += 1;
        assert!(rounds < 20, "it never ends");
    }
    assert!(evidence.calls <= MOST_CALLS, "{}", evidence.calls);
}

#[test]
fn a_refusal_of_another_kind_asks_only_what_it_needs() {
    let backend = case(Some(Observed::Closed { code: 4003, reason: String::new() }));
    let evidence = Evidence::of(&backend);
    assert_eq!(next(&backend, &evidence), BTreeSet::from([Ask::Vm, Ask::Firewall]));
    let blocked = case(Some(Observed::Handshake { status: 403 }));
    assert_eq!(next(&blocked, &evidence), BTreeSet::new());
}

#[test]
fn the_first_sentence_stands_before_anything_has_answered() {
    let case = denied();
    let evidence = Evidence::of(&case);
    let input = evidence.input(&case);
    let told = words::explanation("1", 0, &case, &evidence, (&input, &adit_access::explain(&input)), None);
    assert!(told.headline.starts_with("IAP refused the connection to web-1"), "{}", told.headline);
    assert_eq!(told.request, None, "nothing is asked of an administrator before it is known what");
    assert_eq!(told.server.unwrap().code, "4033");
}

/// Any JSON of some depth.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[ -~é“]{0,12}".prop_map(Value::from),
        Just(Value::from(LEVEL)),
        Just(Value::from("user:ana@acme.example")),
        Just(Value::from("roles/iap.tunnelResourceAccessor")),
        Just(Value::from(format!("\"{LEVEL}\" in request.auth.access_levels"))),
    ];
    let key = prop_oneof![
        Just("bindings"),
        Just("role"),
        Just("members"),
        Just("condition"),
        Just("expression"),
        Just("title"),
        Just("name"),
        Just("basic"),
        Just("custom"),
        Just("conditions"),
        Just("ipSubnetworks"),
        Just("entries"),
        Just("protoPayload"),
        Just("metadata"),
        Just("networkInterfaces"),
        Just("network"),
        Just("firewalls"),
        Just("status"),
        Just("resources"),
        Just("ingressPolicies"),
        Just("rules"),
        Just("denyRule"),
        Just("id"),
        Just("groupKey"),
        Just("accessLevels"),
        Just("permissions"),
        Just("includedPermissions"),
    ]
    .prop_map(str::to_owned);
    leaf.prop_recursive(5, 64, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(key.clone(), inner, 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

fn every_ask() -> Vec<Ask> {
    let of = |text: &str| text.to_owned();
    vec![
        Ask::Vm,
        Ask::Permission,
        Ask::IapPolicy(of("projects/acme/iap_tunnel")),
        Ask::Policy(of("projects/acme")),
        Ask::Number(of("acme")),
        Ask::Role(of("roles/iap.x")),
        Ask::Level(of(LEVEL)),
        Ask::Audit(0),
        Ask::Deny(of("policies/x/denypolicies/y")),
        Ask::Troubleshooter,
        Ask::Firewall,
        Ask::Network(of("projects/acme/global/networks/default")),
        Ask::Levels(of("42")),
        Ask::DenyList(of("projects/acme")),
        Ask::Boundaries(of("900")),
        Ask::AccessPolicies(of("900")),
        Ask::Perimeters(of("42")),
        Ask::AccessBindings(of("900")),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn any_json_for_any_rung_is_told_without_harm(
        answers in prop::collection::vec(any_json(), 18),
        observed in prop_oneof![
            Just(None),
            Just(Some(Observed::Closed { code: 4033, reason: String::new() })),
            Just(Some(Observed::Closed { code: 4003, reason: String::new() })),
            any_json().prop_map(|body| Some(Observed::Rest { status: 403, body })),
            any_json().prop_map(|body| Some(Observed::Token(body))),
        ],
    ) {
        let case = case(observed);
        let mut evidence = Evidence::of(&case);
        let above = vec!["folders/70".to_owned(), "organizations/900".to_owned()];
        evidence.set(Ask::Ancestry("acme".to_owned()), State::Here(Reply::Above(above)));
        for (ask, answer) in every_ask().into_iter().zip(answers) {
            let state = if answer.is_array() { listed(answer) } else { read(answer) };
            evidence.set(ask, state);
        }
        let input = evidence.input(&case);
        let judged = adit_access::explain(&input);
        let gate = gate::input(&case, &evidence).as_ref().map(adit_access::explain);
        plan::next(&case, &evidence, &judged);
        let told = words::explanation("1", 1, &case, &evidence, (&input, &judged), gate.as_ref());
        prop_assert!(!told.title.is_empty() && !told.headline.is_empty());
        prop_assert!(told.rungs.iter().all(|rung| rung.state != RungState::Waiting));
        for expression in told.binding.iter().filter_map(|binding| binding.condition.as_ref()) {
            let length = u32::try_from(expression.source.encode_utf16().count()).unwrap();
            let mut end = 0;
            for part in &expression.parts {
                prop_assert!(end <= part.start && part.start < part.end && part.end <= length);
                end = part.end;
            }
        }
    }
}

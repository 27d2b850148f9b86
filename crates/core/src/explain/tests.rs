//! What is asked next, and that no answer whatever breaks the telling of it.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use adit_contract::{InstanceRef, PublicAddress, RungState, TunnelTarget};
use adit_google::{Answer, Credentials, Listed};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{
    AUDIT, Asked, Case, Explainer, MOST_CALLS, Observed, Turn,
    ask::{Addresses, Ask, No, Reply},
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
        account: Some(("a".to_owned(), Arc::new(access))),
        email: Some("ana@acme.example".to_owned()),
        observed,
        failure: None,
        at: crate::now(),
        public_address: PublicAddress::AuditOnly,
        about: About::Tunnel,
    }
}

/// Asked beforehand.
pub(super) fn unasked() -> Case {
    case(None)
}

pub(super) fn denied() -> Case {
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
    plan::next(case, evidence, &judged, &AUDIT).into_iter().collect()
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
    for number in 0..AUDIT.len() {
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
fn a_record_that_is_late_already_is_looked_for_once() {
    let tries = |seconds: f64, asked: Option<usize>| -> Vec<Ask> {
        let case = Case { at: crate::now() - seconds * 1000.0, ..denied() };
        let mut evidence = Evidence::of(&case);
        evidence.set(Ask::Vm, read(json!({ "id": "4567" })));
        if let Some(number) = asked {
            evidence.set(Ask::Audit(number), read(json!({})));
        }
        next(&case, &evidence).into_iter().filter(|ask| matches!(ask, Ask::Audit(_))).collect()
    };
    assert_eq!(tries(1.0, None), [Ask::Audit(0)]);
    assert_eq!(tries(7.0, None), [Ask::Audit(1)]);
    assert_eq!(tries(7.0, Some(1)), [Ask::Audit(2)]);
    assert_eq!(tries(50.0, None), [Ask::Audit(3)]);
    assert_eq!(tries(50.0, Some(1)), [Ask::Audit(3)]);
    assert!(tries(50.0, Some(3)).is_empty());
}

#[test]
fn a_record_of_an_earlier_attempt_does_not_end_the_search() {
    let case = denied();
    let mut evidence = Evidence::of(&case);
    evidence.set(Ask::Vm, read(json!({ "id": "4567" })));
    let of = |before: u64| {
        let time = case.time() - Duration::from_secs(before);
        read(json!({ "entries": [{
            "timestamp": jiff::Timestamp::try_from(time).unwrap().to_string(),
            "severity": "ERROR",
            "protoPayload": { "requestMetadata": { "destinationAttributes": { "port": "22" } } },
        }] }))
    };
    evidence.set(Ask::Audit(0), of(60));
    assert_eq!(evidence.audit(&case), None);
    assert!(next(&case, &evidence).contains(&Ask::Audit(1)));
    evidence.set(Ask::Audit(1), of(0));
    assert!(evidence.audit(&case).is_some());
    assert!(!next(&case, &evidence).contains(&Ask::Audit(2)));
}

#[test]
fn a_level_is_missing_only_if_its_own_access_policy_was_read() {
    let other = "accessPolicies/43/accessLevels/lab";
    let case = denied();
    let mut evidence = Evidence::of(&case);
    let condition = |level: &str| {
        json!({
            "role": "roles/iap.tunnelResourceAccessor",
            "members": ["user:ana@acme.example"],
            "condition": { "expression": format!("'{level}' in request.auth.access_levels") },
        })
    };
    let bindings = json!({ "bindings": [condition(LEVEL), condition(other)] });
    evidence.set(Ask::Policy("projects/acme".to_owned()), read(bindings));
    let state = |evidence: &Evidence| evidence.input_json(&case)["levels"]["state"].clone();
    let list = |policy: &str| Ask::Levels(policy.to_owned());

    evidence.set(list("42"), listed(json!([{ "name": LEVEL, "basic": {} }])));
    assert_eq!(state(&evidence), "DENIED", "the other list was not asked for");
    evidence.set(list("43"), State::Waiting);
    assert_eq!(state(&evidence), "DENIED");
    let part = Listed { items: Answer { body: json!([]), date: None }, complete: false };
    evidence.set(list("43"), State::Here(Reply::List(part)));
    assert_eq!(state(&evidence), "DENIED", "a part of a list is not all of it");
    evidence.set(list("43"), listed(json!([])));
    assert_eq!(state(&evidence), "READ");

    evidence.set(list("43"), State::Not(No::Denied));
    assert_eq!(state(&evidence), "DENIED");
    let single = Ask::Level(other.to_owned());
    evidence.set(single.clone(), State::Not(No::Denied));
    assert_eq!(state(&evidence), "DENIED");
    evidence.set(single.clone(), State::Not(No::Missing));
    assert_eq!(state(&evidence), "READ", "by its name it is not there");
    let more = "accessPolicies/43/accessLevels/more";
    let basic = json!({ "conditions": [{ "requiredAccessLevels": [more] }] });
    evidence.set(single.clone(), read(json!({ "name": other, "basic": basic })));
    assert_eq!(state(&evidence), "DENIED", "it names one that was not asked for");
    evidence.set(Ask::Level(more.to_owned()), read(json!({ "name": more })));
    assert_eq!(state(&evidence), "READ");
    let custom = json!({ "expr": { "expression": "levels.another" } });
    evidence.set(single, read(json!({ "name": other, "custom": custom })));
    assert_eq!(state(&evidence), "DENIED", "it names one of its own policy");
}

#[test]
fn missing_levels_of_one_access_policy_do_not_crowd_out_another() {
    let case = denied();
    let mut evidence = Evidence::of(&case);
    let levels = (0..7).map(|n| format!("accessPolicies/42/accessLevels/l{n}"));
    let bindings: Vec<Value> = levels
        .chain(["accessPolicies/43/accessLevels/lab".to_owned()])
        .map(|level| {
            json!({
                "role": "roles/iap.tunnelResourceAccessor",
                "members": ["user:ana@acme.example"],
                "condition": { "expression": format!("\"{level}\" in request.auth.access_levels") },
            })
        })
        .collect();
    evidence.set(Ask::Policy("projects/acme".to_owned()), read(json!({ "bindings": bindings })));
    evidence.set(Ask::Levels("42".to_owned()), listed(json!([])));
    assert!(next(&case, &evidence).contains(&Ask::Levels("43".to_owned())));
}

#[test]
fn asked_again_it_is_about_now_unless_something_was_refused() {
    let manual = PublicAddress::Manual { addresses: vec!["198.51.100.7".to_owned()] };
    let refused = Case { at: 1000.0, ..denied() }.again(manual.clone());
    assert_eq!((refused.at, &refused.public_address), (1000.0, &manual));
    assert!(Case { at: 1000.0, ..case(None) }.again(manual).at > 1000.0);
}

#[tokio::test(start_paused = true)]
async fn two_who_wait_do_not_both_climb() {
    let explainer = Explainer::default();
    let case = denied();
    let key = ("a".to_owned(), case.target.clone(), case.ladder());
    let turn = |asked, since| explainer.turn(&key, asked, since);
    let since = tokio::time::Instant::now();
    let Turn::Mine(begun) = turn(Asked::First, since) else { panic!("nobody climbs") };
    tokio::time::advance(Duration::from_secs(1)).await;
    let since = tokio::time::Instant::now();
    let over = begun + explainer.pace.between;
    assert!(matches!(turn(Asked::First, since), Turn::Wait(until) if until == over));
    explainer.end(&key, begun, Evidence::of(&case));
    assert!(matches!(turn(Asked::First, since), Turn::Told(_)));
    assert!(matches!(turn(Asked::Again, since), Turn::Wait(until) if until == over));

    tokio::time::advance(explainer.pace.between).await;
    let Turn::Mine(begun) = turn(Asked::Again, since) else { panic!("it is over") };
    assert!(matches!(turn(Asked::Again, since), Turn::Wait(_)), "the other one waits again");
    explainer.end(&key, begun, Evidence::of(&case));
    assert!(matches!(turn(Asked::Again, since), Turn::Told(_)), "and is told what was found");
}

#[tokio::test(start_paused = true)]
async fn the_public_address_is_learned_once_for_several_climbs() {
    let addresses = Addresses::default();
    let (hour, from) = (Duration::from_secs(3600), PublicAddress::GoogleDns);
    let get = |from: PublicAddress, age, answer: &'static str| {
        let addresses = &addresses;
        async move { addresses.get(&from, age, async { Ok(vec![answer.to_owned()]) }).await.unwrap() }
    };
    assert_eq!(get(from.clone(), hour, "1").await, ["1"]);
    assert_eq!(get(from.clone(), hour, "2").await, ["1"]);
    let echo = PublicAddress::Echo { url: "https://ip.acme.example/".to_owned() };
    assert_eq!(get(echo, hour, "3").await, ["3"], "from elsewhere");
    assert_eq!(get(from.clone(), hour, "4").await, ["4"]);
    tokio::time::advance(Duration::from_secs(20)).await;
    assert_eq!(get(from.clone(), Duration::from_secs(10), "5").await, ["5"], "asked again by hand");
    tokio::time::advance(Duration::from_secs(60)).await;
    assert_eq!(get(from, hour, "6").await, ["6"]);
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
    #![proptest_config(ProptestConfig::with_cases(64))]

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
        plan::next(&case, &evidence, &judged, &AUDIT);
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

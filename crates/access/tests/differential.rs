//! Our evaluator against the `cel` crate, on expressions whose inputs are all known.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashMap;

use adit_access::{AllowNode, Binding, Condition, Input, ReadState, Target, Value, explain};
use cel::{Context, Program};
use proptest::prelude::*;

const IP: &str = "10.0.0.5";

fn whole() -> impl Strategy<Value = String> {
    let getters = ["getFullYear", "getMonth", "getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear"];
    let leaf = prop_oneof![
        3 => Just("destination.port".to_owned()),
        4 => (-30_i64..4000).prop_map(|number| number.to_string()),
        1 => Just(i64::MAX.to_string()),
        2 => prop::sample::select(getters.to_vec()).prop_map(|getter| format!("request.time.{getter}()")),
        1 => prop::sample::select(vec!["getHours", "getMinutes", "getSeconds"])
            .prop_map(|getter| format!("request.time.{getter}(\"Europe/Berlin\")")),
    ];
    leaf.prop_recursive(2, 6, 2, |inner| {
        (inner.clone(), prop::sample::select(vec!["+", "-", "*", "/", "%"]), inner)
            .prop_map(|(left, op, right)| format!("({left} {op} {right})"))
    })
}

fn text() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("destination.ip".to_owned()),
        Just("resource.type".to_owned()),
        prop::sample::select(vec![IP, "10.0.", ".5", "", "iap.googleapis.com/", "TunnelInstance"])
            .prop_map(|text| format!("\"{text}\"")),
        Just(r"'\x31\u0030.0'".to_owned()),
    ];
    leaf.prop_recursive(1, 3, 2, |inner| {
        (inner.clone(), inner).prop_map(|(left, right)| format!("({left} + {right})"))
    })
}

fn relation() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["==", "!=", "<", "<=", ">", ">="])
}

fn atom() -> impl Strategy<Value = String> {
    let times = prop::sample::select(vec![
        "2026-11-23T10:00:00Z",
        "2026-11-01T00:00:00Z",
        "2027-02-28T23:59:59.5Z",
        "1999-12-31T23:59:59Z",
    ]);
    let spans = prop::sample::select(vec!["3600s", "1h30m", "0s", "1000000s", "-5m"]);
    let compared = |left: &str| {
        let left = left.to_owned();
        move |(op, time): (&str, &str)| format!("{left} {op} timestamp(\"{time}\")")
    };
    prop_oneof![
        (whole(), relation(), whole()).prop_map(|(left, op, right)| format!("{left} {op} {right}")),
        (whole(), prop::collection::vec(whole(), 0..4))
            .prop_map(|(item, list)| format!("{item} in [{}]", list.join(", "))),
        (text(), relation(), text()).prop_map(|(left, op, right)| format!("{left} {op} {right}")),
        (text(), prop::sample::select(vec!["startsWith", "endsWith"]), text())
            .prop_map(|(left, function, right)| format!("{left}.{function}({right})")),
        (relation(), times.clone()).prop_map(compared("request.time")),
        (relation(), times.clone(), spans.clone()).prop_map(|(op, time, span)| {
            format!("request.time - timestamp(\"{time}\") {op} duration(\"{span}\")")
        }),
        (relation(), times, spans).prop_map(|(op, time, span)| {
            format!("request.time + duration(\"{span}\") {op} timestamp(\"{time}\")")
        }),
        Just("true".to_owned()),
        Just("false".to_owned()),
    ]
}

fn condition() -> impl Strategy<Value = String> {
    atom().prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(left, right)| format!("{left} && {right}")),
            (inner.clone(), inner.clone()).prop_map(|(left, right)| format!("({left} || {right})")),
            inner.clone().prop_map(|inner| format!("!({inner})")),
            (inner.clone(), inner.clone()).prop_map(|(left, right)| format!("({left}) == ({right})")),
            (inner.clone(), inner.clone(), inner)
                .prop_map(|(test, yes, no)| format!("(({test}) ? ({yes}) : ({no}))")),
        ]
    })
}

fn ours(expression: &str, port: i64) -> Value {
    let condition = Condition { title: String::new(), expression: expression.to_owned() };
    let binding = Binding { condition: Some(condition), ..Binding::default() };
    let node = AllowNode { state: ReadState::Read, bindings: vec![binding], ..AllowNode::default() };
    let input = Input {
        now: Some("2026-11-23T10:00:00Z".parse().unwrap()),
        target: Target { ip: Some(IP.to_owned()), port: Some(port), ..Target::default() },
        allow: vec![node],
        ..Input::default()
    };
    explain(&input).bindings[0].3
}

fn theirs(expression: &str, port: i64) -> Value {
    let mut context = Context::default();
    let text = |text: &str| cel::Value::from(text);
    let destination = HashMap::from([("port", cel::Value::from(port)), ("ip", text(IP))]);
    let kind = HashMap::from([("type", text("iap.googleapis.com/TunnelInstance"))]);
    let now = chrono::DateTime::parse_from_rfc3339("2026-11-23T10:00:00Z").unwrap();
    let request = HashMap::from([("time", cel::Value::Timestamp(now))]);
    context.add_variable_from_value("destination", destination);
    context.add_variable_from_value("resource", kind);
    context.add_variable_from_value("request", request);
    match Program::compile(expression).unwrap().execute(&context) {
        Ok(cel::Value::Bool(value)) => Value::known(value),
        Ok(_) | Err(_) => Value::U,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn agrees_with_cel(expression in condition(), port in prop::sample::select(vec![22_i64, 3389])) {
        prop_assert_eq!(ours(&expression, port), theirs(&expression, port), "{}", expression);
    }
}

//! Inputs made to hurt get an answer, on a small stack and without a blow-up.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::thread;

use adit_access::{
    AllowNode, Binding, Condition, Input, Level, LevelCondition, LevelDefinition, Levels, Observed,
    Principal, PrincipalKind, ReadState, Value, Verdict, explain,
};

const ROLE: &str = "roles/iap.tunnelResourceAccessor";

fn input(expressions: impl IntoIterator<Item = String>) -> Input {
    let binding = |expression| Binding {
        role: ROLE.to_owned(),
        members: vec!["user:ana@acme.example".to_owned()],
        condition: Some(Condition { title: String::new(), expression }),
    };
    let bindings = expressions.into_iter().map(binding).collect();
    Input {
        observed: Observed::WebSocket { close_code: Some(4033), reason: None, handshake_status: None },
        principal: Principal {
            kind: Some(PrincipalKind::User),
            email: Some("ana@acme.example".to_owned()),
            ..Principal::default()
        },
        allow: vec![AllowNode { resource: "projects/acme".to_owned(), state: ReadState::Read, bindings }],
        ..Input::default()
    }
}

fn name(level: usize) -> String {
    format!("accessPolicies/42/accessLevels/l{level}")
}

fn test_for(level: usize) -> String {
    format!("\"{}\" in request.auth.access_levels", name(level))
}

/// Levels that require others, each in two conditions.
fn with_levels(mut input: Input, count: usize, requires: impl Fn(usize) -> Vec<usize>) -> Input {
    let level = |at| {
        let condition = LevelCondition {
            required_access_levels: requires(at).into_iter().map(name).collect(),
            regions: vec!["DE".to_owned()],
            ..LevelCondition::default()
        };
        let conditions = vec![condition.clone(), condition];
        Level {
            name: name(at),
            title: String::new(),
            definition: LevelDefinition::Basic { any: false, conditions },
        }
    };
    input.levels = Levels { state: ReadState::Read, items: (0..count).map(level).collect() };
    input
}

/// Runs on a stack as small as those of tokio's workers and less.
fn on_a_small_stack<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    thread::Builder::new().stack_size(1024 * 1024).spawn(work).unwrap().join().unwrap()
}

#[test]
fn expressions_made_to_hurt() {
    let deep = 100_000;
    let expressions = vec![
        "(".repeat(deep),
        format!("{}true{}", "(".repeat(deep), ")".repeat(deep)),
        format!("{}true{}", "(".repeat(80), ")".repeat(80)),
        format!("{}true", "!".repeat(deep)),
        format!("{}true", "!".repeat(80)),
        format!("{}1 == 1", "-".repeat(deep)),
        format!("a{}", ".b".repeat(deep)),
        format!("a{}", "[0".repeat(deep)),
        format!("1{} == 1", " + 1".repeat(deep)),
        format!("{}true", "true ? true : ".repeat(deep)),
        format!("x in {}", "[".repeat(deep)),
        format!("f({}", "f(".repeat(deep)),
        vec!["a == b"; 5_000].join(" && "),
        (0..5_000).map(|at| format!("a{at}")).collect::<Vec<_>>().join(" || "),
        (0..5_000).map(|at| format!("a{at}")).collect::<Vec<_>>().join(" && "),
        (0..13).map(|at| format!("(a{at} || b{at} || c{at})")).collect::<Vec<_>>().join(" && "),
        "\"unterminated".to_owned(),
        "\u{0}\u{1f600}".to_owned(),
        "\\".to_owned(),
    ];
    let explanation = on_a_small_stack(move || explain(&input(expressions)));
    assert_eq!(explanation.bindings.len(), 19);
    let known = |row: &&adit_access::BindingRow| row.3 != Value::U;
    // sane parentheses and an even number of negations have a value
    assert_eq!(explanation.bindings.iter().filter(known).map(|row| row.0).collect::<Vec<_>>(), [2, 4]);
}

#[test]
fn one_too_deep_is_one_atom_of_unknown_value() {
    let expression = format!("{}true{}", "(".repeat(500), ")".repeat(500));
    let explanation = explain(&input([expression.clone()]));
    assert_eq!(explanation.repairs, [[format!("cel:{expression}?")]]);
}

#[test]
fn levels_that_all_require_each_other() {
    let all = |at: usize| (0..12).filter(|other| *other != at).collect();
    let input = with_levels(input([test_for(0)]), 12, all);
    let explanation = on_a_small_stack(move || explain(&input));
    assert_eq!(explanation.verdict, Verdict::AccessLevelNotMet);
    assert_eq!(explanation.bindings[0].3, Value::U);
}

#[test]
fn a_long_chain_of_levels_each_required_twice() {
    let input = with_levels(input([test_for(0)]), 1_000, |at| vec![at + 1, at + 1]);
    let explanation = on_a_small_stack(move || explain(&input));
    assert_eq!(explanation.verdict, Verdict::AccessLevelNotMet);
}

#[test]
fn a_ring_of_two_levels() {
    let ring = with_levels(input([format!("{} && {}", test_for(0), test_for(1))]), 2, |at| vec![1 - at]);
    let explanation = explain(&ring);
    assert_eq!(explanation.bindings[0].3, Value::U);
    assert!(explanation.repairs.iter().all(|set| set.contains(&"level:l0?".to_owned())));
    let names: Vec<_> = explanation.blocking_levels.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["l0", "l1"]);
}

#[test]
fn many_bindings_with_twelve_operators() {
    let atom = |binding: usize, at: usize| {
        if at.is_multiple_of(3) {
            test_for((binding + at) % 40)
        } else {
            format!("destination.port == {}", binding * 13 + at)
        }
    };
    let expression = |binding| {
        let atoms =
            |from: usize| (from..from + 6).map(|at| atom(binding, at)).collect::<Vec<_>>().join(" || ");
        format!("({}) && ({}) && !({})", atoms(0), atoms(6), atom(binding, 12))
    };
    let input = with_levels(input((0..1_500).map(expression)), 40, |_| Vec::new());
    let explanation = explain(&input);
    assert_eq!(explanation.bindings.len(), 1_500);
    assert_eq!(explanation.repairs.len(), 8);
}

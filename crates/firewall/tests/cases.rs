//! The table of worked cases: `cases.json`. A case's VM is the table's with the listed keys replaced; of what is
//! expected, only what is listed is compared.

#![cfg(test)]

use adit_firewall::{EffectiveFirewalls, Vm, judge};
use serde::Deserialize;
use serde_json::{Map, Value};

#[derive(Deserialize)]
struct Table {
    vm: Map<String, Value>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    title: String,
    vm: Map<String, Value>,
    port: u16,
    answer: EffectiveFirewalls,
    expect: Map<String, Value>,
}

fn outcome(case: &Case, vm: &Map<String, Value>) -> Value {
    let mut vm = vm.clone();
    vm.extend(case.vm.clone());
    let vm: Vm = serde_json::from_value(Value::Object(vm)).unwrap();
    let judgement = judge(&case.answer, &vm, case.port);
    let judged = serde_json::to_value(&judgement).unwrap();
    let family = &judged[judged["family"].as_str().unwrap()];
    let commands: Vec<&Vec<String>> = judgement.remedy.fixes.iter().map(|fix| &fix.commands).collect();
    serde_json::json!({
        "family": judged["family"],
        "verdict": judged["verdict"],
        "sentence": judged["sentence"],
        "who": judged["remedy"]["who"],
        "otherwise": family["otherwise"],
        "letIn": family["letIn"],
        "ipv4": judged["ipv4"]["verdict"],
        "ipv6": judged["ipv6"]["verdict"],
        "commands": commands,
    })
}

#[test]
fn every_case_is_judged_as_the_table_says() {
    let table: Table = serde_json::from_str(include_str!("cases.json")).unwrap();
    assert!(table.cases.len() >= 60);
    let mut wrong = Vec::new();
    for case in &table.cases {
        let outcome = outcome(case, &table.vm);
        for (key, expected) in &case.expect {
            if outcome[key] != *expected {
                wrong.push(format!(
                    "{}: {key}\n  expected {expected}\n  but got  {}",
                    case.title, outcome[key]
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

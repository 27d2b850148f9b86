//! What holds for every answer of the API, not only for those of the table.

#![cfg(test)]

mod landscape;

use adit_firewall::{EffectiveFirewalls, Verdict, Vm, judge};
use landscape::{Landscape, PORT, any_json, landscape, odd_answer};
use proptest::prelude::*;
use serde_json::{Value, json};

fn verdict(answer: &Value, vm: &Vm) -> Verdict {
    judge(&EffectiveFirewalls::read(answer), vm, PORT).verdict
}

/// Does to the answer, or to the VM, what a command of a remedy would do.
fn run(command: &str, answer: &mut Value, vm: &mut Vm) {
    let words = shlex::split(command).unwrap();
    let flag = |name: &str| {
        let start = format!("--{name}=");
        words.iter().find_map(|word| word.strip_prefix(&start)).unwrap_or_default()
    };
    let positional: Vec<&str> =
        words.iter().map(String::as_str).skip(2).filter(|word| !word.starts_with("--")).collect();
    match positional.as_slice() {
        ["firewall-rules", "create", name] => {
            let tags: Vec<&str> =
                Some(flag("target-tags")).filter(|tag| !tag.is_empty()).into_iter().collect();
            let (protocol, port) = flag("rules").split_once(':').unwrap();
            let rule = json!({
                "name": name,
                "priority": flag("priority").parse().unwrap_or(1000),
                "sourceRanges": [flag("source-ranges")],
                "targetTags": tags,
                "allowed": [{ "IPProtocol": protocol, "ports": [port] }],
            });
            answer["firewalls"].as_array_mut().unwrap().push(rule);
        }
        ["firewall-rules", "update", name] => {
            let rules = answer["firewalls"].as_array_mut().unwrap();
            for rule in rules.iter_mut().filter(|rule| rule["name"] == **name) {
                if words.iter().any(|word| word == "--no-disabled") {
                    rule["disabled"] = json!(false);
                } else {
                    rule["priority"] = json!(flag("priority").parse::<i64>().unwrap());
                }
            }
        }
        ["instances", "add-tags", _] => vm.tags.get_or_insert_default().push(flag("tags").to_owned()),
        ["firewall-policies" | "network-firewall-policies", "rules", "create", priority] => {
            let (protocol, port) = flag("layer4-configs").split_once(':').unwrap();
            let priority: i64 = priority.parse().unwrap();
            let policies = answer["firewallPolicys"].as_array_mut().unwrap();
            let policy =
                policies.iter_mut().find(|policy| policy["name"] == flag("firewall-policy")).unwrap();
            let rules = policy["rules"].as_array_mut().unwrap();
            assert!(rules.iter().all(|rule| rule["priority"] != priority), "{priority} is taken");
            rules.push(json!({
                "priority": priority,
                "action": flag("action"),
                "match": {
                    "srcIpRanges": [flag("src-ip-ranges")],
                    "layer4Configs": [{ "ipProtocol": protocol, "ports": [port] }],
                },
            }));
        }
        other => panic!("the test does not know {other:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_json_makes_it_panic(answer in any_json(), instance in any_json(), network in any_json()) {
        let vm = Vm::read("shop", &instance, "nic0", Some(&network));
        let judgement = judge(&EffectiveFirewalls::read(&answer), &vm, PORT);
        prop_assert!(!judgement.sentence.is_empty());
    }

    #[test]
    fn no_odd_answer_makes_it_panic(answer in odd_answer(), port in any::<u16>()) {
        let vm = Landscape::vm(None);
        let judgement = judge(&EffectiveFirewalls::read(&answer), &vm, port);
        prop_assert!(!judgement.sentence.is_empty());
        for step in &judgement.ipv4.path {
            prop_assert!(!step.to_string().contains('\n'));
        }
    }

}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    /// Every address by itself, by the plainest reading of Google's order, against the judgement of ranges.
    #[test]
    fn ranges_are_judged_as_their_addresses_are(landscape in landscape()) {
        let let_in = landscape.addresses().filter(|&address| landscape.lets_in(address)).count();
        let expected = match let_in {
            0 => Verdict::Blocked,
            all if all == landscape.addresses().count() => Verdict::Allowed,
            _ => Verdict::PartlyAllowed,
        };
        prop_assert_eq!(verdict(&landscape.answer(), &landscape.own_vm()), expected);
    }

    #[test]
    fn every_fix_opens_the_port(landscape in landscape()) {
        let (answer, vm) = (landscape.answer(), landscape.own_vm());
        let judgement = judge(&EffectiveFirewalls::read(&answer), &vm, PORT);
        if judgement.verdict == Verdict::Allowed {
            prop_assert!(judgement.remedy.fixes.is_empty());
        }
        for fix in &judgement.remedy.fixes {
            let (mut answer, mut vm) = (answer.clone(), vm.clone());
            for command in &fix.commands {
                run(command, &mut answer, &mut vm);
            }
            prop_assert_eq!(verdict(&answer, &vm), Verdict::Allowed, "{:?}", fix);
        }
    }

    #[test]
    fn a_rule_that_denies_in_front_of_all_blocks(landscape in landscape()) {
        let mut answer = landscape.answer();
        let deny = json!({
            "type": "HIERARCHY", "name": "1", "rules": [{
                "priority": 0, "action": "deny",
                "match": { "srcIpRanges": ["0.0.0.0/0"], "layer4Configs": [{ "ipProtocol": "all" }] },
            }],
        });
        answer["firewallPolicys"].as_array_mut().unwrap().insert(0, deny);
        prop_assert_eq!(verdict(&answer, &landscape.own_vm()), Verdict::Blocked);
    }

    #[test]
    fn one_more_rule_that_denies_lets_nobody_in(landscape in landscape(), priority in 0..3000_i64) {
        let before = verdict(&landscape.answer(), &landscape.own_vm());
        let mut answer = landscape.answer();
        let deny = json!({
            "name": "deny", "priority": priority, "sourceRanges": ["35.235.240.0/21"],
            "denied": [{ "IPProtocol": "all" }],
        });
        answer["firewalls"].as_array_mut().unwrap().push(deny);
        let after = verdict(&answer, &landscape.own_vm());
        if before == Verdict::Blocked {
            prop_assert_eq!(after, Verdict::Blocked);
        }
        prop_assert!(before == Verdict::Allowed || after != Verdict::Allowed);
    }

    /// What is said without knowing the VM's tags is still so when they are known.
    #[test]
    fn knowing_more_only_settles_what_was_unknown(landscape in landscape()) {
        let unknown = verdict(&landscape.answer(), &Vm { tags: None, ..landscape.own_vm() });
        let known = verdict(&landscape.answer(), &landscape.own_vm());
        prop_assert!(unknown == Verdict::Unknown || unknown == known, "{:?} became {:?}", unknown, known);
    }
}

/// Far beyond what Google lets anybody configure.
#[test]
fn a_huge_answer_is_judged_too() {
    let sources: Vec<String> = (0..6000_u32)
        .map(|number| format!("35.235.{}.{}/32", 240 + number % 16, number / 16 % 256))
        .collect();
    let sixes: Vec<String> = (0..4000_u32).map(|number| format!("2600:2d00:1:7::{number:x}:0/112")).collect();
    let rules: Vec<Value> = (0..150_usize)
        .map(|number| {
            json!({
                "name": format!("r{number}"),
                "priority": number,
                "sourceRanges": if number % 2 == 0 { &sources[..number * 26] } else { &sixes[..number * 26] },
                "denied": [{ "IPProtocol": "tcp" }],
            })
        })
        .collect();
    let answer = EffectiveFirewalls::read(&json!({ "firewalls": rules }));
    let judgement = judge(&answer, &Landscape::vm(None), PORT);
    assert_eq!(judgement.verdict, Verdict::Blocked);
    assert!(judgement.ipv4.decided_by.len() <= 8);
    assert!(judgement.ipv4.path.len() <= 500);
}

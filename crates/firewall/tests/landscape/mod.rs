//! Random firewalls, and the plainest reading of Google's order of evaluation to judge single addresses by.

use std::net::Ipv4Addr;

use adit_firewall::{EnforcementOrder, Vm};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

pub(crate) const PORT: u16 = 22;

/// Source networks of rules: beside, around and within IAP's range, no boundary finer than a /24.
const SOURCES: &[&str] = &[
    "0.0.0.0/0",
    "35.235.240.0/20",
    "35.235.240.0/21",
    "35.235.248.0/21",
    "35.235.244.0/24",
    "10.0.0.0/8",
    "::/0",
];
const TAGS: &[&str] = &["web", "iap", "db"];

#[derive(Debug, Clone)]
pub(crate) struct VpcRule {
    priority: u16,
    denies: bool,
    disabled: bool,
    source: &'static str,
    ports: &'static str,
    tag: Option<&'static str>,
}

#[derive(Debug, Clone)]
pub(crate) struct PolicyRule {
    action: &'static str,
    source: &'static str,
    ports: &'static str,
}

#[derive(Debug, Clone)]
pub(crate) struct Landscape {
    organization: Vec<PolicyRule>,
    folder: Vec<PolicyRule>,
    vpc: Vec<VpcRule>,
    network: Vec<PolicyRule>,
    region: Vec<PolicyRule>,
    /// Priority of each policy's first rule; the others follow at once.
    first: i64,
    before_classic: bool,
    tags: Vec<&'static str>,
}

fn vpc_rule() -> impl Strategy<Value = VpcRule> {
    let priority = prop_oneof![Just(0), Just(1), 998..1002_u16];
    let ports = select(&["22", "20-30", "3389"][..]);
    (priority, any::<bool>(), prop::bool::weighted(0.1), select(SOURCES), ports, option::of(select(TAGS)))
        .prop_map(|(priority, denies, disabled, source, ports, tag)| VpcRule {
            priority,
            denies,
            disabled,
            source,
            ports,
            tag,
        })
}

fn policy() -> impl Strategy<Value = Vec<PolicyRule>> {
    let action = select(&["allow", "deny", "goto_next"][..]);
    let rule = (action, select(SOURCES), select(&["22", "0-65535", "3389"][..]));
    vec(rule.prop_map(|(action, source, ports)| PolicyRule { action, source, ports }), 0..3)
}

pub(crate) fn landscape() -> impl Strategy<Value = Landscape> {
    let policies = (policy(), policy(), policy(), policy());
    let tags = proptest::sample::subsequence(TAGS, 0..=2);
    (policies, vec(vpc_rule(), 0..6), 0..3_i64, any::<bool>(), tags).prop_map(
        |((organization, folder, network, region), vpc, first, before_classic, tags)| Landscape {
            organization,
            folder,
            vpc,
            network,
            region,
            first,
            before_classic,
            tags,
        },
    )
}

fn holds(network: &str, address: Ipv4Addr) -> bool {
    let Some((start, length)) = network.split_once('/') else { return false };
    let (Ok(start), Ok(length)) = (start.parse::<Ipv4Addr>(), length.parse::<u32>()) else { return false };
    let mask = u32::MAX.checked_shl(32 - length).unwrap_or(0);
    u32::from(start) & mask == u32::from(address) & mask
}

fn holds_port(ports: &str) -> bool {
    let (first, last) = ports.split_once('-').unwrap_or((ports, ports));
    (first.parse().unwrap()..=last.parse().unwrap()).contains(&PORT)
}

impl Landscape {
    /// One address of every /24 in IAP's range: no rule tells those within one apart.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = Ipv4Addr> + use<> {
        (240..=255).map(|third| Ipv4Addr::new(35, 235, third, 77))
    }

    pub(crate) fn lets_in(&self, address: Ipv4Addr) -> bool {
        let by_policy = |rules: &[PolicyRule]| {
            rules
                .iter()
                .find(|rule| holds(rule.source, address) && holds_port(rule.ports))
                .map(|rule| rule.action)
                .filter(|&action| action != "goto_next")
        };
        let by_vpc = || {
            self.vpc
                .iter()
                .filter(|rule| !rule.disabled && holds(rule.source, address) && holds_port(rule.ports))
                .filter(|rule| rule.tag.is_none_or(|tag| self.tags.contains(&tag)))
                .min_by_key(|rule| (rule.priority, !rule.denies))
                .map(|rule| if rule.denies { "deny" } else { "allow" })
        };
        let hierarchy = by_policy(&self.organization).or_else(|| by_policy(&self.folder));
        let policies = || by_policy(&self.network).or_else(|| by_policy(&self.region));
        let end = if self.before_classic {
            hierarchy.or_else(policies).or_else(by_vpc)
        } else {
            hierarchy.or_else(by_vpc).or_else(policies)
        };
        end == Some("allow")
    }

    pub(crate) fn answer(&self) -> Value {
        let vpc = self.vpc.iter().enumerate().map(|(number, rule)| {
            let part = if rule.denies { "denied" } else { "allowed" };
            let mut value = json!({
                "name": format!("rule-{number}"),
                "priority": rule.priority,
                "disabled": rule.disabled,
                "sourceRanges": [rule.source],
                "targetTags": rule.tag.iter().collect::<Vec<_>>(),
            });
            value[part] = json!([{ "IPProtocol": "tcp", "ports": [rule.ports] }]);
            value
        });
        json!({
            "firewalls": vpc.collect::<Vec<_>>(),
            "firewallPolicys": [
                self.policy("NETWORK_REGIONAL", "region", &self.region),
                self.policy("HIERARCHY", "organization", &self.organization),
                self.policy("NETWORK", "network", &self.network),
                self.policy("HIERARCHY", "folder", &self.folder),
            ],
        })
    }

    fn policy(&self, kind: &str, name: &str, rules: &[PolicyRule]) -> Value {
        let rules = (self.first..).zip(rules).map(|(priority, rule)| {
            let layer4 = json!([{ "ipProtocol": "tcp", "ports": [rule.ports] }]);
            json!({
                "priority": priority,
                "action": rule.action,
                "match": { "srcIpRanges": [rule.source], "layer4Configs": layer4 },
            })
        });
        let mut rules: Vec<Value> = rules.collect();
        // The order of an answer's rules means nothing.
        rules.reverse();
        json!({ "type": kind, "name": name, "rules": rules })
    }

    pub(crate) fn own_vm(&self) -> Vm {
        let order = if self.before_classic {
            EnforcementOrder::BeforeClassicFirewall
        } else {
            EnforcementOrder::AfterClassicFirewall
        };
        Vm { order, ..Self::vm(Some(self.tags.iter().map(|&tag| tag.to_owned()).collect())) }
    }

    pub(crate) fn vm(tags: Option<Vec<String>>) -> Vm {
        Vm {
            project: "shop".into(),
            zone: "europe-west3-a".into(),
            name: "web-1".into(),
            interface: "nic0".into(),
            network: "projects/shop/global/networks/prod".into(),
            addresses: vec![Ipv4Addr::new(10, 0, 0, 2).into()],
            tags,
            ..Vm::default()
        }
    }
}

/// Any JSON, with the keys of the API among its keys.
pub(crate) fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        select(WORDS).prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let key = prop_oneof![4 => select(WORDS).prop_map(str::to_owned), 1 => any::<String>()];
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            vec((key, inner), 0..8).prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

/// An answer whose rules have the API's keys and odd values.
pub(crate) fn odd_answer() -> impl Strategy<Value = Value> {
    let word = prop_oneof![
        select(WORDS).prop_map(str::to_owned),
        select(SOURCES).prop_map(str::to_owned),
        any::<String>()
    ];
    let words = vec(word.clone(), 0..4);
    let value = prop_oneof![
        word.prop_map(Value::from),
        words.prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any_json(),
    ];
    let object = vec((select(WORDS), value), 0..8).prop_map(|entries| {
        let entries: Map<String, Value> =
            entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        entries
    });
    let rule = (object.clone(), object.clone(), object).prop_map(|(mut rule, matcher, layer4)| {
        let mut matcher = matcher;
        matcher.entry("layer4Configs").or_insert(json!([layer4]));
        rule.insert("match".into(), matcher.into());
        rule.entry("allowed").or_insert(json!([{ "IPProtocol": "tcp" }]));
        Value::Object(rule)
    });
    let rules = vec(rule, 0..4);
    (rules.clone(), rules, select(&["HIERARCHY", "NETWORK", "NETWORK_REGIONAL", "SYSTEM_GLOBAL", "X"][..])).prop_map(
        |(firewalls, rules, kind)| {
            json!({ "firewalls": firewalls, "firewallPolicys": [{ "type": kind, "rules": rules }] })
        },
    )
}

const WORDS: &[&str] = &[
    "firewalls",
    "firewallPolicys",
    "organizationFirewalls",
    "rules",
    "type",
    "HIERARCHY",
    "NETWORK",
    "name",
    "shortName",
    "priority",
    "action",
    "allow",
    "deny",
    "goto_next",
    "direction",
    "INGRESS",
    "EGRESS",
    "disabled",
    "match",
    "config",
    "layer4Configs",
    "ipProtocol",
    "IPProtocol",
    "ports",
    "tcp",
    "all",
    "22",
    "99999-1",
    "srcIpRanges",
    "srcFqdns",
    "srcRegionCodes",
    "srcThreatIntelligences",
    "srcAddressGroups",
    "srcSecureTags",
    "srcNetworkType",
    "NON_INTERNET",
    "destIpRanges",
    "destFqdns",
    "targetResources",
    "targetSecureTags",
    "state",
    "INEFFECTIVE",
    "targetServiceAccounts",
    "targetTags",
    "targetType",
    "allowed",
    "denied",
    "sourceRanges",
    "sourceTags",
    "destinationRanges",
    "35.235.240.0/40",
    "projects/shop/global/networks/prod",
    "networkInterfaces",
    "networkIP",
    "tags",
    "items",
    "serviceAccounts",
    "email",
    "zone",
    "networkFirewallPolicyEnforcementOrder",
];

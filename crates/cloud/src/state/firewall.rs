//! Whether a network lets IAP in to a port: firewall policies of the organisation and its folders, then the network's
//! own rules, then its firewall policies, then the implied refusal.

use std::net::IpAddr;

use super::State;
use super::access::in_range;
use crate::landscape::{
    Direction, Firewall, FirewallOrder, FirewallPolicy, Instance, PolicyRule, Protocol, RuleAction,
};

/// Addresses out of the ranges that IAP's tunnels come from.
const IAP_V4: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(35, 235, 241, 10));
const IAP_V6: IpAddr = IpAddr::V6(std::net::Ipv6Addr::new(0x2600, 0x2d00, 0x1, 0x7, 0, 0, 0, 0x10));

/// An interface of an instance, as firewalls see it.
#[derive(Clone, Copy)]
pub(crate) struct Interface<'a> {
    pub(crate) instance: &'a Instance,
    pub(crate) network: &'a str,
    pub(crate) ip: IpAddr,
}

/// The firewall of one interface, in the order of evaluation.
pub(crate) struct Firewalls<'a> {
    /// Of the organisation, then of the folders, the outermost first.
    pub(crate) above: Vec<&'a FirewallPolicy>,
    pub(crate) rules: Vec<Firewall>,
    pub(crate) of_network: Vec<&'a FirewallPolicy>,
}

fn ports_match(ports: &[String], port: u16) -> bool {
    let number = |text: &str| text.parse::<u16>().ok();
    ports.is_empty()
        || ports.iter().any(|text| {
            let (low, high) = text.split_once('-').unwrap_or((text, text));
            number(low).zip(number(high)).is_some_and(|(low, high)| (low..=high).contains(&port))
        })
}

fn protocol_matches(protocol: &str, ports: &[String], port: u16) -> bool {
    matches!(protocol.to_ascii_lowercase().as_str(), "tcp" | "6" | "all") && ports_match(ports, port)
}

fn any_range(ranges: &[String], address: IpAddr) -> bool {
    ranges.iter().any(|range| in_range(address, range) == Some(true))
}

impl<'a> Interface<'a> {
    /// `nic0` and up.
    pub(crate) fn of(instance: &'a Instance, name: &str) -> Option<Self> {
        let number: usize = name.strip_prefix("nic")?.parse().ok()?;
        match number.checked_sub(1) {
            None => Some(Self { instance, network: &instance.network, ip: instance.ip }),
            Some(further) => instance.interfaces.get(further).map(|one| Self {
                instance,
                network: &one.network,
                ip: one.ip,
            }),
        }
    }

    fn source(self) -> IpAddr {
        if self.ip.is_ipv4() { IAP_V4 } else { IAP_V6 }
    }

    fn has_account(self, accounts: &[String]) -> bool {
        accounts.iter().any(|account| self.instance.service_account.as_ref() == Some(account))
    }

    /// Whether a rule of the network is meant for this interface at all.
    fn is_target(self, rule: &Firewall) -> bool {
        (rule.target_tags.is_empty() && rule.target_service_accounts.is_empty())
            || rule.target_tags.iter().any(|tag| self.instance.tags.contains(tag))
            || self.has_account(&rule.target_service_accounts)
    }

    /// What a rule of the network says to IAP about a port; `None` where it does not match.
    fn rule_says(self, rule: &Firewall, port: u16) -> Option<bool> {
        let from_anywhere = rule.source_ranges.is_empty()
            && rule.source_tags.is_empty()
            && rule.source_service_accounts.is_empty();
        let to_here = rule.destination_ranges.is_empty() || any_range(&rule.destination_ranges, self.ip);
        if rule.disabled
            || rule.direction != Direction::Ingress
            || !to_here
            || !(from_anywhere || any_range(&rule.source_ranges, self.source()))
        {
            return None;
        }
        let matches =
            |list: &[Protocol]| list.iter().any(|one| protocol_matches(&one.ip_protocol, &one.ports, port));
        if matches(&rule.denied) {
            return Some(false);
        }
        matches(&rule.allowed).then_some(true)
    }

    fn policy_rule_matches(self, rule: &PolicyRule, port: u16) -> bool {
        let matcher = &rule.matches;
        let network = format!("projects/{}/global/networks/{}", self.instance.project, self.network);
        let sources = if matcher.src_ip_ranges.is_empty() {
            matcher.src_secure_tags.is_empty()
        } else {
            any_range(&matcher.src_ip_ranges, self.source())
        };
        !rule.disabled
            && rule.direction == Direction::Ingress
            && sources
            && (matcher.dest_ip_ranges.is_empty() || any_range(&matcher.dest_ip_ranges, self.ip))
            && matcher.layer4_configs.iter().any(|one| protocol_matches(&one.ip_protocol, &one.ports, port))
            && (rule.target_resources.is_empty()
                || rule.target_resources.iter().any(|one| one.ends_with(&network)))
            && (rule.target_service_accounts.is_empty() || self.has_account(&rule.target_service_accounts))
            && (rule.target_secure_tags.is_empty()
                || rule.target_secure_tags.iter().any(|tag| self.instance.secure_tags.contains(&tag.name)))
    }

    /// What a policy says; `None` where it leaves the decision to the next.
    fn policy_says(self, policy: &FirewallPolicy, port: u16) -> Option<bool> {
        let mut rules: Vec<&PolicyRule> = policy.rules.iter().collect();
        rules.sort_by_key(|rule| rule.priority);
        match rules.into_iter().find(|rule| self.policy_rule_matches(rule, port))?.action {
            RuleAction::Allow => Some(true),
            RuleAction::Deny => Some(false),
            RuleAction::GotoNext => None,
        }
    }
}

impl State {
    /// The firewall of an interface.
    pub(crate) fn firewalls(&self, interface: Interface<'_>) -> Firewalls<'_> {
        let project = self.project(&interface.instance.project);
        let attached = |name: String| {
            self.landscape().firewall_policies.iter().filter(move |policy| policy.attached_to.contains(&name))
        };
        let parent = project.map(|project| project.parent.as_str()).unwrap_or_default();
        let above = self.above(parent).into_iter().rev().flat_map(|node| attached(node.name)).collect();
        let mut rules: Vec<Firewall> = match project.and_then(|project| project.firewalls.as_ref()) {
            Some(rules) => rules.clone(),
            None => vec![Firewall::of_the_guides(interface.network)],
        };
        rules.retain(|rule| rule.network == interface.network && interface.is_target(rule));
        // at one priority a refusal comes first
        rules.sort_by_key(|rule| (rule.priority, rule.denied.is_empty()));
        let network =
            format!("projects/{}/global/networks/{}", interface.instance.project, interface.network);
        Firewalls { above, rules, of_network: attached(network).collect() }
    }

    /// Whether a connection from IAP reaches a port of an interface.
    pub(crate) fn firewall_admits(&self, interface: Interface<'_>, port: u16) -> bool {
        let firewalls = self.firewalls(interface);
        let says = |policies: &[&FirewallPolicy]| {
            policies.iter().find_map(|policy| interface.policy_says(policy, port))
        };
        let rules = || firewalls.rules.iter().find_map(|rule| interface.rule_says(rule, port));
        let of_network = || says(&firewalls.of_network);
        let order = self.project(&interface.instance.project).map(|project| project.firewall_order);
        says(&firewalls.above)
            .or_else(|| match order.unwrap_or_default() {
                FirewallOrder::AfterClassicFirewall => rules().or_else(of_network),
                FirewallOrder::BeforeClassicFirewall => of_network().or_else(rules),
            })
            .unwrap_or(false)
    }
}

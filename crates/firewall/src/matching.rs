//! Whether a rule takes a TCP connection from IAP to the VM's port, and from which of IAP's addresses.

use core::fmt;

use crate::ranges::{self, Family, Range};
use crate::vm::{Scope, Vm, network_path};
use crate::wire::{Firewall, HiddenSource, Layer4, PolicyRule};

/// More source networks than Google lets a rule have, so an answer with more is not one of Google's.
const MOST_RANGES: usize = 5_000;

/// The connection that is judged.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Connection<'a> {
    pub(crate) vm: &'a Vm,
    pub(crate) port: u16,
    pub(crate) family: Family,
}

/// What a rule takes of the connections from IAP.
#[derive(Debug)]
pub(crate) struct Match {
    /// The source addresses that it takes; none when `missed` says why.
    pub(crate) ranges: Vec<Range>,
    pub(crate) missed: Option<Miss>,
    /// Why it cannot be told whether it takes them.
    pub(crate) unseen: Vec<Unseen>,
    /// Which VMs it is about, for people.
    pub(crate) targets: String,
}

/// Why a rule does not apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Miss {
    Disabled,
    Egress,
    Port,
    Target,
    Destination,
    Source,
}

impl fmt::Display for Miss {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(match self {
            Self::Disabled => "it is disabled",
            Self::Egress => "it is about connections from the VM",
            Self::Port => "it is about other ports or protocols",
            Self::Target => "it is about other VMs",
            Self::Destination => "it is about other addresses of the VM",
            Self::Source => "it is about other sources than IAP",
        })
    }
}

/// Something that a rule goes by and that is not known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Unseen {
    Tags,
    ServiceAccounts,
    SecureTags,
    Network,
    Addresses,
    Sources(HiddenSource),
    NetworkContext,
    Destinations,
    TargetType,
    Malformed,
    TooMuch,
    Place,
}

impl fmt::Display for Unseen {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(match self {
            Self::Tags => "the VM's network tags",
            Self::ServiceAccounts => "the VM's service account",
            Self::SecureTags => "secure tags",
            Self::Network => "the VM's network",
            Self::Addresses => "the VM's address",
            Self::Sources(HiddenSource::AddressGroups) => "address groups",
            Self::Sources(HiddenSource::DomainNames) => "domain names",
            Self::Sources(HiddenSource::Regions) => "countries",
            Self::Sources(HiddenSource::ThreatLists) => "threat intelligence lists",
            Self::NetworkContext => "the kind of network that the connection comes from",
            Self::Destinations => "destination lists",
            Self::TargetType => "a kind of target that is not known here",
            Self::Malformed => "an entry that is not understood",
            Self::TooMuch => "more ranges than are evaluated here",
            Self::Place => "a kind of firewall policy that is not known here",
        })
    }
}

/// Three values: a rule's part holds, does not, or cannot be seen.
enum Holds {
    Yes,
    No,
    Unseen(Unseen),
}

impl Holds {
    fn when(condition: bool) -> Self {
        if condition { Self::Yes } else { Self::No }
    }
}

impl Match {
    /// Everything holds so far, from all of IAP's addresses.
    fn all(family: Family, targets: String) -> Self {
        Self { ranges: vec![family.source_range()], missed: None, unseen: Vec::new(), targets }
    }

    fn and(&mut self, holds: Holds, miss: Miss) {
        match holds {
            Holds::Yes => {}
            Holds::No => self.miss(miss),
            Holds::Unseen(unseen) => self.unseen.push(unseen),
        }
    }

    fn miss(&mut self, miss: Miss) {
        self.missed.get_or_insert(miss);
        self.ranges.clear();
    }

    /// Takes only connections from these networks, or from sources whose contents are hidden.
    fn and_from(&mut self, networks: &[String], hidden: &[HiddenSource], family: Family) {
        if networks.len() > MOST_RANGES {
            self.unseen.push(Unseen::TooMuch);
            return;
        }
        let coverage = ranges::coverage(networks, family);
        if coverage.ranges == [family.source_range()] {
            return;
        }
        self.unseen.extend(hidden.iter().copied().map(Unseen::Sources));
        if coverage.unreadable {
            self.unseen.push(Unseen::Malformed);
        }
        if !hidden.is_empty() || coverage.unreadable {
            return;
        }
        if coverage.ranges.is_empty() {
            self.miss(Miss::Source);
        } else if self.missed.is_none() {
            self.ranges = coverage.ranges;
        }
    }
}

/// Matches a VPC firewall rule, by its `allowed` or its `denied` part.
pub(crate) fn firewall(rule: &Firewall, layer4: &[Layer4], connection: Connection<'_>) -> Match {
    let Connection { vm, port, family } = connection;
    let mut found = Match::all(family, targets(&rule.target_tags, &rule.target_service_accounts, &[]));
    found.and(Holds::when(!rule.disabled), Miss::Disabled);
    found.and(Holds::when(!rule.egress), Miss::Egress);
    found.and(covers(layer4, port), Miss::Port);
    if !rule.target_tags.is_empty() || !rule.target_service_accounts.is_empty() {
        // Google allows only one of the two in a rule.
        let by_tag = among(&rule.target_tags, vm.tags.as_deref(), Unseen::Tags);
        let accounts = vm.service_accounts.as_deref();
        let by_account = among(&rule.target_service_accounts, accounts, Unseen::ServiceAccounts);
        found.and(or(by_tag, by_account), Miss::Target);
    }
    found.and(to_address(&rule.destination_ranges, connection), Miss::Destination);
    if rule.source_ranges.is_empty() && !rule.from_vms {
        found.and(Holds::when(family == Family::Ipv4), Miss::Source);
    } else {
        found.and_from(&rule.source_ranges, &[], family);
    }
    found
}

/// Matches a rule of a firewall policy.
pub(crate) fn policy_rule(rule: &PolicyRule, connection: Connection<'_>) -> Match {
    let Connection { vm, port, family } = connection;
    let effective: Vec<String> =
        rule.target_secure_tags.iter().filter(|tag| !tag.ineffective).map(|tag| tag.name.clone()).collect();
    let mut found = Match::all(family, targets(&[], &rule.target_service_accounts, &effective));
    found.and(Holds::when(!rule.disabled), Miss::Disabled);
    found.and(Holds::when(!rule.egress), Miss::Egress);
    found.and(covers(&rule.layer4, port), Miss::Port);
    found.and(on_vms(rule.target_type.as_deref()), Miss::Target);
    found.and(on_network(&rule.target_resources, &vm.network), Miss::Target);
    let known = |facts: Option<&[String]>, listed: &[String], unseen| match (facts, vm.scope) {
        (None, Scope::Instance) => Holds::Yes,
        (facts, _) => among(listed, facts, unseen),
    };
    if !rule.target_service_accounts.is_empty() {
        let accounts = vm.service_accounts.as_deref();
        found.and(known(accounts, &rule.target_service_accounts, Unseen::ServiceAccounts), Miss::Target);
    }
    if !rule.target_secure_tags.is_empty() {
        let ineffective = effective.is_empty();
        found.and(Holds::when(!ineffective), Miss::Target);
        found.and(known(vm.secure_tags.as_deref(), &effective, Unseen::SecureTags), Miss::Target);
    }
    found.and(to_address(&rule.destination_ranges, connection), Miss::Destination);
    if rule.hidden_destination {
        found.unseen.push(Unseen::Destinations);
    }
    if let Some(context) = &rule.network_context {
        found.and(in_context(context, family), Miss::Source);
    }
    if rule.source_ranges.is_empty() && rule.hidden_sources.is_empty() && !rule.from_vms {
        // Without any source a rule means 0.0.0.0/0, which holds no IPv6.
        found.and(Holds::when(family == Family::Ipv4), Miss::Source);
    } else {
        found.and_from(&rule.source_ranges, &rule.hidden_sources, family);
    }
    found
}

/// Whether a list of protocols and ports holds this TCP port.
fn covers(configs: &[Layer4], port: u16) -> Holds {
    configs
        .iter()
        .map(|config| match config.protocol.as_deref().map(str::to_ascii_lowercase).as_deref() {
            None => Holds::Unseen(Unseen::Malformed),
            Some("all") => Holds::Yes,
            Some("tcp" | "6") if config.ports.is_empty() => Holds::Yes,
            Some("tcp" | "6") => config.ports.iter().map(|ports| holds_port(ports, port)).fold(Holds::No, or),
            Some(_) => Holds::No,
        })
        .fold(if configs.is_empty() { Holds::Unseen(Unseen::Malformed) } else { Holds::No }, or)
}

fn holds_port(ports: &str, port: u16) -> Holds {
    let (first, last) = ports.split_once('-').unwrap_or((ports, ports));
    match (first.trim().parse::<u16>(), last.trim().parse::<u16>()) {
        (Ok(first), Ok(last)) => Holds::when((first..=last).contains(&port)),
        _ => Holds::Unseen(Unseen::Malformed),
    }
}

fn or(one: Holds, other: Holds) -> Holds {
    match (one, other) {
        (Holds::Yes, _) | (_, Holds::Yes) => Holds::Yes,
        (Holds::Unseen(unseen), _) | (_, Holds::Unseen(unseen)) => Holds::Unseen(unseen),
        (Holds::No, Holds::No) => Holds::No,
    }
}

fn among(listed: &[String], facts: Option<&[String]>, unseen: Unseen) -> Holds {
    match facts {
        _ if listed.is_empty() => Holds::No,
        Some(facts) => Holds::when(facts.iter().any(|fact| listed.contains(fact))),
        None => Holds::Unseen(unseen),
    }
}

fn on_vms(target_type: Option<&str>) -> Holds {
    match target_type {
        None | Some("INSTANCES") => Holds::Yes,
        Some("INTERNAL_MANAGED_LB") => Holds::No,
        Some(_) => Holds::Unseen(Unseen::TargetType),
    }
}

/// Whether the VM's network is among the targets. The same network can be written with its project's id or number.
fn on_network(targets: &[String], network: &str) -> Holds {
    if targets.is_empty() {
        return Holds::Yes;
    }
    let Some((project, name)) = network_path(network) else { return Holds::Unseen(Unseen::Network) };
    let is_number = |project: &str| project.bytes().all(|byte| byte.is_ascii_digit());
    targets
        .iter()
        .map(|target| match network_path(target) {
            None => Holds::Unseen(Unseen::Malformed),
            Some((_, other)) if other != name => Holds::No,
            Some((owner, _)) if owner == project => Holds::Yes,
            Some((owner, _)) if is_number(owner) == is_number(project) => Holds::No,
            Some(_) => Holds::Unseen(Unseen::Network),
        })
        .fold(Holds::No, or)
}

/// Whether the VM's address is among the destinations of a rule.
fn to_address(destinations: &[String], connection: Connection<'_>) -> Holds {
    if destinations.is_empty() {
        return Holds::Yes;
    }
    let family = connection.family;
    let address = connection.vm.addresses.iter().find(|address| family.holds(address));
    destinations
        .iter()
        .map(|text| match (ranges::network(text), address) {
            (None, _) => Holds::Unseen(Unseen::Malformed),
            (Some(net), _) if !family.holds(&net.addr()) => Holds::No,
            (Some(_), None) => Holds::Unseen(Unseen::Addresses),
            (Some(net), Some(address)) => Holds::when(net.contains(address)),
        })
        .fold(Holds::No, or)
}

/// IAP comes from Google's network to an internal address: not from the internet, nor from a VM or another VPC. An
/// IPv6 address may be an external one, and then Google's word for the connection is not known.
fn in_context(context: &str, family: Family) -> Holds {
    match (context, family) {
        ("INTRA_VPC" | "VPC_NETWORKS", _) | ("INTERNET", Family::Ipv4) => Holds::No,
        ("NON_INTERNET", Family::Ipv4) => Holds::Yes,
        _ => Holds::Unseen(Unseen::NetworkContext),
    }
}

fn targets(tags: &[String], accounts: &[String], secure_tags: &[String]) -> String {
    let named = |what: &str, names: &[String]| {
        let shown: Vec<&str> = names.iter().take(3).map(String::as_str).collect();
        let more = if names.len() > shown.len() { ", …" } else { "" };
        format!("{what} {}{more}", shown.join(", "))
    };
    if !tags.is_empty() {
        named("VMs with the network tag", tags)
    } else if !accounts.is_empty() {
        named("VMs that run as", accounts)
    } else if !secure_tags.is_empty() {
        named("VMs with the secure tag", secure_tags)
    } else {
        "every VM".to_owned()
    }
}

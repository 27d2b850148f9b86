//! What `instances.getEffectiveFirewalls` answers (Compute Engine v1, REST), as far as it is needed.
//!
//! Read by hand from JSON, so that no answer can fail: a value of the wrong type counts as missing.

use serde::Deserialize;
use serde_json::Value;

/// The answer: VPC firewall rules and firewall policies that apply to an interface of a VM.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(from = "Value")]
pub struct EffectiveFirewalls {
    /// VPC firewall rules of the network.
    pub firewalls: Vec<Firewall>,
    /// Firewall policies, in the order of the answer: the organization's before its folders'.
    pub policies: Vec<Policy>,
}

/// A VPC firewall rule.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Firewall {
    /// Its name, unique in the project.
    pub name: String,
    /// 0 (first) to 65535; 1000 where it is missing.
    pub priority: i64,
    /// Whether it is about connections from the VM.
    pub egress: bool,
    /// Whether it is switched off.
    pub disabled: bool,
    /// What it allows.
    pub allowed: Vec<Layer4>,
    /// What it denies.
    pub denied: Vec<Layer4>,
    /// Networks that it takes connections from; joined with the source tags and accounts by "or".
    pub source_ranges: Vec<String>,
    /// Whether it names VMs of the network as sources, by tag or service account.
    pub from_vms: bool,
    /// Addresses of the VM that it is about; any when empty.
    pub destination_ranges: Vec<String>,
    /// Network tags of the VMs that it is about.
    pub target_tags: Vec<String>,
    /// Service accounts of the VMs that it is about.
    pub target_service_accounts: Vec<String>,
}

/// A firewall policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// What it is attached to.
    pub kind: PolicyKind,
    /// The name that commands take: a number for a hierarchical policy.
    pub id: String,
    /// The name that people gave it.
    pub name: String,
    /// Order among several policies on one network; lower is first.
    pub priority: i64,
    /// Its rules.
    pub rules: Vec<PolicyRule>,
}

/// What a firewall policy is attached to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyKind {
    /// The organization or a folder.
    Hierarchy,
    /// A network or a region of one, managed by Google.
    System,
    /// A network.
    Network,
    /// A network in one region.
    NetworkRegional,
    /// A kind that this crate does not know.
    Unknown,
}

/// A rule of a firewall policy.
#[derive(Debug, Clone, PartialEq)]
pub struct PolicyRule {
    /// 0 (first) to 2147483647, which stands where it is missing; unique in the policy.
    pub priority: i64,
    /// Its name; most have none.
    pub name: Option<String>,
    /// `allow`, `deny`, `goto_next`, `apply_security_profile_group`.
    pub action: String,
    /// Whether it is about connections from the VM.
    pub egress: bool,
    /// Whether it is switched off.
    pub disabled: bool,
    /// Kind of the targets; VMs where it is missing.
    pub target_type: Option<String>,
    /// Networks that it is about, as URLs; any when empty.
    pub target_resources: Vec<String>,
    /// Service accounts of the VMs that it is about.
    pub target_service_accounts: Vec<String>,
    /// Secure tags of the VMs that it is about.
    pub target_secure_tags: Vec<SecureTag>,
    /// Protocols and ports.
    pub layer4: Vec<Layer4>,
    /// Networks that it takes connections from.
    pub source_ranges: Vec<String>,
    /// Whether it names VMs as sources, by secure tag.
    pub from_vms: bool,
    /// Sources whose contents the answer does not tell.
    pub hidden_sources: Vec<HiddenSource>,
    /// Which kind of network the connection has to come from.
    pub network_context: Option<String>,
    /// Addresses of the VM that it is about; any when empty.
    pub destination_ranges: Vec<String>,
    /// Whether it names destinations whose contents the answer does not tell.
    pub hidden_destination: bool,
}

/// Sources of a rule whose contents the answer does not tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum HiddenSource {
    /// Address groups.
    AddressGroups,
    /// Domain names.
    DomainNames,
    /// Countries.
    Regions,
    /// Google's lists of malicious or well-known addresses.
    ThreatLists,
}

/// A secure tag that a rule names.
#[derive(Debug, Clone, PartialEq)]
pub struct SecureTag {
    /// `tagValues/…`.
    pub name: String,
    /// Whether the tag or its network is gone.
    pub ineffective: bool,
}

/// A protocol with ports.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Layer4 {
    /// A name, a number or `all`.
    pub protocol: Option<String>,
    /// Ports and port ranges; any when empty.
    pub ports: Vec<String>,
}

impl From<Value> for EffectiveFirewalls {
    fn from(value: Value) -> Self {
        Self::read(&value)
    }
}

impl EffectiveFirewalls {
    /// Reads the answer. Whatever the JSON is, there is a result; what is not understood is left out.
    #[must_use]
    pub fn read(answer: &Value) -> Self {
        let policies = objects(answer, "firewallPolicys").map(policy);
        // A predecessor of hierarchical policies that alpha versions of the API still show.
        let older = ["organizationFirewalls", "organizationFirewall"]
            .into_iter()
            .flat_map(|key| objects(answer, key))
            .map(|value| Policy { kind: PolicyKind::Hierarchy, ..policy(value) });
        Self {
            firewalls: objects(answer, "firewalls").map(firewall).collect(),
            policies: older.chain(policies).collect(),
        }
    }
}

fn firewall(value: &Value) -> Firewall {
    Firewall {
        name: text(value, "name").unwrap_or_default(),
        priority: integer(value, "priority").unwrap_or(1000),
        egress: egress(value),
        disabled: flag(value, "disabled"),
        allowed: layer4(value, "allowed", "IPProtocol"),
        denied: layer4(value, "denied", "IPProtocol"),
        source_ranges: texts(value, "sourceRanges"),
        from_vms: !texts(value, "sourceTags").is_empty() || !texts(value, "sourceServiceAccounts").is_empty(),
        destination_ranges: texts(value, "destinationRanges"),
        target_tags: texts(value, "targetTags"),
        target_service_accounts: texts(value, "targetServiceAccounts"),
    }
}

fn policy(value: &Value) -> Policy {
    let id = text(value, "name").or_else(|| text(value, "id")).unwrap_or_default();
    let name = text(value, "shortName").or_else(|| text(value, "displayName"));
    Policy {
        kind: match value.get("type").and_then(Value::as_str) {
            Some("HIERARCHY") => PolicyKind::Hierarchy,
            Some("NETWORK") => PolicyKind::Network,
            Some("NETWORK_REGIONAL") => PolicyKind::NetworkRegional,
            Some("SYSTEM_GLOBAL" | "SYSTEM_REGIONAL") => PolicyKind::System,
            _ => PolicyKind::Unknown,
        },
        name: name.unwrap_or_else(|| id.clone()),
        id,
        priority: integer(value, "priority").unwrap_or(0),
        rules: objects(value, "rules").map(policy_rule).collect(),
    }
}

fn policy_rule(value: &Value) -> PolicyRule {
    let matcher = value.get("match").unwrap_or(&Value::Null);
    let matcher = matcher.get("config").filter(|config| config.is_object()).unwrap_or(matcher);
    let given = |key: &str| !texts(matcher, key).is_empty();
    let hidden = [
        ("srcAddressGroups", HiddenSource::AddressGroups),
        ("srcFqdns", HiddenSource::DomainNames),
        ("srcRegionCodes", HiddenSource::Regions),
        ("srcThreatIntelligences", HiddenSource::ThreatLists),
    ];
    PolicyRule {
        priority: integer(value, "priority").unwrap_or(i64::from(i32::MAX)),
        name: text(value, "ruleName").filter(|name| !name.is_empty()),
        action: text(value, "action").unwrap_or_default(),
        egress: egress(value),
        disabled: flag(value, "disabled"),
        target_type: text(value, "targetType"),
        target_resources: texts(value, "targetResources"),
        target_service_accounts: texts(value, "targetServiceAccounts"),
        target_secure_tags: objects(value, "targetSecureTags").map(secure_tag).collect(),
        layer4: layer4(matcher, "layer4Configs", "ipProtocol"),
        source_ranges: texts(matcher, "srcIpRanges"),
        from_vms: objects(matcher, "srcSecureTags").next().is_some(),
        hidden_sources: hidden.into_iter().filter(|&(key, _)| given(key)).map(|(_, source)| source).collect(),
        network_context: ["srcNetworkContext", "srcNetworkType", "srcNetworkScope"]
            .into_iter()
            .find_map(|key| text(matcher, key))
            .filter(|context| context != "UNSPECIFIED"),
        destination_ranges: texts(matcher, "destIpRanges"),
        hidden_destination: ["destAddressGroups", "destFqdns", "destRegionCodes", "destThreatIntelligences"]
            .into_iter()
            .any(given),
    }
}

fn secure_tag(value: &Value) -> SecureTag {
    SecureTag {
        name: text(value, "name").unwrap_or_default(),
        ineffective: value.get("state").and_then(Value::as_str) == Some("INEFFECTIVE"),
    }
}

fn layer4(value: &Value, key: &str, protocol: &str) -> Vec<Layer4> {
    objects(value, key)
        .map(|entry| Layer4 {
            protocol: text(entry, protocol).or_else(|| text(entry, "IPProtocol")),
            ports: texts(entry, "ports"),
        })
        .collect()
}

fn egress(value: &Value) -> bool {
    value.get("direction").and_then(Value::as_str) == Some("EGRESS")
}

fn flag(value: &Value, key: &str) -> bool {
    value.get(key).and_then(Value::as_bool).unwrap_or(false)
}

fn integer(value: &Value, key: &str) -> Option<i64> {
    value.get(key)?.as_i64()
}

pub(crate) fn text(value: &Value, key: &str) -> Option<String> {
    Some(value.get(key)?.as_str()?.to_owned())
}

pub(crate) fn texts(value: &Value, key: &str) -> Vec<String> {
    list(value, key).filter_map(Value::as_str).map(str::to_owned).collect()
}

pub(crate) fn objects<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    list(value, key).filter(|entry| entry.is_object())
}

fn list<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}

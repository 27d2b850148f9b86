//! Firewall rules of a project's networks, and firewall policies, in Compute's own JSON.

use serde::{Deserialize, Serialize};

/// A VPC firewall rule.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Firewall {
    pub(crate) name: String,
    #[serde(default = "super::default_network")]
    pub(crate) network: String,
    #[serde(default = "default_priority")]
    pub(crate) priority: u32,
    #[serde(default)]
    pub(crate) direction: Direction,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) source_ranges: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) destination_ranges: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) source_tags: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) source_service_accounts: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) target_tags: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) target_service_accounts: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) allowed: Vec<Protocol>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) denied: Vec<Protocol>,
    #[serde(default)]
    pub(crate) disabled: bool,
}

impl Firewall {
    /// The rule that lets IAP in, as every guide to IAP begins: what a project's networks have where the landscape
    /// says nothing about its firewall.
    pub(crate) fn of_the_guides(network: &str) -> Self {
        Self {
            name: format!("{network}-allow-ingress-from-iap"),
            network: network.to_owned(),
            priority: default_priority(),
            direction: Direction::Ingress,
            source_ranges: vec!["35.235.240.0/20".to_owned(), "2600:2d00:1:7::/64".to_owned()],
            destination_ranges: Vec::new(),
            source_tags: Vec::new(),
            source_service_accounts: Vec::new(),
            target_tags: Vec::new(),
            target_service_accounts: Vec::new(),
            allowed: vec![Protocol { ip_protocol: "tcp".to_owned(), ports: Vec::new() }],
            denied: Vec::new(),
            disabled: false,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Direction {
    #[default]
    Ingress,
    Egress,
}

/// Whether a network's firewall policies come after its own rules or before them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum FirewallOrder {
    #[default]
    AfterClassicFirewall,
    BeforeClassicFirewall,
}

/// A protocol with its ports; none are all.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Protocol {
    #[serde(rename = "IPProtocol")]
    pub(crate) ip_protocol: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) ports: Vec<String>,
}

/// A hierarchical firewall policy, or a global one of networks.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct FirewallPolicy {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) short_name: String,
    /// `organizations/N` and `folders/N`, or `projects/ID/global/networks/NAME`.
    pub(crate) attached_to: Vec<String>,
    pub(crate) rules: Vec<PolicyRule>,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PolicyRule {
    pub(crate) priority: u32,
    pub(crate) action: RuleAction,
    #[serde(default)]
    pub(crate) direction: Direction,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) rule_name: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) description: String,
    #[serde(rename = "match")]
    pub(crate) matches: Matcher,
    /// `projects/ID/global/networks/NAME`, or the end of such a link.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) target_resources: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) target_service_accounts: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) target_secure_tags: Vec<SecureTag>,
    #[serde(default)]
    pub(crate) disabled: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RuleAction {
    Allow,
    Deny,
    GotoNext,
}

#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct Matcher {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) src_ip_ranges: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) dest_ip_ranges: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) src_secure_tags: Vec<SecureTag>,
    pub(crate) layer4_configs: Vec<Layer4>,
}

/// A protocol with its ports, as firewall policies write it.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Layer4 {
    pub(crate) ip_protocol: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) ports: Vec<String>,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SecureTag {
    /// `tagValues/NUMBER`.
    pub(crate) name: String,
}

const fn default_priority() -> u32 {
    1_000
}

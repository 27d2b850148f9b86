//! The firewall of an instance's interface, and the networks that it belongs to.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{Asking, link, missing};
use crate::landscape::{Firewall, FirewallPolicy, PolicyRule};
use crate::rest::{Answer, Failure};
use crate::state::Interface;

/// A number for what the landscape gives none, the same at every start.
fn number(text: &str) -> u64 {
    let digest = Sha256::digest(text);
    digest.iter().take(7).fold(0, |sum, byte| (sum << 8) | u64::from(*byte))
}

/// `instances/NAME/getEffectiveFirewalls?networkInterface=nic0`.
pub(super) fn effective(asking: &Asking<'_>, zone: &str, name: &str) -> Answer<Value> {
    let (instance, _) = asking.instance("compute.instances.getEffectiveFirewalls", zone, name)?;
    let Some(interface) = asking.call.query("networkInterface") else {
        return Failure::new(400, "required", "Required parameter: networkInterface").boxed();
    };
    let Some(interface) = Interface::of(instance, interface) else {
        return Failure::invalid("Invalid value for field 'networkInterface'").boxed();
    };
    let found = asking.state.firewalls(interface);
    let rules: Vec<Value> = found.rules.iter().map(|rule| shown_rule(&asking.project.id, rule)).collect();
    let above = found.above.iter().map(|policy| shown_policy(policy, "HIERARCHY"));
    let of_network = found.of_network.iter().map(|policy| shown_policy(policy, "NETWORK"));
    Ok(json!({"firewalls": rules, "firewallPolicys": above.chain(of_network).collect::<Vec<_>>()}))
}

fn shown_rule(project: &str, rule: &Firewall) -> Value {
    let mut shown = json!(rule);
    if let Some(object) = shown.as_object_mut() {
        let network = link(&format!("projects/{project}/global/networks/{}", rule.network));
        object.insert("kind".to_owned(), json!("compute#firewall"));
        object.insert("id".to_owned(), json!(number(&format!("{project}/{}", rule.name)).to_string()));
        object.insert("network".to_owned(), json!(network));
        object.insert("logConfig".to_owned(), json!({"enable": false}));
        object.insert(
            "selfLink".to_owned(),
            json!(link(&format!("projects/{project}/global/firewalls/{}", rule.name))),
        );
    }
    shown
}

fn shown_policy(policy: &FirewallPolicy, kind: &str) -> Value {
    let mut rules: Vec<&PolicyRule> = policy.rules.iter().collect();
    rules.sort_by_key(|rule| rule.priority);
    let rules: Vec<Value> = rules
        .into_iter()
        .map(|rule| {
            let mut shown = json!(rule);
            if let Some(object) = shown.as_object_mut() {
                object.insert("kind".to_owned(), json!("compute#firewallPolicyRule"));
            }
            shown
        })
        .collect();
    json!({
        "name": policy.name,
        "shortName": policy.short_name,
        "displayName": policy.short_name,
        "type": kind,
        "rules": rules,
    })
}

/// `global/networks/NAME`, for networks that an instance is in.
pub(super) fn network(asking: &Asking<'_>, name: &str) -> Answer<Value> {
    asking.on_project("compute.networks.get")?;
    let path = format!("projects/{}/global/networks/{name}", asking.project.id);
    let own = |network: &String| network == name;
    let mut instances = asking.state.landscape().instances.iter();
    let known = name == "default"
        || instances.any(|one| {
            one.project == asking.project.id
                && (own(&one.network) || one.interfaces.iter().any(|further| own(&further.network)))
        });
    if !known {
        return missing(&path);
    }
    Ok(json!({
        "kind": "compute#network",
        "id": number(&path).to_string(),
        "name": name,
        "selfLink": link(&path),
        "autoCreateSubnetworks": true,
        "networkFirewallPolicyEnforcementOrder": asking.project.firewall_order,
    }))
}

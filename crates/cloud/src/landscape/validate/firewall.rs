//! Checks of firewall rules and firewall policies.

use super::access::is_range;
use super::{Checked, wrong};
use crate::landscape::{Firewall, Landscape};

/// A port, or a range of them such as `8000-8999`.
fn is_ports(text: &str) -> bool {
    let port = |text: &str| text.parse::<u16>().is_ok();
    text.split_once('-').map_or_else(|| port(text), |(low, high)| port(low) && port(high))
}

fn check_ranges(path: &str, ranges: &[String]) -> Checked {
    match ranges.iter().position(|range| !is_range(range)) {
        Some(at) => Err(wrong(format!("{path}[{at}]"), format!("`{}` is no address range", ranges[at]))),
        None => Ok(()),
    }
}

fn check_ports(path: &str, ports: &[String]) -> Checked {
    match ports.iter().find(|ports| !is_ports(ports)) {
        Some(ports) => Err(wrong(path, format!("`{ports}` is no port and no range of ports"))),
        None => Ok(()),
    }
}

pub(super) fn check(landscape: &Landscape) -> Checked {
    for (index, project) in landscape.projects.iter().enumerate() {
        for (at, rule) in project.firewalls.iter().flatten().enumerate() {
            check_rule(&format!("projects[{index}].firewalls[{at}]"), rule)?;
        }
    }
    for (index, policy) in landscape.firewall_policies.iter().enumerate() {
        let path = format!("firewallPolicies[{index}]");
        for (at, target) in policy.attached_to.iter().enumerate() {
            let owner =
                target.split_once("/global/networks/").map_or(target.as_str(), |(project, _)| project);
            if !super::attachable(landscape, owner) {
                let problem = format!("`{target}` is no organisation, folder or network here");
                return Err(wrong(format!("{path}.attachedTo[{at}]"), problem));
            }
        }
        for (at, rule) in policy.rules.iter().enumerate() {
            let path = format!("{path}.rules[{at}].match");
            check_ranges(&format!("{path}.srcIpRanges"), &rule.matches.src_ip_ranges)?;
            check_ranges(&format!("{path}.destIpRanges"), &rule.matches.dest_ip_ranges)?;
            for config in &rule.matches.layer4_configs {
                check_ports(&format!("{path}.layer4Configs"), &config.ports)?;
            }
        }
    }
    Ok(())
}

fn check_rule(path: &str, rule: &Firewall) -> Checked {
    if rule.allowed.is_empty() == rule.denied.is_empty() {
        return Err(wrong(path, "needs one of `allowed` and `denied`"));
    }
    if rule.priority > 65_535 {
        return Err(wrong(format!("{path}.priority"), "at most 65535"));
    }
    check_ranges(&format!("{path}.sourceRanges"), &rule.source_ranges)?;
    check_ranges(&format!("{path}.destinationRanges"), &rule.destination_ranges)?;
    for protocol in rule.allowed.iter().chain(&rule.denied) {
        check_ports(path, &protocol.ports)?;
    }
    Ok(())
}

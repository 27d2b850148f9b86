//! Checks of what decides about access: levels, deny policies, perimeters, firewalls.

use std::collections::BTreeSet;

use super::{Checked, is_email, is_resource_name, wrong};
use crate::landscape::{AccessLevel, Device, Landscape, LevelCondition};

/// `accessPolicies/N/KIND/NAME`.
fn is_policy_name(name: &str, kind: &str) -> bool {
    let mut parts = name.split('/');
    let number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    parts.next() == Some("accessPolicies")
        && parts.next().is_some_and(number)
        && parts.next() == Some(kind)
        && parts.next().is_some_and(is_level_id)
        && parts.next().is_none()
}

fn is_level_id(name: &str) -> bool {
    name.len() <= 50
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// One address, or a range of them.
pub(super) fn is_range(text: &str) -> bool {
    text.parse::<ipnet::IpNet>().is_ok() || text.parse::<std::net::IpAddr>().is_ok()
}

fn is_version(text: &str) -> bool {
    text.split('.')
        .all(|part| !part.is_empty() && part.len() <= 9 && part.bytes().all(|byte| byte.is_ascii_digit()))
}

pub(super) fn check(landscape: &Landscape) -> Checked {
    check_levels(landscape)?;
    check_perimeters(landscape)?;
    check_access_bindings(landscape)?;
    check_denials(landscape)
}

fn check_levels(landscape: &Landscape) -> Checked {
    let mut names = BTreeSet::new();
    for (index, level) in landscape.access_levels.iter().enumerate() {
        let path = format!("accessLevels[{index}]");
        if !is_policy_name(&level.name, "accessLevels") {
            let problem = format!("`{}` is not of the form accessPolicies/N/accessLevels/NAME", level.name);
            return Err(wrong(format!("{path}.name"), problem));
        }
        if !names.insert(&level.name) {
            return Err(wrong(format!("{path}.name"), format!("`{}` is there twice", level.name)));
        }
        check_level(&path, level)?;
    }
    Ok(())
}

fn check_level(path: &str, level: &AccessLevel) -> Checked {
    match (&level.basic, &level.custom) {
        (Some(basic), None) => {
            if basic.conditions.is_empty() {
                return Err(wrong(format!("{path}.basic.conditions"), "at least one condition is needed"));
            }
            for (at, condition) in basic.conditions.iter().enumerate() {
                check_condition(&format!("{path}.basic.conditions[{at}]"), condition)?;
            }
            Ok(())
        }
        (None, Some(_)) => Ok(()),
        (None, None) | (Some(_), Some(_)) => Err(wrong(path, "needs one of `basic` and `custom`")),
    }
}

fn check_condition(path: &str, condition: &LevelCondition) -> Checked {
    for (at, range) in condition.ip_subnetworks.iter().enumerate() {
        if !is_range(range) {
            let problem = format!("`{range}` is no address range such as 203.0.113.0/24");
            return Err(wrong(format!("{path}.ipSubnetworks[{at}]"), problem));
        }
    }
    let constraints = condition.device_policy.iter().flat_map(|policy| &policy.os_constraints);
    for (at, constraint) in constraints.enumerate() {
        if !constraint.minimum_version.is_empty() && !is_version(&constraint.minimum_version) {
            return Err(wrong(
                format!("{path}.devicePolicy.osConstraints[{at}].minimumVersion"),
                format!("`{}` is no version such as 10.0.19045", constraint.minimum_version),
            ));
        }
    }
    Ok(())
}

pub(super) fn check_device(path: &str, device: &Device) -> Checked {
    if !device.os_version.is_empty() && !is_version(&device.os_version) {
        let problem = format!("`{}` is no version such as 14.5.0", device.os_version);
        return Err(wrong(format!("{path}.osVersion"), problem));
    }
    Ok(())
}

fn level_exists(landscape: &Landscape, name: &str) -> bool {
    landscape.access_levels.iter().any(|level| level.name == name)
}

fn check_perimeters(landscape: &Landscape) -> Checked {
    for (index, perimeter) in landscape.service_perimeters.iter().enumerate() {
        let path = format!("servicePerimeters[{index}]");
        if !is_policy_name(&perimeter.name, "servicePerimeters") {
            let problem =
                format!("`{}` is not of the form accessPolicies/N/servicePerimeters/NAME", perimeter.name);
            return Err(wrong(format!("{path}.name"), problem));
        }
        for (at, resource) in perimeter.status.resources.iter().enumerate() {
            let number = resource.strip_prefix("projects/").and_then(|number| number.parse::<u64>().ok());
            if !landscape.projects.iter().any(|project| Some(project.number) == number) {
                let problem = format!("`{resource}` is no project by its number");
                return Err(wrong(format!("{path}.status.resources[{at}]"), problem));
            }
        }
        let sources =
            perimeter.status.ingress_policies.iter().flat_map(|ingress| &ingress.ingress_from.sources);
        let named = sources.map(|source| &source.access_level).filter(|name| *name != "*");
        for name in perimeter.status.access_levels.iter().chain(named) {
            if !level_exists(landscape, name) {
                return Err(wrong(format!("{path}.status"), format!("no access level `{name}`")));
            }
        }
    }
    Ok(())
}

fn check_access_bindings(landscape: &Landscape) -> Checked {
    for (index, binding) in landscape.access_bindings.iter().enumerate() {
        let path = format!("accessBindings[{index}]");
        if !landscape.groups.contains_key(&binding.group) {
            return Err(wrong(
                format!("{path}.group"),
                format!("no group `{}` under `groups`", binding.group),
            ));
        }
        let [level] = binding.access_levels.as_slice() else {
            return Err(wrong(format!("{path}.accessLevels"), "exactly one access level is needed"));
        };
        if !level_exists(landscape, level) {
            return Err(wrong(format!("{path}.accessLevels[0]"), format!("no access level `{level}`")));
        }
    }
    Ok(())
}

fn check_denials(landscape: &Landscape) -> Checked {
    let mut names = BTreeSet::new();
    for (index, policy) in landscape.deny_policies.iter().enumerate() {
        let path = format!("denyPolicies[{index}]");
        if !is_resource_name(&policy.name) {
            return Err(wrong(format!("{path}.name"), format!("`{}` is no policy name", policy.name)));
        }
        if !super::attachable(landscape, &policy.attached_to) {
            let problem = format!("`{}` is no project, folder or organisation here", policy.attached_to);
            return Err(wrong(format!("{path}.attachedTo"), problem));
        }
        if !names.insert((&policy.attached_to, &policy.name)) {
            return Err(wrong(format!("{path}.name"), format!("`{}` is there twice", policy.name)));
        }
        for (at, rule) in policy.rules.iter().enumerate() {
            let denial = &rule.deny_rule;
            let path = format!("{path}.rules[{at}].denyRule");
            for principal in denial.denied_principals.iter().chain(&denial.exception_principals) {
                check_principal(&path, principal, landscape)?;
            }
            let permissions = denial.denied_permissions.iter().chain(&denial.exception_permissions);
            for permission in permissions {
                if !permission
                    .split_once('/')
                    .is_some_and(|(service, rest)| service.contains('.') && !rest.is_empty())
                {
                    let problem = format!(
                        "`{permission}` is no permission such as iap.googleapis.com/tunnelInstances.accessViaIAP"
                    );
                    return Err(wrong(path, problem));
                }
            }
        }
    }
    Ok(())
}

fn check_principal(path: &str, principal: &str, landscape: &Landscape) -> Checked {
    if let Some(group) = principal.strip_prefix("principalSet://goog/group/") {
        return if landscape.groups.contains_key(group) {
            Ok(())
        } else {
            Err(wrong(path, format!("no group `{group}` under `groups`")))
        };
    }
    let user = principal.strip_prefix("principal://goog/subject/").is_some_and(is_email);
    let known = user
        || principal == "principalSet://goog/public:all"
        || principal.starts_with("principalSet://goog/cloudIdentityCustomerId/")
        || principal.starts_with("principal://iam.googleapis.com/")
        || principal.starts_with("principalSet://iam.googleapis.com/");
    if known {
        Ok(())
    } else {
        Err(wrong(path, format!("`{principal}` is no principal that the local cloud knows")))
    }
}

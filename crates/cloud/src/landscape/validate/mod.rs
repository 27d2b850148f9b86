//! Checks what the types alone cannot: that names are well formed, unique and lead somewhere.

mod access;
mod firewall;
mod windows;

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::{Landscape, LandscapeError, Policy, PortHost, roles};

/// More than this would be a mistake, and every list here is walked in full.
const MOST_INSTANCES: usize = 100_000;
const MOST_USERS: usize = 1_000;
/// Longest operation, in milliseconds: ten minutes.
const LONGEST_MS: u64 = 600_000;

type Checked = Result<(), LandscapeError>;

fn wrong(path: impl Into<String>, problem: impl Into<String>) -> LandscapeError {
    LandscapeError { path: path.into(), problem: problem.into() }
}

pub(super) fn check(landscape: &Landscape) -> Checked {
    if landscape.operation_ms > LONGEST_MS {
        return Err(wrong("operationMs", format!("at most {LONGEST_MS}")));
    }
    if landscape.organization.domain.is_empty() {
        return Err(wrong("organization.domain", "must not be empty"));
    }
    check_policy("organization.policy", &landscape.organization.policy, landscape)?;
    check_zones(landscape)?;
    check_tree(landscape)?;
    check_users(landscape)?;
    check_instances(landscape)?;
    check_groups(landscape)?;
    if landscape.audit_lag_ms > LONGEST_MS {
        return Err(wrong("auditLagMs", format!("at most {LONGEST_MS}")));
    }
    for (index, member) in landscape.group_viewers.iter().enumerate() {
        check_member(&format!("groupViewers[{index}]"), member, landscape)?;
    }
    access::check(landscape)?;
    firewall::check(landscape)
}

/// Whether a policy can be attached to this: a project, folder or organisation of the landscape.
fn attachable(landscape: &Landscape, name: &str) -> bool {
    match name.split_once('/') {
        Some(("projects", id)) => landscape.projects.iter().any(|project| project.id == id),
        Some(("folders", id)) => landscape.folders.iter().any(|folder| folder.id.to_string() == id),
        Some(("organizations", id)) => landscape.organization.id.to_string() == id,
        Some(_) | None => false,
    }
}

/// Compute's resource names: a lower-case letter, then letters, digits and hyphens, no hyphen last, at most 63.
pub(super) fn is_resource_name(name: &str) -> bool {
    let bytes = name.as_bytes();
    !bytes.is_empty()
        && bytes.len() <= 63
        && bytes.first().is_some_and(u8::is_ascii_lowercase)
        && bytes.last().is_some_and(|last| *last != b'-')
        && bytes.iter().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-')
}

fn is_zone_name(name: &str) -> bool {
    name.rsplit_once('-').is_some_and(|(region, last)| {
        is_resource_name(region) && last.len() == 1 && last.as_bytes().iter().all(u8::is_ascii_lowercase)
    })
}

/// OS Login's user names: `^[a-zA-Z0-9._][a-zA-Z0-9._-]{0,31}$`.
fn is_posix_name(name: &str) -> bool {
    (1..=32).contains(&name.len())
        && !name.starts_with('-')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
}

fn is_email(text: &str) -> bool {
    text.split_once('@')
        .is_some_and(|(user, domain)| !user.is_empty() && !domain.is_empty() && !domain.contains('@'))
        && !text.contains(|c: char| c.is_whitespace() || c.is_control())
}

fn check_zones(landscape: &Landscape) -> Checked {
    let mut seen = BTreeSet::new();
    for (index, zone) in landscape.zones.iter().enumerate() {
        let path = format!("zones[{index}].name");
        if !is_zone_name(&zone.name) {
            return Err(wrong(path, format!("`{}` is no zone name such as `europe-west1-b`", zone.name)));
        }
        if !seen.insert(&zone.name) {
            return Err(wrong(path, format!("`{}` is there twice", zone.name)));
        }
    }
    Ok(())
}

fn check_tree(landscape: &Landscape) -> Checked {
    let mut parents = BTreeSet::from([format!("organizations/{}", landscape.organization.id)]);
    // a folder's parent stands before it, so that there can be no ring
    for (index, folder) in landscape.folders.iter().enumerate() {
        if !parents.contains(&folder.parent) {
            let problem = format!(
                "`{}` is neither the organisation nor a folder that stands before this one",
                folder.parent
            );
            return Err(wrong(format!("folders[{index}].parent"), problem));
        }
        if !parents.insert(format!("folders/{}", folder.id)) {
            return Err(wrong(format!("folders[{index}].id"), format!("{} is there twice", folder.id)));
        }
        check_policy(&format!("folders[{index}].policy"), &folder.policy, landscape)?;
    }
    let mut ids = BTreeSet::new();
    let mut numbers = BTreeSet::new();
    for (index, project) in landscape.projects.iter().enumerate() {
        let path = format!("projects[{index}]");
        if !is_resource_name(&project.id) || project.id.len() > 30 {
            return Err(wrong(format!("{path}.id"), format!("`{}` is no project id", project.id)));
        }
        if !ids.insert(&project.id) {
            return Err(wrong(format!("{path}.id"), format!("`{}` is there twice", project.id)));
        }
        if !numbers.insert(project.number) {
            return Err(wrong(format!("{path}.number"), format!("{} is there twice", project.number)));
        }
        if !parents.contains(&project.parent) {
            return Err(wrong(format!("{path}.parent"), format!("`{}` does not exist", project.parent)));
        }
        for (at, zone) in project.unreachable_zones.iter().enumerate() {
            if !landscape.zones.iter().any(|known| known.name == *zone) {
                return Err(wrong(format!("{path}.unreachableZones[{at}]"), format!("no zone `{zone}`")));
            }
        }
        check_policy(&format!("{path}.policy"), &project.policy, landscape)?;
        check_policy(&format!("{path}.iapPolicy"), &project.iap_policy, landscape)?;
        for (zone, policy) in &project.iap_zone_policies {
            let path = format!("{path}.iapZonePolicies.{zone}");
            if !landscape.zones.iter().any(|known| known.name == *zone) {
                return Err(wrong(path, format!("no zone `{zone}`")));
            }
            check_policy(&path, policy, landscape)?;
        }
    }
    Ok(())
}

fn check_users(landscape: &Landscape) -> Checked {
    if landscape.users.is_empty() {
        return Err(wrong("users", "at least one user is needed: nobody could sign in"));
    }
    if landscape.users.len() > MOST_USERS {
        return Err(wrong("users", format!("at most {MOST_USERS}")));
    }
    let mut emails = BTreeSet::new();
    for (index, user) in landscape.users.iter().enumerate() {
        let path = format!("users[{index}]");
        if !is_email(&user.email) {
            return Err(wrong(format!("{path}.email"), format!("`{}` is no address", user.email)));
        }
        if !emails.insert(user.email.to_ascii_lowercase()) {
            return Err(wrong(format!("{path}.email"), format!("`{}` is there twice", user.email)));
        }
        if user.places.is_empty() {
            return Err(wrong(format!("{path}.places"), "at least one place is needed"));
        }
        let mut names = BTreeSet::new();
        for (at, place) in user.places.iter().enumerate() {
            if place.name.is_empty() || !names.insert(&place.name) {
                return Err(wrong(
                    format!("{path}.places[{at}].name"),
                    "must be there once and not be empty",
                ));
            }
            if let Some(device) = &place.device {
                access::check_device(&format!("{path}.places[{at}].device"), device)?;
            }
        }
        if let Some(name) = user.os_login.username.as_deref().filter(|name| !is_posix_name(name)) {
            let problem = format!(
                "`{name}` is no POSIX name: 1 to 32 letters, digits, dots, underscores and hyphens, no hyphen first"
            );
            return Err(wrong(format!("{path}.osLogin.username"), problem));
        }
    }
    Ok(())
}

fn check_instances(landscape: &Landscape) -> Checked {
    if landscape.instances.len() > MOST_INSTANCES {
        return Err(wrong("instances", format!("at most {MOST_INSTANCES}")));
    }
    let projects: BTreeSet<&str> = landscape.projects.iter().map(|project| project.id.as_str()).collect();
    let zones: BTreeSet<&str> = landscape.zones.iter().map(|zone| zone.name.as_str()).collect();
    let mut seen = BTreeSet::new();
    let mut ids = BTreeSet::new();
    let mut addresses = BTreeSet::new();
    for (index, instance) in landscape.instances.iter().enumerate() {
        let path = format!("instances[{index}]");
        if !is_resource_name(&instance.name) {
            return Err(wrong(format!("{path}.name"), format!("`{}` is no instance name", instance.name)));
        }
        if !projects.contains(instance.project.as_str()) {
            return Err(wrong(format!("{path}.project"), format!("no project `{}`", instance.project)));
        }
        if !zones.contains(instance.zone.as_str()) {
            return Err(wrong(format!("{path}.zone"), format!("no zone `{}`", instance.zone)));
        }
        if !seen.insert((&instance.project, &instance.zone, &instance.name)) {
            return Err(wrong(
                format!("{path}.name"),
                format!("`{}` is there twice in its zone", instance.name),
            ));
        }
        if instance.id.is_some_and(|id| !ids.insert(id)) {
            return Err(wrong(format!("{path}.id"), "is there twice"));
        }
        if instance.interfaces.len() > 9 {
            return Err(wrong(format!("{path}.interfaces"), "at most 9"));
        }
        let further =
            instance.interfaces.iter().enumerate().map(|(at, interface)| {
                (format!("{path}.interfaces[{at}].ip"), &interface.network, interface.ip)
            });
        let first = (format!("{path}.ip"), &instance.network, instance.ip);
        for (path, network, ip) in std::iter::once(first).chain(further) {
            if !addresses.insert((&instance.project, network, ip)) {
                let problem = format!("`{ip}` is there twice in the project's network `{network}`");
                return Err(wrong(path, problem));
            }
        }
        if instance.key_delay_ms > LONGEST_MS {
            return Err(wrong(format!("{path}.keyDelayMs"), format!("at most {LONGEST_MS}")));
        }
        windows::check(&path, instance)?;
        if instance.ports.contains_key(&0) {
            return Err(wrong(format!("{path}.ports.0"), "a port is 1 to 65535"));
        }
        check_policy(&format!("{path}.policy"), &instance.policy, landscape)?;
        check_policy(&format!("{path}.iapPolicy"), &instance.iap_policy, landscape)?;
    }
    Ok(())
}

fn check_groups(landscape: &Landscape) -> Checked {
    for (group, members) in &landscape.groups {
        for (index, member) in std::iter::once(group).chain(members).enumerate() {
            if !is_email(member) {
                let path = if index == 0 {
                    format!("groups.{group}")
                } else {
                    format!("groups.{group}[{}]", index - 1)
                };
                return Err(wrong(path, format!("`{member}` is no address")));
            }
        }
    }
    for (index, group) in landscape.destination_groups.iter().enumerate() {
        let path = format!("destinationGroups[{index}]");
        if !landscape.projects.iter().any(|project| project.id == group.project) {
            return Err(wrong(format!("{path}.project"), format!("no project `{}`", group.project)));
        }
        for (host, ports) in &group.hosts {
            if host.parse::<IpAddr>().is_err() && (host.is_empty() || host.contains(char::is_whitespace)) {
                return Err(wrong(format!("{path}.hosts"), format!("`{host}` is no host name")));
            }
            if ports.values().any(|port| matches!(port, PortHost::Ssh | PortHost::Desktop)) {
                return Err(wrong(
                    format!("{path}.hosts.{host}"),
                    "`ssh` and `desktop` need an instance: only those have metadata, keys and accounts",
                ));
            }
        }
        check_policy(&format!("{path}.policy"), &group.policy, landscape)?;
    }
    Ok(())
}

fn check_policy(path: &str, policy: &Policy, landscape: &Landscape) -> Checked {
    for (index, binding) in policy.bindings.iter().enumerate() {
        if !roles::known(&binding.role, &landscape.roles) {
            let problem =
                format!("`{}` is no role that the local cloud knows; `roles` can define it", binding.role);
            return Err(wrong(format!("{path}.bindings[{index}].role"), problem));
        }
        let basic = matches!(binding.role.as_str(), "roles/owner" | "roles/editor" | "roles/viewer");
        if basic && binding.condition.is_some() {
            let problem = "IAM takes no condition on a basic role";
            return Err(wrong(format!("{path}.bindings[{index}].condition"), problem));
        }
        for (at, member) in binding.members.iter().enumerate() {
            check_member(&format!("{path}.bindings[{index}].members[{at}]"), member, landscape)?;
        }
    }
    Ok(())
}

fn check_member(path: &str, member: &str, landscape: &Landscape) -> Checked {
    let known = match member.split_once(':') {
        Some(("user" | "serviceAccount", email)) => is_email(email),
        Some(("group", group)) if landscape.groups.contains_key(group) => true,
        Some(("group", group)) => return Err(wrong(path, format!("no group `{group}` under `groups`"))),
        Some(("domain", domain)) => !domain.is_empty(),
        // carried, and nobody here is one of them
        Some(("deleted" | "principal" | "principalSet", rest)) => !rest.is_empty(),
        Some(_) => false,
        None => member == "allUsers" || member == "allAuthenticatedUsers",
    };
    if known {
        Ok(())
    } else {
        Err(wrong(path, format!("`{member}` is no member that the local cloud knows")))
    }
}

//! Who may do what: role bindings on the resource and on everything above it.

use super::State;
use crate::landscape::{Instance, Policy, role_grants};

/// What a permission is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Resource<'a> {
    Project {
        project: &'a str,
    },
    Instance {
        project: &'a str,
        instance: Option<&'a Instance>,
    },
    /// The tunnel resource of an instance.
    Tunnel {
        project: &'a str,
        instance: Option<&'a Instance>,
    },
    Group {
        project: &'a str,
        region: &'a str,
        group: &'a str,
    },
}

/// Folders can be nested this deep; Google allows ten.
const DEEPEST: usize = 64;

impl State {
    /// Whether a role without a condition gives the permission on the resource or above it. A project that does not
    /// exist allows nothing.
    pub(crate) fn allows(&self, email: &str, permission: &str, resource: Resource<'_>) -> bool {
        self.policies(resource).iter().any(|policy| self.policy_allows(policy, email, permission))
    }

    fn policy_allows(&self, policy: &Policy, email: &str, permission: &str) -> bool {
        policy.bindings.iter().any(|binding| {
            binding.condition.is_none()
                && role_grants(&binding.role, permission, &self.landscape().roles)
                && binding.members.iter().any(|member| self.includes(member, email))
        })
    }

    fn includes(&self, member: &str, email: &str) -> bool {
        match member.split_once(':') {
            Some(("user" | "serviceAccount", address)) => address.eq_ignore_ascii_case(email),
            Some(("domain", domain)) => {
                email.rsplit_once('@').is_some_and(|(_, own)| own.eq_ignore_ascii_case(domain))
            }
            Some(("group", group)) => self
                .landscape()
                .groups
                .get(group)
                .is_some_and(|members| members.iter().any(|one| one.eq_ignore_ascii_case(email))),
            Some(_) => false,
            None => member == "allUsers" || member == "allAuthenticatedUsers",
        }
    }

    /// The policies that apply to a resource, its own first.
    fn policies<'a>(&'a self, resource: Resource<'a>) -> Vec<&'a Policy> {
        let landscape = self.landscape();
        let mut found = Vec::new();
        let name = match resource {
            Resource::Project { project } => project,
            Resource::Instance { project, instance } => {
                found.extend(instance.map(|instance| &instance.policy));
                project
            }
            Resource::Tunnel { project, instance } => {
                found.extend(instance.map(|instance| &instance.iap_policy));
                project
            }
            Resource::Group { project, region, group } => {
                let id = self.project_id(project);
                let matching = landscape.destination_groups.iter().find(|one| {
                    Some(one.project.as_str()) == id && one.region == region && one.name == group
                });
                found.extend(matching.map(|one| &one.policy));
                project
            }
        };
        let id = self.project_id(name);
        let Some(project) = landscape.projects.iter().find(|one| Some(one.id.as_str()) == id) else {
            return Vec::new();
        };
        if matches!(resource, Resource::Tunnel { .. } | Resource::Group { .. }) {
            found.push(&project.iap_policy);
        }
        found.push(&project.policy);
        let mut parent = project.parent.as_str();
        for _ in 0..DEEPEST {
            let Some(folder) = landscape.folders.iter().find(|one| parent == format!("folders/{}", one.id))
            else {
                break;
            };
            found.push(&folder.policy);
            parent = &folder.parent;
        }
        found.push(&landscape.organization.policy);
        found
    }
}

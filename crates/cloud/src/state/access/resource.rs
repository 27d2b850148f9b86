//! What a permission is asked for, and the resources above it.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::super::{State, machines};
use crate::landscape::{Instance, Policy, Project};

/// What a permission is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Resource<'a> {
    Organization,
    Folder(u64),
    Project {
        project: &'a str,
    },
    Instance {
        project: &'a str,
        instance: Option<&'a Instance>,
    },
    /// All tunnels of a project.
    Tunnels {
        project: &'a str,
    },
    /// The tunnels of a zone.
    Zone {
        project: &'a str,
        zone: &'a str,
    },
    /// The tunnel resource of an instance; the port and the address are known when a tunnel is opened.
    Tunnel {
        project: &'a str,
        zone: &'a str,
        instance: Option<&'a Instance>,
        to: Option<(Option<IpAddr>, u16)>,
    },
    Group {
        project: &'a str,
        region: &'a str,
        group: &'a str,
    },
}

/// A resource with its allow policy, on the way up.
pub(crate) struct Node<'a> {
    /// As deny policies and Policy Troubleshooter name it, for example `folders/7`; a project by its id.
    pub(crate) name: String,
    pub(crate) policy: &'a Policy,
}

/// Folders can be nested this deep; Google allows ten.
const DEEPEST: usize = 64;

impl Resource<'_> {
    /// `resource.service` and `resource.type`.
    pub(super) const fn kind(self) -> (&'static str, &'static str) {
        const IAP: &str = "iap.googleapis.com";
        const RESOURCES: &str = "cloudresourcemanager.googleapis.com";
        match self {
            Self::Organization => (RESOURCES, "cloudresourcemanager.googleapis.com/Organization"),
            Self::Folder(_) => (RESOURCES, "cloudresourcemanager.googleapis.com/Folder"),
            Self::Project { .. } => (RESOURCES, "cloudresourcemanager.googleapis.com/Project"),
            Self::Instance { .. } => ("compute.googleapis.com", "compute.googleapis.com/Instance"),
            Self::Tunnels { .. } => (IAP, "iap.googleapis.com/Tunnel"),
            Self::Zone { .. } => (IAP, "iap.googleapis.com/TunnelZone"),
            Self::Tunnel { .. } => (IAP, "iap.googleapis.com/TunnelInstance"),
            Self::Group { .. } => (IAP, "iap.googleapis.com/TunnelDestGroup"),
        }
    }

    pub(super) const fn destination(self) -> Option<(Option<IpAddr>, u16)> {
        match self {
            Self::Tunnel { to, .. } => to,
            _ => None,
        }
    }

    const fn instance(&self) -> Option<&Instance> {
        match self {
            Self::Instance { instance, .. } | Self::Tunnel { instance, .. } => *instance,
            _ => None,
        }
    }
}

impl State {
    /// A project by id or number.
    pub(crate) fn project(&self, name: &str) -> Option<&Project> {
        let id = self.project_id(name)?;
        self.landscape().projects.iter().find(|one| one.id == id)
    }

    /// The folders above a resource and the organisation, nearest first, from its `parent`.
    pub(crate) fn above<'a>(&'a self, parent: &str) -> Vec<Node<'a>> {
        let landscape = self.landscape();
        let mut found = Vec::new();
        let mut parent = parent;
        for _ in 0..DEEPEST {
            let Some(folder) = landscape.folders.iter().find(|one| parent == format!("folders/{}", one.id))
            else {
                break;
            };
            found.push(Node { name: format!("folders/{}", folder.id), policy: &folder.policy });
            parent = &folder.parent;
        }
        let organization = &landscape.organization;
        found.push(Node { name: format!("organizations/{}", organization.id), policy: &organization.policy });
        found
    }

    /// The resources whose policies apply, the resource itself first. None for a project that does not exist.
    pub(crate) fn nodes<'a>(&'a self, resource: Resource<'a>) -> Vec<Node<'a>> {
        let landscape = self.landscape();
        let name = match resource {
            Resource::Organization => return self.above(""),
            Resource::Folder(id) => return self.above(&format!("folders/{id}")),
            Resource::Project { project }
            | Resource::Instance { project, .. }
            | Resource::Tunnels { project }
            | Resource::Zone { project, .. }
            | Resource::Tunnel { project, .. }
            | Resource::Group { project, .. } => project,
        };
        let Some(project) = self.project(name) else { return Vec::new() };
        let tunnels = format!("projects/{}/iap_tunnel", project.number);
        let mut found = Vec::new();
        match resource {
            Resource::Instance { instance: Some(instance), .. } => {
                let name =
                    format!("projects/{}/zones/{}/instances/{}", project.id, instance.zone, instance.name);
                found.push(Node { name, policy: &instance.policy });
            }
            Resource::Tunnel { instance: Some(instance), zone, .. } => {
                let id = machines::number(instance);
                let name = format!("{tunnels}/zones/{zone}/instances/{id}");
                found.push(Node { name, policy: &instance.iap_policy });
            }
            Resource::Group { region, group, .. } => {
                let own = landscape
                    .destination_groups
                    .iter()
                    .find(|one| one.project == project.id && one.region == region && one.name == group);
                let name = format!("{tunnels}/locations/{region}/destGroups/{group}");
                found.extend(own.map(|one| Node { name, policy: &one.policy }));
            }
            _ => {}
        }
        if let Resource::Zone { zone, .. } | Resource::Tunnel { zone, .. } = resource
            && let Some(policy) = project.iap_zone_policies.get(zone)
        {
            found.push(Node { name: format!("{tunnels}/zones/{zone}"), policy });
        }
        if matches!(
            resource,
            Resource::Tunnels { .. }
                | Resource::Zone { .. }
                | Resource::Tunnel { .. }
                | Resource::Group { .. }
        ) {
            found.push(Node { name: tunnels, policy: &project.iap_policy });
        }
        found.push(Node { name: format!("projects/{}", project.id), policy: &project.policy });
        found.extend(self.above(&project.parent));
        found
    }

    /// The tags that a resource has or inherits.
    pub(super) fn tags(&self, resource: Resource<'_>, nodes: &[Node<'_>]) -> BTreeMap<String, String> {
        let landscape = self.landscape();
        let mut tags = landscape.organization.resource_tags.clone();
        for node in nodes.iter().rev() {
            if let Some(id) = node.name.strip_prefix("folders/").and_then(|id| id.parse::<u64>().ok()) {
                let folder = landscape.folders.iter().find(|one| one.id == id);
                tags.extend(folder.map(|one| one.resource_tags.clone()).unwrap_or_default());
            } else if let Some(id) = node.name.strip_prefix("projects/") {
                let project = landscape.projects.iter().find(|one| one.id == id);
                tags.extend(project.map(|one| one.resource_tags.clone()).unwrap_or_default());
            }
        }
        tags.extend(resource.instance().map(|one| one.resource_tags.clone()).unwrap_or_default());
        tags
    }
}

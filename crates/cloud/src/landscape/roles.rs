//! Which permissions a role brings, for the permissions that this cloud asks for.

use std::collections::BTreeMap;

const VIEW: &[&str] = &[
    "compute.instances.get",
    "compute.instances.list",
    "compute.instances.getGuestAttributes",
    "compute.instances.getSerialPortOutput",
    "compute.projects.get",
    "compute.zones.get",
    "compute.zones.list",
    "compute.regions.get",
    "compute.regions.list",
    "compute.zoneOperations.get",
    "compute.zoneOperations.list",
    "compute.globalOperations.get",
    "compute.globalOperations.list",
    "resourcemanager.projects.get",
];

const RUN: &[&str] = &[
    "compute.instances.start",
    "compute.instances.stop",
    "compute.instances.reset",
    "compute.instances.suspend",
    "compute.instances.resume",
    "compute.instances.setMetadata",
];

const PROJECT_METADATA: &[&str] = &["compute.projects.setCommonInstanceMetadata"];
const ACT_AS: &[&str] = &["iam.serviceAccounts.actAs"];
const OS_LOGIN: &[&str] = &["compute.instances.osLogin"];
const OS_ADMIN_LOGIN: &[&str] = &["compute.instances.osAdminLogin"];
const TUNNEL: &[&str] = &["iap.tunnelInstances.accessViaIAP", "iap.tunnelDestGroups.accessViaIAP"];
const BROWSE: &[&str] = &["resourcemanager.projects.get"];

/// The parts of a predefined role; `None` for a role that this cloud does not know.
fn predefined(role: &str) -> Option<&'static [&'static [&'static str]]> {
    Some(match role {
        // the basic roles leave out what opens a tunnel, except for owners
        "roles/owner" => &[VIEW, RUN, PROJECT_METADATA, ACT_AS, OS_LOGIN, OS_ADMIN_LOGIN, TUNNEL],
        "roles/editor" => &[VIEW, RUN, PROJECT_METADATA, ACT_AS],
        "roles/viewer" | "roles/compute.viewer" => &[VIEW],
        "roles/browser" => &[BROWSE],
        "roles/compute.admin" => &[VIEW, RUN, PROJECT_METADATA, OS_LOGIN, OS_ADMIN_LOGIN],
        "roles/compute.instanceAdmin" => &[VIEW, RUN],
        "roles/compute.instanceAdmin.v1" => &[VIEW, RUN, PROJECT_METADATA, OS_LOGIN, OS_ADMIN_LOGIN],
        "roles/compute.osLogin" => {
            &[OS_LOGIN, &["compute.instances.get", "compute.instances.list", "compute.projects.get"]]
        }
        "roles/compute.osAdminLogin" => &[
            OS_LOGIN,
            OS_ADMIN_LOGIN,
            &["compute.instances.get", "compute.instances.list", "compute.projects.get"],
        ],
        "roles/iap.tunnelResourceAccessor" => &[TUNNEL],
        "roles/iam.serviceAccountUser" => &[ACT_AS, BROWSE],
        _ => return None,
    })
}

/// Whether this cloud knows a role, predefined or of the landscape's own.
pub(super) fn known(role: &str, own: &BTreeMap<String, Vec<String>>) -> bool {
    own.contains_key(role) || predefined(role).is_some()
}

/// Whether a role brings a permission.
pub(crate) fn grants(role: &str, permission: &str, own: &BTreeMap<String, Vec<String>>) -> bool {
    if let Some(permissions) = own.get(role) {
        return permissions.iter().any(|one| one == permission);
    }
    predefined(role).is_some_and(|parts| parts.iter().any(|part| part.contains(&permission)))
}

//! Which permissions a role brings, for the permissions that this cloud asks for.

use std::collections::BTreeMap;

const VIEW: &[&str] = &[
    "compute.instances.get",
    "compute.instances.list",
    "compute.instances.getGuestAttributes",
    "compute.instances.getSerialPortOutput",
    "compute.instances.getEffectiveFirewalls",
    "compute.networks.get",
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
const BROWSE: &[&str] = &["resourcemanager.projects.get", "resourcemanager.projects.getIamPolicy"];
const BROWSE_ABOVE: &[&str] = &["resourcemanager.folders.get", "resourcemanager.organizations.get"];
const PROJECT_POLICY: &[&str] = &["resourcemanager.projects.getIamPolicy"];
const POLICIES_ABOVE: &[&str] =
    &["resourcemanager.folders.getIamPolicy", "resourcemanager.organizations.getIamPolicy"];
const TUNNEL_POLICIES: &[&str] = &[
    "iap.tunnel.getIamPolicy",
    "iap.tunnelZones.getIamPolicy",
    "iap.tunnelInstances.getIamPolicy",
    "iap.tunnelDestGroups.getIamPolicy",
];
const WEB: &[&str] = &["iap.webServiceVersions.accessViaIAP"];
const ROLES: &[&str] = &["iam.roles.get", "iam.roles.list"];
const DENIALS: &[&str] = &["iam.denypolicies.get", "iam.denypolicies.list"];
const BOUNDARIES: &[&str] = &["iam.policybindings.get", "iam.policybindings.list"];
const LEVELS: &[&str] = &[
    "accesscontextmanager.accessLevels.get",
    "accesscontextmanager.accessLevels.list",
    "accesscontextmanager.servicePerimeters.get",
    "accesscontextmanager.servicePerimeters.list",
    "resourcemanager.organizations.get",
];
const ACCESS_BINDINGS: &[&str] =
    &["accesscontextmanager.gcpUserAccessBindings.get", "accesscontextmanager.gcpUserAccessBindings.list"];
const LOGS: &[&str] = &["logging.logEntries.list"];
const PRIVATE_LOGS: &[&str] = &["logging.privateLogEntries.list"];
const USE: &[&str] = &["serviceusage.services.use"];

/// Permissions of one predefined role, in the parts that roles share.
type Parts = &'static [&'static [&'static str]];

/// The parts of a predefined role; `None` for a role that this cloud does not know.
fn predefined(role: &str) -> Option<Parts> {
    basic(role).or_else(|| compute(role)).or_else(|| readers(role))
}

fn basic(role: &str) -> Option<Parts> {
    Some(match role {
        // the basic roles leave out what opens a tunnel, except for owners
        "roles/owner" => &[
            VIEW,
            RUN,
            PROJECT_METADATA,
            ACT_AS,
            OS_LOGIN,
            OS_ADMIN_LOGIN,
            TUNNEL,
            PROJECT_POLICY,
            POLICIES_ABOVE,
            BROWSE_ABOVE,
            TUNNEL_POLICIES,
            ROLES,
            LOGS,
            PRIVATE_LOGS,
            USE,
        ],
        "roles/editor" => &[VIEW, RUN, PROJECT_METADATA, ACT_AS, PROJECT_POLICY, LOGS, USE],
        "roles/viewer" => &[VIEW, PROJECT_POLICY, LOGS],
        "roles/browser" => &[BROWSE, BROWSE_ABOVE],
        _ => return None,
    })
}

fn compute(role: &str) -> Option<Parts> {
    Some(match role {
        "roles/compute.viewer" => &[VIEW],
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
        "roles/iam.serviceAccountUser" => &[ACT_AS, &["resourcemanager.projects.get"]],
        _ => return None,
    })
}

fn readers(role: &str) -> Option<Parts> {
    Some(match role {
        "roles/iap.tunnelResourceAccessor" => &[TUNNEL],
        "roles/iap.httpsResourceAccessor" => &[WEB],
        "roles/iap.admin" => &[TUNNEL_POLICIES],
        "roles/iam.securityReviewer" => &[PROJECT_POLICY, POLICIES_ABOVE, TUNNEL_POLICIES, ROLES],
        "roles/iam.roleViewer" => &[ROLES],
        "roles/iam.denyReviewer" => &[DENIALS],
        "roles/iam.principalAccessBoundaryViewer" => &[BOUNDARIES],
        "roles/accesscontextmanager.policyReader" => &[LEVELS],
        "roles/accesscontextmanager.gcpAccessReader" => &[ACCESS_BINDINGS],
        "roles/logging.viewer" => &[LOGS],
        "roles/logging.privateLogViewer" => &[LOGS, PRIVATE_LOGS],
        "roles/serviceusage.serviceUsageConsumer" => &[USE],
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

/// The permissions of a predefined role, sorted.
pub(crate) fn permissions(role: &str) -> Option<Vec<&'static str>> {
    let mut all: Vec<&str> = predefined(role)?.concat();
    all.sort_unstable();
    all.dedup();
    Some(all)
}

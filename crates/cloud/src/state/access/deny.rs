//! Deny policies: they come before what is allowed, and an undecidable one denies.

use super::conditions::{Facts, holds};
use super::{Caller, Node, State};
use crate::landscape::{DenyPolicy, DenyRule};

/// A permission as deny policies write it: `iap.tunnelInstances.accessViaIAP` is
/// `iap.googleapis.com/tunnelInstances.accessViaIAP`.
pub(crate) fn v2(permission: &str) -> String {
    let (service, rest) = permission.split_once('.').unwrap_or((permission, ""));
    let service = if service == "resourcemanager" { "cloudresourcemanager" } else { service };
    format!("{service}.googleapis.com/{rest}")
}

/// Whether an entry such as `iap.googleapis.com/tunnelInstances.*` or `iap.googleapis.com/*.accessViaIAP` covers a permission.
pub(crate) fn covers(entry: &str, permission: &str) -> bool {
    let (Some((service, entry)), Some((own, permission))) =
        (entry.split_once('/'), permission.split_once('/'))
    else {
        return false;
    };
    let (Some((resource, verb)), Some((own_resource, own_verb))) =
        (entry.rsplit_once('.'), permission.rsplit_once('.'))
    else {
        return false;
    };
    service == own && (resource == "*" || resource == own_resource) && (verb == "*" || verb == own_verb)
}

impl State {
    /// The deny policies that are attached to a project, a folder or the organisation.
    pub(crate) fn deny_policies<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a DenyPolicy> {
        self.landscape().deny_policies.iter().filter(move |policy| policy.attached_to == name)
    }

    pub(super) fn denies(
        &self,
        caller: &Caller,
        permission: &str,
        nodes: &[Node<'_>],
        facts: &Facts,
    ) -> bool {
        let permission = v2(permission);
        nodes
            .iter()
            .flat_map(|node| self.deny_policies(&node.name))
            .flat_map(|policy| &policy.rules)
            .any(|rule| self.rule_denies(rule, caller, &permission, facts))
    }

    fn rule_denies(&self, rule: &DenyRule, caller: &Caller, permission: &str, facts: &Facts) -> bool {
        let rule = &rule.deny_rule;
        let stands_for = |principal: &String| self.is_principal(principal, &caller.email);
        let covers = |entry: &String| covers(entry, permission);
        // these conditions know the resource's tags and nothing else
        let tags_alone = Facts { destination: None, levels: None, ..facts.clone() };
        rule.denied_principals.iter().any(stands_for)
            && !rule.exception_principals.iter().any(stands_for)
            && rule.denied_permissions.iter().any(covers)
            && !rule.exception_permissions.iter().any(covers)
            && rule
                .denial_condition
                .as_ref()
                .is_none_or(|condition| holds(&condition.expression, &tags_alone) != Some(false))
    }

    /// Whether a principal of IAM v2 stands for a caller.
    pub(crate) fn is_principal(&self, principal: &str, email: &str) -> bool {
        if let Some(address) = principal.strip_prefix("principal://goog/subject/") {
            return address.eq_ignore_ascii_case(email);
        }
        if let Some(address) =
            principal.strip_prefix("principal://iam.googleapis.com/projects/-/serviceAccounts/")
        {
            return address.eq_ignore_ascii_case(email);
        }
        if let Some(group) = principal.strip_prefix("principalSet://goog/group/") {
            return self.is_member(group, email);
        }
        // one organisation, one customer
        principal == "principalSet://goog/public:all"
            || principal.starts_with("principalSet://goog/cloudIdentityCustomerId/")
    }
}

#[cfg(test)]
mod tests {
    use super::{covers, v2};

    #[test]
    fn entries_cover_permissions_and_groups_of_them() {
        let permission = v2("iap.tunnelInstances.accessViaIAP");
        for (entry, expected) in [
            ("iap.googleapis.com/tunnelInstances.accessViaIAP", true),
            ("iap.googleapis.com/tunnelInstances.*", true),
            ("iap.googleapis.com/*.*", true),
            ("iap.googleapis.com/*.accessViaIAP", true),
            ("iap.googleapis.com/tunnelDestGroups.*", false),
            ("compute.googleapis.com/*.*", false),
            ("iap.googleapis.com/tunnelInstances.getIamPolicy", false),
        ] {
            assert_eq!(covers(entry, &permission), expected, "{entry}");
        }
        assert_eq!(v2("resourcemanager.projects.get"), "cloudresourcemanager.googleapis.com/projects.get");
    }
}

//! Whether a member string means the caller (specification, section 5.1 and 7.3).

use std::collections::BTreeMap;

use crate::input::{Input, Membership, Principal, PrincipalKind};
use crate::value::Value;

/// The caller, with the memberships that were proven.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Caller<'a> {
    principal: &'a Principal,
    groups: &'a BTreeMap<String, Membership>,
}

fn same(left: &str, right: &str) -> bool {
    if left.is_ascii() && right.is_ascii() {
        return left.eq_ignore_ascii_case(right);
    }
    left.chars().flat_map(char::to_lowercase).eq(right.chars().flat_map(char::to_lowercase))
}

impl<'a> Caller<'a> {
    pub(crate) fn new(input: &'a Input) -> Self {
        Self { principal: &input.principal, groups: &input.groups }
    }

    fn is(self, kind: PrincipalKind) -> Value {
        Value::from_option(self.principal.kind.map(|own| own == kind))
    }

    fn has_email(self, email: &str) -> Value {
        Value::from_option(self.principal.email.as_deref().map(|own| same(own, email)))
    }

    fn account(self, kind: PrincipalKind, email: &str) -> Value {
        self.is(kind).and(self.has_email(email))
    }

    /// The value of one member of an allow policy.
    pub(crate) fn member(self, member: &str) -> Value {
        if matches!(member, "allUsers" | "allAuthenticatedUsers") {
            return Value::T;
        }
        match member.split_once(':') {
            Some(("user", email)) => self.account(PrincipalKind::User, email),
            Some(("serviceAccount", email)) => self.account(PrincipalKind::ServiceAccount, email),
            Some(("domain", domain)) => self.is(PrincipalKind::User).and(self.in_domain(domain)),
            Some(("group", _)) => self.group(member),
            Some(("deleted", _)) => Value::F,
            Some(("principal", name)) if name.starts_with("//") && name.contains("/subject/") => {
                self.subject(member)
            }
            Some(("principalSet", name)) => match name.strip_prefix("//") {
                Some(name) if name.starts_with("iam.googleapis.com/") => self.pool(name),
                _ => Value::U,
            },
            _ => Value::U,
        }
    }

    /// The value of a member of an access level: only accounts count there.
    pub(crate) fn level_member(self, member: &str) -> Value {
        match member.split_once(':') {
            Some(("user", email)) => self.account(PrincipalKind::User, email),
            Some(("serviceAccount", email)) => self.account(PrincipalKind::ServiceAccount, email),
            _ => Value::F,
        }
    }

    /// The value of a principal of a deny rule.
    pub(crate) fn deny_principal(self, principal: &str) -> Value {
        const SERVICE_ACCOUNT: &str = "principal://iam.googleapis.com/projects/-/serviceAccounts/";
        if principal == "principalSet://goog/public:all" {
            Value::T
        } else if let Some(email) = principal.strip_prefix("principal://goog/subject/") {
            self.account(PrincipalKind::User, email)
        } else if let Some(email) = principal.strip_prefix(SERVICE_ACCOUNT) {
            self.account(PrincipalKind::ServiceAccount, email)
        } else if let Some(email) = principal.strip_prefix("principalSet://goog/group/") {
            self.group(&format!("group:{email}"))
        } else if principal.starts_with("principal://iam.googleapis.com/")
            || principal.starts_with("principalSet://iam.googleapis.com/")
        {
            self.member(principal)
        } else {
            Value::U
        }
    }

    fn in_domain(self, domain: &str) -> Value {
        let ends = |email: &str| email.rsplit_once('@').is_some_and(|(_, own)| same(own, domain));
        let by_email = Value::from_option(self.principal.email.as_deref().map(ends));
        let by_token = self.principal.hosted_domain.as_deref().is_some_and(|own| same(own, domain));
        Value::any([by_email, Value::known(by_token)])
    }

    fn group(self, member: &str) -> Value {
        Value::from_option(self.groups.get(member).map(|found| *found == Membership::Member))
    }

    fn subject(self, member: &str) -> Value {
        let same_subject = Value::from_option(self.principal.subject.as_deref().map(|own| own == member));
        self.is(PrincipalKind::Workforce).and(same_subject)
    }

    /// `name` is the set without its scheme.
    fn pool(self, name: &str) -> Value {
        let Some((pool, rest)) = split_pool(name) else { return Value::U };
        let own = self.principal.subject.as_deref().map(|subject| {
            let subject = subject.strip_prefix("principal://").unwrap_or(subject);
            subject.split_once("/subject/").map_or(subject, |(own, _)| own)
        });
        let within = match own {
            None => Value::U,
            Some(own) if own != pool => Value::F,
            Some(_) if rest == "*" => Value::T,
            Some(_) => Value::U,
        };
        self.is(PrincipalKind::Workforce).and(within)
    }
}

/// The pool of a principal set, and what follows it.
fn split_pool(name: &str) -> Option<(&str, &str)> {
    ["/workforcePools/", "/workloadIdentityPools/"].into_iter().find_map(|kind| {
        let start = name.find(kind)? + kind.len();
        let end = start + name.get(start..)?.find('/')?;
        Some((name.get(..end)?, name.get(end + 1..)?))
    })
}

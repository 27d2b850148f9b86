//! VPC Service Controls: whether a call may cross into the perimeter of a project. And access bindings: whether a
//! caller gets a token at all.

use super::{Caller, State};
use crate::landscape::{AccessBinding, IngressPolicy, Project, ServicePerimeter};

impl State {
    fn perimeters<'a>(
        &'a self,
        project: &Project,
        service: &'a str,
    ) -> impl Iterator<Item = &'a ServicePerimeter> {
        let resource = format!("projects/{}", project.number);
        self.landscape().service_perimeters.iter().filter(move |perimeter| {
            perimeter.status.resources.contains(&resource)
                && perimeter.status.restricted_services.iter().any(|one| one == service)
        })
    }

    /// Whether a caller may call a service for a project: it restricts none, or lets this caller in.
    pub(crate) fn inside(&self, caller: &Caller, project: &Project, service: &str) -> bool {
        self.perimeters(project, service).all(|perimeter| {
            perimeter.status.access_levels.iter().any(|level| self.meets(caller, level))
                || perimeter
                    .status
                    .ingress_policies
                    .iter()
                    .any(|ingress| self.lets_in(ingress, caller, project, service))
        })
    }

    fn lets_in(&self, ingress: &IngressPolicy, caller: &Caller, project: &Project, service: &str) -> bool {
        let (from, to) = (&ingress.ingress_from, &ingress.ingress_to);
        let resource = format!("projects/{}", project.number);
        let source =
            from.sources.iter().any(|one| one.access_level == "*" || self.meets(caller, &one.access_level));
        let identity = matches!(from.identity_type.as_str(), "ANY_IDENTITY" | "ANY_USER_ACCOUNT")
            || from.identities.iter().any(|member| self.includes(member, &caller.email));
        source
            && identity
            && to.resources.iter().any(|one| one == "*" || *one == resource)
            && to.operations.iter().any(|one| one.service_name == "*" || one.service_name == service)
    }

    /// The first access binding that keeps a caller from getting a token.
    pub(crate) fn bound(&self, caller: &Caller) -> Option<&AccessBinding> {
        self.landscape().access_bindings.iter().find(|binding| {
            self.is_member(&binding.group, &caller.email)
                && !binding.access_levels.iter().any(|level| self.meets(caller, level))
        })
    }
}

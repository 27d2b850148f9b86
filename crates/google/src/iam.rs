//! IAM: what roles hold, deny policies, principal access boundaries (access denial, sections 3, 4 and 7.3).

use crate::{
    error::{Error, ErrorKind},
    evidence::{Answer, Listed, Question, resource},
    google::{Call, Google, segment},
};

const ROLE: Call = Call::evidence("read the role", "/v1/{role}");
const DENY_LIST: Call = Call::evidence("list deny policies", "/v2/policies/{resource}/denypolicies");
const DENY: Call = Call::evidence("read the deny policy", "/v2/policies/{resource}/denypolicies/{policy}");
const BOUNDARIES: Call = Call::evidence(
    "list principal access boundaries",
    "/v3/organizations/{organization}/locations/global/policyBindings",
);

impl Google {
    /// A role with its permissions: `roles/…`, `projects/P/roles/R` or `organizations/O/roles/R`.
    ///
    /// # Errors
    /// The kinds of a failed call; [`ErrorKind::InvalidArgument`] for what is no role.
    pub async fn role(&self, role: &str) -> Result<Answer, Error> {
        let role = resource(ROLE.doing, role)?;
        self.ask(Question::new(ROLE, &self.inner.endpoints.iam, format!("v1/{role}"))).await
    }

    /// The deny policies attached to `projects/P`, `folders/F` or `organizations/O`, without their rules.
    ///
    /// # Errors
    /// As [`Google::role`].
    pub async fn deny_policies(&self, attached_to: &str) -> Result<Listed, Error> {
        let attached_to = resource(DENY_LIST.doing, attached_to)?.replace('/', "%2F");
        let path = format!("v2/policies/cloudresourcemanager.googleapis.com%2F{attached_to}/denypolicies");
        self.pages("policies", || Question::new(DENY_LIST, &self.inner.endpoints.iam, path.clone())).await
    }

    /// One deny policy with its rules, by the name that the list gave.
    ///
    /// # Errors
    /// As [`Google::role`].
    pub async fn deny_policy(&self, name: &str) -> Result<Answer, Error> {
        let wrong = || Error::new(ErrorKind::InvalidArgument, DENY.doing, "this is no deny policy's name");
        let (attached_to, policy) = name
            .strip_prefix("policies/")
            .and_then(|rest| rest.split_once("/denypolicies/"))
            .ok_or_else(wrong)?;
        let decoded = attached_to.replace("%2F", "/").replace("%2f", "/");
        resource(DENY.doing, &decoded)?;
        segment(DENY.doing, "deny policy", policy)?;
        let path = format!("v2/policies/{}/denypolicies/{policy}", decoded.replace('/', "%2F"));
        self.ask(Question::new(DENY, &self.inner.endpoints.iam, path)).await
    }

    /// The bindings of principal access boundaries in an organisation, by its number.
    ///
    /// # Errors
    /// As [`Google::role`].
    pub async fn boundary_bindings(&self, organization: &str) -> Result<Listed, Error> {
        let organization = segment(BOUNDARIES.doing, "organization", organization)?;
        let path = format!("v3/organizations/{organization}/locations/global/policyBindings");
        self.pages("policyBindings", || {
            Question::new(BOUNDARIES, &self.inner.endpoints.iam, path.clone()).with_query("pageSize", "100")
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use crate::endpoints::below;

    #[test]
    fn an_attachment_point_stays_one_segment() {
        let base = url::Url::parse("https://iam.googleapis.com/").unwrap();
        let url = below(&base, "v2/policies/cloudresourcemanager.googleapis.com%2Ffolders%2F70/denypolicies");
        assert_eq!(
            url.path(),
            "/v2/policies/cloudresourcemanager.googleapis.com%2Ffolders%2F70/denypolicies"
        );
    }
}

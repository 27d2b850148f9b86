//! Access Context Manager: access levels, perimeters, access bindings (access denial, sections 3 and 7).
//!
//! User credentials are refused here without a quota project.

use crate::{
    error::Error,
    evidence::{Answer, Listed, Question, resource},
    google::{Call, Google, segment},
};

const LEVEL: Call =
    Call::evidence("read the access level", "/v1/accessPolicies/{policy}/accessLevels/{level}");
const LEVELS: Call = Call::evidence("list access levels", "/v1/accessPolicies/{policy}/accessLevels");
const POLICIES: Call = Call::evidence("list access policies", "/v1/accessPolicies");
const PERIMETERS: Call =
    Call::evidence("list service perimeters", "/v1/accessPolicies/{policy}/servicePerimeters");
const BINDINGS: Call =
    Call::evidence("list access bindings", "/v1/organizations/{organization}/gcpUserAccessBindings");
const PAGE: &str = "500";

impl Google {
    /// An access level by its full name, in the form in which it was defined.
    ///
    /// # Errors
    /// The kinds of a failed call; [`crate::ErrorKind::InvalidArgument`] for what is no name.
    pub async fn access_level(&self, name: &str, quota_project: &str) -> Result<Answer, Error> {
        let name = resource(LEVEL.doing, name)?;
        let question = Question::new(LEVEL, &self.inner.endpoints.access_context, format!("v1/{name}"));
        self.ask(question.with_query("accessLevelFormat", "AS_DEFINED").paid_by(quota_project)).await
    }

    /// The access levels of a policy, by its number.
    ///
    /// # Errors
    /// As [`Google::access_level`].
    pub async fn access_levels(&self, policy: &str, quota_project: &str) -> Result<Listed, Error> {
        let policy = segment(LEVELS.doing, "access policy", policy)?;
        self.pages("accessLevels", || {
            let path = format!("v1/accessPolicies/{policy}/accessLevels");
            Question::new(LEVELS, &self.inner.endpoints.access_context, path)
                .with_query("accessLevelFormat", "AS_DEFINED")
                .with_query("pageSize", PAGE)
                .paid_by(quota_project)
        })
        .await
    }

    /// The access policies of an organisation, by its number.
    ///
    /// # Errors
    /// As [`Google::access_level`].
    pub async fn access_policies(&self, organization: &str, quota_project: &str) -> Result<Listed, Error> {
        let organization = segment(POLICIES.doing, "organization", organization)?;
        self.pages("accessPolicies", || {
            Question::new(POLICIES, &self.inner.endpoints.access_context, "v1/accessPolicies".to_owned())
                .with_query("parent", format!("organizations/{organization}"))
                .paid_by(quota_project)
        })
        .await
    }

    /// The perimeters of an access policy, by its number.
    ///
    /// # Errors
    /// As [`Google::access_level`].
    pub async fn service_perimeters(&self, policy: &str, quota_project: &str) -> Result<Listed, Error> {
        let policy = segment(PERIMETERS.doing, "access policy", policy)?;
        self.pages("servicePerimeters", || {
            let path = format!("v1/accessPolicies/{policy}/servicePerimeters");
            Question::new(PERIMETERS, &self.inner.endpoints.access_context, path)
                .with_query("pageSize", PAGE)
                .paid_by(quota_project)
        })
        .await
    }

    /// The access bindings of an organisation, by its number: which groups need which level to sign in at all.
    ///
    /// # Errors
    /// As [`Google::access_level`].
    pub async fn access_bindings(&self, organization: &str, quota_project: &str) -> Result<Listed, Error> {
        let organization = segment(BINDINGS.doing, "organization", organization)?;
        self.pages("gcpUserAccessBindings", || {
            let path = format!("v1/organizations/{organization}/gcpUserAccessBindings");
            Question::new(BINDINGS, &self.inner.endpoints.access_context, path)
                .with_query("pageSize", PAGE)
                .paid_by(quota_project)
        })
        .await
    }
}

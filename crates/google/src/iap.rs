//! Identity-Aware Proxy: who may open tunnels where (access denial, sections 3 and 4).

use serde_json::json;

use crate::{
    error::Error,
    evidence::{Answer, Question, resource},
    google::{Call, Google},
};

const TEST: Call = Call::question("ask IAP what you may do", "/v1/{resource}:testIamPermissions");
const POLICY: Call = Call::question("read IAP's policy", "/v1/{resource}:getIamPolicy");

impl Google {
    /// Which of these permissions the caller has on a resource of IAP, such as
    /// `projects/P/iap_tunnel/zones/Z/instances/I`, as far as this very call tells.
    ///
    /// # Errors
    /// The kinds of a failed call; [`crate::ErrorKind::InvalidArgument`] for what is no resource name.
    pub async fn iap_permissions(&self, on: &str, permissions: &[&str]) -> Result<Answer, Error> {
        let on = resource(TEST.doing, on)?;
        let question = Question::new(TEST, &self.inner.endpoints.iap, format!("v1/{on}:testIamPermissions"));
        self.ask(question.with_body(json!({ "permissions": permissions }))).await
    }

    /// The allow policy of a resource of IAP, with conditions.
    ///
    /// # Errors
    /// As [`Google::iap_permissions`].
    pub async fn iap_policy(&self, of: &str) -> Result<Answer, Error> {
        let of = resource(POLICY.doing, of)?;
        let question = Question::new(POLICY, &self.inner.endpoints.iap, format!("v1/{of}:getIamPolicy"));
        self.ask(question.with_body(version_3())).await
    }
}

/// Below version 3 a policy comes without its conditions.
pub(crate) fn version_3() -> serde_json::Value {
    json!({ "options": { "requestedPolicyVersion": 3 } })
}

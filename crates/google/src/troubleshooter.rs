//! Policy Troubleshooter: Google's own judgement of the allow and deny policies (access denial, section 3.2).

use serde_json::Value;

use crate::{
    error::Error,
    evidence::{Answer, Question},
    google::{Call, Google},
};

const TROUBLESHOOT: Call = Call::question("ask Policy Troubleshooter", "/v3/iam:troubleshoot");

impl Google {
    /// What Policy Troubleshooter makes of an `accessTuple`. It knows no access levels, and no workforce users.
    ///
    /// # Errors
    /// The kinds of a failed call.
    pub async fn troubleshoot(&self, access_tuple: Value, quota_project: &str) -> Result<Answer, Error> {
        let base = &self.inner.endpoints.troubleshooter;
        let question = Question::new(TROUBLESHOOT, base, "v3/iam:troubleshoot".to_owned());
        let body = serde_json::json!({ "accessTuple": access_tuple });
        self.ask(question.with_body(body).paid_by(quota_project)).await
    }
}

//! Resource Manager: the allow policies of projects, folders and organisations, and what is above a project
//! (access denial, section 4).

use serde_json::{Value, json};

use crate::{
    error::Error,
    evidence::{Answer, Question, resource},
    google::{Call, Google, segment},
    iap::version_3,
};

const POLICY: Call = Call::question("read the allow policy", "/v3/{resource}:getIamPolicy");
const PROJECT: Call = Call::evidence("read the project's number", "/v3/projects/{project}");
const ANCESTRY: Call = Call::question("read what is above the project", "/v1/projects/{project}:getAncestry");
/// A project lies below at most ten folders.
const DEEPEST: usize = 12;

/// What is above a project, the nearest first.
#[derive(Debug, Clone, PartialEq)]
pub struct Ancestry {
    /// `folders/N` or `organizations/N`; the project itself is left out.
    pub above: Vec<String>,
    /// The answer's date; its body is empty.
    pub answer: Answer,
}

impl Google {
    /// The allow policy of `projects/P`, `folders/F` or `organizations/O`, with conditions.
    ///
    /// # Errors
    /// The kinds of a failed call; [`crate::ErrorKind::InvalidArgument`] for what is no resource.
    pub async fn allow_policy(&self, of: &str) -> Result<Answer, Error> {
        let of = resource(POLICY.doing, of)?;
        let base = &self.inner.endpoints.resource_manager;
        self.ask(Question::new(POLICY, base, format!("v3/{of}:getIamPolicy")).with_body(version_3())).await
    }

    /// A project as Resource Manager knows it; its `name` holds its number.
    ///
    /// # Errors
    /// As [`Google::allow_policy`].
    pub async fn project_evidence(&self, project: &str) -> Result<Answer, Error> {
        let project = segment(PROJECT.doing, "project id", project)?;
        let base = &self.inner.endpoints.resource_manager;
        self.ask(Question::new(PROJECT, base, format!("v3/projects/{project}"))).await
    }

    /// The folders and the organisation above a project, also those that cannot be read.
    ///
    /// # Errors
    /// As [`Google::allow_policy`].
    pub async fn ancestry(&self, project: &str) -> Result<Ancestry, Error> {
        let project = segment(ANCESTRY.doing, "project id", project)?;
        let base = &self.inner.endpoints.resource_manager;
        let question = Question::new(ANCESTRY, base, format!("v1/projects/{project}:getAncestry"));
        let mut answer = self.ask(question.with_body(json!({}))).await?;
        let above = above(&answer.body.take());
        Ok(Ancestry { above, answer })
    }
}

fn above(body: &Value) -> Vec<String> {
    let ancestors = body.get("ancestor").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    ancestors
        .iter()
        .take(DEEPEST)
        .filter_map(|ancestor| {
            let id = ancestor.pointer("/resourceId/id")?.as_str()?;
            let name = match ancestor.pointer("/resourceId/type")?.as_str()? {
                "folder" => format!("folders/{id}"),
                "organization" => format!("organizations/{id}"),
                _ => return None,
            };
            resource(ANCESTRY.doing, &name).is_ok().then_some(name)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_odd_ancestry_is_read_as_far_as_it_makes_sense() {
        let body = json!({ "ancestor": [
            { "resourceId": { "type": "project", "id": "p" } },
            { "resourceId": { "type": "folder", "id": "70" } },
            { "resourceId": { "type": "folder", "id": 5 } },
            7,
            { "resourceId": { "type": "organization", "id": "9/x:setIamPolicy" } },
            { "resourceId": { "type": "organization", "id": "900" } },
        ] });
        assert_eq!(above(&body), ["folders/70", "organizations/900"]);
        assert!(above(&json!([])).is_empty());
    }
}

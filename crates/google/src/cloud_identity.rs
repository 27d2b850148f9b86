//! Cloud Identity: whether somebody is in a group (access denial, section 5.2).

use serde_json::Value;

use crate::{
    error::{Error, ErrorKind},
    evidence::{Question, resource},
    google::{Call, Google},
};

const LOOKUP: Call = Call::evidence("look up the group", "/v1/groups:lookup");
const CHECK: Call =
    Call::evidence("check the membership", "/v1/{group}/memberships:checkTransitiveMembership");

impl Google {
    /// The name of a group (`groups/…`) by its address. That it is given means that the caller may view the group.
    ///
    /// # Errors
    /// The kinds of a failed call. A refusal can mean the edition as well as the rights, never "no member".
    pub async fn group(&self, address: &str, quota_project: &str) -> Result<String, Error> {
        let base = &self.inner.endpoints.cloud_identity;
        let question = Question::new(LOOKUP, base, "v1/groups:lookup".to_owned())
            .with_query("groupKey.id", address)
            .paid_by(quota_project);
        let answer = self.ask(question).await?;
        let name = answer.body.get("name").and_then(Value::as_str).unwrap_or_default();
        Ok(resource(LOOKUP.doing, name)?.to_owned())
    }

    /// Whether a person is in a group, by whatever way.
    ///
    /// # Errors
    /// As [`Google::group`]; [`ErrorKind::Decode`] where the answer says neither yes nor no.
    pub async fn is_member(&self, group: &str, person: &str, quota_project: &str) -> Result<bool, Error> {
        let group = resource(CHECK.doing, group)?;
        let path = format!("v1/{group}/memberships:checkTransitiveMembership");
        let person = person.replace('\\', "\\\\").replace('\'', "\\'");
        let question = Question::new(CHECK, &self.inner.endpoints.cloud_identity, path)
            .with_query("query", format!("member_key_id=='{person}'"))
            .paid_by(quota_project);
        let answer = self.ask(question).await?;
        // A protobuf's `false` is left out of its JSON; anything else in its place is no answer.
        match answer.body.get("hasMembership") {
            Some(Value::Bool(is_member)) => Ok(*is_member),
            None if answer.body.is_object() => Ok(false),
            _ => Err(Error::new(ErrorKind::Decode, CHECK.doing, "the answer says neither yes nor no")),
        }
    }
}

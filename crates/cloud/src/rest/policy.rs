//! Allow policies as `getIamPolicy` gives them out.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{Answer, Failure, body};
use crate::http::Call;
use crate::landscape::{Binding, Policy};

/// Something that changes with the policy, as Google's etags look.
pub(super) fn etag(policy: &Value) -> String {
    STANDARD.encode(Sha256::digest(policy.to_string()).get(..8).unwrap_or_default())
}

/// The answer to `:getIamPolicy`. Who asks for a version below 3 gets no condition, and roles that say so.
pub(super) fn answer(call: &Call, policy: &Policy) -> Answer<Value> {
    let body = body(call)?;
    let version = match body.pointer("/options/requestedPolicyVersion") {
        None => 0,
        Some(version) => match version.as_u64() {
            Some(version @ (0 | 1 | 3)) => version,
            Some(_) | None => {
                let message = "Invalid value at 'options.requested_policy_version'";
                return Failure::status(400, "INVALID_ARGUMENT", message).boxed();
            }
        },
    };
    Ok(shown(policy, version))
}

/// A policy in its JSON form.
pub(super) fn shown(policy: &Policy, version: u64) -> Value {
    let whole = json!(policy);
    let etag = etag(&whole);
    let conditional = policy.bindings.iter().any(|binding| binding.condition.is_some());
    let bindings: Vec<Value> =
        policy.bindings.iter().map(|one| if version < 3 { bare(one) } else { json!(one) }).collect();
    let mut answer = json!({"version": if conditional && version == 3 { 3 } else { 1 }, "etag": etag});
    if let (false, Some(object)) = (bindings.is_empty(), answer.as_object_mut()) {
        object.insert("bindings".to_owned(), Value::Array(bindings));
    }
    answer
}

fn bare(binding: &Binding) -> Value {
    let Some(condition) = &binding.condition else { return json!(binding) };
    let hash = Sha256::digest(condition.expression.source());
    let mark: String = hash.iter().take(10).map(|byte| format!("{byte:02x}")).collect();
    json!({"role": format!("{}_withcond_{mark}", binding.role), "members": binding.members})
}

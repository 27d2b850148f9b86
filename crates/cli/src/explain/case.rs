//! `adit explain --case`: a file is judged, and nobody is asked.

use std::path::Path;

use adit_access::{Explanation, Permission, cases, explain_permission};
use adit_contract::{Failure, FailureCode};
use serde_json::{Value, json};

use super::words::say;
use crate::file;

/// The largest file, in bytes.
const LARGEST: u64 = 64 * 1024 * 1024;

/// Judges every input of the file.
pub(super) async fn run(path: &Path, permission: Permission, json: bool) -> Result<(), Failure> {
    let bytes = file::bytes_or_input(path, LARGEST).await?;
    let wrong = |why: String| {
        Failure::new(
            FailureCode::InvalidInput,
            format!("{} holds no case: {why}", path.display()),
            "It takes a JSON object: one input, {\"input\": …}, or a table with \"cases\".",
        )
    };
    let value: Value = serde_json::from_slice(&bytes).map_err(|error| wrong(error.to_string()))?;
    // Policies can be large: the runtime's thread is not held up by them.
    let judged = adit_core::file::blocking(move || Ok(Judged::of(&value, permission)));
    let judged = judged.await.map_err(|error| Failure::new(FailureCode::Internal, error.to_string(), ""))?;
    let judged = judged.ok_or_else(|| wrong("it is no object".to_owned()))?;
    if json {
        say(&format!("{:#}", judged.json()));
    } else {
        judged.words().iter().for_each(|line| say(line));
    }
    Ok(())
}

/// What the inputs of a file come to.
enum Judged {
    One(Box<Explanation>),
    Table(Vec<(Option<String>, Explanation)>),
}

impl Judged {
    /// Judges them all; nothing where there is none.
    fn of(value: &Value, permission: Permission) -> Option<Self> {
        let mut judged = cases(value).into_iter().map(|case| {
            let explanation = explain_permission(&case.input, permission);
            (case.id, explanation)
        });
        if value.get("cases").is_some_and(Value::is_array) {
            return Some(Self::Table(judged.collect()));
        }
        judged.next().map(|(_, explanation)| Self::One(Box::new(explanation)))
    }

    /// In the shape of the file: the object that `expect` describes, or a table of them.
    fn json(&self) -> Value {
        match self {
            Self::One(explanation) => json!(explanation),
            Self::Table(all) => {
                let cases: Vec<Value> =
                    all.iter().map(|(id, explanation)| json!({ "id": id, "expect": explanation })).collect();
                json!({ "cases": cases })
            }
        }
    }

    fn words(&self) -> Vec<String> {
        match self {
            Self::One(explanation) => vec![explanation.headline.clone()],
            Self::Table(all) => all
                .iter()
                .map(|(id, explanation)| {
                    format!("{}  {}", id.as_deref().unwrap_or("-"), explanation.headline)
                })
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input() -> Value {
        json!({
            "observed": { "channel": "websocket", "closeCode": 4033 },
            "principal": { "type": "user", "email": "ana@acme.example" },
            "target": { "projectId": "p", "instance": "web-1", "port": 22 },
            "allow": [{ "resource": "projects/p", "state": "READ" }],
        })
    }

    fn judged(value: &Value) -> Value {
        Judged::of(value, Permission::Tunnel).expect("a case").json()
    }

    #[test]
    fn an_input_is_judged_in_whichever_shape_it_comes() {
        let one = judged(&input());
        assert_eq!(one["verdict"], "NO_GRANT");
        let keys: Vec<&str> = one.as_object().expect("an object").keys().map(String::as_str).collect();
        let mut expected = [
            "verdict",
            "certainty",
            "headline",
            "bindings",
            "blockingLevels",
            "inferred",
            "basis",
            "repairs",
        ];
        expected.sort_unstable();
        assert_eq!(keys, expected);
        assert_eq!(judged(&json!({ "input": input() })), one);
        let table = json!({ "base": input(), "cases": [{ "id": "A", "input": {} }, { "id": "B" }] });
        assert_eq!(
            judged(&table),
            json!({ "cases": [{ "id": "A", "expect": one }, { "id": "B", "expect": one }] })
        );
    }

    #[test]
    fn anything_else_is_no_case() {
        for value in [json!(null), json!(7), json!([]), json!("text")] {
            assert!(Judged::of(&value, Permission::Tunnel).is_none(), "{value}");
        }
        assert_eq!(judged(&json!({}))["verdict"], "UNKNOWN_ERROR");
    }
}

//! `adit explain --case`: a file is judged, and nobody is asked.

use std::path::Path;

use adit_access::{Permission, cases, explain_permission};
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
    let cases = cases(&value);
    let is_table = value.get("cases").is_some_and(Value::is_array);
    if cases.is_empty() && !is_table {
        return Err(wrong("it is no object".to_owned()));
    }
    // Policies can be large: the runtime's thread is not held up by them.
    let judged = adit_core::file::blocking(move || {
        Ok(cases
            .into_iter()
            .map(|case| (case.id, explain_permission(&case.input, permission)))
            .collect::<Vec<_>>())
    });
    let judged = judged.await.map_err(|error| Failure::new(FailureCode::Internal, error.to_string(), ""))?;
    if !json {
        for (id, explanation) in judged {
            let id = id.map(|id| format!("{id}  ")).unwrap_or_default();
            say(&format!("{id}{}", explanation.headline));
        }
        return Ok(());
    }
    let all: Vec<Value> = judged
        .into_iter()
        .map(|(id, explanation)| match is_table {
            true => json!({ "id": id, "expect": explanation }),
            false => json!(explanation),
        })
        .collect();
    let printed = match (is_table, all.into_iter()) {
        (true, all) => json!({ "cases": all.collect::<Vec<_>>() }),
        (false, mut one) => one.next().unwrap_or_default(),
    };
    say(&format!("{printed:#}"));
    Ok(())
}

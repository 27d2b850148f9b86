//! Inputs from a file: one input, one inside `{"input": …}`, or a table of cases (specification, section 12).

use serde_json::{Map, Value};

use crate::input::Input;

/// An input from a file, with its id if it has one.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// Its id in the table.
    pub id: Option<String>,
    /// The input, the base's keys included.
    pub input: Input,
}

/// Reads all inputs of a file. Empty if the value is not an object.
#[must_use]
pub fn cases(file: &Value) -> Vec<Case> {
    let Some(object) = file.as_object() else { return Vec::new() };
    if let Some(cases) = object.get("cases").and_then(Value::as_array) {
        let base = object.get("base").and_then(Value::as_object);
        return cases.iter().filter_map(|case| of_table(base, case)).collect();
    }
    let input = object.get("input").filter(|input| input.is_object()).unwrap_or(file);
    let id = object.get("id").and_then(Value::as_str).map(str::to_owned);
    Input::from_value(input).map(|input| Case { id, input }).into_iter().collect()
}

/// A case's input is the base with the listed keys replaced.
fn of_table(base: Option<&Map<String, Value>>, case: &Value) -> Option<Case> {
    let mut merged = base.cloned().unwrap_or_default();
    let replaced = case.get("input").and_then(Value::as_object);
    merged.extend(replaced.into_iter().flatten().map(|(key, value)| (key.clone(), value.clone())));
    let input = Input::from_value(&Value::Object(merged))?;
    Some(Case { id: case.get("id").and_then(Value::as_str).map(str::to_owned), input })
}

//! The worked cases of the specification, compared exactly.

use adit_access::{cases, explain};
use serde_json::Value;

#[test]
fn all_cases_of_the_table() {
    let table: Value = serde_json::from_str(include_str!("access-denials.json")).unwrap();
    let expected = table["cases"].as_array().unwrap();
    let inputs = cases(&table);
    assert_eq!(inputs.len(), expected.len());
    for (case, expected) in inputs.iter().zip(expected) {
        let found = serde_json::to_value(explain(&case.input)).unwrap();
        assert_eq!(found, expected["expect"], "{}", expected["id"]);
    }
}

//! Partial responses: Google's `fields` parameter, such as `nextPageToken,items/*/instances(id,name)`.

use serde_json::{Map, Value};

/// Deeper masks than this are refused.
const DEEPEST: usize = 32;

/// What one level of a mask asks for: names (or `*`) with what is asked below each; nothing below means all of it.
struct Mask(Vec<(String, Option<Mask>)>);

/// The part of a value that a mask names; `None` for a mask that is not well formed.
pub(super) fn select(value: &Value, mask: &str) -> Option<Value> {
    let mut rest = mask;
    let parsed = parse(&mut rest, 0)?;
    rest.is_empty().then(|| parsed.apply(value))
}

fn parse(rest: &mut &str, depth: usize) -> Option<Mask> {
    let mut parts = Vec::new();
    loop {
        parts.push(part(rest, depth)?);
        match rest.strip_prefix(',') {
            Some(after) => *rest = after,
            None => return Some(Mask(parts)),
        }
    }
}

/// One name, with what follows its slash or stands in its group.
fn part(rest: &mut &str, depth: usize) -> Option<(String, Option<Mask>)> {
    if depth > DEEPEST {
        return None;
    }
    let end = rest.find([',', '/', '(', ')']).unwrap_or(rest.len());
    let (name, after) = rest.split_at_checked(end)?;
    let name = name.trim();
    if name.is_empty() {
        return None;
    }
    *rest = after;
    let below = if let Some(after) = rest.strip_prefix('/') {
        *rest = after;
        Some(Mask(vec![part(rest, depth + 1)?]))
    } else {
        group(rest, depth + 1)?
    };
    Some((name.to_owned(), below))
}

/// What stands in parentheses, where there are any; the outer `None` is an error.
#[expect(
    clippy::option_option,
    reason = "the outer one is the error, the inner one is nothing in parentheses"
)]
fn group(rest: &mut &str, depth: usize) -> Option<Option<Mask>> {
    let Some(after) = rest.strip_prefix('(') else { return Some(None) };
    *rest = after;
    let mask = parse(rest, depth)?;
    *rest = rest.strip_prefix(')')?;
    Some(Some(mask))
}

impl Mask {
    fn apply(&self, value: &Value) -> Value {
        match value {
            Value::Array(items) => Value::Array(items.iter().map(|item| self.apply(item)).collect()),
            Value::Object(object) => {
                let mut kept = Map::new();
                for (key, inner) in object {
                    for (name, below) in self.0.iter().filter(|(name, _)| name == key || name == "*") {
                        let selected =
                            below.as_ref().map_or_else(|| inner.clone(), |below| below.apply(inner));
                        let _ = name;
                        match kept.get_mut(key) {
                            Some(known) => merge(known, selected),
                            None => {
                                kept.insert(key.clone(), selected);
                            }
                        }
                    }
                }
                // Google leaves out what became empty through the mask
                kept.retain(|_, value| !matches!(value, Value::Object(object) if object.is_empty()));
                Value::Object(kept)
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
        }
    }
}

/// Puts together what two parts of one mask selected from the same value.
fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                match into.get_mut(&key) {
                    Some(known) => merge(known, value),
                    None => {
                        into.insert(key, value);
                    }
                }
            }
        }
        (Value::Array(into), Value::Array(from)) => {
            for (known, value) in into.iter_mut().zip(from) {
                merge(known, value);
            }
        }
        // the same scalar twice
        (_, _) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::select;

    #[test]
    fn masks_select_by_path_star_and_group() {
        let value = json!({
            "kind": "k", "nextPageToken": "t",
            "items": {"zones/a": {"instances": [{"id": "1", "name": "x", "tags": {"items": ["t"]}}]}, "zones/b": {"warning": {"code": "W"}}},
        });
        assert_eq!(
            select(&value, "nextPageToken,items/*/warning,items/*/instances(id,tags/items)"),
            Some(json!({
                "nextPageToken": "t",
                "items": {"zones/a": {"instances": [{"id": "1", "tags": {"items": ["t"]}}]}, "zones/b": {"warning": {"code": "W"}}},
            }))
        );
        assert_eq!(select(&value, "items(zones)"), Some(json!({})));
        assert_eq!(select(&value, "*"), Some(value));
    }

    #[test]
    fn broken_masks_are_refused() {
        for mask in ["", ",", "a,", "a(", "a(b", "a)b", "a/", "/a", "a()", "a(b))"] {
            assert_eq!(select(&json!({"a": {"b": 1}}), mask), None, "{mask}");
        }
        let deep = format!("{}a{}", "a(".repeat(200), ")".repeat(200));
        assert_eq!(select(&json!({}), &deep), None);
    }
}

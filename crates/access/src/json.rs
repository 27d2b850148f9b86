//! Reading JSON that may be anything: a value of the wrong type counts as missing (specification, section 11).

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value};

/// A type that is read from JSON, or is missing.
pub(crate) trait FromJson: Sized {
    /// `None` when the value has the wrong type.
    fn from_json(value: &Value) -> Option<Self>;
}

/// The member `key`, if it is there and has the right type.
pub(crate) fn member<T: FromJson>(object: &Map<String, Value>, key: &str) -> Option<T> {
    object.get(key).and_then(T::from_json)
}

/// The member `key`, or what stands for a missing one.
pub(crate) fn member_or_default<T: FromJson + Default>(object: &Map<String, Value>, key: &str) -> T {
    member(object, key).unwrap_or_default()
}

impl FromJson for String {
    fn from_json(value: &Value) -> Option<Self> {
        value.as_str().map(str::to_owned)
    }
}

impl FromJson for bool {
    fn from_json(value: &Value) -> Option<Self> {
        value.as_bool()
    }
}

impl FromJson for i64 {
    fn from_json(value: &Value) -> Option<Self> {
        value.as_i64()
    }
}

impl FromJson for Value {
    fn from_json(value: &Value) -> Option<Self> {
        Some(value.clone())
    }
}

impl FromJson for Timestamp {
    fn from_json(value: &Value) -> Option<Self> {
        value.as_str()?.parse().ok()
    }
}

impl<T: FromJson> FromJson for Vec<T> {
    fn from_json(value: &Value) -> Option<Self> {
        value.as_array().map(|items| items.iter().filter_map(T::from_json).collect())
    }
}

impl<T: FromJson> FromJson for BTreeMap<String, T> {
    fn from_json(value: &Value) -> Option<Self> {
        let members = value.as_object()?.iter();
        Some(members.filter_map(|(key, value)| Some((key.clone(), T::from_json(value)?))).collect())
    }
}

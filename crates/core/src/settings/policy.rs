//! The organisation's policy: a file that only administrators of this computer should be able to write; that is not
//! checked. It fixes values, which
//! nobody can then change, and gives others a default.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
};

use adit_contract::{Failure, SettingValue};
use serde::Deserialize;
use serde_json::Value;

use super::{file::Values, table};
use crate::{file, words::settings as words};

/// The largest policy that is read, in bytes.
const MAX_SIZE: u64 = 1024 * 1024;
/// Most values that are told to be wrong.
const MOST_TOLD: usize = 8;

/// Where the system keeps it.
#[must_use]
pub fn system_path() -> PathBuf {
    if cfg!(windows) {
        let data = std::env::var_os("ProgramData").filter(|data| !data.is_empty());
        data.map_or_else(|| PathBuf::from(r"C:\ProgramData"), PathBuf::from).join("Adit").join("policy.json")
    } else if cfg!(target_os = "macos") {
        PathBuf::from("/Library/Application Support/Adit/policy.json")
    } else {
        PathBuf::from("/etc/adit/policy.json")
    }
}

/// What the policy says of the settings that this version knows. Every value has passed its check.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Policy {
    pub(super) fixed: BTreeMap<&'static str, SettingValue>,
    pub(super) defaults: BTreeMap<&'static str, SettingValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    #[serde(default)]
    fixed: Values,
    #[serde(default)]
    defaults: Values,
}

/// Reads it; what is wrong with it is told beside what can be used.
pub(super) fn load(path: &Path) -> (Policy, Option<Failure>) {
    let bytes = match file::read_at_most(path, MAX_SIZE) {
        Ok(bytes) => bytes,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return (Policy::default(), None);
        }
        Err(error) => return (Policy::default(), Some(words::policy_unusable(path, &error.to_string()))),
    };
    match serde_json::from_slice::<Wire>(&bytes) {
        Ok(wire) => read(wire, path),
        Err(error) => (Policy::default(), Some(words::policy_unusable(path, &error.to_string()))),
    }
}

fn read(wire: Wire, path: &Path) -> (Policy, Option<Failure>) {
    let mut wrong = Vec::new();
    let policy =
        Policy { fixed: checked(wire.fixed, &mut wrong), defaults: checked(wire.defaults, &mut wrong) };
    if wrong.is_empty() {
        return (policy, None);
    }
    (policy, Some(words::policy_values(path, wrong.into_iter().take(MOST_TOLD))))
}

fn checked(
    values: BTreeMap<String, Value>,
    wrong: &mut Vec<(String, String)>,
) -> BTreeMap<&'static str, SettingValue> {
    let mut good = BTreeMap::new();
    for (key, value) in values {
        // One that a later version knows is no mistake.
        let Some(declared) = table::declared(&key) else { continue };
        match super::layers::checked(declared, &value) {
            Ok(value) => {
                good.insert(declared.key(), value);
            }
            Err(why) => wrong.push((key, why)),
        }
    }
    good
}

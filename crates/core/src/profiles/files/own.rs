//! Our own export: JSON that a person can read, with a version and without ids and secrets.

use adit_contract::{Failure, Profile, ProfileAction, TunnelAudience};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Found,
    secret::{LeftOut, leave_out},
    shown,
};
use crate::{
    failure,
    profiles::{check, content::EXPORT},
    words::profile_files as words,
};

/// The form that this version writes.
const VERSION: u64 = 1;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    adit: &'static str,
    version: u64,
    left_out: Vec<String>,
    folders: Vec<Vec<String>>,
    profiles: Vec<Profile>,
}

/// The most that are named as not understood.
const MOST_ODD: usize = 50;

/// The text of an export. `odd` are the names of those that this version does not understand.
///
/// # Errors
/// A mistake of ours.
pub(super) fn write(
    folders: Vec<Vec<String>>,
    mut profiles: Vec<Profile>,
    odd: Vec<String>,
) -> Result<String, Failure> {
    let mut left_out = vec![words::SECRETS_STAY.to_owned()];
    let more = odd.len().saturating_sub(MOST_ODD);
    let named = odd.into_iter().take(MOST_ODD);
    left_out.extend(named.map(|name| words::not_understood(&name)));
    if more > 0 {
        left_out.push(words::more_not_understood(more));
    }
    for profile in &mut profiles {
        // Whoever imports it is asked anew.
        profile.unconfirmed = None;
        let ProfileAction::Forward { forward } = &mut profile.action else { continue };
        let TunnelAudience::Launched { command } = &mut forward.audience else { continue };
        if leave_out(command) == LeftOut::Secret {
            left_out.push(words::password_among_arguments(&profile.name));
        }
    }
    let written = Written { adit: EXPORT, version: VERSION, left_out, folders, profiles };
    let text =
        serde_json::to_string_pretty(&written).map_err(|error| failure::internal(error.to_string()))?;
    Ok(text + "\n")
}

#[derive(Deserialize)]
struct Read {
    adit: String,
    version: u64,
    #[serde(default)]
    folders: Vec<Value>,
    profiles: Vec<Value>,
}

/// Reads an export.
///
/// # Errors
/// [`FailureCode::InvalidInput`](adit_contract::FailureCode::InvalidInput) for what is none, and for one of a later version.
pub(super) fn read(bytes: &[u8]) -> Result<Found, Failure> {
    let whole: Value = serde_json::from_slice(bytes).map_err(|_| words::not_profiles())?;
    let version = whole.get("version").and_then(Value::as_u64);
    if whole.get("adit").and_then(Value::as_str) == Some(EXPORT)
        && version.is_some_and(|later| later > VERSION)
    {
        return Err(words::later());
    }
    let read: Read = serde_json::from_value(whole).map_err(|_| words::not_profiles())?;
    if read.adit != EXPORT || read.version != VERSION {
        return Err(words::not_profiles());
    }
    let folders = read.folders.into_iter().filter_map(|path| serde_json::from_value(path).ok());
    let mut found = Found { folders: folders.collect(), ..Found::default() };
    found.folders.retain(|path: &Vec<String>| check::folder(path).is_ok_and(|path| !path.is_empty()));
    for value in read.profiles {
        let name =
            value.get("name").and_then(Value::as_str).map_or_else(|| words::WITHOUT_NAME.to_owned(), shown);
        let profile =
            serde_json::from_value::<Profile>(value).map_err(|_| words::OF_LATER_VERSION.to_owned());
        match profile.and_then(|profile| check::check(profile).map_err(|refused| refused.title)) {
            Ok(profile) => found.profiles.push(profile),
            Err(why) => found.notes.add(words::left_out(&name, &why)),
        }
    }
    if !found.profiles.is_empty() {
        found.notes.add(words::NO_PASSWORDS);
    }
    Ok(found)
}

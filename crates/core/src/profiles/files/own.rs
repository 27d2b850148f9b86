//! Our own export: JSON that a person can read, with a version and without ids and secrets.

use adit_contract::{Failure, FailureCode, Profile, ProfileAction, TunnelAudience};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Found, not_such,
    secret::{LeftOut, leave_out},
    shown,
};
use crate::{
    failure,
    profiles::{check, content::EXPORT},
};

/// The form that this version writes.
const VERSION: u64 = 1;
/// What is always left out, for whoever reads the file.
const ALWAYS: &str = "Passwords and keys: they stay in the keychain of the computer that wrote this.";

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
    let mut left_out = vec![ALWAYS.to_owned()];
    let more = odd.len().saturating_sub(MOST_ODD);
    let named = odd.into_iter().take(MOST_ODD);
    left_out.extend(named.map(|name| format!("\"{name}\": this version of Adit does not understand it.")));
    if more > 0 {
        left_out.push(format!("{more} more that this version of Adit does not understand."));
    }
    for profile in &mut profiles {
        // Whoever imports it is asked anew.
        profile.unconfirmed = None;
        let ProfileAction::Forward { forward } = &mut profile.action else { continue };
        let TunnelAudience::Launched { command } = &mut forward.audience else { continue };
        if leave_out(command) == LeftOut::Secret {
            left_out.push(format!(
                "\"{}\": what looked like a password among its program's arguments.",
                profile.name
            ));
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
/// [`FailureCode::InvalidInput`] for what is none, and for one of a later version.
pub(super) fn read(bytes: &[u8]) -> Result<Found, Failure> {
    let whole: Value = serde_json::from_slice(bytes).map_err(|_| not_such("file of profiles"))?;
    let version = whole.get("version").and_then(Value::as_u64);
    if whole.get("adit").and_then(Value::as_str) == Some(EXPORT)
        && version.is_some_and(|later| later > VERSION)
    {
        return Err(Failure::new(
            FailureCode::InvalidInput,
            "A later version of Adit wrote this file",
            "Update Adit, and import it then.",
        ));
    }
    let read: Read = serde_json::from_value(whole).map_err(|_| not_such("file of profiles"))?;
    if read.adit != EXPORT || read.version != VERSION {
        return Err(not_such("file of profiles"));
    }
    let folders = read.folders.into_iter().filter_map(|path| serde_json::from_value(path).ok());
    let mut found = Found { folders: folders.collect(), ..Found::default() };
    found.folders.retain(|path: &Vec<String>| check::folder(path).is_ok_and(|path| !path.is_empty()));
    for value in read.profiles {
        let name =
            value.get("name").and_then(Value::as_str).map_or_else(|| "One without a name".into(), shown);
        let profile = serde_json::from_value::<Profile>(value)
            .map_err(|_| "This version of Adit does not understand it.".to_owned());
        match profile.and_then(|profile| check::check(profile).map_err(|refused| refused.title)) {
            Ok(profile) => found.profiles.push(profile),
            Err(why) => found.notes.add(format!("\"{name}\" was left out. {why}")),
        }
    }
    if !found.profiles.is_empty() {
        found.notes.add("Passwords are in no such file. A desktop asks for them at its first start.");
    }
    Ok(found)
}

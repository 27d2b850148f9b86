//! The file of the profiles, `profiles.json`. What this version does not know stays in it, and so does a profile that it
//! cannot understand.

use std::collections::{BTreeMap, BTreeSet};

use adit_contract::{Failure, Profile};
use serde::{Deserialize, Serialize, de::Error as _, ser::Error as _};
use serde_json::{Map, Value};

use super::{check, shelf::Shelf};
use crate::words::profiles as words;

/// The form of the file that this version writes.
const VERSION: u64 = 1;
/// What an export says it is, in `adit`.
pub(super) const EXPORT: &str = "profiles";
/// The most profiles of a cloud.
pub(super) const MOST_PROFILES: usize = 1000;
/// The most that are told not to be understood.
const MOST_TOLD: usize = 8;
/// The longest name of one that is told, in characters.
const LONGEST_TOLD: usize = 80;

/// A profile in the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Stored {
    #[serde(default)]
    pub(super) id: String,
    #[serde(flatten)]
    pub(super) profile: Profile,
    /// Of a later version.
    #[serde(flatten)]
    pub(super) rest: Map<String, Value>,
    /// Its target and its action as they were read, where there is something of a later version in them.
    #[serde(skip)]
    pub(super) within: Map<String, Value>,
}

/// What the file holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Content {
    version: u64,
    /// By cloud, since a VM of one is none of another.
    #[serde(default)]
    pub(super) clouds: BTreeMap<String, Shelf>,
    /// Of a later version.
    #[serde(flatten)]
    rest: Map<String, Value>,
}

impl Default for Content {
    fn default() -> Self {
        Self { version: VERSION, clouds: BTreeMap::new(), rest: Map::new() }
    }
}

/// The content as it is read.
#[derive(Debug)]
pub(super) enum Read {
    /// Of this version, or of an older one brought up to it.
    Ours(Content),
    /// Of a later one, as far as it can be understood: it may be shown, and never written.
    Later(Content),
    /// An export that somebody has put there. It is no broken file, and to be imported.
    Export,
}

impl<'de> Deserialize<'de> for Read {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let whole = Map::deserialize(deserializer)?;
        if whole.get("adit").and_then(Value::as_str) == Some(EXPORT) {
            return Ok(Self::Export);
        }
        let version = whole.get("version").and_then(Value::as_u64);
        let read = serde_json::from_value::<Content>(Value::Object(whole)).map_err(D::Error::custom);
        match version {
            Some(VERSION) => read.map(Self::Ours),
            Some(later) if later > VERSION => Ok(Self::Later(read.unwrap_or_default())),
            // There has been no earlier form.
            Some(_) | None => Err(D::Error::custom("it does not say which form it has")),
        }
    }
}

/// The profiles of a cloud as they are read, to be understood one by one.
#[derive(Deserialize)]
struct Found {
    #[serde(default)]
    folders: Vec<Value>,
    #[serde(default)]
    profiles: Vec<Value>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// The same as they are written.
#[derive(Serialize)]
struct Written<'a> {
    folders: Vec<Value>,
    profiles: Vec<Value>,
    #[serde(flatten)]
    rest: &'a Map<String, Value>,
}

impl<'de> Deserialize<'de> for Shelf {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Found { folders, profiles, rest } = Found::deserialize(deserializer)?;
        let mut shelf = Self { rest, ..Self::default() };
        for value in folders {
            let path = Vec::<String>::deserialize(&value).ok().and_then(|path| check::folder(&path).ok());
            if path.is_none_or(|path| shelf.make_folder(&path).is_err()) {
                shelf.odd_folders.push(value);
            }
        }
        let mut taken = BTreeSet::new();
        for value in profiles {
            match understood(&value).filter(|_| shelf.profiles.len() < MOST_PROFILES) {
                Some(stored) if shelf.make_folder(&stored.profile.folder).is_ok() => {
                    let id = free_id(&stored.id, &taken);
                    taken.insert(id.clone());
                    shelf.profiles.push(Stored { id, ..stored });
                }
                Some(_) | None => shelf.odd.push(value),
            }
        }
        Ok(shelf)
    }
}

impl Serialize for Shelf {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let profiles = self.profiles.iter().map(Stored::written);
        let profiles = profiles.chain(self.odd.iter().cloned().map(Ok)).collect::<serde_json::Result<_>>();
        let profiles = profiles.map_err(S::Error::custom)?;
        let folders = self.folders.iter().map(|path| Value::from(path.clone()));
        let folders = folders.chain(self.odd_folders.iter().cloned()).collect();
        Written { folders, profiles, rest: &self.rest }.serialize(serializer)
    }
}

impl Stored {
    /// The profile as it stands in the file, with what of a later version was within.
    fn written(&self) -> serde_json::Result<Value> {
        let mut written = serde_json::to_value(self)?;
        for (key, read) in &self.within {
            if let Some(part) = written.get_mut(key) {
                complete(part, read);
            }
        }
        Ok(written)
    }
}

/// Adds what only the other one has, unless that is of another kind.
fn complete(ours: &mut Value, read: &Value) {
    let (Value::Object(ours), Value::Object(read)) = (ours, read) else { return };
    if ours.get("kind") != read.get("kind") {
        return;
    }
    for (key, value) in read {
        match ours.get_mut(key) {
            Some(ours) => complete(ours, value),
            None => drop(ours.insert(key.clone(), value.clone())),
        }
    }
}

fn understood(value: &Value) -> Option<Stored> {
    let mut stored = Stored::deserialize(value).ok()?;
    for key in ["target", "action"] {
        stored.within.insert(key.to_owned(), value.get(key)?.clone());
    }
    if stored.written().ok()? == serde_json::to_value(&stored).ok()? {
        stored.within.clear();
    }
    let profile = check::check(stored.profile).ok()?;
    Some(Stored { profile, ..stored })
}

/// An id that no profile before it has: whoever copies one in an editor may leave its id as it is.
fn free_id(wanted: &str, taken: &BTreeSet<String>) -> String {
    let usable = wanted.len() <= 64 && !wanted.is_empty();
    let base = if usable && wanted.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
        wanted
    } else {
        "profile"
    };
    if base == wanted && !taken.contains(base) {
        return base.to_owned();
    }
    (1_u32..).map(|n| format!("{base}-{n}")).find(|id| !taken.contains(id)).unwrap_or_default()
}

/// What of a cloud's profiles could not be understood; it stays in the file.
pub(super) fn not_understood(shelf: &Shelf) -> Option<Failure> {
    let count = shelf.odd.len();
    if count == 0 {
        return None;
    }
    let names = shelf.odd.iter().take(MOST_TOLD).map(odd_name);
    Some(words::some_not_understood(count, names))
}

/// What a profile that is not understood calls itself.
pub(super) fn odd_name(value: &Value) -> String {
    let name = value.get("name").and_then(Value::as_str).unwrap_or(words::WITHOUT_NAME);
    name.chars().filter(|c| !c.is_control() && !check::is_turning(*c)).take(LONGEST_TOLD).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::profiles::tests::{forward, profile};

    fn read(value: Value) -> Content {
        match serde_json::from_value::<Read>(value).unwrap() {
            Read::Ours(content) => content,
            Read::Later(_) | Read::Export => panic!("not of this version"),
        }
    }

    fn written(name: &str) -> Value {
        serde_json::to_value(profile(name)).unwrap()
    }

    #[test]
    fn what_this_version_does_not_know_or_understand_stays() {
        let mut web = written("web");
        web["id"] = json!("a");
        web["icon"] = json!({"deep": [1]});
        let file = json!({
            "version": 1,
            "sync": true,
            "clouds": {
                "google": {
                    "folders": [["Work"], 7, ["x", null], {"name": "y"}],
                    "profiles": [web, {"name": "odd", "target": {"kind": "phone"}}],
                    "sort": "name",
                },
                "other": {"folders": [], "profiles": [7]},
            },
        });
        let content = read(file.clone());
        assert_eq!(serde_json::to_value(&content).unwrap(), file);
        let told = not_understood(&content.clouds["google"]).unwrap();
        assert_eq!(told.facts[0].value, "odd");
    }

    #[test]
    fn what_a_later_version_has_within_a_profile_outlives_a_change() {
        let mut db = serde_json::to_value(Profile { action: forward(5432), ..profile("db") }).unwrap();
        db["id"] = json!("a");
        db["target"]["site"] = json!("north");
        db["action"]["forward"]["compress"] = json!({"level": 3});
        db["action"]["forward"]["audience"]["hours"] = json!([9, 17]);
        let mut file = json!({"version": 1, "clouds": {"google": {"folders": [], "profiles": [db]}}});
        let mut content = read(file.clone());
        let shelf = content.clouds.get_mut("google").unwrap();
        shelf.save(Some("a"), Profile { action: forward(5433), ..profile("db 2") }).unwrap();
        let written = &mut file["clouds"]["google"]["profiles"][0];
        written["name"] = json!("db 2");
        written["action"]["forward"]["port"] = json!(5433);
        written["action"]["forward"]["protocol"] = json!("any");
        assert_eq!(serde_json::to_value(&content).unwrap(), file);
        // Of another kind, it would mean something else.
        content.clouds.get_mut("google").unwrap().save(Some("a"), profile("db")).unwrap();
        let text = serde_json::to_string(&content).unwrap();
        assert!(text.contains("north") && !text.contains("compress"), "{text}");
    }

    #[test]
    fn folders_are_completed_and_ids_are_made_different() {
        let mut twice = written("web");
        twice["id"] = json!("a");
        twice["folder"] = json!(["Work", "DB"]);
        let file = json!({"version": 1, "clouds": {"google": {
            "profiles": [twice.clone(), twice, written("none")],
        }}});
        let shelf = &read(file).clouds["google"];
        assert_eq!(shelf.folders, [vec!["Work"], vec!["Work", "DB"]]);
        let ids: Vec<&str> = shelf.profiles.iter().map(|stored| stored.id.as_str()).collect();
        assert_eq!(ids, ["a", "a-1", "profile-1"]);
    }

    #[test]
    fn a_later_version_is_told_from_ours_and_from_what_is_broken() {
        let later = json!({"version": 2, "clouds": {"google": {"profiles": [written("web")]}}});
        let Read::Later(content) = serde_json::from_value::<Read>(later).unwrap() else { panic!("ours") };
        assert_eq!(content.clouds["google"].profiles.len(), 1);
        let odd = json!({"version": 2, "clouds": ["all different"]});
        assert!(matches!(serde_json::from_value::<Read>(odd).unwrap(), Read::Later(_)));
        for broken in [json!({}), json!({"version": 0}), json!({"version": 1, "clouds": 7}), json!([])] {
            serde_json::from_value::<Read>(broken).unwrap_err();
        }
    }

    #[test]
    fn more_than_there_may_be_stay_in_the_file() {
        let all: Vec<Value> = (0..MOST_PROFILES + 2).map(|n| written(&n.to_string())).collect();
        let shelf = &read(json!({"version": 1, "clouds": {"google": {"profiles": all}}})).clouds["google"];
        assert_eq!((shelf.profiles.len(), shelf.odd.len()), (MOST_PROFILES, 2));
    }
}

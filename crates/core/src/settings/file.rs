//! The settings file: what was set, by place. Keys and values that this version does not know stay as they are.

use std::collections::BTreeMap;

use adit_contract::{InstanceRef, PublicAddress, Scope};
use serde::{Deserialize, Serialize, de::Error as _};
use serde_json::{Map, Value};

use super::table;

/// The version that is written.
pub(super) const VERSION: u64 = 1;
/// Most places with values of their own.
pub(super) const MOST_PLACES: usize = 10_000;
/// Longest name of a project, zone or VM, in bytes.
const LONGEST_NAME: usize = 253;

/// Values by key, whatever they are.
pub(super) type Values = BTreeMap<String, Value>;

/// What the file holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Content {
    version: u64,
    #[serde(default)]
    everywhere: Values,
    /// By cloud, since a project of one is none of another; then by place: `PROJECT`, `PROJECT/ZONE` or
    /// `PROJECT/ZONE/NAME`.
    #[serde(default)]
    clouds: BTreeMap<String, BTreeMap<String, Values>>,
    /// Of a later version.
    #[serde(flatten)]
    rest: Map<String, Value>,
}

impl Default for Content {
    fn default() -> Self {
        Self { version: VERSION, everywhere: Values::new(), clouds: BTreeMap::new(), rest: Map::new() }
    }
}

/// The content as it is read: of this version, or of an older one brought up to it.
#[derive(Debug)]
pub(super) struct Stored(pub(super) Content);

impl<'de> Deserialize<'de> for Stored {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let map = Map::deserialize(deserializer)?;
        if map.contains_key("version") {
            return serde_json::from_value(Value::Object(map)).map(Self).map_err(D::Error::custom);
        }
        Ok(Self(from_unversioned(map)))
    }
}

/// The first form had no version and only what holds everywhere, all of it whether it had been changed or not. What
/// was within no bounds was cut to them. How the window is laid out now has a file of its own.
fn from_unversioned(mut map: Map<String, Value>) -> Content {
    for layout in ["explorerWidth", "explorerOpen"] {
        map.remove(layout);
    }
    let mut everywhere = Values::new();
    for (old, new) in [
        ("theme", table::THEME.key),
        ("terminalFontSize", table::FONT_SIZE.key),
        ("scrollback", table::SCROLLBACK.key),
        ("confirmPaste", table::CONFIRM_PASTE.key),
        ("preflight", table::PREFLIGHT.key),
    ] {
        if let Some(value) = map.remove(old) {
            everywhere.insert(new.to_owned(), value);
        }
    }
    for (key, most, least) in [(table::FONT_SIZE.key, 32, 8), (table::SCROLLBACK.key, 100_000, 0)] {
        if let Some(number) = everywhere.get(key).and_then(Value::as_u64) {
            everywhere.insert(key.to_owned(), number.clamp(least, most).into());
        }
    }
    let address = map.remove("publicAddress").map(serde_json::from_value::<PublicAddress>);
    let source = match address {
        None | Some(Err(_) | Ok(PublicAddress::AuditOnly)) => None,
        Some(Ok(PublicAddress::GoogleDns)) => Some("googleDns"),
        Some(Ok(PublicAddress::Manual { addresses })) => {
            everywhere.insert(table::PUBLIC_ADDRESSES.key.to_owned(), addresses.into());
            Some("manual")
        }
        Some(Ok(PublicAddress::Echo { url })) => {
            everywhere.insert(table::PUBLIC_ADDRESS_SERVICE.key.to_owned(), url.into());
            Some("echo")
        }
    };
    if let Some(source) = source {
        everywhere.insert(table::PUBLIC_ADDRESS.key.to_owned(), source.into());
    }
    for declared in table::TABLE {
        let usual = serde_json::to_value(declared.default()).ok();
        if everywhere.get(declared.key()) == usual.as_ref() {
            everywhere.remove(declared.key());
        }
    }
    Content { everywhere, rest: map, ..Content::default() }
}

impl Content {
    /// What is set at a place.
    pub(super) fn at(&self, cloud: &str, scope: &Scope) -> Option<&Values> {
        match place(scope) {
            Place::Everywhere => Some(&self.everywhere),
            Place::Below(place) => self.clouds.get(cloud)?.get(&place),
            Place::Elsewhere => None,
        }
    }

    /// Every place of a cloud with values of its own.
    pub(super) fn places(&self, cloud: &str) -> impl Iterator<Item = (Scope, &Values)> {
        let everywhere = std::iter::once((Scope::Everywhere, &self.everywhere));
        let below = self.clouds.get(cloud).into_iter().flatten();
        everywhere.chain(below.filter_map(|(place, values)| Some((scope(place)?, values))))
    }

    pub(super) fn count_places(&self) -> usize {
        self.clouds.values().map(BTreeMap::len).sum()
    }

    pub(super) fn set(&mut self, cloud: &str, scope: &Scope, key: &str, value: Value) {
        let values = match place(scope) {
            Place::Everywhere => &mut self.everywhere,
            Place::Below(place) => self.clouds.entry(cloud.to_owned()).or_default().entry(place).or_default(),
            Place::Elsewhere => return,
        };
        values.insert(key.to_owned(), value);
    }

    pub(super) fn reset(&mut self, cloud: &str, scope: &Scope, key: &str) {
        let place = match place(scope) {
            Place::Everywhere => {
                self.everywhere.remove(key);
                return;
            }
            Place::Below(place) => place,
            Place::Elsewhere => return,
        };
        let Some(places) = self.clouds.get_mut(cloud) else { return };
        if let Some(values) = places.get_mut(&place) {
            values.remove(key);
            if values.is_empty() {
                places.remove(&place);
            }
        }
        if places.is_empty() {
            self.clouds.remove(cloud);
        }
    }
}

/// Where the values of a place are.
enum Place {
    /// On the first level of the file.
    Everywhere,
    /// Under this name.
    Below(String),
    /// Not in this file: a profile keeps its own.
    Elsewhere,
}

fn place(scope: &Scope) -> Place {
    match scope {
        Scope::Everywhere => Place::Everywhere,
        Scope::Project { project } => Place::Below(project.clone()),
        Scope::Zone { project, zone } => Place::Below(format!("{project}/{zone}")),
        Scope::Vm { instance } => Place::Below(instance.to_string()),
        Scope::Profile { .. } => Place::Elsewhere,
    }
}

fn scope(place: &str) -> Option<Scope> {
    let parts: Vec<&str> = place.split('/').collect();
    Some(match parts.as_slice() {
        [project] => Scope::Project { project: (*project).to_owned() },
        [project, zone] => Scope::Zone { project: (*project).to_owned(), zone: (*zone).to_owned() },
        [project, zone, name] => Scope::Vm {
            instance: InstanceRef {
                project: (*project).to_owned(),
                zone: (*zone).to_owned(),
                name: (*name).to_owned(),
            },
        },
        _ => return None,
    })
}

/// Whether each part of a place is a name, so that no two places have the same one in the file.
pub(super) fn is_place(scope: &Scope) -> bool {
    let name = |name: &str| {
        !name.is_empty()
            && name.len() <= LONGEST_NAME
            && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':'))
    };
    let vm = |vm: &InstanceRef| name(&vm.project) && name(&vm.zone) && name(&vm.name);
    match scope {
        Scope::Everywhere => true,
        Scope::Project { project } => name(project),
        Scope::Zone { project, zone } => name(project) && name(zone),
        Scope::Vm { instance } => vm(instance),
        Scope::Profile { id, instance } => name(id) && instance.as_ref().is_none_or(vm),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(value: &Value) -> Content {
        serde_json::from_value::<Stored>(value.clone()).unwrap().0
    }

    #[test]
    fn the_first_form_is_brought_up_to_this_one() {
        let content = read(&json!({
            "theme": "dark", "terminalFontSize": 4000, "scrollback": 5000, "confirmPaste": false,
            "explorerWidth": 300, "explorerOpen": true, "preflight": true, "later": 1,
            "publicAddress": {"kind": "manual", "addresses": ["198.51.100.7"]},
        }));
        assert_eq!(
            serde_json::to_value(&content).unwrap(),
            json!({
                "version": 1, "clouds": {}, "later": 1,
                "everywhere": {
                    "appearance.theme": "dark", "terminal.fontSize": 32, "terminal.confirmPaste": false,
                    "access.publicAddress": "manual", "access.publicAddresses": ["198.51.100.7"],
                },
            })
        );
        let service = read(&json!({"publicAddress": {"kind": "echo", "url": "https://ip.acme.example/"}}));
        assert_eq!(service.everywhere["access.publicAddress"], "echo");
        assert_eq!(service.everywhere["access.publicAddressService"], "https://ip.acme.example/");
    }

    #[test]
    fn what_this_version_does_not_know_stays() {
        let file = json!({
            "version": 1,
            "everywhere": {"future.key": {"deep": [1]}},
            "clouds": {"google": {"acme-prod": {"rdp.port": 3390}, "a/b/c/d": {"x": 1}}},
            "folders": ["x"],
        });
        let mut content = read(&file);
        let project = Scope::Project { project: "acme-prod".to_owned() };
        content.reset("google", &project, "rdp.port");
        content.set("google", &project, "rdp.port", json!(3390));
        assert_eq!(serde_json::to_value(&content).unwrap(), file);
    }

    #[test]
    fn a_place_that_is_left_empty_is_forgotten() {
        let mut content = Content::default();
        let zone = Scope::Zone { project: "p".to_owned(), zone: "z".to_owned() };
        content.set("google", &zone, "rdp.port", json!(1));
        content.reset("another", &zone, "rdp.port");
        assert_eq!(content.count_places(), 1);
        content.reset("google", &zone, "rdp.port");
        assert_eq!(content, Content::default());
    }

    #[test]
    fn a_name_with_a_slash_is_no_place() {
        assert!(is_place(&Scope::Project { project: "acme.example:prod".to_owned() }));
        for project in ["", "a/b", "a b", "\u{202e}", &"a".repeat(300)] {
            assert!(!is_place(&Scope::Project { project: project.to_owned() }), "{project}");
        }
    }
}

//! The settings of a profile: kept in it, and named, checked and explained as those of any place.

use adit_contract::{Failure, ProfileTarget, Scope, SettingState, SettingValue};

use super::{Profiles, content::Stored};
use crate::{settings::Store, words::profiles as words};

/// The most that are named where a name means several.
const MOST_NAMED: usize = 8;

impl Profiles {
    /// The id of the profile that is called so: by its id, by `FOLDER/NAME`, or by a name that only one has.
    ///
    /// # Errors
    /// [`FailureCode::InvalidInput`](adit_contract::FailureCode::InvalidInput) for none and for several.
    pub fn find(&self, named: &str) -> Result<String, Failure> {
        let all = self.shelf().profiles;
        if let Some(stored) = all.iter().find(|stored| stored.id == named) {
            return Ok(stored.id.clone());
        }
        // Names may have slashes in them: both ways of reading one count.
        let meant = |stored: &&Stored| stored.profile.name == named || path(stored) == named;
        let found: Vec<&Stored> = all.iter().filter(meant).collect();
        match found.as_slice() {
            [one] => Ok(one.id.clone()),
            [] => Err(words::none_called(named)),
            several => {
                let each = several.iter().take(MOST_NAMED).map(|stored| (path(stored), stored.id.clone()));
                Err(words::several_called(several.len(), named, each))
            }
        }
    }

    /// A profile as a place for settings, which inherits from the VM that it leads to.
    ///
    /// # Errors
    /// [`FailureCode::InvalidInput`](adit_contract::FailureCode::InvalidInput) for an unknown one, as with all below.
    pub fn place(&self, id: &str) -> Result<Scope, Failure> {
        let instance = match self.get(id)?.target {
            ProfileTarget::Instance { instance } => Some(instance),
            // Only its start tells.
            ProfileTarget::Search { .. } | ProfileTarget::Host { .. } => None,
        };
        Ok(Scope::Profile { id: id.to_owned(), instance })
    }

    /// Those with values of their own, by their names in their folders.
    #[must_use]
    pub fn with_values(&self) -> Vec<String> {
        let all = self.shelf().profiles;
        all.iter().filter(|stored| !stored.profile.settings.is_empty()).map(path).collect()
    }

    /// What each setting comes to in a profile.
    ///
    /// # Errors
    /// As above, and for what is no place.
    pub fn setting_states(&self, settings: &Store, at: &Scope) -> Result<Vec<SettingState>, Failure> {
        let id = id_of(at)?;
        settings.states_in_profile(at, id, self.get(id)?.settings)
    }

    /// The same for one of them.
    ///
    /// # Errors
    /// As above, and for an unknown setting or one that no profile has.
    pub fn setting_state(&self, settings: &Store, at: &Scope, key: &str) -> Result<SettingState, Failure> {
        let id = id_of(at)?;
        settings.state_in_profile(at, id, self.get(id)?.settings, key)
    }

    /// Sets a value of a profile's own, or forgets it. Blocks.
    ///
    /// # Errors
    /// As [`Store::set`].
    pub fn set_value(
        &self,
        settings: &Store,
        at: &Scope,
        key: &str,
        value: Option<SettingValue>,
    ) -> Result<(), Failure> {
        let id = id_of(at)?;
        let value = match value {
            Some(value) => Some(settings.checked(at, key, value)?),
            None => {
                // What stands there may go, whether or not it counts.
                if !self.values(id).contains_key(key) {
                    settings.may_change(at, key)?;
                }
                None
            }
        };
        self.set(id, key, value)
    }

    /// The same from the words of a command line: one, or for a list as many as there are. Blocks.
    ///
    /// # Errors
    /// As [`Store::set`].
    pub fn set_words(
        &self,
        settings: &Store,
        at: &Scope,
        key: &str,
        words: &[String],
    ) -> Result<(), Failure> {
        self.set(id_of(at)?, key, Some(settings.parsed(at, key, words)?))
    }
}

fn id_of(at: &Scope) -> Result<&str, Failure> {
    match at {
        Scope::Profile { id, .. } => Ok(id),
        Scope::Everywhere | Scope::Project { .. } | Scope::Zone { .. } | Scope::Vm { .. } => {
            Err(words::no_profile())
        }
    }
}

/// `FOLDER/NAME`, as `adit profiles` shows it.
fn path(stored: &Stored) -> String {
    let names = stored.profile.folder.iter().chain([&stored.profile.name]);
    names.map(String::as_str).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use adit_contract::{FailureCode, Origin, Profile};

    use super::*;
    use crate::profiles::tests::{Home, profile, vm};

    fn words(text: &str) -> Vec<String> {
        vec![text.to_owned()]
    }

    #[test]
    fn a_profile_is_found_by_id_path_and_a_name_of_its_own() {
        let home = Home::new();
        let profiles = home.open();
        let inside = |folder: &str| Profile { folder: words(folder), ..profile("web") };
        let one = profiles.save(None, inside("One")).unwrap();
        let two = profiles.save(None, inside("Two")).unwrap();
        let slash = profiles.save(None, profile("a/b")).unwrap();
        assert_eq!(profiles.find(&two), Ok(two.clone()));
        assert_eq!(profiles.find("One/web"), Ok(one.clone()));
        assert_eq!(profiles.find("a/b"), Ok(slash));
        let several = profiles.find("web").unwrap_err();
        assert_eq!(several.code, FailureCode::InvalidInput);
        let facts: Vec<&str> = several.facts.iter().map(|fact| fact.value.as_str()).collect();
        assert_eq!(facts, [one.as_str(), two.as_str()]);
        assert_eq!(profiles.find("none").unwrap_err().code, FailureCode::InvalidInput);
    }

    #[test]
    fn a_profile_has_settings_as_any_place_has_and_inherits_from_its_vm() {
        let home = Home::new();
        let (profiles, store) = (home.peek(), Store::open(&home.config()).0);
        let target = ProfileTarget::Instance { instance: vm("web-1") };
        let id = profiles.save(None, Profile { target, ..profile("web") }).unwrap();
        let at = profiles.place(&id).unwrap();
        let port = |profiles: &Profiles| {
            let state = profiles.setting_state(&store, &at, "rdp.port").unwrap();
            (state.value, state.origin)
        };
        let vm = Scope::from(&vm("web-1"));
        store.set_words(&vm, "rdp.port", &words("3390")).unwrap();
        assert_eq!(port(&profiles), (SettingValue::Number(3390), Origin::Scope { scope: vm }));
        assert_eq!(profiles.with_values(), [""; 0]);
        profiles.set_words(&store, &at, "rdp.port", &words("3391")).unwrap();
        // As another process finds it.
        let here = Origin::Scope { scope: at.clone() };
        assert_eq!(port(&home.open()), (SettingValue::Number(3391), here));
        assert_eq!(profiles.with_values(), ["web"]);
        profiles.set_value(&store, &at, "rdp.port", None).unwrap();
        assert_eq!(port(&profiles).0, SettingValue::Number(3390));
        for (key, value) in [("rdp.port", "0"), ("rdp.prot", "1"), ("terminal.fontSize", "9")] {
            let refused = profiles.set_words(&store, &at, key, &words(value)).unwrap_err();
            assert_eq!(refused.code, FailureCode::InvalidInput, "{key}");
        }
        let keys: Vec<String> =
            profiles.setting_states(&store, &at).unwrap().into_iter().map(|state| state.key).collect();
        assert!(keys.contains(&"rdp.port".to_owned()) && !keys.contains(&"app.close".to_owned()), "{keys:?}");
        assert!(
            profiles.place("gone").is_err() && profiles.setting_states(&store, &Scope::Everywhere).is_err()
        );
    }
}

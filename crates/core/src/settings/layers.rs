//! What a setting comes to at a place: the policy, else the nearest place where it was set, else the default.

use std::collections::BTreeMap;

use adit_contract::{Origin, PublicAddress, Scope, ScopeKind, SettingState, SettingValue, Settings};
use serde::{Deserialize as _, Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{
    declared::{Declared, Setting},
    file::Content,
    policy::Policy,
    table::{self, AddressSource},
};
use crate::words::settings as words;

/// The settings at one moment.
#[derive(Debug, Clone, Default)]
pub struct Layers {
    pub(super) cloud: String,
    pub(super) content: Content,
    pub(super) policy: Policy,
    /// The profile that the values are asked for, by its id, and its own ones.
    pub(super) profile: Option<(String, BTreeMap<String, SettingValue>)>,
    /// What is said of the one connection that the values are asked for. Each has passed its check.
    pub(super) said: BTreeMap<String, SettingValue>,
}

/// A value of a file, as it is kept.
///
/// # Errors
/// What is to be written instead, in a sentence.
pub(super) fn checked(declared: &dyn Declared, value: &Value) -> Result<SettingValue, String> {
    let value = SettingValue::deserialize(value).map_err(|_| declared.kind().wanted())?;
    declared.kind().check(value)
}

/// What of a profile's own values does not count, each with its key and why.
#[must_use]
pub(crate) fn wrong_in_profile(values: &BTreeMap<String, SettingValue>) -> Vec<(&str, String)> {
    let wrong = values.iter().filter_map(|(key, value)| {
        let why = match table::declared(key) {
            None => words::OF_LATER_VERSION.to_owned(),
            Some(declared) if !declared.reach().scopes().contains(&ScopeKind::Profile) => {
                words::NOT_OF_PROFILE.to_owned()
            }
            Some(declared) => declared.kind().check(value.clone()).err()?,
        };
        Some((key.as_str(), why))
    });
    wrong.collect()
}

impl Layers {
    /// The same, and nearest of all the values of a profile, for [`Scope::Profile`] with this id.
    #[must_use]
    pub(crate) fn with_profile(&self, id: &str, values: BTreeMap<String, SettingValue>) -> Self {
        Self { profile: Some((id.to_owned(), values)), ..self.clone() }
    }

    /// The value in force at a place, such as `get(&RDP_PORT, &Scope::from(&instance))`.
    pub fn get<T: Serialize + DeserializeOwned + Clone + Sync>(&self, setting: &Setting<T>, at: &Scope) -> T {
        if let Some(said) = self.said.get(setting.key)
            && !self.is_locked(setting)
        {
            return setting.read(said);
        }
        setting.read(&self.resolve(setting, Some(at)).0)
    }

    /// Each setting that can be set at a place, in the order of the table.
    #[must_use]
    pub fn states(&self, at: &Scope) -> Vec<SettingState> {
        let here = table::TABLE.iter().filter(|declared| declared.reach().scopes().contains(&at.kind()));
        here.map(|declared| self.state(*declared, at)).collect()
    }

    pub(super) fn state(&self, declared: &dyn Declared, at: &Scope) -> SettingState {
        let (value, origin) = self.resolve(declared, Some(at));
        let (inherited, inherited_origin) = self.resolve(declared, at.parent().as_ref());
        SettingState {
            key: declared.key().to_owned(),
            value,
            origin,
            inherited,
            inherited_origin,
            locked: self.is_locked(declared),
            problem: self.own(declared, at).and_then(Result::err),
        }
    }

    /// Layers of a policy alone that has decided this.
    #[cfg(test)]
    pub(crate) fn fixed_by_policy<T: Serialize + DeserializeOwned + Clone + Sync>(
        setting: &Setting<T>,
        value: SettingValue,
    ) -> Self {
        let mut layers = Self::default();
        layers.policy.fixed.insert(setting.key, value);
        layers
    }

    /// Whether the policy has decided.
    pub(super) fn is_locked(&self, declared: &dyn Declared) -> bool {
        self.policy.fixed.contains_key(declared.key())
    }

    fn resolve(&self, declared: &dyn Declared, at: Option<&Scope>) -> (SettingValue, Origin) {
        if let Some(fixed) = self.policy.fixed.get(declared.key()) {
            return (fixed.clone(), Origin::Policy);
        }
        let mut next = at.cloned();
        while let Some(scope) = next {
            if declared.reach().scopes().contains(&scope.kind())
                && let Some(Ok(value)) = self.own(declared, &scope)
            {
                return (value, Origin::Scope { scope });
            }
            next = scope.parent();
        }
        match self.policy.defaults.get(declared.key()) {
            Some(value) => (value.clone(), Origin::Policy),
            None => (declared.default(), Origin::Default),
        }
    }

    /// What is set at this very place, or what is wrong with it.
    fn own(&self, declared: &dyn Declared, at: &Scope) -> Option<Result<SettingValue, String>> {
        if let Scope::Profile { id, .. } = at {
            let (_, values) = self.profile.as_ref().filter(|(of, _)| of == id)?;
            return Some(declared.kind().check(values.get(declared.key())?.clone()));
        }
        let value = self.content.at(&self.cloud, at)?.get(declared.key())?;
        Some(checked(declared, value))
    }

    /// The values of this cloud that cannot be used, with what is to be written instead.
    pub(super) fn problems(&self) -> Vec<(Scope, &'static str, String)> {
        let mut problems = Vec::new();
        for (scope, values) in self.content.places(&self.cloud) {
            for declared in table::TABLE {
                if let Some(Err(why)) = values.get(declared.key()).map(|value| checked(*declared, value)) {
                    problems.push((scope.clone(), declared.key(), why));
                }
            }
        }
        problems
    }

    /// Every place with values of its own, everywhere first.
    #[must_use]
    pub fn places(&self) -> Vec<Scope> {
        let known = |key: &String| table::declared(key).is_some();
        let places = self.content.places(&self.cloud);
        places.filter(|(_, values)| values.keys().any(known)).map(|(scope, _)| scope).collect()
    }

    /// The view of what the whole window follows.
    #[must_use]
    pub fn window(&self) -> Settings {
        let at = &Scope::Everywhere;
        Settings {
            theme: self.get(&table::THEME, at),
            terminal_font_size: self.get(&table::FONT_SIZE, at),
            scrollback: self.get(&table::SCROLLBACK, at),
            confirm_paste: self.get(&table::CONFIRM_PASTE, at),
            screen_reader: self.get(&table::SCREEN_READER, at),
            public_address: self.public_address(),
            preflight: self.get(&table::PREFLIGHT, at),
        }
    }

    fn public_address(&self) -> PublicAddress {
        let at = &Scope::Everywhere;
        let chosen = match self.get(&table::PUBLIC_ADDRESS, at) {
            AddressSource::AuditOnly => PublicAddress::AuditOnly,
            AddressSource::Manual => {
                PublicAddress::Manual { addresses: self.get(&table::PUBLIC_ADDRESSES, at) }
            }
            AddressSource::Echo => PublicAddress::Echo { url: self.get(&table::PUBLIC_ADDRESS_SERVICE, at) },
            AddressSource::GoogleDns => PublicAddress::GoogleDns,
        };
        // A choice that still has to be filled in is not in force yet.
        match chosen {
            PublicAddress::Manual { addresses } if addresses.is_empty() => PublicAddress::AuditOnly,
            PublicAddress::Echo { url } if url.is_empty() => PublicAddress::AuditOnly,
            filled => filled,
        }
    }
}

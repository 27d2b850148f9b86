//! Values for one connection, beside those of its place: as an address says them, or the options of a command.

use std::{collections::BTreeMap, fmt::Write as _};

use adit_contract::{Failure, LinkParameters, ScopeKind, SettingValue};

use super::{
    declared::{Declared, Kind, Link},
    layers::Layers,
    shown,
    table::{self, TABLE},
};
use crate::words::settings as words;

/// How a parameter of an address is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// As in `adit://rdp/…?port=3390`.
    Adit,
    /// As in `iap-rdp:///…?RdpPort=3390`.
    IapDesktop,
}

/// What a parameter of an address is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Parameter {
    /// A value of the setting with this key.
    Value(&'static str, SettingValue),
    /// None that an address may have, or a value that does not exist here.
    Unknown,
    /// A value that the setting does not take.
    Wrong,
}

/// Reads a parameter of an address that opens what the settings of this family are about, such as `rdp`. Large and small
/// letters of its name are the same.
pub(crate) fn parameter(family: &str, dialect: Dialect, name: &str, value: &str) -> Parameter {
    let named = |declared: &&&dyn Declared| match (declared.link(), dialect) {
        (Link::May { .. }, Dialect::Adit) => {
            part_of(family, declared.key()).is_some_and(|part| part.eq_ignore_ascii_case(name))
        }
        (Link::May { iap: Some(iap) }, Dialect::IapDesktop) => iap.name.eq_ignore_ascii_case(name),
        (Link::May { iap: None } | Link::Never, _) => false,
    };
    let Some(declared) = TABLE.iter().find(named) else { return Parameter::Unknown };
    let words = match (declared.link(), dialect) {
        (Link::May { iap: Some(iap) }, Dialect::IapDesktop) if !iap.values.is_empty() => {
            match iap.values.iter().find(|(there, _)| *there == value) {
                Some((_, Some(here))) => *here,
                Some((_, None)) => return Parameter::Unknown,
                None => return Parameter::Wrong,
            }
        }
        (Link::May { .. } | Link::Never, _) => value,
    };
    // An empty text would take away what the settings have.
    if words.trim().is_empty() {
        return Parameter::Wrong;
    }
    match declared.kind().parse(&[words.to_owned()]) {
        Ok(value) => Parameter::Value(declared.key(), value),
        Err(_) => Parameter::Wrong,
    }
}

/// What stands behind the dot of a key of this family.
fn part_of<'a>(family: &str, key: &'a str) -> Option<&'a str> {
    key.split_once('.').filter(|(first, _)| *first == family).map(|(_, part)| part)
}

/// The declaration of a key that an address may name.
fn linkable(key: &str) -> Option<&'static dyn Declared> {
    table::declared(key).filter(|declared| matches!(declared.link(), Link::May { .. }))
}

/// What of an address' values counts: it may come from a page, or from a file of another version.
pub(crate) fn sound(parameters: &LinkParameters) -> BTreeMap<String, SettingValue> {
    let sound = parameters.0.iter().filter_map(|(key, value)| {
        let declared = linkable(key)?;
        Some((key.clone(), declared.kind().check(value.clone()).ok()?))
    });
    sound.collect()
}

/// A value of a setting in words: `Port: 3390`.
pub(crate) fn line(key: &str, value: &SettingValue) -> Option<String> {
    let declared = table::declared(key)?;
    let value = match (declared.kind(), value) {
        (Kind::Choice(options), SettingValue::Text(text)) => {
            options.iter().find(|option| option.value == text).map(|option| option.title.to_owned())
        }
        (Kind::Choice(_) | Kind::Toggle | Kind::Number { .. } | Kind::Text { .. } | Kind::List { .. }, _) => {
            None
        }
    }
    .unwrap_or_else(|| shown(value));
    Some(words::line(declared.title(), &value))
}

impl Layers {
    /// The same, and nearest of all what an address says. What the policy has decided stays as it is.
    #[must_use]
    pub(crate) fn with_link(&self, parameters: &LinkParameters) -> Self {
        Self { said: sound(parameters), ..self.clone() }
    }

    /// What of an address' values the policy leaves no room for, by the keys.
    pub(crate) fn decides(&self, parameters: &LinkParameters) -> Vec<String> {
        let locked = |key: &&String| linkable(key).is_some_and(|declared| self.is_locked(declared));
        parameters.0.keys().filter(locked).cloned().collect()
    }

    /// The same, and nearest of all what the options of a command say: keys with their values in words, as many for a list as
    /// there are. `family` is what the keys begin with, such as `rdp`.
    ///
    /// # Errors
    /// [`FailureCode::InvalidInput`](adit_contract::FailureCode::InvalidInput) for a key that is none of the family
    /// and for a value that its setting does not take,
    /// [`FailureCode::PermissionDenied`](adit_contract::FailureCode::PermissionDenied) for what the policy has decided.
    pub fn with_words(&self, family: &str, said: &[(String, String)]) -> Result<Self, Failure> {
        let mut words: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (key, value) in said {
            words.entry(key).or_default().push(value.clone());
        }
        let mut values = BTreeMap::new();
        for (key, words) in words {
            let declared =
                of(family).find(|declared| declared.key() == key).ok_or_else(|| unknown(family, key))?;
            if self.is_locked(declared) {
                return Err(words::decided(key));
            }
            let value =
                declared.kind().parse(&words).map_err(|why| words::no_value_of(declared.key(), why))?;
            values.insert(key.to_owned(), value);
        }
        Ok(Self { said: values, ..self.clone() })
    }
}

/// The settings of a family that one connection can have.
fn of(family: &str) -> impl Iterator<Item = &'static dyn Declared> {
    let inherited = |declared: &&dyn Declared| declared.reach().scopes().contains(&ScopeKind::Vm);
    TABLE.iter().copied().filter(inherited).filter(move |declared| part_of(family, declared.key()).is_some())
}

fn unknown(family: &str, key: &str) -> Failure {
    let keys: Vec<&str> = of(family).map(|declared| declared.key()).collect();
    words::unknown_to_command(key, &keys)
}

/// The settings of a family for the help of a command: a line each, with its values.
#[must_use]
pub fn help(family: &str) -> String {
    let mut text = "Settings for --set:\n".to_owned();
    for declared in of(family) {
        let values = match declared.kind() {
            Kind::Toggle => "on or off".to_owned(),
            // All keyboards would be a page of their own.
            Kind::Choice(options) if options.len() > 8 => {
                let first: Vec<&str> = options.iter().take(3).map(|option| option.value).collect();
                format!("{}, … (docs/settings.md has all)", first.join(", "))
            }
            Kind::Choice(options) => options.iter().map(|option| option.value).collect::<Vec<_>>().join(", "),
            Kind::Number { min, max, .. } => format!("{min} to {max}"),
            Kind::Text { hint, .. } => format!("such as {hint}"),
            Kind::List { hint, .. } => format!("such as {hint}; repeatable"),
        };
        let _ = writeln!(text, "  {:<20} {}: {values}", declared.key(), declared.title());
    }
    text
}

/// What addresses can say, as a table of the guide.
pub(super) fn guide() -> String {
    let mut text =
        "### In an address\n\n| setting | `adit://rdp/…?` | `iap-rdp:///…?` |\n|---|---|---|\n".to_owned();
    for declared in TABLE {
        let Link::May { iap } = declared.link() else { continue };
        let part = part_of("rdp", declared.key()).unwrap_or_default();
        let there = iap.map_or_else(String::new, |iap| {
            let values = iap.values.iter().map(|(there, here)| match here {
                Some(here) => format!("`{there}`: `{here}`"),
                None => format!("`{there}` is not taken"),
            });
            let values: Vec<String> = values.collect();
            let values = if values.is_empty() { String::new() } else { format!(" ({})", values.join(", ")) };
            format!("`{}=`{values}", iap.name)
        });
        let _ = writeln!(text, "| `{}` | `{part}=` | {there} |", declared.key());
    }
    text
}

//! Places and values as a line of text names them.

use adit_contract::{Scope, SettingValue};

/// A place: `everywhere`, `acme-prod`, `acme-prod/europe-west1-b`, with the VM's name, or `profile ID`.
#[must_use]
pub fn called(scope: &Scope) -> String {
    match scope {
        Scope::Everywhere => "everywhere".to_owned(),
        Scope::Project { project } => project.clone(),
        Scope::Zone { project, zone } => format!("{project}/{zone}"),
        Scope::Vm { instance } => instance.to_string(),
        Scope::Profile { id, .. } => format!("profile {id}"),
    }
}

/// A value: `on`, `3389`, `text`; the lines of a list with commas between them; nothing for none.
#[must_use]
pub fn shown(value: &SettingValue) -> String {
    match value {
        SettingValue::Toggle(true) => "on".to_owned(),
        SettingValue::Toggle(false) => "off".to_owned(),
        SettingValue::Number(number) => number.to_string(),
        SettingValue::Text(text) => text.clone(),
        SettingValue::List(lines) => lines.join(", "),
    }
}

//! What an address such as `adit://ssh/PROJECT/ZONE/INSTANCE` asks for. Nothing of it is done before a person agrees.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};
use ts_rs::TS;

use crate::{inventory::InstanceRef, settings::SettingValue};

/// What is to be done with the VM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum LinkAction {
    /// Connect; the person chooses how.
    Connect,
    /// Open a terminal.
    Ssh,
    /// Open a remote desktop.
    Rdp,
    /// Forward a port; the form for it opens.
    Forward,
    /// Explain the way to a port.
    Explain,
}

/// What an address says of one connection: values by the settings' keys, of those settings only that an address may name. They
/// count before those of every place, and never against an organisation's policy.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct LinkParameters(pub BTreeMap<String, SettingValue>);

impl<'de> Deserialize<'de> for LinkParameters {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // An earlier form of the app's tabs has nulls, and names that do not say whose they are: a desktop's.
        let read = BTreeMap::<String, Option<SettingValue>>::deserialize(deserializer)?;
        let whole = |key: String| if key.contains('.') { key } else { format!("rdp.{key}") };
        let values = read.into_iter().filter_map(|(key, value)| Some((whole(key), value?)));
        Ok(Self(values.collect()))
    }
}

/// What an address asks for, to be shown and agreed to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct LinkOffer {
    /// What is to be done.
    pub action: LinkAction,
    /// The VM.
    pub instance: InstanceRef,
    /// The port, for a forward and an explanation.
    pub port: Option<u16>,
    /// For a desktop: what the address says of it.
    pub parameters: LinkParameters,
    /// The same in words, a line each.
    pub says: Vec<String>,
    /// For a desktop: what of this computer it would get, a line each.
    pub shares: Vec<String>,
    /// The names of parameters that are not taken.
    pub ignored: Vec<String>,
}

//! The settings: declared once ([`table`]), inherited from everywhere to project, zone and VM ([`Layers`]), kept in a
//! file that several processes share ([`Store`]), and bounded by a policy that an administrator may have laid down.

mod check;
mod declared;
mod file;
mod guide;
mod keyboard;
mod layers;
mod policy;
mod said;
mod store;
pub mod table;
#[cfg(test)]
mod tests;

use adit_contract::SettingSpec;

pub use self::{
    declared::Setting,
    guide::guide,
    keyboard::keyboard_layout_id,
    layers::Layers,
    policy::system_path,
    said::help,
    store::{Changed, Store},
};
pub(crate) use self::{
    layers::wrong_in_profile,
    said::{Dialect, Parameter, line, parameter, sound},
    store::usable_in_profile,
};
pub use crate::words::settings::{called, shown};

/// What is declared of every setting, in the order in which it is shown.
#[must_use]
pub fn specs() -> Vec<SettingSpec> {
    table::TABLE.iter().map(|declared| declared.spec()).collect()
}

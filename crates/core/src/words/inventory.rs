//! The tree of projects and VMs.

use adit_contract::Failure;

use super::invalid;

pub(crate) fn search_too_long() -> Failure {
    invalid("The text is too long", "Search for less.")
}

pub(crate) fn zone_silent(zone: &str) -> String {
    format!("{zone} did not answer")
}

pub(crate) const NO_VMS: &str = "No VMs in this project";
pub(crate) const NO_ACCESS: &str = "no access";
pub(crate) const API_OFF: &str = "API is off";
pub(crate) const NOT_LISTED: &str = "not listed";

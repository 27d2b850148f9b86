//! Which access levels a caller meets, from where it calls.

use std::collections::BTreeMap;

use super::conditions::{Origin, in_range, meets, reaches};
use super::{Caller, State};
use crate::landscape::{AccessLevel, Combine, Device, DevicePolicy, LevelCondition};
use crate::oauth::subject;

/// Levels as one request finds them, each evaluated once.
pub(super) struct Levels<'a> {
    state: &'a State,
    caller: &'a Caller,
    now: jiff::Timestamp,
    /// `None` while a level is being evaluated: who meets it again goes round in a ring.
    known: BTreeMap<String, Option<bool>>,
}

impl<'a> Levels<'a> {
    pub(super) const fn new(state: &'a State, caller: &'a Caller, now: jiff::Timestamp) -> Self {
        Self { state, caller, now, known: BTreeMap::new() }
    }

    /// Whether the caller meets a level. One that does not exist, that cannot be decided or that needs itself is not met.
    pub(super) fn met(&mut self, name: &str) -> bool {
        if let Some(known) = self.known.get(name) {
            return known.unwrap_or(false);
        }
        let state = self.state;
        let Some(level) = state.landscape().access_levels.iter().find(|level| level.name == name) else {
            return false;
        };
        self.known.insert(name.to_owned(), None);
        let met = self.level(level).unwrap_or(false);
        self.known.insert(name.to_owned(), Some(met));
        met
    }

    /// All levels that were evaluated: those met, and the others.
    pub(super) fn sorted(self) -> (Vec<String>, Vec<String>) {
        let (met, other): (Vec<_>, Vec<_>) = self.known.into_iter().partition(|(_, met)| *met == Some(true));
        let names = |list: Vec<(String, _)>| list.into_iter().map(|(name, _)| name).collect();
        (names(met), names(other))
    }

    fn level(&mut self, level: &AccessLevel) -> Option<bool> {
        if let Some(custom) = &level.custom {
            let expression = &custom.expr.expression;
            let (policy, _) = level.name.rsplit_once('/')?;
            let mut levels = Vec::new();
            for name in expression.fields_of("levels") {
                levels.push((name.to_owned(), self.met(&format!("{policy}/{name}"))));
            }
            let origin = Origin {
                place: self.caller.place.as_ref(),
                principal: format!("https://accounts.google.com/{}", subject(&self.caller.email)),
                levels,
                now: self.now,
            };
            return meets(expression, &origin);
        }
        let basic = level.basic.as_ref()?;
        // each is evaluated, so that a record of the request names every level that played a part
        let values: Vec<bool> = basic.conditions.iter().map(|condition| self.condition(condition)).collect();
        Some(match basic.combining_function {
            Combine::And => values.iter().all(|value| *value),
            Combine::Or => values.iter().any(|value| *value),
        })
    }

    fn condition(&mut self, condition: &LevelCondition) -> bool {
        let place = self.caller.place.as_ref();
        let mut all = true;
        if !condition.ip_subnetworks.is_empty() {
            all &= place.is_some_and(|place| {
                condition.ip_subnetworks.iter().any(|range| in_range(place.ip, range) == Some(true))
            });
        }
        // nobody here calls from a network of the organisation's
        all &= condition.vpc_network_sources.is_empty();
        if !condition.regions.is_empty() {
            let region = place.and_then(|place| place.region.as_ref());
            all &= region.is_some_and(|region| condition.regions.contains(region));
        }
        if !condition.members.is_empty() {
            let listed = |member: &String| {
                matches!(member.split_once(':'), Some(("user" | "serviceAccount", email))
                    if email.eq_ignore_ascii_case(&self.caller.email))
            };
            all &= condition.members.iter().any(listed);
        }
        for name in &condition.required_access_levels {
            all &= self.met(name);
        }
        if let Some(policy) = &condition.device_policy {
            all &= suits(policy, place.and_then(|place| place.device.as_ref()));
        }
        all != condition.negate
    }
}

/// Whether a device is what a policy wants; without a record, only a policy that wants nothing is satisfied.
fn suits(policy: &DevicePolicy, device: Option<&Device>) -> bool {
    let wants_nothing = !policy.require_screenlock
        && !policy.require_admin_approval
        && !policy.require_corp_owned
        && policy.allowed_encryption_statuses.is_empty()
        && policy.allowed_device_management_levels.is_empty()
        && policy.os_constraints.is_empty();
    let Some(device) = device else { return wants_nothing };
    let any_or_listed = |empty: bool, listed: bool| empty || listed;
    (device.screen_lock || !policy.require_screenlock)
        && (device.admin_approved || !policy.require_admin_approval)
        && (device.corp_owned || !policy.require_corp_owned)
        && any_or_listed(
            policy.allowed_encryption_statuses.is_empty(),
            policy.allowed_encryption_statuses.contains(&device.encryption),
        )
        && any_or_listed(
            policy.allowed_device_management_levels.is_empty(),
            policy.allowed_device_management_levels.contains(&device.management),
        )
        && any_or_listed(
            policy.os_constraints.is_empty(),
            policy.os_constraints.iter().any(|wanted| {
                wanted.os_type == device.os
                    && (wanted.minimum_version.is_empty()
                        || reaches(&device.os_version, &wanted.minimum_version) == Some(true))
                    && (device.verified_chrome_os || !wanted.require_verified_chrome_os)
            }),
        )
}

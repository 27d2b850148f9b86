//! What it comes to: the verdict, its heading, what to do, and on what it rests.

use adit_access::{
    Basis, Certainty, Explanation as Judged, Input, LevelStatus, ReadState, Value, Verdict as Found,
};
use adit_contract::{FailureCode, InstanceStatus, Verdict};
use adit_firewall::Verdict as Firewall;

use super::Told;
use crate::explain::{
    case::{Case, Ladder},
    evidence::Evidence,
    observed::Observed,
};

/// The verdict, finer than the evaluator's where VM or firewall are known.
pub(super) fn of(
    case: &Case,
    evidence: &Evidence,
    (input, judged): (&Input, &Judged),
    firewall: Option<&adit_firewall::Judgement>,
) -> Verdict {
    if let Some(Observed::NotRunning(_)) = case.observed {
        return Verdict::VmNotRunning;
    }
    if case.ladder() == Ladder::None && case.observed.is_none() {
        let code = case.failure.as_ref().map(|failure| failure.code);
        return if code == Some(FailureCode::SignInNeeded) { Verdict::Reauth } else { Verdict::UnknownError };
    }
    let stopped = evidence.vm_status().is_some_and(|status| status != "RUNNING");
    let blocked =
        firewall.is_some_and(|judged| matches!(judged.verdict, Firewall::Blocked | Firewall::PartlyAllowed));
    let beforehand = case.observed.is_none();
    let holds = evidence.permission(case);
    match judged.verdict {
        Found::BackendUnreachable | Found::Allowed if stopped => Verdict::VmNotRunning,
        Found::BackendUnreachable | Found::Allowed if blocked => Verdict::FirewallBlocked,
        Found::TargetNotFound if stopped => Verdict::VmNotRunning,
        _ if beforehand && !evidence.is_begun() => Verdict::Checking,
        // Asked about this very permission IAP says no, so something that cannot be read is in the way. A condition
        // on the destination has no value in that question, and so only a grant without a condition is in doubt.
        Found::Allowed if holds == Some(false) && grants_without_condition(input, judged) => {
            Verdict::Undecided
        }
        Found::Allowed => Verdict::Allowed,
        // IAP says yes, so what could not be checked is as it should be.
        Found::GroupMembership | Found::RoleUnreadable if beforehand && holds == Some(true) => {
            Verdict::Allowed
        }
        Found::NotReadable if beforehand => Verdict::Undecided,
        Found::AccessLevelNotMet
        | Found::ConditionNotMet
        | Found::GroupMembership
        | Found::RoleUnreadable
            if beforehand && judged.certainty == Certainty::Possible =>
        {
            Verdict::Undecided
        }
        Found::NoGrant => Verdict::NoGrant,
        Found::NotReadable => Verdict::NotReadable,
        Found::GroupMembership => Verdict::GroupMembership,
        Found::RoleUnreadable => Verdict::RoleUnreadable,
        Found::ConditionNotMet => Verdict::ConditionNotMet,
        Found::ConditionNeverTrue => Verdict::ConditionNeverTrue,
        Found::AccessLevelNotMet => Verdict::AccessLevelNotMet,
        Found::DenyPolicy => Verdict::DenyPolicy,
        Found::PolicyConflict => Verdict::PolicyConflict,
        Found::AccessBinding => Verdict::AccessBinding,
        Found::VpcSc => Verdict::VpcServiceControls,
        Found::Reauth => Verdict::Reauth,
        Found::BackendUnreachable => Verdict::BackendUnreachable,
        Found::BackendClosed => Verdict::BackendClosed,
        Found::TargetNotFound => Verdict::TargetNotFound,
        Found::SessionLost => Verdict::SessionLost,
        Found::TokenRejected => Verdict::TokenRejected,
        Found::HandshakeBlocked => Verdict::HandshakeBlocked,
        Found::ProxyAuth => Verdict::ProxyAuth,
        Found::SignInBlocked => Verdict::SignInBlocked,
        Found::ApiDisabled => Verdict::ApiDisabled,
        Found::QuotaProjectRejected => Verdict::QuotaProjectRejected,
        Found::ScopeMissing => Verdict::ScopeMissing,
        Found::PermissionDenied => Verdict::PermissionDenied,
        Found::OrgRestriction => Verdict::OrgRestriction,
        Found::UnknownError => Verdict::UnknownError,
    }
}

/// Whether a binding grants without a condition.
fn grants_without_condition(input: &Input, judged: &Judged) -> bool {
    let read = input.allow.iter().filter(|node| node.state == ReadState::Read);
    let bindings: Vec<_> = read.flat_map(|node| &node.bindings).collect();
    judged.bindings.iter().filter(|row| row.4 == Value::T).any(|row| {
        let condition = bindings.get(row.0).and_then(|binding| binding.condition.as_ref());
        condition.is_none_or(|condition| condition.expression.trim().is_empty())
    })
}

impl Told<'_> {
    fn vm(&self) -> &str {
        crate::called(&self.case.target)
    }

    pub(super) fn title(&self) -> String {
        let vm = self.vm();
        if self.is_preliminary() {
            return if self.case.observed.is_some() {
                format!("IAP does not let you in to {vm}")
            } else {
                format!("Looking at what stands before {vm}")
            };
        }
        match self.verdict {
            Verdict::Checking => format!("Looking at what stands before {vm}"),
            Verdict::Allowed => format!("The way to {vm} is open, as far as can be read"),
            Verdict::Undecided => format!("Whether you get in to {vm} cannot be told for certain"),
            Verdict::NoGrant => "You have no role that lets you in".to_owned(),
            Verdict::AccessLevelNotMet => self.level_title(),
            Verdict::ConditionNotMet if self.judged.certainty == Certainty::Possible => {
                "The condition on your role may not be met".to_owned()
            }
            Verdict::ConditionNotMet => "The condition on your role is not met".to_owned(),
            Verdict::ConditionNeverTrue => "Your role has a condition that can never be true".to_owned(),
            Verdict::GroupMembership => "It hangs on your membership of a group".to_owned(),
            Verdict::RoleUnreadable => "It hangs on a role that you may not read".to_owned(),
            Verdict::DenyPolicy => "A deny policy keeps you out".to_owned(),
            Verdict::PolicyConflict => "The policies let you in, yet IAP refused".to_owned(),
            Verdict::NotReadable => "You may not read what decides this".to_owned(),
            Verdict::AccessBinding => "Your organization's access rules refused the sign-in".to_owned(),
            Verdict::VpcServiceControls => "A service perimeter keeps you out".to_owned(),
            Verdict::Reauth => "It wants a fresh sign-in".to_owned(),
            Verdict::TokenRejected => "IAP did not accept your sign-in".to_owned(),
            Verdict::SignInBlocked => "Your organization has not allowed this app".to_owned(),
            Verdict::ScopeMissing => "Your sign-in does not cover Google Cloud".to_owned(),
            Verdict::BackendUnreachable => format!("{vm} does not answer on port {}", self.case.port()),
            Verdict::BackendClosed => format!("{vm} closed the connection"),
            Verdict::FirewallBlocked => "The firewall does not let IAP in".to_owned(),
            Verdict::VmNotRunning if self.is_starting() => format!("{vm} is still starting"),
            Verdict::VmNotRunning => format!("{vm} does not run"),
            Verdict::TargetNotFound => format!("IAP does not find {vm}"),
            Verdict::SessionLost => "The session is over".to_owned(),
            Verdict::HandshakeBlocked => "Something before IAP refused the connection".to_owned(),
            Verdict::ProxyAuth => "The proxy wants a sign-in".to_owned(),
            Verdict::ApiDisabled => "An API is not enabled".to_owned(),
            Verdict::QuotaProjectRejected => "The quota project is refused".to_owned(),
            Verdict::PermissionDenied => "A permission is missing".to_owned(),
            Verdict::OrgRestriction => "A rule of your organization blocks this".to_owned(),
            Verdict::UnknownError => match &self.case.failure {
                Some(failure) => failure.title.clone(),
                None => "Google answered with an error that is not known here".to_owned(),
            },
        }
    }

    fn level_title(&self) -> String {
        let details = &self.judged.details;
        let cited: Vec<&str> = details.failing.iter().filter_map(|check| check.level.as_deref()).collect();
        let mut titles: Vec<String> = Vec::new();
        for card in details.levels.iter().filter(|card| card.status.is_some()) {
            if cited.contains(&card.name.as_str()) {
                titles.push(format!("“{}”", card.title));
            }
        }
        let names = titles.join(" and ");
        let sure = details
            .levels
            .iter()
            .filter(|card| cited.contains(&card.name.as_str()))
            .all(|card| card.status != Some(LevelStatus::Suspect))
            && self.judged.certainty != Certainty::Possible;
        // Nothing was refused yet where it is asked beforehand.
        let (one, all) = match self.case.observed {
            Some(_) => ("keeps you out", "keep you out"),
            None => ("would keep you out", "would keep you out"),
        };
        match (titles.len(), sure) {
            (0, _) => format!("An access level {one}"),
            (1, true) => format!("{names} is the access level that {one}"),
            (1, false) => format!("{names} may be the access level that {one}"),
            (_, true) => format!("{names} are the access levels that {all}"),
            (_, false) => format!("{names} may be the access levels that {all}"),
        }
    }

    pub(super) fn headline(&self) -> String {
        let vm = self.vm();
        let port = self.case.port();
        if self.is_preliminary() {
            return if self.case.observed.is_some() {
                format!(
                    "IAP refused the connection to {vm}: a role, a condition or an access level is in the way."
                )
            } else {
                format!("Reading what decides whether you get in to {vm} on port {port}.")
            };
        }
        match self.verdict {
            Verdict::Allowed if self.judged.verdict != Found::Allowed => {
                format!("IAP says that you hold the permission for {vm}.")
            }
            Verdict::Undecided if self.judged.verdict == Found::Allowed => format!(
                "The policies that can be read let you in to {vm}, but IAP says that you do not hold the permission."
            ),
            Verdict::Checking => format!("Reading what decides whether you get in to {vm} on port {port}."),
            Verdict::VmNotRunning => self.not_running(),
            Verdict::FirewallBlocked | Verdict::BackendUnreachable => match &self.firewall {
                Some(judged) => judged.sentence.clone(),
                None => self.judged.headline.clone(),
            },
            Verdict::UnknownError | Verdict::Reauth if self.case.observed.is_none() => {
                match &self.case.failure {
                    Some(failure) => format!("{}.", failure.title.trim_end_matches('.')),
                    None => self.judged.headline.clone(),
                }
            }
            _ => self.sentence(),
        }
    }

    /// The specification's sentence, with the place of the role as a person calls it.
    fn sentence(&self) -> String {
        let sentence = &self.judged.headline;
        match &self.judged.details.cited {
            Some(cited) => sentence.replacen(
                &format!(" on {}", cited.resource),
                &format!(" on {}", place(&cited.resource, self.vm())),
                1,
            ),
            None => sentence.clone(),
        }
    }

    /// On its way up by itself.
    pub(super) fn is_starting(&self) -> bool {
        matches!(self.evidence.vm_status(), Some("PROVISIONING" | "STAGING"))
    }

    fn not_running(&self) -> String {
        let vm = self.vm();
        let state = match (&self.case.observed, self.evidence.vm_status()) {
            (_, Some(status)) => status.to_lowercase(),
            (Some(Observed::NotRunning(InstanceStatus::Suspended)), None) => "suspended".to_owned(),
            (Some(Observed::NotRunning(InstanceStatus::Suspending)), None) => "suspending".to_owned(),
            (Some(Observed::NotRunning(InstanceStatus::Stopping)), None) => "stopping".to_owned(),
            (Some(Observed::NotRunning(InstanceStatus::Repairing)), None) => "repairing".to_owned(),
            _ => "stopped".to_owned(),
        };
        let state = if state == "terminated" { "stopped".to_owned() } else { state };
        if self.is_starting() {
            return format!("{vm} is still starting (its state is {state}), so its ports do not answer yet.");
        }
        format!("{vm} does not run: its state is {state}, so no port of it can be reached.")
    }

    pub(super) fn advice(&self) -> String {
        if self.is_preliminary() {
            return String::new();
        }
        let details = &self.judged.details;
        let ask = "Send the request below to an administrator.";
        let words = match self.verdict {
            // The sentence says what to do already.
            Verdict::Checking | Verdict::NotReadable => "",
            Verdict::Allowed => {
                "Connect. If it is refused all the same, ask again then: the refusal tells more."
            }
            Verdict::Undecided => "Try to connect. If it is refused, the refusal itself tells more.",
            Verdict::NoGrant | Verdict::RoleUnreadable => ask,
            Verdict::AccessLevelNotMet if details.no_device_record => {
                "Install Endpoint Verification in the browser, or sync it, and try again in a few minutes."
            }
            Verdict::AccessLevelNotMet => return self.level_advice(),
            Verdict::ConditionNotMet => {
                "Meet the condition if you can, such as another port or time; else send the request below to an \
                 administrator."
            }
            Verdict::ConditionNeverTrue => "Only an administrator can correct it: send the request below.",
            Verdict::GroupMembership => "Ask to be added to the group, or to have your membership confirmed.",
            Verdict::DenyPolicy => "Ask who owns the policy for an exception: send the request below.",
            Verdict::PolicyConflict => "Try again in a few minutes; if it lasts, send the request below.",
            Verdict::AccessBinding => {
                "Sign in from a device and network that the rules allow, or send the request below to an \
                 administrator."
            }
            Verdict::VpcServiceControls => {
                "Give the id to an administrator, who can see what the perimeter refused."
            }
            Verdict::Reauth | Verdict::TokenRejected => "Sign in again, then try again.",
            Verdict::SignInBlocked => "An administrator has to allow the app's client id.",
            Verdict::ScopeMissing => "Sign in again and leave the box for Google Cloud ticked.",
            Verdict::FirewallBlocked | Verdict::BackendUnreachable => match &self.firewall {
                Some(judged) => return judged.remedy.note.clone(),
                None => {
                    "Check that the VM runs, that a program listens there, and that the firewall lets IAP in."
                }
            },
            Verdict::BackendClosed => "The program behind the port may be restarting. Try again in a moment.",
            Verdict::VmNotRunning if self.is_starting() => "Give it a minute, then try again.",
            Verdict::VmNotRunning => "Start it, then connect.",
            Verdict::TargetNotFound => {
                "Check the name, zone and project; a VM that was just made needs a minute."
            }
            Verdict::SessionLost => "Connect again.",
            Verdict::HandshakeBlocked => "Ask who runs the network whether its proxy lets WebSockets pass.",
            Verdict::ProxyAuth => "Set the proxy's address with user and password, then try again.",
            Verdict::ApiDisabled => "Enable it in Google's console, or ask someone who may.",
            Verdict::QuotaProjectRejected => "Use a quota project that you may bill, or none.",
            Verdict::PermissionDenied => ask,
            Verdict::OrgRestriction => "Ask an administrator of the organization.",
            Verdict::UnknownError => match &self.case.failure {
                Some(failure) => return failure.advice.clone(),
                None => "Try again; if it lasts, report it with what the server said.",
            },
        };
        words.to_owned()
    }

    fn level_advice(&self) -> String {
        let of = |part: &str| self.judged.details.failing.iter().any(|check| check.id.contains(part));
        if of("/ip") {
            return "Connect from a network that the level allows, such as the office or its VPN, and try again."
                .to_owned();
        }
        if of("device.") {
            return "Bring this device to what the level wants and have Endpoint Verification sync, then try again."
                .to_owned();
        }
        "Meet what the level wants if you can; else send the request below to an administrator.".to_owned()
    }

    pub(super) fn basis(&self) -> String {
        if self.is_preliminary() {
            return String::new();
        }
        if matches!(self.verdict, Verdict::FirewallBlocked) {
            return "from the firewall rules in force for the VM".to_owned();
        }
        if matches!(self.verdict, Verdict::VmNotRunning) {
            return "from what Compute says of the VM".to_owned();
        }
        let audit = self.evidence.audit(self.case).is_some();
        let parts: Vec<&str> = self
            .judged
            .basis
            .iter()
            .map(|basis| match basis {
                Basis::Client => "what this computer knows of itself",
                Basis::Inference => "the fact that IAP refused",
                Basis::Policy => "the policies",
                Basis::Server if audit => "IAP's audit record",
                Basis::Server => "Google's answer",
                Basis::Unknown => "something that cannot be checked from here",
            })
            .collect();
        match parts.as_slice() {
            [] => String::new(),
            [one] => format!("from {one}"),
            [all @ .., last] => format!("from {}, and {last}", all.join(", ")),
        }
    }
}

/// A policy's resource as a person calls it. The only VM whose policy is read is the one in question.
fn place(resource: &str, vm: &str) -> String {
    let parts: Vec<&str> = resource.split('/').collect();
    match parts.as_slice() {
        ["projects", _, "iap_tunnel", "zones", _, "instances", _] => format!("the VM {vm}"),
        ["projects", project, "iap_tunnel", "zones", zone] => {
            format!("all VMs of {zone} in project {project}")
        }
        ["projects", project, "iap_tunnel"] => format!("all VMs of project {project}"),
        ["projects", project] => format!("project {project}"),
        ["folders", folder] => format!("folder {folder}"),
        ["organizations", organization] => format!("organization {organization}"),
        _ => resource.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn places_are_called_as_people_call_them() {
        for (resource, called) in [
            ("projects/1/iap_tunnel/zones/z-b/instances/7", "the VM web-1"),
            ("projects/1/iap_tunnel/zones/z-b", "all VMs of z-b in project 1"),
            ("projects/1/iap_tunnel", "all VMs of project 1"),
            ("projects/acme", "project acme"),
            ("folders/70", "folder 70"),
            ("organizations/900", "organization 900"),
            ("somewhere/else/", "somewhere/else/"),
        ] {
            assert_eq!(super::place(resource, "web-1"), called);
        }
    }
}

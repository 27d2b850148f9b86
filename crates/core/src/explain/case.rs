//! What is to be explained, and for whom.

use std::{sync::Arc, time::SystemTime};

use adit_contract::{Failure, InstanceRef, PublicAddress, TunnelTarget};

use super::{observed::Observed, web::WebApp};
use crate::access::Access;

/// How a session or tunnel stands, for the one who explains it.
#[derive(Debug, Clone)]
pub(crate) struct Why {
    pub(crate) target: TunnelTarget,
    /// Its failure in words, where it failed.
    pub(crate) failure: Option<Failure>,
    /// What was seen, and when.
    pub(crate) seen: Option<(Observed, f64)>,
}

/// One question, with all that is needed to answer it.
#[derive(Debug, Clone)]
pub struct Case {
    /// The port in question.
    pub target: TunnelTarget,
    /// The account that wants to get there, by its id, and its way to Google. Without one nothing can be read.
    pub account: Option<(String, Arc<Access>)>,
    /// The account's e-mail address, where it is known beforehand.
    pub email: Option<String>,
    /// What was seen; nothing when it is asked without a denial.
    pub observed: Option<Observed>,
    /// The words of the failure, where there was one.
    pub failure: Option<Failure>,
    /// When it was refused or asked, in milliseconds since the epoch by this computer's clock.
    pub at: f64,
    /// Where this computer's public address may be learned from.
    pub public_address: PublicAddress,
    /// What it is about.
    pub(crate) about: About,
}

/// What a case is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum About {
    /// A tunnel to the target.
    Tunnel,
    /// A web app behind IAP, for which the target stands.
    Web(WebApp),
    /// Every VM of the target's project.
    Project,
}

/// How far the ladder is climbed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Ladder {
    /// A decision about access: policies, levels, audit record.
    Access,
    /// Asked for every VM of a project: the policies that hold for all of them.
    Project,
    /// Asked beforehand: the same without an audit record, but with VM and firewall.
    Beforehand,
    /// The port did not answer: VM and firewall.
    Backend,
    /// The VM was not found, or does not run.
    Vm,
    /// A perimeter: which levels its ingress rules name.
    Perimeter,
    /// An access binding: which level it names.
    AccessBinding,
    /// The error says it all.
    None,
}

impl Case {
    /// What would bar the way to a port.
    #[must_use]
    pub fn beforehand(
        target: TunnelTarget,
        account: (String, Arc<Access>),
        public_address: PublicAddress,
    ) -> Self {
        Self {
            target,
            account: Some(account),
            email: None,
            observed: None,
            failure: None,
            at: crate::now(),
            public_address,
            about: About::Tunnel,
        }
    }

    /// What stands before every VM of a project.
    pub(super) fn of_project(
        project: &str,
        account: (String, Arc<Access>),
        public_address: PublicAddress,
    ) -> Self {
        let instance = InstanceRef { project: project.to_owned(), zone: String::new(), name: String::new() };
        let target = TunnelTarget::Instance { instance, interface: String::new(), port: 0 };
        Self { about: About::Project, ..Self::beforehand(target, account, public_address) }
    }

    /// Why a web app refused, or what would bar the way to it.
    #[must_use]
    pub fn of_web(
        app: WebApp,
        denial: Option<adit_access::WebDenial>,
        account: (String, Arc<Access>),
        public_address: PublicAddress,
    ) -> Self {
        let observed = denial.map(|denial| match denial.body {
            Some(body) => Observed::Rest { status: 403, body },
            None => Observed::Web(Box::new(denial)),
        });
        Self {
            observed,
            about: About::Web(app.clone()),
            ..Self::beforehand(app.target(), account, public_address)
        }
    }

    pub(super) fn ladder(&self) -> Ladder {
        if self.account.is_none() {
            return Ladder::None;
        }
        if self.about == About::Project {
            return Ladder::Project;
        }
        match &self.observed {
            None => match &self.failure {
                // Nothing of Google's refused: a network that is down is not explained by policies.
                Some(failure) if !came_after(failure) => Ladder::None,
                Some(_) | None => Ladder::Beforehand,
            },
            Some(Observed::Closed { code: 4033, .. } | Observed::Web(_)) => Ladder::Access,
            Some(Observed::Closed { code: 4003 | 4009 | 4010, .. }) => Ladder::Backend,
            Some(Observed::Closed { code: 4047 | 4051, .. } | Observed::Handshake { status: 404 }) => {
                Ladder::Vm
            }
            Some(Observed::NotRunning(_)) => Ladder::Vm,
            Some(Observed::Token(body)) if is_restricted(body) => Ladder::AccessBinding,
            Some(Observed::Rest { body, .. }) if perimeter_id(body).is_some() => Ladder::Perimeter,
            Some(
                Observed::Closed { .. }
                | Observed::Handshake { .. }
                | Observed::Token(_)
                | Observed::Rest { .. },
            ) => Ladder::None,
        }
    }

    pub(super) fn is_web(&self) -> bool {
        matches!(self.about, About::Web(_))
    }

    pub(super) fn instance(&self) -> Option<&InstanceRef> {
        match &self.target {
            TunnelTarget::Instance { instance, .. } => Some(instance),
            TunnelTarget::Host { .. } => None,
        }
    }

    pub(super) fn project(&self) -> &str {
        match &self.target {
            TunnelTarget::Instance { instance, .. } => &instance.project,
            TunnelTarget::Host { project, .. } => project,
        }
    }

    pub(super) fn port(&self) -> u16 {
        match &self.target {
            TunnelTarget::Instance { port, .. } | TunnelTarget::Host { port, .. } => *port,
        }
    }

    pub(super) fn time(&self) -> SystemTime {
        let since = std::time::Duration::try_from_secs_f64(self.at / 1000.0).unwrap_or_default();
        SystemTime::UNIX_EPOCH.checked_add(since).unwrap_or_else(SystemTime::now)
    }

    /// Whether the time is that of a refusal that was seen, not just that of the question.
    pub(super) fn is_refused_at(&self) -> bool {
        self.observed.is_some() && !self.is_web() && self.at > 0.0
    }

    /// The same case, asked about again now.
    pub(super) fn again(&self, public_address: PublicAddress) -> Self {
        let at = if self.observed.is_some() { self.at } else { crate::now() };
        Self { at, public_address, ..self.clone() }
    }

    /// The nodes of IAP's own policies, most specific first (specification, section 4).
    pub(super) fn iap_nodes(&self) -> Vec<String> {
        match &self.about {
            About::Tunnel => {}
            About::Web(app) => {
                return app.nodes.iter().map(|node| format!("projects/{}/{node}", app.project)).collect();
            }
            About::Project => return vec![format!("projects/{}/iap_tunnel", self.project())],
        }
        match &self.target {
            TunnelTarget::Instance { instance, .. } => {
                let project = format!("projects/{}/iap_tunnel", instance.project);
                let zone = format!("{project}/zones/{}", instance.zone);
                vec![format!("{zone}/instances/{}", instance.name), zone, project]
            }
            TunnelTarget::Host { project, region, group, .. } => {
                let project = format!("projects/{project}/iap_tunnel");
                let region = format!("{project}/locations/{region}");
                vec![format!("{region}/destGroups/{group}"), region, project]
            }
        }
    }

    /// What the evaluator is to judge.
    pub(super) fn judged(&self) -> adit_access::Permission {
        match self.about {
            About::Web(_) => adit_access::Permission::Web,
            About::Tunnel | About::Project => adit_access::Permission::Tunnel,
        }
    }

    pub(super) fn permission(&self) -> &'static str {
        match self.target {
            _ if self.is_web() => self.judged().name(),
            TunnelTarget::Instance { .. } => "iap.tunnelInstances.accessViaIAP",
            TunnelTarget::Host { .. } => "iap.tunnelDestGroups.accessViaIAP",
        }
    }
}

/// Whether IAP had let the person in before this happened.
fn came_after(failure: &Failure) -> bool {
    use adit_contract::FailureCode as Code;
    match failure.code {
        Code::Cancelled
        | Code::NotAuthorized
        | Code::PermissionDenied
        | Code::NotFound
        | Code::VmStopped
        | Code::VmBusy
        | Code::BackendUnreachable
        | Code::ConnectionLost
        | Code::KeyRefused
        | Code::HostKeyChanged
        | Code::HostKeyRejected
        | Code::CertificateUnknown
        | Code::CertificateChanged
        | Code::PasswordRefused
        | Code::NotSupported => true,
        Code::SignInNeeded
        | Code::ApiDisabled
        | Code::RelayUnreachable
        | Code::Throttled
        | Code::ProtocolViolation
        | Code::Network
        | Code::Server
        | Code::Keychain
        | Code::InvalidInput
        | Code::PortTaken
        | Code::File
        | Code::UpdateRefused
        | Code::Internal => false,
    }
}

fn is_restricted(body: &serde_json::Value) -> bool {
    let text = |key: &str| body.get(key).and_then(serde_json::Value::as_str).unwrap_or_default();
    text("error") == "access_denied"
        && (text("error_description").starts_with("Account restricted")
            || text("error_uri").starts_with("https://accounts.google.com/info/servicerestricted"))
}

/// The id of a perimeter's refusal; empty where the refusal has none.
pub(super) fn perimeter_id(body: &serde_json::Value) -> Option<&str> {
    let details = body.pointer("/error/details")?.as_array()?;
    details.iter().find_map(|detail| {
        let violations = detail.get("violations").and_then(serde_json::Value::as_array);
        let violation = violations.into_iter().flatten().find(|violation| {
            violation.get("type").and_then(serde_json::Value::as_str) == Some("VPC_SERVICE_CONTROLS")
        });
        match violation {
            Some(violation) => {
                Some(violation.get("description").and_then(serde_json::Value::as_str).unwrap_or_default())
            }
            None => {
                let reason = detail.get("reason").and_then(serde_json::Value::as_str);
                (reason == Some("SECURITY_POLICY_VIOLATED"))
                    .then(|| detail.pointer("/metadata/uid").and_then(serde_json::Value::as_str))
                    .map(Option::unwrap_or_default)
            }
        }
    })
}

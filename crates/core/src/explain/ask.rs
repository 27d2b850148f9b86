//! The questions of the ladder, and how each is asked (specification, section 3).

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use adit_contract::PublicAddress;
use adit_google::{Answer, Attempts, Error, ErrorKind, Google, Listed};
use serde_json::Value;
use tokio::{sync::Mutex, time::Instant};

use super::{
    address,
    case::Case,
    device::{self, Facts},
    words::asking::no_answer,
};
use crate::inventory::at;

/// One question. Two that are equal have the same answer for a while.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Ask {
    /// The VM's number, state and addresses.
    Vm,
    /// Whether the caller holds the permission, as far as such a call can tell.
    Permission,
    /// The policy of a resource of IAP.
    IapPolicy(String),
    /// The policy of a project, folder or organisation.
    Policy(String),
    /// The number of a project.
    Number(String),
    /// What is above a project.
    Ancestry(String),
    /// What a role holds.
    Role(String),
    /// The levels of an access policy.
    Levels(String),
    /// One level, where they cannot be listed.
    Level(String),
    /// Whether the caller is in a group, by its address, or by its name where it begins with `groups/`.
    Group(String),
    /// IAP's record of the refusal; asked again later, since records come late.
    Audit(usize),
    /// The deny policies of a resource.
    DenyList(String),
    /// One of them.
    Deny(String),
    /// The principal access boundaries of an organisation.
    Boundaries(String),
    /// The access policies of an organisation.
    AccessPolicies(String),
    /// The perimeters of an access policy.
    Perimeters(String),
    /// The access bindings of an organisation.
    AccessBindings(String),
    /// Google's own judgement.
    Troubleshooter,
    /// The firewall before the VM.
    Firewall,
    /// When the network's own policies are evaluated.
    Network(String),
    /// This computer's public address.
    Address,
    /// What this computer knows of itself.
    Device,
}

/// An answer.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Reply {
    /// JSON as it came.
    Json(Answer),
    /// A list, and whether it is all.
    List(Listed),
    /// Names, nearest first.
    Above(Vec<String>),
    /// Yes or no.
    Member(bool),
    /// Addresses.
    Addresses(Vec<String>),
    /// Facts about this computer.
    Device(Box<Facts>),
}

/// Why there is no answer, as far as that matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum No {
    /// The caller may not ask this.
    Denied,
    /// There is no such thing.
    Missing,
    /// It failed, in words.
    Failed(String),
    /// It took too long.
    TimedOut,
    /// Too many questions: the ladder ends.
    Throttled,
    /// It was not asked, for this reason.
    Skipped(&'static str),
}

impl From<&Error> for No {
    fn from(error: &Error) -> Self {
        match error.kind {
            ErrorKind::PermissionDenied => Self::Denied,
            ErrorKind::NotFound => Self::Missing,
            ErrorKind::Throttled => Self::Throttled,
            ErrorKind::TimedOut => Self::TimedOut,
            _ => Self::Failed(no_answer(error)),
        }
    }
}

/// What a question needs besides itself.
pub(super) struct Asking {
    pub(super) case: Arc<Case>,
    pub(super) google: Google,
    /// The caller's address.
    pub(super) email: String,
    /// When it was refused, by the server's clock.
    pub(super) at: SystemTime,
    /// The VM's number, where it is known.
    pub(super) vm_id: Option<String>,
    /// The access tuple for Policy Troubleshooter.
    pub(super) tuple: Value,
    /// This computer's public address as it was learned last.
    pub(super) addresses: Arc<Addresses>,
    /// How old a kept answer may be.
    pub(super) age: Duration,
}

/// How long this computer's public address is kept: a forecast climbs once for each project.
const ADDRESS: Duration = Duration::from_secs(60);

/// This computer's public address as it was learned last, when, and from where.
#[derive(Default)]
pub(super) struct Addresses(Mutex<Option<(Instant, PublicAddress, Vec<String>)>>);

impl Addresses {
    /// What is kept, or else what is learned now. Who comes meanwhile waits for that.
    pub(super) async fn get(
        &self,
        from: &PublicAddress,
        age: Duration,
        learn: impl Future<Output = Result<Vec<String>, Error>>,
    ) -> Result<Vec<String>, Error> {
        let mut last = self.0.lock().await;
        if let Some((since, of, addresses)) = &*last
            && of == from
            && since.elapsed() < age.min(ADDRESS)
        {
            return Ok(addresses.clone());
        }
        let addresses = learn.await?;
        *last = Some((Instant::now(), from.clone(), addresses.clone()));
        Ok(addresses)
    }
}

impl Ask {
    /// How many calls it makes.
    pub(super) fn calls(&self) -> usize {
        match self {
            Self::Group(group) if !group.starts_with("groups/") => 2,
            Self::Device | Self::Address => 0,
            _ => 1,
        }
    }

    /// Whether its answer may be kept for other explanations (specification, section 11).
    pub(super) fn is_lasting(&self) -> bool {
        match self {
            Self::IapPolicy(_)
            | Self::Policy(_)
            | Self::Number(_)
            | Self::Ancestry(_)
            | Self::Role(_)
            | Self::Levels(_)
            | Self::Level(_)
            | Self::Group(_)
            | Self::DenyList(_)
            | Self::Deny(_)
            | Self::Boundaries(_)
            | Self::AccessPolicies(_)
            | Self::Perimeters(_)
            | Self::AccessBindings(_)
            | Self::Network(_) => true,
            Self::Vm
            | Self::Permission
            | Self::Audit(_)
            | Self::Troubleshooter
            | Self::Firewall
            | Self::Address
            | Self::Device => false,
        }
    }

    /// Asks.
    pub(super) async fn ask(&self, asking: &Asking) -> Result<Reply, Error> {
        let Asking { case, google, email, at: refused, vm_id, tuple, addresses, age } = asking;
        let project = case.project();
        let instance = case.instance().map(at);
        Ok(match self {
            Self::Vm => Reply::Json(google.instance_evidence(&instance.unwrap_or_else(nowhere)).await?),
            Self::Permission => {
                let node = case.iap_nodes().into_iter().next().unwrap_or_default();
                Reply::Json(google.iap_permissions(&node, &[case.permission()]).await?)
            }
            Self::IapPolicy(of) => Reply::Json(google.iap_policy(of).await?),
            Self::Policy(of) => Reply::Json(google.allow_policy(of).await?),
            Self::Number(of) => Reply::Json(google.project_evidence(of).await?),
            Self::Ancestry(of) => Reply::Above(google.ancestry(of).await?.above),
            Self::Role(role) => Reply::Json(google.role(role).await?),
            Self::Levels(policy) => Reply::List(google.access_levels(policy, project).await?),
            Self::Level(name) => Reply::Json(google.access_level(name, project).await?),
            Self::Group(group) if group.starts_with("groups/") => {
                Reply::Member(google.is_member(group, email, project).await?)
            }
            Self::Group(group) => {
                let name = google.group(group, project).await?;
                Reply::Member(google.is_member(&name, email, project).await?)
            }
            Self::Audit(_) => {
                let since = refused.checked_sub(super::AUDIT_BEFORE).unwrap_or(*refused);
                let vm_id = vm_id.as_deref().unwrap_or_default();
                let attempts = Attempts { project, instance: vm_id, person: email, since };
                Reply::Json(google.audit_entries(&attempts).await?)
            }
            Self::DenyList(of) => Reply::List(google.deny_policies(of).await?),
            Self::Deny(name) => Reply::Json(google.deny_policy(name).await?),
            Self::Boundaries(of) => Reply::List(google.boundary_bindings(of).await?),
            Self::AccessPolicies(of) => Reply::List(google.access_policies(of, project).await?),
            Self::Perimeters(of) => Reply::List(google.service_perimeters(of, project).await?),
            Self::AccessBindings(of) => Reply::List(google.access_bindings(of, project).await?),
            Self::Troubleshooter => Reply::Json(google.troubleshoot(tuple.clone(), project).await?),
            Self::Firewall => {
                let interface = match &case.target {
                    adit_contract::TunnelTarget::Instance { interface, .. } => interface.as_str(),
                    adit_contract::TunnelTarget::Host { .. } => "nic0",
                };
                Reply::Json(google.effective_firewalls(&instance.unwrap_or_else(nowhere), interface).await?)
            }
            Self::Network(name) => Reply::Json(google.network_evidence(name).await?),
            Self::Address => {
                let from = &case.public_address;
                Reply::Addresses(addresses.get(from, *age, address::learn(from, google)).await?)
            }
            Self::Device => Reply::Device(Box::new(device::facts().await)),
        })
    }
}

/// Stands for the instance of a host behind a destination group, which is never asked about: such a name is refused
/// before a call is made.
fn nowhere() -> adit_google::InstanceRef {
    adit_google::InstanceRef::new("", "", "")
}

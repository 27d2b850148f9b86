//! What the readable policies say of every VM of a project, before anything is tried: a handful of calls for the project
//! and none for a VM.

use std::sync::Arc;

use adit_access::{Blocker, Outlook, Permission, Target};
use adit_contract::{Os, Preflight, PreflightState, PublicAddress};

use super::{Asked, Case, Explainer, evidence::Evidence, words::asking};
use crate::access::Access;

/// The policies of a project, ready to be asked about its VMs.
#[derive(Debug)]
pub(crate) struct Forecast {
    preflight: adit_access::Preflight,
    /// The nodes above any VM of the project. Its own policy and its zone's were not read, which counts.
    path: Vec<usize>,
}

/// Stands for a policy that was not read.
const UNREAD: usize = usize::MAX;

impl Explainer {
    /// Reads what decides for a project's VMs; nothing where no policy could be read.
    pub(crate) async fn forecast(
        &self,
        project: &str,
        account: (String, Arc<Access>),
        public_address: PublicAddress,
    ) -> Option<Forecast> {
        let case = Arc::new(Case::of_project(project, account, public_address));
        let evidence = self.climb_once(&case, Asked::First).await;
        Forecast::of(&case, &evidence)
    }
}

impl Forecast {
    fn of(case: &Case, evidence: &Evidence) -> Option<Self> {
        let input = evidence.input(case);
        if input.allow.iter().all(|node| node.state != adit_access::ReadState::Read) {
            return None;
        }
        let path = [UNREAD, UNREAD].into_iter().chain(0..input.allow.len()).collect();
        Some(Self { preflight: adit_access::Preflight::new(&input, Permission::Tunnel), path })
    }

    /// What they say of one VM's usual port.
    pub(crate) fn of_vm(&self, zone: &str, name: &str, ip: Option<&str>, os: Os) -> Preflight {
        let port = match os {
            Os::Windows => 3389,
            Os::Linux | Os::Unknown => 22,
        };
        let target = Target {
            zone: Some(zone.to_owned()),
            instance: Some(name.to_owned()),
            ip: ip.map(str::to_owned),
            port: Some(i64::from(port)),
            ..Target::default()
        };
        let (state, by) = match self.preflight.outlook(&target, &self.path) {
            Outlook::Open => (PreflightState::Open, String::new()),
            Outlook::Blocked(blocker @ Blocker::Deny(_)) => {
                (PreflightState::Blocked, asking::barred_by(&blocker))
            }
            // The VM's own policy and its zone's are read for no mark.
            Outlook::Blocked(blocker) => (PreflightState::Blocked, asking::barred_so_far(&blocker)),
            Outlook::Unknown => (PreflightState::Unknown, String::new()),
        };
        Preflight { state, port, by }
    }
}

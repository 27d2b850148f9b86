//! The firewall that stands before an instance, by REST: its rules are judged elsewhere, as JSON, and so is what
//! they go by in the instance and its network.

use crate::{
    compute::InstanceRef,
    error::Error,
    evidence::{Answer, Question, resource},
    google::{Call, Google, segment},
};

const FIREWALLS: Call = Call::evidence(
    "read the effective firewall",
    "/compute/v1/projects/{project}/zones/{zone}/instances/{instance}/getEffectiveFirewalls",
);
const VM: Call =
    Call::evidence("read the instance", "/compute/v1/projects/{project}/zones/{zone}/instances/{instance}");
const VM_FIELDS: &str = "id,name,zone,status,tags/items,serviceAccounts/email,\
networkInterfaces(name,network,networkIP,ipv6Address)";
const NETWORK: Call =
    Call::evidence("read the network", "/compute/v1/projects/{project}/global/networks/{network}");

impl Google {
    /// An instance as Compute wrote it: its number, state, addresses, and what firewall rules go by.
    ///
    /// # Errors
    /// As [`Google::instance`].
    pub async fn instance_evidence(&self, at: &InstanceRef) -> Result<Answer, Error> {
        at.check(VM.doing)?;
        let path = format!("compute/v1/projects/{}/zones/{}/instances/{}", at.project, at.zone, at.name);
        let question = Question::new(VM, &self.inner.endpoints.compute, path);
        self.ask(question.with_query("fields", VM_FIELDS)).await
    }

    /// A network by its name from `projects/` on, for when its own policies are evaluated.
    ///
    /// # Errors
    /// As [`Google::instance`].
    pub async fn network_evidence(&self, name: &str) -> Result<Answer, Error> {
        let name = resource(NETWORK.doing, name)?;
        let question = Question::new(NETWORK, &self.inner.endpoints.compute, format!("compute/v1/{name}"));
        self.ask(question.with_query("fields", "networkFirewallPolicyEnforcementOrder")).await
    }

    /// The rules in force for one interface of an instance, such as `nic0`: those of the network and of every
    /// policy above it.
    ///
    /// # Errors
    /// As [`Google::instance`].
    pub async fn effective_firewalls(&self, at: &InstanceRef, interface: &str) -> Result<Answer, Error> {
        at.check(FIREWALLS.doing)?;
        segment(FIREWALLS.doing, "network interface", interface)?;
        let path = format!(
            "compute/v1/projects/{}/zones/{}/instances/{}/getEffectiveFirewalls",
            at.project, at.zone, at.name
        );
        let question = Question::new(FIREWALLS, &self.inner.endpoints.compute, path);
        self.ask(question.with_query("networkInterface", interface)).await
    }
}

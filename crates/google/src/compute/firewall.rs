//! The firewall that stands before an instance, by REST: its rules are judged elsewhere, as JSON.

use crate::{
    compute::InstanceRef,
    error::Error,
    evidence::{Answer, Question},
    google::{Call, Google, segment},
};

const FIREWALLS: Call = Call::evidence(
    "read the effective firewall",
    "/compute/v1/projects/{project}/zones/{zone}/instances/{instance}/getEffectiveFirewalls",
);

impl Google {
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

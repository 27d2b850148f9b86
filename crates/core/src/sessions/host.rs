//! What is known of a VM's host key before it is entered (guest access, section 7).

use adit_contract::InstanceRef;
use adit_google::ErrorKind;
use adit_ssh::{
    Expect, HostKey,
    guest::{Flags, GUEST_ATTRIBUTES_QUERY, host_keys},
};

use super::{
    connect::{Context, HostKeyRule, Refusal},
    known_hosts::HostId,
};
use crate::inventory::at;

/// What is known of the host before the connection.
pub(super) struct Expectation {
    pub(super) expect: Expect,
    /// The VM announced these keys itself.
    pub(super) announced: Vec<HostKey>,
    /// Nothing was pinned, or something else.
    pub(super) to_pin: Vec<HostKey>,
}

pub(super) async fn expected(
    context: &Context,
    host: &HostId,
    instance: &InstanceRef,
    flags: &Flags,
    rule: HostKeyRule,
) -> Result<Expectation, Refusal> {
    let announcing = async {
        if !flags.guest_attributes.is_on() {
            return Vec::new();
        }
        match context.access.google().guest_attributes(&at(instance), GUEST_ATTRIBUTES_QUERY).await {
            Ok(items) => {
                host_keys(items.iter().map(|i| (i.namespace.as_str(), i.key.as_str(), i.value.as_str()))).0
            }
            Err(error) => {
                if error.kind != ErrorKind::PermissionDenied {
                    tracing::warn!(kind = ?error.kind, "the VM's host keys could not be read");
                }
                Vec::new()
            }
        }
    };
    let (announced, pinned) = tokio::join!(announcing, context.known_hosts.pinned(host));
    if let HostKeyRule::Replace(key) = rule {
        // At once: whoever replaced a key is not asked again, whatever becomes of this attempt.
        context.known_hosts.pin(host, std::slice::from_ref(&key)).await?;
        return Ok(Expectation { expect: Expect::Exactly(vec![key]), announced, to_pin: Vec::new() });
    }
    let pinned = pinned?;
    Ok(if !pinned.is_empty() {
        // An announcement widens what was pinned only if it confirms it.
        if pinned.iter().any(|key| announced.contains(key)) && pinned != announced {
            Expectation { expect: Expect::Exactly(announced.clone()), to_pin: announced.clone(), announced }
        } else {
            Expectation { expect: Expect::Exactly(pinned), announced, to_pin: Vec::new() }
        }
    } else if !announced.is_empty() {
        Expectation { expect: Expect::Exactly(announced.clone()), to_pin: announced.clone(), announced }
    } else {
        let known = context.known_hosts.of_gcloud(host).await;
        let expect = if known.is_empty() { Expect::FirstUse } else { Expect::Exactly(known.clone()) };
        Expectation { expect, announced, to_pin: known }
    })
}

//! The VM that a session leads to, whatever is spoken to it: read, started where that is wished, dialled.

use std::time::Duration;

use adit_contract::{Failure, InstanceRef, InstanceStatus, Step};
use adit_google::{Action as Act, Instance};
use adit_ssh::guest::Flags;
use adit_tunnel::{Dialer, Patience, Target};

use super::{
    connect::{Context, Refusal},
    observer::Observer,
};
use crate::{
    access::Access,
    explain::Refused,
    failure::{self, Subject},
    inventory::{at, status},
    words::sessions as words,
};

/// The interface that is entered.
pub(crate) const INTERFACE: &str = "nic0";
/// How long a started VM may take until what is dialled there answers.
const BOOT: Duration = Duration::from_secs(120);

/// What to do when the VM does not run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfStopped {
    /// Fail with [`FailureCode::VmStopped`](adit_contract::FailureCode::VmStopped).
    Fail,
    /// Start it, wait for it, connect.
    Start,
}

pub(crate) async fn read(context: &Context, instance: &InstanceRef) -> Result<Instance, Refused> {
    let google = context.access.google();
    google
        .instance(&at(instance))
        .await
        .map_err(|error| failure::refused(&error, Subject::Instance(instance)))
}

/// The metadata that all instances of the project share. Who may not read it goes by the instance's own.
pub(crate) async fn common_metadata(context: &Context, instance: &InstanceRef) -> Vec<(String, String)> {
    match context.access.google().project(&instance.project).await {
        Ok(project) => {
            project.metadata.items.into_iter().filter_map(|item| Some((item.key, item.value?))).collect()
        }
        Err(error) => {
            tracing::debug!(kind = ?error.kind, "the project's metadata could not be read");
            Vec::new()
        }
    }
}

/// What an instance's metadata and its project's say of how its guest lets users in.
pub(crate) fn flags(read: &Instance, common: &[(String, String)]) -> Flags {
    let items =
        read.metadata.items.iter().filter_map(|item| Some((item.key.as_str(), item.value.as_deref()?)));
    Flags::read(items, common.iter().map(|(key, value)| (key.as_str(), value.as_str())))
}

/// The VM, once it runs or is about to, and how patient the tunnel has to be with it.
pub(crate) async fn running(
    context: &Context,
    instance: &InstanceRef,
    read_first: Instance,
    if_stopped: IfStopped,
    observer: &dyn Observer,
) -> Result<(Instance, Patience), Refusal> {
    let name = &instance.name;
    let booting = Patience { backend: BOOT, lookup: BOOT, ..Patience::default() };
    let now = status(&read_first.status);
    let act = match now {
        InstanceStatus::Running | InstanceStatus::Unknown => return Ok((read_first, Patience::default())),
        InstanceStatus::Provisioning | InstanceStatus::Staging => {
            observer.step(Step::WaitForVm, words::waiting_for_start(name));
            return Ok((read_first, booting));
        }
        InstanceStatus::Stopping | InstanceStatus::Suspending | InstanceStatus::Repairing => {
            return Err(Refusal::not_running(busy(name, now), now));
        }
        InstanceStatus::Stopped => Act::Start,
        InstanceStatus::Suspended => Act::Resume,
    };
    if if_stopped == IfStopped::Fail {
        let failure = match act {
            Act::Resume => words::suspended(name),
            Act::Start | Act::Stop | Act::Reset | Act::Suspend => words::stopped(name),
        };
        return Err(Refusal::not_running(failure, now));
    }
    observer.step(Step::StartVm, words::starting(name));
    let google = context.access.google();
    google
        .act(&at(instance), act)
        .await
        .map_err(|error| failure::refused(&error, Subject::Instance(instance)))?;
    observer.step(Step::WaitForVm, words::waiting_for_start(name));
    Ok((read(context, instance).await?, booting))
}

fn busy(name: &str, status: InstanceStatus) -> Failure {
    match status {
        InstanceStatus::Suspending => words::being_suspended(name),
        InstanceStatus::Repairing => words::being_repaired(name),
        InstanceStatus::Provisioning
        | InstanceStatus::Staging
        | InstanceStatus::Running
        | InstanceStatus::Stopping
        | InstanceStatus::Suspended
        | InstanceStatus::Stopped
        | InstanceStatus::Unknown => words::stopping(name),
    }
}

/// A port of the VM.
fn target(instance: &InstanceRef, port: u16) -> Target {
    Target::Instance {
        project: instance.project.clone(),
        zone: instance.zone.clone(),
        instance: instance.name.clone(),
        interface: INTERFACE.to_owned(),
        port,
    }
}

/// Opens a tunnel to a port of the VM.
pub(crate) async fn dial(
    dialer: &Dialer,
    instance: &InstanceRef,
    port: u16,
    access: &Access,
) -> Result<adit_tunnel::Connection, Refusal> {
    let dialled = dialer.dial(&target(instance, port)).await;
    Ok(dialled.map_err(|error| Refused {
        failure: failure::dial(&error, instance, port),
        observed: access.observed(&error),
    })?)
}

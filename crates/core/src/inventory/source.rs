//! Google's lists as the inventory takes them.

use std::sync::Arc;

use adit_contract::{Failure, InstanceRef, InstanceStatus, Os};
use adit_google::ProjectState;
use async_trait::async_trait;
use futures_util::{StreamExt as _, TryStreamExt as _};
use tokio::sync::mpsc;

use super::{
    listing::{InstancePage, Lister},
    model::{ListedInstance, ListedProject},
};
use crate::{
    access::Access,
    failure::{self, Subject},
};

#[async_trait]
impl Lister for Access {
    async fn projects(&self, pages: mpsc::Sender<Vec<ListedProject>>) -> Result<(), Failure> {
        let mut found = self.google().search_projects();
        while let Some(page) =
            found.try_next().await.map_err(|error| failure::google(&error, Subject::Projects))?
        {
            let page = page
                .into_iter()
                .filter(|project| project.state == ProjectState::Active)
                .map(|project| ListedProject { id: project.id, name: project.display_name })
                .collect();
            if pages.send(page).await.is_err() {
                break;
            }
        }
        Ok(())
    }

    async fn instances(&self, project: &str, pages: mpsc::Sender<InstancePage>) -> Result<(), Failure> {
        let mut found = self.google().list_instances(project);
        while let Some(page) = found.next().await {
            let page = page.map_err(|error| failure::google(&error, Subject::Project(project)))?;
            let page = InstancePage {
                instances: page.instances.into_iter().map(listed).collect(),
                unreachable: page.unreachable,
            };
            if pages.send(page).await.is_err() {
                break;
            }
        }
        Ok(())
    }
}

/// Lists with several accounts, as [`super::list_all`] takes them.
pub(crate) fn listers(
    accounts: impl IntoIterator<Item = (String, Arc<Access>)>,
) -> Vec<(String, Arc<dyn Lister>)> {
    accounts.into_iter().map(|(id, access)| (id, access as Arc<dyn Lister>)).collect()
}

fn listed(instance: adit_google::Instance) -> ListedInstance {
    ListedInstance {
        zone: instance.at.zone,
        name: instance.at.name,
        id: instance.id.parse().ok(),
        status: status(&instance.status),
        os: os(instance.os),
        internal_ip: instance.interfaces.into_iter().find_map(|interface| interface.internal_ip),
        labels: instance.labels.into_iter().collect(),
    }
}

/// A state as the front end knows it.
pub(crate) fn status(status: &adit_google::InstanceStatus) -> InstanceStatus {
    use adit_google::InstanceStatus as Compute;
    match status {
        Compute::Provisioning => InstanceStatus::Provisioning,
        Compute::Staging => InstanceStatus::Staging,
        Compute::Running => InstanceStatus::Running,
        Compute::PendingStop | Compute::Stopping | Compute::Deprovisioning => InstanceStatus::Stopping,
        Compute::Stopped | Compute::Terminated => InstanceStatus::Stopped,
        Compute::Suspending => InstanceStatus::Suspending,
        Compute::Suspended => InstanceStatus::Suspended,
        Compute::Repairing => InstanceStatus::Repairing,
        Compute::Other(_) => InstanceStatus::Unknown,
    }
}

fn os(os: adit_google::Os) -> Os {
    match os {
        adit_google::Os::Linux => Os::Linux,
        adit_google::Os::Windows => Os::Windows,
        adit_google::Os::Unknown => Os::Unknown,
    }
}

/// An instance as the API crate names it.
pub(crate) fn at(instance: &InstanceRef) -> adit_google::InstanceRef {
    adit_google::InstanceRef::new(&instance.project, &instance.zone, &instance.name)
}

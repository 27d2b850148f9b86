//! Compute Engine: instances and projects.

mod firewall;
mod list;
mod model;
mod operation;
mod os;
mod wire;

use google_cloud_compute_v1::model::{Metadata as SdkMetadata, Operation, metadata::Items};
use uuid::Uuid;

use crate::{
    error::{Error, ErrorKind, from_sdk},
    google::{Call, Google, options, segment},
};

pub use model::{
    Action, ComputeProject, Fingerprint, GuestAttribute, Instance, InstancePage, InstanceRef, InstanceStatus,
    Interface, Metadata, MetadataItem, ScopeWarning, SerialOutput,
};
pub use os::Os;

const INSTANCE: Call =
    Call::get("read the instance", "/compute/v1/projects/{project}/zones/{zone}/instances/{instance}");
const PROJECT: Call = Call::get("read the project", "/compute/v1/projects/{project}");
const ATTRIBUTES: Call = Call::get(
    "read the guest attributes",
    "/compute/v1/projects/{project}/zones/{zone}/instances/{instance}/getGuestAttributes",
);
const SERIAL: Call = Call::get(
    "read the serial port",
    "/compute/v1/projects/{project}/zones/{zone}/instances/{instance}/serialPort",
);
const SET_METADATA: Call = Call::post(
    "write the instance's metadata",
    "/compute/v1/projects/{project}/zones/{zone}/instances/{instance}/setMetadata",
);

impl Google {
    /// One instance, with its metadata.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`], [`ErrorKind::PermissionDenied`], [`ErrorKind::ApiDisabled`]; the kinds of a failed
    /// call.
    pub async fn instance(&self, at: &InstanceRef) -> Result<Instance, Error> {
        at.check(INSTANCE.doing)?;
        let client = self.instances().await?;
        let request = client.get().set_project(&at.project).set_zone(&at.zone).set_instance(&at.name);
        let request = options(request, INSTANCE.policy);
        let instance = self
            .call(&self.inner.endpoints.compute, INSTANCE, |_| {
                let request = request.clone();
                async move { request.send().await.map(Box::new).map_err(|e| from_sdk(INSTANCE.doing, &e)) }
            })
            .await?;
        Ok(Instance::from_sdk(at, *instance))
    }

    /// What Compute knows of a project: above all the metadata common to its instances.
    ///
    /// # Errors
    /// As [`Google::instance`].
    pub async fn project(&self, project: &str) -> Result<ComputeProject, Error> {
        segment(PROJECT.doing, "project id", project)?;
        let client = self.compute_projects().await?;
        let request = options(client.get().set_project(project), PROJECT.policy);
        let project = self
            .call(&self.inner.endpoints.compute, PROJECT, |_| {
                let request = request.clone();
                async move { request.send().await.map_err(|e| from_sdk(PROJECT.doing, &e)) }
            })
            .await?;
        Ok(project.into())
    }

    /// Starts a stopped instance and waits until Compute has done so.
    ///
    /// # Errors
    /// [`ErrorKind::OperationFailed`] with Compute's code as the reason, such as `ZONE_RESOURCE_POOL_EXHAUSTED`;
    /// [`ErrorKind::TimedOut`] if it is still under way after ten minutes; otherwise as [`Google::instance`].
    pub async fn start(&self, at: &InstanceRef) -> Result<(), Error> {
        self.act(at, Action::Start).await
    }

    /// Stops an instance and waits until Compute has done so.
    ///
    /// # Errors
    /// As [`Google::start`].
    pub async fn stop(&self, at: &InstanceRef) -> Result<(), Error> {
        self.act(at, Action::Stop).await
    }

    /// Resets an instance, as the button on a machine's front does.
    ///
    /// # Errors
    /// As [`Google::start`].
    pub async fn reset(&self, at: &InstanceRef) -> Result<(), Error> {
        self.act(at, Action::Reset).await
    }

    /// Suspends an instance to storage and waits until Compute has done so.
    ///
    /// # Errors
    /// As [`Google::start`].
    pub async fn suspend(&self, at: &InstanceRef) -> Result<(), Error> {
        self.act(at, Action::Suspend).await
    }

    /// Resumes a suspended instance and waits until Compute has done so.
    ///
    /// # Errors
    /// As [`Google::start`].
    pub async fn resume(&self, at: &InstanceRef) -> Result<(), Error> {
        self.act(at, Action::Resume).await
    }

    /// Does `action` to an instance and waits until Compute has done so.
    ///
    /// # Errors
    /// As [`Google::start`].
    pub async fn act(&self, at: &InstanceRef, action: Action) -> Result<(), Error> {
        let call = action.call();
        at.check(call.doing)?;
        // One id for all tries: Compute does a thing once however often it is asked.
        let id = Uuid::new_v4().to_string();
        let client = self.instances().await?;
        macro_rules! send {
            ($method:ident) => {{
                let request = client.$method().set_project(&at.project).set_zone(&at.zone);
                let request = options(request.set_instance(&at.name).set_request_id(&id), call.policy);
                self.call(&self.inner.endpoints.compute, call, |_| {
                    let request = request.clone();
                    async move { request.send().await.map(Box::new).map_err(|e| from_sdk(call.doing, &e)) }
                })
                .await?
            }};
        }
        let operation: Box<Operation> = match action {
            Action::Start => send!(start),
            Action::Stop => send!(stop),
            Action::Reset => send!(reset),
            Action::Suspend => send!(suspend),
            Action::Resume => send!(resume),
        };
        self.finish(call.doing, at, operation).await
    }

    /// Replaces the metadata of an instance, provided nobody has changed it since `fingerprint` was read, and
    /// waits until it is written. `items` are all items, each with its value.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] if somebody has: read again and apply the change to the new items.
    /// [`ErrorKind::PermissionDenied`] without `compute.instances.setMetadata`, or without
    /// `iam.serviceAccounts.actAs` on the VM's service account (a 400 of Compute's). Otherwise as
    /// [`Google::start`].
    pub async fn set_metadata(
        &self,
        at: &InstanceRef,
        fingerprint: &Fingerprint,
        items: &[MetadataItem],
    ) -> Result<(), Error> {
        const DOING: &str = SET_METADATA.doing;
        at.check(DOING)?;
        let items = items
            .iter()
            .map(|item| match &item.value {
                Some(value) => Ok(Items::new().set_key(&item.key).set_value(value)),
                // Written without its value the item would be lost.
                None => Err(Error::new(
                    ErrorKind::InvalidArgument,
                    DOING,
                    format!("the value of \"{}\" has not been read", item.key),
                )),
            })
            .collect::<Result<Vec<_>, _>>()?;
        let body = SdkMetadata::new().set_fingerprint(fingerprint.0.clone()).set_items(items);
        let client = self.instances().await?;
        let request = client
            .set_metadata()
            .set_project(&at.project)
            .set_zone(&at.zone)
            .set_instance(&at.name)
            .set_request_id(Uuid::new_v4().to_string())
            .set_body(body);
        let request = options(request, SET_METADATA.policy);
        let operation = self
            .call(&self.inner.endpoints.compute, SET_METADATA, |_| {
                let request = request.clone();
                async move { request.send().await.map(Box::new).map_err(|e| from_sdk(DOING, &e)) }
            })
            .await
            .map_err(act_as)?;
        self.finish(DOING, at, operation).await
    }

    /// The guest attributes below `path`, such as `hostkeys/`. None where the feature is off, nothing was written,
    /// or the instance is gone: Compute answers 404 to each.
    ///
    /// # Errors
    /// As [`Google::instance`], but for [`ErrorKind::NotFound`].
    pub async fn guest_attributes(&self, at: &InstanceRef, path: &str) -> Result<Vec<GuestAttribute>, Error> {
        at.check(ATTRIBUTES.doing)?;
        let client = self.instances().await?;
        let request = client.get_guest_attributes().set_project(&at.project).set_zone(&at.zone);
        let request = options(request.set_instance(&at.name).set_query_path(path), ATTRIBUTES.policy);
        let result = self
            .call(&self.inner.endpoints.compute, ATTRIBUTES, |_| {
                let request = request.clone();
                async move { request.send().await.map_err(|e| from_sdk(ATTRIBUTES.doing, &e)) }
            })
            .await;
        match result {
            Ok(attributes) => {
                let entries = attributes.query_value.map(|value| value.items).unwrap_or_default();
                Ok(entries.into_iter().map(GuestAttribute::from).collect())
            }
            Err(error) if error.kind == ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// The output of serial port `port` (1 to 4) from byte `start` on; at most 1 MiB is kept by Compute.
    ///
    /// # Errors
    /// As [`Google::instance`].
    pub async fn serial_port_output(
        &self,
        at: &InstanceRef,
        port: u8,
        start: i64,
    ) -> Result<SerialOutput, Error> {
        at.check(SERIAL.doing)?;
        let client = self.instances().await?;
        let request = client.get_serial_port_output().set_project(&at.project).set_zone(&at.zone);
        let request = options(
            request.set_instance(&at.name).set_port(i32::from(port)).set_start(start.max(0)),
            SERIAL.policy,
        );
        let output = self
            .call(&self.inner.endpoints.compute, SERIAL, |_| {
                let request = request.clone();
                async move { request.send().await.map_err(|e| from_sdk(SERIAL.doing, &e)) }
            })
            .await?;
        Ok(SerialOutput { contents: output.contents.unwrap_or_default(), next: output.next.unwrap_or(start) })
    }
}

/// The bare "BAD REQUEST" with which Compute refuses a metadata change for lack of `actAs`.
fn act_as(mut error: Error) -> Error {
    if error.status == Some(400) && error.message.eq_ignore_ascii_case("bad request") {
        error.kind = ErrorKind::PermissionDenied;
        error.details.permission = Some("iam.serviceAccounts.actAs".to_owned());
    }
    error
}

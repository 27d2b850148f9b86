//! The folders, in front of the protocol crates' own backend: what may only be read is never written, and a server
//! has no more open than it may.

use std::{
    collections::HashSet,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
};

use ironrdp_core::impl_as_any;
use ironrdp_pdu::{PduResult, encode_err};
use ironrdp_rdpdr::{
    RdpdrBackend,
    pdu::{
        RdpdrPdu,
        efs::{
            ClientDriveQueryVolumeInformationResponse, ClientDriveSetInformationResponse, CreateDisposition,
            CreateOptions, DesiredAccess, DeviceControlRequest, DeviceCreateRequest, DeviceCreateResponse,
            DeviceIoRequest, DeviceIoResponse, DeviceWriteResponse, Information, NtStatus,
            ServerDeviceAnnounceResponse, ServerDriveIoRequest,
        },
        esc::{ScardCall, ScardIoCtlCode},
    },
};
use ironrdp_rdpdr_native::backend::NixRdpdrBackend;
use ironrdp_svc::SvcMessage;

use super::{Drive, DriveAccess, MAX_DRIVES};

/// Most files and folders that a server has open at once, in all that is shared with it.
const MAX_OPEN: usize = 256;

/// These folders for the channel; none if there are none.
pub(crate) fn shared(drives: &[Drive]) -> Option<super::Shared> {
    let shared: Vec<_> = drives
        .iter()
        .filter_map(|drive| {
            let folder = drive.folder.to_str().filter(|_| drive.folder.is_absolute())?;
            Some((drive, NixRdpdrBackend::new(folder.to_owned())))
        })
        .zip(1..)
        .take(MAX_DRIVES)
        .map(|((drive, backend), id)| Shared { id, name: name_of(drive), access: drive.access, backend })
        .collect();
    let shared = named_apart(shared);
    if shared.is_empty() {
        return None;
    }
    let names = shared.iter().map(|shared| (shared.id, shared.name.clone())).collect();
    Some((Box::new(Drives { shared, open: HashSet::new() }), names))
}

/// A name that a server takes ([MS-RDPEFS] 2.2.1.3).
fn name_of(drive: &Drive) -> String {
    let name: String =
        drive.name.chars().filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter)).collect();
    let name: String = name.trim().chars().take(32).collect();
    if name.is_empty() { "Folder".to_owned() } else { name }
}

/// Folders of one name have a number behind it.
fn named_apart(mut shared: Vec<Shared>) -> Vec<Shared> {
    let mut taken = HashSet::new();
    for one in &mut shared {
        let name = one.name.clone();
        let mut number = 1;
        while !taken.insert(one.name.to_lowercase()) {
            number += 1;
            one.name = format!("{name} {number}");
        }
    }
    shared
}

#[derive(Debug)]
struct Shared {
    id: u32,
    name: String,
    access: DriveAccess,
    backend: NixRdpdrBackend,
}

/// The folders, each with files of its own.
struct Drives {
    shared: Vec<Shared>,
    /// What the server has open in all of them, by folder and file.
    open: HashSet<(u32, u32)>,
}

impl fmt::Debug for Drives {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Drives")
    }
}

impl_as_any!(Drives);

impl RdpdrBackend for Drives {
    fn reset(&mut self) -> PduResult<()> {
        self.open.clear();
        self.shared.iter_mut().try_for_each(|shared| shared.backend.reset())
    }

    fn handle_server_device_announce_response(
        &mut self,
        response: ServerDeviceAnnounceResponse,
    ) -> PduResult<()> {
        tracing::debug!(?response, "a folder was announced");
        Ok(())
    }

    fn handle_scard_call(
        &mut self,
        _request: DeviceControlRequest<ScardIoCtlCode>,
        _call: ScardCall,
    ) -> PduResult<Vec<SvcMessage>> {
        // No card was announced.
        Ok(Vec::new())
    }

    fn handle_drive_io_request(&mut self, request: ServerDriveIoRequest) -> PduResult<Vec<SvcMessage>> {
        let id = header(&request).device_id;
        let Some(shared) = self.shared.iter_mut().find(|shared| shared.id == id) else {
            return Ok(Vec::new());
        };
        let request = match shared.access {
            DriveAccess::ReadWrite => request,
            DriveAccess::ReadOnly => match reading(request)? {
                Reading::Allowed(request) => *request,
                Reading::Refused(response) => return Ok(vec![SvcMessage::from(*response)]),
            },
        };
        let refused = header(&request).clone();
        let opens = matches!(request, ServerDriveIoRequest::ServerCreateDriveRequest(_));
        if opens && self.open.len() >= MAX_OPEN {
            return Ok(vec![SvcMessage::from(not_opened(refused, NtStatus::INSUFFICIENT_RESOURCES))]);
        }
        if let ServerDriveIoRequest::DeviceCloseRequest(request) = &request {
            self.open.remove(&(id, request.device_io_request.file_id));
        }
        // Asked for a volume the library counts its blocks in 32 bits, and panics where a disk has more.
        let answered = catch_unwind(AssertUnwindSafe(|| shared.backend.handle_drive_io_request(request)));
        let Ok(answered) = answered else {
            tracing::warn!("a folder could not answer");
            return Ok(vec![SvcMessage::from(RdpdrPdu::ClientDriveQueryVolumeInformationResponse(
                ClientDriveQueryVolumeInformationResponse::new(refused, NtStatus::UNSUCCESSFUL, None),
            ))]);
        };
        let messages = answered?;
        if opens {
            self.open.extend(messages.iter().filter_map(opened).map(|file| (id, file)));
        }
        Ok(messages)
    }
}

/// The file that an answer says is open, by its number ([MS-RDPEFS] 2.2.1.5, 2.2.1.5.1).
fn opened(answer: &SvcMessage) -> Option<u32> {
    // Component and kind, device, completion.
    const HEADER: usize = 12;
    let bytes = answer.encode_unframed_pdu().ok()?;
    let number = |at: usize| bytes.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes);
    (number(HEADER)? == u32::from(NtStatus::SUCCESS)).then(|| number(HEADER + 4)).flatten()
}

fn not_opened(request: DeviceIoRequest, status: NtStatus) -> RdpdrPdu {
    RdpdrPdu::DeviceCreateResponse(DeviceCreateResponse {
        device_io_reply: DeviceIoResponse::new(request, status),
        file_id: 0,
        information: Information::empty(),
    })
}

fn header(request: &ServerDriveIoRequest) -> &DeviceIoRequest {
    use ServerDriveIoRequest as Request;
    match request {
        Request::ServerCreateDriveRequest(request) => &request.device_io_request,
        Request::ServerDriveQueryInformationRequest(request) => &request.device_io_request,
        Request::DeviceCloseRequest(request) => &request.device_io_request,
        Request::ServerDriveQueryDirectoryRequest(request) => &request.device_io_request,
        Request::ServerDriveNotifyChangeDirectoryRequest(request) => &request.device_io_request,
        Request::ServerDriveQueryVolumeInformationRequest(request) => &request.device_io_request,
        Request::DeviceControlRequest(request) => &request.header,
        Request::DeviceReadRequest(request) => &request.device_io_request,
        Request::DeviceWriteRequest(request) => &request.device_io_request,
        Request::DeviceFlushBuffersRequest(request) => &request.device_io_request,
        Request::ServerDriveSetInformationRequest(request) => &request.device_io_request,
        Request::ServerDriveLockControlRequest(request) => &request.device_io_request,
        Request::ServerDriveQuerySecurityRequest(request) => &request.device_io_request,
        Request::ServerDriveSetSecurityRequest(request) => &request.device_io_request,
    }
}

/// What becomes of a request in a folder that may only be read.
enum Reading {
    Allowed(Box<ServerDriveIoRequest>),
    Refused(Box<RdpdrPdu>),
}

/// Only what was opened for reading is ever handed on, so nothing behind it can write either.
fn reading(request: ServerDriveIoRequest) -> PduResult<Reading> {
    use ServerDriveIoRequest as Request;
    let refused = |response| Ok(Reading::Refused(Box::new(response)));
    match request {
        Request::ServerCreateDriveRequest(request) => Ok(match opened_for_reading(request) {
            Ok(request) => Reading::Allowed(Box::new(Request::ServerCreateDriveRequest(request))),
            Err(response) => Reading::Refused(response),
        }),
        Request::DeviceWriteRequest(request) => refused(RdpdrPdu::DeviceWriteResponse(DeviceWriteResponse {
            device_io_reply: denied(request.device_io_request),
            length: 0,
        })),
        Request::ServerDriveSetInformationRequest(request) => {
            let response = ClientDriveSetInformationResponse::new(&request, NtStatus::ACCESS_DENIED)
                .map_err(|error| encode_err!(error))?;
            refused(RdpdrPdu::ClientDriveSetInformationResponse(response))
        }
        other => Ok(Reading::Allowed(Box::new(other))),
    }
}

fn denied(request: DeviceIoRequest) -> DeviceIoResponse {
    DeviceIoResponse::new(request, NtStatus::ACCESS_DENIED)
}

fn opened_for_reading(mut request: DeviceCreateRequest) -> Result<DeviceCreateRequest, Box<RdpdrPdu>> {
    let writes = DesiredAccess::FILE_WRITE_DATA_OR_FILE_ADD_FILE
        | DesiredAccess::FILE_APPEND_DATA_OR_FILE_ADD_SUBDIRECTORY
        | DesiredAccess::FILE_WRITE_EA
        | DesiredAccess::FILE_DELETE_CHILD
        | DesiredAccess::FILE_WRITE_ATTRIBUTES
        | DesiredAccess::DELETE
        | DesiredAccess::WRITE_DAC
        | DesiredAccess::WRITE_OWNER
        | DesiredAccess::GENERIC_ALL
        | DesiredAccess::GENERIC_WRITE;
    let opens =
        [CreateDisposition::FILE_OPEN, CreateDisposition::FILE_OPEN_IF].contains(&request.create_disposition);
    let deletes = request.create_options.contains(CreateOptions::FILE_DELETE_ON_CLOSE);
    if !opens || deletes || request.desired_access.intersects(writes) {
        return Err(Box::new(not_opened(request.device_io_request, NtStatus::ACCESS_DENIED)));
    }
    request.create_disposition = CreateDisposition::FILE_OPEN;
    if request.desired_access.contains(DesiredAccess::MAXIMUM_ALLOWED) {
        request.desired_access.remove(DesiredAccess::MAXIMUM_ALLOWED);
        request.desired_access.insert(DesiredAccess::GENERIC_READ);
    }
    Ok(request)
}

#[cfg(test)]
mod tests;

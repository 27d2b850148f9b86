//! The channel for what a desktop gets of this computer ([MS-RDPEFS]): folders and printers, each by its number.

use std::fmt;

use ironrdp_core::impl_as_any;
use ironrdp_pdu::PduResult;
use ironrdp_rdpdr::{
    Rdpdr, RdpdrBackend,
    pdu::{
        efs::{
            DeviceControlRequest, DeviceIoRequest, PrinterIoRequest, ServerDeviceAnnounceResponse,
            ServerDriveIoRequest,
        },
        esc::{ScardCall, ScardIoCtlCode},
    },
};
use ironrdp_svc::SvcMessage;

use crate::{drives, options::Options, printers::Printers};

/// The number of the first printer. Those of folders begin with 1, and are few.
const FIRST_PRINTER: u32 = 1000;

/// The channel for what these options share; none if that is nothing.
pub(crate) fn channel(options: &Options) -> Option<Rdpdr> {
    let client = options.client.chars().take(15).collect();
    let folders = drives::shared(&options.drives);
    let printers = Printers::new(&options.printers, options.printing.clone(), FIRST_PRINTER);
    if folders.is_none() && printers.is_none() {
        return None;
    }
    let announcements: Vec<_> = printers.iter().flat_map(Printers::announcements).collect();
    let (drives, names) = folders.map_or((None, None), |(drives, names)| (Some(drives), Some(names)));
    let mut channel = Rdpdr::new(Box::new(Devices { drives, printers }), client);
    if names.is_some() {
        channel = channel.with_drives(names);
    }
    Some(announcements.into_iter().fold(channel, Rdpdr::with_redirected_printer))
}

struct Devices {
    drives: Option<Box<dyn RdpdrBackend>>,
    printers: Option<Printers>,
}

impl fmt::Debug for Devices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Devices")
    }
}

impl_as_any!(Devices);

impl RdpdrBackend for Devices {
    fn reset(&mut self) -> PduResult<()> {
        if let Some(printers) = &mut self.printers {
            printers.reset();
        }
        self.drives.as_mut().map_or(Ok(()), |drives| drives.reset())
    }

    fn handle_server_device_announce_response(
        &mut self,
        response: ServerDeviceAnnounceResponse,
    ) -> PduResult<()> {
        tracing::debug!(?response, "a device was announced");
        Ok(())
    }

    // One that the server does not take: the library lets nothing reach it any more.
    fn remove_drive(&mut self, _device_id: u32) -> PduResult<Vec<SvcMessage>> {
        Ok(Vec::new())
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
        self.drives.as_mut().map_or_else(|| Ok(Vec::new()), |drives| drives.handle_drive_io_request(request))
    }

    fn handle_printer_io_request(&mut self, request: PrinterIoRequest) -> PduResult<Vec<SvcMessage>> {
        self.printers.as_mut().map_or_else(|| Ok(Vec::new()), |printers| printers.handle(request))
    }

    fn reject_printer_write(&mut self, request: DeviceIoRequest) -> PduResult<Vec<SvcMessage>> {
        self.printers.as_mut().map_or_else(|| Ok(Vec::new()), |printers| printers.refuse_write(request))
    }
}

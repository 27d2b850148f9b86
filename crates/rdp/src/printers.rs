//! Printers of this side that a desktop may print on ([MS-RDPEPC]). What it prints comes into a file without a name, which
//! nobody else can open and which is gone with the last who reads it; once it is whole it goes to the caller. However much a
//! server sends, and whatever it leaves open: so many jobs and bytes there are, and no more.

mod spool;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeSet, HashMap},
    fmt, io,
    sync::Arc,
};

use ironrdp_pdu::PduResult;
use ironrdp_rdpdr::{
    RdpdrPrinter,
    pdu::{
        RdpdrPdu,
        efs::{
            DEFAULT_PRINTER_DRIVER_NAME, DeviceCloseResponse, DeviceCreateResponse, DeviceIoRequest,
            DeviceIoResponse, DeviceWriteResponse, Information, MICROSOFT_PRINT_TO_PDF_DRIVER_NAME, NtStatus,
            PrinterIoRequest,
        },
    },
};
use ironrdp_svc::SvcMessage;

pub use self::spool::PrintJob;
use self::spool::{Spool, Writing};

/// Most printers that are shared at once.
pub const MAX_PRINTERS: usize = 16;
/// Most print jobs at once, of all printers: those that a desktop has begun and those that wait to be printed.
pub const MAX_PRINT_JOBS: usize = 8;
/// Most bytes of those jobs together.
pub const MAX_PRINT_BYTES: u64 = 512 * 1024 * 1024;

/// Longest name of a printer on the desktop, in characters. Windows adds its own words to it.
const LONGEST_NAME: usize = 64;

/// What a desktop is to print in. Each has a driver that comes with Windows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PrintLanguage {
    /// PostScript.
    #[default]
    PostScript,
    /// PDF.
    Pdf,
}

impl PrintLanguage {
    /// The driver that makes it there.
    fn driver(self) -> &'static str {
        match self {
            Self::PostScript => DEFAULT_PRINTER_DRIVER_NAME,
            Self::Pdf => MICROSOFT_PRINT_TO_PDF_DRIVER_NAME,
        }
    }
}

/// A printer that a desktop may print on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Printer {
    /// What it is called here, and there as far as a server takes that.
    pub name: String,
    /// Whether it is the one that is used where none is chosen.
    pub is_default: bool,
    /// What the desktop prints in.
    pub language: PrintLanguage,
}

/// Why something that a desktop printed does not get here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum PrintError {
    /// There are [`MAX_PRINT_JOBS`] already.
    #[error("there are too many print jobs at once")]
    TooMany,
    /// The jobs together have more than [`MAX_PRINT_BYTES`].
    #[error("the print jobs are too large")]
    TooLarge,
    /// It could not be written down here.
    #[error("a print job could not be kept: {0}")]
    Keep(io::ErrorKind),
    /// The desktop, or the connection to it, went away in the middle of it.
    #[error("a print job was cut off")]
    CutOff,
}

/// Takes what a desktop prints. Its methods are called by the session, on its thread, and must return at once.
pub trait Printing: Send + Sync {
    /// A job is whole.
    fn print(&self, job: PrintJob);

    /// Nothing comes of one for the printer of this name. A hostile server can cause that as often as it likes.
    fn failed(&self, printer: &str, error: PrintError);
}

/// The printers of one connection.
pub(crate) struct Printers {
    printers: Vec<Announced>,
    printing: Arc<dyn Printing>,
    spool: Spool,
    /// By the number that the server has for it.
    jobs: HashMap<u32, Job>,
    next: u32,
}

/// A printer and what the server is told of it.
struct Announced {
    id: u32,
    name: String,
    announcement: RdpdrPrinter,
}

/// What a server writes.
struct Job {
    device: u32,
    state: State,
}

enum State {
    Writing(Writing),
    /// It failed, and that was told. What still comes of it is not kept.
    Failed(NtStatus),
}

impl fmt::Debug for Printers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Printers")
    }
}

impl Printers {
    /// The printers, with numbers of devices from `first` on; none if there are none.
    pub(crate) fn new(printers: &[Printer], printing: Option<Arc<dyn Printing>>, first: u32) -> Option<Self> {
        let printing = printing.filter(|_| !printers.is_empty())?;
        let mut names = BTreeSet::new();
        let mut has_default = false;
        let announced = printers.iter().take(MAX_PRINTERS).zip(first..).map(|(printer, id)| {
            let is_default = printer.is_default && !std::mem::replace(&mut has_default, true);
            let name = named_apart(shown(&printer.name), &mut names);
            let announcement = RdpdrPrinter::new(id, name, printer.language.driver().to_owned())
                .with_network(false)
                .with_default(is_default);
            Announced { id, name: printer.name.clone(), announcement }
        });
        let printers = announced.collect();
        Some(Self { printers, printing, spool: Spool::default(), jobs: HashMap::new(), next: 1 })
    }

    /// What the server is told of them.
    pub(crate) fn announcements(&self) -> impl Iterator<Item = RdpdrPrinter> + '_ {
        self.printers.iter().map(|printer| printer.announcement.clone())
    }

    pub(crate) fn has(&self, device: u32) -> bool {
        self.printers.iter().any(|printer| printer.id == device)
    }

    /// Nothing that was begun is ended any more.
    pub(crate) fn reset(&mut self) {
        for (_, job) in std::mem::take(&mut self.jobs) {
            if matches!(&job.state, State::Writing(writing) if !writing.is_empty()) {
                self.tell(job.device, PrintError::CutOff);
            }
        }
    }

    pub(crate) fn handle(&mut self, request: PrinterIoRequest) -> PduResult<Vec<SvcMessage>> {
        let answer = match request {
            PrinterIoRequest::Create(request) => self.create(request.device_io_request),
            PrinterIoRequest::Write(request) => self.write(request.device_io_request, &request.write_data),
            PrinterIoRequest::Close(request) => self.close(request.device_io_request),
        };
        Ok(vec![SvcMessage::from(answer)])
    }

    /// A write that is longer than the library reads.
    pub(crate) fn refuse_write(&mut self, request: DeviceIoRequest) -> PduResult<Vec<SvcMessage>> {
        if let Some(job) = self.jobs.get_mut(&request.file_id).filter(|job| job.device == request.device_id)
            && let State::Writing(_) = job.state
        {
            job.state = State::Failed(NtStatus::INVALID_PARAMETER);
            self.tell(request.device_id, PrintError::TooLarge);
        }
        Ok(vec![SvcMessage::from(written(request, NtStatus::INVALID_PARAMETER, 0))])
    }

    fn create(&mut self, request: DeviceIoRequest) -> RdpdrPdu {
        let answer = |request, status, file_id| {
            RdpdrPdu::DeviceCreateResponse(DeviceCreateResponse {
                device_io_reply: DeviceIoResponse::new(request, status),
                file_id,
                information: if status == NtStatus::SUCCESS {
                    Information::FILE_OPENED
                } else {
                    Information::empty()
                },
            })
        };
        let device = request.device_id;
        if !self.has(device) {
            return answer(request, NtStatus::UNSUCCESSFUL, 0);
        }
        // Jobs that failed hold no file, but their numbers are bounded as well.
        let begun = match self.jobs.len() {
            MAX_PRINT_JOBS.. => Err(PrintError::TooMany),
            _ => self.spool.begin(),
        };
        match begun {
            Ok(writing) => {
                let id = self.number();
                self.jobs.insert(id, Job { device, state: State::Writing(writing) });
                answer(request, NtStatus::SUCCESS, id)
            }
            Err(error) => {
                self.tell(device, error);
                answer(request, status(error), 0)
            }
        }
    }

    /// Offsets are not looked at: a job is written from its beginning to its end ([MS-RDPEPC] 2.2.2.9).
    fn write(&mut self, request: DeviceIoRequest, bytes: &[u8]) -> RdpdrPdu {
        let device = request.device_id;
        let Some(job) = self.jobs.get_mut(&request.file_id).filter(|job| job.device == device) else {
            return written(request, NtStatus::UNSUCCESSFUL, 0);
        };
        let error = match &mut job.state {
            State::Failed(status) => return written(request, *status, 0),
            State::Writing(writing) => match writing.write(bytes) {
                Ok(()) => {
                    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
                    return written(request, NtStatus::SUCCESS, length);
                }
                Err(error) => error,
            },
        };
        job.state = State::Failed(status(error));
        self.tell(device, error);
        written(request, status(error), 0)
    }

    fn close(&mut self, request: DeviceIoRequest) -> RdpdrPdu {
        let (device, file) = (request.device_id, request.file_id);
        let known = self.jobs.get(&file).is_some_and(|job| job.device == device);
        let status = match known.then(|| self.jobs.remove(&file)).flatten().map(|job| job.state) {
            None => NtStatus::UNSUCCESSFUL,
            // It was told already, and it is closed.
            Some(State::Failed(_)) => NtStatus::SUCCESS,
            // Windows opens a printer to see whether it can, too.
            Some(State::Writing(writing)) if writing.is_empty() => NtStatus::SUCCESS,
            Some(State::Writing(writing)) => {
                let printer = self.name(device).to_owned();
                match writing.end(printer) {
                    Ok(job) => {
                        tracing::debug!(bytes = job.bytes(), "a print job is whole");
                        self.printing.print(job);
                        NtStatus::SUCCESS
                    }
                    Err(error) => {
                        self.tell(device, error);
                        status(error)
                    }
                }
            }
        };
        RdpdrPdu::DeviceCloseResponse(DeviceCloseResponse {
            device_io_response: DeviceIoResponse::new(request, status),
        })
    }

    /// One that no open job has.
    fn number(&mut self) -> u32 {
        loop {
            let id = self.next;
            // Zero is what a server says where there is no file.
            self.next = self.next.checked_add(1).unwrap_or(1);
            if !self.jobs.contains_key(&id) {
                return id;
            }
        }
    }

    fn name(&self, device: u32) -> &str {
        let printer = self.printers.iter().find(|printer| printer.id == device);
        printer.map_or("", |printer| printer.name.as_str())
    }

    fn tell(&self, device: u32, error: PrintError) {
        tracing::debug!(%error, "a print job is not printed");
        self.printing.failed(self.name(device), error);
    }
}

impl Drop for Printers {
    fn drop(&mut self) {
        self.reset();
    }
}

fn status(error: PrintError) -> NtStatus {
    match error {
        PrintError::TooMany => NtStatus::INSUFFICIENT_RESOURCES,
        PrintError::TooLarge | PrintError::Keep(io::ErrorKind::StorageFull) => NtStatus::DISK_FULL,
        PrintError::Keep(_) | PrintError::CutOff => NtStatus::UNSUCCESSFUL,
    }
}

fn written(request: DeviceIoRequest, status: NtStatus, length: u32) -> RdpdrPdu {
    RdpdrPdu::DeviceWriteResponse(DeviceWriteResponse {
        device_io_reply: DeviceIoResponse::new(request, status),
        length,
    })
}

/// A name that Windows takes for a printer: without the letters that it keeps for itself (`\`, `,`, `!`), or that could be
/// taken for others.
fn shown(name: &str) -> String {
    let fits = |letter: char| letter.is_alphanumeric() || " -_.()#+".contains(letter);
    let name: String = name.chars().map(|letter| if fits(letter) { letter } else { '-' }).collect();
    let name: String = name.trim().chars().take(LONGEST_NAME).collect();
    if name.trim().is_empty() { "Printer".to_owned() } else { name }
}

/// Printers of one name have a number behind it.
fn named_apart(name: String, taken: &mut BTreeSet<String>) -> String {
    let mut apart = name.clone();
    let mut number = 1;
    while !taken.insert(apart.to_lowercase()) {
        number += 1;
        apart = format!("{name} {number}");
    }
    apart
}

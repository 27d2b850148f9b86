//! Printing on the printers of a client ([MS-RDPEFS], [MS-RDPEPC]).
//!
//! The server library does not have the channel for a client's devices. So it is played beside the library: what the client
//! sends on it is taken out of the connection before the library reads it, and what it gets is put in between what the library
//! sends. Clients that have no such channel are served as before.

use std::{
    cell::RefCell,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::{Context as _, Result, bail};
use ironrdp_core::decode;
use ironrdp_pdu::{mcs::McsMessage, x224::X224};
use ironrdp_server::{RdpServer, TransportTls};
use ironrdp_svc::{SvcMessage, server_encode_svc_messages};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
};

use crate::{desktop::Shared, replay::length, report::Report};

/// The channel's name.
pub(crate) const CHANNEL: &str = "rdpdr";

/// Between the library and the client, in bytes.
const BUFFER: usize = 1024 * 1024;
/// What a request brings to the printer at most, in bytes.
const PIECE: usize = 8 * 1024;
/// Largest message of the client's, in bytes.
const LARGEST: usize = 1024 * 1024;
/// What the channel's messages of one part begin with and end with ([MS-RDPBCGR] 2.2.6.1.1).
const LAST: u32 = 2;
/// The kind of a printer, and the flag of the usual one.
const PRINTER: u32 = 4;
const DEFAULT: u32 = 2;
/// What is asked of a device.
const CREATE: u32 = 0;
const CLOSE: u32 = 2;
const WRITE: u32 = 4;

/// Has a connection print; a clone is another handle on the same.
#[derive(Clone, Default)]
pub(crate) struct Press(Arc<Mutex<Option<UnboundedSender<()>>>>);

impl Press {
    /// Prints the desktop's text on the client's usual printer, if it has one.
    pub(crate) fn print(&self, report: &Report) {
        let sender = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if sender.is_none_or(|sender| sender.send(()).is_err()) {
            report.say(&json!({"event": "print", "what": "no printer"}));
        }
    }
}

/// Serves a connection whose client has the channel under this number.
pub(crate) async fn serve<S>(
    stream: S,
    server: &mut RdpServer,
    (desktop, press): (&Shared, &Press),
    channel: u16,
) -> Result<()>
where
    S: AsyncRead + AsyncWrite + Send + Sync + Unpin,
{
    let (from_client, to_client) = tokio::io::split(stream);
    let (near, far) = tokio::io::duplex(BUFFER);
    let (from_library, to_library) = tokio::io::split(near);
    let (say, said) = unbounded_channel();
    let (ask, asked) = unbounded_channel();
    *press.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(ask);
    let devices = RefCell::new(Devices::new(channel, desktop.report().clone(), say));
    // Boxed, since it is large.
    let library = Box::pin(server.run_connection_with(far, TransportTls::AlreadyDone));
    tokio::select! {
        ended = library => ended,
        ended = up(from_client, to_library, &devices) => ended,
        ended = down(from_library, to_client, &devices, said) => ended,
        ended = print(asked, &devices, desktop) => ended,
    }
}

/// Reads units until there are no more.
struct Units<R> {
    from: R,
    unread: Vec<u8>,
}

impl<R: AsyncRead + Unpin> Units<R> {
    fn new(from: R) -> Self {
        Self { from, unread: Vec::new() }
    }

    /// The next one. A call that is dropped loses nothing.
    async fn next(&mut self) -> Result<Option<Vec<u8>>> {
        loop {
            match length(&self.unread) {
                Some(0) => bail!("a unit without length"),
                Some(length) if length <= self.unread.len() => {
                    return Ok(Some(self.unread.drain(..length).collect()));
                }
                Some(_) | None => {}
            }
            self.unread.reserve(64 * 1024);
            if self.from.read_buf(&mut self.unread).await? == 0 {
                return Ok(None);
            }
        }
    }
}

async fn up(
    from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    devices: &RefCell<Devices>,
) -> Result<()> {
    let mut units = Units::new(from);
    while let Some(unit) = units.next().await? {
        if let Ok(X224(McsMessage::SendDataRequest(request))) = decode::<X224<McsMessage<'_>>>(&unit) {
            let mut devices = devices.borrow_mut();
            devices.user = request.initiator_id;
            if request.channel_id == devices.channel {
                devices.part(&request.user_data)?;
                continue;
            }
        }
        to.write_all(&unit).await?;
        to.flush().await?;
    }
    Ok(())
}

async fn down(
    from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    devices: &RefCell<Devices>,
    mut said: UnboundedReceiver<Vec<u8>>,
) -> Result<()> {
    let mut units = Units::new(from);
    loop {
        let unit = tokio::select! {
            unit = units.next() => match unit? {
                Some(unit) => unit,
                None => return Ok(()),
            },
            Some(message) = said.recv() => message,
        };
        to.write_all(&unit).await?;
        to.flush().await?;
        // The first fast-path unit is the first picture.
        if unit.first().is_some_and(|first| *first != 3) {
            devices.borrow_mut().begin()?;
        }
    }
}

async fn print(mut asked: UnboundedReceiver<()>, devices: &RefCell<Devices>, desktop: &Shared) -> Result<()> {
    while asked.recv().await.is_some() {
        devices.borrow_mut().print(page(&desktop.text()))?;
    }
    std::future::pending().await
}

/// The text on a page, and enough behind it that it goes in several pieces.
fn page(text: &str) -> Vec<u8> {
    let text: String =
        text.chars().filter(|letter| letter.is_ascii_alphanumeric() || *letter == ' ').collect();
    let mut page = String::from("%!PS-Adobe-3.0\n%%Pages: 1\n/Helvetica findfont 24 scalefont setfont\n");
    page.push_str(&format!("72 720 moveto ({text}) show\n"));
    for line in 0..3000 {
        let (x, y) = (72 + line % 400, 100 + line / 5);
        page.push_str(&format!("newpath {x} {y} moveto 2 0 rlineto stroke\n"));
    }
    page.push_str("showpage\n%%EOF\n");
    page.into_bytes()
}

/// What a printer is being asked.
enum Doing {
    Opening,
    Writing { file: u32 },
    Closing,
}

struct Job {
    device: u32,
    page: Vec<u8>,
    sent: usize,
    doing: Doing,
}

/// The client's devices, as far as they are printers.
struct Devices {
    channel: u16,
    user: u16,
    report: Report,
    say: UnboundedSender<Vec<u8>>,
    began: bool,
    /// Of a message that is not whole yet.
    parts: Vec<u8>,
    printer: Option<u32>,
    job: Option<Job>,
}

impl Devices {
    fn new(channel: u16, report: Report, say: UnboundedSender<Vec<u8>>) -> Self {
        Self { channel, user: 0, report, say, began: false, parts: Vec::new(), printer: None, job: None }
    }

    fn say(&self, message: Vec<u8>) -> Result<()> {
        let units = server_encode_svc_messages(vec![SvcMessage::from(message)], self.channel, self.user)?;
        // Each part is a unit of its own, and may stand behind another one.
        self.say.send(units).context("nobody sends any more")
    }

    fn core(&self, kind: &[u8; 2], numbers: &[u32]) -> Result<()> {
        let numbers = numbers.iter().flat_map(|number| number.to_le_bytes());
        self.say([b'r', b'D', kind[0], kind[1]].into_iter().chain(numbers).collect())
    }

    fn ask(&self, device: u32, file: u32, function: u32, body: &[u8]) -> Result<()> {
        let head = [device, file, 1, function, 0].into_iter().flat_map(u32::to_le_bytes);
        self.say(b"rDRI".iter().copied().chain(head).chain(body.iter().copied()).collect())
    }

    /// Says that it is there, once.
    fn begin(&mut self) -> Result<()> {
        if !std::mem::replace(&mut self.began, true) {
            self.core(b"nI", &[0x000D_0001, 1])?;
        }
        Ok(())
    }

    fn print(&mut self, page: Vec<u8>) -> Result<()> {
        let busy = self.job.is_some();
        let Some(device) = self.printer.filter(|_| !busy) else {
            let what = if busy { "busy" } else { "no printer" };
            self.report.say(&json!({"event": "print", "what": what}));
            return Ok(());
        };
        self.job = Some(Job { device, page, sent: 0, doing: Doing::Opening });
        self.ask(device, 0, CREATE, &[0; 32])
    }

    /// A part of a message.
    fn part(&mut self, data: &[u8]) -> Result<()> {
        let (head, data) = data.split_at_checked(8).context("half a head")?;
        self.parts.extend_from_slice(data);
        if self.parts.len() > LARGEST {
            bail!("a message that is too long");
        }
        if number(head, 4)? & LAST == 0 {
            return Ok(());
        }
        let message = std::mem::take(&mut self.parts);
        let (kind, body) = message.split_at_checked(4).context("half a message")?;
        match kind {
            b"rDNC" => {
                // What it can: general things, and printers.
                let general = [0x002C_0001, 2, 2, 0, 0x000D_0001, 0xFFFF, 0, 7, 0, 0, 0];
                let capabilities: Vec<u32> = [2].into_iter().chain(general).chain([0x0008_0002, 1]).collect();
                self.core(b"PS", &capabilities)?;
                self.core(b"CC", &[0x000D_0001, 1])?;
                self.core(b"LU", &[])
            }
            b"rDAD" => self.announced(body),
            b"rDCI" => self.answered(body),
            _ => Ok(()),
        }
    }

    fn announced(&mut self, body: &[u8]) -> Result<()> {
        let mut at = 4;
        for _ in 0..number(body, 0)? {
            let (kind, id) = (number(body, at)?, number(body, at + 4)?);
            let length = usize::try_from(number(body, at + 16)?)?;
            let data = body.get(at + 20..).and_then(|data| data.get(..length)).context("half a device")?;
            if kind == PRINTER {
                let (flags, name) = printer(data)?;
                let usual = flags & DEFAULT != 0;
                if usual || self.printer.is_none() {
                    self.printer = Some(id);
                }
                self.report.say(&json!({"event": "print", "what": "printer", "name": name, "usual": usual}));
            }
            self.core(b"rd", &[id, 0])?;
            at += 20 + length;
        }
        Ok(())
    }

    fn answered(&mut self, body: &[u8]) -> Result<()> {
        let Some(mut job) = self.job.take() else { return Ok(()) };
        let status = number(body, 8)?;
        if status != 0 {
            self.report.say(&json!({"event": "print", "what": "failed", "status": status}));
            return Ok(());
        }
        let file = match job.doing {
            Doing::Opening => number(body, 12)?,
            Doing::Writing { file } => file,
            Doing::Closing => {
                let hash: String =
                    Sha256::digest(&job.page).iter().map(|byte| format!("{byte:02x}")).collect();
                let bytes = job.page.len();
                self.report.say(&json!({"event": "print", "what": "sent", "bytes": bytes, "sha256": hash}));
                return Ok(());
            }
        };
        let rest = job.page.get(job.sent..).unwrap_or_default();
        let piece = rest.get(..PIECE).unwrap_or(rest).to_vec();
        if piece.is_empty() {
            job.doing = Doing::Closing;
            self.ask(job.device, file, CLOSE, &[0; 32])?;
        } else {
            job.sent += piece.len();
            job.doing = Doing::Writing { file };
            let length = u32::try_from(piece.len())?.to_le_bytes();
            self.ask(job.device, file, WRITE, &[&length[..], &[0; 28], &piece].concat())?;
        }
        self.job = Some(job);
        Ok(())
    }
}

/// The flags and the name of a printer.
fn printer(data: &[u8]) -> Result<(u32, String)> {
    let length = |at: usize| number(data, at).and_then(|length| Ok(usize::try_from(length)?));
    let begin = 24 + length(8)? + length(12)?;
    let name = data.get(begin..).and_then(|rest| rest.get(..length(16).ok()?)).context("half a name")?;
    let units: Vec<u16> = name.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    Ok((number(data, 0)?, String::from_utf16_lossy(&units).trim_end_matches('\0').to_owned()))
}

fn number(bytes: &[u8], at: usize) -> Result<u32> {
    let four = bytes.get(at..).and_then(<[u8]>::first_chunk).context("a message that is too short")?;
    Ok(u32::from_le_bytes(*four))
}

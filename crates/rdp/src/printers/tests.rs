use std::{
    io::Read as _,
    sync::{Arc, Mutex},
};

use ironrdp_core::{ReadCursor, impl_as_any};
use ironrdp_pdu::{PduResult, gcc::ChannelName};
use ironrdp_rdpdr::pdu::efs::{
    CreateDisposition, CreateOptions, DesiredAccess, DeviceCloseRequest, DeviceCreateRequest,
    DeviceIoRequest, DeviceWriteRequest, FileAttributes, MajorFunction, MinorFunction, PrinterIoRequest,
    SharedAccess,
};
use ironrdp_svc::{CompressionCondition, SvcMessage, SvcProcessor, SvcServerProcessor};
use proptest::prelude::*;
use tokio::sync::Notify;

use super::*;
use crate::{
    Options, Size,
    session::peer::{PATIENCE, Peer, opened},
};

const SUCCESS: u32 = 0;
const UNSUCCESSFUL: u32 = 0xC000_0001;
const FULL: u32 = 0xC000_007F;
const TOO_MANY: u32 = 0xC000_009A;

/// Keeps what is printed.
#[derive(Default)]
struct Tray {
    jobs: Mutex<Vec<PrintJob>>,
    failures: Mutex<Vec<(String, PrintError)>>,
    news: Notify,
}

impl Tray {
    fn failures(&self) -> Vec<(String, PrintError)> {
        self.failures.lock().unwrap().clone()
    }

    /// What was printed on which printer; it is taken out.
    fn take(&self) -> Vec<(String, Vec<u8>)> {
        let read = |job: PrintJob| {
            let mut bytes = Vec::new();
            job.file().unwrap().read_to_end(&mut bytes).unwrap();
            assert_eq!(u64::try_from(bytes.len()).unwrap(), job.bytes());
            (job.printer().to_owned(), bytes)
        };
        self.jobs.lock().unwrap().drain(..).map(read).collect()
    }
}

impl Printing for Tray {
    fn print(&self, job: PrintJob) {
        self.jobs.lock().unwrap().push(job);
        self.news.notify_one();
    }

    fn failed(&self, printer: &str, error: PrintError) {
        self.failures.lock().unwrap().push((printer.to_owned(), error));
        self.news.notify_one();
    }
}

fn printer(name: &str, is_default: bool) -> Printer {
    Printer { name: name.to_owned(), is_default, language: PrintLanguage::PostScript }
}

/// Two printers, with numbers from 10 on.
fn printers() -> (Printers, Arc<Tray>) {
    let tray = Arc::new(Tray::default());
    let two = [printer("Office", true), printer("Attic", false)];
    let printing = Arc::clone(&tray) as Arc<dyn Printing>;
    (Printers::new(&two, Some(printing), 10).unwrap(), tray)
}

fn header(device_id: u32, file_id: u32, major_function: MajorFunction) -> DeviceIoRequest {
    DeviceIoRequest {
        device_id,
        file_id,
        completion_id: 7,
        major_function,
        minor_function: MinorFunction::from(0),
    }
}

/// Status, and the number that follows it.
fn answer(messages: Vec<SvcMessage>) -> (u32, u32) {
    let [message] = messages.try_into().expect("one answer");
    let bytes = message.encode_unframed_pdu().unwrap();
    let mut cursor = ReadCursor::new(&bytes);
    // Component and kind, device, completion.
    cursor.advance(12);
    (cursor.read_u32(), if cursor.len() >= 4 { cursor.read_u32() } else { 0 })
}

fn create(printers: &mut Printers, device: u32) -> (u32, u32) {
    let request = DeviceCreateRequest {
        device_io_request: header(device, 0, MajorFunction::Create),
        desired_access: DesiredAccess::GENERIC_WRITE,
        allocation_size: 0,
        file_attributes: FileAttributes::empty(),
        shared_access: SharedAccess::empty(),
        create_disposition: CreateDisposition::FILE_OPEN,
        create_options: CreateOptions::empty(),
        path: String::new(),
    };
    answer(printers.handle(PrinterIoRequest::Create(request)).unwrap())
}

fn write(printers: &mut Printers, device: u32, file: u32, bytes: &[u8]) -> (u32, u32) {
    let request = DeviceWriteRequest {
        device_io_request: header(device, file, MajorFunction::Write),
        offset: 0,
        write_data: bytes.to_vec(),
    };
    answer(printers.handle(PrinterIoRequest::Write(request)).unwrap())
}

fn close(printers: &mut Printers, device: u32, file: u32) -> u32 {
    let request = DeviceCloseRequest { device_io_request: header(device, file, MajorFunction::Close) };
    answer(printers.handle(PrinterIoRequest::Close(request)).unwrap()).0
}

#[test]
fn a_job_comes_whole_and_to_its_printer() {
    let (mut printers, tray) = printers();
    let (status, one) = create(&mut printers, 10);
    assert_eq!(status, SUCCESS);
    let (_, other) = create(&mut printers, 11);
    assert_eq!(write(&mut printers, 10, one, b"%!PS"), (SUCCESS, 4));
    assert_eq!(write(&mut printers, 11, other, b"%PDF-1.7"), (SUCCESS, 8));
    assert_eq!(write(&mut printers, 10, one, b" end"), (SUCCESS, 4));
    assert_eq!(tray.take(), []);
    assert_eq!([close(&mut printers, 11, other), close(&mut printers, 10, one)], [SUCCESS; 2]);
    let printed = [("Attic".to_owned(), b"%PDF-1.7".to_vec()), ("Office".to_owned(), b"%!PS end".to_vec())];
    assert_eq!(tray.take(), printed);
    // It is closed, and stays so.
    assert_eq!(close(&mut printers, 10, one), UNSUCCESSFUL);
    assert_eq!(write(&mut printers, 10, one, b"more"), (UNSUCCESSFUL, 0));
    drop(printers);
    assert_eq!(tray.failures(), []);
}

#[test]
fn a_printer_that_is_only_opened_prints_nothing() {
    let (mut printers, tray) = printers();
    let (_, file) = create(&mut printers, 10);
    assert_eq!(close(&mut printers, 10, file), SUCCESS);
    assert_eq!((tray.take(), tray.failures()), (Vec::new(), Vec::new()));
}

#[test]
fn one_job_is_no_other_printers_and_no_other_device_is_one() {
    let (mut printers, tray) = printers();
    let (_, file) = create(&mut printers, 10);
    assert_eq!(write(&mut printers, 11, file, b"x"), (UNSUCCESSFUL, 0));
    assert_eq!(close(&mut printers, 11, file), UNSUCCESSFUL);
    assert_eq!(create(&mut printers, 12), (UNSUCCESSFUL, 0));
    assert_eq!(write(&mut printers, 10, file, b"x"), (SUCCESS, 1));
    assert_eq!(close(&mut printers, 10, file), SUCCESS);
    assert_eq!(tray.take().len(), 1);
}

#[test]
fn so_many_jobs_are_there_and_no_more() {
    let (mut printers, tray) = printers();
    let files: Vec<u32> = (0..MAX_PRINT_JOBS)
        .map(|_| {
            let (status, file) = create(&mut printers, 10);
            assert_eq!(status, SUCCESS);
            file
        })
        .collect();
    assert_eq!(create(&mut printers, 11), (TOO_MANY, 0));
    assert_eq!(tray.failures(), [("Attic".to_owned(), PrintError::TooMany)]);
    // Those that wait to be printed count as well.
    write(&mut printers, 10, files[0], b"x");
    close(&mut printers, 10, files[0]);
    assert_eq!(create(&mut printers, 10).0, TOO_MANY);
    assert_eq!(tray.take().len(), 1);
    assert_eq!(create(&mut printers, 10).0, SUCCESS);
    assert_eq!(create(&mut printers, 10).0, TOO_MANY);
}

#[test]
fn so_many_bytes_are_there_and_no_more() {
    let (mut printers, tray) = printers();
    let (_, small) = create(&mut printers, 10);
    let (_, large) = create(&mut printers, 10);
    assert_eq!(write(&mut printers, 10, small, b"small").0, SUCCESS);
    // As if all but one byte were taken.
    let taken = printers.spool.take_for_test(MAX_PRINT_BYTES - 6);
    assert_eq!(write(&mut printers, 10, large, b"ab"), (FULL, 0));
    assert_eq!(tray.failures(), [("Office".to_owned(), PrintError::TooLarge)]);
    // It is told once, and nothing of it is printed.
    assert_eq!(write(&mut printers, 10, large, b"a"), (FULL, 0));
    assert_eq!(close(&mut printers, 10, large), SUCCESS);
    assert_eq!(tray.failures().len(), 1);
    assert_eq!(write(&mut printers, 10, small, b"!").0, SUCCESS);
    assert_eq!(close(&mut printers, 10, small), SUCCESS);
    assert_eq!(tray.take(), [("Office".to_owned(), b"small!".to_vec())]);
    drop(taken);
    // What has gone has given its bytes back.
    let (_, again) = create(&mut printers, 10);
    assert_eq!(write(&mut printers, 10, again, &[b'x'; 1000]).0, SUCCESS);
}

#[test]
fn a_write_that_is_too_long_to_be_read_spoils_its_job() {
    let (mut printers, tray) = printers();
    let (_, file) = create(&mut printers, 10);
    write(&mut printers, 10, file, b"begun");
    for _ in 0..2 {
        let refused = printers.refuse_write(header(10, file, MajorFunction::Write)).unwrap();
        assert_ne!(answer(refused), (SUCCESS, 0));
    }
    assert_eq!(close(&mut printers, 10, file), SUCCESS);
    assert_eq!(tray.failures(), [("Office".to_owned(), PrintError::TooLarge)]);
    assert_eq!(tray.take(), []);
}

#[test]
fn what_is_not_whole_is_not_printed_and_that_is_told() {
    let (mut printers, tray) = printers();
    let (_, file) = create(&mut printers, 11);
    write(&mut printers, 11, file, b"half");
    create(&mut printers, 10);
    printers.reset();
    assert_eq!(close(&mut printers, 11, file), UNSUCCESSFUL);
    // The one into which nothing was written is no loss.
    assert_eq!(tray.failures(), [("Attic".to_owned(), PrintError::CutOff)]);
    let (_, file) = create(&mut printers, 10);
    write(&mut printers, 10, file, b"half");
    drop(printers);
    assert_eq!(tray.failures().len(), 2);
    assert_eq!(tray.take(), []);
}

#[test]
fn printers_are_named_as_windows_takes_them_one_is_the_default_and_there_are_not_too_many() {
    let tray = Arc::new(Tray::default());
    let named = |given: &[Printer]| {
        let printers = Printers::new(given, Some(Arc::clone(&tray) as Arc<dyn Printing>), 1).unwrap();
        printers.announcements().map(|one| (one.name().to_owned(), one.is_default())).collect::<Vec<_>>()
    };
    let given =
        [printer("a", true), printer("A", true), printer("\\\\x,y!\0\u{202E}", false), printer("\n", false)];
    let wanted = [("a", true), ("A 2", false), ("--x-y---", false), ("-", false)];
    assert_eq!(named(&given), wanted.map(|(name, is_default)| (name.to_owned(), is_default)));
    assert_eq!(named(&[printer("  ", false)])[0].0, "Printer");
    assert_eq!(named(&[printer(&"n".repeat(500), false)])[0].0.chars().count(), LONGEST_NAME);
    assert_eq!(named(&std::iter::repeat_n(printer("x", false), 100).collect::<Vec<_>>()).len(), MAX_PRINTERS);
    assert!(Printers::new(&[], Some(tray), 1).is_none());
    assert!(Printers::new(&given, None, 1).is_none());
}

proptest! {
    /// Whatever a server asks for, in whatever order: no more jobs than there may be, and only whole ones come.
    #[test]
    fn nothing_grows_without_bound(asked in prop::collection::vec((0..4_u8, 9..13_u32, 0..20_u32, 0..3000_usize), 0..200)) {
        let (mut printers, tray) = printers();
        for (kind, device, file, length) in asked {
            match kind {
                0 => _ = create(&mut printers, device),
                1 => _ = write(&mut printers, device, file, &vec![b'x'; length]),
                2 => _ = close(&mut printers, device, file),
                _ => _ = printers.refuse_write(header(device, file, MajorFunction::Write)).unwrap(),
            }
            prop_assert!(printers.jobs.len() <= MAX_PRINT_JOBS);
            prop_assert!(printers.spool.jobs() <= MAX_PRINT_JOBS);
        }
        tray.take();
        drop(printers);
    }
}

fn core_message(kind: [u8; 2], body: &[u32]) -> SvcMessage {
    let mut bytes = vec![b'r', b'D', kind[0], kind[1]];
    bytes.extend(body.iter().flat_map(|number| number.to_le_bytes()));
    SvcMessage::from(bytes)
}

/// A Windows machine, as far as it prints: what it says is written out here, from [MS-RDPEFS] and [MS-RDPEPC].
#[derive(Debug, Default)]
struct Windows {
    /// Number, flags, driver and name of each printer.
    printers: Vec<(u32, u32, String, String)>,
    /// What has been answered: status, and the number behind it.
    answers: Vec<(u32, u32)>,
}

impl_as_any!(Windows);

impl Windows {
    fn announced(&mut self, mut cursor: ReadCursor<'_>) -> Vec<SvcMessage> {
        let mut replies = Vec::new();
        for _ in 0..cursor.read_u32() {
            let (kind, id) = (cursor.read_u32(), cursor.read_u32());
            cursor.advance(8);
            let length = usize::try_from(cursor.read_u32()).unwrap();
            let mut data = ReadCursor::new(cursor.read_slice(length));
            if kind == 4 {
                let flags = data.read_u32();
                data.advance(4);
                let [pnp, driver, name, _] = [(); 4].map(|()| usize::try_from(data.read_u32()).unwrap());
                data.advance(pnp);
                let mut text = |length: usize| {
                    let units: Vec<u16> = data
                        .read_slice(length)
                        .chunks(2)
                        .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
                        .collect();
                    String::from_utf16(&units).unwrap().trim_end_matches('\0').to_owned()
                };
                let (driver, name) = (text(driver), text(name));
                self.printers.push((id, flags, driver, name));
            }
            replies.push(core_message(*b"rd", &[id, 0]));
        }
        replies
    }
}

impl SvcProcessor for Windows {
    fn channel_name(&self) -> ChannelName {
        ChannelName::from_static(b"rdpdr\0\0\0")
    }

    fn compression_condition(&self) -> CompressionCondition {
        CompressionCondition::Never
    }

    fn start(&mut self) -> PduResult<Vec<SvcMessage>> {
        Ok(vec![core_message(*b"nI", &[0x000D_0001, 5])])
    }

    fn process(&mut self, payload: &[u8]) -> PduResult<Vec<SvcMessage>> {
        let mut cursor = ReadCursor::new(payload);
        let (_, kind) = (cursor.read_u16(), cursor.read_u16().to_le_bytes());
        Ok(match &kind {
            // Its name: now the capabilities, with printers among them, the confirmation, and a user.
            b"NC" => vec![
                core_message(
                    *b"PS",
                    &[2, 0x002C_0001, 2, 2, 0, 0x000D_0001, 0xFFFF, 0, 7, 0, 0, 0, 0x0008_0002, 1],
                ),
                core_message(*b"CC", &[0x000D_0001, 5]),
                core_message(*b"LU", &[]),
            ],
            b"AD" => self.announced(cursor),
            b"CI" => {
                cursor.advance(8);
                self.answers.push((cursor.read_u32(), if cursor.len() >= 4 { cursor.read_u32() } else { 0 }));
                Vec::new()
            }
            _ => Vec::new(),
        })
    }
}

impl SvcServerProcessor for Windows {}

struct Scene {
    peer: Peer,
    channel: u16,
    tray: Arc<Tray>,
    session: crate::Session,
}

impl Scene {
    async fn new() -> Self {
        let tray = Arc::new(Tray::default());
        let mut options = Options::new("windows", Size::new(640, 480));
        options.printers = vec![printer("Office", true), printer("Attic", false)];
        options.printing = Some(Arc::clone(&tray) as Arc<dyn Printing>);
        let (session, mut peer) = opened(options);
        let channel = peer.serve(Windows::default()).await;
        let mut scene = Self { peer, channel, tray, session };
        scene.until(|windows| windows.printers.len() == 2).await;
        scene
    }

    async fn until(&mut self, so: impl Fn(&Windows) -> bool) {
        let waiting = async {
            while !so(self.peer.on::<Windows>(self.channel)) {
                self.peer.step().await.expect("the session lasts");
            }
        };
        tokio::time::timeout(PATIENCE, waiting).await.expect("it comes to that");
    }

    /// Asks a printer for something, and gives what it answers.
    async fn ask(&mut self, device: u32, file: u32, function: u32, body: &[u8]) -> (u32, u32) {
        let before = self.peer.on::<Windows>(self.channel).answers.len();
        let mut bytes = b"rDRI".to_vec();
        bytes.extend([device, file, 1, function, 0].iter().flat_map(|number| number.to_le_bytes()));
        bytes.extend(body);
        self.peer.send(self.channel, vec![SvcMessage::from(bytes)]).await;
        self.until(|windows| windows.answers.len() > before).await;
        *self.peer.on::<Windows>(self.channel).answers.last().unwrap()
    }

    async fn create(&mut self, device: u32) -> (u32, u32) {
        self.ask(device, 0, 0, &[0; 32]).await
    }

    async fn write(&mut self, device: u32, file: u32, bytes: &[u8]) -> (u32, u32) {
        let length = u32::try_from(bytes.len()).unwrap().to_le_bytes();
        self.ask(device, file, 4, &[&length[..], &[0; 28], bytes].concat()).await
    }

    async fn close(&mut self, device: u32, file: u32) -> (u32, u32) {
        self.ask(device, file, 2, &[0; 32]).await
    }
}

#[tokio::test]
async fn a_server_is_told_of_the_printers_and_prints_on_one() {
    let mut scene = Scene::new().await;
    let printers = scene.peer.on::<Windows>(scene.channel).printers.clone();
    let [(office, default, driver, name), (_, other, ..)] = printers.try_into().unwrap();
    assert_eq!((default, other), (2, 0));
    assert_eq!((driver.as_str(), name.as_str()), ("MS Publisher Imagesetter", "Office"));
    let (status, file) = scene.create(office).await;
    assert_eq!(status, SUCCESS);
    let page = b"%!PS-Adobe-3.0\n(x) show\n".repeat(4000);
    for piece in page.chunks(65_000) {
        let length = u32::try_from(piece.len()).unwrap();
        assert_eq!(scene.write(office, file, piece).await, (SUCCESS, length));
    }
    assert_eq!(scene.close(office, file).await.0, SUCCESS);
    assert_eq!(scene.tray.take(), [("Office".to_owned(), page)]);
}

#[tokio::test]
async fn what_a_printer_cannot_do_is_refused_and_the_session_lasts() {
    let mut scene = Scene::new().await;
    let device = scene.peer.on::<Windows>(scene.channel).printers[0].0;
    // A path, as of a file.
    let path = [&[0; 28][..], &4_u32.to_le_bytes(), b"\\\0\0\0"].concat();
    assert_ne!(scene.ask(device, 0, 0, &path).await.0, SUCCESS);
    // Reading, and asking what it is.
    for function in [3, 5, 0xA] {
        assert_ne!(scene.ask(device, 1, function, &[0; 32]).await.0, SUCCESS);
    }
    let (_, file) = scene.create(device).await;
    // More than the library reads at once.
    let huge = [&0x7FFF_FFFF_u32.to_le_bytes()[..], &[0; 28]].concat();
    assert_ne!(scene.ask(device, file, 4, &huge).await.0, SUCCESS);
    assert_eq!(scene.close(device, file).await.0, SUCCESS);
    // Words of the server's about the printer, which nobody has asked for ([MS-RDPEPC] 2.2.2.4), and another way to print.
    for words in [&b"RPCP\x02\0\0\0\x04\0\0\0\x04\0\0\0O\0\0\0abcd"[..], &b"RPCU\x01\0\0\0\0\0\0\0"[..]] {
        scene.peer.send(scene.channel, vec![SvcMessage::from(words.to_vec())]).await;
    }
    let (status, file) = scene.create(device).await;
    assert_eq!(status, SUCCESS);
    assert_eq!(scene.write(device, file, b"%!PS").await.0, SUCCESS);
    assert_eq!(scene.close(device, file).await.0, SUCCESS);
    assert_eq!(scene.tray.take().len(), 1);
}

#[tokio::test]
async fn a_job_that_a_server_never_ends_is_cut_off_with_the_session() {
    let mut scene = Scene::new().await;
    let device = scene.peer.on::<Windows>(scene.channel).printers[1].0;
    let (_, file) = scene.create(device).await;
    assert_eq!(scene.write(device, file, b"half").await.0, SUCCESS);
    drop(scene.session);
    let told = async {
        while scene.tray.failures().is_empty() {
            scene.tray.news.notified().await;
        }
    };
    tokio::time::timeout(PATIENCE, told).await.expect("it is told");
    assert_eq!(scene.tray.failures(), [("Attic".to_owned(), PrintError::CutOff)]);
    assert_eq!(scene.tray.take(), []);
}

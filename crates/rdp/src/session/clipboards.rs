//! The clipboards against the library's own server side.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard},
};

use ironrdp_cliprdr::{
    CliprdrServer,
    backend::CliprdrBackend,
    pdu::{
        ClipboardFormat, ClipboardFormatId, ClipboardFormatName, ClipboardGeneralCapabilityFlags,
        FileContentsFlags, FileContentsRequest, FileContentsResponse, FileDescriptor, FormatDataRequest,
        FormatDataResponse, LockDataId,
    },
};
use ironrdp_core::impl_as_any;
use tokio::time::timeout;

use super::{
    Session,
    peer::{PATIENCE, Peer, opened},
};
use crate::{
    Clipboard, ClipboardImage, ClipboardKind, ClipboardPolicy, FileError, Options, Size, clipboard::Progress,
};

/// What the server's side was told.
#[derive(Debug, Default)]
struct Told {
    formats: Option<Vec<ClipboardFormat>>,
    wants: Vec<ClipboardFormatId>,
    data: Vec<Option<Vec<u8>>>,
    listed: Vec<FileDescriptor>,
    wants_parts: Vec<FileContentsRequest>,
    parts: Vec<Option<Vec<u8>>>,
    takes_no_files: bool,
}

#[derive(Debug, Clone, Default)]
struct Remote(Arc<Mutex<Told>>);

impl Remote {
    fn told(&self) -> MutexGuard<'_, Told> {
        self.0.lock().expect("nobody panicked")
    }
}

impl Told {
    fn has_files(&self) -> bool {
        let formats = self.formats.as_deref().unwrap_or_default();
        formats.iter().any(|format| format.name().is_some_and(|name| name.value() == "FileGroupDescriptorW"))
    }
}

impl_as_any!(Remote);

impl CliprdrBackend for Remote {
    fn temporary_directory(&self) -> &str {
        ""
    }

    fn client_capabilities(&self) -> ClipboardGeneralCapabilityFlags {
        if self.told().takes_no_files {
            return ClipboardGeneralCapabilityFlags::empty();
        }
        ClipboardGeneralCapabilityFlags::STREAM_FILECLIP_ENABLED
            | ClipboardGeneralCapabilityFlags::FILECLIP_NO_FILE_PATHS
            | ClipboardGeneralCapabilityFlags::HUGE_FILE_SUPPORT_ENABLED
            | ClipboardGeneralCapabilityFlags::CAN_LOCK_CLIPDATA
    }

    fn on_ready(&mut self) {}

    fn on_request_format_list(&mut self) {}

    fn on_process_negotiated_capabilities(&mut self, _capabilities: ClipboardGeneralCapabilityFlags) {}

    fn on_remote_copy(&mut self, formats: &[ClipboardFormat]) {
        self.told().formats = Some(formats.to_vec());
    }

    fn on_format_data_request(&mut self, request: FormatDataRequest) {
        self.told().wants.push(request.format);
    }

    fn on_format_data_response(&mut self, response: FormatDataResponse<'_>) {
        self.told().data.push((!response.is_error()).then(|| response.data().to_vec()));
    }

    fn on_file_contents_request(&mut self, request: FileContentsRequest) {
        self.told().wants_parts.push(request);
    }

    fn on_file_contents_response(&mut self, response: FileContentsResponse<'_>) {
        self.told().parts.push((!response.is_error()).then(|| response.data().to_vec()));
    }

    fn on_lock(&mut self, _data_id: LockDataId) {}

    fn on_unlock(&mut self, _data_id: LockDataId) {}

    fn on_remote_file_list(&mut self, files: &[FileDescriptor], _id: Option<u32>) {
        self.told().listed = files.to_vec();
    }
}

/// The clipboard of this side.
#[derive(Default)]
struct Local {
    kinds: Vec<ClipboardKind>,
    files: Vec<PathBuf>,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    offers: Option<Vec<ClipboardKind>>,
    text: Option<String>,
    html: Option<String>,
    image: Option<ClipboardImage>,
    unavailable: Vec<ClipboardKind>,
    not_offered: Option<FileError>,
    progress: Option<Progress>,
    saved: Option<Result<Vec<PathBuf>, FileError>>,
}

impl Local {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().expect("nobody panicked")
    }
}

/// A picture of one pixel.
fn pixel() -> ClipboardImage {
    ClipboardImage::new(1, 1, vec![10, 20, 30, 255]).expect("a picture")
}

impl Clipboard for Local {
    fn text(&self) -> Option<String> {
        self.kinds.contains(&ClipboardKind::Text).then(|| "grün\n".to_owned())
    }

    fn fetched(&self, text: String) {
        self.seen().text = Some(text);
    }

    fn html(&self) -> Option<String> {
        Some("<b>x</b>".to_owned())
    }

    fn image(&self) -> Option<ClipboardImage> {
        Some(pixel())
    }

    fn files(&self) -> Vec<PathBuf> {
        self.files.clone()
    }

    fn kinds(&self) -> Vec<ClipboardKind> {
        self.kinds.clone()
    }

    fn offers(&self, kinds: &[ClipboardKind]) {
        self.seen().offers = Some(kinds.to_vec());
    }

    fn fetched_html(&self, html: String) {
        self.seen().html = Some(html);
    }

    fn fetched_image(&self, image: ClipboardImage) {
        self.seen().image = Some(image);
    }

    fn unavailable(&self, kind: ClipboardKind) {
        self.seen().unavailable.push(kind);
    }

    fn not_offered(&self, error: FileError) {
        self.seen().not_offered = Some(error);
    }

    fn saving(&self, progress: Progress) {
        self.seen().progress = Some(progress);
    }

    fn saved(&self, result: Result<Vec<PathBuf>, FileError>) {
        self.seen().saved = Some(result);
    }
}

/// Both sides.
struct Both {
    session: Session,
    peer: Peer,
    channel: u16,
    remote: Remote,
    local: Arc<Local>,
}

impl Both {
    async fn new(policy: ClipboardPolicy, local: Local) -> Self {
        Self::with(policy, local, Remote::default()).await
    }

    async fn with(policy: ClipboardPolicy, local: Local, remote: Remote) -> Self {
        let local = Arc::new(local);
        let mut options = Options::new("windows", Size::new(640, 480));
        options.clipboard = Some(Arc::clone(&local) as Arc<dyn Clipboard>);
        options.clipboard_policy = policy;
        let (session, mut peer) = opened(options);
        let channel = peer.serve(CliprdrServer::new(Box::new(remote.clone()))).await;
        let mut both = Self { session, peer, channel, remote, local };
        both.until("the first offer", |both| both.remote.told().formats.is_some()).await;
        both
    }

    /// Serves until something is so.
    async fn until(&mut self, words: &str, so: impl Fn(&Self) -> bool) {
        let serving = async {
            while !so(self) {
                // What is looked at may come from the session's own thread, without any unit.
                let _ = timeout(std::time::Duration::from_millis(5), self.peer.step()).await;
            }
        };
        timeout(PATIENCE, serving).await.unwrap_or_else(|_| panic!("never: {words}"));
    }

    async fn act(
        &mut self,
        act: impl FnOnce(
            &mut CliprdrServer,
        ) -> ironrdp_pdu::PduResult<ironrdp_svc::SvcProcessorMessages<CliprdrServer>>,
    ) {
        let messages = act(self.peer.on::<CliprdrServer>(self.channel)).expect("the channel is ready");
        self.peer.send(self.channel, messages.into()).await;
    }

    fn format(&self, name: &str) -> ClipboardFormatId {
        let told = self.remote.told();
        let formats = told.formats.as_ref().expect("it has offered");
        let named = |format: &&ClipboardFormat| format.name().is_some_and(|own| own.value() == name);
        formats.iter().find(named).expect("it is offered").id()
    }

    /// What the server gets for a format.
    async fn paste(&mut self, format: ClipboardFormatId) -> Option<Vec<u8>> {
        let before = self.remote.told().data.len();
        self.act(|channel| channel.initiate_paste(format)).await;
        self.until("the data", |both| both.remote.told().data.len() > before).await;
        self.remote.told().data.last().cloned().expect("it is there")
    }

    /// Has the server copy these, and this side ask for one.
    async fn fetch(&mut self, formats: Vec<ClipboardFormat>, kind: ClipboardKind, data: Option<&[u8]>) {
        self.act(|channel| channel.initiate_copy(&formats)).await;
        self.until("the offer", |both| {
            both.local.seen().offers.as_ref().is_some_and(|kinds| !kinds.is_empty())
        })
        .await;
        self.session.control.fetch(kind).await.expect("it lasts");
        self.until("the question", |both| !both.remote.told().wants.is_empty()).await;
        let response = data
            .map_or_else(FormatDataResponse::new_error, |data| FormatDataResponse::new_data(data.to_vec()));
        self.act(|channel| channel.submit_format_data(response)).await;
    }
}

fn all() -> Local {
    let kinds = vec![ClipboardKind::Text, ClipboardKind::Html, ClipboardKind::Image];
    Local { kinds, ..Local::default() }
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect()
}

#[tokio::test]
async fn the_server_pastes_each_kind() {
    let mut both = Both::new(ClipboardPolicy::All, all()).await;
    assert_eq!(both.paste(ClipboardFormatId::CF_UNICODETEXT).await, Some(utf16("grün\r\n")));
    let html = both.format("HTML Format");
    let html = String::from_utf8(both.paste(html).await.expect("it is there")).expect("it is UTF-8");
    assert!(html.contains("<!--StartFragment--><b>x</b><!--EndFragment-->"), "{html}");
    let dib = both.paste(ClipboardFormatId::CF_DIB).await.expect("it is there");
    assert!(dib.ends_with(&[30, 20, 10, 255]), "{dib:?}");
    let dib = both.paste(ClipboardFormatId::CF_DIBV5).await.expect("it is there");
    assert_eq!(dib.len(), 124 + 4);
    assert_eq!(both.paste(ClipboardFormatId::CF_TIFF).await, None);
}

#[tokio::test]
async fn where_text_alone_is_shared_nothing_else_goes() {
    let mut both = Both::new(ClipboardPolicy::Text, all()).await;
    let offered = both.remote.told().formats.clone().unwrap_or_default();
    assert_eq!(offered.len(), 1, "{offered:?}");
    assert_eq!(both.paste(ClipboardFormatId::CF_DIB).await, None);
    let html = ClipboardFormat::new(ClipboardFormatId::new(0xC100)).with_name(ClipboardFormatName::HTML);
    let text = ClipboardFormat::new(ClipboardFormatId::CF_UNICODETEXT);
    both.fetch(vec![html, text], ClipboardKind::Text, Some(&utf16("x"))).await;
    assert_eq!(both.local.seen().offers.as_deref(), Some(&[ClipboardKind::Text][..]));
    both.until("the text", |both| both.local.seen().text.as_deref() == Some("x")).await;
    both.session.control.fetch(ClipboardKind::Html).await.expect("it lasts");
    both.until("the refusal", |both| both.local.seen().unavailable == [ClipboardKind::Html]).await;
}

#[tokio::test]
async fn html_and_pictures_of_the_server_come() {
    let mut both = Both::new(ClipboardPolicy::All, Local::default()).await;
    let html = ClipboardFormat::new(ClipboardFormatId::new(0xC100)).with_name(ClipboardFormatName::HTML);
    both.fetch(vec![html], ClipboardKind::Html, Some(b"Version:0.9\r\n<i>y</i>")).await;
    both.until("the HTML", |both| both.local.seen().html.as_deref() == Some("<i>y</i>")).await;

    let mut both = Both::new(ClipboardPolicy::All, Local::default()).await;
    let mut dib = Vec::new();
    for value in [40_u32, 1, 1, 1 | 32 << 16, 0, 0, 0, 0, 0, 0, 0x00_0A_14_1E] {
        dib.extend(value.to_le_bytes());
    }
    let image = ClipboardFormat::new(ClipboardFormatId::CF_DIB);
    both.fetch(vec![image], ClipboardKind::Image, Some(&dib)).await;
    both.until("the picture", |both| both.local.seen().image.is_some()).await;
    assert_eq!(both.local.seen().image, Some(pixel()));
}

#[tokio::test]
async fn what_is_not_to_be_had_is_told() {
    let mut both = Both::new(ClipboardPolicy::All, Local::default()).await;
    let image = ClipboardFormat::new(ClipboardFormatId::CF_DIB);
    both.fetch(vec![image.clone()], ClipboardKind::Image, None).await;
    both.until("the refusal", |both| both.local.seen().unavailable == [ClipboardKind::Image]).await;
    both.remote.told().wants.clear();
    both.fetch(vec![image], ClipboardKind::Image, Some(b"no bitmap")).await;
    both.until("another", |both| both.local.seen().unavailable.len() == 2).await;
    both.session.control.save_files("/".into()).await.expect("it lasts");
    both.until("no files", |both| both.local.seen().saved == Some(Err(FileError::None))).await;
}

fn descriptor(name: &str, size: usize) -> FileDescriptor {
    FileDescriptor::new(name).with_file_size(size as u64)
}

/// Answers what this side asks for of the server's files, until they are saved.
async fn give(both: &mut Both, contents: &[&[u8]]) {
    loop {
        both.until("a question or the end", |both| {
            !both.remote.told().wants_parts.is_empty() || both.local.seen().saved.is_some()
        })
        .await;
        if both.local.seen().saved.is_some() {
            return;
        }
        let request = both.remote.told().wants_parts.remove(0);
        let content = contents[usize::try_from(request.index).expect("an index")];
        let start = usize::try_from(request.position).expect("short");
        let end = start + usize::try_from(request.requested_size).expect("short");
        let data = content.get(start..end.min(content.len())).unwrap_or_default().to_vec();
        let response = FileContentsResponse::new_data_response(request.stream_id, data);
        both.act(|channel| channel.submit_file_contents(response)).await;
    }
}

async fn offer_files(both: &mut Both, files: Vec<FileDescriptor>) {
    both.act(|channel| channel.initiate_file_copy(files)).await;
    both.until("the offer", |both| both.local.seen().offers == Some(vec![ClipboardKind::Files])).await;
}

#[tokio::test]
async fn files_of_the_server_are_saved() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut both = Both::new(ClipboardPolicy::All, Local::default()).await;
    let large: Vec<u8> = (0..700_000_u32).map(|number| (number % 251) as u8).collect();
    let files = vec![descriptor("con.txt", 3), descriptor("sub\\large", large.len())];
    offer_files(&mut both, files).await;
    both.session.control.save_files(folder.path().to_owned()).await.expect("it lasts");
    give(&mut both, &[b"abc", &large]).await;
    let saved = both.local.seen().saved.clone().expect("it is over").expect("it went well");
    assert_eq!(saved, [folder.path().join("_con.txt"), folder.path().join("sub")]);
    assert_eq!(fs::read(folder.path().join("_con.txt")).expect("it is there"), b"abc");
    assert!(fs::read(folder.path().join("sub/large")).expect("it is there") == large);
    let progress = both.local.seen().progress.expect("it was told");
    assert_eq!((progress.files, progress.bytes), (2, 700_003));
}

#[tokio::test]
async fn a_cancelled_copy_leaves_no_half_of_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut both = Both::new(ClipboardPolicy::All, Local::default()).await;
    offer_files(&mut both, vec![descriptor("a", 10)]).await;
    both.session.control.save_files(folder.path().to_owned()).await.expect("it lasts");
    both.until("a question", |both| !both.remote.told().wants_parts.is_empty()).await;
    both.session.control.save_files(folder.path().to_owned()).await.expect("it lasts");
    both.until("busy", |both| both.local.seen().saved == Some(Err(FileError::Busy))).await;
    both.session.control.cancel_files().await.expect("it lasts");
    both.until("the end", |both| both.local.seen().saved == Some(Err(FileError::Cancelled))).await;
    assert_eq!(fs::read_dir(folder.path()).expect("it is there").count(), 0);
    // An answer that comes too late is nobody's; another copy goes as if nothing had been.
    both.local.seen().saved = None;
    both.remote.told().wants_parts.clear();
    both.session.control.save_files(folder.path().to_owned()).await.expect("it lasts");
    give(&mut both, &[b"0123456789"]).await;
    assert!(both.local.seen().saved.clone().is_some_and(|saved| saved.is_ok()));
}

#[tokio::test]
async fn what_is_copied_meanwhile_ends_a_save_and_nothing_of_it_is_taken_for_the_first() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut both = Both::new(ClipboardPolicy::All, Local::default()).await;
    offer_files(&mut both, vec![descriptor("a", 10)]).await;
    both.session.control.save_files(folder.path().to_owned()).await.expect("it lasts");
    both.until("a question", |both| !both.remote.told().wants_parts.is_empty()).await;
    both.act(|channel| channel.initiate_file_copy(vec![descriptor("b", 10)])).await;
    both.until("the end", |both| both.local.seen().saved == Some(Err(FileError::Replaced))).await;
    assert_eq!(fs::read_dir(folder.path()).expect("it is there").count(), 0);
}

fn with_files(files: &[&Path]) -> Local {
    let files = files.iter().map(|path| path.to_path_buf()).collect();
    Local { kinds: vec![ClipboardKind::Files], files, ..Local::default() }
}

#[tokio::test]
async fn files_of_this_side_are_read_as_the_server_asks() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.txt");
    fs::write(&path, "0123456789").expect("it is written");
    let mut both = Both::new(ClipboardPolicy::All, with_files(&[&path])).await;
    both.until("files", |both| both.remote.told().has_files()).await;
    let format = both.format("FileGroupDescriptorW");
    both.act(|channel| channel.initiate_paste(format)).await;
    both.until("the list", |both| !both.remote.told().listed.is_empty()).await;
    let listed = both.remote.told().listed.clone();
    assert_eq!((listed[0].name.as_str(), listed[0].file_size), ("a.txt", Some(10)));
    both.act(|channel| channel.request_file_contents(part(4, 3))).await;
    both.until("the part", |both| both.remote.told().parts == [Some(b"456".to_vec())]).await;
}

/// Some bytes of the first file.
fn part(position: u64, requested_size: u32) -> FileContentsRequest {
    FileContentsRequest {
        stream_id: 3,
        index: 0,
        flags: FileContentsFlags::RANGE,
        position,
        requested_size,
        data_id: None,
    }
}

#[tokio::test]
async fn files_that_are_being_pasted_do_not_go_on_with_others() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.txt");
    fs::write(&path, "0123456789").expect("it is written");
    let mut both = Both::new(ClipboardPolicy::All, with_files(&[&path])).await;
    both.until("files", |both| both.remote.told().has_files()).await;
    both.act(|channel| channel.request_file_contents(part(0, 3))).await;
    both.until("the part", |both| both.remote.told().parts == [Some(b"012".to_vec())]).await;
    both.remote.told().formats = None;
    both.session.control.offer().await.expect("it lasts");
    both.until("another offer", |both| both.remote.told().formats.is_some()).await;
    assert!(!both.remote.told().has_files());
    // The library's server asks for nothing that was not offered to it; where all has been read, files are.
    let mut both = Both::new(ClipboardPolicy::All, with_files(&[&path])).await;
    both.until("files", |both| both.remote.told().has_files()).await;
    both.act(|channel| channel.request_file_contents(part(0, 10))).await;
    both.until("all of it", |both| both.remote.told().parts == [Some(b"0123456789".to_vec())]).await;
    both.remote.told().formats = None;
    both.session.control.offer().await.expect("it lasts");
    both.until("files again", |both| both.remote.told().has_files()).await;
}

#[tokio::test]
async fn a_server_that_takes_no_files_is_told_of() {
    let remote = Remote::default();
    remote.told().takes_no_files = true;
    let mut both = Both::with(ClipboardPolicy::All, with_files(&[Path::new("/")]), remote).await;
    both.until("the reason", |both| both.local.seen().not_offered == Some(FileError::Untaken)).await;
}

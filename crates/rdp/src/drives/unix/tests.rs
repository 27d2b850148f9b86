use std::{collections::HashSet, fs};

use ironrdp_core::ReadCursor;
use ironrdp_rdpdr::{
    RdpdrBackend as _,
    pdu::efs::{
        CreateDisposition, CreateOptions, DesiredAccess, DeviceCloseRequest, DeviceCreateRequest,
        DeviceIoRequest, DeviceReadRequest, DeviceWriteRequest, FileAttributes, MajorFunction, MinorFunction,
        ServerDriveIoRequest, SharedAccess,
    },
};
use ironrdp_svc::SvcMessage;

use super::{Drives, MAX_OPEN, NixRdpdrBackend, Shared, name_of, named_apart};
use crate::{Drive, DriveAccess};

fn shared(folder: &std::path::Path, access: DriveAccess) -> Drives {
    let backend = NixRdpdrBackend::new(folder.to_str().expect("a name").to_owned());
    let shared = vec![Shared { id: 1, name: "x".to_owned(), access, backend }];
    Drives { shared, open: HashSet::new() }
}

fn header(file_id: u32, major_function: MajorFunction) -> DeviceIoRequest {
    DeviceIoRequest {
        device_id: 1,
        file_id,
        completion_id: 7,
        major_function,
        minor_function: MinorFunction::from(0),
    }
}

/// Status, and what follows it.
fn answer(messages: Vec<SvcMessage>) -> (u32, Vec<u8>) {
    let [message] = messages.try_into().expect("one answer");
    let bytes = message.encode_unframed_pdu().expect("it is encoded");
    let mut cursor = ReadCursor::new(&bytes);
    // Component and kind, device, completion.
    cursor.advance(12);
    (cursor.read_u32(), cursor.remaining().to_vec())
}

fn open(
    drives: &mut Drives,
    path: &str,
    access: DesiredAccess,
    disposition: CreateDisposition,
) -> (u32, u32) {
    let request = DeviceCreateRequest {
        device_io_request: header(0, MajorFunction::Create),
        desired_access: access,
        allocation_size: 0,
        file_attributes: FileAttributes::empty(),
        shared_access: SharedAccess::empty(),
        create_disposition: disposition,
        create_options: CreateOptions::empty(),
        path: path.to_owned(),
    };
    let messages = drives.handle_drive_io_request(ServerDriveIoRequest::ServerCreateDriveRequest(request));
    let (status, rest) = answer(messages.expect("an answer"));
    (status, rest.get(..4).and_then(|id| id.try_into().ok()).map_or(0, u32::from_le_bytes))
}

fn write(drives: &mut Drives, file: u32) -> u32 {
    let request = DeviceWriteRequest {
        device_io_request: header(file, MajorFunction::Write),
        offset: 0,
        write_data: b"new".to_vec(),
    };
    answer(
        drives.handle_drive_io_request(ServerDriveIoRequest::DeviceWriteRequest(request)).expect("an answer"),
    )
    .0
}

fn read(drives: &mut Drives, file: u32) -> (u32, Vec<u8>) {
    let request =
        DeviceReadRequest { device_io_request: header(file, MajorFunction::Read), length: 100, offset: 0 };
    answer(
        drives.handle_drive_io_request(ServerDriveIoRequest::DeviceReadRequest(request)).expect("an answer"),
    )
}

const READ: DesiredAccess = DesiredAccess::GENERIC_READ;
const DENIED: u32 = 0xC000_0022;
/// STATUS_INSUFFICIENT_RESOURCES.
const FULL: u32 = 0xC000_009A;

#[test]
fn a_folder_for_reading_is_never_written() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("a"), "old").expect("written");
    let mut drives = shared(folder.path(), DriveAccess::ReadOnly);
    let (status, file) = open(&mut drives, "\\a", READ, CreateDisposition::FILE_OPEN);
    assert_eq!(status, 0);
    assert!(read(&mut drives, file).1.ends_with(b"old"));
    assert_eq!(write(&mut drives, file), DENIED);
    for access in [DesiredAccess::GENERIC_WRITE, DesiredAccess::GENERIC_ALL, DesiredAccess::DELETE] {
        assert_eq!(open(&mut drives, "\\a", access, CreateDisposition::FILE_OPEN).0, DENIED);
    }
    for disposition in [
        CreateDisposition::FILE_CREATE,
        CreateDisposition::FILE_SUPERSEDE,
        CreateDisposition::FILE_OVERWRITE,
        CreateDisposition::FILE_OVERWRITE_IF,
    ] {
        assert_eq!(open(&mut drives, "\\a", READ, disposition).0, DENIED);
    }
    assert_ne!(open(&mut drives, "\\new", READ, CreateDisposition::FILE_OPEN_IF).0, 0);
    let most = open(&mut drives, "\\a", DesiredAccess::MAXIMUM_ALLOWED, CreateDisposition::FILE_OPEN);
    assert_eq!(most.0, 0);
    assert_eq!(write(&mut drives, most.1), DENIED);
    assert_eq!(fs::read_to_string(folder.path().join("a")).expect("it is there"), "old");
    assert_eq!(fs::read_dir(folder.path()).expect("it is there").count(), 1);
}

#[test]
fn a_folder_for_writing_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut drives = shared(folder.path(), DriveAccess::ReadWrite);
    let access = DesiredAccess::GENERIC_WRITE | READ;
    let (status, file) = open(&mut drives, "\\a", access, CreateDisposition::FILE_CREATE);
    assert_eq!((status, write(&mut drives, file)), (0, 0));
    assert_eq!(fs::read_to_string(folder.path().join("a")).expect("it is there"), "new");
}

#[test]
fn nothing_leads_out_of_a_folder() {
    let outside = tempfile::tempdir().expect("a folder");
    fs::write(outside.path().join("secret"), "secret").expect("written");
    let folder = tempfile::tempdir_in(outside.path()).expect("a folder within");
    std::os::unix::fs::symlink(outside.path().join("secret"), folder.path().join("link")).expect("a link");
    std::os::unix::fs::symlink(outside.path(), folder.path().join("up")).expect("a link");
    for access in [DriveAccess::ReadOnly, DriveAccess::ReadWrite] {
        let mut drives = shared(folder.path(), access);
        for path in [
            "\\..\\secret",
            "..\\secret",
            "\\link",
            "\\up\\secret",
            "\\up",
            "/etc/passwd",
            "\\/etc/passwd",
            "\\a/../../secret",
            "\\.\\..\\secret",
            "\\link:stream",
        ] {
            let (status, _) = open(&mut drives, path, READ, CreateDisposition::FILE_OPEN);
            assert_ne!(status, 0, "{path}");
        }
    }
}

#[test]
fn a_server_has_so_much_open_and_no_more() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("a"), "x").expect("written");
    let mut drives = shared(folder.path(), DriveAccess::ReadOnly);
    // What does not open takes no place.
    assert_ne!(open(&mut drives, "\\b", READ, CreateDisposition::FILE_OPEN).0, 0);
    let files: Vec<u32> = (0..MAX_OPEN)
        .map(|_| {
            let (status, file) = open(&mut drives, "\\a", READ, CreateDisposition::FILE_OPEN);
            assert_eq!(status, 0);
            file
        })
        .collect();
    assert_eq!(open(&mut drives, "\\a", READ, CreateDisposition::FILE_OPEN).0, FULL);
    let last = files.last().copied().expect("one");
    let close = DeviceCloseRequest { device_io_request: header(last, MajorFunction::Close) };
    let closed = drives.handle_drive_io_request(ServerDriveIoRequest::DeviceCloseRequest(close));
    assert_eq!(answer(closed.expect("an answer")).0, 0);
    assert_eq!(open(&mut drives, "\\a", READ, CreateDisposition::FILE_OPEN).0, 0);
    assert_eq!(open(&mut drives, "\\a", READ, CreateDisposition::FILE_OPEN).0, FULL);
    drives.reset().expect("it begins anew");
    assert_eq!(open(&mut drives, "\\a", READ, CreateDisposition::FILE_OPEN).0, 0);
}

#[test]
fn folders_of_one_name_are_told_apart() {
    let one = |id, name: &str| Shared {
        id,
        name: name.to_owned(),
        access: DriveAccess::ReadOnly,
        backend: NixRdpdrBackend::new("/".to_owned()),
    };
    let all = vec![one(1, "a"), one(2, "A"), one(3, "a 2"), one(4, "b")];
    let names: Vec<_> = named_apart(all).into_iter().map(|one| one.name).collect();
    assert_eq!(names, ["a", "A 2", "a 2 2", "b"]);
}

#[test]
fn a_pipe_does_not_hold_anything_up() {
    let folder = tempfile::tempdir().expect("a folder");
    let made = std::process::Command::new("mkfifo").arg(folder.path().join("pipe")).status();
    assert!(made.is_ok_and(|made| made.success()), "a pipe");
    let mut drives = shared(folder.path(), DriveAccess::ReadOnly);
    // Whatever it is answered: it is.
    let (answer, answered) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let opened = open(&mut drives, "\\pipe", READ, CreateDisposition::FILE_OPEN);
        answer.send(opened.0)
    });
    answered.recv_timeout(std::time::Duration::from_secs(30)).expect("an answer");
}

#[test]
fn another_device_is_not_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut drives = shared(folder.path(), DriveAccess::ReadWrite);
    let mut request = header(0, MajorFunction::Read);
    request.device_id = 2;
    let request = DeviceReadRequest { device_io_request: request, length: 1, offset: 0 };
    let answers = drives.handle_drive_io_request(ServerDriveIoRequest::DeviceReadRequest(request));
    assert!(answers.expect("no trouble").is_empty());
}

#[test]
fn a_name_is_one_that_a_server_takes() {
    let named = |name: &str| {
        name_of(&Drive { name: name.to_owned(), folder: "/".into(), access: DriveAccess::ReadOnly })
    };
    assert_eq!(named("My files: \\new\0"), "My files new");
    assert_eq!(named("\u{202E}:"), "Folder");
}

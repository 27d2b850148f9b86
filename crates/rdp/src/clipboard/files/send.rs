//! This side's files, as the server asks for them.

use std::{
    collections::HashSet,
    fs::{self, File, Metadata},
    io::{Read as _, Seek as _, SeekFrom},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use ironrdp_cliprdr::pdu::{
    ClipboardFileAttributes, FileContentsFlags, FileContentsRequest, FileContentsResponse, FileDescriptor,
};

use super::{FileError, MAX_BYTES, MAX_DEPTH, MAX_FILES, MAX_PATH, MAX_PIECE};

/// Seconds from where Windows begins to count to where others do.
const EPOCH: Duration = Duration::from_secs(11_644_473_600);

/// What this side offers.
#[derive(Debug, Default)]
pub(crate) struct Sending {
    /// In the order of the list that the server has.
    paths: Vec<PathBuf>,
    descriptors: Vec<FileDescriptor>,
    /// Bytes of all of them, as they were offered.
    bytes: u64,
    /// The one that was read last.
    open: Option<(usize, File)>,
    /// Those of which the server has had the end.
    read: HashSet<usize>,
}

impl Sending {
    /// Files and folders, with all that is in them. Links and what is neither is left out, since it may lead anywhere.
    pub(crate) fn new(paths: &[PathBuf]) -> Result<Self, FileError> {
        let mut sending = Self::default();
        for path in paths {
            // What the person chose may be a link; what lies within a folder may not.
            if let Ok(about) = fs::metadata(path) {
                sending.add(path, &about, None, 0)?;
            }
        }
        Ok(sending)
    }

    /// What the server is told of them.
    pub(crate) fn descriptors(&self) -> Vec<FileDescriptor> {
        self.descriptors.clone()
    }

    fn add(
        &mut self,
        path: &Path,
        about: &Metadata,
        above: Option<&str>,
        depth: usize,
    ) -> Result<(), FileError> {
        // A name that is no Unicode has none there.
        let Some(name) = path.file_name().and_then(|name| name.to_str()).filter(|name| is_sendable(name))
        else {
            return Ok(());
        };
        if self.paths.len() >= MAX_FILES || depth > MAX_DEPTH {
            return Err(FileError::TooMany);
        }
        let whole = above.map_or_else(|| name.to_owned(), |above| format!("{above}\\{name}"));
        if whole.encode_utf16().count() > MAX_PATH {
            return Err(FileError::TooLong);
        }
        let mut descriptor = FileDescriptor::new(name);
        descriptor.relative_path = above.map(str::to_owned);
        descriptor.last_write_time = about.modified().ok().and_then(file_time);
        if about.is_dir() {
            descriptor.attributes = Some(ClipboardFileAttributes::DIRECTORY);
            self.push(path, descriptor);
            let mut within: Vec<_> = fs::read_dir(path)
                .into_iter()
                .flatten()
                .flatten()
                // One more says that there are too many; a folder may have millions.
                .take(MAX_FILES + 1)
                .collect();
            within.sort_by_key(fs::DirEntry::file_name);
            for entry in within {
                // That of a link itself.
                if let Ok(about) = entry.metadata() {
                    self.add(&entry.path(), &about, Some(&whole), depth + 1)?;
                }
            }
        } else if about.is_file() {
            descriptor.attributes = Some(ClipboardFileAttributes::NORMAL);
            self.bytes = self.bytes.saturating_add(about.len());
            if self.bytes > MAX_BYTES {
                return Err(FileError::TooLarge);
            }
            descriptor.file_size = Some(about.len());
            self.push(path, descriptor);
        }
        Ok(())
    }

    fn push(&mut self, path: &Path, descriptor: FileDescriptor) {
        self.paths.push(path.to_owned());
        self.descriptors.push(descriptor);
    }

    /// Answers a request for a part of a file, or its size.
    pub(crate) fn part(&mut self, request: &FileContentsRequest) -> FileContentsResponse<'static> {
        let answer = self.answer(request);
        answer.unwrap_or_else(|| FileContentsResponse::new_error(request.stream_id))
    }

    /// Whether the server has had all there is, so that a paste is over. What it pastes once more begins anew.
    pub(crate) fn is_all_read(&self) -> bool {
        let has_bytes = |file: &FileDescriptor| file.file_size.is_some_and(|size| size > 0);
        let files = self.descriptors.iter().filter(|file| has_bytes(file)).count();
        !self.paths.is_empty() && self.read.len() >= files
    }

    fn answer(&mut self, request: &FileContentsRequest) -> Option<FileContentsResponse<'static>> {
        let index = usize::try_from(request.index).ok()?;
        let expected = self.descriptors.get(index)?.file_size?;
        let file = self.file(index)?;
        if request.flags.contains(FileContentsFlags::SIZE) {
            return Some(FileContentsResponse::new_size_response(
                request.stream_id,
                file.metadata().ok()?.len(),
            ));
        }
        file.seek(SeekFrom::Start(request.position)).ok()?;
        let mut data = Vec::new();
        file.take(request.requested_size.min(MAX_PIECE).into()).read_to_end(&mut data).ok()?;
        let end = request.position.saturating_add(data.len().try_into().ok()?);
        if expected > 0 && end >= expected {
            self.read.insert(index);
        } else {
            self.read.remove(&index);
        }
        Some(FileContentsResponse::new_data_response(request.stream_id, data))
    }

    fn file(&mut self, index: usize) -> Option<&mut File> {
        if self.open.as_ref().is_none_or(|(open, _)| *open != index) {
            let path = self.paths.get(index)?;
            // What was a file may be something else by now; a pipe would be waited for.
            if !fs::metadata(path).ok()?.is_file() {
                return None;
            }
            self.open = Some((index, File::open(path).ok()?));
        }
        self.open.as_mut().map(|(_, file)| file)
    }
}

/// Whether the name means a file there too.
fn is_sendable(name: &str) -> bool {
    !name.is_empty() && !name.contains(['\\', ':', '\0'])
}

/// A time as Windows counts: in 100 ns since 1601.
fn file_time(time: SystemTime) -> Option<u64> {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).ok()?.checked_add(EPOCH)?;
    u64::try_from(since.as_nanos() / 100).ok()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use ironrdp_cliprdr::pdu::{FileContentsFlags, FileContentsRequest};

    use super::{FileError, MAX_BYTES, MAX_FILES, Sending};

    #[test]
    fn what_is_too_much_is_not_offered() {
        let folder = tempfile::tempdir().expect("a folder");
        let large = folder.path().join("large");
        // It takes no room on the disk.
        fs::File::create(&large).and_then(|file| file.set_len(MAX_BYTES + 1)).expect("made");
        assert_eq!(Sending::new(&[large]).err(), Some(FileError::TooLarge));
        let many = folder.path().join("many");
        fs::create_dir(&many).expect("made");
        for number in 0..MAX_FILES {
            fs::write(many.join(number.to_string()), "").expect("written");
        }
        assert_eq!(Sending::new(&[many]).err(), Some(FileError::TooMany));
    }

    fn request(index: i32, position: u64, size: u32) -> FileContentsRequest {
        FileContentsRequest {
            stream_id: 1,
            index,
            flags: FileContentsFlags::RANGE,
            position,
            requested_size: size,
            data_id: None,
        }
    }

    #[test]
    fn a_folder_is_listed_with_what_is_in_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let top = folder.path().join("top");
        fs::create_dir_all(top.join("sub")).expect("made");
        fs::write(top.join("sub/b"), "bbb").expect("written");
        fs::write(top.join("a"), "a").expect("written");
        #[cfg(unix)]
        std::os::unix::fs::symlink("/etc/passwd", top.join("link")).expect("a link");
        let mut sending = Sending::new(&[top, folder.path().join("missing")]).expect("few");
        let names: Vec<_> = sending
            .descriptors()
            .iter()
            .map(|file| (file.relative_path.clone().unwrap_or_default(), file.name.clone(), file.file_size))
            .collect();
        let expected =
            [("", "top", None), ("top", "a", Some(1)), ("top", "sub", None), ("top\\sub", "b", Some(3))];
        assert_eq!(names, expected.map(|(above, name, size)| (above.to_owned(), name.to_owned(), size)));
        assert_eq!(sending.part(&request(3, 1, 10)).data(), b"bb");
        assert!(sending.part(&request(0, 0, 10)).is_error());
        assert!(sending.part(&request(4, 0, 10)).is_error());
        assert!(sending.part(&request(-1, 0, 10)).is_error());
        assert_eq!(sending.part(&request(1, 9, 10)).data(), b"");
        assert!(sending.is_all_read());
        sending.part(&request(3, 0, 2));
        assert!(!sending.is_all_read());
        sending.part(&request(3, 2, 2));
        assert!(sending.is_all_read());
        // It pastes once more.
        sending.part(&request(3, 0, 1));
        assert!(!sending.is_all_read());
        assert!(!Sending::default().is_all_read());
        let size = FileContentsRequest { flags: FileContentsFlags::SIZE, ..request(3, 0, 8) };
        assert_eq!(sending.part(&size).data_as_size().expect("a size"), 3);
    }
}

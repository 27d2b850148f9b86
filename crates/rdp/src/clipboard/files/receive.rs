//! The server's files, on their way into a folder here.

use std::{
    collections::HashMap,
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use ironrdp_cliprdr::pdu::{ClipboardFileAttributes, FileContentsFlags, FileContentsRequest, FileDescriptor};

use super::{FileError, MAX_BYTES, MAX_FILES, PIECE, Progress, names};

/// One of the server's files or folders.
#[derive(Debug)]
struct Entry {
    /// Its place in the server's list.
    index: i32,
    parts: Vec<String>,
    kind: EntryKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum EntryKind {
    Folder,
    File(Option<u64>),
}

/// The file that is being written.
#[derive(Debug)]
struct Current {
    index: i32,
    path: PathBuf,
    file: File,
    written: u64,
    /// Its size, once it is known.
    size: Option<u64>,
    /// How many bytes were asked for last.
    asked: u32,
}

/// What is to be asked of the server next.
#[derive(Debug)]
pub(crate) enum Ask {
    /// A part of a file, or its size.
    Part(FileContentsRequest),
    /// Nothing: all is there.
    Done(Vec<PathBuf>),
}

/// Files on their way into a folder.
#[derive(Debug)]
pub(crate) struct Receiving {
    folder: PathBuf,
    /// Those that are still to come, the next one last; none until the server has listed them.
    entries: Option<Vec<Entry>>,
    current: Option<Current>,
    /// Folders that were made here, by their parts. Only within those is anything written.
    made: HashMap<Vec<String>, PathBuf>,
    saved: Vec<PathBuf>,
    progress: Progress,
    stream: u32,
}

impl Receiving {
    /// Into this folder, which has to be there.
    pub(crate) fn new(folder: PathBuf, stream: u32) -> Self {
        let progress = Progress { files: 0, of_files: 0, bytes: 0, of_bytes: 0 };
        Self {
            folder,
            entries: None,
            current: None,
            made: HashMap::new(),
            saved: Vec::new(),
            progress,
            stream,
        }
    }

    /// How far it is.
    pub(crate) fn progress(&self) -> Progress {
        self.progress
    }

    /// The number that the last part was asked with; the next one has another.
    pub(crate) fn stream(&self) -> u32 {
        self.stream
    }

    /// Whether it waits for the server's list.
    pub(crate) fn is_listing(&self) -> bool {
        self.entries.is_none()
    }

    /// Takes the server's list.
    pub(crate) fn listed(&mut self, files: &[FileDescriptor]) -> Result<(), FileError> {
        let mut entries = plan(files)?;
        self.progress.of_files = entries.len();
        self.progress.of_bytes = known_bytes(&entries)?;
        entries.reverse();
        self.entries = Some(entries);
        Ok(())
    }

    /// Takes a part, and gives what is next.
    pub(crate) fn received(&mut self, data: &[u8]) -> Result<Ask, FileError> {
        let Some(current) = &mut self.current else { return Err(FileError::Refused) };
        if current.size.is_none() {
            let size = data.try_into().map(u64::from_le_bytes).map_err(|_| FileError::Refused)?;
            current.size = Some(size);
            self.progress.of_bytes = self.progress.of_bytes.saturating_add(size);
            if self.progress.of_bytes > MAX_BYTES {
                return Err(FileError::TooLarge);
            }
        } else {
            let length = u32::try_from(data.len()).map_err(|_| FileError::TooLarge)?;
            if length > current.asked {
                return Err(FileError::TooLarge);
            }
            // A file that has become shorter there would be asked for without end.
            if length == 0 {
                return Err(FileError::Refused);
            }
            current.file.write_all(data).map_err(|error| FileError::Write(error.kind()))?;
            current.written += u64::from(length);
            self.progress.bytes += u64::from(length);
        }
        self.next()
    }

    /// What is to be asked next.
    pub(crate) fn next(&mut self) -> Result<Ask, FileError> {
        loop {
            if let Some(mut current) = self.current.take() {
                let size = current.size;
                if size.is_none_or(|size| current.written < size) {
                    let request = self.request(&mut current);
                    self.current = Some(current);
                    return Ok(Ask::Part(request));
                }
                self.progress.files += 1;
                continue;
            }
            let Some(entry) = self.entries.as_mut().and_then(Vec::pop) else {
                return Ok(Ask::Done(std::mem::take(&mut self.saved)));
            };
            match entry.kind {
                EntryKind::Folder => {
                    self.folder_of(&entry.parts)?;
                    self.progress.files += 1;
                }
                EntryKind::File(size) => self.current = Some(self.begin(&entry, size)?),
            }
        }
    }

    fn request(&mut self, current: &mut Current) -> FileContentsRequest {
        self.stream = self.stream.wrapping_add(1);
        let (flags, position, requested_size) = match current.size {
            None => (FileContentsFlags::SIZE, 0, 8),
            Some(size) => {
                let rest = u32::try_from(size.saturating_sub(current.written)).unwrap_or(u32::MAX);
                current.asked = rest.min(PIECE);
                (FileContentsFlags::RANGE, current.written, current.asked)
            }
        };
        FileContentsRequest {
            stream_id: self.stream,
            index: current.index,
            flags,
            position,
            requested_size,
            data_id: None,
        }
    }

    fn begin(&mut self, entry: &Entry, size: Option<u64>) -> Result<Current, FileError> {
        let (name, above) = entry.parts.split_last().ok_or(FileError::Refused)?;
        let folder = self.folder_of(above)?;
        let (path, file) =
            free(&folder, name, |path| File::options().write(true).create_new(true).open(path))?;
        if above.is_empty() {
            self.saved.push(path.clone());
        }
        Ok(Current { index: entry.index, path, file, written: 0, size, asked: 0 })
    }

    /// The folder of these parts, made here if it is not yet.
    fn folder_of(&mut self, parts: &[String]) -> Result<PathBuf, FileError> {
        let Some((name, above)) = parts.split_last() else { return Ok(self.folder.clone()) };
        if let Some(made) = self.made.get(parts) {
            return Ok(made.clone());
        }
        let folder = self.folder_of(above)?;
        let (path, ()) = free(&folder, name, |path| fs::create_dir(path))?;
        if above.is_empty() {
            self.saved.push(path.clone());
        }
        self.made.insert(parts.to_vec(), path.clone());
        Ok(path)
    }
}

impl Drop for Receiving {
    fn drop(&mut self) {
        // Half a file looks like a whole one.
        if let Some(current) = self.current.take() {
            drop(current.file);
            let _ = fs::remove_file(&current.path);
        }
    }
}

/// Makes something under the first name that is free.
fn free<T>(
    folder: &Path,
    name: &str,
    make: impl Fn(&Path) -> io::Result<T>,
) -> Result<(PathBuf, T), FileError> {
    for candidate in names::candidates(name) {
        let path = folder.join(candidate);
        match make(&path) {
            Ok(made) => return Ok((path, made)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(FileError::Write(error.kind())),
        }
    }
    Err(FileError::Write(io::ErrorKind::AlreadyExists))
}

fn plan(files: &[FileDescriptor]) -> Result<Vec<Entry>, FileError> {
    if files.is_empty() {
        return Err(FileError::None);
    }
    if files.len() > MAX_FILES {
        return Err(FileError::TooMany);
    }
    let entry = |(index, file): (usize, &FileDescriptor)| {
        let is_folder = file.attributes.is_some_and(|is| is.contains(ClipboardFileAttributes::DIRECTORY));
        Ok(Entry {
            index: i32::try_from(index).map_err(|_| FileError::TooMany)?,
            parts: names::parts(file.relative_path.as_deref(), &file.name)?,
            kind: if is_folder { EntryKind::Folder } else { EntryKind::File(file.file_size) },
        })
    };
    files.iter().enumerate().map(entry).collect()
}

fn known_bytes(entries: &[Entry]) -> Result<u64, FileError> {
    let mut sizes = entries.iter().filter_map(|entry| match entry.kind {
        EntryKind::File(size) => size,
        EntryKind::Folder => None,
    });
    sizes
        .try_fold(0_u64, |sum, size| sum.checked_add(size))
        .filter(|sum| *sum <= MAX_BYTES)
        .ok_or(FileError::TooLarge)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use ironrdp_cliprdr::pdu::{ClipboardFileAttributes, FileContentsFlags, FileDescriptor};

    use super::{Ask, MAX_BYTES, MAX_FILES, Receiving};
    use crate::clipboard::FileError;

    fn file(folder: Option<&str>, name: &str, size: Option<u64>) -> FileDescriptor {
        let mut file = FileDescriptor::new(name);
        file.relative_path = folder.map(str::to_owned);
        file.file_size = size;
        file
    }

    /// Answers each question from these contents, in pieces.
    fn serve(receiving: &mut Receiving, contents: &[&[u8]]) -> Result<Vec<std::path::PathBuf>, FileError> {
        let mut ask = receiving.next()?;
        loop {
            let request = match ask {
                Ask::Done(saved) => return Ok(saved),
                Ask::Part(request) => request,
            };
            let content = contents[usize::try_from(request.index).expect("an index")];
            let data = if request.flags.contains(FileContentsFlags::SIZE) {
                (content.len() as u64).to_le_bytes().to_vec()
            } else {
                let start = usize::try_from(request.position).expect("it is short");
                let end = content.len().min(start + request.requested_size.min(3) as usize);
                content[start..end].to_vec()
            };
            ask = receiving.received(&data)?;
        }
    }

    #[test]
    fn files_and_folders_come_as_they_are_there() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("a.txt"), "mine").expect("it is written");
        let mut directory = file(None, "d", None);
        directory.attributes = Some(ClipboardFileAttributes::DIRECTORY);
        let files = [
            file(None, "a.txt", Some(5)),
            directory,
            file(Some("d\\e"), "b", None),
            file(None, "empty", Some(0)),
        ];
        let mut receiving = Receiving::new(folder.path().to_owned(), 0);
        receiving.listed(&files).expect("they are taken");
        let saved = serve(&mut receiving, &[b"hello", b"", b"worlds", b""]).expect("they are saved");
        let names: Vec<_> =
            saved.iter().map(|path| path.strip_prefix(folder.path()).expect("within")).collect();
        assert_eq!(names, ["a (2).txt", "d", "empty"].map(std::path::Path::new));
        let text = |path: &str| fs::read_to_string(folder.path().join(path)).expect("it is there");
        assert_eq!((text("a.txt"), text("a (2).txt")), ("mine".to_owned(), "hello".to_owned()));
        assert_eq!((text("d/e/b"), text("empty")), ("worlds".to_owned(), String::new()));
        assert_eq!((receiving.progress().files, receiving.progress().bytes), (4, 11));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_that_is_there_already_is_not_followed() {
        let folder = tempfile::tempdir().expect("a folder");
        let outside = tempfile::tempdir().expect("another");
        std::os::unix::fs::symlink(outside.path(), folder.path().join("d")).expect("a link");
        std::os::unix::fs::symlink(outside.path().join("new"), folder.path().join("f")).expect("a link");
        let mut receiving = Receiving::new(folder.path().to_owned(), 0);
        receiving.listed(&[file(Some("d"), "x", Some(1)), file(None, "f", Some(1))]).expect("taken");
        serve(&mut receiving, &[b"1", b"2"]).expect("they are saved");
        assert_eq!(fs::read_dir(outside.path()).expect("it is there").count(), 0);
        assert!(folder.path().join("d (2)/x").is_file() && folder.path().join("f (2)").is_file());
    }

    #[test]
    fn what_is_too_much_is_refused_before_anything_is_made() {
        let folder = tempfile::tempdir().expect("a folder");
        let receiving = || Receiving::new(folder.path().to_owned(), 0);
        assert_eq!(receiving().listed(&[]), Err(FileError::None));
        let many = vec![file(None, "a", Some(1)); MAX_FILES + 1];
        assert_eq!(receiving().listed(&many), Err(FileError::TooMany));
        let large = [file(None, "a", Some(MAX_BYTES)), file(None, "b", Some(1))];
        assert_eq!(receiving().listed(&large), Err(FileError::TooLarge));
        assert_eq!(receiving().listed(&[file(None, "a", Some(u64::MAX)); 1]), Err(FileError::TooLarge));
        assert_eq!(fs::read_dir(folder.path()).expect("it is there").count(), 0);
    }

    #[test]
    fn more_than_was_asked_for_or_nothing_ends_it_and_half_a_file_goes() {
        let folder = tempfile::tempdir().expect("a folder");
        for answer in [&[0; 11][..], &[]] {
            let mut receiving = Receiving::new(folder.path().to_owned(), 0);
            receiving.listed(&[file(None, "a", Some(10))]).expect("taken");
            assert!(matches!(receiving.next(), Ok(Ask::Part(_))));
            assert!(receiving.received(answer).is_err());
            drop(receiving);
            assert_eq!(fs::read_dir(folder.path()).expect("it is there").count(), 0);
        }
        let mut receiving = Receiving::new(folder.path().to_owned(), 0);
        assert!(receiving.received(b"unasked").is_err());
    }
}

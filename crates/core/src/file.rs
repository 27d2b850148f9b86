//! Small files: any read whole and within bounds; ours written atomically, and never lost when they cannot be
//! understood.

pub(crate) mod versioned;

use std::{
    fs::{File, OpenOptions},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
    time::SystemTime,
};

use serde::{Serialize, de::DeserializeOwned};
use zeroize::Zeroize as _;

/// The largest file of ours that is read, in bytes; none ever comes near it.
const MAX_SIZE: u64 = 16 * 1024 * 1024;

/// What reading a file brought.
#[derive(Debug)]
pub(crate) enum Loaded<T> {
    /// There is none yet.
    Absent,
    /// Its value.
    Value(T),
    /// It could not be understood and now lies here, so that nothing in it is lost.
    SetAside(PathBuf),
}

/// What looking into a file brought.
#[derive(Debug)]
pub(crate) enum Seen<T> {
    /// There is none yet.
    Absent,
    /// Its value.
    Value(T),
    /// It cannot be understood.
    Broken,
}

/// Reads a whole file of at most `limit` bytes. For every path that comes from outside: it may name a device
/// that never ends, or a pipe that nobody writes to.
///
/// # Errors
/// [`io::ErrorKind::FileTooLarge`] when it is longer, [`io::ErrorKind::IsADirectory`] and
/// [`io::ErrorKind::InvalidInput`] for what is no regular file, and whatever keeps it from being read.
pub fn read_at_most(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let file = open(path)?;
    let metadata = file.metadata()?;
    if metadata.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder"));
    }
    if !metadata.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"));
    }
    let ceiling = limit.saturating_add(1);
    // Room for all of it and for seeing the end: a secret leaves no copies behind in buffers it has outgrown.
    let room = metadata.len().saturating_add(1).min(ceiling);
    let mut bytes = Vec::with_capacity(usize::try_from(room).map_err(io::Error::other)?);
    // The length is told by reading: the file may grow meanwhile, and some have none until then.
    file.take(ceiling).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).map_err(io::Error::other)? > limit {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("it has more than {limit} bytes")));
    }
    Ok(bytes)
}

/// Opens without waiting for whoever would write to a pipe, and without taking a terminal for our own.
#[cfg(unix)]
fn open(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY).open(path)
}

/// Opens a file. A folder cannot be opened here, which would be reported as a lack of permission.
#[cfg(not(unix))]
fn open(path: &Path) -> io::Result<File> {
    File::open(path).map_err(|error| {
        if path.is_dir() { io::Error::new(io::ErrorKind::IsADirectory, "it is a folder") } else { error }
    })
}

/// [`read_at_most`], for text in UTF-8.
///
/// # Errors
/// The same, and [`io::ErrorKind::InvalidData`] for what is no such text.
pub fn read_text_at_most(path: &Path, limit: u64) -> io::Result<String> {
    String::from_utf8(read_at_most(path, limit)?).map_err(|error| {
        // It may be a secret in some other encoding.
        error.into_bytes().zeroize();
        io::Error::new(io::ErrorKind::InvalidData, "it is not text in UTF-8")
    })
}

/// Tells one state of a file from another; none when there is no file.
pub(crate) type Stamp = Option<(SystemTime, u64, u64)>;

/// How a file is now.
pub(crate) fn stamp(path: &Path) -> Stamp {
    let metadata = std::fs::metadata(path).ok()?;
    #[cfg(unix)]
    let node = std::os::unix::fs::MetadataExt::ino(&metadata);
    #[cfg(not(unix))]
    let node = 0;
    Some((metadata.modified().ok()?, metadata.len(), node))
}

/// Reads a JSON file. One that cannot be understood is renamed to `<name>.broken`.
pub(crate) fn load<T: DeserializeOwned>(path: &Path) -> io::Result<Loaded<T>> {
    Ok(match see(path)? {
        Seen::Absent => Loaded::Absent,
        Seen::Value(value) => Loaded::Value(value),
        Seen::Broken => Loaded::SetAside(set_aside(path)?),
    })
}

/// Renames a file that cannot be understood to `<name>.broken`; gives where it lies.
fn set_aside(path: &Path) -> io::Result<PathBuf> {
    let aside = free_name(path);
    std::fs::rename(path, &aside)?;
    tracing::warn!(file = %path.display(), "a file could not be understood and was set aside");
    Ok(aside)
}

/// Reads a JSON file and leaves it as it is, whatever is in it.
pub(crate) fn see<T: DeserializeOwned>(path: &Path) -> io::Result<Seen<T>> {
    let bytes = match read_at_most(path, MAX_SIZE) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Seen::Absent),
        Err(error) if error.kind() == io::ErrorKind::FileTooLarge => return Ok(Seen::Broken),
        Err(error) => return Err(error),
    };
    Ok(serde_json::from_slice(&bytes).map_or(Seen::Broken, Seen::Value))
}

/// Keeps a copy as `<name>.broken` of a file that is about to be written over; gives where. At no moment is there neither.
pub(crate) fn keep_copy(path: &Path) -> io::Result<PathBuf> {
    let aside = free_name(path);
    // Some file systems have no second names for a file.
    if std::fs::hard_link(path, &aside).is_err() {
        std::fs::copy(path, &aside)?;
    }
    tracing::warn!(file = %path.display(), "a file could not be understood, and a copy of it was kept");
    Ok(aside)
}

/// Reads a JSON file and leaves it as it is, whatever is in it. None when there is none.
pub(crate) fn peek<T: DeserializeOwned>(path: &Path) -> io::Result<Option<T>> {
    match read_at_most(path, MAX_SIZE) {
        Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(io::Error::from),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// `<path>.broken`, or with a number when earlier ones still lie there.
fn free_name(path: &Path) -> PathBuf {
    let named = |suffix: String| {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    };
    (1..100)
        .map(|n| named(if n == 1 { ".broken".to_owned() } else { format!(".broken-{n}") }))
        .find(|candidate| !candidate.exists())
        .unwrap_or_else(|| named(".broken".to_owned()))
}

/// Writes a JSON file in one step: whoever reads it finds the old content or the new, never half of it.
///
/// # Errors
/// [`io::ErrorKind::FileTooLarge`] for what could not be read again, and whatever keeps it from being written: then the
/// file is as it was.
pub(crate) fn save<T: Serialize>(path: &Path, value: &T) -> io::Result<()> {
    let mut text = serde_json::to_string_pretty(value).map_err(io::Error::other)?;
    text.push('\n');
    if u64::try_from(text.len()).map_err(io::Error::other)? > MAX_SIZE {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is too much for one file"));
    }
    save_text(path, &text)
}

/// The same for any text.
pub(crate) fn save_text(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().ok_or_else(|| io::Error::other("the file has no folder"))?;
    create_private_folder(folder)?;
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(format!(".{}.new", uuid::Uuid::new_v4().simple()));
    let temporary = PathBuf::from(temporary);
    let written = write_new(&temporary, text.as_bytes()).and_then(|()| std::fs::rename(&temporary, path));
    if written.is_err() {
        // What matters is the first error; a left-over temporary file does no harm.
        let _ = std::fs::remove_file(&temporary);
    }
    written
}

pub(crate) fn create_private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Holds an exclusive lock beside `path` while `work` reads and writes it, against other processes of ours.
pub(crate) fn exclusively<T>(path: &Path, work: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    let folder = path.parent().ok_or_else(|| io::Error::other("the file has no folder"))?;
    create_private_folder(folder)?;
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let lock = OpenOptions::new().create(true).truncate(false).write(true).open(name)?;
    lock.lock()?;
    let done = work();
    // Closing the file releases the lock as well.
    let _ = lock.unlock();
    done
}

/// Runs file work where it may block.
///
/// # Errors
/// Those of the work.
pub async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_saved_value_is_read_back_and_leaves_no_other_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deeper").join("value.json");
        save(&path, &vec![1, 2]).unwrap();
        save(&path, &vec![3]).unwrap();
        assert!(matches!(load::<Vec<u8>>(&path).unwrap(), Loaded::Value(v) if v == [3]));
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_file_is_read_up_to_its_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, "12345").unwrap();
        assert_eq!(read_at_most(&path, 5).unwrap(), b"12345");
        assert_eq!(read_at_most(&path, 4).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        assert_eq!(read_at_most(&path, u64::MAX).unwrap().len(), 5);
        std::fs::write(&path, "").unwrap();
        assert!(read_at_most(&path, 0).unwrap().is_empty());
        std::fs::write(&path, b"\xff").unwrap();
        assert_eq!(read_text_at_most(&path, 4).unwrap_err().kind(), io::ErrorKind::InvalidData);
        let absent = folder.path().join("absent");
        assert_eq!(read_at_most(&absent, 4).unwrap_err().kind(), io::ErrorKind::NotFound);
        assert_eq!(read_at_most(folder.path(), 4).unwrap_err().kind(), io::ErrorKind::IsADirectory);
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_regular_file_is_refused_without_waiting() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("socket");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        // Nobody will ever write to it.
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&pipe, &link).unwrap();
        for path in [Path::new("/dev/zero"), &pipe, &link] {
            let error = read_at_most(path, 4).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidInput, "{}", path.display());
        }
        read_at_most(&socket, 4).unwrap_err();
        load::<u8>(&pipe).unwrap_err();
        assert!(pipe.exists(), "it is not ours to set aside");
    }

    #[test]
    fn a_file_too_large_to_be_ours_is_set_aside() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("value.json");
        File::create(&path).unwrap().set_len(MAX_SIZE + 1).unwrap();
        assert!(matches!(load::<Vec<u8>>(&path).unwrap(), Loaded::SetAside(_)));
        assert!(!path.exists());
    }

    #[test]
    fn what_could_not_be_read_again_is_not_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("value.json");
        save(&path, &"first").unwrap();
        // Each number takes a line.
        let much = vec![0_u8; usize::try_from(MAX_SIZE).unwrap() / 4];
        assert_eq!(save(&path, &much).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        assert!(matches!(see::<String>(&path).unwrap(), Seen::Value(first) if first == "first"));
    }

    #[test]
    fn a_copy_of_what_is_written_over_is_kept_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("value.json");
        std::fs::write(&path, "{").unwrap();
        assert!(matches!(see::<u8>(&path).unwrap(), Seen::Broken));
        let kept = keep_copy(&path).unwrap();
        save(&path, &1).unwrap();
        assert_eq!(std::fs::read_to_string(kept).unwrap(), "{");
        assert!(matches!(see::<u8>(&path).unwrap(), Seen::Value(1)));
    }

    #[test]
    fn a_broken_file_is_set_aside_each_time_under_a_new_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("value.json");
        for (content, name) in [("{", "value.json.broken"), ("[", "value.json.broken-2")] {
            std::fs::write(&path, content).unwrap();
            let Loaded::SetAside(aside) = load::<Vec<u8>>(&path).unwrap() else { panic!("not set aside") };
            assert_eq!(aside, folder.path().join(name));
            assert_eq!(std::fs::read_to_string(aside).unwrap(), content);
            assert!(matches!(load::<Vec<u8>>(&path).unwrap(), Loaded::Absent));
        }
    }
}

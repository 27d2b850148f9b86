//! Small files of ours: read whole, written atomically, never lost when they cannot be read.

use std::{
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use adit_contract::{Failure, FailureCode};
use serde::{Serialize, de::DeserializeOwned};

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

/// Reads a JSON file. One that cannot be understood is renamed to `<name>.broken`.
pub(crate) fn load<T: DeserializeOwned>(path: &Path) -> io::Result<Loaded<T>> {
    let bytes = match std::fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Loaded::Absent),
        Err(error) => return Err(error),
        Ok(metadata) if metadata.len() > MAX_SIZE => None,
        Ok(_) => Some(std::fs::read(path)?),
    };
    if let Some(value) = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()) {
        return Ok(Loaded::Value(value));
    }
    let aside = free_name(path);
    std::fs::rename(path, &aside)?;
    tracing::warn!(file = %path.display(), "a file could not be understood and was set aside");
    Ok(Loaded::SetAside(aside))
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
pub(crate) fn save<T: Serialize>(path: &Path, value: &T) -> io::Result<()> {
    let mut bytes = serde_json::to_vec_pretty(value).map_err(io::Error::other)?;
    bytes.push(b'\n');
    let folder = path.parent().ok_or_else(|| io::Error::other("the file has no folder"))?;
    create_private_folder(folder)?;
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(format!(".{}.new", uuid::Uuid::new_v4().simple()));
    let temporary = PathBuf::from(temporary);
    let written = write_new(&temporary, &bytes).and_then(|()| std::fs::rename(&temporary, path));
    if written.is_err() {
        // What matters is the first error; a left-over temporary file does no harm.
        let _ = std::fs::remove_file(&temporary);
    }
    written
}

fn create_private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
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
    let lock = std::fs::OpenOptions::new().create(true).truncate(false).write(true).open(name)?;
    lock.lock()?;
    let done = work();
    // Closing the file releases the lock as well.
    let _ = lock.unlock();
    done
}

/// Runs file work where it may block.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}

/// A file error as a failure.
pub(crate) fn failure(what: &str, path: &Path, error: &io::Error) -> Failure {
    Failure::new(FailureCode::File, what, "Check that the folder exists and can be written, then try again.")
        .with_fact("File", path.display().to_string())
        .with_server("file", error.to_string())
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

//! Files that an option names.

use std::path::Path;

use adit_contract::{Failure, FailureCode};
use adit_core::file;

/// The whole of a file of at most `limit` bytes.
pub(crate) async fn bytes(path: &Path, limit: u64) -> Result<Vec<u8>, Failure> {
    let named = path.to_owned();
    file::blocking(move || file::read_at_most(&named, limit)).await.map_err(|error| unusable(path, &error))
}

/// The same for text.
pub(crate) async fn text(path: &Path, limit: u64) -> Result<String, Failure> {
    let named = path.to_owned();
    file::blocking(move || file::read_text_at_most(&named, limit))
        .await
        .map_err(|error| unusable(path, &error))
}

/// The whole of a file, or of standard input for `-`, of at most `limit` bytes.
pub(crate) async fn bytes_or_input(path: &Path, limit: u64) -> Result<Vec<u8>, Failure> {
    if path == Path::new("-") { standard_input(limit).await } else { bytes(path, limit).await }
}

async fn standard_input(limit: u64) -> Result<Vec<u8>, Failure> {
    use tokio::io::AsyncReadExt as _;
    let mut bytes = Vec::new();
    let read = tokio::io::stdin().take(limit.saturating_add(1)).read_to_end(&mut bytes).await;
    let unusable = |error: &std::io::Error| unusable(Path::new("standard input"), error);
    read.map_err(|error| unusable(&error))?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > limit) {
        return Err(unusable(&std::io::Error::other(format!("it has more than {limit} bytes"))));
    }
    Ok(bytes)
}

/// A file that does not serve, and the system's reason.
pub(crate) fn unusable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(FailureCode::File, format!("{} cannot be used: {error}", path.display()), "")
}

#[cfg(test)]
mod tests {
    use super::{FailureCode, Path, bytes, text};
    use crate::ending::{FAILED, exit_code};

    async fn refused(path: &Path, why: &str) {
        for failure in [bytes(path, 4).await.unwrap_err(), text(path, 4).await.unwrap_err()] {
            assert_eq!((failure.code, exit_code(failure.code)), (FailureCode::File, FAILED));
            assert!(failure.title.starts_with(&path.display().to_string()), "{}", failure.title);
            assert!(failure.title.contains(why), "{}", failure.title);
        }
    }

    #[tokio::test]
    async fn a_file_that_does_not_serve_is_named_with_the_reason() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file");
        std::fs::write(&path, "1234").expect("written");
        assert_eq!(bytes(&path, 4).await.expect("its bytes"), b"1234");
        assert_eq!(text(&path, 4).await.expect("its text"), "1234");
        std::fs::write(&path, "12345").expect("written");
        refused(&path, "more than 4 bytes").await;
        refused(folder.path(), "folder").await;
        refused(&folder.path().join("absent"), "os error 2").await;
        #[cfg(unix)]
        refused(Path::new("/dev/zero"), "not a regular file").await;
    }
}

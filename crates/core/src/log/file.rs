//! The log in files: small ones that follow one another, readable by their owner alone, with nothing in them that names
//! people or networks.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Seek as _, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use tracing_subscriber::fmt::MakeWriter;

use super::redact::Redactor;

/// The largest file, in bytes.
const LARGEST: u64 = 2 * 1024 * 1024;
/// Files that are kept, the one that is written to included.
const FILES: usize = 4;
const NAME: &str = "adit.log";

/// Where lines are written.
#[derive(Debug)]
pub(super) struct LogFile {
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    folder: PathBuf,
    redactor: Redactor,
    largest: u64,
    /// Opened with the first line; the length in bytes beside it.
    open: Option<(File, u64)>,
}

impl LogFile {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self::with(folder, LARGEST)
    }

    fn with(folder: PathBuf, largest: u64) -> Self {
        let inner = Inner { folder, redactor: Redactor::new(), largest, open: None };
        Self { inner: Mutex::new(inner) }
    }
}

/// Writes one line.
pub(super) struct Line<'a>(MutexGuard<'a, Inner>);

impl<'a> MakeWriter<'a> for LogFile {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line(self.inner.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Line<'_> {
    /// A whole line comes at once.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let hidden = self.0.redactor.text(&String::from_utf8_lossy(bytes));
        self.0.append(hidden.as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Inner {
    fn append(&mut self, line: &[u8]) -> io::Result<()> {
        let more = u64::try_from(line.len()).map_err(io::Error::other)?;
        let largest = self.largest;
        // Also when it has just been opened: a run before may have filled it.
        let (_, length) = self.opened()?;
        if *length > 0 && length.saturating_add(more) > largest {
            // Some systems move no file that is open.
            self.open = None;
            if self.move_on().is_err() {
                // The last lines are worth more than those before them, and no log fills the disk.
                OpenOptions::new().write(true).truncate(true).open(path(&self.folder, 0))?;
            }
        }
        let (file, length) = self.opened()?;
        file.write_all(line)?;
        *length = length.saturating_add(more);
        Ok(())
    }

    /// The file that is written to, and its length in bytes.
    fn opened(&mut self) -> io::Result<&mut (File, u64)> {
        match &mut self.open {
            Some(open) => Ok(open),
            none => {
                let file = open(&self.folder)?;
                let length = file.metadata()?.len();
                Ok(none.insert((file, length)))
            }
        }
    }

    /// Makes room for a new file; the oldest goes.
    fn move_on(&self) -> io::Result<()> {
        for number in (0..FILES.saturating_sub(1)).rev() {
            let (from, to) = (path(&self.folder, number), path(&self.folder, number.saturating_add(1)));
            match fs::rename(from, to) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                moved => moved?,
            }
        }
        Ok(())
    }
}

fn open(folder: &Path) -> io::Result<File> {
    crate::file::create_private_folder(folder)?;
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path(folder, 0))
}

/// The file that is written to.
pub(super) fn newest(folder: &Path) -> PathBuf {
    path(folder, 0)
}

/// The file that is written to has number 0, the one before it 1.
fn path(folder: &Path, number: usize) -> PathBuf {
    if number == 0 { folder.join(NAME) } else { folder.join(format!("adit.{number}.log")) }
}

/// The last whole lines, at most `lines` of them and `bytes` long. What cannot be read is left out.
pub(super) fn last(folder: &Path, lines: usize, bytes: u64) -> Vec<String> {
    let mut text = String::new();
    // The newest has just been begun, now and then.
    for number in 0..2 {
        let room = bytes.saturating_sub(u64::try_from(text.len()).unwrap_or(u64::MAX));
        let Ok(end) = end_of(&path(folder, number), room) else { break };
        text.insert_str(0, &end);
        if text.lines().count() >= lines {
            break;
        }
    }
    let all: Vec<&str> = text.lines().collect();
    all.into_iter().rev().take(lines).rev().map(str::to_owned).collect()
}

/// The end of a file, from the beginning of a line on.
fn end_of(path: &Path, most: u64) -> io::Result<String> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let from = length.saturating_sub(most);
    file.seek(SeekFrom::Start(from))?;
    let mut end = Vec::new();
    file.take(most).read_to_end(&mut end)?;
    let end = String::from_utf8_lossy(&end).into_owned();
    if from == 0 {
        return Ok(end);
    }
    Ok(end.split_once('\n').map(|(_, whole)| whole.to_owned()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(log: &LogFile, line: &str) {
        log.make_writer().write_all(line.as_bytes()).unwrap();
    }

    #[test]
    fn files_follow_one_another_and_the_oldest_goes() {
        let folder = tempfile::tempdir().unwrap();
        let log = LogFile::with(folder.path().join("log"), 100);
        for number in 0..50 {
            write(&log, &format!("line {number:04} of some length\n"));
        }
        let folder = folder.path().join("log");
        let mut names: Vec<String> = fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, ["adit.1.log", "adit.2.log", "adit.3.log", "adit.log"]);
        for name in names {
            let metadata = fs::metadata(folder.join(name)).unwrap();
            assert!(metadata.len() <= 100);
            #[cfg(unix)]
            assert_eq!(std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o777, 0o600);
        }
        let end = last(&folder, 4, 4096);
        let numbers: Vec<&str> = end.iter().map(|line| &line[5..9]).collect();
        assert_eq!(numbers, ["0046", "0047", "0048", "0049"]);
    }

    #[test]
    fn files_that_cannot_follow_one_another_lose_what_is_old_and_do_not_grow() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(path(folder.path(), 2), "an older file").unwrap();
        // No file can be put in the place of a folder.
        fs::create_dir_all(path(folder.path(), 3).join("in the way")).unwrap();
        let log = LogFile::with(folder.path().to_owned(), 100);
        for number in 0..50 {
            write(&log, &format!("line {number:04} of some length\n"));
        }
        assert!(fs::metadata(path(folder.path(), 0)).unwrap().len() <= 100);
        assert!(last(folder.path(), 1, 4096).iter().any(|line| line.starts_with("line 0049")));
    }

    #[test]
    fn a_file_that_a_run_before_has_filled_is_moved_on() {
        let folder = tempfile::tempdir().unwrap();
        write(&LogFile::with(folder.path().to_owned(), 100), &format!("{}\n", "x ".repeat(49)));
        write(&LogFile::with(folder.path().to_owned(), 100), "second\n");
        assert_eq!(fs::read_to_string(path(folder.path(), 0)).unwrap(), "second\n");
    }

    #[test]
    fn what_is_written_names_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let log = LogFile::with(folder.path().to_owned(), 1000);
        write(&log, "ana@acme.example came from 198.51.100.7\n");
        assert_eq!(last(folder.path(), 9, 4096), ["<e-mail> came from <address>"]);
    }

    #[test]
    fn a_later_run_writes_on_and_a_cut_line_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        write(&LogFile::with(folder.path().to_owned(), 1000), "first\n");
        write(&LogFile::with(folder.path().to_owned(), 1000), "second\n");
        assert_eq!(last(folder.path(), 9, 4096), ["first", "second"]);
        assert_eq!(last(folder.path(), 9, 9), ["second"]);
        assert!(last(&folder.path().join("absent"), 9, 9).is_empty());
    }
}

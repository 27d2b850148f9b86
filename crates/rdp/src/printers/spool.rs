//! Where print jobs are until they are printed.

use std::{
    fs::File,
    io::{Seek as _, Write as _},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{MAX_PRINT_BYTES, MAX_PRINT_JOBS, PrintError};

/// What the jobs of one connection take, those among them that the caller has.
#[derive(Debug, Default)]
pub(super) struct Spool(Arc<Mutex<Taken>>);

#[derive(Debug, Default)]
struct Taken {
    jobs: usize,
    bytes: u64,
}

/// A job's share of it, given back when this goes.
#[derive(Debug)]
pub(super) struct Share {
    taken: Arc<Mutex<Taken>>,
    bytes: u64,
}

fn lock(taken: &Mutex<Taken>) -> MutexGuard<'_, Taken> {
    taken.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Spool {
    /// A place for a job, with nothing in it.
    pub(super) fn begin(&self) -> Result<Writing, PrintError> {
        let share = {
            let mut taken = lock(&self.0);
            if taken.jobs >= MAX_PRINT_JOBS {
                return Err(PrintError::TooMany);
            }
            taken.jobs += 1;
            Share { taken: Arc::clone(&self.0), bytes: 0 }
        };
        // It has no name, and its owner alone may open it as long as it had one.
        let file = tempfile::tempfile().map_err(|error| PrintError::Keep(error.kind()))?;
        Ok(Writing { file, share })
    }
}

#[cfg(test)]
impl Spool {
    /// A job of so many bytes, without them.
    pub(super) fn take_for_test(&self, bytes: u64) -> Share {
        let mut taken = lock(&self.0);
        taken.jobs += 1;
        taken.bytes += bytes;
        Share { taken: Arc::clone(&self.0), bytes }
    }

    pub(super) fn jobs(&self) -> usize {
        lock(&self.0).jobs
    }
}

impl Share {
    fn grow(&mut self, bytes: usize) -> Result<(), PrintError> {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        let mut taken = lock(&self.taken);
        let all = taken.bytes.checked_add(bytes).filter(|all| *all <= MAX_PRINT_BYTES);
        taken.bytes = all.ok_or(PrintError::TooLarge)?;
        self.bytes += bytes;
        Ok(())
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut taken = lock(&self.taken);
        taken.jobs = taken.jobs.saturating_sub(1);
        taken.bytes = taken.bytes.saturating_sub(self.bytes);
    }
}

/// A job that is being written.
#[derive(Debug)]
pub(super) struct Writing {
    file: File,
    share: Share,
}

impl Writing {
    pub(super) fn is_empty(&self) -> bool {
        self.share.bytes == 0
    }

    /// Adds to it. After a failure it is worth nothing.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), PrintError> {
        self.share.grow(bytes.len())?;
        self.file.write_all(bytes).map_err(|error| PrintError::Keep(error.kind()))
    }

    pub(super) fn end(mut self, printer: String) -> Result<PrintJob, PrintError> {
        self.file.rewind().map_err(|error| PrintError::Keep(error.kind()))?;
        Ok(PrintJob { printer, file: self.file, share: self.share })
    }
}

/// Something that a desktop has printed, whole. While it is there it counts among the jobs of its desktop.
#[derive(Debug)]
pub struct PrintJob {
    printer: String,
    file: File,
    share: Share,
}

impl PrintJob {
    /// The name of the printer that it is for, as the caller gave it.
    #[must_use]
    pub fn printer(&self) -> &str {
        &self.printer
    }

    /// Its length.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.share.bytes
    }

    /// Another handle on its file, which stands at the beginning.
    ///
    /// # Errors
    /// What the system says.
    pub fn file(&self) -> std::io::Result<File> {
        self.file.try_clone()
    }
}

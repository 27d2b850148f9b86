//! What the desktop gets, said as lines of JSON for whoever tests against it.

use std::{
    fs::OpenOptions,
    io::Write,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::{Context as _, Result};
use serde_json::Value;

/// A file that the lines are added to, also without `--report`: for one that is started by a program in between.
const FILE: &str = "RDP_HOST_REPORT";

/// Where the lines go; a clone is another handle on the same.
#[derive(Clone, Default)]
pub(crate) struct Report(Option<Arc<Mutex<Box<dyn Write + Send>>>>);

impl Report {
    /// To standard output where that is asked for, else to the file of the environment, else nowhere.
    pub(crate) fn new(to_output: bool) -> Result<Self> {
        let writer: Box<dyn Write + Send> = if to_output {
            Box::new(std::io::stdout())
        } else if let Some(path) = std::env::var_os(FILE) {
            Box::new(OpenOptions::new().append(true).create(true).open(path).context(FILE)?)
        } else {
            return Ok(Self(None));
        };
        Ok(Self(Some(Arc::new(Mutex::new(writer)))))
    }

    pub(crate) fn say(&self, line: &Value) {
        if let Some(writer) = &self.0 {
            let mut writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
            // Who no longer reads does not keep the desktop from working.
            drop(writeln!(writer, "{line}").and_then(|()| writer.flush()));
        }
    }
}

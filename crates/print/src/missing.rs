//! A system on which nothing is printed yet.

use std::fs::File;

use async_trait::async_trait;

use crate::{Error, Format, Printer, Printing};

pub(crate) struct Missing;

impl Missing {
    pub(crate) fn new() -> Self {
        Self
    }
}

#[async_trait]
impl Printing for Missing {
    async fn printers(&self) -> Result<Vec<Printer>, Error> {
        Err(Error::Unsupported)
    }

    fn format(&self) -> Format {
        Format::PostScript
    }

    async fn print(&self, _printer: &str, _title: &str, _document: File) -> Result<(), Error> {
        Err(Error::Unsupported)
    }
}

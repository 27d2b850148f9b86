//! The printers that a desktop gets, and what it prints on its way to one of them.

use std::{io::ErrorKind, sync::Arc, time::Duration};

use adit_contract::{Note, NoteKind};
use adit_print::{Error, Format, Printing};
use adit_rdp::{MAX_PRINT_JOBS, MAX_PRINTERS, PrintError, PrintJob, PrintLanguage, Printer};
use tokio::{
    sync::{
        mpsc::{self, error::TrySendError},
        watch,
    },
    time::timeout,
};

use super::super::session::Session;
use crate::{file, words::printing as words};

/// Most failures that wait to be told; more of them say nothing new.
const FAILURES: usize = 8;
/// How long a desktop that could be connected waits for the printers: the printing system may not answer at all.
const LATE: Duration = Duration::from_secs(2);

/// What a desktop gets, and why it does not get more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Shared {
    pub(super) printers: Vec<Printer>,
    /// A sentence or two, if there are none.
    pub(super) left_out: Option<String>,
}

/// The printers, looked for beside what else has to be done before a desktop is connected.
pub(super) struct Looking(watch::Receiver<Option<Shared>>);

impl Looking {
    pub(super) fn begin(printing: Arc<dyn Printing>) -> Self {
        let (found, looking) = watch::channel(None);
        tokio::spawn(async move { found.send_replace(Some(look(&*printing).await)) });
        Self(looking)
    }

    /// What was found. Little is waited for it: a server is waiting by now.
    pub(super) async fn found(&self) -> Shared {
        let mut looking = self.0.clone();
        let error = match timeout(LATE, looking.wait_for(Option::is_some)).await {
            Ok(Ok(found)) => return found.clone().unwrap_or_default(),
            Ok(Err(_)) => Error::Io(ErrorKind::Other),
            Err(_) => Error::TimedOut,
        };
        Shared { printers: Vec::new(), left_out: Some(words::not_shared(&error)) }
    }
}

/// Looks which printers there are.
async fn look(printing: &dyn Printing) -> Shared {
    let language = match printing.format() {
        Format::PostScript => PrintLanguage::PostScript,
        Format::Pdf => PrintLanguage::Pdf,
    };
    let (printers, left_out) = match printing.printers().await {
        Ok(found) if found.is_empty() => (Vec::new(), Some(words::NO_PRINTER.to_owned())),
        Ok(found) => {
            let found = found.into_iter().take(MAX_PRINTERS);
            let printer =
                |one: adit_print::Printer| Printer { name: one.name, is_default: one.is_default, language };
            (found.map(printer).collect(), None)
        }
        Err(error) => (Vec::new(), Some(words::not_shared(&error))),
    };
    Shared { printers, left_out }
}

/// Takes what a desktop prints, for as long as the desktop is connected.
pub(super) struct Press {
    jobs: mpsc::Sender<PrintJob>,
    failures: mpsc::Sender<(String, PrintError)>,
}

impl Press {
    /// What becomes of it is told in the tab, or with the app once that is closed. What has come whole is handed on to its end,
    /// also when the desktop has gone.
    pub(super) fn start(session: Arc<Session>, printing: Arc<dyn Printing>) -> Arc<Self> {
        // There are no more at once, wherever they are.
        let (jobs, coming) = mpsc::channel(MAX_PRINT_JOBS);
        let (failures, failed) = mpsc::channel(FAILURES);
        tokio::spawn(tell(session.clone(), failed));
        tokio::spawn(hand_on(session, printing, coming));
        Arc::new(Self { jobs, failures })
    }
}

impl adit_rdp::Printing for Press {
    fn print(&self, job: PrintJob) {
        // Never full, and closed only after a mistake of ours.
        if let Err(TrySendError::Full(job) | TrySendError::Closed(job)) = self.jobs.try_send(job) {
            tracing::warn!("a print job was lost");
            self.failed(job.printer(), PrintError::Keep(ErrorKind::Other));
        }
    }

    fn failed(&self, printer: &str, error: PrintError) {
        // Whoever does that on purpose fills it; it was told then.
        let _ = self.failures.try_send((printer.to_owned(), error));
    }
}

async fn hand_on(session: Arc<Session>, printing: Arc<dyn Printing>, mut jobs: mpsc::Receiver<PrintJob>) {
    let title = words::document(&session.instance.name);
    while let Some(job) = jobs.recv().await {
        let printer = job.printer().to_owned();
        let (title, printing) = (title.clone(), printing.clone());
        // A mistake of ours costs this job and no other, and is told as well.
        let printed = tokio::spawn(async move { hand_over(&*printing, &title, job).await }).await;
        let printed = printed.unwrap_or(Err(Error::Io(ErrorKind::Other)));
        match printed {
            Ok(()) => {
                tracing::info!("a desktop has printed something");
                remark(&session, NoteKind::Printed, words::printed(&printer));
            }
            Err(error) => {
                tracing::info!(%error, "what a desktop printed was not printed");
                remark(&session, NoteKind::Limited, words::not_printed(&printer, &error));
            }
        }
    }
}

async fn hand_over(printing: &dyn Printing, title: &str, job: PrintJob) -> Result<(), Error> {
    match file::blocking(move || Ok((job.file()?, job))).await {
        // Its place is free again once the printing system has it.
        Ok((document, job)) => printing.print(job.printer(), title, document).await,
        Err(error) => Err(Error::Io(error.kind())),
    }
}

async fn tell(session: Arc<Session>, mut failures: mpsc::Receiver<(String, PrintError)>) {
    while let Some((printer, error)) = failures.recv().await {
        remark(&session, NoteKind::Limited, words::not_received(&printer, error));
    }
}

/// A job may outlive what it was printed on: it is told all the same.
fn remark(session: &Session, kind: NoteKind, text: String) {
    session.remark(&words::printing_from(&session.instance.name, kind), Note { kind, text });
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use async_trait::async_trait;

    use super::*;

    struct Fake(Result<Vec<adit_print::Printer>, Error>, Format);

    #[async_trait]
    impl Printing for Fake {
        async fn printers(&self) -> Result<Vec<adit_print::Printer>, Error> {
            self.0.clone()
        }

        fn format(&self) -> Format {
            self.1
        }

        async fn print(&self, _: &str, _: &str, _: File) -> Result<(), Error> {
            Err(Error::Unsupported)
        }
    }

    #[tokio::test]
    async fn the_printers_here_are_shared_in_what_they_take() {
        let here =
            |number: usize| adit_print::Printer { name: format!("p{number}"), is_default: number == 0 };
        let found = look(&Fake(Ok((0..30).map(here).collect()), Format::Pdf)).await;
        assert_eq!((found.printers.len(), found.left_out), (MAX_PRINTERS, None));
        let first = Printer { name: "p0".to_owned(), is_default: true, language: PrintLanguage::Pdf };
        assert_eq!(found.printers[0], first);
    }

    #[tokio::test]
    async fn what_was_found_is_there_for_each_try() {
        let here = adit_print::Printer { name: "Office".to_owned(), is_default: true };
        let looking = Looking::begin(Arc::new(Fake(Ok(vec![here]), Format::PostScript)));
        let found = looking.found().await;
        assert_eq!((found.printers.len(), looking.found().await), (1, found));
    }

    /// A printing system that never answers.
    struct Silent;

    #[async_trait]
    impl Printing for Silent {
        async fn printers(&self) -> Result<Vec<adit_print::Printer>, Error> {
            std::future::pending().await
        }

        fn format(&self) -> Format {
            Format::PostScript
        }

        async fn print(&self, _: &str, _: &str, _: File) -> Result<(), Error> {
            std::future::pending().await
        }
    }

    #[tokio::test(start_paused = true)]
    async fn printers_that_are_not_told_in_time_are_not_waited_for() {
        let found = Looking::begin(Arc::new(Silent)).found().await;
        assert_eq!(found.printers, []);
        assert!(found.left_out.unwrap().contains("in time."));
    }

    #[tokio::test]
    async fn where_none_is_shared_the_reason_says_what_to_do() {
        let none = look(&Fake(Ok(Vec::new()), Format::PostScript)).await;
        assert!(none.left_out.unwrap().contains("Add one"));
        for (error, words) in [
            (Error::NotInstalled("lpstat"), "lpstat is missing here. Install"),
            (Error::Refused("Unable to connect to server".to_owned()), "“Unable to connect to server”"),
            (Error::Refused(String::new()), "did not answer."),
            (Error::TimedOut, "in time."),
            (Error::Io(ErrorKind::PermissionDenied), "could not be asked."),
            (Error::Unsupported, "on this system yet."),
        ] {
            let looked = look(&Fake(Err(error), Format::PostScript)).await;
            assert_eq!(looked.printers, []);
            let said = looked.left_out.unwrap();
            assert!(said.contains(words) && said.ends_with('.'), "{said}");
        }
    }

    #[test]
    fn each_failure_names_the_printer_and_what_to_do() {
        for error in [
            Error::UnknownFormat,
            Error::NotInstalled("lp"),
            Error::Refused("The printer or class does not exist.".to_owned()),
            Error::Refused(String::new()),
            Error::TimedOut,
            Error::Io(ErrorKind::NotFound),
        ] {
            let said = words::not_printed("Office", &error);
            assert!(said.contains("Office") && said.ends_with("print again."), "{said}");
        }
        for error in [
            PrintError::TooMany,
            PrintError::TooLarge,
            PrintError::Keep(ErrorKind::StorageFull),
            PrintError::Keep(ErrorKind::PermissionDenied),
            PrintError::CutOff,
        ] {
            let said = words::not_received("Office", error);
            assert!(
                said.starts_with("Something for Office was not printed: ") && said.ends_with('.'),
                "{said}"
            );
        }
    }
}

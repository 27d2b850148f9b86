//! What is logged, for the window and the command alike.
//!
//! `ADIT_LOG` chooses, in the usual directives such as `warn,adit=debug`. One thing it cannot choose: below
//! `info` nobody but our own crates is heard. The libraries' debug lines hold payloads, headers, session
//! identifiers and tokens (`tungstenite`, `russh`, `hyper`, `reqwest`, `oauth2`, `h2`, `rustls` …), and a log is
//! what people attach to a report.
//!
//! The app also writes to files in its data folder ([`start_app`]), which the page of diagnostics reads.

mod file;
mod redact;

use std::{path::PathBuf, sync::OnceLock};

use tracing::{Level, Metadata, Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{
    EnvFilter, Layer,
    filter::{FilterExt as _, filter_fn},
    fmt::{self, MakeWriter},
    layer::SubscriberExt as _,
    registry::LookupSpan,
    util::SubscriberInitExt as _,
};

use self::file::LogFile;
pub(crate) use self::redact::Redactor;
use crate::config::Folders;

const VARIABLE: &str = "ADIT_LOG";
/// What is read of the files at most, in bytes.
const LONGEST_READ: u64 = 64 * 1024;

/// Where this process writes its files, if it does.
static FOLDER: OnceLock<PathBuf> = OnceLock::new();

/// Logs to standard error from now on, by `ADIT_LOG`, or by these directives where it is not set or cannot be
/// understood. Once for each process; what comes later changes nothing.
pub fn start(otherwise: &str) {
    let directives = directives();
    let layer = layer(directives.as_deref(), otherwise, Colours::of_stderr(), std::io::stderr);
    // It fails only when somebody logs already.
    let _ = tracing_subscriber::registry().with(layer).try_init();
}

/// The same, and the same lines into files below the data folder, at most four of 2 MiB, without colours and with people
/// and networks hidden. A panic is among them by its place, without its words, which may hold anything.
pub fn start_app(otherwise: &str, folders: &Folders) {
    let folder = folders.data.join("log");
    let directives = directives();
    let shown = layer(directives.as_deref(), otherwise, Colours::of_stderr(), std::io::stderr);
    let kept = layer(directives.as_deref(), otherwise, Colours::None, LogFile::new(folder.clone()));
    let started = tracing_subscriber::registry().with(shown).with(kept).try_init();
    if started.is_ok() && FOLDER.set(folder).is_ok() {
        tell_panics();
        tracing::info!(version = env!("CARGO_PKG_VERSION"), "Adit starts");
    }
}

fn tell_panics() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let place = panic.location().map(|place| format!("{}:{}", place.file(), place.line()));
        tracing::error!(place = place.unwrap_or_default(), "a mistake of ours ended a task");
        before(panic);
    }));
}

/// The last lines of this process's files, the oldest first; none where it writes none. Blocks.
#[must_use]
pub(crate) fn last_lines(lines: usize) -> Vec<String> {
    FOLDER.get().map(|folder| file::last(folder, lines, LONGEST_READ)).unwrap_or_default()
}

/// The file that this process writes to; none where it writes none.
#[must_use]
pub(crate) fn newest_file() -> Option<PathBuf> {
    FOLDER.get().map(|folder| file::newest(folder))
}

fn directives() -> Option<String> {
    std::env::var(VARIABLE).ok().filter(|directives| !directives.trim().is_empty())
}

/// Whether lines are coloured, for whoever looks on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Colours {
    Some,
    None,
}

impl Colours {
    /// In a terminal.
    fn of_stderr() -> Self {
        if std::io::IsTerminal::is_terminal(&std::io::stderr()) { Self::Some } else { Self::None }
    }
}

fn layer<S, W>(directives: Option<&str>, otherwise: &str, colours: Colours, writer: W) -> impl Layer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let chosen = directives
        .and_then(|directives| EnvFilter::try_new(directives).ok())
        .unwrap_or_else(|| EnvFilter::new(otherwise));
    // A filter of its own, and not more directives: a narrower directive would win over those.
    let cap = filter_fn(is_allowed).with_max_level_hint(LevelFilter::TRACE);
    fmt::layer().with_ansi(colours == Colours::Some).with_writer(writer).with_filter(chosen.and(cap))
}

/// Whether a line may be logged at all.
fn is_allowed(line: &Metadata<'_>) -> bool {
    *line.level() <= Level::INFO || is_ours(line.target())
}

fn is_ours(target: &str) -> bool {
    let package = target.split("::").next().unwrap_or_default();
    package == "adit" || package.starts_with("adit_")
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{Arc, Mutex},
    };

    use super::{Colours, MakeWriter, is_ours, layer};
    use tracing_subscriber::layer::SubscriberExt as _;

    #[derive(Clone, Default)]
    struct Paper(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl<'a> MakeWriter<'a> for Paper {
        type Writer = Self;

        fn make_writer(&'a self) -> Self {
            self.clone()
        }
    }

    /// What is written of one line at each level from each of these places.
    fn written(directives: Option<&str>, otherwise: &str) -> String {
        let paper = Paper::default();
        let log =
            tracing_subscriber::registry().with(layer(directives, otherwise, Colours::None, paper.clone()));
        tracing::subscriber::with_default(log, || {
            // The target has to be a constant.
            macro_rules! speak {
                ($($target:literal),*) => {$(
                    let span = tracing::info_span!(target: $target, "span");
                    let _entered = span.enter();
                    tracing::trace!(target: $target, concat!("trace of ", $target));
                    tracing::debug!(target: $target, concat!("debug of ", $target));
                    tracing::info!(target: $target, concat!("info of ", $target));
                    tracing::error!(target: $target, concat!("error of ", $target));
                )*};
            }
            speak!(
                "tungstenite::protocol",
                "tokio_tungstenite",
                "russh::client",
                "hyper::proto",
                "hyper_util::client",
                "reqwest::connect",
                "oauth2",
                "h2::codec",
                "rustls::conn",
                "google_cloud_auth",
                "aditional",
                "adit_tunnel::driver",
                "adit"
            );
        });
        let bytes = paper.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn no_directive_opens_a_librarys_debug_lines() {
        for directives in [
            "trace",
            "tungstenite=trace,russh=trace,hyper=debug,reqwest=trace,oauth2=trace,h2=trace,rustls=trace",
            "tungstenite::protocol=trace,russh::client=trace",
            "[span]=trace",
            "trace,adit=trace",
        ] {
            let written = written(Some(directives), "error");
            let leaked: Vec<&str> = written
                .lines()
                .filter(|line| line.contains("trace of") || line.contains("debug of"))
                .filter(|line| !line.contains("of adit_tunnel::driver") && !line.ends_with("of adit"))
                .collect();
            assert!(leaked.is_empty(), "{directives}: {leaked:?}");
        }
    }

    #[test]
    fn directives_choose_the_rest() {
        let written_ = written(Some("warn,adit=debug,russh=info"), "error");
        for heard in
            ["debug of adit_tunnel::driver", "debug of adit\n", "info of russh::client", "error of oauth2"]
        {
            assert!(written_.contains(heard), "{heard}: {written_}");
        }
        for unheard in ["trace of adit", "info of oauth2"] {
            assert!(!written_.contains(unheard), "{unheard}: {written_}");
        }
        for fallback in [None, Some("no=such=thing")] {
            let written_ = written(fallback, "error");
            assert!(written_.contains("error of adit") && !written_.contains("info of"), "{written_}");
        }
    }

    #[test]
    fn our_own_are_told_by_their_package() {
        assert!(["adit", "adit::ssh", "adit_core::log"].iter().all(|target| is_ours(target)));
        assert!(["aditional", "log", "", "x::adit"].iter().all(|target| !is_ours(target)));
    }
}

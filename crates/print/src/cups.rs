//! CUPS, by its own commands.

use std::{
    fs::File,
    io::{self, Read as _, Seek as _},
    os::unix::process::ExitStatusExt as _,
    path::PathBuf,
    pin::pin,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use async_trait::async_trait;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, copy, sink},
    process::{Child, Command},
    time::timeout,
};

use crate::{Error, Format, MAX_PRINTERS, Printer, Printing, format::HEAD};

/// How long listing may take: CUPS looks for printers in the network as well.
const LISTING: Duration = Duration::from_secs(5);
/// How long handing over a document may take.
const HANDING_OVER: Duration = Duration::from_mins(5);
/// How long is waited for what a program has still to say after its end, and for its end after it was ended.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// The signal that ends a program (`SIGKILL`).
const KILLED: i32 = 9;
/// Most bytes of what a program says that are kept; the rest is read and forgotten.
const LONGEST: u64 = 64 * 1024;
/// Longest name of a printer that CUPS allows, in bytes.
const LONGEST_NAME: usize = 127;
/// Most characters of what a program says that are shown.
const SHOWN: usize = 200;

/// See the module.
#[derive(Debug, Clone, Default)]
pub struct Cups {
    folder: Option<PathBuf>,
}

impl Cups {
    /// By the commands that are found as programs are (`PATH`).
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// By the commands in this folder.
    #[must_use]
    pub fn in_folder(folder: PathBuf) -> Self {
        Self { folder: Some(folder) }
    }

    async fn run(
        &self,
        program: &'static str,
        arguments: &[&str],
        input: Stdio,
        limit: Duration,
    ) -> Result<Said, Error> {
        let path = self.folder.as_ref().map_or_else(|| PathBuf::from(program), |folder| folder.join(program));
        let mut command = Command::new(path);
        // Only in this language are the answers known; names may have any letters.
        command.args(arguments).env("LC_ALL", "C.UTF-8").env_remove("LANGUAGE").stdin(input);
        match said(&mut command, limit).await {
            Ok(Some(said)) => Ok(said),
            Ok(None) => Err(Error::TimedOut),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(Error::NotInstalled(program)),
            Err(error) => Err(Error::Io(error.kind())),
        }
    }
}

/// What a program says until it has ended; nothing if it does not do that in time, and is ended.
async fn said(command: &mut Command, limit: Duration) -> io::Result<Option<Said>> {
    // Whoever asks may go away: a document that is being handed over is not cut off by that.
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let (mut out, mut error) = (Vec::new(), Vec::new());
    let ended = {
        let mut hearing = pin!(async { tokio::join!(hear(stdout, &mut out), hear(stderr, &mut error)) });
        let working = async {
            tokio::select! {
                biased;
                _ = &mut hearing => child.wait().await,
                status = child.wait() => {
                    // What it has begun itself may keep its mouth open for as long as it likes.
                    let _ = timeout(LAST_WORDS, &mut hearing).await;
                    status
                }
            }
        };
        timeout(limit, working).await
    };
    let status = match ended {
        Ok(status) => status?,
        // It may have ended all the same, and how is what is true.
        Err(_) => match child.try_wait()? {
            Some(status) => status,
            None => match end(&mut child).await? {
                Some(status) => status,
                None => return Ok(None),
            },
        },
    };
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ok(Some(Said { status, out: text(out), error: text(error) }))
}

/// Ends a program. Gives how it has ended if that came first.
async fn end(child: &mut Child) -> io::Result<Option<ExitStatus>> {
    child.start_kill()?;
    // What the system does not let go of is left to it.
    let Ok(status) = timeout(LAST_WORDS, child.wait()).await else { return Ok(None) };
    let status = status?;
    Ok(Some(status).filter(|status| status.signal() != Some(KILLED)))
}

#[async_trait]
impl Printing for Cups {
    async fn printers(&self) -> Result<Vec<Printer>, Error> {
        let list = |argument: &'static str| async move {
            self.run("lpstat", &[argument], Stdio::null(), LISTING).await
        };
        let (all, default) = tokio::join!(list("-e"), list("-d"));
        let (all, default) = (all?, default?);
        if !all.status.success() && !all.says_that_there_are_none() {
            return Err(Error::Refused(all.words()));
        }
        Ok(listed(&all.out, &default.out))
    }

    fn format(&self) -> Format {
        // From version 14 on macOS prints no PostScript.
        if cfg!(target_os = "macos") { Format::Pdf } else { Format::PostScript }
    }

    async fn print(&self, printer: &str, title: &str, mut document: File) -> Result<(), Error> {
        let looking = tokio::task::spawn_blocking(move || {
            let mut head = Vec::new();
            document.rewind()?;
            document.by_ref().take(u64::try_from(HEAD).unwrap_or(u64::MAX)).read_to_end(&mut head)?;
            document.rewind()?;
            Ok::<_, io::Error>((document, Format::of(&head)))
        });
        let looked = looking.await.map_err(|_| Error::Io(io::ErrorKind::Other))?;
        let (document, format) = looked.map_err(|error| Error::Io(error.kind()))?;
        let format = format.ok_or(Error::UnknownFormat)?;
        let kind = format!("document-format={}", format.mime_type());
        let arguments = ["-d", printer, "-t", title, "-o", &kind];
        // The document goes by standard input: a file without a name that is gone as soon as nobody reads it.
        let said = self.run("lp", &arguments, Stdio::from(document), HANDING_OVER).await?;
        if said.status.success() { Ok(()) } else { Err(Error::Refused(said.words())) }
    }
}

/// What a program said.
struct Said {
    status: ExitStatus,
    out: String,
    error: String,
}

impl Said {
    /// The first line of its complaint.
    fn words(&self) -> String {
        let line = self.error.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
        // It begins with the program, as it was called.
        let line = match line.split_once(": ") {
            Some((program, rest)) if program.ends_with("lp") || program.ends_with("lpstat") => rest,
            Some(_) | None => line,
        };
        let line = line.strip_prefix("Error - ").unwrap_or(line);
        line.chars().filter(|letter| !letter.is_control()).take(SHOWN).collect()
    }

    /// `lpstat` fails where no printer is set up.
    fn says_that_there_are_none(&self) -> bool {
        self.error.contains("No destinations added")
    }
}

/// Hears all of what comes and keeps it up to a bound, also if nobody waits for its end.
async fn hear(pipe: Option<impl AsyncRead + Unpin>, kept: &mut Vec<u8>) {
    let Some(mut pipe) = pipe else { return };
    // What cannot be read was not said.
    let _ = (&mut pipe).take(LONGEST).read_to_end(kept).await;
    let _ = copy(&mut pipe, &mut sink()).await;
}

/// The printers, of a list of names and the line that says which one is the usual one.
fn listed(names: &str, default: &str) -> Vec<Printer> {
    let default = default.lines().find_map(|line| line.strip_prefix("system default destination: "));
    let default = default.map(str::trim);
    let mut printers: Vec<Printer> = Vec::new();
    for name in names.lines().map(str::trim).filter(|name| is_name(name)) {
        if printers.iter().all(|printer| printer.name != name) {
            printers.push(Printer { name: name.to_owned(), is_default: default == Some(name) });
        }
    }
    // The usual one stays, however many there are.
    printers.sort_by_key(|printer| !printer.is_default);
    printers.truncate(MAX_PRINTERS);
    printers
}

/// Whether this names a printer. What begins with a hyphen would be an option to others than `lp`.
fn is_name(name: &str) -> bool {
    (1..=LONGEST_NAME).contains(&name.len())
        && !name.starts_with('-')
        && !name.contains(|letter: char| letter.is_control() || letter.is_whitespace())
}

#[cfg(test)]
mod tests {
    use std::{fs, io::Write as _, path::Path, process::Command};

    use super::*;

    /// A folder with these programs in it, each a script.
    fn programs(scripts: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, script) in scripts {
            let text = folder.path().join("text");
            fs::write(&text, format!("#!/bin/sh\n{script}\n")).unwrap();
            // By another process: a file that this one writes may be open in the child of another test for a moment,
            // and what is open for writing cannot be run.
            let mut install = Command::new("install");
            assert!(
                install
                    .args(["-m", "700"])
                    .arg(&text)
                    .arg(folder.path().join(name))
                    .status()
                    .unwrap()
                    .success()
            );
        }
        folder
    }

    fn cups(folder: &Path) -> Cups {
        Cups::in_folder(folder.to_owned())
    }

    fn document(bytes: &[u8]) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file
    }

    #[test]
    fn printers_are_listed_with_the_usual_one_first() {
        let names = |printers: &[Printer]| {
            printers.iter().map(|one| (one.name.clone(), one.is_default)).collect::<Vec<_>>()
        };
        let found = listed("Attic\nOffice\nAttic\n\n-x\nin two\n", "system default destination: Office\n");
        assert_eq!(names(&found), [("Office".to_owned(), true), ("Attic".to_owned(), false)]);
        let found = listed("Attic\n", "no system default destination\n");
        assert_eq!(names(&found), [("Attic".to_owned(), false)]);
        let many: String = (0..100).map(|number| format!("p{number}\n")).collect();
        let found = listed(&many, "system default destination: p99");
        assert_eq!((found.len(), found[0].name.as_str()), (MAX_PRINTERS, "p99"));
        assert!(!is_name(&"n".repeat(LONGEST_NAME + 1)));
    }

    #[tokio::test]
    async fn a_document_is_handed_over_whole_and_as_what_it_is() {
        let folder = programs(&[("lp", "printf '%s\\n' \"$@\" > \"$0.args\"; cat > \"$0.document\"")]);
        let page = b"%!PS-Adobe-3.0\nshowpage\n".repeat(10_000);
        cups(folder.path()).print("Office", "Adit: web-1", document(&page)).await.unwrap();
        assert_eq!(fs::read(folder.path().join("lp.document")).unwrap(), page);
        let arguments = fs::read_to_string(folder.path().join("lp.args")).unwrap();
        let wanted = ["-d", "Office", "-t", "Adit: web-1", "-o", "document-format=application/postscript"];
        assert_eq!(arguments.lines().collect::<Vec<_>>(), wanted);
    }

    #[tokio::test]
    async fn what_is_no_document_is_not_handed_over() {
        let folder = programs(&[("lp", "touch \"$0.ran\"")]);
        let refused = cups(folder.path()).print("Office", "x", document(b"#CUPS-COMMAND\nClean all\n")).await;
        assert_eq!(refused, Err(Error::UnknownFormat));
        assert!(!folder.path().join("lp.ran").exists());
    }

    #[tokio::test]
    async fn why_it_is_not_printed_is_told() {
        let page = || document(b"%!PS\n");
        let nothing = programs(&[]);
        let cups_of = |folder: &tempfile::TempDir| cups(folder.path());
        assert_eq!(cups_of(&nothing).print("Office", "x", page()).await, Err(Error::NotInstalled("lp")));
        assert_eq!(cups_of(&nothing).printers().await, Err(Error::NotInstalled("lpstat")));
        // It need not read the document to refuse it.
        let refuses = programs(&[
            ("lp", "echo \"$0: Error - The printer or class does not exist.\" >&2; exit 1"),
            ("lpstat", "echo 'lpstat: Unable to connect to server' >&2; exit 1"),
        ]);
        let refused = cups_of(&refuses).print("Office", "x", page()).await;
        assert_eq!(refused, Err(Error::Refused("The printer or class does not exist.".to_owned())));
        let refused = cups_of(&refuses).printers().await;
        assert_eq!(refused, Err(Error::Refused("Unable to connect to server".to_owned())));
        let none = programs(&[("lpstat", "echo 'lpstat: No destinations added.' >&2; exit 1")]);
        assert_eq!(cups_of(&none).printers().await, Ok(Vec::new()));
    }

    #[tokio::test]
    async fn a_program_that_says_too_much_is_heard_to_its_end() {
        let folder = programs(&[(
            "lpstat",
            "case $1 in -d) echo 'no system default destination';; *) echo Attic; yes x | head -c 1000000;; esac",
        )]);
        let found = cups(folder.path()).printers().await.unwrap();
        assert_eq!(found[0].name, "Attic");
        assert_eq!(found.len(), 2);
    }

    #[tokio::test]
    async fn a_program_that_has_ended_has_answered_whatever_goes_on_behind_it() {
        // What it leaves running has its output, and may keep that for longer than anybody waits.
        let folder =
            programs(&[("lp", "echo 'request id is Office-1'; sleep 600 & echo $! > \"$0.id\"; exit 0")]);
        let said =
            cups(folder.path()).run("lp", &[], Stdio::null(), Duration::from_millis(900)).await.unwrap();
        assert!(said.status.success());
        assert_eq!(said.out, "request id is Office-1\n");
        let id = fs::read_to_string(folder.path().join("lp.id")).unwrap();
        assert!(Command::new("kill").arg(id.trim()).status().unwrap().success());
    }

    #[tokio::test]
    async fn a_program_that_ends_as_it_is_ended_has_answered() {
        let mut child = tokio::process::Command::new("sh").args(["-c", "exit 3"]).spawn().unwrap();
        // Over, but not yet heard of: it cannot be killed any more.
        let state = format!("/proc/{}/stat", child.id().unwrap());
        while cfg!(target_os = "linux") && !fs::read_to_string(&state).unwrap().contains(") Z") {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        if cfg!(target_os = "linux") {
            assert_eq!(end(&mut child).await.unwrap().and_then(|status| status.code()), Some(3));
        }
    }

    #[tokio::test]
    async fn a_program_that_hangs_is_ended() {
        let folder = programs(&[("lp", "echo $$ > \"$0.id\"; exec sleep 600")]);
        let said = cups(folder.path()).run("lp", &[], Stdio::null(), Duration::from_millis(300)).await;
        assert_eq!(said.err(), Some(Error::TimedOut));
        if let Ok(id) = fs::read_to_string(folder.path().join("lp.id")) {
            assert!(!Path::new("/proc").join(id.trim()).exists() || cfg!(not(target_os = "linux")));
        }
    }
}

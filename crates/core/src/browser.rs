//! The system's browser.

use std::process::{Command, Stdio};

use url::Url;

/// Opens pages for a person.
pub trait Browser: Send + Sync {
    /// Opens a page; does not wait for the person. The error says why no browser came up.
    fn open(&self, url: &Url) -> Result<(), String>;
}

/// The system's browser, or the program that `ADIT_BROWSER` names.
#[derive(Debug, Default)]
pub struct SystemBrowser {
    program: Option<String>,
}

impl SystemBrowser {
    /// The system's browser; a program named in the environment variable `ADIT_BROWSER` takes its place and
    /// is given the address as its one argument.
    #[must_use]
    pub fn from_environment() -> Self {
        Self { program: std::env::var("ADIT_BROWSER").ok().filter(|program| !program.is_empty()) }
    }
}

impl Browser for SystemBrowser {
    fn open(&self, url: &Url) -> Result<(), String> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err("only web addresses are opened".to_owned());
        }
        let Some(program) = &self.program else {
            return webbrowser::open(url.as_str()).map_err(|error| error.to_string());
        };
        let mut child = Command::new(program)
            .arg(url.as_str())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| error.to_string())?;
        // Somebody has to wait for the program, or it stays as a zombie.
        let waiter = std::thread::Builder::new().name("browser".to_owned()).spawn(move || {
            let _ = child.wait();
        });
        waiter.map(drop).map_err(|error| error.to_string())
    }
}

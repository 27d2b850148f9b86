//! A shell on a pseudo-terminal.

use std::sync::Arc;

use bytes::Bytes;

use crate::backlog::{Backlog, Exit};
use crate::client::Connection;
use crate::error::Error;
use crate::input::{InputError, Queue};

/// From this many bytes of unseen output on, an interrupt key drops it. Less is shown in no time, and
/// dropping it could tear what a full-screen program draws.
const VALVE: usize = 256 * 1024;

/// Ends a control sequence of which the rest was dropped (ECMA-48: CAN).
const CANCEL: &[u8] = b"\x18";

/// The size of a terminal, in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// The width.
    pub columns: u16,
    /// The height.
    pub rows: u16,
}

/// What the remote side is told of the terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// The value of `TERM`.
    pub name: String,
    /// Environment variables to offer; most servers take only some of them, and none of this can fail.
    pub environment: Vec<(String, String)>,
}

impl Default for Term {
    /// `xterm-256color` with `COLORTERM=truecolor`.
    fn default() -> Self {
        Self {
            name: "xterm-256color".to_owned(),
            environment: vec![("COLORTERM".to_owned(), "truecolor".to_owned())],
        }
    }
}

impl Term {
    /// With the locale `lang` (the caller's `LANG`) as well, where it is one of UTF-8, the only encoding here.
    #[must_use]
    pub fn with_lang(mut self, lang: &str) -> Self {
        let upper = lang.to_ascii_uppercase();
        if (upper.ends_with("UTF-8") || upper.ends_with("UTF8")) && lang.chars().all(|c| c.is_ascii_graphic())
        {
            self.environment.push(("LANG".to_owned(), lang.to_owned()));
        }
        self
    }
}

/// A shell on a pseudo-terminal, over a connection of its own. Dropping it ends both.
///
/// Output waits in a bounded backlog ([`crate::BACKLOG_LIMIT`]) until it is read. While the backlog is full,
/// nothing is taken from the server, and nothing can be sent: the remote program stands still, as it should.
/// The interrupt keys are the exception, see [`Input::send`].
pub struct Terminal {
    // dropped in this order: first nobody reads, then the connection goes
    output: Abandon,
    input: Input,
    connection: Connection,
}

struct Abandon(Arc<Backlog>);

impl Drop for Abandon {
    fn drop(&mut self) {
        self.0.abandon();
    }
}

impl Terminal {
    pub(crate) fn new(connection: Connection, backlog: Arc<Backlog>, queue: Queue) -> Self {
        Self { output: Abandon(backlog), input: Input(queue), connection }
    }

    /// The next piece of output, at most [`crate::CHUNK_LIMIT`] bytes, gathered from what has come; none when
    /// the shell has ended and everything is read. Nothing is lost when the future is dropped.
    pub async fn read(&mut self) -> Option<Bytes> {
        self.output.0.read().await.map(|(_, data)| data)
    }

    /// How the shell ended. Waits for the end and drops the output until then: call it when [`Terminal::read`]
    /// gives none.
    pub async fn exit(&mut self) -> Exit {
        while self.read().await.is_some() {}
        self.output.0.exit().unwrap_or(Exit::Closed)
    }

    /// A handle for what goes the other way. It does not keep the session open.
    pub fn input(&self) -> Input {
        self.input.clone()
    }

    /// The bytes that wait to be read.
    pub fn backlog(&self) -> usize {
        self.output.0.bytes()
    }

    /// Why the connection ended, where it did so without being asked to; for [`Exit::Closed`].
    pub fn why_closed(&self) -> Option<Error> {
        self.connection.why_closed()
    }

    /// Ends the shell and the connection in good order, within a few seconds. Dropping does the same without
    /// waiting for it.
    pub async fn close(self) {
        let Self { output, input, connection } = self;
        drop((output, input));
        connection.close().await;
    }
}

/// What goes to a terminal. Cheap to clone.
#[derive(Clone)]
pub struct Input(Queue);

impl Input {
    /// Sends keystrokes. Waits only while [`crate::INPUT_LIMIT`] bytes wait to be sent.
    ///
    /// A short piece with an interrupt key in it (Ctrl+C, Ctrl+Z, Ctrl+\\) first drops a large backlog of output:
    /// nobody wants to read it any more, and while the backlog is full the key could not be sent.
    pub async fn send(&self, data: impl Into<Bytes>) -> Result<(), InputError> {
        let data = data.into();
        self.open_valve(&data);
        self.0.send(data).await
    }

    /// The same, all of it at once or not at all.
    pub fn try_send(&self, data: impl Into<Bytes>) -> Result<(), InputError> {
        let data = data.into();
        self.open_valve(&data);
        self.0.try_send(data)
    }

    /// Tells the remote side of the terminal's new size; of several not yet told, the last.
    pub fn resize(&self, size: Size) {
        self.0.resize(size);
    }

    /// Drops the output that has not been read yet. Gives the number of bytes dropped. Where any were, a control
    /// character stands in their place that ends a control sequence of which only the first half was read.
    pub fn discard_backlog(&self) -> usize {
        self.0.backlog().discard(1, CANCEL)
    }

    fn open_valve(&self, data: &Bytes) {
        // longer pieces are pastes, in which such a character is not a key
        if data.len() <= 32 && data.iter().any(|b| matches!(b, 0x03 | 0x1a | 0x1c)) {
            let dropped = self.0.backlog().discard(VALVE, CANCEL);
            if dropped > 0 {
                tracing::debug!(dropped, "dropped unread output for an interrupt key");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_utf8_locale_is_passed_on() {
        for (lang, passed) in
            [("en_GB.UTF-8", true), ("C.utf8", true), ("C", false), ("", false), ("a\nb.UTF-8", false)]
        {
            let term = Term::default().with_lang(lang);
            assert_eq!(term.environment.iter().any(|(k, _)| k == "LANG"), passed, "{lang:?}");
        }
    }
}

//! A command without a terminal.

use std::sync::Arc;

use bytes::Bytes;

use crate::backlog::{Backlog, Exit, Source};
use crate::client::Connection;
use crate::error::Error;
use crate::input::{InputError, Queue};

/// A piece of a command's output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Of its standard output.
    Stdout(Bytes),
    /// Of its standard error.
    Stderr(Bytes),
}

/// A command that runs, over a connection of its own. Dropping it ends both.
pub struct Exec {
    backlog: Arc<Backlog>,
    stdin: Stdin,
    connection: Connection,
}

impl Drop for Exec {
    fn drop(&mut self) {
        self.backlog.abandon();
    }
}

impl Exec {
    pub(crate) fn new(connection: Connection, backlog: Arc<Backlog>, queue: Queue) -> Self {
        Self { backlog, stdin: Stdin(queue), connection }
    }

    /// The next piece of output, at most [`crate::CHUNK_LIMIT`] bytes; none when the command has ended and
    /// everything is read. Nothing is lost when the future is dropped. While [`crate::BACKLOG_LIMIT`] bytes wait
    /// to be read, the command stands still.
    pub async fn read(&mut self) -> Option<Output> {
        self.backlog.read().await.map(|(source, data)| match source {
            Source::Stdout => Output::Stdout(data),
            Source::Stderr => Output::Stderr(data),
        })
    }

    /// How the command ended. Waits for the end and drops the output until then: call it when [`Exec::read`]
    /// gives none.
    pub async fn exit(&mut self) -> Exit {
        while self.read().await.is_some() {}
        self.backlog.exit().unwrap_or(Exit::Closed)
    }

    /// A handle for the command's standard input. It does not keep the session open.
    pub fn stdin(&self) -> Stdin {
        self.stdin.clone()
    }

    /// Why the connection ended, where it did so without being asked to; for [`Exit::Closed`].
    pub fn why_closed(&self) -> Option<Error> {
        self.connection.why_closed()
    }
}

/// A command's standard input. Cheap to clone.
#[derive(Clone)]
pub struct Stdin(Queue);

impl Stdin {
    /// Sends bytes. Waits while [`crate::INPUT_LIMIT`] bytes wait to be sent.
    pub async fn send(&self, data: impl Into<Bytes>) -> Result<(), InputError> {
        self.0.send(data.into()).await
    }

    /// Ends the standard input, behind what has been sent.
    pub fn finish(&self) -> Result<(), InputError> {
        self.0.finish()
    }
}

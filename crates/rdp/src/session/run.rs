//! The loop of a session's thread.

use std::{convert::Infallible, time::Duration};

use bytes::Bytes;
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, sleep_until, timeout},
};

use super::{
    Command, Shared,
    active::{Active, Flow},
    beside::Told,
    exchange::Exchange,
    resize::{Resizing, reactivate},
};
use crate::{clipboard::FileError, error::Error, sequence::Parked, wire::Unit};

/// Shortest time between two messages to whoever paints: 60 pictures a second.
const PACE: Duration = Duration::from_millis(16);
/// How long leaving may take.
const LEAVING: Duration = Duration::from_secs(1);

/// What a turn of the loop is about.
enum Turn {
    Sent(std::io::Result<()>),
    Told(Option<Command>),
    Asked(Option<oneshot::Sender<Bytes>>),
    Resize,
    /// A part of a file is late, or files can be offered.
    ClipboardDue,
    /// The session is to end.
    Close,
    Paint,
    Came(std::io::Result<Unit>),
}

/// Whoever is at the other side.
struct Holders {
    told: Told,
    credits: mpsc::Receiver<oneshot::Sender<Bytes>>,
    /// Who waits for the next message.
    reader: Option<oneshot::Sender<Bytes>>,
    credits_end: bool,
    /// When the last message went out.
    painted: Option<Instant>,
}

/// Runs until the session ends, and leaves why.
pub(super) async fn run(
    mut active: Active,
    parked: Parked,
    credits: mpsc::Receiver<oneshot::Sender<Bytes>>,
    commands: mpsc::Receiver<Command>,
    shared: &Shared,
) {
    let mut holders =
        Holders { told: Told::new(commands), credits, reader: None, credits_end: false, painted: None };
    let end = match active.replay(parked) {
        Ok(()) => match turns(&mut active, &mut holders).await {
            Ok(never) => match never {},
            Err(end) => end,
        },
        Err(end) => end,
    };
    if end == Error::Closed {
        active.leave();
        let _ = timeout(LEAVING, active.wire.outgoing.send_all()).await;
    }
    tracing::debug!(%end, "a desktop ended");
    // Before the channels close, which is what sends their holders to look for it.
    let _ = shared.end.set(end);
    drop(holders);
}

/// Runs with nobody who looks or asks for anything, until the session ends.
#[cfg(any(test, feature = "fuzz"))]
pub(super) async fn to_end(mut active: Active) -> Error {
    let (_command, commands) = mpsc::channel(1);
    let (_credit, credits) = mpsc::channel(1);
    let mut holders =
        Holders { told: Told::new(commands), credits, reader: None, credits_end: false, painted: None };
    match turns(&mut active, &mut holders).await {
        Ok(never) => match never {},
        Err(end) => end,
    }
}

async fn turns(active: &mut Active, holders: &mut Holders) -> Result<Infallible, Error> {
    let mut resizing = Resizing::default();
    loop {
        holders.paint(active);
        if holders.told.ended() && holders.credits_end {
            return Err(Error::Closed);
        }
        match turn(active, holders, &resizing).await {
            Turn::Sent(sent) => sent.map_err(|error| active.lost(&error))?,
            Turn::Told(None) => {}
            Turn::Told(Some(command)) if active.wire.outgoing.is_full() => {
                holders.told.put_back(command);
            }
            Turn::Told(Some(command)) => act(active, &mut resizing, command)?,
            Turn::Asked(None) => holders.credits_end = true,
            // Whoever asked before has gone: there is one reader, and it asks one at a time.
            Turn::Asked(reader) => holders.reader = reader,
            Turn::Resize => resizing.due(active)?,
            Turn::ClipboardDue => active.clipboard_due()?,
            Turn::Close => return Err(Error::Closed),
            Turn::Paint => {}
            Turn::Came(unit) => {
                let unit = unit.map_err(|error| active.lost(&error))?;
                match active.process(&unit, &mut holders.told)? {
                    Flow::On => {}
                    Flow::Resized => resizing.done(),
                    Flow::Deactivated => {
                        reactivate(active).await?;
                        resizing.done();
                    }
                }
            }
        }
    }
}

/// Waits for something to do. What a person does comes before what is drawn.
async fn turn(active: &mut Active, holders: &mut Holders, resizing: &Resizing) -> Turn {
    let room = !active.wire.outgoing.is_full();
    if room && let Some(command) = holders.told.late() {
        return Turn::Told(Some(command));
    }
    let paint = holders.paint_at(active);
    let due = active.exchange.as_ref().and_then(Exchange::limit);
    tokio::select! {
        biased;
        sent = active.wire.outgoing.send() => Turn::Sent(sent),
        told = holders.told.next() => Turn::Told(told),
        // Behind what was told before, but not behind what cannot be sent.
        () = active.shared.close.notified() => Turn::Close,
        asked = holders.credits.recv(), if !holders.credits_end => Turn::Asked(asked),
        () = until(resizing.next()) => Turn::Resize,
        () = until(due) => Turn::ClipboardDue,
        () = until(paint) => Turn::Paint,
        came = active.wire.incoming.unit(), if room => Turn::Came(came),
    }
}

async fn until(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}

fn act(active: &mut Active, resizing: &mut Resizing, command: Command) -> Result<(), Error> {
    match command {
        Command::Input(input) => active.input(&input),
        Command::Resize(size) => {
            resizing.wish(size);
            Ok(())
        }
        Command::Show(visibility) => active.show(visibility),
        Command::Redraw => {
            active.screen.put_back();
            Ok(())
        }
        Command::Offer => active.offer(),
        Command::Fetch(kind) => active.fetch(kind),
        Command::SaveFiles(folder) => active.save_files(folder),
        Command::CancelFiles => active.files_failed(FileError::Cancelled),
    }
}

impl Holders {
    /// When the next message may go out, if there is one and somebody waits for it.
    fn paint_at(&self, active: &Active) -> Option<Instant> {
        self.reader.as_ref().filter(|_| active.screen.is_new())?;
        self.painted.map(|painted| painted + PACE)
    }

    /// Gives the next message to whoever waits for it, when it is time.
    fn paint(&mut self, active: &mut Active) {
        if self.paint_at(active).is_some_and(|time| time > Instant::now()) || !active.screen.is_new() {
            return;
        }
        let Some(reader) = self.reader.take().filter(|reader| !reader.is_closed()) else { return };
        if let Some(message) = active.screen.take() {
            self.painted = Some(Instant::now());
            if reader.send(message).is_err() {
                active.screen.put_back();
            }
        }
    }
}

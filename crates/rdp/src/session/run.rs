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
    resize::{Resizing, reactivate},
};
use crate::{error::Error, sequence::Parked, wire::Unit};

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
    Paint,
    Came(std::io::Result<Unit>),
}

/// Whoever is at the other side.
struct Holders {
    commands: mpsc::Receiver<Command>,
    credits: mpsc::Receiver<oneshot::Sender<Bytes>>,
    /// Who waits for the next message.
    reader: Option<oneshot::Sender<Bytes>>,
    commands_end: bool,
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
        Holders { commands, credits, reader: None, commands_end: false, credits_end: false, painted: None };
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

async fn turns(active: &mut Active, holders: &mut Holders) -> Result<Infallible, Error> {
    let mut resizing = Resizing::default();
    loop {
        holders.paint(active);
        if holders.commands_end && holders.credits_end {
            return Err(Error::Closed);
        }
        match turn(active, holders, &resizing).await {
            Turn::Sent(sent) => sent.map_err(|error| active.lost(&error))?,
            Turn::Told(None) => holders.commands_end = true,
            Turn::Told(Some(command)) => act(active, &mut resizing, command)?,
            Turn::Asked(None) => holders.credits_end = true,
            // Whoever asked before has gone: there is one reader, and it asks one at a time.
            Turn::Asked(reader) => holders.reader = reader,
            Turn::Resize => resizing.due(active)?,
            Turn::Paint => {}
            Turn::Came(unit) => {
                let unit = unit.map_err(|error| active.lost(&error))?;
                if active.process(&unit)? == Flow::Deactivated {
                    reactivate(active).await?;
                    resizing.done();
                }
            }
        }
    }
}

/// Waits for something to do. What a person does comes before what is drawn.
async fn turn(active: &mut Active, holders: &mut Holders, resizing: &Resizing) -> Turn {
    let room = !active.wire.outgoing.is_full();
    let paint = holders.paint_at(active);
    tokio::select! {
        biased;
        sent = active.wire.outgoing.send() => Turn::Sent(sent),
        told = holders.commands.recv(), if room && !holders.commands_end => Turn::Told(told),
        asked = holders.credits.recv(), if !holders.credits_end => Turn::Asked(asked),
        () = until(resizing.next()) => Turn::Resize,
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
        Command::OfferText => active.offer_text(),
        Command::FetchText => active.fetch_text(),
        Command::Close => Err(Error::Closed),
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

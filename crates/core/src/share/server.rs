//! The app's side of the shared socket.

use std::{sync::Arc, time::Duration};

use adit_contract::{Failure, FailureCode, TunnelTarget};
use adit_tunnel::proxy;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, BufReader, ReadHalf, WriteHalf},
    sync::{Semaphore, mpsc},
    task::JoinSet,
};

use super::{Answer, Ask, Broken, Patient, What, frame, hear, say, socket};
use crate::{
    config::Config,
    failure,
    tunnels::{Told, Tunnels},
};

/// Conversations at the same time.
const MOST: usize = 512;
/// How long a command may take to say what it wants.
const ASK_LIMIT: Duration = Duration::from_secs(10);
/// The pause after a connection could not be taken.
const PAUSE: Duration = Duration::from_millis(200);
/// Bytes between a stream and its frames.
const BETWEEN: usize = 64 * 1024;

type Reader = BufReader<ReadHalf<socket::Incoming>>;
type Writer = WriteHalf<socket::Incoming>;

/// Serves until it is dropped. Where the socket cannot be had, the command line works alone.
pub(crate) async fn serve(config: Config, tunnels: Arc<Tunnels>) {
    let mut listener = match socket::Listener::bind(&config.folders.run).await {
        Ok(listener) => listener,
        Err(error) => {
            tracing::warn!(%error, "tunnels are not shared with the command line");
            return;
        }
    };
    let places = Arc::new(Semaphore::new(MOST));
    let mut conversations = JoinSet::new();
    loop {
        while conversations.try_join_next().is_some() {}
        let stream = match listener.accept().await {
            Ok(stream) => stream,
            Err(error) => {
                tracing::warn!(%error, "a command could not be heard");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        let Ok(place) = places.clone().try_acquire_owned() else { continue };
        let (tunnels, cloud) = (tunnels.clone(), config.cloud.id.clone());
        conversations.spawn(async move {
            if let Err(error) = Box::pin(converse(stream, &tunnels, &cloud)).await {
                tracing::debug!(%error, "a conversation with a command broke off");
            }
            drop(place);
        });
    }
}

async fn converse(stream: socket::Incoming, tunnels: &Arc<Tunnels>, cloud: &str) -> Result<(), Broken> {
    let (reader, mut writer) = tokio::io::split(stream);
    let mut reader = BufReader::new(reader);
    let Ok(asked) = tokio::time::timeout(ASK_LIMIT, hear::<_, Ask>(&mut reader)).await else { return Ok(()) };
    let Ask { cloud: meant, what } = asked?;
    if meant != cloud {
        let other = Failure::new(
            FailureCode::InvalidInput,
            "Adit's app talks to another cloud",
            "Set ADIT_CLOUD to the same, or close the app.",
        );
        return say(&mut writer, &Answer::Failed(other)).await;
    }
    let answer = match what {
        What::List => Answer::Tunnels(tunnels.infos()),
        What::Peers { id } => tunnels.peers(&id).await.map_or_else(Answer::Failed, Answer::Peers),
        What::Act { id, action } => {
            tunnels.act(&id, action).await.map_or_else(Answer::Failed, |()| Answer::Done)
        }
        What::Open { spec, local } => {
            let opening = tunnels.borrow(*spec, local);
            let borrowed = tokio::select! {
                borrowed = opening => borrowed,
                () = gone(&mut reader) => return Ok(()),
            };
            match borrowed {
                Ok(mut borrowed) => {
                    say(&mut writer, &Answer::Listening(borrowed.local.clone())).await?;
                    loop {
                        let event = tokio::select! {
                            event = borrowed.events.next() => event,
                            () = gone(&mut reader) => return Ok(()),
                        };
                        let Some(event) = event else { break };
                        if let Some(told) = Told::of(&event) {
                            say(&mut writer, &Answer::Told(told)).await?;
                        }
                    }
                    Answer::Done
                }
                Err(failure) => Answer::Failed(failure),
            }
        }
        What::Dial { target, patient } => {
            return Box::pin(dial(reader, writer, tunnels, target, patient)).await;
        }
    };
    say(&mut writer, &answer).await
}

/// Completes when the command has gone: after its ask it says nothing more.
async fn gone(reader: &mut Reader) {
    let mut byte = [0];
    while matches!(reader.read(&mut byte).await, Ok(1..)) {}
}

async fn dial(
    mut reader: Reader,
    mut writer: Writer,
    tunnels: &Arc<Tunnels>,
    target: TunnelTarget,
    patient: Patient,
) -> Result<(), Broken> {
    let (waits, mut waiting) = mpsc::channel(4);
    let dialing = tunnels.dial(&target, patient, move |words| {
        // One that finds no room is out of date by the time it would be read.
        let _ = waits.try_send(words);
    });
    tokio::pin!(dialing);
    let dialed = loop {
        tokio::select! {
            dialed = &mut dialing => break dialed,
            Some(words) = waiting.recv() => say(&mut writer, &Answer::Waiting(words)).await?,
            // The command sends no frames before the stream is announced.
            () = gone(&mut reader) => return Ok(()),
        }
    };
    let connection = match dialed {
        Ok(connection) => connection,
        Err(failure) => return say(&mut writer, &Answer::Failed(failure)).await,
    };
    say(&mut writer, &Answer::Stream).await?;
    let (mut near, far) = tokio::io::duplex(BETWEEN);
    let (mut from, mut to) = tokio::io::split(far);
    let carrying = async {
        let (mut local_reader, mut local_writer) = tokio::io::split(&mut near);
        let ended = proxy(connection, &mut local_reader, &mut local_writer, |_| {}).await;
        // Its end is what the frames end with.
        let _ = local_writer.shutdown().await;
        ended
    };
    let up = async {
        let unwrapped = frame::unwrap(&mut reader, &mut to).await;
        let _ = to.shutdown().await;
        if unwrapped.is_ok() {
            gone(&mut reader).await;
        }
        // The command has gone: so does its stream.
    };
    let down = async { frame::wrap(&mut from, &mut writer).await };
    let both = async {
        // Whoever cannot be written to needs no stream any more.
        tokio::try_join!(async { Ok(carrying.await) }, down)
    };
    let (ended, ()) = tokio::select! {
        both = both => both?,
        () = up => return Ok(()),
    };
    let answer = match ended {
        Ok(_) => Answer::Done,
        Err(error) => Answer::Failed(failure::lost_proxy(&error)),
    };
    say(&mut writer, &answer).await
}

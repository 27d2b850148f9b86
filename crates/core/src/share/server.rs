//! The app's side of the shared socket.

use std::{sync::Arc, time::Duration};

use adit_contract::{TunnelSpec, TunnelTarget};
use adit_tunnel::proxy;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, BufReader, ReadHalf, WriteHalf},
    sync::{Semaphore, mpsc},
    task::JoinSet,
};

use super::{Answer, Ask, Broken, LONGEST_ASK, Patient, Wait, What, frame, hear, say, socket};
use crate::{
    config::Config,
    failure,
    tunnels::{Dialed, Told, Tunnels},
    words,
};

/// Conversations at the same time.
const MOST: usize = 512;
/// How long a command may take to say what it wants.
const ASK_LIMIT: Duration = Duration::from_secs(10);
/// The pause after a connection could not be taken.
const PAUSE: Duration = Duration::from_millis(200);
/// Waits that may lie unread.
const WAITS: usize = 4;
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
    let Ok(asked) = tokio::time::timeout(ASK_LIMIT, hear::<_, Ask>(&mut reader, LONGEST_ASK)).await else {
        return Ok(());
    };
    let Ask { cloud: meant, what } = asked?;
    if meant != cloud {
        return say(&mut writer, &Answer::Failed(words::share::other_cloud())).await;
    }
    let answer = match what {
        What::List => Answer::Tunnels(tunnels.infos()),
        What::Peers { id } => tunnels.peers(&id).await.map_or_else(Answer::Failed, Answer::Peers),
        What::Act { id, action } => {
            tunnels.act(&id, action).await.map_or_else(Answer::Failed, |()| Answer::Done)
        }
        What::Open { spec, local } => {
            return Box::pin(open(reader, writer, tunnels, *spec, local)).await;
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

/// Completes with what `work` comes to, and tells meanwhile what it waits for; `None` when the command has gone.
async fn waited<T>(
    reader: &mut Reader,
    writer: &mut Writer,
    mut waiting: mpsc::Receiver<Wait>,
    work: impl Future<Output = T>,
) -> Result<Option<T>, Broken> {
    tokio::pin!(work);
    loop {
        tokio::select! {
            done = &mut work => return Ok(Some(done)),
            Some(wait) = waiting.recv() => say(writer, &Answer::Waiting(wait)).await?,
            // The command says nothing before it has its answer.
            () = gone(reader) => return Ok(None),
        }
    }
}

async fn open(
    mut reader: Reader,
    mut writer: Writer,
    tunnels: &Arc<Tunnels>,
    spec: TunnelSpec,
    local: Option<std::net::SocketAddr>,
) -> Result<(), Broken> {
    let (waits, waiting) = mpsc::channel(WAITS);
    let opening = tunnels.borrow(spec, local, waits);
    let Some(borrowed) = waited(&mut reader, &mut writer, waiting, opening).await? else { return Ok(()) };
    let mut borrowed = match borrowed {
        Ok(borrowed) => borrowed,
        Err(failure) => return say(&mut writer, &Answer::Failed(failure)).await,
    };
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
    say(&mut writer, &borrowed.failure().map_or(Answer::Done, Answer::Failed)).await
}

async fn dial(
    mut reader: Reader,
    mut writer: Writer,
    tunnels: &Arc<Tunnels>,
    target: TunnelTarget,
    patient: Patient,
) -> Result<(), Broken> {
    let (waits, waiting) = mpsc::channel(WAITS);
    let dialing = tunnels.dial(&target, patient, waits);
    let Some(dialed) = waited(&mut reader, &mut writer, waiting, dialing).await? else { return Ok(()) };
    let Dialed { connection, account } = match dialed {
        Ok(dialed) => dialed,
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
    // A sign-out ends a stream without a word of its own.
    let ended = tunnels.end_of(&account).and(ended.map_err(|error| failure::lost_proxy(&error)));
    say(&mut writer, &ended.map_or_else(Answer::Failed, |_| Answer::Done)).await
}

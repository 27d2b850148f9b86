//! A server for tests, from the moment at which a desktop is shown: its channels are the library's own server side,
//! and what else it sends is whatever a test wants.

use std::{collections::BTreeMap, time::Duration};

use ironrdp_connector::ConnectionResult;
use ironrdp_pdu::{mcs::McsMessage, x224::X224};
use ironrdp_svc::{StaticVirtualChannel, SvcMessage, SvcProcessor, server_encode_svc_messages};
use tokio::io::DuplexStream;

use super::{
    Session,
    fuzz::{USER_CHANNEL, name_of, settled},
};
use crate::{
    clipboard::Notes,
    connect::Private,
    error::Error,
    options::Options,
    sequence::Parked,
    wire::{Unit, Wire},
};

/// Bytes on their way in each direction.
const ROOM: usize = 256 * 1024;
/// The most that a test waits for anything.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// The other side of a session.
pub(crate) struct Peer {
    pub(crate) wire: Wire<DuplexStream>,
    ids: BTreeMap<String, u16>,
    channels: BTreeMap<u16, StaticVirtualChannel>,
}

/// A session and its server.
pub(crate) fn opened(options: Options) -> (Session, Peer) {
    opened_with(options, |_| {})
}

/// The same with something else settled.
pub(crate) fn opened_with(options: Options, settle: impl FnOnce(&mut ConnectionResult)) -> (Session, Peer) {
    let notes = Notes::default();
    let (mut result, ids) = settled(&options, &notes);
    settle(&mut result);
    let (near, far) = tokio::io::duplex(ROOM);
    let wire = Wire::new(Box::new(near) as Private);
    let session = Session::start(wire, result, Parked::default(), options, notes).expect("it starts");
    (session, Peer { wire: Wire::new(far), ids, channels: BTreeMap::new() })
}

impl Peer {
    /// The number of a channel.
    pub(crate) fn id(&self, name: &str) -> u16 {
        *self.ids.get(name).expect("the client has joined it")
    }

    /// Puts the server's side of a channel there, and lets it begin.
    pub(crate) async fn serve<T: SvcProcessor + 'static>(&mut self, processor: T) -> u16 {
        let mut channel = StaticVirtualChannel::new(processor);
        let id = self.id(&name_of(&channel.channel_name()));
        let first = channel.start().expect("it starts");
        self.channels.insert(id, channel);
        self.send(id, first).await;
        id
    }

    /// The server's side of a channel.
    pub(crate) fn on<T: SvcProcessor + 'static>(&mut self, channel: u16) -> &mut T {
        let channel = self.channels.get_mut(&channel).expect("it is served");
        channel.channel_processor_downcast_mut().expect("it is of this kind")
    }

    pub(crate) async fn send(&mut self, channel: u16, messages: Vec<SvcMessage>) {
        let bytes = server_encode_svc_messages(messages, channel, USER_CHANNEL).expect("it is encoded");
        self.send_bytes(&bytes).await;
    }

    pub(crate) async fn send_bytes(&mut self, bytes: &[u8]) {
        self.wire.outgoing.put(bytes);
        // A session that has ended reads no more; what it ended with is what a test looks at.
        let _ = self.wire.outgoing.send_all().await;
    }

    /// Takes the next unit of the client's; what belongs to a served channel is answered.
    pub(crate) async fn step(&mut self) -> std::io::Result<Unit> {
        let unit = self.wire.incoming.unit().await?;
        if let Ok(X224(McsMessage::SendDataRequest(request))) = ironrdp_core::decode(&unit.bytes)
            && let Some(channel) = self.channels.get_mut(&request.channel_id)
        {
            let id = request.channel_id;
            let answers = channel.process(&request.user_data).expect("the client's messages can be read");
            self.send(id, answers).await;
        }
        Ok(unit)
    }

    /// Serves until the client goes.
    pub(crate) async fn run(mut self) {
        while self.step().await.is_ok() {}
    }
}

/// What a session ends with.
pub(crate) async fn end(session: &mut Session) -> Error {
    let ending = async {
        loop {
            if let Err(end) = session.pictures.next().await {
                return end;
            }
        }
    };
    tokio::time::timeout(PATIENCE, ending).await.expect("it ends")
}

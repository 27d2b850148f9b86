//! Tunnels of a pool that nobody else uses.

use std::net::SocketAddr;
use std::sync::Arc;

use adit_tunnel::audience::Audience;
use adit_tunnel::guard::Guard;
use adit_tunnel::listen::{BindError, Event, Events, Options, Place, What};
use adit_tunnel::peer::SystemPeers;
use adit_tunnel::pool::{Lease, Pool, Spec};
use adit_tunnel::{Dialer, Patience};
use tokio::net::TcpStream;

use super::target;

/// Places enough for every test.
pub(crate) const CAPACITY: usize = 1_024;

pub(crate) fn pool() -> Pool {
    Pool::new(CAPACITY, Arc::new(SystemPeers))
}

pub(crate) fn anywhere() -> SocketAddr {
    "127.0.0.1:0".parse().unwrap()
}

/// A tunnel for this user at any free port.
pub(crate) fn spec() -> Spec {
    Spec {
        target: target(7),
        place: Place::Address(anywhere()),
        audience: Audience::User,
        guard: Guard::Any,
        limits: Options::default(),
        patience: Patience::default(),
    }
}

/// The only tunnel of its pool, and all that it tells.
pub(crate) struct Alone {
    pub(crate) lease: Lease,
    events: Events,
}

impl Alone {
    pub(crate) async fn open(dialer: &Dialer, spec: Spec) -> Result<Self, BindError> {
        let lease = pool().open("", dialer, spec).await?;
        let events = lease.tunnel().events();
        Ok(Self { lease, events })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.lease.tunnel().local().address().unwrap()
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address()).await.unwrap()
    }

    pub(crate) async fn next(&mut self) -> Option<Event> {
        self.events.next().await
    }

    /// What the next event says.
    pub(crate) async fn told(&mut self) -> What {
        self.next().await.unwrap().what
    }
}

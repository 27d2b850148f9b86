//! What answers at the far end of a tunnel. The built-in hosts live in this process and have no port of their
//! own: the relay is the only way in. Remote desktops are processes of their own, and take connections of ours alone.

mod desktop;
mod echo;
mod ssh;

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::state::{Backend, State};

pub(crate) use desktop::DesktopServer;

/// The bytes of one connection to a host.
pub(crate) type Stream = Box<dyn Connection>;

/// What a [`Stream`] can do.
pub(crate) trait Connection: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Connection for T {}

/// All hosts of one cloud; a clone is another handle on the same.
#[derive(Clone)]
pub(crate) struct Hosts {
    ssh: ssh::Hosts,
    desktops: desktop::Desktops,
}

impl Hosts {
    /// The hosts of `state`. What they start is tracked by `tasks` and ends when `stop` fires.
    pub(crate) fn new(
        server: DesktopServer,
        state: State,
        tasks: TaskTracker,
        stop: CancellationToken,
    ) -> Self {
        let desktops = desktop::Desktops::new(server, state.clone(), tasks.clone(), stop.clone());
        Self { ssh: ssh::Hosts::new(state, tasks, stop), desktops }
    }

    /// Connects to a host.
    ///
    /// # Errors
    /// Nothing listens there, or the address is not on loopback. The caller limits the time.
    pub(crate) async fn dial(&self, backend: Backend) -> io::Result<Stream> {
        match backend {
            Backend::Echo => Ok(Box::new(echo::Echo::default())),
            Backend::Ssh(guest) => self.ssh.connect(guest).map(|stream| Box::new(stream) as Stream),
            Backend::Desktop(guest) => Ok(Box::new(self.desktops.connect(guest).await?)),
            Backend::Address(address) => Ok(Box::new(connect(address).await?)),
        }
    }
}

async fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    if !address.ip().to_canonical().is_loopback() {
        return Err(io::ErrorKind::AddrNotAvailable.into());
    }
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

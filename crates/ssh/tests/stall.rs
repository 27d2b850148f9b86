//! A stream that stands still for a while, as a tunnel does whose relay is away.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::sync::Arc;
use std::time::Duration;

use adit_ssh::{Exit, Expect, KeyPair, Options, Size, Term, connect};
use common::{User, soon};
use russh::keys::{Algorithm, PrivateKey};
use russh::server::{self, Auth};
use russh::{ChannelId, Pty};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::sync::watch;

/// Takes any key, and gives back what is typed.
struct Echo;

impl server::Handler for Echo {
    type Error = russh::Error;

    async fn auth_publickey(
        &mut self,
        _: &str,
        _: server::VerifiedPublicKey<'_>,
    ) -> Result<Auth, Self::Error> {
        Ok(Auth::Accept)
    }

    async fn channel_open_session(
        &mut self,
        _: russh::Channel<server::Msg>,
        reply: server::ChannelOpenHandle,
        _: &mut server::Session,
    ) -> Result<(), Self::Error> {
        reply.accept().await;
        Ok(())
    }

    async fn pty_request(
        &mut self,
        channel: ChannelId,
        _: &str,
        _: u32,
        _: u32,
        _: u32,
        _: u32,
        _: &[(Pty, u32)],
        session: &mut server::Session,
    ) -> Result<(), Self::Error> {
        session.channel_success(channel)
    }

    async fn shell_request(
        &mut self,
        channel: ChannelId,
        session: &mut server::Session,
    ) -> Result<(), Self::Error> {
        session.channel_success(channel)
    }

    async fn data(
        &mut self,
        channel: ChannelId,
        data: &[u8],
        session: &mut server::Session,
    ) -> Result<(), Self::Error> {
        session.data(channel, data.to_vec())
    }
}

/// Whether bytes get through.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Free,
    Stalled,
}

/// Carries bytes from one to the other, as long as the way is free.
async fn carry(
    mut from: tokio::io::ReadHalf<DuplexStream>,
    mut to: tokio::io::WriteHalf<DuplexStream>,
    mut way: watch::Receiver<Way>,
) {
    let mut buffer = vec![0; 4096];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        if way.wait_for(|way| *way == Way::Free).await.is_err()
            || to.write_all(&buffer[..count]).await.is_err()
        {
            return;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_shell_outlives_a_stream_that_stands_still() {
    let config = server::Config {
        keys: vec![PrivateKey::random(&mut russh::keys::key::safe_rng(), Algorithm::Ed25519).unwrap()],
        inactivity_timeout: None,
        ..server::Config::default()
    };
    let (near, middle) = tokio::io::duplex(16 * 1024);
    let (other_middle, far) = tokio::io::duplex(16 * 1024);
    let (way, watched) = watch::channel(Way::Free);
    let ((near_from, near_to), (far_from, far_to)) =
        (tokio::io::split(middle), tokio::io::split(other_middle));
    let mut carriers = tokio::task::JoinSet::new();
    carriers.spawn(carry(near_from, far_to, watched.clone()));
    carriers.spawn(carry(far_from, near_to, watched));
    tokio::spawn(async move { server::run_stream(Arc::new(config), far, Echo).await.unwrap().await });

    let user = Arc::new(User { trusts: true, ..User::default() });
    let options = Options::new("ada", KeyPair::generate().unwrap(), Expect::FirstUse, user);
    let client = soon("logging in", connect(near, options)).await.unwrap();
    let size = Size { columns: 80, rows: 24 };
    let mut terminal = soon("the shell", client.terminal(size, Term::default())).await.unwrap();

    for (number, minutes) in [10, 60].into_iter().enumerate() {
        way.send_replace(Way::Stalled);
        terminal.input().send(vec![b'0' + u8::try_from(number).unwrap()]).await.unwrap();
        let early = tokio::time::timeout(Duration::from_secs(minutes * 60), terminal.read()).await;
        assert!(early.is_err(), "after {number} stalls: {early:?}, {:?}", terminal.why_closed());
        way.send_replace(Way::Free);
        let echo = soon("the echo", terminal.read()).await.expect("the shell is still there");
        assert_eq!(&echo[..], number.to_string().as_bytes());
    }

    // A stream that ends is another matter.
    carriers.shutdown().await;
    assert_eq!(soon("the end", terminal.exit()).await, Exit::Closed);
}

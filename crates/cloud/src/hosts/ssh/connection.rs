//! One connection of an SSH client: who it is, and its channels (RFC 4252, RFC 4254).

use std::collections::HashMap;

use russh::keys::PublicKey;
use russh::server::{Auth, ChannelOpenHandle, Handler, Msg, PublicKeyOffer, Session, VerifiedPublicKey};
use russh::{Channel, ChannelId, ChannelOpenFailure, ChannelWriteHalf, Pty, Sig};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::environment::{Account, Environment};
use super::program::{Program, Running, Size, Terminal};
use super::{Homes, is_user_name};
use crate::state::Guest;

/// Channels that one connection may have open.
const MAX_CHANNELS: usize = 10;

/// Environment variables that one channel may set.
const MAX_VARIABLES: usize = 64;

/// Longest name or value of such a variable, in bytes.
const MAX_VARIABLE: usize = 1024;

/// Longest command, in bytes.
const MAX_COMMAND: usize = 256 * 1024;

/// Longest terminal name, in bytes.
const MAX_TERM: usize = 64;

/// What a client has set up on a channel.
struct Line {
    /// Until a program takes it.
    write: Option<ChannelWriteHalf<Msg>>,
    terminal: Option<Terminal>,
    environment: Environment,
    running: Option<Running>,
}

/// One connection. When it is dropped, everything that it started ends.
pub(super) struct Connection {
    guest: Guest,
    homes: Homes,
    tasks: TaskTracker,
    logged_in: CancellationToken,
    user: Option<String>,
    channels: HashMap<ChannelId, Line>,
}

impl Connection {
    pub(super) fn new(guest: Guest, homes: Homes, tasks: TaskTracker, logged_in: CancellationToken) -> Self {
        Self { guest, homes, tasks, logged_in, user: None, channels: HashMap::new() }
    }

    fn accepts(&self, user: &str, key: &PublicKey) -> bool {
        is_user_name(user)
            && self.guest.authorised_keys(user).iter().any(|known| known.key_data() == key.key_data())
    }

    fn start(
        &mut self,
        id: ChannelId,
        command: Option<&[u8]>,
        session: &mut Session,
    ) -> Result<(), russh::Error> {
        let greeting = greeting(&self.guest);
        let running = self.channels.get_mut(&id).and_then(|line| {
            let user = self.user.as_deref()?;
            let home = self.homes.directory(self.guest.id, user).ok()?;
            let account = Account { user, host: &self.guest.name, home: &home };
            let program = Program::new(&account, &line.environment, line.terminal.as_ref(), command)?;
            let greeting = (command.is_none() && line.terminal.is_some()).then_some(greeting);
            program.start(line.write.take()?, session.handle(), &self.tasks, greeting)
        });
        match running {
            Some(running) => {
                session.channel_success(id)?;
                if let Some(line) = self.channels.get_mut(&id) {
                    line.running = Some(running);
                }
                Ok(())
            }
            None => session.channel_failure(id),
        }
    }
}

/// What a host says before the first prompt.
fn greeting(guest: &Guest) -> String {
    let Guest { name, project, zone, .. } = guest;
    format!(
        "Linux {name} {arch}\r\n\r\nA host of the local cloud: {project}, {zone}.\r\n\
         The shell is a real one of this computer, with a home of its own.\r\n\r\n",
        arch = std::env::consts::ARCH
    )
}

impl Handler for Connection {
    type Error = russh::Error;

    async fn auth_publickey_offered(
        &mut self,
        user: &str,
        offer: PublicKeyOffer<'_>,
    ) -> Result<Auth, Self::Error> {
        Ok(if self.accepts(user, offer.public_key) { Auth::Accept } else { Auth::reject() })
    }

    async fn auth_publickey(&mut self, user: &str, key: VerifiedPublicKey<'_>) -> Result<Auth, Self::Error> {
        // asked again: the key may have been withdrawn since it was offered
        if !self.accepts(user, key.public_key) {
            return Ok(Auth::reject());
        }
        self.user = Some(user.to_owned());
        self.logged_in.cancel();
        Ok(Auth::Accept)
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        if self.channels.len() >= MAX_CHANNELS {
            reply.reject(ChannelOpenFailure::ResourceShortage).await;
            return Ok(());
        }
        let id = channel.id();
        // input arrives through `data`; with its own half gone, nothing queues up a second time
        let (_, write) = channel.split();
        let line =
            Line { write: Some(write), terminal: None, environment: Environment::default(), running: None };
        self.channels.insert(id, line);
        reply.accept().await;
        Ok(())
    }

    async fn channel_close(&mut self, channel: ChannelId, _: &mut Session) -> Result<(), Self::Error> {
        self.channels.remove(&channel);
        Ok(())
    }

    async fn channel_eof(&mut self, channel: ChannelId, _: &mut Session) -> Result<(), Self::Error> {
        if let Some(running) = self.channels.get_mut(&channel).and_then(|line| line.running.as_mut()) {
            running.finish_input();
        }
        Ok(())
    }

    async fn data(
        &mut self,
        channel: ChannelId,
        data: &[u8],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        let Some(running) = self.channels.get(&channel).and_then(|line| line.running.as_ref()) else {
            return Ok(());
        };
        if running.input(data).await.is_err() {
            // far more than any program leaves unread; the library opens the window by itself
            self.channels.remove(&channel);
            session.close(channel)?;
        }
        Ok(())
    }

    async fn pty_request(
        &mut self,
        channel: ChannelId,
        term: &str,
        columns: u32,
        rows: u32,
        width: u32,
        height: u32,
        _: &[(Pty, u32)],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        let plain = term.len() <= MAX_TERM && term.chars().all(|c| c.is_ascii_graphic());
        match self.channels.get_mut(&channel).filter(|line| plain && line.running.is_none()) {
            Some(line) => {
                line.terminal =
                    Some(Terminal { term: term.to_owned(), size: Size::new(columns, rows, width, height) });
                session.channel_success(channel)
            }
            None => session.channel_failure(channel),
        }
    }

    async fn window_change_request(
        &mut self,
        channel: ChannelId,
        columns: u32,
        rows: u32,
        width: u32,
        height: u32,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        let size = Size::new(columns, rows, width, height);
        if let Some(line) = self.channels.get_mut(&channel) {
            if let Some(terminal) = &mut line.terminal {
                terminal.size = size;
            }
            if let Some(running) = &line.running {
                running.resize(size);
            }
        }
        Ok(())
    }

    async fn env_request(
        &mut self,
        channel: ChannelId,
        name: &str,
        value: &str,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        let short = name.len() <= MAX_VARIABLE && value.len() <= MAX_VARIABLE;
        let taken = short
            && self.channels.get_mut(&channel).is_some_and(|line| {
                line.environment.len() < MAX_VARIABLES && line.environment.set(name, value)
            });
        if taken { session.channel_success(channel) } else { session.channel_failure(channel) }
    }

    async fn shell_request(&mut self, channel: ChannelId, session: &mut Session) -> Result<(), Self::Error> {
        self.start(channel, None, session)
    }

    async fn exec_request(
        &mut self,
        channel: ChannelId,
        command: &[u8],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        if command.len() > MAX_COMMAND {
            return session.channel_failure(channel);
        }
        self.start(channel, Some(command), session)
    }

    async fn subsystem_request(
        &mut self,
        channel: ChannelId,
        _: &str,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        session.channel_failure(channel)
    }

    async fn signal(&mut self, channel: ChannelId, signal: Sig, _: &mut Session) -> Result<(), Self::Error> {
        if let Some(running) = self.channels.get(&channel).and_then(|line| line.running.as_ref()) {
            running.signal(signal);
        }
        Ok(())
    }
}

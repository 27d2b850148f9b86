//! What a person does while a picture is decoded: it goes out meanwhile, and not when the picture is done.

use std::{io, panic, thread, time::Duration};

use ironrdp_session::SessionResult;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    runtime::Handle,
    sync::{Notify, mpsc},
    time::sleep,
};

use super::Command;
use crate::{input::Keyboard, wire::Outgoing};

/// How often it is looked whether anybody is left, while what was told cannot be sent.
const LOOK: Duration = Duration::from_millis(250);

/// What is told to a session, in its order.
pub(super) struct Told {
    commands: mpsc::Receiver<Command>,
    /// One that has to wait: for room for what it sends, or until a picture is done.
    late: Option<Command>,
    ended: bool,
}

impl Told {
    pub(super) fn new(commands: mpsc::Receiver<Command>) -> Self {
        Self { commands, late: None, ended: false }
    }

    /// Nobody is left who could tell anything. What they told last is not waited for when it cannot be sent.
    pub(super) fn ended(&self) -> bool {
        self.ended || (self.late.is_some() && self.commands.is_closed())
    }

    /// Puts one back; the next after it is not heard before it has been taken.
    pub(super) fn put_back(&mut self, command: Command) {
        self.late = Some(command);
    }

    /// The one that was put back.
    pub(super) fn late(&mut self) -> Option<Command> {
        self.late.take()
    }

    /// The next one; `None` when nobody is left. Never returns a command while one is put back, and nothing after the
    /// end. May be cancelled without loss.
    pub(super) async fn next(&mut self) -> Option<Command> {
        if self.ended {
            std::future::pending().await
        }
        if self.late.is_some() {
            // Nothing wakes for this: the channel tells of its end behind what it holds.
            loop {
                sleep(LOOK).await;
                if self.commands.is_closed() {
                    return None;
                }
            }
        }
        let command = self.commands.recv().await;
        self.ended = command.is_none();
        command
    }
}

/// Does work on this thread that takes a while, and sends meanwhile what a person does, on another one. What else is
/// told is left for afterwards, and so is what comes behind it.
///
/// # Errors
/// The connection's, after the work was done; and that of an input that cannot be put into words.
pub(super) fn beside<S: AsyncRead + AsyncWrite + Send, T>(
    outgoing: &mut Outgoing<S>,
    keyboard: &mut Keyboard,
    told: &mut Told,
    work: impl FnOnce() -> T,
) -> (T, io::Result<SessionResult<()>>) {
    let (done, here) = (Notify::new(), Handle::current());
    thread::scope(|scope| {
        let sending = thread::Builder::new().name("rdp-input".to_owned());
        let sending = sending.spawn_scoped(scope, || here.block_on(send(outgoing, keyboard, told, &done)));
        // Without a thread, as where the system has no more, what is done meanwhile waits.
        let Ok(sending) = sending else { return (work(), Ok(Ok(()))) };
        let worked = {
            // Also when the work panics: the scope waits for the other thread.
            let _ended = Ended(&done);
            work()
        };
        match sending.join() {
            Ok(sent) => (worked, sent),
            Err(panicked) => panic::resume_unwind(panicked),
        }
    })
}

struct Ended<'a>(&'a Notify);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

async fn send<S: AsyncRead + AsyncWrite>(
    outgoing: &mut Outgoing<S>,
    keyboard: &mut Keyboard,
    told: &mut Told,
    done: &Notify,
) -> io::Result<SessionResult<()>> {
    loop {
        let room = !outgoing.is_full();
        tokio::select! {
            biased;
            () = done.notified() => return Ok(Ok(())),
            sent = outgoing.send() => sent?,
            command = told.next(), if room => match command {
                Some(Command::Input(input)) => match keyboard.encode_fast(&input) {
                    Ok(bytes) => outgoing.put(&bytes),
                    Err(error) => return Ok(Err(error)),
                },
                Some(other) => told.put_back(other),
                None => {}
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use ironrdp_pdu::rdp::capability_sets::InputFlags;
    use tokio::io::AsyncReadExt as _;

    use super::*;
    use crate::{
        input::{Input, Press, Scancode},
        wire::Wire,
    };

    #[tokio::test]
    async fn keys_go_out_while_a_picture_is_decoded_and_what_comes_behind_another_wish_waits() {
        let (near, mut far) = tokio::io::duplex(1024);
        let mut wire = Wire::new(near);
        let mut keyboard = Keyboard::new(InputFlags::SCANCODES | InputFlags::FASTPATH_INPUT_2);
        let (tell, commands) = mpsc::channel(8);
        let mut told = Told::new(commands);
        let key = |code| Command::Input(vec![Input::Key(Scancode::Plain(code), Press::Down)]);
        tell.send(key(0x1E)).await.unwrap();
        tell.send(Command::Redraw).await.unwrap();
        tell.send(key(0x1F)).await.unwrap();
        let (arrived, arrives) = channel();
        // On a runtime of its own, since this one's thread is busy with the work.
        let server = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(async {
                let mut unit = [0; 4];
                far.read_exact(&mut unit).await.unwrap();
                arrived.send(unit).unwrap();
                let mut rest = Vec::new();
                far.read_to_end(&mut rest).await.unwrap();
                rest
            })
        });
        let work = || arrives.recv_timeout(Duration::from_secs(30)).ok();
        let (unit, sent) = beside(&mut wire.outgoing, &mut keyboard, &mut told, work);
        sent.unwrap().unwrap();
        // One event: a key down, whose code is the last byte ([MS-RDPBCGR] 2.2.8.1.2.2.1).
        assert_eq!(unit.map(|[head, .., code]| (head >> 2, code)), Some((1, 0x1E)));
        // Heard by now or not: it is the next.
        let next = match told.late() {
            Some(command) => Some(command),
            None => told.next().await,
        };
        assert!(matches!(next, Some(Command::Redraw)));
        assert!(matches!(told.next().await, Some(Command::Input(_))));
        drop(wire);
        assert!(server.join().unwrap().is_empty());
    }

    #[tokio::test]
    async fn work_that_panics_ends_the_sending_too() {
        let (near, _far) = tokio::io::duplex(1024);
        let mut wire = Wire::new(near);
        let mut keyboard = Keyboard::new(InputFlags::FASTPATH_INPUT_2);
        let (_tell, commands) = mpsc::channel(1);
        let mut told = Told::new(commands);
        let panicked = panic::catch_unwind(panic::AssertUnwindSafe(|| {
            beside(&mut wire.outgoing, &mut keyboard, &mut told, || panic!("a mistake in a decoder"))
        }));
        assert!(panicked.is_err());
    }
}

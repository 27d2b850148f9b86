//! What may go through a local port, by the bytes that a client sends (`ssh-and-tunnels.md` section 5).
//!
//! A web page in the user's own browser can reach a loopback port, and the browser is the same user: no peer check
//! keeps it out. So a tunnel that is not for HTTP drops what starts like an HTTP request, and one that is can be strict
//! about where requests come from. Only what the client sends is looked at, so a server that speaks first loses
//! nothing.
//!
//! Inside TLS nothing can be seen: it passes every guard.

mod body;
mod head;
mod opening;
mod reader;
mod strict;

use self::opening::{Kind, Opening};
pub use self::reader::{Guarded, HOLD_LIMIT, Refused};
use self::strict::Strict;

/// How a connection's bytes are looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Guard {
    /// Not at all.
    #[default]
    Any,
    /// What starts like an HTTP request is refused: a method, a space, then a path, an `http` address or `*`. For SSH,
    /// RDP, databases. A protocol whose first line looks the same is refused, too.
    NotHttp,
    /// Every HTTP/1 request on the connection has to be for this port: one `Host`, which is `localhost` or a loopback
    /// address with the port, no `Origin` elsewhere and no `Sec-Fetch-Site: cross-site`. What leaves it open where a
    /// request ends is refused, and so are HTTP/2 without TLS and CONNECT. After a request to change the protocol, such
    /// as a WebSocket's, bytes pass, unless the next are again an HTTP request.
    StrictHttp,
}

/// What is to happen with the bytes that wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// This many of them, the oldest first, go on unchanged. The others are held until more have come; 0 holds all.
    Forward(usize),
    /// None of them goes on, and the connection is to be closed. Why, in words.
    Refuse(&'static str),
}

/// Looks at what one connection's client sends, however it is cut into pieces. [`Guarded`] applies it to a reader.
#[derive(Debug)]
pub struct Inspector(State);

#[derive(Debug)]
enum State {
    Done,
    NotHttp(Opening),
    Strict(Strict),
}

impl Inspector {
    /// For a connection to the listener at `local_port`, which the client names in its requests.
    #[must_use]
    pub fn new(guard: Guard, local_port: u16) -> Self {
        Self(match guard {
            Guard::Any => State::Done,
            Guard::NotHttp => State::NotHttp(Opening::default()),
            Guard::StrictHttp => State::Strict(Strict::new(local_port)),
        })
    }

    /// Looks at all bytes that were read and not yet forwarded; the caller keeps them, and calls again with the rest
    /// and what has come behind it. At most 64 KiB are ever held.
    pub fn look(&mut self, waiting: &[u8]) -> Verdict {
        match &mut self.0 {
            State::Done => Verdict::Forward(waiting.len()),
            State::NotHttp(opening) => match opening.peek(waiting) {
                Kind::Undecided => Verdict::Forward(0),
                Kind::Http => Verdict::Refuse("an HTTP request came to a port that is not for HTTP"),
                Kind::Other => {
                    self.0 = State::Done;
                    Verdict::Forward(waiting.len())
                }
            },
            State::Strict(strict) => match strict.look(waiting) {
                Ok(passed) => Verdict::Forward(passed),
                Err(why) => Verdict::Refuse(why),
            },
        }
    }

    /// Gives up holding bytes that have waited for long ([`HOLD_LIMIT`]): how many of them go on. They are the beginning
    /// of a word; what follows is looked at as before. 0 where they must be held for as long as it takes.
    pub fn release(&mut self, waiting: &[u8]) -> usize {
        match &mut self.0 {
            State::Done => waiting.len(),
            State::NotHttp(opening) => {
                opening.advance(waiting);
                waiting.len()
            }
            State::Strict(strict) => strict.release(waiting),
        }
    }

    /// Whether the rest of the connection passes without being looked at.
    #[must_use]
    pub fn is_done(&self) -> bool {
        match &self.0 {
            State::Done => true,
            State::NotHttp(_) => false,
            State::Strict(strict) => strict.is_done(),
        }
    }
}

#[cfg(test)]
#[path = "guard_tests.rs"]
mod tests;

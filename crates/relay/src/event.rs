//! What goes in and out of a session besides bytes: requests, refusals, events, and how it ended.

use std::time::Duration;

use bytes::Bytes;

use crate::{DecodeError, Sid, Time};

/// A WebSocket that is to be opened now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// `GET /v4/connect` with [`Target::connect_query`](crate::Target::connect_query).
    Connect,
    /// `GET /v4/reconnect` with [`Target::reconnect_query`](crate::Target::reconnect_query).
    Reconnect {
        /// The session to resume.
        sid: Sid,
        /// Payload bytes received since the session began.
        ack: u64,
    },
}

/// Which access token the next request must carry (section 6.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenNeed {
    /// Any that is valid for another minute or two.
    Usable,
    /// One obtained anew: the relay refused the last.
    Renewed,
}

/// Why a WebSocket did not come about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The answer to the upgrade was an HTTP status other than 101 (section 8.2).
    Status {
        /// The HTTP status.
        status: u16,
        /// The `Retry-After` header as a delay from now.
        retry_after: Option<Duration>,
    },
    /// Name resolution, TCP or a proxy failed before the relay could answer.
    Unreachable {
        /// What failed, for people.
        reason: String,
    },
    /// There was no access token to ask with, and a later attempt may have one: the token's service did not
    /// answer, say. The relay was not asked.
    NoToken {
        /// What failed, for people.
        reason: String,
    },
    /// TLS failed: most often the certificate is not trusted.
    Tls {
        /// What failed, for people.
        reason: String,
    },
    /// The answer was no proper WebSocket upgrade.
    Upgrade {
        /// What was wrong, for people.
        reason: String,
    },
    /// No answer in time.
    TimedOut,
}

/// What is to be put on the WebSocket. `M` is the message, or `()` where it was put into the caller's buffer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Transmit<M = Bytes> {
    /// One binary message, in one unfragmented WebSocket frame (section 3, rule 2).
    Message(M),
    /// A WebSocket Ping; report the answer with [`Session::handle_pong`](crate::Session::handle_pong).
    Ping,
    /// A WebSocket Close with this code; then end the connection. It ends the session on the relay for good.
    Close {
        /// The close code.
        code: u16,
    },
    /// Drop the connection *without* a Close frame: it is taken for dead, and a Close that did arrive would
    /// end the session that is about to be resumed (section 7, point 7).
    Abandon,
}

/// What the outside should know of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The session exists: the backend is connected.
    Connected,
    /// The connection is lost or did not come about; another attempt is made at `at`. Also reported while the
    /// first connection is being made.
    Reconnecting {
        /// Close code or HTTP status; `None` when there was neither.
        code: Option<u16>,
        /// The relay's text, or our own words for what was lost. Show it, never parse it.
        reason: String,
        /// Which attempt of this outage comes next, from 1.
        attempt: u32,
        /// When it is made.
        at: Time,
    },
    /// The session goes on where it was.
    Resumed,
    /// The relay refused the access token: the next request must carry a new one
    /// ([`Session::token_need`](crate::Session::token_need) says the same).
    NeedToken,
    /// A renewed token was refused too. The session waits, with its buffers, for
    /// [`Session::token_ready`](crate::Session::token_ready).
    SignInNeeded,
    /// A Pong arrived this long after its Ping.
    RoundTrip(Duration),
    /// The session is over, and everything that was received has been taken.
    Closed(End),
}

/// How a session ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// One side had finished.
    Normal {
        /// The close code: the relay's, or 1000 when we ended it.
        code: u16,
        /// Bytes taken by [`Session::send`](crate::Session::send) that were never acknowledged.
        unacknowledged: u64,
    },
    /// It failed.
    Failed {
        /// How.
        failure: Failure,
    },
}

/// Why a session failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Failure {
    /// The kind, to decide by.
    pub kind: FailureKind,
    /// The WebSocket close code, where there was one: the relay's, or the one we closed with.
    pub code: Option<u16>,
    /// The relay's text where there was one, else our own. Show it, never parse it.
    pub reason: String,
}

/// What kind of failure it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// 4033: no permission, or an access level is missing.
    Denied,
    /// 4047, 4051: the relay does not know the instance, zone or interface.
    NotFound,
    /// 4003, or 4009 and 4010 while connecting: nothing answers behind the relay.
    Backend,
    /// The access token was refused, and so was a renewed one; or a person did not sign in in time.
    SignInNeeded,
    /// HTTP 429 for too long.
    Throttled,
    /// The upgrade was answered with this HTTP status (section 8.2).
    Refused {
        /// The HTTP status.
        status: u16,
    },
    /// 4001: the session no longer exists on the relay.
    Expired,
    /// 4074: the relay no longer has bytes that we lack.
    DataLost,
    /// The relay broke the protocol, or says that we did.
    Protocol(Violation),
    /// The relay could not be reached, or not again in time.
    Unreachable,
    /// No access token could be had, or not in time: it is not the relay that stands in the way.
    TokenUnavailable,
    /// TLS failed: the certificate is not trusted, or a middlebox interferes.
    Tls,
    /// The relay accepted the connection, then nothing came.
    TimedOut,
    /// Any other close code.
    Closed,
}

/// How the protocol was broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// An acknowledgement below the one before (hard cases 2 and 4). We close with 4005.
    #[error("the relay acknowledged {acknowledged} bytes after it had acknowledged {before}")]
    AckBackwards {
        /// What it said now.
        acknowledged: u64,
        /// What it had said before.
        before: u64,
    },
    /// An acknowledgement of more than was sent (hard case 1). We close with 4006.
    #[error("the relay acknowledged {acknowledged} bytes of {sent} that were sent")]
    AckBeyondSent {
        /// What it said.
        acknowledged: u64,
        /// What had been sent.
        sent: u64,
    },
    /// A frame that may not come at this point (hard case 11).
    #[error("the relay sent {0} where it may not come")]
    UnexpectedFrame(FrameName),
    /// A message that is not a frame (hard case 12).
    #[error(transparent)]
    Malformed(DecodeError),
    /// A text message.
    #[error("the relay sent a text message")]
    Text,
    /// A byte counter would pass 2^64 (hard case 18).
    #[error("a byte counter overflowed")]
    CounterOverflow,
    /// The relay closed with a code that says we broke the protocol.
    #[error("the relay says that the protocol was broken on this side")]
    Accused,
}

/// The names of the frames, for messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameName {
    /// Tag 0x0001.
    ConnectSuccessSid,
    /// Tag 0x0002.
    ReconnectSuccessAck,
    /// Tag 0x0004.
    Data,
    /// Tag 0x0007.
    Ack,
}

impl std::fmt::Display for FrameName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::ConnectSuccessSid => "CONNECT_SUCCESS_SID",
            Self::ReconnectSuccessAck => "RECONNECT_SUCCESS_ACK",
            Self::Data => "DATA",
            Self::Ack => "ACK",
        })
    }
}

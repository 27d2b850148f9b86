//! The end of the local stream (specification section 6.3). There is no half-close in the protocol: all that
//! can be done is to see everything acknowledged, leave late replies some time, and close.

use crate::{End, Session, Time, Transmit};

use super::link::Link;

/// How far the end of the local stream has come.
#[derive(Debug, Clone, Copy)]
pub(super) enum Finishing {
    /// Acknowledgements are awaited; the deadline stands while a connection does, and moves with progress.
    Draining { deadline: Option<Time>, replies: Replies },
    /// Everything was acknowledged; late replies are awaited.
    Grace { deadline: Time },
}

/// Whether anybody is left to read what still comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Replies {
    Awaited,
    Unwanted,
}

impl Finishing {
    /// The same end, to be waited for anew on the next connection.
    pub(super) fn interrupted(self) -> Self {
        let replies = match self {
            Self::Draining { replies, .. } => replies,
            Self::Grace { .. } => Replies::Awaited,
        };
        Self::Draining { deadline: None, replies }
    }
}

impl Session {
    /// The local side has no more to send. What is queued is sent and acknowledged, late replies are delivered
    /// for [`Config::grace`](crate::Config), then the session ends with Close 1000.
    pub fn finish(&mut self, now: Time) {
        if self.finishing.is_some() || self.has_ended() {
            return;
        }
        self.finishing = Some(Finishing::Draining { deadline: None, replies: Replies::Awaited });
        self.drain_progress(now);
    }

    /// The local side is closed in both directions: what was queued is sent and acknowledged, then the session
    /// ends with Close 1000 and no grace for replies, which nobody would read (keep taking and accepting them
    /// until then). Without a connection it ends at once (hard case 13). May follow [`finish`](Self::finish).
    pub fn close(&mut self, now: Time) {
        match self.link {
            Link::Open { .. } => {
                self.finishing = Some(Finishing::Draining { deadline: None, replies: Replies::Unwanted });
                self.drain_progress(now);
            }
            Link::Dialing { .. } | Link::Opening { .. } | Link::Waiting { .. } | Link::SigningIn { .. } => {
                self.abort()
            }
            Link::Ended => {}
        }
    }

    /// The local side is gone, and what it left is not wanted either: ends the session at once, frees the buffers, and stops any attempt
    /// (hard case 13).
    pub fn abort(&mut self) {
        self.receive.clear();
        self.depart();
    }

    /// Something went out or was acknowledged.
    pub(super) fn drain_progress(&mut self, now: Time) {
        let (Some(Finishing::Draining { replies, .. }), Link::Open { .. }) = (self.finishing, self.link)
        else {
            return;
        };
        if self.send.unacknowledged() > 0 {
            let deadline = Some(now.saturating_add(self.config.drain_timeout));
            self.finishing = Some(Finishing::Draining { deadline, replies });
            return;
        }
        match replies {
            Replies::Awaited => {
                self.finishing = Some(Finishing::Grace { deadline: now.saturating_add(self.config.grace) });
            }
            Replies::Unwanted => self.depart(),
        }
    }

    /// Replies still come, or are still being taken.
    pub(super) fn grace_progress(&mut self, now: Time) {
        if let Some(Finishing::Grace { .. }) = self.finishing {
            self.finishing = Some(Finishing::Grace { deadline: now.saturating_add(self.config.grace) });
        }
    }

    pub(super) fn finish_deadline(&self) -> Option<Time> {
        match self.finishing? {
            Finishing::Draining { deadline, .. } => deadline,
            Finishing::Grace { deadline } => Some(deadline),
        }
    }

    /// The wait for acknowledgements or replies is over, unless what is awaited may be stuck behind bytes that
    /// the local side has yet to take.
    pub(super) fn check_finish(&mut self, now: Time) {
        if self.finish_deadline().is_none_or(|deadline| deadline > now) {
            return;
        }
        let stuck = match self.finishing {
            Some(Finishing::Draining { .. }) => !self.wants_messages(),
            Some(Finishing::Grace { .. }) => self.receive.accepted() < self.receive.received(),
            None => false,
        };
        if stuck {
            self.drain_progress(now);
            self.grace_progress(now);
        } else {
            self.depart();
        }
    }

    /// Ends the session from this side.
    pub(super) fn depart(&mut self) {
        self.part_with(Transmit::Close { code: 1000 });
        self.end(End::Normal { code: 1000, unacknowledged: self.send.unacknowledged() });
    }
}

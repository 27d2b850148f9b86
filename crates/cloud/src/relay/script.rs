//! The faults of one session: when to cut it, and how to treat it meanwhile (section 7 point 8).

use std::time::Duration;

use adit_relay::frame::MAX_PAYLOAD;

use super::close::Close;
use crate::faults::Faults;

/// Unacknowledged bytes towards the client, by default: what Google's relay seems to allow (section 5.1).
const WINDOW: u64 = 1_572_864;

/// Bytes from the client after which an ACK is sent at once, by default.
const ACK_EVERY: u64 = 32 * 1024;

/// How long a remainder waits for its ACK.
pub(super) const ACK_IDLE: Duration = Duration::from_millis(20);

/// Between two pings, where pings are asked for.
pub(super) const PING_EVERY: Duration = Duration::from_millis(50);

/// What to do when a position is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cut {
    /// End the connection without a Close frame; `Clean` with TLS's own end, `Abrupt` without.
    Drop(TlsEnd),
    /// Send this Close.
    Close(Close),
}

/// How the TLS stream ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TlsEnd {
    Clean,
    Abrupt,
}

/// A yes or no of a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Play {
    No,
    Yes,
}

impl From<bool> for Play {
    fn from(on: bool) -> Self {
        if on { Self::Yes } else { Self::No }
    }
}

/// One condition for a [`Cut`]; positions count payload bytes since the session began, replays left out, so that
/// each cut comes after progress and a repeated one always ends.
#[derive(Debug, Clone, Copy)]
struct Trigger {
    at: u64,
    every: u64,
    cut: Cut,
}

/// The faults of one session, fixed when it begins and renewed when they have changed by the time it resumes.
#[derive(Debug, Clone)]
pub(super) struct Script {
    down: Vec<Trigger>,
    up: Vec<Trigger>,
    repeat: Play,
    /// Unacknowledged bytes towards the client.
    pub(super) window: u64,
    /// Bytes from the client after which an ACK is sent at once.
    pub(super) ack_every: u64,
    /// Whether `ack_every` is a fault's, in which case only a pause acknowledges a remainder early.
    pub(super) slow_acks: Play,
    /// Largest payload of a DATA frame.
    pub(super) frame: usize,
    pub(super) ping: Play,
    pub(super) junk: Play,
    pub(super) partial_ack: Play,
}

impl Script {
    /// What `faults` mean for a session that has come to these positions.
    pub(super) fn new(faults: &Faults, sent: u64, received: u64) -> Self {
        let end = if faults.drop_clean { TlsEnd::Clean } else { TlsEnd::Abrupt };
        let trigger = |from: u64, every: u64, cut| {
            let every = every.max(1);
            Trigger { at: from.saturating_add(every), every, cut }
        };
        let dropped = |from, after: Option<u64>| after.map(|every| trigger(from, every, Cut::Drop(end)));
        let closed = faults
            .close_after
            .map(|after| trigger(sent, after.bytes, Cut::Close(Close::of_fault(after.code))));
        let frame = faults.frame.and_then(|frame| usize::try_from(frame).ok()).filter(|frame| *frame > 0);
        Self {
            down: dropped(sent, faults.drop_after).into_iter().chain(closed).collect(),
            up: dropped(received, faults.drop_up_after).into_iter().collect(),
            repeat: faults.repeat.into(),
            window: faults.window.unwrap_or(WINDOW).max(1),
            ack_every: faults.ack_every.unwrap_or(ACK_EVERY).max(1),
            slow_acks: faults.ack_every.is_some().into(),
            frame: frame.unwrap_or(MAX_PAYLOAD).min(adit_relay::frame::MAX_MESSAGE - 6),
            ping: faults.ping.into(),
            junk: faults.junk.into(),
            partial_ack: faults.partial_ack.into(),
        }
    }

    /// Bytes that may still go to the client before the next cut.
    pub(super) fn allowance(&self, cursor: u64) -> u64 {
        self.down
            .iter()
            .map(|trigger| trigger.at.saturating_sub(cursor))
            .filter(|left| *left > 0)
            .min()
            .unwrap_or(u64::MAX)
    }

    /// The cut that is due at these positions, if any; each is due once, or at every multiple where it repeats.
    pub(super) fn due(&mut self, sent: u64, received: u64) -> Option<Cut> {
        let repeat = self.repeat;
        take(&mut self.down, sent, repeat).or_else(|| take(&mut self.up, received, repeat))
    }
}

fn take(triggers: &mut Vec<Trigger>, position: u64, repeat: Play) -> Option<Cut> {
    let index = triggers.iter().position(|trigger| trigger.at <= position)?;
    let trigger = triggers.get_mut(index)?;
    let cut = trigger.cut;
    match repeat {
        Play::Yes => trigger.at = position.saturating_add(trigger.every),
        Play::No => {
            triggers.swap_remove(index);
        }
    }
    Some(cut)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_is_due_once_or_at_every_multiple() {
        let mut once = Script::new(&faults(&[("drop-after", "10")]), 0, 0);
        assert_eq!(once.allowance(4), 6);
        assert_eq!(once.due(9, 100), None);
        assert_eq!(once.due(10, 0), Some(Cut::Drop(TlsEnd::Abrupt)));
        assert_eq!(once.due(1000, 0), None);
        assert_eq!(once.allowance(1000), u64::MAX);

        let mut again = Script::new(
            &faults(&[("drop-up-after", "10"), ("drop-clean", "true"), ("repeat", "true")]),
            0,
            0,
        );
        assert_eq!(again.due(0, 12), Some(Cut::Drop(TlsEnd::Clean)));
        assert_eq!(again.due(0, 21), None);
        assert_eq!(again.due(0, 22), Some(Cut::Drop(TlsEnd::Clean)));
    }

    fn faults(set: &[(&str, &str)]) -> Faults {
        let mut faults = Faults::default();
        for (name, value) in set {
            faults.set(name, value).unwrap();
        }
        faults
    }
}

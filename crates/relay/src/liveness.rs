//! Whether the connection is still there: Pings and their deadlines (specification section 6.4, hard case 17).

use std::time::Duration;

use crate::{Config, Time};

/// Unanswered Pings that mean loss.
const MISSED: u8 = 2;

/// The Pings of one connection.
#[derive(Debug)]
pub(crate) struct Liveness {
    /// When the next Ping is due.
    due: Time,
    /// A Ping is to go out.
    wanted: bool,
    /// When the Ping whose Pong is awaited went out.
    asked: Option<Time>,
    unanswered: u8,
    /// When anything was last heard.
    heard: Time,
    /// When a probe was begun that no Pong has ended.
    probe: Option<Time>,
}

/// Whether messages are being read. While they are not, silence means nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    On,
    Paused,
}

/// What a deadline found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Finding {
    Alive,
    Dead,
}

impl Liveness {
    pub(crate) fn new(config: &Config, now: Time) -> Self {
        Self {
            due: now.saturating_add(config.first_ping),
            wanted: false,
            asked: None,
            unanswered: 0,
            heard: now,
            probe: None,
        }
    }

    pub(crate) fn deadline(&self, config: &Config) -> Time {
        self.probe_end(config).map_or(self.due, |end| end.min(self.due))
    }

    fn probe_end(&self, config: &Config) -> Option<Time> {
        self.probe.map(|begun| begun.max(self.heard).saturating_add(config.probe_timeout))
    }

    /// Something arrived.
    pub(crate) fn heard(&mut self, now: Time) {
        self.heard = now;
        self.unanswered = 0;
    }

    /// A Pong arrived: the time since its Ping, if one was awaited.
    pub(crate) fn pong(&mut self, now: Time) -> Option<Duration> {
        self.heard(now);
        let asked = self.asked.take()?;
        self.probe = None;
        Some(now.saturating_sub(asked))
    }

    /// Asks at once, and takes a short silence for loss.
    pub(crate) fn probe(&mut self, config: &Config, now: Time) {
        self.probe.get_or_insert(now);
        self.asked = None;
        self.wanted = true;
        self.due = now.saturating_add(config.ping_interval);
    }

    /// Whether a Ping is to go out now.
    pub(crate) fn take_ping(&mut self, now: Time) -> bool {
        if !std::mem::take(&mut self.wanted) {
            return false;
        }
        self.asked = Some(now);
        true
    }

    pub(crate) fn check(&mut self, reading: Reading, config: &Config, now: Time) -> Finding {
        if let Some(end) = self.probe_end(config)
            && end <= now
        {
            match reading {
                Reading::On => return Finding::Dead,
                Reading::Paused => self.heard = now,
            }
        }
        if self.due > now {
            return Finding::Alive;
        }
        if now.saturating_sub(self.due) > config.probe_timeout {
            // The clock jumped, or this machine slept: what is known is stale, so ask rather than judge.
            self.unanswered = 0;
            self.probe(config, now);
            return Finding::Alive;
        }
        match reading {
            Reading::On if self.unanswered >= MISSED => return Finding::Dead,
            Reading::On => self.unanswered += 1,
            Reading::Paused => self.unanswered = 0,
        }
        self.wanted = true;
        self.due = now.saturating_add(config.ping_interval);
        Finding::Alive
    }
}

//! Limits and times of a session, with the specification's recommendations as defaults.

use std::time::Duration;

/// Limits and times of one [`Session`](crate::Session). `Config::default()` is what the specification
/// recommends.
#[derive(Debug, Clone)]
pub struct Config {
    /// Most bytes that are kept unacknowledged, queued ones included (section 5.2). Default 4 MiB.
    pub send_window: usize,
    /// Received bytes that may wait to be taken by [`receive`](crate::Session::receive) before
    /// [`wants_messages`](crate::Session::wants_messages) turns false. Default 4 MiB: more than the relay's
    /// own window of about 1.5 MiB, so that a stalled local reader stops the relay's data but not its
    /// acknowledgements (hard case 20).
    pub receive_window: usize,
    /// An ACK is due once more than this many accepted bytes are unacknowledged (section 5.1). Default 32 KiB.
    pub ack_after: u64,
    /// A smaller remainder is acknowledged after this long (section 5.1: at most 1 s). Default 500 ms.
    pub ack_delay: Duration,
    /// Longest wait for the upgrade, from the request on. Default 60 s.
    pub upgrade_timeout: Duration,
    /// Longest wait for the first known frame after the upgrade (section 6.1). Default 60 s.
    pub handshake_timeout: Duration,
    /// Delay before the second attempt of an outage; it doubles from there. The first is made at once
    /// (section 6.2). Default 500 ms.
    pub first_delay: Duration,
    /// Longest delay between attempts, a `Retry-After` excepted. Default 15 s.
    pub longest_delay: Duration,
    /// How long an outage may last before the session fails (section 6.2). Default 15 min.
    pub outage_budget: Duration,
    /// How long connecting may be retried while no session exists yet. Default 2 min.
    pub connect_budget: Duration,
    /// A connection that lasted this long was healthy: the next loss starts a new outage. Default 30 s.
    pub healthy_after: Duration,
    /// A connection that moved this many bytes was healthy too, however short it was: a relay that cuts every
    /// few megabytes of a fast transfer does not thereby deserve longer and longer pauses. Default 256 KiB.
    pub healthy_bytes: u64,
    /// How long "SID in use" (4002) is retried (section 8.1). Default 60 s.
    pub in_use_budget: Duration,
    /// How long the session waits for a person to sign in before it gives up. Default 15 min.
    pub sign_in_timeout: Duration,
    /// How long after it opens a connection's first Ping goes out, earlier than the interval where the round trip is to be known soon. Default 25 s.
    pub first_ping: Duration,
    /// Time between WebSocket Pings (section 6.4). Two unanswered ones mean loss. Default 25 s.
    pub ping_interval: Duration,
    /// After a network change or a wake-up: silence of this long after the Ping that is then sent means loss.
    /// Default 5 s.
    pub probe_timeout: Duration,
    /// After local end of file: longest time without progress while waiting for acknowledgements
    /// (section 6.3). Default 10 s.
    pub drain_timeout: Duration,
    /// After local end of file, once all is acknowledged: how long late replies are waited for, counted anew
    /// from each byte received (section 6.3). Default 10 s.
    pub grace: Duration,
    /// How long fatal refusals of a target that may still be starting are retried before a session exists.
    pub patience: Patience,
    /// Full jitter of the delays: the fraction, 0 to 1, of the computed delay that is waited. Replaced by
    /// [`set_jitter`](crate::Session::set_jitter). Default 1, no jitter.
    pub jitter: f64,
}

/// How long a refusal that is fatal by itself is retried while connecting (section 8.1), counted from the
/// first one. All zero by default: report at once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Patience {
    /// 4003: nothing listens yet ("wait for VM").
    pub backend: Duration,
    /// 4033: an IAM change still propagates.
    pub denied: Duration,
    /// 4047: the VM was only just created.
    pub lookup: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            send_window: 4 * 1024 * 1024,
            receive_window: 4 * 1024 * 1024,
            ack_after: 32 * 1024,
            ack_delay: Duration::from_millis(500),
            upgrade_timeout: Duration::from_secs(60),
            handshake_timeout: Duration::from_secs(60),
            first_delay: Duration::from_millis(500),
            longest_delay: Duration::from_secs(15),
            outage_budget: Duration::from_secs(15 * 60),
            connect_budget: Duration::from_secs(120),
            healthy_after: Duration::from_secs(30),
            healthy_bytes: 256 * 1024,
            in_use_budget: Duration::from_secs(60),
            sign_in_timeout: Duration::from_secs(15 * 60),
            first_ping: Duration::from_secs(25),
            ping_interval: Duration::from_secs(25),
            probe_timeout: Duration::from_secs(5),
            drain_timeout: Duration::from_secs(10),
            grace: Duration::from_secs(10),
            patience: Patience::default(),
            jitter: 1.0,
        }
    }
}

//! What the system tells: its clocks of a sleep, its network interfaces of another network.

use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use netwatcher::async_adapter::Tokio;
use netwatcher::{AsyncWatch, Update};
use tokio::time::{Instant, sleep, timeout};

use super::NetworkChanges;

/// How often the clocks are looked at.
const TICK: Duration = Duration::from_secs(2);
/// Time that is missing from a tick, or too much in it, beyond which the machine slept.
const GAP: Duration = Duration::from_secs(5);
/// A change is reported once it has been quiet for this long,
const QUIET: Duration = Duration::from_secs(1);
/// or for this long after the first of a row of changes.
const RESTLESS: Duration = Duration::from_secs(5);

/// The system's reports.
pub(super) struct SystemChanges {
    interfaces: Option<AsyncWatch>,
    clocks: Clocks,
}

impl SystemChanges {
    /// To be called in a tokio runtime. A system whose interfaces cannot be watched still has its clocks.
    pub(super) fn new() -> Self {
        let interfaces = netwatcher::watch_interfaces_async::<Tokio>()
            .inspect_err(|error| tracing::debug!(%error, "network interfaces cannot be watched"))
            .ok();
        Self { interfaces, clocks: Clocks::now() }
    }
}

#[async_trait]
impl NetworkChanges for SystemChanges {
    async fn changed(&mut self) {
        let Self { interfaces, clocks } = self;
        tokio::select! {
            () = other_network(interfaces) => {}
            () = woken(clocks) => {}
        }
    }
}

/// Returns when the machine has slept.
async fn woken(clocks: &mut Clocks) {
    loop {
        sleep(TICK).await;
        let (before, now) = (*clocks, Clocks::now());
        *clocks = now;
        if now.slept_since(before) {
            tracing::debug!("the machine woke up");
            return;
        }
    }
}

/// Returns when addresses came or went, and it has been quiet since.
async fn other_network(interfaces: &mut Option<AsyncWatch>) {
    let Some(interfaces) = interfaces else { return std::future::pending().await };
    while !matters(&interfaces.changed().await) {}
    let settling = async { while timeout(QUIET, interfaces.changed()).await.is_ok() {} };
    // Whatever is still going on then is reported as a change of its own.
    let _ = timeout(RESTLESS, settling).await;
}

/// Whether an address came or went through which a relay can be reached. Containers and virtual machines make
/// interfaces of which that is not so, and make many.
fn matters(update: &Update) -> bool {
    !update.is_initial
        && update.addrs_added().chain(update.addrs_removed()).any(|(_, address)| leads_anywhere(address.ip))
}

fn leads_anywhere(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !address.is_loopback() && !address.is_link_local(),
        IpAddr::V6(address) => !address.is_loopback() && !address.is_unicast_link_local(),
    }
}

/// Both clocks at one moment. In sleep the wall clock goes on everywhere; the other one stands still on Linux and
/// macOS and goes on under Windows.
#[derive(Debug, Clone, Copy)]
struct Clocks {
    steady: Instant,
    wall: SystemTime,
}

impl Clocks {
    fn now() -> Self {
        Self { steady: Instant::now(), wall: SystemTime::now() }
    }

    /// Whether the machine slept between two ticks: either clock went on for much longer than a tick. A wall
    /// clock that is set forward looks the same, which costs one ping.
    fn slept_since(self, before: Self) -> bool {
        let steady = self.steady.saturating_duration_since(before.steady);
        // Set back, it tells nothing.
        let wall = self.wall.duration_since(before.wall).unwrap_or_default();
        steady.max(wall) > TICK + GAP
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use netwatcher::{Interface, IpRecord, UpdateDiff};

    use super::*;

    #[test]
    fn a_sleep_shows_on_either_clock() {
        let before = Clocks::now();
        let after = |steady: u64, wall: u64| Clocks {
            steady: before.steady + Duration::from_secs(steady),
            wall: before.wall + Duration::from_secs(wall),
        };
        assert!(!after(2, 2).slept_since(before));
        assert!(!after(6, 6).slept_since(before), "a busy machine");
        assert!(after(2, 3600).slept_since(before), "the steady clock stood still");
        assert!(after(3600, 3600).slept_since(before), "both went on");
        let set_back = Clocks { steady: before.steady + TICK, wall: before.wall - Duration::from_secs(3600) };
        assert!(!set_back.slept_since(before));
    }

    #[tokio::test]
    async fn waking_up_is_reported() {
        let mut asleep =
            Clocks { steady: Instant::now(), wall: SystemTime::now() - Duration::from_secs(3600) };
        tokio::time::pause();
        woken(&mut asleep).await;
        assert!(asleep.wall.elapsed().unwrap() < Duration::from_secs(3600));
    }

    #[test]
    fn only_addresses_that_lead_anywhere_matter() {
        let update = |is_initial, address: &str| {
            let record = IpRecord { ip: address.parse().unwrap(), prefix_len: 24 };
            let interface =
                Interface { index: 2, name: "x".to_owned(), hw_addr: String::new(), ips: vec![record] };
            let diff = UpdateDiff { added: HashMap::from([(2, interface)]), ..UpdateDiff::default() };
            Update { is_initial, interfaces: HashMap::new(), diff }
        };
        assert!(matters(&update(false, "192.168.1.7")));
        assert!(matters(&update(false, "2001:db8::1")));
        assert!(!matters(&update(true, "192.168.1.7")), "it was so before");
        for address in ["fe80::1", "169.254.1.1", "127.0.0.1", "::1"] {
            assert!(!matters(&update(false, address)), "{address}");
        }
    }

    /// A network of our own can be changed without touching the machine's. Where the system or a missing program
    /// forbids one, there is nothing to test.
    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn another_address_is_reported() {
        use std::process::Command;
        const INSIDE: &str = "ADIT_TEST_OWN_NETWORK";
        const NAME: &str = "network::system::tests::another_address_is_reported";
        if std::env::var_os(INSIDE).is_none() {
            let mut apart = Command::new("unshare");
            apart.args(["-rn", "sh", "-c", "ip link set lo up && exec \"$0\" \"$@\""]);
            let test = apart.arg(std::env::current_exe().unwrap()).args([NAME, "--exact", "--nocapture"]);
            let possible = Command::new("unshare").args(["-rn", "ip", "link", "set", "lo", "up"]).output();
            if possible.is_ok_and(|made| made.status.success()) {
                let ran = test.env(INSIDE, "1").output().unwrap();
                assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
            }
            return;
        }
        let mut changes = SystemChanges::new();
        let (added, ()) = tokio::join!(
            tokio::process::Command::new("ip").args(["address", "add", "10.1.2.3/24", "dev", "lo"]).status(),
            async { timeout(Duration::from_secs(20), changes.changed()).await.unwrap() },
        );
        assert!(added.unwrap().success());
    }
}

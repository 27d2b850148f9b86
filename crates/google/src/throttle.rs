//! A token bucket per host, so that a burst of work never becomes a storm.

use std::{collections::BTreeMap, sync::Mutex, time::Duration};

use tokio::time::Instant;

/// Requests a second to one host, in the long run (API etiquette, "Retries").
const RATE: u32 = 10;
/// Requests that may go at once after a quiet time.
const BURST: u32 = 20;
/// No cloud has more hosts than this; one more than that shares a bucket.
const HOSTS: usize = 32;

/// The buckets of one cloud.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    // For each host the moment at which its bucket is full again.
    full_at: Mutex<BTreeMap<String, Instant>>,
}

impl Throttle {
    /// Waits for this request's turn. Turns are given in the order of the calls.
    pub(crate) async fn turn(&self, host: &str) {
        let at = self.book(host, Instant::now());
        tokio::time::sleep_until(at).await;
    }

    fn book(&self, host: &str, now: Instant) -> Instant {
        let step = Duration::from_secs(1) / RATE;
        let mut full_at = self.full_at.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let key = if full_at.len() >= HOSTS && !full_at.contains_key(host) { "" } else { host };
        let full = full_at.entry(key.to_owned()).or_insert(now);
        *full = (*full).max(now) + step;
        // The burst is how far the bucket may run ahead of time.
        let ahead = step * BURST;
        full.checked_sub(ahead).map_or(now, |turn| turn.max(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_burst_goes_at_once_and_the_rest_at_the_rate() {
        let throttle = Throttle::default();
        let start = Instant::now();
        for _ in 0..BURST {
            throttle.turn("a").await;
        }
        assert_eq!(start.elapsed(), Duration::ZERO);
        for _ in 0..RATE {
            throttle.turn("a").await;
        }
        assert_eq!(start.elapsed().as_millis(), 1000);
        throttle.turn("b").await;
        assert_eq!(start.elapsed().as_millis(), 1000, "another host has a bucket of its own");
    }

    #[test]
    fn a_quiet_time_fills_the_bucket_no_further_than_the_burst() {
        let throttle = Throttle::default();
        let start = Instant::now();
        assert_eq!(throttle.book("a", start), start);
        let later = start + Duration::from_secs(3600);
        for _ in 0..BURST {
            assert_eq!(throttle.book("a", later), later);
        }
        assert!(throttle.book("a", later) > later);
    }

    #[test]
    fn hosts_are_bounded() {
        let throttle = Throttle::default();
        let now = Instant::now();
        for n in 0..1000 {
            throttle.book(&n.to_string(), now);
        }
        assert!(throttle.full_at.lock().unwrap().len() <= HOSTS + 1);
    }
}

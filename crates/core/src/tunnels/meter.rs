//! How fast a tunnel is, second by second.

use std::collections::VecDeque;

/// Seconds that are remembered.
const REMEMBERED: usize = 60;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Meter {
    total: u64,
    history: VecDeque<f64>,
}

impl Meter {
    /// Takes the total of bytes, once a second. Says whether anything about it is worth showing anew.
    pub(super) fn tick(&mut self, total: u64) -> Moved {
        // Less than before: it was started anew.
        let moved = total.checked_sub(self.total).unwrap_or(total);
        self.total = total;
        let was_flat = self.history.iter().all(|rate| *rate == 0.0);
        if self.history.len() >= REMEMBERED {
            self.history.pop_front();
        }
        self.history.push_back(as_number(moved));
        if moved == 0 && was_flat { Moved::No } else { Moved::Yes }
    }

    /// Bytes in the last second.
    pub(super) fn rate(&self) -> f64 {
        self.history.back().copied().unwrap_or_default()
    }

    /// The last seconds, oldest first.
    pub(super) fn history(&self) -> Vec<f64> {
        self.history.iter().copied().collect()
    }
}

/// Whether a meter shows something else than before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moved {
    Yes,
    No,
}

/// A count as JavaScript has it, exact up to 2^53.
pub(super) fn as_number(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::{Meter, Moved};

    #[test]
    fn a_minute_is_remembered() {
        let mut meter = Meter::default();
        assert_eq!(meter.tick(0), Moved::No);
        assert_eq!(meter.tick(100), Moved::Yes);
        assert_eq!(meter.rate(), 100.0);
        for _ in 0..59 {
            assert_eq!(meter.tick(100), Moved::Yes, "the line still moves");
        }
        assert_eq!(meter.history().len(), 60);
        assert_eq!(meter.tick(100), Moved::Yes, "the hill has just left");
        assert_eq!(meter.tick(100), Moved::No);
        // A new start counts from 0.
        assert_eq!(meter.tick(40), Moved::Yes);
        assert_eq!(meter.rate(), 40.0);
    }
}

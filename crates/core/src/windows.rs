//! The labels of the app's windows, which of them takes over what another showed, and what becomes of a page that died.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use adit_contract::MAIN_WINDOW;

/// Most windows beside the main one.
pub const MOST_FURTHER: usize = 15;

const FURTHER: &str = "window-";

/// A page that dies more often than this within [`DEATHS_WITHIN`] would do so for ever.
const MOST_DEATHS: usize = 5;
const DEATHS_WITHIN: Duration = Duration::from_secs(60);

/// Whether a window may be called so.
#[must_use]
pub fn is_label(label: &str) -> bool {
    label == MAIN_WINDOW || number(label).is_some()
}

fn number(label: &str) -> Option<usize> {
    let number = label.strip_prefix(FURTHER)?.parse().ok()?;
    let canonical = (1..=MOST_FURTHER).contains(&number) && label == further(number);
    canonical.then_some(number)
}

fn further(number: usize) -> String {
    format!("{FURTHER}{number}")
}

/// The label of one more window: the lowest that is free, so that the place of an earlier one is taken again. `None`
/// when there are as many as there may be.
#[must_use]
pub fn free_label(open: &[String]) -> Option<String> {
    (1..=MOST_FURTHER).map(further).find(|label| !open.contains(label))
}

/// Which of the windows that are still open shows what a closed one did: the main one, else the lowest.
#[must_use]
pub fn heir<'a>(closed: &str, open: &'a [String]) -> Option<&'a str> {
    let others = open.iter().map(String::as_str).filter(|label| *label != closed && is_label(label));
    others.min_by_key(|label| number(label).unwrap_or(0))
}

/// What becomes of a page whose process has died.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Afterwards {
    /// It is loaded anew.
    LoadAnew,
    /// It stays away: it dies again and again.
    StayAway,
}

/// How often the process of a window's page has died lately.
#[derive(Debug, Default)]
pub struct PageDeaths(VecDeque<Instant>);

impl PageDeaths {
    /// Counts one more; gives what becomes of the page.
    pub fn another(&mut self, now: Instant) -> Afterwards {
        self.0.retain(|at| now.saturating_duration_since(*at) < DEATHS_WITHIN);
        if self.0.len() >= MOST_DEATHS {
            return Afterwards::StayAway;
        }
        self.0.push_back(now);
        Afterwards::LoadAnew
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_comes_back_unless_it_dies_again_and_again() {
        let (mut deaths, begun) = (PageDeaths::default(), Instant::now());
        let mut dies_after = |seconds| deaths.another(begun + Duration::from_secs(seconds));
        for second in 0..5 {
            assert_eq!(dies_after(second), Afterwards::LoadAnew);
        }
        assert_eq!(dies_after(59), Afterwards::StayAway);
        // The first of them is long enough ago.
        assert_eq!(dies_after(60), Afterwards::LoadAnew);
        assert_eq!(dies_after(60), Afterwards::StayAway);
    }

    fn labels(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn labels_are_few_and_the_lowest_free_one_is_next() {
        assert!(is_label("main") && is_label("window-1") && is_label("window-15"));
        for wrong in ["", "Main", "window-", "window-0", "window-16", "window-01", "window-+1", "window-1 "] {
            assert!(!is_label(wrong), "{wrong}");
        }
        assert_eq!(free_label(&labels(&["main", "window-2"])).as_deref(), Some("window-1"));
        assert_eq!(free_label(&labels(&["main", "window-1"])).as_deref(), Some("window-2"));
        let all: Vec<String> = (1..=MOST_FURTHER).map(further).collect();
        assert_eq!(free_label(&all), None);
    }

    #[test]
    fn the_main_window_inherits_and_without_it_the_lowest() {
        assert_eq!(heir("window-3", &labels(&["window-10", "main", "window-3"])), Some("main"));
        assert_eq!(heir("main", &labels(&["window-10", "main", "window-2"])), Some("window-2"));
        assert_eq!(heir("main", &labels(&["main", "other"])), None);
    }
}

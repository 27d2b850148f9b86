//! The labels of the app's windows, and which of them takes over what another showed.

use adit_contract::MAIN_WINDOW;

/// Most windows beside the main one.
pub const MOST_FURTHER: usize = 15;

const FURTHER: &str = "window-";

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

#[cfg(test)]
mod tests {
    use super::*;

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

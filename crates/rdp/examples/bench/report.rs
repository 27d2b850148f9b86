//! Figures: a table for people, one line of JSON each for programs.

use serde_json::json;

/// What a figure should be.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Target {
    AtMost(f64),
    /// It is there to be known.
    None,
}

/// One figure.
pub(crate) struct Figure<'a> {
    pub(crate) name: String,
    pub(crate) value: f64,
    pub(crate) unit: &'static str,
    /// What the value is a ratio to, and that side's own value.
    pub(crate) of: Option<(&'a str, f64)>,
    pub(crate) runs: usize,
    pub(crate) target: Target,
}

impl Figure<'_> {
    /// Prints it: the line of JSON to standard output, the row to standard error.
    pub(crate) fn print(&self) {
        let (target, met, wanted) = match self.target {
            Target::AtMost(most) => (Some(most), Some(self.value <= most), format!("<= {most}")),
            Target::None => (None, None, String::new()),
        };
        let line = json!({
            "bench": "rdp",
            "figure": self.name,
            "value": rounded(self.value),
            "unit": self.unit,
            "of": self.of.map(|(of, _)| of),
            "peer": self.of.map(|(_, peer)| rounded(peer)),
            "runs": self.runs,
            "target": target,
            "met": met,
        });
        println!("{line}");
        let word = match met {
            Some(true) => "met",
            Some(false) => "MISSED",
            None => "",
        };
        let of = self.of.map(|(of, peer)| format!("of {of} ({})", rounded(peer))).unwrap_or_default();
        eprintln!(
            "{:<54} {:>8} {:<6} {:<20} {:>4} runs  {:<7} {word}",
            self.name,
            rounded(self.value),
            self.unit,
            of,
            self.runs,
            wanted
        );
    }
}

fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

/// The middle of the values; 0 when there are none.
pub(crate) fn median(values: &[f64]) -> f64 {
    quantile(values, 0.5)
}

/// The least of the values; 0 when there are none.
pub(crate) fn least(values: &[f64]) -> f64 {
    quantile(values, 0.0)
}

/// The value below which this share of them lies.
pub(crate) fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().saturating_sub(1);
    // Shares are between 0 and 1, so the place is within the values.
    sorted.get((last as f64 * share).round() as usize).copied().unwrap_or_default()
}

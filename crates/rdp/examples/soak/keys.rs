//! Whether every key that went down has come up, by what the stand-in reports.

use std::{collections::BTreeSet, path::Path, time::Duration};

use anyhow::{Result, ensure};
use serde_json::Value;

/// How long the report may lag behind.
const PATIENCE: Duration = Duration::from_secs(5);

/// Waits until all are up.
pub(crate) async fn all_up(report: &Path) -> Result<()> {
    let limit = std::time::Instant::now() + PATIENCE;
    loop {
        let down = down(&std::fs::read_to_string(report)?);
        if down.is_empty() {
            return Ok(());
        }
        ensure!(std::time::Instant::now() < limit, "keys stay down: {down:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn down(report: &str) -> BTreeSet<(u64, bool)> {
    let mut down = BTreeSet::new();
    for line in report.lines() {
        // The last may be only begun.
        let Ok(line) = serde_json::from_str::<Value>(line) else { continue };
        if line.get("event").is_none_or(|event| event != "key") {
            continue;
        }
        let code = line.get("code").and_then(Value::as_u64).unwrap_or_default();
        let extended = line.get("extended").and_then(Value::as_bool).unwrap_or_default();
        if line.get("down").and_then(Value::as_bool) == Some(true) {
            down.insert((code, extended));
        } else {
            down.remove(&(code, extended));
        }
    }
    down
}

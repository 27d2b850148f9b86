//! IAP's own record of a refusal (specification, section 3.1).

use std::{ops::RangeInclusive, time::SystemTime};

use jiff::Timestamp;
use serde_json::{Value, json};

/// How far a refusal's record may be from the time at which it was seen, in milliseconds. What is older is of an
/// earlier attempt.
pub(super) const NEAR: RangeInclusive<i64> = -5_000..=15_000;

/// The record of the refusal nearest to `at` for this port, as the evaluator takes it, of those `within` some
/// milliseconds of it. An attempt that was let in is no record of a refusal, even if it lists levels that were not met.
pub(super) fn record(
    body: &Value,
    port: u16,
    at: SystemTime,
    within: Option<&RangeInclusive<i64>>,
) -> Option<Value> {
    let at = Timestamp::try_from(at).ok()?.as_millisecond();
    let after = |entry: &Value| {
        let time: Timestamp = entry.get("timestamp")?.as_str()?.parse().ok()?;
        Some(time.as_millisecond().saturating_sub(at))
    };
    let entries = body.get("entries")?.as_array()?;
    let refusals = entries.iter().filter(|entry| is_refusal(entry) && of_port(entry) == Some(port.into()));
    let near = refusals.filter(|entry| {
        within.is_none_or(|within| after(entry).is_some_and(|after| within.contains(&after)))
    });
    let entry = near.min_by_key(|entry| after(entry).map_or(u64::MAX, i64::unsigned_abs))?;
    let payload = entry.get("protoPayload")?;
    let of = |pointer: &str| payload.pointer(pointer).cloned().unwrap_or(Value::Null);
    Some(json!({
        "satisfied": of("/requestMetadata/requestAttributes/auth/accessLevels"),
        "unsatisfied": of("/metadata/unsatisfied_access_levels"),
        "deviceState": of("/metadata/device_state"),
        "deviceId": of("/metadata/device_id"),
        "callerIp": of("/requestMetadata/callerIp"),
    }))
}

fn is_refusal(entry: &Value) -> bool {
    match entry.pointer("/protoPayload/status/code").and_then(Value::as_i64) {
        Some(code) => code != 0,
        None => entry.get("severity").and_then(Value::as_str) == Some("ERROR"),
    }
}

/// The port that was asked for; a 64-bit number comes as text.
fn of_port(entry: &Value) -> Option<u64> {
    let port = entry.pointer("/protoPayload/requestMetadata/destinationAttributes/port")?;
    port.as_u64().or_else(|| port.as_str()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn entry(seconds: u64, port: Value, code: i64, level: &str) -> Value {
        let time = Timestamp::from_second(i64::try_from(seconds).unwrap()).unwrap();
        json!({
            "timestamp": time.to_string(),
            "protoPayload": {
                "status": { "code": code },
                "requestMetadata": { "destinationAttributes": { "port": port }, "callerIp": "198.51.100.7" },
                "metadata": { "unsatisfied_access_levels": [level], "device_state": "Unknown" },
            },
        })
    }

    #[test]
    fn the_refusal_nearest_in_time_on_that_port_is_taken() {
        let body = json!({ "entries": [
            entry(1000, json!(22), 7, "too early"),
            entry(1090, json!("22"), 7, "this"),
            entry(1095, json!(22), 0, "let in"),
            entry(1099, json!(3389), 7, "another port"),
            7,
        ] });
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1100);
        let record = record(&body, 22, at, None).unwrap();
        assert_eq!(record["unsatisfied"], json!(["this"]));
        assert_eq!(record["callerIp"], "198.51.100.7");
        assert_eq!(record["satisfied"], Value::Null);
    }

    #[test]
    fn the_record_of_an_earlier_attempt_is_none_of_this_one() {
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1100);
        let of = |seconds| {
            let body = json!({ "entries": [entry(seconds, json!(22), 7, "level")] });
            record(&body, 22, at, Some(&NEAR)).is_some()
        };
        assert_eq!([1040, 1094, 1095, 1100, 1115, 1116].map(of), [false, false, true, true, true, false]);
        let mut timeless = entry(1100, json!(22), 7, "level");
        timeless["timestamp"] = json!("today");
        let body =
            json!({ "entries": [timeless, entry(1097, json!(22), 7, "a"), entry(1101, json!(22), 7, "b")] });
        assert_eq!(record(&body, 22, at, Some(&NEAR)).unwrap()["unsatisfied"], json!(["b"]));
    }

    #[test]
    fn anything_else_is_no_record() {
        for body in [json!(null), json!({ "entries": 5 }), json!({ "entries": [null, {}, []] })] {
            assert_eq!(record(&body, 22, SystemTime::now(), None), None);
        }
    }
}

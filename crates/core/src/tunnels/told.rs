//! What happens to a tunnel's connections, for programs and for people.

use adit_tunnel::listen::{Event, What};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Something that happened to a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Told {
    /// An object with `event`, `conn` and what belongs to the event (docs/cli.md).
    pub json: Value,
    /// The same in words.
    pub words: String,
}

impl Told {
    /// What an event says. `None` for kinds that a newer tunnel crate may add, until they are given words.
    #[must_use]
    pub fn of(event: &Event) -> Option<Self> {
        let number = event.connection;
        let (mut json, words) = describe(&event.what)?;
        if let Some(object) = json.as_object_mut() {
            object.insert("conn".to_owned(), number.into());
        }
        Some(Self { json, words: format!("[{number}] {words}") })
    }
}

fn describe(what: &What) -> Option<(Value, String)> {
    Some(match what {
        What::Waiting { code, reason, attempt, wait } => {
            let in_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
            (
                json!({ "event": "waiting", "code": code, "attempt": attempt, "inMs": in_ms, "reason": reason }),
                format!("not there yet ({reason}); trying again in {in_ms} ms"),
            )
        }
        What::Connected => (json!({ "event": "connected" }), "connected".to_owned()),
        What::Reconnecting { code, reason, attempt, wait } => {
            let in_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
            (
                json!({ "event": "reconnecting", "code": code, "attempt": attempt, "inMs": in_ms }),
                format!("connection to the relay lost ({reason}); resuming in {in_ms} ms"),
            )
        }
        What::SignInNeeded { message } => (
            json!({ "event": "reconnecting", "code": 4004, "attempt": 1, "inMs": null }),
            format!("waiting for a sign-in: {message}"),
        ),
        What::Resumed => (json!({ "event": "resumed" }), "resumed".to_owned()),
        What::Refused { why } => (json!({ "event": "refused", "why": why }), format!("refused: {why}")),
        What::Denied { code, reason } => {
            (json!({ "event": "denied", "code": code, "reason": reason }), format!("denied: {reason}"))
        }
        What::Failed { code, reason } => {
            (json!({ "event": "failed", "code": code, "reason": reason }), format!("failed: {reason}"))
        }
        What::Closed { code, sent, received } => (
            json!({ "event": "closed", "code": code, "sent": sent, "received": received }),
            format!("closed: {sent} bytes sent, {received} received"),
        ),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{Event, Told, What, json};

    #[test]
    fn a_refused_connection_is_told_in_both_forms() {
        let what = What::Refused { why: "2 connections are open".to_owned() };
        let told = Told::of(&Event { connection: 3, what }).unwrap();
        assert_eq!(told.words, "[3] refused: 2 connections are open");
        assert_eq!(told.json, json!({ "event": "refused", "conn": 3, "why": "2 connections are open" }));
    }
}

//! What comes from inside an instance: serial output and guest attributes.

use serde_json::{Value, json};

use super::{Asking, link};
use crate::rest::{Answer, Failure};
use crate::state::GuestId;

/// Most bytes in one answer, as with Google.
const MOST: usize = 1 << 20;

/// `getSerialPortOutput`: port 1 is the console, the others are silent.
pub(super) fn serial_port(asking: &Asking<'_>, zone: &str, name: &str) -> Answer<Value> {
    let (definition, machine) = asking.instance("compute.instances.getSerialPortOutput", zone, name)?;
    let wrong = |field: &str, text: &str, range: &str| {
        Failure::invalid(format!("Invalid value for field '{field}': '{text}'. {range}"))
    };
    let port = asking.call.query("port").unwrap_or("1");
    if !matches!(port, "1" | "2" | "3" | "4") {
        return wrong("port", port, "Values must be within the range: [1, 4]").boxed();
    }
    let output = if port == "1" { machine.serial.as_str() } else { "" };
    let start = match asking.call.query("start").map(str::parse::<i64>) {
        None => 0,
        Some(Ok(start)) => match usize::try_from(start) {
            Ok(start) => start.min(output.len()),
            // a negative start counts from the end
            Err(_) => {
                output.len().saturating_sub(usize::try_from(start.unsigned_abs()).unwrap_or(usize::MAX))
            }
        },
        Some(Err(_)) => {
            return wrong("start", asking.call.query("start").unwrap_or_default(), "Must be a number")
                .boxed();
        }
    };
    let end = output.len().min(start.saturating_add(MOST));
    let path = format!(
        "projects/{}/zones/{}/instances/{}/serialPort",
        definition.project, definition.zone, definition.name
    );
    Ok(json!({
        "kind": "compute#serialPortOutput",
        "contents": output.get(start..end).unwrap_or_default(),
        "start": start.to_string(),
        "next": end.to_string(),
        "selfLink": link(&path),
    }))
}

/// `getGuestAttributes`: host keys, where the guest writes them (guest-access, section 7).
pub(super) fn attributes(asking: &Asking<'_>, zone: &str, name: &str) -> Answer<Value> {
    let (definition, machine) = asking.instance("compute.instances.getGuestAttributes", zone, name)?;
    let query =
        asking.call.query("queryPath").or_else(|| asking.call.query("variableKey")).unwrap_or_default();
    let guest = asking.state.guest(&GuestId(machine.id));
    let announced = guest.map(|guest| guest.announced_host_keys()).unwrap_or_default();
    let (namespace, key) = query.split_once('/').unwrap_or((query, ""));
    let items: Vec<Value> = announced
        .iter()
        .filter(|(kind, _)| {
            (namespace.is_empty() || namespace == "hostkeys") && (key.is_empty() || key == kind)
        })
        .map(|(kind, blob)| json!({"namespace": "hostkeys", "key": kind, "value": blob}))
        .collect();
    if items.is_empty() {
        return Failure::not_found(format!(
            "The resource '{query}' of type 'Guest Attribute' was not found."
        ))
        .boxed();
    }
    let path =
        format!("projects/{}/zones/{}/instances/{}", definition.project, definition.zone, definition.name);
    Ok(json!({
        "kind": "compute#guestAttributes",
        "queryPath": query,
        "queryValue": {"items": items},
        "selfLink": link(&format!("{path}/getGuestAttributes")),
    }))
}

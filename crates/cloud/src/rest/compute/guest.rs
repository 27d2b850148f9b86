//! What comes from inside an instance: serial output and guest attributes.

use serde_json::{Value, json};

use super::{Asking, link};
use crate::rest::{Answer, Failure};
use crate::state::{GuestId, Serial};

/// `getSerialPortOutput`: port 1 is the console, port 4 what a Windows guest's agent says; the others are silent.
pub(super) fn serial_port(asking: &Asking<'_>, zone: &str, name: &str) -> Answer<Value> {
    let (definition, machine) = asking.instance("compute.instances.getSerialPortOutput", zone, name)?;
    let wrong = |field: &str, text: &str, range: &str| {
        Failure::invalid(format!("Invalid value for field '{field}': '{text}'. {range}"))
    };
    let text = asking.call.query("port").unwrap_or("1");
    let Some(port) = text.parse::<u8>().ok().filter(|port| (1..=4).contains(port)) else {
        return wrong("port", text, "Values must be within the range: [1, 4]").boxed();
    };
    let start = match asking.call.query("start").map(|text| (text, text.parse::<i64>())) {
        None => None,
        Some((_, Ok(start))) => Some(start),
        Some((text, Err(_))) => return wrong("start", text, "Must be a number").boxed(),
    };
    let silent = Serial::default();
    let piece = machine.serial(port).unwrap_or(&silent).read(start);
    let path = format!(
        "projects/{}/zones/{}/instances/{}/serialPort",
        definition.project, definition.zone, definition.name
    );
    Ok(json!({
        "kind": "compute#serialPortOutput",
        "contents": piece.contents,
        "start": piece.start.to_string(),
        "next": piece.next.to_string(),
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

//! What an expression of IAM or Access Context Manager has to do with, evaluated by the `cel` crate.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::Arc;

use cel::extractors::This;
use cel::objects::{Key, Map};
use cel::{Context, ExecutionError, Value};

use super::super::Place;
use crate::landscape::{Device, Expression};

/// What is known of a request when an IAM condition is evaluated. What is not known is an error there.
#[derive(Debug, Clone, Default)]
pub(super) struct Facts {
    /// `resource.service` and `resource.type`.
    pub(super) resource: (&'static str, &'static str),
    /// `destination.ip` and `destination.port`, of a tunnel alone.
    pub(super) destination: Option<(Option<IpAddr>, u16)>,
    /// Access levels that are met; `None` where the service does not say.
    pub(super) levels: Option<Vec<String>>,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) now: jiff::Timestamp,
}

/// What is known of a caller when a custom access level is evaluated.
pub(super) struct Origin<'a> {
    pub(super) place: Option<&'a Place>,
    /// `request.auth.principal`.
    pub(super) principal: String,
    /// `levels.NAME` for the levels that the expression names.
    pub(super) levels: Vec<(String, bool)>,
    pub(super) now: jiff::Timestamp,
}

fn map(entries: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    Value::Map(
        entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<HashMap<_, _>>().into(),
    )
}

fn instant(now: jiff::Timestamp) -> Option<Value> {
    let utc = chrono::DateTime::from_timestamp(now.as_second(), now.subsec_nanosecond().unsigned_abs())?;
    Some(Value::Timestamp(utc.fixed_offset()))
}

/// The value of an expression; `None` where it has none: an error, or something that is neither true nor false.
fn truth(expression: &Expression, context: &Context<'_, '_>) -> Option<bool> {
    let Some(parsed) = expression.parsed() else { return Some(true) };
    match context.resolve(parsed) {
        Ok(Value::Bool(value)) => Some(value),
        Ok(_) | Err(_) => None,
    }
}

/// An IAM condition's value; `None` if it cannot be decided.
pub(super) fn holds(expression: &Expression, facts: &Facts) -> Option<bool> {
    let mut context = Context::default();
    let auth = facts.levels.as_ref().map(|levels| map([("access_levels", Value::from(levels.clone()))]));
    let request =
        auth.map(|auth| ("auth", auth)).into_iter().chain(instant(facts.now).map(|now| ("time", now)));
    context.add_variable_from_value("request", map(request));
    let (service, kind) = facts.resource;
    context.add_variable_from_value("resource", map([("service", service.into()), ("type", kind.into())]));
    if let Some((ip, port)) = facts.destination {
        let ip = ip.map(|ip| ("ip", Value::from(ip.to_string())));
        context.add_variable_from_value(
            "destination",
            map(ip.into_iter().chain([("port", Value::Int(i64::from(port)))])),
        );
    }
    let tags = Arc::new(facts.tags.clone());
    let has = Arc::clone(&tags);
    context.add_function("date", date).ok()?;
    context
        .add_function("matchTag", move |This(_): This<Value>, key: Arc<String>, value: Arc<String>| {
            tags.get(key.as_str()).is_some_and(|own| own == value.as_str())
        })
        .ok()?;
    context
        .add_function("hasTagKey", move |This(_): This<Value>, key: Arc<String>| {
            has.contains_key(key.as_str())
        })
        .ok()?;
    truth(expression, &context)
}

/// IAM's own `date("2026-11-23")`: midnight in UTC.
fn date(text: Arc<String>) -> Result<Value, ExecutionError> {
    let wrong = |_| ExecutionError::function_error("date", "not of the form YYYY-MM-DD");
    let day: jiff::civil::Date = text.parse().map_err(wrong)?;
    let midnight = day.to_zoned(jiff::tz::TimeZone::UTC).map_err(wrong)?;
    instant(midnight.timestamp()).ok_or_else(|| ExecutionError::function_error("date", "out of range"))
}

/// A custom access level's value; `None` if it cannot be decided.
pub(super) fn meets(expression: &Expression, origin: &Origin<'_>) -> Option<bool> {
    let mut context = Context::default();
    let place = origin.place;
    let ip = place.map(|place| ("ip", Value::from(place.ip.to_string())));
    let region =
        place.and_then(|place| place.region.clone()).map(|region| ("region_code", Value::from(region)));
    context.add_variable_from_value("origin", map(ip.into_iter().chain(region)));
    let auth = map([("principal", Value::from(origin.principal.clone()))]);
    let request = [("auth", auth)].into_iter().chain(instant(origin.now).map(|now| ("time", now)));
    context.add_variable_from_value("request", map(request));
    let levels: HashMap<String, Value> =
        origin.levels.iter().map(|(name, met)| (name.clone(), Value::Bool(*met))).collect();
    context.add_variable_from_value("levels", Value::Map(levels.into()));
    // without a record, whatever asks for the device is an error
    let record = place.and_then(|place| place.device.as_ref());
    if let Some(device) = record {
        context.add_variable_from_value("device", device_value(device));
    }
    for (name, value) in ENUMS {
        let values = value.iter().map(|(name, number)| (*name, Value::Int(*number)));
        context.add_variable_from_value(*name, map(values));
    }
    context.add_function("inIpRange", in_ip_range).ok()?;
    context.add_function("versionAtLeast", version_at_least).ok()?;
    let binding = match record {
        Some(device) if device.certificate => CERT_MATCHES,
        Some(_) | None => CERT_UNKNOWN,
    };
    context.add_function("certificateBindingState", move |_: Value, _: Value| binding).ok()?;
    truth(expression, &context)
}

const CERT_MATCHES: i64 = 1;
const CERT_UNKNOWN: i64 = 0;

/// The enumerations that custom levels compare with, as documented; the numbers of the certificate's states are not.
const ENUMS: &[(&str, &[(&str, i64)])] = &[
    (
        "OsType",
        &[
            ("OS_UNSPECIFIED", 0),
            ("DESKTOP_MAC", 1),
            ("DESKTOP_WINDOWS", 2),
            ("DESKTOP_LINUX", 3),
            ("ANDROID", 4),
            ("IOS", 5),
            ("DESKTOP_CHROME_OS", 6),
        ],
    ),
    (
        "DeviceEncryptionStatus",
        &[("ENCRYPTION_UNSPECIFIED", 0), ("ENCRYPTION_UNSUPPORTED", 1), ("UNENCRYPTED", 2), ("ENCRYPTED", 3)],
    ),
    (
        "CertificateBindingState",
        &[
            ("CERT_STATE_UNKNOWN", CERT_UNKNOWN),
            ("CERT_MATCHES_EXISTING_DEVICE", CERT_MATCHES),
            ("CERT_NOT_MATCHING_EXISTING_DEVICE", 2),
        ],
    ),
];

fn device_value(device: &Device) -> Value {
    map([
        ("os_type", Value::Int(device.os as i64)),
        ("os_version", Value::from(device.os_version.clone())),
        ("encryption_status", Value::Int(device.encryption as i64)),
        ("is_secured_with_screenlock", Value::Bool(device.screen_lock)),
        ("is_corp_owned_device", Value::Bool(device.corp_owned)),
        ("is_admin_approved_device", Value::Bool(device.admin_approved)),
        ("verified_chrome_os", Value::Bool(device.verified_chrome_os)),
    ])
}

fn in_ip_range(address: Arc<String>, ranges: Arc<Vec<Value>>) -> Result<bool, ExecutionError> {
    let wrong = |what: &str| ExecutionError::function_error("inIpRange", what);
    let address: IpAddr = address.parse().map_err(|_| wrong("no address"))?;
    let mut found = false;
    for range in ranges.iter() {
        let Value::String(range) = range else { return Err(wrong("a range is a text")) };
        found |= in_range(address, range).ok_or_else(|| wrong("no range"))?;
    }
    Ok(found)
}

/// Whether an address is in a range, or is the one address that stands for one; `None` for neither.
pub(in crate::state) fn in_range(address: IpAddr, range: &str) -> Option<bool> {
    match range.parse::<ipnet::IpNet>() {
        Ok(range) => Some(range.contains(&address)),
        Err(_) => range.parse::<IpAddr>().ok().map(|one| one == address),
    }
}

fn version_at_least(This(device): This<Value>, wanted: Arc<String>) -> Result<bool, ExecutionError> {
    let wrong = || ExecutionError::function_error("versionAtLeast", "no version is known");
    let Value::Map(Map { map }) = device else { return Err(wrong()) };
    let Some(Value::String(own)) = map.get(&Key::from("os_version")) else { return Err(wrong()) };
    reaches(own, &wanted).ok_or_else(wrong)
}

/// Whether a version is at least another, number by number; what is missing counts as 0. `None` where one is none.
pub(super) fn reaches(own: &str, wanted: &str) -> Option<bool> {
    let numbers =
        |text: &str| text.split('.').map(|part| part.parse::<u64>().ok()).collect::<Option<Vec<u64>>>();
    let (own, wanted) = (numbers(own)?, numbers(wanted)?);
    let length = own.len().max(wanted.len());
    let padded =
        |list: Vec<u64>| list.into_iter().chain(std::iter::repeat(0)).take(length).collect::<Vec<_>>();
    Some(padded(own) >= padded(wanted))
}

//! Timestamps, dates, durations and their calendar parts. A time is a date and time in UTC, since jiff's own
//! timestamps end a day before the year 9999 does, and people write that year's last second for "never".

use std::sync::LazyLock;

use jiff::SignedDuration;
use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone, TimeZoneDatabase};

use super::eval::Val;

/// The calendar functions of a time.
const GETTERS: [&str; 10] = [
    "getFullYear",
    "getMonth",
    "getDate",
    "getDayOfMonth",
    "getDayOfWeek",
    "getDayOfYear",
    "getHours",
    "getMinutes",
    "getSeconds",
    "getMilliseconds",
];

/// Zones from the bundled database, so that every computer gives the same answer.
static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// Whether a function takes a part of a time.
pub(crate) fn is_getter(name: &str) -> bool {
    GETTERS.contains(&name)
}

/// A timestamp as IAM accepts it: RFC 3339 in UTC, with `Z`. Digits below a nanosecond are cut.
pub(crate) fn timestamp(text: &str) -> Option<DateTime> {
    let digits = |range: std::ops::Range<usize>| {
        text.get(range).is_some_and(|part| part.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let mark = |at: usize, expected: u8| text.as_bytes().get(at) == Some(&expected);
    let date = digits(0..4) && mark(4, b'-') && digits(5..7) && mark(7, b'-') && digits(8..10);
    let time = digits(11..13) && mark(13, b':') && digits(14..16) && mark(16, b':') && digits(17..19);
    // sixty seconds are a leap second, which CEL does not know
    if !(date && mark(10, b'T') && time) || text.get(17..19) == Some("60") {
        return None;
    }
    let (seconds, rest) = text.split_at_checked(19)?;
    let fraction = match rest.strip_suffix('Z')? {
        "" => "0",
        rest => rest.strip_prefix('.')?,
    };
    if fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let fraction = fraction.get(..9).unwrap_or(fraction);
    format!("{seconds}.{fraction}").parse().ok()
}

/// Midnight UTC of `YYYY-MM-DD`.
pub(crate) fn date(text: &str) -> Option<DateTime> {
    timestamp(&format!("{text}T00:00:00Z"))
}

/// A duration as CEL writes it: `3600s`, `1h30m`, `-1.5h`.
pub(crate) fn duration(text: &str) -> Option<SignedDuration> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(SignedDuration::ZERO);
    }
    let mut nanoseconds: i128 = 0;
    loop {
        let number_end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, behind) = rest.split_at(number_end);
        let unit_end = behind.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(behind.len());
        let (unit, behind) = behind.split_at(unit_end);
        nanoseconds = nanoseconds.checked_add(scaled(number, nanoseconds_of(unit)?)?)?;
        rest = behind;
        if rest.is_empty() {
            return SignedDuration::try_from_nanos_i128(if negative { -nanoseconds } else { nanoseconds });
        }
    }
}

fn nanoseconds_of(unit: &str) -> Option<i128> {
    Some(match unit {
        "h" => 3_600_000_000_000,
        "m" => 60_000_000_000,
        "s" => 1_000_000_000,
        "ms" => 1_000_000,
        "us" | "\u{b5}s" | "\u{3bc}s" => 1_000,
        "ns" => 1,
        _ => return None,
    })
}

/// A decimal number of units, in nanoseconds.
fn scaled(number: &str, unit: i128) -> Option<i128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let parse = |digits: &str| if digits.is_empty() { Some(0) } else { digits.parse::<i128>().ok() };
    // more digits than eighteen are below a nanosecond in every unit
    let fraction = fraction.get(..18).unwrap_or(fraction);
    let scale = 10_i128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let below = parse(fraction)?.checked_mul(unit)?.checked_div(scale)?;
    parse(whole)?.checked_mul(unit)?.checked_add(below)
}

/// A part of a time in a zone, UTC by default.
pub(crate) fn part(getter: &str, time: &Val, zone: Option<&str>) -> Option<i64> {
    let Val::Time(time) = *time else { return None };
    if !is_getter(getter) {
        return None;
    }
    let local = match zone {
        Some(name) => time.to_zoned(TimeZone::UTC).ok()?.with_time_zone(time_zone(name)?).datetime(),
        None => time,
    };
    let day: Date = local.date();
    Some(match getter {
        "getFullYear" => day.year().into(),
        "getMonth" => i64::from(day.month()) - 1,
        "getDate" => day.day().into(),
        "getDayOfMonth" => i64::from(day.day()) - 1,
        "getDayOfWeek" => day.weekday().to_sunday_zero_offset().into(),
        "getDayOfYear" => i64::from(day.day_of_year()) - 1,
        "getHours" => local.hour().into(),
        "getMinutes" => local.minute().into(),
        "getSeconds" => local.second().into(),
        _ => local.millisecond().into(),
    })
}

/// An IANA name, or `±HH:MM`.
fn time_zone(name: &str) -> Option<TimeZone> {
    let (sign, rest) = match name.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        // names are compared with case, as on the server
        _ => return ZONES.get(name).ok().filter(|zone| zone.iana_name() == Some(name)),
    };
    let (hours, minutes) = rest.split_once(':')?;
    let two_digits = |text: &str| -> Option<i32> {
        (text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
    };
    let (hours, minutes) = (two_digits(hours)?, two_digits(minutes)?);
    if hours > 23 || minutes > 59 {
        return None;
    }
    Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok().map(TimeZone::fixed)
}

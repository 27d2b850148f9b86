//! Addresses and ranges.

use std::fmt;
use std::net::IpAddr;

use crate::value::Value;

/// An address range. Host bits may be set; a range without `/` is one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Range {
    base: IpAddr,
    prefix: u32,
}

impl Range {
    fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let base: IpAddr = address.parse().ok()?;
        let longest = if base.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.parse().ok()?,
            Some(_) => return None,
            None => longest,
        };
        (prefix <= longest).then_some(Self { base, prefix })
    }

    fn contains(self, address: IpAddr) -> bool {
        match (self.base, address) {
            (IpAddr::V4(base), IpAddr::V4(address)) => {
                (base.to_bits() ^ address.to_bits()).checked_shr(32 - self.prefix).unwrap_or(0) == 0
            }
            (IpAddr::V6(base), IpAddr::V6(address)) => {
                (base.to_bits() ^ address.to_bits()).checked_shr(128 - self.prefix).unwrap_or(0) == 0
            }
            _ => false,
        }
    }
}

/// The addresses from which Google may see this computer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Egress {
    /// `None` for one that is no address.
    addresses: Vec<Option<IpAddr>>,
}

impl Egress {
    pub(crate) fn new<'a>(addresses: impl IntoIterator<Item = &'a str>) -> Self {
        let parse = |text: &str| text.parse::<IpAddr>().ok().map(|address| address.to_canonical());
        Self { addresses: addresses.into_iter().map(parse).collect() }
    }

    /// Whether they lie in the ranges: unknown if only some do, if there is none, or if a range is unreadable.
    pub(crate) fn within<'a>(&self, ranges: impl IntoIterator<Item = &'a str>) -> Value {
        let Some(ranges) = ranges.into_iter().map(Range::parse).collect::<Option<Vec<_>>>() else {
            return Value::U;
        };
        let inside = |address: IpAddr| ranges.iter().any(|range| range.contains(address));
        let mut results = self.addresses.iter().map(|address| Value::from_option(address.map(inside)));
        let Some(first) = results.next() else { return Value::U };
        if results.all(|result| result == first) { first } else { Value::U }
    }
}

impl fmt::Display for Egress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let addresses = self.addresses.iter().flatten().map(IpAddr::to_string);
        formatter.write_str(&addresses.collect::<Vec<_>>().join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn within(addresses: &[&str], ranges: &[&str]) -> Value {
        Egress::new(addresses.iter().copied()).within(ranges.iter().copied())
    }

    #[test]
    fn ranges_of_both_families() {
        assert_eq!(within(&["203.0.113.9"], &["203.0.113.77/24"]), Value::T);
        assert_eq!(within(&["203.0.114.9"], &["203.0.113.77/24"]), Value::F);
        assert_eq!(within(&["203.0.113.9"], &["203.0.113.9"]), Value::T);
        assert_eq!(within(&["203.0.113.9"], &["0.0.0.0/0"]), Value::T);
        assert_eq!(within(&["2001:db8::1"], &["2001:db8::/32"]), Value::T);
        assert_eq!(within(&["2001:db8::1"], &["::/0"]), Value::T);
        assert_eq!(within(&["2001:db8::1"], &["0.0.0.0/0"]), Value::F);
    }

    #[test]
    fn what_cannot_be_told_is_unknown() {
        assert_eq!(within(&["203.0.113.9", "198.51.100.7"], &["203.0.113.0/24"]), Value::U);
        assert_eq!(within(&[], &["203.0.113.0/24"]), Value::U);
        assert_eq!(within(&["203.0.113.9"], &["203.0.113.0/33"]), Value::U);
        assert_eq!(within(&["203.0.113.9"], &["203.0.113.0/+8"]), Value::U);
        assert_eq!(within(&["203.0.113.9", "?"], &["203.0.113.0/24"]), Value::U);
    }
}

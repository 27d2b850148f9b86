//! Sets of addresses of one family, as ranges of numbers.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Subnets, Ipv6Subnets};
use serde::Serialize;

/// An address family, with the range that IAP connects from in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    /// IAP connects from 35.235.240.0/20.
    Ipv4,
    /// IAP connects from 2600:2d00:1:7::/64.
    Ipv6,
}

impl Family {
    /// Where IAP connects from, in CIDR notation.
    #[must_use]
    pub fn source(self) -> &'static str {
        match self {
            Self::Ipv4 => "35.235.240.0/20",
            Self::Ipv6 => "2600:2d00:1:7::/64",
        }
    }

    pub(crate) fn source_range(self) -> Range {
        match self {
            Self::Ipv4 => {
                let first = u32::from(Ipv4Addr::new(35, 235, 240, 0));
                Range { first: first.into(), last: (first | 0xfff).into() }
            }
            Self::Ipv6 => {
                let first = u128::from(Ipv6Addr::new(0x2600, 0x2d00, 1, 7, 0, 0, 0, 0));
                Range { first, last: first | u128::from(u64::MAX) }
            }
        }
    }

    /// Whether an address is of this family.
    pub(crate) fn holds(self, address: &IpAddr) -> bool {
        address.is_ipv4() == (self == Self::Ipv4)
    }
}

/// Addresses from `first` to `last`, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Range {
    pub(crate) first: u128,
    pub(crate) last: u128,
}

impl Range {
    /// The part that lies within `other` too.
    pub(crate) fn within(self, other: Self) -> Option<Self> {
        let first = self.first.max(other.first);
        let last = self.last.min(other.last);
        (first <= last).then_some(Self { first, last })
    }
}

/// A network in CIDR notation, or one address.
pub(crate) fn network(text: &str) -> Option<IpNet> {
    let text = text.trim();
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

/// What a list of networks covers of IAP's range.
#[derive(Debug, Default)]
pub(crate) struct Coverage {
    /// In order, without overlap.
    pub(crate) ranges: Vec<Range>,
    /// An entry could not be read.
    pub(crate) unreadable: bool,
}

pub(crate) fn coverage(networks: &[String], family: Family) -> Coverage {
    let mut coverage = Coverage::default();
    for text in networks {
        let range = match network(text) {
            None => {
                coverage.unreadable = true;
                continue;
            }
            Some(IpNet::V4(net)) if family == Family::Ipv4 => {
                Range { first: u32::from(net.network()).into(), last: u32::from(net.broadcast()).into() }
            }
            Some(IpNet::V6(net)) if family == Family::Ipv6 => {
                Range { first: net.network().into(), last: net.broadcast().into() }
            }
            Some(_) => continue,
        };
        coverage.ranges.extend(range.within(family.source_range()));
    }
    coverage.ranges = merged(std::mem::take(&mut coverage.ranges));
    coverage
}

/// The same addresses in order, without overlap, and neighbours made one.
pub(crate) fn merged(mut ranges: Vec<Range>) -> Vec<Range> {
    ranges.sort_unstable();
    let mut merged: Vec<Range> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match merged.last_mut() {
            Some(before) if range.first <= before.last.saturating_add(1) => {
                before.last = before.last.max(range.last);
            }
            _ => merged.push(range),
        }
    }
    merged
}

/// The ranges as networks, `most` of them at most.
pub(crate) fn networks(ranges: &[Range], family: Family, most: usize) -> Vec<String> {
    let written = |range: &Range| -> Vec<String> {
        match family {
            Family::Ipv4 => {
                let end = |number: u128| Ipv4Addr::from(u32::try_from(number).unwrap_or(u32::MAX));
                let subnets = Ipv4Subnets::new(end(range.first), end(range.last), 0);
                subnets.take(most).map(|net| net.to_string()).collect()
            }
            Family::Ipv6 => Ipv6Subnets::new(range.first.into(), range.last.into(), 0)
                .take(most)
                .map(|net| net.to_string())
                .collect(),
        }
    };
    ranges.iter().flat_map(written).take(most).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covered(networks: &[&str], family: Family) -> Vec<String> {
        let networks: Vec<String> = networks.iter().map(|&text| text.to_owned()).collect();
        super::networks(&coverage(&networks, family).ranges, family, 8)
    }

    #[test]
    fn only_the_part_within_the_source_range_counts() {
        assert_eq!(covered(&["0.0.0.0/0"], Family::Ipv4), ["35.235.240.0/20"]);
        assert_eq!(covered(&["::/0", "10.0.0.0/8"], Family::Ipv6), ["2600:2d00:1:7::/64"]);
        assert_eq!(covered(&["10.0.0.0/8", "::/0"], Family::Ipv4), [""; 0]);
    }

    #[test]
    fn neighbours_become_one_and_single_addresses_count() {
        assert_eq!(
            covered(&["35.235.248.0/21", "35.235.240.0/21", "35.235.240.9"], Family::Ipv4),
            ["35.235.240.0/20"]
        );
        assert_eq!(covered(&["35.235.240.9"], Family::Ipv4), ["35.235.240.9/32"]);
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        assert!(coverage(&["35.235.240.0/40".into()], Family::Ipv4).unreadable);
        assert!(!coverage(&["2600::/12".into()], Family::Ipv4).unreadable);
    }
}

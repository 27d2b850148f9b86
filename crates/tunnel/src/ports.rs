//! The same local port for the same target each time (`ssh-and-tunnels.md` section 5).

use adit_relay::Target;

/// The lowest port that is given out.
pub const FIRST: u16 = 10_000;
/// The highest: Linux hands out those from 32768 on by itself.
pub const LAST: u16 = 31_999;
/// A port between them that browsers refuse to open (the Fetch standard's list of bad ports).
const BARRED: u16 = 10_080;

/// The local port for a target: always the same one, from [`FIRST`] to [`LAST`], on every system and in every version.
/// Two targets may have the same, and it may be taken: then another is to be picked.
///
/// It is the 64-bit FNV-1a hash, its halves combined by exclusive or, of the target's parts, each followed by a zero
/// byte: `instance`, project, zone, instance, interface, port, or `host`, project, region, network, group, host, port,
/// the port in decimal digits.
#[must_use]
pub fn steady(target: &Target) -> u16 {
    let hash = match target {
        Target::Instance { project, zone, instance, interface, port } => {
            hash(&["instance", project, zone, instance, interface, &port.to_string()])
        }
        Target::Host { project, region, network, group, host, port } => {
            hash(&["host", project, region, network, group, host, &port.to_string()])
        }
    };
    let choices = u64::from(LAST - FIRST);
    // The remainder is below `choices`, which fits.
    let port = FIRST + u16::try_from((hash ^ (hash >> 32)) % choices).unwrap_or_default();
    if port < BARRED { port } else { port + 1 }
}

fn hash(parts: &[&str]) -> u64 {
    let bytes = parts.iter().flat_map(|part| part.bytes().chain([0]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vm(instance: &str, port: u16) -> Target {
        Target::Instance {
            project: "shop-prod".to_owned(),
            zone: "europe-west3-c".to_owned(),
            instance: instance.to_owned(),
            interface: "nic0".to_owned(),
            port,
        }
    }

    #[test]
    fn a_targets_port_never_changes() {
        let host = Target::Host {
            project: "shop-prod".to_owned(),
            region: "europe-west3".to_owned(),
            network: "default".to_owned(),
            group: "office".to_owned(),
            host: "10.0.0.7".to_owned(),
            port: 443,
        };
        let ports =
            [steady(&vm("web-1", 22)), steady(&vm("web-1", 5432)), steady(&vm("web-2", 22)), steady(&host)];
        assert_eq!(ports, [15_396, 11_676, 22_928, 14_965]);
    }

    #[test]
    fn ports_are_spread_over_the_range() {
        let mut ports: Vec<u16> = (0..2000).map(|number| steady(&vm(&format!("vm-{number}"), 22))).collect();
        assert!(ports.iter().all(|port| (FIRST..=LAST).contains(port) && *port != BARRED));
        let (lowest, highest) = (ports.iter().min().unwrap(), ports.iter().max().unwrap());
        assert!(*lowest < FIRST + 200 && *highest > LAST - 200);
        ports.sort_unstable();
        ports.dedup();
        // Evenly spread, 2,000 of 21,999 leave about 1,911 that differ.
        assert!(ports.len() > 1850, "{}", ports.len());
    }
}

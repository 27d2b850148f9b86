//! Where a session leads, and the query strings that ask the relay for it (specification section 2).

use std::fmt::Write as _;

use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};

/// The WebSocket subprotocol to offer (section 2).
pub const SUBPROTOCOL: &str = "relay.tunnel.cloudproxy.app";

/// The value of the `Origin` header (section 2.3). It is a marker, not the URL of an origin.
pub const ORIGIN: &str = "bot:iap-tunneler";

/// Everything but RFC 3986's unreserved characters: what a query value must not carry bare.
const QUERY_VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The far end of a session (section 2.1).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Target {
    /// A port of a VM's network interface.
    Instance {
        /// Project identifier.
        project: String,
        /// Zone name, such as `us-central1-a`.
        zone: String,
        /// Instance name, not its number.
        instance: String,
        /// Network interface name, such as `nic0`.
        interface: String,
        /// TCP port, 1 to 65535.
        port: u16,
    },
    /// A port of a host reached through a destination group.
    Host {
        /// Project identifier.
        project: String,
        /// Region name, such as `us-central1`.
        region: String,
        /// VPC network name.
        network: String,
        /// Destination group name.
        group: String,
        /// IP address or fully qualified domain name.
        host: String,
        /// TCP port, 1 to 65535.
        port: u16,
    },
}

impl Target {
    /// The query of `/v4/connect` (section 2.1), without the leading `?`, every value percent-encoded.
    #[must_use]
    pub fn connect_query(&self) -> String {
        match self {
            Self::Instance { project, zone, instance, interface, port } => query(&[
                ("project", project.as_bytes()),
                ("port", port.to_string().as_bytes()),
                ("newWebsocket", b"True"),
                ("zone", zone.as_bytes()),
                ("instance", instance.as_bytes()),
                ("interface", interface.as_bytes()),
            ]),
            Self::Host { project, region, network, group, host, port } => query(&[
                ("project", project.as_bytes()),
                ("port", port.to_string().as_bytes()),
                ("newWebsocket", b"True"),
                ("region", region.as_bytes()),
                ("network", network.as_bytes()),
                ("host", host.as_bytes()),
                ("group", group.as_bytes()),
            ]),
        }
    }

    /// The query of `/v4/reconnect` (section 2.2), without the leading `?`. It carries the session's secret:
    /// never log it.
    #[must_use]
    pub fn reconnect_query(&self, sid: &Sid, ack: u64) -> String {
        let route = match self {
            Self::Instance { zone, .. } => ("zone", zone.as_bytes()),
            Self::Host { region, .. } => ("region", region.as_bytes()),
        };
        let ack = ack.to_string();
        query(&[("sid", sid.as_bytes()), ("ack", ack.as_bytes()), ("newWebsocket", b"True"), route])
    }
}

fn query(pairs: &[(&str, &[u8])]) -> String {
    let mut out = String::new();
    for (name, value) in pairs {
        if !out.is_empty() {
            out.push('&');
        }
        // Writing to a String cannot fail.
        let _ = write!(out, "{name}={}", percent_encode(value, QUERY_VALUE));
    }
    out
}

/// A session identifier: opaque bytes, and a bearer secret for the session (section 4). Its `Debug` shows
/// the length only.
#[derive(Clone, PartialEq, Eq)]
pub struct Sid(Bytes);

impl Sid {
    /// Wraps the bytes of a `CONNECT_SUCCESS_SID` frame. They are copied, so that the identifier does not
    /// keep a whole receive buffer alive.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Self {
        Self(Bytes::copy_from_slice(bytes))
    }

    /// The bare bytes. They may be anything: percent-encode them, never print them.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Debug for Sid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sid({} bytes)", self.0.len())
    }
}

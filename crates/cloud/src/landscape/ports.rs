//! What stands behind a port of an instance.

use std::net::SocketAddr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// What answers on a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PortHost {
    /// The built-in SSH host with a shell of this system user.
    Ssh,
    /// A remote desktop of a Windows instance, where the cloud was told of a server for it.
    Desktop,
    /// Sends back what it gets.
    Echo,
    /// Nothing listens there (takes SSH away from a Linux instance's port 22).
    Closed,
    /// A server on loopback.
    Address(SocketAddr),
}

impl<'de> Deserialize<'de> for PortHost {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.as_str() {
            "ssh" => Ok(Self::Ssh),
            "desktop" => Ok(Self::Desktop),
            "echo" => Ok(Self::Echo),
            "closed" => Ok(Self::Closed),
            other => match other.parse::<SocketAddr>() {
                Ok(address) if address.ip().is_loopback() => Ok(Self::Address(address)),
                Ok(_) => Err(D::Error::custom(format!("`{other}` is not a loopback address"))),
                Err(_) => Err(D::Error::custom(format!(
                    "`{other}` is none of `ssh`, `desktop`, `echo`, `closed` and a loopback ADDRESS:PORT"
                ))),
            },
        }
    }
}

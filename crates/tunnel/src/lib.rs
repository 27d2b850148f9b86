//! Tunnels through the IAP relay: `adit_relay`'s state machine over TLS on tokio.
//!
//! [`Dialer::dial`] opens a tunnel and hands up a [`Stream`], an ordinary `AsyncRead + AsyncWrite` that stays
//! the same while WebSockets come and go below it. [`listen`] puts a local port before it, [`proxy()`] a pair
//! of local streams.

pub mod audience;
mod copy;
mod dial;
mod driver;
mod endpoint;
mod exchange;
pub mod gateway;
pub mod guard;
mod identity;
pub mod listen;
mod network;
mod opening;
pub mod peer;
mod pipe;
pub mod pool;
pub mod ports;
mod proxy;
mod route;
mod stream;
mod tls;
mod token;
mod upgrade;
mod watch;
mod websocket;

pub use adit_relay::{Config, Failure, FailureKind, Patience, Target, Violation};

pub use dial::{Between, Connection, DialError, DialErrorKind, Dialer, Waiting};
pub use endpoint::{EndpointError, RelayEndpoint, Roots};
pub use identity::ClientIdentity;
pub use network::NetworkChanges;
pub use proxy::{ProxyError, Totals, proxy};
pub use route::{HttpProxy, ProxyChoice, ProxyProblem, RelayAddress};
pub use stream::{Lost, Stream};
pub use token::{Freshness, TokenError, TokenSource};
pub use watch::{Control, Event, Retry, Watch};

/// Sent to the relay and to proxies.
const USER_AGENT: &str = concat!("adit/", env!("CARGO_PKG_VERSION"));

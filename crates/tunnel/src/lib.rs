//! Tunnels through the IAP relay: `adit_relay`'s state machine over TLS on tokio.
//!
//! [`Dialer::dial`] opens a tunnel and hands up a [`Stream`], an ordinary `AsyncRead + AsyncWrite` that stays
//! the same while WebSockets come and go below it. [`listen`] puts a local port before it, [`proxy()`] a pair
//! of local streams.

mod copy;
mod dial;
mod driver;
mod endpoint;
pub mod listen;
mod opening;
mod pipe;
mod proxy;
mod read_ahead;
mod stream;
mod token;
mod upgrade;
mod watch;
mod websocket;

pub use adit_relay::{Config, Failure, FailureKind, Patience, Target, Violation};

pub use dial::{Connection, DialError, DialErrorKind, Dialer};
pub use endpoint::{EndpointError, RelayEndpoint, Roots};
pub use proxy::{ProxyError, Totals, proxy};
pub use stream::{Lost, Stream};
pub use token::{Freshness, TokenError, TokenSource};
pub use watch::{Control, Event, Watch};

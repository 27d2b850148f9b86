//! Terminal bytes on their way to the front end: over a loopback WebSocket, or pulled and pushed by commands.

mod frame;
mod outlet;
mod pipe;
mod server;
mod typed;

pub(crate) use self::{outlet::Outlet, pipe::Input, server::StreamServer};

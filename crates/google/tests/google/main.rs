//! The crate from outside: against small HTTP servers that misbehave on purpose, and against the local cloud.

mod calls;
mod cloud;
mod credentials;
mod server;
mod sign_in;

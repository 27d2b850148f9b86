//! The crate from outside: against small HTTP servers that misbehave on purpose, and against the local cloud.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed, in its helpers too")]

mod calls;
mod cloud;
mod credentials;
mod evidence;
mod server;
mod sign_in;

//! The session against servers that are other code than ours: a stand-in built on another release of the protocol's
//! library (`tests/rdp-host`), and those that people run, from Debian's packages.

#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot be set up has failed")]

mod extras;
mod host;
#[cfg(target_os = "linux")]
mod process;
#[cfg(target_os = "linux")]
mod shadow;
mod support;
#[cfg(target_os = "linux")]
mod weston;
#[cfg(target_os = "linux")]
mod xrdp;

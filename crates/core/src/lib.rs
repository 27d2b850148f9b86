//! What the app does, with no screen: accounts, the inventory, sessions, settings. Nothing here knows Tauri
//! or how a command arrives.
//!
//! [`App`] has one method for each command of the contract. A process without a window uses the pieces: a
//! [`Config`], [`stored_account`] or an [`Access`] of its own, [`inventory::list_all`], and
//! [`sessions::connect`] with its own [`sessions::Observer`].

mod access;
mod accounts;
mod app;
pub mod autostart;
pub mod browser;
pub mod clipboard;
pub mod closing;
mod cloud;
mod config;
mod core;
pub mod demo;
mod desks;
#[cfg(any(target_os = "linux", test))]
mod desktop_entry;
mod diagnostics;
pub mod displays;
mod events;
pub mod explain;
mod favourites;
pub mod file;
pub mod files;
pub mod inventory;
pub mod keychain;
mod keys;
mod layout;
pub mod link;
pub mod log;
pub mod loudspeaker;
mod metadata;
pub mod notice;
pub mod panics;
pub mod printing;
pub mod profiles;
pub mod schemes;
pub mod sessions;
pub mod settings;
pub mod share;
mod stream;
pub mod tray;
mod tunnels;
pub mod updates;
pub mod windows;
mod windows_password;
mod words;

pub use self::{
    access::Access,
    accounts::stored as stored_account,
    app::App,
    cloud::{Cloud, RelayRoute},
    config::{Config, Folders},
    events::EventSink,
    keychain::Keychain,
    sessions::{KnownHosts, RdpSettings},
    tunnels::{Told, called, fill, pool_spec, relay_target},
    words::failure,
};

/// The time as the contract has it: milliseconds since the Unix epoch.
fn now() -> f64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    since.as_secs_f64() * 1000.0
}

//! How a Compute Engine guest lets a user in. Pure: metadata, profiles and the time come in, decisions and
//! the texts to write come out.
//!
//! The rules are the guest's own, since it is the guest that decides (specification: guest access).

mod flags;
mod host_keys;
mod metadata_keys;
mod names;
mod os_login;

pub use flags::{AccountKind, Flag, Flags, System, Way};
pub use host_keys::{GUEST_ATTRIBUTES_QUERY, RejectedHostKey, host_keys};
pub use metadata_keys::{
    Entry, EntryError, Lifetime, MAX_VALUE, Merge, Plan, SSH_KEYS, expire_on, merge, plan,
};
pub use names::{user_name_from_email, valid_user_name};
pub use os_login::{OperatingSystem, PosixAccount, ProfileKey, needs_import, profile_has_key, user_account};

//! The user name and password that clients of a gateway must give.

use secrecy::{ExposeSecret as _, SecretString};
use subtle::ConstantTimeEq as _;

/// A user name and password that clients must give.
#[derive(Debug, Clone)]
pub struct Login {
    /// The user name; no secret. 1 to 255 bytes and without a colon, else no client can give it.
    pub user: String,
    /// The password. 1 to 255 bytes, else SOCKS clients cannot give it.
    pub password: SecretString,
}

impl Login {
    /// Whether these are the ones. How long it takes tells their lengths at most.
    pub(super) fn is(&self, user: &[u8], password: &[u8]) -> bool {
        let user = self.user.as_bytes().ct_eq(user);
        let password = self.password.expose_secret().as_bytes().ct_eq(password);
        (user & password).into()
    }
}

//! The `adit` command, tried as a whole: against the demo landscape, with OpenSSH, and with long transfers through a
//! relay that keeps dropping the connection.

#![expect(clippy::expect_used, reason = "a test that cannot be set up has failed")]

mod command_line;
mod desktop;
mod openssh;
mod settings;
mod support;
mod transfer;

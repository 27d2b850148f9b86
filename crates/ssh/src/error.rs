//! Why an SSH session could not be opened or went away.

use crate::host_key::HostKey;

/// What was being done when the time was up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Version exchange, key exchange and host key check, without the time a person needs to decide.
    Handshake,
    /// Proving who the user is, without the time a person needs to answer.
    Authentication,
    /// Opening a channel and asking for a terminal, a shell or a command.
    Channel,
}

/// What the server was asked for on an authenticated connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// A session channel.
    Channel,
    /// A pseudo-terminal.
    Terminal,
    /// The user's shell.
    Shell,
    /// A command.
    Command,
}

/// Why an SSH session could not be opened or went away.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The server has none of the host keys that are known for it.
    #[error("the host key is not the one that is known for this host")]
    HostKeyChanged {
        /// The keys that are known.
        expected: Vec<HostKey>,
        /// The key that the server proved to have; none if it has no key of a known algorithm.
        presented: Option<HostKey>,
    },
    /// The host key was not known and the user did not accept it.
    #[error("the host key was not accepted")]
    HostKeyRejected {
        /// The key that the server proved to have.
        presented: HostKey,
    },
    /// The server does not accept the user's key (for this user).
    #[error("the server refused the key (it would go on with: {})", list(.methods))]
    KeyRefused {
        /// The authentication methods with which the server would go on, by their names in RFC 4252.
        methods: Vec<String>,
    },
    /// The key was accepted, the second factor was not.
    #[error("the server refused the second factor")]
    SecondFactorRefused {
        /// The authentication methods with which the server would go on.
        methods: Vec<String>,
    },
    /// The key was accepted, and the server wants a further method that this client does not have.
    #[error("the server wants a further authentication method: {}", list(.methods))]
    UnsupportedMethod {
        /// The authentication methods with which the server would go on.
        methods: Vec<String>,
    },
    /// The user gave up instead of answering the server's prompts.
    #[error("authentication was given up")]
    Cancelled,
    /// The connection ended.
    #[error("the connection ended{}", because(.reason))]
    Disconnected {
        /// What the server or the stream said, fit to be shown.
        reason: Option<String>,
    },
    /// Client and server have no algorithm in common.
    #[error("no common {kind} algorithm; the server offers: {}", list(.theirs))]
    NoCommonAlgorithm {
        /// Of what kind: key exchange, host key, cipher, MAC or compression.
        kind: String,
        /// What the server offers.
        theirs: Vec<String>,
    },
    /// The peer does not speak SSH as it should, or is no SSH server.
    #[error("the SSH handshake failed: {message}")]
    Handshake {
        /// What was wrong.
        message: String,
    },
    /// No answer in time.
    #[error("no answer in time during {}", stage(*.0))]
    TimedOut(Stage),
    /// The server refused a request on an authenticated connection.
    #[error("the server refused {}", request(*.0))]
    Refused(Request),
}

fn list(items: &[String]) -> String {
    if items.is_empty() { "nothing".to_owned() } else { items.join(", ") }
}

fn because(reason: &Option<String>) -> String {
    reason.as_ref().map(|r| format!(": {r}")).unwrap_or_default()
}

fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Handshake => "the SSH handshake",
        Stage::Authentication => "authentication",
        Stage::Channel => "the opening of the session",
    }
}

fn request(request: Request) -> &'static str {
    match request {
        Request::Channel => "a session",
        Request::Terminal => "a terminal",
        Request::Shell => "a shell",
        Request::Command => "the command",
    }
}

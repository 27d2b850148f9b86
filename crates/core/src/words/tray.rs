//! The tray: the rows of its menu, and the line about its icon.

use adit_contract::{ProfileState, Protocol, SessionState};

pub(crate) const OPEN: &str = "Open Adit";
pub(crate) const SESSIONS: &str = "Sessions";
pub(crate) const TUNNELS: &str = "Tunnels";
pub(crate) const FAVOURITES: &str = "Favourites";
pub(crate) const PROFILES: &str = "Profiles";
pub(crate) const PAUSE_ALL: &str = "Pause all tunnels";
pub(crate) const RESUME_ALL: &str = "Resume paused tunnels";
pub(crate) const SETTINGS: &str = "Settings";
pub(crate) const QUIT: &str = "Quit Adit";

pub(crate) fn sign_in_again(email: &str) -> String {
    format!("Sign in again as {email}")
}

pub(crate) fn more(left: usize) -> String {
    format!("{left} more in the window")
}

pub(crate) fn session(name: &str, protocol: Protocol, state: &SessionState) -> String {
    let state = match state {
        SessionState::Connecting { .. } => "connecting",
        SessionState::Asking { .. } => "has a question",
        SessionState::Live => "open",
        SessionState::Resuming { .. } => "resuming",
        SessionState::Ended { .. } => "ended",
        SessionState::Failed { .. } => "lost",
    };
    match protocol {
        Protocol::Ssh => format!("{name} – {state}"),
        Protocol::Rdp => format!("{name} desktop – {state}"),
    }
}

pub(crate) fn favourite(vm: &str, project: &str) -> String {
    format!("{vm} – {project}")
}

// ---- tunnels

pub(crate) fn of_a_command(tunnel: &str) -> String {
    format!("{tunnel} – of a command")
}

pub(crate) fn stopped(tunnel: &str) -> String {
    format!("{tunnel} – stopped, click to start")
}

pub(crate) fn starting(tunnel: &str) -> String {
    format!("{tunnel} – starting")
}

pub(crate) fn running(tunnel: &str) -> String {
    format!("{tunnel} – running, click to pause")
}

pub(crate) fn resuming(tunnel: &str) -> String {
    format!("{tunnel} – resuming")
}

pub(crate) fn waiting_for_sign_in(tunnel: &str) -> String {
    format!("{tunnel} – sign-in needed, click to sign in")
}

/// It has failed, and listens still.
pub(crate) fn failing(tunnel: &str) -> String {
    format!("{tunnel} – failed, click to pause")
}

pub(crate) fn failed(tunnel: &str) -> String {
    format!("{tunnel} – failed, click to try again")
}

// ---- profiles

pub(crate) fn profile(name: &str, state: &ProfileState) -> String {
    match state {
        ProfileState::Idle => name.to_owned(),
        ProfileState::Session { .. } => format!("{name} – open"),
        ProfileState::Tunnel { .. } => format!("{name} – running"),
        ProfileState::Failed { .. } => format!("{name} – failed, click to try again"),
    }
}

pub(crate) fn start_all(count: usize) -> String {
    format!("Start all {count}")
}

// ---- the line about the icon

/// Nothing needs the person.
pub(crate) fn calm(sessions: usize, tunnels: usize) -> String {
    let sessions = match sessions {
        0 => "no session".to_owned(),
        1 => "1 session".to_owned(),
        n => format!("{n} sessions"),
    };
    let tunnels = match tunnels {
        0 => "no tunnel".to_owned(),
        1 => "1 tunnel".to_owned(),
        n => format!("{n} tunnels"),
    };
    format!("Adit: {sessions}, {tunnels}")
}

/// Something needs the person: `first` is one of what follows, and so much more does.
pub(crate) fn needs_you(first: &str, more: usize) -> String {
    match more {
        0 => format!("Adit needs you: {first}"),
        more => format!("Adit needs you: {first}, and {more} more"),
    }
}

pub(crate) const NEEDS_SIGN_IN: &str = "sign in again";

pub(crate) fn needs_sign_in_as(email: &str) -> String {
    format!("sign in again as {email}")
}

pub(crate) fn needs_answer(session: &str) -> String {
    format!("{session} has a question")
}

pub(crate) fn lost(session: &str) -> String {
    format!("the session on {session} was lost")
}

pub(crate) fn tunnel_has_failed(tunnel: &str) -> String {
    format!("the tunnel {tunnel} has failed")
}

pub(crate) fn profile_has_failed(profile: &str) -> String {
    format!("the profile {profile} has failed")
}

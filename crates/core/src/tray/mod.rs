//! What the tray shows: its icon, its tooltip and its menu, from how the app stands. Pure; the shell draws it.

mod need;
mod profiles;

use std::collections::BTreeSet;

use adit_contract::{
    AccountInfo, AccountState, InstanceRef, ProfileInfo, SessionInfo, TunnelAction, TunnelInfo, TunnelState,
};

use crate::{
    closing::{is_on, is_open},
    tunnels,
    words::tray as words,
};

/// The most rows of one kind; what is beyond is in the window.
const MOST_ROWS: usize = 12;
/// The longest name in a row, in characters.
const LONGEST_NAME: usize = 40;

/// Which of the three icons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// All is well.
    Calm,
    /// Something is being connected or resumed.
    Busy,
    /// Something waits for the person.
    NeedsYou,
}

/// The tray as it is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tray {
    /// The icon.
    pub mark: Mark,
    /// A line about it.
    pub tip: String,
    /// The menu, from above.
    pub rows: Vec<Row>,
}

/// A row of the menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Row {
    /// A line between groups.
    Separator,
    /// What the rows below are; cannot be clicked.
    Heading(String),
    /// Does something when it is clicked.
    Item {
        /// What it says.
        text: String,
        /// What it does.
        does: Does,
    },
    /// A menu of its own.
    Menu {
        /// What it says.
        text: String,
        /// What is in it, menus among it.
        rows: Vec<Row>,
    },
}

/// What a row does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Does {
    /// Opens the window, or brings it to the front.
    Open,
    /// Starts or pauses a tunnel.
    Tunnel(String, TunnelAction),
    /// Shows all tunnels, with one of them chosen.
    Tunnels(Option<String>),
    /// Opens the window at a session.
    Session(String),
    /// Shows all sessions.
    Sessions,
    /// Connects a session that was lost once more, and shows it.
    Reconnect(String),
    /// Connects to a VM, or goes to its open session.
    Connect(InstanceRef),
    /// Shows the tree, which begins with the favourites.
    Explorer,
    /// Starts a profile, or goes to what of it is open.
    Profile(String),
    /// Starts these profiles.
    StartProfiles(Vec<String>),
    /// Shows all profiles, with one of them chosen.
    Profiles(Option<String>),
    /// Begins a sign-in in the browser.
    SignIn,
    /// Pauses all tunnels that run.
    PauseAll,
    /// Starts those again that were paused.
    ResumeAll,
    /// Shows the settings.
    Settings,
    /// Ends the app.
    Quit,
}

/// What the tray is made from.
#[derive(Debug)]
pub(crate) struct Shown<'a> {
    pub(crate) accounts: &'a [AccountInfo],
    pub(crate) sessions: &'a [SessionInfo],
    pub(crate) tunnels: &'a [TunnelInfo],
    /// Ids of tunnels that were paused.
    pub(crate) paused: &'a BTreeSet<String>,
    pub(crate) favourites: &'a [InstanceRef],
    pub(crate) profiles: &'a [ProfileInfo],
    /// Ids of the profiles that were started at login and of which nobody has seen what became of them.
    pub(crate) unseen: &'a BTreeSet<String>,
}

/// The tray for how the app stands.
pub(crate) fn tray(shown: &Shown<'_>) -> Tray {
    let mut rows = vec![item(words::OPEN, Does::Open)];
    if let Some(account) = shown.accounts.iter().find(|account| account.state == AccountState::SignInNeeded) {
        rows.push(item(words::sign_in_again(&short(&account.email)), Does::SignIn));
    }
    let sessions: Vec<&SessionInfo> =
        shown.sessions.iter().filter(|session| is_open(&session.state) || need::was_lost(session)).collect();
    group(&mut rows, words::SESSIONS, &sessions, Does::Sessions, |session| {
        let name = session.name.as_ref().unwrap_or(&session.instance.name);
        let text = words::session(&short(name), session.protocol, &session.state);
        item(text, Does::Session(session.id.clone()))
    });
    // What runs first: only so many fit. The order within each is that of the window.
    let (on, off): (Vec<&TunnelInfo>, Vec<&TunnelInfo>) =
        shown.tunnels.iter().partition(|tunnel| is_on(&tunnel.state));
    let running = on.iter().filter(|tunnel| !tunnel.by_command).count();
    let all: Vec<&TunnelInfo> = on.into_iter().chain(off).collect();
    group(&mut rows, words::TUNNELS, &all, Does::Tunnels(None), |tunnel| tunnel_row(tunnel));
    let stopped = shown.tunnels.iter().filter(|tunnel| !is_on(&tunnel.state));
    let paused = stopped.filter(|tunnel| shown.paused.contains(&tunnel.id)).count();
    if running > 0 {
        rows.push(item(words::PAUSE_ALL, Does::PauseAll));
    }
    if paused > 0 {
        rows.push(item(words::RESUME_ALL, Does::ResumeAll));
    }
    let favourites: Vec<&InstanceRef> = shown.favourites.iter().collect();
    group(&mut rows, words::FAVOURITES, &favourites, Does::Explorer, |instance| {
        item(
            words::favourite(&short(&instance.name), &short(&instance.project)),
            Does::Connect((*instance).clone()),
        )
    });
    if !shown.profiles.is_empty() {
        rows.extend([Row::Separator, profiles::menu(shown.profiles)]);
    }
    rows.extend([Row::Separator, item(words::SETTINGS, Does::Settings), item(words::QUIT, Does::Quit)]);
    let needs = need::needs(shown);
    let mark = match (needs.is_empty(), need::is_busy(shown)) {
        (false, _) => Mark::NeedsYou,
        (true, true) => Mark::Busy,
        (true, false) => Mark::Calm,
    };
    let tip = need::tip(&needs).unwrap_or_else(|| {
        let open = shown.sessions.iter().filter(|session| is_open(&session.state)).count();
        let on = shown.tunnels.iter().filter(|tunnel| is_on(&tunnel.state)).count();
        words::calm(open, on)
    });
    Tray { mark, tip, rows }
}

fn item(text: impl Into<String>, does: Does) -> Row {
    Row::Item { text: text.into(), does }
}

fn group<T>(rows: &mut Vec<Row>, heading: &str, all: &[T], more: Does, row: impl Fn(&T) -> Row) {
    if all.is_empty() {
        return;
    }
    rows.extend([Row::Separator, Row::Heading(heading.to_owned())]);
    rows.extend(all.iter().take(MOST_ROWS).map(row));
    if let Some(left) = all.len().checked_sub(MOST_ROWS).filter(|left| *left > 0) {
        rows.push(item(words::more(left), more));
    }
}

fn tunnel_row(tunnel: &TunnelInfo) -> Row {
    let name = tunnel_name(tunnel);
    if tunnel.by_command {
        // It ends with its command, and not from here.
        return item(words::of_a_command(&name), Does::Tunnels(Some(tunnel.id.clone())));
    }
    let (text, action) = match &tunnel.state {
        TunnelState::Stopped => (words::stopped(&name), TunnelAction::Start),
        TunnelState::Starting { .. } => (words::starting(&name), TunnelAction::Stop),
        TunnelState::Listening | TunnelState::Live => (words::running(&name), TunnelAction::Stop),
        TunnelState::Resuming { .. } => (words::resuming(&name), TunnelAction::Stop),
        TunnelState::SignInNeeded { .. } => {
            return item(words::waiting_for_sign_in(&name), Does::SignIn);
        }
        TunnelState::Failed { listening: true, .. } => (words::failing(&name), TunnelAction::Stop),
        TunnelState::Failed { listening: false, .. } => (words::failed(&name), TunnelAction::Start),
    };
    item(text, Does::Tunnel(tunnel.id.clone(), action))
}

/// What a tunnel is called, however long its name is.
fn tunnel_name(tunnel: &TunnelInfo) -> String {
    if tunnel.spec.name.is_empty() {
        format!("{}:{}", short(tunnels::called(&tunnel.spec.target)), tunnels::port(&tunnel.spec.target))
    } else {
        short(&tunnel.spec.name)
    }
}

/// A name cut in its middle: what tells VMs apart is most often at the end. Control characters, which a name given by
/// hand may have, become blanks.
fn short(name: &str) -> String {
    let letters: Vec<char> = name.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if letters.len() <= LONGEST_NAME {
        return letters.into_iter().collect();
    }
    let head = LONGEST_NAME / 2;
    let tail = LONGEST_NAME - head - 1;
    let end = letters.len() - tail;
    letters.iter().take(head).chain(std::iter::once(&'…')).chain(letters.iter().skip(end)).collect()
}

#[cfg(test)]
mod tests;

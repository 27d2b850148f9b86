//! Sessions: their tabs, what they do on the way in, and what keeps them from it. What only desktops have is in `desktop`.

use adit_contract::{Action, Failure, FailureCode};
use jiff::Zoned;

use super::{failure::sign_in_needed, invalid};

// ---- tabs

pub(crate) fn tab_closed() -> Failure {
    invalid("This tab is closed", "Open the VM again.")
}

pub(crate) fn too_many_tabs(most: usize) -> Failure {
    invalid(format!("{most} tabs are open"), "Close one of them first.")
}

pub(crate) fn tab_name(longest: usize) -> Failure {
    invalid("This name cannot be a tab's", format!("Take one line of at most {longest} characters."))
}

pub(crate) fn not_asked() -> Failure {
    invalid("The session no longer asks for this", "")
}

pub(crate) fn shows_desktop() -> Failure {
    invalid("This tab shows a desktop", "")
}

pub(crate) fn shows_terminal() -> Failure {
    invalid("This tab shows a terminal", "")
}

pub(crate) fn stream_broke(why: &str) -> Failure {
    Failure::new(FailureCode::Internal, "The tab's stream broke", "Close the tab and open it again.")
        .with_server("stream", why)
}

pub(crate) fn signed_out() -> Failure {
    sign_in_needed("The account was signed out")
}

// ---- on the way in

pub(crate) fn reading(vm: &str) -> String {
    format!("Reading {vm}")
}

pub(crate) fn starting(vm: &str) -> String {
    format!("Starting {vm}")
}

pub(crate) fn waiting_for_start(vm: &str) -> String {
    format!("Waiting for {vm} to start")
}

pub(crate) fn opening_tunnel(vm: &str) -> String {
    format!("Opening a tunnel to {vm}")
}

pub(crate) fn waiting_for_answer(vm: &str) -> String {
    format!("Waiting for {vm} to answer")
}

pub(crate) fn giving_key(vm: &str) -> String {
    format!("Giving {vm} your key")
}

pub(crate) fn waiting_for_key(vm: &str) -> String {
    format!("Waiting for {vm} to pick up the key")
}

pub(crate) fn checking(vm: &str) -> String {
    format!("Checking who {vm} is")
}

pub(crate) fn signing_in_to(vm: &str) -> String {
    format!("Signing in to {vm}")
}

pub(crate) fn signing_in_as(user: &str) -> String {
    format!("Signing in as {user}")
}

pub(crate) fn opening_terminal(vm: &str) -> String {
    format!("Opening a terminal on {vm}")
}

// ---- once it is open

pub(crate) const TERMINAL_RESUMES: &str = "The relay was lost. Nothing you typed is lost.";

/// A sign-in is needed before the session goes on; `why` is without a full stop.
pub(crate) fn resumes_after_sign_in(why: &str) -> String {
    format!("{why}. The session goes on once you have signed in.")
}

pub(crate) fn announced_host_key(vm: &str) -> String {
    format!("The host key is one that {vm} itself announced.")
}

/// Until when a key is in the metadata; none: for good.
pub(crate) fn acts_as_root(user: &str, vm: &str, until: Option<&str>) -> String {
    match until {
        Some(until) => format!("Your key lets {user} act as root on {vm} until {until}."),
        None => format!("Your key lets {user} act as root on {vm}."),
    }
}

pub(crate) fn key_in_os_login(until: &str) -> String {
    format!("Your key was added to your OS Login profile until {until}.")
}

/// A moment as it is named in a sentence.
pub(crate) fn time(at: &Zoned) -> String {
    at.strftime("%-d %B, %H:%M").to_string()
}

// ---- what keeps one from it

pub(crate) fn suspended(vm: &str) -> Failure {
    not_running(format!("{vm} is suspended"), "Resume it and connect?")
}

pub(crate) fn stopped(vm: &str) -> Failure {
    not_running(format!("{vm} is stopped"), "Start it and connect?")
}

fn not_running(title: String, advice: &str) -> Failure {
    Failure::new(FailureCode::VmStopped, title, advice)
        .with_action(Action::StartAndConnect)
        .with_action(Action::TryAgain)
}

pub(crate) fn being_suspended(vm: &str) -> Failure {
    busy(format!("{vm} is being suspended"))
}

pub(crate) fn being_repaired(vm: &str) -> Failure {
    busy(format!("{vm} is being repaired by Google"))
}

pub(crate) fn stopping(vm: &str) -> Failure {
    busy(format!("{vm} is stopping"))
}

fn busy(title: String) -> Failure {
    Failure::new(FailureCode::VmBusy, title, "Try again when it has come to rest.")
        .with_action(Action::TryAgain)
}

pub(crate) fn certificates_only(vm: &str) -> Failure {
    not_supported(
        format!("{vm} lets in SSH certificates only"),
        "Adit cannot use certificates of OS Login yet. Use gcloud compute ssh for this VM.",
    )
}

pub(crate) fn security_keys_only(vm: &str) -> Failure {
    not_supported(
        format!("{vm} lets in security keys only"),
        "Adit's terminal cannot use a security key. Use the system's ssh with adit proxy as its ProxyCommand.",
    )
}

pub(crate) fn runs_windows(vm: &str) -> Failure {
    not_supported(
        format!("{vm} runs Windows"),
        "Connect by Remote Desktop. SSH works only where the VM's metadata has enable-windows-ssh.",
    )
}

fn not_supported(title: String, advice: &str) -> Failure {
    Failure::new(FailureCode::NotSupported, title, advice)
}

pub(crate) fn metadata_full(vm: &str) -> Failure {
    invalid(
        format!("There is no room for a key in the metadata of {vm}"),
        "Other people's keys fill it. Remove some that are no longer needed, or use OS Login.",
    )
}

pub(crate) fn unwritable_name() -> Failure {
    invalid("Your account's name cannot be written to the VM's metadata", "Use OS Login on this VM instead.")
}

pub(crate) fn keys_not_allowed(details: &str) -> Failure {
    Failure::new(
        FailureCode::PermissionDenied,
        "Your organisation does not let you add an SSH key to OS Login",
        "Ask an administrator to allow keys, or to give you another way into the VM.",
    )
    .with_server("osLogin", details)
}

pub(crate) fn no_os_login_account(project: &str) -> Failure {
    Failure::new(
        FailureCode::PermissionDenied,
        format!("OS Login has no account for you in {project}"),
        "Ask an administrator for the role Compute OS Login (roles/compute.osLogin).",
    )
}

pub(crate) const HOST_KEYS_NOT_READ: &str = "The known host keys could not be read";
pub(crate) const HOST_KEYS_NOT_WRITTEN: &str = "The known host keys could not be written";

//! A desktop's attempt: in by RDP, then pictures one way and what the person does the other, and back again by itself
//! when the connection is lost.

mod ask;
mod carry;
mod coming;
mod files;
mod folders;
mod link;
mod locks;
mod login;
mod marks;
mod open;
mod pins;
mod player;
mod printers;
mod settings;
mod trust;
mod typing;

use std::{path::PathBuf, sync::Arc, time::Duration};

use adit_contract::{DesktopSize, Failure, FailureCode, InstanceRef, SessionEnd, Step};
use adit_rdp::{
    Control, Size,
    input::{Input, Locks},
};
use secrecy::SecretString;
use tokio::time::Instant;

use super::{
    attempt::{Failed, Start, Tab},
    connect::Context,
    known_hosts::HostId,
    observer::{Observer as _, Remember, Role},
};
use crate::{
    clipboard::SystemClipboard,
    loudspeaker::Loudspeaker,
    metadata::jittered,
    printing::Printing,
    stream::{Outlet, Screen},
    windows_password, words,
};

use self::{
    carry::{Left, carry},
    login::Login,
    open::Opening,
};

pub(super) use self::login::check_typed;
pub(crate) use self::login::forget_profiles;
pub(crate) use self::pins::KnownCertificates;
pub use self::settings::{Graphics, KeyboardLayout, Printers, RdpSettings, Sound};

/// How long each try to come back waits before it dials.
const BACKOFF: [Duration; 5] = [
    Duration::ZERO,
    Duration::from_secs(2),
    Duration::from_secs(6),
    Duration::from_secs(14),
    Duration::from_secs(30),
];
/// A desktop that was back for so long has come back for good: its next loss is a new one.
const SETTLED: Duration = Duration::from_secs(60);

/// What desktops need beside a context.
#[derive(Clone)]
pub(crate) struct Desktops {
    /// Where certificates are pinned.
    pub(crate) certificates: KnownCertificates,
    /// The clipboard here.
    pub(crate) clipboard: Arc<dyn SystemClipboard>,
    /// What plays sound here.
    pub(crate) loudspeaker: Arc<dyn Loudspeaker>,
    /// The printers here.
    pub(crate) printing: Arc<dyn Printing>,
    /// Where files that were copied there are saved.
    pub(crate) downloads: Option<PathBuf>,
}

/// What the session of a desktop holds from one attempt to the next.
pub(super) struct Held {
    /// What the tab has room for.
    pub(super) size: Size,
    pub(super) screen: Arc<Outlet<Screen>>,
    /// Who has signed in, or was going to.
    login: Option<Login>,
    /// The password that was made for it.
    pub(super) made: Option<SecretString>,
    /// The keys that stay, as the tab told of them last.
    pub(super) locks: Option<Locks>,
    /// Steers the desktop while it is shown.
    pub(super) control: Option<Control>,
}

impl Held {
    pub(super) fn new(size: DesktopSize) -> Self {
        Self {
            size: room(size),
            screen: Arc::new(Outlet::new(Screen::new())),
            login: None,
            made: None,
            locks: None,
            control: None,
        }
    }

    /// Whoever was refused is not tried again.
    fn forget_login(&mut self) {
        self.login = None;
    }

    /// Nothing that lets somebody in is held any longer.
    pub(super) fn forget(&mut self) {
        self.login = None;
        self.made = None;
    }
}

/// The nearest size that the protocol allows.
fn room(size: DesktopSize) -> Size {
    Size { width: size.width, height: size.height, scale: size.scale }.clamped()
}

/// Runs until the desktop has ended.
pub(super) async fn run(tab: &Arc<Tab>, start: Start) -> Result<SessionEnd, Failed> {
    let screen = tab.session.screen()?;
    let ended = Box::pin(show(tab, start, &screen.way)).await;
    tab.session.held(|held| held.control = None);
    screen.way.end();
    ended
}

async fn show(tab: &Arc<Tab>, start: Start, screen: &Screen) -> Result<SessionEnd, Failed> {
    let opening = Opening::begin(tab, &start).await?;
    let mut connection = Box::pin(opening.first(&start)).await?;
    let mut tries = BACKOFF.iter();
    loop {
        let since = Instant::now();
        screen.show();
        tab.session.held(|held| held.control = Some(connection.session.control.clone()));
        tab.live(&connection.watch);
        let left = Box::pin(carry(tab, &mut connection, screen)).await;
        files::lost(tab);
        let mut lost = match left {
            Left::Ended(end) => return Ok(end),
            Left::Over(failed) => return Err(failed),
            Left::Lost(failed) => failed,
        };
        let cookie = connection.session.control.cookie();
        tab.session.held(|held| held.control = None);
        drop(connection);
        if since.elapsed() >= SETTLED {
            tries = BACKOFF.iter();
        }
        connection = loop {
            let Some(wait) = tries.next() else { return Err(lost) };
            let again = words::desktop::reconnecting(&tab.session.instance.name);
            tab.step(Step::Reconnect, again);
            tokio::time::sleep(jittered(*wait)).await;
            match Box::pin(opening.again(cookie.clone())).await {
                Ok(connection) => {
                    if let Some(locks) = tab.session.held(|held| held.locks).flatten() {
                        // A desktop that is lost again says so by itself.
                        let _ = connection.session.control.input(vec![Input::Locks(locks)]).await;
                    }
                    break connection;
                }
                Err(failed) if is_passing(failed.failure.code) => lost = failed,
                Err(failed) => return Err(failed),
            }
        };
    }
}

/// Has the agent of a Windows VM set a password, with no session to use it; kept in the keychain only if that is wished.
pub(crate) async fn make_windows_password(
    context: &Context,
    instance: &InstanceRef,
    user: &str,
    role: Role,
    remember: Remember,
) -> Result<SecretString, Failure> {
    let set = windows_password::set(context, instance, user, role).await;
    let windows_password::Set { password, read } = set.map_err(|refused| refused.failure)?;
    if remember == Remember::InKeychain {
        let host = HostId::new(&context.cloud, instance, &read);
        let login = Login {
            user: user.to_owned(),
            password: password.clone(),
            source: login::Source::Person(remember),
        };
        login.remember(login::Connection { context, host: &host, profile: None }).await;
    }
    Ok(password)
}

/// Whether what is in the way may have gone a moment later, with nobody doing anything about it.
fn is_passing(code: FailureCode) -> bool {
    match code {
        FailureCode::BackendUnreachable
        | FailureCode::RelayUnreachable
        | FailureCode::Throttled
        | FailureCode::ConnectionLost
        | FailureCode::ProtocolViolation
        | FailureCode::Network
        | FailureCode::Server
        | FailureCode::VmBusy => true,
        FailureCode::Cancelled
        | FailureCode::SignInNeeded
        | FailureCode::NotAuthorized
        | FailureCode::PermissionDenied
        | FailureCode::ApiDisabled
        | FailureCode::NotFound
        | FailureCode::VmStopped
        | FailureCode::KeyRefused
        | FailureCode::HostKeyChanged
        | FailureCode::HostKeyRejected
        | FailureCode::CertificateUnknown
        | FailureCode::CertificateChanged
        | FailureCode::PasswordRefused
        | FailureCode::NotSupported
        | FailureCode::Keychain
        | FailureCode::InvalidInput
        | FailureCode::PortTaken
        | FailureCode::File
        | FailureCode::UpdateRefused
        | FailureCode::Internal => false,
    }
}

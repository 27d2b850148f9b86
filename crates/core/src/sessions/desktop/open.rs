//! The way to a desktop: the VM, a tunnel, who signs in, the certificate, the first picture.

use std::{sync::Arc, time::Duration};

use adit_contract::{Action, ClipboardSharing, DesktopInfo, Failure, FailureCode, Step};
use adit_rdp::{Certificate, Cookie, Error, Options, SignIn, Stage, message::Kind};
use adit_tunnel::{Event, Watch};
use tokio::time::{Instant, timeout, timeout_at};

use super::{
    super::{
        attempt::{Failed, LAST_WORDS, Presented, Start, Tab},
        connect::Context,
        known_hosts::HostId,
        observer::Observer as _,
        vm,
    },
    folders,
    link::Link,
    login::{Login, Password},
    pins::Door,
    player::Player,
    printers::{Looking, Press},
    settings::{KeyboardLayout, Printers, RdpSettings, Sound},
    trust::Decider,
};
use crate::{
    clipboard::SystemClipboard,
    failure,
    loudspeaker::Loudspeaker,
    printing::Printing,
    stream::{Outlet, Screen},
    words,
};

/// A tunnel that nobody used for longer while the person thought is opened anew: servers do not wait long for a first
/// word.
const PATIENT: Duration = Duration::from_secs(15);
/// After so long a desktop is shown although its server has drawn nothing: it may be black.
const FIRST_PICTURE: Duration = Duration::from_secs(20);
/// For so long this computer is asked which keyboard it has.
const KEYBOARD: Duration = Duration::from_secs(1);

/// A desktop that has come up.
pub(super) struct Connection {
    pub(super) session: adit_rdp::Session,
    pub(super) watch: Watch,
    /// Its share of the clipboard, if it has one.
    pub(super) link: Option<Arc<Link>>,
    /// What plays its sound, if that is wished.
    pub(super) player: Option<Arc<Player>>,
}

/// All that is known of a VM whose desktop is to be opened.
pub(super) struct Opening {
    pub(super) tab: Arc<Tab>,
    pub(super) context: Context,
    pub(super) settings: RdpSettings,
    pub(super) host: HostId,
    decider: Decider,
    dialer: adit_tunnel::Dialer,
    screen: Arc<Outlet<Screen>>,
    clipboard: Arc<dyn SystemClipboard>,
    loudspeaker: Arc<dyn Loudspeaker>,
    printing: Arc<dyn Printing>,
    pub(super) can_set_password: bool,
}

/// Whether a desktop is opened for the first time, or comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Visit {
    First,
    Again,
}

/// What to do about a connection that did not come up.
enum Next {
    /// Once more, with what has been decided meanwhile.
    Again,
    /// Ask for another name or password.
    Ask { failure: Failure, password: Password },
    /// It is over.
    Fail(Failed),
}

impl Opening {
    /// Reads the VM, and starts it where that is wished.
    pub(super) async fn begin(tab: &Arc<Tab>, start: &Start) -> Result<Self, Failed> {
        let session = &tab.session;
        let instance = &session.instance;
        let screen = session.screen()?;
        let context = session.context()?;
        let settings =
            session.surroundings.rdp_settings(instance, session.profile.as_deref(), &session.linked);
        let desktops = session.surroundings.desktops();
        session.change(tab.epoch, |inner| {
            let made_password = inner.info.desktop.as_ref().is_some_and(|desktop| desktop.made_password);
            inner.info.desktop = Some(DesktopInfo { made_password, ..settings.info() });
        });
        tab.step(Step::ReadVm, words::sessions::reading(&instance.name));
        let (read, common) =
            tokio::join!(vm::read(&context, instance), vm::common_metadata(&context, instance));
        let (read, patience) =
            vm::running(&context, instance, read?, start.if_stopped(), tab.as_ref()).await?;
        let host = HostId::new(&context.cloud, instance, &read);
        let door = Door { host: host.clone(), port: settings.port };
        if let Start::ReplaceCertificate(certificate) = start {
            // At once: whoever replaced a certificate is not asked again, whatever becomes of this attempt.
            desktops.certificates.pin(&door, *certificate).await?;
        }
        if patience == adit_tunnel::Patience::default() {
            tab.step(Step::OpenTunnel, words::sessions::opening_tunnel(&instance.name));
        } else {
            tab.step(Step::WaitForVm, words::sessions::waiting_for_answer(&instance.name));
        }
        let is_windows = read.os == adit_google::Os::Windows;
        let flags = vm::flags(&read, &common);
        Ok(Self {
            decider: Decider::new(tab.clone(), desktops.certificates, door),
            dialer: context.access.dialer().with_patience(patience),
            clipboard: desktops.clipboard,
            loudspeaker: desktops.loudspeaker,
            printing: desktops.printing,
            screen,
            can_set_password: is_windows && !flags.account_manager_disabled.is_on(),
            tab: tab.clone(),
            context,
            settings,
            host,
        })
    }

    pub(super) fn name(&self) -> &str {
        &self.tab.session.instance.name
    }

    /// Begins to look for the printers here, where they are shared.
    fn look_for_printers(&self) -> Option<Looking> {
        (self.settings.printers == Printers::Shared).then(|| Looking::begin(self.printing.clone()))
    }

    async fn dial(&self) -> Result<adit_tunnel::Connection, Failed> {
        let instance = &self.tab.session.instance;
        Ok(vm::dial(&self.dialer, instance, self.settings.port, &self.context.access).await?)
    }

    /// Opens the desktop for the first time, with the person at hand to answer.
    pub(super) async fn first(&self, start: &Start) -> Result<Connection, Failed> {
        let printers = self.look_for_printers();
        let mut login = match start {
            Start::OtherCredentials => None,
            Start::Plain | Start::WithVm | Start::ReplaceHostKey(_) | Start::ReplaceCertificate(_) => {
                self.known_login().await
            }
        };
        let mut user = match &login {
            Some(login) => login.user.clone(),
            None => self.likely_user().await,
        };
        let mut refused = None;
        // A denied tunnel is told before anybody is asked for a password.
        let mut tunnel = Some(self.dial().await?);
        let mut retried = false;
        loop {
            let this = match login.clone() {
                Some(login) => login,
                None => {
                    let asked = Instant::now();
                    let answer = self.ask(user.clone(), refused.take()).await?;
                    if asked.elapsed() > PATIENT {
                        tunnel = None;
                    }
                    // Held from now on: what fails for another reason is tried again without asking.
                    self.tab.session.held(|held| held.login = Some(answer.clone()));
                    login.insert(answer).clone()
                }
            };
            let connection = match tunnel.take() {
                Some(tunnel) => tunnel,
                None => {
                    self.tab.step(Step::OpenTunnel, words::sessions::opening_tunnel(self.name()));
                    self.dial().await?
                }
            };
            match Box::pin(self.open(connection, &this, Visit::First, printers.as_ref(), None)).await {
                Ok(connection) => {
                    self.keep(this).await;
                    return Ok(connection);
                }
                Err(error) => match self.next(error, retried) {
                    Next::Again => retried = true,
                    Next::Ask { failure, password } => {
                        self.refuse(&this, password).await;
                        user = this.user;
                        refused = Some(failure);
                        login = None;
                    }
                    Next::Fail(failed) => return Err(failed),
                },
            }
        }
    }

    /// Opens it again after it was lost, as it was. Nobody is asked for a password.
    pub(super) async fn again(&self, cookie: Option<Cookie>) -> Result<Connection, Failed> {
        let login = self.tab.session.held(|held| held.login.clone()).flatten();
        let login = login.ok_or_else(|| failure::internal("a desktop was shown to nobody"))?;
        let printers = self.look_for_printers();
        let mut retried = false;
        loop {
            let tunnel = self.dial().await?;
            let opened = self.open(tunnel, &login, Visit::Again, printers.as_ref(), cookie.clone());
            match Box::pin(opened).await {
                Ok(connection) => return Ok(connection),
                Err(mut trouble) => {
                    // The password was right before: a server that hangs up now does so for another reason.
                    if trouble.error == Error::SignIn(SignIn::Closed) {
                        trouble.error = Error::Disconnected(Stage::SignIn);
                    }
                    match self.next(trouble, retried) {
                        Next::Again => retried = true,
                        Next::Ask { mut failure, password } => {
                            failure.actions = vec![Action::OtherCredentials, Action::TryAgain];
                            self.refuse(&login, password).await;
                            return Err(failure.into());
                        }
                        Next::Fail(failed) => return Err(failed),
                    }
                }
            }
        }
    }

    /// Takes a tunnel to the first picture.
    async fn open(
        &self,
        tunnel: adit_tunnel::Connection,
        login: &Login,
        visit: Visit,
        printers: Option<&Looking>,
        cookie: Option<Cookie>,
    ) -> Result<Connection, Trouble> {
        let name = self.name();
        let adit_tunnel::Connection { stream, mut watch } = tunnel;
        self.decider.begin(visit);
        self.screen.way.renew();
        // What comes back says only that it does.
        let step = |step: Step, text: String| match visit {
            Visit::First => self.tab.step(step, text),
            Visit::Again => {}
        };
        step(Step::CheckCertificate, words::sessions::checking(name));
        let link = (self.settings.clipboard != ClipboardSharing::Off)
            .then(|| Arc::new(Link::new(self.clipboard.clone(), self.settings.clipboard)));
        let player =
            (self.settings.sound == Sound::On).then(|| Arc::new(Player::new(self.loudspeaker.clone())));
        let mut options = self.options(printers, cookie).await;
        if let Some(link) = &link {
            options.clipboard_policy = link.policy();
        }
        options.clipboard = link.clone().map(|link| link as Arc<dyn adit_rdp::Clipboard>);
        options.sound = player.clone().map(|player| player as Arc<dyn adit_rdp::Sound>);
        let credentials = login.credentials();
        let connected = Box::pin(adit_rdp::connect(stream, options, &credentials, &self.decider)).await;
        let shown = match connected {
            Ok(mut session) => {
                step(Step::OpenDesktop, words::desktop::waiting_for_picture(name));
                self.first_picture(&mut session).await.map(|()| session)
            }
            Err(error) => Err(error),
        };
        match shown {
            Ok(session) => Ok(Connection { session, watch, link, player }),
            Err(error) => Err(Trouble { tunnel: last_words(&error, &mut watch).await, error }),
        }
    }

    async fn options(&self, printers: Option<&Looking>, cookie: Option<Cookie>) -> Options {
        let room = self.tab.session.held(|held| held.size);
        let size = self.settings.size.map(super::room).or(room);
        let mut options = Options::new(self.name(), size.unwrap_or_else(|| adit_rdp::Size::new(1280, 800)));
        options.security = self.settings.security;
        options.keyboard_layout = match self.settings.keyboard_layout {
            KeyboardLayout::Auto => {
                let layout = timeout(KEYBOARD, adit_device::keyboard_layout()).await;
                layout.ok().and_then(|layout| layout.value).unwrap_or(0)
            }
            KeyboardLayout::Id(id) => id,
        };
        options.graphics = self.settings.graphics.into();
        let shared = folders::look(&self.settings.folders, self.settings.folders_access).await;
        options.drives = shared.drives;
        for said in &shared.left_out {
            self.tab.limited(said);
        }
        if let Some(printers) = printers {
            let shared = printers.found().await;
            options.printing = (!shared.printers.is_empty()).then(|| {
                Press::start(self.tab.session.clone(), self.printing.clone()) as Arc<dyn adit_rdp::Printing>
            });
            options.printers = shared.printers;
            if let Some(said) = &shared.left_out {
                self.tab.limited(said);
            }
        }
        // What was wished for need not be there.
        let folders = options.drives.iter().map(|drive| drive.folder.display().to_string()).collect();
        let printers = !options.printers.is_empty();
        self.tab.session.change(self.tab.epoch, |inner| {
            if let Some(desktop) = &mut inner.info.desktop {
                (desktop.folders, desktop.printers) = (folders, printers);
            }
        });
        options.cookie = cookie;
        options.session = self.tab.session.id.parse().unwrap_or_default();
        options
    }

    /// Waits until something has been drawn, and leaves it to be drawn anew for whoever paints.
    async fn first_picture(&self, session: &mut adit_rdp::Session) -> Result<(), Error> {
        let until = Instant::now() + FIRST_PICTURE;
        while let Ok(message) = timeout_at(until, session.pictures.next()).await {
            let message = message?;
            self.screen.way.note(&message);
            if message.get(3) == Some(&(Kind::Frame as u8)) {
                break;
            }
        }
        session.control.redraw().await
    }

    /// What follows from a connection that did not come up.
    fn next(&self, Trouble { error, tunnel }: Trouble, retried: bool) -> Next {
        let instance = &self.tab.session.instance;
        if let Some(lost) = tunnel {
            return Next::Fail(self.tab.lost(&lost).into());
        }
        if let Some(trouble) = self.decider.take_trouble() {
            return Next::Fail(trouble.into());
        }
        // A server does not wait for as long as a person may think.
        let may_be_impatience = self.decider.has_kept_waiting() && !retried;
        let failure = failure::rdp(&error, instance);
        match error {
            Error::CertificateUnknown(certificate) | Error::PinNeeded(certificate)
                if self.decider.was_rejected() =>
            {
                Next::Fail(rejected(&certificate).into())
            }
            Error::CertificateChanged { presented, .. } => {
                let mut failed = Failed::from(failure);
                failed.presented = Some(Presented::Certificate(presented.fingerprint));
                Next::Fail(failed)
            }
            Error::SignIn(SignIn::Closed) | Error::Disconnected(_) | Error::TimedOut(_)
                if may_be_impatience =>
            {
                Next::Again
            }
            Error::SignIn(SignIn::NotProven) => Next::Fail(failure.into()),
            Error::SignIn(SignIn::WrongPassword) => Next::Ask { failure, password: Password::Wrong },
            Error::SignIn(_) => Next::Ask { failure, password: Password::Unjudged },
            Error::Ended(_) if failure.code == FailureCode::PasswordRefused => {
                Next::Ask { failure, password: Password::Unjudged }
            }
            Error::CertificateUnknown(_)
            | Error::PinNeeded(_)
            | Error::NoTls
            | Error::NoNla
            | Error::Negotiation(_)
            | Error::Tls(_)
            | Error::Ended(_)
            | Error::Disconnected(_)
            | Error::Redirected
            | Error::TimedOut(_)
            | Error::Protocol { .. }
            | Error::Crashed
            | Error::Closed => Next::Fail(failure.into()),
        }
    }
}

/// Why a desktop did not come up.
struct Trouble {
    error: Error,
    /// How the tunnel was lost, where that is the reason.
    tunnel: Option<adit_tunnel::Failure>,
}

/// How the tunnel was lost, if the connection just ended.
pub(super) async fn last_words(error: &Error, watch: &mut Watch) -> Option<adit_tunnel::Failure> {
    match error {
        Error::Disconnected(_) | Error::TimedOut(_) | Error::SignIn(SignIn::Closed) => {}
        Error::CertificateUnknown(_)
        | Error::CertificateChanged { .. }
        | Error::NoTls
        | Error::NoNla
        | Error::PinNeeded(_)
        | Error::Negotiation(_)
        | Error::Tls(_)
        | Error::SignIn(_)
        | Error::Ended(_)
        | Error::Redirected
        | Error::Protocol { .. }
        | Error::Crashed
        | Error::Closed => return None,
    }
    let words = async {
        loop {
            match watch.next().await? {
                Event::Failed { failure, .. } => return Some(failure),
                Event::Closed { .. } => return None,
                _ => {}
            }
        }
    };
    timeout(LAST_WORDS, words).await.ok().flatten()
}

fn rejected(certificate: &Certificate) -> Failure {
    words::desktop::certificate_rejected(certificate.fingerprint.to_string())
}

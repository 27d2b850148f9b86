//! One port for all VMs: SOCKS5 and HTTP CONNECT. Off until it is switched on.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use adit_contract::{Event, Failure, GatewayInfo, GatewayLogin, GatewaySettings, GatewayState};
use adit_tunnel::{
    Dialer, Target,
    audience::Audience,
    gateway::{Denial, GatewayTarget, Login},
    listen::{Activity, GatewayRefusal, Options, Place, Resolve},
    pool::{GatewayListener, GatewaySpec, Pool},
};
use base64::Engine as _;
use secrecy::SecretString;

use super::{Ways, count};
use crate::{
    config::Config,
    events::EventSink,
    failure,
    keychain::{Keychain, Lookup},
    panics::{broken, caught},
    words,
};

/// The user name that clients give.
const USER: &str = "adit";
/// Random bytes of a password.
const PASSWORD: usize = 18;

/// See the module.
pub(crate) struct Gateway {
    pool: Pool,
    sink: Arc<dyn EventSink>,
    resolve: Arc<Resolver>,
    keychain: Arc<Keychain>,
    /// Names the password in the keychain.
    entry: String,
    inner: Mutex<Inner>,
    /// Held while it is changed.
    changing: tokio::sync::Mutex<()>,
    /// Held while the password is looked for or made.
    making: tokio::sync::Mutex<()>,
}

struct Inner {
    settings: GatewaySettings,
    listener: Option<GatewayListener>,
    failure: Option<Failure>,
    /// What was told last, so that nothing is told twice.
    told: Option<GatewayInfo>,
}

struct Resolver(Arc<dyn Ways>);

#[async_trait::async_trait]
impl Resolve for Resolver {
    async fn resolve(&self, asked: &GatewayTarget) -> Result<(Dialer, Target), GatewayRefusal> {
        let (_, access) = self
            .0
            .way(&asked.project, None)
            .map_err(|failure| GatewayRefusal { denial: Denial::NotAllowed, why: failure.title })?;
        Ok((access.dialer().clone(), asked.target()))
    }
}

impl Gateway {
    pub(super) fn new(
        config: &Config,
        keychain: Arc<Keychain>,
        pool: Pool,
        sink: Arc<dyn EventSink>,
        ways: Arc<dyn Ways>,
        settings: GatewaySettings,
    ) -> Self {
        Self {
            pool,
            sink,
            resolve: Arc::new(Resolver(ways)),
            keychain,
            entry: config.cloud.entry("gateway-password", USER),
            inner: Mutex::new(Inner { settings, listener: None, failure: None, told: None }),
            changing: tokio::sync::Mutex::default(),
            making: tokio::sync::Mutex::default(),
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn settings(&self) -> GatewaySettings {
        self.inner().settings
    }

    pub(crate) fn info(&self) -> GatewayInfo {
        self.inner().info()
    }

    /// Begins as it was left.
    pub(crate) async fn begin(&self) {
        let _changing = self.changing.lock().await;
        let settings = self.settings();
        if !settings.on {
            return;
        }
        if let Err(failure) = caught("the gateway", self.put(settings)).await {
            tracing::warn!(title = failure.title, "the gateway did not begin");
            self.inner().failure = Some(failure);
            self.tick();
        }
    }

    /// Stops listening; what was chosen stays as it is written down.
    pub(crate) async fn end(&self) {
        let _changing = self.changing.lock().await;
        let listener = self.inner().listener.take();
        if let Some(listener) = listener {
            listener.stop();
            listener.ended().await;
        }
    }

    pub(super) async fn set(&self, settings: GatewaySettings) -> Result<(), Failure> {
        let _changing = self.changing.lock().await;
        self.put(settings).await
    }

    /// The same, for whoever changes it.
    async fn put(&self, settings: GatewaySettings) -> Result<(), Failure> {
        if settings.port == 0 {
            return Err(words::tunnels::no_port());
        }
        let before = {
            let mut inner = self.inner();
            inner.settings = settings;
            inner.failure = None;
            inner.listener.take()
        };
        if let Some(before) = before {
            before.stop();
            before.ended().await;
        }
        if settings.on {
            let opened = self.open(settings).await;
            let mut inner = self.inner();
            match opened {
                Ok(listener) => inner.listener = Some(listener),
                Err(failure) => inner.failure = Some(failure),
            }
        }
        self.tick();
        Ok(())
    }

    async fn open(&self, settings: GatewaySettings) -> Result<GatewayListener, Failure> {
        let login = match settings.login {
            GatewayLogin::None => None,
            GatewayLogin::Password => Some(Login { user: USER.to_owned(), password: self.password().await }),
        };
        let spec = GatewaySpec {
            place: Place::Address((std::net::Ipv4Addr::LOCALHOST, settings.port).into()),
            audience: Audience::User,
            login,
            limits: Options::default(),
        };
        let opened = self.pool.open_gateway(spec, self.resolve.clone()).await;
        opened.map_err(|error| failure::bind_gateway(&error))
    }

    /// The password, made when it is first needed. Without a keychain it lasts until the app ends.
    pub(crate) async fn password(&self) -> SecretString {
        // One at a time, so that the clipboard and the listener have the same.
        let _making = self.making.lock().await;
        let found = self.keychain.look(&self.entry).await;
        if let Lookup::Found { secret, keeping: _ } = found {
            return secret;
        }
        let mut bytes: [u8; PASSWORD] = rand::random();
        let password = SecretString::from(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes));
        zeroize::Zeroize::zeroize(&mut bytes);
        match found {
            // What a locked keychain may have stays there; this one lasts until the app ends.
            Lookup::Unreachable(_) => self.keychain.hold(&self.entry, &password).await,
            Lookup::Missing | Lookup::Found { .. } => self.keychain.set(&self.entry, &password).await,
        }
        password
    }

    pub(super) fn signed_in(&self) {
        if let Some(listener) = &self.inner().listener {
            listener.signed_in();
        }
    }

    /// Tells of itself where that has changed.
    pub(super) fn tick(&self) {
        let mut inner = self.inner();
        let info = inner.info();
        if inner.told.as_ref() != Some(&info) {
            inner.told = Some(info.clone());
            self.sink.send(Event::Gateway(info));
        }
    }
}

impl Inner {
    fn info(&self) -> GatewayInfo {
        let stats = self.listener.as_ref().map(GatewayListener::stats);
        let is_broken = stats.as_ref().is_some_and(|stats| stats.activity == Activity::Broken);
        let state = match (&self.listener, &self.failure) {
            (Some(_), _) if is_broken => GatewayState::Failed { failure: broken("the gateway") },
            (Some(_), _) => GatewayState::On,
            (None, Some(failure)) => GatewayState::Failed { failure: failure.clone() },
            (None, None) => GatewayState::Off,
        };
        GatewayInfo {
            state,
            local: format!("127.0.0.1:{}", self.settings.port),
            login: self.settings.login,
            user: match self.settings.login {
                GatewayLogin::None => None,
                GatewayLogin::Password => Some(USER.to_owned()),
            },
            connections: stats.as_ref().map_or(0, |stats| stats.open),
            refused: stats.as_ref().map_or(0, |stats| u32::try_from(stats.refused).unwrap_or(u32::MAX)),
            last_refusal: stats.as_ref().and_then(|stats| stats.last_refusal.clone()),
            sent: stats.as_ref().map_or(0.0, |stats| count(stats.sent)),
            received: stats.as_ref().map_or(0.0, |stats| count(stats.received)),
        }
    }
}

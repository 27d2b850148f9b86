//! What the app's commands and sessions share: accounts, inventory, keychain.

mod listing;

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};

use adit_contract::{
    CloudInfo, CloudKind, Event, Failure, InstanceAction, InstanceRef, InstanceStatus, LinkParameters,
    PublicAddress, Scope, SettingValue, Settings, SignInMethod, SignInState, TunnelTarget,
};
use adit_google::{Action, ErrorKind, OAuthClient};
use adit_ssh::guest::Lifetime;
use futures_util::StreamExt as _;
use tokio::task::AbortHandle;

use crate::{
    access::Access,
    accounts::{self, Accounts, Added, RememberedClient, SignIn},
    config::Config,
    events::EventSink,
    explain::Explainer,
    failure::{self, Subject},
    inventory::{self, Inventory},
    keychain::Keychain,
    panics::caught,
    profiles::Profiles,
    sessions::{Context, Desktops, KnownCertificates, KnownHosts, RdpSettings, Surroundings},
    settings::{
        Changed, Store,
        table::{RDP_SECURITY, RdpSecurity},
    },
    tunnels::{Tunnels, Ways},
    words,
};

/// Projects whose policies are read at the same time.
const FORECASTS_AT_ONCE: usize = 4;
/// How often the files of settings, policy and profiles are looked at.
const LOOK: Duration = Duration::from_secs(5);
/// The shortest time between two events about the inventory.
const BREATH: Duration = Duration::from_millis(50);

pub(crate) struct Core {
    pub(crate) config: Config,
    pub(crate) sink: Arc<dyn EventSink>,
    pub(crate) keychain: Arc<Keychain>,
    pub(crate) accounts: Accounts,
    pub(crate) inventory: Inventory,
    pub(crate) settings: Arc<Store>,
    pub(crate) profiles: Arc<Profiles>,
    pub(crate) sign_in: SignIn,
    known_hosts: KnownHosts,
    known_certificates: KnownCertificates,
    client: RwLock<Option<OAuthClient>>,
    has_application_default: bool,
    listing: Mutex<Option<AbortHandle>>,
    round_trips: Mutex<HashMap<String, Duration>>,
    pub(crate) explainer: Arc<Explainer>,
    /// Whether, and from which address, the tree shows what the policies say.
    forecasts: Mutex<Forecasts>,
}

#[derive(Default)]
struct Forecasts {
    wanted: Option<PublicAddress>,
    task: Option<AbortHandle>,
}

impl Core {
    /// With what is wrong with its files.
    pub(crate) async fn new(config: Config, sink: Arc<dyn EventSink>) -> (Arc<Self>, [Option<Failure>; 2]) {
        let keychain = Arc::new(Keychain::new(config.vault.clone()));
        let (settings, settings_trouble) = Store::open(&config);
        let profiles = Profiles::open(&config);
        let (accounts, accounts_trouble) =
            Accounts::load(config.cloud.clone(), &config.folders, &keychain).await;
        let client = RememberedClient::load(&config.folders.settings, &config.cloud, &keychain).await;
        let has_application_default = match config.cloud.kind {
            CloudKind::Local => false,
            CloudKind::Google => matches!(accounts::application_default().await, Ok(Some(_))),
        };
        let core = Self {
            known_hosts: KnownHosts::new(&config.folders),
            known_certificates: KnownCertificates::new(&config.folders),
            config,
            sink,
            keychain,
            accounts,
            inventory: Inventory::default(),
            settings: Arc::new(settings),
            profiles: Arc::new(profiles),
            sign_in: SignIn::new(),
            client: RwLock::new(client),
            has_application_default,
            listing: Mutex::default(),
            round_trips: Mutex::default(),
            explainer: Arc::default(),
            forecasts: Mutex::default(),
        };
        (Arc::new(core), [settings_trouble, accounts_trouble])
    }

    /// Tells of changes of the inventory, not more often than the eye can follow.
    pub(crate) async fn tell_inventory(self: Arc<Self>) {
        loop {
            self.inventory.changed().await;
            self.sink.send(Event::Inventory(self.inventory.state()));
            tokio::time::sleep(BREATH).await;
        }
    }

    pub(crate) async fn tell_keychain(self: Arc<Self>) {
        let mut states = self.keychain.watch();
        while states.changed().await.is_ok() {
            let state = *states.borrow_and_update();
            self.sink.send(Event::Keychain(state));
        }
    }

    /// Notices when another process, or a person with an editor, has changed settings, policy or profiles.
    pub(crate) async fn watch_settings(self: Arc<Self>) {
        loop {
            tokio::time::sleep(LOOK).await;
            let (settings, profiles) = (self.settings.clone(), self.profiles.clone());
            let renewed = tokio::task::spawn_blocking(move || (settings.renew(), profiles.renew())).await;
            let (settings, profiles) = renewed.unwrap_or((Changed::No, Changed::No));
            if settings == Changed::Yes {
                self.tell_settings();
            }
            if profiles == Changed::Yes {
                self.sink.send(Event::Profiles);
            }
        }
    }

    /// After a setting has changed somewhere.
    pub(crate) fn tell_settings(self: &Arc<Self>) {
        let window = self.settings.current().window();
        self.sink.send(Event::Settings(window.clone()));
        if self.choose_projects() {
            self.relist();
        }
        self.want_forecasts(&window);
    }

    /// Marks accounts whose tokens were refused, whatever wanted one.
    pub(crate) async fn watch_refusals(self: Arc<Self>) {
        loop {
            let account = self.accounts.refused().await;
            Surroundings::sign_in_needed(&*self, &account);
        }
    }

    pub(crate) fn tell_accounts(&self) {
        self.sink.send(Event::Accounts(self.accounts.infos()));
    }

    // ---- the cloud and the OAuth client

    fn client(&self) -> Option<OAuthClient> {
        self.client.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn cloud_info(&self) -> CloudInfo {
        CloudInfo {
            kind: self.config.cloud.kind,
            name: self.config.cloud.name.clone(),
            has_client: self.client().is_some(),
            has_application_default: self.has_application_default,
            demo: self.config.demo,
        }
    }

    pub(crate) async fn take_client(&self, path: &Path) -> Result<CloudInfo, Failure> {
        let client = RememberedClient::take(&self.config.folders.settings, path, &self.keychain).await?;
        *self.client.write().unwrap_or_else(PoisonError::into_inner) = Some(client);
        let info = self.cloud_info();
        self.sink.send(Event::Cloud(info.clone()));
        Ok(info)
    }

    // ---- signing in

    pub(crate) fn begin_sign_in(
        self: &Arc<Self>,
        method: SignInMethod,
        tunnels: Arc<Tunnels>,
    ) -> Result<(), Failure> {
        let client = match method {
            SignInMethod::ApplicationDefault => None,
            SignInMethod::Browser => Some(self.client().ok_or_else(words::accounts::no_client)?),
        };
        let number = self.sign_in.begin();
        let core = self.clone();
        let task = tokio::spawn(async move {
            let signed_in = caught("the sign-in", async {
                let Added { id, unkept } = core.run_sign_in(number, client.as_ref()).await?;
                tunnels.signed_in(&id);
                core.tell_accounts();
                core.relist();
                unkept.map_or(Ok(()), Err)
            });
            let state = match Box::pin(signed_in).await {
                Ok(()) => SignInState::Idle,
                Err(failure) => SignInState::Failed { failure },
            };
            core.tell_sign_in(number, state);
        });
        self.sign_in.run_as(number, task.abort_handle());
        Ok(())
    }

    async fn run_sign_in(&self, number: u64, client: Option<&OAuthClient>) -> Result<Added, Failure> {
        let endpoints = &self.config.cloud.endpoints;
        let (identity, credentials) = match client {
            Some(client) => {
                let hint = self.accounts.hint();
                let waiting = |state| self.tell_sign_in(number, state);
                let browser = self.config.browser.clone();
                accounts::in_browser(endpoints, client, hint.as_deref(), browser, waiting).await?
            }
            None => {
                self.tell_sign_in(number, SignInState::Exchanging);
                accounts::by_application_default(endpoints).await?
            }
        };
        self.accounts.add(identity, credentials, client, &self.keychain).await
    }

    fn tell_sign_in(&self, number: u64, state: SignInState) {
        if self.sign_in.set(number, state.clone()) {
            self.sink.send(Event::SignIn(state));
        }
    }

    // ---- what the policies say beforehand

    /// Takes what the settings say of it.
    pub(crate) fn want_forecasts(self: &Arc<Self>, settings: &Settings) {
        let wanted = settings.preflight.then(|| settings.public_address.clone());
        let mut forecasts = self.forecasts.lock().unwrap_or_else(PoisonError::into_inner);
        if forecasts.wanted == wanted {
            return;
        }
        forecasts.wanted = wanted;
        drop(forecasts);
        self.inventory.forget_forecasts();
        self.forecast();
    }

    /// Reads the policies of all listed projects, in the background.
    fn forecast(self: &Arc<Self>) {
        let mut forecasts = self.forecasts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(task) = forecasts.task.take() {
            task.abort();
        }
        let Some(address) = forecasts.wanted.clone() else { return };
        let core = self.clone();
        let task = tokio::spawn(async move {
            let projects = core.inventory.projects();
            let each = projects.into_iter().map(|(project, account)| {
                let (core, address) = (core.clone(), address.clone());
                async move {
                    let Some(account) = core.accounts.known(&account) else { return };
                    // A mistake in one costs that project's marks.
                    let read = async { Ok(core.explainer.forecast(&project, account, address).await) };
                    let forecast = Box::pin(caught("a forecast", read)).await.unwrap_or_default();
                    core.inventory.set_forecast(&project, forecast);
                }
            });
            futures_util::stream::iter(each).for_each_concurrent(FORECASTS_AT_ONCE, |each| each).await;
        });
        forecasts.task = Some(task.abort_handle());
    }

    /// Ends the reading of policies that is under way. The next listing begins it anew.
    pub(crate) fn stop_forecast(&self) {
        if let Some(task) = self.forecasts.lock().unwrap_or_else(PoisonError::into_inner).task.take() {
            task.abort();
        }
    }

    // ---- instances

    /// The e-mail address of the account that a profile names, also one that was removed: what it opened goes on as it began.
    fn account_named(&self, profile: Option<&str>) -> Option<String> {
        profile.and_then(|id| self.profiles.account(id))
    }

    /// The account that a profile names, or the one that sees the project.
    fn access_as(&self, project: &str, profile: Option<&str>) -> Result<(String, Arc<Access>), Failure> {
        match self.account_named(profile) {
            Some(email) => self.accounts.access_of(&email),
            None => self.access_for(project),
        }
    }

    fn access_for(&self, project: &str) -> Result<(String, Arc<Access>), Failure> {
        let account = self.inventory.account_of(project);
        self.accounts.access(account.as_deref())
    }

    /// The account that would go there, from a profile or from none; none when it is not signed in.
    pub(crate) fn account_for(
        &self,
        target: &TunnelTarget,
        profile: Option<&str>,
    ) -> Option<(String, Arc<Access>)> {
        if let Some(email) = self.account_named(profile) {
            return self.accounts.access_of(&email).ok();
        }
        let project = match target {
            TunnelTarget::Instance { instance, .. } => &instance.project,
            TunnelTarget::Host { project, .. } => project,
        };
        // One that has to sign in again has still seen the project: another one's rights would explain nothing.
        let seen_by = self.inventory.account_of(project);
        seen_by.and_then(|id| self.accounts.known(&id)).or_else(|| self.access_for(project).ok())
    }

    pub(crate) fn email_of(&self, account: &str) -> Option<String> {
        let infos = self.accounts.infos();
        infos.into_iter().find(|info| info.id == account).map(|info| info.email)
    }

    pub(crate) async fn act(&self, instance: &InstanceRef, action: InstanceAction) -> Result<(), Failure> {
        let (account, access) = self.access_for(&instance.project)?;
        let (action, meanwhile) = match action {
            InstanceAction::Start => (Action::Start, InstanceStatus::Staging),
            InstanceAction::Stop => (Action::Stop, InstanceStatus::Stopping),
            InstanceAction::Reset => (Action::Reset, InstanceStatus::Running),
            InstanceAction::Suspend => (Action::Suspend, InstanceStatus::Suspending),
            InstanceAction::Resume => (Action::Resume, InstanceStatus::Staging),
        };
        let google = access.google();
        let at = inventory::at(instance);
        self.inventory.set_status(instance, meanwhile);
        let acted = google.act(&at, action).await;
        // Whatever came of it: the tree shows what Compute says now.
        match google.instance(&at).await {
            Ok(read) => self.inventory.set_status(instance, inventory::status(&read.status)),
            Err(error) => {
                tracing::debug!(kind = ?error.kind, "the instance could not be read after an action");
                self.inventory.set_status(instance, InstanceStatus::Unknown);
            }
        }
        acted.map_err(|error| {
            if error.kind == ErrorKind::SignInNeeded {
                self.sign_in_needed(&account);
            }
            failure::google(&error, Subject::Instance(instance))
        })
    }
}

impl Surroundings for Core {
    fn context(&self, instance: &InstanceRef, profile: Option<&str>) -> Result<Context, Failure> {
        let (account, access) = self.access_as(&instance.project, profile)?;
        Ok(Context {
            cloud: self.config.cloud.clone(),
            account,
            access,
            keychain: self.keychain.clone(),
            // Renewed by each connection that finds less than a quarter of it left.
            memory_key_lifetime: Lifetime::new(Duration::from_secs(60 * 60)),
            known_hosts: self.known_hosts.clone(),
        })
    }

    fn found_status(&self, instance: &InstanceRef, status: InstanceStatus) {
        self.inventory.set_status(instance, status);
    }

    fn sign_in_needed(&self, account: &str) {
        if self.accounts.needs_sign_in(account) {
            self.tell_accounts();
        }
    }

    fn rdp_settings(
        &self,
        instance: &InstanceRef,
        profile: Option<&str>,
        linked: &LinkParameters,
    ) -> RdpSettings {
        let settings = self.settings.current().with_link(linked);
        match profile {
            None => RdpSettings::of(&settings, instance),
            Some(id) => {
                let at = Scope::Profile { id: id.to_owned(), instance: Some(instance.clone()) };
                RdpSettings::at(&settings.with_profile(id, self.profiles.values(id)), &at)
            }
        }
    }

    fn allow_without_nla(&self, instance: &InstanceRef, profile: Option<&str>) -> Result<(), Failure> {
        if let Some(id) = profile
            && self.profiles.values(id).contains_key(RDP_SECURITY.key())
        {
            let pinned = SettingValue::Text("pinnedTls".to_owned());
            self.profiles.set(id, RDP_SECURITY.key(), Some(pinned))?;
            self.sink.send(Event::Profiles);
            return Ok(());
        }
        self.settings.put(&RDP_SECURITY, instance, &RdpSecurity::PinnedTls)?;
        self.sink.send(Event::Settings(self.settings.current().window()));
        Ok(())
    }

    fn knows_profile(&self, id: &str) -> bool {
        self.profiles.get(id).is_ok()
    }

    fn desktops(&self) -> Desktops {
        Desktops {
            certificates: self.known_certificates.clone(),
            clipboard: self.config.clipboard.clone(),
            loudspeaker: self.config.loudspeaker.clone(),
            printing: self.config.printing.clone(),
            downloads: self.config.downloads.clone(),
        }
    }

    fn round_trip(&self, session: &str, time: Option<Duration>) {
        let shown = {
            let mut all = self.round_trips.lock().unwrap_or_else(PoisonError::into_inner);
            match time {
                Some(time) => {
                    all.insert(session.to_owned(), time);
                    Some(time.as_secs_f64() * 1000.0)
                }
                None if all.remove(session).is_none() || !all.is_empty() => return,
                None => None,
            }
        };
        self.sink.send(Event::RelayRoundTrip(shown));
    }
}

impl Ways for Core {
    fn way(&self, project: &str, profile: Option<&str>) -> Result<(String, Arc<Access>), Failure> {
        self.access_as(project, profile)
    }

    fn needs_sign_in(&self, account: &str) {
        Surroundings::sign_in_needed(self, account);
    }

    fn knows(&self, account: &str) -> bool {
        self.accounts.knows(account)
    }
}

//! The app: one method for each command of the contract.

mod profiles;
mod resident;
mod tabs;
mod updates;
mod windows;

use std::{path::Path, sync::Arc};

use adit_contract::{
    CloudInfo, Event, ExplainAsk, Explanation, Failure, GatewaySettings, InstanceAction, InstanceRef, Layout,
    Platform, Scope, SearchHit, SettingSpec, SettingState, SettingValue, Settings, SignInMethod, SignInState,
    Snapshot, TreeWindow, TunnelAction, TunnelPeer, TunnelSpec, TunnelTarget,
};
use adit_tunnel::peer::SystemPeers;
use secrecy::SecretString;
use tokio::task::JoinSet;

use crate::{
    config::Config,
    core::Core,
    desks::Desks,
    events::EventSink,
    explain::{About, Case, Open as Explanations, Why},
    failure,
    favourites::Favourites,
    inventory::{Open, Reach},
    keys::KeysFile,
    layout::LayoutFile,
    now,
    panics::kept_up,
    profiles::Follow,
    sessions::Sessions,
    settings::{self, Store},
    share,
    stream::StreamServer,
    tunnels::{Start, Tunnels},
    updates::Updates,
    words,
};

/// The longest text that a search or filter takes, in bytes.
const LONGEST_TEXT: usize = 4096;

/// The running app. It ends with the last reference to it.
pub struct App {
    core: Arc<Core>,
    sessions: Arc<Sessions>,
    tunnels: Arc<Tunnels>,
    stream: StreamServer,
    explanations: Explanations,
    layout: LayoutFile,
    desks: Desks,
    keys: KeysFile,
    favourites: Favourites,
    /// Held while profiles are started.
    starting: tokio::sync::Mutex<()>,
    updates: Arc<Updates>,
    trouble: Option<Failure>,
    /// Ended with the app.
    _tasks: JoinSet<()>,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").finish_non_exhaustive()
    }
}

impl App {
    /// Starts the app and, with an account that can be used, its first listing. Events go to `sink`. To be
    /// called in a tokio runtime.
    ///
    /// # Errors
    /// [`FailureCode::Network`](adit_contract::FailureCode::Network) when no loopback port can be opened.
    pub async fn start(config: Config, sink: Arc<dyn EventSink>) -> Result<Arc<Self>, Failure> {
        let layout = LayoutFile::load(&config.folders.settings);
        let keys = KeysFile::load(&config.folders.settings);
        let desks = Desks::load(&config.folders.data);
        let listening = StreamServer::start(config.development_origin.clone(), Arc::new(SystemPeers)).await;
        let stream = listening.map_err(|error| words::cloud::no_loopback_port(error.to_string()))?;
        let (core, [settings_trouble, accounts_trouble]) = Box::pin(Core::new(config, sink.clone())).await;
        core.choose_projects();
        core.want_forecasts(&core.settings.current().window());
        let mut tasks = JoinSet::new();
        let of = core.clone();
        tasks.spawn(kept_up("the listing's events", move || of.clone().tell_inventory()));
        let of = core.clone();
        tasks.spawn(kept_up("the keychain's events", move || of.clone().tell_keychain()));
        let of = core.clone();
        tasks.spawn(kept_up("the watch over sign-ins", move || of.clone().watch_refusals()));
        let of = core.clone();
        tasks.spawn(kept_up("the watch over files", move || of.clone().watch_settings()));
        let follow: Arc<dyn EventSink> = Arc::new(Follow::new(sink.clone(), core.profiles.clone()));
        let (tunnels, tunnels_trouble) =
            Tunnels::load(&core.config, core.keychain.clone(), follow.clone(), core.clone());
        let of = tunnels.clone();
        tasks.spawn(kept_up("the tunnels' statistics", move || of.clone().tick()));
        let (config, of) = (core.config.clone(), tunnels.clone());
        tasks.spawn(kept_up("the shared socket", move || share::serve(config.clone(), of.clone())));
        let (favourites, favourites_trouble) =
            Favourites::load(&core.config.folders.settings, &core.config.cloud.id);
        core.inventory.set_favourites(favourites.all().await);
        let updates = updates::start(&core, sink.clone(), &mut tasks);
        let explanations = Explanations::new(core.explainer.clone(), sink);
        let sessions = Arc::new(Sessions::new(follow, core.clone()));
        let app = Self {
            core,
            sessions,
            tunnels,
            stream,
            explanations,
            layout,
            desks,
            keys,
            favourites,
            starting: tokio::sync::Mutex::default(),
            updates,
            trouble: together([settings_trouble, accounts_trouble, tunnels_trouble, favourites_trouble]),
            _tasks: tasks,
        };
        app.core.refresh_if_signed_in();
        app.restore_tunnels();
        let tunnels = app.tunnels.clone();
        // Beside the start: its password may have to wait for the keychain.
        tokio::spawn(async move { tunnels.gateway.begin().await });
        Ok(Arc::new(app))
    }

    /// The settings as they stand in their file, for a process without a window. What is wrong with the file is left to
    /// the app.
    #[must_use]
    pub fn settings_of(config: &Config) -> Settings {
        Store::open(config).0.current().window()
    }

    /// Everything the front end needs for its first picture.
    pub async fn snapshot(&self) -> Snapshot {
        Snapshot {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            platform: if cfg!(target_os = "macos") {
                Platform::Macos
            } else if cfg!(windows) {
                Platform::Windows
            } else {
                Platform::Linux
            },
            cloud: self.core.cloud_info(),
            accounts: self.core.accounts.infos(),
            keychain: self.core.keychain.state(),
            sign_in: self.core.sign_in.state(),
            inventory: self.core.inventory.state(),
            sessions: self.sessions.infos(),
            tunnels: self.tunnels.infos(),
            gateway: self.tunnels.gateway.info(),
            settings: self.core.settings.current().window(),
            layout: self.layout.current().await,
            keys: self.keys.current().await,
            update: self.updates.info(),
            trouble: self.trouble.clone(),
        }
    }

    /// Begins a sign-in; how it goes on is told by events.
    ///
    /// # Errors
    /// [`FailureCode::InvalidInput`](adit_contract::FailureCode::InvalidInput) when no OAuth client is known.
    pub async fn sign_in(&self, method: SignInMethod) -> Result<(), Failure> {
        self.core.begin_sign_in(method, self.tunnels.clone())
    }

    /// Ends the sign-in under way, or puts away what it said at last.
    ///
    /// # Errors
    /// None so far.
    pub async fn sign_in_cancel(&self) -> Result<(), Failure> {
        self.core.sign_in.begin();
        self.core.sink.send(Event::SignIn(SignInState::Idle));
        Ok(())
    }

    /// Signs an account out: its sessions end, its credentials are revoked and deleted, what it listed goes.
    ///
    /// # Errors
    /// [`FailureCode::InvalidInput`](adit_contract::FailureCode::InvalidInput) for an unknown account,
    /// [`FailureCode::File`](adit_contract::FailureCode::File) when the list of accounts cannot be written.
    pub async fn sign_out(&self, account: &str) -> Result<(), Failure> {
        self.sessions.signed_out(account);
        self.tunnels.signed_out(account);
        // A listing that goes on would ask with the account's credentials, and keep a token that comes back; it would
        // also begin a forecast, which keeps what it reads.
        self.core.stop_listing();
        self.core.stop_forecast();
        self.explanations.signed_out(account);
        let removed = self.core.accounts.remove(account, &self.core.keychain).await;
        // From here on nobody gets at the account. What was in the middle of a step until now may have left something.
        self.core.stop_forecast();
        self.explanations.signed_out(account);
        self.core.inventory.remove_account(account);
        self.core.tell_accounts();
        // Another account may see what this one listed first.
        self.core.relist();
        removed
    }

    /// Takes the OAuth client from the JSON file that Google's console offers.
    ///
    /// # Errors
    /// [`FailureCode::File`](adit_contract::FailureCode::File) and
    /// [`FailureCode::InvalidInput`](adit_contract::FailureCode::InvalidInput) for a file that cannot be used.
    pub async fn set_client_file(&self, path: &Path) -> Result<CloudInfo, Failure> {
        self.core.take_client(path).await
    }

    /// Lists all projects and instances anew. Returns once that has begun.
    ///
    /// # Errors
    /// [`FailureCode::SignInNeeded`](adit_contract::FailureCode::SignInNeeded) when no account can be used.
    pub async fn refresh(&self) -> Result<(), Failure> {
        self.core.refresh()
    }

    /// Up to 500 rows of the tree from `offset` on.
    ///
    /// # Errors
    /// None so far.
    pub async fn tree_rows(&self, offset: u32, count: u32) -> Result<TreeWindow, Failure> {
        Ok(self.core.inventory.window(offset, count))
    }

    /// Opens or closes a row. A `*` before the row's id means its siblings as well.
    ///
    /// # Errors
    /// None so far; an unknown row changes nothing.
    pub async fn tree_toggle(&self, id: &str, expanded: bool) -> Result<(), Failure> {
        let open = if expanded { Open::Yes } else { Open::No };
        let (id, reach) = id.strip_prefix('*').map_or((id, Reach::Row), |id| (id, Reach::Siblings));
        self.core.inventory.toggle(id, open, reach);
        Ok(())
    }

    /// Leaves in the tree only what has all these words; an empty text leaves everything.
    ///
    /// # Errors
    /// [`FailureCode::InvalidInput`](adit_contract::FailureCode::InvalidInput) for a text of more than 4 KiB.
    pub async fn tree_filter(&self, text: &str) -> Result<(), Failure> {
        self.core.inventory.set_filter(bounded(text)?);
        Ok(())
    }

    /// The next row from `from` on, around the end, whose name starts with `prefix`.
    ///
    /// # Errors
    /// [`FailureCode::InvalidInput`](adit_contract::FailureCode::InvalidInput) for a text of more than 4 KiB.
    pub async fn tree_find(&self, prefix: &str, from: u32) -> Result<Option<u32>, Failure> {
        Ok(self.core.inventory.find(bounded(prefix)?, from))
    }

    /// Up to 50 instances that have all these words, the best fit first.
    ///
    /// # Errors
    /// [`FailureCode::InvalidInput`](adit_contract::FailureCode::InvalidInput) for a text of more than 4 KiB.
    pub async fn search(&self, text: &str, limit: u32) -> Result<Vec<SearchHit>, Failure> {
        Ok(self.core.inventory.search(bounded(text)?, limit))
    }

    /// Does something to an instance and waits until Compute has done so.
    ///
    /// # Errors
    /// What Compute said against it.
    pub async fn instance_action(
        &self,
        instance: InstanceRef,
        action: InstanceAction,
    ) -> Result<(), Failure> {
        self.core.act(&instance, action).await
    }

    /// Keeps a tunnel, and begins it if `start`; gives its id.
    ///
    /// # Errors
    /// [`FailureCode::InvalidInput`](adit_contract::FailureCode::InvalidInput) for what cannot be a tunnel, or one too
    /// many; [`FailureCode::File`](adit_contract::FailureCode::File) when it cannot be written down: it is there until
    /// the app ends all the same.
    pub async fn tunnel_add(&self, spec: TunnelSpec, start: bool) -> Result<String, Failure> {
        self.tunnels.add(spec, if start { Start::Now } else { Start::Later }).await
    }

    /// Changes what a tunnel is to be; one that runs begins anew.
    ///
    /// # Errors
    /// As [`App::tunnel_add`], and for an unknown tunnel.
    pub async fn tunnel_change(&self, id: &str, spec: TunnelSpec) -> Result<(), Failure> {
        self.tunnels.change(id, spec).await
    }

    /// Does something to a tunnel; returns once that has begun.
    ///
    /// # Errors
    /// For an unknown tunnel.
    pub async fn tunnel_action(&self, id: &str, action: TunnelAction) -> Result<(), Failure> {
        self.tunnels.act(id, action).await
    }

    /// Who is connected to a tunnel.
    ///
    /// # Errors
    /// For an unknown tunnel.
    pub async fn tunnel_peers(&self, id: &str) -> Result<Vec<TunnelPeer>, Failure> {
        self.tunnels.peers(id).await
    }

    /// The local address that a target has each time.
    ///
    /// # Errors
    /// None so far.
    pub async fn tunnel_local(&self, target: TunnelTarget) -> Result<String, Failure> {
        Ok(self.tunnels.local(&target))
    }

    /// Begins to explain why something failed, or what would bar the way. Answers at once; more comes as events.
    ///
    /// # Errors
    /// [`FailureCode::InvalidInput`](adit_contract::FailureCode::InvalidInput) for an unknown session or tunnel, and
    /// when too many explanations are open.
    pub async fn explain_open(&self, ask: ExplainAsk) -> Result<Explanation, Failure> {
        let (why, profile) = match ask {
            ExplainAsk::Session { id } => {
                let session = self.sessions.get(&id)?;
                (session.why(), session.info().profile)
            }
            ExplainAsk::Tunnel { id } => (self.tunnels.why(&id)?, self.tunnels.profile_of(&id)?),
            ExplainAsk::Target { target } => (Why { target, failure: None, seen: None }, None),
        };
        let public_address = self.core.settings.current().window().public_address;
        let account = self.core.account_for(&why.target, profile.as_deref());
        let email = account.as_ref().and_then(|(id, _)| self.core.email_of(id));
        if account.is_none() && why.failure.is_none() {
            return Err(words::accounts::nobody());
        }
        let at = why.seen.as_ref().map_or_else(now, |(_, at)| *at);
        self.explanations.open(Case {
            target: why.target,
            account,
            email,
            observed: why.seen.map(|(observed, _)| observed),
            failure: why.failure,
            at,
            public_address,
            about: About::Tunnel,
        })
    }

    /// Gathers the evidence of an explanation anew, not more often than every ten seconds.
    ///
    /// # Errors
    /// [`FailureCode::InvalidInput`](adit_contract::FailureCode::InvalidInput) for one that is not open.
    pub async fn explain_again(&self, id: &str) -> Result<(), Failure> {
        let public_address = self.core.settings.current().window().public_address;
        self.explanations.again(id, public_address)
    }

    /// Ends an explanation and the calls that it still makes.
    ///
    /// # Errors
    /// None so far.
    pub async fn explain_close(&self, id: &str) -> Result<(), Failure> {
        self.explanations.close(id);
        Ok(())
    }

    /// Changes the gateway. That its port cannot be had is told as its state.
    ///
    /// # Errors
    /// [`FailureCode::InvalidInput`](adit_contract::FailureCode::InvalidInput) for port 0,
    /// [`FailureCode::File`](adit_contract::FailureCode::File) when it cannot be written down.
    pub async fn gateway_set(&self, settings: GatewaySettings) -> Result<(), Failure> {
        self.tunnels.set_gateway(settings).await
    }

    /// The gateway's password, for the clipboard and nothing else.
    pub async fn gateway_password(&self) -> SecretString {
        self.tunnels.gateway.password().await
    }

    /// What is declared of every setting.
    #[must_use]
    pub fn settings_specs(&self) -> Vec<SettingSpec> {
        settings::specs()
    }

    /// What the settings come to at a place.
    ///
    /// # Errors
    /// [`FailureCode::InvalidInput`](adit_contract::FailureCode::InvalidInput) for what is no place, and for an unknown
    /// profile.
    pub async fn settings_at(&self, scope: Scope) -> Result<Vec<SettingState>, Failure> {
        match &scope {
            Scope::Profile { .. } => self.core.profiles.setting_states(&self.core.settings, &scope),
            Scope::Everywhere | Scope::Project { .. } | Scope::Zone { .. } | Scope::Vm { .. } => {
                self.core.settings.states(&scope)
            }
        }
    }

    /// Every place of this cloud with values of its own.
    ///
    /// # Errors
    /// None so far.
    pub async fn settings_places(&self) -> Result<Vec<Scope>, Failure> {
        Ok(self.core.settings.current().places())
    }

    /// Sets a value at a place.
    ///
    /// # Errors
    /// As [`Store::set`].
    pub async fn setting_set(&self, scope: Scope, key: String, value: SettingValue) -> Result<(), Failure> {
        match &scope {
            Scope::Profile { .. } => self.set_in_profile(scope, key, Some(value)).await,
            Scope::Everywhere | Scope::Project { .. } | Scope::Zone { .. } | Scope::Vm { .. } => {
                self.change_settings(move |settings| settings.set(&scope, &key, value)).await
            }
        }
    }

    /// Forgets what is set at a place.
    ///
    /// # Errors
    /// As [`Store::reset`].
    pub async fn setting_reset(&self, scope: Scope, key: String) -> Result<(), Failure> {
        match &scope {
            Scope::Profile { .. } => self.set_in_profile(scope, key, None).await,
            Scope::Everywhere | Scope::Project { .. } | Scope::Zone { .. } | Scope::Vm { .. } => {
                self.change_settings(move |settings| settings.reset(&scope, &key)).await
            }
        }
    }

    async fn change_settings(
        &self,
        change: impl FnOnce(&Store) -> Result<(), Failure> + Send + 'static,
    ) -> Result<(), Failure> {
        let settings = self.core.settings.clone();
        let changed = tokio::task::spawn_blocking(move || change(&settings)).await;
        changed.map_err(|error| failure::internal(error.to_string()))??;
        self.core.tell_settings();
        Ok(())
    }

    /// Remembers how the window is laid out.
    ///
    /// # Errors
    /// [`FailureCode::File`](adit_contract::FailureCode::File) when it cannot be written; it holds until the app ends
    /// all the same.
    pub async fn layout_set(&self, layout: Layout) -> Result<(), Failure> {
        self.layout.set(layout).await
    }
}

/// What is wrong with several files, as one failure: that of the first, which names the others.
fn together(troubles: impl IntoIterator<Item = Option<Failure>>) -> Option<Failure> {
    troubles.into_iter().flatten().reduce(|first, other| {
        let first = words::files::also(first, other.title);
        other.facts.into_iter().fold(first, |first, fact| first.with_fact(fact.label, fact.value))
    })
}

fn bounded(text: &str) -> Result<&str, Failure> {
    if text.len() > LONGEST_TEXT {
        return Err(words::inventory::search_too_long());
    }
    Ok(text)
}

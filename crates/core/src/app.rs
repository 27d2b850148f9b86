//! The app: one method for each command of the contract.

use std::{path::Path, sync::Arc};

use adit_contract::{
    CloudInfo, Event, ExplainAsk, Explanation, Failure, FailureCode, GatewaySettings, InstanceAction,
    InstanceRef, NoteKind, Platform, SearchHit, SessionAnswer, Settings, SignInMethod, SignInState, Snapshot,
    StreamTicket, TreeWindow, TunnelAction, TunnelPeer, TunnelSpec, TunnelTarget,
};
use adit_ssh::Size;
use adit_tunnel::peer::SystemPeers;
use bytes::Bytes;
use secrecy::SecretString;
use tokio::task::JoinSet;

use crate::{
    config::Config,
    core::Core,
    events::EventSink,
    explain::{About, Case, Open as Explanations, Why},
    failure, file,
    inventory::{Open, Reach},
    now,
    sessions::Sessions,
    settings::SettingsFile,
    share,
    stream::StreamServer,
    tunnels::{Start, Tunnels},
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
    settings: tokio::sync::Mutex<SettingsFile>,
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
    /// [`FailureCode::Network`] when no loopback port can be opened.
    pub async fn start(config: Config, sink: Arc<dyn EventSink>) -> Result<Arc<Self>, Failure> {
        let (settings, settings_trouble) = SettingsFile::load(&config.folders.settings);
        let listening = StreamServer::start(config.development_origin.clone(), Arc::new(SystemPeers)).await;
        let stream = listening.map_err(|error| {
            Failure::new(
                FailureCode::Network,
                "No port on this machine could be opened",
                "Something forbids loopback connections; terminals need one.",
            )
            .with_server("listen", error.to_string())
        })?;
        let (core, accounts_trouble) = Core::new(config, sink.clone()).await;
        core.want_forecasts(settings.current());
        let mut tasks = JoinSet::new();
        tasks.spawn(core.clone().tell_inventory());
        tasks.spawn(core.clone().tell_keychain());
        tasks.spawn(core.clone().watch_refusals());
        let (tunnels, tunnels_trouble) =
            Tunnels::load(&core.config, core.keychain.clone(), sink.clone(), core.clone());
        tasks.spawn(tunnels.clone().tick());
        tasks.spawn(share::serve(core.config.clone(), tunnels.clone()));
        let explanations = Explanations::new(core.explainer.clone(), sink.clone());
        let sessions = Arc::new(Sessions::new(sink, core.clone()));
        let app = Self {
            core,
            sessions,
            tunnels,
            stream,
            explanations,
            settings: tokio::sync::Mutex::new(settings),
            trouble: settings_trouble.or(accounts_trouble).or(tunnels_trouble),
            _tasks: tasks,
        };
        app.core.refresh_if_signed_in();
        let tunnels = app.tunnels.clone();
        // Beside the start: its password may have to wait for the keychain.
        tokio::spawn(async move { tunnels.gateway.begin().await });
        Ok(Arc::new(app))
    }

    /// The settings as they stand in their file, for a process without a window. What is wrong with the file is left to
    /// the app.
    #[must_use]
    pub fn settings_of(config: &Config) -> Settings {
        SettingsFile::load(&config.folders.settings).0.current().clone()
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
            settings: self.settings.lock().await.current().clone(),
            trouble: self.trouble.clone(),
        }
    }

    /// Begins a sign-in; how it goes on is told by events.
    ///
    /// # Errors
    /// [`FailureCode::InvalidInput`] when no OAuth client is known.
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
    /// [`FailureCode::InvalidInput`] for an unknown account, [`FailureCode::File`] when the list of accounts
    /// cannot be written.
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
    /// [`FailureCode::File`] and [`FailureCode::InvalidInput`] for a file that cannot be used.
    pub async fn set_client_file(&self, path: &Path) -> Result<CloudInfo, Failure> {
        self.core.take_client(path).await
    }

    /// Lists all projects and instances anew. Returns once that has begun.
    ///
    /// # Errors
    /// [`FailureCode::SignInNeeded`] when no account can be used.
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
    /// [`FailureCode::InvalidInput`] for a text of more than 4 KiB.
    pub async fn tree_filter(&self, text: &str) -> Result<(), Failure> {
        self.core.inventory.set_filter(bounded(text)?);
        Ok(())
    }

    /// The next row from `from` on, around the end, whose name starts with `prefix`.
    ///
    /// # Errors
    /// [`FailureCode::InvalidInput`] for a text of more than 4 KiB.
    pub async fn tree_find(&self, prefix: &str, from: u32) -> Result<Option<u32>, Failure> {
        Ok(self.core.inventory.find(bounded(prefix)?, from))
    }

    /// Up to 50 instances that have all these words, the best fit first.
    ///
    /// # Errors
    /// [`FailureCode::InvalidInput`] for a text of more than 4 KiB.
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

    /// Opens a tab on an instance and begins to connect; gives the session's id.
    ///
    /// # Errors
    /// [`FailureCode::InvalidInput`] when too many tabs are open.
    pub async fn session_open(&self, instance: InstanceRef, cols: u16, rows: u16) -> Result<String, Failure> {
        self.sessions.open(instance, Size { columns: cols.max(1), rows: rows.max(1) })
    }

    /// Takes an answer to a session's question, or to what it offers.
    ///
    /// # Errors
    /// [`FailureCode::InvalidInput`] when the session does not ask for this.
    pub async fn session_answer(&self, id: &str, answer: SessionAnswer) -> Result<(), Failure> {
        self.sessions.get(id)?.answer(answer)
    }

    /// Puts a note away.
    ///
    /// # Errors
    /// [`FailureCode::InvalidInput`] for an unknown session, as with all methods below.
    pub async fn session_dismiss_note(&self, id: &str, kind: NoteKind) -> Result<(), Failure> {
        self.sessions.get(id)?.dismiss_note(kind);
        Ok(())
    }

    /// Ends what a session does; its tab stays.
    ///
    /// # Errors
    /// For an unknown session.
    pub async fn session_cancel(&self, id: &str) -> Result<(), Failure> {
        self.sessions.get(id)?.cancel();
        Ok(())
    }

    /// Closes a session's tab.
    ///
    /// # Errors
    /// For an unknown session.
    pub async fn session_close(&self, id: &str) -> Result<(), Failure> {
        self.sessions.close(id)
    }

    /// Where the front end fetches the bytes of the session's present attempt.
    ///
    /// # Errors
    /// For an unknown session.
    pub async fn terminal_attach(&self, id: &str) -> Result<StreamTicket, Failure> {
        let outlet = self.sessions.get(id)?.outlet();
        outlet.expect_front_end();
        Ok(self.stream.ticket(outlet.pipe.clone()))
    }

    /// The next bytes of the terminal, for a front end whose socket does not come up. Waits up to 20 seconds;
    /// an empty answer means that there were none.
    ///
    /// # Errors
    /// For an unknown session.
    pub async fn terminal_pull(&self, id: &str) -> Result<Bytes, Failure> {
        let outlet = self.sessions.get(id)?.outlet();
        Ok(outlet.pull().await)
    }

    /// One frame from the front end, with its number from 0 for each attachment. Waits up to 20 seconds while the
    /// terminal takes no more input.
    ///
    /// # Errors
    /// For an unknown session, and for frames that make no sense.
    pub async fn terminal_push(&self, id: &str, seq: u32, frame: Bytes) -> Result<(), Failure> {
        let outlet = self.sessions.get(id)?.outlet();
        outlet.push(seq.into(), frame).await
    }

    /// Keeps a tunnel, and begins it if `start`; gives its id.
    ///
    /// # Errors
    /// [`FailureCode::InvalidInput`] for what cannot be a tunnel, or one too many; [`FailureCode::File`] when it
    /// cannot be written down: it is there until the app ends all the same.
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
    /// [`FailureCode::InvalidInput`] for an unknown session or tunnel, and when too many explanations are open.
    pub async fn explain_open(&self, ask: ExplainAsk) -> Result<Explanation, Failure> {
        let why = match ask {
            ExplainAsk::Session { id } => self.sessions.get(&id)?.why(),
            ExplainAsk::Tunnel { id } => self.tunnels.why(&id)?,
            ExplainAsk::Target { target } => Why { target, failure: None, seen: None },
        };
        let public_address = self.settings.lock().await.current().public_address.clone();
        let account = self.core.account_for(&why.target);
        let email = account.as_ref().and_then(|(id, _)| self.core.email_of(id));
        if account.is_none() && why.failure.is_none() {
            return Err(failure::sign_in_needed("You are not signed in"));
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
    /// [`FailureCode::InvalidInput`] for one that is not open.
    pub async fn explain_again(&self, id: &str) -> Result<(), Failure> {
        let public_address = self.settings.lock().await.current().public_address.clone();
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
    /// [`FailureCode::InvalidInput`] for port 0, [`FailureCode::File`] when it cannot be written down.
    pub async fn gateway_set(&self, settings: GatewaySettings) -> Result<(), Failure> {
        self.tunnels.set_gateway(settings).await
    }

    /// The gateway's password, for the clipboard and nothing else.
    pub async fn gateway_password(&self) -> SecretString {
        self.tunnels.gateway.password().await
    }

    /// Takes new settings; gives them cut to their bounds.
    ///
    /// # Errors
    /// [`FailureCode::File`] when they cannot be written; they hold until the app ends all the same.
    pub async fn settings_set(&self, settings: Settings) -> Result<Settings, Failure> {
        // Held while writing, so that the last settings are the ones that stay in the file.
        let mut held = self.settings.lock().await;
        let (path, settings) = held.replace(settings);
        self.core.sink.send(Event::Settings(settings.clone()));
        self.core.want_forecasts(&settings);
        let written = {
            let (path, settings) = (path.clone(), settings.clone());
            file::blocking(move || file::save(&path, &settings)).await
        };
        written.map_err(|error| file::failure("The settings could not be written", &path, &error))?;
        Ok(settings)
    }
}

fn bounded(text: &str) -> Result<&str, Failure> {
    if text.len() > LONGEST_TEXT {
        return Err(Failure::new(FailureCode::InvalidInput, "The text is too long", "Search for less."));
    }
    Ok(text)
}

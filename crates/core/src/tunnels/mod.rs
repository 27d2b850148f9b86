//! Tunnels with a listener before them: what was asked for is kept, what runs shares the pool.

mod command;
mod convert;
mod entry;
mod file;
mod gateway;
mod launch;
mod meter;
mod profiles;
mod told;
mod wishes;

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use adit_contract::{
    Event, Failure, FailureCode, TunnelAction, TunnelInfo, TunnelPeer, TunnelSpec, TunnelTarget,
};
use adit_tunnel::{
    Waiting,
    listen::Activity,
    peer::SystemPeers,
    pool::{Lease, Pool},
};
use tokio::sync::{Notify, mpsc};

use self::{
    command::{Asker, Opened},
    entry::{Entry, Kept, Run, Wish},
    file::Saved,
    meter::{Moved, as_number},
};
use crate::{
    access::Access,
    config::Config,
    events::EventSink,
    explain::{Refused, Why},
    failure,
    keychain::Keychain,
    now,
    panics::{broken, caught},
    share::Wait,
    words,
};

pub(crate) use self::{
    command::Dialed,
    convert::{check, port},
    gateway::Gateway,
};
pub use self::{
    convert::{called, fill, pool_spec, relay_target},
    told::Told,
};

/// The most tunnels that are kept, stopped ones included.
const MOST_TUNNELS: usize = 500;
/// The most tunnels of commands at the same time; they do not take the kept ones' room.
const MOST_BORROWED: usize = 256;
/// Connections that all tunnels together serve at once.
const MOST_CONNECTIONS: usize = 4096;
/// The shortest time between two events about one tunnel's connections.
const BREATH: Duration = Duration::from_millis(50);
/// How often statistics are told at most.
const TICK: Duration = Duration::from_secs(1);

/// What tunnels need from the app.
pub(crate) trait Ways: Send + Sync {
    /// The account that a profile names, else the one that sees a project, and its way to Google.
    fn way(&self, project: &str, profile: Option<&str>) -> Result<(String, Arc<Access>), Failure>;
    /// A tunnel found that an account has to sign in again.
    fn needs_sign_in(&self, account: &str);
    /// Whether an account is still signed in here.
    fn knows(&self, account: &str) -> bool;
}

/// All tunnels, oldest first.
pub(crate) struct Tunnels {
    sink: Arc<dyn EventSink>,
    ways: Arc<dyn Ways>,
    pool: Pool,
    /// Where Unix sockets are.
    run: PathBuf,
    file: file::TunnelsFile,
    all: Mutex<All>,
    /// Those that ran when the app ended wait for a sign-in.
    waits: AtomicBool,
    /// Told of each change: where nothing runs, nothing is measured.
    stirred: Notify,
    pub(crate) gateway: Gateway,
}

struct All {
    entries: BTreeMap<u64, Entry>,
    next: u64,
}

impl Tunnels {
    /// What was kept, all of it stopped; what is wrong with the file is told beside it.
    pub(crate) fn load(
        config: &Config,
        keychain: Arc<Keychain>,
        sink: Arc<dyn EventSink>,
        ways: Arc<dyn Ways>,
    ) -> (Arc<Self>, Option<Failure>) {
        let (file, saved, trouble) = file::TunnelsFile::load(&config.folders.data, &config.cloud.id);
        let pool = Pool::new(MOST_CONNECTIONS, Arc::new(SystemPeers));
        let gateway = Gateway::new(config, keychain, pool.clone(), sink.clone(), ways.clone(), saved.gateway);
        let entries: BTreeMap<u64, Entry> = (1..)
            .zip(saved.tunnels.into_iter().take(MOST_TUNNELS).enumerate().map(|(at, spec)| {
                let mut entry = Entry::new(spec, Kept::Yes);
                if saved.wanted.contains(&at) {
                    entry.wish = Wish::Run;
                }
                entry.profile = saved.profiles.get(&at).cloned();
                entry
            }))
            .collect();
        let next = entries.last_key_value().map_or(1, |(last, _)| last.saturating_add(1));
        let tunnels = Self {
            sink,
            ways,
            pool,
            run: config.folders.run.clone(),
            file,
            all: Mutex::new(All { entries, next }),
            waits: AtomicBool::new(false),
            stirred: Notify::new(),
            gateway,
        };
        (Arc::new(tunnels), trouble)
    }

    fn all(&self) -> MutexGuard<'_, All> {
        // Every change below is whole before anything could panic.
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn infos(&self) -> Vec<TunnelInfo> {
        self.all().entries.iter().map(|(id, entry)| entry.info(*id, &self.run)).collect()
    }

    /// The address that a target has each time.
    pub(crate) fn local(&self, target: &TunnelTarget) -> String {
        convert::steady(target)
    }

    /// Keeps a tunnel; gives its id.
    ///
    /// # Errors
    /// [`FailureCode::InvalidInput`] for what cannot be a tunnel, or one too many; [`FailureCode::File`] when it
    /// cannot be written down: it is there until the app ends all the same.
    pub(crate) async fn add(self: &Arc<Self>, spec: TunnelSpec, start: Start) -> Result<String, Failure> {
        convert::check(&spec)?;
        let id = self.insert(spec, Kept::Yes)?;
        if start == Start::Now {
            self.start(id, None, None);
        }
        self.save().await?;
        Ok(id.to_string())
    }

    fn insert(&self, spec: TunnelSpec, kept: Kept) -> Result<u64, Failure> {
        let mut all = self.all();
        let there = all.entries.values().filter(|entry| entry.kept == kept).count();
        match kept {
            Kept::Yes if there >= MOST_TUNNELS => return Err(words::tunnels::too_many(MOST_TUNNELS)),
            Kept::WhileUsed if there >= MOST_BORROWED => {
                return Err(words::tunnels::too_many_of_commands(MOST_BORROWED));
            }
            Kept::Yes | Kept::WhileUsed => {}
        }
        let id = all.next;
        all.next = id.saturating_add(1);
        let entry = Entry::new(spec, kept);
        self.sink.send(Event::Tunnel(Box::new(entry.info(id, &self.run))));
        all.entries.insert(id, entry);
        Ok(id)
    }

    /// Changes what a tunnel is to be. One that runs begins anew.
    ///
    /// # Errors
    /// As [`Tunnels::add`], and for an unknown one.
    pub(crate) async fn change(self: &Arc<Self>, id: &str, spec: TunnelSpec) -> Result<(), Failure> {
        convert::check(&spec)?;
        let id = self.find(id)?;
        self.is_ours(id)?;
        self.with(id, |entry| {
            entry.spec = spec;
            if entry.stop(None) == Ran::Yes {
                self.begin(id, entry, None, None);
            }
        });
        self.save().await
    }

    /// Does something to a tunnel; returns once that has begun.
    ///
    /// # Errors
    /// For an unknown one, and [`FailureCode::File`] when its removal cannot be written down.
    pub(crate) async fn act(self: &Arc<Self>, id: &str, action: TunnelAction) -> Result<(), Failure> {
        let id = self.find(id)?;
        match action {
            TunnelAction::Start => {
                self.is_ours(id)?;
                self.start(id, None, None);
                self.save_wishes().await;
            }
            TunnelAction::Stop => {
                self.with(id, |entry| {
                    entry.wish = Wish::Stop;
                    entry.stop(None)
                });
                self.save_wishes().await;
            }
            TunnelAction::Restart => {
                self.is_ours(id)?;
                // In one step, so that a stop in between is not lost.
                self.with(id, |entry| {
                    entry.stop(None);
                    entry.wish = Wish::Run;
                    self.begin(id, entry, None, None);
                });
                self.save_wishes().await;
            }
            TunnelAction::ResumeNow => {
                if let Some(lease) = self.lease(id) {
                    lease.tunnel().resume_now();
                }
            }
            TunnelAction::Remove => {
                self.remove(id);
                self.save().await?;
            }
        }
        Ok(())
    }

    fn remove(&self, id: u64) {
        let removed = self.all().entries.remove(&id);
        if let Some(mut entry) = removed {
            entry.stop(None);
            self.sink.send(Event::TunnelRemoved(id.to_string()));
        }
    }

    /// Who is connected.
    ///
    /// # Errors
    /// For an unknown tunnel.
    pub(crate) async fn peers(&self, id: &str) -> Result<Vec<TunnelPeer>, Failure> {
        let id = self.find(id)?;
        let tunnel = self.lease(id).map(|lease| lease.tunnel().clone());
        // No share is held meanwhile: it would keep a stopped tunnel alive.
        let Some(tunnel) = tunnel else { return Ok(Vec::new()) };
        let connections = tunnel.connections().await;
        Ok(connections.into_iter().map(entry::peer).collect())
    }

    /// Tells of an account that has to sign in.
    fn note(&self, account: &str, failure: Failure) -> Failure {
        if failure.code == FailureCode::SignInNeeded {
            self.ways.needs_sign_in(account);
        }
        failure
    }

    fn find(&self, id: &str) -> Result<u64, Failure> {
        let number: Option<u64> = id.parse().ok();
        number.filter(|number| self.all().entries.contains_key(number)).ok_or_else(words::tunnels::unknown)
    }

    /// How a tunnel failed, to be explained.
    ///
    /// # Errors
    /// For an unknown tunnel.
    pub(crate) fn why(&self, id: &str) -> Result<Why, Failure> {
        let id = self.find(id)?;
        let why = self.all().entries.get(&id).map(Entry::why);
        why.ok_or_else(|| failure::internal("a tunnel went while it was looked at"))
    }

    fn lease(&self, id: u64) -> Option<Lease> {
        self.all().entries.get(&id).and_then(Entry::lease)
    }

    /// Changes one and tells.
    fn with<T>(&self, id: u64, change: impl FnOnce(&mut Entry) -> T) -> Option<T> {
        let mut all = self.all();
        let entry = all.entries.get_mut(&id)?;
        let result = change(entry);
        // Sent under the lock, so that the front end sees the changes in their order.
        self.sink.send(Event::Tunnel(Box::new(entry.info(id, &self.run))));
        self.stirred.notify_one();
        Some(result)
    }

    /// The same for the start of this epoch; what a stopped one still has to say is dropped.
    fn change_in(&self, id: u64, epoch: u64, change: impl FnOnce(&mut Entry)) {
        let mut all = self.all();
        if let Some(entry) = all.entries.get_mut(&id).filter(|entry| entry.epoch == epoch) {
            change(entry);
            self.sink.send(Event::Tunnel(Box::new(entry.info(id, &self.run))));
            self.stirred.notify_one();
        }
    }

    /// Starts one that does not run. `local` stands in place of its own place.
    fn start(self: &Arc<Self>, id: u64, local: Option<SocketAddr>, asker: Option<Asker>) {
        self.with(id, |entry| {
            entry.wish = Wish::Run;
            self.begin(id, entry, local, asker);
        });
    }

    fn begin(self: &Arc<Self>, id: u64, entry: &mut Entry, local: Option<SocketAddr>, asker: Option<Asker>) {
        if !matches!(entry.run, Run::Stopped { .. }) {
            return;
        }
        entry.epoch = entry.epoch.wrapping_add(1);
        let (tunnels, spec, epoch) = (self.clone(), entry.spec.clone(), entry.epoch);
        let profile = entry.profile.clone();
        let before = entry.task.take();
        entry.task = Some(tokio::spawn(async move {
            if let Some(before) = before {
                // It was stopped. Until it has gone, its port may still be in use.
                drop(before.await);
            }
            let start = Starting { id, epoch, spec, profile, local };
            tunnels.run_guarded(&start, asker).await;
        }));
        let text = words::tunnels::asking(convert::called(&entry.spec.target));
        entry.run = Run::Starting { text, since: now(), account: None };
    }

    /// Refuses to begin anew what a command opened: it ends with its first run.
    fn is_ours(&self, id: u64) -> Result<(), Failure> {
        match self.all().entries.get(&id).map(|entry| entry.kept) {
            Some(Kept::WhileUsed) => Err(words::tunnels::of_a_command()),
            Some(Kept::Yes) | None => Ok(()),
        }
    }

    /// Runs a tunnel to its end, which it tells; also that of a mistake of ours, which harms no other one.
    async fn run_guarded(&self, start: &Starting, asker: Option<Asker>) {
        let (waits, mut opened) = asker.map(|asker| (asker.waits, asker.opened)).unzip();
        let ran = caught("the tunnel", async { Ok(self.run(start, waits, &mut opened).await) });
        let refused = ran.await.unwrap_or_else(|failure| Some(failure.into()));
        if let (Some(opened), Some(refused)) = (opened, &refused) {
            // Whoever asked may have gone.
            drop(opened.send(Err(refused.failure.clone())));
        }
        self.change_in(start.id, start.epoch, |entry| entry.ended(refused));
    }

    /// Opens and follows a tunnel until it is stopped; gives why it ended, if it was not.
    async fn run(
        &self,
        start: &Starting,
        waits: Option<mpsc::Sender<Wait>>,
        opened: &mut Option<Opened>,
    ) -> Option<Refused> {
        let Starting { id, epoch, .. } = *start;
        let (lease, account, mut program) = match self.open(start, waits.as_ref()).await {
            Ok(running) => running,
            Err(refused) => return Some(refused),
        };
        let tunnel = lease.tunnel().clone();
        let mut changed = tunnel.changed();
        self.change_in(id, epoch, |entry| entry.listens(lease.clone(), account.clone()));
        if let Some(opened) = opened.take() {
            drop(opened.send(Ok(lease.clone())));
        }
        drop(lease);
        loop {
            tokio::select! {
                more = changed.changed() => {
                    let activity = tunnel.stats().activity;
                    if let Activity::SignInNeeded { .. } = activity {
                        self.ways.needs_sign_in(&account);
                    }
                    if more.is_err() {
                        return None;
                    }
                    if let Activity::Ended | Activity::Broken = activity {
                        return broken_off(&activity);
                    }
                    self.change_in(id, epoch, |_| {});
                    // Not more often than the eye can follow; what changes meanwhile comes with the next.
                    tokio::time::sleep(BREATH).await;
                }
                () = launch::ended(&mut program) => return None,
            }
        }
    }

    async fn open(
        &self,
        start: &Starting,
        waits: Option<&mpsc::Sender<Wait>>,
    ) -> Result<(Lease, String, Option<tokio::process::Child>), Refused> {
        let Starting { id, epoch, spec: asked, profile, local } = start;
        let (account, access) = self.ways.way(convert::project(&asked.target), profile.as_deref())?;
        self.change_in(*id, *epoch, |entry| entry.starts_for(account.clone()));
        let (mut spec, launch) = convert::spec(asked, &self.run);
        if let Some(local) = local {
            spec.place = adit_tunnel::listen::Place::Address(*local);
        }
        let target = spec.target.clone();
        let called = convert::called(&asked.target);
        let waiting = |waiting: Waiting| {
            if let Some(waits) = waits {
                Wait::tell(waits, &waiting.retry);
            }
            let text = words::tunnels::waiting(called, &waiting.retry.reason, waiting.retry.attempt);
            self.change_in(*id, *epoch, |entry| entry.waits(text));
        };
        let opened = self.pool.open_observed(&account, access.dialer(), spec, waiting).await;
        let lease = opened.map_err(|error| {
            let Refused { failure, observed } = failure::refused_bind(&error, &target, &access);
            Refused { failure: self.note(&account, failure), observed }
        })?;
        let program = match launch {
            Some(launched) => Some(launch::begin(asked, lease.tunnel().local(), &launched)?),
            None => None,
        };
        Ok((lease, account, program))
    }

    /// An account has signed in again: connections that waited for it go on.
    pub(crate) fn signed_in(self: &Arc<Self>, account: &str) {
        for entry in self.all().entries.values() {
            if let Some(lease) = entry.lease_of(account) {
                lease.tunnel().signed_in();
            }
        }
        self.gateway.signed_in();
        if self.waits.swap(false, Ordering::Relaxed) {
            self.restore();
        }
    }

    /// Ends the tunnels of an account that signs out.
    pub(crate) fn signed_out(&self, account: &str) {
        let ids: Vec<u64> = {
            let all = self.all();
            let its = all.entries.iter().filter(|(_, entry)| entry.account() == Some(account));
            its.map(|(id, _)| *id).collect()
        };
        for id in ids {
            self.with(id, |entry| entry.stop(Some(words::sessions::signed_out())));
        }
    }

    /// Measures once a second while anything runs, and tells of what moved.
    pub(crate) async fn tick(self: Arc<Self>) {
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let ran = self.measure();
            self.gateway.tick();
            if ran == Ran::No {
                self.stirred.notified().await;
            }
        }
    }

    /// Tells of each tunnel that moved. Says whether another second can bring anything new by itself.
    fn measure(&self) -> Ran {
        let mut runs = self.gateway.settings().on;
        for (id, entry) in &mut self.all().entries {
            let moved = entry.measure();
            if moved == Moved::Yes {
                self.sink.send(Event::Tunnel(Box::new(entry.info(*id, &self.run))));
            }
            runs |= moved == Moved::Yes || matches!(entry.run, Run::Running { .. });
        }
        if runs { Ran::Yes } else { Ran::No }
    }

    /// Writes down what is kept.
    async fn save(&self) -> Result<(), Failure> {
        let saved = || {
            let all = self.all();
            let kept: Vec<&Entry> = all.entries.values().filter(|entry| entry.kept == Kept::Yes).collect();
            let wanted = kept.iter().enumerate().filter(|(_, entry)| entry.wish == Wish::Run);
            let profiles = kept.iter().enumerate();
            Saved {
                wanted: wanted.map(|(at, _)| at).collect(),
                profiles: profiles.filter_map(|(at, entry)| Some((at, entry.profile.clone()?))).collect(),
                tunnels: kept.iter().map(|entry| entry.spec.clone()).collect(),
                gateway: self.gateway.settings(),
            }
        };
        self.file.save(saved).await
    }

    /// Changes the gateway.
    ///
    /// # Errors
    /// [`FailureCode::InvalidInput`] for port 0, [`FailureCode::File`] when it cannot be written down.
    pub(crate) async fn set_gateway(&self, settings: adit_contract::GatewaySettings) -> Result<(), Failure> {
        self.gateway.set(settings).await?;
        self.stirred.notify_one();
        self.save().await
    }
}

/// Whether a tunnel that is added begins at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Start {
    Now,
    Later,
}

/// Whether something ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ran {
    Yes,
    No,
}

/// A start under way.
struct Starting {
    id: u64,
    epoch: u64,
    spec: TunnelSpec,
    profile: Option<String>,
    local: Option<SocketAddr>,
}

/// Why a listener ended that nobody has stopped.
fn broken_off(activity: &Activity) -> Option<Refused> {
    matches!(activity, Activity::Broken).then(|| broken("the listener").into())
}

fn count(number: u64) -> f64 {
    as_number(number)
}

#[cfg(test)]
mod tests;

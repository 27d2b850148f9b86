//! Tunnels behind local addresses, shared by all who want the same one.

mod slots;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use adit_relay::{Patience, Target};
use futures_util::FutureExt as _;
use tokio::sync::watch;

use self::slots::{Found, Slots};
use crate::audience::Audience;
use crate::gateway::Login;
use crate::guard::Guard;
use crate::listen::{
    self, BindError, Changes, Ledger, Listener, Place, Places, Purpose, Resolve, Serving, SharedPlaces,
};
use crate::peer::PeerLookup;
use crate::{Dialer, Waiting, ports};

/// The steady port of a gateway, which has no target to take one from.
pub const GATEWAY_PORT: u16 = 10_800;

/// A tunnel that is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spec {
    /// Where it leads.
    pub target: Target,
    /// Where it listens.
    pub place: Place,
    /// Who may come in.
    pub audience: Audience,
    /// What may go through.
    pub guard: Guard,
    /// How many may come in.
    pub limits: listen::Options,
    /// How long a target that may still be starting is tried, by the probe and for each connection.
    pub patience: Patience,
}

/// A gateway that is wanted: one listener for all VMs.
#[derive(Debug, Clone)]
pub struct GatewaySpec {
    /// Where it listens; [`Place::Steady`] is [`GATEWAY_PORT`].
    pub place: Place,
    /// Who may come in.
    pub audience: Audience,
    /// What clients must say besides.
    pub login: Option<Login>,
    /// How many may come in.
    pub limits: listen::Options,
}

/// A listener with one target.
pub type Tunnel = Listener<Spec>;
/// A listener whose clients say where they want to go.
pub type GatewayListener = Listener<GatewaySpec>;

/// All tunnels of a process. Cheap to clone; clones are the same pool.
#[derive(Clone)]
pub struct Pool {
    shared: Arc<Shared>,
}

struct Shared {
    peers: Arc<dyn PeerLookup>,
    places: SharedPlaces,
    slots: Mutex<Slots>,
    changed: Changes,
    last_id: AtomicU64,
}

/// A share of a tunnel. With its last one, the tunnel ends.
#[derive(Debug, Clone)]
pub struct Lease {
    hold: Arc<Hold>,
}

impl Lease {
    /// The tunnel.
    #[must_use]
    pub fn tunnel(&self) -> &Arc<Tunnel> {
        &self.hold.tunnel
    }
}

/// What the leases of a tunnel share.
#[derive(Debug)]
struct Hold {
    tunnel: Arc<Tunnel>,
    pool: Weak<Shared>,
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.tunnel.stop();
        if let Some(pool) = self.pool.upgrade() {
            pool.slots().remove(self.tunnel.id());
            listen::bump(&pool.changed);
        }
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pool").field("places", &self.places).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.shared.fmt(f)
    }
}

impl Pool {
    /// An empty pool whose listeners together serve at most `capacity` connections at once, and at least one. `peers`
    /// tells who comes in.
    #[must_use]
    pub fn new(capacity: usize, peers: Arc<dyn PeerLookup>) -> Self {
        Self {
            shared: Arc::new(Shared {
                peers,
                places: SharedPlaces::new(capacity),
                slots: Mutex::default(),
                changed: Changes::default(),
                last_id: AtomicU64::new(0),
            }),
        }
    }

    /// A share of the tunnel that `spec` describes: of the one that is there, if the same account opened it for the
    /// same target, place, audience and guard, else of a new one. A new one takes its address first, then opens a
    /// throw-away tunnel, so that a target that cannot be reached is known at once; it takes connections only after
    /// that. Who asks for the same meanwhile waits for the same. Dropping all these futures ends the attempt.
    ///
    /// To be called in a tokio runtime.
    ///
    /// # Errors
    /// [`BindError`] when the place cannot be had or the probe fails.
    pub async fn open(&self, account: &str, dialer: &Dialer, spec: Spec) -> Result<Lease, BindError> {
        self.open_observed(account, dialer, spec, |_| {}).await
    }

    /// The same, and tells on this task each time the probe failed and another attempt follows.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub async fn open_observed(
        &self,
        account: &str,
        dialer: &Dialer,
        spec: Spec,
        mut observe: impl FnMut(Waiting),
    ) -> Result<Lease, BindError> {
        let (mut opening, mut progress) = match self.find_or_begin(account, dialer, spec)? {
            Found::Open(hold) => return Ok(Lease { hold }),
            Found::Opening(opening, progress) => (opening, progress),
        };
        loop {
            tokio::select! {
                opened = &mut opening => return opened.map(|hold| Lease { hold }),
                Ok(()) = progress.changed() => {
                    let waiting = progress.borrow_and_update().clone();
                    if let Some(waiting) = waiting {
                        observe(waiting);
                    }
                }
            }
        }
    }

    /// Opens a gateway, which is nobody else's. Each connection is resolved and dialled when it has said where it
    /// wants to go, and its client hears of success only once its tunnel is up.
    ///
    /// To be called in a tokio runtime.
    ///
    /// # Errors
    /// [`BindError`] when the place cannot be had.
    pub async fn open_gateway(
        &self,
        spec: GatewaySpec,
        resolve: Arc<dyn Resolve>,
    ) -> Result<GatewayListener, BindError> {
        let id = self.shared.next_id();
        self.shared.addresses_released().await;
        let reserved = self.shared.name_holder(listen::reserve(&spec.place, GATEWAY_PORT)).await?;
        let acceptor = self.shared.name_holder(reserved.listen(GATEWAY_PORT)).await?;
        let purpose = Purpose::Gateway { login: spec.login.clone(), resolve };
        let (audience, limits) = (spec.audience.clone(), spec.limits);
        Ok(self.shared.start(id, spec, acceptor, audience, limits, purpose))
    }

    /// The tunnels that are open, the oldest first.
    #[must_use]
    pub fn tunnels(&self) -> Vec<Arc<Tunnel>> {
        self.shared.slots().tunnels()
    }

    /// A count that goes on whenever a tunnel comes or goes, or changes ([`Listener::changed`]).
    #[must_use]
    pub fn changed(&self) -> watch::Receiver<u64> {
        self.shared.changed.subscribe()
    }

    fn find_or_begin(&self, account: &str, dialer: &Dialer, spec: Spec) -> Result<Found, BindError> {
        let mut slots = self.shared.slots();
        let (found, _others) = slots.find(account, &spec);
        if let Some(found) = found {
            drop(slots);
            return Ok(found);
        }
        let id = self.shared.next_id();
        let (told, progress) = watch::channel(None);
        let opening = Arc::clone(&self.shared).open(id, dialer.clone(), spec.clone(), told).boxed().shared();
        let begun = slots.begin(id, account, spec, &opening, progress.clone());
        drop(slots);
        begun.map(|()| Found::Opening(opening, progress))
    }
}

impl Shared {
    fn slots(&self) -> MutexGuard<'_, Slots> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next_id(&self) -> u64 {
        self.last_id.fetch_add(1, Ordering::Relaxed).saturating_add(1)
    }

    async fn open(
        self: Arc<Self>,
        id: u64,
        dialer: Dialer,
        spec: Spec,
        told: watch::Sender<Option<Waiting>>,
    ) -> Result<Arc<Hold>, BindError> {
        let opened = self.establish(id, dialer, spec, told).await;
        let opened =
            opened.map(|tunnel| Arc::new(Hold { tunnel: Arc::new(tunnel), pool: Arc::downgrade(&self) }));
        match &opened {
            Ok(hold) => self.slots().opened(id, hold),
            Err(_) => self.slots().remove(id),
        }
        listen::bump(&self.changed);
        opened
    }

    async fn establish(
        &self,
        id: u64,
        dialer: Dialer,
        spec: Spec,
        told: watch::Sender<Option<Waiting>>,
    ) -> Result<Tunnel, BindError> {
        self.addresses_released().await;
        let steady = ports::steady(&spec.target);
        let reserved = self.name_holder(listen::reserve(&spec.place, steady)).await?;
        let dialer = dialer.with_patience(spec.patience);
        let observe = |waiting| {
            told.send_replace(Some(waiting));
        };
        drop(dialer.dial_observed(&spec.target, observe).await?);
        let acceptor = self.name_holder(reserved.listen(steady)).await?;
        let purpose = Purpose::Tunnel {
            dialer: Box::new(dialer),
            target: Arc::new(spec.target.clone()),
            guard: spec.guard,
            port: acceptor.local().address().map_or(0, |address| address.port()),
        };
        let (audience, limits) = (spec.audience.clone(), spec.limits);
        Ok(self.start(id, spec, acceptor, audience, limits, purpose))
    }

    fn start<S>(
        &self,
        id: u64,
        spec: S,
        acceptor: listen::Acceptor,
        audience: Audience,
        limits: listen::Options,
        purpose: Purpose,
    ) -> Listener<S> {
        let ledger = Ledger::new(Arc::clone(&self.changed));
        self.slots().note(&ledger);
        let local = acceptor.local();
        let serving = Serving {
            ledger: Arc::clone(&ledger),
            peers: Arc::clone(&self.peers),
            audience,
            places: Places::new(limits, self.places.clone()),
            purpose,
        };
        listen::start(acceptor, serving);
        Listener::new(id, spec, local, ledger, Arc::clone(&self.peers))
    }

    /// Waits until the addresses of listeners that were stopped are free again, which is soon: whoever restarts a
    /// tunnel wants the same one.
    async fn addresses_released(&self) {
        let stopping = self.slots().stopping();
        for ledger in stopping {
            ledger.reached(listen::Phase::Released).await;
        }
    }

    /// Adds to a taken place who has it: a tunnel of this pool, or a program, where the system tells.
    async fn name_holder<T>(&self, result: Result<T, BindError>) -> Result<T, BindError> {
        let Err(BindError::InUse { place, by: None }) = result else { return result };
        let tunnel = self.slots().tunnels().into_iter().find(|tunnel| *tunnel.local() == place);
        let by = match (tunnel, place.address()) {
            (Some(tunnel), _) => Some(format!("the tunnel to {}", named(&tunnel.spec().target))),
            (None, Some(address)) => {
                let peers = Arc::clone(&self.peers);
                let program = tokio::task::spawn_blocking(move || peers.listener(address)).await;
                program.ok().and_then(Result::ok).map(|program| program.to_string())
            }
            (None, None) => None,
        };
        Err(BindError::InUse { place, by })
    }
}

fn named(target: &Target) -> String {
    match target {
        Target::Instance { instance, port, .. } => format!("port {port} of {instance}"),
        Target::Host { host, port, .. } => format!("port {port} of {host}"),
    }
}

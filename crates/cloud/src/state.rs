//! What changes while the cloud runs, shared by its HTTP services, its relay and its hosts.

mod access;
mod audit;
mod firewall;
mod guest;
mod machines;
mod operations;
mod os_login;
mod perimeter;
mod serial;
#[cfg(test)]
mod tests;
mod tokens;
mod windows;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::faults::Faults;
use crate::landscape::{Instance, Landscape, Os, Place, PortHost, Status, Tunnels, User};

pub(crate) use access::{Node, Resource, deny_covers, deny_name};
pub(crate) use audit::Record;
pub(crate) use firewall::Interface;
pub(crate) use guest::Guest;
pub(crate) use machines::{Items, Machine, MetadataRefusal};
pub(crate) use operations::{Action, ActionRefusal, Asked, Operation, OperationScope, Progress};
pub(crate) use os_login::{Imported, Profile};
pub(crate) use serial::Serial;
pub(crate) use tokens::{ACCESS_LIFE, Pair, RedeemRefusal, Request};
pub(crate) use windows::Account;

/// Who calls, and from where: what an access token stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caller {
    pub(crate) email: String,
    /// `None` where the grant names none.
    pub(crate) place: Option<Place>,
}

/// An instance with its SSH host, by the instance's numeric id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct GuestId(pub(crate) u64);

/// What answers at the far end of a tunnel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Backend {
    Ssh(GuestId),
    Desktop(GuestId),
    Echo,
    Address(SocketAddr),
}

/// What a tunnel's target turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lookup {
    /// No such project, zone, instance, interface, group or host.
    UnknownInstance,
    NotRunning,
    NothingListens,
    Backend(Backend),
}

/// The running cloud's state; a clone is another handle on the same.
#[derive(Clone)]
pub(crate) struct State(Arc<Shared>);

struct Shared {
    landscape: Landscape,
    /// (project, zone, name) to the index in `landscape.instances`.
    by_name: HashMap<(String, String, String), usize>,
    by_id: HashMap<u64, usize>,
    world: Mutex<World>,
    tokens: Mutex<tokens::Tokens>,
    faults: Mutex<Faults>,
    audit: Mutex<audit::Records>,
    stop: CancellationToken,
    /// Changes with every account of a Windows guest.
    accounts: watch::Sender<()>,
}

struct World {
    /// In the order of `landscape.instances`.
    machines: Vec<Machine>,
    /// Of the Windows instances, by the same index.
    windows: HashMap<usize, windows::Windows>,
    projects: HashMap<String, machines::Metadata>,
    operations: operations::Operations,
    profiles: HashMap<String, os_login::Keys>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // every change under these locks is complete before anything that could panic
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What opening a tunnel to an instance needs.
pub(crate) const TUNNEL: &str = "iap.tunnelInstances.accessViaIAP";

impl State {
    pub(crate) fn new(landscape: Landscape, faults: Faults) -> Self {
        let mut by_name = HashMap::new();
        let mut by_id = HashMap::new();
        let mut machines = Vec::with_capacity(landscape.instances.len());
        let mut windows = HashMap::new();
        for (index, instance) in landscape.instances.iter().enumerate() {
            let machine = Machine::new(instance);
            by_name.insert((instance.project.clone(), instance.zone.clone(), instance.name.clone()), index);
            by_id.insert(machine.id, index);
            machines.push(machine);
            if instance.os == Os::Windows {
                windows.insert(index, windows::Windows::new(instance));
            }
        }
        let projects = landscape
            .projects
            .iter()
            .map(|project| (project.id.clone(), machines::Metadata::new(&project.metadata)))
            .collect();
        Self(Arc::new(Shared {
            landscape,
            by_name,
            by_id,
            world: Mutex::new(World {
                machines,
                windows,
                projects,
                operations: operations::Operations::default(),
                profiles: HashMap::new(),
            }),
            tokens: Mutex::new(tokens::Tokens::default()),
            faults: Mutex::new(faults),
            audit: Mutex::new(audit::Records::default()),
            stop: CancellationToken::new(),
            accounts: watch::Sender::new(()),
        }))
    }

    pub(crate) fn landscape(&self) -> &Landscape {
        &self.0.landscape
    }

    /// Fires when the cloud ends.
    pub(crate) fn stopping(&self) -> CancellationToken {
        self.0.stop.clone()
    }

    fn world(&self) -> MutexGuard<'_, World> {
        lock(&self.0.world)
    }

    /// Who an access token stands for; `None` for an unknown, expired or revoked one.
    pub(crate) fn caller(&self, access_token: &str) -> Option<Caller> {
        lock(&self.0.tokens).caller(access_token)
    }

    pub(crate) fn user(&self, email: &str) -> Option<&User> {
        self.0.landscape.users.iter().find(|user| user.email.eq_ignore_ascii_case(email))
    }

    /// A copy of the faults as they are now.
    pub(crate) fn faults(&self) -> Faults {
        lock(&self.0.faults).clone()
    }

    pub(crate) fn set_faults(&self, faults: Faults) {
        *lock(&self.0.faults) = faults;
    }

    fn index(&self, project: &str, zone: &str, instance: &str) -> Option<usize> {
        // a numeric id stands for the name, as everywhere in Compute
        if let Some(index) = instance.parse().ok().and_then(|id: u64| self.0.by_id.get(&id)) {
            let found = self.0.landscape.instances.get(*index)?;
            return (found.project == self.project_id(project)? && found.zone == zone).then_some(*index);
        }
        let key = (self.project_id(project)?.to_owned(), zone.to_owned(), instance.to_owned());
        self.0.by_name.get(&key).copied()
    }

    /// A project's id, given by id or by number.
    pub(crate) fn project_id(&self, project: &str) -> Option<&str> {
        let number = project.parse::<u64>().ok();
        self.0
            .landscape
            .projects
            .iter()
            .find(|one| one.id == project || Some(one.number) == number)
            .map(|one| one.id.as_str())
    }

    pub(crate) fn instance(&self, project: &str, zone: &str, name: &str) -> Option<&Instance> {
        self.index(project, zone, name).and_then(|index| self.0.landscape.instances.get(index))
    }

    /// A copy of what changes about an instance, as it is now.
    pub(crate) fn machine(&self, project: &str, zone: &str, name: &str) -> Option<Machine> {
        let index = self.index(project, zone, name)?;
        self.world().machines.get(index).cloned()
    }

    /// Whether a caller may open a tunnel to a port of an instance; an audit record says so where these are on. For an
    /// instance that does not exist, what is granted on the whole project decides, so that an outsider cannot tell
    /// which names exist.
    pub(crate) fn may_tunnel(
        &self,
        caller: &Caller,
        project: &str,
        zone: &str,
        instance: &str,
        interface: &str,
        port: u16,
    ) -> bool {
        let instance = self.instance(project, zone, instance);
        let ip = instance.and_then(|one| Interface::of(one, interface)).map(|one| one.ip);
        let resource = Resource::Tunnel { project, zone, instance, to: Some((ip, port)) };
        let mut decision = self.decide(caller, TUNNEL, resource);
        if let Some(project) = self.project(project) {
            decision.allowed &= self.inside(caller, project, "iap.googleapis.com");
        }
        if let Some(instance) = instance {
            decision.allowed &= instance.tunnels == Tunnels::Decided;
            self.log_decision(caller, instance, ip, port, &decision);
        }
        decision.allowed
    }

    /// Whether a caller may open a tunnel to a host of a destination group.
    pub(crate) fn may_tunnel_to_host(
        &self,
        caller: &Caller,
        project: &str,
        region: &str,
        group: &str,
    ) -> bool {
        let resource = Resource::Group { project, region, group };
        self.allows(caller, "iap.tunnelDestGroups.accessViaIAP", resource)
    }

    /// What a tunnel to an instance ends at.
    pub(crate) fn lookup(
        &self,
        project: &str,
        zone: &str,
        instance: &str,
        interface: &str,
        port: u16,
    ) -> Lookup {
        let Some(index) = self.index(project, zone, instance) else { return Lookup::UnknownInstance };
        let Some(definition) = self.0.landscape.instances.get(index) else { return Lookup::UnknownInstance };
        let number = interface.strip_prefix("nic").and_then(|number| number.parse::<usize>().ok());
        if number.is_none_or(|number| number > definition.interfaces.len()) {
            return Lookup::UnknownInstance;
        }
        let Some((status, id)) = self.world().machines.get(index).map(|machine| (machine.status, machine.id))
        else {
            return Lookup::UnknownInstance;
        };
        match status {
            Status::Running => {}
            // as just after it was created: IAP does not find it yet
            Status::Provisioning | Status::Staging => return Lookup::UnknownInstance,
            Status::Stopping
            | Status::Suspending
            | Status::Suspended
            | Status::Repairing
            | Status::Terminated => return Lookup::NotRunning,
        }
        let admitted =
            Interface::of(definition, interface).is_some_and(|one| self.firewall_admits(one, port));
        if !admitted {
            return Lookup::NothingListens;
        }
        match definition.port(port) {
            PortHost::Ssh => Lookup::Backend(Backend::Ssh(GuestId(id))),
            PortHost::Desktop => Lookup::Backend(Backend::Desktop(GuestId(id))),
            PortHost::Echo => Lookup::Backend(Backend::Echo),
            PortHost::Address(address) => Lookup::Backend(Backend::Address(address)),
            PortHost::Closed => Lookup::NothingListens,
        }
    }

    /// What a tunnel to a host of a destination group ends at.
    pub(crate) fn lookup_host(
        &self,
        project: &str,
        region: &str,
        network: &str,
        group: &str,
        host: &str,
        port: u16,
    ) -> Lookup {
        let Some(project) = self.project_id(project) else { return Lookup::UnknownInstance };
        let found = self.0.landscape.destination_groups.iter().find(|one| {
            one.project == project && one.region == region && one.network == network && one.name == group
        });
        let Some(ports) = found.and_then(|one| one.hosts.get(host)) else { return Lookup::UnknownInstance };
        match ports.get(&port) {
            Some(PortHost::Echo) => Lookup::Backend(Backend::Echo),
            Some(PortHost::Address(address)) => Lookup::Backend(Backend::Address(*address)),
            // a landscape with `ssh` or `desktop` here does not pass its checks
            Some(PortHost::Ssh | PortHost::Desktop | PortHost::Closed) | None => Lookup::NothingListens,
        }
    }

    /// The guest behind an SSH backend; `None` for an id of another landscape.
    pub(crate) fn guest(&self, id: &GuestId) -> Option<Guest> {
        let index = *self.0.by_id.get(&id.0)?;
        Guest::new(self.clone(), index)
    }

    /// Fires when the instance stops, is reset or suspended: what runs on it ends then. An instance that does not
    /// run, or does not exist, has fired already.
    pub(crate) fn instance_stopped(&self, id: &GuestId) -> CancellationToken {
        let found = self
            .0
            .by_id
            .get(&id.0)
            .and_then(|index| self.world().machines.get(*index).map(|one| one.boot.clone()));
        found.unwrap_or_else(|| {
            let fired = CancellationToken::new();
            fired.cancel();
            fired
        })
    }
}

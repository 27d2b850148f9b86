//! What changes about an instance while the cloud runs.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use jiff::Timestamp;
use secrecy::SecretBox;
use sha2::{Digest as _, Sha256};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::State;
use super::serial::Serial;
use super::windows::Wake;
use crate::landscape::{HostKeyLife, Instance, Os, PortHost, Status};

/// Metadata entries in the order they were written.
pub(crate) type Items = Vec<(String, String)>;

/// Largest value of one metadata entry, in bytes.
const LARGEST_VALUE: usize = 262_144;
/// Largest sum of all keys and values, in bytes.
const LARGEST_METADATA: usize = 524_288;
/// Changes that a slow guest can have before it; older ones fall together.
const MOST_UNSEEN: usize = 64;

/// Why metadata was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum MetadataRefusal {
    /// The fingerprint is not that of the metadata as it is now.
    Stale,
    Invalid(String),
}

#[derive(Clone)]
pub(crate) struct Metadata {
    pub(crate) items: Items,
    pub(crate) fingerprint: String,
    delay: Duration,
    seen: Items,
    unseen: VecDeque<(Instant, Items)>,
}

fn fingerprint(items: &Items) -> String {
    let mut hash = Sha256::new();
    for (key, value) in items {
        hash.update(key.len().to_be_bytes());
        hash.update(key);
        hash.update(value.len().to_be_bytes());
        hash.update(value);
    }
    URL_SAFE.encode(hash.finalize().get(..8).unwrap_or_default())
}

impl Metadata {
    pub(super) fn new(items: &BTreeMap<String, String>) -> Self {
        let items: Items = items.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
        Self {
            fingerprint: fingerprint(&items),
            seen: items.clone(),
            items,
            delay: Duration::ZERO,
            unseen: VecDeque::new(),
        }
    }

    /// The entries that the guest has picked up by now.
    pub(super) fn seen(&mut self) -> Items {
        let now = Instant::now();
        while self.unseen.front().is_some_and(|(at, _)| *at <= now) {
            if let Some((_, items)) = self.unseen.pop_front() {
                self.seen = items;
            }
        }
        self.seen.clone()
    }

    /// Replaces all entries, if `known` is the fingerprint of the present ones.
    pub(super) fn replace(&mut self, items: Items, known: Option<&str>) -> Result<(), MetadataRefusal> {
        if known != Some(self.fingerprint.as_str()) {
            return Err(MetadataRefusal::Stale);
        }
        check(&items).map_err(MetadataRefusal::Invalid)?;
        self.fingerprint = fingerprint(&items);
        self.items = items.clone();
        if self.unseen.len() >= MOST_UNSEEN {
            self.unseen.pop_back();
        }
        self.unseen.push_back((Instant::now() + self.delay, items));
        Ok(())
    }
}

fn check(items: &Items) -> Result<(), String> {
    let mut keys = HashSet::new();
    let mut total = 0_usize;
    for (key, value) in items {
        let well_formed = !key.is_empty()
            && key.len() <= 128
            && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        if !well_formed {
            return Err(format!(
                "Invalid value for field 'metadata.items.key': '{key}'. Must be a match of regex '[a-zA-Z0-9-_]{{1,128}}'"
            ));
        }
        if !keys.insert(key) {
            return Err(format!("Invalid value for field 'metadata.items': duplicate key '{key}'"));
        }
        if value.len() > LARGEST_VALUE {
            return Err(format!(
                "Value for metadata key '{key}' is too large: maximum size {LARGEST_VALUE} bytes"
            ));
        }
        total = total.saturating_add(key.len()).saturating_add(value.len());
    }
    if total > LARGEST_METADATA {
        return Err(format!("Metadata has exceeded the total size of {LARGEST_METADATA} bytes"));
    }
    Ok(())
}

#[derive(Clone)]
pub(crate) struct Machine {
    pub(crate) id: u64,
    pub(crate) status: Status,
    pub(crate) metadata: Metadata,
    /// Fires when this boot ends.
    pub(crate) boot: CancellationToken,
    /// Counts the actions that have begun; what an older one still had to do is left undone.
    pub(super) course: u64,
    pub(crate) last_start: Option<Timestamp>,
    pub(crate) last_stop: Option<Timestamp>,
    /// What the console wrote, on port 1.
    console: Arc<Serial>,
    /// What a Windows guest's agent wrote, on port 4.
    agent: Arc<Serial>,
    os: Os,
    /// Seed of the host's Ed25519 key.
    pub(super) host_key: Arc<SecretBox<[u8; 32]>>,
    host_key_life: HostKeyLife,
    pub(super) name: String,
}

/// A number made from a name: the same at every start, and as long as Google's.
/// An instance's numeric id.
pub(crate) fn number(instance: &Instance) -> u64 {
    instance.id.unwrap_or_else(|| stable_id(instance))
}

fn stable_id(instance: &Instance) -> u64 {
    let text = format!("instance/{}/{}/{}", instance.project, instance.zone, instance.name);
    let hash = Sha256::digest(text.as_bytes());
    let mut first = [0; 8];
    for (to, from) in first.iter_mut().zip(hash.iter()) {
        *to = *from;
    }
    // 19 digits, and positive as int64
    1_000_000_000_000_000_000 + u64::from_be_bytes(first) % 8_000_000_000_000_000_000
}

fn stable_seed(instance: &Instance, id: u64) -> [u8; 32] {
    // public on purpose: a host key that anybody can compute is worth what the landscape is worth
    let text = format!("host key/{}/{}/{id}", instance.project, instance.name);
    Sha256::digest(text.as_bytes()).into()
}

impl Machine {
    pub(super) fn new(instance: &Instance) -> Self {
        let id = number(instance);
        let seed = match instance.host_key {
            HostKeyLife::Stable => stable_seed(instance, id),
            HostKeyLife::NewEachStart | HostKeyLife::NewEachBoot => rand::random(),
        };
        let boot = CancellationToken::new();
        if instance.status != Status::Running {
            boot.cancel();
        }
        let mut metadata = Metadata::new(&instance.metadata);
        metadata.delay = Duration::from_millis(instance.key_delay_ms);
        let mut machine = Self {
            id,
            status: instance.status,
            metadata,
            boot,
            course: 0,
            last_start: instance.created,
            last_stop: None,
            console: Arc::default(),
            agent: Arc::default(),
            os: instance.os,
            host_key: Arc::new(SecretBox::new(Box::new(seed))),
            host_key_life: instance.host_key,
            name: instance.name.clone(),
        };
        if machine.status == Status::Running {
            machine.print_boot();
        }
        machine
    }

    /// What a serial port wrote, 1 to 4; most are silent.
    pub(crate) fn serial(&self, port: u8) -> Option<&Serial> {
        match port {
            1 => Some(&self.console),
            4 => Some(&self.agent),
            _ => None,
        }
    }

    fn print(&mut self, line: &str) {
        let console = Arc::make_mut(&mut self.console);
        console.push(line);
        console.push("\r\n");
    }

    /// Writes to port 4.
    pub(super) fn say(&mut self, text: &str) {
        Arc::make_mut(&mut self.agent).push(text);
    }

    fn print_boot(&mut self) {
        if self.os == Os::Windows {
            self.print("UEFI: Windows Boot Manager");
            self.print(&format!("GCEGuestAgent: GCE Agent Started (machine {})", self.name));
            return;
        }
        self.print("[    0.000000] Linux version 6.12.0-cloud-amd64 (local cloud)");
        self.print(&format!(
            "[    0.000000] DMI: Google Google Compute Engine/Google Compute Engine, id {}",
            self.id
        ));
        self.print(&format!("{} google-guest-agent[412]: GCE Agent Started", self.name));
        self.print("");
        self.print(&format!("{} login: ", self.name));
    }

    /// The machine is up: sessions may begin.
    pub(super) fn booted(&mut self, now: Timestamp) {
        if self.host_key_life == HostKeyLife::NewEachBoot {
            self.host_key = Arc::new(SecretBox::new(Box::new(rand::random())));
        }
        self.status = Status::Running;
        self.boot = CancellationToken::new();
        self.last_start = Some(now);
        self.print_boot();
    }

    /// What ran on the machine ends.
    pub(super) fn halted(&mut self, status: Status, now: Timestamp) {
        self.status = status;
        self.boot.cancel();
        self.last_stop = Some(now);
        let words = match self.os {
            Os::Windows => "GCEGuestAgent: GCE Agent Stopped",
            Os::Linux | Os::Unknown => "[  OK  ] Reached target poweroff.target - System Power Off.",
        };
        self.print(words);
    }
}

impl Instance {
    /// What answers on a port while the instance runs. Every Linux instance has SSH on port 22 unless it says otherwise.
    pub(crate) fn port(&self, port: u16) -> PortHost {
        match self.ports.get(&port) {
            Some(host) => *host,
            None if port == 22 && self.os == Os::Linux => PortHost::Ssh,
            None => PortHost::Closed,
        }
    }
}

impl State {
    /// Replaces an instance's metadata; `None` where there is no such instance.
    pub(crate) fn set_metadata(
        &self,
        project: &str,
        zone: &str,
        name: &str,
        items: Items,
        known: Option<&str>,
    ) -> Option<Result<(), MetadataRefusal>> {
        let index = self.index(project, zone, name)?;
        let done =
            self.world().machines.get_mut(index).map(|machine| machine.metadata.replace(items, known))?;
        if done.is_ok() {
            self.wake_agent(index, Wake::Change);
        }
        Some(done)
    }

    /// Replaces a project's common metadata; `None` where there is no such project.
    pub(crate) fn set_common_metadata(
        &self,
        project: &str,
        items: Items,
        known: Option<&str>,
    ) -> Option<Result<(), MetadataRefusal>> {
        let id = self.project_id(project)?;
        let done = self.world().projects.get_mut(id).map(|metadata| metadata.replace(items, known))?;
        if done.is_ok() {
            self.wake_agents(Some(id), Wake::Change);
        }
        Some(done)
    }

    /// A project's common metadata: entries and fingerprint.
    pub(crate) fn common_metadata(&self, project: &str) -> Option<(Items, String)> {
        let id = self.project_id(project)?;
        self.world().projects.get(id).map(|metadata| (metadata.items.clone(), metadata.fingerprint.clone()))
    }
}

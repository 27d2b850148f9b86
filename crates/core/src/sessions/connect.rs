//! The way into a VM, step by step: read it, let our key in, open the tunnel, know the host, log in.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use adit_contract::{Failure, InstanceRef, InstanceStatus, Step};
use adit_ssh::{
    Client, HostKey,
    guest::{AccountKind, Flags, Lifetime, System, Way},
};
use adit_tunnel::{Patience, Watch};

use super::{
    host::expected,
    key::{key_pair, lifetime},
    known_hosts::{HostId, KnownHosts},
    log_in::Attempt,
    observer::Observer,
    publish::{self, Imported},
    vm::{self, IfStopped, dial},
};
use crate::{
    access::Access,
    cloud::Cloud,
    explain::{Observed, Refused},
    keychain::Keychain,
    words::sessions as words,
};

/// SSH's port.
pub(super) const PORT: u16 = 22;
/// How long a refusal to publish the key waits for the tunnel's own.
const TUNNEL_FIRST: Duration = Duration::from_secs(10);

/// What every connection needs.
#[derive(Debug, Clone)]
pub struct Context {
    /// The cloud in use.
    pub cloud: Cloud,
    /// The account's id, which names its SSH key in the keychain.
    pub account: String,
    /// The account's way to Google.
    pub access: Arc<Access>,
    /// Where the key is kept.
    pub keychain: Arc<Keychain>,
    /// How long a published key is valid whose other half is kept in memory only, and so is lost with this
    /// process. One from the keychain has [`Lifetime::default`].
    pub memory_key_lifetime: Lifetime,
    /// Where host keys are kept.
    pub known_hosts: KnownHosts,
}

/// Which host key is accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostKeyRule {
    /// The one that is known; when none is, the person is asked.
    Known,
    /// This one, which was presented before and is to replace the pinned one.
    Replace(HostKey),
}

/// A connection that has come up.
pub struct Connected {
    /// Logged in.
    pub client: Client,
    /// What happens to its tunnel.
    pub watch: Watch,
    /// The name of the user on the VM.
    pub user: String,
}

impl std::fmt::Debug for Connected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connected").field("user", &self.user).finish_non_exhaustive()
    }
}

/// Why a connection did not come up.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// In words, and what to do.
    pub failure: Failure,
    /// The host key that was presented instead of the known one, for [`HostKeyRule::Replace`].
    pub presented: Option<HostKey>,
    /// The VM's state, where it was read.
    pub status: Option<InstanceStatus>,
    /// What was seen of it, to be explained.
    pub observed: Option<Observed>,
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        Self { failure, presented: None, status: None, observed: None }
    }
}

impl From<Refused> for Refusal {
    fn from(Refused { failure, observed }: Refused) -> Self {
        Self { observed, ..failure.into() }
    }
}

impl Refusal {
    /// A state that nothing can be dialled in.
    pub(super) fn not_running(failure: Failure, status: InstanceStatus) -> Self {
        Self { status: Some(status), observed: Some(Observed::NotRunning(status)), ..failure.into() }
    }
}

/// Enters a VM by SSH. Dropping the future ends the attempt at once.
///
/// # Errors
/// [`Refusal`], whose failure says what stands in the way and what to do.
pub async fn connect(
    context: &Context,
    instance: &InstanceRef,
    if_stopped: IfStopped,
    rule: HostKeyRule,
    observer: Arc<dyn Observer>,
) -> Result<Connected, Refusal> {
    let name = &instance.name;
    observer.step(Step::ReadVm, words::reading(name));
    let google = context.access.google();
    let (read, common) = tokio::join!(vm::read(context, instance), vm::common_metadata(context, instance));
    let (read, patience) = vm::running(context, instance, read?, if_stopped, observer.as_ref()).await?;
    let email = context.access.identity().await?.email.clone();
    let flags = vm::flags(&read, &common);
    let system = match read.os {
        adit_google::Os::Windows => System::Windows,
        adit_google::Os::Linux | adit_google::Os::Unknown => System::Linux,
    };
    let way = way_in(&flags, system, &email, instance)?;
    let entry = context.cloud.entry("ssh-key", &context.account);
    let (key, keeping) = key_pair(&context.keychain, &entry).await?;
    let lifetime = lifetime(keeping, context.memory_key_lifetime);
    let host = HostId::new(&context.cloud, instance, &read);

    if patience == Patience::default() {
        observer.step(Step::OpenTunnel, words::opening_tunnel(name));
    } else {
        observer.step(Step::WaitForVm, words::waiting_for_answer(name));
    }
    let dialer = context.access.dialer().with_patience(patience);
    let is_published = AtomicBool::new(false);
    let publishing = async {
        let published = match way {
            WayIn::Metadata => {
                let published =
                    publish::to_metadata(&google, instance, &read, &email, &key, lifetime).await?;
                (published, Imported::Before)
            }
            WayIn::OsLogin => publish::to_os_login(&google, instance, &email, &key, lifetime).await?,
        };
        is_published.store(true, Ordering::Relaxed);
        Ok::<_, Refusal>(published)
    };
    let dialing = async {
        let connection = dial(&dialer, instance, PORT, &context.access).await?;
        if !is_published.load(Ordering::Relaxed) {
            observer.step(Step::PublishKey, words::giving_key(name));
        }
        Ok(connection)
    };
    let expecting = expected(context, &host, instance, &flags, rule);
    let (connection, (published, imported), expectation) =
        Box::pin(all_three(dialing, publishing, expecting)).await?;
    observer.user(&published.user);
    let attempt = Attempt { context, instance, host: &host, key, published: &published, observer, dialer };
    let connected = attempt.log_in(connection, expectation).await?;
    attempt.tell(way, imported).await;
    Ok(connected)
}

/// Runs the three at the same time. When the tunnel is denied, that is the answer, even if the key could not
/// be published either: who may not connect often may not write metadata, and the first is what they ask for.
async fn all_three<A, B, C>(
    dialing: impl Future<Output = Result<A, Refusal>>,
    publishing: impl Future<Output = Result<B, Refusal>>,
    expecting: impl Future<Output = Result<C, Refusal>>,
) -> Result<(A, B, C), Refusal> {
    tokio::pin!(dialing);
    let others = async { tokio::try_join!(publishing, expecting) };
    tokio::pin!(others);
    tokio::select! {
        dialled = &mut dialing => {
            let connection = dialled?;
            let (published, expected) = others.await?;
            Ok((connection, published, expected))
        }
        result = &mut others => match result {
            Ok((published, expected)) => Ok((dialing.await?, published, expected)),
            Err(refusal) => match tokio::time::timeout(TUNNEL_FIRST, dialing).await {
                Ok(Err(denied)) => Err(denied),
                Ok(Ok(_)) | Err(_) => Err(refusal),
            },
        },
    }
}

/// The two ways in that there are so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WayIn {
    Metadata,
    OsLogin,
}

fn way_in(flags: &Flags, system: System, email: &str, instance: &InstanceRef) -> Result<WayIn, Failure> {
    let kind =
        if email.ends_with(".gserviceaccount.com") { AccountKind::Service } else { AccountKind::Google };
    let name = &instance.name;
    match Way::of(flags, system, kind) {
        Way::MetadataKey => Ok(WayIn::Metadata),
        Way::OsLoginKey { second_factor: _ } => Ok(WayIn::OsLogin),
        Way::OsLoginCertificate { second_factor: _ } => Err(words::certificates_only(name)),
        Way::SecurityKeyOnly => Err(words::security_keys_only(name)),
        Way::WindowsNeedsEnabling => Err(words::runs_windows(name)),
    }
}

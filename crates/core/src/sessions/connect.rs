//! The way into a VM, step by step: read it, let our key in, open the tunnel, know the host, log in.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use adit_contract::{
    Action, Failure, FailureCode, InstanceRef, InstanceStatus, Note, NoteKind, Question, SecondFactorPrompt,
    Step,
};
use adit_google::{Action as Act, ErrorKind, Instance};
use adit_ssh::{
    Client, Echo, Expect, HostKey, Interaction, KeyPair, Options, Prompt,
    guest::{AccountKind, Flags, GUEST_ATTRIBUTES_QUERY, System, Way, host_keys},
};
use adit_tunnel::{Dialer, Event, Patience, Target, Watch};
use async_trait::async_trait;
use futures_util::FutureExt as _;
use jiff::{Timestamp, tz::TimeZone};
use secrecy::SecretString;
use tokio::time::Instant;

use super::{
    known_hosts::{HostId, KnownHosts, Told},
    observer::{Observer, Reply},
    publish::{self, Imported, Pickup, Published, jittered},
};
use crate::{
    access::Access,
    cloud::Cloud,
    failure::{self, Subject},
    inventory::{at, status},
    keychain::Keychain,
};

/// SSH's port.
const PORT: u16 = 22;
/// The interface that is entered.
const INTERFACE: &str = "nic0";
/// How long a VM may take to pick up a key (guest access, section 3).
const KEY_PICKUP: Duration = Duration::from_secs(60);
/// How long a refusal to publish the key waits for the tunnel's own.
const TUNNEL_FIRST: Duration = Duration::from_secs(10);
/// How long a started VM may take until its SSH server answers.
const BOOT: Duration = Duration::from_secs(120);

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
    /// Where host keys are kept.
    pub known_hosts: KnownHosts,
}

/// What to do when the VM does not run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfStopped {
    /// Fail with [`FailureCode::VmStopped`].
    Fail,
    /// Start it, wait for it, connect.
    Start,
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
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        Self { failure, presented: None, status: None }
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
    observer.step(Step::ReadVm, format!("Reading {name}"));
    let google = context.access.google();
    let (read, common) = tokio::join!(read(context, instance), common_metadata(context, instance));
    let (read, patience) = running(context, instance, read?, if_stopped, observer.as_ref()).await?;
    let email = context.access.identity().await?.email.clone();
    let flags = {
        let items =
            read.metadata.items.iter().filter_map(|item| Some((item.key.as_str(), item.value.as_deref()?)));
        let common = common.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        Flags::read(items, common)
    };
    let system = match read.os {
        adit_google::Os::Windows => System::Windows,
        adit_google::Os::Linux | adit_google::Os::Unknown => System::Linux,
    };
    let way = way_in(&flags, system, &email, instance)?;
    let key = key_pair(context).await?;
    let host = HostId {
        cloud: context.cloud.id.clone(),
        project: instance.project.clone(),
        instance: read.id.clone(),
    };

    if patience == Patience::default() {
        observer.step(Step::OpenTunnel, format!("Opening a tunnel to {name}"));
    } else {
        observer.step(Step::WaitForVm, format!("Waiting for {name} to answer"));
    }
    let dialer = context.access.dialer().with_patience(patience);
    let target = target(instance);
    let is_published = AtomicBool::new(false);
    let publishing = async {
        let published = match way {
            WayIn::Metadata => {
                let published = publish::to_metadata(&google, instance, &read, &email, &key).await?;
                (published, Imported::Before)
            }
            WayIn::OsLogin => publish::to_os_login(&google, instance, &email, &key).await?,
        };
        is_published.store(true, Ordering::Relaxed);
        Ok::<_, Refusal>(published)
    };
    let dialing = async {
        let connection = dial(&dialer, &target, instance).await?;
        if !is_published.load(Ordering::Relaxed) {
            observer.step(Step::PublishKey, format!("Giving {name} your key"));
        }
        Ok(connection)
    };
    let expecting = expected(context, &host, instance, &flags, rule);
    let (connection, (published, imported), expectation) =
        Box::pin(all_three(dialing, publishing, expecting)).await?;
    observer.user(&published.user);
    let attempt =
        Attempt { context, instance, host: &host, key, published: &published, observer, dialer, target };
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
enum WayIn {
    Metadata,
    OsLogin,
}

fn way_in(flags: &Flags, system: System, email: &str, instance: &InstanceRef) -> Result<WayIn, Failure> {
    let kind =
        if email.ends_with(".gserviceaccount.com") { AccountKind::Service } else { AccountKind::Google };
    let not_supported =
        |title: String, advice: &str| Err(Failure::new(FailureCode::NotSupported, title, advice));
    let name = &instance.name;
    match Way::of(flags, system, kind) {
        Way::MetadataKey => Ok(WayIn::Metadata),
        Way::OsLoginKey { second_factor: _ } => Ok(WayIn::OsLogin),
        Way::OsLoginCertificate { second_factor: _ } => not_supported(
            format!("{name} lets in SSH certificates only"),
            "Adit cannot use certificates of OS Login yet. Use gcloud compute ssh for this VM.",
        ),
        Way::SecurityKeyOnly => not_supported(
            format!("{name} lets in security keys only"),
            "Adit's terminal cannot use a security key. Use the system's ssh with adit proxy as its ProxyCommand.",
        ),
        Way::WindowsNeedsEnabling => not_supported(
            format!("{name} runs Windows"),
            "Remote Desktop comes in a later version. SSH works where the VM's metadata has enable-windows-ssh.",
        ),
    }
}

fn target(instance: &InstanceRef) -> Target {
    Target::Instance {
        project: instance.project.clone(),
        zone: instance.zone.clone(),
        instance: instance.name.clone(),
        interface: INTERFACE.to_owned(),
        port: PORT,
    }
}

async fn read(context: &Context, instance: &InstanceRef) -> Result<Instance, Failure> {
    let google = context.access.google();
    google.instance(&at(instance)).await.map_err(|error| failure::google(&error, Subject::Instance(instance)))
}

/// The metadata that all instances of the project share. Who may not read it goes by the instance's own.
async fn common_metadata(context: &Context, instance: &InstanceRef) -> Vec<(String, String)> {
    match context.access.google().project(&instance.project).await {
        Ok(project) => {
            project.metadata.items.into_iter().filter_map(|item| Some((item.key, item.value?))).collect()
        }
        Err(error) => {
            tracing::debug!(kind = ?error.kind, "the project's metadata could not be read");
            Vec::new()
        }
    }
}

/// The VM, once it runs or is about to, and how patient the tunnel has to be with it.
async fn running(
    context: &Context,
    instance: &InstanceRef,
    read_first: Instance,
    if_stopped: IfStopped,
    observer: &dyn Observer,
) -> Result<(Instance, Patience), Refusal> {
    let name = &instance.name;
    let booting = Patience { backend: BOOT, lookup: BOOT, ..Patience::default() };
    let now = status(&read_first.status);
    let act = match now {
        InstanceStatus::Running | InstanceStatus::Unknown => return Ok((read_first, Patience::default())),
        InstanceStatus::Provisioning | InstanceStatus::Staging => {
            observer.step(Step::WaitForVm, format!("Waiting for {name} to start"));
            return Ok((read_first, booting));
        }
        InstanceStatus::Stopping | InstanceStatus::Suspending | InstanceStatus::Repairing => {
            return Err(Refusal { status: Some(now), ..busy(name, now).into() });
        }
        InstanceStatus::Stopped => Act::Start,
        InstanceStatus::Suspended => Act::Resume,
    };
    if if_stopped == IfStopped::Fail {
        let (title, advice) = match act {
            Act::Resume => (format!("{name} is suspended"), "Resume it and connect?"),
            Act::Start | Act::Stop | Act::Reset | Act::Suspend => {
                (format!("{name} is stopped"), "Start it and connect?")
            }
        };
        let failure = Failure::new(FailureCode::VmStopped, title, advice)
            .with_action(Action::StartAndConnect)
            .with_action(Action::TryAgain);
        return Err(Refusal { status: Some(now), ..failure.into() });
    }
    observer.step(Step::StartVm, format!("Starting {name}"));
    let google = context.access.google();
    google
        .act(&at(instance), act)
        .await
        .map_err(|error| failure::google(&error, Subject::Instance(instance)))?;
    observer.step(Step::WaitForVm, format!("Waiting for {name} to start"));
    Ok((read(context, instance).await?, booting))
}

fn busy(name: &str, status: InstanceStatus) -> Failure {
    let doing = match status {
        InstanceStatus::Suspending => "being suspended",
        InstanceStatus::Repairing => "being repaired by Google",
        InstanceStatus::Provisioning
        | InstanceStatus::Staging
        | InstanceStatus::Running
        | InstanceStatus::Stopping
        | InstanceStatus::Suspended
        | InstanceStatus::Stopped
        | InstanceStatus::Unknown => "stopping",
    };
    Failure::new(FailureCode::VmBusy, format!("{name} is {doing}"), "Try again when it has come to rest.")
        .with_action(Action::TryAgain)
}

/// The account's SSH key, from the keychain or made now and put there.
async fn key_pair(context: &Context) -> Result<KeyPair, Failure> {
    /// One at a time in this process, or two sessions opened together would make two keys.
    static MAKING: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    let _making = MAKING.lock().await;
    let entry = context.cloud.entry("ssh-key", &context.account);
    if let Some(text) = context.keychain.get(&entry).await {
        match KeyPair::from_openssh(&text) {
            Ok(pair) => return Ok(pair),
            Err(error) => {
                tracing::warn!(%error, "the SSH key in the keychain cannot be used; a new one is made")
            }
        }
    }
    let pair = KeyPair::generate().map_err(|error| failure::internal(error.to_string()))?;
    let text = pair.to_openssh().map_err(|error| failure::internal(error.to_string()))?;
    context.keychain.set(&entry, &text).await;
    Ok(pair)
}

async fn dial(
    dialer: &Dialer,
    target: &Target,
    instance: &InstanceRef,
) -> Result<adit_tunnel::Connection, Refusal> {
    Ok(dialer.dial(target).await.map_err(|error| failure::dial(&error, instance, PORT))?)
}

/// What is known of the host before the connection.
struct Expectation {
    expect: Expect,
    /// The VM announced these keys itself.
    announced: Vec<HostKey>,
    /// Nothing was pinned, or something else.
    to_pin: Vec<HostKey>,
}

async fn expected(
    context: &Context,
    host: &HostId,
    instance: &InstanceRef,
    flags: &Flags,
    rule: HostKeyRule,
) -> Result<Expectation, Refusal> {
    let announcing = async {
        if !flags.guest_attributes.is_on() {
            return Vec::new();
        }
        match context.access.google().guest_attributes(&at(instance), GUEST_ATTRIBUTES_QUERY).await {
            Ok(items) => {
                host_keys(items.iter().map(|i| (i.namespace.as_str(), i.key.as_str(), i.value.as_str()))).0
            }
            Err(error) => {
                if error.kind != ErrorKind::PermissionDenied {
                    tracing::warn!(kind = ?error.kind, "the VM's host keys could not be read");
                }
                Vec::new()
            }
        }
    };
    let (announced, pinned) = tokio::join!(announcing, context.known_hosts.pinned(host));
    if let HostKeyRule::Replace(key) = rule {
        // At once: whoever replaced a key is not asked again, whatever becomes of this attempt.
        context.known_hosts.pin(host, std::slice::from_ref(&key)).await?;
        return Ok(Expectation { expect: Expect::Exactly(vec![key]), announced, to_pin: Vec::new() });
    }
    let pinned = pinned?;
    Ok(if !pinned.is_empty() {
        // An announcement widens what was pinned only if it confirms it.
        if pinned.iter().any(|key| announced.contains(key)) && pinned != announced {
            Expectation { expect: Expect::Exactly(announced.clone()), to_pin: announced.clone(), announced }
        } else {
            Expectation { expect: Expect::Exactly(pinned), announced, to_pin: Vec::new() }
        }
    } else if !announced.is_empty() {
        Expectation { expect: Expect::Exactly(announced.clone()), to_pin: announced.clone(), announced }
    } else {
        let known = context.known_hosts.of_gcloud(host).await;
        let expect = if known.is_empty() { Expect::FirstUse } else { Expect::Exactly(known.clone()) };
        Expectation { expect, announced, to_pin: known }
    })
}

struct Attempt<'a> {
    context: &'a Context,
    instance: &'a InstanceRef,
    host: &'a HostId,
    key: KeyPair,
    published: &'a Published,
    observer: Arc<dyn Observer>,
    dialer: Dialer,
    target: Target,
}

impl Attempt<'_> {
    /// Logs in over a tunnel, and again over new ones while the VM may not have picked up the key.
    async fn log_in(
        &self,
        first: adit_tunnel::Connection,
        expectation: Expectation,
    ) -> Result<Connected, Refusal> {
        let name = &self.instance.name;
        let Expectation { mut expect, announced, mut to_pin } = expectation;
        let until = Instant::now() + KEY_PICKUP;
        let mut pause = Duration::from_secs(1);
        let mut connection = first;
        loop {
            self.observer.step(Step::CheckHostKey, format!("Checking who {name} is"));
            let adit_tunnel::Connection { stream, mut watch } = connection;
            let asked = Arc::new(Asked {
                observer: self.observer.clone(),
                user: self.published.user.clone(),
                trusted: Mutex::new(None),
            });
            let options = Options::new(&self.published.user, self.key.clone(), expect.clone(), asked.clone());
            let result = Box::pin(adit_ssh::connect(stream, options)).await;
            let trusted = asked.trusted.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some(key) = trusted {
                // Whoever trusted a key is not asked again, whatever becomes of this attempt.
                self.context.known_hosts.pin(self.host, std::slice::from_ref(&key)).await?;
                expect = Expect::Exactly(vec![key]);
            }
            let error = match result {
                Ok(client) => {
                    if !to_pin.is_empty() {
                        self.context.known_hosts.pin(self.host, &std::mem::take(&mut to_pin)).await?;
                        if announced.contains(client.host_key()) {
                            let text = format!("The host key is one that {name} itself announced.");
                            self.observer.note(Note { kind: NoteKind::HostKey, text });
                        }
                    }
                    return Ok(Connected { client, watch, user: self.published.user.clone() });
                }
                Err(error) => error,
            };
            let waiting = matches!(error, adit_ssh::Error::KeyRefused { .. })
                && self.published.pickup == Pickup::Pending
                && Instant::now() + pause < until;
            if !waiting {
                return Err(self.refusal(&error, &mut watch));
            }
            self.observer.step(Step::WaitForKey, format!("Waiting for {name} to pick up the key"));
            tokio::time::sleep(jittered(pause)).await;
            pause = (pause * 2).min(Duration::from_secs(8));
            connection = dial(&self.dialer, &self.target, self.instance).await?;
        }
    }

    fn refusal(&self, error: &adit_ssh::Error, watch: &mut Watch) -> Refusal {
        // When the tunnel went away, that is the reason, and what SSH says of it is not.
        if let adit_ssh::Error::Disconnected { .. } | adit_ssh::Error::TimedOut(_) = error {
            while let Some(Some(event)) = watch.next().now_or_never() {
                if let Event::Failed { failure, .. } = event {
                    return failure::lost(&failure, self.instance, PORT).into();
                }
            }
        }
        let presented = match error {
            adit_ssh::Error::HostKeyChanged { presented, .. } => presented.clone(),
            adit_ssh::Error::HostKeyRejected { .. }
            | adit_ssh::Error::KeyRefused { .. }
            | adit_ssh::Error::SecondFactorRefused { .. }
            | adit_ssh::Error::UnsupportedMethod { .. }
            | adit_ssh::Error::Cancelled
            | adit_ssh::Error::Disconnected { .. }
            | adit_ssh::Error::NoCommonAlgorithm { .. }
            | adit_ssh::Error::Handshake { .. }
            | adit_ssh::Error::TimedOut(_)
            | adit_ssh::Error::Refused(_) => None,
        };
        let failure = failure::ssh(error, self.instance, &self.published.user);
        Refusal { failure, presented, status: None }
    }

    /// Tells the person what the key means.
    async fn tell(&self, way: WayIn, imported: Imported) {
        let (name, user) = (&self.instance.name, &self.published.user);
        match way {
            WayIn::Metadata => {
                let until =
                    self.published.expires.map(|at| format!(" until {}", local_time(at))).unwrap_or_default();
                match self.context.known_hosts.tell_root(self.host).await {
                    Ok(Told::Now) => self.observer.note(Note {
                        kind: NoteKind::RootKey,
                        text: format!("Your key lets {user} act as root on {name}{until}."),
                    }),
                    Ok(Told::Before) => {}
                    Err(failure) => tracing::warn!(code = ?failure.code, "a note could not be remembered"),
                }
            }
            WayIn::OsLogin => {
                if let (Imported::Now, Some(expires)) = (imported, self.published.expires) {
                    self.observer.note(Note {
                        kind: NoteKind::KeyPublished,
                        text: format!(
                            "Your key was added to your OS Login profile until {}.",
                            local_time(expires)
                        ),
                    });
                }
            }
        }
    }
}

fn local_time(at: Timestamp) -> String {
    at.to_zoned(TimeZone::system()).strftime("%-d %B, %H:%M").to_string()
}

/// Takes the SSH library's questions to the person.
struct Asked {
    observer: Arc<dyn Observer>,
    user: String,
    trusted: Mutex<Option<HostKey>>,
}

#[async_trait]
impl Interaction for Asked {
    async fn trust_new_host_key(&self, key: &HostKey) -> bool {
        let question =
            Question::NewHostKey { algorithm: key.algorithm().to_owned(), fingerprint: key.fingerprint() };
        let trusted = matches!(self.observer.ask(question).await, Some(Reply::Trust));
        if trusted {
            *self.trusted.lock().unwrap_or_else(PoisonError::into_inner) = Some(key.clone());
            self.observer.step(Step::SignIn, format!("Signing in as {}", self.user));
        }
        trusted
    }

    async fn answer_prompts(
        &self,
        title: &str,
        instruction: &str,
        prompts: &[Prompt],
    ) -> Option<Vec<SecretString>> {
        let prompts = prompts
            .iter()
            .map(|prompt| SecondFactorPrompt { text: prompt.text.clone(), echo: prompt.echo == Echo::Shown })
            .collect();
        let question =
            Question::SecondFactor { title: title.to_owned(), instruction: instruction.to_owned(), prompts };
        match self.observer.ask(question).await? {
            Reply::Answers(answers) => {
                self.observer.step(Step::SignIn, format!("Signing in as {}", self.user));
                Some(answers)
            }
            Reply::Trust | Reply::Reject => None,
        }
    }
}

//! `adit rdp`: a remote desktop without a window, for pictures of it.

mod desk;
mod script;

use std::{path::Path, time::Duration};

use adit_contract::{Failure, FailureCode, InstanceRef};
use adit_core::failure;
use adit_rdp::{Certificate, Credentials, Error, Fingerprint, Options, Security, Trust, Verdict, connect};
use adit_tunnel::{Event, Target, Watch};
use async_trait::async_trait;
use desk::Desk;
use script::Step;
use secrecy::{SecretString, zeroize::Zeroize as _};
use tokio::io::AsyncReadExt as _;

use crate::{access, arguments::RdpArguments, file, target};

/// Longest password, in bytes, its line end included.
const LONGEST_PASSWORD: u64 = 1024;
/// Longest script, in bytes.
const LONGEST_SCRIPT: u64 = 256 * 1024;
/// How long the tunnel may take to say why it ended after the desktop has.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Opens the desktop, does what the script says, and leaves a picture.
pub(crate) async fn run(arguments: RdpArguments) -> Result<(), Failure> {
    let instance = target::instance(&arguments.instance, &arguments.place)?;
    let steps = match &arguments.script {
        Some(path) => script::read(&file::text(path, LONGEST_SCRIPT).await?)?,
        None => Vec::new(),
    };
    let credentials = credentials(&arguments).await?;
    let dialer = access::dialer(&arguments.access).await?;
    let to = Target::Instance {
        project: instance.project.clone(),
        zone: instance.zone.clone(),
        instance: instance.name.clone(),
        interface: "nic0".to_owned(),
        port: arguments.port,
    };
    let connection =
        dialer.dial(&to).await.map_err(|error| failure::dial(&error, &instance, arguments.port))?;
    let shown = show(&arguments, &instance, connection.stream, &credentials, steps).await;
    match shown {
        Err(Trouble::Desktop(error @ Error::Disconnected(_))) => {
            // It went away without a word: the tunnel may know why.
            let lost = tokio::time::timeout(LAST_WORDS, lost(connection.watch)).await.ok().flatten();
            Err(match lost {
                Some(lost) => failure::lost(&lost, &instance, arguments.port),
                None => failure::rdp(&error, &instance),
            })
        }
        Err(Trouble::Desktop(error)) => Err(failure::rdp(&error, &instance)),
        Err(Trouble::Here(failure)) => Err(failure),
        Ok(()) => Ok(()),
    }
}

/// Whose trouble it is.
pub(crate) enum Trouble {
    /// The desktop's.
    Desktop(Error),
    /// Ours: a file, or what the script asks for.
    Here(Failure),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Desktop(error)
    }
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self::Here(failure)
    }
}

async fn show(
    arguments: &RdpArguments,
    instance: &InstanceRef,
    stream: adit_tunnel::Stream,
    credentials: &Credentials,
    steps: Vec<Step>,
) -> Result<(), Trouble> {
    let mut options = Options::new(instance.name.clone(), arguments.size.0);
    if arguments.allow_no_nla {
        options.security = Security::PinnedTls;
    }
    let session = Box::pin(connect(stream, options, credentials, &Given(arguments.cert_sha256))).await?;
    let mut desk = Desk::new(session);
    desk.settle().await?;
    for step in steps {
        desk.act(step).await?;
    }
    desk.settle().await?;
    desk.save(&arguments.screenshot).await?;
    desk.close().await;
    Ok(())
}

async fn lost(mut watch: Watch) -> Option<adit_tunnel::Failure> {
    while let Some(event) = watch.next().await {
        if let Event::Failed { failure, .. } = event {
            return Some(failure);
        }
    }
    None
}

/// Trusts the certificate that was given, and no other.
struct Given(Option<Fingerprint>);

#[async_trait]
impl Trust for Given {
    async fn decide(&self, certificate: &Certificate) -> Verdict {
        match self.0 {
            Some(expected) if expected == certificate.fingerprint => Verdict::Pinned,
            Some(expected) => Verdict::Changed { expected },
            None => Verdict::Unknown,
        }
    }
}

async fn credentials(arguments: &RdpArguments) -> Result<Credentials, Failure> {
    let (Some(user), Some(path)) = (&arguments.user, &arguments.password_file) else {
        if arguments.allow_no_nla {
            // The server's own sign-in is in the picture.
            return Ok(Credentials { user: String::new(), domain: None, password: SecretString::default() });
        }
        return Err(Failure::new(
            FailureCode::InvalidInput,
            "Nobody is named who signs in",
            "Give --user and --password-file.",
        ));
    };
    let mut text = if path == Path::new("-") {
        standard_input().await?
    } else {
        file::text(path, LONGEST_PASSWORD).await?
    };
    let password = SecretString::from(text.lines().next().unwrap_or_default());
    text.zeroize();
    let (domain, user) = match user.split_once('\\') {
        Some((domain, user)) => (Some(domain.to_owned()), user.to_owned()),
        None => (None, user.clone()),
    };
    Ok(Credentials { user, domain, password })
}

async fn standard_input() -> Result<String, Failure> {
    let mut text = String::new();
    let read = tokio::io::stdin().take(LONGEST_PASSWORD).read_to_string(&mut text).await;
    read.map_err(|error| file::unusable(Path::new("standard input"), &error))?;
    Ok(text)
}

//! `adit rdp`: a remote desktop without a window, for pictures of it.

mod desk;
mod script;

use std::{path::Path, time::Duration};

use adit_contract::{Failure, FailureCode, InstanceRef};
use adit_core::{
    Config, RdpSettings, failure,
    sessions::KeyboardLayout,
    settings::{
        Store,
        table::{RDP_GRAPHICS, RDP_KEYBOARD_LAYOUT, RDP_PORT, RDP_SECURITY, RDP_USER},
    },
};
use adit_rdp::{Certificate, Credentials, Error, Fingerprint, Options, Security, Trust, Verdict, connect};
use adit_tunnel::{Event, Target, Watch};
use async_trait::async_trait;
use desk::Desk;
use script::Step;
use secrecy::{SecretString, zeroize::Zeroize as _};
use tokio::io::AsyncReadExt as _;

use crate::{
    access,
    arguments::RdpArguments,
    ending::{Format, complain, say},
    file, target,
};

/// What the keys of its settings begin with.
const FAMILY: &str = "rdp";

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
    let settings = settings(&arguments, &instance).await?;
    let credentials = credentials(&arguments, &settings).await?;
    let dialer = access::dialer(&arguments.access).await?;
    let to = Target::Instance {
        project: instance.project.clone(),
        zone: instance.zone.clone(),
        instance: instance.name.clone(),
        interface: "nic0".to_owned(),
        port: settings.port,
    };
    let connection =
        dialer.dial(&to).await.map_err(|error| failure::dial(&error, &instance, settings.port))?;
    let shown = show(&arguments, &settings, &instance, connection.stream, &credentials, steps).await;
    match shown {
        Err(Trouble::Desktop(error @ Error::Disconnected(_))) => {
            // It went away without a word: the tunnel may know why.
            let lost = tokio::time::timeout(LAST_WORDS, lost(connection.watch)).await.ok().flatten();
            Err(match lost {
                Some(lost) => failure::lost(&lost, &instance, settings.port),
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
    settings: &RdpSettings,
    instance: &InstanceRef,
    stream: adit_tunnel::Stream,
    credentials: &Credentials,
    steps: Vec<Step>,
) -> Result<(), Trouble> {
    let mut options = Options::new(instance.name.clone(), arguments.size.0);
    options.security = settings.security;
    options.graphics = settings.graphics.into();
    if let KeyboardLayout::Id(id) = settings.keyboard_layout {
        options.keyboard_layout = id;
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

/// The settings of the VM, and over them what the options say.
async fn settings(arguments: &RdpArguments, instance: &InstanceRef) -> Result<RdpSettings, Failure> {
    let said = said(arguments);
    let config = Config::from_environment().await?;
    // A file that another process may be writing.
    let opened = tokio::task::spawn_blocking(move || Store::open(&config));
    let (store, trouble) =
        opened.await.map_err(|error| Failure::new(FailureCode::Internal, error.to_string(), ""))?;
    if let Some(trouble) = trouble {
        complain(&trouble, Format::Words);
    }
    let settings = store.current().with_words(FAMILY, &said)?;
    for key in idle(&said) {
        say!("adit: {key} has no effect here: it is for a desktop in a window");
    }
    Ok(RdpSettings::of(&settings, instance))
}

/// All that the options say of settings. Some have options of their own.
fn said(arguments: &RdpArguments) -> Vec<(String, String)> {
    let own = [
        (RDP_USER.key(), arguments.user.clone()),
        (RDP_PORT.key(), arguments.port.map(|port| port.to_string())),
        (RDP_SECURITY.key(), arguments.allow_no_nla.then(|| "pinnedTls".to_owned())),
    ];
    let own = own.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
    own.chain(arguments.said.said.iter().cloned()).collect()
}

/// What a picture without a window has no use for.
fn idle(said: &[(String, String)]) -> Vec<&str> {
    let used =
        [RDP_USER.key(), RDP_PORT.key(), RDP_SECURITY.key(), RDP_KEYBOARD_LAYOUT.key(), RDP_GRAPHICS.key()];
    let mut idle: Vec<&str> =
        said.iter().map(|(key, _)| key.as_str()).filter(|key| !used.contains(key)).collect();
    idle.dedup();
    idle
}

async fn credentials(arguments: &RdpArguments, settings: &RdpSettings) -> Result<Credentials, Failure> {
    let user = Some(&settings.user).filter(|user| !user.is_empty());
    let (Some(user), Some(path)) = (user, &arguments.password_file) else {
        if settings.security == Security::PinnedTls && arguments.password_file.is_none() {
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

#[cfg(test)]
mod tests {
    use adit_contract::{SettingKind, SettingValue};
    use adit_core::settings::{Layers, specs};
    use clap::Parser as _;

    use super::*;
    use crate::arguments::{Arguments, Command};

    fn read(options: &[&str]) -> RdpArguments {
        let always = ["adit", "rdp", "p/z/vm", "--screenshot", "a.png"];
        let all = always.into_iter().chain(options.iter().copied());
        match Arguments::try_parse_from(all).expect("a command line").command {
            Command::Rdp(arguments) => *arguments,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_setting_of_a_desktop_can_be_said() {
        let mut count = 0;
        for spec in specs().into_iter().filter(|spec| spec.key.starts_with("rdp.")) {
            let value = match (&spec.kind, &spec.default) {
                (SettingKind::Toggle, _) => "off".to_owned(),
                (SettingKind::Choice { options }, _) => options.last().expect("an option").value.clone(),
                (SettingKind::Number { max, .. }, _) => max.to_string(),
                (SettingKind::Text { hint, .. } | SettingKind::List { hint, .. }, SettingValue::Text(_)) => {
                    hint.clone()
                }
                // What it is like is tried where the settings are.
                (SettingKind::Text { .. } | SettingKind::List { .. }, _) => continue,
            };
            let said = said(&read(&["--set", &format!("{}={value}", spec.key)]));
            Layers::default().with_words(FAMILY, &said).expect(&spec.key);
            count += 1;
        }
        assert!(count > 0);
    }

    #[test]
    fn options_of_their_own_are_settings() {
        let options =
            ["--user", r"ACME\ana", "--password-file", "-", "--port", "3390", "--set", "rdp.sound=off"];
        let said = said(&read(&options));
        assert_eq!(idle(&said), ["rdp.sound"]);
        let layers = Layers::default().with_words(FAMILY, &said).expect("settings");
        let instance = target::instance("p/z/vm", &crate::arguments::Place::default()).expect("an instance");
        let settings = RdpSettings::of(&layers, &instance);
        assert_eq!((settings.port, settings.user.as_str()), (3390, r"ACME\ana"));
        assert_eq!(settings.security, Security::Nla);
        let hex = "0".repeat(64);
        let weak = read(&["--allow-no-nla", "--cert-sha256", &hex]);
        let layers = Layers::default().with_words(FAMILY, &super::said(&weak)).expect("settings");
        assert_eq!(RdpSettings::of(&layers, &instance).security, Security::PinnedTls);
    }
}

//! Reads addresses that lead into the app: `adit://ssh|rdp|forward|explain/PROJECT/ZONE/INSTANCE` and
//! `iap-rdp:///PROJECT/ZONE/INSTANCE`. Anybody can put one into a web page: names are checked, parameters are those of a
//! those settings that are declared to have one, and what would run a program, call an address or carry a password is
//! refused by name.

use std::path::PathBuf;

use adit_contract::{
    ClipboardSharing, Failure, InstanceRef, LinkAction, LinkOffer, LinkParameters, SettingValue,
};

use crate::{
    config::Config,
    sessions::{Printers, RdpSettings, Sound},
    settings::{self, Dialect, Layers, Parameter, Store, table},
    words::links as words,
};

/// What the settings of a remote desktop begin with.
const DESKTOP: &str = "rdp";

/// The longest address, in bytes.
const LONGEST: usize = 2048;
/// The most parameters.
const MOST_PARAMETERS: usize = 32;
/// The longest name of an ignored parameter that is shown, in characters.
const LONGEST_NAME: usize = 40;
/// Names that ask for what no address may have.
const NEVER: &[&str] = &[
    "password",
    "passwd",
    "pwd",
    "pass",
    "secret",
    "token",
    "credentialcallbackurl",
    "callback",
    "callbackurl",
    "command",
    "cmd",
    "exec",
    "program",
    "launch",
    "run",
];

/// Reads an address.
///
/// # Errors
/// [`FailureCode::InvalidInput`](adit_contract::FailureCode::InvalidInput) for what is no such address, and for one that
/// asks for what none may have.
pub fn parse(address: &str) -> Result<LinkOffer, Failure> {
    if address.len() > LONGEST || address.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(words::not_ours());
    }
    let (scheme, rest) = address.split_once(':').ok_or_else(words::not_ours)?;
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (dialect, action, path) = if scheme.eq_ignore_ascii_case("adit") {
        let (action, path) =
            path.strip_prefix("//").and_then(|path| path.split_once('/')).ok_or_else(words::not_ours)?;
        let action = match action.to_ascii_lowercase().as_str() {
            "ssh" => LinkAction::Ssh,
            "rdp" => LinkAction::Rdp,
            "forward" => LinkAction::Forward,
            "explain" => LinkAction::Explain,
            _ => return Err(words::not_ours()),
        };
        (Dialect::Adit, action, path)
    } else if scheme.eq_ignore_ascii_case("iap-rdp") {
        // One slash or three: with two, what follows would be a host.
        let path = path.strip_prefix("///").or_else(|| path.strip_prefix('/')).ok_or_else(words::not_ours)?;
        (Dialect::IapDesktop, LinkAction::Rdp, path)
    } else {
        return Err(words::not_ours());
    };
    let mut offer = LinkOffer {
        action,
        instance: instance(path).ok_or_else(words::not_ours)?,
        port: None,
        parameters: LinkParameters::default(),
        says: Vec::new(),
        shares: Vec::new(),
        ignored: Vec::new(),
    };
    let (mut seen, mut domain) = (Vec::new(), None);
    for (count, (name, value)) in url::form_urlencoded::parse(query.as_bytes()).enumerate() {
        if count >= MOST_PARAMETERS {
            return Err(words::too_many_parameters());
        }
        let key = name.to_ascii_lowercase();
        if NEVER.contains(&key.as_str()) {
            return Err(words::asks_for(&key));
        }
        if seen.contains(&key) {
            return Err(words::says_twice(&shown(&key)));
        }
        match take(&mut offer, &mut domain, dialect, &key, &value) {
            Taken::Yes => seen.push(key),
            Taken::Unknown => offer.ignored.push(shown(&name)),
            Taken::Wrong => return Err(words::value_unusable(&key)),
        }
    }
    if let Some(domain) = domain {
        match offer.parameters.0.get_mut(table::RDP_USER.key()) {
            Some(SettingValue::Text(user)) => {
                *user = format!("{domain}\\{user}");
                if !is_user(user) {
                    return Err(words::name_unusable());
                }
            }
            Some(_) | None => offer.ignored.push("Domain".to_owned()),
        }
    }
    offer.says = says(&offer.parameters);
    Ok(offer)
}

/// The same, with what of this computer a desktop would get by the settings as they stand in their file.
///
/// # Errors
/// As [`parse`].
pub fn offer(config: &Config, address: &str) -> Result<LinkOffer, Failure> {
    Ok(with_shares(&Store::open(config).0.current(), parse(address)?))
}

pub(crate) fn with_shares(settings: &Layers, mut offer: LinkOffer) -> LinkOffer {
    if offer.action == LinkAction::Rdp {
        for key in settings.decides(&offer.parameters) {
            offer.parameters.0.remove(&key);
            offer.ignored.push(key);
        }
        offer.says = says(&offer.parameters);
        offer.shares = shares(&RdpSettings::of(&settings.with_link(&offer.parameters), &offer.instance));
    }
    offer
}

fn says(parameters: &LinkParameters) -> Vec<String> {
    parameters.0.iter().filter_map(|(key, value)| settings::line(key, value)).collect()
}

/// The VM of `PROJECT/ZONE/INSTANCE`, by the names that Google gives out.
#[must_use]
pub fn instance(path: &str) -> Option<InstanceRef> {
    let mut parts = path.split('/');
    let (project, zone, name) = (parts.next()?, parts.next()?, parts.next()?);
    let simple = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let named =
        |part: &str| (1..=63).contains(&part.len()) && part.chars().all(simple) && !part.starts_with('-');
    // Projects of an organisation's own domain look like acme.example:web.
    let is_project = (1..=128).contains(&project.len())
        && project.chars().all(|c| simple(c) || c == '.' || c == ':')
        && project.starts_with(|c: char| c.is_ascii_lowercase());
    (parts.next().is_none() && is_project && named(zone) && named(name)).then(|| InstanceRef {
        project: project.to_owned(),
        zone: zone.to_owned(),
        name: name.to_owned(),
    })
}

enum Taken {
    Yes,
    Unknown,
    Wrong,
}

fn take(
    offer: &mut LinkOffer,
    domain: &mut Option<String>,
    dialect: Dialect,
    key: &str,
    value: &str,
) -> Taken {
    match (dialect, offer.action, key) {
        (Dialect::Adit, LinkAction::Forward | LinkAction::Explain, "port") => {
            offer.port = value.parse().ok().filter(|port| *port > 0_u16);
            if offer.port.is_some() { Taken::Yes } else { Taken::Wrong }
        }
        (Dialect::IapDesktop, _, "domain") => {
            *domain = Some(value.trim().to_owned()).filter(|domain| is_user(domain));
            if domain.is_some() { Taken::Yes } else { Taken::Wrong }
        }
        (_, LinkAction::Rdp, _) => match settings::parameter(DESKTOP, dialect, key, value) {
            Parameter::Value(key, value) => {
                offer.parameters.0.insert(key.to_owned(), value);
                Taken::Yes
            }
            Parameter::Unknown => Taken::Unknown,
            Parameter::Wrong => Taken::Wrong,
        },
        _ => Taken::Unknown,
    }
}

fn is_user(text: &str) -> bool {
    !text.is_empty()
        && text.chars().count() <= 256
        && !text.chars().any(char::is_control)
        && table::is_user(text)
}

fn shown(name: &str) -> String {
    name.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST_NAME).collect()
}

/// What of this computer a desktop would get, a line each.
fn shares(settings: &RdpSettings) -> Vec<String> {
    let clipboard = match settings.clipboard {
        ClipboardSharing::Off => None,
        ClipboardSharing::Text => Some(words::CLIPBOARD_TEXT),
        ClipboardSharing::All => Some(words::CLIPBOARD_ALL),
    };
    let sound = (settings.sound == Sound::On).then_some(words::SOUND);
    let lines = clipboard.into_iter().chain(sound).map(str::to_owned);
    let folder = |folder: &PathBuf| words::folder(folder, settings.folders_access);
    let printers = (settings.printers == Printers::Shared).then(|| words::PRINTERS.to_owned());
    lines.chain(settings.folders.iter().map(folder)).chain(printers).collect()
}

#[cfg(test)]
#[path = "link_tests.rs"]
mod tests;

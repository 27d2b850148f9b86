//! `.rdp` files: a line for each property, `NAME:TYPE:VALUE`.
//! <https://learn.microsoft.com/windows-server/remote/remote-desktop-services/clients/rdp-files>

use std::{collections::BTreeMap, net::IpAddr};

use adit_contract::{Failure, Profile, ProfileAction, ProfileStart, ProfileTarget, SettingValue};

use super::{Found, Notes, named, shown};
use crate::{link, settings::table, words::profile_files as words};

/// The largest file, in bytes: they have a few kilobytes.
const LARGEST: usize = 256 * 1024;
/// The most lines that are looked at.
const MOST_LINES: usize = 1000;
/// RDP's port, which needs not be said.
const PORT: u16 = 3389;
/// The most other properties that are named.
const MOST_NAMED: usize = 8;

/// What would share something of this computer.
const DEVICES: &[&str] = &[
    "audiocapturemode",
    "camerastoredirect",
    "devicestoredirect",
    "drivestoredirect",
    "redirectcomports",
    "redirectdrives",
    "redirectlocation",
    "redirectposdevices",
    "redirectprinters",
    "redirectsmartcards",
    "redirectwebauthn",
    "usbdevicestoredirect",
];
/// What would run a program in place of the desktop.
const PROGRAMS: &[&str] = &["alternate shell", "remoteapplicationprogram", "shell working directory"];
/// What is not done here, where a file asks for it.
const NOT_DONE: &[(&str, &str)] = &[
    ("administrative session", words::ADMINISTRATIVE_SESSION),
    ("connect to console", words::CONSOLE),
    ("kdcproxyname", words::KERBEROS_PROXY),
    ("loadbalanceinfo", words::CONNECTION_BROKER),
    ("prompt for credentials", words::PROMPT),
];
/// What this app does by itself or has no need of, whatever the value.
const NEEDLESS: &[&str] = &[
    "allow desktop composition",
    "allow font smoothing",
    "audioqualitymode",
    "autoreconnection enabled",
    "bandwidthautodetect",
    "bitmapcachepersistenable",
    "bitmapcachesize",
    "compression",
    "connection type",
    "disable cursor setting",
    "disable full window drag",
    "disable menu anims",
    "disable themes",
    "disable wallpaper",
    "displayconnectionbar",
    "enableworkspacereconnect",
    "gatewaybrokeringtype",
    "gatewaycredentialssource",
    "gatewayprofileusagemethod",
    "gatewayusagemethod",
    "keyboardhook",
    "negotiate security layer",
    "networkautodetect",
    "promptcredentialonce",
    "rdgiskdcproxy",
    "remoteapplicationmode",
    "session bpp",
    "signature",
    "signscope",
    "use redirection server name",
    "videoplaybackmode",
    "winposstr",
];

/// Reads such a file into a profile called `stem`.
///
/// # Errors
/// [`FailureCode::InvalidInput`](adit_contract::FailureCode::InvalidInput) for what is none.
pub(super) fn read(bytes: &[u8], stem: &str) -> Result<Found, Failure> {
    if bytes.len() > LARGEST {
        return Err(words::not_rdp());
    }
    let text = decode(bytes).ok_or_else(words::not_rdp)?;
    let mut properties = properties(&text);
    if properties.is_empty() {
        return Err(words::not_rdp());
    }
    let mut take = |name: &str| properties.remove(name).filter(|value| !value.is_empty());
    let full = take("full address");
    let address = take("alternate full address").or(full);
    let address = address.ok_or_else(words::no_computer)?;
    let mut notes = Notes::default();
    let (host, port) = split(&address);
    let server_port = take("server port").map(|port| port.parse().ok().filter(|port| *port != 0_u16));
    if port.is_none() && server_port == Some(None) {
        notes.add(words::port_unusable(PORT));
    }
    let port = port.or(server_port.flatten()).filter(|port| *port != 0 && *port != PORT);
    let target = target(host, &mut notes);

    let mut settings = BTreeMap::new();
    let mut set = |key: &str, value| drop(settings.insert(key.to_owned(), value));
    if let Some(port) = port {
        set(table::RDP_PORT.key(), SettingValue::Number(port.into()));
    }
    let (domain, user) = (take("domain"), take("username"));
    if user.is_none() && domain.is_some() {
        notes.add(words::DOMAIN_WITHOUT_USER);
    }
    if let Some(user) = user {
        let whole = match domain.filter(|_| !user.contains(['\\', '@'])) {
            Some(domain) => format!("{domain}\\{user}"),
            None => user,
        };
        if whole.chars().count() <= 256 && table::is_user(&whole) {
            set(table::RDP_USER.key(), SettingValue::Text(whole));
        } else {
            notes.add(words::USER_UNUSABLE);
        }
    }
    match take("audiomode").as_deref() {
        Some("0") => set(table::RDP_SOUND.key(), SettingValue::Toggle(true)),
        Some("1" | "2") => set(table::RDP_SOUND.key(), SettingValue::Toggle(false)),
        Some(_) => notes.add(words::SOUND_UNKNOWN),
        None => {}
    }
    match take("redirectclipboard").as_deref() {
        Some("0") => set(table::RDP_CLIPBOARD.key(), SettingValue::Text("off".to_owned())),
        Some("1") => {
            set(table::RDP_CLIPBOARD.key(), SettingValue::Text("text".to_owned()));
            notes.add(words::CLIPBOARD_TEXT);
        }
        Some(_) => notes.add(words::CLIPBOARD_UNKNOWN),
        None => {}
    }
    let sized = (take("desktopwidth"), take("desktopheight"));
    let (follows, fits) = (take("dynamic resolution"), take("smart sizing"));
    if fits.as_deref() == Some("1") {
        set(table::RDP_DISPLAY.key(), SettingValue::Text("fit".to_owned()));
    } else if follows.as_deref() == Some("1") {
        set(table::RDP_DISPLAY.key(), SettingValue::Text("follow".to_owned()));
    }
    if let (Some(width), Some(height)) = sized {
        notes.add(words::size_left_out(&shown(&width), &shown(&height)));
    }
    say_the_rest(properties, &mut notes);
    if text.lines().nth(MOST_LINES).is_some() {
        notes.add(words::lines_left_out(MOST_LINES));
    }
    let profile = Profile {
        name: named(stem, host),
        folder: Vec::new(),
        target,
        action: ProfileAction::Rdp,
        account: None,
        settings,
        start: ProfileStart::ByHand,
        unconfirmed: None,
    };
    Ok(Found { profiles: vec![profile], folders: Vec::new(), notes })
}

/// Says what of the other properties matters, and counts those that do not.
fn say_the_rest(properties: BTreeMap<String, String>, notes: &mut Notes) {
    let (mut devices, mut secret, mut program, mut screen, mut weak) = (false, false, None, false, false);
    let mut others = Vec::new();
    for (name, value) in properties {
        let on = !matches!(value.trim(), "" | "0");
        if name.contains("password") || name.contains("token") {
            secret |= !value.is_empty();
        } else if DEVICES.contains(&name.as_str()) {
            devices |= on;
        } else if PROGRAMS.contains(&name.as_str()) {
            program = program.or_else(|| on.then(|| shown(&value)));
        } else if name == "gatewayhostname" {
            if on {
                notes.add(words::gateway(&shown(&value)));
            }
        } else if name == "use multimon" || name == "screen mode id" || name == "selectedmonitors" {
            screen |= name != "screen mode id" && on || value.trim() == "2";
        } else if name == "enablecredsspsupport" || name == "authentication level" {
            weak |= value.trim() == "0";
        } else if let Some((_, why)) = NOT_DONE.iter().find(|(other, _)| *other == name) {
            if on {
                notes.add(*why);
            }
        } else if !NEEDLESS.contains(&name.as_str()) {
            others.push(shown(&name));
        }
    }
    if secret {
        notes.add(words::SECRETS_LEFT_OUT);
    }
    if devices {
        notes.add(words::DEVICES);
    }
    if let Some(program) = program {
        notes.add(words::program_not_started(&program));
    }
    if screen {
        notes.add(words::SCREENS);
    }
    if weak {
        notes.add(words::WEAK);
    }
    if !others.is_empty() {
        notes.add(words::not_taken_over(&others, MOST_NAMED));
    }
}

/// The text, whichever way it is written: `mstsc` writes UTF-16.
fn decode(bytes: &[u8]) -> Option<String> {
    let wide = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units = bytes.chunks_exact(2).filter_map(|pair| pair.try_into().ok().map(unit));
        char::decode_utf16(units).collect::<Result<String, _>>().ok()
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] | rest => std::str::from_utf8(rest).ok().map(str::to_owned),
    }
}

/// Properties by their names in small letters; the last of a name counts.
fn properties(text: &str) -> BTreeMap<String, String> {
    let lines = text.lines().take(MOST_LINES);
    let property = |line: &str| {
        let mut parts = line.splitn(3, ':');
        let (name, kind, value) = (parts.next()?, parts.next()?, parts.next()?);
        let known = matches!(kind.trim(), "i" | "s" | "b");
        known.then(|| (name.trim().to_ascii_lowercase(), value.trim().to_owned()))
    };
    lines.filter_map(property).collect()
}

/// Host and port of an address.
fn split(address: &str) -> (&str, Option<u16>) {
    if let Some((host, rest)) = address.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return (host, rest.strip_prefix(':').and_then(|port| port.parse().ok()));
    }
    match address.split_once(':') {
        // More than one colon is an IPv6 address.
        Some((host, port)) if !port.contains(':') => (host, port.parse().ok()),
        Some(_) | None => (address, None),
    }
}

/// The VM that a host's name means: such a file names none.
fn target(host: &str, notes: &mut Notes) -> ProfileTarget {
    let search = |text: &str| ProfileTarget::Search { text: text.to_owned() };
    let lower = host.trim().trim_end_matches('.').to_ascii_lowercase();
    let address: Option<IpAddr> = lower.parse().ok();
    if lower == "localhost" || address.is_some_and(|address| address.is_loopback()) {
        notes.add(words::is_this_computer(&lower));
        return search("");
    }
    if address.is_some() {
        notes.add(words::address_looked_for(&lower));
        return search(&format!("address={lower}"));
    }
    let plain = |label: &str| {
        (1..=63).contains(&label.len()) && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    let labels: Vec<&str> = lower.split('.').collect();
    if lower.len() > 253 || !labels.iter().all(|label| plain(label)) {
        notes.add(words::no_name_of_computer(&shown(host)));
        return search("");
    }
    // Compute Engine's own names for VMs.
    match labels.as_slice() {
        [name, zone, "c", project, "internal"] => {
            if let Some(instance) = link::instance(&format!("{project}/{zone}/{name}")) {
                return ProfileTarget::Instance { instance };
            }
        }
        [name, "c", project, "internal"] => return search(&format!("name={name} project={project}")),
        _ => {}
    }
    let name = labels.first().copied().unwrap_or_default();
    notes.add(words::name_looked_for(name));
    search(&format!("name={name}"))
}

#[cfg(test)]
mod tests {
    use adit_contract::InstanceRef;

    use super::*;

    fn one(text: &str) -> (Profile, String) {
        let mut found = read(text.as_bytes(), "books").unwrap();
        (found.profiles.remove(0), found.notes.told().join("\n"))
    }

    #[test]
    fn what_a_desktop_has_is_taken_and_the_rest_is_said() {
        let text = "full address:s:old.acme.example\r\n\
            alternate full address:s:Books.acme.example:3390\r\n\
            username:s:ana\r\ndomain:s:ACME\r\naudiomode:i:2\r\nredirectclipboard:i:0\r\n\
            smart sizing:i:1\r\ndesktopwidth:i:1920\r\ndesktopheight:i:1080\r\n\
            drivestoredirect:s:*\r\npassword 51:b:01000000D08C9DDF\r\ngatewayhostname:s:gw.acme.example\r\n\
            alternate shell:s:C:\\calc.exe\r\nscreen mode id:i:2\r\nenablecredsspsupport:i:0\r\n\
            administrative session:i:1\r\nprompt for credentials:i:0\r\n\
            winposstr:s:0,1,0,0,1,1\r\nfuture thing:i:1\r\nno property\r\n";
        let (profile, notes) = one(text);
        assert_eq!((profile.name.as_str(), &profile.action), ("books", &ProfileAction::Rdp));
        assert_eq!(profile.target, ProfileTarget::Search { text: "name=books".to_owned() });
        let text = |text: &str| SettingValue::Text(text.to_owned());
        let wanted = [
            ("rdp.clipboard", text("off")),
            ("rdp.display", text("fit")),
            ("rdp.port", SettingValue::Number(3390)),
            ("rdp.sound", SettingValue::Toggle(false)),
            ("rdp.user", text("ACME\\ana")),
        ];
        assert_eq!(profile.settings, wanted.map(|(key, value)| (key.to_owned(), value)).into());
        for said in [
            "1920 × 1080",
            "Passwords",
            "Drives",
            "gw.acme.example",
            "calc.exe",
            "administrative",
            "future thing",
        ] {
            assert!(notes.contains(said), "{said}: {notes}");
        }
        assert!(
            !notes.contains("D08C9DDF")
                && !notes.contains("asked for only while")
                && !notes.contains("winposstr"),
            "{notes}"
        );
    }

    #[test]
    fn a_file_of_mstsc_is_utf_16() {
        let wide: Vec<u8> =
            "\u{feff}full address:s:web-1".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let found = read(&wide, "").unwrap();
        assert_eq!(found.profiles[0].name, "web-1");
    }

    #[test]
    fn hosts_become_the_vm_that_they_mean() {
        let target = |host: &str| one(&format!("full address:s:{host}")).0.target;
        let search = |text: &str| ProfileTarget::Search { text: text.to_owned() };
        let instance =
            InstanceRef { project: "acme".into(), zone: "europe-west1-b".into(), name: "web-1".into() };
        assert_eq!(target("WEB-1.europe-west1-b.c.acme.internal"), ProfileTarget::Instance { instance });
        assert_eq!(target("web-1.c.acme.internal"), search("name=web-1 project=acme"));
        assert_eq!(target("10.0.0.4:3390"), search("address=10.0.0.4"));
        assert_eq!(target("[2001:db8::1]:3390"), search("address=2001:db8::1"));
        for unknown in ["localhost:13389", "127.0.0.1", "::1", "a b", "\u{202e}web"] {
            assert_eq!(target(unknown), search(""), "{unknown}");
        }
    }

    #[test]
    fn what_is_no_such_file_is_refused() {
        let long = "a".repeat(LARGEST + 1);
        for wrong in [&b""[..], b"{}", b"\xff\xfe\x00\xd8", b"\xff\xff", b"audiomode:i:1", long.as_bytes()] {
            assert!(read(wrong, "x").is_err());
        }
        let (profile, notes) = one("full address:s:web\nusername:s:a\"b\nserver port:i:99999\naudiomode:i:9");
        assert_eq!(profile.settings, BTreeMap::new());
        for said in ["name cannot be used", "port cannot be used", "of sound is not understood"] {
            assert!(notes.contains(said), "{said}: {notes}");
        }
    }
}

//! IAP Desktop's client applications, `.iapc`: a program to start over a tunnel to a port.
//! <https://googlecloudplatform.github.io/iap-desktop/client-application-configuration/>

use std::collections::BTreeMap;

use adit_contract::{
    Failure, HttpRule, Profile, ProfileAction, ProfileForward, ProfileStart, ProfileTarget, TunnelAudience,
    TunnelPlace, TunnelProtocol,
};
use serde::Deserialize;
use serde_json::Value;

use super::{Found, Notes, named, shown};
use crate::{
    profiles::check::{self, check},
    words::profile_files as words,
};

/// The largest file, in bytes: they have a few hundred.
const LARGEST: usize = 64 * 1024;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Read {
    version: u64,
    name: String,
    #[serde(default)]
    condition: Option<String>,
    remote_port: Value,
    #[serde(default)]
    local_port: Option<Value>,
    #[serde(default)]
    client: Option<Client>,
}

#[derive(Deserialize)]
struct Client {
    #[serde(default)]
    executable: Option<String>,
    #[serde(default)]
    arguments: Option<String>,
}

/// What such a file has, as far as it is known here.
const KNOWN: &[&str] = &["version", "name", "condition", "remotePort", "localPort", "client"];
const KNOWN_OF_CLIENT: &[&str] = &["executable", "arguments"];
/// The most others that are named.
const MOST_NAMED: usize = 8;

/// Where a file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum System {
    /// Where such files are at home.
    Windows,
    Other,
}

impl System {
    const HERE: Self = if cfg!(windows) { Self::Windows } else { Self::Other };

    /// The folder that a variable stands for. No other variable is filled in: one may hold a secret, and a profile is a file.
    fn folder(self, name: &str) -> Option<String> {
        const FOLDERS: &[&str] = &[
            "AppData",
            "CommonProgramFiles",
            "CommonProgramFiles(x86)",
            "CommonProgramW6432",
            "LocalAppData",
            "ProgramData",
            "ProgramFiles",
            "ProgramFiles(x86)",
            "ProgramW6432",
            "Public",
            "SystemDrive",
            "SystemRoot",
            "UserProfile",
            "windir",
        ];
        match self {
            Self::Windows if FOLDERS.iter().any(|folder| folder.eq_ignore_ascii_case(name)) => {
                std::env::var(name).ok().filter(|value| !value.is_empty())
            }
            Self::Windows | Self::Other => None,
        }
    }
}

/// Reads such a file into a forward whose VM is still to be chosen.
///
/// # Errors
/// [`FailureCode::InvalidInput`](adit_contract::FailureCode::InvalidInput) for what is none.
pub(super) fn read(bytes: &[u8]) -> Result<Found, Failure> {
    if bytes.len() > LARGEST {
        return Err(words::not_iapc());
    }
    // Notepad and its like begin with this mark.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let whole: Value = serde_json::from_slice(bytes).map_err(|_| words::not_iapc())?;
    let unknown = unknown(&whole);
    let read: Read = serde_json::from_value(whole).map_err(|_| words::not_iapc())?;
    if read.version != 1 {
        return Err(words::iapc_unknown_form());
    }
    let port = port(&read.remote_port).ok_or_else(words::iapc_without_port)?;
    let mut notes = Notes::default();
    notes.add(words::FOR_ANY_VM);
    match read.condition.as_deref().map(str::trim) {
        None | Some("" | "isInstance()") => {}
        Some(condition) => notes.add(words::condition(&shown(condition))),
    }
    if !unknown.is_empty() {
        notes.add(words::not_taken_over(&unknown, MOST_NAMED));
    }
    let profile = Profile {
        name: named(&read.name, words::IAP_DESKTOP),
        folder: Vec::new(),
        target: ProfileTarget::Search { text: String::new() },
        action: ProfileAction::Forward {
            forward: ProfileForward {
                interface: "nic0".to_owned(),
                port,
                protocol: TunnelProtocol::usual(port),
                http: HttpRule::default(),
                audience: read
                    .client
                    .map_or(TunnelAudience::User, |client| launched(client, System::HERE, &mut notes)),
                place: read.local_port.as_ref().map_or(TunnelPlace::Steady, |local| place(local, &mut notes)),
                wait_for_vm: false,
            },
        },
        account: None,
        settings: BTreeMap::new(),
        start: ProfileStart::ByHand,
        unconfirmed: None,
    };
    Ok(Found { profiles: vec![check(profile)?], folders: Vec::new(), notes })
}

/// A port, which they write as text or as a number.
fn port(value: &Value) -> Option<u16> {
    let port = match value {
        Value::Number(number) => number.as_u64().and_then(|port| u16::try_from(port).ok()),
        Value::String(text) => text.trim().parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    port.filter(|port| *port != 0)
}

/// Where the local end is: a port, or an address with one.
fn place(local: &Value, notes: &mut Notes) -> TunnelPlace {
    if let Some(port) = port(local) {
        return TunnelPlace::Port { port };
    }
    let address = local.as_str().and_then(|text| text.trim().parse::<std::net::SocketAddr>().ok());
    match address.filter(|address| address.ip().is_loopback() && address.port() != 0) {
        Some(address) => {
            if address.ip() != std::net::Ipv4Addr::LOCALHOST {
                notes.add(words::local_end(address.ip()));
            }
            TunnelPlace::Port { port: address.port() }
        }
        None => {
            if !local.is_null() {
                notes.add(words::LOCAL_PORT_UNUSABLE);
            }
            TunnelPlace::Steady
        }
    }
}

/// What of a file has no meaning here.
fn unknown(whole: &Value) -> Vec<String> {
    let of = |value: Option<&Value>, known: &[&str], before: &str| -> Vec<String> {
        let keys = value.and_then(Value::as_object).into_iter().flat_map(|object| object.keys());
        let odd = keys.filter(|key| !known.iter().any(|known| known == key));
        odd.map(|key| format!("{before}{}", shown(key))).collect()
    };
    [of(Some(whole), KNOWN, ""), of(whole.get("client"), KNOWN_OF_CLIENT, "client.")].concat()
}

fn launched(client: Client, system: System, notes: &mut Notes) -> TunnelAudience {
    let Some(program) = client.executable.filter(|program| !program.trim().is_empty()) else {
        notes.add(words::NO_PROGRAM);
        return TunnelAudience::User;
    };
    let program = fill(&program, system);
    // Before the words are parted, as Windows does it.
    let arguments = split(&fill(client.arguments.as_deref().unwrap_or_default(), system));
    if let Some(why) = check::needs_path(&program) {
        notes.add(why);
    } else if system == System::Other && (program.contains('\\') || is_windows_program(&program)) {
        let program = shown(&program);
        notes.add(words::program_of_windows(&program));
    } else if !program.contains(['/', '\\']) {
        let program = shown(&program);
        notes.add(words::whole_path(&program));
    }
    for word in &arguments {
        if let Some(name) = check::variable(word) {
            notes.add(words::variable_among_arguments(&shown(name)));
        }
    }
    if arguments.iter().any(|word| word.contains("{username}") || word.contains("{user}")) {
        notes.add(words::NAME_OF_USER);
    }
    TunnelAudience::Launched { command: std::iter::once(program).chain(arguments).collect() }
}

fn is_windows_program(program: &str) -> bool {
    program.to_ascii_lowercase().ends_with(".exe")
}

/// The same with the folders that variables such as `%ProgramW6432%` stand for. What stands for none stays.
fn fill(text: &str, system: System) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some(name) = check::variable(rest) {
        let sign = format!("%{name}%");
        let Some((before, after)) = rest.split_once(&sign) else { break };
        filled.push_str(before);
        filled.push_str(&system.folder(name).unwrap_or(sign));
        rest = after;
    }
    filled + rest
}

/// The words of a command line as Windows reads them: blanks part them but for those between double quotes, and a
/// backslash before a quote makes it one of the word.
fn split(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quoted = false;
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' if letters.peek() == Some(&'"') => {
                word.get_or_insert_default().extend(letters.next());
            }
            '"' => {
                quoted = !quoted;
                // Empty quotes are an empty word.
                word.get_or_insert_default();
            }
            blank if blank.is_whitespace() && !quoted => words.extend(word.take()),
            letter => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::profiles::check::problem;

    fn one(value: &Value) -> (Profile, String) {
        let mut found = read(value.to_string().as_bytes()).unwrap();
        (found.profiles.remove(0), found.notes.told().join("\n"))
    }

    fn forward(profile: &Profile) -> &ProfileForward {
        match &profile.action {
            ProfileAction::Forward { forward } => forward,
            ProfileAction::Ssh | ProfileAction::Rdp => panic!("no forward"),
        }
    }

    #[test]
    fn a_client_becomes_a_forward_with_its_program() {
        let (profile, notes) = one(&json!({
            "version": 1, "name": "MySQL Shell", "condition": "isLinux()", "remotePort": "3306",
            "localPort": "127.0.0.2:13306",
            "client": {
                "executable": r"C:\Program Files\MySQL\mysqlsh.exe",
                "arguments": r#"-h {host} -P {port} -u "{username}" --title "My \"SQL\"" """#,
            },
        }));
        let found = forward(&profile);
        assert_eq!((found.port, found.protocol), (3306, TunnelProtocol::Mysql));
        assert_eq!(found.place, TunnelPlace::Port { port: 13306 });
        let TunnelAudience::Launched { command } = &found.audience else { panic!("no program") };
        let arguments = ["-h", "{host}", "-P", "{port}", "-u", "{username}", "--title", "My \"SQL\"", ""];
        assert_eq!(command[1..], arguments);
        for said in ["Choose it", "isLinux()", "{username}", "127.0.0.2"] {
            assert!(notes.contains(said), "{said}: {notes}");
        }
        assert_eq!(problem(&profile).as_deref(), Some("Choose the VM."));
        let chosen = Profile { target: ProfileTarget::Search { text: "db".to_owned() }, ..profile };
        assert!(problem(&chosen).unwrap().contains("{username}"));
    }

    #[test]
    fn what_stands_for_a_folder_elsewhere_is_named_and_starts_nothing() {
        let client = |executable: &str, arguments: &str| Client {
            executable: Some(executable.to_owned()),
            arguments: Some(arguments.to_owned()),
        };
        let on = |system, client| {
            let mut notes = Notes::default();
            let TunnelAudience::Launched { command } = launched(client, system, &mut notes) else {
                panic!("no program")
            };
            (command, notes.told().join("\n"))
        };
        let path = r"%ProgramW6432%\MySQL\mysqlsh.exe";
        let (command, notes) = on(System::Other, client(path, r"--rc %AppData%\x -t 50% {host}%"));
        assert_eq!(command, [path, "--rc", r"%AppData%\x", "-t", "50%", "{host}%"]);
        for said in ["%ProgramW6432%", "%AppData%"] {
            assert!(notes.contains(said), "{said}: {notes}");
        }
        let forward = |command| ProfileForward {
            audience: TunnelAudience::Launched { command },
            ..forward(&one(&json!({"version": 1, "name": "x", "remotePort": 1})).0).clone()
        };
        let profile = |command| Profile {
            target: ProfileTarget::Search { text: "db".to_owned() },
            action: ProfileAction::Forward { forward: forward(command) },
            ..one(&json!({"version": 1, "name": "x", "remotePort": 1})).0
        };
        assert!(problem(&profile(command)).unwrap().contains("%ProgramW6432%"));
        let (command, notes) = on(System::Other, client(r"C:\Tools\*\psql.exe", ""));
        assert!(notes.contains('*') && problem(&profile(command)).unwrap().contains('*'), "{notes}");
        let (_, notes) = on(System::Other, client("chrome.exe", ""));
        assert!(notes.contains("chrome.exe is a program of Windows"), "{notes}");
        // A variable that holds no folder is never filled in.
        let (command, _) = on(System::Windows, client("%PATH%", "%CARGO_MANIFEST_DIR%"));
        assert_eq!(command, ["%PATH%", "%CARGO_MANIFEST_DIR%"]);
    }

    #[test]
    fn what_is_not_known_is_named() {
        let (profile, notes) = one(&json!({
            "version": 1, "name": "x", "remotePort": 1, "accessPolicy": "AllowAll",
            "client": { "executable": " ", "workingDirectory": "c:" },
        }));
        assert_eq!(forward(&profile).audience, TunnelAudience::User);
        for said in ["Not taken over: accessPolicy, client.workingDirectory.", "names no program"] {
            assert!(notes.contains(said), "{said}: {notes}");
        }
    }

    #[test]
    fn one_without_a_program_is_a_plain_forward() {
        let (profile, _) = one(&json!({"version": 1, "name": " ", "remotePort": 5432, "localPort": 15432}));
        let found = forward(&profile);
        assert_eq!((profile.name.as_str(), &found.audience), ("IAP Desktop", &TunnelAudience::User));
        assert_eq!(found.place, TunnelPlace::Port { port: 15432 });
        let (profile, notes) =
            one(&json!({"version": 1, "name": "x", "remotePort": 1, "localPort": "10.0.0.1:2"}));
        assert_eq!(forward(&profile).place, TunnelPlace::Steady);
        assert!(notes.contains("local port"), "{notes}");
    }

    #[test]
    fn what_is_no_such_file_is_refused() {
        let many = "x ".repeat(100);
        let client = json!({"executable": 1, "arguments": null});
        for wrong in [
            json!([]),
            json!({"version": 2, "name": "x", "remotePort": 1}),
            json!({"version": 1, "name": "x", "remotePort": "0"}),
            json!({"version": 1, "name": "x", "remotePort": 70_000}),
            json!({"version": 1, "name": "x", "remotePort": 1, "client": client}),
            json!({"version": 1, "name": "x", "remotePort": 1, "client": {"executable": "a", "arguments": many}}),
        ] {
            assert!(read(wrong.to_string().as_bytes()).is_err(), "{wrong}");
        }
        assert!(read(&vec![b' '; LARGEST + 1]).is_err());
    }

    proptest::proptest! {
        #[test]
        fn any_line_is_split_and_plain_words_stay(line in ".{0,200}", plain in "[a-z]{1,9}( [a-z]{1,9}){0,5}") {
            split(&line);
            assert_eq!(split(&plain).join(" "), plain);
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..300)) {
            drop(read(&bytes));
            drop(super::super::rdp::read(&bytes, "x"));
            drop(super::super::own::read(&bytes));
        }
    }
}

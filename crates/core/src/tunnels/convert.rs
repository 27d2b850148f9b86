//! From a tunnel as a person asks for it to one that the pool opens.

use std::path::{Path, PathBuf};

use adit_contract::{
    Failure, HttpRule, InstanceRef, TunnelAudience, TunnelPlace, TunnelProtocol, TunnelSpec, TunnelTarget,
};
use adit_tunnel::{
    Patience, Target,
    audience::{Audience, Launched},
    guard::Guard,
    listen::{Local, Options, Place},
    pool::Spec,
    ports,
};

use crate::{share::Patient, words::tunnels as words};

/// How long a VM that starts is waited for.
const BOOT: std::time::Duration = std::time::Duration::from_secs(180);
/// The longest name or part of a target, in bytes.
const LONGEST_PART: usize = 512;
/// The most programs, and the most words of a command.
const MOST_WORDS: usize = 64;
/// The longest of them, in bytes.
const LONGEST_WORD: usize = 4096;

/// The target as the relay knows it.
#[must_use]
pub fn relay_target(target: &TunnelTarget) -> Target {
    match target.clone() {
        TunnelTarget::Instance { instance: InstanceRef { project, zone, name }, interface, port } => {
            Target::Instance { project, zone, instance: name, interface, port }
        }
        TunnelTarget::Host { project, region, network, group, host, port } => {
            Target::Host { project, region, network, group, host, port }
        }
    }
}

/// The project whose account is used.
pub(super) fn project(target: &TunnelTarget) -> &str {
    match target {
        TunnelTarget::Instance { instance, .. } => &instance.project,
        TunnelTarget::Host { project, .. } => project,
    }
}

/// What the target is called in sentences.
#[must_use]
pub fn called(target: &TunnelTarget) -> &str {
    match target {
        TunnelTarget::Instance { instance, .. } => &instance.name,
        TunnelTarget::Host { host, .. } => host,
    }
}

pub(crate) fn port(target: &TunnelTarget) -> u16 {
    match target {
        TunnelTarget::Instance { port, .. } | TunnelTarget::Host { port, .. } => *port,
    }
}

impl From<Patient> for Patience {
    fn from(patient: Patient) -> Self {
        match patient {
            Patient::Yes => Self { backend: BOOT, lookup: BOOT, ..Self::default() },
            Patient::No => Self::default(),
        }
    }
}

/// The words of a command with the local end in place of `{host}` and `{port}`; for a socket `{host}` is its path.
#[must_use]
pub fn fill(words: &[String], local: &Local) -> Vec<String> {
    let (host, port) = match local {
        Local::Tcp(address) => (address.ip().to_string(), address.port().to_string()),
        Local::Socket(path) => (path.display().to_string(), String::new()),
    };
    words.iter().map(|word| word.replace("{host}", &host).replace("{port}", &port)).collect()
}

/// What a process without a window opens for itself, and the launch that its audience waits for: call
/// [`Launched::begun`] once the program runs. `place` stands in place of the specification's own.
///
/// # Errors
/// [`FailureCode::InvalidInput`](adit_contract::FailureCode::InvalidInput) for what cannot be a tunnel.
pub fn pool_spec(asked: &TunnelSpec, place: Place) -> Result<(Spec, Option<Launched>), Failure> {
    check(asked)?;
    let (spec, launch) = spec(asked, Path::new(""));
    Ok((Spec { place, ..spec }, launch))
}

/// What the pool is to open, and the launch that its audience waits for.
pub(super) fn spec(asked: &TunnelSpec, folder: &Path) -> (Spec, Option<Launched>) {
    let mut launch = None;
    let audience = match &asked.audience {
        TunnelAudience::User => Audience::User,
        TunnelAudience::Programs { paths } => Audience::Programs(paths.iter().map(PathBuf::from).collect()),
        TunnelAudience::Launched { .. } => Audience::Launched(launch.insert(Launched::awaited()).clone()),
        TunnelAudience::Everyone => Audience::Everyone,
    };
    let patient = if asked.wait_for_vm { Patient::Yes } else { Patient::No };
    let spec = Spec {
        target: relay_target(&asked.target),
        place: place(asked, folder),
        audience,
        guard: guard(asked),
        limits: Options::default(),
        patience: patient.into(),
    };
    (spec, launch)
}

fn guard(asked: &TunnelSpec) -> Guard {
    match (asked.protocol, asked.http) {
        (TunnelProtocol::Any, _) | (TunnelProtocol::Http, HttpRule::Open) => Guard::Any,
        (TunnelProtocol::Http, HttpRule::Strict) => Guard::StrictHttp,
        (
            TunnelProtocol::Https
            | TunnelProtocol::Ssh
            | TunnelProtocol::Rdp
            | TunnelProtocol::Vnc
            | TunnelProtocol::Postgres
            | TunnelProtocol::Mysql
            | TunnelProtocol::SqlServer
            | TunnelProtocol::Mongodb
            | TunnelProtocol::Redis,
            _,
        ) => Guard::NotHttp,
    }
}

fn place(asked: &TunnelSpec, folder: &Path) -> Place {
    match asked.place {
        TunnelPlace::Steady => Place::Steady,
        TunnelPlace::Port { port } => Place::Address((std::net::Ipv4Addr::LOCALHOST, port).into()),
        TunnelPlace::Socket => {
            // Clients of PostgreSQL take a folder and make this name of the port.
            let name = match asked.protocol {
                TunnelProtocol::Postgres => format!(".s.PGSQL.{}", port(&asked.target)),
                TunnelProtocol::Any
                | TunnelProtocol::Http
                | TunnelProtocol::Https
                | TunnelProtocol::Ssh
                | TunnelProtocol::Rdp
                | TunnelProtocol::Vnc
                | TunnelProtocol::Mysql
                | TunnelProtocol::SqlServer
                | TunnelProtocol::Mongodb
                | TunnelProtocol::Redis => "socket".to_owned(),
            };
            Place::Socket(folder.join(socket_folder(&asked.target)).join(name))
        }
    }
}

/// The folder of a target's socket: the same each time, so that a saved address never leads to another target.
fn socket_folder(target: &TunnelTarget) -> String {
    use sha2::Digest as _;
    let whole = sha2::Sha256::digest(format!("{:?}", relay_target(target)).as_bytes());
    whole.iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

/// Where it will be, if that is free.
pub(super) fn local(asked: &TunnelSpec, folder: &Path) -> String {
    match place(asked, folder) {
        Place::Address(address) => address.to_string(),
        Place::Steady => steady(&asked.target),
        Place::Socket(path) => path.display().to_string(),
    }
}

/// The address that belongs to a target.
pub(super) fn steady(asked: &TunnelTarget) -> String {
    format!("127.0.0.1:{}", ports::steady(&relay_target(asked)))
}

/// Refuses what no tunnel can be made of.
///
/// # Errors
/// [`FailureCode::InvalidInput`](adit_contract::FailureCode::InvalidInput), which names what is wrong.
pub(crate) fn check(asked: &TunnelSpec) -> Result<(), Failure> {
    if port(&asked.target) == 0 || asked.place == (TunnelPlace::Port { port: 0 }) {
        return Err(words::no_port());
    }
    let parts: Vec<&String> = match &asked.target {
        TunnelTarget::Instance { instance, interface, .. } => {
            vec![&instance.project, &instance.zone, &instance.name, interface]
        }
        TunnelTarget::Host { project, region, network, group, host, .. } => {
            vec![project, region, network, group, host]
        }
    };
    if parts.iter().any(|part| part.is_empty()) {
        return Err(words::target_incomplete());
    }
    if parts.iter().any(|part| part.len() > LONGEST_PART) || asked.name.len() > LONGEST_PART {
        return Err(words::name_too_long(LONGEST_PART));
    }
    let command = match &asked.audience {
        TunnelAudience::User | TunnelAudience::Everyone => return Ok(()),
        TunnelAudience::Programs { paths } => paths,
        TunnelAudience::Launched { command } => command,
    };
    if command.first().is_none_or(String::is_empty) {
        return Err(words::no_program_to_let_in());
    }
    if command.len() > MOST_WORDS || command.iter().any(|word| word.len() > LONGEST_WORD) {
        return Err(words::command_too_long());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use adit_contract::FailureCode;

    use super::*;

    fn to_web_1(protocol: TunnelProtocol) -> TunnelSpec {
        TunnelSpec {
            name: String::new(),
            target: TunnelTarget::Instance {
                instance: InstanceRef { project: "p".into(), zone: "z".into(), name: "web-1".into() },
                interface: "nic0".into(),
                port: 5432,
            },
            protocol,
            http: HttpRule::Strict,
            audience: TunnelAudience::User,
            place: TunnelPlace::Steady,
            wait_for_vm: false,
        }
    }

    #[test]
    fn only_what_is_declared_otherwise_keeps_http_out() {
        let guard = |protocol| spec(&to_web_1(protocol), Path::new("/run")).0.guard;
        assert_eq!(guard(TunnelProtocol::Any), Guard::Any);
        assert_eq!(guard(TunnelProtocol::Http), Guard::StrictHttp);
        assert_eq!(guard(TunnelProtocol::Postgres), Guard::NotHttp);
        let open = TunnelSpec { http: HttpRule::Open, ..to_web_1(TunnelProtocol::Http) };
        assert_eq!(spec(&open, Path::new("/run")).0.guard, Guard::Any);
    }

    #[test]
    fn a_socket_for_postgres_has_the_name_that_its_clients_expect() {
        let asked = TunnelSpec { place: TunnelPlace::Socket, ..to_web_1(TunnelProtocol::Postgres) };
        let Place::Socket(path) = spec(&asked, Path::new("/run")).0.place else { panic!("no socket") };
        assert_eq!(path.file_name().and_then(|name| name.to_str()), Some(".s.PGSQL.5432"));
        assert_eq!(local(&asked, Path::new("/run")), path.display().to_string());
        // Another target's socket is never at the same place.
        let other = TunnelTarget::Instance {
            instance: InstanceRef { project: "p".into(), zone: "z".into(), name: "web-2".into() },
            interface: "nic0".into(),
            port: 5432,
        };
        let other = TunnelSpec { target: other, ..asked };
        assert_ne!(local(&other, Path::new("/run")), path.display().to_string());
    }

    #[test]
    fn what_cannot_be_a_tunnel_is_refused() {
        let fine = to_web_1(TunnelProtocol::Any);
        assert_eq!(check(&fine), Ok(()));
        let without_name = TunnelTarget::Instance {
            instance: InstanceRef { project: "p".into(), zone: "z".into(), name: String::new() },
            interface: "nic0".into(),
            port: 1,
        };
        for wrong in [
            TunnelSpec { place: TunnelPlace::Port { port: 0 }, ..fine.clone() },
            TunnelSpec { target: without_name, ..fine.clone() },
            TunnelSpec { name: "n".repeat(513), ..fine.clone() },
            TunnelSpec { audience: TunnelAudience::Programs { paths: vec![] }, ..fine.clone() },
            TunnelSpec {
                audience: TunnelAudience::Launched { command: vec![String::new()] },
                ..fine.clone()
            },
        ] {
            assert_eq!(check(&wrong).map_err(|failure| failure.code), Err(FailureCode::InvalidInput));
        }
    }
}

//! `adit tunnel` and `adit proxy`: in the running app's pool, or alone where there is none or another identity or way
//! to the relay is given.

use std::{path::Path, process::Stdio, sync::Arc, time::Duration};

use adit_contract::{
    Failure, FailureCode, HttpRule, TunnelAudience, TunnelPlace, TunnelProtocol, TunnelSpec,
};
use adit_core::{
    Config, Told, called, failure, pool_spec, relay_target,
    share::{Patient, Shared, SharedTunnel, Wait},
};
use adit_tunnel::{
    Event,
    audience::Launched,
    listen::{Local, Options, Place},
    peer::SystemPeers,
    pool::{Lease, Pool},
    proxy,
};
use serde_json::json;
use tokio::{
    io::{AsyncWrite, AsyncWriteExt as _},
    process::Child,
    sync::mpsc,
};

use crate::{
    access,
    arguments::{Access, Protocol, ProxyArguments, TunnelArguments},
    ending,
    signals::ToldToEnd,
    target::target,
    token::Given,
};

/// How long the last events may take, the listener's own graceful end included.
const LAST_WORDS: Duration = Duration::from_secs(12);
/// Lines that may wait for whoever reads them.
const LINES: usize = 64;

/// `adit tunnel`: listens until interrupted, or until the program that it started has ended. Gives the exit code.
pub(crate) async fn run(arguments: TunnelArguments) -> Result<u8, Failure> {
    let spec = spec(&arguments)?;
    if let Some(local) = arguments.local.filter(|local| !local.ip().is_loopback()) {
        return Err(Failure::new(
            FailureCode::InvalidInput,
            format!("{local} is not a loopback address"),
            "A tunnel listens on 127.0.0.1 or ::1 only: whoever reaches the port gets into the tunnel.",
        ));
    }
    let format = if arguments.json { Output::Json } else { Output::Words };
    let report = Report { format, name: called(&spec.target).to_owned() };
    // A program of this command's is none of the app's, and neither is a path of the person's choice.
    if arguments.command.is_empty()
        && arguments.socket.is_none()
        && let Some(shared) = sharing(&arguments.access).await
    {
        let tunnel = shared.open(spec, arguments.local, |wait| report.waiting(&wait)).await?;
        return follow_shared(tunnel, &report).await.map(|()| ending::DONE);
    }
    let place = match (&arguments.socket, arguments.local) {
        (Some(path), _) => Place::Socket(path.clone()),
        (None, Some(local)) => Place::Address(local),
        (None, None) => Place::Steady,
    };
    let dialer = access::dialer(&arguments.access).await?;
    let (wanted, launched) = pool_spec(&spec, place)?;
    let pool = Pool::new(Options::default().limit, Arc::new(SystemPeers));
    // There is one account here, whatever it is called.
    let opened = pool.open_observed("", &dialer, wanted, |waiting| {
        report.waiting(&(&waiting.retry).into());
    });
    let lease = opened.await.map_err(|error| failure::bind(&error, &relay_target(&spec.target)))?;
    let program = match launched {
        Some(launched) => Some(launch(&arguments.command, lease.tunnel().local(), &launched)?),
        None => None,
    };
    Ok(follow(lease, program, &report).await)
}

fn spec(arguments: &TunnelArguments) -> Result<TunnelSpec, Failure> {
    let words = |paths: &[std::path::PathBuf]| {
        paths.iter().map(|path| path.display().to_string()).collect::<Vec<String>>()
    };
    let audience = if arguments.allow_everyone {
        TunnelAudience::Everyone
    } else if !arguments.command.is_empty() {
        TunnelAudience::Launched { command: arguments.command.clone() }
    } else if !arguments.allow.is_empty() {
        TunnelAudience::Programs { paths: words(&absolute(&arguments.allow)?) }
    } else {
        TunnelAudience::User
    };
    Ok(TunnelSpec {
        name: String::new(),
        target: target(&arguments.target)?,
        protocol: protocol(arguments.protocol),
        http: HttpRule::Strict,
        audience,
        place: TunnelPlace::Steady,
        wait_for_vm: arguments.wait,
    })
}

/// The programs by full path, so that the app means the same ones.
fn absolute(paths: &[std::path::PathBuf]) -> Result<Vec<std::path::PathBuf>, Failure> {
    let full = |path: &std::path::PathBuf| {
        Path::canonicalize(path).map_err(|error| {
            Failure::new(
                FailureCode::InvalidInput,
                format!("{} is no program", path.display()),
                "Give the full path of an executable.",
            )
            .with_server("file", error.to_string())
        })
    };
    paths.iter().map(full).collect()
}

fn protocol(protocol: Protocol) -> TunnelProtocol {
    match protocol {
        Protocol::Any => TunnelProtocol::Any,
        Protocol::Http => TunnelProtocol::Http,
        Protocol::Https => TunnelProtocol::Https,
        Protocol::Ssh => TunnelProtocol::Ssh,
        Protocol::Rdp => TunnelProtocol::Rdp,
        Protocol::Vnc => TunnelProtocol::Vnc,
        Protocol::Postgres => TunnelProtocol::Postgres,
        Protocol::Mysql => TunnelProtocol::Mysql,
        Protocol::SqlServer => TunnelProtocol::SqlServer,
        Protocol::Mongodb => TunnelProtocol::Mongodb,
        Protocol::Redis => TunnelProtocol::Redis,
    }
}

/// The running app, unless another identity or way to the relay than the app's is given.
async fn sharing(access: &Access) -> Option<Shared> {
    let route = &access.route;
    let own = access.relay_url.is_some()
        || access.ca.is_some()
        || route.relay_address.is_some()
        || route.client_certificate.is_some()
        || route.proxy.is_some()
        || Given::find(access.identity.token_file.as_ref()).is_some();
    if own {
        return None;
    }
    // What is wrong with the environment is told by the way that goes alone.
    Shared::find(&Config::from_environment().await.ok()?).await
}

/// Starts the program that alone may use the tunnel. It has this command's terminal.
fn launch(words: &[String], local: &Local, launched: &Launched) -> Result<Child, Failure> {
    let filled = adit_core::fill(words, local);
    let failed = |error: std::io::Error| {
        let program = words.first().map_or("The program", String::as_str);
        Failure::new(
            FailureCode::InvalidInput,
            format!("{program} could not be started"),
            "Check its name and path.",
        )
        .with_server("start", error.to_string())
    };
    let (program, arguments) =
        filled.split_first().ok_or_else(|| failed(std::io::ErrorKind::InvalidInput.into()))?;
    let mut command = tokio::process::Command::new(program);
    command.args(arguments).stdin(Stdio::inherit()).kill_on_drop(true);
    let child = command.spawn().map_err(failed)?;
    let pid = child.id().ok_or_else(|| failed(std::io::ErrorKind::NotFound.into()))?;
    launched.begun(pid, &SystemPeers).map_err(failed)?;
    Ok(child)
}

/// Prints what happens until the tunnel is to end.
async fn follow(lease: Lease, mut program: Option<Child>, report: &Report) -> u8 {
    let tunnel = lease.tunnel();
    let mut events = tunnel.events();
    let mut told = ToldToEnd::new();
    let (lines, printing) = print(report.format);
    // The channel is empty yet.
    drop(lines.try_send(report.listening(&tunnel.local().to_string())));
    let mut code = ending::DONE;
    loop {
        let next = async {
            // A place first, so that no event is taken and then lost when the other branch wins.
            let Ok(place) = lines.reserve().await else { return std::future::pending().await };
            (place, events.next().await)
        };
        let (place, event) = tokio::select! {
            next = next => next,
            () = told.next() => break,
            status = ended(&mut program) => {
                code = status;
                break;
            }
        };
        match event {
            Some(event) => {
                if let Some(told) = Told::of(&event) {
                    place.send(report.told(told));
                }
            }
            None => break,
        }
    }
    tunnel.stop();
    let last = async {
        while let Some(event) = events.next().await {
            if let Some(told) = Told::of(&event) {
                // The printer goes with this function only.
                drop(lines.send(report.told(told)).await);
            }
        }
        drop(lines);
        drop(printing.await);
    };
    tokio::select! {
        // The listener keeps a limit of its own; whoever prints may be stuck.
        _ = tokio::time::timeout(LAST_WORDS, last) => {}
        // Told twice: at once.
        () = told.next() => {}
    }
    code
}

/// The launched program's exit code; never where there is none.
async fn ended(program: &mut Option<Child>) -> u8 {
    match program {
        Some(child) => match child.wait().await {
            Ok(status) => status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(ending::FAILED),
            Err(_) => ending::FAILED,
        },
        None => std::future::pending().await,
    }
}

/// The same for a tunnel in the app's pool.
async fn follow_shared(mut tunnel: SharedTunnel, report: &Report) -> Result<(), Failure> {
    let mut told = ToldToEnd::new();
    let (lines, printing) = print(report.format);
    drop(lines.try_send(report.listening(&tunnel.local)));
    let result = loop {
        let next = async {
            let Ok(place) = lines.reserve().await else { return std::future::pending().await };
            (place, tunnel.next().await)
        };
        tokio::select! {
            (place, next) = next => match next {
                Ok(Some(event)) => place.send(report.told(event)),
                Ok(None) => break Err(Failure::new(
                    FailureCode::ConnectionLost,
                    "The tunnel was stopped in the app",
                    "Start it again.",
                )),
                Err(failure) => break Err(failure),
            },
            () = told.next() => break Ok(()),
        }
    };
    drop(lines);
    // Whoever reads may be stuck.
    let _ = tokio::time::timeout(LAST_WORDS, printing).await;
    result
}

/// Where lines go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Output {
    /// Standard error, for people.
    Words,
    /// Standard output, for programs.
    Json,
}

/// Prints lines beside the tunnel: whoever reads them may be slow, and must not keep it from ending.
fn print(output: Output) -> (mpsc::Sender<String>, tokio::task::JoinHandle<()>) {
    let (lines, waiting) = mpsc::channel(LINES);
    let printing = match output {
        Output::Words => tokio::spawn(print_to(tokio::io::stderr(), waiting)),
        Output::Json => tokio::spawn(print_to(tokio::io::stdout(), waiting)),
    };
    (lines, printing)
}

async fn print_to(mut out: impl AsyncWrite + Unpin, mut lines: mpsc::Receiver<String>) {
    while let Some(mut line) = lines.recv().await {
        line.push('\n');
        // Whoever reads the events may have gone; the tunnel goes on.
        drop(out.write_all(line.as_bytes()).await);
        drop(out.flush().await);
    }
}

/// Puts events into lines: words, or JSON.
struct Report {
    format: Output,
    name: String,
}

impl Report {
    fn listening(&self, local: &str) -> String {
        match self.format {
            Output::Json => json!({ "event": "listening", "local": local }).to_string(),
            Output::Words => format!("Listening on {local} for {}. Ctrl+C ends it.", self.name),
        }
    }

    /// The probe of a VM that still starts.
    fn waiting(&self, Wait { attempt, reason, in_ms }: &Wait) {
        use std::io::Write as _;
        match self.format {
            Output::Json => {
                let line = json!({ "event": "waiting", "attempt": attempt, "inMs": in_ms, "reason": reason });
                drop(writeln!(std::io::stdout().lock(), "{line}"));
            }
            Output::Words => {
                ending::say!("Waiting for {}: {reason}; trying again in {in_ms} ms", self.name);
            }
        }
    }

    fn told(&self, told: Told) -> String {
        match self.format {
            Output::Json => told.json.to_string(),
            Output::Words => told.words,
        }
    }
}

fn say_waits(name: &str, reason: &str) {
    ending::say!("adit: waiting for {name}: {reason}");
}

/// `adit proxy`: standard input and output, for OpenSSH's ProxyCommand.
pub(crate) async fn run_proxy(arguments: ProxyArguments) -> Result<(), Failure> {
    let target = target(&arguments.target)?;
    let to = relay_target(&target);
    let called = called(&target).to_owned();
    let name = called.as_str();
    let patient = if arguments.wait { Patient::Yes } else { Patient::No };
    let (mut input, mut output) = (tokio::io::stdin(), tokio::io::stdout());
    if let Some(shared) = sharing(&arguments.access).await {
        let stream = shared.dial(target, patient, |wait| say_waits(name, &wait.reason)).await?;
        return stream.carry(&mut input, &mut output).await;
    }
    let dialer = access::dialer(&arguments.access).await?.with_patience(patient.into());
    let dialed = dialer.dial_observed(&to, |waiting| say_waits(name, &waiting.retry.reason));
    let connection = dialed.await.map_err(|error| failure::dial_to(&error, &to))?;
    let quiet = |event: &Event| tracing::debug!(?event, "tunnel");
    match proxy(connection, &mut input, &mut output, quiet).await {
        Ok(_) => Ok(()),
        // The program at the other end of the pipe has gone: that is how ssh ends.
        Err(adit_tunnel::ProxyError::Local { error, .. })
            if error.kind() == std::io::ErrorKind::BrokenPipe =>
        {
            Ok(())
        }
        Err(error) => Err(failure::lost_proxy(&error)),
    }
}

//! `adit tunnel` and `adit proxy`.

use std::{sync::Arc, time::Duration};

use adit_contract::{Failure, FailureCode, InstanceRef};
use adit_core::failure;
use adit_relay::Target;
use adit_tunnel::{
    DialError, Dialer, Event, Patience,
    audience::Audience,
    guard::Guard,
    listen::{self, BindError, Options, Place, What},
    peer::SystemPeers,
    pool::{Pool, Spec},
    proxy,
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncWrite, AsyncWriteExt as _},
    sync::mpsc,
};

use crate::{
    access,
    arguments::{ProxyArguments, TunnelArguments},
    signals::ToldToEnd,
    target::target,
};

/// How long the last events may take, the listener's own graceful end included.
const LAST_WORDS: Duration = Duration::from_secs(12);
/// Lines that may wait for whoever reads them.
const LINES: usize = 64;

/// What the target is called in sentences.
fn named(target: &Target) -> String {
    match target {
        Target::Instance { instance, .. } => instance.clone(),
        Target::Host { host, .. } => host.clone(),
    }
}

/// The words for a dial that failed. A host behind a destination group is named as an instance would be.
fn failed_dial(error: &DialError, target: &Target) -> Failure {
    let (project, zone, name, port) = match target {
        Target::Instance { project, zone, instance, port, .. } => (project, zone, instance, port),
        Target::Host { project, region, host, port, .. } => (project, region, host, port),
    };
    let place = InstanceRef { project: project.clone(), zone: zone.clone(), name: name.clone() };
    failure::dial(error, &place, *port)
}

/// `adit tunnel`: listens until interrupted.
pub(crate) async fn run(arguments: TunnelArguments) -> Result<(), Failure> {
    let target = target(&arguments.target)?;
    if !arguments.local.ip().is_loopback() {
        return Err(Failure::new(
            FailureCode::InvalidInput,
            format!("{} is not a loopback address", arguments.local),
            "A tunnel listens on 127.0.0.1 or ::1 only: whoever reaches the port gets into the tunnel.",
        ));
    }
    let dialer: Dialer = access::dialer(&arguments.access).await?;
    let name = named(&target);
    let limits = Options::default();
    let spec = Spec {
        target: target.clone(),
        place: Place::Address(arguments.local),
        audience: Audience::User,
        guard: Guard::Any,
        limits,
        patience: Patience::default(),
    };
    let pool = Pool::new(limits.limit, Arc::new(SystemPeers));
    // There is one account here, whatever it is called.
    let lease = pool.open("", &dialer, spec).await.map_err(|error| unbound(error, &target))?;
    let tunnel = lease.tunnel();
    let mut events = tunnel.events();
    let mut told = ToldToEnd::new();
    let (lines, printing) = print(if arguments.json { Output::Json } else { Output::Words });
    let report = Report { json: arguments.json, name };
    // The channel is empty yet.
    drop(lines.try_send(report.listening(tunnel.local())));
    loop {
        let next = async {
            // A place first, so that no event is taken and then lost when the other branch wins.
            let Ok(place) = lines.reserve().await else { return std::future::pending().await };
            (place, events.next().await)
        };
        let (place, event) = tokio::select! {
            next = next => next,
            () = told.next() => break,
        };
        match event {
            Some(event) => {
                if let Some(line) = report.event(&event) {
                    place.send(line);
                }
            }
            None => break,
        }
    }
    tunnel.stop();
    let last = async {
        while let Some(event) = events.next().await {
            if let Some(line) = report.event(&event) {
                // The printer goes with this function only.
                drop(lines.send(line).await);
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
    Ok(())
}

fn unbound(error: BindError, target: &Target) -> Failure {
    match error {
        BindError::Probe(error) => failed_dial(&error, target),
        BindError::NotLoopback(_) => Failure::new(FailureCode::InvalidInput, error.to_string(), ""),
        BindError::InUse { .. } | BindError::Privileged { .. } | BindError::Local { .. } => Failure::new(
            FailureCode::Network,
            error.to_string(),
            "Choose another port with --local, or port 0 for a free one.",
        ),
        other => Failure::new(FailureCode::Internal, other.to_string(), ""),
    }
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
    json: bool,
    name: String,
}

impl Report {
    fn listening(&self, local: &listen::Local) -> String {
        if self.json {
            json!({ "event": "listening", "local": local.to_string() }).to_string()
        } else {
            format!("Listening on {local} for {}. Ctrl+C ends it.", self.name)
        }
    }

    fn event(&self, event: &listen::Event) -> Option<String> {
        let conn = event.connection;
        let (mut value, words) = describe(&event.what)?;
        if !self.json {
            return Some(format!("[{conn}] {words}"));
        }
        if let Some(object) = value.as_object_mut() {
            object.insert("conn".to_owned(), conn.into());
        }
        Some(value.to_string())
    }
}

fn describe(what: &What) -> Option<(Value, String)> {
    Some(match what {
        What::Waiting { code, reason, attempt, wait } => {
            let in_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
            (
                json!({ "event": "waiting", "code": code, "attempt": attempt, "inMs": in_ms, "reason": reason }),
                format!("not there yet ({reason}); trying again in {in_ms} ms"),
            )
        }
        What::Connected => (json!({ "event": "connected" }), "connected".to_owned()),
        What::Reconnecting { code, reason, attempt, wait } => {
            let in_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
            (
                json!({ "event": "reconnecting", "code": code, "attempt": attempt, "inMs": in_ms }),
                format!("connection to the relay lost ({reason}); resuming in {in_ms} ms"),
            )
        }
        What::SignInNeeded { message } => (
            json!({ "event": "reconnecting", "code": 4004, "attempt": 1, "inMs": null }),
            format!("waiting for a sign-in: {message}"),
        ),
        What::Resumed => (json!({ "event": "resumed" }), "resumed".to_owned()),
        What::Refused { why } => (json!({ "event": "refused", "why": why }), format!("refused: {why}")),
        What::Denied { code, reason } => {
            (json!({ "event": "denied", "code": code, "reason": reason }), format!("denied: {reason}"))
        }
        What::Failed { code, reason } => {
            (json!({ "event": "failed", "code": code, "reason": reason }), format!("failed: {reason}"))
        }
        What::Closed { code, sent, received } => (
            json!({ "event": "closed", "code": code, "sent": sent, "received": received }),
            format!("closed: {sent} bytes sent, {received} received"),
        ),
        // Kinds that a newer tunnel crate may add say nothing here until they are given words.
        _ => return None,
    })
}

/// `adit proxy`: standard input and output, for OpenSSH's ProxyCommand.
pub(crate) async fn run_proxy(arguments: ProxyArguments) -> Result<(), Failure> {
    let target = target(&arguments.target)?;
    let dialer = access::dialer(&arguments.access).await?;
    let connection = dialer.dial(&target).await.map_err(|error| failed_dial(&error, &target))?;
    let (mut input, mut output) = (tokio::io::stdin(), tokio::io::stdout());
    let quiet = |event: &Event| tracing::debug!(?event, "tunnel");
    match proxy(connection, &mut input, &mut output, quiet).await {
        Ok(_) => Ok(()),
        // The program at the other end of the pipe has gone: that is how ssh ends.
        Err(adit_tunnel::ProxyError::Local { error, .. })
            if error.kind() == std::io::ErrorKind::BrokenPipe =>
        {
            Ok(())
        }
        Err(error) => Err(Failure::new(FailureCode::ConnectionLost, error.to_string(), "Connect again.")),
    }
}

#[cfg(test)]
mod tests {
    use super::{Report, What, listen};

    #[test]
    fn a_refused_connection_is_told_in_both_forms() {
        let what = What::Refused { why: "2 connections are open".to_owned() };
        let event = listen::Event { connection: 3, what };
        let line = |json| Report { json, name: "web-1".to_owned() }.event(&event).expect("a line");
        assert_eq!(line(false), "[3] refused: 2 connections are open");
        let value: serde_json::Value = serde_json::from_str(&line(true)).expect("JSON");
        let expected = serde_json::json!({ "event": "refused", "conn": 3, "why": "2 connections are open" });
        assert_eq!(value, expected);
    }
}

//! `adit tunnels`: the pool of the running app.

use std::io::Write as _;

use adit_contract::{Failure, FailureCode, TunnelAction, TunnelInfo, TunnelState, TunnelTarget};
use adit_core::{Config, share::Shared};
use serde_json::{Value, json};

use crate::arguments::{TunnelId, TunnelsArguments, TunnelsCommand};

pub(crate) async fn run(arguments: TunnelsArguments) -> Result<(), Failure> {
    let config = Config::from_environment().await?;
    let shared = Shared::of(&config);
    let act = async |TunnelId { id }: TunnelId, action| shared.act(&id, action).await;
    match arguments.what {
        None => {
            let all = shared.tunnels().await?;
            if all.is_empty() && !arguments.json {
                print("No tunnels. Make one in the app, or with adit tunnel.");
            }
            for tunnel in &all {
                print(&if arguments.json { line(tunnel).to_string() } else { row(tunnel) });
            }
            Ok(())
        }
        Some(TunnelsCommand::Peers(TunnelId { id })) => {
            for peer in shared.peers(&id).await? {
                if arguments.json {
                    print(
                        &serde_json::to_string(&peer)
                            .map_err(|error| Failure::new(FailureCode::Internal, error.to_string(), ""))?,
                    );
                } else {
                    let program = peer.program.as_deref().unwrap_or("a program");
                    let pid = peer.pid.map_or_else(|| "-".to_owned(), |pid| pid.to_string());
                    print(&format!("{pid:>8}  {program}  sent {}, received {}", peer.sent, peer.received));
                }
            }
            Ok(())
        }
        Some(TunnelsCommand::Start(id)) => act(id, TunnelAction::Start).await,
        Some(TunnelsCommand::Stop(id)) => act(id, TunnelAction::Stop).await,
        Some(TunnelsCommand::Restart(id)) => act(id, TunnelAction::Restart).await,
        Some(TunnelsCommand::Remove(id)) => act(id, TunnelAction::Remove).await,
    }
}

fn print(text: &str) {
    // Whoever reads may have had enough, as `head` has.
    drop(writeln!(std::io::stdout().lock(), "{text}"));
}

/// The stable form (docs/cli.md).
fn line(tunnel: &TunnelInfo) -> Value {
    json!({
        "id": tunnel.id,
        "target": target(&tunnel.spec.target),
        "local": tunnel.local,
        "state": state(&tunnel.state),
        "sent": whole(tunnel.sent),
        "received": whole(tunnel.received),
        "resumes": tunnel.resumes,
        "since": tunnel.since.map(whole),
    })
}

/// A count without the fraction that JSON would give it.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts are whole and not negative"
)]
fn whole(number: f64) -> u64 {
    number as u64
}

fn row(tunnel: &TunnelInfo) -> String {
    let name = &tunnel.spec.name;
    let named = if name.is_empty() { String::new() } else { format!("  {name}") };
    format!(
        "{:>4}  {:<14} {:<24} {}{named}",
        tunnel.id,
        state(&tunnel.state),
        tunnel.local,
        target(&tunnel.spec.target)
    )
}

fn target(target: &TunnelTarget) -> String {
    match target {
        TunnelTarget::Instance { instance, port, .. } => format!("{instance}:{port}"),
        TunnelTarget::Host { project, region, group, host, port, .. } => {
            format!("{project}/{region}/{group}/{host}:{port}")
        }
    }
}

fn state(state: &TunnelState) -> &'static str {
    match state {
        TunnelState::Stopped => "stopped",
        TunnelState::Starting { .. } => "starting",
        TunnelState::Listening => "listening",
        TunnelState::Live => "live",
        TunnelState::Resuming { .. } => "resuming",
        TunnelState::SignInNeeded { .. } => "sign-in needed",
        TunnelState::Failed { .. } => "failed",
    }
}

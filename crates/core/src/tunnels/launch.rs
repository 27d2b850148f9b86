//! A program that is started with a tunnel, and lets it end with itself.

use adit_contract::{Failure, TunnelAudience, TunnelSpec};
use adit_tunnel::{audience::Launched, listen::Local, peer::SystemPeers};
use tokio::process::{Child, Command};

use super::fill;

use crate::words::tunnels as words;

/// Starts the program of a tunnel that listens now.
///
/// # Errors
/// [`FailureCode::InvalidInput`](adit_contract::FailureCode::InvalidInput) when it cannot be started.
pub(super) fn begin(asked: &TunnelSpec, local: &Local, launched: &Launched) -> Result<Child, Failure> {
    let command = match &asked.audience {
        TunnelAudience::Launched { command } => command.as_slice(),
        TunnelAudience::User | TunnelAudience::Programs { .. } | TunnelAudience::Everyone => &[],
    };
    let command = fill(command, local);
    let (program, arguments) = command.split_first().ok_or_else(words::no_program_to_start)?;
    let mut command = Command::new(program);
    command.args(arguments);
    command.stdin(std::process::Stdio::null()).kill_on_drop(true);
    // What it starts is told by its process group even when parents in between have ended.
    #[cfg(unix)]
    command.process_group(0);
    let failed = |error: std::io::Error| words::not_launched(program, error.to_string());
    let child = command.spawn().map_err(failed)?;
    let pid = child.id().ok_or_else(|| failed(std::io::ErrorKind::NotFound.into()))?;
    launched.begun(pid, &SystemPeers).map_err(failed)?;
    Ok(child)
}

/// Waits until the program has ended; for ever where there is none.
pub(super) async fn ended(program: &mut Option<Child>) {
    match program {
        Some(child) => {
            if let Err(error) = child.wait().await {
                tracing::warn!(%error, "the launched program cannot be waited for");
            }
        }
        None => std::future::pending().await,
    }
}

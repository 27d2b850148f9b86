//! `adit open`: hands an address to the app, or says what the app would offer.

use std::{path::PathBuf, process::Stdio};

use adit_contract::{Failure, FailureCode, LinkAction, LinkOffer};
use adit_core::{Config, link};

use crate::arguments::OpenArguments;

/// Runs the command.
///
/// # Errors
/// As [`link::parse`], and when the app is not beside this command or cannot be started.
pub(crate) async fn run(arguments: OpenArguments) -> Result<(), Failure> {
    if arguments.dry_run {
        // The same as the app: with the settings of this cloud.
        let offer = link::offer(&Config::from_environment().await?, &arguments.address)?;
        for line in describe(&offer) {
            println!("{line}");
        }
        return Ok(());
    }
    // The app reads it again: what reaches it may come from anywhere.
    link::parse(&arguments.address)?;
    let app = beside()?;
    // One that runs already takes the address from the one that is started here.
    let started = tokio::process::Command::new(&app)
        .arg(&arguments.address)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    started.map(drop).map_err(|error| {
        Failure::new(FailureCode::NotFound, "The app could not be started", "Start Adit and try again.")
            .with_fact("App", app.display().to_string())
            .with_server("start", error.to_string())
    })
}

fn beside() -> Result<PathBuf, Failure> {
    let name = if cfg!(windows) { "adit-app.exe" } else { "adit-app" };
    let here = std::env::current_exe().ok();
    here.and_then(|here| here.parent().map(|folder| folder.join(name)))
        .filter(|app| app.is_file())
        .ok_or_else(|| {
            Failure::new(
                FailureCode::NotFound,
                "The app is not where this command is",
                "Install the app, or see with --dry-run what it would offer.",
            )
        })
}

/// What the app would offer, a line each.
fn describe(offer: &LinkOffer) -> Vec<String> {
    let what = match offer.action {
        LinkAction::Connect => "connect to",
        LinkAction::Ssh => "open a terminal on",
        LinkAction::Rdp => "open the desktop of",
        LinkAction::Forward => "forward a port of",
        LinkAction::Explain => "explain the way to",
    };
    let mut lines = vec![format!("Would offer to {what} {}", offer.instance)];
    lines.extend(offer.port.map(|port| format!("Port: {port}")));
    lines.extend(offer.says.iter().cloned());
    lines.extend(offer.shares.iter().map(|share| format!("shares: {share}")));
    lines.extend(offer.ignored.iter().map(|name| format!("not taken: {name}")));
    lines
}

#[cfg(test)]
mod tests {
    use super::{describe, link};

    #[test]
    fn what_would_be_offered_is_said() {
        let offer = link::parse("adit://rdp/p/z/vm?port=3390&user=ana&colour=red").expect("an address");
        let lines = describe(&offer);
        let wanted =
            ["Would offer to open the desktop of p/z/vm", "Port: 3390", "User: ana", "not taken: colour"];
        assert_eq!(lines, wanted);
    }
}

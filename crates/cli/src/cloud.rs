//! `adit cloud`: serves a local Google Cloud until killed.

use std::io::Write as _;

use adit_cloud::{Cloud, Faults, Landscape, Options};
use adit_contract::{Failure, FailureCode};

use crate::{arguments::CloudArguments, file, signals::ToldToEnd};

/// The largest landscape that is read, in bytes: some ten thousand instances.
const LARGEST_LANDSCAPE: u64 = 16 * 1024 * 1024;

pub(crate) async fn run(arguments: CloudArguments) -> Result<(), Failure> {
    let landscape = match &arguments.landscape {
        Some(path) => {
            let text = file::text(path, LARGEST_LANDSCAPE).await?;
            Landscape::parse(&text)
        }
        None => Landscape::demo(),
    }
    .map_err(|error| {
        Failure::new(FailureCode::InvalidInput, error.to_string(), "docs/landscape.md describes the file.")
    })?;
    let mut faults = Faults::default();
    for fault in &arguments.faults {
        let (name, value) = fault.split_once('=').unwrap_or((fault, "true"));
        faults.set(name, value).map_err(|error| {
            Failure::new(FailureCode::InvalidInput, error.to_string(), "docs/cli.md lists the faults.")
        })?;
    }
    let mut options = Options::new(landscape);
    options.listen = arguments.listen;
    options.faults = faults;
    options.rdp_host = arguments.rdp_host;
    options.notice = |words| eprintln!("adit: {words}");
    let cloud = Cloud::start(options).await.map_err(|error| {
        let code = if arguments.listen.ip().is_loopback() {
            FailureCode::Network
        } else {
            FailureCode::InvalidInput
        };
        Failure::new(code, error.to_string(), "")
    })?;
    let mut told = ToldToEnd::new();
    // Whoever started it reads this line to know that it is ready, or has gone already.
    let mut out = std::io::stdout().lock();
    drop(writeln!(out, "{}", cloud.ready_line()).and_then(|()| out.flush()));
    drop(out);
    let stdin = async {
        if arguments.until_stdin_closes {
            closed(tokio::io::stdin()).await;
        } else {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        () = told.next() => {}
        () = stdin => {}
    }
    cloud.stop().await;
    Ok(())
}

/// Waits for the end of what can be read, whatever comes before it.
async fn closed(mut input: impl tokio::io::AsyncRead + Unpin) {
    let mut ignored = [0; 256];
    // One that cannot be read has ended as well: nobody holds it.
    while tokio::io::AsyncReadExt::read(&mut input, &mut ignored).await.is_ok_and(|read| read > 0) {}
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt as _;

    use super::closed;

    #[tokio::test]
    async fn the_end_of_the_input_is_awaited_and_what_it_holds_is_not_kept() {
        let (mut holder, input) = tokio::io::duplex(16);
        let waiting = tokio::spawn(closed(input));
        holder.write_all(&[7; 4096]).await.unwrap();
        assert!(!waiting.is_finished());
        drop(holder);
        waiting.await.unwrap();
    }
}

//! The `adit` command: thin words over what `adit-core` does.

mod access;
mod arguments;
mod cloud;
mod ending;
mod escape;
mod explain;
mod file;
mod ls;
mod open;
mod person;
mod profiles;
mod rdp;
mod settings;
mod signals;
mod ssh;
mod target;
mod token;
mod tunnel;
mod tunnels;

use std::process::ExitCode;

use adit_contract::Failure;
use arguments::{Arguments, Command};
use clap::Parser as _;
use ending::Format;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    adit_core::log::start("error");
    adit_core::files::raise_limit();
    if rustls::crypto::aws_lc_rs::default_provider().install_default().is_err() {
        tracing::debug!("A TLS provider was already installed");
    }
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            ending::say!("adit: this machine gives no threads: {error}");
            return ExitCode::from(ending::FAILED);
        }
    };
    let code = runtime.block_on(run(arguments.command));
    // A read of standard input that never returns must not keep the command alive.
    runtime.shutdown_background();
    ExitCode::from(code)
}

async fn run(command: Command) -> u8 {
    match command {
        Command::Cloud(arguments) => end(cloud::run(arguments).await, Format::Words),
        Command::Ls(arguments) => {
            let format = if arguments.json { Format::Json } else { Format::Words };
            end(ls::run(arguments).await, format)
        }
        Command::Tunnel(arguments) => {
            let format = if arguments.json { Format::Json } else { Format::Words };
            match tunnel::run(arguments).await {
                Ok(code) => code,
                Err(failure) => end(Err(failure), format),
            }
        }
        Command::Tunnels(arguments) => {
            let format = if arguments.json { Format::Json } else { Format::Words };
            end(tunnels::run(arguments).await, format)
        }
        Command::Proxy(arguments) => end(tunnel::run_proxy(arguments).await, Format::Words),
        Command::Rdp(arguments) => end(Box::pin(rdp::run(*arguments)).await, Format::Words),
        Command::Ssh(arguments) => ssh::run(arguments).await,
        Command::Open(arguments) => end(open::run(arguments).await, Format::Words),
        Command::Profiles(arguments) => {
            let format = if arguments.json { Format::Json } else { Format::Words };
            end(profiles::run(arguments).await, format)
        }
        Command::Settings(arguments) => {
            let format = if arguments.json { Format::Json } else { Format::Words };
            end(settings::run(arguments).await, format)
        }
        Command::Explain(arguments) => {
            let format = if arguments.json { Format::Json } else { Format::Words };
            match explain::run(arguments).await {
                Ok(code) => code,
                Err(failure) => end(Err(failure), format),
            }
        }
    }
}

fn end(result: Result<(), Failure>, format: Format) -> u8 {
    match result {
        Ok(()) => ending::DONE,
        Err(failure) => {
            ending::complain(&failure, format);
            ending::exit_code(failure.code)
        }
    }
}

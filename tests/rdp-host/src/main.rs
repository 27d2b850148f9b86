//! A remote desktop to test against: a server of the same protocol by other code, which shows a small live desktop.
//!
//! `rdp-host` listens on a free port of 127.0.0.1, writes one line of JSON (`{"port":…,"certificate":"SHA-256 in
//! hexadecimal"}`) and serves until it is ended. All who connect see the same desktop. What stands in its text field is printed
//! by Ctrl+P, or its button, on the usual printer of a client that shares printers and signs in before the library has it.
//!
//! - `--name NAME`: the machine's; it stands on the desktop and in the certificate
//! - `--user NAME --password PASSWORD`: its one account
//! - `--stdin-accounts`: its accounts by standard input instead, whose end ends it. The first line is
//!   `{"key","certificate","private"}` (what each connection begins with; certificate and key in PEM), and each of the
//!   others `{"accounts":[{"name","password"}]}`, of which the last counts
//! - `--refuse 0xC0000234`: nobody is let in, for the reason of this NTSTATUS
//! - `--tls-only`: no Network Level Authentication
//! - `--bitmaps`: no RemoteFX
//! - `--graphics pipeline`: the graphics pipeline (EGFX, ClearCodec), for clients that take it
//! - `--busy N`, `--busy-full N`: a text that scrolls and a window that moves, or the whole screen, N times a second
//! - `--replay N`: each connection's picture is recorded through N changes, which are then sent over and over, as often
//!   in a second as `--busy` or `--busy-full` says, without being drawn or packed again
//! - `--restless`: it goes on sending to a client that wants no pictures, as some servers do
//! - `--report`: what it gets, as lines of JSON on standard output; without it, they are added to the file that
//!   `RDP_HOST_REPORT` names, if it does

mod accounts;
mod arguments;
mod canvas;
mod clipboard;
mod desktop;
mod gate;
mod identity;
mod keys;
mod pipeline;
mod printer;
mod refresh;
mod replay;
mod report;
mod server;
mod sound;

use std::net::Ipv4Addr;

use anyhow::Result;
use ironrdp_server::TransportTls;
use serde_json::json;
use tokio::{
    net::{TcpListener, TcpStream},
    task::LocalSet,
};

use accounts::{Accounts, Teller};
use arguments::{Arguments, From, Security};
use desktop::{Desktop, Shared};
use identity::Identity;
use printer::Press;

fn main() -> Result<()> {
    let arguments = arguments::arguments(std::env::args().skip(1))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, serve(arguments))
}

/// All that a connection needs.
struct Host {
    arguments: Arguments,
    identity: Identity,
    accounts: Accounts,
    desktop: Shared,
    key: Option<String>,
}

async fn serve(arguments: Arguments) -> Result<()> {
    let report = report::Report::new(arguments.report)?;
    let (identity, accounts, key) = match arguments.from {
        From::CommandLine => {
            let accounts = Accounts::of_one(&arguments.user, &arguments.password);
            (Identity::new(&arguments.name)?, accounts, None)
        }
        From::StandardInput => {
            let mut teller = Teller::new();
            let first = teller.first().await?;
            let identity = Identity::from_pem(&first.certificate, &first.private)?;
            let accounts = Accounts::default();
            if !teller.accounts(&accounts).await? {
                return Ok(());
            }
            tokio::task::spawn_local(listen_to(teller, accounts.clone()));
            (identity, accounts, Some(first.key))
        }
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let desktop = Desktop::shared(&arguments.name, report);
    println!("{}", json!({"port": listener.local_addr()?.port(), "certificate": identity.fingerprint()}));
    let times = |times: Option<u16>| match arguments.replay {
        None => times,
        Some(_) => times.map(|_| replay::RECORDED_AT),
    };
    let (windows, full) = (times(arguments.busy), times(arguments.busy_full));
    let busy = desktop.clone();
    tokio::task::spawn_local(async move { busy.keep_busy(windows, full).await });
    let host = std::rc::Rc::new(Host { arguments, identity, accounts, desktop, key });
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let host = std::rc::Rc::clone(&host);
        tokio::task::spawn_local(async move {
            match host.receive(stream).await {
                Ok(()) => host.desktop.report().say(&json!({"event": "out"})),
                Err(error) => {
                    host.desktop.report().say(&json!({"event": "out", "why": format!("{error:#}")}));
                    eprintln!("rdp-host: {error:#}");
                }
            }
        });
    }
}

/// Takes what the one who started us says, and ends with them.
async fn listen_to(mut teller: Teller, accounts: Accounts) {
    loop {
        match teller.accounts(&accounts).await {
            Ok(true) => {}
            Ok(false) => std::process::exit(0),
            Err(error) => {
                eprintln!("rdp-host: {error:#}");
                std::process::exit(1);
            }
        }
    }
}

impl Host {
    async fn receive(&self, mut stream: TcpStream) -> Result<()> {
        if let Some(key) = &self.key {
            gate::check_key(&mut stream, key).await?;
        }
        let (press, asked) = (Press::default(), refresh::Asked::default());
        let mut server = {
            let (arguments, identity) = (&self.arguments, &self.identity);
            server::server(arguments, identity, &self.desktop, &self.accounts, (&press, &asked))?
        };
        match self.arguments.security {
            Security::TlsOnly => server.run_connection(stream).await,
            Security::Nla => {
                let admitted =
                    gate::admit(stream, &self.identity, &self.accounts, self.arguments.refuse).await?;
                self.desktop.enter(&admitted.user);
                self.desktop.report().say(&json!({"event": "in", "user": admitted.user}));
                let times = self.arguments.busy_full.or(self.arguments.busy).unwrap_or_default();
                match (self.arguments.replay, admitted.devices) {
                    (None, devices) => {
                        let stream = refresh::Watched::new(admitted.stream, asked);
                        if let Some(channel) = devices {
                            printer::serve(stream, &mut server, (&self.desktop, &press), channel).await
                        } else {
                            server.run_connection_with(stream, TransportTls::AlreadyDone).await
                        }
                    }
                    (Some(changes), _) => {
                        replay::serve(admitted.stream, &mut server, &self.desktop, (changes, times)).await
                    }
                }
            }
        }
    }
}

//! A remote desktop to test against: a server of the same protocol by other code, which shows a small live desktop.
//!
//! `rdp-host [--name NAME] [--user NAME] [--password PASSWORD] [--tls-only] [--bitmaps]` listens on a free port of
//! 127.0.0.1, writes one line of JSON (`{"port":…,"certificate":"SHA-256 in hexadecimal"}`) and serves until killed.
//! All who connect see the same desktop.

mod canvas;
mod desktop;
mod keys;
mod server;

use std::net::Ipv4Addr;

use anyhow::{Context as _, Result, bail};
use sha2::{Digest as _, Sha256};
use tokio::{net::TcpListener, task::LocalSet};

/// What was asked for on the command line.
struct Arguments {
    name: String,
    user: String,
    password: String,
    security: Security,
    codec: Codec,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Security {
    Nla,
    TlsOnly,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Codec {
    RemoteFx,
    Bitmap,
}

fn main() -> Result<()> {
    let arguments = arguments(std::env::args().skip(1))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, serve(arguments))
}

fn arguments(mut words: impl Iterator<Item = String>) -> Result<Arguments> {
    let mut arguments = Arguments {
        name: "windows".to_owned(),
        user: "tester".to_owned(),
        password: "correct horse".to_owned(),
        security: Security::Nla,
        codec: Codec::RemoteFx,
    };
    while let Some(word) = words.next() {
        let mut value = || words.next().with_context(|| format!("{word} wants a value"));
        match word.as_str() {
            "--name" => arguments.name = value()?,
            "--user" => arguments.user = value()?,
            "--password" => arguments.password = value()?,
            "--tls-only" => arguments.security = Security::TlsOnly,
            "--bitmaps" => arguments.codec = Codec::Bitmap,
            _ => bail!("unknown option {word}"),
        }
    }
    Ok(arguments)
}

async fn serve(arguments: Arguments) -> Result<()> {
    let identity = server::Identity::new(&arguments.name)?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let fingerprint: String =
        Sha256::digest(&identity.certificate).iter().map(|byte| format!("{byte:02x}")).collect();
    println!("{}", serde_json::json!({"port": listener.local_addr()?.port(), "certificate": fingerprint}));
    let desktop = desktop::Desktop::shared(&arguments.name);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let mut server = server::server(&arguments, &identity, &desktop)?;
        tokio::task::spawn_local(async move {
            if let Err(error) = server.run_connection(stream).await {
                eprintln!("rdp-host: {error:#}");
            }
        });
    }
}

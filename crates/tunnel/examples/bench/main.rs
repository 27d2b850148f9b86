//! `cargo xtask bench tunnel` runs this: what a tunnel costs, in ratios to plain TLS measured in the same run.
//!
//! Application, tunnel and relay stand in a row on this machine. In the place of the tunnel comes, by turns,
//! `adit tunnel`, a program that forwards to plain TLS, and whatever other client is named. All share the
//! application and the peer, and every byte is compared. A ratio is the median of the rounds' ratios, so that
//! what slows a whole round slows both sides of it.

mod backend;
mod client;
mod contender;
mod crowd;
mod forward;
mod frames;
mod handshake;
mod peer;
mod report;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::contender::{Contender, Kind, Place};
use crate::peer::Peer;
use crate::report::{Figure, Target, median, quantile};

const USAGE: &str = "tunnel_bench run --adit PROGRAM [--rounds N] [--megabytes N] [--client NAME=COMMAND]…";
/// The name of plain TLS in figures.
const RAW: &str = "raw TLS";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        ["forward", peer, ca] => forward_to(peer, Path::new(ca)),
        ["run", options @ ..] => Options::parse(options).and_then(|options| run(&options)),
        _ => Err(anyhow::anyhow!(USAGE)),
    };
    if let Err(error) = result {
        eprintln!("tunnel_bench: {error:#}");
        std::process::exit(1);
    }
}

fn forward_to(peer: &str, ca: &Path) -> Result<()> {
    tokio::runtime::Runtime::new()?.block_on(forward::run(peer.parse()?, ca))
}

struct Options {
    adit: PathBuf,
    rounds: usize,
    bytes: u64,
    others: Vec<(String, String)>,
}

impl Options {
    fn parse(mut words: &[&str]) -> Result<Self> {
        let mut options = Self { adit: PathBuf::new(), rounds: 7, bytes: 512_000_000, others: Vec::new() };
        while let [name, value, rest @ ..] = words {
            match *name {
                "--adit" => options.adit = PathBuf::from(value),
                "--rounds" => options.rounds = value.parse().context("--rounds wants a number")?,
                "--megabytes" => {
                    let megabytes: u64 = value.parse().context("--megabytes wants a number")?;
                    options.bytes = megabytes.saturating_mul(1_000_000);
                }
                "--client" => {
                    let (name, command) = value.split_once('=').context("--client wants NAME=COMMAND")?;
                    options.others.push((name.to_owned(), command.to_owned()));
                }
                _ => bail!("{USAGE}"),
            }
            words = rest;
        }
        if !words.is_empty() || options.adit.as_os_str().is_empty() || options.rounds == 0 {
            bail!("{USAGE}");
        }
        Ok(options)
    }
}

/// One contender's measurements, a value for each round.
#[derive(Default)]
struct Measured {
    down: Vec<f64>,
    up: Vec<f64>,
    both: Vec<f64>,
    half: Vec<f64>,
    tail: Vec<f64>,
    first: Vec<f64>,
    /// Processor time of the contender alone, in seconds for each gigabyte.
    down_cost: Vec<f64>,
    up_cost: Vec<f64>,
}

fn run(options: &Options) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let runtime = tokio::runtime::Runtime::new()?;
    // Timers are made outside of it.
    let _inside = runtime.enter();
    let peer = runtime.block_on(Peer::start())?;
    let place = Place { ca: folder.path().join("ca.pem"), token: folder.path().join("token") };
    std::fs::write(&place.ca, &peer.ca)?;
    std::fs::write(&place.token, "a-token-of-the-bench")?;

    let mut kinds = vec![(RAW.to_owned(), Kind::Raw), ("adit".to_owned(), Kind::Adit(options.adit.clone()))];
    for (name, command) in &options.others {
        kinds.push((name.clone(), Kind::Other(command.clone())));
    }
    let mut contenders = Vec::new();
    for (name, kind) in &kinds {
        let started =
            Contender::start(kind, &peer, &place).with_context(|| format!("{name} did not start"))?;
        contenders.push((name.as_str(), started, Measured::default()));
    }
    let pattern = backend::pattern();
    let mut bare = Vec::new();
    for round in 0..options.rounds {
        for (name, contender, measured) in &mut contenders {
            eprintln!("round {} of {}: {name}", round + 1, options.rounds);
            measure(contender, &pattern, options.bytes, measured)
                .with_context(|| format!("{name} failed"))?;
        }
        for _ in 0..FIRST_BYTES {
            let took = runtime.block_on(handshake::bare(&peer))?;
            bare.push(took.as_secs_f64() * 1e3);
        }
    }
    eprintln!();
    let mut sides = contenders.iter().map(|(name, _, measured)| (*name, measured));
    let (Some((_, raw)), Some((_, adit))) = (sides.next(), sides.next()) else { bail!("nobody ran") };
    compare(raw, adit, &bare);
    for (name, other) in sides.clone() {
        beside(name, adit, other);
    }
    for (name, measured) in std::iter::once((RAW, raw)).chain([("adit", adit)]).chain(sides) {
        absolute(name, measured);
    }
    drop(contenders);
    let adit = Kind::Adit(options.adit.clone());
    let idle = crowd::idle(&runtime, &peer, || Contender::start(&adit, &peer, &place));
    crowd::burst(&runtime, || Contender::start(&adit, &peer, &place))?;
    idle
}

/// One-byte round trips in each round.
const ROUND_TRIPS: usize = 2000;
/// First bytes in each round.
const FIRST_BYTES: usize = 20;

fn measure(contender: &Contender, pattern: &[u8], bytes: u64, measured: &mut Measured) -> Result<()> {
    let port = contender.port;
    let gigabytes = bytes as f64 / 1e9;
    let used = || contender.processor().unwrap_or_default().as_secs_f64();
    let before = used();
    measured.down.push(client::download(port, pattern, bytes).context("download")?);
    let between = used();
    measured.up.push(client::upload(port, pattern, bytes).context("upload")?);
    measured.down_cost.push((between - before) / gigabytes);
    measured.up_cost.push((used() - between) / gigabytes);
    measured.both.push(client::both(port, pattern, bytes / 2).context("both ways")?);
    let times: Vec<f64> = client::round_trips(port, ROUND_TRIPS)
        .context("round trips")?
        .iter()
        .map(|time| time.as_secs_f64() * 1e6)
        .collect();
    measured.half.push(quantile(&times, 0.5));
    measured.tail.push(quantile(&times, 0.99));
    for _ in 0..FIRST_BYTES {
        measured.first.push(client::first_byte(port).context("first byte")?.as_secs_f64() * 1e3);
    }
    Ok(())
}

/// Prints the median of the rounds' ratios.
fn print_ratio(figure: &str, ours: &[f64], (name, theirs): (&str, &[f64]), target: Target) {
    let ratios: Vec<f64> = ours.iter().zip(theirs).map(|(ours, theirs)| ours / theirs).collect();
    Figure {
        name: figure.to_owned(),
        value: median(&ratios),
        unit: "ratio",
        of: Some((name, median(theirs))),
        runs: ratios.len(),
        target,
    }
    .print();
}

/// Ratios to another client that was named.
fn beside(name: &str, adit: &Measured, other: &Measured) {
    for (figure, ours, theirs) in [
        ("download", &adit.down, &other.down),
        ("upload", &adit.up, &other.up),
        ("both ways", &adit.both, &other.both),
        ("round trip p50", &adit.half, &other.half),
        ("round trip p99", &adit.tail, &other.tail),
        ("first byte", &adit.first, &other.first),
    ] {
        print_ratio(&format!("{figure}, by {name}"), ours, (name, theirs), Target::None);
    }
}

/// The figures with targets.
fn compare(raw: &Measured, adit: &Measured, bare: &[f64]) {
    let ratio = |figure: &str, ours: &[f64], theirs: &[f64], target| {
        print_ratio(figure, ours, (RAW, theirs), target);
    };
    ratio("download", &adit.down, &raw.down, Target::AtLeast(0.6));
    ratio("upload", &adit.up, &raw.up, Target::AtLeast(0.6));
    let better: Vec<f64> = adit.down.iter().zip(&adit.up).map(|(down, up)| down.max(*up)).collect();
    let sums: Vec<f64> = adit.both.iter().zip(&better).map(|(both, better)| both / better).collect();
    Figure {
        name: "both ways".to_owned(),
        value: median(&sums),
        unit: "ratio",
        of: Some(("the better one way", median(&better))),
        runs: sums.len(),
        target: Target::AtLeast(1.0),
    }
    .print();
    ratio("round trip p50", &adit.half, &raw.half, Target::AtMost(1.3));
    ratio("round trip p99", &adit.tail, &raw.tail, Target::AtMost(2.0));
    Figure {
        name: "first byte".to_owned(),
        value: median(&adit.first) - median(bare),
        unit: "ms",
        of: Some(("above a bare handshake", median(bare))),
        runs: adit.first.len(),
        target: Target::AtMost(3.0),
    }
    .print();
}

/// What each measured, by itself.
fn absolute(name: &str, measured: &Measured) {
    for (figure, values, unit) in [
        ("download", &measured.down, "MB/s"),
        ("upload", &measured.up, "MB/s"),
        ("both ways", &measured.both, "MB/s"),
        ("round trip p50", &measured.half, "us"),
        ("round trip p99", &measured.tail, "us"),
        ("first byte", &measured.first, "ms"),
        ("processor, download", &measured.down_cost, "s/GB"),
        ("processor, upload", &measured.up_cost, "s/GB"),
    ] {
        Figure {
            name: format!("{figure}, {name}"),
            value: median(values),
            unit,
            of: None,
            runs: values.len(),
            target: Target::None,
        }
        .print();
    }
}

//! What is measured, in which order, and the figures that come of it.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};

use crate::{
    contender::{self, Contender, Spent},
    latency,
    peers::{self, Content, Peer},
    report::{Figure, Target, least, median, quantile},
    view,
};

const USAGE: &str =
    "rdp_bench run --host PROGRAM [--rounds N] [--seconds N] [--peer NAME] | rdp_bench input FILE";
/// The other client.
pub(crate) const OTHER: &str = "xfreerdp";

/// Does what the command line says.
pub(crate) fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["view", rest @ ..] => view::run(rest),
        ["run", options @ ..] => Options::parse(options).and_then(|options| run(&options)),
        ["input", file] => latency::told(file.as_ref()),
        _ => bail!(USAGE),
    }
}

/// What was asked for.
pub(crate) struct Options {
    host: PathBuf,
    rounds: usize,
    seconds: u64,
    only: Option<String>,
}

impl Options {
    fn parse(mut words: &[&str]) -> Result<Self> {
        let mut options = Self { host: PathBuf::new(), rounds: 5, seconds: 6, only: None };
        while let [name, value, rest @ ..] = words {
            match *name {
                "--host" => options.host = PathBuf::from(value),
                "--rounds" => options.rounds = value.parse().context("--rounds wants a number")?,
                "--seconds" => options.seconds = value.parse().context("--seconds wants a number")?,
                "--peer" => options.only = Some((*value).to_owned()),
                _ => bail!(USAGE),
            }
            words = rest;
        }
        if !words.is_empty() || options.host.as_os_str().is_empty() || options.rounds == 0 {
            bail!(USAGE);
        }
        Ok(options)
    }
}

/// Measures each server that is there. One that cannot be measured keeps no other from it, and ends it with an error.
fn run(options: &Options) -> Result<()> {
    let mut failed = Vec::new();
    for name in peers::NAMES {
        if options.only.as_ref().is_some_and(|only| !name.contains(only.as_str())) {
            continue;
        }
        for content in [Content::Work, Content::Full] {
            // A person's server shows what it shows.
            if content == Content::Full && !peers::is_double(name) {
                continue;
            }
            match peers::start(name, content, &options.host) {
                Ok(Some(peer)) => {
                    if let Err(error) = measure(&peer, options) {
                        eprintln!("not measured: {} ({error:#})", peer.title());
                        failed.push(peer.title());
                    }
                }
                Ok(None) => eprintln!("not run: {name} (it is not installed, or not to be started here)"),
                Err(error) => eprintln!("not run: {name} ({error:#})"),
            }
        }
    }
    if !failed.is_empty() {
        bail!("not measured: {}", failed.join("; "));
    }
    Ok(())
}

fn measure(peer: &Peer, options: &Options) -> Result<()> {
    let mut ours = Vec::new();
    let mut theirs = Vec::new();
    for round in 0..options.rounds {
        // Who is first gets a warmer server or a colder one.
        let mut sides = [Contender::Ours, Contender::Other];
        if round % 2 == 1 {
            sides.reverse();
        }
        for side in sides {
            match (side, contender::run(side, peer, options.seconds)) {
                (Contender::Ours, spent) => ours.push(spent.with_context(|| peer.title())?),
                (Contender::Other, Ok(spent)) => theirs.push(spent),
                (Contender::Other, Err(error)) => {
                    eprintln!("not run: {OTHER} on {} ({error:#})", peer.title())
                }
            }
        }
    }
    first_picture(peer, &ours);
    processor(peer, &ours, &theirs);
    if peer.content == Content::Full || !peers::is_double(&peer.name) {
        return Ok(());
    }
    latency::measure(peer).with_context(|| peer.title())?.print(&peer.title());
    Ok(())
}

fn first_picture(peer: &Peer, ours: &[Spent]) {
    let times: Vec<f64> = ours.iter().filter_map(|spent| spent.first).collect();
    Figure {
        name: format!("first full picture, {}", peer.title()),
        value: median(&times),
        unit: "s",
        of: None,
        runs: times.len(),
        target: if peers::starts_a_session(&peer.name) { Target::None } else { Target::AtMost(1.0) },
    }
    .print();
    eprintln!("    least {:.2} s, most {:.2} s", least(&times), quantile(&times, 1.0));
}

fn processor(peer: &Peer, ours: &[Spent], theirs: &[Spent]) {
    let shares = |side: &[Spent]| side.iter().map(|spent| spent.processor).collect::<Vec<f64>>();
    let rates = |side: &[Spent]| side.iter().map(|spent| spent.sent).collect::<Vec<f64>>();
    let (mine, other) = (shares(ours), shares(theirs));
    let paired: Vec<f64> = ours.iter().zip(theirs).filter_map(|(one, two)| ratio(one, two)).collect();
    if !paired.is_empty() {
        Figure {
            name: format!("processor, {}", peer.title()),
            value: median(&paired),
            unit: "ratio",
            of: Some((OTHER, median(&other))),
            runs: paired.len(),
            target: Target::AtMost(1.2),
        }
        .print();
    }
    eprintln!(
        "    ours {:.1} % of a core ({:.1} at least) at {:.1} Mpx/s sent, {:.0} pictures/s taken; theirs {:.1} % \
         ({:.1}) at {:.1} Mpx/s; ratios {:.2} to {:.2}",
        100.0 * median(&mine),
        100.0 * least(&mine),
        median(&rates(ours)) / 1e6,
        median(&ours.iter().map(|spent| spent.pictures).collect::<Vec<f64>>()),
        100.0 * median(&other),
        100.0 * least(&other),
        median(&rates(theirs)) / 1e6,
        least(&paired),
        quantile(&paired, 1.0),
    );
}

/// Processor time of one to the other's, for what the server sent to each where it says that: a server sends fewer
/// pictures to who takes them slowly.
fn ratio(ours: &Spent, theirs: &Spent) -> Option<f64> {
    let weight = if ours.sent > 0.0 && theirs.sent > 0.0 { theirs.sent / ours.sent } else { 1.0 };
    (theirs.processor > 0.0).then(|| ours.processor / theirs.processor * weight)
}

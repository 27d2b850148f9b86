//! `cargo xtask soak tunnel` runs this: many tunnels for a long time, through a relay whose faults change all the
//! while. None of the faults may end a session, so whatever ends, stalls or differs is a finding.

mod carry;
mod faults;
mod options;

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use adit_cloud::{Cloud, Faults, Landscape};
use adit_tunnel::Target;
use anyhow::{Context as _, Result, bail};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::json;
use tokio::task::JoinSet;

use crate::options::{Options, Relay};

/// Where findings are left, below the current folder.
const ARTIFACTS: &str = "artifacts/soak";
/// How long one local cloud is used: less than its access token is good for.
const LEG: Duration = Duration::from_secs(30 * 60);
/// Between two lines about the progress.
const PROGRESS: Duration = Duration::from_secs(10);
/// How long faults stay as they are, in milliseconds.
const FAULTS_STAY: std::ops::Range<u64> = 100..700;
/// Findings after which the run ends.
const ENOUGH: usize = 20;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let soaked = Options::parse(&arguments)
        .and_then(|options| tokio::runtime::Runtime::new()?.block_on(Box::pin(run(&options))));
    if let Err(error) = soaked {
        eprintln!("tunnel_soak: {error:#}");
        std::process::exit(1);
    }
}

/// What the tunnels share.
pub(crate) struct Soak {
    pub(crate) seed: u64,
    began: Instant,
    /// When no further tunnel is opened, and those that are open come to their end.
    end: Mutex<Instant>,
    pub(crate) verified: AtomicU64,
    pub(crate) resumes: Arc<AtomicU64>,
    pub(crate) open: AtomicUsize,
    findings: AtomicUsize,
    log: Mutex<BufWriter<File>>,
}

impl Soak {
    pub(crate) fn is_over(&self) -> bool {
        Instant::now() >= *self.end.lock().unwrap_or_else(PoisonError::into_inner)
            || self.findings.load(Ordering::Relaxed) >= ENOUGH
    }

    /// Notes a finding.
    pub(crate) fn found(&self, place: usize, stream: u64, what: &str) {
        self.findings.fetch_add(1, Ordering::Relaxed);
        eprintln!("FINDING in place {place}, stream {stream}: {what}");
        self.note("finding", &json!({ "place": place, "stream": stream, "what": what }));
    }

    fn note(&self, kind: &str, what: &serde_json::Value) {
        let line = json!({ "ms": self.began.elapsed().as_millis(), kind: what });
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = writeln!(log, "{line}") {
            eprintln!("the log could not be written: {error}");
        }
    }

    fn progress(&self) {
        println!(
            "{:>6} s: {} MB verified, {} resumes, {} tunnels open, {} findings",
            self.began.elapsed().as_secs(),
            self.verified.load(Ordering::Relaxed) / 1_000_000,
            self.resumes.load(Ordering::Relaxed),
            self.open.load(Ordering::Relaxed),
            self.findings.load(Ordering::Relaxed),
        );
    }
}

async fn run(options: &Options) -> Result<()> {
    std::fs::create_dir_all(ARTIFACTS)?;
    let path = PathBuf::from(ARTIFACTS).join(format!("tunnel-{}.jsonl", options.seed));
    let soak = Arc::new(Soak {
        seed: options.seed,
        began: Instant::now(),
        end: Mutex::new(Instant::now()),
        verified: AtomicU64::new(0),
        resumes: Arc::default(),
        open: AtomicUsize::new(0),
        findings: AtomicUsize::new(0),
        log: Mutex::new(BufWriter::new(File::create(&path)?)),
    });
    println!(
        "{} tunnels for {} minutes, seed {}",
        options.tunnels,
        options.time.as_secs() / 60,
        options.seed
    );
    let mut random = StdRng::seed_from_u64(options.seed);
    let mut findings = 0;
    while findings < ENOUGH && soak.began.elapsed() < options.time {
        let left = options.time.saturating_sub(soak.began.elapsed());
        *soak.end.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now() + left.min(LEG);
        match &options.relay {
            Some(relay) => leg(&soak, options.tunnels, relay, &mut random, None).await?,
            None => {
                let cloud = Cloud::start(adit_cloud::Options::new(Landscape::demo()?)).await?;
                let relay = Relay::of(&cloud)?;
                leg(&soak, options.tunnels, &relay, &mut random, Some(&cloud)).await?;
                cloud.stop().await;
            }
        }
        findings = soak.findings.load(Ordering::Relaxed);
    }
    soak.progress();
    soak.log.lock().unwrap_or_else(PoisonError::into_inner).flush()?;
    if findings > 0 {
        bail!(
            "{findings} findings; faults and findings are in {}, the seed is {}",
            path.display(),
            options.seed
        );
    }
    std::fs::remove_file(&path).context("the log of a run without findings could not be removed")?;
    Ok(())
}

/// Tunnels until the soak's end; every few hundred milliseconds `cloud` has other faults.
async fn leg(
    soak: &Arc<Soak>,
    tunnels: usize,
    relay: &Relay,
    random: &mut StdRng,
    cloud: Option<&Cloud>,
) -> Result<()> {
    let dialer = relay.dialer()?;
    let mut places = JoinSet::new();
    for place in 0..tunnels {
        let (soak, dialer, target): (_, _, Target) = (Arc::clone(soak), dialer.clone(), relay.target.clone());
        places.spawn(async move { Box::pin(carry::run(&soak, &dialer, &target, place)).await });
    }
    let mut told = Instant::now();
    loop {
        let stay = Duration::from_millis(random.random_range(FAULTS_STAY));
        let until = tokio::time::Instant::now() + stay;
        loop {
            tokio::select! {
                joined = places.join_next() => match joined {
                    None => return Ok(()),
                    Some(ended) => ended.context("a task of the soak failed")?,
                },
                () = tokio::time::sleep_until(until) => break,
            }
        }
        if let Some(cloud) = cloud {
            // What is still on its way at the end shall arrive soon.
            let next = if soak.is_over() { Faults::default() } else { faults::draw(random) };
            soak.note("faults", &serde_json::to_value(&next)?);
            cloud.set_faults(next)?;
        }
        if told.elapsed() >= PROGRESS {
            told = Instant::now();
            soak.progress();
        }
    }
}

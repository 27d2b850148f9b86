//! `cargo xtask soak rdp --minutes N` runs this: one desktop after the other through a connection that breaks, with
//! changes of size, keys that are down when the keyboard goes, and pictures that nobody sees.
//!
//! The server is the stand-in. What is looked for: memory that grows, a key that stays down, and a picture that is not
//! the one that the same session gives when it is asked for all of it. A finding ends the run with an error, and leaves
//! what was done before it and the stand-in's report in `artifacts/soak/`.

mod cut;
mod desk;
mod keys;

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};

use crate::{cut::Cut, desk::Desk};

const USAGE: &str = "rdp_soak --host PROGRAM --minutes N [--seed N]";
/// Changes of size in thirty minutes, at least.
const RESIZES: f64 = 100.0;
/// What the process may have grown by at the end, in bytes: a session that has just ended may still have its picture.
const GROWTH: u64 = 16 * 1024 * 1024;

struct Options {
    host: PathBuf,
    minutes: f64,
    seed: u64,
}

impl Options {
    fn parse() -> Result<Self> {
        let mut options = Self { host: PathBuf::new(), minutes: 0.0, seed: u64::from(std::process::id()) };
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            let value = words.next().context(USAGE)?;
            match word.as_str() {
                "--host" => options.host = value.into(),
                "--minutes" => options.minutes = value.parse().context("--minutes wants a number")?,
                "--seed" => options.seed = value.parse().context("--seed wants a number")?,
                _ => bail!(USAGE),
            }
        }
        ensure!(options.minutes > 0.0 && !options.host.as_os_str().is_empty(), USAGE);
        Ok(options)
    }
}

/// Numbers that come the same again with the same seed.
pub(crate) struct Chance(u64);

impl Chance {
    /// A number below this one.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit.max(1)
    }
}

fn main() {
    let result = Options::parse().and_then(|options| {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        runtime.block_on(Box::pin(soak(&options)))
    });
    if let Err(error) = result {
        eprintln!("rdp_soak: {error:#}");
        std::process::exit(1);
    }
}

async fn soak(options: &Options) -> Result<()> {
    let folder = Path::new("artifacts/soak");
    fs::create_dir_all(folder)?;
    let report = folder.join(format!("rdp-{}.report", std::process::id()));
    let mut log = vec![format!("seed {}", options.seed)];
    let found = Box::pin(round_after_round(options, &report, &mut log)).await;
    let Err(finding) = found else {
        drop(fs::remove_file(&report));
        return Ok(());
    };
    let file = folder.join(format!("rdp-{}.log", std::process::id()));
    log.push(format!("{finding:#}"));
    fs::write(&file, log.join("\n"))?;
    Err(finding.context(format!("seed {}; see {} and {}", options.seed, file.display(), report.display())))
}

async fn round_after_round(options: &Options, report: &Path, log: &mut Vec<String>) -> Result<()> {
    let mut chance = Chance(options.seed.max(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let length = Duration::from_secs_f64(options.minutes * 60.0);
    let host = desk::Host::start(&options.host, report)?;
    let cut = Cut::start(host.port).await?;
    let began = Instant::now();
    let (mut resizes, mut sessions, mut focus, mut hidden) = (0_u32, 0_u32, 0_u32, 0_u32);
    let mut warm = None;
    while began.elapsed() < length {
        let mut desk = Desk::open(cut.port).await.context("it does not open")?;
        sessions += 1;
        for _ in 0..10 {
            if began.elapsed() >= length {
                break;
            }
            match chance.below(4) {
                0 | 1 => {
                    let size = (800 + 4 * chance.below(200), 600 + 4 * chance.below(100));
                    log.push(format!("{:.1} s: size {} x {}", began.elapsed().as_secs_f64(), size.0, size.1));
                    desk.resize((u16::try_from(size.0)?, u16::try_from(size.1)?)).await?;
                    resizes += 1;
                }
                2 => {
                    log.push(format!("{:.1} s: keys and focus", began.elapsed().as_secs_f64()));
                    desk.lose_the_keyboard(&mut chance).await?;
                    focus += 1;
                }
                _ => {
                    log.push(format!("{:.1} s: hidden", began.elapsed().as_secs_f64()));
                    desk.hide(Duration::from_millis(chance.below(1500))).await?;
                    hidden += 1;
                }
            }
        }
        keys::all_up(report).await?;
        // Every other session ends as a broken connection does.
        if chance.below(2) == 0 {
            log.push(format!("{:.1} s: cut", began.elapsed().as_secs_f64()));
            cut.now();
            desk.until_lost().await?;
        } else {
            desk.close().await;
        }
        let used = in_use()?;
        log.push(format!("{:.1} s: {used} bytes in use", began.elapsed().as_secs_f64()));
        if warm.is_none() && began.elapsed() * 5 > length {
            warm = Some(used);
        }
        if let Some(warm) = warm {
            ensure!(used < warm + GROWTH, "memory has grown from {warm} to {used} bytes in use");
        }
    }
    keys::all_up(report).await?;
    let wanted = (RESIZES * options.minutes / 30.0).floor();
    eprintln!(
        "{sessions} sessions, {resizes} sizes, {focus} times the keyboard lost, {hidden} times hidden, {} cut; \
         {} kB in use, {} when warm",
        cut.count(),
        in_use()? / 1000,
        warm.unwrap_or_default() / 1000
    );
    ensure!(f64::from(resizes) >= wanted, "{resizes} changes of size, which is fewer than {wanted}");
    Ok(())
}

/// Bytes in use when nothing is open. Not what is resident: of what is free, the allocator keeps tens of megabytes or none, by
/// the sizes that pictures happened to have.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn in_use() -> Result<u64> {
    // SAFETY: it takes nothing and counts what the allocator has given away, under its own locks.
    let info = unsafe { libc::mallinfo2() };
    Ok(u64::try_from(info.uordblks.saturating_add(info.hblkhd))?)
}

/// Where the allocator does not say what is in use: what is resident.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn in_use() -> Result<u64> {
    let text = fs::read_to_string("/proc/self/statm")?;
    let pages: u64 = text.split_whitespace().nth(1).context("no memory")?.parse()?;
    Ok(pages * 4096)
}

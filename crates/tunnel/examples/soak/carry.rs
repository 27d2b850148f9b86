//! One tunnel after the other in one place: each carries a stream of random length there and back, and every byte
//! is compared with what belongs at its position.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use adit_tunnel::{Connection, Dialer, Event, Lost, Stream, Target, Watch};
use anyhow::{Context as _, Result, bail, ensure};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, ReadHalf, WriteHalf};
use tokio::time::{sleep, timeout};

use crate::Soak;
use crate::faults::log_uniform;

/// After so long without a byte a tunnel has stalled.
const STALL: Duration = Duration::from_secs(60);
/// Bounds of a stream's length, in bytes.
const LENGTH: (u64, u64) = (64 * 1024, 8 << 20);
/// Bounds of what is written, and of the room that is read into, in one go, in bytes.
const BURST: (u64, u64) = (1, 128 * 1024);

/// Opens tunnels until the time is over.
pub(crate) async fn run(soak: &Soak, dialer: &Dialer, target: &Target, place: usize) {
    let mut number = 0;
    while !soak.is_over() {
        let seed = soak.seed ^ mixed(((place as u64) << 32) | number);
        if let Err(error) = one(soak, dialer, target, seed).await {
            soak.found(place, number, &format!("{error:#}"));
        }
        number += 1;
    }
}

async fn one(soak: &Soak, dialer: &Dialer, target: &Target, seed: u64) -> Result<()> {
    let dialled = timeout(STALL, dialer.dial(target)).await.context("a dial stalled")?;
    let Connection { stream, watch } = dialled.context("a dial failed")?;
    soak.open.fetch_add(1, Ordering::Relaxed);
    let resumes = std::sync::Arc::clone(&soak.resumes);
    let watching = tokio::spawn(watch_to_the_end(watch, resumes));
    let mut random = StdRng::seed_from_u64(seed);
    let length = AtomicU64::new(log_uniform(&mut random, LENGTH.0, LENGTH.1));
    let (reader, writer) = tokio::io::split(stream);
    let other = random.fork();
    let carried = tokio::try_join!(
        send(soak, writer, seed, random, &length),
        receive(soak, reader, seed, other, &length)
    )
    // Not before both are done do the halves go, and with them the tunnel.
    .map(drop);
    soak.open.fetch_sub(1, Ordering::Relaxed);
    let last = timeout(STALL, watching).await;
    carried.with_context(|| format!("the last event was {last:?}"))?;
    match last.context("a tunnel did not end")?? {
        Some(Event::Closed { sent, received, .. }) => {
            let length = length.into_inner();
            ensure!(
                (sent, received) == (length, length),
                "{length} bytes went each way, the tunnel counts {sent} sent and {received} received"
            );
            Ok(())
        }
        last => bail!("all arrived, but the tunnel ended with {last:?}"),
    }
}

/// Counts what is resumed; the last event.
async fn watch_to_the_end(mut watch: Watch, resumes: std::sync::Arc<AtomicU64>) -> Option<Event> {
    let mut last = None;
    while let Some(event) = watch.next().await {
        if event == Event::Resumed {
            resumes.fetch_add(1, Ordering::Relaxed);
        }
        last = Some(event);
    }
    last
}

/// Gives its half back, since the tunnel ends with it.
async fn send(
    soak: &Soak,
    mut writer: WriteHalf<Stream>,
    seed: u64,
    mut random: StdRng,
    length: &AtomicU64,
) -> Result<WriteHalf<Stream>> {
    let mut position = 0;
    let mut buffer = Vec::new();
    loop {
        let left = length.load(Ordering::SeqCst) - position;
        let burst = log_uniform(&mut random, BURST.0, BURST.1).min(left);
        if soak.is_over() {
            // Said before the last byte leaves, so that whoever reads it knows that it is the last.
            length.store(position + burst, Ordering::SeqCst);
        }
        fill(&mut buffer, seed, position, burst);
        // A tunnel that takes nothing more gives nothing back either: the reader notices.
        writer
            .write_all(&buffer)
            .await
            .map_err(|error| broken(error, &format!("a write at byte {position}")))?;
        position += burst;
        if position == length.load(Ordering::SeqCst) {
            return Ok(writer);
        }
        pause(&mut random).await;
    }
}

async fn receive(
    soak: &Soak,
    mut reader: ReadHalf<Stream>,
    seed: u64,
    mut random: StdRng,
    length: &AtomicU64,
) -> Result<ReadHalf<Stream>> {
    let mut position = 0;
    let (mut buffer, mut expected) = (Vec::new(), Vec::new());
    while position < length.load(Ordering::SeqCst) {
        buffer.resize(usize::try_from(log_uniform(&mut random, BURST.0, BURST.1))?, 0);
        let count = timeout(STALL, reader.read(&mut buffer))
            .await
            .with_context(|| format!("nothing came after byte {position} for {} s", STALL.as_secs()))?
            .map_err(|error| broken(error, &format!("a read at byte {position}")))?;
        ensure!(count > 0, "the tunnel ended after byte {position}");
        fill(&mut expected, seed, position, count as u64);
        if let Some(wrong) = buffer.iter().zip(&expected).position(|(got, expected)| got != expected) {
            bail!("byte {} is wrong", position + wrong as u64);
        }
        position += count as u64;
        soak.verified.fetch_add(count as u64, Ordering::Relaxed);
        if random.random_bool(0.1) {
            pause(&mut random).await;
        }
    }
    Ok(reader)
}

fn broken(error: std::io::Error, at: &str) -> anyhow::Error {
    let failure = Lost::of(&error).map(|lost| format!("{:?}", lost.failure)).unwrap_or_default();
    anyhow::Error::new(error).context(format!("{at} failed: {failure}"))
}

/// Mostly none, now and then one in which timers run out.
async fn pause(random: &mut StdRng) {
    let longest = match random.random_range(0..100) {
        0..70 => return,
        70..99 => 50,
        _ => 2000,
    };
    sleep(Duration::from_millis(random.random_range(0..longest))).await;
}

/// What belongs at these positions of a stream.
fn fill(bytes: &mut Vec<u8>, seed: u64, position: u64, count: u64) {
    bytes.clear();
    for word in position / 8..=(position + count) / 8 {
        bytes.extend_from_slice(&mixed(seed.wrapping_add(word)).to_le_bytes());
    }
    let skipped = (position % 8) as usize;
    bytes.truncate(skipped + count as usize);
    bytes.drain(..skipped);
}

/// SplitMix64: neighbouring numbers become unlike ones.
fn mixed(number: u64) -> u64 {
    let mut mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

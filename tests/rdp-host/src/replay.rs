//! Pictures that cost nothing to make: those of a connection's beginning, sent over and over.
//!
//! What a client can take is not to be seen beside a server that packs each picture first, on the same machine. So the
//! library serves a connection until its picture has changed so often with nothing else coming between. From then on
//! it has left, and what it sent goes to the client again and again, as often in a second as is asked for.
//! The recording is of a desktop that changes slowly, so that each change is seen to end.

use std::{
    io,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use ironrdp_server::{RdpServer, TransportTls};
use serde_json::json;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use crate::desktop::Shared;

/// Changes a second while they are recorded.
pub(crate) const RECORDED_AT: u16 = 5;
/// Most bytes that are recorded.
const MOST: usize = 512 * 1024 * 1024;
/// Between the library and the client, in bytes.
const BUFFER: usize = 1024 * 1024;

/// The first byte of a unit that is no fast-path one (TPKT).
const TPKT: u8 = 3;
/// Bits of a fast-path unit's second byte that say that its length has two bytes ([MS-RDPBCGR] 2.2.9.1.2).
const LONG: u8 = 0x80;

/// What is sent over and over: each the units of one change.
#[derive(Default)]
struct Recording {
    changes: Vec<Vec<u8>>,
    step: Option<u32>,
    bytes: usize,
}

impl Recording {
    fn add(&mut self, unit: &[u8], step: u32) {
        if unit.first().is_none_or(|first| *first == TPKT) {
            // An answer, or another size: what was before it does not begin where the desktop is now.
            *self = Self::default();
            return;
        }
        match self.changes.last_mut() {
            Some(last) if self.step == Some(step) => last.extend_from_slice(unit),
            _ => self.changes.push(unit.to_vec()),
        }
        self.step = Some(step);
        self.bytes += unit.len();
    }
}

/// How long the unit is that these bytes begin with, once that is known.
pub(crate) fn length(bytes: &[u8]) -> Option<usize> {
    match bytes {
        [TPKT, _, high, low, ..] => Some(usize::from(u16::from_be_bytes([*high, *low]))),
        [TPKT, ..] => None,
        [_, high, low, ..] if high & LONG != 0 => Some(usize::from(u16::from_be_bytes([high & !LONG, *low]))),
        [_, short, ..] if short & LONG == 0 => Some(usize::from(*short)),
        _ => None,
    }
}

/// Serves a connection, records `changes` of them, and sends those `times` a second until the client leaves.
pub(crate) async fn serve<S>(
    stream: S,
    server: &mut RdpServer,
    desktop: &Shared,
    (changes, times): (usize, u16),
) -> Result<()>
where
    S: AsyncRead + AsyncWrite + Send + Sync + Unpin,
{
    let (mut from_client, mut to_client) = tokio::io::split(stream);
    let recording = {
        let (near, far) = tokio::io::duplex(BUFFER);
        let (mut from_server, mut to_server) = tokio::io::split(near);
        // Boxed, since it is large.
        let library = Box::pin(server.run_connection_with(far, TransportTls::AlreadyDone));
        tokio::select! {
            ended = library => return ended,
            came = tokio::io::copy(&mut from_client, &mut to_server) => { came?; return Ok(()); }
            recorded = record(&mut from_server, &mut to_client, desktop, changes) => recorded?,
        }
    };
    desktop.report().say(&json!({
        "event": "recorded", "changes": recording.changes.len(), "bytes": recording.bytes,
    }));
    // What the client says goes nowhere.
    let mut nowhere = tokio::io::sink();
    tokio::select! {
        left = tokio::io::copy(&mut from_client, &mut nowhere) => { left?; Ok(()) }
        ended = repeat(&recording, &mut to_client, desktop, times) => ended,
    }
}

async fn record(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    desktop: &Shared,
    changes: usize,
) -> Result<Recording> {
    let mut recording = Recording::default();
    let mut unread = Vec::new();
    // The library's answer to the negotiation is swallowed behind this, so it is no part of what is recorded.
    while recording.changes.len() <= changes {
        let start = unread.len();
        unread.resize(start + BUFFER, 0);
        let count = from.read(unread.get_mut(start..).unwrap_or_default()).await?;
        unread.truncate(start + count);
        if count == 0 {
            bail!("the library has left");
        }
        to.write_all(unread.get(start..).unwrap_or_default()).await?;
        to.flush().await?;
        let step = desktop.step();
        while let Some(length) = length(&unread).filter(|length| *length <= unread.len()) {
            if length == 0 {
                bail!("a unit without length");
            }
            let unit: Vec<u8> = unread.drain(..length).collect();
            recording.add(&unit, step);
        }
        if recording.bytes > MOST {
            bail!("too much to record");
        }
    }
    // The last is only begun, and so may be what is left of a unit: the client has to get its end.
    while !unread.is_empty() {
        let wanted = length(&unread).context("half a head")?;
        let mut rest = vec![0; wanted.saturating_sub(unread.len())];
        from.read_exact(&mut rest).await?;
        to.write_all(&rest).await?;
        unread.clear();
    }
    to.flush().await?;
    recording.changes.pop();
    Ok(recording)
}

/// Sends the changes in their order, over and over; says each second how many, and by how much it is late. When the
/// client does not take them as fast, it waits, and none is left out.
async fn repeat(
    recording: &Recording,
    to: &mut (impl AsyncWrite + Unpin),
    desktop: &Shared,
    times: u16,
) -> Result<()> {
    let every = Duration::from_secs(1) / u32::from(times.max(1));
    let began = Instant::now();
    let mut told = began;
    let (mut sent, mut told_sent) = (0_u32, 0_u32);
    for change in recording.changes.iter().cycle() {
        let due = began + every * sent;
        tokio::time::sleep_until(due.into()).await;
        write(to, change).await?;
        sent += 1;
        if told.elapsed() >= Duration::from_secs(1) {
            desktop.report().say(&json!({
                "event": "replayed", "count": sent - told_sent, "late": due.elapsed().as_millis(),
                "milliseconds": told.elapsed().as_millis(),
            }));
            (told, told_sent) = (Instant::now(), sent);
        }
    }
    bail!("nothing was recorded")
}

async fn write(to: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> io::Result<()> {
    to.write_all(bytes).await?;
    to.flush().await
}

#[cfg(test)]
mod tests {
    use super::{Recording, length};

    #[test]
    fn the_length_of_a_unit_is_known_from_its_head() {
        assert_eq!(length(&[3, 0]), None);
        assert_eq!(length(&[3, 0, 1, 2]), Some(258));
        assert_eq!(length(&[0, 5]), Some(5));
        assert_eq!(length(&[0, 0x81]), None);
        assert_eq!(length(&[0, 0x81, 2]), Some(258));
    }

    #[test]
    fn changes_are_kept_by_step_and_begin_anew_with_an_answer() {
        let mut recording = Recording::default();
        recording.add(&[0, 3, 1], 1);
        recording.add(&[3, 0, 0, 4], 1);
        assert!(recording.changes.is_empty());
        recording.add(&[0, 3, 1], 2);
        recording.add(&[0, 3, 2], 2);
        recording.add(&[0, 3, 3], 3);
        assert_eq!(recording.changes, [vec![0, 3, 1, 0, 3, 2], vec![0, 3, 3]]);
    }
}

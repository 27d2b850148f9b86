//! The graphics pipeline ([MS-RDPEGFX]): what a server may make it keep and do is bounded before the library sees it.

use std::collections::BTreeMap;

use ironrdp_core::impl_as_any;
use ironrdp_dvc::{DvcClientProcessor, DvcMessage, DvcProcessor};
use ironrdp_egfx::{
    CHANNEL_NAME,
    client::{GraphicsPipelineClient, GraphicsPipelineHandler},
};
use ironrdp_graphics::zgfx::{Decompressor, wrap_uncompressed};
use ironrdp_pdu::{PduResult, decode_err, pdu_other_err};

use crate::{canvas::MAX_PIXELS, display};

/// Most bytes of a message once it is unpacked.
const MAX_UNPACKED: usize = 64 * 1024 * 1024;
/// How many commands are handed on at a time; the library keeps each of them, decoded, until the last is done.
const BATCH: usize = 256;
/// Most pixels that the commands of one message may copy or fill: a thread that is busy for ever obeys nobody.
const MAX_WORK: u64 = 32 * MAX_PIXELS;
/// What one more target of a copy or rectangle of a fill counts at least, in pixels.
const LEAST_WORK: u64 = 64;

/// Bytes of the header of a command ([MS-RDPEGFX] 2.2.1.5).
const HEADER: usize = 8;

/// Commands that are looked at ([MS-RDPEGFX] 2.2.2).
const WIRE_TO_SURFACE_1: u16 = 0x0001;
const SOLID_FILL: u16 = 0x0004;
const SURFACE_TO_SURFACE: u16 = 0x0005;
const SURFACE_TO_CACHE: u16 = 0x0006;
const CACHE_TO_SURFACE: u16 = 0x0007;
const RESET_GRAPHICS: u16 = 0x000E;

/// A message that is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum Refused {
    #[error("a message of the graphics pipeline is too long")]
    TooLong,
    #[error("a command of the graphics pipeline is cut off")]
    Cut,
    #[error("a picture of the graphics pipeline is too large")]
    TooLarge,
    #[error("a message of the graphics pipeline copies more than any picture needs")]
    TooMuch,
}

/// The client's side of the channel.
pub(crate) struct Pipeline {
    client: GraphicsPipelineClient,
    unpacker: Decompressor,
    unpacked: Vec<u8>,
    work: Work,
}

/// What a server makes us do.
#[derive(Debug, Default)]
struct Work {
    /// Pixels that the commands of this message copy or fill.
    pixels: u64,
    /// Pixels of each slot of the cache.
    slots: BTreeMap<u16, u64>,
}

/// The pictures are taken from the client itself; nothing else is of interest.
struct Handler;

impl GraphicsPipelineHandler for Handler {}

impl Pipeline {
    pub(crate) fn new() -> Self {
        Self {
            client: GraphicsPipelineClient::new(Box::new(Handler), None),
            unpacker: Decompressor::new(),
            unpacked: Vec::new(),
            work: Work::default(),
        }
    }

    /// What has been decoded so far.
    pub(crate) fn client(&mut self) -> &mut GraphicsPipelineClient {
        &mut self.client
    }

    fn unpack(&mut self, payload: &[u8]) -> PduResult<()> {
        if announced(payload).is_some_and(|length| length > MAX_UNPACKED) {
            return Err(refuse(Refused::TooLong));
        }
        self.unpacked.clear();
        self.unpacker.decompress(payload, &mut self.unpacked).map_err(|error| decode_err!(error))?;
        if self.unpacked.len() > MAX_UNPACKED {
            return Err(refuse(Refused::TooLong));
        }
        Ok(())
    }
}

impl_as_any!(Pipeline);

impl DvcProcessor for Pipeline {
    fn channel_name(&self) -> &str {
        CHANNEL_NAME
    }

    fn start(&mut self, channel: u32) -> PduResult<Vec<DvcMessage>> {
        self.client.start(channel)
    }

    fn process(&mut self, channel: u32, payload: &[u8]) -> PduResult<Vec<DvcMessage>> {
        self.unpack(payload)?;
        let mut answers = Vec::new();
        self.work.pixels = 0;
        let mut rest = self.unpacked.as_slice();
        while !rest.is_empty() {
            let (batch, after) = batch(rest, &mut self.work).map_err(refuse)?;
            answers.extend(self.client.process(channel, &wrap_uncompressed(batch))?);
            rest = after;
        }
        // One large picture does not keep its memory.
        self.unpacked.clear();
        self.unpacked.shrink_to(MAX_UNPACKED / 16);
        Ok(answers)
    }

    fn close(&mut self, channel: u32) {
        self.client.close(channel);
    }
}

impl DvcClientProcessor for Pipeline {}

fn refuse(why: Refused) -> ironrdp_pdu::PduError {
    tracing::debug!(%why, "the graphics pipeline is refused");
    pdu_other_err!("graphics pipeline", source: why)
}

/// The length that a message of several segments announces ([MS-RDPEGFX] 2.2.5.1); one alone is bounded by itself.
fn announced(payload: &[u8]) -> Option<usize> {
    const SEVERAL: u8 = 0xE1;
    let (&kind, rest) = payload.split_first()?;
    let length = rest.get(2..6)?.try_into().ok().map(u32::from_le_bytes)?;
    (kind == SEVERAL).then(|| usize::try_from(length).unwrap_or(usize::MAX))
}

/// The next commands, whole, and what comes after them.
fn batch<'a>(bytes: &'a [u8], work: &mut Work) -> Result<(&'a [u8], &'a [u8]), Refused> {
    let mut end = 0;
    for _ in 0..BATCH {
        let Some(rest) = bytes.get(end..).filter(|rest| !rest.is_empty()) else { break };
        let length = u32_at(rest, 4).and_then(|length| usize::try_from(length).ok()).ok_or(Refused::Cut)?;
        let command = rest.get(..length).filter(|_| length >= HEADER).ok_or(Refused::Cut)?;
        work.check(command)?;
        end += length;
    }
    bytes.split_at_checked(end).ok_or(Refused::Cut)
}

impl Work {
    /// Whether a command is one that we carry out. What is cut within it is refused by whoever decodes it.
    fn check(&mut self, command: &[u8]) -> Result<(), Refused> {
        let body = command.get(HEADER..).unwrap_or_default();
        let u16_of = |at| u16_at(body, at).unwrap_or_default();
        let pixels = match u16_at(command, 0) {
            Some(RESET_GRAPHICS) => {
                let side = |at| u16::try_from(u32_at(body, at).unwrap_or_default()).unwrap_or(u16::MAX);
                return if display::is_bearable(side(0), side(4)) { Ok(()) } else { Err(Refused::TooLarge) };
            }
            Some(WIRE_TO_SURFACE_1) => {
                // Some codecs unpack to the size of the place, whatever of it lies on the surface.
                let pixels = body.get(5..13).map_or(0, area);
                if pixels > MAX_PIXELS {
                    return Err(Refused::TooLarge);
                }
                pixels
            }
            Some(SOLID_FILL) => body.get(8..).unwrap_or_default().chunks_exact(8).map(area).sum(),
            Some(SURFACE_TO_SURFACE) => u64::from(u16_of(12)) * body.get(4..12).map_or(0, area),
            Some(SURFACE_TO_CACHE) => {
                let pixels = body.get(12..20).map_or(0, area);
                self.slots.insert(u16_of(10), pixels);
                pixels
            }
            Some(CACHE_TO_SURFACE) => {
                u64::from(u16_of(4)) * self.slots.get(&u16_of(0)).copied().unwrap_or(LEAST_WORK)
            }
            _ => 0,
        };
        self.pixels = self.pixels.saturating_add(pixels);
        if self.pixels > MAX_WORK { Err(Refused::TooMuch) } else { Ok(()) }
    }
}

/// Pixels of a rectangle by its edges, left, top, right and bottom.
fn area(rect: &[u8]) -> u64 {
    let length = |from, to| {
        u16_at(rect, to).unwrap_or_default().saturating_sub(u16_at(rect, from).unwrap_or_default())
    };
    (u64::from(length(0, 4)) * u64::from(length(2, 6))).max(LEAST_WORK)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at.checked_add(2)?)?.try_into().ok().map(u16::from_le_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at.checked_add(4)?)?.try_into().ok().map(u32::from_le_bytes)
}

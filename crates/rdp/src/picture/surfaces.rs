//! Surface commands ([MS-RDPBCGR] 2.2.9.2): bitmaps that are not packed, and RemoteFX ([MS-RDPRFX]).

use ironrdp_core::{DecodeErrorKind, ReadCursor, decode_cursor};
use ironrdp_graphics::rfx::{MessageDecoder, TILE_SIZE, TileDecoder};
use ironrdp_pdu::{
    codecs::rfx::{RfxRectangle, Tile},
    geometry::{ExclusiveRectangle, InclusiveRectangle},
    rdp::capability_sets::{CODEC_ID_NONE, CODEC_ID_REMOTEFX, CodecId},
    surface_commands::{FrameAction, SURFACE_COMMAND_HEADER_SIZE, SurfaceBitsPdu, SurfaceCommand},
};

use super::{Bitmaps, Drawn, Outcome, Picture, Undrawn};
use crate::{damage::Rect, message::PIXEL};

/// Most rectangles of a message's frames times their tiles: many of both would keep us busy for ever.
const MAX_CLIPPING: usize = 1 << 22;
/// How often a message may draw all of the picture, for rectangles that lie over one another.
const MAX_LAYERS: u64 = 8;

/// Draws surface commands.
pub(super) struct Surfaces {
    messages: MessageDecoder,
    tiles: TileDecoder,
}

impl Surfaces {
    pub(super) fn new() -> Self {
        Self { messages: MessageDecoder::new(), tiles: TileDecoder::new() }
    }

    /// Draws commands.
    ///
    /// # Errors
    /// [`Undrawn`]; what came before has been drawn.
    pub(super) fn draw(
        &mut self,
        picture: &mut Picture,
        bitmaps: &Bitmaps,
        commands: &[u8],
        drawn: Drawn,
        outcome: &mut Outcome,
    ) -> Result<(), Undrawn> {
        let mut cursor = ReadCursor::new(commands);
        while cursor.len() >= SURFACE_COMMAND_HEADER_SIZE {
            match decode_cursor::<SurfaceCommand<'_>>(&mut cursor) {
                Ok(SurfaceCommand::SetSurfaceBits(bits) | SurfaceCommand::StreamSurfaceBits(bits)) => {
                    self.draw_bits(picture, bitmaps, &bits, drawn, outcome)?;
                }
                Ok(SurfaceCommand::FrameMarker(marker)) => {
                    if marker.frame_action == FrameAction::End {
                        outcome.frames.push(marker.frame_id.unwrap_or(0));
                    }
                }
                // One of a kind that is not known; where the next begins cannot be told.
                Err(error) if matches!(error.kind(), DecodeErrorKind::InvalidField { .. }) => {
                    tracing::debug!(%error, "surface commands are left out");
                    outcome.incomplete = true;
                    break;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn draw_bits(
        &mut self,
        picture: &mut Picture,
        bitmaps: &Bitmaps,
        bits: &SurfaceBitsPdu<'_>,
        drawn: Drawn,
        outcome: &mut Outcome,
    ) -> Result<(), Undrawn> {
        outcome.skipped |= drawn == Drawn::Skipped;
        let bitmap = &bits.extended_bitmap_data;
        match CodecId::from_u8(bitmap.codec_id).ok_or(Undrawn::Unknown)? {
            CODEC_ID_NONE if drawn == Drawn::Skipped => {}
            CODEC_ID_NONE => {
                let edges = inclusive(&bits.destination);
                let put = edges.and_then(|edges| bitmaps.put(picture, &edges, bitmap.data, bitmap.bpp));
                outcome.incomplete |= put.is_none();
            }
            CODEC_ID_REMOTEFX => self.draw_remote_fx(picture, &bits.destination, bitmap.data, drawn)?,
            other => tracing::debug!(?other, "a picture of a kind that was not agreed on"),
        }
        Ok(())
    }

    fn draw_remote_fx(
        &mut self,
        picture: &mut Picture,
        destination: &ExclusiveRectangle,
        message: &[u8],
        drawn: Drawn,
    ) -> Result<(), Undrawn> {
        // Later messages go by what this one says of all.
        let message = self.messages.parse(message)?;
        if drawn == Drawn::Skipped {
            return Ok(());
        }
        let surface = Area::of(destination).and(Area::of_picture(picture));
        let (left, top) = (u32::from(destination.left), u32::from(destination.top));
        let mut clipping = 0_usize;
        let pixels_of = |width: u16, height: u16| u64::from(width) * u64::from(height);
        let mut room = MAX_LAYERS * pixels_of(picture.width(), picture.height());
        for frame in &message.frames {
            let tiles = &frame.tile_set;
            clipping = clipping.saturating_add(frame.rectangles.len().saturating_mul(tiles.tiles.len()));
            if clipping > MAX_CLIPPING {
                return Err(Undrawn::TooMuch);
            }
            let whole: &[Area] = &[surface];
            let region: Vec<Area> =
                frame.rectangles.iter().map(|rect| Area::of_region(rect, left, top).and(surface)).collect();
            // A region without a rectangle is all of the surface.
            let region = if region.is_empty() { whole } else { region.as_slice() };
            for tile in &tiles.tiles {
                let place = Area::of_tile(tile, left, top);
                let mut seen = region.iter().filter_map(|part| part.and(place).rect()).peekable();
                if seen.peek().is_none() {
                    continue;
                }
                let (pixels, _) =
                    self.tiles.decode(tile, &tiles.quants, tiles.entropy_algorithm)?.as_chunks::<PIXEL>();
                for rect in seen {
                    room = room.checked_sub(pixels_of(rect.width, rect.height)).ok_or(Undrawn::TooMuch)?;
                    put_tile(picture, rect, pixels, place);
                }
            }
        }
        Ok(())
    }
}

/// Puts a part of a tile's pixels, which are opaque, where it belongs.
fn put_tile(picture: &mut Picture, rect: Rect, pixels: &[[u8; PIXEL]], place: Area) {
    let inside =
        |at: u16, edge: u32| usize::try_from(u32::from(at).saturating_sub(edge)).unwrap_or(usize::MAX);
    let (left, top) = (inside(rect.x, place.left), inside(rect.y, place.top));
    let from = pixels.chunks_exact(TILE_SIZE.into()).skip(top);
    for (to, from) in picture.rows(rect).zip(from) {
        if let Some(from) = from.get(left..).and_then(|from| from.get(..to.len())) {
            to.copy_from_slice(from);
        }
    }
}

fn inclusive(rect: &ExclusiveRectangle) -> Option<InclusiveRectangle> {
    Some(InclusiveRectangle {
        left: rect.left,
        top: rect.top,
        right: rect.right.checked_sub(1)?,
        bottom: rect.bottom.checked_sub(1)?,
    })
}

/// An area by its edges, right and bottom not included; it may be empty, and reach beyond any picture.
#[derive(Debug, Clone, Copy)]
struct Area {
    left: u32,
    top: u32,
    right: u32,
    bottom: u32,
}

impl Area {
    fn of(rect: &ExclusiveRectangle) -> Self {
        Self {
            left: rect.left.into(),
            top: rect.top.into(),
            right: rect.right.into(),
            bottom: rect.bottom.into(),
        }
    }

    fn of_picture(picture: &Picture) -> Self {
        Self { left: 0, top: 0, right: picture.width().into(), bottom: picture.height().into() }
    }

    fn of_region(rect: &RfxRectangle, left: u32, top: u32) -> Self {
        let (left, top) = (left + u32::from(rect.x), top + u32::from(rect.y));
        Self { left, top, right: left + u32::from(rect.width), bottom: top + u32::from(rect.height) }
    }

    fn of_tile(tile: &Tile<'_>, left: u32, top: u32) -> Self {
        let size = u32::from(TILE_SIZE);
        let (left, top) = (left + u32::from(tile.x) * size, top + u32::from(tile.y) * size);
        Self { left, top, right: left + size, bottom: top + size }
    }

    /// What both have in common.
    fn and(self, other: Self) -> Self {
        Self {
            left: self.left.max(other.left),
            top: self.top.max(other.top),
            right: self.right.min(other.right),
            bottom: self.bottom.min(other.bottom),
        }
    }

    /// The same for a picture, if there is anything in it.
    fn rect(self) -> Option<Rect> {
        let side = |from: u32, to: u32| to.checked_sub(from).and_then(|length| u16::try_from(length).ok());
        let (width, height) = (side(self.left, self.right)?, side(self.top, self.bottom)?);
        (width > 0 && height > 0).then_some(Rect {
            x: u16::try_from(self.left).ok()?,
            y: u16::try_from(self.top).ok()?,
            width,
            height,
        })
    }
}

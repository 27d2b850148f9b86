//! Bitmap updates ([MS-RDPBCGR] 2.2.9.1.1.3.1.2), each depth straight into the picture.

use ironrdp_core::decode;
use ironrdp_graphics::rle;
use ironrdp_pdu::{
    bitmap::{BitmapData, BitmapUpdateData, Compression},
    geometry::InclusiveRectangle,
};

use super::{
    Outcome, Picture, opaque,
    planar::{Planar, Unpacked},
};
use crate::{
    damage::Rect,
    limits::{Exceeded, MAX_PADDING},
};

/// Colors of a palette.
const COLORS: usize = 256;

/// Draws bitmaps.
pub(super) struct Bitmaps {
    planar: Planar,
    unpacked: Vec<u8>,
    /// Red, green and blue of each color that 8 bits name.
    palette: [[u8; 3]; COLORS],
}

impl Bitmaps {
    pub(super) fn new() -> Self {
        Self { planar: Planar::default(), unpacked: Vec::new(), palette: [[0; 3]; COLORS] }
    }

    /// Takes the colors of pixels with 8 bits ([MS-RDPBCGR] 2.2.9.1.1.3.1.1.1); what is none is left out.
    pub(super) fn set_palette(&mut self, update: &[u8]) {
        const PALETTE: [u8; 2] = [2, 0];
        let Some((head, colors)) = update.split_at_checked(8) else { return };
        let (colors, _) = colors.as_chunks::<3>();
        if head.starts_with(&PALETTE)
            && head.ends_with(&[0, 1, 0, 0])
            && let Some(colors) = colors.first_chunk()
        {
            self.palette = *colors;
        }
    }

    /// Draws the bitmaps of an update. One that is malformed is left out.
    ///
    /// # Errors
    /// One is much larger than its place.
    pub(super) fn draw(
        &mut self,
        picture: &mut Picture,
        update: &[u8],
        outcome: &mut Outcome,
    ) -> Result<(), Exceeded> {
        let bitmaps = match decode::<BitmapUpdateData<'_>>(update) {
            Ok(update) => update.rectangles,
            Err(error) => {
                tracing::debug!(%error, "bitmaps cannot be read");
                outcome.incomplete = true;
                return Ok(());
            }
        };
        // Each is unpacked at the size that it says it has, whatever place it is for.
        let is_larger = |bitmap: &BitmapData<'_>| {
            let place = bitmap.rectangle.right.saturating_sub(bitmap.rectangle.left).saturating_add(1);
            bitmap.width > place.saturating_add(MAX_PADDING)
        };
        if bitmaps.iter().any(is_larger) {
            return Err(Exceeded::Bitmap);
        }
        for bitmap in &bitmaps {
            if self.draw_one(picture, bitmap).is_none() {
                tracing::debug!(?bitmap, "a bitmap cannot be drawn");
                outcome.incomplete = true;
            }
        }
        Ok(())
    }

    fn draw_one(&mut self, picture: &mut Picture, bitmap: &BitmapData<'_>) -> Option<()> {
        let rect = picture.within(&bitmap.rectangle)?;
        if bitmap.width < rect.width || bitmap.height != rect.height {
            return None;
        }
        if !bitmap.compression_flags.contains(Compression::BITMAP_COMPRESSION) {
            return self.put_at(
                picture,
                rect,
                bitmap.bitmap_data,
                bitmap.bits_per_pixel,
                bitmap.width,
                Rows::Padded,
            );
        }
        if bitmap.bits_per_pixel == 32 {
            let unpacked = self.planar.unpack(bitmap.bitmap_data, bitmap.width, bitmap.height)?;
            put_planar(picture, rect, &unpacked, bitmap.width);
            return Some(());
        }
        let mut unpacked = std::mem::take(&mut self.unpacked);
        unpacked.clear();
        let (width, height) = (bitmap.width.into(), bitmap.height.into());
        let done =
            rle::decompress(bitmap.bitmap_data, &mut unpacked, width, height, bitmap.bits_per_pixel.into());
        let put = done.ok().and_then(|_| {
            self.put_at(picture, rect, &unpacked, bitmap.bits_per_pixel, bitmap.width, Rows::Tight)
        });
        self.unpacked = unpacked;
        put
    }

    /// Puts an unpacked bitmap there by its edges, which is as wide as its place.
    pub(super) fn put(
        &self,
        picture: &mut Picture,
        edges: &InclusiveRectangle,
        pixels: &[u8],
        depth: u8,
    ) -> Option<()> {
        let rect = picture.within(edges)?;
        self.put_at(picture, rect, pixels, depth.into(), rect.width, Rows::Tight)
    }

    /// Puts an unpacked bitmap there, whose rows are `width` pixels long and come from the bottom.
    fn put_at(
        &self,
        picture: &mut Picture,
        rect: Rect,
        pixels: &[u8],
        depth: u16,
        width: u16,
        rows: Rows,
    ) -> Option<()> {
        let source = |bytes: usize| Source::new(pixels, usize::from(width) * bytes, rect.height, rows);
        match depth {
            8 => put_rows(picture, rect, source(1)?, |[index]| {
                self.palette.get(usize::from(index)).copied().unwrap_or_default()
            }),
            15 => put_rows(picture, rect, source(2)?, |pixel| {
                let color = u16::from_le_bytes(pixel);
                [five(color >> 10), five(color >> 5), five(color)]
            }),
            16 => put_rows(picture, rect, source(2)?, |pixel| {
                let color = u16::from_le_bytes(pixel);
                [five(color >> 11), six(color >> 5), five(color)]
            }),
            24 => put_rows(picture, rect, source(3)?, |[blue, green, red]| [red, green, blue]),
            32 => put_rows(picture, rect, source(4)?, |[blue, green, red, _]| [red, green, blue]),
            _ => return None,
        }
        Some(())
    }
}

/// How the rows of an unpacked bitmap follow one another.
#[derive(Debug, Clone, Copy)]
enum Rows {
    /// At once.
    Tight,
    /// Each takes a multiple of four bytes.
    Padded,
}

/// Rows of an unpacked bitmap.
struct Source<'a> {
    pixels: &'a [u8],
    /// Bytes from one row to the next.
    step: usize,
}

impl<'a> Source<'a> {
    /// Of rows with so many bytes; none when there are not as many as there have to be.
    fn new(pixels: &'a [u8], row: usize, height: u16, rows: Rows) -> Option<Self> {
        let step = match rows {
            Rows::Tight => row,
            Rows::Padded => row.next_multiple_of(4),
        };
        let length = step.checked_mul(height.into())?;
        // What comes after rows that are padded is padding, too.
        let pixels =
            if step == row { Some(pixels).filter(|it| it.len() == length) } else { pixels.get(..length) };
        Some(Self { pixels: pixels?, step })
    }
}

fn put_rows<const N: usize>(
    picture: &mut Picture,
    rect: Rect,
    source: Source<'_>,
    color: impl Fn([u8; N]) -> [u8; 3],
) {
    let from = source.pixels.chunks_exact(source.step.max(1)).rev();
    for (to, from) in picture.rows(rect).zip(from) {
        let (from, _) = from.as_chunks::<N>();
        for (to, from) in to.iter_mut().zip(from) {
            *to = opaque(color(*from));
        }
    }
}

fn put_planar(picture: &mut Picture, rect: Rect, unpacked: &Unpacked<'_>, width: u16) {
    let width = usize::from(width);
    match unpacked {
        Unpacked::Planes(planes) => {
            let [red, green, blue] = planes.map(|plane| plane.chunks_exact(width).rev());
            for (((to, red), green), blue) in picture.rows(rect).zip(red).zip(green).zip(blue) {
                for (((to, red), green), blue) in to.iter_mut().zip(red).zip(green).zip(blue) {
                    *to = opaque([*red, *green, *blue]);
                }
            }
        }
        Unpacked::Rgb(pixels) => {
            put_rows(picture, rect, Source { pixels, step: width * 3 }, |rgb: [u8; 3]| rgb);
        }
    }
}

/// The lowest five bits as a color of eight.
fn five(color: u16) -> u8 {
    low(((color & 31) * 527 + 23) >> 6)
}

/// The lowest six bits as a color of eight.
fn six(color: u16) -> u8 {
    low(((color & 63) * 259 + 33) >> 6)
}

fn low(value: u16) -> u8 {
    let [low, _] = value.to_le_bytes();
    low
}

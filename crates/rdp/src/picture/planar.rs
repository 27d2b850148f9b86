//! The planar codec of bitmaps with 32 bits a pixel ([MS-RDPEGDI] 2.2.2.5.1, 3.1.9).

use ironrdp_core::decode;
use ironrdp_graphics::rdp6::BitmapStreamDecoder;
use ironrdp_pdu::bitmap::rdp6::{BitmapStream, ColorPlaneDefinition};

/// Most bytes that are kept for the next bitmap; most are of some thousand pixels.
const KEPT: usize = 1024 * 1024;

/// At least as many values as a segment has as they are, and as it repeats its last.
const MAX_RAW: usize = 16;
const MAX_RUN: usize = 48;

/// Unpacks bitmaps, reusing its memory from one to the next.
#[derive(Default)]
pub(super) struct Planar {
    planes: Vec<u8>,
    /// For pictures whose colors are subsampled, which are rare.
    library: BitmapStreamDecoder,
    rgb: Vec<u8>,
}

/// A bitmap as it was unpacked: rows from the bottom.
pub(super) enum Unpacked<'a> {
    /// One plane for red, one for green, one for blue.
    Planes([&'a [u8]; 3]),
    /// Red, green and blue of each pixel.
    Rgb(&'a [u8]),
}

impl Planar {
    /// Unpacks a bitmap of that many pixels; none if its bytes are no such bitmap. Neither side may be 0.
    pub(super) fn unpack<'a>(
        &'a mut self,
        packed: &'a [u8],
        width: u16,
        height: u16,
    ) -> Option<Unpacked<'a>> {
        let stream = decode::<BitmapStream<'_>>(packed).ok()?;
        let (width, height) = (usize::from(width), usize::from(height));
        if stream.header.color_plane_definition != ColorPlaneDefinition::Argb {
            self.rgb.clear();
            self.library.decode_bitmap_stream_to_rgb24(packed, &mut self.rgb, width, height).ok()?;
            return Some(Unpacked::Rgb(&self.rgb));
        }
        let length = width.checked_mul(height).filter(|length| *length > 0)?;
        let alpha = usize::from(stream.header.use_alpha);
        let planes = if stream.header.enable_rle_compression {
            // Before memory is spent on what cannot be in there: a row takes at least one byte in each plane.
            if stream.color_planes.len() < height * (3 + alpha) {
                return None;
            }
            let all = length * (3 + alpha);
            if self.planes.len() > KEPT.max(all) {
                self.planes = Vec::new();
            }
            if self.planes.len() < all {
                self.planes.resize(all, 0);
            }
            let planes = self.planes.get_mut(..all)?;
            let mut from = stream.color_planes;
            for plane in planes.chunks_exact_mut(length) {
                from = unpack_plane(from, plane, width)?;
            }
            &*planes
        } else {
            stream.color_planes
        };
        // What there is of alpha comes first, and means nothing.
        let mut planes = planes.get(alpha * length..)?.chunks_exact(length);
        Some(Unpacked::Planes([planes.next()?, planes.next()?, planes.next()?]))
    }
}

/// Unpacks one plane; gives what comes after it.
fn unpack_plane<'a>(mut from: &'a [u8], plane: &mut [u8], width: usize) -> Option<&'a [u8]> {
    let mut rows = plane.chunks_exact_mut(width);
    let mut above = rows.next()?;
    from = unpack_row(from, above)?;
    for row in rows {
        from = unpack_row(from, row)?;
        for (value, above) in row.iter_mut().zip(&*above) {
            // Differences to the row above, their sign in the lowest bit.
            let sign = (*value & 1).wrapping_neg();
            *value = above.wrapping_add((*value >> 1) ^ sign);
        }
        above = row;
    }
    Some(from)
}

/// Unpacks one row; gives what comes after it. A segment that goes beyond the row is an error.
fn unpack_row<'a>(mut from: &'a [u8], mut row: &mut [u8]) -> Option<&'a [u8]> {
    let mut last = 0;
    while !row.is_empty() {
        let (&control, after) = from.split_first()?;
        let (raw, run) = match (usize::from(control >> 4), usize::from(control & 0xF)) {
            (0, 0) => return None,
            (more, 1) => (0, 16 + more),
            (more, 2) => (0, 32 + more),
            (raw, run) => (raw, run),
        };
        let (values, rest) = after.split_at_checked(raw)?;
        if raw + run > row.len() {
            return None;
        }
        // Segments are short. Where there is room, as many values are written as one can have, which takes less than to
        // write only those that it has; the others are written over by the next.
        match (after.first_chunk::<MAX_RAW>(), row.first_chunk_mut::<MAX_RAW>()) {
            (Some(values), Some(to)) => *to = *values,
            _ => row.get_mut(..raw)?.copy_from_slice(values),
        }
        last = values.last().copied().unwrap_or(last);
        let repeated = row.get_mut(raw..)?;
        match repeated.first_chunk_mut::<MAX_RUN>() {
            Some(to) => *to = [last; MAX_RUN],
            None => repeated.get_mut(..run)?.fill(last),
        }
        (from, row) = (rest, row.get_mut(raw + run..)?);
    }
    Some(from)
}

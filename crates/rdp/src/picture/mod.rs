//! The picture as the server has drawn it, and what draws into it.
//!
//! The library decodes everything else that a server sends. Its own picture takes some ten instructions for a pixel, more
//! than all else that a session does (decision 21), so bitmaps and surfaces are drawn here.

mod bitmaps;
#[cfg(test)]
mod differential;
mod planar;
mod surfaces;

use bitmaps::Bitmaps;
use ironrdp_core::DecodeError;
use ironrdp_graphics::rfx::RfxDecodeError;
use ironrdp_pdu::geometry::{ExclusiveRectangle, InclusiveRectangle};
use surfaces::Surfaces;

use crate::{
    damage::{Damage, Rect},
    limits::Exceeded,
    message::PIXEL,
    updates::Drawing,
};

/// A pixel that nobody has drawn.
const BLACK: [u8; PIXEL] = [0, 0, 0, u8::MAX];

/// The alpha of a pixel that nothing shines through, in a little-endian number.
const OPAQUE: u32 = 0xFF00_0000;

/// Rows of opaque RGBA, and which of them have changed since they were last taken.
pub(crate) struct Picture {
    width: u16,
    height: u16,
    data: Vec<u8>,
    pub(crate) damage: Damage,
}

impl Picture {
    /// A black one, of which nothing has changed.
    pub(crate) fn new(width: u16, height: u16) -> Self {
        let data = BLACK.repeat(usize::from(width) * usize::from(height));
        Self { width, height, data, damage: Damage::new(width, height) }
    }

    /// Takes another size. What both have is kept until the server draws it anew, and the rest is black: a window that is
    /// being resized does not flicker. All of it has changed.
    pub(crate) fn resize(&mut self, width: u16, height: u16) {
        let before = std::mem::replace(self, Self::new(width, height));
        let both = Rect { x: 0, y: 0, width: width.min(before.width), height: height.min(before.height) };
        let (pixels, _) = before.data.as_chunks::<PIXEL>();
        let from = pixels.chunks_exact(usize::from(before.width).max(1));
        for (to, from) in self.rows(both).zip(from) {
            if let Some(from) = from.get(..to.len()) {
                to.copy_from_slice(from);
            }
        }
        self.damage.add_all();
    }

    /// Width in pixels.
    pub(crate) fn width(&self) -> u16 {
        self.width
    }

    /// Height in pixels.
    pub(crate) fn height(&self) -> u16 {
        self.height
    }

    /// Its rows, one after the other.
    pub(crate) fn data(&self) -> &[u8] {
        &self.data
    }

    /// All of it, by its edges.
    pub(crate) fn edges(&self) -> InclusiveRectangle {
        InclusiveRectangle {
            left: 0,
            top: 0,
            right: self.width.saturating_sub(1),
            bottom: self.height.saturating_sub(1),
        }
    }

    /// A rectangle by its edges, if it has at least one pixel and lies within the picture.
    fn within(&self, edges: &InclusiveRectangle) -> Option<Rect> {
        let width = edges.right.checked_sub(edges.left)?.checked_add(1)?;
        let height = edges.bottom.checked_sub(edges.top)?.checked_add(1)?;
        (edges.right < self.width && edges.bottom < self.height).then_some(Rect {
            x: edges.left,
            y: edges.top,
            width,
            height,
        })
    }

    /// The parts of rows that a rectangle takes, from its top. Whoever asks for them changes them. None outside of the
    /// picture.
    fn rows(&mut self, rect: Rect) -> impl Iterator<Item = &mut [[u8; PIXEL]]> {
        self.damage.add(rect);
        let (left, width) = (usize::from(rect.x), usize::from(rect.width));
        let (pixels, _) = self.data.as_chunks_mut::<PIXEL>();
        let rows = pixels.chunks_exact_mut(usize::from(self.width).max(1));
        rows.skip(rect.y.into())
            .take(rect.height.into())
            .filter_map(move |row| row.get_mut(left..)?.get_mut(..width))
    }

    /// Puts tightly packed RGBA there, whose alpha means nothing. What does not lie within the picture, or is not as large
    /// as it says, changes nothing.
    pub(crate) fn put(&mut self, region: &ExclusiveRectangle, pixels: &[u8]) {
        let edges = InclusiveRectangle {
            left: region.left,
            top: region.top,
            right: region.right.saturating_sub(1),
            bottom: region.bottom.saturating_sub(1),
        };
        let Some(rect) = self.within(&edges).filter(|_| region.right > 0 && region.bottom > 0) else {
            return;
        };
        let (pixels, _) = pixels.as_chunks::<PIXEL>();
        if usize::try_from(rect.area()) == Ok(pixels.len()) {
            let from = pixels.chunks_exact(rect.width.into());
            self.rows(rect).zip(from).for_each(|(to, from)| put_opaque(to, from));
        }
    }
}

/// Draws what a server sends, with what it has to remember from one update to the next.
pub(crate) struct Painter {
    bitmaps: Bitmaps,
    surfaces: Surfaces,
}

/// Whether anybody sees what is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Drawn {
    /// It is drawn.
    Seen,
    /// Only what later updates need is kept of it.
    Skipped,
}

/// What follows from updates.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// A part was no bitmap, or none of a place in the picture, and was left out.
    pub(crate) incomplete: bool,
    /// Something was not drawn because nobody sees it.
    pub(crate) skipped: bool,
    /// Frames that have ended: the server waits to hear of each.
    pub(crate) frames: Vec<u32>,
}

/// An update that cannot be drawn.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Undrawn {
    #[error("{0}")]
    Exceeded(#[from] Exceeded),
    #[error("a surface command is malformed: {0}")]
    Malformed(#[from] DecodeError),
    #[error("{0}")]
    RemoteFx(#[from] RfxDecodeError),
    #[error("a surface command is of an unknown kind of picture")]
    Unknown,
    #[error("a frame of RemoteFX has too many parts")]
    TooMuch,
}

impl Painter {
    pub(crate) fn new() -> Self {
        Self { bitmaps: Bitmaps::new(), surfaces: Surfaces::new() }
    }

    /// Draws updates.
    ///
    /// # Errors
    /// [`Undrawn`]; what came before has been drawn, or not.
    pub(crate) fn draw(
        &mut self,
        picture: &mut Picture,
        drawings: &[Drawing<'_>],
        drawn: Drawn,
    ) -> Result<Outcome, Undrawn> {
        let mut outcome = Outcome::default();
        for drawing in drawings {
            match drawing {
                Drawing::Palette(update) => self.bitmaps.set_palette(update),
                Drawing::Bitmaps(_) if drawn == Drawn::Skipped => outcome.skipped = true,
                Drawing::Bitmaps(update) => self.bitmaps.draw(picture, update, &mut outcome)?,
                Drawing::Surfaces(commands) => {
                    self.surfaces.draw(picture, &self.bitmaps, commands, drawn, &mut outcome)?;
                }
            }
        }
        Ok(outcome)
    }
}

/// Copies pixels whose alpha means nothing.
fn put_opaque(to: &mut [[u8; PIXEL]], from: &[[u8; PIXEL]]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to = (u32::from_le_bytes(*from) | OPAQUE).to_le_bytes();
    }
}

/// A pixel of this color. As one number: put together from bytes, many of them are not written at once.
fn opaque([red, green, blue]: [u8; 3]) -> [u8; PIXEL] {
    (u32::from(red) | u32::from(green) << 8 | u32::from(blue) << 16 | OPAQUE).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edges(left: u16, top: u16, right: u16, bottom: u16) -> ExclusiveRectangle {
        ExclusiveRectangle { left, top, right, bottom }
    }

    #[test]
    fn pixels_are_put_where_they_belong_and_become_opaque() {
        let mut picture = Picture::new(3, 2);
        picture.put(&edges(1, 0, 3, 2), &[[1, 2, 3, 0], [4, 5, 6, 9], [7, 8, 9, 0], [1, 1, 1, 1]].concat());
        let expected = [BLACK, [1, 2, 3, 255], [4, 5, 6, 255], BLACK, [7, 8, 9, 255], [1, 1, 1, 255]];
        assert_eq!(picture.data(), expected.concat());
        assert!(!picture.damage.is_empty());
    }

    #[test]
    fn what_both_sizes_have_stays_until_it_is_drawn_anew() {
        let [a, b, c, d] = [[1, 1, 1, 255], [2, 2, 2, 255], [3, 3, 3, 255], [4, 4, 4, 255]];
        let mut picture = Picture::new(2, 2);
        picture.put(&edges(0, 0, 2, 2), &[a, b, c, d].concat());
        picture.resize(3, 1);
        assert_eq!((picture.width(), picture.height()), (3, 1));
        assert_eq!(picture.data(), [a, b, BLACK].concat());
        picture.resize(1, 3);
        assert_eq!(picture.data(), [a, BLACK, BLACK].concat());
        assert!(matches!(picture.damage.take(), Some(crate::damage::Changed::Full)));
    }

    #[test]
    fn what_does_not_fit_changes_nothing() {
        let mut picture = Picture::new(3, 2);
        for (region, length) in [
            (edges(2, 0, 4, 1), 8),
            (edges(0, 1, 1, 3), 8),
            (edges(1, 1, 1, 1), 0),
            (edges(2, 1, 1, 2), 4),
            (edges(0, 0, 0, 0), 4),
            (edges(0, 0, 2, 1), 4),
            (edges(0, 0, 2, 1), 12),
            (edges(0, 0, u16::MAX, u16::MAX), 4),
        ] {
            picture.put(&region, &vec![7; length]);
            assert!(picture.damage.is_empty(), "{region:?}");
        }
        assert_eq!(picture.data(), BLACK.repeat(6));
    }
}

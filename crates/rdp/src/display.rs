//! The size of a desktop.

use crate::canvas::MAX_PIXELS;

/// Smallest width and height ([MS-RDPEDISP] 2.2.2.2.1).
pub const MIN_SIDE: u16 = 200;
/// Largest width and height.
pub const MAX_SIDE: u16 = 8192;

/// The size of a desktop, in physical pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Width; even, and from [`MIN_SIDE`] to [`MAX_SIDE`].
    pub width: u16,
    /// Height, from [`MIN_SIDE`] to [`MAX_SIDE`].
    pub height: u16,
    /// How large things are drawn, in percent; from 100 to 500.
    pub scale: u16,
}

impl Size {
    /// A size at which things are drawn as large as they are.
    #[must_use]
    pub fn new(width: u16, height: u16) -> Self {
        Self { width, height, scale: 100 }
    }

    /// The nearest size that the protocol allows.
    #[must_use]
    pub fn clamped(self) -> Self {
        let width = self.width.clamp(MIN_SIDE, MAX_SIDE);
        let height = self.height.clamp(MIN_SIDE, MAX_SIDE);
        let most = u16::try_from(MAX_PIXELS / u64::from(width)).unwrap_or(MAX_SIDE);
        Self { width: width - width % 2, height: height.min(most), scale: self.scale.clamp(100, 500) }
    }

    pub(crate) fn scale_factor(self) -> u32 {
        u32::from(self.scale)
    }
}

/// Whether a picture of this size, as the server announced it, is one that we keep.
pub(crate) fn is_bearable(width: u16, height: u16) -> bool {
    width > 0 && height > 0 && u64::from(width) * u64::from(height) <= MAX_PIXELS
}

#[cfg(test)]
mod tests {
    use super::{Size, is_bearable};

    #[test]
    fn a_size_is_brought_into_what_the_protocol_allows() {
        assert_eq!(Size::new(1283, 721).clamped(), Size::new(1282, 721));
        assert_eq!(Size::new(1, 1).clamped(), Size::new(200, 200));
        assert_eq!(Size { width: 800, height: 600, scale: 50 }.clamped().scale, 100);
        let largest = Size::new(u16::MAX, u16::MAX).clamped();
        assert_eq!(largest.width, 8192);
        assert!(is_bearable(largest.width, largest.height));
    }

    #[test]
    fn a_picture_without_bounds_is_not_kept() {
        assert!(is_bearable(7680, 4320));
        assert!(!is_bearable(u16::MAX, u16::MAX));
        assert!(!is_bearable(0, 100));
    }
}

//! Pixels to draw on, in the order that the server sends.

use embedded_graphics::{Pixel, pixelcolor::Rgb888, prelude::*, primitives::Rectangle};

/// Part of a picture, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Area {
    pub(crate) x: u16,
    pub(crate) y: u16,
    pub(crate) width: u16,
    pub(crate) height: u16,
}

impl Area {
    pub(crate) fn contains(self, x: u16, y: u16) -> bool {
        (self.x..self.x + self.width).contains(&x) && (self.y..self.y + self.height).contains(&y)
    }

    pub(crate) fn rectangle(self) -> Rectangle {
        Rectangle::new(self.corner(), Size::new(self.width.into(), self.height.into()))
    }

    pub(crate) fn corner(self) -> Point {
        Point::new(self.x.into(), self.y.into())
    }
}

/// An area that is being drawn; what falls outside is dropped.
pub(crate) struct Canvas {
    area: Area,
    pixels: Vec<u8>,
}

impl Canvas {
    pub(crate) fn new(area: Area) -> Self {
        Self { area, pixels: vec![0; usize::from(area.width) * usize::from(area.height) * 4] }
    }

    /// Rows of blue, green, red and a byte that means nothing.
    pub(crate) fn into_pixels(self) -> Vec<u8> {
        self.pixels
    }
}

impl Dimensions for Canvas {
    fn bounding_box(&self) -> Rectangle {
        self.area.rectangle()
    }
}

impl DrawTarget for Canvas {
    type Color = Rgb888;
    type Error = std::convert::Infallible;

    fn draw_iter<I: IntoIterator<Item = Pixel<Rgb888>>>(&mut self, pixels: I) -> Result<(), Self::Error> {
        for Pixel(point, color) in pixels {
            let (Ok(x), Ok(y)) = (u16::try_from(point.x), u16::try_from(point.y)) else { continue };
            if !self.area.contains(x, y) {
                continue;
            }
            let row = usize::from(y - self.area.y) * usize::from(self.area.width);
            let at = (row + usize::from(x - self.area.x)) * 4;
            if let Some(pixel) = self.pixels.get_mut(at..at + 4) {
                pixel.copy_from_slice(&[color.b(), color.g(), color.r(), 0xFF]);
            }
        }
        Ok(())
    }
}

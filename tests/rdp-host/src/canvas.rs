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
    pub(crate) fn right(self) -> u16 {
        self.x.saturating_add(self.width)
    }

    pub(crate) fn bottom(self) -> u16 {
        self.y.saturating_add(self.height)
    }

    pub(crate) fn contains(self, x: u16, y: u16) -> bool {
        (self.x..self.right()).contains(&x) && (self.y..self.bottom()).contains(&y)
    }

    pub(crate) fn pixels(self) -> usize {
        usize::from(self.width) * usize::from(self.height)
    }

    /// What two areas share; nothing has a width of 0.
    pub(crate) fn cut(self, other: Self) -> Self {
        let (x, y) = (self.x.max(other.x), self.y.max(other.y));
        let (right, bottom) = (self.right().min(other.right()), self.bottom().min(other.bottom()));
        Self { x, y, width: right.saturating_sub(x), height: bottom.saturating_sub(y) }
    }

    /// The smallest area with both in it.
    pub(crate) fn join(self, other: Self) -> Self {
        let (x, y) = (self.x.min(other.x), self.y.min(other.y));
        let (right, bottom) = (self.right().max(other.right()), self.bottom().max(other.bottom()));
        Self { x, y, width: right - x, height: bottom - y }
    }

    /// The same from and to whole fours of pixels: the library packs no bitmap of another width.
    pub(crate) fn by_fours(self) -> Self {
        let x = self.x / 4 * 4;
        Self { x, width: self.right().next_multiple_of(4) - x, ..self }
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
    pub(crate) area: Area,
    pixels: Vec<u8>,
}

impl Canvas {
    pub(crate) fn new(area: Area) -> Self {
        Self { area, pixels: vec![0; area.pixels() * 4] }
    }

    /// Rows of blue, green, red and a byte that means nothing.
    pub(crate) fn into_pixels(self) -> Vec<u8> {
        self.pixels
    }

    /// Gives each pixel of an area a color by its place on the desktop.
    pub(crate) fn fill_by(&mut self, area: Area, color: impl Fn(u16, u16) -> [u8; 3]) {
        let shared = self.area.cut(area);
        for y in shared.y..shared.bottom() {
            let row = usize::from(y - self.area.y) * usize::from(self.area.width);
            let from = (row + usize::from(shared.x.saturating_sub(self.area.x))) * 4;
            let to = from + usize::from(shared.width) * 4;
            let Some(line) = self.pixels.get_mut(from..to) else { continue };
            for (x, pixel) in (shared.x..).zip(line.chunks_exact_mut(4)) {
                let [red, green, blue] = color(x, y);
                pixel.copy_from_slice(&[blue, green, red, 0xFF]);
            }
        }
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

    fn fill_solid(&mut self, rectangle: &Rectangle, color: Rgb888) -> Result<(), Self::Error> {
        let shared = rectangle.intersection(&self.bounding_box());
        let place = |value: i32| u16::try_from(value).unwrap_or_default();
        let length = |value: u32| u16::try_from(value).unwrap_or_default();
        let area = Area {
            x: place(shared.top_left.x),
            y: place(shared.top_left.y),
            width: length(shared.size.width),
            height: length(shared.size.height),
        };
        let color = [color.r(), color.g(), color.b()];
        self.fill_by(area, |_, _| color);
        Ok(())
    }
}

/// Draws every pixel as a square: letters of twice the size.
pub(crate) struct Zoom<'a> {
    pub(crate) canvas: &'a mut Canvas,
    pub(crate) origin: Point,
    pub(crate) factor: u16,
}

impl Dimensions for Zoom<'_> {
    fn bounding_box(&self) -> Rectangle {
        self.canvas.bounding_box()
    }
}

impl DrawTarget for Zoom<'_> {
    type Color = Rgb888;
    type Error = std::convert::Infallible;

    fn draw_iter<I: IntoIterator<Item = Pixel<Rgb888>>>(&mut self, pixels: I) -> Result<(), Self::Error> {
        let factor = i32::from(self.factor);
        for Pixel(point, color) in pixels {
            let square = Rectangle::new(self.origin + point * factor, Size::new_equal(self.factor.into()));
            self.canvas.fill_solid(&square, color)?;
        }
        Ok(())
    }
}

//! The picture as a reader of the messages has it: for screenshots and tests.

use crate::{
    damage::Rect,
    message::{Kind, Malformed, Message, PIXEL},
};

/// Most pixels of a picture, width times height: 8K.
pub const MAX_PIXELS: u64 = 7680 * 4320;

/// What has been painted so far.
#[derive(Debug, Clone, Default)]
pub struct Canvas {
    width: u16,
    height: u16,
    pixels: Vec<u8>,
}

impl Canvas {
    /// Nothing yet: it takes its size from the first message.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Width in pixels.
    #[must_use]
    pub fn width(&self) -> u16 {
        self.width
    }

    /// Height in pixels.
    #[must_use]
    pub fn height(&self) -> u16 {
        self.height
    }

    /// Its rows, tightly packed RGBA.
    #[must_use]
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// Red, green and blue of a pixel; none outside the picture.
    #[must_use]
    pub fn pixel(&self, x: u16, y: u16) -> Option<[u8; 3]> {
        if x >= self.width {
            return None;
        }
        let at = (usize::from(y) * usize::from(self.width) + usize::from(x)) * PIXEL;
        self.pixels.get(at..at + 3)?.try_into().ok()
    }

    /// Paints a message; gives how many pixels it changed.
    ///
    /// # Errors
    /// [`Malformed`] when it reaches beyond the picture, or the picture is too large.
    pub fn paint(&mut self, message: &Message) -> Result<u64, Malformed> {
        let header = &message.header;
        if !matches!(header.kind, Kind::Frame | Kind::Resized) {
            return Ok(0);
        }
        if (self.width, self.height) != (header.width, header.height) {
            self.reset(header.width, header.height)?;
        }
        let mut painted = 0;
        for entry in &message.entries {
            self.put(entry.rect, &entry.pixels)?;
            painted += entry.rect.area();
        }
        Ok(painted)
    }

    fn reset(&mut self, width: u16, height: u16) -> Result<(), Malformed> {
        if u64::from(width) * u64::from(height) > MAX_PIXELS {
            return Err(Malformed);
        }
        (self.width, self.height) = (width, height);
        self.pixels.clear();
        self.pixels.resize(usize::from(width) * usize::from(height) * PIXEL, 0);
        Ok(())
    }

    fn put(&mut self, rect: Rect, pixels: &[u8]) -> Result<(), Malformed> {
        let fits =
            |edge: u16, length: u16, limit: u16| edge.checked_add(length).is_some_and(|end| end <= limit);
        if !fits(rect.x, rect.width, self.width) || !fits(rect.y, rect.height, self.height) {
            return Err(Malformed);
        }
        let stride = usize::from(self.width) * PIXEL;
        let row_length = usize::from(rect.width) * PIXEL;
        let rows = self.pixels.chunks_exact_mut(stride).skip(usize::from(rect.y));
        for (to, from) in rows.zip(pixels.chunks_exact(row_length)) {
            let left = usize::from(rect.x) * PIXEL;
            to.get_mut(left..left + row_length).ok_or(Malformed)?.copy_from_slice(from);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Canvas;
    use crate::{
        damage::Rect,
        message::{Header, Kind, Malformed, Message, message},
    };

    fn frame(rect: Rect, pixels: &[u8]) -> Message {
        let header = Header {
            kind: Kind::Frame,
            flags: 0,
            session: 0,
            sequence: 0,
            width: 4,
            height: 3,
            milliseconds: 0,
        };
        Message::read(&message(&header, Some((rect, pixels)))).expect("a message")
    }

    #[test]
    fn pixels_land_where_the_entry_says() {
        let mut canvas = Canvas::new();
        let painted =
            canvas.paint(&frame(Rect { x: 1, y: 1, width: 2, height: 2 }, &[7; 16])).expect("it fits");
        assert_eq!(painted, 4);
        assert_eq!(canvas.pixel(0, 1), Some([0; 3]));
        assert_eq!(canvas.pixel(2, 2), Some([7; 3]));
        assert_eq!(canvas.pixel(3, 2), Some([0; 3]));
        assert_eq!(canvas.pixel(4, 2), None);
    }

    #[test]
    fn an_entry_beyond_the_picture_is_refused() {
        let mut canvas = Canvas::new();
        assert_eq!(canvas.paint(&frame(Rect { x: 3, y: 0, width: 2, height: 1 }, &[7; 8])), Err(Malformed));
        assert_eq!(
            canvas.paint(&frame(Rect { x: 0, y: 65535, width: 1, height: 1 }, &[7; 4])),
            Err(Malformed)
        );
    }
}

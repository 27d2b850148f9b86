//! Pictures as the clipboard has them: device-independent bitmaps.

/// Largest side that is taken, in pixels.
const LARGEST: u32 = 4096;

/// A picture; rows from above, red, green and blue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Picture {
    pub(crate) width: u16,
    pub(crate) height: u16,
    pixels: Vec<[u8; 3]>,
}

impl Picture {
    /// The picture that the desktop copies: four fields, and a cross between them.
    pub(crate) fn of_ours() -> Self {
        let (width, height) = (160_u16, 100_u16);
        let pixel = |x: u16, y: u16| {
            if x.abs_diff(width / 2) < 3 || y.abs_diff(height / 2) < 3 {
                return [28, 32, 38];
            }
            match (x < width / 2, y < height / 2) {
                (true, true) => [214, 64, 58],
                (false, true) => [46, 160, 88],
                (true, false) => [52, 112, 214],
                (false, false) => [242, 190, 66],
            }
        };
        let pixels = (0..height).flat_map(|y| (0..width).map(move |x| pixel(x, y))).collect();
        Self { width, height, pixels }
    }

    /// The size it is shown at in a frame.
    pub(super) fn fitting(&self, width: u16, height: u16) -> (u16, u16) {
        let (own_width, own_height) = (u32::from(self.width), u32::from(self.height));
        let (width, height) = (u32::from(width), u32::from(height));
        let (fit_width, fit_height) = if own_width * height > own_height * width {
            (width, (own_height * width / own_width).max(1))
        } else {
            ((own_width * height / own_height).max(1), height)
        };
        (u16::try_from(fit_width).unwrap_or(1), u16::try_from(fit_height).unwrap_or(1))
    }

    /// The color at a place of the picture that is shown at a size.
    pub(super) fn pixel(&self, x: u16, y: u16, (width, height): (u16, u16)) -> [u8; 3] {
        let own = |place: u16, own: u16, shown: u16| {
            usize::from(place) * usize::from(own) / usize::from(shown.max(1))
        };
        let at = own(y, self.height, height) * usize::from(self.width) + own(x, self.width, width);
        self.pixels.get(at).copied().unwrap_or_default()
    }

    /// As `CF_DIB`: 24 bits, rows from below.
    pub(crate) fn to_dib(&self) -> Vec<u8> {
        let (width, height) = (u32::from(self.width), u32::from(self.height));
        let row = (width * 3).next_multiple_of(4) as usize;
        let mut dib = Vec::with_capacity(40 + row * usize::from(self.height));
        let mut number = |value: u32| dib.extend_from_slice(&value.to_le_bytes());
        number(40);
        number(width);
        number(height);
        // One plane, 24 bits.
        number(1 | (24 << 16));
        for value in [0, u32::try_from(row).unwrap_or_default() * height, 3780, 3780, 0, 0] {
            number(value);
        }
        for line in self.pixels.chunks_exact(usize::from(self.width)).rev() {
            let from = dib.len();
            dib.extend(line.iter().flat_map(|[red, green, blue]| [*blue, *green, *red]));
            dib.resize(from + row, 0);
        }
        dib
    }

    /// From `CF_DIB` or `CF_DIBV5` of 24 or 32 bits without compression.
    pub(crate) fn from_dib(dib: &[u8]) -> Option<Self> {
        let number = |at: usize| Some(u32::from_le_bytes(dib.get(at..at + 4)?.try_into().ok()?));
        let (head, width, height) = (number(0)? as usize, number(4)?, number(8)? as i32);
        let (bits, compression) = (number(12)? >> 16, number(16)?);
        let rows = height.unsigned_abs();
        let fits = (1..=LARGEST).contains(&width) && (1..=LARGEST).contains(&rows);
        let masks = match compression {
            0 => 0,
            // The masks stand behind the short head, and in the long ones.
            3 if bits == 32 => usize::from(head == 40) * 12,
            _ => return None,
        };
        if !fits || !matches!(bits, 24 | 32) || !matches!(head, 40 | 108 | 124) {
            return None;
        }
        let bytes = bits as usize / 8;
        let stride = (width as usize * bytes).next_multiple_of(4);
        let body = dib.get(head + masks..head + masks + stride * rows as usize)?;
        let mut lines: Vec<&[u8]> = body.chunks_exact(stride).collect();
        if height > 0 {
            lines.reverse();
        }
        let pixel = |pixel: &[u8]| [pixel[2], pixel[1], pixel[0]];
        let pixels = lines
            .into_iter()
            .flat_map(|line| line.chunks_exact(bytes).take(width as usize).map(pixel))
            .collect();
        Some(Self { width: u16::try_from(width).ok()?, height: u16::try_from(rows).ok()?, pixels })
    }
}

#[cfg(test)]
mod tests {
    use super::Picture;

    #[test]
    fn a_picture_comes_back_from_the_clipboard() {
        let picture = Picture::of_ours();
        let dib = picture.to_dib();
        assert_eq!(Picture::from_dib(&dib), Some(picture));
        for length in [0, 39, 40, dib.len() - 1] {
            assert_eq!(Picture::from_dib(&dib[..length]), None);
        }
    }
}

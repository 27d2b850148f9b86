//! Pictures: Windows' device-independent bitmaps on one side, pixels on the other.

use std::fmt;

/// Most pixels of a picture that goes from one side to the other.
pub const MAX_IMAGE_PIXELS: usize = 10_000_000;

/// Bytes of the headers ([MS-WMF] 2.2.2.3, and BITMAPV5HEADER).
const INFO: usize = 40;
const V5: usize = 124;
/// Kinds of packing.
const RGB: u32 = 0;
const BIT_FIELDS: u32 = 3;
/// `sRGB`, as a number.
const SRGB: u32 = 0x7352_4742;

/// Which of the two forms of a bitmap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// CF_DIB: no transparency, which is put on white.
    Plain,
    /// CF_DIBV5: with an alpha channel.
    V5,
}

/// A picture on a clipboard: rows from the top, each pixel as red, green, blue and alpha, 8 bits each.
#[derive(Clone, PartialEq, Eq)]
pub struct ClipboardImage {
    width: usize,
    height: usize,
    rgba: Vec<u8>,
}

impl fmt::Debug for ClipboardImage {
    /// Never shows the picture itself.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClipboardImage({} x {})", self.width, self.height)
    }
}

impl ClipboardImage {
    /// None for one of no pixels or more than [`MAX_IMAGE_PIXELS`], and where there are not four bytes for each.
    #[must_use]
    pub fn new(width: usize, height: usize, rgba: Vec<u8>) -> Option<Self> {
        let pixels = width.checked_mul(height).filter(|pixels| (1..=MAX_IMAGE_PIXELS).contains(pixels))?;
        (rgba.len() == pixels * 4).then_some(Self { width, height, rgba })
    }

    /// In pixels.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// In pixels.
    #[must_use]
    pub fn height(&self) -> usize {
        self.height
    }

    /// Its pixels.
    #[must_use]
    pub fn rgba(&self) -> &[u8] {
        &self.rgba
    }
}

/// A picture as a bitmap.
pub(super) fn to_dib(image: &ClipboardImage, form: Form) -> Option<Vec<u8>> {
    let size = match form {
        Form::Plain => INFO,
        Form::V5 => V5,
    };
    let mut out = Vec::with_capacity(size + image.rgba.len());
    let mut put = |value: u32| out.extend(value.to_le_bytes());
    put(u32::try_from(size).ok()?);
    put(u32::try_from(image.width).ok()?);
    // Rows come from the bottom, which every program reads.
    put(u32::try_from(image.height).ok()?);
    // One plane, 32 bits.
    put(1 | 32 << 16);
    put(if form == Form::V5 { BIT_FIELDS } else { RGB });
    put(u32::try_from(image.rgba.len()).ok()?);
    // Resolution and colours of a palette: none.
    [0; 4].into_iter().for_each(&mut put);
    if form == Form::V5 {
        [0x00FF_0000, 0x0000_FF00, 0x0000_00FF, 0xFF00_0000, SRGB].into_iter().for_each(&mut put);
        // Ends, gamma, intent, profile, reserved.
        [0; 16].into_iter().for_each(&mut put);
    }
    for row in image.rgba.chunks_exact(image.width * 4).rev() {
        for pixel in row.chunks_exact(4) {
            let &[red, green, blue, alpha] = pixel else { return None };
            match form {
                Form::V5 => out.extend([blue, green, red, alpha]),
                Form::Plain => {
                    let over = |part: u8| {
                        let part =
                            (u32::from(part) * u32::from(alpha) + 255 * (255 - u32::from(alpha))) / 255;
                        u8::try_from(part).unwrap_or(u8::MAX)
                    };
                    out.extend([over(blue), over(green), over(red), u8::MAX]);
                }
            }
        }
    }
    Some(out)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at + 2)?.try_into().ok().map(u16::from_le_bytes)
}

/// How pixels of a bitmap are to be read.
enum Reading<'a> {
    /// By the colours of a palette: blue, green, red, and a byte that means nothing.
    Palette(&'a [u8]),
    /// By the bits for red, green, blue and alpha.
    Masks([u32; 4]),
}

/// A bitmap as a picture.
pub(super) fn from_dib(dib: &[u8]) -> Option<ClipboardImage> {
    let header = usize::try_from(u32_at(dib, 0)?).ok()?;
    if !(INFO..=V5).contains(&header) {
        return None;
    }
    let width = usize::try_from(i32::from_le_bytes(dib.get(4..8)?.try_into().ok()?)).ok()?;
    let signed = i32::from_le_bytes(dib.get(8..12)?.try_into().ok()?);
    let height = usize::try_from(signed.unsigned_abs()).ok()?;
    if width == 0 || height == 0 || width.checked_mul(height)? > MAX_IMAGE_PIXELS {
        return None;
    }
    let (bits, packing, used) = (u16_at(dib, 14)?, u32_at(dib, 16)?, u32_at(dib, 32)?);
    let mut start = header;
    let reading = match (bits, packing) {
        (1 | 4 | 8, RGB) => {
            let colors = if used == 0 { 1 << bits } else { usize::try_from(used).ok()?.min(256) };
            let palette = dib.get(start..start + colors * 4)?;
            start += colors * 4;
            Reading::Palette(palette)
        }
        (16, RGB) => Reading::Masks([0x7C00, 0x03E0, 0x001F, 0]),
        (24 | 32, RGB) => Reading::Masks([0x00FF_0000, 0x0000_FF00, 0x0000_00FF, 0]),
        (16 | 32, BIT_FIELDS) => {
            // They follow the short header, and are part of the long ones.
            let mask = |at: usize| u32_at(dib, INFO + at);
            let alpha = if header >= 56 { mask(12)? } else { 0 };
            if header == INFO {
                start += 12;
            }
            Reading::Masks([mask(0)?, mask(4)?, mask(8)?, alpha])
        }
        _ => return None,
    };
    let stride = (width * usize::from(bits)).div_ceil(32) * 4;
    let rows = dib.get(start..start.checked_add(stride.checked_mul(height)?)?)?;
    let mut data = Vec::with_capacity(width * height * 4);
    let mut rows: Vec<_> = rows.chunks_exact(stride).collect();
    if signed > 0 {
        rows.reverse();
    }
    for row in rows {
        for column in 0..width {
            data.extend(pixel(row, column, bits, &reading)?);
        }
    }
    // Many programs leave the alpha of all pixels at nothing.
    if data.chunks_exact(4).all(|pixel| pixel.last() == Some(&0)) {
        data.chunks_exact_mut(4).filter_map(<[u8]>::last_mut).for_each(|alpha| *alpha = u8::MAX);
    }
    ClipboardImage::new(width, height, data)
}

fn pixel(row: &[u8], column: usize, bits: u16, reading: &Reading<'_>) -> Option<[u8; 4]> {
    let bits = usize::from(bits);
    match reading {
        Reading::Palette(palette) => {
            let at = column * bits;
            let byte = *row.get(at / 8)?;
            let index = usize::from(byte >> (8 - bits - at % 8)) & ((1 << bits) - 1);
            // A colour that is not in the palette is black.
            Some(match palette.get(index * 4..index * 4 + 3) {
                Some(&[blue, green, red]) => [red, green, blue, u8::MAX],
                _ => [0, 0, 0, u8::MAX],
            })
        }
        Reading::Masks([red, green, blue, alpha]) => {
            let bytes = row.get(column * bits / 8..(column + 1) * bits / 8)?;
            let value = bytes.iter().rev().fold(0, |value, byte| value << 8 | u32::from(*byte));
            let alpha = if *alpha == 0 { u8::MAX } else { part(value, *alpha) };
            Some([part(value, *red), part(value, *green), part(value, *blue), alpha])
        }
    }
}

/// The bits of a mask, brought to eight.
fn part(value: u32, mask: u32) -> u8 {
    if mask == 0 {
        return 0;
    }
    let low = mask.trailing_zeros();
    let (value, most) = (u64::from((value & mask) >> low), u64::from(mask >> low));
    u8::try_from((value * 255 + most / 2) / most).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{ClipboardImage, Form, MAX_IMAGE_PIXELS, from_dib, to_dib};

    fn image() -> ClipboardImage {
        ClipboardImage::new(2, 2, TWO_BY_TWO.to_vec()).expect("a picture")
    }

    fn header(size: u32, width: i32, height: i32, bits: u16, packing: u32, used: u32) -> Vec<u8> {
        let mut out = Vec::new();
        out.extend(size.to_le_bytes());
        out.extend(width.to_le_bytes());
        out.extend(height.to_le_bytes());
        out.extend(1_u16.to_le_bytes());
        out.extend(bits.to_le_bytes());
        for value in [packing, 0, 0, 0, used, 0] {
            out.extend(value.to_le_bytes());
        }
        out
    }

    const TWO_BY_TWO: [u8; 16] = [255, 0, 0, 255, 0, 255, 0, 128, 0, 0, 255, 0, 10, 20, 30, 255];

    #[test]
    fn a_picture_with_alpha_goes_there_and_back() {
        let dib = to_dib(&image(), Form::V5).expect("a bitmap");
        assert_eq!(dib.len(), 124 + 16);
        assert_eq!(from_dib(&dib), Some(image()));
    }

    #[test]
    fn without_alpha_it_is_put_on_white() {
        let dib = to_dib(&image(), Form::Plain).expect("a bitmap");
        let back = from_dib(&dib).expect("it is read");
        assert_eq!(back.rgba, [255, 0, 0, 255, 127, 255, 127, 255, 255, 255, 255, 255, 10, 20, 30, 255]);
    }

    #[test]
    fn a_picture_has_pixels_and_not_too_many() {
        assert!(ClipboardImage::new(0, 1, vec![]).is_none());
        assert!(ClipboardImage::new(1, 1, vec![0; 3]).is_none());
        assert!(ClipboardImage::new(usize::MAX, 2, vec![0; 8]).is_none());
        assert!(ClipboardImage::new(MAX_IMAGE_PIXELS + 1, 1, vec![]).is_none());
        assert_eq!(format!("{:?}", image()), "ClipboardImage(2 x 2)");
    }

    #[test]
    fn bitmaps_of_other_depths_are_read() {
        // 24 bits, from the bottom, rows of 4 bytes' multiples.
        let mut dib = header(40, 1, 2, 24, 0, 0);
        dib.extend([3, 2, 1, 0, 6, 5, 4, 0]);
        assert_eq!(from_dib(&dib).expect("24 bits").rgba, [4, 5, 6, 255, 1, 2, 3, 255]);
        // 8 bits with a palette of two, from the top; the third colour is not there.
        let mut dib = header(40, 3, -1, 8, 0, 2);
        dib.extend([0, 0, 0, 0, 30, 20, 10, 0, 1, 0, 9, 0]);
        assert_eq!(from_dib(&dib).expect("8 bits").rgba, [10, 20, 30, 255, 0, 0, 0, 255, 0, 0, 0, 255]);
        // 1 bit.
        let mut dib = header(40, 3, 1, 1, 0, 0);
        dib.extend([0, 0, 0, 0, 255, 255, 255, 0, 0b1010_0000, 0, 0, 0]);
        assert_eq!(
            from_dib(&dib).expect("1 bit").rgba,
            [255, 255, 255, 255, 0, 0, 0, 255, 255, 255, 255, 255]
        );
        // 16 bits, 5 and 6 and 5, by masks after the header.
        let mut dib = header(40, 2, 1, 16, 3, 0);
        for mask in [0xF800_u32, 0x07E0, 0x001F] {
            dib.extend(mask.to_le_bytes());
        }
        dib.extend([0x00, 0xF8, 0xE0, 0x07]);
        assert_eq!(from_dib(&dib).expect("16 bits").rgba, [255, 0, 0, 255, 0, 255, 0, 255]);
        // 32 bits whose fourth byte means nothing.
        let mut dib = header(40, 1, 1, 32, 0, 0);
        dib.extend([3, 2, 1, 0]);
        assert_eq!(from_dib(&dib).expect("32 bits").rgba, [1, 2, 3, 255]);
    }

    #[test]
    fn what_is_too_large_or_cut_is_refused() {
        let side = i32::try_from(MAX_IMAGE_PIXELS.isqrt() + 1).expect("it fits");
        assert!(from_dib(&header(40, side, side, 1, 0, 0)).is_none());
        assert!(from_dib(&header(40, 0, 1, 32, 0, 0)).is_none());
        assert!(from_dib(&header(40, 1, i32::MIN, 32, 0, 0)).is_none());
        let whole = to_dib(&image(), Form::V5).expect("a bitmap");
        for length in 0..whole.len() {
            assert!(whole.get(..length).and_then(from_dib).is_none(), "{length}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(
            size in prop_oneof![Just(40_u32), Just(52), Just(56), Just(124)],
            (width, height) in (-3..70_i32, -3..70_i32),
            bits in prop_oneof![Just(1_u16), Just(4), Just(8), Just(16), Just(24), Just(32), any::<u16>()],
            packing in 0..5_u32,
            used in prop_oneof![0..300_u32, any::<u32>()],
            rest in prop::collection::vec(any::<u8>(), 0..2000),
        ) {
            let mut dib = header(size, width, height, bits, packing, used);
            dib.extend(rest);
            let _ = from_dib(&dib);
        }
    }
}

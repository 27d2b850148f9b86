//! The same updates drawn here and by the library, which draws them more slowly: the pictures have to be the same.

use ironrdp_core::{WriteBuf, encode_vec};
use ironrdp_graphics::{
    image_processing::PixelFormat,
    rdp6::{BitmapStreamEncoder, RgbAChannels, RgbChannels},
    rlgr,
};
use ironrdp_pdu::{
    bitmap::{BitmapData, BitmapUpdateData, Compression},
    codecs::rfx::{
        Block, ChannelsPdu, CodecChannel, CodecVersionsPdu, ContextPdu, EntropyAlgorithm, FrameBeginPdu,
        FrameEndPdu, OperatingMode, Quant, RegionPdu, RfxChannel, RfxRectangle, SyncPdu, Tile, TileSetPdu,
    },
    fast_path::{EncryptionFlags, FastPathHeader, FastPathUpdatePdu, Fragmentation, UpdateCode},
    geometry::{ExclusiveRectangle, InclusiveRectangle},
    surface_commands::{ExtendedBitmapDataPdu, SurfaceBitsPdu, SurfaceCommand},
};
use ironrdp_session::{
    fast_path::{Processor, ProcessorBuilder},
    image::DecodedImage,
};
use proptest::prelude::*;

use super::{Drawn, Painter, Picture, Undrawn};
use crate::updates::Drawing;

const WIDTH: u16 = 150;
const HEIGHT: u16 = 90;

/// Both sides of the comparison.
struct Both {
    painter: Painter,
    picture: Picture,
    processor: Processor,
    image: DecodedImage,
}

impl Both {
    fn new() -> Self {
        let builder = ProcessorBuilder {
            io_channel_id: 1003,
            user_channel_id: 1007,
            share_id: 1,
            enable_server_pointer: true,
            pointer_software_rendering: false,
        };
        Self {
            painter: Painter::new(),
            picture: Picture::new(WIDTH, HEIGHT),
            processor: builder.build(),
            image: DecodedImage::new(PixelFormat::RgbA32, WIDTH, HEIGHT),
        }
    }

    /// Draws an update on both sides, and compares. False when one of them has refused it: then it may have been drawn in
    /// part.
    fn draw(&mut self, code: UpdateCode, data: &[u8]) -> bool {
        let drawing = match code {
            UpdateCode::Bitmap => Drawing::Bitmaps(data.into()),
            UpdateCode::Palette => Drawing::Palette(data.into()),
            _ => Drawing::Surfaces(data.into()),
        };
        let ours = self.painter.draw(&mut self.picture, &[drawing], Drawn::Seen);
        let update = FastPathUpdatePdu {
            fragmentation: Fragmentation::Single,
            update_code: code,
            compression_flags: None,
            compression_type: None,
            data,
        };
        let update = encode_vec(&update).expect("it is short");
        let mut unit =
            encode_vec(&FastPathHeader::new(EncryptionFlags::empty(), update.len())).expect("it is short");
        unit.extend(update);
        let theirs = self.processor.process(&mut self.image, &unit, &mut WriteBuf::new(), &mut None);
        if theirs.is_err() || matches!(ours, Err(Undrawn::Exceeded(_))) {
            return false;
        }
        assert!(!ours.expect("the library draws it").skipped);
        let color = |pixels: &[u8]| -> Vec<[u8; 3]> {
            pixels.as_chunks::<4>().0.iter().map(|[red, green, blue, _]| [*red, *green, *blue]).collect()
        };
        let differ = color(self.picture.data())
            .into_iter()
            .zip(color(self.image.data()))
            .position(|(one, other)| one != other);
        assert_eq!(differ.map(|at| (at % usize::from(WIDTH), at / usize::from(WIDTH))), None, "first pixel");
        assert!(self.picture.data().as_chunks::<4>().0.iter().all(|pixel| pixel[3] == 255));
        true
    }
}

/// A bitmap, how it is packed, and what is done to its bytes.
#[derive(Debug, Clone)]
struct Sample {
    left: u16,
    top: u16,
    size: (u16, u16),
    /// How much wider it is than its place, and how much higher, which is not allowed.
    wider: u16,
    higher: u16,
    depth: u16,
    packing: Packing,
    /// What its pixels are made of, and how long each color lasts.
    seed: u32,
    run: u32,
    harm: Harm,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Packing {
    None,
    Packed,
    Alpha,
    Planes,
}

#[derive(Debug, Clone)]
enum Harm {
    None,
    Cut(prop::sample::Index),
    Longer(Vec<u8>),
    Changed(prop::sample::Index, u8),
    Head(usize, u8),
    Garbage(Vec<u8>),
}

fn harm() -> impl Strategy<Value = Harm> {
    prop_oneof![
        6 => Just(Harm::None),
        1 => any::<prop::sample::Index>().prop_map(Harm::Cut),
        1 => prop::collection::vec(any::<u8>(), 1..9).prop_map(Harm::Longer),
        1 => (any::<prop::sample::Index>(), any::<u8>()).prop_map(|(at, value)| Harm::Changed(at, value)),
        1 => prop::collection::vec(any::<u8>(), 0..200).prop_map(Harm::Garbage),
    ]
}

/// Harm that leaves a tile's planes as they are.
fn structural() -> impl Strategy<Value = Harm> {
    harm().prop_map(|harm| match harm {
        Harm::Changed(at, value) => Harm::Head(at.index(80), value),
        other => other,
    })
}

impl Harm {
    fn to(&self, mut bytes: Vec<u8>) -> Vec<u8> {
        match self {
            Self::None => {}
            Self::Cut(at) => bytes.truncate(at.index(bytes.len() + 1)),
            Self::Longer(more) => bytes.extend(more),
            Self::Changed(at, value) if !bytes.is_empty() => {
                let at = at.index(bytes.len());
                bytes[at] = *value;
            }
            Self::Head(at, value) if *at < bytes.len() => bytes[*at] = *value,
            Self::Changed(..) | Self::Head(..) => {}
            Self::Garbage(other) => bytes.clone_from(other),
        }
        bytes
    }
}

fn sample() -> impl Strategy<Value = Sample> {
    let place = (0..WIDTH + 4, 0..HEIGHT + 4, 1..46_u16, 1..46_u16);
    let larger =
        (prop_oneof![3 => Just(0_u16), 1 => 0..9_u16], prop_oneof![9 => Just(0_u16), 1 => Just(1_u16)]);
    let depth = prop::sample::select(vec![8_u16, 15, 16, 24, 32, 32, 32, 4]);
    let packing = prop::sample::select(vec![
        Packing::None,
        Packing::Packed,
        Packing::Packed,
        Packing::Alpha,
        Packing::Planes,
    ]);
    let pixels = (any::<u32>(), prop::sample::select(vec![1_u32, 3, 17, 60, 500]));
    (place, larger, depth, packing, pixels, harm()).prop_map(
        |((left, top, width, height), (wider, higher), depth, packing, (seed, run), harm)| Sample {
            left,
            top,
            size: (width, height),
            wider,
            higher,
            depth,
            packing,
            seed,
            run,
            harm,
        },
    )
}

impl Sample {
    fn side(&self) -> (u16, u16) {
        (self.size.0 + self.wider, self.size.1 + self.higher)
    }

    fn rectangle(&self) -> InclusiveRectangle {
        InclusiveRectangle {
            left: self.left,
            top: self.top,
            right: self.left + self.size.0 - 1,
            bottom: self.top + self.size.1 - 1,
        }
    }

    /// Rows of so many bytes, in which each color lasts for a while.
    fn rows(&self, pixel: usize) -> Vec<Vec<u8>> {
        let (width, height) = self.side();
        let mut state = self.seed;
        let mut color = [0; 4];
        let mut left = 0;
        let mut next = || {
            if left == 0 {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                color = state.to_be_bytes();
                left = self.run;
            }
            left -= 1;
            color
        };
        (0..height).map(|_| (0..width).flat_map(|_| next()[..pixel].to_vec()).collect()).collect()
    }

    fn bytes(&self) -> Vec<u8> {
        let pixel = usize::from(self.depth.div_ceil(8));
        let rows = self.rows(pixel);
        let (width, height) = (usize::from(self.side().0), usize::from(self.side().1));
        let bytes = match (self.packing, self.depth) {
            (Packing::None, _) => rows
                .into_iter()
                .flat_map(|mut row| {
                    row.resize(row.len().next_multiple_of(4), 0x55);
                    row
                })
                .collect(),
            (packing, 32) => {
                let mut encoder = BitmapStreamEncoder::new(width, height);
                let mut out = vec![0; width * height * 8 + 100];
                let pixels = rows.concat();
                let rle = packing != Packing::Planes;
                let length = if packing == Packing::Alpha {
                    encoder.encode_bitmap_alpha::<RgbAChannels>(&pixels, &mut out, rle)
                } else {
                    let rgb: Vec<u8> =
                        pixels.as_chunks::<4>().0.iter().flat_map(|pixel| pixel[..3].to_vec()).collect();
                    encoder.encode_bitmap::<RgbChannels>(&rgb, &mut out, rle)
                };
                out.truncate(length.expect("there is room"));
                out
            }
            // Orders that carry colors as they are ([MS-RDPBCGR] 2.2.9.1.1.3.1.2.4).
            _ => {
                const COLOR_IMAGE: u8 = 0x80;
                let pixels = rows.concat();
                let orders = pixels.chunks(31 * pixel);
                orders
                    .flat_map(|order| {
                        let count = u8::try_from(order.len() / pixel).expect("at most 31");
                        [&[COLOR_IMAGE | count][..], order].concat()
                    })
                    .collect()
            }
        };
        self.harm.to(bytes)
    }
}

fn bitmaps(samples: &[Sample]) -> Vec<u8> {
    let bytes: Vec<_> = samples.iter().map(Sample::bytes).collect();
    let rectangles = samples.iter().zip(&bytes).map(|(sample, bytes)| BitmapData {
        rectangle: sample.rectangle(),
        width: sample.side().0,
        height: sample.side().1,
        bits_per_pixel: sample.depth,
        compression_flags: match sample.packing {
            Packing::None => Compression::empty(),
            _ => Compression::BITMAP_COMPRESSION | Compression::NO_BITMAP_COMPRESSION_HDR,
        },
        compressed_data_header: None,
        bitmap_data: bytes,
    });
    encode_vec(&BitmapUpdateData { rectangles: rectangles.collect() }).expect("it is short")
}

fn surface(destination: ExclusiveRectangle, bpp: u8, codec_id: u8, data: &[u8]) -> Vec<u8> {
    let bits = SurfaceBitsPdu {
        extended_bitmap_data: ExtendedBitmapDataPdu {
            bpp,
            codec_id,
            width: destination.right - destination.left,
            height: destination.bottom - destination.top,
            header: None,
            data,
        },
        destination,
    };
    encode_vec(&SurfaceCommand::SetSurfaceBits(bits)).expect("it is short")
}

/// Parts of a tile's plane that are not 0, by their place.
type Plane = Vec<(usize, i16)>;

fn packed(plane: &Plane, entropy: EntropyAlgorithm) -> Vec<u8> {
    let mut parts = vec![0; 4096];
    for (at, value) in plane {
        parts[*at] = *value;
    }
    let mut packed = vec![0; 16_384];
    let length = rlgr::encode(entropy, &parts, &mut packed).expect("there is room");
    packed.truncate(length);
    packed
}

/// A message of RemoteFX for a place: with what comes before the first frame, or without.
#[derive(Debug, Clone)]
struct Film {
    place: (u16, u16, u16, u16),
    rectangles: Vec<(u16, u16, u16, u16)>,
    tiles: Vec<(u16, u16, [Plane; 3])>,
    quants: Vec<u8>,
    entropy: bool,
}

/// With so many rectangles at most: of those that touch one another the library draws pixels that lie in none.
fn film(rectangles: usize) -> impl Strategy<Value = Film> {
    // Few and small parts: more than a plane can hold overflows in the library, which counts where overflows are looked for.
    let plane = || prop::collection::vec((0..4096_usize, -4..5_i16), 0..6);
    let place = (0..80_u16, 0..40_u16)
        .prop_flat_map(|(left, top)| (Just(left), Just(top), 1..=WIDTH - left, 1..=HEIGHT - top));
    let rectangle = (0..140_u16, 0..80_u16, 1..140_u16, 1..80_u16);
    let tile = (0..3_u16, 0..3_u16, [plane(), plane(), plane()]);
    (
        place,
        prop::collection::vec(rectangle, 0..=rectangles),
        prop::collection::vec(tile, 0..5),
        prop::collection::vec(6..8_u8, 10),
        any::<bool>(),
    )
        .prop_map(|(place, rectangles, tiles, quants, entropy)| Film {
            place,
            rectangles,
            tiles,
            quants,
            entropy,
        })
}

impl Film {
    fn destination(&self) -> ExclusiveRectangle {
        let (left, top, width, height) = self.place;
        ExclusiveRectangle { left, top, right: left + width, bottom: top + height }
    }

    fn bytes(&self, headers: bool) -> Vec<u8> {
        let (_, _, width, height) = self.place;
        let side = |value: u16| i16::try_from(value).expect("it is small");
        let entropy_algorithm = if self.entropy { EntropyAlgorithm::Rlgr1 } else { EntropyAlgorithm::Rlgr3 };
        let [ll3, lh3, hl3, hh3, lh2, hl2, hh2, lh1, hl1, hh1] =
            self.quants.clone().try_into().expect("there are ten");
        let quants = vec![Quant { ll3, lh3, hl3, hh3, lh2, hl2, hh2, lh1, hl1, hh1 }];
        let planes: Vec<[Vec<u8>; 3]> = self
            .tiles
            .iter()
            .map(|(_, _, planes)| std::array::from_fn(|at| packed(&planes[at], entropy_algorithm)))
            .collect();
        let tiles = self.tiles.iter().zip(&planes).map(|((x, y, _), [y_data, cb_data, cr_data])| Tile {
            y_quant_index: 0,
            cb_quant_index: 0,
            cr_quant_index: 0,
            x: *x,
            y: *y,
            y_data,
            cb_data,
            cr_data,
        });
        // The library takes those beyond the surface for its last pixels.
        let rectangles = self.rectangles.iter().map(|&(x, y, w, h)| RfxRectangle {
            x: x % width,
            y: y % height,
            width: w,
            height: h,
        });
        let head = [
            Block::Sync(SyncPdu),
            Block::CodecVersions(CodecVersionsPdu),
            Block::Channels(ChannelsPdu(vec![RfxChannel { width: side(width), height: side(height) }])),
            Block::CodecChannel(CodecChannel::Context(ContextPdu {
                flags: OperatingMode::IMAGE_MODE,
                entropy_algorithm,
            })),
        ];
        let frame = [
            CodecChannel::FrameBegin(FrameBeginPdu { index: 0, number_of_regions: 1 }),
            CodecChannel::Region(RegionPdu { rectangles: rectangles.collect() }),
            CodecChannel::TileSet(TileSetPdu { entropy_algorithm, quants, tiles: tiles.collect() }),
            CodecChannel::FrameEnd(FrameEndPdu),
        ];
        let blocks = head.into_iter().filter(|_| headers).chain(frame.into_iter().map(Block::CodecChannel));
        blocks.flat_map(|block| encode_vec(&block).expect("it is short")).collect()
    }
}

const REMOTE_FX: u8 = 3;

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn bitmaps_are_drawn_as_the_library_draws_them(
        colors in prop::option::of(prop::collection::vec(any::<u8>(), 768)),
        updates in prop::collection::vec((prop::collection::vec(sample(), 0..4), harm()), 1..4),
    ) {
        let mut both = Both::new();
        // The library begins with colors that no server goes by.
        let colors = colors.unwrap_or_else(|| vec![7; 768]);
        both.draw(UpdateCode::Palette, &[&[2, 0, 0, 0, 0, 1, 0, 0][..], &colors].concat());
        for (samples, harm) in &updates {
            if !both.draw(UpdateCode::Bitmap, &harm.to(bitmaps(samples))) {
                break;
            }
        }
    }

    #[test]
    fn surfaces_that_are_not_packed_are_drawn_as_the_library_draws_them(sample in sample()) {
        let mut both = Both::new();
        both.draw(UpdateCode::Palette, &[&[2, 0, 0, 0, 0, 1, 0, 0][..], &[9; 768]].concat());
        let sample = Sample { wider: 0, higher: 0, packing: Packing::None, ..sample };
        let rows = sample.rows(usize::from(sample.depth.div_ceil(8))).concat();
        let rectangle = sample.rectangle();
        let destination = ExclusiveRectangle {
            left: rectangle.left,
            top: rectangle.top,
            right: rectangle.right + 1,
            bottom: rectangle.bottom + 1,
        };
        let depth = u8::try_from(sample.depth).expect("it is small");
        both.draw(UpdateCode::SurfaceCommands, &surface(destination, depth, 0, &sample.harm.to(rows)));
    }

    #[test]
    fn remote_fx_is_drawn_as_the_library_draws_it(films in prop::collection::vec(film(1), 1..4)) {
        let mut both = Both::new();
        for film in &films {
            let data = surface(film.destination(), 32, REMOTE_FX, &film.bytes(true));
            let with_headers = both.draw(UpdateCode::SurfaceCommands, &data);
            let data = surface(film.destination(), 32, REMOTE_FX, &film.bytes(false));
            if !(with_headers && both.draw(UpdateCode::SurfaceCommands, &data)) {
                break;
            }
        }
    }

    #[test]
    fn only_what_lies_in_a_rectangle_is_drawn(film in film(5)) {
        let drawn = |film: &Film| {
            let mut picture = Picture::new(WIDTH, HEIGHT);
            let data = surface(film.destination(), 32, REMOTE_FX, &film.bytes(true));
            let drawing = [Drawing::Surfaces(data.into())];
            Painter::new().draw(&mut picture, &drawing, Drawn::Seen).expect("it is whole");
            picture.data().as_chunks::<4>().0.to_vec()
        };
        prop_assume!(!film.rectangles.is_empty());
        let whole = drawn(&Film { rectangles: Vec::new(), ..film.clone() });
        let (left, top, width, height) = film.place;
        let inside = |x: u16, y: u16| {
            film.rectangles.iter().any(|&(from_x, from_y, w, h)| {
                let (from_x, from_y) = (left + from_x % width, top + from_y % height);
                (from_x..from_x + w).contains(&x) && (from_y..from_y + h).contains(&y)
            })
        };
        let places = (0..HEIGHT).flat_map(|y| (0..WIDTH).map(move |x| (x, y)));
        for ((x, y), (pixel, of_whole)) in places.zip(drawn(&film).into_iter().zip(whole)) {
            assert_eq!(pixel, if inside(x, y) { of_whole } else { super::BLACK }, "{x} {y}");
        }
    }

    #[test]
    fn whatever_is_harmed_is_drawn_or_refused(
        film in film(4),
        command in structural(),
        message in structural(),
        place in (any::<u16>(), any::<u16>(), any::<u16>(), any::<u16>()),
    ) {
        let mut painter = Painter::new();
        let mut picture = Picture::new(WIDTH, HEIGHT);
        let (left, top, right, bottom) = place;
        for destination in [film.destination(), ExclusiveRectangle { left, top, right, bottom }] {
            let bits = SurfaceBitsPdu {
                extended_bitmap_data: ExtendedBitmapDataPdu {
                    bpp: 32,
                    codec_id: REMOTE_FX,
                    width: 1,
                    height: 1,
                    header: None,
                    data: &message.to(film.bytes(true)),
                },
                destination,
            };
            let bits = encode_vec(&SurfaceCommand::StreamSurfaceBits(bits)).expect("it is short");
            let _ = painter.draw(&mut picture, &[Drawing::Surfaces(command.to(bits).into())], Drawn::Seen);
        }
    }

    #[test]
    fn what_nobody_sees_changes_nothing_now_and_what_comes_later_is_drawn(films in prop::collection::vec(film(1), 1..3)) {
        let mut both = Both::new();
        let before = both.picture.data().to_vec();
        for film in &films {
            let data = surface(film.destination(), 32, REMOTE_FX, &film.bytes(true));
            let drawing = [Drawing::Surfaces(data.as_slice().into())];
            let outcome = both.painter.draw(&mut both.picture, &drawing, Drawn::Skipped).expect("it is whole");
            assert!(outcome.skipped && both.picture.damage.is_empty());
        }
        assert_eq!(both.picture.data(), before);
        // Without its headers, which came while nobody looked.
        let last = films.last().expect("there is one");
        let data = surface(last.destination(), 32, REMOTE_FX, &last.bytes(false));
        let drawing = [Drawing::Surfaces(data.into())];
        both.painter.draw(&mut both.picture, &drawing, Drawn::Seen).expect("it is whole");
        let data = surface(last.destination(), 32, REMOTE_FX, &last.bytes(true));
        let seen = both.picture.data().to_vec();
        assert!(both.draw(UpdateCode::SurfaceCommands, &data));
        assert_eq!(both.picture.data(), seen);
    }
}

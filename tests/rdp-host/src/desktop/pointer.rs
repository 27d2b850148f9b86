//! Shapes of the mouse pointer.

use ironrdp_server::{DisplayUpdate, RGBAPointer};

/// What the pointer looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pointer {
    Arrow,
    /// Over text.
    Beam,
    /// Over a button.
    Hand,
    /// Over what can be drawn on.
    Cross,
}

const SIDE: u16 = 32;

const BEAM: &[&str] = &[
    "###.###", "#######", "...#...", "...#...", "...#...", "...#...", "...#...", "...#...", "...#...",
    "...#...", "...#...", "...#...", "...#...", "...#...", "...#...", "#######", "###.###",
];

const HAND: &[&str] = &[
    "....##..........",
    "...#oo#.........",
    "...#oo#.........",
    "...#oo#.........",
    "...#oo###.......",
    "...#oo#oo###....",
    "...#oo#oo#oo##..",
    "##.#oo#oo#oo#o#.",
    "#o##oooooooo#o#.",
    "#oo#oooooooooo#.",
    ".#ooooooooooooo#",
    "..#oooooooooooo#",
    "...#ooooooooooo#",
    "...#oooooooooo#.",
    "....#ooooooooo#.",
    ".....#ooooooo#..",
    ".....#########..",
];

const CROSS: &[&str] = &[
    ".........o.........",
    ".........#.........",
    ".........#.........",
    ".........#.........",
    ".........#.........",
    ".........#.........",
    ".........#.........",
    "...................",
    "...................",
    "o######.....######o",
    "...................",
    "...................",
    ".........#.........",
    ".........#.........",
    ".........#.........",
    ".........#.........",
    ".........#.........",
    ".........#.........",
    ".........o.........",
];

impl Pointer {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Arrow => "arrow",
            Self::Beam => "beam",
            Self::Hand => "hand",
            Self::Cross => "cross",
        }
    }

    /// The message that shows it.
    pub(crate) fn update(self) -> DisplayUpdate {
        let (cache_index, shape, hot_x, hot_y) = match self {
            Self::Arrow => return DisplayUpdate::DefaultPointer,
            Self::Beam => (1, BEAM, 3, 8),
            Self::Hand => (2, HAND, 4, 0),
            Self::Cross => (3, CROSS, 9, 9),
        };
        let mut data = vec![0; usize::from(SIDE) * usize::from(SIDE) * 4];
        for (y, row) in shape.iter().enumerate() {
            for (x, dot) in row.bytes().enumerate() {
                let color = match dot {
                    b'#' => [28, 24, 20, 255],
                    b'o' => [255, 255, 255, 255],
                    _ => continue,
                };
                // Rows from below, blue first.
                let at = ((usize::from(SIDE) - 1 - y) * usize::from(SIDE) + x) * 4;
                if let Some(pixel) = data.get_mut(at..at + 4) {
                    pixel.copy_from_slice(&color);
                }
            }
        }
        DisplayUpdate::RGBAPointer(RGBAPointer { cache_index, width: SIDE, height: SIDE, hot_x, hot_y, data })
    }
}

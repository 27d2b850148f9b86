//! Which parts of the picture have changed since it was last painted.

/// Width and height of a tile, in pixels. Changes are kept by tile, so that any number of them costs the same.
pub const TILE: u16 = 64;
/// Above this many rectangles one full picture is cheaper to send and to paint.
pub const MAX_RECTANGLES: usize = 64;
/// Above this share of the picture, in percent, the whole is sent.
pub const FULL_ABOVE_PERCENT: u64 = 60;

/// A rectangle of pixels within a picture; never empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rect {
    /// Left edge.
    pub x: u16,
    /// Top edge.
    pub y: u16,
    /// Width, at least 1.
    pub width: u16,
    /// Height, at least 1.
    pub height: u16,
}

impl Rect {
    /// How many pixels it holds.
    #[must_use]
    pub fn area(self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }
}

/// What has to be painted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changed {
    /// The whole picture.
    Full,
    /// These rectangles, which do not overlap.
    Rects(Vec<Rect>),
}

/// The changed tiles of a picture. Its memory depends on the picture's size alone.
#[derive(Debug, Clone)]
pub struct Damage {
    width: u16,
    height: u16,
    columns: usize,
    tiles: Vec<bool>,
    any: bool,
}

impl Damage {
    /// Nothing has changed yet.
    #[must_use]
    pub fn new(width: u16, height: u16) -> Self {
        let columns = usize::from(width.div_ceil(TILE));
        let rows = usize::from(height.div_ceil(TILE));
        Self { width, height, columns, tiles: vec![false; columns * rows], any: false }
    }

    /// Whether nothing has changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.any
    }

    /// Adds a rectangle; what lies outside the picture does not count.
    pub fn add(&mut self, rect: Rect) {
        let right = rect.x.saturating_add(rect.width).min(self.width);
        let bottom = rect.y.saturating_add(rect.height).min(self.height);
        if rect.x >= right || rect.y >= bottom {
            return;
        }
        let columns = usize::from(rect.x / TILE)..usize::from(right.div_ceil(TILE));
        for row in usize::from(rect.y / TILE)..usize::from(bottom.div_ceil(TILE)) {
            let line = row * self.columns;
            if let Some(tiles) = self.tiles.get_mut(line + columns.start..line + columns.end) {
                tiles.fill(true);
                self.any = true;
            }
        }
    }

    /// Marks the whole picture.
    pub fn add_all(&mut self) {
        self.tiles.fill(true);
        self.any = !self.tiles.is_empty();
    }

    /// Takes what has changed, as few rectangles that do not overlap; nothing is changed afterwards.
    pub fn take(&mut self) -> Option<Changed> {
        if !self.any {
            return None;
        }
        let rects = self.merged();
        self.tiles.fill(false);
        self.any = false;
        let area: u64 = rects.iter().map(|rect| rect.area()).sum();
        let whole = u64::from(self.width) * u64::from(self.height);
        if rects.len() > MAX_RECTANGLES || area * 100 > whole * FULL_ABOVE_PERCENT {
            return Some(Changed::Full);
        }
        Some(Changed::Rects(rects))
    }

    /// Joins tiles side by side into runs, and equal runs below one another into rectangles.
    fn merged(&self) -> Vec<Rect> {
        let mut done: Vec<Rect> = Vec::new();
        let mut open: Vec<Rect> = Vec::new();
        let mut top = 0_u16;
        for tiles in self.tiles.chunks(self.columns.max(1)) {
            let height = TILE.min(self.height - top);
            let mut growing = Vec::new();
            for (x, width) in self.runs(tiles) {
                match open.iter().position(|rect| rect.x == x && rect.width == width) {
                    Some(above) => {
                        let mut rect = open.swap_remove(above);
                        rect.height += height;
                        growing.push(rect);
                    }
                    None => growing.push(Rect { x, y: top, width, height }),
                }
            }
            done.append(&mut open);
            open = growing;
            top = top.saturating_add(TILE);
        }
        done.append(&mut open);
        done
    }

    /// The runs of changed tiles in one row, as left edge and width in pixels.
    fn runs(&self, tiles: &[bool]) -> Vec<(u16, u16)> {
        let mut runs: Vec<(u16, u16)> = Vec::new();
        let mut left = 0_u16;
        for changed in tiles {
            let width = TILE.min(self.width - left);
            match runs.last_mut() {
                Some((x, run)) if *changed && *x + *run == left => *run += width,
                _ if *changed => runs.push((left, width)),
                _ => {}
            }
            left = left.saturating_add(TILE);
        }
        runs
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Changed, Damage, Rect, TILE};

    fn rect(x: u16, y: u16, width: u16, height: u16) -> Rect {
        Rect { x, y, width, height }
    }

    #[test]
    fn nothing_changed_gives_nothing() {
        let mut damage = Damage::new(640, 480);
        assert!(damage.is_empty());
        assert_eq!(damage.take(), None);
        damage.add(rect(700, 10, 5, 5));
        damage.add(rect(10, 10, 0, 5));
        assert_eq!(damage.take(), None);
    }

    #[test]
    fn a_change_is_snapped_to_tiles_and_cut_at_the_edge() {
        let mut damage = Damage::new(200, 100);
        damage.add(rect(190, 70, 100, 100));
        assert_eq!(damage.take(), Some(Changed::Rects(vec![rect(128, 64, 72, 36)])));
        assert!(damage.is_empty());
    }

    #[test]
    fn tiles_of_one_block_are_one_rectangle() {
        let mut damage = Damage::new(1920, 1080);
        damage.add(rect(100, 100, 100, 100));
        damage.add(rect(250, 128, 60, 10));
        let rects = vec![rect(64, 64, 192, 64), rect(64, 128, 256, 64), rect(64, 192, 192, 64)];
        let Some(Changed::Rects(mut taken)) = damage.take() else { panic!("little has changed") };
        taken.sort_by_key(|rect| rect.y);
        assert_eq!(taken, rects);
    }

    #[test]
    fn much_or_scattered_change_is_one_full_picture() {
        let mut damage = Damage::new(1920, 1080);
        damage.add(rect(0, 0, 1920, 700));
        assert_eq!(damage.take(), Some(Changed::Full));
        for row in (0..1080).step_by(128) {
            for column in (0..1920).step_by(128) {
                damage.add(rect(column, row, 1, 1));
            }
        }
        assert_eq!(damage.take(), Some(Changed::Full));
    }

    proptest! {
        #[test]
        fn every_changed_pixel_is_covered_once(
            width in 1_u16..600, height in 1_u16..600,
            added in prop::collection::vec((0_u16..700, 0_u16..700, 0_u16..200, 0_u16..200), 0..8),
        ) {
            let mut damage = Damage::new(width, height);
            let mut changed = vec![false; usize::from(width) * usize::from(height)];
            for (x, y, w, h) in added {
                damage.add(rect(x, y, w, h));
                for row in y..(y + h).min(height) {
                    for column in x..(x + w).min(width) {
                        changed[usize::from(row) * usize::from(width) + usize::from(column)] = true;
                    }
                }
            }
            match damage.take() {
                None => prop_assert!(!changed.contains(&true)),
                Some(Changed::Full) => prop_assert!(changed.contains(&true)),
                Some(Changed::Rects(rects)) => {
                    let mut painted = vec![0_u8; changed.len()];
                    for one in rects {
                        prop_assert!(one.width > 0 && one.height > 0);
                        prop_assert!(one.x + one.width <= width && one.y + one.height <= height);
                        prop_assert!(one.x % TILE == 0 && one.y % TILE == 0);
                        for row in one.y..one.y + one.height {
                            for column in one.x..one.x + one.width {
                                painted[usize::from(row) * usize::from(width) + usize::from(column)] += 1;
                            }
                        }
                    }
                    for (painted, changed) in painted.into_iter().zip(changed) {
                        prop_assert!(painted <= 1);
                        prop_assert!(painted == 1 || !changed);
                    }
                }
            }
        }
    }
}

//! From frames of two sides to what a device wants: its rate, its channels, its kind of sample.

use crate::Source;

/// A sample of each side, left and right.
pub type Frame = [i16; 2];

/// Frames that are taken from a source at once.
const PIECE: usize = 512;

/// Brings a source to a device's rate. Between two frames of the source the value is on the line between them, which is
/// enough for the voices and signals of a desktop.
pub(crate) struct Mix<S> {
    source: S,
    /// Of the device.
    rate: u32,
    /// Taken and not played yet; the first one is that before the place.
    taken: Vec<Frame>,
    /// The place from the first of those on, in parts of the device's rate.
    place: u64,
}

impl<S: Source> Mix<S> {
    /// For a device of this rate, in frames a second; one of 0 is taken for 1.
    pub(crate) fn new(source: S, rate: u32) -> Self {
        Self { source, rate: rate.max(1), taken: Vec::new(), place: 0 }
    }

    /// Fills all of `out`.
    pub(crate) fn fill(&mut self, out: &mut [Frame]) {
        let from = self.source.rate().max(1);
        if from == self.rate {
            self.taken.clear();
            self.place = 0;
            return self.source.take(out);
        }
        let (from, to) = (u64::from(from), u64::from(self.rate));
        for piece in out.chunks_mut(PIECE) {
            // As far as the last of them looks, and the one after that.
            let last = self.place + from * u64::try_from(piece.len().saturating_sub(1)).unwrap_or(0);
            let needed = usize::try_from(last / to).unwrap_or(0) + 2;
            let have = self.taken.len();
            if have < needed {
                self.taken.resize(needed, [0; 2]);
                if let Some(new) = self.taken.get_mut(have..) {
                    self.source.take(new);
                }
            }
            for frame in piece.iter_mut() {
                let at = usize::try_from(self.place / to).unwrap_or(0);
                *frame = match self.taken.get(at..at + 2) {
                    Some(&[one, other]) => between(one, other, self.place % to, to),
                    _ => [0; 2],
                };
                self.place += from;
            }
            let gone = usize::try_from(self.place / to).unwrap_or(0).min(self.taken.len());
            self.taken.drain(..gone);
            // Where the source is faster, the place may be beyond what was taken.
            self.place -= to * u64::try_from(gone).unwrap_or(0);
        }
    }
}

/// The value at `part` of `whole` on the way from one frame to another.
fn between(one: Frame, other: Frame, part: u64, whole: u64) -> Frame {
    let (part, whole) = (i64::try_from(part).unwrap_or(0), i64::try_from(whole).unwrap_or(i64::MAX).max(1));
    let at = |from: i16, to: i16| {
        let (from, to) = (i64::from(from), i64::from(to));
        i16::try_from(from + (to - from) * part / whole).unwrap_or(0)
    };
    let ([left, right], [next_left, next_right]) = (one, other);
    [at(left, next_left), at(right, next_right)]
}

/// Writes a frame to the samples of a device, one for each of its channels. One alone gets the middle of both sides;
/// beyond two all are silent.
pub(crate) fn spread<T>(frame: Frame, out: &mut [T], sample: impl Fn(i16) -> T) {
    let [left, right] = frame;
    match out {
        [] => {}
        [one] => *one = sample(i16::midpoint(left, right)),
        [first, second, rest @ ..] => {
            *first = sample(left);
            *second = sample(right);
            rest.iter_mut().for_each(|other| *other = sample(0));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Counts up, a frame each, and how many were taken.
    struct Ramp {
        rate: u32,
        next: i16,
    }

    impl Source for Ramp {
        fn rate(&self) -> u32 {
            self.rate
        }

        fn take(&mut self, out: &mut [Frame]) {
            for frame in out {
                *frame = [self.next, -self.next];
                self.next = self.next.wrapping_add(1);
            }
        }
    }

    fn played(rate: u32, device: u32, sizes: &[usize]) -> (Vec<Frame>, i16) {
        let mut mix = Mix::new(Ramp { rate, next: 0 }, device);
        let mut all = Vec::new();
        for size in sizes {
            let mut out = vec![[i16::MAX; 2]; *size];
            mix.fill(&mut out);
            all.extend(out);
        }
        (all, mix.source.next)
    }

    #[test]
    fn a_device_of_the_same_rate_gets_what_there_is() {
        let (all, taken) = played(48_000, 48_000, &[3, 2]);
        assert_eq!(all, [[0, 0], [1, -1], [2, -2], [3, -3], [4, -4]]);
        assert_eq!(taken, 5);
    }

    #[test]
    fn a_device_of_another_rate_gets_what_lies_between() {
        let (twice, _) = played(1000, 2000, &[1, 4, 3]);
        assert_eq!(twice.iter().map(|[left, _]| *left).collect::<Vec<_>>(), [0, 0, 1, 1, 2, 2, 3, 3]);
        let (half, _) = played(2000, 1000, &[2, 2]);
        assert_eq!(half, [[0, 0], [2, -2], [4, -4], [6, -6]]);
        let (fifth, _) = played(5000, 1000, &[1, 1, 2]);
        assert_eq!(fifth, [[0, 0], [5, -5], [10, -10], [15, -15]]);
    }

    #[test]
    fn each_channel_of_a_device_gets_its_part() {
        let spread = |channels: usize| {
            let mut out = vec![7_i32; channels];
            spread([10, 20], &mut out, i32::from);
            out
        };
        assert_eq!(spread(0), []);
        assert_eq!(spread(1), [15]);
        assert_eq!(spread(2), [10, 20]);
        assert_eq!(spread(4), [10, 20, 0, 0]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_second_of_the_source_is_a_second_of_the_device(
            rate in prop_oneof![Just(44_100_u32), Just(48_000), 8_000..96_000_u32],
            device in prop_oneof![Just(44_100_u32), Just(48_000), 8_000..192_000_u32],
            size in 1..2_000_usize,
        ) {
            // A tenth of a second, in pieces as a device wants them.
            let whole = usize::try_from(device / 10).expect("it fits");
            let sizes: Vec<usize> = (0..whole).step_by(size).map(|at| size.min(whole - at)).collect();
            let (all, taken) = played(rate, device, &sizes);
            prop_assert_eq!(all.len(), whole);
            let expected = i64::try_from(whole).expect("it fits") * i64::from(rate) / i64::from(device);
            let most = i64::from(rate / device) + 3;
            prop_assert!((i64::from(taken) - expected).abs() <= most, "{} of {}", taken, expected);
            // It only ever goes up, and never skips more than the rates say.
            let most = i32::try_from(rate / device + 2).expect("it fits");
            for pair in all.windows(2) {
                let step = i32::from(pair[1][0]) - i32::from(pair[0][0]);
                prop_assert!((0..=most).contains(&step), "{:?}", pair);
                prop_assert_eq!(pair[1][0], -pair[1][1]);
            }
        }
    }
}

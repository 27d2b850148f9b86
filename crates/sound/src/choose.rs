//! Which way of playing a device is asked for.

use cpal::{SampleFormat, SupportedStreamConfig, SupportedStreamConfigRange};

/// Rates that desktops have, the better one first.
const RATES: [u32; 2] = [cpal::SAMPLE_RATE_48K, cpal::SAMPLE_RATE_CD];

/// Whether a kind of sample can be written (`output.rs`).
pub(crate) fn is_writable(format: SampleFormat) -> bool {
    matches!(
        format,
        SampleFormat::F32
            | SampleFormat::I16
            | SampleFormat::I32
            | SampleFormat::U8
            | SampleFormat::U16
            | SampleFormat::F64
    )
}

/// What a device is to play, of what it can: its own way if that has a rate of a desktop's, else one that has, else its
/// own all the same.
pub(crate) fn choose(
    own: Option<SupportedStreamConfig>,
    can: impl IntoIterator<Item = SupportedStreamConfigRange>,
) -> Option<SupportedStreamConfig> {
    let own = own.filter(|own| is_writable(own.sample_format()) && own.channels() > 0);
    if let Some(own) = own.filter(|own| RATES.contains(&own.sample_rate())) {
        return Some(own);
    }
    let can: Vec<_> = can.into_iter().filter(|range| is_writable(range.sample_format())).collect();
    let at = |rate: u32| {
        let with = can.iter().filter(move |range| {
            range.channels() > 0 && (range.min_sample_rate()..=range.max_sample_rate()).contains(&rate)
        });
        // Two channels need nothing done to them, and 16 bits are what comes.
        let best = with.min_by_key(|range| {
            (range.channels().abs_diff(2), u8::from(range.sample_format() != SampleFormat::I16))
        })?;
        best.try_with_sample_rate(rate)
    };
    RATES.into_iter().find_map(at).or(own)
}

#[cfg(test)]
mod tests {
    use cpal::SupportedBufferSize;

    use super::*;

    fn own(channels: u16, rate: u32, format: SampleFormat) -> Option<SupportedStreamConfig> {
        Some(SupportedStreamConfig::new(channels, rate, SupportedBufferSize::Unknown, format))
    }

    fn range(channels: u16, rates: (u32, u32), format: SampleFormat) -> SupportedStreamConfigRange {
        SupportedStreamConfigRange::new(channels, rates.0, rates.1, SupportedBufferSize::Unknown, format)
    }

    fn chosen(
        own: Option<SupportedStreamConfig>,
        can: Vec<SupportedStreamConfigRange>,
    ) -> Option<(u16, u32, SampleFormat)> {
        choose(own, can).map(|chosen| (chosen.channels(), chosen.sample_rate(), chosen.sample_format()))
    }

    #[test]
    fn a_device_keeps_its_own_way_where_a_desktop_has_its_rate() {
        let two = range(2, (8_000, 192_000), SampleFormat::I16);
        let kept = chosen(own(6, 44_100, SampleFormat::F32), vec![two]);
        assert_eq!(kept, Some((6, 44_100, SampleFormat::F32)));
    }

    #[test]
    fn else_it_is_asked_for_the_rate_of_a_desktop() {
        let can = vec![
            range(1, (8_000, 192_000), SampleFormat::I16),
            range(2, (8_000, 192_000), SampleFormat::F32),
            range(2, (8_000, 192_000), SampleFormat::I16),
            range(2, (8_000, 192_000), SampleFormat::U64),
        ];
        let asked = chosen(own(2, 192_000, SampleFormat::F32), can);
        assert_eq!(asked, Some((2, 48_000, SampleFormat::I16)));
    }

    #[test]
    fn and_plays_at_its_own_where_it_has_no_other() {
        let only = range(2, (96_000, 96_000), SampleFormat::F32);
        let asked = chosen(own(2, 96_000, SampleFormat::F32), vec![only]);
        assert_eq!(asked, Some((2, 96_000, SampleFormat::F32)));
        assert_eq!(chosen(own(2, 48_000, SampleFormat::U64), vec![]), None);
        assert_eq!(chosen(None, vec![range(0, (1, 100_000), SampleFormat::I16)]), None);
    }
}

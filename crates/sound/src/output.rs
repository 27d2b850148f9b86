//! The device itself.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use cpal::{
    ErrorKind, FromSample, SampleFormat, SizedSample, Stream, SupportedStreamConfig,
    traits::{DeviceTrait as _, HostTrait as _, StreamTrait as _},
};

use crate::{Source, choose::choose, mix};

/// How long a device may take to begin.
const PATIENCE: Duration = Duration::from_secs(2);
/// Most frames that are made at once, whatever a device asks for.
const PIECE: usize = 1024;

/// There is no device, or it cannot be used: what the system says of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no sound can be played: {0}")]
pub struct Broken(String);

/// A source that is being played. It is silent once this value is dropped.
pub struct Playing {
    lost: Arc<AtomicBool>,
    /// Held for as long as it is to play.
    _stream: Stream,
}

impl fmt::Debug for Playing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Playing").field("lost", &self.is_lost()).finish_non_exhaustive()
    }
}

impl Playing {
    /// Whether the device has gone meanwhile, such as headphones that were unplugged: [`open`] may find another.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.lost.load(Ordering::Relaxed)
    }
}

/// Plays a source on the system's usual device. Blocks for as long as that takes to begin.
///
/// # Errors
/// [`Broken`] where there is no device, or none that can be used.
pub fn open(source: impl Source) -> Result<Playing, Broken> {
    let device = cpal::default_host()
        .default_output_device()
        .ok_or_else(|| Broken("there is no device".to_owned()))?;
    let can = device.supported_output_configs().map_err(|error| broken(&error))?;
    let config = choose(device.default_output_config().ok(), can)
        .ok_or_else(|| Broken("the device takes nothing that can be given".to_owned()))?;
    tracing::debug!(
        rate = config.sample_rate(),
        channels = config.channels(),
        format = %config.sample_format(),
        "sound is played"
    );
    match config.sample_format() {
        SampleFormat::F32 => play::<f32>(&device, config, source),
        SampleFormat::F64 => play::<f64>(&device, config, source),
        SampleFormat::I16 => play::<i16>(&device, config, source),
        SampleFormat::I32 => play::<i32>(&device, config, source),
        SampleFormat::U8 => play::<u8>(&device, config, source),
        SampleFormat::U16 => play::<u16>(&device, config, source),
        // Another crate's kinds, of which only those above are chosen.
        other => Err(Broken(format!("samples of {other} are not made here"))),
    }
}

fn play<T: SizedSample + FromSample<i16>>(
    device: &cpal::Device,
    config: SupportedStreamConfig,
    source: impl Source,
) -> Result<Playing, Broken> {
    let lost = Arc::new(AtomicBool::new(false));
    let tell = Arc::clone(&lost);
    let channels = usize::from(config.channels().max(1));
    let mut mix = mix::Mix::new(source, config.sample_rate());
    let mut frames = vec![[0; 2]; PIECE];
    let stream = device
        .build_output_stream(
            config.config(),
            move |out: &mut [T], _: &cpal::OutputCallbackInfo| {
                for piece in out.chunks_mut(PIECE * channels) {
                    let count = piece.len().div_ceil(channels);
                    let Some(frames) = frames.get_mut(..count) else { return };
                    mix.fill(frames);
                    for (samples, frame) in piece.chunks_mut(channels).zip(frames) {
                        mix::spread(*frame, samples, T::from_sample_);
                    }
                }
            },
            move |error| match error.kind() {
                // It goes on, somewhere else or after a gap.
                ErrorKind::DeviceChanged | ErrorKind::Xrun | ErrorKind::RealtimeDenied => {}
                _ => {
                    tracing::debug!(%error, "the loudspeaker was lost");
                    tell.store(true, Ordering::Relaxed);
                }
            },
            Some(PATIENCE),
        )
        .map_err(|error| broken(&error))?;
    stream.play().map_err(|error| broken(&error))?;
    Ok(Playing { lost, _stream: stream })
}

fn broken(error: &cpal::Error) -> Broken {
    Broken(error.to_string())
}

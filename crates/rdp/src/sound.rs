//! What the desktop sounds like: its samples go to whoever plays them.

use std::{
    borrow::Cow,
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use ironrdp_rdpsnd::{
    client::{Rdpsnd, RdpsndClientHandler},
    pdu::{AudioFormat, AudioFormatFlags, PitchPdu, VolumePdu, WaveFormat},
};

/// A sample of each side, left and right.
pub type Frame = [i16; 2];

/// Bytes of a frame on the wire.
const FRAME: usize = 4;
/// Most frames that one message of the server's may bring; the rest of it is dropped.
const MAX_FRAMES: usize = 4 * 48_000;

/// Frames in a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rate {
    /// 44.1 kHz, as of a CD.
    Hz44100,
    /// 48 kHz.
    Hz48000,
}

impl Rate {
    /// In hertz.
    #[must_use]
    pub fn hertz(self) -> u32 {
        match self {
            Self::Hz44100 => 44_100,
            Self::Hz48000 => 48_000,
        }
    }
}

/// How loud each side is, from 0 to 65,535.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Volume {
    /// The left side.
    pub left: u16,
    /// The right side.
    pub right: u16,
}

/// Who plays what the desktop sounds like. Its methods are called by the session, on its thread, and must return soon.
pub trait Sound: Send + Sync {
    /// Plays these after all that it was given before.
    fn play(&self, rate: Rate, frames: &[Frame]);

    /// How long what it was given will still last; the server keeps picture and sound together by it.
    fn latency(&self) -> Duration;

    /// The server changes the volume.
    fn volume(&self, volume: Volume);

    /// The server ends the sound; what is still to be played may be.
    fn stop(&self);
}

/// The channel, for whoever plays it.
pub(crate) fn channel(sound: &Arc<dyn Sound>) -> Rdpsnd {
    let formats = [Rate::Hz48000, Rate::Hz44100].map(format).into();
    let began = Instant::now();
    Rdpsnd::new(Box::new(Player { sound: Arc::clone(sound), formats }))
        .with_clock(Box::new(move || began.elapsed()))
}

/// Uncompressed samples of 16 bits for two sides: every server has them.
fn format(rate: Rate) -> AudioFormat {
    let bytes = rate.hertz() * 4;
    AudioFormat {
        format: WaveFormat::PCM,
        n_channels: 2,
        n_samples_per_sec: rate.hertz(),
        n_avg_bytes_per_sec: bytes,
        n_block_align: 4,
        bits_per_sample: 16,
        data: None,
    }
}

struct Player {
    sound: Arc<dyn Sound>,
    formats: Vec<AudioFormat>,
}

impl fmt::Debug for Player {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Player")
    }
}

impl RdpsndClientHandler for Player {
    fn get_flags(&self) -> AudioFormatFlags {
        AudioFormatFlags::VOLUME
    }

    fn get_formats(&self) -> &[AudioFormat] {
        &self.formats
    }

    fn wave(&mut self, format: &AudioFormat, _time: u32, data: Cow<'_, [u8]>) {
        let rate = match format.n_samples_per_sec {
            48_000 => Rate::Hz48000,
            44_100 => Rate::Hz44100,
            // None of those that were agreed on.
            _ => return,
        };
        let frames: Vec<Frame> = data
            .chunks_exact(FRAME)
            .take(MAX_FRAMES)
            .filter_map(|frame| match *frame {
                [one, two, three, four] => {
                    Some([i16::from_le_bytes([one, two]), i16::from_le_bytes([three, four])])
                }
                _ => None,
            })
            .collect();
        self.sound.play(rate, &frames);
    }

    fn playback_latency(&self) -> Duration {
        self.sound.latency()
    }

    fn set_volume(&mut self, volume: VolumePdu) {
        self.sound.volume(Volume { left: volume.volume_left, right: volume.volume_right });
    }

    // It was not agreed on.
    fn set_pitch(&mut self, _pitch: PitchPdu) {}

    fn close(&mut self) {
        self.sound.stop();
    }
}

/// What waits to be played, for a device that asks for it: whatever comes beyond its length pushes the oldest out, so
/// that what is heard is never long past.
#[derive(Debug)]
pub struct SoundQueue {
    longest: Duration,
    /// For so long what comes into an empty queue waits for more.
    cushion: Duration,
    waiting: Mutex<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    frames: VecDeque<Frame>,
    rate: Rate,
    volume: Volume,
    /// Frames of silence that are still to come before those that wait.
    held: usize,
}

impl SoundQueue {
    /// Nothing yet; it keeps as much as lasts this long.
    #[must_use]
    pub fn new(longest: Duration) -> Self {
        let volume = Volume { left: u16::MAX, right: u16::MAX };
        let waiting = Waiting { frames: VecDeque::new(), rate: Rate::Hz48000, volume, held: 0 };
        Self { longest, cushion: Duration::ZERO, waiting: Mutex::new(waiting) }
    }

    /// Whenever it was empty, what comes waits until there is this much or so long has passed: a network does not bring it
    /// evenly, and a gap is heard.
    #[must_use]
    pub fn with_cushion(mut self, cushion: Duration) -> Self {
        self.cushion = cushion;
        self.waiting().held = frames_in(cushion, Rate::Hz48000);
        self
    }

    /// The rate of what waits.
    #[must_use]
    pub fn rate(&self) -> Rate {
        self.waiting().rate
    }

    /// Takes as much as a device wants, as loud as it is to be; where there is nothing it is silent. Gives how many
    /// frames it was.
    pub fn take(&self, out: &mut [Frame]) -> usize {
        let mut waiting = self.waiting();
        let Volume { left, right } = waiting.volume;
        let loud = |sample: i16, volume: u16| {
            let sample = (i32::from(sample) * (i32::from(volume) + 1)) >> 16;
            i16::try_from(sample).unwrap_or(0)
        };
        let cushion = frames_in(self.cushion, waiting.rate);
        if waiting.frames.len() >= cushion {
            waiting.held = 0;
        }
        let mut taken = 0;
        for frame in out {
            *frame = [0; 2];
            if waiting.frames.is_empty() {
                waiting.held = cushion;
            } else if waiting.held > 0 {
                waiting.held -= 1;
            } else if let Some([one, other]) = waiting.frames.pop_front() {
                taken += 1;
                *frame = [loud(one, left), loud(other, right)];
            }
        }
        taken
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many frames last so long.
fn frames_in(time: Duration, rate: Rate) -> usize {
    usize::try_from(time.as_millis() * u128::from(rate.hertz()) / 1000).unwrap_or(usize::MAX)
}

impl Sound for SoundQueue {
    fn play(&self, rate: Rate, frames: &[Frame]) {
        let most = frames_in(self.longest, rate);
        let mut waiting = self.waiting();
        if waiting.rate != rate {
            waiting.frames.clear();
            waiting.rate = rate;
        }
        waiting.frames.extend(frames.iter().skip(frames.len().saturating_sub(most)));
        let over = waiting.frames.len().saturating_sub(most);
        waiting.frames.drain(..over);
    }

    fn latency(&self) -> Duration {
        let waiting = self.waiting();
        let held = if waiting.frames.is_empty() { 0 } else { waiting.held };
        let frames = u32::try_from(waiting.frames.len().saturating_add(held)).unwrap_or(u32::MAX);
        Duration::from_secs(1) * frames / waiting.rate.hertz()
    }

    fn volume(&self, volume: Volume) {
        self.waiting().volume = volume;
    }

    fn stop(&self) {}
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use ironrdp_rdpsnd::{
        pdu::AudioFormat,
        server::{NegotiatedFormat, RdpsndError, RdpsndServer, RdpsndServerHandler},
    };
    use tokio::time::timeout;

    use super::{Frame, Rate, Sound, SoundQueue, Volume, format};
    use crate::{
        Options, Size,
        session::peer::{PATIENCE, opened},
    };

    #[test]
    fn what_is_too_much_pushes_the_oldest_out() {
        let queue = SoundQueue::new(Duration::from_millis(1));
        let frames: Vec<Frame> = (0..60).map(|number| [number, -number]).collect();
        queue.play(Rate::Hz48000, &frames);
        assert_eq!(queue.latency(), Duration::from_millis(1));
        queue.play(Rate::Hz48000, &[[100, 100]]);
        let mut out = [[1; 2]; 50];
        assert_eq!(queue.take(&mut out), 48);
        assert_eq!((out[0], out[47], out[48]), ([13, -13], [100, 100], [0, 0]));
    }

    #[test]
    fn what_comes_into_silence_waits_for_more_or_for_a_while() {
        let queue = SoundQueue::new(Duration::from_secs(1)).with_cushion(Duration::from_millis(1));
        let mut out = [[9; 2]; 20];
        assert_eq!(queue.take(&mut out), 0);
        // A short one is heard all the same, 48 frames later.
        queue.play(Rate::Hz48000, &[[1, 1]; 10]);
        assert_eq!(queue.latency(), Duration::from_secs(1) * 58 / 48_000);
        assert_eq!([queue.take(&mut out), queue.take(&mut out), queue.take(&mut out)], [0, 0, 10]);
        assert_eq!((out[7], out[8], out[17], out[18]), ([0, 0], [1, 1], [1, 1], [0, 0]));
        // As soon as there is enough nothing is waited for.
        queue.play(Rate::Hz48000, &[[2, 2]; 48]);
        assert_eq!(queue.take(&mut out), 20);
        queue.play(Rate::Hz48000, &[[3, 3]; 2]);
        assert_eq!([queue.take(&mut out), queue.take(&mut out)], [20, 10]);
    }

    #[test]
    fn another_rate_does_not_play_what_had_the_first() {
        let queue = SoundQueue::new(Duration::from_secs(1));
        queue.play(Rate::Hz48000, &[[1, 1]; 10]);
        queue.play(Rate::Hz44100, &[[2, 2]; 5]);
        assert_eq!(queue.rate(), Rate::Hz44100);
        assert_eq!(queue.take(&mut [[0; 2]; 20]), 5);
    }

    #[test]
    fn each_side_is_as_loud_as_it_is_to_be() {
        let queue = SoundQueue::new(Duration::from_secs(1));
        queue.volume(Volume { left: u16::MAX, right: 0x7FFF });
        queue.play(Rate::Hz48000, &[[i16::MIN, i16::MIN], [i16::MAX, 1000]]);
        let mut out = [[0; 2]; 2];
        queue.take(&mut out);
        assert_eq!(out, [[i16::MIN, i16::MIN / 2], [i16::MAX, 500]]);
    }

    #[derive(Debug)]
    struct Band(Vec<AudioFormat>);

    impl RdpsndServerHandler for Band {
        fn get_formats(&self) -> &[AudioFormat] {
            &self.0
        }

        fn choose_format<'a>(&mut self, common: &'a [NegotiatedFormat]) -> Option<&'a NegotiatedFormat> {
            common.first()
        }

        fn start(&mut self, _format: &NegotiatedFormat) -> Result<(), Box<dyn RdpsndError>> {
            Ok(())
        }

        fn stop(&mut self) {}
    }

    #[tokio::test]
    async fn what_a_server_plays_is_heard() {
        let queue = Arc::new(SoundQueue::new(Duration::from_secs(1)));
        let mut options = Options::new("windows", Size::new(640, 480));
        options.sound = Some(Arc::clone(&queue) as Arc<dyn Sound>);
        let (session, mut peer) = opened(options);
        // One that the client does not have, and one that it has.
        let mut telephone = format(Rate::Hz44100);
        (telephone.n_samples_per_sec, telephone.n_avg_bytes_per_sec) = (8000, 32_000);
        let band = Band(vec![telephone, format(Rate::Hz44100)]);
        let channel = peer.serve(RdpsndServer::new(Box::new(band))).await;
        let playing = async {
            while !peer.on::<RdpsndServer>(channel).is_ready() {
                peer.step().await.expect("the session lasts");
            }
            let data: Vec<u8> =
                (0..100_i16).flat_map(|number| [number, -number]).flat_map(i16::to_le_bytes).collect();
            let wave = peer.on::<RdpsndServer>(channel).wave(data, 0).expect("it is ready");
            peer.send(channel, wave.into()).await;
            let volume = peer.on::<RdpsndServer>(channel).set_volume(0, u16::MAX).expect("it is ready");
            peer.send(channel, volume.into()).await;
            // The answer to the wave comes once it has been given on.
            peer.step().await.expect("the session lasts");
            while queue.latency().is_zero() {
                tokio::task::yield_now().await;
            }
        };
        timeout(PATIENCE, playing).await.expect("it is played");
        assert_eq!(queue.rate(), Rate::Hz44100);
        let mut out = [[0; 2]; 101];
        assert_eq!(queue.take(&mut out), 100);
        assert_eq!((out[100], out[99][1]), ([0, 0], -99));
        drop(session);
    }
}

//! Sound: half a second of a tone, as a Windows desktop sends it.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use ironrdp_rdpsnd::pdu::{AudioFormat, WaveFormat};
use ironrdp_rdpsnd::server::{NegotiatedFormat, RdpsndError, RdpsndServerHandler, RdpsndServerMessage};
use ironrdp_server::{ServerEvent, ServerEventSender, SoundServerFactory};
use serde_json::json;
use tokio::sync::mpsc::UnboundedSender;

use crate::report::Report;

const RATE: u32 = 44_100;
const CHANNELS: u16 = 2;
/// The tone: one piece after another, each of a tenth of a second.
const PIECES: u32 = 5;
const PIECE: u32 = RATE / 10;

/// A connection's sound; a clone is another handle on the same.
#[derive(Clone)]
pub(crate) struct Sound {
    report: Report,
    line: Arc<Mutex<Line>>,
}

#[derive(Default)]
struct Line {
    sender: Option<UnboundedSender<ServerEvent>>,
    /// The client has agreed to a format.
    open: bool,
}

impl Sound {
    pub(crate) fn new(report: Report) -> Self {
        Self { report, line: Arc::default() }
    }

    /// Sends the tone, if the client listens.
    pub(crate) fn beep(&self) {
        let sender = {
            let line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
            line.sender.clone().filter(|_| line.open)
        };
        let Some(sender) = sender else {
            self.report.say(&json!({"event": "sound", "what": "nobody listens"}));
            return;
        };
        let report = self.report.clone();
        tokio::spawn(async move {
            for piece in 0..PIECES {
                let message = RdpsndServerMessage::Wave(tone(piece), piece * 100);
                if sender.send(ServerEvent::Rdpsnd(message)).is_err() {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            report.say(&json!({"event": "sound", "what": "sent", "milliseconds": PIECES * 100}));
        });
    }
}

/// A piece of a tone of 440 Hz in 16 bits, both sides the same.
fn tone(piece: u32) -> Vec<u8> {
    let sample = |at: u32| {
        let angle = f64::from(at) * 440.0 * std::f64::consts::TAU / f64::from(RATE);
        (angle.sin() * 8_000.0) as i16
    };
    (piece * PIECE..(piece + 1) * PIECE).flat_map(|at| [sample(at); 2]).flat_map(i16::to_le_bytes).collect()
}

impl ServerEventSender for Sound {
    fn set_sender(&mut self, sender: UnboundedSender<ServerEvent>) {
        self.line.lock().unwrap_or_else(PoisonError::into_inner).sender = Some(sender);
    }
}

impl SoundServerFactory for Sound {
    fn build_backend(&self) -> Box<dyn RdpsndServerHandler> {
        let pcm = AudioFormat {
            format: WaveFormat::PCM,
            n_channels: CHANNELS,
            n_samples_per_sec: RATE,
            n_avg_bytes_per_sec: RATE * u32::from(CHANNELS) * 2,
            n_block_align: CHANNELS * 2,
            bits_per_sample: 16,
            data: None,
        };
        Box::new(Backend { sound: self.clone(), formats: [pcm] })
    }
}

struct Backend {
    sound: Sound,
    formats: [AudioFormat; 1],
}

impl std::fmt::Debug for Backend {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Backend").finish_non_exhaustive()
    }
}

impl Backend {
    fn set_open(&self, open: bool) {
        self.sound.line.lock().unwrap_or_else(PoisonError::into_inner).open = open;
    }
}

impl RdpsndServerHandler for Backend {
    fn get_formats(&self) -> &[AudioFormat] {
        &self.formats
    }

    fn choose_format<'a>(&mut self, common: &'a [NegotiatedFormat]) -> Option<&'a NegotiatedFormat> {
        common.first()
    }

    fn start(&mut self, _format: &NegotiatedFormat) -> Result<(), Box<dyn RdpsndError>> {
        self.set_open(true);
        self.sound.report.say(&json!({"event": "sound", "what": "ready"}));
        Ok(())
    }

    fn stop(&mut self) {
        self.set_open(false);
    }
}

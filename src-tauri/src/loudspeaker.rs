//! The computer's loudspeaker, for core.

use std::sync::Arc;

use adit_core::loudspeaker::{Frame, Loudspeaker, NoLoudspeaker, Playing, SoundQueue};

/// See the module.
pub(crate) struct SystemLoudspeaker;

impl Loudspeaker for SystemLoudspeaker {
    fn open(&self, queue: Arc<SoundQueue>) -> Result<Box<dyn Playing>, NoLoudspeaker> {
        match adit_sound::open(Waiting(queue)) {
            Ok(playing) => Ok(Box::new(Open(playing))),
            Err(error) => Err(NoLoudspeaker(error.to_string())),
        }
    }
}

/// What waits to be played.
struct Waiting(Arc<SoundQueue>);

impl adit_sound::Source for Waiting {
    fn rate(&self) -> u32 {
        self.0.rate().hertz()
    }

    fn take(&mut self, out: &mut [Frame]) {
        self.0.take(out);
    }
}

struct Open(adit_sound::Playing);

impl Playing for Open {
    fn is_lost(&self) -> bool {
        self.0.is_lost()
    }
}

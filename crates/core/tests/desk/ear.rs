//! A loudspeaker that plays nothing, and knows what it would.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use adit_core::loudspeaker::{Loudspeaker, NoLoudspeaker, Playing, SoundQueue};

/// See the module.
#[derive(Default)]
pub(crate) struct Ear {
    /// There is none.
    pub(crate) missing: AtomicBool,
    queue: Mutex<Option<Arc<SoundQueue>>>,
}

impl Ear {
    /// What waits to be played, once something has been.
    pub(crate) fn queue(&self) -> Option<Arc<SoundQueue>> {
        self.queue.lock().unwrap().clone()
    }
}

impl Loudspeaker for Ear {
    fn open(&self, queue: Arc<SoundQueue>) -> Result<Box<dyn Playing>, NoLoudspeaker> {
        if self.missing.load(Ordering::SeqCst) {
            return Err(NoLoudspeaker("it is unplugged".to_owned()));
        }
        *self.queue.lock().unwrap() = Some(queue);
        Ok(Box::new(Held))
    }
}

struct Held;

impl Playing for Held {
    fn is_lost(&self) -> bool {
        false
    }
}

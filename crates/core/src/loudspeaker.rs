//! What plays the sound of desktops, which the shell has.

use std::sync::Arc;

pub use adit_rdp::{Frame, Rate, Sound, SoundQueue};

/// The loudspeaker of this computer.
pub trait Loudspeaker: Send + Sync {
    /// Plays what comes into the queue, until the value that it gives is dropped. Blocks.
    ///
    /// # Errors
    /// [`NoLoudspeaker`] where there is none, or none that can be used.
    fn open(&self, queue: Arc<SoundQueue>) -> Result<Box<dyn Playing>, NoLoudspeaker>;
}

/// A queue that is being played.
pub trait Playing: Send + Sync {
    /// Whether the loudspeaker has gone meanwhile; another may be there to be opened.
    fn is_lost(&self) -> bool;
}

/// There is no loudspeaker, or none that can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no loudspeaker: {0}")]
pub struct NoLoudspeaker(
    /// What the system says of it.
    pub String,
);

/// No loudspeaker, as for a process without a window.
#[derive(Debug, Clone, Copy, Default)]
pub struct Mute;

impl Loudspeaker for Mute {
    fn open(&self, _queue: Arc<SoundQueue>) -> Result<Box<dyn Playing>, NoLoudspeaker> {
        Err(NoLoudspeaker("none was asked for".to_owned()))
    }
}

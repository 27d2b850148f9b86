//! What a carrier needs of a session's stream, be it a terminal's or a desktop's.

use bytes::Bytes;

/// Counts the front ends of one stream: the latest one has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Attachment(pub(super) u64);

/// A message from the front end that its stream does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a frame of this stream")]
pub(crate) struct NotAFrame;

/// Why a frame was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotTaken {
    /// So much unread input waits that this frame has to wait as well. Give it again after [`Way::input_room`].
    #[error("too much waits")]
    Full,
    /// It breaks the stream's rules.
    #[error(transparent)]
    Wrong(NotAFrame),
}

/// See the module. A call of a front end that has lost the stream changes nothing.
pub(crate) trait Way: Send + Sync {
    /// A message of the front end.
    type Frame: Clone + Send;

    /// A front end takes over; the one before it gets nothing more.
    fn attach(&self) -> Attachment;

    /// A front end has gone.
    fn detach(&self, attachment: Attachment);

    /// Reads a message of the front end.
    fn decode(message: Bytes) -> Result<Self::Frame, NotAFrame>;

    /// Takes a message of the front end.
    fn take(&self, attachment: Attachment, frame: Self::Frame) -> Result<(), NotTaken>;

    /// Waits until input of this front end is taken again, or would be dropped.
    fn input_room(&self, attachment: Attachment) -> impl Future<Output = ()> + Send;

    /// The next message for a front end; `None` when another took over or all is said.
    fn next(&self, attachment: Attachment) -> impl Future<Output = Option<Bytes>> + Send;

    /// A front end that is going to call [`Way::next`] once asks for it with that, as by a command.
    fn ask(&self, _attachment: Attachment) {}

    /// The same front end has waited long enough.
    fn ask_no_more(&self, _attachment: Attachment) {}
}

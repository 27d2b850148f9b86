//! Remote desktops (RDP) over any stream: the session here, the picture as messages for whoever paints it.
//!
//! [`connect`] takes a stream (an IAP tunnel, in the product) through negotiation, TLS, the decision about the
//! certificate, sign-in and activation, and gives a [`Session`]: its [`Pictures`] are pulled one message at a time
//! ([`message`]), its [`Control`] takes what a person does ([`input`]).
//!
//! The server is not trusted: every size is bounded before memory is spent on it, and what reads its bytes runs on a
//! thread of its own, so that a mistake there ends one session.

mod bandwidth;
mod canvas;
mod certificate;
mod clipboard;
mod connect;
pub mod damage;
mod devices;
mod display;
mod drives;
mod ended;
mod error;
mod graphics;
pub mod input;
mod limits;
pub mod message;
mod options;
mod picture;
mod printers;
mod sequence;
mod session;
mod sound;
mod tls;
mod updates;
mod wire;

pub use canvas::{Canvas, MAX_PIXELS};
pub use certificate::{Certificate, Fingerprint, NoFingerprint, Trust, Verdict};
pub use clipboard::{
    Clipboard, ClipboardImage, ClipboardKind, ClipboardPolicy, FileError, MAX_BYTES, MAX_FILES,
    MAX_IMAGE_PIXELS, MAX_TEXT, Progress,
};
pub use connect::{Transport, connect};
pub use display::{MAX_SIDE, MIN_SIDE, Size};
pub use drives::{Drive, DriveAccess, MAX_DRIVES, can_share_drives};
pub use ended::{Ended, Reason};
pub use error::{Error, SignIn, Stage};
pub use options::{Codec, Cookie, Credentials, Graphics, Options, Security, Timeouts};
pub use printers::{
    MAX_PRINT_BYTES, MAX_PRINT_JOBS, MAX_PRINTERS, PrintError, PrintJob, PrintLanguage, Printer, Printing,
};
#[cfg(feature = "fuzz")]
#[doc(hidden)]
pub use session::fuzz;
pub use session::{Control, Pictures, Session, Visibility};
pub use sound::{Frame, Rate, Sound, SoundQueue, Volume};

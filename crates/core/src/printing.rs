//! The printers of this computer, for desktops that may print on them.

#[cfg(unix)]
pub use adit_print::Cups;
pub use adit_print::{Error, Format, Printer, Printing, here};

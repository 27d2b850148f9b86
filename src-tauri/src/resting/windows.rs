//! Windows: the working set is emptied. What is used comes back into it page by page.

use std::io;

use windows_sys::Win32::System::Threading::{GetCurrentProcess, SetProcessWorkingSetSize};

use super::Memory;

pub(super) struct System;

impl Memory for System {
    fn give_back() -> io::Result<()> {
        // SAFETY: the handle is a constant that stands for this process; both sizes at their most mean that the set is
        // emptied and its bounds stay.
        let done = unsafe { SetProcessWorkingSetSize(GetCurrentProcess(), usize::MAX, usize::MAX) };
        if done == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
    }
}

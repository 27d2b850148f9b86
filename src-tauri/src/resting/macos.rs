//! macOS: the free parts of the heap. Pages of programs are the system's to take whenever it needs them.

use std::{ffi::c_void, io, ptr};

use super::Memory;

unsafe extern "C" {
    /// `malloc/malloc.h`: gives back up to `goal` bytes of a zone's free memory; 0 is as much as can be had.
    fn malloc_zone_pressure_relief(zone: *mut c_void, goal: usize) -> usize;
}

pub(super) struct System;

impl Memory for System {
    fn give_back() -> io::Result<()> {
        // SAFETY: no zone means all of them; nothing that is in use is touched.
        let _ = unsafe { malloc_zone_pressure_relief(ptr::null_mut(), 0) };
        Ok(())
    }
}

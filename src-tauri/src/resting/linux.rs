//! Linux: what programs and libraries have in memory that they never write to, which is read from their files again when
//! somebody needs it, and the free parts of the heap.

use std::{
    ffi::{c_int, c_void},
    io, slice,
};

use super::Memory;

pub(super) struct System;

impl Memory for System {
    fn give_back() -> io::Result<()> {
        #[cfg(target_env = "gnu")]
        // SAFETY: it takes a number and touches nothing but the allocator's own free memory, under its own locks.
        let _ = unsafe { libc::malloc_trim(0) };
        // SAFETY: `leave` is called with what it expects, and while it is, the loader neither adds nor removes anything.
        unsafe { libc::dl_iterate_phdr(Some(leave), std::ptr::null_mut()) };
        Ok(())
    }
}

/// Leaves the parts of one program or library that nobody may write to.
///
/// # Safety
/// `info` is what the loader tells of something that is loaded and stays so during the call.
unsafe extern "C" fn leave(info: *mut libc::dl_phdr_info, _size: libc::size_t, _: *mut c_void) -> c_int {
    // SAFETY: the caller says so.
    let info = unsafe { &*info };
    if info.dlpi_phdr.is_null() {
        return 0;
    }
    // SAFETY: the loader gives as many headers as it says.
    let headers = unsafe { slice::from_raw_parts(info.dlpi_phdr, info.dlpi_phnum.into()) };
    // SAFETY: it takes a number and gives one.
    let page = usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096);
    for header in headers {
        if header.p_type != libc::PT_LOAD || header.p_flags & libc::PF_W != 0 {
            continue;
        }
        let place = usize::try_from(info.dlpi_addr.wrapping_add(header.p_vaddr));
        let (Ok(start), Ok(length)) = (place, usize::try_from(header.p_memsz)) else { continue };
        if let Some((start, length)) = whole_pages(start, length, page) {
            // SAFETY: these pages were mapped from their file without the right to write, and linkers put nothing into
            // such a part that the loader would have to change. Dropped, they are read again as they were.
            let _ = unsafe {
                libc::madvise(std::ptr::without_provenance_mut(start), length, libc::MADV_DONTNEED)
            };
        }
    }
    0
}

/// The pages that lie within a part as a whole.
fn whole_pages(start: usize, length: usize, page: usize) -> Option<(usize, usize)> {
    let end = start.checked_add(length)? / page * page;
    let start = start.checked_next_multiple_of(page)?;
    end.checked_sub(start).filter(|length| *length > 0).map(|length| (start, length))
}

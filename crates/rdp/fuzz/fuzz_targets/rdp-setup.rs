//! Leads the set-up of a desktop by what a hostile server may send; it must end with a reason.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = adit_rdp::fuzz::connection(bytes);
});

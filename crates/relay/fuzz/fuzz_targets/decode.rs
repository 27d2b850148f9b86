//! Decodes anything; what decodes must encode to what decodes to the same.

#![no_main]

#[path = "../../tests/support/decode_input.rs"]
mod input;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| input::run(bytes));

//! Leads a session by a hostile sequence of calls; its invariants must hold after each.

#![no_main]

#[path = "../../tests/support/relay_input.rs"]
mod input;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| input::run(bytes));

//! Runs the fuzz targets' code on every kept input: what fuzzing once found stays found.

#![cfg(test)]

#[path = "support/decode_input.rs"]
mod decode_input;
#[path = "support/relay_input.rs"]
mod relay_input;

use std::path::Path;

use proptest::prelude::*;

fn replay(target: &str, run: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus-regressions").join(target);
    let mut count = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        println!("{}", path.display());
        run(&std::fs::read(path).unwrap());
        count += 1;
    }
    assert!(count > 0, "no inputs in {}", folder.display());
}

#[test]
fn kept_inputs_of_decode() {
    replay("decode", decode_input::run);
}

#[test]
fn kept_inputs_of_relay() {
    replay("relay", relay_input::run);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    /// A short walk of the fuzzer's, on every run of the tests.
    #[test]
    fn arbitrary_input(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        decode_input::run(&bytes);
        relay_input::run(&bytes);
    }
}

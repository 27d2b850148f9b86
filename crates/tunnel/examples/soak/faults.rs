//! Faults that a session has to survive, drawn at random.

use adit_cloud::{CloseAfter, Faults};
use rand::RngExt as _;
use rand::rngs::StdRng;

/// Payload after which a connection counts as healthy (`Config::healthy_bytes`), and a little more. Some codes may
/// come only so many times in a row; a relay that sends them sooner ends the session rightly.
const HEALTHY: u64 = 320 * 1024;
/// Codes after which a session is resumed as often as its budget allows (specification section 8.1).
const ALWAYS: [u16; 2] = [1001, 4080];
/// Codes after which it is resumed a few times, unless the connection had proved healthy.
const SOMETIMES: [u16; 2] = [4000, 4004];

/// The next faults. None of them may end a session.
pub(crate) fn draw(random: &mut StdRng) -> Faults {
    let mut faults = Faults::default();
    match random.random_range(0..12) {
        0..4 => faults.drop_after = Some(cut_after(random)),
        4..7 => faults.drop_up_after = Some(cut_after(random)),
        7 => {
            faults.drop_after = Some(cut_after(random));
            faults.drop_up_after = Some(cut_after(random));
        }
        8..10 => {
            let code = ALWAYS[random.random_range(0..ALWAYS.len())];
            faults.close_after = Some(CloseAfter { bytes: cut_after(random), code });
        }
        10 => {
            let code = SOMETIMES[random.random_range(0..SOMETIMES.len())];
            faults.close_after = Some(CloseAfter { bytes: log_uniform(random, HEALTHY, 1 << 20), code });
        }
        // Nothing cuts for a while.
        _ => {}
    }
    faults.drop_clean = random.random();
    faults.repeat = random.random_bool(0.8);
    faults.ping = random.random_bool(0.3);
    faults.junk = random.random_bool(0.3);
    faults.partial_ack = random.random_bool(0.4);
    faults.ack_every = random.random_bool(0.4).then(|| log_uniform(random, 512, 256 * 1024));
    faults.window = random.random_bool(0.4).then(|| log_uniform(random, 64 * 1024, 2 << 20));
    faults.frame =
        random.random_bool(0.4).then(|| u32::try_from(log_uniform(random, 32, 16_384)).unwrap_or(16_384));
    faults
}

/// Payload before a cut, in bytes.
fn cut_after(random: &mut StdRng) -> u64 {
    log_uniform(random, 512, 512 * 1024)
}

/// A number of these bounds, each order of magnitude as likely as the next.
pub(crate) fn log_uniform(random: &mut StdRng, least: u64, most: u64) -> u64 {
    let number = random.random_range((least as f64).ln()..=(most as f64).ln()).exp();
    (number as u64).clamp(least, most)
}

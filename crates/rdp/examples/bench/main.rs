//! `cargo xtask bench rdp` runs this: what a session costs next to `xfreerdp` on the same server and the same picture.
//!
//! A session is a process of its own here, without the app around it: it takes pictures as fast as they are given,
//! and writes each to a loopback socket, as the app does for its page. The two take turns, and a ratio is the median
//! of the rounds' ratios, so that what slows a whole round slows both. What the page makes of the pictures is measured
//! in the real window (`tests/e2e/desktop.bench.mjs`).

#[cfg(target_os = "linux")]
mod contender;
#[cfg(target_os = "linux")]
mod latency;
#[cfg(target_os = "linux")]
mod peers;
#[cfg(target_os = "linux")]
mod proc;
#[cfg(target_os = "linux")]
mod report;
#[cfg(target_os = "linux")]
mod run;
#[cfg(target_os = "linux")]
mod view;

#[cfg(target_os = "linux")]
fn main() {
    if let Err(error) = run::main() {
        eprintln!("rdp_bench: {error:#}");
        std::process::exit(1);
    }
}

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("rdp_bench: it reads what a process uses as Linux tells it");
    std::process::exit(1);
}

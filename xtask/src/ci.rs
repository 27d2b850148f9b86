//! All that has to hold before a change lands, in the order of what fails soonest.

use std::time::Instant;

use anyhow::{Context as _, Result};

use crate::{
    front_end, generate, platforms, policy,
    process::{cargo, run},
    rdp_host, setup, test, tidy,
};

/// A step: what it is called, and what it does.
type Step = (&'static str, fn() -> Result<()>);

/// `cargo xtask ci`.
pub(crate) fn run_all() -> Result<()> {
    let began = Instant::now();
    let steps: [Step; 8] = [
        ("set-up", || {
            setup::ensure(&setup::EVERYTHING)?;
            // All at once, so that a registry that cannot be reached is known now and not after half an hour.
            run(cargo().args(["fetch", "--locked", "--quiet"]))?;
            rdp_host::fetch()
        }),
        ("format and tidy", || {
            run(cargo().args(["fmt", "--all", "--check"]))?;
            rdp_host::check_format()?;
            tidy::run()
        }),
        ("front end: lint and types", front_end::check),
        ("generated files", generate::check),
        ("lints", || {
            run(cargo().args(["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"]))?;
            rdp_host::lint()
        }),
        ("tests", || test::run_all(None)),
        ("dependency policy", policy::run),
        ("other platforms", platforms::run_all),
    ];
    for (number, (name, step)) in steps.iter().enumerate() {
        println!("\n== {}/{} {name} ({} s so far)", number + 1, steps.len(), began.elapsed().as_secs());
        step().with_context(|| format!("{name} failed"))?;
    }
    println!("\nAll steps hold after {} s", began.elapsed().as_secs());
    test::print_totals_again();
    Ok(())
}

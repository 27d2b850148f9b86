//! `cargo xtask test`: every test, with totals at the end and nothing skipped in silence.

use std::{
    io::{BufRead as _, BufReader},
    process::{Command, Stdio},
    sync::Mutex,
};

use anyhow::{Context as _, Result, bail};

use crate::{
    display::Display,
    front_end,
    process::{self, built, cargo, npm, run},
    rdp_host,
    setup::{self, Need},
};

#[derive(Clone, Copy, Default)]
struct Totals {
    passed: u32,
    failed: u32,
    skipped: u32,
}

/// The files in `tests/e2e` that a real window runs through, quick ones first.
const WINDOW_TESTS: &[&str] = &[
    "first-run",
    "window",
    "desktop",
    "servers",
    "windows",
    "displays",
    "profiles",
    "hazards",
    "tray",
    "notices",
    "login",
    "scenes",
    "denials",
];

/// Names of failed tests that are said again at the end.
const MOST_FAILURES: usize = 100;

static LAST: Mutex<Option<Totals>> = Mutex::new(None);

/// Sets up, then runs every test whose name holds `filter`.
pub(crate) fn run_all(filter: Option<&str>) -> Result<()> {
    setup::ensure(&[Need::Build, Need::Display, Need::Peers])?;
    front_end::build()?;
    run(cargo().args(["build", "--workspace", "--all-targets"]))?;
    rdp_host::build()?;

    let mut totals = Totals::default();
    let mut failures = Vec::new();
    let mut suites = Vec::new();

    let mut rust = cargo();
    rust.args(["test", "--workspace", "--all-targets", "--no-fail-fast"]).args(filter);
    suites.push(("Rust".to_owned(), count(&mut rust, &mut totals, &mut failures, cargo_line)?));

    let mut host = rdp_host::tests();
    host.args(filter);
    suites
        .push(("remote desktop host".to_owned(), count(&mut host, &mut totals, &mut failures, cargo_line)?));

    let mut front = npm();
    front.args(["test", "--silent", "--"]).args(filter.map(|name| ["-t", name]).into_iter().flatten());
    front.env("NO_COLOR", "1");
    suites.push(("front end".to_owned(), count(&mut front, &mut totals, &mut failures, vitest_line)?));

    if cfg!(target_os = "linux") {
        let pictures = process::root().join("artifacts/e2e");
        std::fs::create_dir_all(&pictures)?;
        let pattern = filter.map(|name| format!("--test-name-pattern={name}"));
        for name in WINDOW_TESTS {
            // A bus of its own for each: an app that a failed test leaves behind would answer for the next one.
            let display =
                match if *name == "displays" { Display::start_two() } else { Display::start(1280, 1024) } {
                    Ok(display) => display,
                    Err(error) => {
                        failures.push(format!("the display for {name}: {error:#}"));
                        suites.push((format!("real window, {name}"), false));
                        continue;
                    }
                };
            let file = format!("tests/e2e/{name}.test.mjs");
            // A test that hangs, or that leaves a program running, has failed: it must not hold up all others.
            let mut arguments =
                vec!["--test", "--test-reporter=tap", "--test-force-exit", "--test-timeout=600000"];
            arguments.extend(pattern.as_deref());
            arguments.push(&file);
            let mut window = display.command("node".as_ref(), &arguments);
            window
                .current_dir(process::root())
                .env("ADIT_PROGRAMS", built("adit").parent().unwrap_or_else(|| "target/debug".as_ref()))
                .env("ADIT_RDP_HOST", rdp_host::program())
                .env("ADIT_PICTURES", &pictures);
            let ended_well = count(&mut window, &mut totals, &mut failures, tap_line)?;
            suites.push((format!("real window, {name}"), ended_well));
        }
    } else {
        println!("not run: the tests in the real window (they need WebKitWebDriver, which only Linux has)");
    }
    if !process::exists("gcloud") {
        println!("not run: the tests with the real gcloud (it is not installed)");
    }

    if cfg!(unix) && !setup::is_root() {
        println!("not run: the tests that act as another system user (they need root)");
    }
    if cfg!(unix) && !["sshd", "ssh", "ssh-keygen"].iter().all(|program| process::exists(program)) {
        println!("not run: the tests with OpenSSH (it is not installed)");
    }

    if !["freerdp-shadow-cli", "winpr-hash", "Xvfb", "xterm"].iter().all(|program| process::exists(program)) {
        println!("not run: the tests with FreeRDP's shadow server (it is not installed)");
    }
    if !["weston", "weston-simple-shm", "openssl"].iter().all(|program| process::exists(program)) {
        println!("not run: the tests with weston (it is not installed)");
    }
    if !setup::is_root() || std::env::var_os("CI").is_none() || !process::exists("xrdp") {
        println!("not run: the tests with xrdp (they make a system user, as root and with CI set)");
    }

    // Once more at the end, where whoever reads the output's last lines finds it.
    for failure in &failures {
        println!("failed: {failure}");
    }
    for (name, ended_well) in &suites {
        println!("{name}: {}", if *ended_well { "passed" } else { "FAILED" });
    }
    if let Ok(mut last) = LAST.lock() {
        *last = Some(totals);
    }
    print_totals_again();
    if totals.failed > 0 || suites.iter().any(|(_, ended_well)| !ended_well) {
        bail!("tests failed");
    }
    if totals.passed == 0 {
        bail!("no test was run");
    }
    Ok(())
}

/// Prints the totals of the last run as the closing line.
pub(crate) fn print_totals_again() {
    if let Some(totals) = LAST.lock().ok().and_then(|last| *last) {
        let skipped =
            if totals.skipped > 0 { format!(", {} skipped", totals.skipped) } else { String::new() };
        println!("{} passed, {} failed{skipped}", totals.passed, totals.failed);
    }
}

/// Runs a suite, passing its output on and adding up what `read` finds in it.
fn count(
    command: &mut Command,
    totals: &mut Totals,
    failures: &mut Vec<String>,
    read: fn(&str) -> Option<Totals>,
) -> Result<bool> {
    println!("$ {}", command.get_program().to_string_lossy());
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().context("could not start the tests")?;
    let mut output = BufReader::new(child.stdout.take().context("the tests have no output")?);
    let mut bytes = Vec::new();
    // What a test prints need not be text.
    while output.read_until(b'\n', &mut bytes)? > 0 {
        let text = String::from_utf8_lossy(&bytes);
        let line = text.trim_end_matches(['\r', '\n']);
        println!("{line}");
        if is_failure(line) && failures.len() < MOST_FAILURES {
            failures.push(line.trim().to_owned());
        }
        if let Some(found) = read(line) {
            totals.passed += found.passed;
            totals.failed += found.failed;
            totals.skipped += found.skipped;
        }
        bytes.clear();
    }
    Ok(child.wait()?.success())
}

/// Whether this line names a test that failed: cargo's, the front end's, or the window's.
fn is_failure(line: &str) -> bool {
    let line = line.trim_start();
    (line.starts_with("test ") && line.ends_with("... FAILED"))
        || line.starts_with("FAIL ")
        || line.starts_with("not ok ")
}

fn number_before(line: &str, word: &str) -> u32 {
    let Some(at) = line.find(word) else { return 0 };
    let before = line.get(..at).unwrap_or_default().trim_end();
    before
        .rsplit(|letter: char| !letter.is_ascii_digit())
        .next()
        .and_then(|digits| digits.parse().ok())
        .unwrap_or(0)
}

fn cargo_line(line: &str) -> Option<Totals> {
    line.starts_with("test result:").then(|| Totals {
        passed: number_before(line, " passed"),
        failed: number_before(line, " failed"),
        skipped: number_before(line, " ignored"),
    })
}

fn vitest_line(line: &str) -> Option<Totals> {
    line.trim_start().starts_with("Tests ").then(|| Totals {
        passed: number_before(line, " passed"),
        failed: number_before(line, " failed"),
        skipped: number_before(line, " skipped"),
    })
}

fn tap_line(line: &str) -> Option<Totals> {
    let mut words = line.strip_prefix("# ")?.split_whitespace();
    let (word, number) = (words.next()?, words.next()?.parse().ok()?);
    match word {
        "pass" => Some(Totals { passed: number, ..Totals::default() }),
        "fail" | "cancelled" => Some(Totals { failed: number, ..Totals::default() }),
        "skipped" | "todo" => Some(Totals { skipped: number, ..Totals::default() }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{cargo_line, is_failure, tap_line, vitest_line};

    #[test]
    fn closing_lines_are_counted() {
        let line = "test result: FAILED. 12 passed; 3 failed; 1 ignored; 0 measured; 0 filtered out";
        let cargo = cargo_line(line).expect("a closing line");
        assert_eq!((cargo.passed, cargo.failed, cargo.skipped), (12, 3, 1));
        let vitest = vitest_line("      Tests  2 failed | 41 passed (43)").expect("a closing line");
        assert_eq!((vitest.passed, vitest.failed), (41, 2));
        assert_eq!(tap_line("# pass 5").expect("a closing line").passed, 5);
        assert_eq!(tap_line("# cancelled 1").expect("a closing line").failed, 1);
        assert!(tap_line("ok 1 - something").is_none());
        assert!(cargo_line("running 3 tests").is_none());
        assert!(["test a::b ... FAILED", "not ok 1 - a", " FAIL  a.test.ts > b"].into_iter().all(is_failure));
        assert!(
            ["test a::b ... ok", "ok 1 - a", "test result: FAILED. 1 passed"]
                .iter()
                .all(|line| !is_failure(line))
        );
    }
}

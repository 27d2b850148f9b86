//! Every developer's command: `cargo xtask demo | test | ci | …`. Each does its own set-up.

mod bench;
mod bundle;
mod ci;
mod demo;
mod display;
mod front_end;
mod fuzz;
mod generate;
mod pick_user;
mod platforms;
mod policy;
mod process;
mod rdp_host;
mod setup;
mod soak;
mod test;
mod tidy;
mod update_list;
mod words;

use anyhow::{Result, bail};

const USAGE: &str = "cargo xtask COMMAND

  demo [--headless]    build, start the local cloud, open the app signed in to it;
                       --headless does it on a virtual display and leaves pictures in artifacts/demo/
  test [FILTER]        set up, then run every test, the end-to-end ones included
  ci                   all that has to hold before a change lands
  check-platforms      type-check for Windows and macOS
  tidy                 the rules that no compiler checks: floors, files, words
  generate             write the TypeScript of the contract crate
  deny                 licences, sources and doubles of the dependencies
  fuzz TARGET --minutes N
                       feed the relay crate what a hostile relay might send: decode or relay
  soak tunnel --minutes N [--tunnels N] [--seed N]
                       many tunnels through a relay whose faults change all the while, every byte compared;
                       a finding leaves its log in artifacts/soak/. Through another relay, without faults:
                       --relay-url URL --ca FILE --token-file FILE --target PROJECT/ZONE/NAME:PORT
  bench tunnel [--client NAME=COMMAND]...
                       what a tunnel costs next to plain TLS, on release builds; figures on stdout. COMMAND is
                       another client to measure, with {port}, {target-port}, {relay-url}, {ca}, {token-file}
  soak rdp --minutes N [--seed N]
                       one desktop after the other through a connection that breaks, with changes of size, keys
                       that are down when the keyboard goes, and pictures that nobody sees
  soak desktop --minutes N
                       one desktop in the core, through the local cloud's relay, which is lost again and again
  bench rdp [--rounds N] [--seconds N] [--only NAME]
                       what a desktop costs next to xfreerdp on the same server, and in the real window
  bench start [--rounds N --seconds N]
                       the start next to an empty window's, memory and processor time at rest, the packages' sizes
  bench explain        what an explanation costs, and a forecast of 10,000 VMs
  bundle [KINDS]       make what a person installs: deb and rpm here, another system's own there, or KINDS such
                       as appimage or msi; the packages are named on stdout. Packages are signed in two steps, so that
                       no build sees the keys: bundle --build without them, bundle --pack [KINDS] with them
  update-list FOLDER TAG RELEASES
                       write latest.json beside a release's packages: what the app reads to learn of it
  setup                install what is missing and nothing else";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Err(error) = run(&arguments) {
        eprintln!("xtask: {error:#}");
        std::process::exit(1);
    }
}

fn run(arguments: &[String]) -> Result<()> {
    std::env::set_current_dir(process::root())?;
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["demo"] => demo::open(),
        ["demo", "--headless"] => demo::headless(),
        ["test"] => test::run_all(None),
        ["test", filter] => test::run_all(Some(filter)),
        ["ci"] => ci::run_all(),
        ["check-platforms"] => platforms::run_all(),
        ["tidy"] => tidy::run(),
        ["generate"] => generate::write(),
        ["deny"] => policy::run(),
        ["fuzz", target, "--minutes", minutes] => fuzz::run_for(target, minutes),
        ["soak", what, options @ ..] => soak::run_for(what, options),
        ["bench", what, options @ ..] => bench::run_for(what, options),
        ["bundle"] => bundle::make(None),
        ["bundle", "--build"] => bundle::build(),
        ["bundle", "--pack"] => bundle::pack(None),
        ["bundle", "--pack", kinds] => bundle::pack(Some(kinds)),
        ["bundle", kinds] => bundle::make(Some(kinds)),
        ["update-list", folder, tag, releases] => update_list::write(folder, tag, releases),
        ["setup", "bench"] => setup::ensure(&[setup::Need::Build, setup::Need::Display, setup::Need::Peers]),
        ["setup"] => setup::ensure(&setup::EVERYTHING),
        // As the program that `ADIT_BROWSER` names, xtask is given an address and nothing else.
        [url] if url.starts_with("http://127.0.0.1:") => pick_user::run(url),
        [] | ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            Ok(())
        }
        _ => bail!("unknown command\n\n{USAGE}"),
    }
}

//! Programs that a test starts, and the end of each by its own id.

use std::{
    net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// A program that is ended with this value.
pub(crate) struct Running(Child);

impl Running {
    pub(crate) fn start(command: &mut Command) -> Self {
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        Self(child.unwrap_or_else(|error| panic!("{command:?}: {error}")))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Asked first, so that it can end what it has started.
        let _ = Command::new("kill").args(["-TERM", &self.0.id().to_string()]).status();
        let limit = Instant::now() + Duration::from_secs(2);
        while Instant::now() < limit {
            if matches!(self.0.try_wait(), Ok(Some(_))) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Where the programs are, or nothing where one is missing; CI has them all.
pub(crate) fn programs<const N: usize>(names: [&str; N]) -> Option<[PathBuf; N]> {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> =
        std::env::split_paths(&paths).chain(["/usr/sbin".into(), "/usr/bin".into()]).collect();
    let found: Option<Vec<PathBuf>> = names
        .iter()
        .map(|name| folders.iter().map(|folder| folder.join(name)).find(|path| path.is_file()))
        .collect();
    let found = found.and_then(|found| found.try_into().ok());
    if found.is_none() {
        assert!(std::env::var_os("CI").is_none(), "{names:?} are not installed");
        eprintln!("not run: {names:?} are not installed");
    }
    found
}

pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port()
}

/// Waits until somebody listens there.
pub(crate) fn wait_for(port: u16) {
    let limit = Instant::now() + Duration::from_secs(20);
    // Some servers take the one loopback address for the other.
    let addresses =
        [SocketAddr::from((Ipv4Addr::LOCALHOST, port)), SocketAddr::from((Ipv6Addr::LOCALHOST, port))];
    while TcpStream::connect(&addresses[..]).is_err() {
        assert!(Instant::now() < limit, "nothing listens on port {port}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// A virtual display.
pub(crate) struct Display {
    _server: Running,
    pub(crate) name: String,
}

impl Display {
    pub(crate) fn start(xvfb: &PathBuf, folder: &std::path::Path, size: &str) -> Self {
        let told = folder.join("display");
        // It chooses a number that is free, and writes it.
        let script = format!("exec \"$0\" -displayfd 3 -screen 0 {size}x24 -nolisten tcp 3>\"$1\"");
        let server = Running::start(Command::new("sh").args(["-c", &script]).arg(xvfb).arg(&told));
        let limit = Instant::now() + Duration::from_secs(20);
        loop {
            let number = std::fs::read_to_string(&told).unwrap_or_default();
            if number.ends_with('\n') {
                return Self { _server: server, name: format!(":{}", number.trim()) };
            }
            assert!(Instant::now() < limit, "no display came up");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

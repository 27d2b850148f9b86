//! Other programs, what they have used, and their end by their own id.

use std::{
    io::{BufRead as _, BufReader},
    net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};

/// A program that is ended with this value.
pub(crate) struct Running(pub(crate) Child);

impl Running {
    /// Starts it without a word to the terminal.
    pub(crate) fn quietly(command: &mut Command) -> Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Ok(Self(command.spawn().with_context(|| format!("{command:?}"))?))
    }

    /// Seconds of processor time it has used, in itself and in the kernel, in all its threads.
    pub(crate) fn processor(&self) -> Result<f64> {
        let text = std::fs::read_to_string(format!("/proc/{}/stat", self.0.id()))?;
        // The name before them may hold anything, but ends with the last bracket.
        let fields = text.rsplit_once(')').context("no such process")?.1;
        let mut fields = fields.split_whitespace().skip(11);
        let mut next = || fields.next().and_then(|field| field.parse::<f64>().ok()).context("no times");
        let ticks = next()? + next()?;
        // SAFETY: it reads a constant of the system.
        let second = unsafe { libc::sysconf(libc::_SC_CLK_TCK) };
        Ok(ticks / second as f64)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Ok(id) = i32::try_from(self.0.id()) {
            // SAFETY: a plain signal to a child that has not been waited for, so its id is still its own.
            unsafe { libc::kill(id, libc::SIGTERM) };
        }
        let limit = Instant::now() + Duration::from_secs(2);
        while Instant::now() < limit {
            if matches!(self.0.try_wait(), Ok(Some(_))) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// The next line that a program says.
pub(crate) fn line(from: &mut BufReader<ChildStdout>) -> Result<String> {
    let mut line = String::new();
    if from.read_line(&mut line)? == 0 {
        bail!("it has ended");
    }
    Ok(line)
}

/// Where a program is.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let mut folders = std::env::split_paths(&paths).chain(["/usr/sbin".into(), "/usr/bin".into()]);
    folders.find_map(|folder| Some(folder.join(name)).filter(|path| path.is_file()))
}

/// A port that nobody listens on now.
pub(crate) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// Waits until somebody listens there.
pub(crate) fn wait_for(port: u16) -> Result<()> {
    let limit = Instant::now() + Duration::from_secs(20);
    // Some servers take the one loopback address for the other.
    let addresses =
        [SocketAddr::from((Ipv4Addr::LOCALHOST, port)), SocketAddr::from((Ipv6Addr::LOCALHOST, port))];
    while TcpStream::connect(&addresses[..]).is_err() {
        if Instant::now() > limit {
            bail!("nothing listens on port {port}");
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

/// A virtual display.
pub(crate) struct Display {
    _server: Running,
    pub(crate) name: String,
}

impl Display {
    pub(crate) fn start(size: &str) -> Result<Self> {
        // It chooses a number that is free, and says it.
        let mut server = Command::new(find("Xvfb").context("Xvfb is not installed")?)
            // Painted by a program that leaves again, it would be black once nobody is there.
            .args(["-noreset", "-displayfd", "1", "-nolisten", "tcp", "-screen", "0", &format!("{size}x24")])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let stdout = server.stdout.take().context("it is piped")?;
        let server = Running(server);
        let number = line(&mut BufReader::new(stdout))?;
        Ok(Self { _server: server, name: format!(":{}", number.trim()) })
    }
}

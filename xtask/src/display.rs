//! A virtual display with a window frame, a message bus, a keychain and a place for temporary files of its own, apart
//! from the person's.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, bail};

use crate::process::{PrivateFolder, Running, run};

/// The display; it is gone, with its folders, when this value goes.
pub(crate) struct Display {
    _server: Running,
    name: String,
    folder: PrivateFolder,
}

impl Display {
    /// Starts one of this size in pixels, on a number that the system picks.
    pub(crate) fn start(width: u32, height: u32) -> Result<Self> {
        let mut server = Command::new("Xvfb");
        server.args(["-screen", "0", &format!("{width}x{height}x24")]);
        Self::serve(server, PrivateFolder::new("display")?)
    }

    /// Starts one that has two monitors side by side, of 1280 x 800 and of 1280 x 1024: Xvfb has but one.
    pub(crate) fn start_two() -> Result<Self> {
        const CONFIG: &str = r#"Section "ServerFlags"
  Option "AutoAddDevices" "false"
  Option "AutoEnableDevices" "false"
EndSection
Section "Device"
  Identifier "card"
  Driver "dummy"
  VideoRam 65536
EndSection
Section "Monitor"
  Identifier "monitor"
  HorizSync 5.0-1000.0
  VertRefresh 5.0-200.0
EndSection
Section "Screen"
  Identifier "screen"
  Device "card"
  Monitor "monitor"
  DefaultDepth 24
  SubSection "Display"
    Depth 24
    Virtual 2560 1024
  EndSubSection
EndSection
"#;
        let folder = PrivateFolder::new("display")?;
        let config = folder.path().join("xorg.conf");
        fs::write(&config, CONFIG)?;
        let mut server = Command::new("Xorg");
        // The console that somebody sits at stays as it is.
        server.args(["-noreset", "-novtswitch", "-sharevts", "-config"]).arg(config);
        server.arg("-logfile").arg(folder.path().join("xorg.log"));
        let display = Self::serve(server, folder)?;
        let arrange =
            |arguments: &[&str]| run(Command::new("xrandr").env("DISPLAY", &display.name).args(arguments));
        arrange(&["--addmode", "DUMMY1", "1280x1024"])?;
        let left = ["--output", "DUMMY0", "--mode", "1280x800", "--pos", "0x0"];
        let right = ["--output", "DUMMY1", "--mode", "1280x1024", "--pos", "1280x0"];
        arrange(&[left, right].concat())?;
        // Looked at anew, the second counts as plugged in: programs pass over one that is not.
        arrange(&["--listmonitors"])?;
        Ok(display)
    }

    fn serve(mut server: Command, folder: PrivateFolder) -> Result<Self> {
        let name = server.get_program().to_string_lossy().into_owned();
        let mut server = server
            .args(["-displayfd", "1", "-nolisten", "tcp"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("could not start {name}"))?;
        let stdout = server.stdout.take().context("it has no output")?;
        let server = Running(server);
        let mut number = String::new();
        BufReader::new(stdout).read_line(&mut number)?;
        if number.trim().is_empty() {
            // Only Xorg has one.
            let log = fs::read_to_string(folder.path().join("xorg.log")).unwrap_or_default();
            let errors: Vec<&str> = log.lines().filter(|line| line.contains("(EE)")).collect();
            bail!("{name} did not start: {}", errors.join("; "));
        }
        for name in ["home/.local/share/keyrings", "home/.cache", "home/.config/openbox"] {
            fs::create_dir_all(folder.path().join(name))?;
        }
        fs::create_dir(folder.path().join("tmp"))?;
        let runtime = folder.path().join("run");
        fs::create_dir_all(&runtime)?;
        // The bus and the keychain insist that this one is private by itself.
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(&runtime, fs::Permissions::from_mode(0o700))?;
        }
        Ok(Self { _server: server, name: format!(":{}", number.trim()), folder })
    }

    /// A command that runs `program` on this display. Its window manager, bus and keychain end with it.
    pub(crate) fn command(&self, program: &Path, arguments: &[&str]) -> Command {
        // The keychain's password is nobody's secret: the keychain is new, and gone after the run.
        const SESSION: &str = r#"printf %s adit | gnome-keyring-daemon --unlock --components=secrets --daemonize >/dev/null 2>&1
openbox >/dev/null 2>&1 &
manager=$!
"$@"
status=$?
kill "$manager" 2>/dev/null
exit $status"#;
        let mut command = Command::new("dbus-run-session");
        command.args(["--", "sh", "-c", SESSION, "session"]).arg(program).args(arguments);
        let home = self.folder.path().join("home");
        command
            .env("DISPLAY", &self.name)
            .env("HOME", &home)
            // What is left there is this run's alone, and goes with it. Its path is short: sockets below it have room for 107 bytes.
            .env("TMPDIR", self.folder.path().join("tmp"))
            .env("XDG_RUNTIME_DIR", self.folder.path().join("run"))
            .env("XDG_CONFIG_HOME", home.join(".config"))
            .env("XDG_DATA_HOME", home.join(".local/share"))
            .env("XDG_CACHE_HOME", home.join(".cache"))
            .env("WEBKIT_DISABLE_DMABUF_RENDERER", "1")
            .env("NO_AT_BRIDGE", "1")
            .env("NO_PROXY", "127.0.0.1,localhost,::1")
            .env_remove("WAYLAND_DISPLAY");
        command
    }
}

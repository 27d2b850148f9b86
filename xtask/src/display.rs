//! A virtual display with a window frame, a message bus, a keychain and a place for temporary files of its own, apart
//! from the person's.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, bail};

use crate::process::{PrivateFolder, Running};

/// The display; it is gone, with its folders, when this value goes.
pub(crate) struct Display {
    _server: Running,
    name: String,
    folder: PrivateFolder,
}

impl Display {
    /// Starts one of this size in pixels, on a number that the system picks.
    pub(crate) fn start(width: u32, height: u32) -> Result<Self> {
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-nolisten", "tcp", "-screen", "0", &format!("{width}x{height}x24")])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("could not start Xvfb")?;
        let stdout = server.stdout.take().context("Xvfb has no output")?;
        let server = Running(server);
        let mut number = String::new();
        BufReader::new(stdout).read_line(&mut number)?;
        if number.trim().is_empty() {
            bail!("Xvfb did not start");
        }
        let folder = PrivateFolder::new("display")?;
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

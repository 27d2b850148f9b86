//! What a machine must have: installed on Debian and its like, named elsewhere.

use std::{
    io::{BufRead as _, IsTerminal as _, Write as _},
    process::{Command, Stdio},
};

use anyhow::{Result, bail};

use crate::process;

/// A reason to need something.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// Building the app.
    Build,
    /// A virtual display with a keychain, and the means to drive and photograph a window.
    Display,
    /// Real servers and clients to test against.
    Peers,
    /// Type-checking for Windows with a real C compiler.
    Cross,
}

/// All of it.
pub(crate) const EVERYTHING: [Need; 4] = [Need::Build, Need::Display, Need::Peers, Need::Cross];

impl Need {
    fn debian_packages(self) -> &'static [&'static str] {
        match self {
            Self::Build => {
                &["libwebkit2gtk-4.1-dev", "libasound2-dev", "pkg-config", "libayatana-appindicator3-1"]
            }
            Self::Display => &[
                "webkit2gtk-driver",
                "xvfb",
                "xauth",
                "xdotool",
                "dbus",
                "dbus-x11",
                "openbox",
                "imagemagick",
                "procps",
                "gnome-keyring",
                "fonts-dejavu-core",
                "libgl1-mesa-dri",
            ],
            Self::Peers => &[
                "curl",
                "iproute2",
                "openssh-server",
                "openssh-client",
                "xrdp",
                "xorgxrdp",
                "freerdp2-shadow-x11",
                "freerdp2-x11",
                "winpr-utils",
                "weston",
                "xterm",
                "x11-xserver-utils",
                "xserver-xorg-core",
                "xserver-xorg-video-dummy",
                "xclip",
            ],
            Self::Cross => &["gcc-mingw-w64-x86-64"],
        }
    }
}

/// Makes sure that Node and the packages for `needs` are there.
pub(crate) fn ensure(needs: &[Need]) -> Result<()> {
    require_node()?;
    if !cfg!(target_os = "linux") {
        return explain_elsewhere();
    }
    if !process::exists("apt-get") {
        return explain_other_linux(needs);
    }
    let missing: Vec<&str> = needs
        .iter()
        .flat_map(|need| need.debian_packages())
        .copied()
        .filter(|package| !is_installed(package))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    println!("Missing packages: {}", missing.join(" "));
    if !may_install()? {
        bail!("install them first: sudo apt-get install {}", missing.join(" "));
    }
    install(&missing)
}

fn require_node() -> Result<()> {
    let version = process::output("node", &["--version"]).unwrap_or_default();
    let mut numbers =
        version.trim_start_matches('v').split('.').map_while(|number| number.parse::<u32>().ok());
    match (numbers.next(), numbers.next()) {
        // What the front end is built with asks for this one.
        (Some(major), Some(minor)) if (major, minor) >= (20, 19) => Ok(()),
        (Some(_), _) => bail!("Node {version} is too old: install Node 20.19 or newer from nodejs.org"),
        (None, _) => bail!("Node is missing: install Node 20.19 or newer from nodejs.org"),
    }
}

/// Says what is missing, and for what the app is built with, what two large families of distributions call it.
fn explain_other_linux(needs: &[Need]) -> Result<()> {
    let mut missing = Vec::new();
    for need in needs {
        match need {
            Need::Build
                if process::output("pkg-config", &["--exists", "webkit2gtk-4.1", "alsa"]).is_none() =>
            {
                missing.push(
                    "WebKitGTK 4.1 and ALSA with their development files, and pkg-config\n    \
                     Fedora: sudo dnf install webkit2gtk4.1-devel alsa-lib-devel pkgconf\n    \
                     Arch: sudo pacman -S webkit2gtk-4.1 alsa-lib pkgconf"
                        .to_owned(),
                )
            }
            Need::Build => {}
            Need::Display => missing.extend(absent(&[
                "Xvfb",
                "WebKitWebDriver",
                "dbus-run-session",
                "openbox",
                "gnome-keyring-daemon",
                "import",
                "xdotool",
                "ps",
            ])),
            Need::Peers => missing.extend(absent(&["sshd", "ssh", "ssh-keygen"])),
            Need::Cross => missing.extend(absent(&["x86_64-w64-mingw32-gcc"])),
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    bail!("install these first, and run the command again:\n  {}", missing.join("\n  "))
}

fn absent(programs: &[&str]) -> Vec<String> {
    let missing = programs.iter().filter(|program| !process::exists(program));
    missing.map(|program| format!("the program `{program}`")).collect()
}

fn explain_elsewhere() -> Result<()> {
    if cfg!(target_os = "macos") && process::output("xcode-select", &["-p"]).is_none() {
        bail!("the C compiler is missing: run `xcode-select --install`");
    }
    // Windows brings WebView2 with its updates, and rustup asks for the C++ build tools itself. What the build of
    // the TLS library may ask for besides is said here, since its own message is not plain.
    if cfg!(windows) && !process::exists("nasm") {
        println!("If the build asks for NASM: install it from nasm.us and put it into PATH.");
    }
    Ok(())
}

fn is_installed(package: &str) -> bool {
    process::output("dpkg-query", &["-W", "-f=${Status}", package])
        .is_some_and(|status| status.ends_with("ok installed"))
}

/// Whether this runs as the system's administrator.
pub(crate) fn is_root() -> bool {
    process::output("id", &["-u"]).as_deref() == Some("0")
}

fn may_install() -> Result<bool> {
    if std::env::var_os("CI").is_some() {
        return Ok(true);
    }
    if !std::io::stdin().is_terminal() {
        // Nobody can be asked. An unattended run as root is a container or a script that means it;
        // anybody else would only meet the prompt of `sudo`.
        return Ok(is_root());
    }
    print!("Install them with apt-get? [Y/n] ");
    std::io::stdout().flush()?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "" | "y" | "yes"))
}

/// Installs without starting any service: a newcomer's machine stays as closed as it was.
fn install(packages: &[&str]) -> Result<()> {
    let script = format!(
        r#"set -e
if [ ! -e /usr/sbin/policy-rc.d ]; then
  trap 'rm -f /usr/sbin/policy-rc.d' EXIT
  printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d
  chmod 755 /usr/sbin/policy-rc.d
fi
# Another installation may be under way, and a mirror may miss once.
set -- -qq -o DPkg::Lock::Timeout=300 -o Acquire::Retries=5
apt-get update "$@"
DEBIAN_FRONTEND=noninteractive apt-get install "$@" -y --no-install-recommends {}"#,
        packages.join(" ")
    );
    let mut command = if is_root() { Command::new("sh") } else { Command::new("sudo") };
    if !is_root() {
        command.arg("sh");
    }
    command.arg("-c").arg(script).stdout(Stdio::null());
    println!("Installing {} packages…", packages.len());
    let status = command.status()?;
    if !status.success() {
        bail!("the packages could not be installed; apt-get ended with {status}");
    }
    Ok(())
}

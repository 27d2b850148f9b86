//! The command line as clap reads it. Wrong usage ends with 2, as clap has it.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand};

use crate::person::Fingerprint;

/// Enter your Google Cloud VMs.
#[derive(Debug, Parser)]
#[command(name = "adit", version, propagate_version = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve a local Google Cloud on loopback until killed
    Cloud(CloudArguments),
    /// List projects, zones and instances
    Ls(LsArguments),
    /// Listen on a local port that leads through IAP to a port of a VM
    Tunnel(TunnelArguments),
    /// The same on standard input and output, for OpenSSH's ProxyCommand
    Proxy(ProxyArguments),
    /// List and steer the tunnels of the running app
    Tunnels(TunnelsArguments),
    /// Open a terminal on a VM, or run a command there
    Ssh(SshArguments),
    /// Open a remote desktop without a window and write pictures of it
    Rdp(Box<RdpArguments>),
    /// Say why the way to a port is barred, or what would bar it
    Explain(ExplainArguments),
    /// Hand an address such as adit://ssh/PROJECT/ZONE/INSTANCE to the app, which asks before it does anything
    Open(OpenArguments),
    /// List the profiles, take some from a file, or write them to one
    Profiles(ProfilesArguments),
    /// Show and change settings: everywhere, for a project, a zone or an instance, or in a profile
    Settings(SettingsArguments),
}

#[derive(Debug, Args)]
pub(crate) struct CloudArguments {
    /// Address to listen on; loopback only, port 0 picks a free one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:0")]
    pub(crate) listen: SocketAddr,
    /// What exists in this cloud; the demo landscape when not given
    #[arg(long, value_name = "FILE")]
    pub(crate) landscape: Option<PathBuf>,
    /// What the relay does wrong on purpose, such as drop-after=10485760; repeatable
    #[arg(long = "fault", value_name = "NAME=VALUE")]
    pub(crate) faults: Vec<String>,
    /// Server of the remote desktops of its Windows VMs: what `cargo build` makes in tests/rdp-host
    #[arg(long, value_name = "PROGRAM")]
    pub(crate) rdp_host: Option<PathBuf>,
    /// End as well once standard input has come to its end: with the program that holds it, however that ends
    #[arg(long)]
    pub(crate) until_stdin_closes: bool,
}

/// How to reach the relay, and as whom.
#[derive(Debug, Args)]
pub(crate) struct Access {
    /// Relay to use instead of Google's; wss only
    #[arg(long, value_name = "URL")]
    pub(crate) relay_url: Option<url::Url>,
    /// Certificate authorities (PEM) that replace the system's for the relay
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) route: Route,
    #[command(flatten)]
    pub(crate) identity: Identity,
}

/// By which way.
#[derive(Debug, Default, Args)]
pub(crate) struct Route {
    /// Address to dial in place of the relay's own, such as a Private Service Connect endpoint
    #[arg(long, value_name = "HOST[:PORT]")]
    pub(crate) relay_address: Option<adit_tunnel::RelayAddress>,
    /// Client certificate (PEM) to show the relay; for Google's, its mTLS address is used
    #[arg(long, value_name = "FILE", requires = "client_key")]
    pub(crate) client_certificate: Option<PathBuf>,
    /// The unencrypted key (PEM) of that certificate
    #[arg(long, value_name = "FILE", requires = "client_certificate")]
    pub(crate) client_key: Option<PathBuf>,
    /// Proxy to the relay: system, none, http://[USER:PASSWORD@]HOST:PORT, or pac:URL on Windows
    // Read later: a complaint about an argument quotes it, and it may hold a password.
    #[arg(long, value_name = "PROXY")]
    pub(crate) proxy: Option<String>,
}

/// As whom.
#[derive(Debug, Args)]
pub(crate) struct Identity {
    /// File that holds an access token; no keychain is used then
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
}

/// Which instance: a name with --project and --zone, or PROJECT/ZONE/NAME.
#[derive(Debug, Default, Args)]
pub(crate) struct Place {
    /// Project id
    #[arg(long)]
    pub(crate) project: Option<String>,
    /// Zone, such as europe-west1-b
    #[arg(long)]
    pub(crate) zone: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct OpenArguments {
    /// The address
    #[arg(value_name = "URL")]
    pub(crate) address: String,
    /// Only say what the app would offer
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Args)]
pub(crate) struct LsArguments {
    /// One line of JSON for each instance
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) identity: Identity,
}

/// A port of an instance, or of a host behind a destination group.
#[derive(Debug, Args)]
pub(crate) struct TargetArguments {
    /// The instance and its port; with --host only the port
    #[arg(value_name = "INSTANCE PORT", num_args = 1..=2, required = true)]
    pub(crate) words: Vec<String>,
    #[command(flatten)]
    pub(crate) place: Place,
    /// Network interface of the instance
    #[arg(long, default_value = "nic0")]
    pub(crate) interface: String,
    /// Host behind a destination group, by name or address
    #[arg(long, requires = "group", requires = "region", requires = "network", conflicts_with = "zone")]
    pub(crate) host: Option<String>,
    /// Destination group
    #[arg(long, requires = "host")]
    pub(crate) group: Option<String>,
    /// Region of the destination group
    #[arg(long, requires = "host")]
    pub(crate) region: Option<String>,
    /// Network of the destination group
    #[arg(long, requires = "host")]
    pub(crate) network: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct TunnelArguments {
    #[command(flatten)]
    pub(crate) target: TargetArguments,
    /// Local address to listen on; loopback only, port 0 picks a free one. Without it, the port that this target has
    /// each time, or a free one where that is taken
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) local: Option<SocketAddr>,
    /// Listen on a Unix socket instead: a path in a folder that is this user's alone
    #[arg(long, value_name = "PATH", conflicts_with = "local")]
    pub(crate) socket: Option<PathBuf>,
    /// Let in only this program; repeatable
    #[arg(long = "allow", value_name = "PROGRAM", conflicts_with = "command")]
    pub(crate) allow: Vec<PathBuf>,
    /// Let in everyone on this machine, other users too
    #[arg(long, conflicts_with_all = ["allow", "command"])]
    pub(crate) allow_everyone: bool,
    /// What is spoken through it: for `http` only requests meant for this computer pass, for all others but `any` none
    /// that looks like HTTP does
    #[arg(long, value_enum, default_value = "any")]
    pub(crate) protocol: Protocol,
    /// Keep trying while the VM starts, for at most three minutes
    #[arg(long)]
    pub(crate) wait: bool,
    #[command(flatten)]
    pub(crate) access: Access,
    /// One line of JSON for each event
    #[arg(long)]
    pub(crate) json: bool,
    /// Program to start over the tunnel, which alone may use it, with what it starts; {host} and {port} stand for the
    /// local address. The tunnel ends with it
    #[arg(last = true, value_name = "COMMAND")]
    pub(crate) command: Vec<String>,
}

/// What is spoken through a tunnel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Protocol {
    Any,
    Http,
    Https,
    Ssh,
    Rdp,
    Vnc,
    Postgres,
    Mysql,
    #[value(name = "sqlserver")]
    SqlServer,
    Mongodb,
    Redis,
}

#[derive(Debug, Args)]
pub(crate) struct TunnelsArguments {
    #[command(subcommand)]
    pub(crate) what: Option<TunnelsCommand>,
    /// One line of JSON for each tunnel
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TunnelsCommand {
    /// Who is connected to a tunnel
    Peers(TunnelId),
    /// Start a tunnel
    Start(TunnelId),
    /// Stop a tunnel, and its connections
    Stop(TunnelId),
    /// Stop a tunnel and start it again
    Restart(TunnelId),
    /// Stop a tunnel and forget it
    Remove(TunnelId),
}

#[derive(Debug, Args)]
pub(crate) struct TunnelId {
    /// The tunnel's number, as `adit tunnels` shows it
    pub(crate) id: String,
}

#[derive(Debug, Args)]
pub(crate) struct ProfilesArguments {
    #[command(subcommand)]
    pub(crate) what: Option<ProfilesCommand>,
    /// One line of JSON for each profile, or for what was imported
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ProfilesCommand {
    /// Show every profile, with its folder and where it leads
    List,
    /// Add what a file has: an export of Adit, an .rdp file, or an .iapc file of IAP Desktop
    Import {
        /// The file
        file: PathBuf,
    },
    /// Write all profiles as JSON, without passwords
    Export {
        /// The file, or - for standard output
        file: PathBuf,
    },
}

#[derive(Debug, Args)]
pub(crate) struct SettingsArguments {
    #[command(subcommand)]
    pub(crate) what: Option<SettingsCommand>,
    /// One line of JSON for each setting
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SettingsCommand {
    /// Show every setting that can be set there, its value, and where that comes from
    List(SettingsPlace),
    /// Name every place that has values of its own
    Places,
    /// Print the value of a setting
    Get {
        /// The setting, such as rdp.port
        key: String,
        #[command(flatten)]
        place: SettingsPlace,
    },
    /// Set a value
    Set {
        /// The setting, such as rdp.port
        key: String,
        /// Its value; for a list as many as there are
        #[arg(required = true, value_name = "VALUE")]
        values: Vec<String>,
        #[command(flatten)]
        place: SettingsPlace,
    },
    /// Forget the value that is set there, so that the inherited one holds
    Reset {
        /// The setting, such as rdp.port
        key: String,
        #[command(flatten)]
        place: SettingsPlace,
    },
}

/// Where: everywhere, in a project, in a zone of it, for an instance, or in a profile.
#[derive(Debug, Default, Args)]
pub(crate) struct SettingsPlace {
    /// The instance: a name with --project and --zone, or PROJECT/ZONE/NAME
    #[arg(long, value_name = "INSTANCE")]
    pub(crate) instance: Option<String>,
    /// The profile: its name, FOLDER/NAME, or its id, as `adit profiles --json` has it
    #[arg(long, value_name = "PROFILE", conflicts_with_all = ["instance", "project", "zone"])]
    pub(crate) profile: Option<String>,
    #[command(flatten)]
    pub(crate) place: Place,
}

#[derive(Debug, Args)]
pub(crate) struct ProxyArguments {
    #[command(flatten)]
    pub(crate) target: TargetArguments,
    /// Keep trying while the VM starts, for at most three minutes
    #[arg(long)]
    pub(crate) wait: bool,
    #[command(flatten)]
    pub(crate) access: Access,
}

#[derive(Debug, Args)]
pub(crate) struct SshArguments {
    /// The instance: a name with --project and --zone, or PROJECT/ZONE/NAME
    #[arg(value_name = "INSTANCE")]
    pub(crate) instance: String,
    #[command(flatten)]
    pub(crate) place: Place,
    #[command(flatten)]
    pub(crate) identity: Identity,
    /// Start the VM first if it is stopped, or resume it if it is suspended
    #[arg(long)]
    pub(crate) start: bool,
    /// Host key to pin without a question: when none is known, or in place of another one
    #[arg(long, value_name = "SHA256:…")]
    pub(crate) accept_host_key: Option<Fingerprint>,
    /// Command to run instead of a terminal
    #[arg(last = true, value_name = "COMMAND")]
    pub(crate) command: Vec<String>,
}

/// What the settings are to be for this one connection.
#[derive(Debug, Default, Args)]
pub(crate) struct Said {
    /// A setting for this connection alone, such as rdp.port=3390; repeatable. --help names all of them
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = said)]
    pub(crate) said: Vec<(String, String)>,
}

fn said(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("give KEY=VALUE, such as rdp.port=3390")?;
    Ok((key.trim().to_owned(), value.to_owned()))
}

#[derive(Debug, Args)]
#[command(after_long_help = adit_core::settings::help("rdp"))]
pub(crate) struct RdpArguments {
    /// The instance: a name with --project and --zone, or PROJECT/ZONE/NAME
    #[arg(value_name = "INSTANCE")]
    pub(crate) instance: String,
    #[command(flatten)]
    pub(crate) place: Place,
    #[command(flatten)]
    pub(crate) access: Access,
    /// Where the settled picture is written, as PNG
    #[arg(long, value_name = "FILE")]
    pub(crate) screenshot: PathBuf,
    /// Size of the picture, in pixels; the server has the last word
    #[arg(long, value_name = "WIDTHxHEIGHT", default_value = "1280x800")]
    pub(crate) size: PictureSize,
    #[command(flatten)]
    pub(crate) said: Said,
    /// Who signs in: NAME or DOMAIN\\NAME; the same as --set rdp.user=NAME
    #[arg(long, value_name = "NAME", requires = "password_file")]
    pub(crate) user: Option<String>,
    /// File that holds the password on its first line; - is standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
    /// SHA-256 of the certificate to trust, in hexadecimal; without it none is trusted
    #[arg(long, value_name = "HEX")]
    pub(crate) cert_sha256: Option<adit_rdp::Fingerprint>,
    /// Go on with a server without Network Level Authentication: the password goes to whoever holds that certificate. The same
    /// as --set rdp.security=pinnedTls
    #[arg(long, requires = "cert_sha256")]
    pub(crate) allow_no_nla: bool,
    /// Port of the remote desktop on the VM; the same as --set rdp.port=PORT
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) port: Option<u16>,
    /// File of what to type, click and picture before, a line each
    #[arg(long, value_name = "FILE")]
    pub(crate) script: Option<PathBuf>,
}

/// A size as `WIDTHxHEIGHT`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PictureSize(pub(crate) adit_rdp::Size);

impl std::str::FromStr for PictureSize {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        use adit_rdp::{MAX_SIDE, MIN_SIDE, Size};
        let side = |side: &str| side.parse::<u16>().ok().filter(|side| (MIN_SIDE..=MAX_SIDE).contains(side));
        let size =
            text.split_once('x').and_then(|(width, height)| Some(Size::new(side(width)?, side(height)?)));
        size.map(Self)
            .ok_or_else(|| format!("not a size such as 1280x800, each side from {MIN_SIDE} to {MAX_SIDE}"))
    }
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("what").required(true).multiple(true).args(["words", "case", "web"]))]
pub(crate) struct ExplainArguments {
    /// The instance and its port
    #[arg(value_name = "INSTANCE PORT", num_args = 2, conflicts_with_all = ["case", "web"])]
    pub(crate) words: Vec<String>,
    #[command(flatten)]
    pub(crate) place: Place,
    /// Network interface of the instance
    #[arg(long, default_value = "nic0")]
    pub(crate) interface: String,
    /// Judge what this file holds and ask nobody: one input, {"input": …}, or a table of cases; - is standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) case: Option<PathBuf>,
    /// A web app behind IAP, by its address, instead of a port; with --case, judge its input as one
    #[arg(long, value_name = "URL", num_args = 0..=1, default_missing_value = "")]
    pub(crate) web: Option<String>,
    /// IAP's name of the web app below the project, such as iap_web/compute/services/4711
    #[arg(long, value_name = "RESOURCE", requires = "web")]
    pub(crate) resource: Option<String>,
    /// What IAP answered: the text of its 403 page; - is standard input
    #[arg(long, value_name = "FILE", requires = "web")]
    pub(crate) denial: Option<PathBuf>,
    /// Stop asking after this many seconds and say what is known
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = clap::value_parser!(u64).range(1..=600))]
    pub(crate) timeout: u64,
    /// JSON instead of words
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) identity: Identity,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::Arguments;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }
}

//! Tunnels with a listener before them: what a person asks for, and what becomes of it.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{failure::Failure, inventory::InstanceRef};

/// Where a tunnel leads.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
#[ts(export)]
pub enum TunnelTarget {
    /// A port of a VM's network interface.
    Instance {
        /// The VM.
        instance: InstanceRef,
        /// Network interface, such as `nic0`.
        interface: String,
        /// TCP port, 1 to 65535.
        port: u16,
    },
    /// A port of a host behind a destination group.
    Host {
        /// Project id.
        project: String,
        /// Region, such as `europe-west1`.
        region: String,
        /// VPC network.
        network: String,
        /// Destination group.
        group: String,
        /// Address or fully qualified name.
        host: String,
        /// TCP port, 1 to 65535.
        port: u16,
    },
}

/// What is spoken through a tunnel. Decides what may come in, and which ready-made words there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum TunnelProtocol {
    /// Not declared: everything may pass.
    #[default]
    Any,
    /// HTTP without TLS.
    Http,
    /// HTTP over TLS.
    Https,
    /// SSH.
    Ssh,
    /// Remote Desktop.
    Rdp,
    /// VNC.
    Vnc,
    /// PostgreSQL.
    Postgres,
    /// MySQL and MariaDB.
    Mysql,
    /// Microsoft SQL Server.
    SqlServer,
    /// MongoDB.
    Mongodb,
    /// Redis.
    Redis,
}

impl TunnelProtocol {
    /// What usually answers on a port.
    #[must_use]
    pub fn usual(port: u16) -> Self {
        match port {
            22 => Self::Ssh,
            80 | 8000 | 8080 | 3000 => Self::Http,
            443 | 8443 => Self::Https,
            1433 => Self::SqlServer,
            3306 => Self::Mysql,
            3389 => Self::Rdp,
            5432 => Self::Postgres,
            5900 | 5901 => Self::Vnc,
            6379 => Self::Redis,
            27017 => Self::Mongodb,
            _ => Self::Any,
        }
    }
}

/// How strict a tunnel for HTTP is with what web pages in a browser may send to it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum HttpRule {
    /// Everything passes.
    Open,
    /// Only requests for this computer, and none from other sites.
    #[default]
    Strict,
}

/// Who may use a tunnel's local end.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
#[ts(export)]
pub enum TunnelAudience {
    /// Programs of this system user.
    #[default]
    User,
    /// These programs of this system user.
    Programs {
        /// Full paths of their executables.
        paths: Vec<String>,
    },
    /// A program that Adit starts with the tunnel, and the programs that it starts.
    Launched {
        /// The program and its arguments; `{host}` and `{port}` stand for the local end.
        command: Vec<String>,
    },
    /// Everyone on this machine.
    Everyone,
}

/// Where a tunnel's local end is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
#[ts(export)]
pub enum TunnelPlace {
    /// The port that this target has each time, or a free one if it is taken.
    #[default]
    Steady,
    /// This port on 127.0.0.1, 1 to 65535.
    Port {
        /// The port.
        port: u16,
    },
    /// A Unix socket in a private folder.
    Socket,
}

/// A tunnel as a person asks for it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct TunnelSpec {
    /// A name of the person's choice; may be empty.
    #[serde(default)]
    pub name: String,
    /// Where it leads.
    pub target: TunnelTarget,
    /// What is spoken through it.
    #[serde(default)]
    pub protocol: TunnelProtocol,
    /// For HTTP: how strict it is.
    #[serde(default)]
    pub http: HttpRule,
    /// Who may use it.
    #[serde(default)]
    pub audience: TunnelAudience,
    /// Where its local end is.
    #[serde(default)]
    pub place: TunnelPlace,
    /// Keep trying while the VM starts.
    #[serde(default)]
    pub wait_for_vm: bool,
}

/// What a tunnel is doing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
#[ts(export)]
pub enum TunnelState {
    /// Nothing listens.
    Stopped,
    /// The probe is on its way; nothing listens yet.
    Starting {
        /// What it does now: "Asking the relay for db-1".
        text: String,
        /// When it began.
        since: f64,
    },
    /// It listens, and nobody is connected.
    Listening,
    /// At least one program is connected.
    Live,
    /// The relay was lost under at least one connection.
    Resuming {
        /// The attempt that comes next, from 1.
        attempt: u32,
        /// When it comes.
        next_at: f64,
    },
    /// A person has to sign in before it goes on. Connections wait with what they hold.
    SignInNeeded {
        /// What happened.
        text: String,
    },
    /// It could not begin, or its last connection could not be opened.
    Failed {
        /// Why, and what to do.
        failure: Failure,
        /// The local end is still there: the next connection tries anew.
        listening: bool,
    },
}

/// A tunnel as it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct TunnelInfo {
    /// Identifier.
    pub id: String,
    /// What was asked for.
    pub spec: TunnelSpec,
    /// What it is doing.
    pub state: TunnelState,
    /// `127.0.0.1:PORT` or the path of the socket: where it is, or where it will be if that is free.
    pub local: String,
    /// Payload bytes to the target since it was started.
    pub sent: f64,
    /// Payload bytes from the target since it was started.
    pub received: f64,
    /// Bytes per second, both ways, over the last second.
    pub rate: f64,
    /// The same for the last minute, oldest first, one each second; at most 60.
    pub history: Vec<f64>,
    /// Connections that are open.
    pub connections: u32,
    /// How often a connection to the relay was lost and resumed.
    pub resumes: u32,
    /// Connections that were not let in.
    pub refused: u32,
    /// Why the last of them was not.
    pub last_refusal: Option<String>,
    /// The relay's last round trip in milliseconds.
    pub round_trip_ms: Option<f64>,
    /// Since when it listens.
    pub since: Option<f64>,
    /// Opened by the command line: it goes when that command ends.
    pub by_command: bool,
    /// Id of the profile that it is of.
    pub profile: Option<String>,
}

/// A program at a tunnel's local end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct TunnelPeer {
    /// The number of its connection.
    pub connection: f64,
    /// The program's name, where the system told.
    pub program: Option<String>,
    /// Its process id, where the system told.
    pub pid: Option<u32>,
    /// Since when.
    pub since: f64,
    /// Payload bytes to the target.
    pub sent: f64,
    /// Payload bytes from the target.
    pub received: f64,
}

/// What can be done to a tunnel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum TunnelAction {
    /// Listen.
    Start,
    /// End the listener and its connections.
    Stop,
    /// Both.
    Restart,
    /// Do not wait for the countdown: resume now.
    ResumeNow,
    /// Stop it and forget it.
    Remove,
}

/// The listener for all VMs: SOCKS5 and HTTP CONNECT on one port.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct GatewayInfo {
    /// Off, on, or why it could not begin.
    pub state: GatewayState,
    /// `127.0.0.1:PORT`
    pub local: String,
    /// Whether programs have to give a user name and password.
    pub login: GatewayLogin,
    /// The user name, where one is needed.
    pub user: Option<String>,
    /// Connections that are open.
    pub connections: u32,
    /// Connections that were not let in.
    pub refused: u32,
    /// Why the last of them was not.
    pub last_refusal: Option<String>,
    /// Payload bytes to the VMs.
    pub sent: f64,
    /// Payload bytes from the VMs.
    pub received: f64,
}

/// Whether the gateway runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
#[ts(export)]
pub enum GatewayState {
    /// Nothing listens.
    Off,
    /// It listens.
    On,
    /// It could not begin.
    Failed {
        /// Why.
        failure: Failure,
    },
}

/// Whether the gateway asks for a user name and password.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum GatewayLogin {
    /// Any program of this user may use it.
    #[default]
    None,
    /// Each program has to give them. The password is made by core and reaches the clipboard from there.
    Password,
}

/// How the gateway is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export)]
pub struct GatewaySettings {
    /// Whether it runs.
    pub on: bool,
    /// Its port on 127.0.0.1, 1 to 65535.
    pub port: u16,
    /// Whether programs have to give a user name and password.
    pub login: GatewayLogin,
}

impl Default for GatewaySettings {
    fn default() -> Self {
        Self { on: false, port: 10_800, login: GatewayLogin::None }
    }
}

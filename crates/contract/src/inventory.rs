//! Projects, zones and instances as the front end sees them: the rows it shows, never the whole model.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{explain::Preflight, failure::FailureCode, settings::Scope};

/// An instance by its full name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct InstanceRef {
    /// Project id.
    pub project: String,
    /// Zone, such as `europe-west1-b`.
    pub zone: String,
    /// Instance name.
    pub name: String,
}

impl std::fmt::Display for InstanceRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}/{}", self.project, self.zone, self.name)
    }
}

/// The life-cycle state of an instance, by Compute's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum InstanceStatus {
    /// Being allocated.
    Provisioning,
    /// Booting.
    Staging,
    /// Running.
    Running,
    /// On its way down.
    Stopping,
    /// Being suspended.
    Suspending,
    /// Suspended.
    Suspended,
    /// Being repaired by Google.
    Repairing,
    /// Stopped (Compute calls it TERMINATED).
    Stopped,
    /// Something newer than this version.
    Unknown,
}

/// The operating system, as far as the disks tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum Os {
    /// A Linux.
    Linux,
    /// Windows.
    Windows,
    /// Not known.
    Unknown,
}

/// What a person may do to an instance from its menu.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum InstanceAction {
    /// Start a stopped VM.
    Start,
    /// Stop it.
    Stop,
    /// Reset it, as the button on a machine's front does.
    Reset,
    /// Suspend it to storage.
    Suspend,
    /// Resume a suspended VM.
    Resume,
}

/// What a row of the tree stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum RowKind {
    /// A project.
    Project,
    /// A zone that holds instances.
    Zone,
    /// An instance.
    Instance,
    /// What holds the favourites, above all projects.
    Favourites,
    /// A quiet line, such as "No VMs in this project" or "europe-west1-d did not answer".
    Notice,
}

/// One visible row of the tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct TreeRow {
    /// Stable identifier of the row.
    pub id: String,
    /// What it stands for.
    pub kind: RowKind,
    /// Depth from 0 (`aria-level` less one).
    pub depth: u32,
    /// The name.
    pub name: String,
    /// The quiet second text: address, state, or "no access".
    pub detail: String,
    /// Whether it is open; `null` when it has no children.
    pub expanded: Option<bool>,
    /// How many siblings it has, itself included (`aria-setsize`).
    pub set_size: u32,
    /// Its place among them from 1 (`aria-posinset`).
    pub position: u32,
    /// The index of its parent's row.
    pub parent: Option<u32>,
    /// How many instances it holds, for projects and zones whose list has come.
    pub count: Option<u32>,
    /// Its children are still being listed.
    pub loading: bool,
    /// Why its children could not be listed.
    pub problem: Option<FailureCode>,
    /// For a project, a zone and an instance: where settings of it are set.
    pub scope: Option<Scope>,
    /// For an instance: which.
    pub instance: Option<InstanceRef>,
    /// For an instance: its state.
    pub status: Option<InstanceStatus>,
    /// For an instance: its operating system.
    pub os: Option<Os>,
    /// For an instance: whether it is a favourite. One stands among the favourites and in its zone.
    pub favourite: bool,
    /// For an instance: what the readable policies say of its usual port; `null` when none could be read.
    pub preflight: Option<Preflight>,
}

/// The rows the front end asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct TreeWindow {
    /// Grows with each change of the tree.
    pub revision: u32,
    /// Rows in the whole tree as it is expanded and filtered now.
    pub total: u32,
    /// Index of the first row of `rows`.
    pub offset: u32,
    /// The rows.
    pub rows: Vec<TreeRow>,
}

/// Something that could not be listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Problem {
    /// The project, or the zone within it, that is missing or incomplete.
    pub place: String,
    /// What kind of failure.
    pub code: FailureCode,
    /// What happened.
    pub text: String,
}

/// A project that a listing found, to be chosen or left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ProjectInfo {
    /// Project id.
    pub id: String,
    /// Its display name; may be empty.
    pub name: String,
    /// Its VMs are listed.
    pub chosen: bool,
}

/// The inventory in numbers, for the status line and the empty states.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct InventoryState {
    /// A listing is under way.
    pub loading: bool,
    /// Projects in the tree.
    pub projects: u32,
    /// Projects that were found and are not among those that were chosen.
    pub left_out: u32,
    /// Every account's projects were found at least once, or could not be: what is missing now comes no more by itself.
    pub projects_found: bool,
    /// Instances known.
    pub instances: u32,
    /// Rows in the tree as it stands.
    pub rows: u32,
    /// When the last listing ended.
    pub listed_at: Option<f64>,
    /// What could not be listed.
    pub problems: Vec<Problem>,
    /// The tree's revision; a changed one means that shown rows are to be asked for again.
    pub revision: u32,
}

/// One hit of the palette's search.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct SearchHit {
    /// The instance.
    pub instance: InstanceRef,
    /// Its state.
    pub status: InstanceStatus,
    /// Its operating system.
    pub os: Os,
    /// Whether it is a favourite.
    pub favourite: bool,
}

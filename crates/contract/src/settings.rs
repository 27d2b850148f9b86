//! The settings: what is declared of each, what it comes to at a place, and the few that the whole window follows.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::inventory::InstanceRef;

/// Which colours the window has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum Theme {
    /// As the system has it.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// Where this computer's public address may be learned from (specification of the explanation, section 7.2).
/// Nothing is asked unless it was chosen here.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
#[ts(export)]
pub enum PublicAddress {
    /// Only from Google's audit record.
    #[default]
    AuditOnly,
    /// Given by hand.
    Manual {
        /// At most 8 IPv4 or IPv6 addresses.
        addresses: Vec<String>,
    },
    /// From an `https` address of the organisation that answers with the caller's address.
    Echo {
        /// The address.
        url: String,
    },
    /// By a DNS question to Google.
    GoogleDns,
}

/// The settings that the whole window follows, as they are everywhere. A view of the declared ones, not a second
/// place for them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Settings {
    /// Colours.
    pub theme: Theme,
    /// Terminal font size in CSS pixels.
    pub terminal_font_size: u32,
    /// Terminal scrollback in lines.
    pub scrollback: u32,
    /// Ask before several lines are pasted into a terminal.
    pub confirm_paste: bool,
    /// Terminals are read out.
    pub screen_reader: bool,
    /// Where the public address may be learned from.
    pub public_address: PublicAddress,
    /// Show in the tree what the readable policies say of each VM.
    pub preflight: bool,
}

/// How the window is laid out. Remembered, but nothing that anybody looks for among the settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export)]
pub struct Layout {
    /// Explorer's width in CSS pixels, 200 to 480; core cuts it to that.
    pub explorer_width: u32,
    /// Whether the explorer is shown.
    pub explorer_open: bool,
    /// Whether it was asked, after the first sign-in, which projects are to be shown.
    pub projects_asked: bool,
}

impl Default for Layout {
    fn default() -> Self {
        Self { explorer_width: 272, explorer_open: true, projects_asked: false }
    }
}

impl Layout {
    /// The same with each value within its bounds.
    #[must_use]
    pub fn clamped(mut self) -> Self {
        self.explorer_width = self.explorer_width.clamp(200, 480);
        self
    }
}

/// What VMs are used for, so that nobody types into the wrong machine.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum Environment {
    /// Not said.
    #[default]
    None,
    /// Production.
    Production,
    /// Staging.
    Staging,
    /// Development.
    Development,
}

/// Where a value holds: there and in all that is below it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
#[ts(export)]
pub enum Scope {
    /// Everywhere.
    Everywhere,
    /// In a project.
    Project {
        /// Project id.
        project: String,
    },
    /// In a zone of a project.
    Zone {
        /// Project id.
        project: String,
        /// Zone.
        zone: String,
    },
    /// For one VM.
    Vm {
        /// Which.
        instance: InstanceRef,
    },
    /// For what is opened by one profile. The values are kept in the profile.
    Profile {
        /// The profile's id.
        id: String,
        /// The VM that it leads to, whose values it inherits; `null` when that is not known beforehand.
        instance: Option<InstanceRef>,
    },
}

impl From<&InstanceRef> for Scope {
    fn from(instance: &InstanceRef) -> Self {
        Self::Vm { instance: instance.clone() }
    }
}

/// A kind of place where a setting can be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum ScopeKind {
    /// Everywhere.
    Everywhere,
    /// A project.
    Project,
    /// A zone of a project.
    Zone,
    /// A VM.
    Vm,
    /// A profile.
    Profile,
}

impl Scope {
    /// What kind of place it is.
    #[must_use]
    pub fn kind(&self) -> ScopeKind {
        match self {
            Self::Everywhere => ScopeKind::Everywhere,
            Self::Project { .. } => ScopeKind::Project,
            Self::Zone { .. } => ScopeKind::Zone,
            Self::Vm { .. } => ScopeKind::Vm,
            Self::Profile { .. } => ScopeKind::Profile,
        }
    }

    /// The next wider place, from which values are inherited.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        match self {
            Self::Everywhere => None,
            Self::Project { .. } => Some(Self::Everywhere),
            Self::Zone { project, .. } => Some(Self::Project { project: project.clone() }),
            Self::Vm { instance } => {
                Some(Self::Zone { project: instance.project.clone(), zone: instance.zone.clone() })
            }
            Self::Profile { instance, .. } => Some(instance.as_ref().map_or(Self::Everywhere, Self::from)),
        }
    }
}

/// A value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(untagged)]
#[ts(export)]
pub enum SettingValue {
    /// Of a toggle.
    Toggle(bool),
    /// Of a number.
    Number(u32),
    /// Of a choice or a text.
    Text(String),
    /// Of a list.
    List(Vec<String>),
}

/// One of the values of a choice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct SettingOption {
    /// The value.
    pub value: String,
    /// What it is called.
    pub title: String,
    /// What it means, in a sentence or two; may be empty.
    pub help: String,
}

/// Which values a setting takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
#[ts(export)]
pub enum SettingKind {
    /// On or off.
    Toggle,
    /// One of a few.
    Choice {
        /// Them, in order.
        options: Vec<SettingOption>,
    },
    /// A whole number.
    Number {
        /// The least.
        min: u32,
        /// The most.
        max: u32,
        /// What is counted, such as `lines`; may be empty.
        unit: String,
    },
    /// A line of text; an empty one stands for none.
    Text {
        /// The longest, in characters.
        max: u32,
        /// An example.
        hint: String,
    },
    /// Lines of text.
    List {
        /// The most of them.
        max: u32,
        /// An example of one.
        hint: String,
    },
}

/// A setting that has an effect only where another one has a certain value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct SettingNeed {
    /// The other one's key.
    pub key: String,
    /// Its value.
    pub value: SettingValue,
}

/// What is declared of a setting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct SettingSpec {
    /// Its name in the file and on the command line, such as `rdp.clipboard`.
    pub key: String,
    /// What it is called.
    pub title: String,
    /// What it does, in a sentence or two.
    pub help: String,
    /// The heading it stands under.
    pub group: String,
    /// Which values it takes.
    pub kind: SettingKind,
    /// Its value when nobody has set it.
    pub default: SettingValue,
    /// Where it can be set.
    pub scopes: Vec<ScopeKind>,
    /// Where it has an effect; `null` for everywhere.
    pub needs: Option<SettingNeed>,
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
#[ts(export)]
pub enum Origin {
    /// Nobody has set it.
    Default,
    /// The organisation's policy on this computer.
    Policy,
    /// It was set there.
    Scope {
        /// Where.
        scope: Scope,
    },
}

/// What a setting comes to at a place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct SettingState {
    /// Which setting.
    pub key: String,
    /// The value in force.
    pub value: SettingValue,
    /// Where it comes from.
    pub origin: Origin,
    /// The value that would be in force without what is set at this very place.
    pub inherited: SettingValue,
    /// Where that one comes from.
    pub inherited_origin: Origin,
    /// The policy has decided: nothing can be changed.
    pub locked: bool,
    /// What is wrong with what the file has for this very place, which therefore does not count.
    pub problem: Option<String>,
}

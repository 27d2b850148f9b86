//! How the desktop of one VM is opened.

use std::path::PathBuf;

use adit_contract::{
    ClipboardSharing, CopiedFiles, DesktopInfo, DesktopSize, DisplayMode, InstanceRef, Scope,
};
use adit_rdp::{DriveAccess, Security};
use serde::{Deserialize, Serialize};

use crate::settings::{Layers, keyboard_layout_id, table};

/// RDP's port.
const PORT: u16 = 3389;

/// Whether a desktop's sound is played.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sound {
    /// It is played here.
    On,
    /// It is not.
    #[default]
    Off,
}

/// Whether a desktop may print on the printers here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Printers {
    /// On all of them.
    Shared,
    /// On none.
    #[default]
    Kept,
}

/// How a server is asked to send its pictures.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Graphics {
    /// In the way that all servers have.
    #[default]
    Classic,
    /// By the graphics pipeline, where the server has it.
    Pipeline,
}

impl From<Graphics> for adit_rdp::Graphics {
    fn from(graphics: Graphics) -> Self {
        match graphics {
            Graphics::Classic => Self::Classic,
            Graphics::Pipeline => Self::Pipeline,
        }
    }
}

/// Which keyboard a desktop is told of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum KeyboardLayout {
    /// The one in use here, where it is known; else the server's own.
    #[default]
    Auto,
    /// The one with this Windows identifier, such as 0x0409.
    Id(u32),
}

/// How the desktop of one VM is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RdpSettings {
    /// The port on the VM, 1 to 65535.
    pub port: u16,
    /// What has to protect the sign-in.
    pub security: Security,
    /// What of the clipboard is shared.
    pub clipboard: ClipboardSharing,
    /// Whether its sound is played.
    pub sound: Sound,
    /// The folders here that it may see.
    pub folders: Vec<PathBuf>,
    /// What it may do in them.
    pub folders_access: DriveAccess,
    /// Whether it may print here.
    pub printers: Printers,
    /// How pictures are sent.
    pub graphics: Graphics,
    /// How the picture goes into its tab.
    pub display: DisplayMode,
    /// The keyboard's layout.
    pub keyboard_layout: KeyboardLayout,
    /// The picture's size; none is that of the tab.
    pub size: Option<DesktopSize>,
    /// The name that a question for credentials begins with; may be empty.
    pub user: String,
}

impl Default for RdpSettings {
    fn default() -> Self {
        Self {
            port: PORT,
            security: Security::default(),
            clipboard: ClipboardSharing::default(),
            sound: Sound::default(),
            folders: Vec::new(),
            folders_access: DriveAccess::default(),
            printers: Printers::default(),
            graphics: Graphics::default(),
            display: DisplayMode::default(),
            keyboard_layout: KeyboardLayout::default(),
            size: None,
            user: String::new(),
        }
    }
}

impl RdpSettings {
    /// As the settings have it for a VM.
    #[must_use]
    pub fn of(settings: &Layers, instance: &InstanceRef) -> Self {
        Self::at(settings, &Scope::from(instance))
    }

    /// As the settings have it at a place: a VM, or a profile that leads to one.
    #[must_use]
    pub fn at(settings: &Layers, at: &Scope) -> Self {
        Self {
            port: settings.get(&table::RDP_PORT, at),
            security: match settings.get(&table::RDP_SECURITY, at) {
                table::RdpSecurity::Nla => Security::Nla,
                table::RdpSecurity::PinnedTls => Security::PinnedTls,
            },
            clipboard: settings.get(&table::RDP_CLIPBOARD, at),
            sound: if settings.get(&table::RDP_SOUND, at) { Sound::On } else { Sound::Off },
            folders: settings.get(&table::RDP_FOLDERS, at).into_iter().map(PathBuf::from).collect(),
            folders_access: match settings.get(&table::RDP_FOLDERS_ACCESS, at) {
                table::FoldersAccess::ReadOnly => DriveAccess::ReadOnly,
                table::FoldersAccess::ReadWrite => DriveAccess::ReadWrite,
            },
            printers: if settings.get(&table::RDP_PRINTERS, at) { Printers::Shared } else { Printers::Kept },
            graphics: settings.get(&table::RDP_GRAPHICS, at),
            display: settings.get(&table::RDP_DISPLAY, at),
            keyboard_layout: keyboard_layout_id(&settings.get(&table::RDP_KEYBOARD_LAYOUT, at))
                .map_or(KeyboardLayout::Auto, KeyboardLayout::Id),
            size: None,
            user: settings.get(&table::RDP_USER, at),
        }
    }

    /// What the tab is told of them.
    pub(crate) fn info(&self) -> DesktopInfo {
        DesktopInfo {
            port: self.port,
            display: self.display,
            clipboard: self.clipboard,
            sound: self.sound == Sound::On,
            folders: self.folders.iter().map(|folder| folder.display().to_string()).collect(),
            folders_writable: self.folders_access == DriveAccess::ReadWrite,
            printers: self.printers == Printers::Shared,
            files: CopiedFiles::None,
            made_password: false,
        }
    }
}

//! The settings of remote desktops.

use std::borrow::Cow;

use adit_contract::{ClipboardSharing, DisplayMode};
use serde::{Deserialize, Serialize};

use super::super::{
    check,
    declared::{Choice, Iap, Kind, Link, Reach, Setting},
    keyboard,
};
use crate::sessions::Graphics;

const DESKTOP: &str = "Remote desktop";

/// The name to begin with.
pub static RDP_USER: Setting<String> = Setting {
    key: "rdp.user",
    title: "User",
    help: "The name that the sign-in begins with. Passwords are kept in the keychain only, never here.",
    group: DESKTOP,
    kind: Kind::Text { max: 256, hint: r"ACME\ana", check: check::user },
    default: String::new(),
    reach: Reach::Inherited,
    link: Link::May { iap: Some(Iap { name: "Username", values: &[] }) },
    needs: None,
};

/// The port on the VM.
pub static RDP_PORT: Setting<u16> = Setting {
    key: "rdp.port",
    title: "Port",
    help: "Where the remote desktop listens on the VM.",
    group: DESKTOP,
    kind: Kind::Number { min: 1, max: 65_535, unit: "" },
    default: 3389,
    reach: Reach::Inherited,
    link: Link::May { iap: Some(Iap { name: "RdpPort", values: &[] }) },
    needs: None,
};

/// What a desktop's server has to offer before it gets a password.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RdpSecurity {
    /// Network Level Authentication.
    #[default]
    Nla,
    /// TLS with a pinned certificate is enough.
    PinnedTls,
}

/// See [`RdpSecurity`].
pub static RDP_SECURITY: Setting<RdpSecurity> = Setting {
    key: "rdp.security",
    title: "Sign-in",
    help: "What a server has to offer before a password goes to it.",
    group: DESKTOP,
    kind: Kind::Choice(&[
        Choice {
            value: "nla",
            title: "Network Level Authentication",
            help: "The password goes only to a server that has proved to know it. Windows offers it. It is spoken by NTLM: \
                   Kerberos is missing, and a domain that forbids NTLM lets nobody in.",
        },
        Choice {
            value: "pinnedTls",
            title: "A pinned certificate is enough",
            help: "Servers such as xrdp have no Network Level Authentication: they get the password itself, over \
                   TLS, and only if they show the certificate that you trusted.",
        },
    ]),
    default: RdpSecurity::Nla,
    reach: Reach::Inherited,
    link: Link::Never,
    needs: None,
};

/// How the picture goes into its tab.
pub static RDP_DISPLAY: Setting<DisplayMode> = Setting {
    key: "rdp.display",
    title: "Size of the picture",
    help: "How a desktop begins. Its tab may choose otherwise.",
    group: DESKTOP,
    kind: Kind::Choice(&[
        Choice { value: "follow", title: "Follow the tab", help: "The desktop takes the size of its tab." },
        Choice { value: "fit", title: "Fit", help: "The desktop keeps its size and is scaled into the tab." },
        Choice {
            value: "actual",
            title: "Actual size",
            help: "The desktop keeps its size, pixel for pixel, and the tab scrolls.",
        },
    ]),
    default: DisplayMode::Follow,
    reach: Reach::Inherited,
    link: Link::May {
        iap: Some(Iap {
            name: "DesktopSize",
            // The size of its window at the beginning, that of the screen, and that of the window as it changes.
            values: &[("0", Some("fit")), ("1", None), ("2", Some("follow"))],
        }),
    },
    needs: None,
};

/// What of the clipboard is shared.
pub static RDP_CLIPBOARD: Setting<ClipboardSharing> = Setting {
    key: "rdp.clipboard",
    title: "Clipboard",
    help: "What can be copied from here to the desktop and back. Untried on Windows and macOS. On Wayland the system has to let \
           apps see the clipboard.",
    group: DESKTOP,
    kind: Kind::Choice(&[
        Choice { value: "off", title: "Nothing", help: "" },
        Choice { value: "text", title: "Text", help: "" },
        Choice {
            value: "all",
            title: "Everything",
            help: "Text with its format, pictures of up to 10 million pixels, and up to 1,000 files of 4 GiB together. \
                   Files that were copied there are saved by a click, in your Downloads folder.",
        },
    ]),
    default: ClipboardSharing::Text,
    reach: Reach::Inherited,
    link: Link::May {
        iap: Some(Iap { name: "RedirectClipboard", values: &[("0", Some("off")), ("1", Some("text"))] }),
    },
    needs: None,
};

/// Whether sound is played.
pub static RDP_SOUND: Setting<bool> = Setting {
    key: "rdp.sound",
    title: "Sound",
    help: "Plays on this computer what sounds on the desktop. Of what comes late, the oldest is left out. Untried on \
           Windows and macOS.",
    group: DESKTOP,
    kind: Kind::Toggle,
    default: true,
    reach: Reach::Inherited,
    link: Link::May {
        iap: Some(Iap {
            name: "AudioMode",
            values: &[("0", Some("on")), ("1", Some("off")), ("2", Some("off"))],
        }),
    },
    needs: None,
};

/// The folders that are shared.
pub static RDP_FOLDERS: Setting<Vec<String>> = Setting {
    key: "rdp.folders",
    title: "Shared folders",
    help: "Folders of this computer that programs on the desktop can use. Links in them lead nowhere there. Untried on \
           macOS; on Windows none is shared yet.",
    group: DESKTOP,
    kind: Kind::List { max: 8, hint: "/home/ana/Shared", check: check::folder },
    default: Vec::new(),
    reach: Reach::Inherited,
    link: Link::Never,
    needs: None,
};

/// What a desktop may do in the folders that are shared with it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FoldersAccess {
    /// Read.
    #[default]
    ReadOnly,
    /// Read, write, rename and delete.
    ReadWrite,
}

/// See [`FoldersAccess`].
pub static RDP_FOLDERS_ACCESS: Setting<FoldersAccess> = Setting {
    key: "rdp.foldersAccess",
    title: "In shared folders",
    help: "What programs on the desktop can do in all of them.",
    group: DESKTOP,
    kind: Kind::Choice(&[
        Choice { value: "readOnly", title: "Read", help: "They can change nothing there." },
        Choice {
            value: "readWrite",
            title: "Read and write",
            help: "They can change and delete every file there, as you can. Whatever runs on the VM can.",
        },
    ]),
    default: FoldersAccess::ReadOnly,
    reach: Reach::Inherited,
    link: Link::Never,
    needs: None,
};

/// Whether a desktop may print on the printers here.
pub static RDP_PRINTERS: Setting<bool> = Setting {
    key: "rdp.printers",
    title: "Printers",
    help: "Programs on the desktop can print on this computer's printers: at most 16, the usual one first. What they print may \
           be made by anybody who runs the VM. Linux needs CUPS with its command lp. Untried with Windows VMs, and on macOS; \
           on Windows no printer is shared yet. Linux VMs with xrdp print on none.",
    group: DESKTOP,
    kind: Kind::Toggle,
    default: false,
    reach: Reach::Inherited,
    link: Link::Never,
    needs: None,
};

/// The keyboard that the server is told of; see [`super::super::keyboard_layout_id`].
pub static RDP_KEYBOARD_LAYOUT: Setting<Cow<'static, str>> = Setting {
    key: "rdp.keyboardLayout",
    title: "Keyboard",
    help: "Which layout the desktop takes the keys for. Keys go there by their place, as on a keyboard of its own. What this \
           computer keeps for itself, such as Alt+Tab, is under Send keys in the desktop's toolbar. Finding out the layout of \
           this computer is untried on Windows and macOS; where it is not known, the desktop's own is used.",
    group: DESKTOP,
    kind: Kind::Choice(keyboard::LAYOUTS),
    default: Cow::Borrowed("auto"),
    reach: Reach::Inherited,
    link: Link::May { iap: None },
    needs: None,
};

/// How pictures come.
pub static RDP_GRAPHICS: Setting<Graphics> = Setting {
    key: "rdp.graphics",
    title: "Graphics",
    help: "How pictures come from the server.",
    group: DESKTOP,
    kind: Kind::Choice(&[
        Choice { value: "classic", title: "Classic", help: "Works with every server." },
        Choice {
            value: "pipeline",
            title: "Graphics pipeline",
            help: "Newer, and untried with Windows: seen only with a server of this project, and without H.264. A server \
                   without it goes on as before.",
        },
    ]),
    default: Graphics::Classic,
    reach: Reach::Inherited,
    link: Link::May { iap: None },
    needs: None,
};

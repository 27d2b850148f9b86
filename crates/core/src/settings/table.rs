//! Every setting, declared once. The form, the file, the command line, addresses, the policy and the guide follow from here.
//! What has no effect is not declared.

mod desktop;

use adit_contract::{Environment, Theme};
use serde::{Deserialize, Serialize};

use super::{
    check,
    declared::{Choice, Declared, Kind, Link, Reach, Setting},
};
pub use desktop::*;

const APPEARANCE: &str = "Appearance";
const TERMINAL: &str = "Terminal";
const EXPLORER: &str = "Explorer";
const ACCESS: &str = "Access";
const APP: &str = "App";

/// Every setting, in the order in which it is shown.
pub(super) static TABLE: &[&dyn Declared] = &[
    &CLOSE_TO,
    &START_AT_LOGIN,
    &OPEN_LINKS,
    &RESTORE_TUNNELS,
    &NOTIFICATIONS,
    &LOOK_FOR_UPDATES,
    &THEME,
    &ENVIRONMENT,
    &PROJECTS,
    &FONT_SIZE,
    &SCROLLBACK,
    &CONFIRM_PASTE,
    &SCREEN_READER,
    &RDP_USER,
    &RDP_PORT,
    &RDP_SECURITY,
    &RDP_DISPLAY,
    &RDP_CLIPBOARD,
    &RDP_SOUND,
    &RDP_FOLDERS,
    &RDP_FOLDERS_ACCESS,
    &RDP_PRINTERS,
    &RDP_KEYBOARD_LAYOUT,
    &RDP_GRAPHICS,
    &PREFLIGHT,
    &PUBLIC_ADDRESS,
    &PUBLIC_ADDRESSES,
    &PUBLIC_ADDRESS_SERVICE,
];

/// What closing the window does, on a desktop that has a tray.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CloseTo {
    /// The window asks.
    #[default]
    Ask,
    /// The app stays in the tray.
    Tray,
    /// The app quits.
    Quit,
}

/// See [`CloseTo`].
pub static CLOSE_TO: Setting<CloseTo> = Setting {
    key: "app.close",
    title: "Closing the window",
    help: "In the tray, sessions and tunnels go on. A desktop without a tray quits, and asks before anything ends.",
    group: APP,
    kind: Kind::Choice(&[
        Choice { value: "ask", title: "Ask", help: "" },
        Choice { value: "tray", title: "Keep in the tray", help: "" },
        Choice { value: "quit", title: "Quit", help: "Asks when something would end." },
    ]),
    default: CloseTo::Ask,
    reach: Reach::Everywhere,
    link: Link::Never,
    needs: None,
};

/// Whether the app starts with the person's session.
pub static START_AT_LOGIN: Setting<bool> = Setting {
    key: "app.startAtLogin",
    title: "Start at login",
    help: "Adit starts with your session and waits in the tray.",
    group: APP,
    kind: Kind::Toggle,
    default: false,
    reach: Reach::Everywhere,
    link: Link::Never,
    needs: None,
};

/// Whether the system opens our addresses with this app, also where no package has seen to that.
pub static OPEN_LINKS: Setting<bool> = Setting {
    key: "app.openLinks",
    title: "Open links with this Adit",
    help: "Has adit:// and iap-rdp:// links opened by this app, for you alone, also where it was not installed by a package: as \
           an AppImage, or built by hand. Off takes back what was written for that; a package's own links stay. macOS \
           knows installed apps by itself, and this changes nothing there. Untried on Windows.",
    group: APP,
    kind: Kind::Toggle,
    default: false,
    reach: Reach::Everywhere,
    link: Link::Never,
    needs: None,
};

/// Whether tunnels that ran begin again with the app.
pub static RESTORE_TUNNELS: Setting<bool> = Setting {
    key: "app.restoreTunnels",
    title: "Start tunnels again",
    help: "Tunnels that ran when Adit ended begin again when it starts.",
    group: APP,
    kind: Kind::Toggle,
    default: true,
    reach: Reach::Everywhere,
    link: Link::Never,
    needs: None,
};

/// Whether the system tells what needs the person.
pub static NOTIFICATIONS: Setting<bool> = Setting {
    key: "app.notifications",
    title: "Notifications",
    help: "Tells what needs you while you look elsewhere: a sign-in, a question, a session or a tunnel that was lost, a \
           profile that did not start at login. Each notice offers what can be done about it; on Windows and macOS \
           those buttons are untried.",
    group: APP,
    kind: Kind::Toggle,
    default: true,
    reach: Reach::Everywhere,
    link: Link::Never,
    needs: None,
};

/// Whether the app looks for newer versions of itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum LookForUpdates {
    /// It asks once a day, and tells.
    #[default]
    Tell,
    /// Only when a person asks.
    Off,
}

/// See [`LookForUpdates`].
pub static LOOK_FOR_UPDATES: Setting<LookForUpdates> = Setting {
    key: "app.updates",
    title: "Updates",
    help: "Once a day Adit asks its publisher whether there is a newer version. It says its own version and nothing \
           else. Nothing is fetched or installed before you say so. A build that knows no publisher asks nobody.",
    group: APP,
    kind: Kind::Choice(&[
        Choice { value: "tell", title: "Tell me", help: "" },
        Choice {
            value: "off",
            title: "Off",
            help: "Nothing is asked unless you check for updates yourself.",
        },
    ]),
    default: LookForUpdates::Tell,
    reach: Reach::Everywhere,
    link: Link::Never,
    needs: None,
};

/// Which colours the window has.
pub static THEME: Setting<Theme> = Setting {
    key: "appearance.theme",
    title: "Colours",
    help: "Light or dark, or as the system has it.",
    group: APPEARANCE,
    kind: Kind::Choice(&[
        Choice { value: "system", title: "System", help: "" },
        Choice { value: "light", title: "Light", help: "" },
        Choice { value: "dark", title: "Dark", help: "" },
    ]),
    default: Theme::System,
    reach: Reach::Everywhere,
    link: Link::Never,
    needs: None,
};

/// What VMs are used for.
pub static ENVIRONMENT: Setting<Environment> = Setting {
    key: "appearance.environment",
    title: "Environment",
    help: "What the VMs are used for. Tabs and terminals there say so, with an edge in its colour, so that nobody \
           types into the wrong machine.",
    group: APPEARANCE,
    kind: Kind::Choice(&[
        Choice { value: "none", title: "None", help: "" },
        Choice { value: "production", title: "Production", help: "" },
        Choice { value: "staging", title: "Staging", help: "" },
        Choice { value: "development", title: "Development", help: "" },
    ]),
    default: Environment::None,
    reach: Reach::Inherited,
    link: Link::Never,
    needs: None,
};

/// The projects that are shown, by id; none for all.
pub static PROJECTS: Setting<Vec<String>> = Setting {
    key: "explorer.projects",
    title: "Projects",
    help: "The projects whose VMs are listed, shown and searched. While there is none here, all are, those that come later as well.",
    group: EXPLORER,
    kind: Kind::List { max: 2000, hint: "acme-prod", check: check::project },
    default: Vec::new(),
    reach: Reach::Everywhere,
    link: Link::Never,
    needs: None,
};

/// The size of a terminal's letters, in CSS pixels.
pub static FONT_SIZE: Setting<u32> = Setting {
    key: "terminal.fontSize",
    title: "Font size",
    help: "The size of letters in terminals.",
    group: TERMINAL,
    kind: Kind::Number { min: 8, max: 32, unit: "pixels" },
    default: 13,
    reach: Reach::Everywhere,
    link: Link::Never,
    needs: None,
};

/// How many lines a terminal keeps above its screen.
pub static SCROLLBACK: Setting<u32> = Setting {
    key: "terminal.scrollback",
    title: "Scrollback",
    help: "How many lines a terminal keeps above its screen.",
    group: TERMINAL,
    kind: Kind::Number { min: 0, max: 100_000, unit: "lines" },
    default: 5000,
    reach: Reach::Everywhere,
    link: Link::Never,
    needs: None,
};

/// Whether several lines are asked about before they are pasted.
pub static CONFIRM_PASTE: Setting<bool> = Setting {
    key: "terminal.confirmPaste",
    title: "Ask before pasting several lines",
    help: "Shows them first: each line that is pasted into a shell runs at once.",
    group: TERMINAL,
    kind: Kind::Toggle,
    default: true,
    reach: Reach::Everywhere,
    link: Link::Never,
    needs: None,
};

/// Whether terminals are read out.
pub static SCREEN_READER: Setting<bool> = Setting {
    key: "terminal.screenReader",
    title: "Screen reader",
    help: "What a terminal prints is read out, and its lines can be walked through. It costs speed where much is printed.",
    group: TERMINAL,
    kind: Kind::Toggle,
    default: false,
    reach: Reach::Everywhere,
    link: Link::Never,
    needs: None,
};

/// Whether the tree shows what policies say.
pub static PREFLIGHT: Setting<bool> = Setting {
    key: "access.preflight",
    title: "Mark blocked VMs in the explorer",
    help: "Judged on this computer, by the policies that you may read. Adit reads them once for each project, not \
           for each VM.",
    group: ACCESS,
    kind: Kind::Toggle,
    default: true,
    reach: Reach::Everywhere,
    link: Link::Never,
    needs: None,
};

/// Which way the public address is learned.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AddressSource {
    /// Only from the audit log.
    #[default]
    AuditOnly,
    /// From [`PUBLIC_ADDRESSES`].
    Manual,
    /// From [`PUBLIC_ADDRESS_SERVICE`].
    Echo,
    /// By a DNS question.
    GoogleDns,
}

/// See [`AddressSource`].
pub static PUBLIC_ADDRESS: Setting<AddressSource> = Setting {
    key: "access.publicAddress",
    title: "Your public address",
    help: "Access levels often ask for one. This is where Adit may learn yours when it explains a denial.",
    group: ACCESS,
    kind: Kind::Choice(&[
        Choice {
            value: "auditOnly",
            title: "Only from the audit log",
            help: "Nothing more is sent. Where you may read IAP's audit log, it tells the address that Google saw.",
        },
        Choice {
            value: "manual",
            title: "By hand",
            help: "Nothing more is sent. Adit believes what you write until you change it.",
        },
        Choice {
            value: "echo",
            title: "From your organisation's address service",
            help: "Adit asks a web address by HTTPS, without your account. Whoever runs it sees your address and \
                   when you asked.",
        },
        Choice {
            value: "googleDns",
            title: "Ask Google by DNS",
            help: "Adit asks ns1.google.com for o-o.myaddr.l.google.com. DNS is not encrypted: Google and every \
                   network between see your address and that you asked, but not your account or the VM.",
        },
    ]),
    default: AddressSource::AuditOnly,
    reach: Reach::Everywhere,
    link: Link::Never,
    needs: None,
};

/// The addresses that were given by hand.
pub static PUBLIC_ADDRESSES: Setting<Vec<String>> = Setting {
    key: "access.publicAddresses",
    title: "Public addresses",
    help: "What the internet sees of this computer. While there is none, only the audit log is read.",
    group: ACCESS,
    kind: Kind::List { max: 8, hint: "198.51.100.7", check: check::public_address },
    default: Vec::new(),
    reach: Reach::Everywhere,
    link: Link::Never,
    needs: Some(("access.publicAddress", "manual")),
};

/// The service that tells the address.
pub static PUBLIC_ADDRESS_SERVICE: Setting<String> = Setting {
    key: "access.publicAddressService",
    title: "Web address of the service",
    help: "Answers with the caller's address and nothing else. While there is none, only the audit log is read.",
    group: ACCESS,
    kind: Kind::Text { max: 2048, hint: "https://ip.acme.example", check: check::address_service },
    default: String::new(),
    reach: Reach::Everywhere,
    link: Link::Never,
    needs: Some(("access.publicAddress", "echo")),
};

/// Whether a text can be the name of a user of a desktop.
pub(crate) fn is_user(text: &str) -> bool {
    check::user(text).is_ok()
}

/// The declaration of a key.
pub(super) fn declared(key: &str) -> Option<&'static dyn Declared> {
    TABLE.iter().copied().find(|declared| declared.key() == key)
}

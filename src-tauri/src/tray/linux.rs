//! The tray of Linux desktops: a StatusNotifierItem on the session bus.
//! <https://www.freedesktop.org/wiki/Specifications/StatusNotifierItem/>

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use adit_core::{
    closing::TrayPresence,
    tray::{Does, Mark, Row, Tray},
};
use ksni::{
    Category, Icon, MenuItem, OfflineReason, Status, ToolTip, TrayMethods as _,
    menu::{StandardItem, SubMenu},
};
use tauri::{AppHandle, Manager as _};
use tokio::time::timeout;

use super::{TrayPlace, act};
use crate::window;

/// How long a tray may be gone before the window comes back: a panel that starts anew is there again soon.
const GONE: Duration = Duration::from_secs(5);

/// How long the desktop may take to say that it shows the item, until it counts as one that does not.
const SILENT: Duration = Duration::from_secs(5);

/// The item as it is on the bus.
pub(super) struct Drawn(ksni::Handle<Item>);

struct Item {
    handle: AppHandle,
    tray: Tray,
    icons: Icons,
    /// The desktop has said that there is no tray.
    offline: Arc<AtomicBool>,
}

struct Icons {
    calm: Icon,
    busy: Icon,
    needs_you: Icon,
}

impl Drawn {
    /// Puts the item on the bus. It waits there for a tray, should there be none yet.
    pub(super) async fn new(handle: &AppHandle, tray: Tray) -> Result<Self, ksni::Error> {
        let icons = Icons {
            calm: icon(&tauri::include_image!("icons/tray/calm.png")),
            busy: icon(&tauri::include_image!("icons/tray/busy.png")),
            needs_you: icon(&tauri::include_image!("icons/tray/needs-you.png")),
        };
        found(handle, TrayPresence::Shown);
        let offline = Arc::new(AtomicBool::new(false));
        let item = Item { handle: handle.clone(), tray, icons, offline: offline.clone() };
        let mut asking = pin!(item.assume_sni_available(true).spawn());
        let drawn = match timeout(SILENT, &mut asking).await {
            Ok(answered) => answered?,
            Err(_) => {
                tracing::info!("The desktop does not say whether it has a tray");
                found(handle, TrayPresence::Absent);
                let drawn = asking.await?;
                // It may have answered that there is none.
                if !offline.load(Ordering::SeqCst) {
                    found(handle, TrayPresence::Shown);
                }
                drawn
            }
        };
        Ok(Self(drawn))
    }

    pub(super) async fn show(&self, tray: Tray) {
        // None when the bus is gone: then there is nobody to show it to.
        let _ = self.0.update(|item| item.tray = tray).await;
    }
}

/// The tray came or went.
fn found(handle: &AppHandle, presence: TrayPresence) {
    handle.state::<TrayPlace>().set(presence);
    if presence == TrayPresence::Absent {
        let handle = handle.clone();
        // Without a window and without a tray nobody could get at what runs.
        tauri::async_runtime::spawn(async move {
            tokio::time::sleep(GONE).await;
            let hidden = handle.webview_windows().is_empty();
            if hidden && handle.state::<TrayPlace>().presence() == TrayPresence::Absent {
                window::raise(&handle);
            }
        });
    }
}

/// The bus wants alpha first.
fn icon(image: &tauri::image::Image<'_>) -> Icon {
    let size = |n: u32| i32::try_from(n).unwrap_or_default();
    let mut data = image.rgba().to_vec();
    for pixel in data.chunks_exact_mut(4) {
        pixel.rotate_right(1);
    }
    Icon { width: size(image.width()), height: size(image.height()), data }
}

impl ksni::Tray for Item {
    fn id(&self) -> String {
        "adit".to_owned()
    }

    fn title(&self) -> String {
        "Adit".to_owned()
    }

    fn category(&self) -> Category {
        Category::ApplicationStatus
    }

    fn status(&self) -> Status {
        match self.tray.mark {
            Mark::Calm | Mark::Busy => Status::Active,
            Mark::NeedsYou => Status::NeedsAttention,
        }
    }

    fn icon_pixmap(&self) -> Vec<Icon> {
        vec![match self.tray.mark {
            Mark::Calm => self.icons.calm.clone(),
            Mark::Busy => self.icons.busy.clone(),
            Mark::NeedsYou => self.icons.needs_you.clone(),
        }]
    }

    fn attention_icon_pixmap(&self) -> Vec<Icon> {
        vec![self.icons.needs_you.clone()]
    }

    fn tool_tip(&self) -> ToolTip {
        ToolTip { title: self.tray.tip.clone(), ..ToolTip::default() }
    }

    fn activate(&mut self, _x: i32, _y: i32) {
        act(&self.handle, Does::Open);
    }

    fn menu(&self) -> Vec<MenuItem<Self>> {
        self.tray.rows.iter().map(row).collect()
    }

    fn watcher_online(&self) {
        self.offline.store(false, Ordering::SeqCst);
        found(&self.handle, TrayPresence::Shown);
    }

    fn watcher_offline(&self, reason: OfflineReason) -> bool {
        tracing::debug!(?reason, "There is no tray now");
        self.offline.store(true, Ordering::SeqCst);
        found(&self.handle, TrayPresence::Absent);
        // One that comes later is welcome.
        true
    }
}

fn row(of: &Row) -> MenuItem<Item> {
    match of {
        Row::Separator => MenuItem::Separator,
        Row::Heading(text) => {
            StandardItem { label: plain(text), enabled: false, ..StandardItem::default() }.into()
        }
        Row::Item { text, does } => {
            let does = does.clone();
            StandardItem {
                label: plain(text),
                activate: Box::new(move |item: &mut Item| act(&item.handle, does.clone())),
                ..StandardItem::default()
            }
            .into()
        }
        Row::Menu { text, rows } => {
            let submenu = rows.iter().map(row).collect();
            SubMenu { label: plain(text), submenu, ..SubMenu::default() }.into()
        }
    }
}

/// An underscore marks the letter that a key chooses, two stand for one.
fn plain(text: &str) -> String {
    text.replace('_', "__")
}

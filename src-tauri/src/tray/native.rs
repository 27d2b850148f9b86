//! The tray of Windows and macOS.

use std::{collections::HashMap, sync::Mutex, sync::PoisonError};

use adit_core::{
    closing::TrayPresence,
    tray::{Does, Mark, Row, Tray},
};
use tauri::{
    AppHandle, Manager as _, Wry,
    image::Image,
    menu::{IsMenuItem, Menu, MenuItem, PredefinedMenuItem, Submenu},
    tray::{MouseButton, MouseButtonState, TrayIcon, TrayIconBuilder, TrayIconEvent},
};

use super::{TrayPlace, act};

/// The icon as it is shown.
pub(super) struct Drawn {
    handle: AppHandle,
    icon: TrayIcon,
}

/// What the rows of the menu that is shown do, by the ids of its items.
#[derive(Default)]
struct Rows(Mutex<HashMap<String, Does>>);

impl Drawn {
    pub(super) async fn new(handle: &AppHandle, tray: Tray) -> tauri::Result<Self> {
        handle.manage(Rows::default());
        let icon = TrayIconBuilder::with_id("adit")
            .icon(image(tray.mark))
            .icon_as_template(cfg!(target_os = "macos"))
            .tooltip(&tray.tip)
            .menu(&menu(handle, &tray)?)
            // Where a click opens the menu by custom, it does; elsewhere it opens the app.
            .show_menu_on_left_click(cfg!(target_os = "macos"))
            .on_menu_event(|handle, event| {
                let rows = handle.state::<Rows>();
                let does =
                    rows.0.lock().unwrap_or_else(PoisonError::into_inner).get(event.id().as_ref()).cloned();
                if let Some(does) = does {
                    act(handle, does);
                }
            })
            .on_tray_icon_event(|icon, event| {
                if let TrayIconEvent::Click {
                    button: MouseButton::Left,
                    button_state: MouseButtonState::Up,
                    ..
                } = event
                    && cfg!(windows)
                {
                    act(icon.app_handle(), Does::Open);
                }
            })
            .build(handle)?;
        handle.state::<TrayPlace>().set(TrayPresence::Shown);
        Ok(Self { handle: handle.clone(), icon })
    }

    pub(super) async fn show(&self, tray: Tray) {
        let shown = menu(&self.handle, &tray)
            .and_then(|menu| self.icon.set_menu(Some(menu)))
            .and_then(|()| self.icon.set_tooltip(Some(&tray.tip)))
            .and_then(|()| self.icon.set_icon(Some(image(tray.mark))))
            .and_then(|()| self.icon.set_icon_as_template(cfg!(target_os = "macos")));
        if let Err(error) = shown {
            tracing::warn!(%error, "The tray could not be changed");
        }
    }
}

/// Black on nothing where the system gives it its colour.
fn image(mark: Mark) -> Image<'static> {
    if cfg!(target_os = "macos") {
        match mark {
            Mark::Calm => tauri::include_image!("icons/tray/calm-template.png"),
            Mark::Busy => tauri::include_image!("icons/tray/busy-template.png"),
            Mark::NeedsYou => tauri::include_image!("icons/tray/needs-you-template.png"),
        }
    } else {
        match mark {
            Mark::Calm => tauri::include_image!("icons/tray/calm.png"),
            Mark::Busy => tauri::include_image!("icons/tray/busy.png"),
            Mark::NeedsYou => tauri::include_image!("icons/tray/needs-you.png"),
        }
    }
}

fn menu(handle: &AppHandle, tray: &Tray) -> tauri::Result<Menu<Wry>> {
    let menu = Menu::new(handle)?;
    let mut does_by_id = HashMap::new();
    for (at, row) in tray.rows.iter().enumerate() {
        menu.append(item(handle, row, &at.to_string(), &mut does_by_id)?.as_ref())?;
    }
    *handle.state::<Rows>().0.lock().unwrap_or_else(PoisonError::into_inner) = does_by_id;
    Ok(menu)
}

/// A row, and what it and those within it do by the ids of their items.
fn item(
    handle: &AppHandle,
    row: &Row,
    at: &str,
    does_by_id: &mut HashMap<String, Does>,
) -> tauri::Result<Box<dyn IsMenuItem<Wry>>> {
    Ok(match row {
        Row::Separator => Box::new(PredefinedMenuItem::separator(handle)?),
        Row::Heading(text) => Box::new(MenuItem::new(handle, plain(text), false, None::<&str>)?),
        Row::Item { text, does } => {
            // What it does is a part of its id: a click on a menu that has just changed does what was seen.
            let id = format!("{at}:{does:?}");
            let item = MenuItem::with_id(handle, &id, plain(text), true, None::<&str>)?;
            does_by_id.insert(id, does.clone());
            Box::new(item)
        }
        Row::Menu { text, rows } => {
            let menu = Submenu::new(handle, plain(text), true)?;
            for (within, row) in rows.iter().enumerate() {
                menu.append(item(handle, row, &format!("{at}.{within}"), does_by_id)?.as_ref())?;
            }
            Box::new(menu)
        }
    })
}

/// An ampersand marks the letter that a key chooses, two stand for one.
fn plain(text: &str) -> String {
    text.replace('&', "&&")
}

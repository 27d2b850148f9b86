//! The computer's displays, and a window that fills one or several of them.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use adit_contract::{DisplayInfo, Displays, Failure, FullScreen, WindowPlacing};
use adit_core::displays;
use tauri::{PhysicalPosition, PhysicalSize, WebviewWindow};

use crate::words;

/// Where the window was before it filled a screen.
#[derive(Debug, Clone, Copy)]
struct Former {
    position: Option<PhysicalPosition<i32>>,
    size: PhysicalSize<u32>,
    maximized: bool,
    /// It has no frame now.
    frameless: bool,
}

/// Where each window goes back to, by its label.
#[derive(Debug, Default)]
pub(crate) struct Places(Mutex<BTreeMap<String, Former>>);

impl Places {
    fn all(&self) -> MutexGuard<'_, BTreeMap<String, Former>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A window is gone.
    pub(crate) fn forget(&self, label: &str) {
        self.all().remove(label);
    }
}

fn failed(error: &tauri::Error) -> Failure {
    words::window_not_changed(error.to_string())
}

/// All displays, from left to right and from top to bottom; their ids count from 0 in that order.
pub(crate) fn all(window: &WebviewWindow) -> Result<Vec<DisplayInfo>, Failure> {
    let current = window.current_monitor().map_err(|error| failed(&error))?;
    let mut monitors = window.available_monitors().map_err(|error| failed(&error))?;
    monitors.sort_by_key(|monitor| (monitor.position().x, monitor.position().y));
    let displays = monitors.iter().zip(0..).map(|(monitor, id)| DisplayInfo {
        id,
        name: monitor.name().cloned().unwrap_or_default(),
        x: monitor.position().x,
        y: monitor.position().y,
        width: monitor.size().width,
        height: monitor.size().height,
        scale: monitor.scale_factor(),
        current: current.as_ref().is_some_and(|current| current.position() == monitor.position()),
    });
    Ok(displays.collect())
}

/// All displays, and whether a window can be put on another one or over several.
pub(crate) fn displays(window: &WebviewWindow) -> Result<Displays, Failure> {
    Ok(Displays { all: all(window)?, placing: placing() })
}

/// Puts a window back on the screen that lies on no display any more.
pub(crate) fn bring_back(window: &WebviewWindow) -> tauri::Result<()> {
    let (position, size) = (window.outer_position()?, window.outer_size()?);
    let area = displays::Area { x: position.x, y: position.y, width: size.width, height: size.height };
    // Without a list of displays there is nowhere to put it.
    let to = all(window).ok().and_then(|all| displays::back_on_screen(area, &all));
    to.map_or(Ok(()), |(x, y)| window.set_position(PhysicalPosition::new(x, y)))
}

/// Fills displays, or goes back to where the window was.
pub(crate) fn fill(window: &WebviewWindow, places: &Places, to: &FullScreen) -> Result<(), Failure> {
    match to {
        FullScreen::Off => leave(window, places).map_err(|error| failed(&error)),
        FullScreen::On { displays: ids } => {
            let chosen = displays::chosen(&all(window)?, ids)?;
            match chosen.as_slice() {
                [one] if !one.current && placing() == WindowPlacing::System => Err(words::placed_by_system()),
                [] => enter(window, places, None).map_err(|error| failed(&error)),
                [one] => enter(window, places, Some(one)).map_err(|error| failed(&error)),
                several => {
                    let area = displays::span(several)?;
                    if placing() == WindowPlacing::System {
                        return Err(words::placed_by_system());
                    }
                    span(window, places, area).map_err(|error| failed(&error))
                }
            }
        }
    }
}

/// Wayland takes no position from a program.
fn placing() -> WindowPlacing {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let by_wayland = cfg!(target_os = "linux")
        && set("WAYLAND_DISPLAY").is_some()
        && set("GDK_BACKEND").is_none_or(|backend| backend != "x11");
    if by_wayland { WindowPlacing::System } else { WindowPlacing::Program }
}

/// Keeps where the window is, unless it fills a screen already.
fn keep(window: &WebviewWindow, places: &Places, frameless: bool) -> tauri::Result<()> {
    if let Some(former) = places.all().get_mut(window.label()) {
        former.frameless |= frameless;
        return Ok(());
    }
    let former = Former {
        position: window.outer_position().ok(),
        size: window.inner_size()?,
        maximized: window.is_maximized()?,
        frameless,
    };
    places.all().insert(window.label().to_owned(), former);
    Ok(())
}

fn enter(window: &WebviewWindow, places: &Places, on: Option<&DisplayInfo>) -> tauri::Result<()> {
    keep(window, places, false)?;
    if let Some(display) = on.filter(|display| !display.current) {
        window.set_fullscreen(false)?;
        window.set_position(PhysicalPosition::new(display.x, display.y))?;
    }
    window.set_fullscreen(true)
}

fn span(window: &WebviewWindow, places: &Places, area: displays::Area) -> tauri::Result<()> {
    keep(window, places, true)?;
    window.set_fullscreen(false)?;
    window.unmaximize()?;
    window.set_decorations(false)?;
    window.set_position(PhysicalPosition::new(area.x, area.y))?;
    window.set_size(PhysicalSize::new(area.width, area.height))
}

fn leave(window: &WebviewWindow, places: &Places) -> tauri::Result<()> {
    let former = places.all().remove(window.label());
    window.set_fullscreen(false)?;
    let Some(former) = former else { return Ok(()) };
    if former.frameless {
        window.set_decorations(true)?;
    }
    if former.maximized {
        return window.maximize();
    }
    window.set_size(former.size)?;
    match former.position {
        Some(position) => window.set_position(position),
        None => Ok(()),
    }
}

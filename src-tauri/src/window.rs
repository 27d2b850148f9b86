//! The windows: the main one and those that tabs were torn off into. All show the same page, each its own sessions.

use adit_contract::{Failure, MAIN_WINDOW, ScreenPoint, SessionPlace};
use adit_core::{App, windows};
use tauri::{
    AppHandle, LogicalPosition, Manager as _, WebviewUrl, WebviewWindow, WebviewWindowBuilder, Window,
    WindowEvent, utils::config::BackgroundThrottlingPolicy, webview::PageLoadEvent,
};
use tauri_plugin_window_state::{AppHandleExt as _, StateFlags};

use crate::{
    closing,
    demo::DemoPlace,
    display::{self, Places},
    notices::Heard,
    page, resting,
    start::Core,
    words,
};

/// What is remembered of a window's place. Not that it filled a screen or had no frame: that was a desktop's doing.
pub(crate) const REMEMBERED: StateFlags =
    StateFlags::SIZE.union(StateFlags::POSITION).union(StateFlags::MAXIMIZED);

/// How far a new window's corner lies from where its tab was dropped, in CSS pixels: the pointer is on its frame.
const GRIP: f64 = 24.0;

/// Opens the main window.
pub(crate) fn open(app: &AppHandle) -> tauri::Result<WebviewWindow> {
    build(app, MAIN_WINDOW)
}

fn build(app: &AppHandle, label: &str) -> tauri::Result<WebviewWindow> {
    let window = WebviewWindowBuilder::new(app, label, WebviewUrl::default())
        .title(title(app))
        .inner_size(1280.0, 800.0)
        .min_inner_size(640.0, 420.0)
        // Windows would keep what is dragged within the page to itself, for files that nobody takes here.
        .disable_drag_drop_handler()
        // Tabs keep being fed while the window is hidden; macOS would suspend them after minutes.
        .background_throttling(BackgroundThrottlingPolicy::Disabled)
        .on_page_load(|window, load| {
            // The page before it says nothing any more.
            if load.event() == PageLoadEvent::Started {
                window.state::<DemoPlace>().renew(window.label());
            }
        })
        .build()?;
    page::watch(window.as_ref())?;
    Ok(window)
}

/// What windows are called.
fn title(app: &AppHandle) -> &'static str {
    if app.state::<DemoPlace>().is_running() { words::DEMO } else { words::APP }
}

/// Another core is shown: the window that leads and those of this core load their page anew, or open, and the others go.
pub(crate) fn begin_anew(handle: &AppHandle, of_this_core: Vec<String>) {
    let Some(lead) = lead(handle) else { return };
    for (label, window) in handle.webview_windows() {
        let done = if label == lead.label() || of_this_core.contains(&label) {
            window.set_title(title(handle)).and_then(|()| window.reload())
        } else {
            window.destroy()
        };
        if let Err(error) = done {
            tracing::warn!(%error, "A window still shows what was before");
        }
    }
    open_missing(handle, of_this_core);
}

/// Whether this is the only one.
pub(crate) fn is_last(app: &AppHandle, label: &str) -> bool {
    labels(app).iter().all(|open| open == label)
}

/// The window that answers for the app: the main one, else the one that heads the others.
pub(crate) fn lead(app: &AppHandle) -> Option<WebviewWindow> {
    let open = labels(app);
    windows::heir("", &open).and_then(|label| app.get_webview_window(label))
}

/// Ends the last window, its page and the processes that draw it. A window that comes later is the main one again.
pub(crate) fn release(handle: &AppHandle, app: &App) {
    for (label, window) in handle.webview_windows() {
        if let Err(error) = window.destroy() {
            tracing::warn!(%error, "A window could not be closed");
        } else if label != MAIN_WINDOW {
            app.window_closed(&label, MAIN_WINDOW);
        }
    }
    resting::begins(handle);
}

fn labels(app: &AppHandle) -> Vec<String> {
    app.webview_windows().into_keys().collect()
}

fn not_opened(error: &tauri::Error) -> Failure {
    words::window_not_opened(error.to_string())
}

/// Shows a session in another window, which is opened if need be; gives that window's label.
pub(crate) fn move_session(
    handle: &AppHandle,
    app: &App,
    id: &str,
    to: SessionPlace,
) -> Result<String, Failure> {
    // An unknown session opens no window.
    app.session_window(id)?;
    let label = match to {
        SessionPlace::Window { label } => {
            if label == MAIN_WINDOW && handle.get_webview_window(&label).is_none() {
                // It may have been closed before the others.
                open(handle).map_err(|error| not_opened(&error))?;
            }
            if handle.get_webview_window(&label).is_none() {
                return Err(words::window_gone());
            }
            app.session_move(id, &label)?;
            label
        }
        SessionPlace::New { at } => {
            let label = windows::free_label(&labels(handle)).ok_or_else(words::too_many_windows)?;
            // First, so that the new page finds it in its first picture.
            let before = app.session_window(id)?;
            app.session_move(id, &label)?;
            if let Err(error) = open_further(handle, &label, at) {
                app.session_move(id, &before)?;
                return Err(not_opened(&error));
            }
            label
        }
    };
    if let Some(window) = handle.get_webview_window(&label) {
        show(&window);
    }
    app.session_show(id)?;
    Ok(label)
}

fn open_further(app: &AppHandle, label: &str, at: Option<ScreenPoint>) -> tauri::Result<()> {
    let window = build(app, label)?;
    // After the place that an earlier window of this label had.
    if let Some(at) = at.filter(|at| at.x.is_finite() && at.y.is_finite())
        && let Err(error) = window.set_position(LogicalPosition::new(at.x - GRIP, at.y - GRIP))
    {
        tracing::debug!(%error, "A window stays where the system has put it");
    }
    Ok(())
}

/// Opens the windows that the run before left with sessions.
pub(crate) fn open_left(handle: &AppHandle, app: &App) {
    open_missing(handle, app.desk_windows());
}

fn open_missing(handle: &AppHandle, wanted: Vec<String>) {
    for label in wanted {
        if handle.get_webview_window(&label).is_none()
            && let Err(error) = build(handle, &label)
        {
            tracing::warn!(%error, "A window could not be opened again");
        }
    }
}

/// Brings a session's tab to the front, with its window.
pub(crate) fn show_session(handle: &AppHandle, app: &App, id: &str) -> Result<(), Failure> {
    match handle.get_webview_window(&app.session_window(id)?) {
        Some(window) => show(&window),
        // Its window went while it was on the way there.
        None => {
            if let Some(lead) = lead(handle) {
                app.session_move(id, lead.label())?;
                show(&lead);
            }
        }
    }
    app.session_show(id)
}

/// Writes down where the windows are, so that it is known after an end that was not foreseen.
pub(crate) fn remember_places(handle: &AppHandle) {
    let app = handle.clone();
    // On the windows' own thread: elsewhere, what is asked of a window waits for that thread, which may wait for this.
    let asked = handle.run_on_main_thread(move || {
        if let Err(error) = app.save_window_state(REMEMBERED) {
            tracing::debug!(%error, "The windows' places could not be written");
        }
    });
    if let Err(error) = asked {
        tracing::debug!(%error, "The windows' places could not be asked for");
    }
}

/// What becomes of a window's sessions when it is closed: they go on in another one.
pub(crate) fn heard(window: &Window, event: &WindowEvent) {
    let handle = window.app_handle();
    if matches!(event, WindowEvent::Focused(true))
        && let Some(heard) = handle.try_state::<Heard>()
    {
        heard.looked();
    }
    // The system tells of displays that come and go by what becomes of windows.
    if matches!(event, WindowEvent::Focused(true) | WindowEvent::ScaleFactorChanged { .. })
        && let Some(window) = handle.get_webview_window(window.label())
    {
        bring_back(&window);
    }
    if let WindowEvent::CloseRequested { api, .. } = event
        && is_last(handle, window.label())
    {
        // The last one: with it the app goes to the tray, or ends.
        api.prevent_close();
        closing::requested(handle);
    }
    if !matches!(event, WindowEvent::Destroyed) {
        return;
    }
    let label = window.label();
    if let Some(places) = handle.try_state::<Places>() {
        places.forget(label);
    }
    // Its sessions, if it had any, were the other core's.
    if handle.try_state::<DemoPlace>().is_some_and(|place| place.renew(label)) {
        return;
    }
    let open = labels(handle);
    let heir = windows::heir(label, &open);
    let app = handle.try_state::<Core>().and_then(|core| core.started());
    if let Some(app) = app
        && let Some(to) = heir
    {
        app.window_closed(label, to);
        if let Some(window) = handle.get_webview_window(to) {
            show(&window);
        }
    }
}

/// Brings a window to the front, as a second start of the app does; opens the main one if there is none.
pub(crate) fn raise(app: &AppHandle) {
    match lead(app) {
        Some(window) => show(&window),
        None => match open(app) {
            Ok(_) => {
                // After a start in the tray they are still to come.
                if let Some(core) = app.state::<Core>().started() {
                    open_left(app, &core);
                }
            }
            Err(error) => tracing::warn!(%error, "The main window could not be opened again"),
        },
    }
}

fn bring_back(window: &WebviewWindow) {
    if let Err(error) = display::bring_back(window) {
        tracing::debug!(%error, "Whether the window can be seen is not known");
    }
}

fn show(window: &WebviewWindow) {
    for result in [window.show(), window.unminimize(), window.set_focus()] {
        if let Err(error) = result {
            tracing::debug!(%error, "The window could not be raised");
        }
    }
    bring_back(window);
}

//! What a page asks of its own window, of the clipboard and of the browser.

use std::collections::BTreeMap;

use adit_contract::{CloseAnswer, Desk, Layout, LeftSession, Want};
use tauri::{AppHandle, Manager as _, State, WebviewWindow};
use tauri_plugin_clipboard_manager::ClipboardExt as _;

use super::{Answer, open_browser, whole, write_clipboard};
use crate::{closing, demo::DemoPlace, start::Core, wants::Wants, window, words};

#[tauri::command]
pub(super) async fn layout_set(
    window: WebviewWindow,
    core: State<'_, Core>,
    demo: State<'_, DemoPlace>,
    layout: Layout,
) -> Answer<()> {
    whole(async {
        let app = core.app().await?;
        demo.speaks_to_its_core(window.label())?;
        app.layout_set(layout).await
    })
    .await
}

/// What the window is asked to do from outside of it.
#[tauri::command]
pub(super) async fn wants(
    handle: AppHandle,
    window: WebviewWindow,
    wants: State<'_, Wants>,
) -> Answer<Vec<Want>> {
    whole(async {
        // All windows hear that there is something; one answers.
        let windows = handle.webview_windows().into_values();
        let looked_at = windows.filter(|_| wants.are_said()).find(|one| one.is_focused().unwrap_or(false));
        let answers = looked_at.or_else(|| window::lead(&handle));
        let leads = answers.is_some_and(|one| one.label() == window.label());
        Ok(if leads { wants.take() } else { Vec::new() })
    })
    .await
}

#[tauri::command]
pub(super) async fn close_answer(handle: AppHandle, answer: CloseAnswer) -> Answer<()> {
    whole(async {
        closing::answered(&handle, answer).await;
        Ok(())
    })
    .await
}

#[tauri::command]
pub(super) async fn keys_set(core: State<'_, Core>, keys: BTreeMap<String, Vec<String>>) -> Answer<()> {
    whole(async { core.app().await?.keys_set(keys).await }).await
}

/// Closes the calling window; its sessions go on in another one. The last one is closed as by its frame: the app goes to
/// the tray, or asks, or ends.
#[tauri::command]
pub(super) async fn window_close(handle: AppHandle, window: WebviewWindow) -> Answer<()> {
    whole(async {
        if window::is_last(&handle, window.label()) {
            closing::requested(&handle);
            return Ok(());
        }
        window.destroy().map_err(|error| words::window_not_closed(error.to_string()))
    })
    .await
}

/// How the calling window was left.
#[tauri::command]
pub(super) async fn desk_left(window: WebviewWindow, core: State<'_, Core>) -> Answer<Option<Desk>> {
    whole(async { Ok(core.app().await?.desk_left(window.label())) }).await
}

/// Remembers the calling window's tabs, and where the windows are.
#[tauri::command]
pub(super) async fn desk_save(
    handle: AppHandle,
    window: WebviewWindow,
    core: State<'_, Core>,
    demo: State<'_, DemoPlace>,
    dock: String,
    offered: Vec<LeftSession>,
) -> Answer<()> {
    whole(async {
        window::remember_places(&handle);
        let app = core.app().await?;
        demo.speaks_to_its_core(window.label())?;
        app.desk_save(window.label(), dock, offered).await
    })
    .await
}

#[tauri::command]
pub(super) async fn clipboard_read(handle: AppHandle) -> Answer<String> {
    whole(async {
        // An empty clipboard and one that holds a picture are both "no text".
        Ok(handle.clipboard().read_text().unwrap_or_default())
    })
    .await
}

#[tauri::command]
pub(super) async fn clipboard_write(handle: AppHandle, text: String) -> Answer<()> {
    whole(async { write_clipboard(&handle, text) }).await
}

/// Opens a web address from a terminal, after the person agreed to it. Nothing but `http` and `https`.
#[tauri::command]
pub(super) async fn open_link(handle: AppHandle, url: String) -> Answer<()> {
    whole(async {
        let parsed = tauri::Url::parse(&url).map_err(|_| words::no_web_address())?;
        if !matches!(parsed.scheme(), "http" | "https") {
            return Err(words::no_web_address());
        }
        open_browser(&handle, &parsed, words::COPY_ADDRESS)
    })
    .await
}

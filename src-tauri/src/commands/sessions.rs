//! Sessions: what opens, answers and steers them, and the bytes of their tabs.

use adit_contract::{
    Displays, FilesAction, FullScreen, InstanceRef, LinkParameters, NoteKind, SessionAnswer, SessionPlace,
    SessionStart, StreamTicket, TabColour,
};
use secrecy::ExposeSecret as _;
use tauri::{AppHandle, State, WebviewWindow, ipc};

use super::{Answer, whole, write_clipboard};
use crate::{
    display::{self, Places},
    start::Core,
    window,
};

#[tauri::command]
pub(super) async fn session_open(
    window: WebviewWindow,
    core: State<'_, Core>,
    instance: InstanceRef,
    start: SessionStart,
    linked: Option<LinkParameters>,
) -> Answer<String> {
    whole(async {
        let linked = linked.unwrap_or_default();
        core.app().await?.session_open_linked(window.label(), instance, start, linked).await
    })
    .await
}

/// Opens a second tab of the same beside a session's; gives the new session's id.
#[tauri::command]
pub(super) async fn session_duplicate(core: State<'_, Core>, id: String) -> Answer<String> {
    whole(async { core.app().await?.session_duplicate(&id).await }).await
}

#[tauri::command]
pub(super) async fn session_answer(core: State<'_, Core>, id: String, answer: SessionAnswer) -> Answer<()> {
    whole(async { core.app().await?.session_answer(&id, answer).await }).await
}

#[tauri::command]
pub(super) async fn session_dismiss_note(core: State<'_, Core>, id: String, kind: NoteKind) -> Answer<()> {
    whole(async { core.app().await?.session_dismiss_note(&id, kind).await }).await
}

#[tauri::command]
pub(super) async fn session_cancel(core: State<'_, Core>, id: String) -> Answer<()> {
    whole(async { core.app().await?.session_cancel(&id).await }).await
}

#[tauri::command]
pub(super) async fn session_close(core: State<'_, Core>, id: String) -> Answer<()> {
    whole(async { core.app().await?.session_close(&id).await }).await
}

#[tauri::command]
pub(super) async fn session_label(
    core: State<'_, Core>,
    id: String,
    name: Option<String>,
    colour: TabColour,
) -> Answer<()> {
    whole(async { core.app().await?.session_label(&id, name.as_deref(), colour).await }).await
}

/// Shows a session in another window; gives that window's label.
#[tauri::command]
pub(super) async fn session_move(
    handle: AppHandle,
    core: State<'_, Core>,
    id: String,
    to: SessionPlace,
) -> Answer<String> {
    whole(async {
        let app = core.app().await?;
        window::move_session(&handle, &app, &id, to)
    })
    .await
}

#[tauri::command]
pub(super) async fn session_show(handle: AppHandle, core: State<'_, Core>, id: String) -> Answer<()> {
    whole(async {
        let app = core.app().await?;
        window::show_session(&handle, &app, &id)
    })
    .await
}

#[tauri::command]
pub(super) async fn terminal_attach(core: State<'_, Core>, id: String) -> Answer<StreamTicket> {
    whole(async { core.app().await?.terminal_attach(&id).await }).await
}

#[tauri::command]
pub(super) async fn terminal_pull(core: State<'_, Core>, id: String) -> Answer<ipc::Response> {
    whole(async {
        let bytes = core.app().await?.terminal_pull(&id).await?;
        Ok(ipc::Response::new(bytes.to_vec()))
    })
    .await
}

#[tauri::command]
pub(super) async fn terminal_push(core: State<'_, Core>, id: String, seq: u32, frame: Vec<u8>) -> Answer<()> {
    whole(async { core.app().await?.terminal_push(&id, seq, frame.into()).await }).await
}

#[tauri::command]
pub(super) async fn desktop_attach(core: State<'_, Core>, id: String) -> Answer<StreamTicket> {
    whole(async { core.app().await?.desktop_attach(&id).await }).await
}

#[tauri::command]
pub(super) async fn desktop_pull(core: State<'_, Core>, id: String) -> Answer<ipc::Response> {
    whole(async {
        let bytes = core.app().await?.desktop_pull(&id).await?;
        Ok(ipc::Response::new(bytes.to_vec()))
    })
    .await
}

#[tauri::command]
pub(super) async fn desktop_push(core: State<'_, Core>, id: String, seq: u32, frame: Vec<u8>) -> Answer<()> {
    whole(async { core.app().await?.desktop_push(&id, seq, frame.into()).await }).await
}

#[tauri::command]
pub(super) async fn desktop_type_clipboard(core: State<'_, Core>, id: String) -> Answer<()> {
    whole(async { core.app().await?.desktop_type_clipboard(&id).await }).await
}

#[tauri::command]
pub(super) async fn desktop_files(core: State<'_, Core>, id: String, action: FilesAction) -> Answer<()> {
    whole(async { core.app().await?.desktop_files(&id, action).await }).await
}

/// Puts the password that was made for a session on the clipboard; the web view never sees it.
#[tauri::command]
pub(super) async fn session_copy_password(
    handle: AppHandle,
    core: State<'_, Core>,
    id: String,
) -> Answer<()> {
    whole(async {
        let password = core.app().await?.made_password(&id).await?;
        write_clipboard(&handle, password.expose_secret().to_owned())
    })
    .await
}

/// Has a Windows VM's agent set a password and puts it on the clipboard; the web view never sees it.
#[tauri::command]
pub(super) async fn windows_password(
    handle: AppHandle,
    core: State<'_, Core>,
    instance: InstanceRef,
    user: String,
    administrator: bool,
    remember: bool,
) -> Answer<()> {
    whole(async {
        let password = core.app().await?.windows_password(instance, &user, administrator, remember).await?;
        write_clipboard(&handle, password.expose_secret().to_owned())
    })
    .await
}

#[tauri::command]
pub(super) async fn displays(window: WebviewWindow) -> Answer<Displays> {
    whole(async { display::displays(&window) }).await
}

#[tauri::command]
pub(super) async fn full_screen(
    window: WebviewWindow,
    places: State<'_, Places>,
    to: FullScreen,
) -> Answer<()> {
    whole(async { display::fill(&window, &places, &to) }).await
}

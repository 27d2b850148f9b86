//! The command table: each command hands its arguments to core and returns what core says.

use adit_contract::{
    CloudInfo, ExplainAsk, Explanation, Failure, FailureCode, GatewaySettings, InstanceAction, InstanceRef,
    NoteKind, SearchHit, SessionAnswer, Settings, SignInMethod, Snapshot, StreamTicket, TreeWindow,
    TunnelAction, TunnelPeer, TunnelSpec, TunnelTarget,
};
use secrecy::ExposeSecret as _;
use tauri::{AppHandle, State, Wry, ipc};
use tauri_plugin_clipboard_manager::ClipboardExt as _;
use tauri_plugin_dialog::DialogExt as _;
use tauri_plugin_opener::OpenerExt as _;

use crate::start::Core;

type Answer<T> = Result<T, Failure>;

/// Every command of `adit_contract::COMMANDS`.
pub(crate) fn table() -> impl Fn(ipc::Invoke<Wry>) -> bool + Send + Sync + 'static {
    tauri::generate_handler![
        snapshot,
        sign_in,
        sign_in_cancel,
        sign_out,
        choose_client_file,
        refresh,
        tree_rows,
        tree_toggle,
        tree_filter,
        tree_find,
        search,
        instance_action,
        session_open,
        session_answer,
        session_dismiss_note,
        session_cancel,
        session_close,
        terminal_attach,
        terminal_pull,
        terminal_push,
        tunnel_add,
        tunnel_change,
        tunnel_action,
        tunnel_peers,
        tunnel_local,
        explain_open,
        explain_again,
        explain_close,
        gateway_set,
        gateway_copy_password,
        settings_set,
        clipboard_read,
        clipboard_write,
        open_link,
    ]
}

#[tauri::command]
async fn snapshot(core: State<'_, Core>) -> Answer<Snapshot> {
    Ok(core.app().await?.snapshot().await)
}

#[tauri::command]
async fn sign_in(core: State<'_, Core>, method: SignInMethod) -> Answer<()> {
    core.app().await?.sign_in(method).await
}

#[tauri::command]
async fn sign_in_cancel(core: State<'_, Core>) -> Answer<()> {
    core.app().await?.sign_in_cancel().await
}

#[tauri::command]
async fn sign_out(core: State<'_, Core>, account: String) -> Answer<()> {
    core.app().await?.sign_out(&account).await
}

/// Lets the person choose their OAuth client's file. `None` when they changed their mind.
#[tauri::command]
async fn choose_client_file(handle: AppHandle, core: State<'_, Core>) -> Answer<Option<CloudInfo>> {
    let app = core.app().await?;
    let (chosen, choice) = tokio::sync::oneshot::channel();
    handle.dialog().file().set_title("OAuth client file").add_filter("JSON", &["json"]).pick_file(
        move |file| {
            // The receiver is gone when the window was closed meanwhile: nobody is left to tell.
            drop(chosen.send(file));
        },
    );
    let Some(file) = choice.await.ok().flatten() else {
        return Ok(None);
    };
    let path = file.into_path().map_err(|_| {
        Failure::new(FailureCode::File, "This file cannot be read", "Choose a file on this computer.")
    })?;
    app.set_client_file(&path).await.map(Some)
}

#[tauri::command]
async fn refresh(core: State<'_, Core>) -> Answer<()> {
    core.app().await?.refresh().await
}

#[tauri::command]
async fn tree_rows(core: State<'_, Core>, offset: u32, count: u32) -> Answer<TreeWindow> {
    core.app().await?.tree_rows(offset, count).await
}

#[tauri::command]
async fn tree_toggle(core: State<'_, Core>, id: String, expanded: bool) -> Answer<()> {
    core.app().await?.tree_toggle(&id, expanded).await
}

#[tauri::command]
async fn tree_filter(core: State<'_, Core>, text: String) -> Answer<()> {
    core.app().await?.tree_filter(&text).await
}

#[tauri::command]
async fn tree_find(core: State<'_, Core>, prefix: String, from: u32) -> Answer<Option<u32>> {
    core.app().await?.tree_find(&prefix, from).await
}

#[tauri::command]
async fn search(core: State<'_, Core>, text: String, limit: u32) -> Answer<Vec<SearchHit>> {
    core.app().await?.search(&text, limit).await
}

#[tauri::command]
async fn instance_action(core: State<'_, Core>, instance: InstanceRef, action: InstanceAction) -> Answer<()> {
    core.app().await?.instance_action(instance, action).await
}

#[tauri::command]
async fn session_open(core: State<'_, Core>, instance: InstanceRef, cols: u16, rows: u16) -> Answer<String> {
    core.app().await?.session_open(instance, cols, rows).await
}

#[tauri::command]
async fn session_answer(core: State<'_, Core>, id: String, answer: SessionAnswer) -> Answer<()> {
    core.app().await?.session_answer(&id, answer).await
}

#[tauri::command]
async fn session_dismiss_note(core: State<'_, Core>, id: String, kind: NoteKind) -> Answer<()> {
    core.app().await?.session_dismiss_note(&id, kind).await
}

#[tauri::command]
async fn session_cancel(core: State<'_, Core>, id: String) -> Answer<()> {
    core.app().await?.session_cancel(&id).await
}

#[tauri::command]
async fn session_close(core: State<'_, Core>, id: String) -> Answer<()> {
    core.app().await?.session_close(&id).await
}

#[tauri::command]
async fn terminal_attach(core: State<'_, Core>, id: String) -> Answer<StreamTicket> {
    core.app().await?.terminal_attach(&id).await
}

#[tauri::command]
async fn terminal_pull(core: State<'_, Core>, id: String) -> Answer<ipc::Response> {
    let bytes = core.app().await?.terminal_pull(&id).await?;
    Ok(ipc::Response::new(bytes.to_vec()))
}

#[tauri::command]
async fn terminal_push(core: State<'_, Core>, id: String, seq: u32, frame: Vec<u8>) -> Answer<()> {
    core.app().await?.terminal_push(&id, seq, frame.into()).await
}

#[tauri::command]
async fn tunnel_add(core: State<'_, Core>, spec: TunnelSpec, start: bool) -> Answer<String> {
    core.app().await?.tunnel_add(spec, start).await
}

#[tauri::command]
async fn tunnel_change(core: State<'_, Core>, id: String, spec: TunnelSpec) -> Answer<()> {
    core.app().await?.tunnel_change(&id, spec).await
}

#[tauri::command]
async fn tunnel_action(core: State<'_, Core>, id: String, action: TunnelAction) -> Answer<()> {
    core.app().await?.tunnel_action(&id, action).await
}

#[tauri::command]
async fn tunnel_peers(core: State<'_, Core>, id: String) -> Answer<Vec<TunnelPeer>> {
    core.app().await?.tunnel_peers(&id).await
}

#[tauri::command]
async fn tunnel_local(core: State<'_, Core>, target: TunnelTarget) -> Answer<String> {
    core.app().await?.tunnel_local(target).await
}

#[tauri::command]
async fn explain_open(core: State<'_, Core>, ask: ExplainAsk) -> Answer<Explanation> {
    core.app().await?.explain_open(ask).await
}

#[tauri::command]
async fn explain_again(core: State<'_, Core>, id: String) -> Answer<()> {
    core.app().await?.explain_again(&id).await
}

#[tauri::command]
async fn explain_close(core: State<'_, Core>, id: String) -> Answer<()> {
    core.app().await?.explain_close(&id).await
}

#[tauri::command]
async fn gateway_set(core: State<'_, Core>, settings: GatewaySettings) -> Answer<()> {
    core.app().await?.gateway_set(settings).await
}

/// Puts the gateway's password on the clipboard; the web view never sees it.
#[tauri::command]
async fn gateway_copy_password(handle: AppHandle, core: State<'_, Core>) -> Answer<()> {
    let password = core.app().await?.gateway_password().await;
    write_clipboard(&handle, password.expose_secret().to_owned())
}

#[tauri::command]
async fn settings_set(core: State<'_, Core>, settings: Settings) -> Answer<Settings> {
    core.app().await?.settings_set(settings).await
}

#[tauri::command]
async fn clipboard_read(handle: AppHandle) -> Answer<String> {
    // An empty clipboard and one that holds a picture are both "no text".
    Ok(handle.clipboard().read_text().unwrap_or_default())
}

#[tauri::command]
async fn clipboard_write(handle: AppHandle, text: String) -> Answer<()> {
    write_clipboard(&handle, text)
}

fn write_clipboard(handle: &AppHandle, text: String) -> Answer<()> {
    handle.clipboard().write_text(text).map_err(|error| {
        Failure::new(FailureCode::Internal, "The clipboard could not be written", "Try again.")
            .with_server("clipboard", error.to_string())
    })
}

/// Opens a web address from a terminal, after the person agreed to it. Nothing but `http` and `https`.
#[tauri::command]
async fn open_link(handle: AppHandle, url: String) -> Answer<()> {
    let refused = || {
        Failure::new(FailureCode::InvalidInput, "This address cannot be opened", "Only web addresses can.")
    };
    let parsed = tauri::Url::parse(&url).map_err(|_| refused())?;
    if !matches!(parsed.scheme(), "http" | "https") {
        return Err(refused());
    }
    handle.opener().open_url(parsed.as_str(), None::<&str>).map_err(|error| {
        Failure::new(FailureCode::Internal, "The browser could not be opened", "Copy the address instead.")
            .with_server("browser", error.to_string())
    })
}

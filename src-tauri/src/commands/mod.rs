//! The command table: each command hands its arguments to core and returns what core says.

mod page;
mod profiles;
mod sessions;
mod tunnels;

use std::{path::PathBuf, pin::Pin};

use adit_contract::{
    CloudInfo, DiagnosticNames, ExplainAsk, Explanation, Failure, InstanceAction, InstanceRef, ProjectInfo,
    Scope, SearchHit, SettingSpec, SettingState, SettingValue, SignInMethod, Snapshot, TreeWindow,
};
use adit_core::panics::caught;
use tauri::{AppHandle, State, Wry, ipc};
use tauri_plugin_clipboard_manager::ClipboardExt as _;
use tauri_plugin_dialog::{DialogExt as _, FilePath};
use tauri_plugin_opener::OpenerExt as _;

use crate::{demo, start::Core, words};

type Answer<T> = Result<T, Failure>;

/// What a command comes to. A mistake of ours is its answer too: whoever asked would wait for ever.
fn whole<'a, T: 'a>(
    work: impl Future<Output = Answer<T>> + Send + 'a,
) -> Pin<Box<dyn Future<Output = Answer<T>> + Send + 'a>> {
    Box::pin(caught("the command", work))
}

/// Every command of `adit_contract::COMMANDS`.
pub(crate) fn table() -> impl Fn(ipc::Invoke<Wry>) -> bool + Send + Sync + 'static {
    tauri::generate_handler![
        snapshot,
        sign_in,
        sign_in_cancel,
        sign_out,
        choose_client_file,
        demo_start,
        demo_leave,
        refresh,
        projects,
        tree_rows,
        tree_toggle,
        tree_filter,
        tree_find,
        search,
        instance_action,
        favourite_set,
        profiles::profiles,
        profiles::profile_save,
        profiles::profile_remove,
        profiles::profile_arrange,
        profiles::profile_duplicate,
        profiles::profile_folder,
        profiles::profile_start,
        profiles::profile_draft,
        profiles::profile_import,
        profiles::profile_export,
        sessions::session_open,
        sessions::session_duplicate,
        sessions::session_answer,
        sessions::session_dismiss_note,
        sessions::session_cancel,
        sessions::session_close,
        sessions::session_label,
        sessions::session_move,
        sessions::session_show,
        sessions::terminal_attach,
        sessions::terminal_pull,
        sessions::terminal_push,
        sessions::desktop_attach,
        sessions::desktop_pull,
        sessions::desktop_push,
        sessions::desktop_type_clipboard,
        sessions::desktop_files,
        sessions::session_copy_password,
        sessions::windows_password,
        sessions::displays,
        sessions::full_screen,
        tunnels::tunnel_add,
        tunnels::tunnel_change,
        tunnels::tunnel_action,
        tunnels::tunnel_peers,
        tunnels::tunnel_local,
        explain_open,
        explain_again,
        explain_close,
        tunnels::gateway_set,
        tunnels::gateway_copy_password,
        settings_specs,
        settings_at,
        settings_places,
        setting_set,
        setting_reset,
        page::layout_set,
        page::keys_set,
        page::desk_left,
        page::desk_save,
        page::window_close,
        page::wants,
        page::close_answer,
        page::clipboard_read,
        page::clipboard_write,
        page::open_link,
        diagnostics,
        update_check,
        update_install,
        update_restart,
        update_cancel,
        update_fetch,
    ]
}

#[tauri::command]
async fn snapshot(core: State<'_, Core>) -> Answer<Snapshot> {
    whole(async { Ok(core.app().await?.snapshot().await) }).await
}

#[tauri::command]
async fn sign_in(core: State<'_, Core>, method: SignInMethod) -> Answer<()> {
    whole(async { core.app().await?.sign_in(method).await }).await
}

#[tauri::command]
async fn sign_in_cancel(core: State<'_, Core>) -> Answer<()> {
    whole(async { core.app().await?.sign_in_cancel().await }).await
}

#[tauri::command]
async fn sign_out(core: State<'_, Core>, account: String) -> Answer<()> {
    whole(async { core.app().await?.sign_out(&account).await }).await
}

/// Lets the person choose their OAuth client's file. `None` when they changed their mind.
#[tauri::command]
async fn choose_client_file(handle: AppHandle, core: State<'_, Core>) -> Answer<Option<CloudInfo>> {
    whole(async {
        let app = core.app().await?;
        let dialog = handle.dialog().file().set_title(words::CLIENT_FILE).add_filter("JSON", &["json"]);
        let Some(path) = chosen(|tell| dialog.pick_file(tell)).await? else {
            return Ok(None);
        };
        app.set_client_file(&path).await.map(Some)
    })
    .await
}

#[tauri::command]
async fn demo_start(handle: AppHandle) -> Answer<()> {
    whole(async { demo::start(&handle).await }).await
}

#[tauri::command]
async fn demo_leave(handle: AppHandle) -> Answer<()> {
    whole(async { demo::leave(&handle).await }).await
}

/// Every project that was found, chosen or not.
#[tauri::command]
async fn projects(core: State<'_, Core>) -> Answer<Vec<ProjectInfo>> {
    whole(async { Ok(core.app().await?.projects()) }).await
}

#[tauri::command]
async fn refresh(core: State<'_, Core>) -> Answer<()> {
    whole(async { core.app().await?.refresh().await }).await
}

#[tauri::command]
async fn tree_rows(core: State<'_, Core>, offset: u32, count: u32) -> Answer<TreeWindow> {
    whole(async { core.app().await?.tree_rows(offset, count).await }).await
}

#[tauri::command]
async fn tree_toggle(core: State<'_, Core>, id: String, expanded: bool) -> Answer<()> {
    whole(async { core.app().await?.tree_toggle(&id, expanded).await }).await
}

#[tauri::command]
async fn tree_filter(core: State<'_, Core>, text: String) -> Answer<()> {
    whole(async { core.app().await?.tree_filter(&text).await }).await
}

#[tauri::command]
async fn tree_find(core: State<'_, Core>, prefix: String, from: u32) -> Answer<Option<u32>> {
    whole(async { core.app().await?.tree_find(&prefix, from).await }).await
}

#[tauri::command]
async fn search(core: State<'_, Core>, text: String, limit: u32) -> Answer<Vec<SearchHit>> {
    whole(async { core.app().await?.search(&text, limit).await }).await
}

#[tauri::command]
async fn instance_action(core: State<'_, Core>, instance: InstanceRef, action: InstanceAction) -> Answer<()> {
    whole(async { core.app().await?.instance_action(instance, action).await }).await
}

#[tauri::command]
async fn favourite_set(core: State<'_, Core>, instance: InstanceRef, favourite: bool) -> Answer<()> {
    whole(async { core.app().await?.favourite_set(instance, favourite).await }).await
}

#[tauri::command]
async fn explain_open(core: State<'_, Core>, ask: ExplainAsk) -> Answer<Explanation> {
    whole(async { core.app().await?.explain_open(ask).await }).await
}

#[tauri::command]
async fn explain_again(core: State<'_, Core>, id: String) -> Answer<()> {
    whole(async { core.app().await?.explain_again(&id).await }).await
}

#[tauri::command]
async fn explain_close(core: State<'_, Core>, id: String) -> Answer<()> {
    whole(async { core.app().await?.explain_close(&id).await }).await
}

#[tauri::command]
async fn settings_specs(core: State<'_, Core>) -> Answer<Vec<SettingSpec>> {
    whole(async { Ok(core.app().await?.settings_specs()) }).await
}

#[tauri::command]
async fn settings_at(core: State<'_, Core>, scope: Scope) -> Answer<Vec<SettingState>> {
    whole(async { core.app().await?.settings_at(scope).await }).await
}

#[tauri::command]
async fn settings_places(core: State<'_, Core>) -> Answer<Vec<Scope>> {
    whole(async { core.app().await?.settings_places().await }).await
}

#[tauri::command]
async fn setting_set(core: State<'_, Core>, scope: Scope, key: String, value: SettingValue) -> Answer<()> {
    whole(async { core.app().await?.setting_set(scope, key, value).await }).await
}

#[tauri::command]
async fn setting_reset(core: State<'_, Core>, scope: Scope, key: String) -> Answer<()> {
    whole(async { core.app().await?.setting_reset(scope, key).await }).await
}

fn write_clipboard(handle: &AppHandle, text: String) -> Answer<()> {
    handle.clipboard().write_text(text).map_err(|error| words::clipboard_not_written(error.to_string()))
}

fn open_browser(handle: &AppHandle, address: &tauri::Url, advice: &str) -> Answer<()> {
    handle
        .opener()
        .open_url(address.as_str(), None::<&str>)
        .map_err(|error| words::browser_not_opened(advice, error.to_string()))
}

/// What may be handed on when somebody asks for help, as text.
#[tauri::command]
async fn diagnostics(core: State<'_, Core>, names: DiagnosticNames) -> Answer<String> {
    whole(async {
        let web_view = tauri::webview_version().unwrap_or_else(|error| error.to_string());
        Ok(core.app().await?.diagnostics(&web_view, names).await)
    })
    .await
}

#[tauri::command]
async fn update_check(core: State<'_, Core>) -> Answer<()> {
    whole(async { core.app().await?.update_check().await }).await
}

#[tauri::command]
async fn update_install(core: State<'_, Core>) -> Answer<()> {
    whole(async { core.app().await?.update_install().await }).await
}

#[tauri::command]
async fn update_restart(core: State<'_, Core>) -> Answer<()> {
    whole(async { core.app().await?.update_restart().await }).await
}

#[tauri::command]
async fn update_cancel(core: State<'_, Core>) -> Answer<()> {
    whole(async { core.app().await?.update_cancel().await }).await
}

/// Has the browser fetch the package of the newer version. The page names no address.
#[tauri::command]
async fn update_fetch(handle: AppHandle, core: State<'_, Core>) -> Answer<()> {
    whole(async {
        let address = core.app().await?.update_address()?;
        open_browser(&handle, &address, words::GET_PACKAGE)
    })
    .await
}

/// What becomes of a dialog for a file.
async fn chosen(
    show: impl FnOnce(Box<dyn FnOnce(Option<FilePath>) + Send + 'static>),
) -> Answer<Option<PathBuf>> {
    let (choose, choice) = tokio::sync::oneshot::channel();
    // The receiver is gone when the window was closed meanwhile: nobody is left to tell.
    show(Box::new(move |file| drop(choose.send(file))));
    let Some(file) = choice.await.ok().flatten() else {
        return Ok(None);
    };
    file.into_path().map(Some).map_err(|_| words::file_elsewhere())
}

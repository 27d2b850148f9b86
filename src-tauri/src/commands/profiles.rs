//! Profiles, and the files that they come from and go to.

use adit_contract::{
    Failure, Profile, ProfileFolderChange, ProfileImport, ProfileList, ProfileSource, ProfileStarted,
};
use tauri::{AppHandle, State, WebviewWindow};
use tauri_plugin_dialog::DialogExt as _;

use super::{Answer, chosen, whole};
use crate::{start::Core, words};

#[tauri::command]
pub(super) async fn profiles(core: State<'_, Core>) -> Answer<ProfileList> {
    whole(async { core.app().await?.profiles().await }).await
}

#[tauri::command]
pub(super) async fn profile_save(
    core: State<'_, Core>,
    id: Option<String>,
    profile: Profile,
) -> Answer<String> {
    whole(async { core.app().await?.profile_save(id, profile).await }).await
}

#[tauri::command]
pub(super) async fn profile_remove(core: State<'_, Core>, ids: Vec<String>) -> Answer<Option<Failure>> {
    whole(async { core.app().await?.profile_remove(ids).await }).await
}

#[tauri::command]
pub(super) async fn profile_arrange(
    core: State<'_, Core>,
    ids: Vec<String>,
    folder: Vec<String>,
    before: Option<String>,
) -> Answer<()> {
    whole(async { core.app().await?.profile_arrange(ids, folder, before).await }).await
}

#[tauri::command]
pub(super) async fn profile_duplicate(core: State<'_, Core>, ids: Vec<String>) -> Answer<Vec<String>> {
    whole(async { core.app().await?.profile_duplicate(ids).await }).await
}

#[tauri::command]
pub(super) async fn profile_folder(core: State<'_, Core>, change: ProfileFolderChange) -> Answer<()> {
    whole(async { core.app().await?.profile_folder(change).await }).await
}

#[tauri::command]
pub(super) async fn profile_start(
    window: WebviewWindow,
    core: State<'_, Core>,
    ids: Vec<String>,
) -> Answer<Vec<ProfileStarted>> {
    whole(async { core.app().await?.profile_start(window.label(), ids).await }).await
}

#[tauri::command]
pub(super) async fn profile_draft(core: State<'_, Core>, from: ProfileSource) -> Answer<Profile> {
    whole(async { core.app().await?.profile_draft(from).await }).await
}

/// Lets the person choose a file with profiles. `None` when they changed their mind.
#[tauri::command]
pub(super) async fn profile_import(
    handle: AppHandle,
    core: State<'_, Core>,
) -> Answer<Option<ProfileImport>> {
    whole(async {
        let app = core.app().await?;
        let dialog = handle.dialog().file().set_title(words::IMPORT_PROFILES);
        let dialog = dialog.add_filter(words::PROFILES, &["json", "rdp", "iapc"]);
        match chosen(|tell| dialog.pick_file(tell)).await? {
            Some(path) => app.profile_import(path).await.map(Some),
            None => Ok(None),
        }
    })
    .await
}

/// Lets the person choose where profiles are written to; gives that path. `None` when they changed their mind.
#[tauri::command]
pub(super) async fn profile_export(
    handle: AppHandle,
    core: State<'_, Core>,
    ids: Vec<String>,
) -> Answer<Option<String>> {
    whole(async {
        let app = core.app().await?;
        let dialog = handle.dialog().file().set_title(words::EXPORT_PROFILES);
        let dialog = dialog.add_filter(words::PROFILES, &["json"]).set_file_name("adit-profiles.json");
        let Some(path) = chosen(|tell| dialog.save_file(tell)).await? else {
            return Ok(None);
        };
        let written = path.display().to_string();
        app.profile_export(ids, path).await?;
        Ok(Some(written))
    })
    .await
}

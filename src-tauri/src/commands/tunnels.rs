//! Tunnels, and the gateway.

use adit_contract::{GatewaySettings, TunnelAction, TunnelPeer, TunnelSpec, TunnelTarget};
use secrecy::ExposeSecret as _;
use tauri::{AppHandle, State};

use super::{Answer, whole, write_clipboard};
use crate::start::Core;

#[tauri::command]
pub(super) async fn tunnel_add(core: State<'_, Core>, spec: TunnelSpec, start: bool) -> Answer<String> {
    whole(async { core.app().await?.tunnel_add(spec, start).await }).await
}

#[tauri::command]
pub(super) async fn tunnel_change(core: State<'_, Core>, id: String, spec: TunnelSpec) -> Answer<()> {
    whole(async { core.app().await?.tunnel_change(&id, spec).await }).await
}

#[tauri::command]
pub(super) async fn tunnel_action(core: State<'_, Core>, id: String, action: TunnelAction) -> Answer<()> {
    whole(async { core.app().await?.tunnel_action(&id, action).await }).await
}

#[tauri::command]
pub(super) async fn tunnel_peers(core: State<'_, Core>, id: String) -> Answer<Vec<TunnelPeer>> {
    whole(async { core.app().await?.tunnel_peers(&id).await }).await
}

#[tauri::command]
pub(super) async fn tunnel_local(core: State<'_, Core>, target: TunnelTarget) -> Answer<String> {
    whole(async { core.app().await?.tunnel_local(target).await }).await
}

#[tauri::command]
pub(super) async fn gateway_set(core: State<'_, Core>, settings: GatewaySettings) -> Answer<()> {
    whole(async { core.app().await?.gateway_set(settings).await }).await
}

/// Puts the gateway's password on the clipboard; the web view never sees it.
#[tauri::command]
pub(super) async fn gateway_copy_password(handle: AppHandle, core: State<'_, Core>) -> Answer<()> {
    whole(async {
        let password = core.app().await?.gateway_password().await;
        write_clipboard(&handle, password.expose_secret().to_owned())
    })
    .await
}

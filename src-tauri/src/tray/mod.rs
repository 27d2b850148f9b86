//! The tray: what core says is to be shown there, drawn by the system's own means, and what a click does.

#[cfg(target_os = "linux")]
#[path = "linux.rs"]
mod drawn;
#[cfg(not(target_os = "linux"))]
#[path = "native.rs"]
mod drawn;

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use adit_contract::{Event, Failure, MAIN_WINDOW, SessionAnswer, SignInMethod, TunnelAction, Want};
use adit_core::{App, closing::TrayPresence, notice::concerns, tray::Does};
use tauri::{AppHandle, Manager as _};
use tokio::sync::Notify;

use crate::{closing, start::Core, wants, window};

/// The shortest time between two changes of what is shown.
const BREATH: Duration = Duration::from_millis(250);

/// Whether there is a tray, and whether it has to be drawn anew.
#[derive(Debug, Default)]
pub(crate) struct TrayPlace {
    shown: AtomicBool,
    changed: Notify,
}

impl TrayPlace {
    pub(crate) fn presence(&self) -> TrayPresence {
        if self.shown.load(Ordering::Relaxed) { TrayPresence::Shown } else { TrayPresence::Absent }
    }

    fn set(&self, presence: TrayPresence) {
        self.shown.store(presence == TrayPresence::Shown, Ordering::Relaxed);
    }

    /// Another core is shown.
    pub(crate) fn turned(&self) {
        self.changed.notify_one();
    }

    /// Core told something: the tray may have to show it.
    pub(crate) fn heard(&self, event: &Event) {
        if concerns(event) || matches!(event, Event::Favourites(_) | Event::Profiles) {
            self.changed.notify_one();
        }
    }
}

/// Shows the app in the tray for as long as it runs.
pub(crate) async fn run(handle: AppHandle) {
    let Ok(app) = handle.state::<Core>().app().await else { return };
    let mut shown = app.tray().await;
    let drawn = match drawn::Drawn::new(&handle, shown.clone()).await {
        Ok(drawn) => drawn,
        Err(error) => {
            tracing::info!(%error, "There is no tray: the app ends with its window");
            handle.state::<TrayPlace>().set(TrayPresence::Absent);
            return;
        }
    };
    loop {
        handle.state::<TrayPlace>().changed.notified().await;
        // The demo's may have taken its place.
        let Some(app) = handle.state::<Core>().started() else { return };
        let tray = app.tray().await;
        if tray != shown {
            drawn.show(tray.clone()).await;
            shown = tray;
        }
        tokio::time::sleep(BREATH).await;
    }
}

/// Does what a row of the menu, or a notice, says.
pub(crate) fn act(handle: &AppHandle, does: Does) {
    let handle = handle.clone();
    tauri::async_runtime::spawn(async move {
        let Ok(app) = handle.state::<Core>().app().await else { return };
        // What else fails is shown where it belongs, or has gone meanwhile.
        let is_said_here = matches!(does, Does::SignIn | Does::Profile(_) | Does::StartProfiles(_));
        if let Err(failure) = perform(&handle, &app, does).await {
            tracing::info!(code = ?failure.code, "What was clicked could not be done");
            if is_said_here {
                wants::want(&handle, Want::Refused { failure });
            }
        }
    });
}

/// Starts profiles in the window that heads the others. The last tab of them is shown, and so is why there is none; a
/// tunnel shows itself in the menu.
async fn start_profiles(handle: &AppHandle, app: &App, ids: Vec<String>) -> Result<(), Failure> {
    let label =
        window::lead(handle).map_or_else(|| MAIN_WINDOW.to_owned(), |window| window.label().to_owned());
    let started = app.profile_start(&label, ids).await?;
    let tab = started.iter().rev().find_map(|started| started.session.clone());
    for failure in started.into_iter().filter_map(|started| started.failure) {
        wants::want(handle, Want::Refused { failure });
    }
    if let Some(id) = tab {
        wants::want(handle, Want::Session { id });
    }
    Ok(())
}

async fn perform(handle: &AppHandle, app: &App, does: Does) -> Result<(), Failure> {
    match does {
        Does::Open => window::raise(handle),
        Does::Tunnel(id, TunnelAction::Stop) => app.tunnel_pause(&id).await?,
        Does::Tunnel(id, action) => app.tunnel_action(&id, action).await?,
        Does::Tunnels(id) => wants::want(handle, Want::Tunnels { id }),
        Does::Session(id) => wants::want(handle, Want::Session { id }),
        Does::Sessions => wants::want(handle, Want::Sessions),
        Does::Reconnect(id) => {
            // Its tab is shown in any case: it may have been connected again there.
            let again = app.session_answer(&id, SessionAnswer::TryAgain).await;
            wants::want(handle, Want::Session { id });
            again?;
        }
        Does::Connect(instance) => {
            let os = app.os_of(&instance);
            wants::want(handle, Want::Connect { instance, os });
        }
        Does::Explorer => wants::want(handle, Want::Explorer),
        Does::Profile(id) => start_profiles(handle, app, vec![id]).await?,
        Does::StartProfiles(ids) => start_profiles(handle, app, ids).await?,
        Does::Profiles(id) => {
            // Whoever goes there sees what has failed.
            app.profiles_seen(id.as_slice());
            wants::want(handle, Want::Profiles { id });
        }
        Does::SignIn => {
            // First: the browser comes in front of it.
            window::raise(handle);
            app.sign_in(SignInMethod::Browser).await?;
        }
        Does::PauseAll => app.tunnels_pause_all().await,
        Does::ResumeAll => app.tunnels_resume_all().await,
        Does::Settings => wants::want(handle, Want::Settings),
        Does::Quit => closing::quit(handle, app),
    }
    Ok(())
}

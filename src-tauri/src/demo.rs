//! The demo, in place of the person's own app and back again (docs/decisions/0018-the-apps-own-demo.md).

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use adit_contract::{Failure, SignInMethod, UpdateStep};
use adit_core::{
    App,
    demo::{DemoCloud, Programs},
};
use tauri::{AppHandle, Manager as _, async_runtime::JoinHandle};
use tokio::sync::Notify;

use crate::{
    clipboard::WindowClipboard,
    closing::Question,
    loudspeaker::SystemLoudspeaker,
    notices::Heard,
    start::{Core, Window},
    tray::TrayPlace,
    wants::Wants,
    window, words,
};

/// How long what runs in the demo may take to end.
const END: Duration = Duration::from_secs(10);

/// Whether what a core tells is heard: of two, one is shown.
#[derive(Debug, Clone, Default)]
pub(crate) struct Turn(Arc<AtomicBool>);

impl Turn {
    fn take(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn give_up(&self) {
        self.0.store(false, Ordering::Relaxed);
    }

    pub(crate) fn is_on(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// The demo, if it runs.
#[derive(Default)]
pub(crate) struct DemoPlace {
    own: Turn,
    inside: Mutex<Option<Inside>>,
    /// Held while going there or back.
    switching: tokio::sync::Mutex<()>,
    /// The person does not want to go there any more.
    called_off: Notify,
    /// What ends the demo that was left, and those before it.
    ending: Mutex<Option<JoinHandle<()>>>,
    /// Windows whose page is still of the core before, by label.
    stale: Mutex<HashSet<String>>,
}

/// What there is while the demo runs.
struct Inside {
    /// The person's own core, which goes on unseen: nobody is signed in to it.
    own: Arc<App>,
    /// The windows that it had: they come back with it.
    windows: Vec<String>,
    app: Arc<App>,
    turn: Turn,
    cloud: DemoCloud,
}

impl DemoPlace {
    /// The turn of the person's own core, which begins.
    pub(crate) fn own_turn(&self) -> Turn {
        self.own.take();
        self.own.clone()
    }

    pub(crate) fn is_running(&self) -> bool {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    fn put(&self, inside: Inside) {
        *self.inside.lock().unwrap_or_else(PoisonError::into_inner) = Some(inside);
    }

    fn take(&self) -> Option<Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn stale(&self) -> MutexGuard<'_, HashSet<String>> {
        self.stale.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A window begins a new page, or goes. Gives whether what it had was of the core before.
    pub(crate) fn renew(&self, label: &str) -> bool {
        self.stale().remove(label)
    }

    /// Nothing that a page says of its own window is for another core. To be asked once the core is at hand.
    ///
    /// # Errors
    /// [`FailureCode::InvalidInput`](adit_contract::FailureCode::InvalidInput) when the window's page is still of the
    /// core before.
    pub(crate) fn speaks_to_its_core(&self, label: &str) -> Result<(), Failure> {
        if self.stale().contains(label) {
            return Err(words::page_of_before());
        }
        Ok(())
    }

    /// Ends a demo beside the rest, after those before it.
    fn end(&self, inside: Inside) {
        let mut ending = self.ending.lock().unwrap_or_else(PoisonError::into_inner);
        let before = ending.take();
        *ending = Some(tauri::async_runtime::spawn(async move {
            if let Some(before) = before {
                ended_by_itself(before).await;
            }
            end(inside).await;
        }));
    }

    fn ending(&self) -> Option<JoinHandle<()>> {
        self.ending.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

async fn ended_by_itself(ending: JoinHandle<()>) {
    if let Err(error) = ending.await {
        tracing::warn!(%error, "How the demo ended is not known");
    }
}

/// Whether the demo's programs are here.
pub(crate) fn is_here() -> bool {
    Programs::beside_this_one().is_some()
}

/// Starts the demo's cloud and a core for it, begins the sign-in there, and shows that in the window. Ends without a word
/// when [`leave`] is called meanwhile.
pub(crate) async fn start(handle: &AppHandle) -> Result<(), Failure> {
    let place = handle.state::<DemoPlace>();
    let _switching = place.switching.lock().await;
    if place.is_running() {
        return Ok(());
    }
    let own = handle.state::<Core>().app().await?;
    own.sign_in_cancel().await?;
    may_begin(&own).await?;
    let programs = Programs::beside_this_one().ok_or_else(words::demo_missing)?;
    let turn = Turn::default();
    let (cloud, app) = tokio::select! {
        begun = begin(handle, &programs, &turn) => begun?,
        () = place.called_off.notified() => return Ok(()),
    };
    let windows = handle.webview_windows().into_keys().collect();
    let inside = Inside { own, windows, app: app.clone(), turn, cloud };
    // Another window, a link or a command may have begun something while the cloud came up.
    let again = async {
        inside.own.sign_in_cancel().await?;
        may_begin(&inside.own).await
    };
    if let Err(failure) = again.await {
        place.end(inside);
        return Err(failure);
    }
    place.own.give_up();
    inside.turn.take();
    place.put(inside);
    // First, so that the page finds it under way.
    if let Err(failure) = app.sign_in(SignInMethod::Browser).await {
        // The first screen of the demo offers it again.
        tracing::warn!(code = ?failure.code, "The demo's sign-in did not begin");
    }
    show(handle, app, Vec::new());
    Ok(())
}

/// Nothing of the person's own is lost from sight: nobody is signed in, nothing runs, and no update is on its way.
async fn may_begin(own: &App) -> Result<(), Failure> {
    let snapshot = own.snapshot().await;
    if !snapshot.accounts.is_empty() || !own.live().is_nothing() {
        return Err(words::demo_beside_accounts());
    }
    match snapshot.update.step {
        UpdateStep::Downloading { .. } | UpdateStep::Ready { .. } | UpdateStep::Installing => {
            Err(words::demo_beside_update())
        }
        UpdateStep::Idle | UpdateStep::Checking => Ok(()),
    }
}

async fn begin(
    handle: &AppHandle,
    programs: &Programs,
    turn: &Turn,
) -> Result<(DemoCloud, Arc<App>), Failure> {
    let cloud = DemoCloud::start(programs).await?;
    let mut config = cloud.config().await?;
    config.clipboard = Arc::new(WindowClipboard::new());
    config.loudspeaker = Arc::new(SystemLoudspeaker);
    let app = App::start(config, Arc::new(Window::new(handle.clone(), turn.clone()))).await?;
    Ok((cloud, app))
}

/// Goes back to the person's own core; what runs in the demo ends. One that is still starting is called off.
pub(crate) async fn leave(handle: &AppHandle) -> Result<(), Failure> {
    let place = handle.state::<DemoPlace>();
    place.called_off.notify_waiters();
    let _switching = place.switching.lock().await;
    let Some(mut inside) = place.take() else { return Ok(()) };
    inside.turn.give_up();
    place.own.take();
    let windows = std::mem::take(&mut inside.windows);
    show(handle, inside.own.clone(), windows);
    // Nobody has to wait for it, but for the end of the app.
    place.end(inside);
    Ok(())
}

/// The app ends, and with it the demo, if it runs; gives the person's own core then.
pub(crate) fn ended(handle: &AppHandle) -> Option<Arc<App>> {
    let place = handle.try_state::<DemoPlace>()?;
    let own = place.take().map(|inside| {
        inside.turn.give_up();
        let own = inside.own.clone();
        place.end(inside);
        own
    });
    if let Some(ending) = place.ending() {
        tauri::async_runtime::block_on(ended_by_itself(ending));
    }
    own
}

async fn end(Inside { own: _, windows: _, app, turn: _, cloud }: Inside) {
    if tokio::time::timeout(END, app.end()).await.is_err() {
        tracing::warn!("What ran in the demo did not end in time");
    }
    drop(app);
    cloud.stop().await;
}

/// Shows another core. What the page knew and what waited for it was about the one before.
fn show(handle: &AppHandle, app: Arc<App>, windows: Vec<String>) {
    // First: what a page still says is for the core that it knows.
    handle.state::<DemoPlace>().stale().extend(handle.webview_windows().into_keys());
    handle.state::<Core>().turn_to(app);
    handle.state::<Heard>().turned();
    handle.state::<Question>().forget();
    drop(handle.state::<Wants>().take());
    handle.state::<TrayPlace>().turned();
    window::begin_anew(handle, windows);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_the_core_before_is_not_heard_about_its_window() {
        let place = DemoPlace::default();
        place.stale().extend(["main".to_owned(), "window-2".to_owned()]);
        assert!(place.speaks_to_its_core("main").is_err());
        assert!(place.speaks_to_its_core("window-3").is_ok());
        assert!(place.renew("main"), "its new page begins");
        assert!(place.speaks_to_its_core("main").is_ok());
        assert!(!place.renew("main"), "it is of this core by now");
        assert!(place.speaks_to_its_core("window-2").is_err());
    }
}

//! Starting core beside the window, so that the window never waits for it.

use std::{sync::Arc, time::Duration};

use adit_contract::{
    CloudKind, Demo, Event, Failure, LinkAction, LinkOffer, LinkParameters, SignInMethod, Want,
};
use adit_core::{App, Config, EventSink, closing::TrayPresence, demo::not_in_the_demo, link, panics::caught};
use tauri::{AppHandle, Emitter as _, Manager as _, RunEvent};
use tokio::sync::watch;

use crate::{
    clipboard::WindowClipboard,
    demo::{self, DemoPlace, Turn},
    entries::Entries,
    loudspeaker::SystemLoudspeaker,
    notices::{Begun, Heard},
    resting,
    tray::TrayPlace,
    updates, wants, window, words,
};

/// The name under which the page hears of events.
pub(crate) const EVENT: &str = "adit";

/// Option that begins the app's own browser sign-in at once when nobody is signed in yet.
const SIGN_IN: &str = "--sign-in";
/// Option that begins in the tray, as at login.
pub(crate) const BACKGROUND: &str = "--background";
/// Option that offers to connect to the VM that follows.
const OPEN: &str = "--open";
/// How long an app that begins in the tray waits for one.
const TRAY_WAIT: Duration = Duration::from_secs(20);
/// The most that one start may ask for.
const MOST_ASKED: usize = 4;
/// The longest argument that is looked at, in bytes: names are far shorter.
const LONGEST: usize = 8192;

/// What a start of the app asks for. Others than the person may start it: nothing here connects by itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Arguments {
    sign_in: bool,
    background: bool,
    asked: Vec<Asked>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Asked {
    Vm(Box<LinkOffer>),
    /// An address, to be read once core knows the settings.
    Address(String),
}

impl Arguments {
    /// Reads them, and leaves out what is not understood.
    pub(crate) fn of(arguments: impl IntoIterator<Item = String>) -> Self {
        let mut read = Self::default();
        let mut arguments = arguments.into_iter().filter(|argument| argument.len() <= LONGEST);
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                SIGN_IN => read.sign_in = true,
                BACKGROUND => read.background = true,
                OPEN => read.asked.extend(arguments.next().as_deref().and_then(offer)),
                address if is_address(address) => read.asked.push(Asked::Address(argument)),
                _ => tracing::info!("An argument was not understood"),
            }
        }
        read
    }
}

/// What `--open PROJECT/ZONE/NAME` offers.
fn offer(vm: &str) -> Option<Asked> {
    let offer = LinkOffer {
        action: LinkAction::Connect,
        instance: link::instance(vm)?,
        port: None,
        parameters: LinkParameters::default(),
        says: Vec::new(),
        shares: Vec::new(),
        ignored: Vec::new(),
    };
    Some(Asked::Vm(Box::new(offer)))
}

/// The first start: opens the window, unless the app begins in the tray.
pub(crate) fn first(handle: &AppHandle, arguments: Arguments) -> tauri::Result<()> {
    if arguments.background {
        let handle = handle.clone();
        // A panel may come later than what starts with it.
        tauri::async_runtime::spawn(async move {
            tokio::time::sleep(TRAY_WAIT).await;
            if handle.state::<TrayPlace>().presence() == TrayPresence::Absent {
                window::raise(&handle);
            } else {
                resting::begins(&handle);
            }
        });
    } else {
        drop(window::open(handle)?);
    }
    follow(handle, arguments.asked);
    Ok(())
}

/// A second start: the window comes to the front, also if there was none, and does what is asked for.
pub(crate) fn again(handle: &AppHandle, arguments: Arguments) {
    let handle = handle.clone();
    tauri::async_runtime::spawn(async move {
        if !arguments.background {
            window::raise(&handle);
        }
        follow(&handle, arguments.asked);
    });
}

/// Has the window offer what was asked for.
fn follow(handle: &AppHandle, asked: Vec<Asked>) {
    let handle = handle.clone();
    tauri::async_runtime::spawn(async move {
        for asked in asked.into_iter().take(MOST_ASKED) {
            if handle.state::<DemoPlace>().is_running() {
                // It means a VM of the person's own.
                wants::want(&handle, Want::Refused { failure: not_in_the_demo() });
                return;
            }
            let want = match asked {
                Asked::Vm(offer) => Want::Offer { offer },
                Asked::Address(address) => {
                    let Ok(app) = handle.state::<Core>().app().await else { return };
                    match app.offer(&address) {
                        Ok(offer) => Want::Offer { offer: Box::new(offer) },
                        Err(failure) => Want::Refused { failure },
                    }
                }
            };
            wants::want(&handle, want);
        }
    });
}

/// Addresses that the system hands over: on macOS they come without a start.
#[cfg(target_os = "macos")]
pub(crate) fn opened(handle: &AppHandle, addresses: Vec<tauri::Url>) {
    follow(handle, addresses.into_iter().map(|address| Asked::Address(address.into())).collect());
}

fn is_address(argument: &str) -> bool {
    let scheme = argument.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
    matches!(scheme.as_deref(), Some("adit" | "iap-rdp"))
}

/// Core, once it has started: the person's own, or the demo's in its place.
pub(crate) struct Core(watch::Sender<Option<Result<Arc<App>, Failure>>>);

impl Core {
    /// Core, if it has started by now.
    pub(crate) fn started(&self) -> Option<Arc<App>> {
        self.0.borrow().as_ref().and_then(|result| result.as_ref().ok().cloned())
    }

    /// From now on it is this one.
    pub(crate) fn turn_to(&self, app: Arc<App>) {
        self.0.send_replace(Some(Ok(app)));
    }

    /// Waits until core has started.
    ///
    /// # Errors
    /// The failure with which core could not start.
    pub(crate) async fn app(&self) -> Result<Arc<App>, Failure> {
        let mut started = self.0.subscribe();
        let outcome = started.wait_for(Option::is_some).await.map_err(|_| words::not_started())?;
        match &*outcome {
            Some(result) => result.clone(),
            None => Err(words::not_started()),
        }
    }
}

/// Hands a core's events to the window, while it is that one's turn.
pub(crate) struct Window {
    handle: AppHandle,
    turn: Turn,
}

impl Window {
    pub(crate) fn new(handle: AppHandle, turn: Turn) -> Self {
        Self { handle, turn }
    }
}

impl EventSink for Window {
    fn send(&self, event: Event) {
        if !self.turn.is_on() {
            return;
        }
        self.handle.state::<TrayPlace>().heard(&event);
        self.handle.state::<Heard>().hear(&event);
        if let Event::Settings(_) = event {
            self.handle.state::<Entries>().settings_changed.notify_one();
        }
        if let Event::Remark(remark) = &event {
            // Kept for a window that is still to come, unlike an event.
            wants::leave(&self.handle, Want::Remark { remark: remark.clone() });
        }
        // In the tray there is nobody who listens: a window that opens asks for everything.
        if self.handle.webview_windows().is_empty() {
            return;
        }
        if let Err(error) = self.handle.emit(EVENT, &event) {
            tracing::warn!(%error, "An event did not reach the window");
        }
    }
}

/// Starts core in the background.
pub(crate) fn launch_core(handle: AppHandle, arguments: &Arguments) -> Core {
    let done = watch::Sender::new(None);
    let core = Core(done.clone());
    let (wants_sign_in, in_background) = (arguments.sign_in, arguments.background);
    tauri::async_runtime::spawn(async move {
        // Every command waits for it.
        let result = caught("the start", start_core(handle.clone())).await;
        if let Err(failure) = &result {
            tracing::error!(code = ?failure.code, "Core did not start");
        }
        let app = result.as_ref().ok().cloned();
        done.send_replace(Some(result));
        if let Some(app) = &app {
            let begun = if in_background { Begun::InBackground } else { Begun::InWindow };
            handle.state::<Heard>().begun(begun);
            if !in_background {
                window::open_left(&handle, app);
            }
        }
        if let Some(app) = app.clone().filter(|_| in_background) {
            // Beside the rest: it waits for the list of VMs.
            tauri::async_runtime::spawn(async move { app.profiles_at_login().await });
        }
        if let Some(app) = app.filter(|_| wants_sign_in) {
            sign_in_if_needed(&app).await;
        }
    });
    core
}

async fn start_core(handle: AppHandle) -> Result<Arc<App>, Failure> {
    let mut config = Config::from_environment().await?;
    config.clipboard = Arc::new(WindowClipboard::new());
    config.loudspeaker = Arc::new(SystemLoudspeaker);
    config.publisher = updates::publisher(&handle);
    if config.cloud.kind == CloudKind::Google && demo::is_here() {
        config.demo = Demo::Offered;
    }
    let turn = handle.state::<DemoPlace>().own_turn();
    App::start(config, Arc::new(Window::new(handle, turn))).await
}

/// Tells core that the app ends on purpose.
pub(crate) fn ended(handle: &AppHandle, event: &RunEvent) {
    if matches!(event, RunEvent::Exit) {
        end(handle);
        updates::begin_again(handle);
    }
}

/// The same for an end that comes without an event.
pub(crate) fn end(handle: &AppHandle) {
    let shown = || handle.try_state::<Core>().and_then(|core| core.started());
    if let Some(app) = demo::ended(handle).or_else(shown) {
        app.desk_end();
    }
}

async fn sign_in_if_needed(app: &App) {
    if app.snapshot().await.accounts.is_empty()
        && let Err(failure) = app.sign_in(SignInMethod::Browser).await
    {
        tracing::warn!(code = ?failure.code, "The sign-in asked for on the command line did not begin");
    }
}

/// Sets what the system's web view must know before any thread starts.
pub(crate) fn prepare_environment() {
    #[cfg(target_os = "linux")]
    {
        const DMABUF_OFF: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";
        // WebKitGTK's DMABUF renderer shows a blank window on NVIDIA's own driver, and without a graphics card it draws
        // by an emulated one (docs/decisions/0020-drawing-without-a-card.md).
        let nvidia = || std::path::Path::new("/proc/driver/nvidia/version").exists();
        if std::env::var_os(DMABUF_OFF).is_none() && (nvidia() || !has_render_node("/dev/dri".as_ref())) {
            // SAFETY: called from `main` before any other thread exists.
            unsafe { std::env::set_var(DMABUF_OFF, "1") };
        }
    }
}

/// Whether the system offers a graphics card to this person's programs. Who is not at the screen may have no right to it.
#[cfg(target_os = "linux")]
fn has_render_node(devices: &std::path::Path) -> bool {
    let opens =
        |path: std::path::PathBuf| std::fs::OpenOptions::new().read(true).write(true).open(path).is_ok();
    std::fs::read_dir(devices).is_ok_and(|nodes| {
        nodes
            .flatten()
            .any(|node| node.file_name().to_string_lossy().starts_with("renderD") && opens(node.path()))
    })
}

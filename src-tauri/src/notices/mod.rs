//! Notices of the system, for a person who does not look at the window.

#[cfg(target_os = "linux")]
#[path = "linux.rs"]
mod shown;
#[cfg(not(target_os = "linux"))]
#[path = "native.rs"]
mod shown;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use adit_contract::{Event, Want};
use adit_core::{
    App,
    notice::{Attention, Cause, News, Notices, concerns},
    settings::table::NOTIFICATIONS,
    tray::Does,
};
use tauri::{AppHandle, Manager as _};
use tokio::sync::mpsc;

use crate::{start::Core, tray, wants, window};

/// Events that wait to be looked at. What comes while it is full is not told: the window and the tray show it.
const QUEUE: usize = 256;

/// Where events go.
pub(crate) struct Heard {
    queue: mpsc::Sender<Told>,
    shown: CoreShown,
}

/// Counts the cores that were shown one after the other: what is told of an earlier one concerns nobody any more.
#[derive(Debug, Clone, Default)]
struct CoreShown(Arc<AtomicU64>);

impl CoreShown {
    fn number(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What was told, and the number of the core that told it.
pub(crate) struct Told {
    what: What,
    core: u64,
}

enum What {
    Event(Box<Event>),
    Begun(Begun),
    /// A window has the keyboard now.
    Looked,
    /// A person has put a notice away.
    Dismissed(Cause),
}

/// How the app has begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Begun {
    /// With a window, which shows what is needed.
    InWindow,
    /// In the tray, as at login: nobody sees what becomes of what is started there.
    InBackground,
}

/// Where events go, and where they come out for [`run`].
pub(crate) fn heard() -> (Heard, mpsc::Receiver<Told>) {
    let (queue, events) = mpsc::channel(QUEUE);
    (Heard { queue, shown: CoreShown::default() }, events)
}

impl Heard {
    /// Core told something.
    pub(crate) fn hear(&self, event: &Event) {
        if concerns(event) || matches!(event, Event::Profiles) {
            self.tell(What::Event(Box::new(event.clone())));
        }
    }

    /// Core has started.
    pub(crate) fn begun(&self, how: Begun) {
        self.tell(What::Begun(how));
    }

    /// A person has put a notice of that core away.
    fn dismissed(&self, of_core: u64, about: Cause) {
        if self.shown.number() == of_core {
            self.tell(What::Dismissed(about));
        }
    }

    /// A window has the keyboard now.
    pub(crate) fn looked(&self) {
        self.tell(What::Looked);
    }

    fn tell(&self, what: What) {
        // Full means that there is more than anybody reads.
        let _ = self.queue.try_send(Told { what, core: self.shown.number() });
    }

    /// Another core is shown.
    pub(crate) fn turned(&self) {
        self.shown.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Tells what needs the person, for as long as the app runs.
pub(crate) async fn run(handle: AppHandle, events: &mut mpsc::Receiver<Told>) {
    let core = handle.state::<Heard>().shown.clone();
    let (mut notices, mut of) = (Notices::default(), core.number());
    let shown = shown::Shown::new(&handle);
    while let Some(told) = events.recv().await {
        if told.core != core.number() {
            continue;
        }
        if of != told.core {
            (notices, of) = (Notices::default(), told.core);
            shown.withdraw_all().await;
        }
        let Some(app) = app_of(&handle, &told).await else { continue };
        for news in news_of(&handle, &mut notices, &app, told.what).await {
            match news {
                News::Show(notice) if app.setting(&NOTIFICATIONS) => shown.show(notice).await,
                News::Show(_) => {}
                News::Withdraw(cause) => shown.withdraw(&cause).await,
            }
        }
    }
}

/// The core that told it. Events come before it has wholly started.
async fn app_of(handle: &AppHandle, told: &Told) -> Option<Arc<App>> {
    let app = handle.state::<Core>().app().await.ok()?;
    // It may have been another's turn meanwhile.
    (told.core == handle.state::<Heard>().shown.number()).then_some(app)
}

fn attention(handle: &AppHandle) -> Attention {
    let seen = handle.webview_windows().values().any(|window| window.is_focused().unwrap_or(false));
    if seen { Attention::Here } else { Attention::Elsewhere }
}

async fn news_of(handle: &AppHandle, notices: &mut Notices, app: &Arc<App>, what: What) -> Vec<News> {
    let (attention, now) = (attention(handle), Instant::now());
    match what {
        What::Begun(how) => {
            let attention = match how {
                Begun::InWindow => Attention::Here,
                Begun::InBackground => Attention::Elsewhere,
            };
            notices.hear(&Event::Accounts(app.snapshot().await.accounts), attention, now)
        }
        What::Dismissed(Cause::Profile(id)) => {
            app.profiles_seen(&[id]);
            Vec::new()
        }
        What::Dismissed(_) => Vec::new(),
        What::Event(event) if matches!(*event, Event::Accounts(_)) => {
            let waiting = app.clone();
            tauri::async_runtime::spawn(async move { waiting.profiles_once_signed_in().await });
            notices.hear(&event, attention, now)
        }
        What::Event(event) if !matches!(*event, Event::Profiles) => notices.hear(&event, attention, now),
        What::Event(_) | What::Looked => {
            if attention == Attention::Here
                && let Some(failure) = app.looked_at()
            {
                wants::leave(handle, Want::Refused { failure });
            }
            let unseen = app.profiles_unseen();
            let tunnels = if unseen.is_empty() { Vec::new() } else { app.snapshot().await.tunnels };
            notices.profiles(&unseen, &tunnels, attention, now)
        }
    }
}

/// Does what was clicked, unless what it was about is in a core that is not shown any more.
fn clicked(handle: &AppHandle, of_core: u64, does: Does) {
    if handle.state::<Heard>().shown.number() == of_core {
        tray::act(handle, does);
    } else {
        window::raise(handle);
    }
}

//! Notices of the system, for a person who does not look at the window.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use adit_contract::Event;
use adit_core::{
    notice::{Attention, Notice, Notices, concerns},
    settings::table::NOTIFICATIONS,
};
use tauri::{AppHandle, Manager as _};
use tokio::sync::mpsc;

use crate::start::Core;

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

/// An event, and the number of the core that told it.
pub(crate) struct Told {
    event: Event,
    core: u64,
}

/// Where events go, and where they come out for [`run`].
pub(crate) fn heard() -> (Heard, mpsc::Receiver<Told>) {
    let (queue, events) = mpsc::channel(QUEUE);
    (Heard { queue, shown: CoreShown::default() }, events)
}

impl Heard {
    /// Core told something.
    pub(crate) fn hear(&self, event: &Event) {
        if concerns(event) {
            // Full means that there is more than anybody reads.
            let _ = self.queue.try_send(Told { event: event.clone(), core: self.shown.number() });
        }
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
        }
        let seen = handle.webview_windows().values().any(|window| window.is_focused().unwrap_or(false));
        let attention = if seen { Attention::Here } else { Attention::Elsewhere };
        if let Some(notice) = notices.hear(&told.event, attention, Instant::now())
            && handle.state::<Core>().started().is_some_and(|app| app.setting(&NOTIFICATIONS))
        {
            shown.show(notice).await;
        }
    }
}

/// By the desktop's own service, which also says what was clicked.
/// <https://specifications.freedesktop.org/notification-spec/latest/protocol.html>
#[cfg(target_os = "linux")]
mod shown {
    use std::{collections::HashMap, time::Duration};

    use tauri::{AppHandle, Manager as _};
    use tokio::time::timeout;
    use zbus::{Connection, proxy, zvariant::Value};

    use super::{Heard, Notice};
    use crate::{wants, window};

    /// How long the desktop may take to show one.
    const DEADLINE: Duration = Duration::from_secs(5);
    /// How long a notice can be clicked on.
    const CLICKABLE: Duration = Duration::from_secs(60 * 60);

    #[proxy(
        interface = "org.freedesktop.Notifications",
        default_service = "org.freedesktop.Notifications",
        default_path = "/org/freedesktop/Notifications",
        gen_blocking = false
    )]
    trait Notifications {
        #[expect(clippy::too_many_arguments, reason = "the specification has as many")]
        fn notify(
            &self,
            app_name: &str,
            replaces_id: u32,
            app_icon: &str,
            summary: &str,
            body: &str,
            actions: &[&str],
            hints: HashMap<&str, Value<'_>>,
            expire_timeout: i32,
        ) -> zbus::Result<u32>;

        #[zbus(signal)]
        fn action_invoked(&self, id: u32, action_key: &str) -> zbus::Result<()>;

        #[zbus(signal)]
        fn notification_closed(&self, id: u32, reason: u32) -> zbus::Result<()>;
    }

    pub(super) struct Shown {
        handle: AppHandle,
    }

    impl Shown {
        pub(super) fn new(handle: &AppHandle) -> Self {
            Self { handle: handle.clone() }
        }

        pub(super) async fn show(&self, notice: Notice) {
            match timeout(DEADLINE, notify(&notice)).await {
                Ok(Ok((id, service))) => {
                    let handle = self.handle.clone();
                    let shown = handle.state::<Heard>().shown.clone();
                    let core = shown.number();
                    tauri::async_runtime::spawn(async move {
                        if let Ok(Ok(Clicked::Yes)) = timeout(CLICKABLE, clicked(id, &service)).await {
                            // What it is about may be in a core that is not shown any more.
                            match notice.want.filter(|_| shown.number() == core) {
                                Some(want) => wants::want(&handle, want),
                                None => window::raise(&handle),
                            }
                        }
                    });
                }
                Ok(Err(error)) => tracing::info!(%error, "The desktop shows no notices"),
                Err(_) => tracing::info!("The desktop did not show a notice in time"),
            }
        }
    }

    /// Whether a notice was clicked on before it went.
    enum Clicked {
        Yes,
        No,
    }

    async fn notify(notice: &Notice) -> zbus::Result<(u32, NotificationsProxy<'static>)> {
        let bus = Connection::session().await?;
        let service = NotificationsProxy::new(&bus).await?;
        let hints = HashMap::from([("desktop-entry", Value::from("Adit"))]);
        // Names come from elsewhere, and some desktops read the text as markup.
        let body = notice.text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let id = service
            .notify("Adit", 0, "adit-app", &notice.title, &body, &["default", "Open"], hints, -1)
            .await?;
        Ok((id, service))
    }

    async fn clicked(id: u32, service: &NotificationsProxy<'_>) -> zbus::Result<Clicked> {
        use futures_util::StreamExt as _;
        let mut invoked = service.receive_action_invoked().await?;
        let mut closed = service.receive_notification_closed().await?;
        loop {
            tokio::select! {
                // Both come at once: what was clicked on also goes.
                biased;
                Some(signal) = invoked.next() => {
                    if signal.args()?.id == id {
                        return Ok(Clicked::Yes);
                    }
                }
                Some(signal) = closed.next() => {
                    if signal.args()?.id == id {
                        return Ok(Clicked::No);
                    }
                }
                else => return Ok(Clicked::No),
            }
        }
    }
}

/// By the system. A click brings the app to the front, where the system does so.
#[cfg(not(target_os = "linux"))]
mod shown {
    use tauri::AppHandle;
    use tauri_plugin_notification::NotificationExt as _;

    use super::Notice;

    pub(super) struct Shown {
        handle: AppHandle,
    }

    impl Shown {
        pub(super) fn new(handle: &AppHandle) -> Self {
            Self { handle: handle.clone() }
        }

        pub(super) async fn show(&self, notice: Notice) {
            let shown = self.handle.notification().builder().title(notice.title).body(notice.text).show();
            if let Err(error) = shown {
                tracing::info!(%error, "The system shows no notices");
            }
        }
    }
}

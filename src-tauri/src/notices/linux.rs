//! By the desktop's own service, which also says what was clicked.
//! <https://specifications.freedesktop.org/notification-spec/latest/protocol.html>

use std::{collections::HashMap, sync::Arc, time::Duration};

use adit_core::{
    notice::{Cause, Notice},
    tray::Does,
};
use futures_util::{Stream, StreamExt as _};
use tauri::{AppHandle, Manager as _, async_runtime::JoinHandle};
use tokio::{sync::Mutex, time::timeout};
use zbus::{Connection, proxy, zvariant::Value};

use super::{Heard, clicked};
use crate::words;

/// How long the desktop may take to show one, or to take it back.
const DEADLINE: Duration = Duration::from_secs(5);
/// The most notices that can still be clicked on; of more the oldest cannot.
const MOST_OPEN: usize = 64;
/// What the specification calls a click on the notice itself.
const CLICK: &str = "default";

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

    fn close_notification(&self, id: u32) -> zbus::Result<()>;

    #[zbus(signal)]
    fn action_invoked(&self, id: u32, action_key: &str) -> zbus::Result<()>;

    #[zbus(signal)]
    fn notification_closed(&self, id: u32, reason: u32) -> zbus::Result<()>;
}

pub(super) struct Shown {
    handle: AppHandle,
    /// The desktop's service, once something was shown.
    service: Mutex<Option<Service>>,
    open: Arc<Mutex<Vec<Open>>>,
}

/// The desktop's service, and the task that listens to it, which ends with this value.
struct Service {
    proxy: NotificationsProxy<'static>,
    listens: JoinHandle<()>,
}

impl Drop for Service {
    fn drop(&mut self) {
        self.listens.abort();
    }
}

/// A notice that can be clicked on.
struct Open {
    id: u32,
    core: u64,
    notice: Notice,
}

impl Shown {
    pub(super) fn new(handle: &AppHandle) -> Self {
        Self { handle: handle.clone(), service: Mutex::default(), open: Arc::default() }
    }

    pub(super) async fn show(&self, notice: Notice) {
        match timeout(DEADLINE, self.notify(notice)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::info!(%error, "The desktop shows no notices");
                // Its connection may be what is broken.
                *self.service.lock().await = None;
            }
            Err(_) => tracing::info!("The desktop did not show a notice in time"),
        }
    }

    /// Takes back what was shown about this, if it still is.
    pub(super) async fn withdraw(&self, cause: &Cause) {
        self.close(|open| open.notice.about == *cause).await;
    }

    /// Takes back everything.
    pub(super) async fn withdraw_all(&self) {
        self.close(|_| true).await;
    }

    async fn close(&self, is_over: impl Fn(&Open) -> bool) {
        let over: Vec<Open> = self.open.lock().await.extract_if(.., |open| is_over(open)).collect();
        let Some(service) = self.service.lock().await.as_ref().map(|known| known.proxy.clone()) else {
            return;
        };
        for open in over {
            // One that has gone by itself is an error there.
            let closed = timeout(DEADLINE, service.close_notification(open.id)).await;
            tracing::debug!(?closed, "A notice was taken back");
        }
    }

    async fn notify(&self, notice: Notice) -> zbus::Result<()> {
        let service = self.service().await?;
        let hints = HashMap::from([("desktop-entry", Value::from("Adit"))]);
        // Names come from elsewhere, and some desktops read the text as markup.
        let body = notice.text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let keys: Vec<String> = (0..notice.actions.len()).map(|at| at.to_string()).collect();
        let buttons = keys.iter().zip(&notice.actions).flat_map(|(key, (label, _))| [key.as_str(), *label]);
        let actions: Vec<&str> = [CLICK, words::OPEN].into_iter().chain(buttons).collect();
        // Held until it is known by its id: it may be clicked on at once.
        let mut all = self.open.lock().await;
        let id = service.notify("Adit", 0, "adit-app", &notice.title, &body, &actions, hints, -1).await?;
        if all.len() >= MOST_OPEN {
            all.remove(0);
        }
        all.push(Open { id, core: self.handle.state::<Heard>().shown.number(), notice });
        Ok(())
    }

    /// The desktop's service; whoever asks first begins to listen to it.
    async fn service(&self) -> zbus::Result<NotificationsProxy<'static>> {
        let mut known = self.service.lock().await;
        if let Some(known) = &*known {
            return Ok(known.proxy.clone());
        }
        let proxy = NotificationsProxy::new(&Connection::session().await?).await?;
        let (invoked, closed) =
            (proxy.receive_action_invoked().await?, proxy.receive_notification_closed().await?);
        let listens =
            tauri::async_runtime::spawn(listen(self.handle.clone(), self.open.clone(), invoked, closed));
        *known = Some(Service { proxy: proxy.clone(), listens });
        Ok(proxy)
    }
}

/// Does what is clicked, for as long as the bus is there.
async fn listen(
    handle: AppHandle,
    open: Arc<Mutex<Vec<Open>>>,
    mut invoked: impl Stream<Item = ActionInvoked> + Unpin,
    mut closed: impl Stream<Item = NotificationClosed> + Unpin,
) {
    let take = async |id| {
        let mut all = open.lock().await;
        let at = all.iter().position(|open| open.id == id)?;
        Some(all.remove(at))
    };
    loop {
        tokio::select! {
            // Both come at once: what was clicked on also goes.
            biased;
            Some(signal) = invoked.next() => {
                let Ok(args) = signal.args() else { continue };
                if let Some(of) = take(args.id).await {
                    clicked(&handle, of.core, done_by(of.notice, args.action_key));
                }
            }
            Some(signal) = closed.next() => {
                let Ok(args) = signal.args() else { continue };
                drop(take(args.id).await);
            }
            else => return,
        }
    }
}

/// What an action's key stands for.
fn done_by(mut notice: Notice, key: &str) -> Does {
    match key.parse() {
        Ok(at) if at < notice.actions.len() => notice.actions.swap_remove(at).1,
        Ok(_) | Err(_) => notice.click,
    }
}

//! By the desktop's own service, which also says what was clicked.
//! <https://specifications.freedesktop.org/notification-spec/latest/protocol.html>

use std::{collections::HashMap, sync::Arc, time::Duration};

use adit_core::{
    notice::{Cause, Notice},
    tray::Does,
};
use futures_util::{Stream, StreamExt as _, future::join_all};
use tauri::{AppHandle, Manager as _, async_runtime::JoinHandle};
use tokio::{sync::Mutex, time::timeout};
use zbus::{Connection, message::Header, names::OwnedUniqueName, proxy, zvariant::Value};

use super::{Heard, clicked};
use crate::words;

/// How long the desktop may take to show one, or to take back what is over.
const DEADLINE: Duration = Duration::from_secs(5);
/// The most notices that can still be clicked on; of more the oldest cannot.
const MOST_OPEN: usize = 64;
/// What the specification calls a click on the notice itself.
const CLICK: &str = "default";
/// How the specification counts that a person has put a notice away.
const DISMISSED: u32 = 2;
/// The service, and its interface.
const SERVICE: &str = "org.freedesktop.Notifications";
/// Where it is there.
const PLACE: &str = "/org/freedesktop/Notifications";

#[proxy(
    interface = "org.freedesktop.Notifications",
    default_service = "org.freedesktop.Notifications",
    default_path = "/org/freedesktop/Notifications",
    gen_blocking = false
)]
trait Notifications {
    #[zbus(signal)]
    fn action_invoked(&self, id: u32, action_key: &str) -> zbus::Result<()>;

    #[zbus(signal)]
    fn notification_closed(&self, id: u32, reason: u32) -> zbus::Result<()>;
}

pub(super) struct Shown {
    handle: AppHandle,
    /// The session bus, once something was shown.
    bus: Mutex<Option<Bus>>,
    open: Arc<Mutex<Vec<Open>>>,
}

/// The session bus, and the task that listens to the service there, which ends with this value.
struct Bus {
    connection: Connection,
    listens: JoinHandle<()>,
}

impl Drop for Bus {
    fn drop(&mut self) {
        self.listens.abort();
    }
}

/// A notice that can be clicked on.
struct Open {
    /// Who shows it: a service that begins anew counts anew.
    by: OwnedUniqueName,
    id: u32,
    core: u64,
    notice: Notice,
}

impl Shown {
    pub(super) fn new(handle: &AppHandle) -> Self {
        Self { handle: handle.clone(), bus: Mutex::default(), open: Arc::default() }
    }

    pub(super) async fn show(&self, notice: Notice) {
        match timeout(DEADLINE, self.notify(notice)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::info!(%error, "The desktop shows no notices"),
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
        if over.is_empty() {
            return;
        }
        let closing = async {
            let bus = self.bus().await?;
            // All at once: one that is slow to go does not keep the others.
            join_all(over.into_iter().map(async |Open { by, id, .. }| {
                // Asked of the very one that shows it: another in its place may call something else so. One that has gone
                // by itself, or with its service, is an error there.
                let name = Some(by.into_inner());
                let closed = bus.call_method(name, PLACE, Some(SERVICE), "CloseNotification", &(id,)).await;
                tracing::debug!(?closed, "A notice was taken back");
            }))
            .await;
            zbus::Result::Ok(())
        };
        match timeout(DEADLINE, closing).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::info!(%error, "The desktop takes no notices back"),
            Err(_) => tracing::info!("The desktop did not take a notice back in time"),
        }
    }

    async fn notify(&self, notice: Notice) -> zbus::Result<()> {
        let bus = self.bus().await?;
        let hints = HashMap::from([("desktop-entry", Value::from("Adit"))]);
        // Names come from elsewhere, and some desktops read the text as markup.
        let body = notice.text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let keys: Vec<String> = (0..notice.actions.len()).map(|at| at.to_string()).collect();
        let buttons = keys.iter().zip(&notice.actions).flat_map(|(key, (label, _))| [key.as_str(), *label]);
        let actions: Vec<&str> = [CLICK, words::OPEN].into_iter().chain(buttons).collect();
        let asked = ("Adit", 0_u32, "adit-app", notice.title.as_str(), body.as_str(), actions, hints, -1_i32);
        // Held until it is known by its id: it may be clicked on at once.
        let mut all = self.open.lock().await;
        let answer = bus.call_method(Some(SERVICE), PLACE, Some(SERVICE), "Notify", &asked).await?;
        let by = sender(&answer.header()).ok_or(zbus::Error::MissingField)?;
        let id = answer.body().deserialize()?;
        if all.len() >= MOST_OPEN {
            all.remove(0);
        }
        all.push(Open { by, id, core: self.handle.state::<Heard>().shown.number(), notice });
        Ok(())
    }

    /// The session bus; whoever asks first, or after it was lost, begins to listen there.
    async fn bus(&self) -> zbus::Result<Connection> {
        let mut known = self.bus.lock().await;
        if let Some(bus) = known.as_ref().filter(|bus| !bus.listens.inner().is_finished()) {
            return Ok(bus.connection.clone());
        }
        let connection = Connection::session().await?;
        let proxy = NotificationsProxy::new(&connection).await?;
        let (invoked, closed) =
            (proxy.receive_action_invoked().await?, proxy.receive_notification_closed().await?);
        let listens =
            tauri::async_runtime::spawn(listen(self.handle.clone(), self.open.clone(), invoked, closed));
        *known = Some(Bus { connection: connection.clone(), listens });
        Ok(connection)
    }
}

/// Who says something on the bus.
fn sender(header: &Header<'_>) -> Option<OwnedUniqueName> {
    header.sender().map(|name| name.to_owned().into())
}

/// Does what is clicked, whoever shows it, for as long as the bus is there.
async fn listen(
    handle: AppHandle,
    open: Arc<Mutex<Vec<Open>>>,
    mut invoked: impl Stream<Item = ActionInvoked> + Unpin,
    mut closed: impl Stream<Item = NotificationClosed> + Unpin,
) {
    let take = async |by: Option<OwnedUniqueName>, id| {
        let by = by?;
        let mut all = open.lock().await;
        let at = all.iter().position(|open| open.id == id && open.by == by)?;
        Some(all.remove(at))
    };
    loop {
        tokio::select! {
            // Both come at once: what was clicked on also goes.
            biased;
            Some(signal) = invoked.next() => {
                let Ok(args) = signal.args() else { continue };
                if let Some(of) = take(sender(&signal.message().header()), args.id).await {
                    clicked(&handle, of.core, done_by(of.notice, args.action_key));
                }
            }
            Some(signal) = closed.next() => {
                let Ok(args) = signal.args() else { continue };
                if let Some(of) = take(sender(&signal.message().header()), args.id).await
                    && args.reason == DISMISSED
                {
                    handle.state::<Heard>().dismissed(of.core, of.notice.about);
                }
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

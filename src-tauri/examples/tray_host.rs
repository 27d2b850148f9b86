//! Stands in for a desktop's panel in the tests: takes the items of a tray and clicks in their menus, over the session
//! bus. One command a line on stdin, one JSON answer a line on stdout. Only Linux has such a tray.
//! <https://www.freedesktop.org/wiki/Specifications/StatusNotifierItem/>

#[cfg(target_os = "linux")]
mod host {
    use std::{
        collections::{HashMap, HashSet},
        io::{BufRead as _, Write as _},
        sync::{
            Arc, Mutex, PoisonError,
            atomic::{AtomicBool, Ordering},
        },
    };

    use anyhow::{Context as _, Result, bail};
    use serde_json::{Value as Json, json};
    use zbus::{
        Connection, Proxy, connection, interface,
        message::Header,
        object_server::SignalEmitter,
        zvariant::{OwnedValue, Value},
    };

    const WATCHER: &str = "org.kde.StatusNotifierWatcher";
    const NOTICES: &str = "/org/freedesktop/Notifications";
    const ITEM: &str = "org.kde.StatusNotifierItem";
    const MENU: &str = "com.canonical.dbusmenu";
    /// Why a notice goes, as the specification counts it.
    const BY_THE_PERSON: u32 = 2;
    const BY_THE_APP: u32 = 3;

    /// The bus name of the item that registered last.
    type Last = Arc<Mutex<Option<String>>>;

    struct Watcher(Last);

    #[interface(name = "org.kde.StatusNotifierWatcher")]
    impl Watcher {
        fn register_status_notifier_item(&self, service: &str, #[zbus(header)] header: Header<'_>) {
            // Some register by their path alone: the sender has the name.
            let name = match (service.starts_with('/'), header.sender()) {
                (true, Some(sender)) => sender.to_string(),
                (true, None) | (false, _) => service.to_owned(),
            };
            say(&json!({ "item": name }));
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(name);
        }

        #[zbus(property)]
        fn is_status_notifier_host_registered(&self) -> bool {
            true
        }
    }

    /// Takes notices, each of which is shown, and can be clicked, until it is closed.
    struct Notices {
        last: u32,
        shown: HashSet<u32>,
        /// Whether the next one is refused.
        refuses: Arc<AtomicBool>,
    }

    #[interface(name = "org.freedesktop.Notifications")]
    impl Notices {
        #[expect(clippy::too_many_arguments, reason = "the specification has as many")]
        fn notify(
            &mut self,
            _app: &str,
            replaces: u32,
            _icon: &str,
            summary: &str,
            body: &str,
            actions: Vec<String>,
            _hints: HashMap<String, OwnedValue>,
            _timeout: i32,
        ) -> zbus::fdo::Result<u32> {
            if self.refuses.swap(false, Ordering::SeqCst) {
                say(&json!({ "refused": summary }));
                return Err(zbus::fdo::Error::Failed("not now".to_owned()));
            }
            let id = if replaces == 0 {
                self.last += 1;
                self.last
            } else {
                replaces
            };
            self.shown.insert(id);
            say(&json!({ "notice": { "id": id, "title": summary, "text": body, "actions": actions } }));
            Ok(id)
        }

        async fn close_notification(
            &mut self,
            #[zbus(signal_emitter)] emitter: SignalEmitter<'_>,
            id: u32,
        ) -> zbus::fdo::Result<()> {
            if !self.shown.remove(&id) {
                return Err(zbus::fdo::Error::Failed(String::new()));
            }
            say(&json!({ "closed": id, "by": "app" }));
            Ok(Self::notification_closed(&emitter, id, BY_THE_APP).await?)
        }

        #[zbus(signal)]
        async fn action_invoked(emitter: &SignalEmitter<'_>, id: u32, action: &str) -> zbus::Result<()>;

        #[zbus(signal)]
        async fn notification_closed(emitter: &SignalEmitter<'_>, id: u32, reason: u32) -> zbus::Result<()>;
    }

    /// Runs until stdin ends.
    pub(super) fn run() -> Result<()> {
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?.block_on(serve())
    }

    async fn serve() -> Result<()> {
        let last = Last::default();
        let bus = connection::Builder::session()?
            .name(WATCHER)?
            .serve_at("/StatusNotifierWatcher", Watcher(last.clone()))?
            .build()
            .await?;
        let refuses = Arc::new(AtomicBool::new(false));
        let mut notices = take_notices(&refuses).await?;
        say(&json!({ "ready": true }));
        let (lines, mut read) = tokio::sync::mpsc::channel(16);
        std::thread::spawn(move || {
            for line in std::io::stdin().lock().lines().map_while(Result::ok) {
                if lines.blocking_send(line).is_err() {
                    break;
                }
            }
        });
        while let Some(line) = read.recv().await {
            let item = last.lock().unwrap_or_else(PoisonError::into_inner).clone();
            if let Some((id, action)) = line.strip_prefix("notice ").and_then(|line| line.split_once(' ')) {
                let answer = click(&notices, id.parse()?, action).await;
                say(&answer.unwrap_or_else(|error| json!({ "error": format!("{error:#}") })));
                continue;
            }
            match line.as_str() {
                "refuse notice" => {
                    refuses.store(true, Ordering::SeqCst);
                    say(&json!({ "refuses": true }));
                    continue;
                }
                // As one that crashed: it knows nothing of what it showed, and counts from one again.
                "renew notices" => {
                    notices.close().await?;
                    notices = take_notices(&refuses).await?;
                    say(&json!({ "renewed": true }));
                    continue;
                }
                _ => {}
            }
            let answer = match item {
                Some(item) => obey(&bus, item, &line).await,
                None => Err(anyhow::anyhow!("no item has registered")),
            };
            say(&answer.unwrap_or_else(|error| json!({ "error": format!("{error:#}") })));
        }
        Ok(())
    }

    /// Stands on the bus as the service that shows notices, by a connection of its own.
    async fn take_notices(refuses: &Arc<AtomicBool>) -> Result<Connection> {
        let notices = Notices { last: 0, shown: HashSet::new(), refuses: refuses.clone() };
        let builder = connection::Builder::session()?.name("org.freedesktop.Notifications")?;
        Ok(builder.serve_at(NOTICES, notices)?.build().await?)
    }

    /// Clicks a notice as a person does. It goes then, as one does that has no hint to stay.
    async fn click(bus: &Connection, id: u32, action: &str) -> Result<Json> {
        let notices = bus.object_server().interface::<_, Notices>(NOTICES).await?;
        if !notices.get().await.shown.contains(&id) {
            bail!("notice {id} is not shown");
        }
        let emitter = notices.signal_emitter();
        Notices::action_invoked(emitter, id, action).await?;
        // Whoever heard that may have taken it back already.
        if notices.get_mut().await.shown.remove(&id) {
            say(&json!({ "closed": id, "by": "person" }));
            Notices::notification_closed(emitter, id, BY_THE_PERSON).await?;
        }
        Ok(json!({ "clicked": id }))
    }

    async fn obey(bus: &Connection, item: String, line: &str) -> Result<Json> {
        let shown = Proxy::new(bus, item.clone(), "/StatusNotifierItem", ITEM).await?;
        let path: zbus::zvariant::OwnedObjectPath = shown.get_property("Menu").await?;
        let menu = Proxy::new(bus, item, path, MENU).await?;
        match line.split_once(' ').unwrap_or((line, "")) {
            ("layout", _) => {
                let status: String = shown.get_property("Status").await?;
                // A slice: an array of known length is another type on the bus.
                let none: &[&str] = &[];
                let (_, layout): (u32, Layout) = menu.call("GetLayout", &(0_i32, -1_i32, none)).await?;
                let rows: Vec<Json> = layout.2.iter().filter_map(|value| shown_row(value)).collect();
                Ok(json!({ "status": status, "rows": rows }))
            }
            // Ids of the menus that the row is in, from the outermost, and its own: those menus are opened first.
            ("click", ids) => {
                let ids =
                    ids.split(' ').map(str::parse).collect::<Result<Vec<i32>, _>>().context("no row")?;
                let (id, menus) = ids.split_last().context("no row")?;
                let event = async |id: i32, what| {
                    let done: zbus::Result<()> =
                        menu.call("Event", &(id, what, Value::from(0_i32), 0_u32)).await;
                    done
                };
                for within in menus {
                    let _: bool = menu.call("AboutToShow", within).await?;
                    event(*within, "opened").await?;
                }
                event(*id, "clicked").await?;
                Ok(json!({ "clicked": id }))
            }
            ("activate", _) => {
                let () = shown.call("Activate", &(0_i32, 0_i32)).await?;
                Ok(json!({ "activated": true }))
            }
            (other, _) => bail!("unknown command {other}"),
        }
    }

    /// A row's id, its properties and the rows below it.
    type Layout = (i32, HashMap<String, OwnedValue>, Vec<OwnedValue>);

    /// A row with those below it; none for a separator, which has no words.
    fn shown_row(value: &Value<'_>) -> Option<Json> {
        let Value::Structure(row) = bare(value) else { return None };
        let [id, properties, below] = row.fields() else { return None };
        let (Value::Dict(properties), Value::Array(below)) = (bare(properties), bare(below)) else {
            return None;
        };
        let property = |name: &str| {
            properties.iter().find(|(key, _)| bare(key) == &Value::from(name)).map(|(_, value)| bare(value))
        };
        let (Value::I32(id), Some(Value::Str(label))) = (bare(id), property("label")) else { return None };
        let enabled = property("enabled") != Some(&Value::Bool(false));
        let below: Vec<Json> = below.iter().filter_map(shown_row).collect();
        Some(json!({ "id": id, "label": label.replace("__", "_"), "enabled": enabled, "rows": below }))
    }

    /// What is in a variant, or in one of those.
    fn bare<'a>(value: &'a Value<'a>) -> &'a Value<'a> {
        match value {
            Value::Value(inner) => bare(inner),
            value => value,
        }
    }

    fn say(line: &Json) {
        let mut out = std::io::stdout().lock();
        // Whoever reads may have gone.
        let _ = writeln!(out, "{line}").and_then(|()| out.flush());
    }
}

fn main() -> anyhow::Result<()> {
    #[cfg(target_os = "linux")]
    host::run()?;
    Ok(())
}

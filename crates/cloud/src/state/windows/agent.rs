//! The guest agent: reads `windows-keys` when metadata changes or the machine boots, and answers on serial port 4.

use std::time::Duration;

use jiff::Timestamp;

use super::answer::Entry;
use crate::landscape::{Os, Status, WindowsAgent};
use crate::state::{Guest, State, guest};

/// How long the agent takes with a change that it has picked up.
const WORK: Duration = Duration::from_millis(150);
/// Between the two pieces of an answer that arrives in two: longer than a client waits between two looks, mostly.
const PIECES_APART: Duration = Duration::from_millis(900);
/// What says that the agent is up.
const READY: &str = "{\"ready\":true,\"version\":\"Microsoft Windows NT 10.0.20348.0\"}\n";

/// Why the agent looks at the metadata.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::state) enum Wake {
    Boot,
    Change,
}

impl State {
    /// Has the agent of a Windows instance look at the metadata, as soon as its guest picks it up. Needs a tokio
    /// runtime where the instance is one of Windows; does nothing for any other.
    pub(in crate::state) fn wake_agent(&self, index: usize, why: Wake) {
        let Some(definition) = self.0.landscape.instances.get(index) else { return };
        if definition.os != Os::Windows || definition.windows_agent == WindowsAgent::Absent {
            return;
        }
        let (agent, delay) = (definition.windows_agent, Duration::from_millis(definition.key_delay_ms));
        let boot = self.world().machines.get(index).map(|machine| machine.boot.clone());
        let Some(boot) = boot else { return };
        let state = self.clone();
        tokio::spawn(async move {
            let work = async {
                tokio::time::sleep(WORK).await;
                if why == Wake::Boot && state.agent_works(index) {
                    state.say(index, READY);
                }
                if why == Wake::Change {
                    tokio::time::sleep(delay).await;
                }
                state.answer_all(index, agent).await;
            };
            tokio::select! {
                () = work => {}
                () = boot.cancelled() => {}
                () = state.0.stop.cancelled() => {}
            }
        });
    }

    /// Wakes the agents of a project, or of all, where there is something to do for them.
    pub(in crate::state) fn wake_agents(&self, project: Option<&str>, why: Wake) {
        for (index, definition) in self.0.landscape.instances.iter().enumerate() {
            if definition.os != Os::Windows || project.is_some_and(|project| definition.project != project) {
                continue;
            }
            let waits = why == Wake::Boot
                || self.world().machines.get(index).is_some_and(|machine| {
                    guest::value(&machine.metadata.items, "windows-keys")
                        .is_some_and(|value| !value.is_empty())
                });
            if waits {
                self.wake_agent(index, why);
            }
        }
    }

    /// Starts the agents of the instances that run when the cloud begins.
    pub(crate) fn start_agents(&self) {
        self.wake_agents(None, Wake::Boot);
    }

    /// Whether the guest runs and its agent has not been told to leave accounts alone.
    fn agent_works(&self, index: usize) -> bool {
        let runs = self.world().machines.get(index).is_some_and(|machine| machine.status == Status::Running);
        runs && Guest::new(self.clone(), index).is_some_and(|guest| !guest.flag("disable-account-manager"))
    }

    fn say(&self, index: usize, text: &str) {
        if let Some(machine) = self.world().machines.get_mut(index) {
            machine.say(text);
        }
    }

    async fn answer_all(&self, index: usize, agent: WindowsAgent) {
        if !self.agent_works(index) || agent == WindowsAgent::Silent {
            return;
        }
        for entry in self.new_entries(index) {
            let mut line = self.handle(index, &entry, agent);
            line.push('\n');
            if agent == WindowsAgent::Split {
                let middle = line.floor_char_boundary(line.len() / 2);
                let (first, last) = line.split_at(middle);
                self.say(index, first);
                tokio::time::sleep(PIECES_APART).await;
                self.say(index, last);
            } else {
                self.say(index, &line);
            }
        }
    }

    /// The entries that count and have not been handled, which they are from now on.
    fn new_entries(&self, index: usize) -> Vec<Entry> {
        let now = Timestamp::now();
        let mut world = self.world();
        let world = &mut *world;
        let (Some(machine), Some(windows)) = (world.machines.get_mut(index), world.windows.get_mut(&index))
        else {
            return Vec::new();
        };
        let seen = machine.metadata.seen();
        // the instance's own alone: a project's would be a password for all its machines
        let value = guest::value(&seen, "windows-keys").unwrap_or_default();
        let mut entries: Vec<Entry> = value.lines().filter_map(|line| Entry::parse(line, now)).collect();
        let present = entries.iter().map(Entry::id).collect();
        windows.handled = windows.handled.intersection(&present).cloned().collect();
        entries.retain(|entry| windows.handled.insert(entry.id()));
        entries
    }

    /// Does what an entry asks for; the line that answers it.
    fn handle(&self, index: usize, entry: &Entry, agent: WindowsAgent) -> String {
        if agent == WindowsAgent::Failing {
            return entry.failure();
        }
        let password = entry.password();
        let mut world = self.world();
        let world = &mut *world;
        let done = match (world.machines.get(index), world.windows.get_mut(&index)) {
            (Some(machine), Some(windows)) => {
                windows.set(&entry.user_name, &machine.name, password.clone(), entry.rank())
            }
            // the caller has found both a moment ago, and nothing takes them away
            (None, _) | (_, None) => return entry.failure(),
        };
        // the password is new even where the answer cannot be encrypted, as with the real agent
        if done.is_ok() {
            self.0.accounts.send_replace(());
        }
        entry.answer(done.map(|()| &password), agent)
    }
}

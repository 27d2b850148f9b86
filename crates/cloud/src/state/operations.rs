//! Operations: what takes time in Compute, and how an instance goes from one state to the next.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;

use super::State;
use super::windows::Wake;
use crate::landscape::Status;

/// Operations that are remembered; the oldest are forgotten first.
const MOST: usize = 10_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Start,
    Stop,
    Reset,
    Suspend,
    Resume,
}

impl Action {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Reset => "reset",
            Self::Suspend => "suspend",
            Self::Resume => "resume",
        }
    }

    pub(crate) const fn permission(self) -> &'static str {
        match self {
            Self::Start => "compute.instances.start",
            Self::Stop => "compute.instances.stop",
            Self::Reset => "compute.instances.reset",
            Self::Suspend => "compute.instances.suspend",
            Self::Resume => "compute.instances.resume",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum OperationScope {
    Zone(String),
    Global,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    Running,
    Done,
}

#[derive(Debug, Clone)]
pub(crate) struct Operation {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) kind: &'static str,
    pub(crate) project: String,
    pub(crate) scope: OperationScope,
    /// Path of the resource below the API's base, from `projects/` on.
    pub(crate) target: String,
    pub(crate) target_id: u64,
    pub(crate) user: String,
    pub(crate) started: Timestamp,
    pub(crate) ended: Option<Timestamp>,
    /// An operation error's code.
    pub(crate) error: Option<String>,
    progress: watch::Sender<Progress>,
}

impl Operation {
    pub(crate) fn progress(&self) -> Progress {
        *self.progress.borrow()
    }
}

/// Why an action was refused at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ActionRefusal {
    UnknownInstance,
    /// The state the instance is in does not allow it.
    NotReady(Status),
}

#[derive(Default)]
pub(super) struct Operations {
    by_name: HashMap<String, Operation>,
    order: VecDeque<String>,
    /// (caller, request id) to the operation's name: a repeated request is the same operation.
    requests: HashMap<(String, String), String>,
}

/// Who asks, and under which request id.
pub(crate) struct Asked<'a> {
    pub(crate) email: &'a str,
    pub(crate) request_id: Option<&'a str>,
}

impl Operations {
    fn add(&mut self, operation: Operation, request_id: Option<&str>) {
        if self.order.len() >= MOST
            && let Some(oldest) = self.order.pop_front()
        {
            self.by_name.remove(&oldest);
            self.requests.retain(|_, name| *name != oldest);
        }
        if let Some(id) = request_id {
            self.requests.insert((operation.user.clone(), id.to_owned()), operation.name.clone());
        }
        self.order.push_back(operation.name.clone());
        self.by_name.insert(operation.name.clone(), operation);
    }
}

/// What an action leads through; `None` where the state does not allow it.
struct Course {
    /// States to show, in order, each for an equal share of the time; the first at once.
    through: &'static [Status],
    last: Status,
    boots: bool,
    halts: bool,
}

/// How a course ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Arrival {
    Booted,
    Other,
}

fn course(action: Action, status: Status) -> Option<Course> {
    let course = |through, last, boots, halts| Some(Course { through, last, boots, halts });
    match (action, status) {
        (Action::Start, Status::Terminated) => {
            course(&[Status::Provisioning, Status::Staging], Status::Running, true, false)
        }
        (Action::Resume, Status::Suspended) => {
            course(&[Status::Provisioning, Status::Staging], Status::Running, true, false)
        }
        // already there: an operation that has nothing to do
        (Action::Start, Status::Running) => course(&[], Status::Running, false, false),
        (Action::Stop, Status::Terminated) => course(&[], Status::Terminated, false, false),
        (Action::Stop, Status::Running | Status::Repairing) => {
            course(&[Status::Stopping], Status::Terminated, false, true)
        }
        (Action::Stop, Status::Suspended) => course(&[Status::Stopping], Status::Terminated, false, true),
        (Action::Suspend, Status::Running) => course(&[Status::Suspending], Status::Suspended, false, true),
        (Action::Reset, Status::Running) => course(&[Status::Running], Status::Running, true, true),
        (Action::Start | Action::Stop | Action::Reset | Action::Suspend | Action::Resume, _) => None,
    }
}

impl State {
    /// Begins an action on an instance.
    pub(crate) fn act(
        &self,
        project: &str,
        zone: &str,
        name: &str,
        action: Action,
        asked: &Asked<'_>,
    ) -> Result<Operation, ActionRefusal> {
        if let Some(known) = self.repeated(asked) {
            return Ok(known);
        }
        let index = self.index(project, zone, name).ok_or(ActionRefusal::UnknownInstance)?;
        let definition = self.0.landscape.instances.get(index).ok_or(ActionRefusal::UnknownInstance)?;
        let mut world = self.world();
        let machine = world.machines.get_mut(index).ok_or(ActionRefusal::UnknownInstance)?;
        let mut course = course(action, machine.status).ok_or(ActionRefusal::NotReady(machine.status))?;
        let error = definition.start_error.clone().filter(|_| course.boots && action != Action::Reset);
        if error.is_some() {
            course.last = machine.status;
            course.boots = false;
        }
        machine.course += 1;
        let number = machine.course;
        if course.halts {
            let shown = course.through.first().copied().unwrap_or(course.last);
            machine.halted(shown, Timestamp::now());
        } else if let Some(first) = course.through.first() {
            machine.status = *first;
        }
        let target = format!(
            "projects/{}/zones/{}/instances/{}",
            definition.project, definition.zone, definition.name
        );
        let operation = operation(
            action.as_str(),
            &definition.project,
            OperationScope::Zone(definition.zone.clone()),
            target,
            machine.id,
            asked.email,
        );
        world.operations.add(operation.clone(), asked.request_id);
        drop(world);
        let whole = Duration::from_millis(self.0.landscape.operation_ms);
        self.spawn_course(index, number, course, operation.name.clone(), whole, error);
        Ok(operation)
    }

    /// An operation that has nothing more to do than to be waited for, such as a change of metadata.
    pub(crate) fn record(
        &self,
        kind: &'static str,
        project: &str,
        scope: OperationScope,
        target: String,
        target_id: u64,
        asked: &Asked<'_>,
    ) -> Operation {
        let operation = operation(kind, project, scope, target, target_id, asked.email);
        self.world().operations.add(operation.clone(), asked.request_id);
        let (state, name) = (self.clone(), operation.name.clone());
        // metadata is quick in Compute too
        let short = Duration::from_millis(self.0.landscape.operation_ms / 5);
        tokio::spawn(async move {
            if state.pause(short).await {
                state.finish(&name, None);
            }
        });
        operation
    }

    pub(crate) fn repeated(&self, asked: &Asked<'_>) -> Option<Operation> {
        let world = self.world();
        let key = (asked.email.to_owned(), asked.request_id?.to_owned());
        world.operations.requests.get(&key).and_then(|name| world.operations.by_name.get(name)).cloned()
    }

    /// An operation of a project, by name; in another scope it does not exist.
    pub(crate) fn operation(&self, project: &str, scope: &OperationScope, name: &str) -> Option<Operation> {
        let project = self.project_id(project)?;
        self.world()
            .operations
            .by_name
            .get(name)
            .filter(|one| one.project == project && one.scope == *scope)
            .cloned()
    }

    /// Waits until an operation has ended, at most `longest`; gives it as it is then.
    pub(crate) async fn wait(&self, operation: Operation, longest: Duration) -> Operation {
        let mut progress = operation.progress.subscribe();
        let ended = progress.wait_for(|progress| *progress == Progress::Done);
        tokio::select! {
            _ = tokio::time::timeout(longest, ended) => {}
            () = self.0.stop.cancelled() => {}
        }
        self.world().operations.by_name.get(&operation.name).cloned().unwrap_or(operation)
    }

    /// Whether the time passed; false when the cloud ended meanwhile.
    async fn pause(&self, time: Duration) -> bool {
        tokio::select! {
            () = tokio::time::sleep(time) => true,
            () = self.0.stop.cancelled() => false,
        }
    }

    fn spawn_course(
        &self,
        index: usize,
        number: u64,
        course: Course,
        name: String,
        whole: Duration,
        error: Option<String>,
    ) {
        let state = self.clone();
        tokio::spawn(async move {
            let steps = u32::try_from(course.through.len().max(1)).unwrap_or(1);
            let step = whole / steps;
            for status in course.through {
                if let Some(machine) =
                    state.world().machines.get_mut(index).filter(|machine| machine.course == number)
                {
                    machine.status = *status;
                }
                if !state.pause(step).await {
                    return;
                }
            }
            if state.arrive(index, number, &course) == Arrival::Booted {
                state.wake_agent(index, Wake::Boot);
            }
            state.finish(&name, error);
        });
    }

    /// The last step of a course, unless another has begun meanwhile.
    fn arrive(&self, index: usize, number: u64, course: &Course) -> Arrival {
        let mut world = self.world();
        match world.machines.get_mut(index).filter(|machine| machine.course == number) {
            Some(machine) if course.boots => {
                machine.booted(Timestamp::now());
                Arrival::Booted
            }
            Some(machine) => {
                machine.status = course.last;
                Arrival::Other
            }
            None => Arrival::Other,
        }
    }

    fn finish(&self, name: &str, error: Option<String>) {
        if let Some(operation) = self.world().operations.by_name.get_mut(name) {
            operation.ended = Some(Timestamp::now());
            operation.error = error;
            operation.progress.send_replace(Progress::Done);
        }
    }
}

fn operation(
    kind: &'static str,
    project: &str,
    scope: OperationScope,
    target: String,
    target_id: u64,
    user: &str,
) -> Operation {
    let (progress, _) = watch::channel(Progress::Running);
    Operation {
        id: 1_000_000_000_000_000_000 + rand::random::<u64>() % 8_000_000_000_000_000_000,
        name: format!("operation-{}", uuid::Uuid::new_v4()),
        kind,
        project: project.to_owned(),
        scope,
        target,
        target_id,
        user: user.to_owned(),
        started: Timestamp::now(),
        ended: None,
        error: None,
        progress,
    }
}

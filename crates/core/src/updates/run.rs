//! Where updates stand, and what moves them on: the clock once a day, and a person.

use std::{
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use adit_contract::{Event, Failure, UpdateInfo, UpdateSource, UpdateStep, UpdateWay};
use reqwest::ClientBuilder;
use tokio::task::AbortHandle;
use url::Url;

use super::{
    Published, Publisher, UpdateError,
    asked::{Answer, AskedFile},
    fetch::Fetch,
    list,
};
use crate::{
    closing::Live,
    events::EventSink,
    now,
    panics::caught,
    settings::table::LookForUpdates,
    words::{self, updates::Fetched},
};

/// How long after an answer the publisher is asked again, in milliseconds.
const DAY: f64 = 24.0 * 60.0 * 60.0 * 1000.0;
/// How long the app leaves its own start alone.
const FIRST_LOOK: Duration = Duration::from_secs(20);
/// How often the clock is looked at: a long wait would not see that the computer slept.
const LOOK: Duration = Duration::from_secs(60 * 60);
/// The shortest time between two events that only count.
const BREATH: Duration = Duration::from_millis(250);

/// Who wants to know.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Asking {
    /// The app, by the clock: what goes wrong is logged.
    #[default]
    Clock,
    /// A person, who is told.
    Person,
}

/// Begins an HTTPS client. One is made for each use: that is once a day, and there is nothing to keep between.
pub(super) type Client = Box<dyn Fn() -> ClientBuilder + Send + Sync>;

/// Counts what would end with the app, now.
type Count = Arc<dyn Fn() -> Live + Send + Sync>;

/// See the module.
pub(crate) struct Updates {
    publisher: Option<Publisher>,
    client: Client,
    sink: Arc<dyn EventSink>,
    file: AskedFile,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    info: UpdateInfo,
    published: Option<Published>,
    /// Who waits for the answer of the publisher.
    asking: Asking,
    /// What was fetched and holds, while the person is asked.
    bytes: Option<Vec<u8>>,
    /// The version that was put in place, while it still has to be started.
    in_place: Option<String>,
    /// The task that may still change anything; those before it have been cancelled.
    number: u64,
    task: Option<AbortHandle>,
}

impl State {
    fn offer(&mut self, published: Option<Published>) {
        self.info.release = published.as_ref().map(list::shown);
        self.published = published;
    }
}

impl Updates {
    /// With what was answered last time, if it is to be told: read anew, since the running version may be another one
    /// by now.
    pub(crate) fn new(
        publisher: Option<Publisher>,
        folder: &Path,
        look: LookForUpdates,
        sink: Arc<dyn EventSink>,
    ) -> Arc<Self> {
        Self::with(publisher, Box::new(reqwest::Client::builder), folder, look, sink)
    }

    pub(super) fn with(
        publisher: Option<Publisher>,
        client: Client,
        folder: &Path,
        look: LookForUpdates,
        sink: Arc<dyn EventSink>,
    ) -> Arc<Self> {
        let file = AskedFile::new(folder);
        let mut state = State::default();
        if let Some(publisher) = &publisher {
            state.info.source = UpdateSource::Publisher;
            let answer = match look {
                LookForUpdates::Tell => file.load(),
                LookForUpdates::Off => None,
            };
            if let Some(answer) = answer {
                state.info.checked = Some(answer.at);
                state.offer(list::read(publisher, &answer.list).unwrap_or_default());
            }
        }
        Arc::new(Self { publisher, client, sink, file, state: Mutex::new(state) })
    }

    /// Where they stand.
    pub(crate) fn info(&self) -> UpdateInfo {
        self.state().info.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells it while it is held, so that the last one told is the last one there was.
    fn tell(&self, state: &State) {
        self.sink.send(Event::Update(Box::new(state.info.clone())));
    }

    /// Changes what is known for a task, unless that was cancelled. Gives whether it may go on.
    fn step(&self, number: u64, change: impl FnOnce(&mut State)) -> bool {
        let mut state = self.state();
        let is_current = state.number == number;
        if is_current {
            change(&mut state);
            self.tell(&state);
        }
        is_current
    }

    /// Begins something, unless what is being done comes first: that is told anyway.
    fn begin<T: Future<Output = ()> + Send + 'static>(
        self: &Arc<Self>,
        step: UpdateStep,
        task: impl FnOnce(Arc<Self>, u64) -> T,
    ) {
        let mut state = self.state();
        let may = match state.info.step {
            UpdateStep::Idle => step != UpdateStep::Installing,
            UpdateStep::Ready { .. } => step == UpdateStep::Installing,
            UpdateStep::Checking | UpdateStep::Downloading { .. } | UpdateStep::Installing => false,
        };
        if !may {
            return;
        }
        state.number += 1;
        state.info.step = step;
        state.info.failure = None;
        // It finds the state as it is left here: it asks for the same lock.
        let (updates, number) = (self.clone(), state.number);
        let task = task(self.clone(), number);
        let guarded = async move {
            let work = async {
                task.await;
                Ok(())
            };
            if let Err(failure) = caught("the update", work).await {
                updates.failed(number, failure);
            }
        };
        state.task = Some(tokio::spawn(guarded).abort_handle());
        self.tell(&state);
    }

    // ---- asking

    /// Asks when a day has gone since the last answer, for as long as the app runs, and only while `wanted` says so.
    pub(crate) async fn look(self: Arc<Self>, wanted: impl Fn() -> LookForUpdates) {
        if self.publisher.is_none() {
            return;
        }
        tokio::time::sleep(FIRST_LOOK).await;
        loop {
            match wanted() {
                LookForUpdates::Tell if is_due(self.state().info.checked, now()) => {
                    self.ask_as(Asking::Clock)
                }
                LookForUpdates::Tell | LookForUpdates::Off => {}
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Begins to ask the publisher, for a person.
    ///
    /// # Errors
    /// [`FailureCode::NotSupported`] in a build that knows none.
    pub(crate) fn check(self: &Arc<Self>) -> Result<(), Failure> {
        self.known()?;
        self.ask_as(Asking::Person);
        Ok(())
    }

    pub(super) fn ask_as(self: &Arc<Self>, asking: Asking) {
        let mut state = self.state();
        match state.info.step {
            UpdateStep::Idle => state.asking = asking,
            // A person who asks while the app does wants to hear of it.
            UpdateStep::Checking if asking == Asking::Person => state.asking = asking,
            UpdateStep::Checking
            | UpdateStep::Downloading { .. }
            | UpdateStep::Ready { .. }
            | UpdateStep::Installing => {}
        }
        drop(state);
        self.begin(UpdateStep::Checking, |updates, number| async move {
            let answer = updates.ask().await;
            if let Ok((answer, _)) = &answer {
                updates.file.keep(answer.clone()).await;
            }
            updates.step(number, |state| {
                state.info.step = UpdateStep::Idle;
                match answer {
                    Ok((answer, published)) => {
                        state.info.checked = Some(answer.at);
                        match published {
                            Ok(published) => state.offer(published),
                            Err(error) => {
                                state.offer(None);
                                state.info.failure = heard(state.asking, words::updates::update(&error));
                            }
                        }
                    }
                    Err(failure) => state.info.failure = heard(state.asking, failure),
                }
            });
        });
    }

    /// The list, and what it has for this app. One that came and cannot be used was an answer all the same: the
    /// publisher is not asked again before tomorrow.
    async fn ask(&self) -> Result<(Answer, Result<Option<Published>, UpdateError>), Failure> {
        let publisher = self.known()?;
        let fetched = async { Fetch::new((self.client)())?.list(&publisher.list).await };
        let bytes = fetched.await.map_err(|error| words::updates::fetch(Fetched::List, &error))?;
        let list = serde_json::from_slice(&bytes);
        let published = match &list {
            Ok(list) => list::read(publisher, list),
            Err(error) => Err(UpdateError::Unreadable(error.to_string())),
        };
        Ok((Answer { at: now(), list: list.unwrap_or_default() }, published))
    }

    fn known(&self) -> Result<&Publisher, Failure> {
        self.publisher.as_ref().ok_or_else(words::updates::not_looked_for)
    }

    // ---- fetching and installing

    /// Begins to fetch the newer version. Once its signature holds it is installed and the app starts again, or, where
    /// something would end, the person is asked first; and once more for what began while it was installed.
    ///
    /// # Errors
    /// [`FailureCode::InvalidInput`] when there is nothing that the app could install.
    pub(crate) fn install(
        self: &Arc<Self>,
        live: impl Fn() -> Live + Send + Sync + 'static,
    ) -> Result<(), Failure> {
        let published = self.published(|way| matches!(way, UpdateWay::Install))?;
        let live: Count = Arc::new(live);
        let step = UpdateStep::Downloading { received: 0.0, size: None };
        self.begin(step, |updates, number| async move {
            // Somebody said later when it was in place already.
            if updates.is_in_place(&published) {
                return updates.start_new(number, &live, Live::default());
            }
            match updates.fetched(number, &published).await {
                Ok(bytes) => {
                    updates.step(number, |state| state.bytes = Some(bytes));
                    updates.put_in_place(number, published, live, Live::default()).await;
                }
                Err(failure) => updates.failed(number, failure),
            }
        });
        Ok(())
    }

    /// Fetches a package and checks what came.
    async fn fetched(&self, number: u64, published: &Published) -> Result<Vec<u8>, Failure> {
        let mut told: Option<Instant> = None;
        let progress = |received: usize, size: Option<u64>| {
            if told.is_some_and(|told| told.elapsed() < BREATH) {
                return;
            }
            told = Some(Instant::now());
            self.step(number, |state| {
                let received = count(u64::try_from(received).unwrap_or(u64::MAX));
                state.info.step = UpdateStep::Downloading { received, size: size.map(count) };
            });
        };
        let fetched = async { Fetch::new((self.client)())?.package(&published.address, progress).await };
        let bytes = fetched.await.map_err(|error| words::updates::fetch(Fetched::Package, &error))?;
        let package = published.package.clone();
        blocking(move || package.verify(&bytes).map(|()| bytes)).await
    }

    /// Installs what was fetched, and ends what runs with the app: the person was asked about as much as that.
    ///
    /// # Errors
    /// [`FailureCode::InvalidInput`] when nothing waits for it.
    pub(crate) fn restart(
        self: &Arc<Self>,
        live: impl Fn() -> Live + Send + Sync + 'static,
    ) -> Result<(), Failure> {
        let agreed = match self.state().info.step {
            UpdateStep::Ready { sessions, tunnels } => Live { sessions, tunnels },
            UpdateStep::Idle
            | UpdateStep::Checking
            | UpdateStep::Downloading { .. }
            | UpdateStep::Installing => return Err(words::updates::nothing_to_install()),
        };
        let published = self.published(|way| matches!(way, UpdateWay::Install))?;
        let live: Count = Arc::new(live);
        self.begin(UpdateStep::Installing, |updates, number| async move {
            if updates.is_in_place(&published) {
                updates.start_new(number, &live, agreed);
            } else {
                updates.put_in_place(number, published, live, agreed).await;
            }
        });
        Ok(())
    }

    /// Installs what was fetched and starts it, if no more would end than was agreed to.
    async fn put_in_place(&self, number: u64, published: Published, live: Count, agreed: Live) {
        // On some systems the installer ends the app: afterwards there would be nobody to ask.
        if !self.may_end(number, live(), agreed) {
            return;
        }
        let mut bytes = None;
        // From here on nothing is cancelled: half an update would be none.
        self.step(number, |state| {
            state.info.step = UpdateStep::Installing;
            bytes = state.bytes.take();
        });
        let Some(bytes) = bytes else { return };
        let package = published.package.clone();
        match blocking(move || package.install(&bytes)).await {
            Ok(()) => {
                self.step(number, |state| state.in_place = Some(published.version));
                self.start_new(number, &live, agreed);
            }
            Err(failure) => self.failed(number, failure),
        }
    }

    /// Starts the version that was put in place, if no more would end than was agreed to.
    fn start_new(&self, number: u64, live: &Count, agreed: Live) {
        if self.may_end(number, live(), agreed)
            && self.step(number, |state| state.info.step = UpdateStep::Installing)
            && let Some(publisher) = &self.publisher
        {
            publisher.updater.restart();
        }
    }

    /// Whether the app may end now. Where that would end more than was agreed to, the person is asked.
    fn may_end(&self, number: u64, live: Live, agreed: Live) -> bool {
        let Live { sessions, tunnels } = live;
        if sessions <= agreed.sessions && tunnels <= agreed.tunnels {
            return true;
        }
        self.step(number, |state| state.info.step = UpdateStep::Ready { sessions, tunnels });
        false
    }

    fn is_in_place(&self, published: &Published) -> bool {
        self.state().in_place.as_ref() == Some(&published.version)
    }

    /// Whether a version is being put in place: an end of the app would leave half of it.
    pub(crate) fn installs(&self) -> bool {
        match self.state().info.step {
            UpdateStep::Installing => true,
            UpdateStep::Idle
            | UpdateStep::Checking
            | UpdateStep::Downloading { .. }
            | UpdateStep::Ready { .. } => false,
        }
    }

    fn failed(&self, number: u64, failure: Failure) {
        tracing::warn!(code = ?failure.code, "an update came to nothing");
        self.step(number, |state| {
            state.info.step = UpdateStep::Idle;
            state.info.failure = Some(failure);
        });
    }

    /// Ends what is being done, throws away what was fetched, and puts away what was said last. What is being put in
    /// place goes on.
    pub(crate) fn cancel(&self) {
        let mut state = self.state();
        match state.info.step {
            UpdateStep::Installing => return,
            UpdateStep::Idle
            | UpdateStep::Checking
            | UpdateStep::Downloading { .. }
            | UpdateStep::Ready { .. } => {}
        }
        state.number += 1;
        if let Some(task) = state.task.take() {
            task.abort();
        }
        state.bytes = None;
        state.info.step = UpdateStep::Idle;
        state.info.failure = None;
        self.tell(&state);
    }

    /// Where the browser finds the package that the system installs.
    ///
    /// # Errors
    /// [`FailureCode::InvalidInput`] when there is none.
    pub(crate) fn address(&self) -> Result<Url, Failure> {
        self.published(|way| matches!(way, UpdateWay::Package { .. })).map(|published| published.address)
    }

    fn published(&self, fits: impl FnOnce(&UpdateWay) -> bool) -> Result<Published, Failure> {
        let published = self.state().published.clone();
        published.filter(|published| fits(&published.way)).ok_or_else(words::updates::nothing_to_install)
    }
}

/// Whether the publisher is to be asked again. A clock that was set back does not put it off.
fn is_due(checked: Option<f64>, now: f64) -> bool {
    checked.is_none_or(|checked| now - checked >= DAY || checked > now)
}

fn heard(asking: Asking, failure: Failure) -> Option<Failure> {
    match asking {
        Asking::Person => Some(failure),
        Asking::Clock => {
            tracing::info!(code = ?failure.code, "whether there is an update could not be told");
            None
        }
    }
}

/// As JavaScript counts.
#[expect(clippy::cast_precision_loss, reason = "bytes of one file, far below 2^53")]
fn count(bytes: u64) -> f64 {
    bytes as f64
}

/// Runs what takes a while where it may.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, UpdateError> + Send + 'static,
) -> Result<T, Failure> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done.map_err(|error| words::updates::update(&error)),
        Err(error) => Err(words::updates::update(&UpdateError::NotInstalled(error.to_string()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_to_go_and_a_clock_set_back_does_not_hold_it() {
        assert!(is_due(None, 0.0));
        assert!(!is_due(Some(1000.0), 1000.0 + DAY - 1.0));
        assert!(is_due(Some(1000.0), 1000.0 + DAY));
        assert!(is_due(Some(2000.0), 1000.0));
    }
}

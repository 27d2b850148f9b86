//! Newer versions of the app.

use std::sync::Arc;

use adit_contract::{Failure, Scope};
use tokio::task::JoinSet;
use url::Url;

use super::App;
use crate::{
    closing::Live,
    core::Core,
    events::EventSink,
    panics::kept_up,
    settings::table::{LOOK_FOR_UPDATES, LookForUpdates},
    updates::Updates,
};

/// Takes what is known of them, and looks for more as the settings have it.
pub(super) fn start(core: &Arc<Core>, sink: Arc<dyn EventSink>, tasks: &mut JoinSet<()>) -> Arc<Updates> {
    let (publisher, folder) = (core.config.publisher.clone(), &core.config.folders.data);
    let updates = Updates::new(publisher, folder, wanted(core), sink);
    let (settings, of) = (core.clone(), updates.clone());
    let look = move || {
        let settings = settings.clone();
        of.clone().look(move || wanted(&settings))
    };
    tasks.spawn(kept_up("the look for updates", look));
    updates
}

fn wanted(core: &Core) -> LookForUpdates {
    core.settings.current().get(&LOOK_FOR_UPDATES, &Scope::Everywhere)
}

impl App {
    /// Asks the publisher for a newer version. Returns once that has begun; what comes of it is told by events.
    ///
    /// # Errors
    /// [`adit_contract::FailureCode::NotSupported`] in a build that knows no publisher.
    pub async fn update_check(&self) -> Result<(), Failure> {
        self.updates.check()
    }

    /// Fetches the newer version, checks its signature, installs it and starts it; where a session or a tunnel would
    /// end, it waits for [`App::update_restart`] before it installs, and before it starts what it has installed.
    ///
    /// # Errors
    /// [`adit_contract::FailureCode::InvalidInput`] when none is known that the app could install.
    pub async fn update_install(&self) -> Result<(), Failure> {
        self.updates.install(self.count())
    }

    /// Counts what would end, whenever it is asked.
    fn count(&self) -> impl Fn() -> Live + Send + Sync + 'static {
        let (sessions, tunnels) = (self.sessions.clone(), self.tunnels.clone());
        move || Live::of(&sessions.infos(), &tunnels.infos())
    }

    /// Whether an update is being put in place. The app is not to end then.
    #[must_use]
    pub fn installs_update(&self) -> bool {
        self.updates.installs()
    }

    /// Installs what was fetched, or starts what was installed, although something ends with it: as much as was told.
    ///
    /// # Errors
    /// [`adit_contract::FailureCode::InvalidInput`] when nothing waits for that.
    pub async fn update_restart(&self) -> Result<(), Failure> {
        self.updates.restart(self.count())
    }

    /// Ends what is being done about updates, unless one is being put in place, and puts away what was said.
    ///
    /// # Errors
    /// None so far.
    pub async fn update_cancel(&self) -> Result<(), Failure> {
        self.updates.cancel();
        Ok(())
    }

    /// Where the browser finds the package of the newer version, for a system that installs packages itself.
    ///
    /// # Errors
    /// [`adit_contract::FailureCode::InvalidInput`] when there is none.
    pub fn update_address(&self) -> Result<Url, Failure> {
        self.updates.address()
    }
}

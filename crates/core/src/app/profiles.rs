//! The commands of profiles.

use std::{path::PathBuf, time::Duration};

use adit_contract::{
    DesktopSize, Event, Failure, FailureCode, InstanceRef, LinkParameters, MAIN_WINDOW,
    MOST_STARTED_PROFILES, Profile, ProfileAction, ProfileFolderChange, ProfileImport, ProfileInfo,
    ProfileList, ProfileSource, ProfileStart, ProfileStarted, ProfileState, ProfileTarget, Protocol, Scope,
    SessionInfo, SessionStart, SettingValue, TabColour,
};
use tokio::time::Instant;

use super::App;
use crate::{
    closing::{is_on, is_open},
    failure,
    file::versioned::Changed,
    inventory::MAX_HITS,
    notice,
    profiles::{self, Plan, Profiles},
    sessions::{self, Asked},
    settings::{self, table::START_AT_LOGIN},
    words,
};

/// How long a start waits for the first listing, in which a VM may still be to come.
const LISTING: Duration = Duration::from_secs(20);
/// The same at login, when nobody waits and the network may take its time.
const LISTING_AT_LOGIN: Duration = Duration::from_secs(60);
/// The most places that are named as missing in the list of VMs.
const MOST_MISSING: usize = 5;
/// How long after a listing at login that was not complete the next one begins.
const AGAIN_AT_LOGIN: Duration = Duration::from_secs(10);
/// What a tab has room for before its page has said so.
const SIZE: DesktopSize = DesktopSize { width: 1280, height: 800, scale: 100 };

impl App {
    /// All profiles, their folders, and what they are doing.
    ///
    /// # Errors
    /// None so far: what is wrong with their file is told within.
    pub async fn profiles(&self) -> Result<ProfileList, Failure> {
        let states = profiles::states(&self.sessions.infos(), self.tunnels.of_profiles());
        let mut list = self.core.profiles.list(states);
        if !self.setting(&START_AT_LOGIN) {
            for info in &mut list.profiles {
                if info.profile.start == ProfileStart::AtLogin && info.problem.is_none() {
                    info.problem = Some(words::profiles::NOT_AT_LOGIN.to_owned());
                }
            }
        }
        Ok(list)
    }

    /// Keeps a new profile, or the new form of a known one; gives its id.
    ///
    /// # Errors
    /// [`FailureCode::InvalidInput`] for what no profile may have, a value that is none of its setting, an unknown
    /// profile and one too many; [`FailureCode::File`] when it cannot be written: then nothing has changed. The same for
    /// all that changes profiles below.
    pub async fn profile_save(&self, id: Option<String>, mut profile: Profile) -> Result<String, Failure> {
        let known = id.as_ref().map(|id| self.core.profiles.values(id)).unwrap_or_default();
        for (key, value) in &mut profile.settings {
            // What was there before stays, although it may not count: a later version may know it.
            if known.get(key) != Some(&*value) {
                *value = settings::usable_in_profile(key, value.clone())?;
            }
        }
        self.change_profiles(move |profiles| profiles.save(id.as_deref(), profile)).await
    }

    /// Takes profiles away, and what the keychain keeps for them. What they have opened goes on. Gives what could not be
    /// deleted in the keychain: the profiles have gone all the same.
    ///
    /// # Errors
    /// As [`App::profile_save`].
    pub async fn profile_remove(&self, ids: Vec<String>) -> Result<Option<Failure>, Failure> {
        let going = ids.clone();
        self.change_profiles(move |profiles| profiles.remove(&ids)).await?;
        self.tunnels.forget_profiles(&going).await;
        Ok(sessions::forget_profiles(&self.core.config.cloud, &self.core.keychain, &going).await.err())
    }

    /// Puts profiles into a folder, before one that is there or at its end.
    ///
    /// # Errors
    /// As [`App::profile_save`].
    pub async fn profile_arrange(
        &self,
        ids: Vec<String>,
        folder: Vec<String>,
        before: Option<String>,
    ) -> Result<(), Failure> {
        self.change_profiles(move |profiles| profiles.arrange(&ids, &folder, before.as_deref())).await
    }

    /// Makes a copy of each profile behind it; gives the copies' ids. A password that the keychain keeps for one is not
    /// copied: its copy asks, or signs in as the VM's own is kept.
    ///
    /// # Errors
    /// As [`App::profile_save`].
    pub async fn profile_duplicate(&self, ids: Vec<String>) -> Result<Vec<String>, Failure> {
        self.change_profiles(move |profiles| profiles.duplicate(&ids)).await
    }

    /// Changes a folder of profiles.
    ///
    /// # Errors
    /// As [`App::profile_save`].
    pub async fn profile_folder(&self, change: ProfileFolderChange) -> Result<(), Failure> {
        self.change_profiles(move |profiles| profiles.change_folder(change)).await
    }

    /// Adds what a file has: see [`Profiles::import`].
    ///
    /// # Errors
    /// As [`Profiles::import`].
    pub async fn profile_import(&self, path: PathBuf) -> Result<ProfileImport, Failure> {
        self.change_profiles(move |profiles| profiles.import(&path)).await
    }

    /// Writes profiles to a file for another computer: see [`Profiles::export`].
    ///
    /// # Errors
    /// As [`Profiles::export`].
    pub async fn profile_export(&self, ids: Vec<String>, path: PathBuf) -> Result<(), Failure> {
        let profiles = self.core.profiles.clone();
        let done = tokio::task::spawn_blocking(move || profiles.export(&ids, &path)).await;
        done.map_err(|error| failure::internal(error.to_string()))?
    }

    /// What something would be as a profile. Nothing is saved.
    ///
    /// # Errors
    /// [`FailureCode::InvalidInput`] for an unknown session or tunnel.
    pub async fn profile_draft(&self, from: ProfileSource) -> Result<Profile, Failure> {
        let saved = |id: Option<&str>| id.and_then(|id| self.core.profiles.get(id).ok());
        Ok(match from {
            ProfileSource::Session { id } => {
                let session = self.sessions.get(&id)?;
                let info = session.info();
                profiles::from_session(&info, session.linked(), saved(info.profile.as_deref()))
            }
            ProfileSource::Tunnel { id } => {
                let profile = self.tunnels.profile_of(&id)?;
                profiles::from_tunnel(self.tunnels.spec(&id)?, saved(profile.as_deref()))
            }
            ProfileSource::Vm { instance, action } => profiles::from_vm(instance, action),
        })
    }

    /// Starts profiles, with their tabs in the window of this label. What of one is open already is shown in place of a
    /// second.
    ///
    /// # Errors
    /// [`FailureCode::InvalidInput`] for more than [`MOST_STARTED_PROFILES`]. Why one of them cannot be started stands in
    /// its own answer.
    pub async fn profile_start(
        &self,
        window: &str,
        ids: Vec<String>,
    ) -> Result<Vec<ProfileStarted>, Failure> {
        if ids.len() > MOST_STARTED_PROFILES {
            return Err(words::profiles::too_many_at_once(MOST_STARTED_PROFILES));
        }
        // Whoever starts them sees what becomes of it.
        self.profiles_seen(&ids);
        Ok(self.start_profiles(window, ids).await)
    }

    async fn start_profiles(&self, window: &str, ids: Vec<String>) -> Vec<ProfileStarted> {
        // One after the other, so that two clicks do not open the same twice.
        let _starting = self.starting.lock().await;
        let until = Instant::now() + LISTING;
        let mut all = Vec::with_capacity(ids.len());
        for id in ids {
            let mut answer = ProfileStarted { id, session: None, tunnel: None, failure: None };
            match self.start_profile(&answer.id, window, until).await {
                Ok(Opened::Session(session)) => answer.session = Some(session),
                Ok(Opened::Tunnel(tunnel)) => answer.tunnel = Some(tunnel),
                Err(failure) => answer.failure = Some(failure),
            }
            self.core.profiles.started(&answer.id, answer.failure.clone());
            all.push(answer);
        }
        self.core.sink.send(Event::Profiles);
        all
    }

    /// Starts the profiles that are to be started at login. To be called once, when the app begins there.
    pub async fn profiles_at_login(&self) {
        let mut ids = self.core.profiles.at_login();
        if ids.is_empty() {
            return;
        }
        self.core.profiles.begin_unseen(&ids);
        self.listed_at_login().await;
        for late in ids.drain(ids.len().min(MOST_STARTED_PROFILES)..) {
            let failure = words::profiles::too_many_at_login(MOST_STARTED_PROFILES);
            self.core.profiles.started(&late, Some(failure));
        }
        self.start_profiles(MAIN_WINDOW, ids).await;
    }

    /// Starts those that could not begin at login because nobody was signed in, once somebody is.
    pub async fn profiles_once_signed_in(&self) {
        if !self.core.accounts.ready().is_empty() {
            let waiting = self.profiles_unseen().into_iter().filter(waits_for_sign_in);
            self.start_profiles(MAIN_WINDOW, waiting.map(|info| info.id).collect()).await;
        }
    }

    /// The profiles that were started at login, as long as nobody has seen what became of them.
    #[must_use]
    pub fn profiles_unseen(&self) -> Vec<ProfileInfo> {
        let unseen = self.core.profiles.still_unseen();
        if unseen.is_empty() {
            return Vec::new();
        }
        let states = profiles::states(&self.sessions.infos(), self.tunnels.of_profiles());
        let all = self.core.profiles.list(states).profiles;
        all.into_iter().filter(|info| unseen.contains(&info.id)).collect()
    }

    /// Somebody has seen what became of these: they need nobody any more.
    pub fn profiles_seen(&self, ids: &[String]) {
        if self.core.profiles.see(ids) == Changed::Yes {
            self.core.sink.send(Event::Profiles);
        }
    }

    /// Somebody looks at a window. Gives what it is to say of the profiles that failed at login; they count as seen then.
    /// Those that wait for a sign-in while nobody is signed in go on waiting: the window asks for that by itself.
    #[must_use]
    pub fn looked_at(&self) -> Option<Failure> {
        let mut unseen = self.profiles_unseen();
        if self.core.accounts.ready().is_empty() {
            unseen.retain(|info| !waits_for_sign_in(info));
        }
        let failed = unseen.iter().filter(|info| matches!(info.state, ProfileState::Failed { .. }));
        self.profiles_seen(&failed.map(|info| info.id.clone()).collect::<Vec<_>>());
        notice::missed(&unseen, &self.tunnels.infos())
    }

    /// Waits for a listing until then at most, and only where it has to tell the VM or the account.
    async fn start_profile(&self, id: &str, window: &str, until: Instant) -> Result<Opened, Failure> {
        let profile = self.core.profiles.get(id)?;
        let sessions: Vec<_> =
            self.sessions.infos().into_iter().filter(|info| info.profile.as_deref() == Some(id)).collect();
        let open = |info: &&SessionInfo| is_open(&info.state) && profiles::is_of(&profile, info);
        if let Some(open) = sessions.iter().rfind(open) {
            return self.show(&open.id);
        }
        let tunnel = self.tunnels.of_profiles().remove(id).filter(|tunnel| is_on(&tunnel.state));
        if let (Some(tunnel), ProfileAction::Forward { .. }) = (tunnel, &profile.action) {
            profiles::runs_as(&profile, &tunnel.spec)?;
            return Ok(Opened::Tunnel(tunnel.id));
        }
        profiles::hindered(&profile)?;
        // Beforehand, so that it is said here and not in each tab.
        match &profile.account {
            Some(email) => self.core.accounts.access_of(email)?,
            None => self.core.accounts.access(None)?,
        };
        if self.needs_listing(&profile) {
            // Too late is no failure of its own: whether what was listed will do is looked at below.
            let _ = tokio::time::timeout_at(until, self.core.inventory.listed()).await;
        }
        let plan = profiles::plan(&profile, |text| self.choose(text))?;
        let (protocol, instance) = match plan {
            Plan::Tunnel(spec) => return Ok(Opened::Tunnel(self.tunnels.start_of(id, *spec).await?)),
            Plan::Session(protocol, instance) => (protocol, instance),
        };
        // A tab that is left from before takes it, in place of another one beside it.
        let left = sessions.iter().rfind(|info| info.instance == instance && info.protocol == protocol);
        if let Some(left) = left {
            self.sessions.get(&left.id)?.restart()?;
            return self.show(&left.id);
        }
        let start = match protocol {
            Protocol::Ssh => SessionStart::Ssh { cols: 80, rows: 24 },
            Protocol::Rdp => SessionStart::Rdp { size: SIZE },
        };
        let name = Some(profile.name).filter(|name| *name != instance.name);
        let (window, profile) = (window.to_owned(), Some(id.to_owned()));
        let (linked, colour) = (LinkParameters::default(), TabColour::None);
        let asked = Asked { instance, start, window, linked, profile, name, colour };
        self.sessions.begin(asked).map(Opened::Session)
    }

    /// Whether only a listing tells where a profile leads, or by which account.
    fn needs_listing(&self, profile: &Profile) -> bool {
        let project = match &profile.target {
            ProfileTarget::Search { .. } => return true,
            ProfileTarget::Instance { instance } => &instance.project,
            ProfileTarget::Host { project, .. } => project,
        };
        profile.account.is_none() && self.core.inventory.account_of(project).is_none()
    }

    /// The VM that a search means, by a list of all VMs that it may mean: one that is still to come might be meant as well.
    fn choose(&self, text: &str) -> Result<InstanceRef, Failure> {
        let most = u32::try_from(MAX_HITS).unwrap_or(u32::MAX);
        let found = profiles::choose(text, &self.core.inventory.search(text, most));
        // Several are too many already.
        if found.as_ref().is_err_and(|failure| failure.code == FailureCode::InvalidInput) {
            return found;
        }
        if let Some(missing) = self.missing(text) {
            return Err(words::profiles::list_incomplete(missing.into_iter().take(MOST_MISSING)));
        }
        found
    }

    /// What the list of VMs lacks that a search may mean, as far as that has a name; none when it is complete.
    fn missing(&self, text: &str) -> Option<Vec<String>> {
        let state = self.core.inventory.state();
        // Where an API is off, or nothing may be listed, there is nothing to be entered either.
        let lacks =
            |code: FailureCode| !matches!(code, FailureCode::ApiDisabled | FailureCode::PermissionDenied);
        let missing: Vec<String> = state
            .problems
            .into_iter()
            .filter(|problem| lacks(problem.code) && profiles::may_mean(text, &problem.place))
            .map(|problem| problem.place)
            .collect();
        (state.loading || state.listed_at.is_none() || !missing.is_empty()).then_some(missing)
    }

    /// Waits until all VMs are listed, and lists again meanwhile: at login the network may still be on its way.
    async fn listed_at_login(&self) {
        let until = Instant::now() + LISTING_AT_LOGIN;
        loop {
            let _ = tokio::time::timeout_at(until, self.core.inventory.listed()).await;
            let again = Instant::now() + AGAIN_AT_LOGIN;
            if self.missing("").is_none() || again > until {
                return;
            }
            tokio::time::sleep_until(again).await;
            if self.core.refresh().is_err() {
                return;
            }
        }
    }

    fn show(&self, session: &str) -> Result<Opened, Failure> {
        self.session_show(session)?;
        Ok(Opened::Session(session.to_owned()))
    }

    /// Sets a value of a profile's own, or forgets it.
    pub(super) async fn set_in_profile(
        &self,
        at: Scope,
        key: String,
        value: Option<SettingValue>,
    ) -> Result<(), Failure> {
        let settings = self.core.settings.clone();
        self.change_profiles(move |profiles| profiles.set_value(&settings, &at, &key, value)).await?;
        // Whoever shows settings asks for them again.
        self.core.tell_settings();
        Ok(())
    }

    async fn change_profiles<T: Send + 'static>(
        &self,
        change: impl FnOnce(&Profiles) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let profiles = self.core.profiles.clone();
        let changed = tokio::task::spawn_blocking(move || change(&profiles)).await;
        let done = changed.map_err(|error| failure::internal(error.to_string()))??;
        self.core.sink.send(Event::Profiles);
        Ok(done)
    }
}

/// What a start has opened, or found open.
enum Opened {
    Session(String),
    Tunnel(String),
}

/// Whether it could not begin for want of an account.
fn waits_for_sign_in(info: &ProfileInfo) -> bool {
    matches!(&info.state, ProfileState::Failed { failure } if failure.code == FailureCode::SignInNeeded)
}

//! What the app does as one that stays: favourites, the tray, closing.

use adit_contract::{Event, Failure, InstanceRef, LinkOffer, Os, ProjectInfo, Scope};

use serde::{Serialize, de::DeserializeOwned};

use super::App;
use crate::{
    closing::Live,
    favourites::Mark,
    link, profiles,
    settings::{
        Setting,
        table::{CLOSE_TO, CloseTo, RESTORE_TUNNELS},
    },
    tray::{self, Shown, Tray},
};

impl App {
    /// Marks a VM as a favourite, or takes the mark away.
    ///
    /// # Errors
    /// [`adit_contract::FailureCode::InvalidInput`] for one too many, [`adit_contract::FailureCode::File`] when it cannot
    /// be written down: then nothing has changed.
    pub async fn favourite_set(&self, instance: InstanceRef, favourite: bool) -> Result<(), Failure> {
        let mark = if favourite { Mark::Favourite } else { Mark::None };
        let all = self.favourites.set(instance, mark).await?;
        self.core.inventory.set_favourites(all.clone());
        self.core.sink.send(Event::Favourites(all));
        Ok(())
    }

    /// What the tray is to show now.
    pub async fn tray(&self) -> Tray {
        let states = profiles::states(&self.sessions.infos(), self.tunnels.of_profiles());
        tray::tray(&Shown {
            accounts: &self.core.accounts.infos(),
            sessions: &self.sessions.infos(),
            tunnels: &self.tunnels.infos(),
            paused: &self.tunnels.paused(),
            favourites: &self.favourites.all().await,
            profiles: &self.core.profiles.list(states).profiles,
            unseen: &self.core.profiles.still_unseen(),
        })
    }

    /// Pauses a tunnel: it is among those that [`App::tunnels_resume_all`] starts.
    ///
    /// # Errors
    /// For an unknown tunnel, and one that a command opened.
    pub async fn tunnel_pause(&self, id: &str) -> Result<(), Failure> {
        self.tunnels.pause(id).await
    }

    /// Pauses all tunnels that run, but for those of commands.
    pub async fn tunnels_pause_all(&self) {
        self.tunnels.pause_all().await;
    }

    /// Starts those tunnels again that were paused.
    pub async fn tunnels_resume_all(&self) {
        self.tunnels.resume_all().await;
    }

    /// What would end with the app.
    #[must_use]
    pub fn live(&self) -> Live {
        Live::of(&self.sessions.infos(), &self.tunnels.infos())
    }

    /// The value of a setting everywhere.
    pub fn setting<T: Serialize + DeserializeOwned + Clone + Sync>(&self, setting: &Setting<T>) -> T {
        self.core.settings.current().get(setting, &Scope::Everywhere)
    }

    /// What closing the window is to do.
    #[must_use]
    pub fn close_to(&self) -> CloseTo {
        self.setting(&CLOSE_TO)
    }

    /// Remembers what closing the window is to do.
    ///
    /// # Errors
    /// As [`App::setting_set`].
    pub async fn set_close_to(&self, to: CloseTo) -> Result<(), Failure> {
        self.change_settings(move |settings| settings.put(&CLOSE_TO, Scope::Everywhere, &to)).await
    }

    /// The operating system of a VM, as far as it was listed.
    #[must_use]
    pub fn os_of(&self, instance: &InstanceRef) -> Os {
        self.core.inventory.os_of(instance)
    }

    /// What an address asks for, with what a desktop would get of this computer.
    ///
    /// # Errors
    /// As [`link::parse`].
    pub fn offer(&self, address: &str) -> Result<LinkOffer, Failure> {
        Ok(link::with_shares(&self.core.settings.current(), link::parse(address)?))
    }

    /// Every project that was found, chosen or not, in natural order.
    #[must_use]
    pub fn projects(&self) -> Vec<ProjectInfo> {
        self.core.inventory.project_infos()
    }

    /// The settings at this moment.
    pub(crate) fn settings(&self) -> std::sync::Arc<crate::settings::Layers> {
        self.core.settings.current()
    }

    /// What the known projects are called, and the VMs of those that are shown.
    pub(crate) fn named(&self) -> Vec<(String, Vec<String>)> {
        self.core.inventory.named()
    }

    /// Ends all that runs here, and signs every account out: for an app whose cloud goes, as the demo's does. To be dropped
    /// afterwards.
    pub async fn end(&self) {
        self.core.sign_in.begin();
        for session in self.sessions.infos() {
            // One that is gone by now has ended.
            let _ = self.sessions.close(&session.id);
        }
        self.tunnels.pause_all().await;
        self.tunnels.gateway.end().await;
        for account in self.core.accounts.infos() {
            if let Err(failure) = self.sign_out(&account.id).await {
                tracing::debug!(code = ?failure.code, "an account was not signed out at the end");
            }
        }
    }

    pub(super) fn restore_tunnels(&self) {
        if !self.setting(&RESTORE_TUNNELS) {
            return;
        }
        if self.core.accounts.ready().is_empty() {
            self.tunnels.restore_once_signed_in();
        } else {
            self.tunnels.restore();
        }
    }
}

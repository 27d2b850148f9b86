//! Tauri's updater behind core's traits: it chooses the package, checks its signature and puts it in place. It fetches
//! nothing itself: core does that within bounds.

use std::sync::Arc;

use adit_contract::UpdateWay;
use adit_core::updates::{Package, Published, UpdateError, Updater};
use serde_json::Value;
use tauri::{
    AppHandle, Runtime, Url,
    utils::{config::BundleType, platform::bundle_type},
};
use tauri_plugin_updater::{Error, Update, UpdaterExt as _};

/// See the module.
pub(crate) struct Installer<R: Runtime> {
    pub(crate) handle: AppHandle<R>,
    /// Where the list is. The plugin wants to know, and does not go there.
    pub(crate) list: Url,
    /// The publisher's public key.
    pub(crate) key: String,
    /// What has to be done before an installer ends the app.
    pub(crate) before_exit: Arc<dyn Fn() + Send + Sync>,
    /// Ends the app and has it start again.
    pub(crate) restart: Arc<dyn Fn() + Send + Sync>,
}

impl<R: Runtime> Updater for Installer<R> {
    fn newer(&self, list: &Value) -> Result<Option<Published>, UpdateError> {
        let before_exit = self.before_exit.clone();
        let updater = self
            .handle
            .updater_builder()
            .pubkey(&self.key)
            .endpoints(vec![self.list.clone()])
            .map(|builder| builder.on_before_exit(move || before_exit()))
            .map(|builder| builder.installer_args(starts_again(bundle_type()).iter().copied()))
            .and_then(|builder| builder.build())
            .map_err(|error| unreadable(&error))?;
        // As if it had been kept: so it asks nobody, and takes only a signature that names the version.
        let update = match updater.restore_update(list.clone()) {
            Ok(Some(update)) => update,
            Ok(None) => return Ok(None),
            Err(Error::TargetNotFound(_) | Error::TargetsNotFound(_)) => return Err(UpdateError::NoPackage),
            Err(error) => return Err(unreadable(&error)),
        };
        Ok(Some(Published {
            version: update.version.clone(),
            notes: update.body.clone().unwrap_or_default(),
            at: update.date.map(|date| date.unix_timestamp() as f64 * 1000.0),
            address: update.download_url.clone(),
            way: way(bundle_type(), stands(&self.handle), &update.download_url),
            // See `starts_again`.
            package: Arc::new(Signed(update.restart_after_install(false))),
        }))
    }

    fn restart(&self) {
        (self.restart)();
    }
}

fn unreadable(error: &Error) -> UpdateError {
    UpdateError::Unreadable(error.to_string())
}

/// What has an installer for Windows start the new version. The plugin's own words for it hand on what this one was started
/// with: whoever installs an update wants a window, and no link anew.
fn starts_again(bundle: Option<BundleType>) -> &'static [&'static str] {
    use BundleType::{App, AppImage, Deb, Dmg, Msi, Nsis, Rpm};
    match bundle {
        Some(Nsis) => &["/R"],
        Some(Msi) => &["AUTOLAUNCHAPP=True"],
        Some(App | AppImage | Deb | Dmg | Rpm) | None => &[],
    }
}

/// Whether the running program is part of what was installed, or was taken out of it. The plugin replaces whatever stands
/// around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stands {
    InBundle,
    Alone,
}

#[cfg_attr(
    not(target_os = "linux"),
    expect(unused_variables, reason = "only an AppImage tells by its environment")
)]
fn stands<R: Runtime>(handle: &AppHandle<R>) -> Stands {
    #[cfg(target_os = "linux")]
    let in_bundle = tauri::Manager::env(handle).appimage.is_some();
    #[cfg(target_os = "macos")]
    let in_bundle = tauri::utils::platform::current_exe()
        .is_ok_and(|program| program.parent().is_some_and(|folder| folder.ends_with("Contents/MacOS")));
    // An installer asks nobody where the program stands.
    #[cfg(windows)]
    let in_bundle = true;
    if in_bundle { Stands::InBundle } else { Stands::Alone }
}

/// What can be done with a package here. The plugin would hand a `.deb` or `.rpm` to `dpkg` or `rpm` past the system's
/// package manager, and ask for the password in a dialog of its own where there is no agent for that: such a package is
/// the person's to install. What is no bundle was built from source.
fn way(bundle: Option<BundleType>, stands: Stands, package: &Url) -> UpdateWay {
    use BundleType::{App, AppImage, Deb, Dmg, Msi, Nsis, Rpm};
    match (bundle, stands) {
        (Some(AppImage | App | Dmg | Msi | Nsis), Stands::InBundle) => UpdateWay::Install,
        (Some(Deb | Rpm), _) | (None, _) | (_, Stands::Alone) => {
            let file = package.path_segments().and_then(|mut parts| parts.next_back()).unwrap_or_default();
            UpdateWay::Package { file: file.to_owned() }
        }
    }
}

/// A package that the publisher signed.
struct Signed(Update);

impl Package for Signed {
    fn verify(&self, bytes: &[u8]) -> Result<(), UpdateError> {
        self.0.verify(bytes).map_err(|error| UpdateError::Untrusted(error.to_string()))
    }

    fn install(&self, bytes: &[u8]) -> Result<(), UpdateError> {
        self.verify(bytes)?;
        self.0.install(bytes).map_err(|error| match error {
            Error::PreviousAppNotRestored(place) => UpdateError::LeftAside(place),
            error => UpdateError::NotInstalled(error.to_string()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_replace_itself_is_installed_by_the_app() {
        let url: Url = "https://acme.example/releases/Adit_2.0.0_amd64.deb?a=b".parse().unwrap();
        let package = UpdateWay::Package { file: "Adit_2.0.0_amd64.deb".to_owned() };
        for (bundle, stands, wanted) in [
            (Some(BundleType::AppImage), Stands::InBundle, UpdateWay::Install),
            (Some(BundleType::Nsis), Stands::InBundle, UpdateWay::Install),
            (Some(BundleType::App), Stands::InBundle, UpdateWay::Install),
            (Some(BundleType::AppImage), Stands::Alone, package.clone()),
            (Some(BundleType::App), Stands::Alone, package.clone()),
            (Some(BundleType::Deb), Stands::Alone, package.clone()),
            (Some(BundleType::Rpm), Stands::InBundle, package.clone()),
            (None, Stands::InBundle, package),
        ] {
            assert_eq!(way(bundle.clone(), stands, &url), wanted, "{bundle:?} {stands:?}");
        }
    }
}

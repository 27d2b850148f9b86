//! Profiles from and for files of others: our own export, `.rdp`, and IAP Desktop's `.iapc`. Whoever made such a file may be
//! a stranger: sizes are bounded, passwords are never taken, nothing of it starts by itself or protects this computer less
//! than usual, and a program is started only once a person has agreed to it.

mod iapc;
mod own;
mod rdp;
mod secret;

use std::path::Path;

use adit_contract::{
    Failure, HttpRule, Profile, ProfileAction, ProfileImport, ProfileStart, SettingValue, TunnelAudience,
};

use super::{
    Profiles,
    check::{self, DEEPEST, LONGEST_NAME},
    content::odd_name,
    store::Access,
};
use crate::{
    file,
    settings::{self, table},
    words,
};

/// The largest file that is read or written, in bytes.
const LARGEST: u64 = 4 * 1024 * 1024;
/// The most notes.
const MOST_NOTES: usize = 50;
/// The longest piece of a file that a note shows, in characters.
const LONGEST_SHOWN: usize = 80;

/// What a file has.
#[derive(Debug, Default, PartialEq)]
struct Found {
    profiles: Vec<Profile>,
    folders: Vec<Vec<String>>,
    notes: Notes,
}

/// What was left out or changed, a sentence or two each.
#[derive(Debug, Default, PartialEq)]
struct Notes(Vec<String>);

impl Notes {
    fn add(&mut self, note: impl Into<String>) {
        self.0.push(note.into());
    }

    fn told(mut self) -> Vec<String> {
        if self.0.len() > MOST_NOTES {
            let more = self.0.len() - (MOST_NOTES - 1);
            self.0.truncate(MOST_NOTES - 1);
            self.0.push(words::profile_files::more_notes(more));
        }
        self.0
    }
}

impl Profiles {
    /// Adds what a file has: our own export, an `.rdp` or an `.iapc` file. Several go into a new folder that has the
    /// file's name. Blocks.
    ///
    /// # Errors
    /// [`FailureCode::InvalidInput`](adit_contract::FailureCode::InvalidInput) for what is no such file or has too many,
    /// [`FailureCode::File`](adit_contract::FailureCode::File) when one of the two files cannot be used: then nothing
    /// was added.
    pub fn import(&self, path: &Path) -> Result<ProfileImport, Failure> {
        let bytes = file::read_at_most(path, LARGEST)
            .map_err(|error| words::files::failure(words::profile_files::NOT_READ, path, &error))?;
        let stem = path.file_stem().map(|stem| shown(&stem.to_string_lossy())).unwrap_or_default();
        let stem = if stem.trim().is_empty() {
            words::profile_files::IMPORTED.to_owned()
        } else {
            stem.trim().to_owned()
        };
        let extension = path.extension().map(|extension| extension.to_string_lossy().to_ascii_lowercase());
        let found = match extension.as_deref() {
            Some("rdp") => rdp::read(&bytes, &stem)?,
            Some("iapc") => iapc::read(&bytes)?,
            Some(_) | None => own::read(&bytes)?,
        };
        self.add(found, &stem)
    }

    fn add(&self, found: Found, stem: &str) -> Result<ProfileImport, Failure> {
        let Found { mut profiles, mut folders, mut notes } = found;
        let mut runs = Vec::new();
        for profile in &mut profiles {
            tame(profile, &mut notes);
            runs.extend(asks_to_run(profile));
        }
        let added = u32::try_from(profiles.len()).unwrap_or(u32::MAX);
        let folder = self.change(|shelf| {
            let folder: Vec<String> = match profiles.len() {
                0 | 1 => Vec::new(),
                _ => vec![shelf.free_folder(stem)],
            };
            if folder.is_empty() {
                folders.clear();
                profiles.iter_mut().for_each(|profile| profile.folder.clear());
            }
            let inside = |path: &[String]| -> Vec<String> {
                folder.iter().chain(path).take(DEEPEST).cloned().collect()
            };
            folders.iter_mut().for_each(|path| *path = inside(path));
            profiles.iter_mut().for_each(|profile| profile.folder = inside(&profile.folder));
            shelf.add_all(&folders, profiles)?;
            Ok(folder)
        })?;
        Ok(ProfileImport { added, folder, runs, notes: notes.told() })
    }

    /// The profiles of these ids, or all of them for none, as text for another computer. No secret is in it.
    ///
    /// # Errors
    /// [`FailureCode::InvalidInput`](adit_contract::FailureCode::InvalidInput) for an unknown one and for too much,
    /// [`FailureCode::File`](adit_contract::FailureCode::File) for all of them while their file cannot be read, or is of a
    /// later version: what is known would not be all.
    pub fn export_text(&self, ids: &[String]) -> Result<String, Failure> {
        if ids.is_empty()
            && self.access() == Access::Leave
            && let Some(trouble) = self.trouble()
        {
            return Err(trouble);
        }
        let shelf = self.shelf();
        if let Some(unknown) = ids.iter().find(|id| shelf.get(id).is_none()) {
            tracing::debug!(%unknown, "a profile that is to be exported has gone");
            return Err(words::profiles::unknown());
        }
        let wanted = |id: &String| ids.is_empty() || ids.contains(id);
        let profiles: Vec<Profile> = shelf
            .profiles
            .into_iter()
            .filter(|stored| wanted(&stored.id))
            .map(|stored| stored.profile)
            .collect();
        let folders = shelf.folders.into_iter();
        let folders = folders
            .filter(|path| ids.is_empty() || profiles.iter().any(|profile| profile.folder.starts_with(path)));
        let odd = if ids.is_empty() { shelf.odd.iter().map(odd_name).collect() } else { Vec::new() };
        let text = own::write(folders.collect(), profiles, odd)?;
        if u64::try_from(text.len()).map_or(true, |length| length > LARGEST) {
            return Err(words::profile_files::too_much());
        }
        Ok(text)
    }

    /// The same, written to a file. Blocks.
    ///
    /// # Errors
    /// The same, [`FailureCode::InvalidInput`](adit_contract::FailureCode::InvalidInput) for the profiles' own file, and
    /// [`FailureCode::File`](adit_contract::FailureCode::File) when it cannot be written.
    pub fn export(&self, ids: &[String], path: &Path) -> Result<(), Failure> {
        if is_same(path, self.path()) {
            return Err(words::profile_files::own_file());
        }
        let text = self.export_text(ids)?;
        file::save_text(path, &text)
            .map_err(|error| words::files::failure(words::profiles::NOT_WRITTEN, path, &error))
    }
}

/// Whether two paths name one file, which need not be there yet.
fn is_same(one: &Path, other: &Path) -> bool {
    let whole = |path: &Path| {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // Some file systems take large letters for small ones.
        let name = path.file_name()?.to_ascii_lowercase();
        Some((folder.canonicalize().ok()?, name))
    };
    let there = |path: &Path| path.canonicalize().ok();
    (there(one).is_some() && there(one) == there(other))
        || (whole(one).is_some() && whole(one) == whole(other))
}

/// Takes from a stranger's profile what starts by itself and what protects this computer less, and says so.
fn tame(profile: &mut Profile, notes: &mut Notes) {
    let name = shown(&profile.name);
    if profile.start == ProfileStart::AtLogin {
        profile.start = ProfileStart::ByHand;
        notes.add(words::profile_files::began_at_login(&name));
    }
    profile.unconfirmed = None;
    if let ProfileAction::Forward { forward } = &mut profile.action {
        if forward.http == HttpRule::Open {
            forward.http = HttpRule::Strict;
            notes.add(words::profile_files::let_in_all_sites(&name));
        }
        match &forward.audience {
            TunnelAudience::Launched { .. } => profile.unconfirmed = Some(true),
            TunnelAudience::Everyone => {
                forward.audience = TunnelAudience::User;
                notes.add(words::profile_files::let_in_everyone(&name));
            }
            TunnelAudience::User | TunnelAudience::Programs { .. } => {}
        }
    }
    for (key, value) in std::mem::take(&mut profile.settings) {
        match settings::usable_in_profile(&key, value) {
            Err(refused) => {
                notes.add(words::profile_files::setting_left_out(&shown(&key), &name, &refused.title));
            }
            Ok(value) => match weakness(&name, &key, &value) {
                Some(note) => notes.add(note),
                None => drop(profile.settings.insert(key, value)),
            },
        }
    }
}

/// The note on a value of the profile of this name that would share more of this computer, or protect it less, than it is
/// without.
fn weakness(name: &str, key: &str, value: &SettingValue) -> Option<String> {
    let is = |text: &str| matches!(value, SettingValue::Text(is) if is == text);
    if key == table::RDP_SECURITY.key() && !is("nla") {
        return Some(words::profile_files::weak_sign_in(name));
    }
    if key == table::RDP_FOLDERS_ACCESS.key() && !is("readOnly") {
        return Some(words::profile_files::folders_changed(name));
    }
    if key == table::RDP_CLIPBOARD.key() && !is("text") && !is("off") {
        return Some(words::profile_files::clipboard_shared(name));
    }
    if key == table::RDP_PRINTERS.key() && *value == SettingValue::Toggle(true) {
        return Some(words::profile_files::printers_shared(name));
    }
    match value {
        SettingValue::List(folders) if key == table::RDP_FOLDERS.key() && !folders.is_empty() => {
            let folders: Vec<String> = folders.iter().take(8).map(|folder| shown(folder)).collect();
            Some(words::profile_files::folders_shared(name, &folders))
        }
        SettingValue::List(_) | SettingValue::Text(_) | SettingValue::Number(_) | SettingValue::Toggle(_) => {
            None
        }
    }
}

/// What a profile starts once a person has agreed: its name and the whole command line.
fn asks_to_run(profile: &Profile) -> Option<String> {
    let program = check::program(profile);
    (!program.is_empty())
        .then(|| words::profile_files::runs(&shown(&profile.name), &check::command_line(program)))
}

/// A piece of a file, fit to be shown.
fn shown(text: &str) -> String {
    let odd = |c: char| c.is_control() || check::is_turning(c);
    text.chars().filter(|c| !odd(*c)).take(LONGEST_SHOWN).collect()
}

/// A name that a profile may have, or the other one.
fn named(text: &str, otherwise: &str) -> String {
    let name: String = text.chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect();
    if name.trim().is_empty() { otherwise.to_owned() } else { name.trim().to_owned() }
}

#[cfg(test)]
#[path = "files_tests.rs"]
mod tests;

//! The profiles in a menu of their own, with their folders as menus in it.

use adit_contract::{MOST_STARTED_PROFILES, ProfileInfo, ProfileState};

use super::{Does, Row, item, short};
use crate::words::tray as words;

/// The most rows of one menu.
const MOST_IN_MENU: usize = 20;
/// The most profiles in all menus together: a tray is drawn anew whenever anything changes.
const MOST: usize = 100;

/// The menu of all profiles, of which there are some.
pub(super) fn menu(all: &[ProfileInfo]) -> Row {
    let shown: Vec<&ProfileInfo> = all.iter().take(MOST).collect();
    Row::Menu { text: words::PROFILES.to_owned(), rows: folder(&shown, 0, all.len() - shown.len()) }
}

/// The rows of a folder that is in `depth` others, from the profiles in it and below it, and how many of them are left out
/// already.
fn folder(all: &[&ProfileInfo], depth: usize, left_out: usize) -> Vec<Row> {
    // In a folder below this one: each where the first of it stands. Then those in this one.
    let mut folders: Vec<(&str, Vec<&ProfileInfo>)> = Vec::new();
    let mut items = Vec::new();
    for info in all.iter().copied() {
        match info.profile.folder.get(depth) {
            None => items.push((profile(info), 1)),
            Some(name) => match folders.iter_mut().find(|(known, _)| known == name) {
                Some((_, within)) => within.push(info),
                None => folders.push((name, vec![info])),
            },
        }
    }
    let folders = folders.into_iter().map(|(name, within)| {
        let rows = folder(&within, depth + 1, 0);
        (Row::Menu { text: short(name), rows }, within.len())
    });
    let mut rows: Vec<(Row, usize)> = folders.chain(items).collect();
    let beyond = rows.split_off(rows.len().min(MOST_IN_MENU));
    let left = left_out + beyond.iter().map(|(_, profiles)| profiles).sum::<usize>();
    let start_all = (depth > 0).then(|| start_all(all)).flatten();
    let more = (left > 0).then(|| item(words::more(left), Does::Profiles(None)));
    start_all.into_iter().chain(rows.into_iter().map(|(row, _)| row)).chain(more).collect()
}

/// Starts what of a folder is not on, where that is more than one and not too many at once.
fn start_all(all: &[&ProfileInfo]) -> Option<Row> {
    let off: Vec<String> = all.iter().filter(|info| !is_on(info)).map(|info| info.id.clone()).collect();
    let startable = 2..=MOST_STARTED_PROFILES;
    startable.contains(&off.len()).then(|| item(words::start_all(off.len()), Does::StartProfiles(off)))
}

fn is_on(info: &ProfileInfo) -> bool {
    matches!(info.state, ProfileState::Session { .. } | ProfileState::Tunnel { .. })
}

fn profile(info: &ProfileInfo) -> Row {
    item(words::profile(&short(&info.profile.name), &info.state), Does::Profile(info.id.clone()))
}

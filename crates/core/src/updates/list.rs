//! What the publisher's list has for this app. Nothing in it is signed: it is bounded and shown as plain text.

use adit_contract::{UpdateRelease, UpdateWay};
use serde_json::Value;

use super::{Published, Publisher, UpdateError, fetch::may_lead};

/// The longest version that is taken, in bytes; they are far shorter.
const LONGEST_VERSION: usize = 64;
/// The most of the notes that is shown, in characters.
const LONGEST_NOTES: usize = 4000;
/// The longest name of a file that is shown, in characters.
const LONGEST_FILE: usize = 128;

/// What is newer, if that is anything that can be fetched.
///
/// # Errors
/// [`UpdateError::Unreadable`], [`UpdateError::NoPackage`].
pub(super) fn read(publisher: &Publisher, list: &Value) -> Result<Option<Published>, UpdateError> {
    let published = publisher.updater.newer(list)?;
    if let Some(published) = &published {
        let address = &published.address;
        if address.scheme() != "https" || !address.username().is_empty() || address.password().is_some() {
            return Err(UpdateError::Unreadable("the package's address is not plain https".to_owned()));
        }
        // Where the browser fetches a package, the place is all that speaks for it.
        if !may_lead(&publisher.list, address) {
            return Err(UpdateError::Unreadable("the package lies on another server".to_owned()));
        }
        if published.version.len() > LONGEST_VERSION {
            return Err(UpdateError::Unreadable("the version is too long".to_owned()));
        }
    }
    Ok(published)
}

/// The same for a person to read.
pub(super) fn shown(published: &Published) -> UpdateRelease {
    UpdateRelease {
        version: published.version.clone(),
        notes: plain(&published.notes, LONGEST_NOTES),
        published: published.at,
        way: match &published.way {
            UpdateWay::Install => UpdateWay::Install,
            UpdateWay::Package { file } => UpdateWay::Package { file: plain(file, LONGEST_FILE) },
        },
    }
}

/// As plain text: no control characters but the ends of lines, none that turn the direction of what follows, and not
/// more than is wanted.
fn plain(text: &str, most: usize) -> String {
    let turns =
        |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let shown: String =
        text.trim().chars().filter(|c| *c == '\n' || !(c.is_control() || turns(*c))).take(most + 1).collect();
    match shown.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", shown.get(..end).unwrap_or_default()),
        None => shown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_plain_and_short() {
        assert_eq!(plain(" - a\r\n- b\u{1b}[31m\u{202e}c\0 ", 100), "- a\n- b[31mc");
        assert_eq!(plain("äöü", 2), "äö…");
        assert_eq!(plain("äöü", 3), "äöü");
        assert_eq!(plain("", 3), "");
    }
}

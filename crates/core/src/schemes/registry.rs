//! How the registry is changed so that it can be changed back: what stood there is kept beside what is written, and only what
//! was written is taken away. Apart from Windows' own calls, so that it is tried everywhere.

use std::{io, path::PathBuf};

use super::{Claim, SCHEMES};

/// Whose it is: the program that was written here last.
const HOLDER: &str = "AditHolder";
/// The command that was there before.
const COMMAND_BEFORE: &str = "AditBefore";
/// What the class was called before.
const TITLE_BEFORE: &str = "AditTitleBefore";
/// Marks of ours in a class, which go last of all.
const MARKS: [&str; 3] = [COMMAND_BEFORE, TITLE_BEFORE, HOLDER];
/// What a class of ours is called.
const TITLE: &str = "URL:Adit";
/// What says that a class is one of addresses.
const IS_ADDRESS: &str = "URL Protocol";
/// The value of a key that has no name.
const UNNAMED: &str = "";

/// The classes of the user's own. A key is named by its path from there; it is made when a value of it is set.
pub(super) trait Classes {
    /// A value that is a text; none where it, or its key, is missing.
    fn get(&self, key: &str, value: &str) -> Option<String>;
    /// Sets a value.
    fn set(&self, key: &str, value: &str, to: &str) -> io::Result<()>;
    /// Removes a value, if it is there.
    fn remove(&self, key: &str, value: &str) -> io::Result<()>;
    /// Removes a key that has neither values nor keys in it, if it is there.
    fn remove_empty(&self, key: &str) -> io::Result<()>;
}

fn command_key(scheme: &str) -> String {
    format!(r"{scheme}\shell\open\command")
}

/// What has an address opened by a program.
fn opens(program: &str) -> String {
    format!("\"{program}\" \"%1\"")
}

/// What a scheme's addresses are opened by, and whether that is what was written here last.
struct Stand {
    command: Option<String>,
    is_ours: bool,
}

fn stand(classes: &impl Classes, scheme: &str) -> Stand {
    let command = classes.get(&command_key(scheme), UNNAMED);
    let ours = classes.get(scheme, HOLDER).map(|program| opens(&program));
    Stand { is_ours: ours.is_some() && ours == command, command }
}

/// The program that was written here last and still has addresses.
pub(super) fn holder(classes: &impl Classes) -> Option<PathBuf> {
    let ours = SCHEMES.into_iter().find(|scheme| stand(classes, scheme).is_ours)?;
    classes.get(ours, HOLDER).map(PathBuf::from)
}

/// Whether anything of ours is there, if only its marks.
pub(super) fn is_marked(classes: &impl Classes) -> bool {
    SCHEMES.into_iter().any(|scheme| classes.get(scheme, HOLDER).is_some())
}

/// Has addresses opened by this program. What somebody else has written is left to them where nobody has just wished otherwise.
pub(super) fn claim(classes: &impl Classes, program: &str, claim: Claim) -> io::Result<()> {
    for scheme in SCHEMES {
        let Stand { command, is_ours } = stand(classes, scheme);
        if !is_ours {
            if command.as_deref() == Some(&opens(program)) || (command.is_some() && claim == Claim::Kept) {
                // An installer has done it already, or another program has it.
                continue;
            }
            keep(classes, scheme, COMMAND_BEFORE, command)?;
            keep(classes, scheme, TITLE_BEFORE, classes.get(scheme, UNNAMED))?;
        }
        // First, so that whatever follows can be taken back.
        classes.set(scheme, HOLDER, program)?;
        classes.set(scheme, UNNAMED, TITLE)?;
        classes.set(scheme, IS_ADDRESS, "")?;
        classes.set(&command_key(scheme), UNNAMED, &opens(program))?;
    }
    Ok(())
}

fn keep(classes: &impl Classes, scheme: &str, mark: &str, before: Option<String>) -> io::Result<()> {
    match before {
        Some(before) => classes.set(scheme, mark, &before),
        None => classes.remove(scheme, mark),
    }
}

/// Takes back what was written, as far as nobody else has written over it since.
pub(super) fn release(classes: &impl Classes) -> io::Result<()> {
    for scheme in SCHEMES {
        if classes.get(scheme, HOLDER).is_none() {
            continue;
        }
        let command = command_key(scheme);
        if stand(classes, scheme).is_ours {
            match classes.get(scheme, COMMAND_BEFORE) {
                Some(before) => classes.set(&command, UNNAMED, &before)?,
                None => {
                    classes.remove(&command, UNNAMED)?;
                    classes.remove(scheme, IS_ADDRESS)?;
                }
            }
            if classes.get(scheme, UNNAMED).as_deref() == Some(TITLE) {
                match classes.get(scheme, TITLE_BEFORE) {
                    Some(before) => classes.set(scheme, UNNAMED, &before)?,
                    None => classes.remove(scheme, UNNAMED)?,
                }
            }
        }
        for mark in MARKS {
            classes.remove(scheme, mark)?;
        }
        // From the innermost outwards: what has anything of others in it stays.
        let (shell, open) = (format!(r"{scheme}\shell"), format!(r"{scheme}\shell\open"));
        for key in [command.as_str(), &open, &shell, scheme] {
            classes.remove_empty(key)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, collections::BTreeMap};

    use super::*;

    const ADIT: &str = r"C:\Users\Ana\Adit\adit-app.exe";
    const INSTALLED: &str = r#""C:\Program Files\IAP Desktop\IapDesktop.exe" "%1""#;

    /// Keys by their paths, each with its values.
    #[derive(Default)]
    struct Memory(RefCell<BTreeMap<String, BTreeMap<String, String>>>);

    impl Memory {
        /// As an installer leaves it.
        fn installed(scheme: &str) -> Self {
            let memory = Self::default();
            memory.set(scheme, UNNAMED, "URL:IAP Desktop").unwrap();
            memory.set(scheme, IS_ADDRESS, "").unwrap();
            memory.set(&format!(r"{scheme}\DefaultIcon"), UNNAMED, "icon.ico").unwrap();
            memory.set(&command_key(scheme), UNNAMED, INSTALLED).unwrap();
            memory
        }

        fn all(&self) -> BTreeMap<String, BTreeMap<String, String>> {
            self.0.borrow().clone()
        }
    }

    impl Classes for Memory {
        fn get(&self, key: &str, value: &str) -> Option<String> {
            self.0.borrow().get(key)?.get(value).cloned()
        }

        fn set(&self, key: &str, value: &str, to: &str) -> io::Result<()> {
            let mut all = self.0.borrow_mut();
            for (at, _) in key.match_indices('\\') {
                all.entry(key[..at].to_owned()).or_default();
            }
            all.entry(key.to_owned()).or_default().insert(value.to_owned(), to.to_owned());
            Ok(())
        }

        fn remove(&self, key: &str, value: &str) -> io::Result<()> {
            if let Some(values) = self.0.borrow_mut().get_mut(key) {
                values.remove(value);
            }
            Ok(())
        }

        fn remove_empty(&self, key: &str) -> io::Result<()> {
            let mut all = self.0.borrow_mut();
            let below = format!("{key}\\");
            if all.get(key).is_some_and(BTreeMap::is_empty) && !all.keys().any(|key| key.starts_with(&below))
            {
                all.remove(key);
            }
            Ok(())
        }
    }

    #[test]
    fn what_was_not_there_before_is_not_there_afterwards() {
        let memory = Memory::default();
        claim(&memory, ADIT, Claim::Wished).unwrap();
        assert_eq!(memory.get(&command_key("iap-rdp"), UNNAMED), Some(opens(ADIT)));
        assert_eq!(holder(&memory), Some(PathBuf::from(ADIT)));
        // Once more, from elsewhere.
        claim(&memory, r"C:\new\adit-app.exe", Claim::Wished).unwrap();
        assert_eq!(holder(&memory), Some(PathBuf::from(r"C:\new\adit-app.exe")));
        assert!(is_marked(&memory));
        release(&memory).unwrap();
        assert_eq!((memory.all(), is_marked(&memory)), (BTreeMap::new(), false));
    }

    #[test]
    fn what_another_program_had_comes_into_its_own_again() {
        let memory = Memory::installed("iap-rdp");
        let before = memory.all();
        claim(&memory, ADIT, Claim::Wished).unwrap();
        assert_eq!(memory.get(&command_key("iap-rdp"), UNNAMED), Some(opens(ADIT)));
        claim(&memory, r"C:\new\adit-app.exe", Claim::Kept).unwrap();
        release(&memory).unwrap();
        assert_eq!(memory.all(), before);
        release(&memory).unwrap();
        assert_eq!(memory.all(), before);
    }

    #[test]
    fn what_others_have_is_taken_only_at_a_wish() {
        let memory = Memory::installed("iap-rdp");
        claim(&memory, ADIT, Claim::Kept).unwrap();
        assert_eq!(memory.get(&command_key("iap-rdp"), UNNAMED).as_deref(), Some(INSTALLED));
        assert_eq!(memory.get(&command_key("adit"), UNNAMED), Some(opens(ADIT)), "nobody had it");
    }

    #[test]
    fn what_an_installer_wrote_over_it_stays_and_the_marks_go() {
        let memory = Memory::default();
        claim(&memory, ADIT, Claim::Wished).unwrap();
        memory.set(&command_key("adit"), UNNAMED, INSTALLED).unwrap();
        release(&memory).unwrap();
        assert_eq!(memory.get(&command_key("adit"), UNNAMED).as_deref(), Some(INSTALLED));
        assert_eq!(memory.get("adit", IS_ADDRESS).as_deref(), Some(""));
        assert!(MARKS.into_iter().all(|mark| memory.get("adit", mark).is_none()));
        assert!(!memory.all().keys().any(|key| key.starts_with("iap-rdp")));
        // Wished for again, it is what comes back later.
        claim(&memory, ADIT, Claim::Wished).unwrap();
        release(&memory).unwrap();
        assert_eq!(memory.get(&command_key("adit"), UNNAMED).as_deref(), Some(INSTALLED));
    }

    #[test]
    fn what_an_installer_did_for_this_very_program_is_its_own() {
        let memory = Memory::installed("adit");
        memory.set(&command_key("adit"), UNNAMED, &opens(ADIT)).unwrap();
        let before = memory.all();
        claim(&memory, ADIT, Claim::Wished).unwrap();
        assert_eq!(memory.get("adit", HOLDER), None);
        assert!(is_marked(&memory), "the other scheme is ours");
        release(&memory).unwrap();
        assert_eq!(memory.all(), before);
    }
}

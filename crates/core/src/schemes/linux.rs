//! A desktop entry of the user's own, and the list of what opens what.
//! <https://specifications.freedesktop.org/desktop-entry-spec/latest/>,
//! <https://specifications.freedesktop.org/mime-apps-spec/latest/>

use std::{
    io,
    path::{Path, PathBuf},
};

use super::{Claim, SCHEMES, plain};
use crate::{desktop_entry, file};

/// The entry's name. That of a package is another one, and comes into its own again.
const ENTRY: &str = "dev.adit.app.links.desktop";
/// The part of the list that says what opens what at once.
const DEFAULTS: &str = "[Default Applications]";
/// The largest file that is read, in bytes: they have a few kilobytes.
const LARGEST: u64 = 1024 * 1024;

pub(super) fn holder() -> io::Result<Option<PathBuf>> {
    Places::usual()?.holder()
}

pub(super) fn is_marked() -> io::Result<bool> {
    Ok(holder()?.is_some())
}

/// The list keeps what others have behind ours.
pub(super) fn claim(program: &Path, _: Claim) -> io::Result<()> {
    Places::usual()?.claim(program)
}

pub(super) fn release() -> io::Result<()> {
    Places::usual()?.release()
}

/// The files.
struct Places {
    entry: PathBuf,
    list: PathBuf,
}

impl Places {
    fn usual() -> io::Result<Self> {
        let folders = directories::BaseDirs::new()
            .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "there is no home folder"))?;
        Ok(Self::of(folders.data_dir(), folders.config_dir()))
    }

    fn of(data: &Path, config: &Path) -> Self {
        Self { entry: data.join("applications").join(ENTRY), list: config.join("mimeapps.list") }
    }

    fn holder(&self) -> io::Result<Option<PathBuf>> {
        let Some(text) = read(&self.entry)? else { return Ok(None) };
        let program = text.lines().find_map(|line| line.strip_prefix("TryExec="));
        // Without one it is ours all the same.
        Ok(Some(PathBuf::from(program.unwrap_or_default().replace("\\\\", "\\"))))
    }

    fn claim(&self, program: &Path) -> io::Result<()> {
        file::save_text(&self.entry, &entry(plain(program)?))?;
        self.change_list(with)
    }

    fn release(&self) -> io::Result<()> {
        self.change_list(without)?;
        match std::fs::remove_file(&self.entry) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    fn change_list(&self, change: fn(&str, &str) -> String) -> io::Result<()> {
        let before = read(&self.list)?.unwrap_or_default();
        let key = |scheme| format!("x-scheme-handler/{scheme}");
        let after = SCHEMES.into_iter().fold(before.clone(), |text, scheme| change(&text, &key(scheme)));
        if after == before {
            return Ok(());
        }
        // Where it is a link to somewhere else, it stays one.
        let list = self.list.canonicalize().unwrap_or_else(|_| self.list.clone());
        file::save_text(&list, &after)
    }
}

fn read(path: &Path) -> io::Result<Option<String>> {
    match file::read_text_at_most(path, LARGEST) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The entry: in no menu, and passed over by the desktop once its program has gone.
fn entry(program: &str) -> String {
    let types: String = SCHEMES.iter().map(|scheme| format!("x-scheme-handler/{scheme};")).collect();
    format!(
        "[Desktop Entry]\nType=Application\nName=Adit\nNoDisplay=true\nTerminal=false\nTryExec={}\nExec={}\n\
         MimeType={types}\n",
        desktop_entry::text(program),
        desktop_entry::command(program, "%u"),
    )
}

/// The list with our entry before what else opens this.
fn with(text: &str, key: &str) -> String {
    let mut lines: Vec<String> = without(text, key).lines().map(str::to_owned).collect();
    match place(&lines, key) {
        Place::Line(at) => {
            if let Some(line) = lines.get_mut(at)
                && let Some((_, others)) = line.split_once('=')
            {
                *line = format!("{key}={ENTRY};{}", others.trim());
            }
        }
        Place::Section(at) => lines.insert(at + 1, format!("{key}={ENTRY};")),
        Place::Nowhere => {
            if lines.last().is_some_and(|line| !line.trim().is_empty()) {
                lines.push(String::new());
            }
            lines.extend([DEFAULTS.to_owned(), format!("{key}={ENTRY};")]);
        }
    }
    lines.join("\n") + "\n"
}

/// The list without our entry.
fn without(text: &str, key: &str) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let Place::Line(at) = place(&lines, key) else { return text.to_owned() };
    let Some((_, value)) = lines.get(at).and_then(|line| line.split_once('=')) else {
        return text.to_owned();
    };
    let entries: Vec<&str> = value.split(';').map(str::trim).filter(|entry| !entry.is_empty()).collect();
    if !entries.contains(&ENTRY) {
        return text.to_owned();
    }
    let others: String =
        entries.iter().filter(|entry| **entry != ENTRY).map(|entry| format!("{entry};")).collect();
    if others.is_empty() {
        lines.remove(at);
    } else if let Some(line) = lines.get_mut(at) {
        *line = format!("{key}={others}");
    }
    lines.join("\n") + "\n"
}

/// Where a key stands in the list, or should.
enum Place {
    /// In this line.
    Line(usize),
    /// After the heading in this line.
    Section(usize),
    /// There is no heading for it.
    Nowhere,
}

fn place(lines: &[String], key: &str) -> Place {
    let Some(section) = lines.iter().position(|line| line.trim() == DEFAULTS) else { return Place::Nowhere };
    let mut inside =
        lines.iter().enumerate().skip(section + 1).take_while(|(_, line)| !line.starts_with('['));
    let is_it = |line: &str| line.split_once('=').is_some_and(|(name, _)| name.trim() == key);
    let found = inside.find(|(_, line)| is_it(line));
    found.map_or(Place::Section(section), |(at, _)| Place::Line(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADIT: &str = "x-scheme-handler/adit";

    #[test]
    fn what_is_claimed_is_given_back() {
        let home = tempfile::tempdir().unwrap();
        let places = Places::of(&home.path().join("share"), &home.path().join("config"));
        assert_eq!(places.holder().unwrap(), None);
        places.release().unwrap();
        let program = Path::new("/home/ana/Apps/\"Adit\" $5 50% \\ `x`.AppImage");
        places.claim(program).unwrap();
        places.claim(program).unwrap();
        assert_eq!(places.holder().unwrap().as_deref(), Some(program));
        let entry = std::fs::read_to_string(&places.entry).unwrap();
        for line in [
            r#"TryExec=/home/ana/Apps/"Adit" $5 50% \\ `x`.AppImage"#,
            r#"Exec=env "/home/ana/Apps/\\"Adit\\" \\$5 50%% \\\\ \\`x\\`.AppImage" %u"#,
            "MimeType=x-scheme-handler/adit;x-scheme-handler/iap-rdp;",
            "NoDisplay=true",
        ] {
            assert!(entry.lines().any(|is| is == line), "{line}: {entry}");
        }
        let list = std::fs::read_to_string(&places.list).unwrap();
        assert_eq!(
            list,
            format!("{DEFAULTS}\nx-scheme-handler/iap-rdp={ENTRY};\nx-scheme-handler/adit={ENTRY};\n")
        );
        places.release().unwrap();
        assert_eq!(places.holder().unwrap(), None);
        assert_eq!(std::fs::read_to_string(&places.list).unwrap(), format!("{DEFAULTS}\n"));
        assert!(places.claim(Path::new("adit-app")).is_err());
        assert!(places.claim(Path::new("/a\nExec=evil")).is_err());
    }

    #[test]
    fn what_others_have_in_the_list_stays() {
        let list = "# mine\n[Added Associations]\nx-scheme-handler/adit=other.desktop;\n\n\
                    [Default Applications]\ntext/html=firefox.desktop\nx-scheme-handler/adit=adit.desktop\n\
                    [Removed Associations]\nimage/png=x.desktop;\n";
        let claimed = with(list, ADIT);
        let ours = format!("x-scheme-handler/adit={ENTRY};adit.desktop");
        assert_eq!(claimed, list.replace("x-scheme-handler/adit=adit.desktop", &ours));
        assert_eq!(with(&claimed, ADIT), claimed.replace("adit.desktop\n", "adit.desktop;\n"));
        assert_eq!(without(&claimed, ADIT), list.replace("=adit.desktop", "=adit.desktop;"));
        assert_eq!(without(list, ADIT), list);
    }

    #[test]
    fn a_list_that_is_a_link_stays_one() {
        let home = tempfile::tempdir().unwrap();
        let places = Places::of(&home.path().join("share"), home.path());
        let real = home.path().join("dotfiles.list");
        std::fs::write(&real, "").unwrap();
        std::os::unix::fs::symlink(&real, &places.list).unwrap();
        places.claim(Path::new("/opt/adit-app")).unwrap();
        assert!(places.list.is_symlink());
        assert!(std::fs::read_to_string(real).unwrap().contains(ENTRY));
    }
}

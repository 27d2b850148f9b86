//! A desktop entry among those that the session starts.
//! <https://specifications.freedesktop.org/autostart-spec/latest/>

use std::{
    io,
    path::{Path, PathBuf},
};

use super::{NAME, Wish, read, remove};
use crate::{desktop_entry, file};

/// What names the program, and has the session pass over an entry whose program has gone.
const PROGRAM: &str = "TryExec=";

#[cfg(target_os = "linux")]
pub(super) fn enable(program: &str, option: &str, wish: Wish) -> io::Result<()> {
    write(&usual()?, program, option, wish)
}

#[cfg(target_os = "linux")]
pub(super) fn disable(option: &str) -> io::Result<()> {
    remove(&usual()?, |text| is_ours(text, option))
}

#[cfg(target_os = "linux")]
fn usual() -> io::Result<PathBuf> {
    let folders = directories::BaseDirs::new()
        .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "there is no home folder"))?;
    Ok(place(folders.config_dir()))
}

fn place(config: &Path) -> PathBuf {
    config.join("autostart").join(format!("{NAME}.desktop"))
}

fn write(place: &Path, program: &str, option: &str, wish: Wish) -> io::Result<()> {
    if wish == Wish::Old && read(place)?.is_some_and(|text| stays(&text, program)) {
        return Ok(());
    }
    file::save_text(place, &entry(program, option))
}

/// Whether an entry is right as it is: it starts this program, or another one that is there.
fn stays(text: &str, program: &str) -> bool {
    let Some(named) = text.lines().find_map(|line| line.strip_prefix(PROGRAM)) else { return false };
    named == desktop_entry::text(program) || Path::new(&named.replace("\\\\", "\\")).exists()
}

/// Whether it starts an app as [`enable`] has it started: that of the system's menu, which a person may have put there, has no
/// such option.
fn is_ours(text: &str, option: &str) -> bool {
    text.lines().any(|line| line.starts_with("Exec=") && line.ends_with(&format!(" {option}")))
}

fn entry(program: &str, option: &str) -> String {
    format!(
        "[Desktop Entry]\nType=Application\nName={NAME}\n{PROGRAM}{}\nExec={}\nStartupNotify=false\nTerminal=false\n",
        desktop_entry::text(program),
        desktop_entry::command(program, option),
    )
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const OPTION: &str = "--background";

    #[test]
    fn the_program_is_one_word_whatever_its_path_has() {
        let entry = entry("/home/ana/My \"Apps\"/50% $5\\Adit.AppImage", OPTION);
        for line in [
            r#"TryExec=/home/ana/My "Apps"/50% $5\\Adit.AppImage"#,
            r#"Exec=env "/home/ana/My \\"Apps\\"/50%% \\$5\\\\Adit.AppImage" --background"#,
        ] {
            assert!(entry.lines().any(|is| is == line), "{line}: {entry}");
        }
    }

    #[test]
    fn what_the_person_did_to_it_stays_until_they_wish_for_it_again() {
        let home = tempfile::tempdir().unwrap();
        let place = place(home.path());
        let program = home.path().join("adit-app");
        fs::write(&program, "").unwrap();
        let program = program.to_str().unwrap();
        write(&place, program, OPTION, Wish::Old).unwrap();
        let off = fs::read_to_string(&place).unwrap() + "Hidden=true\n";
        fs::write(&place, &off).unwrap();
        write(&place, program, OPTION, Wish::Old).unwrap();
        assert_eq!(fs::read_to_string(&place).unwrap(), off);
        // Another Adit that is begun beside it does not take its place.
        write(&place, "/opt/other/adit-app", OPTION, Wish::Old).unwrap();
        assert_eq!(fs::read_to_string(&place).unwrap(), off);
        write(&place, program, OPTION, Wish::New).unwrap();
        assert!(!fs::read_to_string(&place).unwrap().contains("Hidden"));
        for _ in 0..2 {
            remove(&place, |text| is_ours(text, OPTION)).unwrap();
            assert!(!place.exists());
        }
        // The person has put that of the menu there.
        fs::write(&place, "[Desktop Entry]\nExec=adit-app %u\n").unwrap();
        remove(&place, |text| is_ours(text, OPTION)).unwrap();
        assert!(place.exists());
    }

    #[test]
    fn an_entry_whose_program_has_gone_follows_the_app() {
        let home = tempfile::tempdir().unwrap();
        let place = place(home.path());
        write(&place, "/nowhere/Adit-1.AppImage", OPTION, Wish::New).unwrap();
        write(&place, "/nowhere/Adit-2.AppImage", OPTION, Wish::Old).unwrap();
        assert!(fs::read_to_string(&place).unwrap().contains("Adit-2"));
        // One that says no program was not written like this.
        fs::write(&place, "[Desktop Entry]\nExec=/My Apps/adit-app --background\n").unwrap();
        write(&place, "/nowhere/Adit-2.AppImage", OPTION, Wish::Old).unwrap();
        assert!(fs::read_to_string(&place).unwrap().contains("TryExec="));
    }
}

//! A launch agent of the person's own. Untried so far.
//! <https://developer.apple.com/library/archive/documentation/MacOSX/Conceptual/BPSystemStartup/Chapters/CreatingLaunchdJobs.html>

use std::{
    io,
    path::{Path, PathBuf},
};

use super::{NAME, Wish, read};
use crate::file;

#[cfg(target_os = "macos")]
pub(super) fn enable(program: &str, option: &str, wish: Wish) -> io::Result<()> {
    write(&usual()?, program, option, wish)
}

#[cfg(target_os = "macos")]
pub(super) fn disable(option: &str) -> io::Result<()> {
    let option = format!("<string>{option}</string></array>");
    super::remove(&usual()?, |text| text.contains(&option))
}

#[cfg(target_os = "macos")]
fn usual() -> io::Result<PathBuf> {
    let folders = directories::BaseDirs::new()
        .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "there is no home folder"))?;
    Ok(place(folders.home_dir()))
}

fn place(home: &Path) -> PathBuf {
    home.join("Library").join("LaunchAgents").join(format!("{NAME}.plist"))
}

/// Whether the person has turned it off in the system's settings stands elsewhere, and stays in any case.
fn write(place: &Path, program: &str, option: &str, wish: Wish) -> io::Result<()> {
    let agent = agent(program, option);
    if wish == Wish::Old && read(place)?.is_some_and(|text| text == agent || starts_what_is_there(&text)) {
        return Ok(());
    }
    file::save_text(place, &agent)
}

fn starts_what_is_there(agent: &str) -> bool {
    let program = agent.split_once("<array><string>").and_then(|(_, rest)| rest.split_once("</string>"));
    program.is_some_and(|(program, _)| Path::new(&plain(program)).exists())
}

fn agent(program: &str, option: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n\
         <plist version=\"1.0\">\n<dict>\n<key>Label</key>\n<string>{NAME}</string>\n<key>ProgramArguments</key>\n\
         <array><string>{}</string><string>{option}</string></array>\n<key>RunAtLoad</key>\n<true/>\n</dict>\n</plist>\n",
        escaped(program)
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn plain(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_path_is_a_text_of_xml_whatever_it_has() {
        let path = "/Users/ana/R&D <old>/\"My\" Adit.app/Contents/MacOS/adit-app";
        let agent = agent(path, "--background");
        let line = "<array><string>/Users/ana/R&amp;D &lt;old&gt;/\"My\" Adit.app/Contents/MacOS/adit-app</string>\
                    <string>--background</string></array>";
        assert!(agent.lines().any(|is| is == line), "{agent}");
        assert_eq!(plain(&escaped("&lt;")), "&lt;");
    }

    #[test]
    fn it_follows_an_app_that_was_moved_and_no_other() {
        let home = tempfile::tempdir().unwrap();
        let (place, here) = (place(home.path()), home.path().join("R&D"));
        fs::write(&here, "").unwrap();
        let here = here.to_str().unwrap();
        write(&place, "/nowhere/adit-app", "--background", Wish::New).unwrap();
        write(&place, here, "--background", Wish::Old).unwrap();
        assert_eq!(fs::read_to_string(&place).unwrap(), agent(here, "--background"));
        write(&place, "/other/adit-app", "--background", Wish::Old).unwrap();
        assert_eq!(fs::read_to_string(&place).unwrap(), agent(here, "--background"));
    }
}

//! A value of the user's own among what the session runs. Untried so far.
//! <https://learn.microsoft.com/windows/win32/setupapi/run-and-runonce-registry-keys>

#[cfg(windows)]
use std::io;
use std::path::Path;

#[cfg(windows)]
use windows_registry::CURRENT_USER;

#[cfg(windows)]
use super::{NAME, Wish};

#[cfg(windows)]
const RUN: &str = r"Software\Microsoft\Windows\CurrentVersion\Run";
/// Where the Task Manager and the system's settings write down what the user has turned off.
#[cfg(windows)]
const APPROVED: &str = r"Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run";

#[cfg(windows)]
pub(super) fn enable(program: &str, option: &str, wish: Wish) -> io::Result<()> {
    let command = command(program, option);
    let run = CURRENT_USER.create(RUN)?;
    match wish {
        Wish::Old => {
            let is = run.get_string(NAME).ok();
            if is.is_some_and(|is| is == command || starts_what_is_there(&is)) {
                return Ok(());
            }
        }
        // Whoever wishes for it here does not want it turned off there.
        Wish::New => {
            if let Ok(approved) = CURRENT_USER.options().write().open(APPROVED)
                && let Err(error) = approved.remove_value(NAME)
            {
                // Most often there is none.
                tracing::debug!(%error, "what the system says of starting at login stays");
            }
        }
    }
    Ok(run.set_string(NAME, command)?)
}

#[cfg(windows)]
pub(super) fn disable(option: &str) -> io::Result<()> {
    let Ok(run) = CURRENT_USER.options().read().write().open(RUN) else { return Ok(()) };
    if run.get_string(NAME).is_ok_and(|command| command.ends_with(&format!(" {option}"))) {
        run.remove_value(NAME)?;
    }
    Ok(())
}

/// The program in quotes: without them, Windows would first try what comes before each blank of its path. A path has none.
fn command(program: &str, option: &str) -> String {
    format!("\"{program}\" {option}")
}

fn starts_what_is_there(command: &str) -> bool {
    let program = command.strip_prefix('"').and_then(|rest| rest.split_once('"'));
    program.is_some_and(|(program, _)| Path::new(program).exists())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_one_word_whatever_its_path_has() {
        let command = command(r"C:\Users\Ana B\50% R&D\adit-app.exe", "--background");
        assert_eq!(command, r#""C:\Users\Ana B\50% R&D\adit-app.exe" --background"#);
    }

    #[test]
    fn a_command_without_quotes_is_written_anew() {
        let here = std::env::current_exe().unwrap().display().to_string();
        assert!(starts_what_is_there(&command(&here, "--background")));
        assert!(!starts_what_is_there(&command("/nowhere/adit-app", "--background")));
        assert!(!starts_what_is_there(&format!("{here} --background")));
    }
}

//! What a program on a host is started with: shell, home and variables. Nothing of the cloud's own environment
//! passes but what a shell cannot do without; a token may be among the rest.

use std::ffi::OsString;
use std::path::Path;

/// Whose program it is, and where.
pub(super) struct Account<'a> {
    pub(super) user: &'a str,
    pub(super) host: &'a str,
    pub(super) home: &'a Path,
}

/// Variables that the client has set on a channel.
#[derive(Debug, Clone, Default)]
pub(super) struct Environment(Vec<(String, String)>);

/// What passes from the environment of the cloud, besides the locale.
#[cfg(unix)]
const INHERITED: &[&str] = &["PATH", "TZ", "TMPDIR"];
#[cfg(windows)]
const INHERITED: &[&str] = &[
    "PATH",
    "PATHEXT",
    "SystemRoot",
    "SystemDrive",
    "windir",
    "ComSpec",
    "TEMP",
    "TMP",
    "ProgramData",
    "ProgramFiles",
    "ProgramFiles(x86)",
    "CommonProgramFiles",
    "NUMBER_OF_PROCESSORS",
    "OS",
    "PROCESSOR_ARCHITECTURE",
    "PSModulePath",
];

impl Environment {
    /// Takes a variable where a client may set it: locale, colour and time zone, as `sshd` does by default or
    /// is commonly told to.
    pub(super) fn set(&mut self, name: &str, value: &str) -> bool {
        let known = name == "LANG"
            || name == "LANGUAGE"
            || name == "COLORTERM"
            || name == "TZ"
            || name.strip_prefix("LC_").is_some_and(|rest| {
                !rest.is_empty() && rest.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            });
        if !known || value.contains('\0') {
            return false;
        }
        self.0.retain(|(set, _)| set != name);
        self.0.push((name.to_owned(), value.to_owned()));
        true
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// All variables of a program.
    pub(super) fn variables(
        &self,
        account: &Account<'_>,
        shell: &Shell,
        term: Option<&str>,
    ) -> Vec<(OsString, OsString)> {
        let mut all: Vec<(OsString, OsString)> = Vec::new();
        let mut put = |name: &str, value: OsString| all.push((name.into(), value));
        if std::env::var_os("PATH").is_none() && cfg!(unix) {
            put("PATH", "/usr/local/bin:/usr/bin:/bin".into());
        }
        for name in INHERITED {
            if let Some(value) = std::env::var_os(name) {
                put(name, value);
            }
        }
        put("LANG", "C.UTF-8".into());
        put("HOME", account.home.into());
        put("USER", account.user.into());
        put("LOGNAME", account.user.into());
        if cfg!(windows) {
            put("USERPROFILE", account.home.into());
            put("USERNAME", account.user.into());
        } else {
            put("SHELL", shell.program.clone());
        }
        if let Some(term) = term {
            put("TERM", term.into());
            for (name, value) in shell.kind.prompt(account) {
                put(name, value.into());
            }
        }
        for (name, value) in &self.0 {
            put(name, value.into());
        }
        all
    }
}

/// A shell and how it is spoken to.
#[derive(Debug, Clone)]
pub(super) struct Shell {
    pub(super) program: OsString,
    pub(super) kind: ShellKind,
}

/// Families of shells that differ in options and prompts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ShellKind {
    Bash,
    Zsh,
    /// Any other that takes its prompt from `PS1`, or no notice of it.
    Plain,
    PowerShell,
    Cmd,
}

impl Shell {
    /// The shell of the user who runs the cloud.
    pub(super) fn of_user() -> Self {
        if cfg!(windows) {
            return match std::env::var_os("ComSpec") {
                Some(program) => Self { program, kind: ShellKind::Cmd },
                None => Self { program: "powershell.exe".into(), kind: ShellKind::PowerShell },
            };
        }
        let configured = std::env::var_os("SHELL").filter(|path| Path::new(path).is_file());
        let program = configured.unwrap_or_else(|| {
            let bash = Path::new("/bin/bash");
            if bash.is_file() { bash.into() } else { "/bin/sh".into() }
        });
        let kind = match Path::new(&program).file_name().and_then(|name| name.to_str()) {
            Some("bash") => ShellKind::Bash,
            Some("zsh") => ShellKind::Zsh,
            Some(_) | None => ShellKind::Plain,
        };
        Self { program, kind }
    }
}

impl ShellKind {
    /// Options for an interactive shell. The user's own start files belong to another home and are not read.
    pub(super) fn interactive(self) -> &'static [&'static str] {
        match self {
            Self::Bash => &["--noprofile", "--norc", "-i"],
            Self::Zsh => &["-f", "-i"],
            Self::Plain => &["-i"],
            Self::PowerShell => &["-NoLogo", "-NoProfile"],
            Self::Cmd => &[],
        }
    }

    /// Options for a shell that reads commands from a pipe.
    pub(super) fn piped(self) -> &'static [&'static str] {
        match self {
            Self::Bash | Self::Zsh | Self::Plain => &["-s"],
            Self::PowerShell => &["-NoLogo", "-NoProfile", "-Command", "-"],
            Self::Cmd => &["/Q"],
        }
    }

    /// The option before a command.
    pub(super) fn command(self) -> &'static str {
        match self {
            Self::Bash | Self::Zsh | Self::Plain => "-c",
            Self::PowerShell => "-Command",
            Self::Cmd => "/C",
        }
    }

    /// Variables that make the prompt `user@host:~$ `.
    fn prompt(self, account: &Account<'_>) -> Vec<(&'static str, String)> {
        let Account { user, host, .. } = account;
        match self {
            Self::Bash => vec![(
                "PS1",
                format!("\\[\\e[32m\\]{user}@{host}\\[\\e[0m\\]:\\[\\e[34m\\]\\w\\[\\e[0m\\]$ "),
            )],
            Self::Zsh => vec![("PS1", format!("%F{{green}}{user}@{host}%f:%F{{blue}}%~%f$ "))],
            Self::Plain => vec![("PS1", format!("{user}@{host}:$ "))],
            Self::PowerShell => vec![],
            Self::Cmd => vec![("PROMPT", format!("{user}@{host}:$P$G "))],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_locale_from_the_client_and_no_more() {
        let mut environment = Environment::default();
        for name in ["LANG", "LC_ALL", "COLORTERM"] {
            assert!(environment.set(name, "x"), "{name}");
        }
        for name in ["PATH", "LD_PRELOAD", "LC_", "LC-ALL", "LANG=", "BASH_ENV", ""] {
            assert!(!environment.set(name, "x"), "{name}");
        }
        assert!(!environment.set("LANG", "a\0b"));
    }

    #[test]
    fn a_program_sees_its_own_home_and_not_the_cloud_s_variables() {
        let account = Account { user: "sam", host: "web-1", home: Path::new("/nowhere/sam") };
        let shell = Shell { program: "/bin/bash".into(), kind: ShellKind::Bash };
        let mut environment = Environment::default();
        environment.set("LANG", "de_DE.UTF-8");
        let variables = environment.variables(&account, &shell, Some("xterm-256color"));
        let last = |name: &str| {
            variables.iter().rev().find(|(n, _)| n == name).map(|(_, v)| v.to_string_lossy().into_owned())
        };
        assert_eq!(last("HOME").as_deref(), Some("/nowhere/sam"));
        assert_eq!(last("LANG").as_deref(), Some("de_DE.UTF-8"));
        assert_eq!(last("TERM").as_deref(), Some("xterm-256color"));
        assert!(last("PS1").is_some_and(|prompt| prompt.contains("sam@web-1")));
        // set by the build for every test, and therefore a stand-in for anything of the parent's
        assert_eq!(last("CARGO_MANIFEST_DIR"), None);
    }
}

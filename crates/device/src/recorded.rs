//! A system that answers from recordings.

use std::collections::HashMap;

use crate::probe::{Hive, Probe};

#[derive(Default)]
pub(crate) struct Recorded {
    files: HashMap<String, String>,
    variables: HashMap<String, String>,
    values: HashMap<(String, String), String>,
    programs: HashMap<String, String>,
    pub(crate) bit_locker: Option<i32>,
}

impl Recorded {
    pub(crate) fn file(mut self, path: &str, text: &str) -> Self {
        self.files.insert(path.into(), text.into());
        self
    }

    pub(crate) fn set(mut self, variable: &str, value: &str) -> Self {
        self.variables.insert(variable.into(), value.into());
        self
    }

    pub(crate) fn value(mut self, key: &str, name: &str, value: &str) -> Self {
        self.values.insert((key.into(), name.into()), value.into());
        self
    }

    /// What a command line says.
    pub(crate) fn says(mut self, command: &str, text: &str) -> Self {
        self.programs.insert(command.into(), text.into());
        self
    }
}

impl Probe for Recorded {
    fn read(&self, path: &str) -> Option<String> {
        self.files.get(path).cloned()
    }

    fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(name).cloned()
    }

    fn registry(&self, hive: Hive, key: &str, value: &str) -> Option<String> {
        let hive = match hive {
            Hive::Machine => "HKLM",
            Hive::User => "HKCU",
        };
        self.values.get(&(format!("{hive}\\{key}"), value.into())).cloned()
    }

    async fn run(&self, program: &str, arguments: &[&str]) -> Option<String> {
        let command = std::iter::once(program).chain(arguments.iter().copied()).collect::<Vec<_>>().join(" ");
        self.programs.get(&command).cloned()
    }

    async fn bit_locker(&self, _: &str) -> Option<i32> {
        self.bit_locker
    }
}

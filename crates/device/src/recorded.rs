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

mod tests {
    use proptest::prelude::*;

    use super::Recorded;
    use crate::{keyboard, linux, macos, windows};

    /// Every question is answered by the same nonsense.
    struct Nonsense(String, i32);

    impl super::Probe for Nonsense {
        fn read(&self, _: &str) -> Option<String> {
            Some(self.0.clone())
        }

        fn variable(&self, _: &str) -> Option<String> {
            Some(self.0.clone())
        }

        fn registry(&self, _: super::Hive, _: &str, _: &str) -> Option<String> {
            Some(self.0.clone())
        }

        async fn run(&self, _: &str, _: &[&str]) -> Option<String> {
            Some(self.0.clone())
        }

        async fn bit_locker(&self, _: &str) -> Option<i32> {
            Some(self.1)
        }
    }

    const PIECES: &[&str] = &[
        "ID=",
        "VERSION_ID=",
        "\"",
        "\n",
        " / ",
        " - ",
        "/dev/sda",
        "{\"blockdevices\":",
        "[",
        "{",
        "}",
        "]",
        ":",
        "\"type\":\"crypt\"",
        "true",
        "gnome",
        "kde",
        "YES",
        "NO",
        "AzureAdJoined",
        "DomainJoined",
        "0x1",
        "0x",
        "0e796bdb-100d-47d6-a2d5-f7d2daa51f51",
        "MDM enrollment:",
        "FileVault is ",
        "é",
        "\u{0}",
    ];

    fn nonsense() -> impl Strategy<Value = String> {
        let piece = prop_oneof![proptest::sample::select(PIECES).prop_map(str::to_owned), any::<String>()];
        proptest::collection::vec(piece, 0..20).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_answer_makes_it_panic(text in nonsense(), number in any::<i32>()) {
            let probe = Nonsense(text, number);
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(async {
                linux::look(&probe).await;
                macos::look(&probe).await;
                windows::look(&probe).await;
                keyboard::linux::look(&probe).await;
                keyboard::macos(&probe).await;
                keyboard::windows(&probe);
            });
        }
    }

    #[tokio::test]
    async fn no_two_systems_are_taken_for_one() {
        let silent = Recorded::default();
        let types = [linux::look(&silent).await, macos::look(&silent).await, windows::look(&silent).await]
            .map(|device| device.os_type.value.map(crate::OsType::name));
        assert_eq!(types, [Some("DESKTOP_LINUX"), Some("DESKTOP_MAC"), Some("DESKTOP_WINDOWS")]);
    }
}

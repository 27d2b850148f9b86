//! How a setting is declared, and what every declaration has in common whatever its values are.

use adit_contract::{ScopeKind, SettingKind, SettingNeed, SettingOption, SettingSpec, SettingValue};
use serde::{Serialize, de::DeserializeOwned};

use super::check;
use crate::words::settings as words;

/// A setting whose values are of type `T`. Code reads it by its constant in [`super::table`], never by its key.
#[derive(Debug)]
pub struct Setting<T: 'static> {
    pub(super) key: &'static str,
    pub(super) title: &'static str,
    pub(super) help: &'static str,
    pub(super) group: &'static str,
    pub(super) kind: Kind,
    pub(super) default: T,
    pub(super) reach: Reach,
    pub(super) link: Link,
    /// The key and the value of a choice without which this one has no effect.
    pub(super) needs: Option<(&'static str, &'static str)>,
}

/// Which values a setting takes.
#[derive(Debug)]
pub(super) enum Kind {
    Toggle,
    Choice(&'static [Choice]),
    /// Both bounds are included.
    Number {
        min: u32,
        max: u32,
        unit: &'static str,
    },
    /// An empty text stands for none, and passes whatever `check` says.
    Text {
        /// Longest, in characters.
        max: u32,
        hint: &'static str,
        check: Check,
    },
    List {
        /// Most lines.
        max: u32,
        hint: &'static str,
        check: Check,
    },
}

/// Gives a line as it is kept, or says what is to be written instead.
pub(super) type Check = fn(&str) -> Result<String, String>;

/// One of the values of a choice.
#[derive(Debug)]
pub(super) struct Choice {
    pub(super) value: &'static str,
    pub(super) title: &'static str,
    pub(super) help: &'static str,
}

/// Where a setting can be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// Only everywhere.
    Everywhere,
    /// Everywhere, for a project, for a zone, for a VM, for a profile; the nearest one counts.
    Inherited,
}

impl Reach {
    pub(super) fn scopes(self) -> &'static [ScopeKind] {
        match self {
            Self::Everywhere => &[ScopeKind::Everywhere],
            Self::Inherited => &[
                ScopeKind::Everywhere,
                ScopeKind::Project,
                ScopeKind::Zone,
                ScopeKind::Vm,
                ScopeKind::Profile,
            ],
        }
    }
}

/// Whether an address such as `adit://rdp/PROJECT/ZONE/INSTANCE` may say a value, for the one connection that it offers.
/// Anybody can put one into a web page, and the person who agrees to it may not look closely.
#[derive(Debug, Clone, Copy)]
pub(super) enum Link {
    /// It may not: it would share files of this computer, guard a password less, or means nothing for one connection.
    Never,
    /// It may, by what stands behind the dot of the key: `port` for `rdp.port`.
    May {
        /// Its name in IAP Desktop's addresses, where it has one.
        iap: Option<Iap>,
    },
}

/// What IAP Desktop's addresses call a setting.
/// <https://googlecloudplatform.github.io/iap-desktop/connect-by-url/>
#[derive(Debug, Clone, Copy)]
pub(super) struct Iap {
    pub(super) name: &'static str,
    /// Its values there, each with the words that set the same here, or with none where there is no such value. Empty:
    /// they are written as they are here.
    pub(super) values: &'static [(&'static str, Option<&'static str>)],
}

/// A declaration, whatever its values are.
pub(super) trait Declared: Sync {
    fn key(&self) -> &'static str;
    fn title(&self) -> &'static str;
    fn kind(&self) -> &Kind;
    fn reach(&self) -> Reach;
    fn link(&self) -> Link;
    fn default(&self) -> SettingValue;
    fn spec(&self) -> SettingSpec;
    /// Whether a value that passed the check is one that code can read.
    #[cfg(test)]
    fn reads(&self, value: &SettingValue) -> bool;
}

impl<T> Setting<T> {
    /// Its name in files and on the command line.
    #[must_use]
    pub fn key(&self) -> &'static str {
        self.key
    }
}

impl<T: Serialize + DeserializeOwned + Clone + Sync> Declared for Setting<T> {
    fn key(&self) -> &'static str {
        self.key
    }

    fn title(&self) -> &'static str {
        self.title
    }

    fn kind(&self) -> &Kind {
        &self.kind
    }

    fn reach(&self) -> Reach {
        self.reach
    }

    fn link(&self) -> Link {
        self.link
    }

    fn default(&self) -> SettingValue {
        let value = serde_json::to_value(&self.default).and_then(serde_json::from_value);
        // A test holds that each default is a value; this keeps a mistake there from ending anything here.
        value.unwrap_or(SettingValue::Toggle(false))
    }

    fn spec(&self) -> SettingSpec {
        let kind = match &self.kind {
            Kind::Toggle => SettingKind::Toggle,
            Kind::Choice(options) => SettingKind::Choice {
                options: options
                    .iter()
                    .map(|option| SettingOption {
                        value: option.value.to_owned(),
                        title: option.title.to_owned(),
                        help: option.help.to_owned(),
                    })
                    .collect(),
            },
            Kind::Number { min, max, unit } => {
                SettingKind::Number { min: *min, max: *max, unit: (*unit).to_owned() }
            }
            Kind::Text { max, hint, .. } => SettingKind::Text { max: *max, hint: (*hint).to_owned() },
            Kind::List { max, hint, .. } => SettingKind::List { max: *max, hint: (*hint).to_owned() },
        };
        SettingSpec {
            key: self.key.to_owned(),
            title: self.title.to_owned(),
            help: self.help.to_owned(),
            group: self.group.to_owned(),
            kind,
            default: self.default(),
            scopes: self.reach.scopes().to_vec(),
            needs: self.needs.map(|(key, value)| SettingNeed {
                key: key.to_owned(),
                value: SettingValue::Text(value.to_owned()),
            }),
        }
    }

    #[cfg(test)]
    fn reads(&self, value: &SettingValue) -> bool {
        self.typed(value).is_some()
    }
}

impl<T: DeserializeOwned + Clone> Setting<T> {
    fn typed(&self, value: &SettingValue) -> Option<T> {
        serde_json::to_value(value).and_then(serde_json::from_value).ok()
    }

    /// A value in the type that code reads; only checked ones are ever given.
    pub(super) fn read(&self, value: &SettingValue) -> T {
        self.typed(value).unwrap_or_else(|| self.default.clone())
    }
}

impl Kind {
    /// A value as it is kept.
    ///
    /// # Errors
    /// What is to be given instead, in a sentence.
    pub(super) fn check(&self, value: SettingValue) -> Result<SettingValue, String> {
        match (self, value) {
            (Self::Toggle, SettingValue::Toggle(on)) => Ok(SettingValue::Toggle(on)),
            (Self::Choice(options), SettingValue::Text(value))
                if options.iter().any(|option| option.value == value) =>
            {
                Ok(SettingValue::Text(value))
            }
            (Self::Number { min, max, .. }, SettingValue::Number(number))
                if (*min..=*max).contains(&number) =>
            {
                Ok(SettingValue::Number(number))
            }
            (Self::Text { max, check, .. }, SettingValue::Text(text)) => {
                let text = check::line(&text, *max)?;
                if text.is_empty() {
                    Ok(SettingValue::Text(text))
                } else {
                    check(&text).map(SettingValue::Text)
                }
            }
            (Self::List { max, check, .. }, SettingValue::List(lines)) => {
                check::lines(&lines, *max, *check).map(SettingValue::List)
            }
            (
                Self::Toggle | Self::Choice(_) | Self::Number { .. } | Self::Text { .. } | Self::List { .. },
                SettingValue::Toggle(_)
                | SettingValue::Number(_)
                | SettingValue::Text(_)
                | SettingValue::List(_),
            ) => Err(self.wanted()),
        }
    }

    /// What is to be given, in a sentence.
    pub(super) fn wanted(&self) -> String {
        match self {
            Self::Toggle => words::ON_OR_OFF.to_owned(),
            Self::Choice(options) => {
                let values: Vec<&str> = options.iter().map(|option| option.value).collect();
                words::one_of(&values)
            }
            Self::Number { min, max, .. } => words::whole_number(*min, *max),
            Self::Text { max, .. } => words::line_of_at_most(*max),
            Self::List { max, .. } => words::lines_at_most(*max),
        }
    }

    /// A value from the words of a command line: one, or for a list as many as there are.
    ///
    /// # Errors
    /// What is to be given instead, in a sentence.
    pub(super) fn parse(&self, words: &[String]) -> Result<SettingValue, String> {
        let value = match (self, words) {
            (Self::List { .. }, words) => SettingValue::List(words.to_vec()),
            (Self::Toggle, [word]) => match word.as_str() {
                "on" | "true" => SettingValue::Toggle(true),
                "off" | "false" => SettingValue::Toggle(false),
                _ => return Err(self.wanted()),
            },
            (Self::Number { .. }, [word]) => SettingValue::Number(word.parse().map_err(|_| self.wanted())?),
            (Self::Choice(_) | Self::Text { .. }, [word]) => SettingValue::Text(word.clone()),
            (Self::Toggle | Self::Number { .. } | Self::Choice(_) | Self::Text { .. }, _) => {
                return Err(self.wanted());
            }
        };
        self.check(value)
    }
}

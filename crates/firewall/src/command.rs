//! `gcloud` commands to copy into a POSIX shell. Names come from outside, so each is quoted; one that could be taken
//! for something else than a name makes that there is no command.

/// A command in the making.
pub(crate) struct Command {
    text: Option<String>,
}

/// The value of a flag.
#[derive(Clone, Copy)]
pub(crate) enum Flag<'a> {
    /// It has none.
    Set,
    /// One value.
    One(&'a str),
    /// The only value of a flag that takes a list.
    Listed(&'a str),
}

impl Command {
    pub(crate) fn new(start: &str) -> Self {
        Self { text: Some(start.to_owned()) }
    }

    /// Adds a name without a flag.
    pub(crate) fn word(self, word: &str) -> Self {
        let word = if word.starts_with('-') { None } else { quoted(word) };
        self.push(word)
    }

    pub(crate) fn flag(self, name: &str, value: Flag<'_>) -> Self {
        let flag = match value {
            Flag::Set => Some(format!("--{name}")),
            // gcloud splits a list at commas, or at what stands between two `^` in front.
            Flag::Listed(value) if value.contains([',', '^']) => None,
            Flag::One(value) | Flag::Listed(value) => quoted(value).map(|value| format!("--{name}={value}")),
        };
        self.push(flag)
    }

    pub(crate) fn optional(self, name: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.flag(name, Flag::Listed(value)),
            None => self,
        }
    }

    /// The command, unless one of its words cannot be written safely.
    pub(crate) fn finish(self) -> Option<String> {
        self.text
    }

    fn push(self, word: Option<String>) -> Self {
        Self { text: self.text.zip(word).map(|(text, word)| format!("{text} {word}")) }
    }
}

/// The word quoted for a POSIX shell. Control characters are not written at all: a terminal acts on them before the
/// shell does.
fn quoted(word: &str) -> Option<String> {
    if word.is_empty() || word.chars().any(char::is_control) {
        return None;
    }
    shlex::try_quote(word).ok().map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn create(name: &str, tag: &str) -> Option<String> {
        Command::new("gcloud x").word(name).flag("tag", Flag::Listed(tag)).finish()
    }

    #[test]
    fn plain_names_are_left_alone() {
        assert_eq!(create("web-1", "iap").as_deref(), Some("gcloud x web-1 --tag=iap"));
    }

    #[test]
    fn hostile_names_stay_one_word() {
        let command = create("$(id) 'x'; rm", "`id`").unwrap();
        let words = shlex::split(&command).unwrap();
        assert_eq!(words, ["gcloud", "x", "$(id) 'x'; rm", "--tag=`id`"]);
    }

    #[test]
    fn names_that_would_be_taken_for_something_else_make_no_command() {
        assert_eq!(create("--flags-file=x", "iap"), None);
        assert_eq!(create("web\n-1", "iap"), None);
        assert_eq!(create("web-1", "a,b"), None);
        assert_eq!(create("", "iap"), None);
    }
}

//! What is written to the metadata value `windows-keys`, and for whom.

use adit_contract::{Failure, InstanceRef};
use adit_ssh::guest::MAX_VALUE;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::key::Public;
use crate::{sessions::Role, words::windows_password as words};

/// The metadata's key.
pub(super) const KEY: &str = "windows-keys";
/// Longest name of a Windows user, in characters.
const LONGEST_NAME: usize = 20;
/// What no name of a Windows user has.
const FORBIDDEN: &[char] = &['"', '/', '\\', '[', ']', ':', ';', '|', '=', ',', '+', '*', '?', '<', '>', '@'];

/// What the agent is asked for.
pub(super) struct Entry<'a> {
    pub(super) user: &'a str,
    pub(super) email: &'a str,
    pub(super) key: &'a Public,
    pub(super) role: Role,
    pub(super) expires: Timestamp,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    user_name: &'a str,
    modulus: &'a str,
    exponent: &'a str,
    email: &'a str,
    expire_on: String,
    hash_function: &'a str,
    add_to_administrators: bool,
}

impl Entry<'_> {
    /// One line of JSON.
    pub(super) fn line(&self) -> serde_json::Result<String> {
        serde_json::to_string(&Line {
            user_name: self.user,
            modulus: &self.key.modulus,
            exponent: &self.key.exponent,
            email: self.email,
            expire_on: self.expires.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            hash_function: "sha256",
            add_to_administrators: self.role == Role::Administrator,
        })
    }
}

/// The value would be longer than metadata may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the metadata value windows-keys would have {0} bytes, more than the {MAX_VALUE} allowed")]
pub(super) struct Full(usize);

/// The value with a line more, and without those that have expired. Every other line stays as it is, byte for byte.
pub(super) fn appended(current: Option<&str>, line: &str, now: Timestamp) -> Result<String, Full> {
    let mut lines: Vec<&str> =
        current.unwrap_or_default().split('\n').filter(|line| !has_expired(line, now)).collect();
    // The empty piece behind a final line feed would become an empty line in the middle.
    while lines.last().is_some_and(|line| line.is_empty()) {
        lines.pop();
    }
    lines.push(line);
    let value = lines.join("\n");
    if value.len() > MAX_VALUE { Err(Full(value.len())) } else { Ok(value) }
}

fn has_expired(line: &str, now: Timestamp) -> bool {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Expiring {
        expire_on: String,
    }
    let entry = serde_json::from_str::<Expiring>(line);
    entry.ok().and_then(|entry| entry.expire_on.parse::<Timestamp>().ok()).is_some_and(|at| at < now)
}

/// Whether a Windows VM's agent makes a user of this name.
pub(crate) fn check_name(user: &str, instance: &InstanceRef) -> Result<(), Failure> {
    let length = user.chars().count();
    if length == 0 || length > LONGEST_NAME {
        return Err(words::name_length(LONGEST_NAME));
    }
    if user.chars().any(|letter| letter.is_control() || FORBIDDEN.contains(&letter))
        || user.chars().all(|letter| letter == '.' || letter == ' ')
        || user.ends_with('.')
        || user.trim() != user
    {
        return Err(words::name_letters());
    }
    if user.eq_ignore_ascii_case(&instance.name) {
        return Err(words::name_of_vm());
    }
    Ok(())
}

/// The name that a person most likely has or wants: what stands before the `@` of their address.
pub(crate) fn name_from_email(email: &str) -> String {
    let local = email.split('@').next().unwrap_or_default();
    let fits = |letter: &char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_');
    let name: String =
        local.chars().filter(fits).take(LONGEST_NAME).map(|letter| letter.to_ascii_lowercase()).collect();
    name.trim_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use adit_contract::FailureCode;

    use super::*;

    fn instance() -> InstanceRef {
        InstanceRef { project: "p".to_owned(), zone: "z".to_owned(), name: "win-1".to_owned() }
    }

    fn now() -> Timestamp {
        "2026-11-22T06:30:00Z".parse().unwrap()
    }

    #[test]
    fn an_entry_is_one_line_as_the_agent_reads_it() {
        let key = Public { modulus: "bW9k".to_owned(), exponent: "AQAB".to_owned() };
        let entry = Entry {
            user: "ana",
            email: "ana@acme.example",
            key: &key,
            role: Role::Administrator,
            expires: "2026-11-22T06:35:00.75Z".parse().unwrap(),
        };
        assert_eq!(
            entry.line().unwrap(),
            r#"{"userName":"ana","modulus":"bW9k","exponent":"AQAB","email":"ana@acme.example","expireOn":"2026-11-22T06:35:00Z","hashFunction":"sha256","addToAdministrators":true}"#
        );
        let line = Entry { role: Role::User, ..entry }.line().unwrap();
        assert!(line.ends_with(r#""addToAdministrators":false}"#), "{line}");
    }

    #[test]
    fn what_has_expired_goes_and_all_else_stays() {
        let old = r#"{"userName":"ben","expireOn":"2026-11-22T06:29:59Z"}"#;
        let live = r#"{"userName":"cem",  "expireOn":"2026-11-22T07:30:01+01:00"}"#;
        let odd = "not JSON at all";
        let current = format!("{old}\n{live}\n\n{odd}\n");
        assert_eq!(appended(Some(&current), "new", now()).unwrap(), format!("{live}\n\n{odd}\nnew"));
        assert_eq!(appended(None, "new", now()).unwrap(), "new");
        assert_eq!(appended(Some(""), "new", now()).unwrap(), "new");
        assert_eq!(appended(Some(old), "new", now()).unwrap(), "new");
    }

    #[test]
    fn a_value_does_not_outgrow_the_metadata() {
        let fits = "x".repeat(MAX_VALUE - 4);
        assert_eq!(appended(Some(&fits), "new", now()).unwrap().len(), MAX_VALUE);
        let over = "x".repeat(MAX_VALUE - 3);
        assert_eq!(appended(Some(&over), "new", now()), Err(Full(MAX_VALUE + 1)));
    }

    #[test]
    fn only_names_that_windows_takes_are_asked_for() {
        for name in ["ana", "Ana Lopez", "a.b-c_1", "ünal", &"x".repeat(20)] {
            check_name(name, &instance()).unwrap();
        }
        let long = "x".repeat(21);
        for name in
            ["", &long, "WIN-1", r"CORP\ana", "ana@corp", "a:b", "a\nb", "...", " ana", "ana ", "ana."]
        {
            assert_eq!(
                check_name(name, &instance()).unwrap_err().code,
                FailureCode::InvalidInput,
                "{name:?}"
            );
        }
    }

    #[test]
    fn a_name_is_made_of_an_address() {
        assert_eq!(name_from_email("Ana.Lopez@acme.example"), "ana.lopez");
        assert_eq!(name_from_email("a+b!c@acme.example"), "abc");
        assert_eq!(name_from_email("a-very-long-name-indeed@acme.example"), "a-very-long-name-ind");
        assert_eq!(name_from_email(".@x"), "");
    }
}

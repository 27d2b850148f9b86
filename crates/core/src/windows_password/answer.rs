//! What the agent says on the serial port: one object of JSON in each line, in a text that grows and may be cut
//! anywhere.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;

use super::key::{Hash, Public, Sealed};

/// Longest line that is kept until its end has come, in bytes: an answer has about a thousand.
const LONGEST: usize = 64 * 1024;
/// Longest reason that is shown, in characters.
const LONGEST_REASON: usize = 500;

/// What became of our entry.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// The password, for our key.
    Password(Sealed),
    /// None, and why.
    Refused(String),
}

/// A line as far as it matters. Fields come in any order; empty and false ones are left out.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Line {
    modulus: String,
    password_found: bool,
    encrypted_password: String,
    error_message: String,
    hash_function: String,
    ready: bool,
}

/// Reads the text piece by piece and finds the answer to one key.
pub(super) struct Answers<'a> {
    key: &'a Public,
    /// The line that has no end yet.
    tail: String,
    /// The line under way is longer than any answer.
    skipping: bool,
}

impl<'a> Answers<'a> {
    pub(super) fn new(key: &'a Public) -> Self {
        Self { key, tail: String::new(), skipping: false }
    }

    /// Takes what has come since the last time.
    pub(super) fn take(&mut self, text: &str) -> Option<Answer> {
        let mut pieces = text.split('\n').peekable();
        while let Some(piece) = pieces.next() {
            let is_end = pieces.peek().is_none();
            if !self.skipping {
                self.tail.push_str(piece);
                if self.tail.len() > LONGEST {
                    self.tail = String::new();
                    self.skipping = true;
                }
            }
            // The last line may be whole although no other has begun.
            let answer = self.read();
            if answer.is_some() {
                return answer;
            }
            if !is_end {
                self.tail.clear();
                self.skipping = false;
            }
        }
        None
    }

    fn read(&self) -> Option<Answer> {
        let line: Line = serde_json::from_str(self.tail.trim()).ok()?;
        if line.modulus != self.key.modulus {
            return None;
        }
        if !line.password_found || line.encrypted_password.is_empty() {
            let reason = if line.error_message.is_empty() { "no reason given" } else { &line.error_message };
            let shown = reason.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST_REASON);
            return Some(Answer::Refused(shown.collect()));
        }
        // An agent that does not name a hash has never heard that there are others.
        let hash = match line.hash_function.as_str() {
            "" | "sha1" => Hash::Sha1,
            "sha256" => Hash::Sha256,
            "sha512" => Hash::Sha512,
            other => return Some(Answer::Refused(format!("the password is sealed by way of {other:.20}"))),
        };
        Some(match STANDARD.decode(&line.encrypted_password) {
            Ok(bytes) => Answer::Password(Sealed { bytes, hash }),
            Err(_) => Answer::Refused("the password came in no base64".to_owned()),
        })
    }
}

/// Whether an agent has said anything in this text: that it is ready, or an answer to anybody.
pub(super) fn shows_agent(text: &str) -> bool {
    text.lines().any(|line| {
        serde_json::from_str::<Line>(line.trim()).is_ok_and(|line| line.ready || !line.modulus.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> Public {
        Public { modulus: "bW9k/ulus".to_owned(), exponent: "AQAB".to_owned() }
    }

    fn sealed(bytes: &[u8], hash: Hash) -> Option<Answer> {
        Some(Answer::Password(Sealed { bytes: bytes.to_vec(), hash }))
    }

    #[test]
    fn an_answer_is_found_wherever_the_text_is_cut() {
        let text = concat!(
            "boot\n{\"ready\":true}\n",
            "{\"modulus\":\"other\",\"passwordFound\":true,\"encryptedPassword\":\"AAAA\"}\n",
            "{\"encryptedPassword\":\"c2VjcmV0\",\"userName\":\"änä\",\"passwordFound\":true,",
            "\"modulus\":\"bW9k\\/ulus\",\"exponent\":\"AQAB\",\"hashFunction\":\"sha256\"}\n",
        );
        let key = key();
        for first in (0..=text.len()).filter(|at| text.is_char_boundary(*at)) {
            for second in [first, (first + 7).min(text.len()), text.len()] {
                if !text.is_char_boundary(second) {
                    continue;
                }
                let mut answers = Answers::new(&key);
                let pieces = [&text[..first], &text[first..second], &text[second..]];
                let found: Vec<Answer> = pieces.iter().filter_map(|piece| answers.take(piece)).collect();
                assert!(!found.is_empty(), "cut at {first} and {second}");
                assert_eq!(found.into_iter().next(), sealed(b"secret", Hash::Sha256));
            }
        }
    }

    #[test]
    fn a_last_line_needs_no_end() {
        let key = key();
        let mut answers = Answers::new(&key);
        let line = r#"{"passwordFound":true,"encryptedPassword":"c2VjcmV0","modulus":"bW9k/ulus"}"#;
        assert_eq!(answers.take(line), sealed(b"secret", Hash::Sha1), "no hash is named: SHA-1");
    }

    #[test]
    fn a_refusal_has_its_reason() {
        let key = key();
        let take = |line: &str| Answers::new(&key).take(line);
        let refused = |reason: &str| Some(Answer::Refused(reason.to_owned()));
        assert_eq!(
            take("{\"errorMessage\":\"no\\u0007 way\",\"passwordFound\":false,\"modulus\":\"bW9k/ulus\"}\n"),
            refused("no  way")
        );
        assert_eq!(take("{\"modulus\":\"bW9k/ulus\"}\n"), refused("no reason given"));
        let odd = |hash: &str| {
            format!(
                "{{\"modulus\":\"bW9k/ulus\",\"passwordFound\":true,\"encryptedPassword\":\"AA==\",\
                 \"hashFunction\":\"{hash}\"}}\n"
            )
        };
        assert_eq!(take(&odd("sha512")), sealed(&[0], Hash::Sha512));
        assert_eq!(take(&odd("sha1")), sealed(&[0], Hash::Sha1));
        assert_eq!(take(&odd("md5")), refused("the password is sealed by way of md5"));
        assert_eq!(
            take("{\"modulus\":\"bW9k/ulus\",\"passwordFound\":true,\"encryptedPassword\":\"*\"}\n"),
            refused("the password came in no base64")
        );
    }

    #[test]
    fn a_line_without_end_does_not_fill_memory() {
        let key = key();
        let mut answers = Answers::new(&key);
        for _ in 0..100 {
            assert_eq!(answers.take(&"x".repeat(LONGEST / 4)), None);
            assert!(answers.tail.len() <= LONGEST + LONGEST / 4);
        }
        let line =
            "\n{\"passwordFound\":true,\"encryptedPassword\":\"c2VjcmV0\",\"modulus\":\"bW9k/ulus\"}\n";
        assert_eq!(answers.take(line), sealed(b"secret", Hash::Sha1));
    }

    #[test]
    fn an_agent_is_seen_by_what_it_says() {
        assert!(!shows_agent("booting\nGCEMetadataScripts: done\n{\"a\":1}\n"));
        assert!(shows_agent("x\r\n{\"ready\":true,\"version\":\"1\"}\r\n"));
        assert!(shows_agent("{\"modulus\":\"a\"}"));
    }
}

//! One entry of `windows-keys`, and the line that answers it.

use aws_lc_rs::rsa::{
    OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OAEP_SHA512_MGF1SHA512, OaepAlgorithm,
    OaepPublicEncryptingKey, PublicEncryptingKey, PublicKeyComponents,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use super::{AccountRefusal, EntryId, Rank, password};
use crate::landscape::WindowsAgent;

/// An entry as a client wrote it; what else is in it counts for nothing.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Entry {
    #[serde(default)]
    pub(super) user_name: String,
    #[serde(default)]
    modulus: String,
    #[serde(default)]
    exponent: String,
    #[serde(default)]
    expire_on: String,
    #[serde(default)]
    hash_function: Option<String>,
    #[serde(default)]
    password_length: Option<i64>,
    #[serde(default)]
    add_to_administrators: Option<bool>,
}

/// The answer: empty and false fields are left out.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    error_message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    encrypted_password: Option<String>,
    user_name: &'a str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    password_found: bool,
    exponent: &'a str,
    modulus: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    hash_function: Option<&'a str>,
}

impl Entry {
    /// The entry of a line, if the agent would look at it: complete and not expired.
    pub(super) fn parse(line: &str, now: Timestamp) -> Option<Self> {
        let entry: Self = serde_json::from_str(line.trim()).ok()?;
        let complete = !entry.user_name.is_empty() && !entry.modulus.is_empty() && !entry.exponent.is_empty();
        let current = crate::state::guest::instant(&entry.expire_on).is_some_and(|at| at > now);
        (complete && current).then_some(entry)
    }

    pub(super) fn id(&self) -> EntryId {
        EntryId {
            user: self.user_name.clone(),
            modulus: self.modulus.clone(),
            expires: self.expire_on.clone(),
        }
    }

    /// A new password as the entry wishes it.
    pub(super) fn password(&self) -> SecretString {
        password::made(self.password_length)
    }

    /// The rank asked for, if any was.
    pub(super) fn rank(&self) -> Option<Rank> {
        self.add_to_administrators.map(|yes| if yes { Rank::Administrator } else { Rank::User })
    }

    /// The line that gives the password to whoever has the entry's private key, or says why there is none.
    pub(super) fn answer(
        &self,
        password: Result<&SecretString, AccountRefusal>,
        agent: WindowsAgent,
    ) -> String {
        // an agent of years ago does not know that there are others
        let named = match agent {
            WindowsAgent::Old => "sha1",
            WindowsAgent::Current
            | WindowsAgent::Split
            | WindowsAgent::Failing
            | WindowsAgent::Silent
            | WindowsAgent::Absent => {
                self.hash_function.as_deref().filter(|name| !name.is_empty()).unwrap_or("sha1")
            }
        };
        let encrypted = password
            .map_err(|refusal| match refusal {
                AccountRefusal::Name => {
                    "error running createUser: The specified username is invalid.".to_owned()
                }
                AccountRefusal::TooMany => {
                    "error running createUser: Not enough server storage is available to process this command."
                        .to_owned()
                }
            })
            .and_then(|password| self.encrypt(password, named));
        let common = Answer {
            user_name: &self.user_name,
            exponent: &self.exponent,
            modulus: &self.modulus,
            ..Answer::default()
        };
        let answer = match encrypted {
            Ok(encrypted) => Answer {
                encrypted_password: Some(encrypted),
                password_found: true,
                hash_function: (agent != WindowsAgent::Old).then_some(named),
                ..common
            },
            Err(message) => Answer { error_message: Some(message), ..common },
        };
        let line = serde_json::to_string(&answer).unwrap_or_default();
        if agent == WindowsAgent::Old { line.replace('/', r"\/") } else { line }
    }

    /// The line of an agent to which the system says no.
    pub(super) fn failure(&self) -> String {
        let answer = Answer {
            error_message: Some("error running resetPwd: Access is denied.".to_owned()),
            user_name: &self.user_name,
            exponent: &self.exponent,
            modulus: &self.modulus,
            ..Answer::default()
        };
        serde_json::to_string(&answer).unwrap_or_default()
    }

    fn encrypt(&self, password: &SecretString, hash: &str) -> Result<String, String> {
        let algorithm: &'static OaepAlgorithm = match hash {
            "sha1" => &OAEP_SHA1_MGF1SHA1,
            "sha256" => &OAEP_SHA256_MGF1SHA256,
            "sha512" => &OAEP_SHA512_MGF1SHA512,
            other => return Err(format!("unknown hash function requested: {other:?}")),
        };
        let number = |name: &str, text: &str| {
            let bytes = STANDARD.decode(text).map_err(|error| format!("error decoding {name}: {error}"))?;
            // some write a number with zeros before it
            let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
            Ok::<_, String>(bytes.get(zeros..).unwrap_or_default().to_vec())
        };
        let components = PublicKeyComponents {
            n: number("modulus", &self.modulus)?,
            e: number("exponent", &self.exponent)?,
        };
        let failed = |_| "error encrypting password: crypto/rsa: the public key is not usable".to_owned();
        let key: PublicEncryptingKey = components.try_into().map_err(failed)?;
        let key = OaepPublicEncryptingKey::new(key).map_err(failed)?;
        let mut encrypted = vec![0; key.ciphertext_size()];
        let encrypted =
            key.encrypt(algorithm, password.expose_secret().as_bytes(), &mut encrypted, None).map_err(
                |_| "error encrypting password: crypto/rsa: message too long for RSA key size".to_owned(),
            )?;
        Ok(STANDARD.encode(encrypted))
    }
}

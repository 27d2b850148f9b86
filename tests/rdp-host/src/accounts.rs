//! Who may sign in, and how a program that starts this one says so.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader, Stdin, stdin};

/// Longest line on standard input, in bytes.
const LONGEST_LINE: u64 = 1 << 20;

/// Names and passwords; a clone is another handle on the same.
#[derive(Clone, Default)]
pub(crate) struct Accounts(Arc<Mutex<BTreeMap<String, String>>>);

impl Accounts {
    pub(crate) fn of_one(name: &str, password: &str) -> Self {
        let accounts = Self::default();
        accounts.lock().insert(name.to_lowercase(), password.to_owned());
        accounts
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The password of an account; capitals do not count in its name, as on Windows.
    pub(crate) fn password(&self, name: &str) -> Option<String> {
        self.lock().get(&name.to_lowercase()).cloned()
    }
}

/// The first line on standard input: what belongs to the whole life of the one who starts us.
#[derive(Deserialize)]
pub(crate) struct First {
    /// What each connection begins with, so that other users of this machine are kept out.
    pub(crate) key: String,
    /// The certificate to show and its key, both in PEM.
    pub(crate) certificate: String,
    pub(crate) private: String,
}

#[derive(Deserialize)]
struct Told {
    accounts: Vec<Account>,
}

#[derive(Deserialize)]
struct Account {
    name: String,
    password: String,
}

/// Standard input as lines of JSON. Its end is the end of this program.
pub(crate) struct Teller(BufReader<Stdin>);

impl Teller {
    pub(crate) fn new() -> Self {
        Self(BufReader::new(stdin()))
    }

    async fn line(&mut self) -> Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        (&mut self.0).take(LONGEST_LINE).read_until(b'\n', &mut line).await?;
        match line.last() {
            None => Ok(None),
            Some(b'\n') => Ok(Some(line)),
            Some(_) => bail!("an incomplete line on standard input"),
        }
    }

    pub(crate) async fn first(&mut self) -> Result<First> {
        let line = self.line().await?.context("nothing on standard input")?;
        // The line holds a key: an error of the parser's would quote it.
        serde_json::from_slice(&line)
            .ok()
            .context("the first line on standard input is not what was expected")
    }

    /// Takes the next list of accounts; false at the end.
    pub(crate) async fn accounts(&mut self, into: &Accounts) -> Result<bool> {
        let Some(line) = self.line().await? else { return Ok(false) };
        let told: Told =
            serde_json::from_slice(&line).ok().context("a line on standard input has no accounts")?;
        *into.lock() = told.accounts.into_iter().map(|one| (one.name.to_lowercase(), one.password)).collect();
        Ok(true)
    }
}

//! Windows guests: their accounts, and the agent that makes these and resets their passwords.

mod agent;
mod answer;
mod password;

use std::collections::{BTreeMap, HashSet};

use secrecy::SecretString;
use tokio::sync::watch;

use super::{GuestId, State};
use crate::landscape::Instance;

pub(super) use agent::Wake;

/// Accounts of one machine at most.
const MOST_ACCOUNTS: usize = 128;

/// A local account.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    pub(crate) name: String,
    pub(crate) password: SecretString,
    pub(crate) rank: Rank,
}

/// What an account may do on its machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rank {
    User,
    Administrator,
}

/// What names an entry of `windows-keys`: one is handled once.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct EntryId {
    user: String,
    modulus: String,
    expires: String,
}

/// What one Windows guest keeps, also while it does not run.
#[derive(Debug, Default)]
pub(super) struct Windows {
    /// By the name in small letters, in which Windows compares them.
    accounts: BTreeMap<String, Account>,
    /// Of the entries that are in the metadata.
    handled: HashSet<EntryId>,
}

/// Why an account could not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AccountRefusal {
    Name,
    TooMany,
}

impl Windows {
    pub(super) fn new(instance: &Instance) -> Self {
        let account = |(name, password): (&String, &crate::landscape::FirstPassword)| {
            let account =
                Account { name: name.clone(), password: password.0.clone(), rank: Rank::Administrator };
            (name.to_lowercase(), account)
        };
        Self { accounts: instance.windows_users.iter().map(account).collect(), handled: HashSet::new() }
    }

    /// Resets an account's password, or makes the account. `wished` is the rank that was asked for: a new account is an
    /// administrator's unless it says otherwise, one that exists becomes one only if it says so.
    fn set(
        &mut self,
        name: &str,
        machine: &str,
        password: SecretString,
        wished: Option<Rank>,
    ) -> Result<(), AccountRefusal> {
        let key = name.to_lowercase();
        if let Some(account) = self.accounts.get_mut(&key) {
            account.password = password;
            if wished == Some(Rank::Administrator) {
                account.rank = Rank::Administrator;
            }
            return Ok(());
        }
        if !crate::landscape::is_account_name(name, machine) {
            return Err(AccountRefusal::Name);
        }
        if self.accounts.len() >= MOST_ACCOUNTS {
            return Err(AccountRefusal::TooMany);
        }
        let rank = wished.unwrap_or(Rank::Administrator);
        self.accounts.insert(key, Account { name: name.to_owned(), password, rank });
        Ok(())
    }
}

impl State {
    /// The accounts of a Windows guest as they are now; none of another guest.
    pub(crate) fn accounts(&self, id: &GuestId) -> Vec<Account> {
        let Some(index) = self.0.by_id.get(&id.0) else { return Vec::new() };
        let world = self.world();
        world.windows.get(index).map(|one| one.accounts.values().cloned().collect()).unwrap_or_default()
    }

    /// Changes whenever an account of any guest does.
    pub(crate) fn account_changes(&self) -> watch::Receiver<()> {
        self.0.accounts.subscribe()
    }
}

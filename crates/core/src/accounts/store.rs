//! The list of accounts, and the OAuth client: small files without secrets.

use std::path::{Path, PathBuf};

use adit_contract::{AccountSource, CloudKind, Failure};
use adit_google::OAuthClient;
use serde::{Deserialize, Serialize};

use crate::{
    cloud::Cloud,
    failure::{self, Subject},
    file::{
        self,
        versioned::{self, Changed, Form, Kept},
    },
    keychain::Keychain,
    words::{accounts as words, files},
};

/// What is kept of an account in the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Record {
    /// `issuer|sub|client id`
    pub(crate) id: String,
    /// The cloud it signed in to.
    pub(crate) cloud: String,
    pub(crate) email: String,
    pub(crate) sub: String,
    pub(crate) source: AccountSource,
    /// The OAuth client's id.
    pub(crate) client: String,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Content {
    accounts: Vec<Record>,
}

impl Form for Content {
    const VERSION: u64 = 1;
}

/// The file `accounts.json`, which the accounts of all clouds share.
#[derive(Debug)]
pub(crate) struct Store {
    path: PathBuf,
}

impl Store {
    pub(crate) fn new(folder: &Path) -> Self {
        Self { path: folder.join("accounts.json") }
    }

    /// The accounts of one cloud.
    pub(crate) async fn load(&self, cloud: &str) -> (Vec<Record>, Option<Failure>) {
        let path = self.path.clone();
        let read = file::blocking(move || versioned::read::<Content>(&path)).await;
        let of_cloud = |content: Content| {
            content.accounts.into_iter().filter(|record| record.cloud == cloud).collect::<Vec<Record>>()
        };
        match read {
            Ok(Kept::Absent) => (Vec::new(), None),
            Ok(Kept::Value(content)) => (of_cloud(content), None),
            Ok(Kept::Later(content)) => {
                (content.map(of_cloud).unwrap_or_default(), Some(words::list_later(&self.path)))
            }
            Ok(Kept::SetAside(aside)) => (Vec::new(), Some(words::list_set_aside(&aside))),
            Err(error) => (Vec::new(), Some(files::failure(words::LIST_NOT_READ, &self.path, &error))),
        }
    }

    pub(crate) async fn add(&self, record: Record) -> Result<(), Failure> {
        self.change(move |accounts| {
            match accounts.iter_mut().find(|known| same(known, &record.id, &record.cloud)) {
                Some(known) => *known = record,
                None => accounts.push(record),
            }
        })
        .await
    }

    pub(crate) async fn remove(&self, id: &str, cloud: &str) -> Result<(), Failure> {
        let (id, cloud) = (id.to_owned(), cloud.to_owned());
        self.change(move |accounts| accounts.retain(|known| !same(known, &id, &cloud))).await
    }

    async fn change(&self, change: impl FnOnce(&mut Vec<Record>) + Send + 'static) -> Result<(), Failure> {
        let path = self.path.clone();
        let changed = file::blocking(move || {
            versioned::change(&path, |content: &mut Content| (change(&mut content.accounts), Changed::Yes))
        });
        changed.await.map_err(|error| files::failure(words::LIST_NOT_WRITTEN, &self.path, &error))
    }
}

fn same(record: &Record, id: &str, cloud: &str) -> bool {
    record.id == id && record.cloud == cloud
}

/// The id of the person's OAuth client, as it stands in `oauth-client.json`. Its secret is in the keychain.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ClientFile {
    client_id: String,
}

impl Form for ClientFile {
    const VERSION: u64 = 1;
}

/// The person's OAuth client between two runs.
#[derive(Debug)]
pub(crate) struct RememberedClient;

impl RememberedClient {
    /// The client that was chosen earlier. A local cloud knows its own and needs none.
    pub(crate) async fn load(folder: &Path, cloud: &Cloud, keychain: &Keychain) -> Option<OAuthClient> {
        match cloud.kind {
            CloudKind::Local => return Some(OAuthClient::local_cloud()),
            CloudKind::Google => {}
        }
        let path = folder.join("oauth-client.json");
        let file = match file::blocking(move || versioned::read::<ClientFile>(&path)).await {
            Ok(Kept::Value(file) | Kept::Later(Some(file))) => file,
            Ok(Kept::Absent | Kept::Later(None) | Kept::SetAside(_)) | Err(_) => return None,
        };
        let secret = keychain.get(&entry(&file.client_id)).await;
        Some(OAuthClient { id: file.client_id, secret })
    }

    /// Takes a client from the JSON file that Google's console offers: the id is kept in a file of ours, the
    /// secret in the keychain.
    pub(crate) async fn take(
        folder: &Path,
        source: &Path,
        keychain: &Keychain,
    ) -> Result<OAuthClient, Failure> {
        /// The largest file that is read, in bytes; a client's has far less than one thousand.
        const LARGEST: u64 = 64 * 1024;
        let path = source.to_owned();
        let text = file::blocking(move || file::read_text_at_most(&path, LARGEST))
            .await
            .map_err(|error| files::failure(words::CLIENT_NOT_READ, source, &error))?;
        let text = zeroize::Zeroizing::new(text);
        let client =
            OAuthClient::from_file_json(&text).map_err(|error| failure::google(&error, Subject::Account))?;
        match &client.secret {
            Some(secret) => keychain.set(&entry(&client.id), secret).await,
            None => {
                let _ = keychain.delete(&entry(&client.id)).await;
            }
        }
        let path = folder.join("oauth-client.json");
        let content = ClientFile { client_id: client.id.clone() };
        let written = {
            let path = path.clone();
            file::blocking(move || versioned::write(&path, &content)).await
        };
        written.map_err(|error| files::failure(words::CLIENT_NOT_WRITTEN, &path, &error))?;
        Ok(client)
    }
}

fn entry(client: &str) -> String {
    format!("oauth-client|{client}")
}

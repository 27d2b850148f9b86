//! What the tests share: who answers for the user.

use std::sync::Mutex;
use std::time::Duration;

use adit_ssh::{HostKey, Interaction, Prompt};
use async_trait::async_trait;
use secrecy::SecretString;

/// Nothing here takes this long; a test that waits for ever should fail, not hang.
pub(crate) const HANG: Duration = Duration::from_secs(60);

/// Awaits `future`, failing the test where it hangs.
pub(crate) async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(HANG, future).await.unwrap_or_else(|_| panic!("{what}: nothing happened"))
}

/// A user who trusts or not, and who gives prepared answers.
#[derive(Default)]
pub(crate) struct User {
    pub(crate) trusts: bool,
    pub(crate) answers: Mutex<Vec<Option<Vec<&'static str>>>>,
    pub(crate) seen_keys: Mutex<Vec<HostKey>>,
    pub(crate) seen_prompts: Mutex<Vec<(String, String, Vec<Prompt>)>>,
    pub(crate) seen_banners: Mutex<Vec<String>>,
}

#[async_trait]
impl Interaction for User {
    async fn trust_new_host_key(&self, key: &HostKey) -> bool {
        self.seen_keys.lock().unwrap().push(key.clone());
        self.trusts
    }

    async fn answer_prompts(
        &self,
        title: &str,
        instruction: &str,
        prompts: &[Prompt],
    ) -> Option<Vec<SecretString>> {
        self.seen_prompts.lock().unwrap().push((title.to_owned(), instruction.to_owned(), prompts.to_vec()));
        let answers = self.answers.lock().unwrap().remove(0)?;
        Some(answers.into_iter().map(SecretString::from).collect())
    }

    fn banner(&self, text: &str) {
        self.seen_banners.lock().unwrap().push(text.to_owned());
    }
}

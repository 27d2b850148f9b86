//! Changing an instance's metadata while others may do the same.

use std::time::Duration;

use adit_contract::{Failure, InstanceRef};
use adit_google::{ErrorKind, Google, Metadata, MetadataItem};

use crate::{
    explain::Refused,
    failure::{self, Subject},
    inventory::at,
};

/// How often the metadata is written anew when somebody else wrote in between.
const TRIES: u32 = 6;

/// What is to be done with them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
    /// Nothing.
    Nothing,
    /// This key gets this value; all others stay.
    Set { key: String, value: String },
}

impl Change {
    pub(crate) fn set(key: &str, value: String) -> Self {
        Self::Set { key: key.to_owned(), value }
    }
}

/// Changes the metadata as `plan` says, and anew from what is there then when somebody else was faster.
pub(crate) async fn change(
    google: &Google,
    instance: &InstanceRef,
    mut metadata: Metadata,
    mut plan: impl FnMut(&Metadata) -> Result<Change, Failure>,
) -> Result<(), Refused> {
    let said = |error: &adit_google::Error| failure::refused(error, Subject::Instance(instance));
    let mut tries = 0;
    loop {
        let Change::Set { key, value } = plan(&metadata)? else { return Ok(()) };
        let fingerprint = metadata
            .fingerprint
            .as_ref()
            .ok_or_else(|| failure::internal("the instance came without its metadata's fingerprint"))?;
        let mut items = metadata.items.clone();
        match items.iter_mut().find(|item| item.key == key) {
            Some(item) => item.value = Some(value),
            None => items.push(MetadataItem::new(key, value)),
        }
        match google.set_metadata(&at(instance), fingerprint, &items).await {
            Ok(()) => return Ok(()),
            Err(error) if error.kind == ErrorKind::Conflict && tries < TRIES => {
                tries += 1;
                tokio::time::sleep(jittered(Duration::from_millis(100 * (1 << tries)))).await;
                metadata = google.instance(&at(instance)).await.map_err(|error| said(&error))?.metadata;
            }
            Err(error) => return Err(said(&error)),
        }
    }
}

/// Half to all of a time, so that two who collided do not do so again.
pub(crate) fn jittered(time: Duration) -> Duration {
    time.mul_f64(rand::random_range(0.5..1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_stays_within_half_and_whole() {
        for _ in 0..100 {
            let time = jittered(Duration::from_secs(2));
            assert!((Duration::from_secs(1)..=Duration::from_secs(2)).contains(&time));
        }
    }
}

//! A Windows user's password, set by the VM's own agent (guest access, section 8): our public key goes into the
//! instance's metadata, the agent answers on a serial port with a password that only our key opens.

mod answer;
mod entry;
mod key;

use std::time::Duration;

use adit_contract::{Failure, FailureCode, InstanceRef};
use adit_google::{Google, Instance, Os};
use jiff::Timestamp;
use secrecy::SecretString;
use tokio::time::Instant;

use self::{
    answer::{Answer, Answers},
    entry::Entry,
    key::Key,
};
use crate::{
    explain::Refused,
    failure::{self, Subject},
    file,
    inventory::at,
    metadata::{self, Change},
    sessions::{Context, Role, vm},
    words::windows_password as words,
};

pub(crate) use self::entry::{check_name, name_from_email};

/// The serial port on which the agent answers.
const PORT: u8 = 4;
/// How long the agent may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long the entry is valid.
const VALID: Duration = Duration::from_secs(5 * 60);
/// Between two looks at the serial port, at first and at last.
const LOOKS: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(2)];

/// A password that was set.
pub(crate) struct Set {
    pub(crate) password: SecretString,
    /// The instance, as it was read for it.
    pub(crate) read: Instance,
}

/// Has the VM's agent create the user, or give an existing one a new password, and gives that.
pub(crate) async fn set(
    context: &Context,
    instance: &InstanceRef,
    user: &str,
    role: Role,
) -> Result<Set, Refused> {
    check_name(user, instance)?;
    let google = context.access.google();
    let (read, common) = tokio::join!(vm::read(context, instance), vm::common_metadata(context, instance));
    let read = read?;
    check_agent(&read, &common, instance)?;
    let email = context.access.identity().await?.email.clone();
    // Making a key takes long enough to be felt by others.
    let key = file::blocking(|| Key::generate().map_err(std::io::Error::other))
        .await
        .map_err(|error| failure::internal(error.to_string()))?;

    // What is there already is read first: it says whether there is an agent, and where its answer is going to be.
    let before = look(&google, instance, 0).await?;
    let is_ready = answer::shows_agent(&before.contents);
    let expires = Timestamp::now()
        .checked_add(VALID)
        .map_err(|_| failure::internal("the entry's end is out of range"))?;
    let entry = Entry { user, email: &email, key: key.public(), role, expires };
    let line = entry.line().map_err(|error| failure::internal(error.to_string()))?;
    metadata::change(&google, instance, read.metadata.clone(), |current| {
        match entry::appended(current.get(entry::KEY), &line, Timestamp::now()) {
            Ok(value) => Ok(Change::set(entry::KEY, value)),
            Err(full) => Err(words::metadata_full(&instance.name, full.to_string())),
        }
    })
    .await?;
    let password = wait(&google, instance, &key, before.next, is_ready).await?;
    Ok(Set { password, read })
}

/// Waits for the agent's answer from this place of the serial port's text on.
async fn wait(
    google: &Google,
    instance: &InstanceRef,
    key: &Key,
    mut next: i64,
    was_ready: bool,
) -> Result<SecretString, Refused> {
    let name = &instance.name;
    let until = Instant::now() + PATIENCE;
    let [mut pause, longest] = LOOKS;
    let mut answers = Answers::new(key.public());
    let mut is_ready = was_ready;
    while Instant::now() + pause < until {
        tokio::time::sleep(pause).await;
        pause = (pause * 3 / 2).min(longest);
        let output = match look(google, instance, next).await {
            Ok(output) => output,
            // One that fails for a moment is asked again.
            Err(refused) if refused.failure.code == FailureCode::Network => continue,
            Err(refused) => return Err(refused),
        };
        next = output.next;
        is_ready |= answer::shows_agent(&output.contents);
        match answers.take(&output.contents) {
            None => {}
            Some(Answer::Password(sealed)) => {
                return key
                    .open(&sealed)
                    .map_err(|error| words::answer_not_opened(name, error.to_string()).into());
            }
            Some(Answer::Refused(reason)) => {
                return Err(words::refused(name, reason).into());
            }
        }
    }
    Err(if is_ready { words::agent_busy(name) } else { words::agent_not_ready(name) }.into())
}

async fn look(
    google: &Google,
    instance: &InstanceRef,
    start: i64,
) -> Result<adit_google::SerialOutput, Refused> {
    let looked = google.serial_port_output(&at(instance), PORT, start).await;
    looked.map_err(|error| failure::refused(&error, Subject::Instance(instance)))
}

/// Whether there can be an agent that does it.
fn check_agent(read: &Instance, common: &[(String, String)], instance: &InstanceRef) -> Result<(), Failure> {
    let name = &instance.name;
    match read.os {
        Os::Linux => return Err(words::no_windows(name)),
        Os::Windows | Os::Unknown => {}
    }
    if vm::flags(read, common).account_manager_disabled.is_on() {
        return Err(words::agent_may_not(name));
    }
    Ok(())
}

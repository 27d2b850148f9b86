//! A Windows user's password, set by the VM's own agent (guest access, section 8): our public key goes into the
//! instance's metadata, the agent answers on a serial port with a password that only our key opens.

mod answer;
mod entry;
mod key;

use std::time::Duration;

use adit_contract::{Action, Failure, FailureCode, InstanceRef};
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
            Err(full) => Err(no_room(&instance.name, &full)),
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
                return key.open(&sealed).map_err(|error| {
                    let title = format!("The answer of {name} could not be opened");
                    Failure::new(FailureCode::ProtocolViolation, title, "Try again.")
                        .with_action(Action::TryAgain)
                        .with_server("agent", error.to_string())
                        .into()
                });
            }
            Some(Answer::Refused(reason)) => {
                let title = format!("{name} set no password");
                let advice = "Its agent says why below. A name may be taken, or not allowed there.";
                return Err(Failure::new(FailureCode::Server, title, advice)
                    .with_action(Action::TryAgain)
                    .with_server("agent", reason)
                    .into());
            }
        }
    }
    let (title, advice) = if is_ready {
        (
            format!("{name} did not set the password in time"),
            "Its agent has said something before, so it may be busy. Try again in a minute.",
        )
    } else {
        (
            format!("The agent of {name} is not ready"),
            "The VM may still be booting, have no Google agent, or not run Windows. Try again in a few minutes.",
        )
    };
    let failure = Failure::new(FailureCode::NotSupported, title, advice).with_action(Action::TryAgain);
    Err(failure.into())
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
    let refused = |title: String, advice: &str| Err(Failure::new(FailureCode::NotSupported, title, advice));
    match read.os {
        Os::Linux => {
            return refused(
                format!("{name} does not run Windows"),
                "Only the agent of a Windows VM sets passwords.",
            );
        }
        Os::Windows | Os::Unknown => {}
    }
    if vm::flags(read, common).account_manager_disabled.is_on() {
        return refused(
            format!("{name} does not let its agent set passwords"),
            "Its metadata has disable-account-manager. Sign in with an account that it has.",
        );
    }
    Ok(())
}

fn no_room(name: &str, full: &entry::Full) -> Failure {
    Failure::new(
        FailureCode::InvalidInput,
        format!("There is no room for a key in the metadata of {name}"),
        "Other entries fill windows-keys. Remove some that are no longer needed.",
    )
    .with_server("metadata", full.to_string())
}

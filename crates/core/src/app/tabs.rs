//! The commands of tabs: terminals and desktops.

use adit_contract::{
    Failure, FailureCode, FilesAction, InstanceRef, LinkParameters, MAIN_WINDOW, NoteKind, SessionAnswer,
    SessionStart, StreamTicket,
};
use bytes::Bytes;
use secrecy::SecretString;

use super::App;
use crate::{
    failure,
    sessions::{self, Remember, Role, Surroundings as _},
    stream::Stream,
};

impl App {
    /// Opens a tab on an instance and begins to connect; gives the session's id.
    ///
    /// # Errors
    /// [`FailureCode::InvalidInput`] when too many tabs are open.
    pub async fn session_open(&self, instance: InstanceRef, start: SessionStart) -> Result<String, Failure> {
        self.session_open_in(MAIN_WINDOW, instance, start).await
    }

    /// [`App::session_open`], for a tab in another window than the main one.
    ///
    /// # Errors
    /// The same.
    pub async fn session_open_in(
        &self,
        window: &str,
        instance: InstanceRef,
        start: SessionStart,
    ) -> Result<String, Failure> {
        self.session_open_linked(window, instance, start, LinkParameters::default()).await
    }

    /// The same, by an address that a person agreed to.
    ///
    /// # Errors
    /// As [`App::session_open`].
    pub async fn session_open_linked(
        &self,
        window: &str,
        instance: InstanceRef,
        start: SessionStart,
        linked: LinkParameters,
    ) -> Result<String, Failure> {
        self.sessions.open(instance, start, window, linked)
    }

    /// Opens a second tab of the same in the same window: with the profile, the name and the colour of the first, and with
    /// what an address said of it. Gives the new session's id.
    ///
    /// # Errors
    /// [`FailureCode::InvalidInput`] for an unknown session, and when too many tabs are open.
    pub async fn session_duplicate(&self, id: &str) -> Result<String, Failure> {
        self.sessions.duplicate(id)
    }

    /// Takes an answer to a session's question, or to what it offers.
    ///
    /// # Errors
    /// [`FailureCode::InvalidInput`] when the session does not ask for this, [`FailureCode::File`] when what follows from
    /// it cannot be written down.
    pub async fn session_answer(&self, id: &str, answer: SessionAnswer) -> Result<(), Failure> {
        let session = self.sessions.get(id)?;
        // An answer may have to write a setting down.
        let answered = tokio::task::spawn_blocking(move || session.answer(answer)).await;
        answered.map_err(|error| failure::internal(error.to_string()))?
    }

    /// Puts a note away.
    ///
    /// # Errors
    /// [`FailureCode::InvalidInput`] for an unknown session, as with all methods below.
    pub async fn session_dismiss_note(&self, id: &str, kind: NoteKind) -> Result<(), Failure> {
        self.sessions.get(id)?.dismiss_note(kind);
        Ok(())
    }

    /// Ends what a session does; its tab stays.
    ///
    /// # Errors
    /// For an unknown session.
    pub async fn session_cancel(&self, id: &str) -> Result<(), Failure> {
        self.sessions.get(id)?.cancel();
        Ok(())
    }

    /// Closes a session's tab.
    ///
    /// # Errors
    /// For an unknown session.
    pub async fn session_close(&self, id: &str) -> Result<(), Failure> {
        self.sessions.close(id)
    }

    /// Where the front end fetches the bytes of the session's present attempt.
    ///
    /// # Errors
    /// For an unknown session.
    pub async fn terminal_attach(&self, id: &str) -> Result<StreamTicket, Failure> {
        let outlet = self.sessions.get(id)?.outlet()?;
        outlet.expect_front_end();
        let replay = outlet.way.hand_over();
        Ok(self.stream.ticket(Stream::Terminal(outlet.way.clone()), replay))
    }

    /// The next bytes of the terminal, for a front end whose socket does not come up. Waits up to 20 seconds;
    /// an empty answer means that there were none.
    ///
    /// # Errors
    /// For an unknown session.
    pub async fn terminal_pull(&self, id: &str) -> Result<Bytes, Failure> {
        let outlet = self.sessions.get(id)?.outlet()?;
        Ok(outlet.pull().await)
    }

    /// One frame from the front end, with its number from 0 for each attachment. Waits up to 20 seconds while the
    /// terminal takes no more input.
    ///
    /// # Errors
    /// For an unknown session, and for frames that make no sense.
    pub async fn terminal_push(&self, id: &str, seq: u32, frame: Bytes) -> Result<(), Failure> {
        let outlet = self.sessions.get(id)?.outlet()?;
        outlet.push(seq.into(), frame).await
    }

    /// Where the front end fetches the pictures of the session's present attempt.
    ///
    /// # Errors
    /// For an unknown session, and one that shows no desktop, as with the methods below.
    pub async fn desktop_attach(&self, id: &str) -> Result<StreamTicket, Failure> {
        let screen = self.sessions.get(id)?.screen()?;
        screen.expect_front_end();
        Ok(self.stream.ticket(Stream::Desktop(screen.way.clone()), 0))
    }

    /// The next picture message, for a front end whose socket does not come up. Waits up to 20 seconds; an empty answer
    /// means that nothing has changed.
    ///
    /// # Errors
    /// For an unknown session.
    pub async fn desktop_pull(&self, id: &str) -> Result<Bytes, Failure> {
        let screen = self.sessions.get(id)?.screen()?;
        Ok(screen.pull().await)
    }

    /// One message from the front end, with its number from 0 for each attachment. Waits up to 20 seconds while the
    /// desktop takes no more input.
    ///
    /// # Errors
    /// For an unknown session, and for messages that make no sense.
    pub async fn desktop_push(&self, id: &str, seq: u32, frame: Bytes) -> Result<(), Failure> {
        let screen = self.sessions.get(id)?.screen()?;
        screen.push(seq.into(), frame).await
    }

    /// Types the text that is on the clipboard here into a desktop.
    ///
    /// # Errors
    /// [`FailureCode::InvalidInput`] when no desktop is shown, and for no text or more than 16 KiB of it.
    pub async fn desktop_type_clipboard(&self, id: &str) -> Result<(), Failure> {
        self.sessions.get(id)?.type_clipboard().await
    }

    /// Saves files that were copied on a desktop in the folder for downloads, under names made safe, or ends that. How far
    /// it is stands in the session's information, and a note tells the end.
    ///
    /// # Errors
    /// [`FailureCode::InvalidInput`] when no desktop is shown or no files are copied there, [`FailureCode::File`] when there
    /// is no folder for downloads and none can be made.
    pub async fn desktop_files(&self, id: &str, action: FilesAction) -> Result<(), Failure> {
        self.sessions.get(id)?.copied_files(action).await
    }

    /// Has a Windows VM's agent create a user or give one a new password, and gives that: for the clipboard and nothing
    /// else. With `remember` the keychain keeps it for the VM's desktop.
    ///
    /// # Errors
    /// [`FailureCode::InvalidInput`] for a name that no Windows user has, [`FailureCode::NotSupported`] for a VM whose
    /// agent does not do that, and what Google or the agent say against it.
    pub async fn windows_password(
        &self,
        instance: InstanceRef,
        user: &str,
        administrator: bool,
        remember: bool,
    ) -> Result<SecretString, Failure> {
        let context = self.core.context(&instance, None)?;
        let role = if administrator { Role::Administrator } else { Role::User };
        let remember = if remember { Remember::InKeychain } else { Remember::No };
        let made = sessions::make_windows_password(&context, &instance, user, role, remember).await;
        made.inspect_err(|failure| {
            if failure.code == FailureCode::SignInNeeded {
                self.core.sign_in_needed(&context.account);
            }
        })
    }

    /// The password that was made for a session, for the clipboard and nothing else.
    ///
    /// # Errors
    /// [`FailureCode::InvalidInput`] when none was made.
    pub async fn made_password(&self, id: &str) -> Result<SecretString, Failure> {
        self.sessions.get(id)?.made_password()
    }
}

//! Which window shows which tab, and what is offered again at the next start.

use std::collections::BTreeMap;

use adit_contract::{Desk, Event, Failure, LeftSession, TabColour};

use super::App;

impl App {
    /// Names and colours a session's tab.
    ///
    /// # Errors
    /// [`FailureCode::InvalidInput`] for a name of more than 80 characters or with control characters.
    pub async fn session_label(
        &self,
        id: &str,
        name: Option<&str>,
        colour: TabColour,
    ) -> Result<(), Failure> {
        self.sessions.get(id)?.label(name, colour)
    }

    /// Which window shows a session.
    ///
    /// # Errors
    /// For an unknown session.
    pub fn session_window(&self, id: &str) -> Result<String, Failure> {
        Ok(self.sessions.get(id)?.info().window)
    }

    /// From now on a session is shown in the window of this label. It goes on all the while: a front end that attaches
    /// gets a terminal's last bytes, or a desktop's whole picture.
    ///
    /// # Errors
    /// For an unknown session.
    pub fn session_move(&self, id: &str, window: &str) -> Result<(), Failure> {
        self.sessions.get(id)?.show_in(window);
        Ok(())
    }

    /// Has a session's window bring its tab to the front.
    ///
    /// # Errors
    /// For an unknown session.
    pub fn session_show(&self, id: &str) -> Result<(), Failure> {
        self.sessions.get(id)?;
        self.core.sink.send(Event::SessionShown(id.to_owned()));
        Ok(())
    }

    /// A window was closed: its sessions go on in another.
    pub fn window_closed(&self, label: &str, to: &str) {
        self.desks.closed(label);
        self.sessions.window_closed(label, to);
    }

    /// Takes keys in place of the usual ones, by command.
    ///
    /// # Errors
    /// [`FailureCode::InvalidInput`] for too many or too long ones, [`FailureCode::File`] when they cannot be written; they
    /// hold until the app ends all the same.
    pub async fn keys_set(&self, keys: BTreeMap<String, Vec<String>>) -> Result<(), Failure> {
        self.keys.set(keys, |keys| self.core.sink.send(Event::Keys(keys))).await
    }

    /// How a window was left: in this run, or in the one before.
    #[must_use]
    pub fn desk_left(&self, label: &str) -> Option<Desk> {
        self.desks.left(label)
    }

    /// Remembers how a window's tabs are arranged, and what it still offers from the run before.
    ///
    /// # Errors
    /// [`FailureCode::InvalidInput`] for more than 256 KiB or too many tabs, [`FailureCode::File`] when it cannot be
    /// written.
    pub async fn desk_save(
        &self,
        label: &str,
        dock: String,
        offered: Vec<LeftSession>,
    ) -> Result<(), Failure> {
        self.desks.save(label, dock, offered, &self.sessions).await
    }

    /// Labels of the windows beside the main one that the run before left with sessions.
    #[must_use]
    pub fn desk_windows(&self) -> Vec<String> {
        self.desks.windows()
    }

    /// The app ends on purpose: what was open is no accident. To be called once, at the end.
    pub fn desk_end(&self) {
        self.desks.end(&self.sessions);
    }
}

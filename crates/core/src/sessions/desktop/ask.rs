//! Who signs in to a desktop: as it is known, as the person says, or by a password that the VM's agent sets.

use adit_contract::{Failure, KeychainState, Note, NoteKind, Question, Step};
use adit_rdp::Security;
use secrecy::SecretString;

use super::{
    super::{
        attempt::Failed,
        observer::{Observer as _, Remember, Reply},
    },
    login::{Connection, KeptFor, Login, Password, Source},
    open::Opening,
};
use crate::{failure, windows_password, words};

impl Opening {
    /// The connection that a login is for. Of a profile that was removed meanwhile nothing is kept.
    fn connection(&self) -> Connection<'_> {
        let session = &self.tab.session;
        let profile = session.profile.as_deref().filter(|id| session.surroundings.knows_profile(id));
        Connection { context: &self.context, host: &self.host, profile }
    }

    /// Who has signed in before: in this tab, or as the keychain has it.
    pub(super) async fn known_login(&self) -> Option<Login> {
        // Another name is wished for, by a setting or by an address that was agreed to.
        let wished = |login: &Login| self.settings.user.is_empty() || self.settings.user == login.user;
        match self.tab.session.held(|held| held.login.clone()).flatten().filter(wished) {
            Some(login) => Some(login),
            None => Login::remembered(self.connection()).await.into_iter().find(wished),
        }
    }

    /// The name that a question begins with.
    pub(super) async fn likely_user(&self) -> String {
        if !self.settings.user.is_empty() {
            return self.settings.user.clone();
        }
        if let Some(login) = Login::remembered(self.connection()).await.into_iter().next() {
            return login.user;
        }
        if !self.can_set_password {
            return String::new();
        }
        let identity = self.context.access.identity().await;
        identity.map(|identity| windows_password::name_from_email(&identity.email)).unwrap_or_default()
    }

    /// Asks the person who signs in.
    pub(super) async fn ask(&self, user: String, refused: Option<Failure>) -> Result<Login, Failed> {
        let mut question = Question::Credentials {
            user,
            refused: refused.map(Box::new),
            can_remember: self.context.keychain.state() == KeychainState::Available,
            can_set_password: self.can_set_password,
            can_be_empty: self.settings.security == Security::PinnedTls,
        };
        loop {
            match self.tab.ask(question.clone()).await {
                Some(Reply::Credentials { user, password, remember }) => {
                    return Ok(Login { user, password, source: Source::Person(remember) });
                }
                Some(Reply::SetPassword { user, role, remember }) => {
                    let name = self.name();
                    self.tab.step(Step::SetPassword, words::windows_password::setting(&user, name));
                    let made =
                        windows_password::set(&self.context, &self.tab.session.instance, &user, role).await;
                    match made {
                        Ok(windows_password::Set { password, read: _ }) => {
                            self.tell_made(&user, &password);
                            return Ok(Login { user, password, source: Source::Person(remember) });
                        }
                        Err(refusal) => {
                            let mut again = question;
                            if let Question::Credentials { refused, user: name, .. } = &mut again {
                                *refused = Some(Box::new(refusal.failure));
                                *name = user;
                            }
                            question = again;
                        }
                    }
                }
                Some(Reply::Trust | Reply::Reject | Reply::Answers(_) | Reply::Certificate(_)) | None => {
                    return Err(failure::cancelled().into());
                }
            }
        }
    }

    /// Shows that there is a password to be copied.
    fn tell_made(&self, user: &str, password: &SecretString) {
        self.tab.session.held(|held| held.made = Some(password.clone()));
        self.tab.session.change(self.tab.epoch, |inner| {
            if let Some(desktop) = &mut inner.info.desktop {
                desktop.made_password = true;
            }
        });
        self.tab.note(Note {
            kind: NoteKind::PasswordSet,
            text: words::windows_password::is_set(user, self.name()),
        });
    }

    /// It was refused, and is not tried again. The keychain forgets it only if it is known to be wrong: a locked account
    /// keeps its password.
    pub(super) async fn refuse(&self, login: &Login, password: Password) {
        if password == Password::Wrong
            && let Source::Keychain(kept_for) = login.source
        {
            Login::forget(self.connection(), kept_for).await;
        }
        self.tab.session.held(super::Held::forget_login);
    }

    /// The login has worked.
    pub(super) async fn keep(&self, mut login: Login) {
        self.tab.user(&login.user);
        if login.source == Source::Person(Remember::InKeychain) {
            let connection = self.connection();
            let kept_for = login.remember(connection).await;
            if kept_for == KeptFor::Profile && self.connection().profile.is_none() {
                // It was removed while this was written, and what it had with it.
                Login::forget(connection, kept_for).await;
            }
            login.source = Source::Keychain(kept_for);
        }
        self.tab.session.held(|held| held.login = Some(login));
    }
}

//! A desk whose one VM is the stand-in, and what a person answers there.

use std::{path::PathBuf, time::Duration};

use adit_cloud::{Faults, Options};
use adit_contract::{DesktopSize, Event, Question, SessionAnswer, SessionInfo, SessionStart, SessionState};

use crate::{
    ANA, PASSWORD, PATIENCE, VM,
    desk::{Desk, instance_ref},
    host::{Host, landscape},
};

pub(crate) struct Scene {
    pub(crate) host: Host,
    pub(crate) desk: Desk,
}

impl Scene {
    pub(crate) async fn new(options: &[&str]) -> Self {
        Self::behind(options, None).await
    }

    /// One whose stand-in is reached by another port than its own.
    pub(crate) async fn behind(options: &[&str], port: Option<u16>) -> Self {
        let host = Host::start(options);
        let landscape = landscape(&format!("127.0.0.1:{}", port.unwrap_or(host.port)));
        Self { desk: Box::pin(Desk::signed_in_with(Options::new(landscape), ANA)).await, host }
    }

    pub(crate) async fn open(&self) -> String {
        open(&self.desk).await
    }

    pub(crate) async fn answer(&self, id: &str, answer: SessionAnswer) {
        self.desk.app.session_answer(id, answer).await.unwrap();
    }

    pub(crate) async fn next(&self, id: &str, seen: &mut usize) -> SessionInfo {
        next(&self.desk, id, seen).await
    }

    /// Takes a new tab through its questions, with the right answers, until it lives.
    pub(crate) async fn live(&self) -> String {
        let id = self.open().await;
        let mut seen = 0;
        loop {
            let info = self.next(&id, &mut seen).await;
            match &info.state {
                SessionState::Live => return id,
                SessionState::Asking { question: Question::Credentials { refused: None, .. } } => {
                    self.answer(&id, right(false)).await;
                }
                SessionState::Asking { question: Question::NewCertificate { .. } } => {
                    self.answer(&id, SessionAnswer::TrustCertificate { pin: true }).await;
                }
                other => panic!("{other:?}"),
            }
        }
    }

    /// The relay is lost after so many bytes of a session, and says this when it is to be resumed.
    pub(crate) fn lose_relay_after(&self, bytes: u64, code: Option<u16>) {
        let mut faults = Faults::default();
        faults.drop_after = Some(bytes);
        faults.reconnect_close = code;
        self.desk.cloud.set_faults(faults).unwrap();
    }

    pub(crate) async fn info(&self, id: &str) -> SessionInfo {
        let sessions = self.desk.app.snapshot().await.sessions;
        sessions.into_iter().find(|info| info.id == id).unwrap()
    }

    /// The place after the first event, from there on, that shows the session in such a state.
    pub(crate) fn place_of(
        &self,
        id: &str,
        since: usize,
        fits: impl Fn(&SessionState) -> bool,
    ) -> Option<usize> {
        let is_it =
            |event: &Event| matches!(event, Event::Session(info) if info.id == id && fits(&info.state));
        self.desk.events.all().iter().skip(since).position(is_it).map(|at| since + at + 1)
    }

    pub(crate) fn pins(&self) -> PathBuf {
        self.desk.config.folders.data.join("known-certificates.json")
    }

    /// Waits until the session has been in such a state since an event; gives the place after that.
    pub(crate) async fn came_to(
        &self,
        id: &str,
        since: usize,
        fits: impl Fn(&SessionState) -> bool,
    ) -> usize {
        let came = async {
            loop {
                if let Some(place) = self.place_of(id, since, &fits) {
                    return place;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        match tokio::time::timeout(PATIENCE, came).await {
            Ok(place) => place,
            Err(_) => panic!("it did not come to that; the last: {:#?}", self.desk.events.all().last()),
        }
    }
}

pub(crate) async fn open(desk: &Desk) -> String {
    let size = DesktopSize { width: 1024, height: 768, scale: 100 };
    desk.app.session_open(instance_ref(VM), SessionStart::Rdp { size }).await.unwrap()
}

/// Waits until a session rests in another state than the last one that was seen of it: it asks, lives, has ended or
/// failed.
pub(crate) async fn next(desk: &Desk, id: &str, seen: &mut usize) -> SessionInfo {
    let found = async {
        loop {
            let events = desk.events.all();
            for (at, event) in events.iter().enumerate().skip(*seen) {
                if let Event::Session(info) = event
                    && info.id == id
                    && !matches!(info.state, SessionState::Connecting { .. } | SessionState::Resuming { .. })
                {
                    *seen = at + 1;
                    return info.clone();
                }
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    match tokio::time::timeout(PATIENCE, found).await {
        Ok(info) => info,
        Err(_) => panic!("nothing came; the last: {:#?}", desk.events.all().last()),
    }
}

pub(crate) fn right(remember: bool) -> SessionAnswer {
    SessionAnswer::Credentials { user: "tester".to_owned(), password: PASSWORD.to_owned(), remember }
}

pub(crate) fn wrong() -> SessionAnswer {
    SessionAnswer::Credentials { user: "tester".to_owned(), password: "wrong".to_owned(), remember: true }
}

//! One event, and what is to be told of it.

use std::time::Instant;

use adit_contract::{
    AccountInfo, AccountState, FailureCode, NoteKind, ProfileInfo, ProfileState, Remark, SessionInfo,
    SessionState, TunnelAction, TunnelInfo, TunnelState,
};

use super::{Attention, Cause, MOST, MOST_CAUSES, News, Notice, Notices, WHILE};
use crate::{tray::Does, tunnels, words::notices as words};

/// The longest name of anything, in characters.
const LONGEST_NAME: usize = 80;

/// What comes of one event.
pub(super) struct Hearing<'a> {
    pub(super) notices: &'a mut Notices,
    attention: Attention,
    now: Instant,
    pub(super) news: Vec<News>,
}

impl<'a> Hearing<'a> {
    pub(super) fn new(notices: &'a mut Notices, attention: Attention, now: Instant) -> Self {
        Self { notices, attention, now, news: Vec::new() }
    }

    pub(super) fn accounts(&mut self, accounts: &[AccountInfo]) {
        self.notices.signed_in = Some(!accounts.is_empty());
        for account in accounts {
            let cause = Cause::SignIn(account.id.clone());
            match account.state {
                AccountState::SignInNeeded => self.tell(cause, |about| Notice {
                    about,
                    title: words::sign_in_again(&account.email),
                    text: words::SIGN_IN_AGAIN.to_owned(),
                    click: Does::Open,
                    actions: vec![(words::SIGN_IN, Does::SignIn)],
                }),
                AccountState::Ready => {
                    self.over(cause);
                    self.over(Cause::SignInFirst);
                }
            }
        }
        // One that has signed out needs nothing any more.
        let gone = self.notices.told.iter().filter(
            |cause| matches!(cause, Cause::SignIn(id) if !accounts.iter().any(|account| account.id == *id)),
        );
        for cause in gone.cloned().collect::<Vec<_>>() {
            self.over(cause);
        }
    }

    pub(super) fn session(&mut self, session: &SessionInfo) {
        let (question, lost) = (Cause::Question(session.id.clone()), Cause::Lost(session.id.clone()));
        let name = shortened(session.name.as_ref().unwrap_or(&session.instance.name));
        let show = Does::Session(session.id.clone());
        match &session.state {
            SessionState::Asking { .. } => {
                self.over(lost);
                self.tell(question, |about| Notice {
                    about,
                    title: words::question(&name),
                    text: words::QUESTION.to_owned(),
                    click: show.clone(),
                    actions: vec![(words::SHOW, show)],
                });
            }
            SessionState::Failed { failure, was_live: true } => {
                self.over(question);
                self.tell(lost, |about| Notice {
                    about,
                    title: words::session_lost(&name),
                    text: failure.title.clone(),
                    click: show.clone(),
                    actions: vec![
                        (words::RECONNECT, Does::Reconnect(session.id.clone())),
                        (words::SHOW, show),
                    ],
                });
            }
            SessionState::Connecting { .. }
            | SessionState::Live
            | SessionState::Resuming { .. }
            | SessionState::Ended { .. }
            | SessionState::Failed { was_live: false, .. } => {
                self.over(question);
                self.over(lost);
            }
        }
    }

    pub(super) fn tunnel(&mut self, tunnel: &TunnelInfo) {
        let cause = Cause::Tunnel(tunnel.id.clone());
        match &tunnel.state {
            // A command says itself what becomes of its tunnel.
            TunnelState::Failed { failure, .. } if !tunnel.by_command => {
                let name = if tunnel.spec.name.is_empty() {
                    let target = &tunnel.spec.target;
                    format!("{}:{}", tunnels::called(target), tunnels::port(target))
                } else {
                    shortened(&tunnel.spec.name)
                };
                let show = Does::Tunnels(Some(tunnel.id.clone()));
                let again = Does::Tunnel(tunnel.id.clone(), TunnelAction::Start);
                self.tell(cause, |about| Notice {
                    about,
                    title: words::tunnel_failed(&name),
                    text: failure.title.clone(),
                    click: show.clone(),
                    actions: vec![(words::START_AGAIN, again), (words::SHOW, show)],
                });
            }
            // The account's own notice says so, once for all its tunnels.
            TunnelState::SignInNeeded { .. } => {
                self.over(cause);
                self.nobody_signed_in();
            }
            TunnelState::Failed { .. } => {}
            // Somebody starts it again, perhaps from the tray, and wants to know.
            TunnelState::Stopped
            | TunnelState::Starting { .. }
            | TunnelState::Listening
            | TunnelState::Live
            | TunnelState::Resuming { .. } => self.over(cause),
        }
    }

    /// Whoever looks at a window reads there what was printed.
    pub(super) fn prints_seen(&mut self) {
        if self.attention == Attention::Here && std::mem::take(&mut self.notices.printed) {
            self.news.push(News::Withdraw(Cause::Printed));
            self.more_is_over();
        }
    }

    /// Those that are not among these are seen, or gone.
    pub(super) fn profiles_seen(&mut self, unseen: &[ProfileInfo]) {
        let seen =
            self.notices.told.iter().filter(
                |cause| matches!(cause, Cause::Profile(id) if !unseen.iter().any(|info| info.id == *id)),
            );
        for cause in seen.cloned().collect::<Vec<_>>() {
            self.over(cause);
        }
    }

    pub(super) fn profile(&mut self, info: &ProfileInfo, tunnels: &[TunnelInfo]) {
        let cause = Cause::Profile(info.id.clone());
        match &info.state {
            // It begins by itself once somebody has signed in, which they are asked to.
            ProfileState::Failed { failure }
                if failure.code == FailureCode::SignInNeeded && self.is_sign_in_asked_for() =>
            {
                self.over(cause);
                self.nobody_signed_in();
            }
            ProfileState::Failed { failure } => {
                if tunnel_says(info, tunnels) {
                    return;
                }
                let show = Does::Profiles(Some(info.id.clone()));
                self.tell(cause, |about| Notice {
                    about,
                    title: words::profile_failed(&shortened(&info.profile.name)),
                    text: failure.title.clone(),
                    click: show.clone(),
                    actions: vec![(words::START_AGAIN, Does::Profile(info.id.clone())), (words::SHOW, show)],
                });
            }
            ProfileState::Idle | ProfileState::Session { .. } | ProfileState::Tunnel { .. } => {
                self.over(cause)
            }
        }
    }

    fn is_sign_in_asked_for(&self) -> bool {
        self.notices.signed_in == Some(false)
            || self.notices.told.iter().any(|cause| matches!(cause, Cause::SignIn(_)))
    }

    /// Something waits for a sign-in. Where there is an account, that says so itself.
    fn nobody_signed_in(&mut self) {
        if self.notices.signed_in == Some(false) {
            self.tell(Cause::SignInFirst, |about| Notice {
                about,
                title: words::SIGN_IN_FIRST_TITLE.to_owned(),
                text: words::SIGN_IN_FIRST.to_owned(),
                click: Does::Open,
                actions: vec![(words::SIGN_IN, Does::SignIn)],
            });
        }
    }

    /// What was printed may be waited for at the printer.
    pub(super) fn remark(&mut self, remark: &Remark) {
        if remark.kind == NoteKind::Limited && self.attention == Attention::Elsewhere {
            // No state that could be over: each is told, until somebody looks.
            self.notices.printed = true;
            self.show(Cause::Printed, |about| Notice {
                about,
                title: remark.title.clone(),
                text: remark.advice.clone(),
                click: Does::Open,
                actions: vec![(words::SHOW, Does::Open)],
            });
        }
    }

    /// Tells it if it was not told, is not seen anyway, and there have not been too many.
    fn tell(&mut self, cause: Cause, notice: impl FnOnce(Cause) -> Notice) {
        let told = &mut self.notices.told;
        if told.len() >= MOST_CAUSES {
            told.clear();
        }
        // Whoever sees the window has seen it: it is not told once they look away.
        if told.insert(cause.clone()) && self.attention == Attention::Elsewhere {
            self.show(cause, notice);
        }
    }

    /// Shows it, unless there have been too many.
    fn show(&mut self, cause: Cause, notice: impl FnOnce(Cause) -> Notice) {
        let Notices { told, recent, .. } = &mut *self.notices;
        while recent.front().is_some_and(|at| self.now.saturating_duration_since(*at) >= WHILE) {
            recent.pop_front();
        }
        if recent.len() < MOST {
            recent.push_back(self.now);
            if recent.len() == 1 {
                // What comes now is another flood.
                told.remove(&Cause::More);
            }
            self.news.push(News::Show(notice(cause)));
        } else if told.insert(Cause::More) {
            self.news.push(News::Show(Notice {
                about: Cause::More,
                title: words::MORE_TITLE.to_owned(),
                text: words::MORE.to_owned(),
                click: Does::Open,
                actions: vec![(words::SHOW, Does::Open)],
            }));
        }
    }

    /// It is over, or never was.
    pub(super) fn over(&mut self, cause: Cause) {
        let told = &mut self.notices.told;
        if told.remove(&cause) {
            self.news.push(News::Withdraw(cause));
            self.more_is_over();
        }
    }

    /// There are no others any more.
    fn more_is_over(&mut self) {
        let Notices { told, printed, .. } = &mut *self.notices;
        if told.len() == 1 && !*printed && told.remove(&Cause::More) {
            self.news.push(News::Withdraw(Cause::More));
        }
    }
}

/// Whether what a profile has opened is a tunnel that says itself that it has failed.
pub(crate) fn tunnel_says(info: &ProfileInfo, tunnels: &[TunnelInfo]) -> bool {
    tunnels.iter().any(|tunnel| {
        tunnel.profile.as_ref() == Some(&info.id) && matches!(tunnel.state, TunnelState::Failed { .. })
    })
}

pub(super) fn shortened(name: &str) -> String {
    name.chars().take(LONGEST_NAME).collect()
}

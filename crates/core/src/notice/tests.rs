use adit_contract::{
    AccountInfo, AccountSource, AccountState, Failure, FailureCode, InstanceRef, NoteKind, Profile,
    ProfileAction, ProfileState, ProfileTarget, Protocol, Question, SessionEnd, SessionInfo, SessionState,
    TunnelSpec, TunnelState, TunnelTarget,
};

use super::*;

fn session(id: &str, state: SessionState) -> Event {
    Event::Session(SessionInfo {
        id: id.into(),
        protocol: Protocol::Ssh,
        instance: InstanceRef { project: "p".into(), zone: "z".into(), name: "web-1".into() },
        desktop: None,
        user: None,
        state,
        notes: Vec::new(),
        attempt: 1,
        profile: None,
        window: adit_contract::MAIN_WINDOW.to_owned(),
        name: None,
        colour: adit_contract::TabColour::default(),
    })
}

fn asking(id: &str) -> Event {
    let question = Question::NewHostKey { algorithm: String::new(), fingerprint: String::new() };
    session(id, SessionState::Asking { question })
}

fn lost(id: &str, was_live: bool) -> Event {
    let failure = Failure::new(FailureCode::ConnectionLost, "The connection was lost", "");
    session(id, SessionState::Failed { failure, was_live })
}

fn accounts(state: AccountState) -> Event {
    let email = "ana@acme.example".to_owned();
    Event::Accounts(vec![AccountInfo { id: "1".into(), email, source: AccountSource::Browser, state }])
}

fn profile(id: &str, state: ProfileState) -> ProfileInfo {
    ProfileInfo {
        id: id.into(),
        profile: Profile {
            name: format!("profile {id}"),
            folder: Vec::new(),
            target: ProfileTarget::Search { text: "db".into() },
            action: ProfileAction::Ssh,
            account: None,
            settings: Default::default(),
            start: Default::default(),
            unconfirmed: None,
        },
        state,
        problem: None,
    }
}

fn failed(code: FailureCode) -> ProfileState {
    ProfileState::Failed { failure: Failure::new(code, "It broke", "") }
}

fn failed_tunnel(profile: &str) -> TunnelInfo {
    TunnelInfo {
        id: "7".into(),
        spec: TunnelSpec {
            name: "profile 1".to_owned(),
            target: TunnelTarget::Host {
                project: "p".into(),
                region: "r".into(),
                network: "n".into(),
                group: "g".into(),
                host: "db.acme.example".into(),
                port: 5432,
            },
            protocol: Default::default(),
            http: Default::default(),
            audience: Default::default(),
            place: Default::default(),
            wait_for_vm: false,
        },
        state: TunnelState::Failed {
            failure: Failure::new(FailureCode::Network, "It broke", ""),
            listening: false,
        },
        local: String::new(),
        sent: 0.0,
        received: 0.0,
        rate: 0.0,
        history: Vec::new(),
        connections: 0,
        resumes: 0,
        refused: 0,
        last_refusal: None,
        round_trip_ms: None,
        since: None,
        by_command: false,
        profile: Some(profile.to_owned()),
    }
}

/// The one notice that is to be shown.
fn shown(news: Vec<News>) -> Notice {
    match news.as_slice() {
        [News::Show(notice)] => notice.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_cause_is_told_once_and_again_after_it_was_over() {
    let (mut notices, now) = (Notices::default(), Instant::now());
    let mut hear = |event: &Event| notices.hear(event, Attention::Elsewhere, now);
    let told = shown(hear(&asking("1")));
    assert_eq!(told.title, "web-1 has a question");
    assert_eq!(told.click, Does::Session("1".into()));
    assert_eq!(hear(&asking("1")), []);
    assert_eq!(hear(&session("1", SessionState::Live)), [News::Withdraw(Cause::Question("1".into()))]);
    assert_eq!(hear(&session("1", SessionState::Live)), []);
    shown(hear(&asking("1")));
    assert_eq!(hear(&Event::SessionClosed("1".into())), [News::Withdraw(Cause::Question("1".into()))]);
    assert_eq!(hear(&lost("2", false)), [], "it never was open: whoever opens it sees that");
    let told = shown(hear(&lost("2", true)));
    assert_eq!(told.actions[0], ("Reconnect", Does::Reconnect("2".into())));
    assert_eq!(hear(&session("3", SessionState::Ended { end: SessionEnd::Closed })), []);
}

#[test]
fn a_sign_in_is_offered_and_the_offer_goes_with_its_cause() {
    let (mut notices, now) = (Notices::default(), Instant::now());
    let mut hear = |event: &Event| notices.hear(event, Attention::Elsewhere, now);
    let told = shown(hear(&accounts(AccountState::SignInNeeded)));
    assert_eq!(told.actions, [("Sign in", Does::SignIn)]);
    assert_eq!(hear(&accounts(AccountState::Ready)), [News::Withdraw(Cause::SignIn("1".into()))]);
    shown(hear(&accounts(AccountState::SignInNeeded)));
    assert_eq!(hear(&Event::Accounts(Vec::new())), [News::Withdraw(Cause::SignIn("1".into()))]);
}

#[test]
fn what_fails_at_login_is_told_until_it_is_seen() {
    let (mut notices, now) = (Notices::default(), Instant::now());
    let broken = || [profile("1", failed(FailureCode::NotFound))];
    let told = shown(notices.profiles(&broken(), &[], Attention::Elsewhere, now));
    assert_eq!((told.title.as_str(), told.text.as_str()), ("profile 1 did not start", "It broke"));
    assert_eq!(told.actions[0], ("Start again", Does::Profile("1".into())));
    assert_eq!(notices.profiles(&broken(), &[], Attention::Elsewhere, now), []);
    let over = [News::Withdraw(Cause::Profile("1".into()))];
    let open = [profile("1", ProfileState::Session { id: "7".into() })];
    assert_eq!(notices.profiles(&open, &[], Attention::Elsewhere, now), over);
    shown(notices.profiles(&broken(), &[], Attention::Elsewhere, now));
    assert_eq!(notices.profiles(&[], &[], Attention::Elsewhere, now), over);
    assert_eq!(notices.profiles(&[], &[], Attention::Elsewhere, now), []);
}

#[test]
fn whoever_comes_to_the_window_hears_what_has_failed_in_one_remark() {
    let broken = |id: &str| profile(id, failed(FailureCode::NotFound));
    let open = profile("9", ProfileState::Session { id: "7".into() });
    assert_eq!(missed(std::slice::from_ref(&open), &[]), None);
    let one = missed(&[open, broken("1")], &[]).unwrap();
    assert_eq!((one.title.as_str(), one.code), ("profile 1 did not start", FailureCode::NotFound));
    assert!(one.advice.starts_with("It broke. "), "{}", one.advice);
    let three = missed(&[broken("1"), broken("2"), broken("3")], &[]).unwrap();
    assert_eq!(three.title, "3 profiles did not start at login");
    assert_eq!(three.advice, "profile 1 and 2 more. The profiles say why.");
    assert_eq!(missed(&[broken("1")], &[failed_tunnel("1")]), None, "the tunnel says it");
    assert!(
        missed(&[broken("1")], &[failed_tunnel("2")]).is_some(),
        "a tunnel of the same name says nothing of it"
    );
}

#[test]
fn what_was_not_printed_is_told_each_time_and_needs_nobody_afterwards() {
    let (mut notices, now) = (Notices::default(), Instant::now());
    let remark = |kind| {
        let (title, advice) = ("Printed on win-1".to_owned(), "No paper.".to_owned());
        Event::Remark(Remark { kind, title, advice })
    };
    assert!(concerns(&remark(NoteKind::Limited)));
    for _ in 0..2 {
        let told = shown(notices.hear(&remark(NoteKind::Limited), Attention::Elsewhere, now));
        assert_eq!((told.title.as_str(), told.text.as_str()), ("Printed on win-1", "No paper."));
    }
    assert_eq!(notices.hear(&remark(NoteKind::Printed), Attention::Elsewhere, now), []);
    assert_eq!(notices.hear(&remark(NoteKind::Limited), Attention::Here, now), []);
    assert!(notices.told.is_empty());
}

#[test]
fn profiles_that_wait_for_a_sign_in_are_one_notice() {
    let (mut notices, now) = (Notices::default(), Instant::now());
    assert_eq!(notices.hear(&Event::Accounts(Vec::new()), Attention::Elsewhere, now), []);
    let waits = || failed(FailureCode::SignInNeeded);
    let all = [profile("1", waits()), profile("2", waits())];
    let told = shown(notices.profiles(&all, &[], Attention::Elsewhere, now));
    assert_eq!(told.actions, [("Sign in", Does::SignIn)]);
    let signed_in = notices.hear(&accounts(AccountState::Ready), Attention::Elsewhere, now);
    assert_eq!(signed_in, [News::Withdraw(Cause::SignInFirst)]);
    // With an account, that says so itself.
    let told = shown(notices.hear(&accounts(AccountState::SignInNeeded), Attention::Elsewhere, now));
    assert_eq!(told.about, Cause::SignIn("1".into()));
    assert_eq!(notices.profiles(&all, &[], Attention::Elsewhere, now), []);
    // Where it is another's sign-in that is missing, nothing else asks for it.
    notices.hear(&accounts(AccountState::Ready), Attention::Elsewhere, now);
    let told = shown(notices.profiles(&all[..1], &[], Attention::Elsewhere, now));
    assert_eq!(told.about, Cause::Profile("1".into()));
}

#[test]
fn what_is_printed_is_told_until_somebody_looks() {
    let (mut notices, now) = (Notices::default(), Instant::now());
    let remark = |kind| Event::Remark(Remark { kind, title: "Trouble".into(), advice: String::new() });
    assert_eq!(notices.hear(&remark(NoteKind::Printed), Attention::Elsewhere, now), []);
    let told = shown(notices.hear(&remark(NoteKind::Limited), Attention::Elsewhere, now));
    assert_eq!(told.about, Cause::Printed);
    assert_eq!(notices.profiles(&[], &[], Attention::Elsewhere, now), []);
    let over = [News::Withdraw(Cause::Printed)];
    assert_eq!(notices.profiles(&[], &[], Attention::Here, now), over);
    assert_eq!(notices.profiles(&[], &[], Attention::Here, now), []);
}

#[test]
fn what_is_seen_in_the_window_is_not_told_also_not_later() {
    let (mut notices, now) = (Notices::default(), Instant::now());
    assert_eq!(notices.hear(&asking("1"), Attention::Here, now), []);
    assert_eq!(notices.hear(&asking("1"), Attention::Elsewhere, now), []);
}

#[test]
fn twenty_sessions_lost_at_once_are_no_flood() {
    let (mut notices, now) = (Notices::default(), Instant::now());
    let told = |notices: &mut Notices, from: u32, at| -> Vec<Cause> {
        let all = (from..from + 20).map(|n| lost(&n.to_string(), true));
        let news = all.flat_map(|event| notices.hear(&event, Attention::Elsewhere, at));
        news.filter_map(|news| match news {
            News::Show(notice) => Some(notice.about),
            News::Withdraw(_) => None,
        })
        .collect()
    };
    let first = told(&mut notices, 0, now);
    assert_eq!((first.len(), first.last()), (MOST + 1, Some(&Cause::More)));
    assert_eq!(told(&mut notices, 20, now + WHILE / 2), []);
    assert_eq!(told(&mut notices, 40, now + WHILE).len(), MOST + 1);
    // When nothing is left to be done, there is no more of it either.
    let over = (0..60).flat_map(|n| {
        let closed = Event::SessionClosed(n.to_string());
        notices.hear(&closed, Attention::Elsewhere, now + WHILE)
    });
    let over: Vec<News> = over.collect();
    assert_eq!((over.len(), over.last()), (61, Some(&News::Withdraw(Cause::More))));
}

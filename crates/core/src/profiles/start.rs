//! What a profile comes to when it is started, and what those are doing that were.

use std::collections::BTreeMap;

use adit_contract::{
    Failure, InstanceRef, Profile, ProfileAction, ProfileForward, ProfileState, ProfileTarget, Protocol,
    SearchHit, SessionInfo, SessionState, TunnelInfo, TunnelSpec, TunnelState, TunnelTarget,
};

use super::check;
use crate::{
    closing::{is_on, is_open},
    words::profiles as words,
};

/// The most VMs that are named where several have the words.
const MOST_NAMED: usize = 5;

/// What is to be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Plan {
    /// A session on a VM.
    Session(Protocol, InstanceRef),
    /// A tunnel.
    Tunnel(Box<TunnelSpec>),
}

/// What keeps a profile from being started.
///
/// # Errors
/// [`FailureCode::InvalidInput`](adit_contract::FailureCode::InvalidInput) that says what is to be chosen.
pub(crate) fn hindered(profile: &Profile) -> Result<(), Failure> {
    match check::hindrance(profile) {
        None => Ok(()),
        Some(advice) => Err(words::incomplete(&profile.name, advice)),
    }
}

/// What a profile opens, once its VM is known; `choose` finds the one that has the words of a search.
///
/// # Errors
/// Those of `choose`, and [`FailureCode::InvalidInput`](adit_contract::FailureCode::InvalidInput) for a session on a host.
pub(crate) fn plan(
    profile: &Profile,
    choose: impl FnOnce(&str) -> Result<InstanceRef, Failure>,
) -> Result<Plan, Failure> {
    let tunnel = |target, forward: &ProfileForward| {
        Plan::Tunnel(Box::new(check::spec(profile.name.clone(), target, forward)))
    };
    let instance = match &profile.target {
        ProfileTarget::Instance { instance } => instance.clone(),
        ProfileTarget::Search { text } => choose(text)?,
        host @ ProfileTarget::Host { .. } => {
            let ProfileAction::Forward { forward } = &profile.action else {
                return Err(words::host_takes_forward_only());
            };
            let target = check::host_target(host, forward.port);
            return target
                .map(|target| tunnel(target, forward))
                .ok_or_else(|| crate::failure::internal("a host is no host"));
        }
    };
    Ok(match &profile.action {
        ProfileAction::Ssh => Plan::Session(Protocol::Ssh, instance),
        ProfileAction::Rdp => Plan::Session(Protocol::Rdp, instance),
        ProfileAction::Forward { forward } => tunnel(check::target(instance, forward), forward),
    })
}

/// Whether a session is what a profile opens as it stands now: it may have been changed since.
pub(crate) fn is_of(profile: &Profile, session: &SessionInfo) -> bool {
    let protocol = match &profile.action {
        ProfileAction::Ssh => Protocol::Ssh,
        ProfileAction::Rdp => Protocol::Rdp,
        ProfileAction::Forward { .. } => return false,
    };
    let leads_there = match &profile.target {
        ProfileTarget::Instance { instance } => *instance == session.instance,
        ProfileTarget::Search { .. } => true,
        ProfileTarget::Host { .. } => false,
    };
    protocol == session.protocol && leads_there
}

/// Whether a tunnel that is on is what a profile opens as it stands now.
///
/// # Errors
/// [`FailureCode::InvalidInput`](adit_contract::FailureCode::InvalidInput) when it is another forward: two of one
/// profile would be in each other's way.
pub(crate) fn runs_as(profile: &Profile, running: &TunnelSpec) -> Result<(), Failure> {
    let ProfileAction::Forward { forward } = &profile.action else { return Ok(()) };
    let target = match (&profile.target, &running.target) {
        (ProfileTarget::Instance { instance }, _) => Some(check::target(instance.clone(), forward)),
        // Where it leads was found when it was started.
        (ProfileTarget::Search { .. }, TunnelTarget::Instance { instance, .. }) => {
            Some(check::target(instance.clone(), forward))
        }
        (ProfileTarget::Search { .. }, TunnelTarget::Host { .. }) => None,
        (host @ ProfileTarget::Host { .. }, _) => check::host_target(host, forward.port),
    };
    let now = target.map(|target| check::spec(running.name.clone(), target, forward));
    if now.as_ref() == Some(running) {
        return Ok(());
    }
    Err(words::runs_otherwise(&profile.name))
}

/// The one VM that has all the words, or the one that is called so: whose name is all of `web-1` or of `name:web-1`, and, of
/// several, whose project is all of `project:acme`.
///
/// # Errors
/// [`FailureCode::NotFound`](adit_contract::FailureCode::NotFound) for none,
/// [`FailureCode::InvalidInput`](adit_contract::FailureCode::InvalidInput) for several.
pub(crate) fn choose(text: &str, hits: &[SearchHit]) -> Result<InstanceRef, Failure> {
    let text = text.trim();
    let named: Vec<&SearchHit> = match name_in(text) {
        Some(name) => hits.iter().filter(|hit| hit.instance.name.eq_ignore_ascii_case(name)).collect(),
        None => Vec::new(),
    };
    let projects = text.split_whitespace().filter_map(|word| word.strip_prefix("project:"));
    let there: Vec<&SearchHit> = projects
        .flat_map(|project| {
            named.iter().filter(move |hit| hit.instance.project.eq_ignore_ascii_case(project))
        })
        .copied()
        .collect();
    for found in [&named, &there] {
        if let [hit] = found.as_slice() {
            return Ok(hit.instance.clone());
        }
    }
    match hits {
        [] => Err(words::no_vm_has(text)),
        [hit] => Ok(hit.instance.clone()),
        hits => {
            let named = hits.iter().take(MOST_NAMED).map(|hit| hit.instance.to_string());
            Err(words::several_have(text, named))
        }
    }
}

/// Whether the words of a search may mean a VM at a place that could not be listed: `PROJECT`, or `PROJECT/ZONE`. What is no
/// such place may be any.
pub(crate) fn may_mean(text: &str, place: &str) -> bool {
    let (project, zone) =
        place.split_once('/').map_or((place, None), |(project, zone)| (project, Some(zone)));
    // No project's id: the list of projects itself.
    if project.contains(char::is_uppercase) {
        return true;
    }
    let text = text.to_lowercase();
    text.split_whitespace().all(|word| {
        if let Some(whole) = word.strip_prefix("project=") {
            return whole.is_empty() || whole == project;
        }
        match word.split_once(':') {
            Some(("project", part)) => project.contains(part),
            Some(("zone", part)) => zone.is_none_or(|zone| zone.contains(part)),
            Some(_) | None => true,
        }
    })
}

/// The word of a search that may be a VM's name: one alone, beside those that say what they are.
fn name_in(text: &str) -> Option<&str> {
    let mut names = text.split_whitespace().filter_map(|word| match word.split_once(':') {
        Some(("name", name)) => Some(name),
        Some(_) => None,
        None => Some(word),
    });
    names.next().filter(|_| names.next().is_none())
}

/// What profiles are doing, by their ids, from the sessions (oldest first) and from the tunnels of profiles.
pub(crate) fn states(
    sessions: &[SessionInfo],
    tunnels: BTreeMap<String, TunnelInfo>,
) -> BTreeMap<String, ProfileState> {
    let mut states = BTreeMap::new();
    for session in sessions {
        let Some(profile) = &session.profile else { continue };
        let state = of_session(session);
        // The newest one counts, but one that is open before one that is over.
        let is_open = |state: &ProfileState| matches!(state, ProfileState::Session { .. });
        if is_open(&state) || !states.get(profile).is_some_and(is_open) {
            states.insert(profile.clone(), state);
        }
    }
    for (profile, tunnel) in tunnels {
        let state = of_tunnel(&tunnel);
        match states.get(&profile) {
            Some(ProfileState::Session { .. }) => {}
            Some(ProfileState::Failed { .. }) if state == ProfileState::Idle => {}
            Some(ProfileState::Idle | ProfileState::Tunnel { .. } | ProfileState::Failed { .. }) | None => {
                states.insert(profile, state);
            }
        }
    }
    states
}

pub(super) fn of_session(session: &SessionInfo) -> ProfileState {
    match &session.state {
        open if is_open(open) => ProfileState::Session { id: session.id.clone() },
        SessionState::Failed { failure, .. } => ProfileState::Failed { failure: failure.clone() },
        SessionState::Ended { .. }
        | SessionState::Connecting { .. }
        | SessionState::Asking { .. }
        | SessionState::Live
        | SessionState::Resuming { .. } => ProfileState::Idle,
    }
}

pub(super) fn of_tunnel(tunnel: &TunnelInfo) -> ProfileState {
    match &tunnel.state {
        on if is_on(on) => ProfileState::Tunnel { id: tunnel.id.clone() },
        TunnelState::Failed { failure, .. } => ProfileState::Failed { failure: failure.clone() },
        TunnelState::Stopped
        | TunnelState::Starting { .. }
        | TunnelState::Listening
        | TunnelState::Live
        | TunnelState::Resuming { .. }
        | TunnelState::SignInNeeded { .. } => ProfileState::Idle,
    }
}

#[cfg(test)]
mod tests {
    use adit_contract::{FailureCode, InstanceStatus, Os};

    use super::*;
    use crate::profiles::tests::{forward, host, profile, session, vm};

    fn hit(name: &str) -> SearchHit {
        SearchHit { instance: vm(name), status: InstanceStatus::Running, os: Os::Linux, favourite: false }
    }

    #[test]
    fn one_vm_is_chosen_or_a_failure_says_why_not() {
        assert_eq!(choose("web", &[hit("web-1")]), Ok(vm("web-1")));
        // Others that have the name within theirs are not meant.
        assert_eq!(choose("web-1 ", &[hit("web-1"), hit("web-10")]), Ok(vm("web-1")));
        assert_eq!(choose("web", &[]).unwrap_err().code, FailureCode::NotFound);
        let several = choose("web", &[hit("web-1"), hit("web-2")]).unwrap_err();
        assert_eq!((several.code, several.facts.len()), (FailureCode::InvalidInput, 2));
        let elsewhere = InstanceRef { project: "other".into(), ..vm("web-1") };
        let twice = [hit("web-1"), SearchHit { instance: elsewhere, ..hit("web-1") }];
        assert_eq!(choose("web-1", &twice).unwrap_err().code, FailureCode::InvalidInput);
    }

    #[test]
    fn of_several_words_those_that_are_a_whole_name_count() {
        let both = [hit("web-10"), hit("web-1")];
        for text in ["name:web-1", "web-1 os:linux", "name:WEB-1 project:acme"] {
            assert_eq!(choose(text, &both), Ok(vm("web-1")), "{text}");
        }
        // Which of two words would be the name is a guess.
        assert!(choose("web-1 prod", &both).is_err());
        let elsewhere = InstanceRef { project: "acme-prod-2".into(), ..vm("web-1") };
        let twice = [SearchHit { instance: elsewhere, ..hit("web-1") }, hit("web-1")];
        assert_eq!(choose("name:web-1 project:acme-prod", &twice), Ok(vm("web-1")));
        assert!(choose("name:web-1 project:acme", &twice).is_err());
    }

    #[test]
    fn what_could_not_be_listed_matters_where_it_may_be_meant() {
        for (text, place, may) in [
            ("web-1", "acme-prod/asia-east1-a", true),
            ("web-1 project:acme-prod", "acme-lab", false),
            ("web-1 project:acme", "acme-lab", true),
            ("name=web-1 project=acme", "acme-lab", false),
            ("name=web-1 project=ACME-lab", "acme-lab", true),
            ("web-1 zone:europe", "acme-lab/asia-east1-a", false),
            ("web-1 zone:europe", "acme-lab", true),
            ("web-1 project:acme-prod", "Projects", true),
        ] {
            assert_eq!(may_mean(text, place), may, "{text} {place}");
        }
    }

    #[test]
    fn what_an_older_form_of_a_profile_opened_is_told_from_it() {
        let at = |name| ProfileTarget::Instance { instance: vm(name) };
        let open = session("1", Some("a"), SessionState::Live);
        assert!(is_of(&profile("web"), &open));
        assert!(is_of(&Profile { target: at("web-1"), ..profile("web") }, &open));
        assert!(!is_of(&Profile { target: at("web-2"), ..profile("web") }, &open));
        assert!(!is_of(&Profile { action: ProfileAction::Rdp, ..profile("web") }, &open));
        let db = Profile { target: at("db"), action: forward(5432), ..profile("db") };
        let Ok(Plan::Tunnel(spec)) = plan(&db, |_| panic!("it has a VM")) else { panic!("no tunnel") };
        assert_eq!(runs_as(&Profile { name: "other".into(), ..db.clone() }, &spec), Ok(()));
        assert_eq!(runs_as(&Profile { target: profile("db").target, ..db.clone() }, &spec), Ok(()));
        assert!(runs_as(&Profile { action: forward(5433), ..db.clone() }, &spec).is_err());
        assert!(runs_as(&Profile { target: at("db-2"), ..db }, &spec).is_err());
    }

    #[test]
    fn a_profile_comes_to_a_session_or_a_tunnel() {
        let never = |_: &str| panic!("nothing is to be searched");
        let web = Profile { target: ProfileTarget::Instance { instance: vm("web-1") }, ..profile("web") };
        assert_eq!(plan(&web, never), Ok(Plan::Session(Protocol::Ssh, vm("web-1"))));
        let db = Profile { action: forward(5432), ..profile("db") };
        let Ok(Plan::Tunnel(spec)) = plan(&db, |_| Ok(vm("db-1"))) else { panic!("no tunnel") };
        assert_eq!((spec.name.as_str(), crate::tunnels::called(&spec.target)), ("db", "db-1"));
        let mainframe = Profile { target: host(), action: forward(23), ..profile("m") };
        let Ok(Plan::Tunnel(spec)) = plan(&mainframe, never) else { panic!("no tunnel") };
        assert_eq!(crate::tunnels::called(&spec.target), "mainframe.acme.example");
    }

    #[test]
    fn an_open_session_comes_before_a_newer_one_that_is_over() {
        let failed = SessionState::Failed { failure: crate::failure::cancelled(), was_live: false };
        let sessions = [session("1", Some("a"), SessionState::Live), session("2", Some("a"), failed.clone())];
        let found = states(&sessions, BTreeMap::new());
        assert_eq!(found["a"], ProfileState::Session { id: "1".into() });
        let found = states(&[session("2", Some("a"), failed)], BTreeMap::new());
        assert!(matches!(found["a"], ProfileState::Failed { .. }));
        assert!(states(&[session("3", None, SessionState::Live)], BTreeMap::new()).is_empty());
    }
}

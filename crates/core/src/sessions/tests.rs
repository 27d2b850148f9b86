use super::*;
use adit_contract::{Action, FailureCode, MAIN_WINDOW, Protocol, SessionAnswer, SettingValue};
use tokio::sync::watch;

/// How long a test waits before it has failed.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(60);

/// Panics where a session asks for an account; says what the last one got.
struct Faulty;

impl Surroundings for Faulty {
    fn context(&self, instance: &InstanceRef, _profile: Option<&str>) -> Result<Context, Failure> {
        match instance.name.as_str() {
            "broken" => panic!("on purpose"),
            _ => Err(words::accounts::nobody()),
        }
    }

    fn found_status(&self, _instance: &InstanceRef, _status: InstanceStatus) {}

    fn sign_in_needed(&self, _account: &str) {}

    fn round_trip(&self, _session: &str, _time: Option<std::time::Duration>) {}

    fn rdp_settings(
        &self,
        _instance: &InstanceRef,
        _profile: Option<&str>,
        _linked: &LinkParameters,
    ) -> RdpSettings {
        RdpSettings::default()
    }

    fn allow_without_nla(&self, _instance: &InstanceRef, _profile: Option<&str>) -> Result<(), Failure> {
        Ok(())
    }

    fn knows_profile(&self, _id: &str) -> bool {
        false
    }

    fn desktops(&self) -> Desktops {
        panic!("on purpose")
    }
}

/// Sessions that get no account, so that each fails by itself.
pub(crate) fn sessions() -> Sessions {
    Sessions::new(Arc::new(Screen::default()), Arc::new(Faulty))
}

/// The last state of each session.
#[derive(Default)]
struct Screen(watch::Sender<BTreeMap<String, SessionInfo>>);

impl EventSink for Screen {
    fn send(&self, event: Event) {
        if let Event::Session(info) = event {
            self.0.send_modify(|all| drop(all.insert(info.id.clone(), info)));
        }
    }
}

impl Screen {
    /// Waits until the session's attempt of this number has failed.
    async fn failure(&self, id: &str, attempt: u32) -> Failure {
        let mut states = self.0.subscribe();
        let failed = states.wait_for(|all| {
            all.get(id).is_some_and(|info| {
                info.attempt == attempt && matches!(info.state, SessionState::Failed { .. })
            })
        });
        let all = tokio::time::timeout(PATIENCE, failed).await.expect("the tab is stuck").unwrap();
        match &all[id].state {
            SessionState::Failed { failure, was_live: false } => failure.clone(),
            other => panic!("{other:?}"),
        }
    }
}

fn instance(name: &str) -> InstanceRef {
    InstanceRef { project: "p".to_owned(), zone: "z".to_owned(), name: name.to_owned() }
}

#[tokio::test]
async fn a_panic_ends_its_own_tab_in_words() {
    let screen = Arc::new(Screen::default());
    let sessions = Sessions::new(screen.clone(), Arc::new(Faulty));
    let size = SessionStart::Ssh { cols: 80, rows: 24 };
    let broken = sessions.open(instance("broken"), size, MAIN_WINDOW, LinkParameters::default()).unwrap();
    let failure = screen.failure(&broken, 1).await;
    assert_eq!(failure.code, FailureCode::Internal);
    assert!(!failure.title.is_empty() && !failure.advice.is_empty());
    assert_eq!(failure.actions, [Action::TryAgain]);

    // The tab is not stuck, and no other one is harmed.
    sessions.get(&broken).unwrap().answer(SessionAnswer::TryAgain).unwrap();
    assert_eq!(screen.failure(&broken, 2).await.code, FailureCode::Internal);
    let other = sessions.open(instance("other"), size, MAIN_WINDOW, LinkParameters::default()).unwrap();
    assert_eq!(screen.failure(&other, 1).await.code, FailureCode::SignInNeeded);
    sessions.close(&broken).unwrap();
    assert_eq!(sessions.infos().len(), 1);
}

#[tokio::test]
async fn a_second_tab_of_the_same_keeps_what_the_first_was_opened_with() {
    let sessions = Sessions::new(Arc::new(Screen::default()), Arc::new(Faulty));
    let linked = LinkParameters([("rdp.user".to_owned(), SettingValue::Text("ana".to_owned()))].into());
    let asked = Asked {
        instance: instance("other"),
        start: SessionStart::Ssh { cols: 132, rows: 43 },
        window: "window-1".to_owned(),
        linked: linked.clone(),
        profile: Some("7".to_owned()),
        name: Some("Orders".to_owned()),
        colour: TabColour::Red,
    };
    let first = sessions.begin(asked).unwrap();
    let second = sessions.duplicate(&first).unwrap();
    assert_ne!(first, second);
    let (session, info) = (sessions.get(&second).unwrap(), sessions.get(&second).unwrap().info());
    assert_eq!((info.instance, info.protocol), (instance("other"), Protocol::Ssh));
    assert_eq!((info.profile.as_deref(), info.name.as_deref()), (Some("7"), Some("Orders")));
    assert_eq!((info.window.as_str(), info.colour), ("window-1", TabColour::Red));
    assert_eq!(session.linked(), &linked);
    let size = session.terminal_size();
    assert_eq!((size.columns, size.rows), (132, 43));
    assert_eq!(sessions.duplicate("99").unwrap_err().code, FailureCode::InvalidInput);
}

#[tokio::test]
async fn a_tab_keeps_its_name_and_goes_where_its_window_goes() {
    let screen = Arc::new(Screen::default());
    let sessions = Sessions::new(screen.clone(), Arc::new(Faulty));
    let size = SessionStart::Ssh { cols: 80, rows: 24 };
    let here = sessions.open(instance("here"), size, MAIN_WINDOW, LinkParameters::default()).unwrap();
    let there = sessions.open(instance("there"), size, "window-1", LinkParameters::default()).unwrap();
    let told = |id: &str| screen.0.borrow().get(id).cloned().unwrap();

    let session = sessions.get(&there).unwrap();
    session.label(Some("  primary "), TabColour::Blue).unwrap();
    for wrong in ["two\nlines".to_owned(), "x".repeat(81)] {
        assert_eq!(session.label(Some(&wrong), TabColour::None).unwrap_err().code, FailureCode::InvalidInput);
    }
    sessions.window_closed("window-1", MAIN_WINDOW);
    let moved = told(&there);
    assert_eq!((moved.window.as_str(), moved.name.as_deref()), (MAIN_WINDOW, Some("primary")));
    assert_eq!(moved.colour, TabColour::Blue);
    sessions.window_closed(MAIN_WINDOW, "window-2");
    assert_eq!((told(&here).window, told(&there).window), ("window-2".to_owned(), "window-2".to_owned()));
    session.label(Some(" "), TabColour::None).unwrap();
    assert_eq!(told(&there).name, None);
}

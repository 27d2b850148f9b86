use super::*;
use adit_contract::Action;
use tokio::sync::watch;

/// How long a test waits before it has failed.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(60);

/// Panics where a session asks for an account; says what the last one got.
struct Faulty;

impl Surroundings for Faulty {
    fn context(&self, instance: &InstanceRef) -> Result<Context, Failure> {
        match instance.name.as_str() {
            "broken" => panic!("on purpose"),
            _ => Err(failure::sign_in_needed("You are not signed in")),
        }
    }

    fn found_status(&self, _instance: &InstanceRef, _status: InstanceStatus) {}

    fn sign_in_needed(&self, _account: &str) {}

    fn round_trip(&self, _session: &str, _time: Option<std::time::Duration>) {}
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
    let size = Size { columns: 80, rows: 24 };
    let broken = sessions.open(instance("broken"), size).unwrap();
    let failure = screen.failure(&broken, 1).await;
    assert_eq!(failure.code, FailureCode::Internal);
    assert!(!failure.title.is_empty() && !failure.advice.is_empty());
    assert_eq!(failure.actions, [Action::TryAgain]);

    // The tab is not stuck, and no other one is harmed.
    sessions.get(&broken).unwrap().answer(SessionAnswer::TryAgain).unwrap();
    assert_eq!(screen.failure(&broken, 2).await.code, FailureCode::Internal);
    let other = sessions.open(instance("other"), size).unwrap();
    assert_eq!(screen.failure(&other, 1).await.code, FailureCode::SignInNeeded);
    sessions.close(&broken).unwrap();
    assert_eq!(sessions.infos().len(), 1);
}

use std::{sync::Arc, time::Duration};

use adit_contract::{
    Action, HttpRule, InstanceRef, TunnelAudience, TunnelPlace, TunnelProtocol, TunnelState,
};
use tokio::sync::watch;

use super::*;
use crate::{keychain::MemoryVault, share::Wait};

/// How long a test waits before it has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// Panics where a tunnel to the project `broken` asks for its way; says what another one gets.
struct Faulty;

impl Ways for Faulty {
    fn way(&self, project: &str, _profile: Option<&str>) -> Result<(String, Arc<Access>), Failure> {
        assert_ne!(project, "broken", "a mistake");
        Err(failure::sign_in_needed("You are not signed in"))
    }

    fn needs_sign_in(&self, _account: &str) {}

    fn knows(&self, _account: &str) -> bool {
        true
    }
}

/// The last information of each tunnel.
#[derive(Default)]
struct Screen(watch::Sender<BTreeMap<String, TunnelInfo>>);

impl EventSink for Screen {
    fn send(&self, event: Event) {
        if let Event::Tunnel(info) = event {
            self.0.send_modify(|all| drop(all.insert(info.id.clone(), *info)));
        }
    }
}

impl Screen {
    async fn failure(&self, id: &str) -> Failure {
        let mut all = self.0.subscribe();
        let failed = all
            .wait_for(|all| all.get(id).is_some_and(|info| matches!(info.state, TunnelState::Failed { .. })));
        let all = tokio::time::timeout(PATIENCE, failed).await.expect("the tunnel is stuck").unwrap();
        match &all[id].state {
            TunnelState::Failed { failure, listening: false } => failure.clone(),
            other => panic!("{other:?}"),
        }
    }

    /// Nothing of what was told before counts.
    fn forget(&self) {
        self.0.send_modify(BTreeMap::clear);
    }
}

fn spec(project: &str) -> TunnelSpec {
    TunnelSpec {
        name: String::new(),
        target: TunnelTarget::Instance {
            instance: InstanceRef {
                project: project.to_owned(),
                zone: "z".to_owned(),
                name: "vm".to_owned(),
            },
            interface: "nic0".to_owned(),
            port: 22,
        },
        protocol: TunnelProtocol::Any,
        http: HttpRule::Strict,
        audience: TunnelAudience::User,
        place: TunnelPlace::Steady,
        wait_for_vm: false,
    }
}

fn tunnels(folder: &tempfile::TempDir) -> (Arc<Tunnels>, Arc<Screen>) {
    let config = Config::for_tests(folder.path());
    let (screen, keychain) =
        (Arc::new(Screen::default()), Arc::new(Keychain::new(Arc::new(MemoryVault::new()))));
    let (tunnels, trouble) = Tunnels::load(&config, keychain, screen.clone(), Arc::new(Faulty));
    assert_eq!(trouble, None);
    (tunnels, screen)
}

#[tokio::test]
async fn a_panic_ends_its_own_tunnel_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let (tunnels, screen) = tunnels(&folder);
    let broken = tunnels.add(spec("broken"), Start::Now).await.unwrap();
    let failure = screen.failure(&broken).await;
    assert_eq!(failure.code, FailureCode::Internal);
    assert!(!failure.title.is_empty() && !failure.advice.is_empty());
    assert_eq!(failure.actions, [Action::TryAgain]);

    // It can be started again, and no other one is harmed.
    screen.forget();
    tunnels.act(&broken, TunnelAction::Start).await.unwrap();
    assert_eq!(screen.failure(&broken).await.code, FailureCode::Internal);
    let other = tunnels.add(spec("other"), Start::Now).await.unwrap();
    assert_eq!(screen.failure(&other).await.code, FailureCode::SignInNeeded);
    tunnels.act(&broken, TunnelAction::Remove).await.unwrap();
    assert_eq!(tunnels.infos().len(), 1);
}

#[tokio::test]
async fn a_command_hears_of_a_panic_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let (tunnels, _screen) = tunnels(&folder);
    let (waits, _waiting) = mpsc::channel::<Wait>(1);
    let refused = tunnels.borrow(spec("broken"), None, waits).await.err().map(|failure| failure.code);
    assert_eq!(refused, Some(FailureCode::Internal));
    assert_eq!(tunnels.infos(), [], "it went with the command");
}

#[test]
fn a_listener_that_breaks_off_is_told_from_one_that_was_stopped() {
    let why = broken_off(&Activity::Broken).unwrap();
    assert_eq!(why.failure.code, FailureCode::Internal);
    assert!(broken_off(&Activity::Ended).is_none());
}

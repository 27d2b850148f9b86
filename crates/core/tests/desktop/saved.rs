//! Passwords that are kept for a profile, and for no other connection.

use std::collections::BTreeMap;

use adit_contract::{
    MAIN_WINDOW, Profile, ProfileAction, ProfileStart, ProfileTarget, Question, SessionAnswer, SessionInfo,
    SessionState,
};

use crate::{
    PASSWORD, VM,
    desk::instance_ref,
    scene::{Scene, right},
};

fn profile() -> Profile {
    Profile {
        name: "Books".to_owned(),
        folder: Vec::new(),
        target: ProfileTarget::Instance { instance: instance_ref(VM) },
        action: ProfileAction::Rdp,
        account: None,
        settings: BTreeMap::new(),
        start: ProfileStart::ByHand,
        unconfirmed: None,
    }
}

async fn start(scene: &Scene, profile: &str) -> String {
    let started = scene.desk.app.profile_start(MAIN_WINDOW, vec![profile.to_owned()]).await.unwrap();
    started.into_iter().next().unwrap().session.unwrap()
}

fn asks(info: &SessionInfo) -> bool {
    matches!(info.state, SessionState::Asking { question: Question::Credentials { .. } })
}

async fn kept(scene: &Scene, profile: &str) -> bool {
    let config = &scene.desk.config;
    let entry = format!("profile|{}|{profile}", config.cloud.id);
    config.vault.get(&entry).await.unwrap().is_some()
}

#[tokio::test]
async fn a_password_is_kept_for_the_profile_that_it_was_given_for() {
    let scene = Scene::new(&[]).await;
    let app = &scene.desk.app;
    let mut seen = 0;
    let first = app.profile_save(None, profile()).await.unwrap();
    let tab = start(&scene, &first).await;
    assert!(asks(&scene.next(&tab, &mut seen).await));
    scene.answer(&tab, right(true)).await;
    scene.next(&tab, &mut seen).await;
    scene.answer(&tab, SessionAnswer::TrustCertificate { pin: true }).await;
    assert_eq!(scene.next(&tab, &mut seen).await.state, SessionState::Live);
    app.session_close(&tab).await.unwrap();
    assert!(kept(&scene, &first).await);

    // Neither its VM nor its copy has it, and it does.
    let copy = app.profile_duplicate(vec![first.clone()]).await.unwrap().remove(0);
    let direct = scene.open().await;
    assert!(asks(&scene.next(&direct, &mut seen).await));
    let beside = start(&scene, &copy).await;
    assert!(asks(&scene.next(&beside, &mut seen).await));
    app.session_close(&beside).await.unwrap();
    let tab = start(&scene, &first).await;
    assert_eq!(scene.next(&tab, &mut seen).await.state, SessionState::Live);
    app.session_close(&tab).await.unwrap();
    let home = &scene.desk.config.folders.settings;
    let text = std::fs::read_to_string(home.join("profiles.json")).unwrap();
    assert!(!text.contains(PASSWORD));

    // One that has none of its own takes that of the VM, once there is one.
    scene.answer(&direct, right(true)).await;
    assert_eq!(scene.next(&direct, &mut seen).await.state, SessionState::Live);
    let tab = start(&scene, &copy).await;
    assert_eq!(scene.next(&tab, &mut seen).await.state, SessionState::Live);
    assert!(!kept(&scene, &copy).await);

    // It goes with its profile.
    assert_eq!(app.profile_remove(vec![first.clone()]).await, Ok(None));
    assert!(!kept(&scene, &first).await);
}

#[tokio::test]
async fn a_profile_with_a_user_of_its_own_does_not_sign_in_as_another() {
    let scene = Scene::new(&[]).await;
    let app = &scene.desk.app;
    let mut seen = 0;
    let direct = scene.open().await;
    scene.next(&direct, &mut seen).await;
    scene.answer(&direct, right(true)).await;
    scene.next(&direct, &mut seen).await;
    scene.answer(&direct, SessionAnswer::TrustCertificate { pin: true }).await;
    assert_eq!(scene.next(&direct, &mut seen).await.state, SessionState::Live);

    let user = adit_contract::SettingValue::Text("eve".to_owned());
    let own = Profile { settings: [("rdp.user".to_owned(), user)].into(), ..profile() };
    let own = app.profile_save(None, own).await.unwrap();
    let tab = start(&scene, &own).await;
    let info = scene.next(&tab, &mut seen).await;
    let SessionState::Asking { question: Question::Credentials { user, .. } } = &info.state else {
        panic!("{:?}", info.state)
    };
    assert_eq!(user, "eve");
    // One that is removed while its tab asks keeps nothing.
    assert_eq!(app.profile_remove(vec![own.clone()]).await, Ok(None));
    scene.answer(&tab, right(true)).await;
    assert_eq!(scene.next(&tab, &mut seen).await.state, SessionState::Live);
    assert!(!kept(&scene, &own).await);
}

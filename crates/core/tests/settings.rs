//! Settings as the window has them: what is set is told and in force at once, from whichever process.

mod desk;

use adit_contract::{Event, Layout, Origin, Scope, SettingValue, Theme};
use adit_core::settings::Store;
use desk::{Desk, instance_ref};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_set_is_in_force_and_told() {
    let desk = Desk::new("").await;
    let specs = desk.app.settings_specs();
    let everywhere = desk.app.settings_at(Scope::Everywhere).await.unwrap();
    assert!(everywhere.iter().map(|state| &state.key).eq(specs.iter().map(|spec| &spec.key)));
    let dark = SettingValue::Text("dark".to_owned());
    desk.app.setting_set(Scope::Everywhere, "appearance.theme".to_owned(), dark).await.unwrap();
    let told = |event: &Event| match event {
        Event::Settings(settings) if settings.theme == Theme::Dark => Some(()),
        _ => None,
    };
    desk.events.find(told).await;
    assert_eq!(desk.app.snapshot().await.settings.theme, Theme::Dark);

    let vm = Scope::from(&instance_ref("acme-prod/europe-west1-b/web-1"));
    let project = Scope::Project { project: "acme-prod".to_owned() };
    let production = SettingValue::Text("production".to_owned());
    let key = "appearance.environment".to_owned();
    desk.app.setting_set(project.clone(), key.clone(), production.clone()).await.unwrap();
    let states = desk.app.settings_at(vm).await.unwrap();
    let state = states.iter().find(|state| state.key == key).unwrap();
    assert_eq!((&state.value, &state.origin), (&production, &Origin::Scope { scope: project.clone() }));
    assert!(states.len() < specs.len(), "what holds everywhere is not asked of a VM");
    assert_eq!(desk.app.settings_places().await.unwrap(), [Scope::Everywhere, project.clone()]);
    desk.app.setting_reset(project.clone(), key).await.unwrap();
    let left = desk.app.settings_at(project).await.unwrap();
    assert!(left.iter().all(|state| state.origin == Origin::Default));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_process_sets_reaches_the_window() {
    let desk = Desk::new("").await;
    let other = Store::open(&desk.config).0;
    other.set_words(&Scope::Everywhere, "terminal.fontSize", &["20".to_owned()]).unwrap();
    let told = |event: &Event| match event {
        Event::Settings(settings) if settings.terminal_font_size == 20 => Some(()),
        _ => None,
    };
    desk.events.find(told).await;
    assert_eq!(desk.app.snapshot().await.settings.terminal_font_size, 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_layout_is_remembered_beside_the_settings() {
    let desk = Desk::new("").await;
    let layout = Layout { explorer_width: 333, explorer_open: false, projects_asked: true };
    desk.app.layout_set(layout).await.unwrap();
    assert_eq!(desk.app.snapshot().await.layout, layout);
}

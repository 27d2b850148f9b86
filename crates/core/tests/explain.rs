//! Denials explained, against the real local cloud: its own policy engine refuses, our evaluator says why.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod desk;

use std::time::Duration;

use adit_cloud::{ApiFault, ApiFaultKind, Faults, TokenFault};
use adit_contract::{
    Action, Certainty, Event, ExplainAsk, Explanation, FailureCode, LevelStatus, PreflightState, RowKind,
    RungState, Scope, SettingValue, TunnelSpec, TunnelState, TunnelTarget, Verdict,
};
use adit_core::App;
use desk::{Desk, instance_ref};

const ANA: &str = "ana@acme.example#home";
const LOCKED: &str = "acme-locked/europe-west1-b/";

impl Desk {
    /// Waits until an explanation is complete.
    async fn explained(&self, ask: ExplainAsk) -> Explanation {
        let first = self.app.explain_open(ask).await.unwrap();
        let id = first.id.clone();
        self.events
            .find(|event| match event {
                Event::Explanation(told) if told.id == id && told.complete => Some((**told).clone()),
                _ => None,
            })
            .await
    }

    /// Is refused at a VM's SSH port, and has it explained.
    async fn why(&self, instance: &str) -> Explanation {
        let id = self.open(instance).await;
        let info = self.settled(&id, 1).await;
        let failure = desk::failed(&info);
        let told = self.explained(ExplainAsk::Session { id }).await;
        assert!(told.at > 0.0 && !told.title.is_empty() && told.complete, "{failure:?}\n{told:#?}");
        told
    }

    /// What would bar the way, without trying.
    async fn beforehand(&self, instance: &str, port: u16) -> Explanation {
        self.explained(ExplainAsk::Target { target: target(instance, port) }).await
    }

    /// Lets whole services fail.
    fn fail(&self, services: &[&str], kind: ApiFaultKind) {
        let mut faults = Faults::default();
        faults.api = services
            .iter()
            .map(|service| ApiFault { service: (*service).to_owned(), method: None, kind })
            .collect();
        self.cloud.set_faults(faults).unwrap();
    }

    async fn at(&self, addresses: &[&str]) {
        let addresses = SettingValue::List(addresses.iter().map(|address| (*address).to_owned()).collect());
        for (key, value) in [
            ("access.publicAddresses", addresses),
            ("access.publicAddress", SettingValue::Text("manual".to_owned())),
        ] {
            self.app.setting_set(Scope::Everywhere, key.to_owned(), value).await.unwrap();
        }
    }
}

fn target(instance: &str, port: u16) -> TunnelTarget {
    TunnelTarget::Instance { instance: instance_ref(instance), interface: "nic0".to_owned(), port }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_locked_door_says_what_locks_it() {
    let desk = Desk::signed_in(ANA).await;
    desk.at(&["198.51.100.24"]).await;
    for (name, verdict, sentence) in [
        (
            "no-role",
            Verdict::NoGrant,
            "lets ana@acme.example open IAP tunnels to no-role; 1 of 6 policies could not be read",
        ),
        ("other-port", Verdict::ConditionNotMet, "port must be 3389 (you asked for 22)"),
        ("other-address", Verdict::ConditionNotMet, "internal IP must be 10.60.1.99"),
        ("public-address-level", Verdict::AccessLevelNotMet, "your public IP must be in 203.0.113.192/26"),
        ("nested-level", Verdict::AccessLevelNotMet, "access level data_centre and prod_admin is not met"),
        ("custom-level", Verdict::AccessLevelNotMet, "field_laptop is not met"),
        ("device-system-level", Verdict::AccessLevelNotMet, "windows_only is not met"),
        ("either-level", Verdict::AccessLevelNotMet, "There is 1 other way to qualify."),
        ("expired-window", Verdict::ConditionNotMet, "allowed only while request.time <"),
        ("group-members-only", Verdict::GroupMembership, "is granted to database-owners@acme.example"),
        ("misspelt-level", Verdict::ConditionNeverTrue, "is malformed and can never match"),
        ("unreadable-role", Verdict::RoleUnreadable, "that role cannot be read"),
    ] {
        let told = desk.why(&format!("{LOCKED}{name}")).await;
        assert_eq!(told.verdict, verdict, "{name}: {told:#?}");
        assert!(told.headline.contains(sentence), "{name}: {}", told.headline);
        assert!(!told.request.unwrap().text.is_empty(), "{name}");
        assert_eq!(told.account.as_deref(), Some("ana@acme.example"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_level_is_a_card_with_what_it_wants_and_what_this_computer_has() {
    let desk = Desk::signed_in(ANA).await;
    desk.at(&["198.51.100.24"]).await;
    let told = desk.why(&format!("{LOCKED}public-address-level")).await;
    assert_eq!(told.title, "“Data centre” is the access level that keeps you out");
    assert_eq!(told.certainty, Certainty::Likely);
    let card = &told.levels[0];
    assert_eq!(card.name, "accessPolicies/600123/accessLevels/data_centre");
    assert_eq!((card.title.as_str(), card.status), ("Data centre", LevelStatus::Failed));
    let row = &card.rows[0];
    assert_eq!((row.label.as_str(), row.wants.as_str()), ("Public address", "in 203.0.113.192/26"));
    assert_eq!(row.have.as_deref(), Some("198.51.100.24"));
    let binding = told.binding.unwrap();
    assert_eq!(binding.role, "IAP-secured Tunnel User");
    let condition = binding.condition.unwrap();
    let part = &condition.parts[0];
    let units: Vec<u16> = condition.source.encode_utf16().collect();
    let marked = &units[part.start as usize..part.end as usize];
    assert!(String::from_utf16(marked).unwrap().contains("data_centre"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_answers_not_is_told_from_what_is_barred() {
    let desk = Desk::signed_in(ANA).await;
    for (name, verdict, sentence) in [
        ("no-firewall-rule", Verdict::FirewallBlocked, "No firewall rule lets IAP"),
        ("firewall-rule-denies", Verdict::FirewallBlocked, "blocks IAP from port 22"),
        ("firewall-policy-denies", Verdict::FirewallBlocked, "blocks IAP from port 22"),
        ("nothing-listens", Verdict::BackendUnreachable, "so nothing listens on port 22"),
        ("switched-off", Verdict::VmNotRunning, "switched-off does not run"),
    ] {
        let told = desk.why(&format!("{LOCKED}{name}")).await;
        assert_eq!(told.verdict, verdict, "{name}: {told:#?}");
        assert!(told.headline.contains(sentence), "{name}: {}", told.headline);
        if verdict == Verdict::FirewallBlocked {
            assert!(told.firewall.iter().any(|step| step.decides), "{name}: {:?}", told.firewall);
            assert!(told.request.unwrap().gcloud.unwrap().contains("gcloud compute"), "{name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_record_names_the_level_for_certain() {
    // Where no device of hers is known.
    let desk = Desk::signed_in("ana@acme.example#the office").await;
    let told = desk.why("acme-watched/europe-west1-b/audited-level").await;
    assert_eq!((told.verdict, told.certainty), (Verdict::AccessLevelNotMet, Certainty::Proven), "{told:#?}");
    assert_eq!(told.levels[0].status, LevelStatus::Reported);
    assert!(told.basis.contains("audit record"), "{}", told.basis);
    let told = desk.why("acme-watched/europe-west1-b/no-device-record").await;
    assert_eq!(told.verdict, Verdict::AccessLevelNotMet, "{told:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn other_layers_have_pages_of_their_own() {
    let desk = Desk::signed_in(ANA).await;
    let told = desk.why("acme-frozen/europe-west1-b/under-a-deny-policy").await;
    assert_eq!((told.verdict, told.certainty), (Verdict::DenyPolicy, Certainty::Proven), "{told:#?}");
    let told = desk.why("acme-sealed/europe-west1-b/sealed-with-a-role").await;
    assert_eq!(told.verdict, Verdict::NotReadable, "{told:#?}");
    assert!(told.headline.contains("you do hold the tunnel permission"), "{}", told.headline);
    let told = desk.why("acme-sealed/europe-west1-b/sealed-without-a-role").await;
    assert!(told.headline.contains("you hold no tunnel permission"), "{}", told.headline);
    let told = desk.why("acme-vault/europe-west1-b/vault-1").await;
    assert_eq!(told.verdict, Verdict::VpcServiceControls, "{told:#?}");
    assert!(told.links[0].url.contains("uniqueId="), "{:?}", told.links);
    assert_eq!(told.levels[0].title, "Data centre", "{told:#?}");
    let told = desk.why("acme-mobile-lab/europe-west1-b/any").await;
    assert_eq!(told.verdict, Verdict::ApiDisabled, "{told:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_that_no_longer_holds_says_so() {
    for (fault, verdict, sentence) in [
        (TokenFault::InvalidRapt, Verdict::Reauth, "Your Google Cloud session has ended"),
        (TokenFault::Revoked, Verdict::Reauth, "Your sign-in was revoked or has expired"),
        (
            TokenFault::Restricted,
            Verdict::AccessBinding,
            "context-aware access rules refused to issue a token",
        ),
    ] {
        let mut desk = Desk::signed_in(ANA).await;
        let mut faults = Faults::default();
        faults.token = Some(fault);
        desk.cloud.set_faults(faults).unwrap();
        // Begun anew it has no access token any more.
        desk.app = App::start(desk.config.clone(), desk.events.clone()).await.unwrap();
        let told = desk.why("acme-prod/europe-west1-b/web-1").await;
        assert_eq!(told.verdict, verdict, "{fault:?}: {told:#?}");
        assert!(told.headline.contains(sentence), "{fault:?}: {}", told.headline);
        assert_eq!(told.actions[0], Action::SignIn);
        let text = serde_json::to_string(&told).unwrap();
        assert!(!text.contains("servicerestricted"), "what lets its holder in is not handed on: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tunnel_is_explained_as_a_session_is() {
    let desk = Desk::signed_in(ANA).await;
    let barred = serde_json::json!({ "target": target(&format!("{LOCKED}other-port"), 22) });
    let spec: TunnelSpec = serde_json::from_value(barred).unwrap();
    let id = desk.app.tunnel_add(spec, true).await.unwrap();
    desk.events
        .find(|event| match event {
            Event::Tunnel(info) if info.id == id => {
                matches!(info.state, TunnelState::Failed { .. }).then_some(())
            }
            _ => None,
        })
        .await;
    let told = desk.explained(ExplainAsk::Tunnel { id }).await;
    assert_eq!(told.verdict, Verdict::ConditionNotMet, "{told:#?}");
    assert_eq!(told.server.unwrap().code, "4033");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_inferred_where_nothing_was_refused() {
    let desk = Desk::signed_in(ANA).await;
    let open = desk.beforehand("acme-prod/europe-west1-b/web-1", 22).await;
    assert!(matches!(open.verdict, Verdict::Allowed | Verdict::Undecided), "{open:#?}");
    let told = desk.beforehand(&format!("{LOCKED}other-port"), 22).await;
    assert_eq!((told.verdict, told.certainty), (Verdict::ConditionNotMet, Certainty::Proven), "{told:#?}");
    let told = desk.beforehand(&format!("{LOCKED}public-address-level"), 22).await;
    assert_eq!(told.verdict, Verdict::Undecided, "{told:#?}");
    assert!(told.levels.iter().all(|card| card.status != LevelStatus::Inferred));
    let told = desk.beforehand("acme-frozen/europe-west1-b/under-a-deny-policy", 22).await;
    assert_eq!(told.verdict, Verdict::DenyPolicy, "{told:#?}");
    let told = desk.beforehand("acme-staging/europe-west1-b/web-staging-1", 22).await;
    assert_eq!(told.verdict, Verdict::Allowed, "{told:#?}");
    let told = desk.beforehand(&format!("{LOCKED}no-firewall-rule"), 22).await;
    assert_eq!(told.verdict, Verdict::FirewallBlocked, "{told:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_answer_is_an_answer_too() {
    let desk = Desk::signed_in(ANA).await;
    let everything = [
        "iap.googleapis.com",
        "cloudresourcemanager.googleapis.com",
        "iam.googleapis.com",
        "accesscontextmanager.googleapis.com",
    ];
    for kind in [ApiFaultKind::Hang, ApiFaultKind::Garbage, ApiFaultKind::Strange, ApiFaultKind::Status(500)]
    {
        desk.fail(&everything, kind);
        let told = desk.why(&format!("{LOCKED}no-role")).await;
        assert!(matches!(told.verdict, Verdict::NotReadable | Verdict::NoGrant), "{kind:?}: {told:#?}");
        assert_ne!(told.certainty, Certainty::Proven, "{kind:?}");
        assert!(!told.headline.is_empty() && told.request.is_some(), "{kind:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_wants_quiet_ends_the_ladder() {
    let desk = Desk::signed_in(ANA).await;
    desk.fail(&["iap.googleapis.com"], ApiFaultKind::Status(429));
    let told = desk.why(&format!("{LOCKED}no-role")).await;
    assert!(told.complete);
    assert!(told.rungs.iter().any(|rung| rung.detail.contains("slow down")), "{:#?}", told.rungs);
    assert!(told.rungs.iter().all(|rung| rung.state != RungState::Waiting));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_explanation_that_is_closed_is_told_no_more() {
    let desk = Desk::signed_in(ANA).await;
    desk.fail(&["iap.googleapis.com"], ApiFaultKind::Hang);
    let first = desk
        .app
        .explain_open(ExplainAsk::Target { target: target(&format!("{LOCKED}no-role"), 22) })
        .await
        .unwrap();
    assert_eq!((first.verdict, first.complete), (Verdict::Checking, false));
    desk.app.explain_close(&first.id).await.unwrap();
    assert_eq!(desk.app.explain_again(&first.id).await.unwrap_err().code, FailureCode::InvalidInput);
    let told =
        |event: &Event| matches!(event, Event::Explanation(told) if told.id == first.id && told.complete);
    // As long as the question that hangs would have had.
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert!(!desk.events.all().iter().any(told));
    let unknown = ExplainAsk::Session { id: "999".to_owned() };
    assert_eq!(desk.app.explain_open(unknown).await.unwrap_err().code, FailureCode::InvalidInput);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tree_shows_what_the_policies_say() {
    let desk = Desk::signed_in(ANA).await;
    for row in ["p/acme-locked", "z/acme-locked/europe-west1-b", "p/acme-playground"] {
        desk.app.tree_toggle(row, true).await.unwrap();
    }
    let mut count = 0;
    loop {
        let window = desk.app.tree_rows(0, 500).await.unwrap();
        let shown = window.rows.iter().filter(|row| row.kind == RowKind::Instance);
        let marks: Vec<_> = shown.filter_map(|row| row.preflight.clone()).collect();
        if !marks.is_empty() {
            assert!(marks.iter().all(|mark| mark.port == 22 || mark.port == 3389));
            assert!(marks.iter().all(|mark| (mark.state == PreflightState::Blocked) != mark.by.is_empty()));
            return;
        }
        count += 1;
        assert!(count < 600, "the tree never showed a mark");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

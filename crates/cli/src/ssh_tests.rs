use adit_cloud::{Cloud, Landscape, Options};
use adit_core::{
    Access, Folders,
    keychain::{Keychain, MemoryVault},
};
use adit_google::{Action, Credentials};
use secrecy::SecretString;

use super::{
    Arc, Context, Duration, Event, FailureCode, IfStopped, InstanceRef, KnownHosts, Lifetime, Person, reach,
    words,
};

#[test]
fn a_person_is_told_of_the_relay_coming_and_going() {
    let lost = |millis| Event::Reconnecting {
        code: Some(4080),
        reason: "gone".to_owned(),
        attempt: 1,
        wait: Duration::from_millis(millis),
    };
    assert_eq!(
        words(&lost(0)).as_deref(),
        Some("connection to the relay lost; resuming… Ctrl+C ends the session")
    );
    assert_eq!(
        words(&lost(1500)).as_deref(),
        Some("connection to the relay lost; resuming in 1.5 s… Ctrl+C ends the session")
    );
    assert_eq!(words(&Event::Resumed).as_deref(), Some("resumed"));
    let sign_in = Event::SignInNeeded { message: "the token has expired".to_owned() };
    assert_eq!(
        words(&sign_in).as_deref(),
        Some("waiting for a sign-in: the token has expired. Ctrl+C ends the session")
    );
    assert_eq!(words(&Event::RoundTrip(Duration::ZERO)), None);
    assert_eq!(words(&Event::Closed { code: None, sent: 1, received: 2 }), None);
}

/// A local cloud and somebody with a token for it.
async fn entrance() -> (Cloud, tempfile::TempDir, Context) {
    let cloud = Cloud::start(Options::new(Landscape::demo().expect("it is right"))).await.expect("a cloud");
    let home = tempfile::tempdir().expect("a folder");
    let core = adit_core::Cloud::local(&cloud.url().parse().expect("an address")).await.expect("it answers");
    let credentials = Credentials::from_access_token(SecretString::from(cloud.token()));
    let folders = Folders {
        settings: home.path().to_owned(),
        data: home.path().to_owned(),
        run: home.path().join("run"),
        policy: home.path().join("policy.json"),
        gcloud_known_hosts: None,
    };
    let context = Context {
        access: Arc::new(Access::new(&core, credentials, None).expect("a way in")),
        cloud: core,
        account: "token|somebody".to_owned(),
        keychain: Arc::new(Keychain::new(Arc::new(MemoryVault::new()))),
        memory_key_lifetime: Lifetime::MIN,
        known_hosts: KnownHosts::new(&folders),
    };
    (cloud, home, context)
}

fn at(zone: &str, name: &str) -> (InstanceRef, adit_google::InstanceRef) {
    let (project, zone, name) = ("acme-prod".to_owned(), zone.to_owned(), name.to_owned());
    let instance = InstanceRef { project, zone, name };
    let path = adit_google::InstanceRef::new(&instance.project, &instance.zone, &instance.name);
    (instance, path)
}

#[tokio::test]
async fn a_key_of_one_run_is_published_for_minutes() {
    let (cloud, _home, context) = entrance().await;
    let (instance, path) = at("europe-west1-b", "web-1");
    let nobody = Arc::new(Person::new(None));
    let connected = reach(&context, &instance, IfStopped::Fail, &nobody).await.expect("it lets us in");
    let read = context.access.google().instance(&path).await.expect("it is there");
    let keys = read.metadata.items.iter().find(|item| item.key == "ssh-keys").expect("our key is there");
    let keys = keys.value.as_deref().expect("its value is readable");
    let (_, rest) = keys.rsplit_once(r#""expireOn":""#).expect("it expires");
    let expires = rest.split('"').next().expect("a time").replace("+0000", "Z");
    let expires: std::time::SystemTime = expires.parse::<jiff::Timestamp>().expect("a time").into();
    let latest = std::time::SystemTime::now() + Lifetime::MIN.duration();
    assert!(expires <= latest, "{keys}");
    connected.client.close().await;
    cloud.stop().await;
}

#[tokio::test]
async fn only_the_host_key_that_was_accepted_replaces_another() {
    let (cloud, _home, context) = entrance().await;
    let (instance, path) = at("europe-west1-c", "phoenix-1");
    let try_with = async |fingerprint: Option<&str>| {
        let accepted = fingerprint.map(|text| text.parse().expect("a fingerprint"));
        let person = Arc::new(Person::new(accepted));
        match reach(&context, &instance, IfStopped::Fail, &person).await {
            Ok(connected) => {
                let fingerprint = connected.client.host_key().fingerprint();
                connected.client.close().await;
                Ok(fingerprint)
            }
            Err(failure) => Err(failure),
        }
    };
    let wrong = format!("SHA256:{}", "A".repeat(43));
    let refused = try_with(Some(&wrong)).await.expect_err("the VM announces no key");
    assert_eq!(refused.code, FailureCode::HostKeyRejected, "{refused:?}");
    assert!(refused.advice.contains("--accept-host-key"), "{}", refused.advice);
    let first = refused.facts[0].value.clone();
    assert_eq!(try_with(Some(&first)).await.expect("it was accepted"), first);
    assert_eq!(try_with(Some(&wrong)).await.expect("it is pinned now"), first);

    context.access.google().act(&path, Action::Reset).await.expect("it is reset");
    let changed = try_with(Some(&first)).await.expect_err("it has new keys");
    assert_eq!(changed.code, FailureCode::HostKeyChanged, "{changed:?}");
    let presented = &changed.facts.last().expect("both keys are shown").value;
    let (_, second) = presented.split_once(' ').expect("a kind and a fingerprint");
    assert_ne!(second, first);
    assert_eq!(try_with(Some(second)).await.expect("it was accepted"), second);
    cloud.stop().await;
}

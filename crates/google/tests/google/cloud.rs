//! Against the local cloud, as the app will be: from the sign-in page to a key in an instance's metadata.

use adit_cloud::{Cloud, Landscape, Options};
use adit_google::{
    Credentials, Endpoints, Error, ErrorKind, Freshness, Google, ImportedKey, Instance, InstanceRef,
    InstanceStatus, MetadataItem, OAuthClient, Os, SignedIn, sign_in,
};
use futures_util::TryStreamExt as _;
use reqwest::Client;
use secrecy::ExposeSecret as _;
use url::Url;

const ANA: &str = "ana@acme.example";

async fn cloud() -> (Cloud, Endpoints) {
    let cloud = Cloud::start(Options::new(Landscape::demo().unwrap())).await.unwrap();
    let endpoints = Endpoints::local(&Url::parse(cloud.url()).unwrap());
    (cloud, endpoints)
}

/// Signs in as a person would: opens the page, picks `user` and follows the redirect.
async fn sign_in_by_page(endpoints: &Endpoints, choice: (&str, &str)) -> Result<SignedIn, Error> {
    let pending = sign_in::begin(endpoints, &OAuthClient::local_cloud(), None).await?;
    let browser = Client::builder().no_proxy().build().unwrap();
    let page = browser.get(pending.url().clone()).send().await.unwrap();
    assert!(page.status().is_success());
    assert!(page.text().await.unwrap().contains(ANA));
    let mut form: Vec<(String, String)> =
        pending.url().query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
    form.push((choice.0.into(), choice.1.into()));
    let mut action = pending.url().clone();
    action.set_query(None);
    let finish = tokio::spawn(pending.finish());
    let end = browser.post(action).form(&form).send().await.unwrap();
    assert!(end.status().is_success());
    finish.await.unwrap()
}

fn given(cloud: &Cloud, endpoints: &Endpoints) -> Google {
    Google::new(endpoints.clone(), Credentials::from_access_token(cloud.token().into())).unwrap()
}

async fn instances(google: &Google, project: &str) -> Result<Vec<Instance>, Error> {
    let pages: Vec<_> = google.list_instances(project).try_collect().await?;
    Ok(pages.into_iter().flat_map(|page| page.instances).collect())
}

#[tokio::test]
async fn signing_in_refreshing_and_signing_out() {
    let (cloud, endpoints) = cloud().await;
    let signed_in = sign_in_by_page(&endpoints, ("user", ANA)).await.unwrap();
    assert_eq!(signed_in.identity.email, ANA);
    let credentials = Credentials::from_refresh_token(
        &endpoints,
        OAuthClient::local_cloud(),
        signed_in.refresh_token.clone(),
    )
    .unwrap();
    let google = Google::new(endpoints.clone(), credentials.clone()).unwrap();
    assert_eq!(google.identity().await.unwrap(), signed_in.identity);
    let first = credentials.access_token(Freshness::Cached).await.unwrap();
    let renewed = credentials.access_token(Freshness::Renewed).await.unwrap();
    assert_ne!(first.expose_secret(), renewed.expose_secret());
    credentials.revoke().await.unwrap();
    let error = credentials.access_token(Freshness::Cached).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::SignInNeeded);
    cloud.stop().await;
}

#[tokio::test]
async fn a_person_who_cancels_has_declined() {
    let (cloud, endpoints) = cloud().await;
    let error = sign_in_by_page(&endpoints, ("cancel", "1")).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::AccessDenied);
    cloud.stop().await;
}

#[tokio::test]
async fn the_inventory() {
    let (cloud, endpoints) = cloud().await;
    let google = given(&cloud, &endpoints);
    let projects = google.search_projects().try_concat().await.unwrap();
    assert!(projects.len() >= 4);
    let prod = projects.iter().find(|project| project.id == "acme-prod").unwrap();
    assert_eq!(prod.display_name, "Acme Production");
    let listed = instances(&google, "acme-prod").await.unwrap();
    let web = listed.iter().find(|instance| instance.at.name == "web-1").unwrap();
    assert_eq!(web.at, InstanceRef::new("acme-prod", "europe-west1-b", "web-1"));
    assert_eq!((web.machine_type.as_str(), web.os), ("e2-standard-4", Os::Linux));
    assert_eq!(web.interfaces[0].internal_ip.as_deref(), Some("10.10.1.2"));
    assert_eq!(web.interfaces[0].external_ip.as_deref(), Some("203.0.113.21"));
    assert!(listed.iter().any(|instance| instance.os == Os::Windows));

    let one = google.instance(&web.at).await.unwrap();
    assert_eq!((&one.id, &one.status, &one.os), (&web.id, &web.status, &web.os));
    assert_eq!(one.interfaces, web.interfaces);
    assert_eq!(one.metadata.get("enable-guest-attributes"), Some("TRUE"));
    assert_eq!(google.project("acme-prod").await.unwrap().id, "acme-prod");

    let pages: Vec<_> = google.list_instances("acme-data-platform").try_collect().await.unwrap();
    assert!(pages.iter().any(|page| !page.unreachable.is_empty()), "a zone does not answer");
    cloud.stop().await;
}

#[tokio::test]
async fn what_is_not_to_be_had() {
    let (cloud, endpoints) = cloud().await;
    let google = given(&cloud, &endpoints);
    let disabled = instances(&google, "acme-mobile-lab").await.unwrap_err();
    assert_eq!(disabled.kind, ErrorKind::ApiDisabled);
    let gone = google.instance(&InstanceRef::new("acme-prod", "europe-west1-b", "nobody")).await.unwrap_err();
    assert_eq!(gone.kind, ErrorKind::NotFound);
    let stranger = Google::new(endpoints, Credentials::from_access_token("made-up".into())).unwrap();
    let refused = instances(&stranger, "acme-prod").await.unwrap_err();
    assert_eq!((refused.kind, refused.status), (ErrorKind::SignInNeeded, Some(401)));
    cloud.stop().await;
}

#[tokio::test]
async fn stopping_and_starting() {
    let (cloud, endpoints) = cloud().await;
    let google = given(&cloud, &endpoints);
    let at = InstanceRef::new("acme-prod", "europe-west1-b", "web-1");
    google.stop(&at).await.unwrap();
    assert_eq!(google.instance(&at).await.unwrap().status, InstanceStatus::Terminated);
    google.start(&at).await.unwrap();
    assert_eq!(google.instance(&at).await.unwrap().status, InstanceStatus::Running);
    cloud.stop().await;
}

#[tokio::test]
async fn a_key_in_the_metadata() {
    let (cloud, endpoints) = cloud().await;
    let google = given(&cloud, &endpoints);
    let at = InstanceRef::new("acme-prod", "europe-west1-b", "web-1");
    let before = google.instance(&at).await.unwrap().metadata;
    let stale = before.fingerprint.clone().unwrap();
    let mut items = before.items.clone();
    items.push(MetadataItem::new("ssh-keys", "ana:ssh-ed25519 AAAA"));
    google.set_metadata(&at, &stale, &items).await.unwrap();
    let after = google.instance(&at).await.unwrap().metadata;
    assert_eq!(after.get("ssh-keys"), Some("ana:ssh-ed25519 AAAA"));
    assert_ne!(after.fingerprint.as_ref(), Some(&stale));
    let error = google.set_metadata(&at, &stale, &items).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Conflict);
    google.guest_attributes(&at, "hostkeys/").await.unwrap();
    google.serial_port_output(&at, 1, 0).await.unwrap();
    cloud.stop().await;
}

#[tokio::test]
async fn a_key_in_os_login() {
    let (cloud, endpoints) = cloud().await;
    let google = given(&cloud, &endpoints);
    let line = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPKSUTyz3HwHReFVvD5obVsALAgJRNarH4TRpNePnAS";
    let until = std::time::SystemTime::now() + std::time::Duration::from_secs(3600);
    let done = google
        .import_ssh_public_key(ANA, "acme-prod", Some("europe-west1"), line, Some(until))
        .await
        .unwrap();
    assert_eq!(done.key, ImportedKey::Present);
    let account = done.profile.account().unwrap();
    assert_eq!(account.username, "ana_acme_example");
    let profile = google.login_profile(ANA, "acme-prod").await.unwrap().unwrap();
    assert!(profile.key(line).unwrap().expires_usec.is_some());
    let other = google.login_profile("ben@acme.example", "acme-prod").await;
    assert_eq!(other.unwrap_err().kind, ErrorKind::PermissionDenied);
    cloud.stop().await;
}

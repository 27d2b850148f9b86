use adit_contract::FailureCode;

use super::*;
use crate::keychain::MemoryVault;
use secrecy::SecretString;
use url::Url;

fn cloud(port: u16) -> Cloud {
    let mut cloud = Cloud::google().unwrap();
    cloud.kind = adit_contract::CloudKind::Local;
    cloud.id = format!("http://127.0.0.1:{port}");
    cloud.endpoints = adit_google::Endpoints::local(&Url::parse(&cloud.id).unwrap());
    cloud
}

fn folders(folder: &tempfile::TempDir) -> Folders {
    Folders {
        settings: folder.path().to_owned(),
        data: folder.path().to_owned(),
        run: folder.path().join("run"),
        policy: folder.path().join("policy.json"),
        gcloud_known_hosts: None,
    }
}

fn credentials(cloud: &Cloud, token: &str) -> Credentials {
    Credentials::from_refresh_token(&cloud.endpoints, OAuthClient::local_cloud(), SecretString::from(token))
        .unwrap()
}

fn ada() -> Identity {
    Identity { sub: "7".to_owned(), email: "ada@example.com".to_owned(), hosted_domain: None }
}

#[tokio::test]
async fn an_account_comes_back_with_its_cloud_and_its_keychain_only() {
    let folder = tempfile::tempdir().unwrap();
    let keychain = Keychain::new(Arc::new(MemoryVault::new()));
    let (accounts, trouble) = Accounts::load(cloud(1), &folders(&folder), &keychain).await;
    assert_eq!(trouble, None);
    let id = accounts
        .add(ada(), credentials(&cloud(1), "very-secret"), Some(&OAuthClient::local_cloud()), &keychain)
        .await
        .unwrap()
        .id;
    let text = std::fs::read_to_string(folder.path().join("accounts.json")).unwrap();
    assert!(text.contains("ada@example.com") && !text.contains("very-secret"));

    let (again, _) = Accounts::load(cloud(1), &folders(&folder), &keychain).await;
    assert_eq!(again.infos(), accounts.infos());
    let (_, access) = again.access(Some(&id)).unwrap();
    assert_eq!(access.credentials().refresh_token().unwrap().expose_secret(), "very-secret");

    let (elsewhere, _) = Accounts::load(cloud(2), &folders(&folder), &keychain).await;
    assert!(elsewhere.infos().is_empty(), "an account belongs to its cloud");

    let empty = Keychain::new(Arc::new(MemoryVault::new()));
    let (without, _) = Accounts::load(cloud(1), &folders(&folder), &empty).await;
    assert_eq!(without.infos()[0].state, AccountState::SignInNeeded);
    assert_eq!(without.access(None).unwrap_err().code, FailureCode::SignInNeeded);
    assert_eq!(without.hint().as_deref(), Some("ada@example.com"));
}

#[tokio::test]
async fn signing_in_again_renews_and_signing_out_deletes() {
    let folder = tempfile::tempdir().unwrap();
    let keychain = Keychain::new(Arc::new(MemoryVault::new()));
    // A port where nothing answers: the revocation fails, what is here is deleted all the same.
    let (accounts, _) = Accounts::load(cloud(1), &folders(&folder), &keychain).await;
    let client = OAuthClient::local_cloud();
    let id = accounts.add(ada(), credentials(&cloud(1), "one"), Some(&client), &keychain).await.unwrap().id;
    let (_, access) = accounts.access(None).unwrap();
    assert!(accounts.needs_sign_in(&id));
    assert!(!accounts.needs_sign_in(&id));
    assert!(accounts.ready().is_empty());
    let again =
        accounts.add(ada(), credentials(&cloud(1), "two"), Some(&client), &keychain).await.unwrap().id;
    assert_eq!(again, id);
    assert_eq!(accounts.infos().len(), 1);
    assert_eq!(access.credentials().refresh_token().unwrap().expose_secret(), "two", "what is open goes on");

    accounts.remove(&id, &keychain).await.unwrap();
    assert!(accounts.infos().is_empty());
    assert!(keychain.get(&cloud(1).entry("refresh-token", &id)).await.is_none());
    assert_eq!(accounts.remove(&id, &keychain).await.unwrap_err().code, FailureCode::InvalidInput);
    let (again, _) = Accounts::load(cloud(1), &folders(&folder), &keychain).await;
    assert!(again.infos().is_empty());
}

#[tokio::test]
async fn a_broken_list_is_set_aside() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("accounts.json"), "{").unwrap();
    let keychain = Keychain::new(Arc::new(MemoryVault::new()));
    let (accounts, trouble) = Accounts::load(cloud(1), &folders(&folder), &keychain).await;
    assert!(accounts.infos().is_empty());
    assert_eq!(trouble.unwrap().code, FailureCode::File);
    assert!(folder.path().join("accounts.json.broken").exists());
}

#[tokio::test]
async fn a_clients_secret_goes_to_the_keychain() {
    let folder = tempfile::tempdir().unwrap();
    let keychain = Keychain::new(Arc::new(MemoryVault::new()));
    let source = folder.path().join("client.json");
    std::fs::write(&source, r#"{"installed":{"client_id":"1-a.example","client_secret":"GOCSPX-x"}}"#)
        .unwrap();
    RememberedClient::take(folder.path(), &source, &keychain).await.unwrap();
    let kept = std::fs::read_to_string(folder.path().join("oauth-client.json")).unwrap();
    assert!(kept.contains("1-a.example") && !kept.contains("GOCSPX"));
    let google = Cloud::google().unwrap();
    let client = RememberedClient::load(folder.path(), &google, &keychain).await.unwrap();
    assert_eq!(client.secret.unwrap().expose_secret(), "GOCSPX-x");
    std::fs::write(&source, r#"{"web":{"client_id":"1"}}"#).unwrap();
    let failure = RememberedClient::take(folder.path(), &source, &keychain).await.unwrap_err();
    assert_eq!(failure.code, FailureCode::InvalidInput);
}

#[tokio::test]
async fn a_later_versions_list_is_used_as_far_as_it_is_understood_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("accounts.json");
    let keychain = Keychain::new(Arc::new(MemoryVault::new()));
    let client = OAuthClient::local_cloud();
    let (accounts, _) = Accounts::load(cloud(1), &folders(&folder), &keychain).await;
    let id = accounts.add(ada(), credentials(&cloud(1), "one"), Some(&client), &keychain).await.unwrap().id;
    let ours: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    for (form, known) in crate::file::versioned::tests::later_forms(2, &ours).iter().zip([1, 0]) {
        std::fs::write(&path, form).unwrap();
        let (older, trouble) = Accounts::load(cloud(1), &folders(&folder), &keychain).await;
        assert!(trouble.unwrap().title.contains("later version"));
        assert_eq!(older.infos().len(), known);
        // Who signs in is signed in until the app ends, and is told that it is not longer.
        let added = older.add(ada(), credentials(&cloud(1), "one"), Some(&client), &keychain).await.unwrap();
        assert_eq!((&added.id, added.unkept.unwrap().code), (&id, FailureCode::File));
        assert_eq!(older.infos().len(), 1);
        assert_eq!(&std::fs::read_to_string(&path).unwrap(), form);
    }
}

//! Access tokens: fetched once, renewed in time, never lost for a passing reason.

use std::sync::Arc;

use adit_google::{
    CredentialSource, Credentials, Endpoints, ErrorKind, Freshness, Google, Identity, OAuthClient,
    SignInCause, SignedIn,
};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;

use crate::server::{Reply, Server, token};

fn of(server: &Server) -> Credentials {
    let client = OAuthClient { id: "client".into(), secret: Some("client-secret".into()) };
    Credentials::from_refresh_token(&server.endpoints(), client, "refresh-1".into()).unwrap()
}

async fn get(credentials: &Credentials, freshness: Freshness) -> String {
    credentials.access_token(freshness).await.unwrap().expose_secret().to_owned()
}

#[tokio::test]
async fn a_token_is_fetched_once_and_kept() {
    let server = Server::start(|n, _| token(&format!("a{n}"))).await;
    let credentials = of(&server);
    assert_eq!(get(&credentials, Freshness::Cached).await, "a0");
    assert_eq!(get(&credentials, Freshness::Cached).await, "a0");
    let seen = server.seen();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].method, "POST");
    assert_eq!(seen[0].form("grant_type").as_deref(), Some("refresh_token"));
    assert_eq!(seen[0].form("refresh_token").as_deref(), Some("refresh-1"));
    assert_eq!(seen[0].form("client_id").as_deref(), Some("client"));
    assert_eq!(seen[0].form("client_secret").as_deref(), Some("client-secret"));
    assert!(seen[0].header("user-agent").unwrap().starts_with("adit/"));
}

#[tokio::test]
async fn callers_at_the_same_time_share_one_request() {
    let gate = Arc::new(Semaphore::new(0));
    let server = Server::start({
        let gate = gate.clone();
        move |n, _| token(&format!("a{n}")).after(&gate)
    })
    .await;
    let credentials = of(&server);
    let callers: Vec<_> = (0..20)
        .map(|_| {
            let credentials = credentials.clone();
            tokio::spawn(async move { get(&credentials, Freshness::Cached).await })
        })
        .collect();
    while server.count("/token") == 0 {
        tokio::task::yield_now().await;
    }
    gate.add_permits(100);
    for caller in callers {
        assert_eq!(caller.await.unwrap(), "a0");
    }
    assert_eq!(server.count("/token"), 1);
}

#[tokio::test]
async fn callers_at_the_same_time_share_a_failure() {
    let gate = Arc::new(Semaphore::new(0));
    let server = Server::start({
        let gate = gate.clone();
        move |_, _| {
            Reply::new(400, r#"{"error":"invalid_grant","error_subtype":"invalid_rapt"}"#).after(&gate)
        }
    })
    .await;
    let credentials = of(&server);
    let callers: Vec<_> = (0..10)
        .map(|_| {
            let credentials = credentials.clone();
            tokio::spawn(async move { credentials.access_token(Freshness::Cached).await.unwrap_err() })
        })
        .collect();
    while server.count("/token") == 0 {
        tokio::task::yield_now().await;
    }
    gate.add_permits(100);
    for caller in callers {
        let error = caller.await.unwrap();
        assert_eq!(error.kind, ErrorKind::SignInNeeded);
        assert_eq!(error.details.sign_in, Some(SignInCause::SessionEnded));
    }
    assert_eq!(server.count("/token"), 1);
}

#[tokio::test]
async fn renewed_makes_one_request_for_those_who_saw_the_same_token() {
    let server = Server::start(|n, _| token(&format!("a{n}"))).await;
    let credentials = of(&server);
    assert_eq!(get(&credentials, Freshness::Cached).await, "a0");
    assert_eq!(get(&credentials, Freshness::Renewed).await, "a1", "a cached token is no renewed one");
    assert_eq!(get(&credentials, Freshness::Renewed).await, "a1", "the second saw a0 as well");
    let instead = |refused: &str| {
        let refused = SecretString::from(refused);
        let credentials = credentials.clone();
        async move { credentials.access_token_instead_of(&refused).await.unwrap().expose_secret().to_owned() }
    };
    assert_eq!(instead("a0").await, "a1");
    assert_eq!(instead("a1").await, "a2");
    assert_eq!(server.count("/token"), 3);
}

#[tokio::test]
async fn a_token_is_renewed_before_its_end_and_used_to_it() {
    // 299 seconds are less than the five minutes of foresight, so that every use asks for a new one.
    let body = |n: usize| format!(r#"{{"access_token":"a{n}","expires_in":299,"token_type":"Bearer"}}"#);
    let server = Server::start(move |n, _| match n {
        0 | 1 => Reply::new(200, body(n)),
        _ => Reply::new(503, "").header("Retry-After", "3600"),
    })
    .await;
    let credentials = of(&server);
    assert_eq!(get(&credentials, Freshness::Cached).await, "a0");
    assert_eq!(get(&credentials, Freshness::Cached).await, "a1");
    assert_eq!(get(&credentials, Freshness::Cached).await, "a1", "it cannot be renewed but is good yet");
    let error = credentials.access_token(Freshness::Renewed).await.unwrap_err();
    assert_eq!((error.kind, error.status), (ErrorKind::Server, Some(503)));
}

#[tokio::test]
async fn a_passing_failure_is_tried_again_and_keeps_the_refresh_token() {
    let server = Server::start(|n, _| match n {
        0 => Reply::new(503, "<html>"),
        _ => token("a"),
    })
    .await;
    assert_eq!(get(&of(&server), Freshness::Cached).await, "a");
    assert_eq!(server.count("/token"), 2);

    let endpoints = {
        let gone = Server::start(|_, _| token("a")).await;
        gone.endpoints()
    };
    let credentials =
        Credentials::from_refresh_token(&endpoints, OAuthClient::local_cloud(), "kept".into()).unwrap();
    let error = credentials.access_token(Freshness::Cached).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unreachable);
    assert_eq!(credentials.refresh_token().unwrap().expose_secret(), "kept");
}

#[tokio::test]
async fn a_replaced_refresh_token_is_used_and_shown() {
    let server = Server::start(|n, _| {
        Reply::new(200, format!(r#"{{"access_token":"a{n}","expires_in":3599,"token_type":"Bearer","refresh_token":"refresh-2"}}"#))
    })
    .await;
    let credentials = of(&server);
    get(&credentials, Freshness::Cached).await;
    assert_eq!(credentials.refresh_token().unwrap().expose_secret(), "refresh-2");
    get(&credentials, Freshness::Renewed).await;
    assert_eq!(server.seen()[1].form("refresh_token").as_deref(), Some("refresh-2"));
}

#[tokio::test]
async fn an_answer_that_is_no_token_says_so_without_quoting_it() {
    let server = Server::start(|_, _| Reply::new(200, r#"{"access_token":{"secret":"hush"}}"#)).await;
    let error = of(&server).access_token(Freshness::Cached).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Decode);
    assert!(!format!("{error:?}").contains("hush"));
}

#[tokio::test]
async fn revoking_names_the_refresh_token_and_forgives_an_unknown_one() {
    let server = Server::start(|n, request| match (request.path.as_str(), n) {
        ("/revoke", 0) => Reply::new(200, "{}"),
        ("/revoke", 1) => Reply::new(400, r#"{"error":"invalid_token"}"#),
        _ => Reply::new(400, r#"{"error":{"message":"no"}}"#),
    })
    .await;
    let credentials = of(&server);
    credentials.revoke().await.unwrap();
    credentials.revoke().await.unwrap();
    assert_eq!(credentials.revoke().await.unwrap_err().kind, ErrorKind::InvalidRequest);
    assert_eq!(server.seen()[0].form("token").as_deref(), Some("refresh-1"));
}

#[tokio::test]
async fn credentials_stay_with_their_cloud() {
    let server = Server::start(|_, _| token("a")).await;
    let other = Server::start(|_, _| token("a")).await;
    let error = Google::new(other.endpoints(), of(&server)).unwrap_err();
    assert_eq!(error.kind, ErrorKind::WrongCloud);
    assert_eq!(Google::new(Endpoints::google(), of(&server)).unwrap_err().kind, ErrorKind::WrongCloud);
    Google::new(server.endpoints(), of(&server)).unwrap();
    assert!(other.seen().is_empty());
}

#[tokio::test]
async fn a_given_token_is_used_as_it_is() {
    let credentials = Credentials::from_access_token("given".into());
    assert_eq!(credentials.source(), CredentialSource::AccessToken);
    assert_eq!(get(&credentials, Freshness::Cached).await, "given");
    assert_eq!(credentials.access_token(Freshness::Renewed).await.unwrap_err().kind, ErrorKind::SignInNeeded);
    assert_eq!(credentials.revoke().await.unwrap_err().kind, ErrorKind::Unsupported);
    assert!(!format!("{credentials:?}").contains("given"));
}

#[tokio::test]
async fn a_fresh_sign_in_needs_no_request() {
    let server = Server::start(|_, _| token("fetched")).await;
    let signed_in = SignedIn {
        identity: Identity { sub: "1".into(), email: "a@example.com".into(), hosted_domain: None },
        refresh_token: "refresh".into(),
        scopes: Vec::new(),
        access_token: "first".into(),
        lifetime: std::time::Duration::from_secs(3599),
    };
    let credentials =
        Credentials::from_sign_in(&server.endpoints(), OAuthClient::local_cloud(), &signed_in).unwrap();
    assert_eq!(get(&credentials, Freshness::Cached).await, "first");
    assert!(server.seen().is_empty());
    assert!(!format!("{signed_in:?}").contains("first"));
}

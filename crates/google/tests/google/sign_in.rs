//! The browser sign-in, with a HTTP client in the place of the browser and a fake authorisation server.

use adit_google::{
    Error, ErrorKind, OAuthClient, SignedIn,
    sign_in::{self, Consent, Pending},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::Client;
use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinHandle,
};
use url::Url;

use crate::server::{Reply, Server};

const CLOUD: &str = "https://www.googleapis.com/auth/cloud-platform";

fn browser() -> Client {
    Client::builder().no_proxy().build().unwrap()
}

fn asked(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

fn granted(scope: &str, email: Option<&str>) -> String {
    let mut claims = serde_json::json!({"iss": "x", "aud": "client", "sub": "42", "hd": "example.com"});
    if let Some(email) = email {
        claims["email"] = email.into();
    }
    let id = format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims.to_string()));
    serde_json::json!({
        "access_token": "access", "refresh_token": "refresh", "expires_in": 3599, "token_type": "Bearer",
        "scope": scope, "id_token": id
    })
    .to_string()
}

/// A sign-in that waits, with the address its redirect goes to.
struct Waiting {
    server: Server,
    asked: Url,
    redirect: Url,
    state: String,
    task: JoinHandle<Result<SignedIn, Error>>,
}

impl Waiting {
    async fn begin(token: Token) -> Self {
        let server = Server::start(move |_, _| token()).await;
        let client = OAuthClient { id: "client".into(), secret: Some("s".into()) };
        let pending: Pending =
            sign_in::begin(&server.endpoints(), &client, Some("a@example.com")).await.unwrap();
        let asked_url = pending.url().clone();
        let redirect = Url::parse(&asked(&asked_url, "redirect_uri").unwrap()).unwrap();
        let state = asked(&asked_url, "state").unwrap();
        Self { server, redirect, state, asked: asked_url, task: tokio::spawn(pending.finish()) }
    }

    fn answer(&self, query: &[(&str, &str)]) -> Url {
        let mut url = self.redirect.clone();
        url.query_pairs_mut().extend_pairs(query);
        url
    }

    async fn open(&self, query: &[(&str, &str)]) -> (u16, String) {
        open(self.answer(query)).await
    }

    async fn redirected(&self, code: &str) -> (u16, String) {
        self.open(&[("state", &self.state), ("code", code)]).await
    }
}

type Token = fn() -> Reply;

async fn open(url: Url) -> (u16, String) {
    let response = browser().get(url).send().await.unwrap();
    let status = response.status().as_u16();
    assert_eq!(response.headers()["referrer-policy"], "no-referrer");
    assert!(
        response.headers()["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'")
    );
    (status, response.text().await.unwrap())
}

fn good() -> Reply {
    Reply::new(200, granted(&format!("openid {CLOUD}"), Some("a@example.com")))
}

#[tokio::test]
async fn a_sign_in_from_begin_to_end() {
    let waiting = Waiting::begin(good).await;
    let url = &waiting.asked;
    assert_eq!(url.path(), "/o/oauth2/v2/auth");
    assert_eq!(asked(url, "response_type").as_deref(), Some("code"));
    assert_eq!(asked(url, "client_id").as_deref(), Some("client"));
    assert_eq!(asked(url, "access_type").as_deref(), Some("offline"));
    assert_eq!(asked(url, "login_hint").as_deref(), Some("a@example.com"));
    assert_eq!(asked(url, "prompt"), None);
    assert_eq!(asked(url, "code_challenge_method").as_deref(), Some("S256"));
    assert_eq!(asked(url, "scope").unwrap(), format!("{CLOUD} openid email"));
    assert_eq!(waiting.redirect.host_str(), Some("127.0.0.1"));
    assert!(waiting.redirect.path().len() > 24 && waiting.state.len() >= 22);

    let (status, page) = waiting.redirected("4/code").await;
    assert_eq!(status, 200);
    assert!(page.contains("You are signed in.") && page.contains("You can close this tab."));
    let once_more = waiting.answer(&[("state", &waiting.state), ("code", "x")]);
    let signed_in = waiting.task.await.unwrap().unwrap();
    assert_eq!(signed_in.identity.sub, "42");
    assert_eq!(signed_in.identity.email, "a@example.com");
    assert_eq!(signed_in.identity.hosted_domain.as_deref(), Some("example.com"));
    assert_eq!(signed_in.refresh_token.expose_secret(), "refresh");

    let exchange = &waiting.server.seen()[0];
    assert_eq!(exchange.path, "/token");
    assert_eq!(exchange.form("grant_type").as_deref(), Some("authorization_code"));
    assert_eq!(exchange.form("code").as_deref(), Some("4/code"));
    assert_eq!(exchange.form("client_secret").as_deref(), Some("s"));
    assert_eq!(exchange.form("redirect_uri").as_deref(), Some(waiting.redirect.as_str()));
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(exchange.form("code_verifier").unwrap()));
    assert_eq!(asked(&waiting.asked, "code_challenge"), Some(challenge));

    assert!(browser().get(once_more).send().await.is_err(), "the listener is gone");
}

#[tokio::test]
async fn what_is_not_the_redirect_changes_nothing() {
    let waiting = Waiting::begin(good).await;
    let mut elsewhere = waiting.redirect.clone();
    elsewhere.set_path("/favicon.ico");
    assert_eq!(open(elsewhere).await.0, 404);
    assert_eq!(waiting.open(&[("state", "guessed"), ("code", "evil")]).await.0, 400);
    assert_eq!(waiting.open(&[("code", "evil")]).await.0, 400);
    assert_eq!(waiting.open(&[("state", "guessed"), ("error", "access_denied")]).await.0, 400);
    let target = waiting.answer(&[("state", &waiting.state), ("code", "evil")]);
    assert_eq!(browser().post(target).send().await.unwrap().status().as_u16(), 405);
    assert!(waiting.server.seen().is_empty(), "no code was exchanged");
    assert_eq!(waiting.redirected("good").await.0, 200);
    waiting.task.await.unwrap().unwrap();
    assert_eq!(waiting.server.seen()[0].form("code").as_deref(), Some("good"));
}

#[tokio::test]
async fn silent_and_noisy_connections_do_not_stand_in_the_way() {
    let waiting = Waiting::begin(good).await;
    let at = (waiting.redirect.host_str().unwrap().to_owned(), waiting.redirect.port().unwrap());
    let connect = || TcpStream::connect((at.0.as_str(), at.1));
    let mut silent = Vec::new();
    for _ in 0..200 {
        silent.push(connect().await.unwrap());
    }
    let mut half = connect().await.unwrap();
    half.write_all(b"GET / HTTP/1.1\r\nX: ").await.unwrap();
    let mut endless = connect().await.unwrap();
    endless.write_all(&[b'a'; 8192]).await.unwrap();
    let mut answer = String::new();
    endless.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    assert_eq!(waiting.redirected("c").await.0, 200);
    waiting.task.await.unwrap().unwrap();
    drop((silent, half));
}

#[tokio::test]
async fn the_servers_refusal_is_told() {
    for (error, kind) in [
        ("access_denied", ErrorKind::AccessDenied),
        ("admin_policy_enforced", ErrorKind::AdminPolicy),
        ("invalid_client", ErrorKind::InvalidClient),
    ] {
        let waiting = Waiting::begin(good).await;
        let (status, page) = waiting.open(&[("state", &waiting.state), ("error", error)]).await;
        assert_eq!(status, 200);
        assert!(page.contains("Sign-in did not complete."));
        assert_eq!(waiting.task.await.unwrap().unwrap_err().kind, kind);
        assert!(waiting.server.seen().is_empty());
    }
}

#[tokio::test]
async fn the_page_tells_the_truth_about_a_failed_exchange() {
    let refuses: [(Token, ErrorKind); 5] = [
        (|| Reply::new(400, r#"{"error":"invalid_grant"}"#), ErrorKind::SignInNeeded),
        (|| Reply::new(401, r#"{"error":"invalid_client"}"#), ErrorKind::InvalidClient),
        (|| Reply::new(500, "oops"), ErrorKind::Server),
        (|| Reply::new(200, granted("openid email", Some("a"))), ErrorKind::ScopeMissing),
        (|| Reply::new(200, granted(CLOUD, None)), ErrorKind::ScopeMissing),
    ];
    for (reply, kind) in refuses {
        let waiting = Waiting::begin(reply).await;
        let (_, page) = waiting.redirected("c").await;
        assert!(page.contains("Sign-in did not complete."), "{kind:?}");
        assert_eq!(waiting.task.await.unwrap().unwrap_err().kind, kind);
        assert_eq!(waiting.server.count("/token"), 1, "a code is good for one exchange");
    }
}

#[tokio::test]
async fn without_a_refresh_token_the_way_on_is_consent() {
    let reply = || {
        let text = granted(CLOUD, Some("a")).replace("\"refresh_token\":\"refresh\",", "");
        assert!(!text.contains("refresh_token"));
        Reply::new(200, text)
    };
    let waiting = Waiting::begin(reply).await;
    waiting.redirected("c").await;
    assert_eq!(waiting.task.await.unwrap().unwrap_err().kind, ErrorKind::NoRefreshToken);

    let client = OAuthClient::local_cloud();
    let pending =
        sign_in::begin_with(&waiting.server.endpoints(), &client, None, Consent::Always).await.unwrap();
    assert_eq!(asked(pending.url(), "prompt").as_deref(), Some("select_account consent"));
}

#[tokio::test]
async fn without_an_id_token_the_userinfo_endpoint_is_asked() {
    let server = Server::start(|_, request| match request.path.as_str() {
        "/token" => Reply::new(
            200,
            r#"{"access_token":"access","refresh_token":"r","expires_in":3599,"token_type":"Bearer"}"#,
        ),
        _ => Reply::new(200, r#"{"sub":"7","email":"b@example.com"}"#),
    })
    .await;
    let pending = sign_in::begin(&server.endpoints(), &OAuthClient::local_cloud(), None).await.unwrap();
    assert_eq!(asked(pending.url(), "prompt").as_deref(), Some("select_account"));
    let mut redirect = Url::parse(&asked(pending.url(), "redirect_uri").unwrap()).unwrap();
    redirect
        .query_pairs_mut()
        .extend_pairs([("state", asked(pending.url(), "state").unwrap().as_str()), ("code", "c")]);
    let task = tokio::spawn(pending.finish());
    open(redirect).await;
    let signed_in = task.await.unwrap().unwrap();
    assert_eq!((signed_in.identity.sub.as_str(), signed_in.identity.email.as_str()), ("7", "b@example.com"));
    assert!(signed_in.scopes.iter().any(|scope| scope == CLOUD), "no scopes named means those asked for");
    assert_eq!(server.seen()[1].header("authorization").as_deref(), Some("Bearer access"));
}

#[tokio::test]
async fn dropping_it_closes_the_listener() {
    let waiting = Waiting::begin(good).await;
    assert_eq!(waiting.open(&[("code", "c")]).await.0, 400);
    waiting.task.abort();
    assert!(waiting.task.await.unwrap_err().is_cancelled());
    let gone = browser().get(waiting.redirect.clone()).send().await;
    assert!(gone.unwrap_err().is_connect());
}

#[tokio::test]
async fn plain_http_to_elsewhere_is_refused() {
    let mut endpoints = adit_google::Endpoints::google();
    endpoints.authorize = Url::parse("http://accounts.example.com/auth").unwrap();
    let error = sign_in::begin(&endpoints, &OAuthClient::local_cloud(), None).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::InvalidArgument);
}

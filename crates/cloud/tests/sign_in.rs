//! Sign-in as a client and as a browser see it.

mod web;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use web::{Done, Web, query};

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const REDIRECT: &str = "http://127.0.0.1:49152/cb?n=1";

fn challenge() -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER.as_bytes()))
}

fn parameters<'a>(challenge: &'a str, redirect: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("client_id", "adit-local-cloud"),
        ("redirect_uri", redirect),
        ("response_type", "code"),
        ("scope", "openid email https://www.googleapis.com/auth/cloud-platform"),
        ("state", "s t/a+te"),
        ("code_challenge", challenge),
        ("code_challenge_method", "S256"),
        ("access_type", "offline"),
    ]
}

async fn code(web: &Web) -> Done<String> {
    let challenge = challenge();
    let (status, location) =
        web.pick(&parameters(&challenge, REDIRECT), "ben@acme.example#the train").await?;
    assert_eq!(status, 303);
    let location = location.ok_or("no redirect")?;
    assert!(location.starts_with("http://127.0.0.1:49152/cb?n=1&"), "{location}");
    assert_eq!(query(&location, "state")?.as_deref(), Some("s t/a+te"));
    Ok(query(&location, "code")?.ok_or("no code")?)
}

async fn token(web: &Web, form: &[(&str, &str)]) -> Done<(u16, Value)> {
    let response = web.client.post(web.url("/oauth2.googleapis.com/token")).form(form).send().await?;
    Ok((response.status().as_u16(), response.json().await?))
}

fn exchange<'a>(code: &'a str, verifier: &'a str) -> [(&'a str, &'a str); 5] {
    [
        ("grant_type", "authorization_code"),
        ("client_id", "adit-local-cloud"),
        ("code", code),
        ("redirect_uri", REDIRECT),
        ("code_verifier", verifier),
    ]
}

#[tokio::test]
async fn the_whole_way_with_pkce() -> Done {
    let web = Web::demo().await?;
    let code = code(&web).await?;
    let (status, tokens) = token(&web, &exchange(&code, VERIFIER)).await?;
    assert_eq!(status, 200, "{tokens}");
    assert_eq!(tokens["token_type"], "Bearer");
    let scope = tokens["scope"].as_str().ok_or("no scope")?;
    assert_eq!(
        scope,
        "openid https://www.googleapis.com/auth/userinfo.email https://www.googleapis.com/auth/cloud-platform"
    );
    let parts: Vec<&str> = tokens["id_token"].as_str().ok_or("no id token")?.split('.').collect();
    assert_eq!(parts.len(), 3);
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts.get(1).ok_or("no claims")?)?)?;
    assert_eq!(
        (&claims["email"], &claims["hd"]),
        (&Value::from("ben@acme.example"), &Value::from("acme.example"))
    );

    let access = tokens["access_token"].as_str().ok_or("no access token")?;
    for path in ["/openidconnect.googleapis.com/v1/userinfo", "/v1/userinfo", "/oauth2/v3/userinfo"] {
        let who: Value = web.client.get(web.url(path)).bearer_auth(access).send().await?.json().await?;
        assert_eq!(who["email"], "ben@acme.example");
        assert_eq!(who["sub"], claims["sub"]);
    }

    let refresh = tokens["refresh_token"].as_str().ok_or("no refresh token")?;
    let form =
        [("grant_type", "refresh_token"), ("client_id", "adit-local-cloud"), ("refresh_token", refresh)];
    let (status, renewed) = token(&web, &form).await?;
    assert_eq!(status, 200);
    assert_ne!(renewed["access_token"], tokens["access_token"]);
    assert!(renewed.get("refresh_token").is_none());

    let revoked =
        web.client.post(web.url("/oauth2.googleapis.com/revoke")).form(&[("token", refresh)]).send().await?;
    assert_eq!(revoked.status(), 200);
    let (status, refused) = token(&web, &form).await?;
    assert_eq!((status, &refused["error"]), (400, &Value::from("invalid_grant")));
    assert_eq!(refused["error_description"], "Token has been expired or revoked.");
    let gone = web.client.get(web.url("/v1/userinfo")).bearer_auth(access).send().await?;
    assert_eq!(gone.status(), 401);
    Ok(())
}

#[tokio::test]
async fn a_wrong_verifier_spends_the_code() -> Done {
    let web = Web::demo().await?;
    let code = code(&web).await?;
    let (status, refused) =
        token(&web, &exchange(&code, "another-verifier-that-is-long-enough-to-be-one")).await?;
    assert_eq!((status, &refused["error"]), (400, &Value::from("invalid_grant")));
    assert_eq!(refused["error_description"], "Invalid code verifier.");
    let (status, _) = token(&web, &exchange(&code, VERIFIER)).await?;
    assert_eq!(status, 400);
    Ok(())
}

#[tokio::test]
async fn a_code_that_comes_twice_takes_its_tokens_back() -> Done {
    let web = Web::demo().await?;
    let code = code(&web).await?;
    let (_, tokens) = token(&web, &exchange(&code, VERIFIER)).await?;
    let access = tokens["access_token"].as_str().ok_or("no access token")?;
    let (status, refused) = token(&web, &exchange(&code, VERIFIER)).await?;
    assert_eq!((status, &refused["error"]), (400, &Value::from("invalid_grant")));
    assert_eq!(web.client.get(web.url("/v1/userinfo")).bearer_auth(access).send().await?.status(), 401);
    Ok(())
}

#[tokio::test]
async fn the_exchange_repeats_redirect_and_client() -> Done {
    let web = Web::demo().await?;
    let first = code(&web).await?;
    let mut form = exchange(&first, VERIFIER);
    form[3].1 = "http://127.0.0.1:49152/other";
    assert_eq!(token(&web, &form).await?.1["error"], "redirect_uri_mismatch");
    let second = code(&web).await?;
    let mut form = exchange(&second, VERIFIER);
    form[1].1 = "somebody-else";
    let (status, refused) = token(&web, &form).await?;
    assert_eq!((status, &refused["error"]), (401, &Value::from("invalid_client")));
    Ok(())
}

#[tokio::test]
async fn nobody_is_sent_away_from_this_machine() -> Done {
    let web = Web::demo().await?;
    let challenge = challenge();
    for redirect in
        ["https://example.com/", "http://127.0.0.1.example.com/", "http://10.0.0.1:80/", "myapp://x"]
    {
        let given = parameters(&challenge, redirect);
        let page = web.client.get(web.url("/o/oauth2/v2/auth")).query(&given).send().await?;
        assert_eq!((page.status().as_u16(), page.headers().get("location")), (400, None), "{redirect}");
        let (status, location) = web.pick(&given, "ana@acme.example").await?;
        assert_eq!((status.as_u16(), location), (400, None), "{redirect}");
    }
    for redirect in ["http://[::1]:4000/", "http://localhost:4000/x"] {
        let (status, location) = web.pick(&parameters(&challenge, redirect), "ana@acme.example").await?;
        assert_eq!(status, 303);
        assert!(location.is_some_and(|location| location.starts_with(redirect)));
    }
    Ok(())
}

#[tokio::test]
async fn the_page_offers_everybody_at_every_place() -> Done {
    let web = Web::demo().await?;
    let challenge = challenge();
    let mut given = parameters(&challenge, REDIRECT);
    given.push(("login_hint", "eva@acme.example"));
    given.retain(|(name, _)| *name != "state");
    given.push(("state", "\"><script>alert(1)</script>"));
    let page = web.client.get(web.url("/accounts.google.com/o/oauth2/v2/auth")).query(&given).send().await?;
    assert_eq!(page.status(), 200);
    let policy = page
        .headers()
        .get("content-security-policy")
        .and_then(|value| value.to_str().ok())
        .ok_or("no policy")?;
    assert!(
        policy.contains("default-src 'none'") && policy.contains("form-action 'self' http://127.0.0.1:49152"),
        "{policy}"
    );
    let html = page.text().await?;
    for id in [
        "pick-ana-acme-example-the-office",
        "pick-ana-acme-example-home",
        "pick-ben-acme-example-the-train",
        "cancel",
    ] {
        assert!(html.contains(&format!("id=\"{id}\"")), "{id}");
    }
    assert!(html.contains("value=\"eva@acme.example#the office\" autofocus"));
    assert!(!html.contains("<script"));
    Ok(())
}

#[tokio::test]
async fn who_cancels_goes_back_with_a_refusal() -> Done {
    let web = Web::demo().await?;
    let challenge = challenge();
    let form: Vec<_> = parameters(&challenge, REDIRECT).into_iter().chain([("cancel", "1")]).collect();
    let response = web.client.post(web.url("/o/oauth2/v2/auth")).form(&form).send().await?;
    let location =
        response.headers().get("location").and_then(|value| value.to_str().ok()).ok_or("no redirect")?;
    assert_eq!(query(location, "error")?.as_deref(), Some("access_denied"));
    Ok(())
}

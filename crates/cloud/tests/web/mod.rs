//! A cloud and an HTTP client for it.

#![allow(dead_code, reason = "each test program uses its own part")]
#![allow(clippy::allow_attributes, reason = "an expectation would fail in the program that uses everything")]

use std::error::Error;

use adit_cloud::{Cloud, Landscape, Options};
use reqwest::{Client, Method, StatusCode};
use serde_json::Value;

pub(crate) type Done<T = ()> = Result<T, Box<dyn Error>>;

/// The demo landscape with operations that take no time to speak of.
pub(crate) fn demo() -> Done<Landscape> {
    let text = include_str!("../../../../assets/landscapes/demo.json");
    let mut json: Value = serde_json::from_str(text)?;
    json["operationMs"] = Value::from(20);
    Ok(Landscape::parse(&json.to_string())?)
}

/// The demo, changed.
pub(crate) fn changed(change: impl FnOnce(&mut Value)) -> Done<Landscape> {
    let mut json: Value = serde_json::from_str(include_str!("../../../../assets/landscapes/demo.json"))?;
    change(&mut json);
    Ok(Landscape::parse(&json.to_string())?)
}

pub(crate) struct Web {
    pub(crate) cloud: Cloud,
    pub(crate) client: Client,
    pub(crate) token: String,
}

pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) json: Value,
}

impl Web {
    pub(crate) async fn demo() -> Done<Self> {
        Self::start(demo()?).await
    }

    /// Signed in as the landscape's first user.
    pub(crate) async fn start(landscape: Landscape) -> Done<Self> {
        let cloud = Cloud::start(Options::new(landscape)).await?;
        let client = Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build()?;
        let token = cloud.token().to_owned();
        Ok(Self { cloud, client, token })
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.cloud.url())
    }

    pub(crate) async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Done<Reply> {
        let request = self.client.request(method, self.url(path)).bearer_auth(&self.token);
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        let response = request.send().await?;
        let status = response.status().as_u16();
        let bytes = response.bytes().await?;
        Ok(Reply { status, json: serde_json::from_slice(&bytes).unwrap_or(Value::Null) })
    }

    pub(crate) async fn get(&self, path: &str) -> Done<Reply> {
        self.call(Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Done<Reply> {
        self.call(Method::POST, path, Some(body)).await
    }

    /// A request with further headers; an empty body is none.
    pub(crate) async fn with(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Done<Reply> {
        let mut request = self.client.request(method, self.url(path)).bearer_auth(&self.token);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if !body.is_null() {
            request = request.json(body);
        }
        let response = request.send().await?;
        let status = response.status().as_u16();
        let bytes = response.bytes().await?;
        Ok(Reply { status, json: serde_json::from_slice(&bytes).unwrap_or(Value::Null) })
    }

    /// The value of a GET that has to succeed.
    pub(crate) async fn good(&self, path: &str) -> Done<Value> {
        let reply = self.get(path).await?;
        assert_eq!(reply.status, 200, "{path}: {}", reply.json);
        Ok(reply.json)
    }

    /// Picks a user on the sign-in page; the location that the answer leads to.
    pub(crate) async fn pick(
        &self,
        parameters: &[(&str, &str)],
        choice: &str,
    ) -> Done<(StatusCode, Option<String>)> {
        let form: Vec<(&str, &str)> = parameters.iter().copied().chain([("user", choice)]).collect();
        let response = self.client.post(self.url("/o/oauth2/v2/auth")).form(&form).send().await?;
        let location =
            response.headers().get("location").and_then(|value| value.to_str().ok()).map(str::to_owned);
        Ok((response.status(), location))
    }

    /// Signs in as somebody else from here on.
    pub(crate) async fn become_user(&mut self, choice: &str) -> Done {
        self.become_user_for(choice, "openid email https://www.googleapis.com/auth/cloud-platform").await
    }

    /// Signs in as somebody else from here on, for these scopes.
    pub(crate) async fn become_user_for(&mut self, choice: &str, scopes: &str) -> Done {
        let redirect = "http://127.0.0.1:9/";
        let parameters = [
            ("client_id", "adit-local-cloud"),
            ("redirect_uri", redirect),
            ("response_type", "code"),
            ("scope", scopes),
        ];
        let (_, location) = self.pick(&parameters, choice).await?;
        let code = query(&location.ok_or("no redirect")?, "code")?.ok_or("no code")?;
        let form = [
            ("client_id", "adit-local-cloud"),
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", redirect),
        ];
        let answer: Value = self.client.post(self.url("/token")).form(&form).send().await?.json().await?;
        self.token = answer["access_token"].as_str().ok_or("no token")?.to_owned();
        Ok(())
    }
}

/// A parameter of a URL's query.
pub(crate) fn query(url: &str, name: &str) -> Done<Option<String>> {
    let url = url::Url::parse(url)?;
    Ok(url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned()))
}

/// Starts what is waited for, then waits for its end as Compute's clients do.
pub(crate) async fn finish(web: &Web, operation: &Value) -> Done<Value> {
    let link = operation["selfLink"].as_str().ok_or("no selfLink")?;
    let path = link.strip_prefix("https://www.googleapis.com").ok_or("a link of another host")?;
    let reply = web.post(&format!("{path}/wait"), &serde_json::json!({})).await?;
    assert_eq!(reply.status, 200, "{}", reply.json);
    assert_eq!(reply.json["status"], "DONE");
    Ok(reply.json)
}

//! Our own HTTP client, for what the SDK does not cover.

use std::{sync::LazyLock, time::Duration};

use http::{HeaderMap, HeaderValue, header};
use reqwest::{Client, RequestBuilder, Response, redirect};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use url::Url;

use crate::{
    endpoints::is_loopback,
    error::{Error, ErrorKind, date, from_response},
    evidence::Answer,
};

/// Sent with every request.
pub(crate) static USER_AGENT: LazyLock<String> =
    LazyLock::new(|| format!("adit/{} ({})", env!("CARGO_PKG_VERSION"), std::env::consts::OS));

const CONNECT: Duration = Duration::from_secs(10);
/// An error body says what it has to say in far less.
const LONGEST_ERROR: usize = 256 * 1024;

/// A client for the cloud that `url` belongs to. It follows no redirect, since none of the calls has one, and
/// uses the system's proxy except for loopback.
pub(crate) fn client(url: &Url) -> Result<Client, Error> {
    let builder = Client::builder()
        .user_agent(USER_AGENT.as_str())
        .connect_timeout(CONNECT)
        .redirect(redirect::Policy::none());
    let builder = if is_loopback(url) { builder.no_proxy() } else { builder };
    builder.build().map_err(|e| Error::new(ErrorKind::Local, "set up the HTTP client", e.to_string()))
}

/// The `Authorization` header, marked so that nothing prints it.
pub(crate) fn bearer(token: &SecretString) -> Result<HeaderMap, Error> {
    let mut value = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret())).map_err(|_| {
        Error::new(ErrorKind::InvalidArgument, "use the access token", "it holds characters no token has")
    })?;
    value.set_sensitive(true);
    let mut headers = HeaderMap::new();
    headers.insert(header::AUTHORIZATION, value);
    Ok(headers)
}

/// Sends a request and decodes a JSON answer of at most `longest` bytes.
pub(crate) async fn json<T: DeserializeOwned>(
    doing: &'static str,
    request: RequestBuilder,
    longest: usize,
) -> Result<T, Error> {
    Ok(decoded(doing, request, longest).await?.0)
}

/// The same without an expected form, and with the server's clock.
pub(crate) async fn answer(
    doing: &'static str,
    request: RequestBuilder,
    longest: usize,
) -> Result<Answer, Error> {
    let (body, headers) = decoded(doing, request, longest).await?;
    Ok(Answer { body, date: date(&headers) })
}

async fn decoded<T: DeserializeOwned>(
    doing: &'static str,
    request: RequestBuilder,
    longest: usize,
) -> Result<(T, HeaderMap), Error> {
    let response = request.send().await.map_err(|e| Error::from_http_client(doing, &e))?;
    let (status, headers) = (response.status(), response.headers().clone());
    if !status.is_success() {
        let body = body(doing, response, LONGEST_ERROR).await.unwrap_or_default();
        return Err(from_response(doing, status.as_u16(), &headers, &body));
    }
    let body = body(doing, response, longest).await?;
    match serde_json::from_slice(&body) {
        Ok(value) => Ok((value, headers)),
        Err(e) => {
            let mut error =
                Error::new(ErrorKind::Decode, doing, decode_text(&e)).with_status(status.as_u16());
            error.details.date = date(&headers);
            Err(error)
        }
    }
}

/// Where and how decoding failed, without the text that was being decoded.
pub(crate) fn decode_text(error: &serde_json::Error) -> String {
    let what = match error.classify() {
        serde_json::error::Category::Io => "could not be read",
        serde_json::error::Category::Syntax => "is not JSON",
        serde_json::error::Category::Data => "has another form than expected",
        serde_json::error::Category::Eof => "ends too early",
    };
    format!("the answer {what} (line {}, column {})", error.line(), error.column())
}

/// The body, if it is no longer than `longest` bytes.
pub(crate) async fn body(
    doing: &'static str,
    mut response: Response,
    longest: usize,
) -> Result<Vec<u8>, Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|e| Error::from_http_client(doing, &e))? {
        if body.len().saturating_add(chunk.len()) > longest {
            return Err(Error::new(
                ErrorKind::Decode,
                doing,
                format!("the answer is longer than {longest} bytes"),
            ));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

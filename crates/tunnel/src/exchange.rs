//! One HTTP/1.1 request that turns its connection into something else: the upgrade at the relay, CONNECT at a
//! proxy.

use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use http::header::{self, HeaderMap};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};

/// How much of a refusal's body is kept, in bytes.
const MAX_BODY: usize = 4096;
/// How long a refusal's body may keep us waiting for its next piece.
const BODY_WAIT: Duration = Duration::from_secs(1);
/// The largest answer head, in bytes.
const MAX_HEAD: usize = 64 * 1024;

/// What came of a request.
pub(crate) enum Answer<S> {
    /// The connection is ours from here on.
    Switched {
        headers: HeaderMap,
        stream: S,
        /// What had been read beyond the answer.
        read: Bytes,
    },
    Refused(Refused),
}

/// An answer that changes nothing.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) status: u16,
    /// From `Retry-After` in seconds.
    pub(crate) retry_after: Option<Duration>,
    /// The beginning of the answer's body, at most [`MAX_BODY`] bytes.
    pub(crate) body: String,
}

/// Why there was no answer, or none that can be used.
pub(crate) enum ExchangeError {
    Http(hyper::Error),
    /// The connection that came back is not the one that was given.
    Foreign,
}

impl From<hyper::Error> for ExchangeError {
    fn from(error: hyper::Error) -> Self {
        Self::Http(error)
    }
}

/// An error with the cause that it does not print itself.
pub(crate) fn describe(error: &hyper::Error) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

/// Sends `request` on `stream`, which is the caller's again if `switches` says so of the answer's status.
/// Unbounded in time; dropping the future ends it at once.
pub(crate) async fn exchange<S>(
    stream: S,
    request: Request<Empty<Bytes>>,
    switches: fn(StatusCode) -> bool,
) -> Result<Answer<S>, ExchangeError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = hyper::client::conn::http1::Builder::new()
        .title_case_headers(true)
        .max_buf_size(MAX_HEAD)
        .handshake(TokioIo::new(stream))
        .await?;
    let exchange = async move {
        let response = sender.send_request(request).await?;
        if !switches(response.status()) {
            return Ok(Err(refusal(response).await));
        }
        let headers = response.headers().clone();
        Ok(Ok((headers, hyper::upgrade::on(response).await?)))
    };
    let mut connection = pin!(connection.with_upgrades());
    let mut exchange = pin!(exchange);
    let outcome: Result<_, hyper::Error> = tokio::select! {
        biased;
        result = &mut exchange => result,
        // Its error, if any, reaches the exchange as well.
        _ = &mut connection => exchange.await,
    };
    let (headers, upgraded) = match outcome? {
        Ok(switched) => switched,
        Err(refused) => return Ok(Answer::Refused(refused)),
    };
    let parts = upgraded.downcast::<TokioIo<S>>().map_err(|_| ExchangeError::Foreign)?;
    Ok(Answer::Switched { headers, stream: parts.io.into_inner(), read: parts.read_buf })
}

async fn refusal(response: Response<Incoming>) -> Refused {
    let status = response.status().as_u16();
    // The other form, a date, would need the server's clock; the relay is only known to send seconds.
    let retry_after = response
        .headers()
        .get(header::RETRY_AFTER)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.trim().parse().ok())
        .map(Duration::from_secs);
    let mut body = response.into_body();
    let mut text = Vec::new();
    while text.len() < MAX_BODY {
        // An answer that breaks off or dawdles is still an answer.
        let Ok(Some(Ok(frame))) = tokio::time::timeout(BODY_WAIT, body.frame()).await else { break };
        if let Ok(data) = frame.into_data() {
            let room = MAX_BODY - text.len();
            text.extend_from_slice(data.get(..room).unwrap_or(&data));
        }
    }
    Refused { status, retry_after, body: String::from_utf8_lossy(&text).trim().to_owned() }
}

//! The loopback listener that the browser is redirected to.
//!
//! Everything on this machine can connect to it, and browsers open connections that they never use. So each
//! connection is read on its own, within bounds, and only a GET of this sign-in's path with its `state` counts.

use std::{collections::VecDeque, time::Duration};

use oauth2::CsrfToken;
use secrecy::SecretString;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::{mpsc, oneshot},
    task::{AbortHandle, JoinSet},
    time::timeout,
};
use url::form_urlencoded;

use super::page::{self, Page};
use crate::oauth::Refusal;

const LONGEST_REQUEST: usize = 8 * 1024;
const REQUEST_TIME: Duration = Duration::from_secs(10);
const ANSWER_TIME: Duration = Duration::from_secs(2);
/// Connections read at a time; the oldest gives way to a new one.
const CONNECTIONS: usize = 64;

/// What the redirect brought.
#[derive(Debug)]
pub(super) enum Answer {
    Code(SecretString),
    Refused(Refusal),
}

/// The redirect, with its browser waiting for a page.
pub(super) struct Callback {
    answer: Answer,
    page: oneshot::Sender<Page>,
    written: oneshot::Receiver<()>,
    // Dropping it ends every connection.
    connections: JoinSet<()>,
}

/// The way to answer the browser.
pub(super) struct Reply {
    page: oneshot::Sender<Page>,
    written: oneshot::Receiver<()>,
    connections: JoinSet<()>,
}

impl Callback {
    pub(super) fn into_parts(self) -> (Answer, Reply) {
        let Self { answer, page, written, connections } = self;
        (answer, Reply { page, written, connections })
    }
}

impl Reply {
    /// Shows `page` in the browser, if it is still there.
    pub(super) async fn send(self, page: Page) {
        if self.page.send(page).is_ok() {
            let _ = timeout(ANSWER_TIME, self.written).await;
        }
        drop(self.connections);
    }
}

struct Found {
    answer: Answer,
    page: oneshot::Sender<Page>,
    written: oneshot::Receiver<()>,
}

#[derive(Clone)]
struct Expected {
    path: String,
    state: String,
}

/// Serves until the redirect of this sign-in has come, then stops listening.
pub(super) async fn callback(listener: TcpListener, path: String, state: CsrfToken) -> Callback {
    let expected = Expected { path, state: state.into_secret() };
    let (found, mut finds) = mpsc::channel::<Found>(1);
    let mut connections = JoinSet::new();
    let mut order: VecDeque<AbortHandle> = VecDeque::new();
    loop {
        tokio::select! {
            biased;
            Some(Found { answer, page, written }) = finds.recv() => {
                return Callback { answer, page, written, connections };
            }
            _ = connections.join_next(), if !connections.is_empty() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    order.retain(|handle| !handle.is_finished());
                    if order.len() >= CONNECTIONS && let Some(oldest) = order.pop_front() {
                        oldest.abort();
                    }
                    order.push_back(connections.spawn(serve(stream, expected.clone(), found.clone())));
                }
                Err(error) => {
                    // Out of descriptors, most likely; accepting again at once would spin.
                    tracing::debug!(%error, "the sign-in listener could not accept");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            },
        }
    }
}

async fn serve(mut stream: TcpStream, expected: Expected, found: mpsc::Sender<Found>) {
    let Ok(Some(request)) = timeout(REQUEST_TIME, read(&mut stream)).await else { return };
    let page = match judge(&request, &expected) {
        Err(page) => page,
        Ok(answer) => {
            let (page, shown) = oneshot::channel();
            let (done, written) = oneshot::channel();
            // A second redirect finds the place taken, or nobody there: a path is good for one.
            if found.try_send(Found { answer, page, written }).is_err() {
                Page::NotFound
            } else {
                let page = shown.await.unwrap_or(Page::Failed);
                write(&mut stream, page).await;
                let _ = done.send(());
                return;
            }
        }
    };
    write(&mut stream, page).await;
}

/// The head of the request; nothing if the peer went away before its end.
async fn read(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut request = Vec::with_capacity(1024);
    let mut chunk = [0; 1024];
    loop {
        let count = stream.read(&mut chunk).await.ok().filter(|count| *count > 0)?;
        let from = request.len().saturating_sub(3);
        request.extend_from_slice(chunk.get(..count)?);
        let ended = request.get(from..)?.windows(4).any(|w| w == b"\r\n\r\n");
        if ended || request.len() >= LONGEST_REQUEST {
            return Some(request);
        }
    }
}

async fn write(stream: &mut TcpStream, page: Page) {
    let send = async {
        stream.write_all(page::response(page).as_bytes()).await?;
        stream.shutdown().await?;
        // Bytes left unread would turn the close into a reset, and the browser might drop the page.
        let mut rest = [0; 1024];
        let mut left = LONGEST_REQUEST;
        while left > 0 {
            match stream.read(&mut rest).await? {
                0 => break,
                count => left = left.saturating_sub(count),
            }
        }
        Ok::<(), std::io::Error>(())
    };
    let _ = timeout(ANSWER_TIME, send).await;
}

fn judge(request: &[u8], expected: &Expected) -> Result<Answer, Page> {
    if !request.windows(4).any(|w| w == b"\r\n\r\n") {
        return Err(Page::TooLarge);
    }
    let line = request.split(|b| *b == b'\r').next().unwrap_or_default();
    let line = std::str::from_utf8(line).map_err(|_| Page::BadRequest)?;
    let mut words = line.split(' ');
    let (Some(method), Some(target), Some(version), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(Page::BadRequest);
    };
    if !version.starts_with("HTTP/1.") {
        return Err(Page::BadRequest);
    }
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    if !same(path, &expected.path) {
        return Err(Page::NotFound);
    }
    if method != "GET" {
        return Err(Page::MethodNotAllowed);
    }
    let mut state = None;
    let mut code = None;
    let mut refusal = Refusal::default();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let value = value.into_owned();
        let twice = match name.as_ref() {
            "state" => state.replace(value).is_some(),
            "code" => code.replace(value).is_some(),
            "error" => !std::mem::replace(&mut refusal.error, value).is_empty(),
            "error_description" => refusal.error_description.replace(value).is_some(),
            "error_subtype" => refusal.error_subtype.replace(value).is_some(),
            "error_uri" => refusal.error_uri.replace(value).is_some(),
            _ => false,
        };
        if twice {
            return Err(Page::BadRequest);
        }
    }
    if !state.is_some_and(|state| same(&state, &expected.state)) {
        return Err(Page::BadRequest);
    }
    match code {
        _ if !refusal.error.is_empty() => Ok(Answer::Refused(refusal)),
        Some(code) if !code.is_empty() => Ok(Answer::Code(code.into())),
        _ => Err(Page::BadRequest),
    }
}

/// Compares in a time that does not tell where two texts differ.
fn same(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.bytes().zip(b.bytes()).fold(0, |diff, (x, y)| diff | (x ^ y)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret as _;

    fn look(request: &str) -> Result<Answer, Page> {
        judge(request.as_bytes(), &Expected { path: "/p".into(), state: "s".into() })
    }

    fn line(target: &str) -> Result<Answer, Page> {
        look(&format!("GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"))
    }

    #[test]
    fn takes_the_redirect_only() {
        assert!(
            matches!(line("/p?state=s&code=4%2F0a&scope=x"), Ok(Answer::Code(code)) if code.expose_secret() == "4/0a")
        );
        assert!(
            matches!(line("/p?error=access_denied&state=s"), Ok(Answer::Refused(r)) if r.error == "access_denied")
        );
        for (target, page) in [
            ("/", Page::NotFound),
            ("/favicon.ico", Page::NotFound),
            ("/pp?state=s&code=c", Page::NotFound),
            ("/p", Page::BadRequest),
            ("/p?code=c", Page::BadRequest),
            ("/p?state=wrong&code=c", Page::BadRequest),
            ("/p?state=s&state=s&code=c", Page::BadRequest),
            ("/p?state=s&code=c&code=d", Page::BadRequest),
            ("/p?state=s&code=", Page::BadRequest),
            ("/p?state=s", Page::BadRequest),
        ] {
            assert_eq!(line(target).unwrap_err(), page, "{target}");
        }
    }

    #[test]
    fn takes_get_only_and_whole_requests_only() {
        assert_eq!(look("POST /p?state=s&code=c HTTP/1.1\r\n\r\n").unwrap_err(), Page::MethodNotAllowed);
        assert_eq!(look("GET /p?state=s&code=c\r\n\r\n").unwrap_err(), Page::BadRequest);
        assert_eq!(look("GET /p?state=s&code=c SPDY/3\r\n\r\n").unwrap_err(), Page::BadRequest);
        assert_eq!(look("GET /p?state=s&code=c HTTP/1.1\r\n").unwrap_err(), Page::TooLarge);
        assert_eq!(look("\r\n\r\n").unwrap_err(), Page::BadRequest);
    }
}

//! A small HTTP server that answers by a function and remembers what it was asked.

use std::sync::{Arc, Mutex};

use adit_google::Endpoints;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinHandle,
};
use url::{Url, form_urlencoded};

#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: String,
    pub(crate) body: String,
}

impl Request {
    pub(crate) fn query(&self, name: &str) -> Option<String> {
        pair(&self.query, name)
    }

    pub(crate) fn form(&self, name: &str) -> Option<String> {
        pair(&self.body, name)
    }

    pub(crate) fn header(&self, name: &str) -> Option<String> {
        self.headers.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    }
}

fn pair(text: &str, name: &str) -> Option<String> {
    form_urlencoded::parse(text.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

pub(crate) struct Reply {
    status: u16,
    headers: String,
    body: String,
    after: Option<Arc<Semaphore>>,
}

impl Reply {
    pub(crate) fn new(status: u16, body: impl Into<String>) -> Self {
        Self { status, headers: String::new(), body: body.into(), after: None }
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push_str(&format!("{name}: {value}\r\n"));
        self
    }

    /// Is sent when the gate has a permit.
    pub(crate) fn after(mut self, gate: &Arc<Semaphore>) -> Self {
        self.after = Some(gate.clone());
        self
    }
}

/// A reply of the token endpoint with the given access token.
pub(crate) fn token(access: &str) -> Reply {
    Reply::new(
        200,
        format!(r#"{{"access_token":"{access}","expires_in":3599,"token_type":"Bearer","scope":"s"}}"#),
    )
}

pub(crate) struct Server {
    pub(crate) url: Url,
    seen: Arc<Mutex<Vec<Request>>>,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    /// Serves; `answer` is given the number of the request, from 0, among those with its path.
    pub(crate) async fn start(answer: impl Fn(usize, &Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
        let seen = Arc::new(Mutex::new(Vec::<Request>::new()));
        let answer = Arc::new(answer);
        let task = tokio::spawn({
            let seen = seen.clone();
            async move {
                while let Ok((stream, _)) = listener.accept().await {
                    let (seen, answer) = (seen.clone(), answer.clone());
                    tokio::spawn(async move { serve(stream, &seen, &*answer).await });
                }
            }
        });
        Self { url, seen, task }
    }

    pub(crate) fn endpoints(&self) -> Endpoints {
        Endpoints::local(&self.url)
    }

    pub(crate) fn seen(&self) -> Vec<Request> {
        self.seen.lock().unwrap().clone()
    }

    pub(crate) fn count(&self, path: &str) -> usize {
        self.seen().iter().filter(|request| request.path == path).count()
    }
}

async fn serve(
    mut stream: TcpStream,
    seen: &Mutex<Vec<Request>>,
    answer: &(dyn Fn(usize, &Request) -> Reply + Send + Sync),
) -> Option<()> {
    let mut data = Vec::new();
    let head = loop {
        if let Some(end) = data.windows(4).position(|w| w == b"\r\n\r\n") {
            break String::from_utf8(data.drain(..end + 4).collect()).ok()?;
        }
        fill(&mut stream, &mut data).await?;
    };
    let (line, headers) = head.split_once("\r\n")?;
    let mut words = line.split(' ');
    let (method, target) = (words.next()?, words.next()?);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut request = Request {
        method: method.into(),
        path: path.into(),
        query: query.into(),
        headers: headers.into(),
        body: String::new(),
    };
    let length = request.header("content-length").map_or(0, |text| text.parse().unwrap());
    while data.len() < length {
        fill(&mut stream, &mut data).await?;
    }
    request.body = String::from_utf8(data).ok()?;
    let number = {
        let mut seen = seen.lock().unwrap();
        let number = seen.iter().filter(|earlier| earlier.path == request.path).count();
        seen.push(request.clone());
        number
    };
    let reply = answer(number, &request);
    if let Some(gate) = &reply.after {
        gate.acquire().await.ok()?.forget();
    }
    let text = format!(
        "HTTP/1.1 {} X\r\nContent-Type: application/json\r\n{}Content-Length: {}\r\nConnection: close\r\n\r\n{}",
        reply.status,
        reply.headers,
        reply.body.len(),
        reply.body
    );
    stream.write_all(text.as_bytes()).await.ok()?;
    stream.shutdown().await.ok()
}

async fn fill(stream: &mut TcpStream, data: &mut Vec<u8>) -> Option<()> {
    let mut chunk = [0; 4096];
    let count = stream.read(&mut chunk).await.ok().filter(|count| *count > 0)?;
    data.extend_from_slice(&chunk[..count]);
    Some(())
}

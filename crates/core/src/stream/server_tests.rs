use super::*;
use crate::stream::{Input, pipe::IN_FLIGHT, typed::MOST};
use adit_tunnel::peer::{PeerUser, Process, SystemPeers};
use tokio_tungstenite::{
    MaybeTlsStream, connect_async,
    tungstenite::{self, client::IntoClientRequest as _},
};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn connect(url: &str, origin: Option<&'static str>) -> Result<Socket, tungstenite::Error> {
    let mut request = url.into_client_request().unwrap();
    if let Some(origin) = origin {
        request.headers_mut().insert("origin", origin.parse().unwrap());
    }
    Ok(connect_async(request).await?.0)
}

async fn attached(server: &StreamServer, pipe: &Arc<Pipe>) -> Socket {
    let ticket = server.ticket(Stream::Terminal(pipe.clone()), 0);
    let mut socket = connect(&ticket.url, Some("tauri://localhost")).await.unwrap();
    socket.send(Message::text(ticket.token)).await.unwrap();
    socket
}

async fn closed(mut socket: Socket) -> bool {
    loop {
        match socket.next().await {
            None | Some(Ok(Message::Close(_)) | Err(_)) => return true,
            Some(Ok(Message::Binary(_))) => return false,
            Some(Ok(_)) => {}
        }
    }
}

#[tokio::test]
async fn only_our_own_pages_come_in() {
    let server =
        StreamServer::start(Some("http://localhost:5173".to_owned()), Arc::new(SystemPeers)).await.unwrap();
    let url = server.ticket(Stream::Terminal(Arc::new(Pipe::new())), 0).url;
    for origin in [None, Some("https://example.com"), Some("null"), Some("tauri://localhost.example.com")] {
        let Err(tungstenite::Error::Http(response)) = connect(&url, origin).await else {
            panic!("{origin:?} came in")
        };
        assert_eq!(response.status(), 403);
    }
    for origin in
        ["tauri://localhost", "http://tauri.localhost", "https://tauri.localhost", "http://localhost:5173"]
    {
        connect(&url, Some(origin)).await.unwrap();
    }
}

/// Says the same of every peer; without a user, that the system does not tell.
struct Always(Option<PeerUser>);

impl PeerLookup for Always {
    fn user(&self, _link: Link) -> io::Result<PeerUser> {
        self.0.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn process(&self, _link: Link) -> io::Result<Process> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn running(&self, _pid: u32) -> io::Result<Process> {
        Err(io::ErrorKind::NotFound.into())
    }
}

#[tokio::test]
async fn another_users_process_is_not_talked_to() {
    for (peer, let_in) in [(Some(PeerUser::Same), true), (Some(PeerUser::Other), false), (None, false)] {
        let server = StreamServer::start(None, Arc::new(Always(peer))).await.unwrap();
        let url = server.ticket(Stream::Terminal(Arc::new(Pipe::new())), 0).url;
        let came_in = connect(&url, Some("tauri://localhost")).await;
        assert_eq!(came_in.is_ok(), let_in, "{peer:?}");
        // Closed without a word, not even an HTTP answer.
        assert!(!matches!(came_in, Err(tungstenite::Error::Http(_))), "{peer:?}");
    }
}

#[tokio::test]
async fn a_token_opens_its_stream_once() {
    let server = StreamServer::start(None, Arc::new(SystemPeers)).await.unwrap();
    let pipe = Arc::new(Pipe::new());
    pipe.push(Bytes::from_static(b"secret"));
    let ticket = server.ticket(Stream::Terminal(pipe), 0);
    assert!(!format!("{ticket:?}").contains(&ticket.token));
    for (token, shut) in [("", true), ("guess", true), (ticket.token.as_str(), false), (&ticket.token, true)]
    {
        let mut socket = connect(&ticket.url, Some("tauri://localhost")).await.unwrap();
        socket.send(Message::text(token)).await.unwrap();
        assert_eq!(closed(socket).await, shut, "{token}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_does_not_outlive_its_time() {
    let tickets = Tickets::default();
    let late = tickets.issue(Stream::Terminal(Arc::new(Pipe::new())));
    tokio::time::advance(VALID + Duration::from_millis(1)).await;
    assert!(tickets.redeem(&late).is_none());
    for _ in 0..3 * TICKETS {
        tickets.issue(Stream::Terminal(Arc::new(Pipe::new())));
    }
    assert!(tickets.all().len() <= TICKETS);
}

#[tokio::test]
async fn bytes_flow_both_ways_and_a_slow_page_stops_the_terminal() {
    let server = StreamServer::start(None, Arc::new(SystemPeers)).await.unwrap();
    let pipe = Arc::new(Pipe::new());
    let mut socket = attached(&server, &pipe).await;
    socket.send(Message::binary(&b"\x02\0\x78\0\x28"[..])).await.unwrap();
    assert_eq!(pipe.input().await, Some(Input::Size(120, 40)));
    socket.send(Message::binary(&b"\0ls\r"[..])).await.unwrap();
    assert_eq!(pipe.input().await, Some(Input::Bytes(Bytes::from_static(b"ls\r"))));

    const ALL: usize = 4 * 1024 * 1024;
    let flood = {
        let pipe = pipe.clone();
        tokio::spawn(async move {
            for _ in 0..ALL / 32_768 {
                pipe.room().await;
                pipe.push(Bytes::from(vec![b'y'; 32_768]));
            }
            pipe.end();
        })
    };
    let (mut got, mut drawn) = (0, 0);
    while let Some(Ok(Message::Binary(bytes))) = socket.next().await {
        got += bytes.len();
        assert!(got - drawn <= IN_FLIGHT + 65_536, "more than the window is on its way");
        if got - drawn >= 128 * 1024 {
            let mut frame = vec![1];
            frame.extend_from_slice(&u32::try_from(got - drawn).unwrap().to_be_bytes());
            socket.send(Message::binary(frame)).await.unwrap();
            drawn = got;
        }
    }
    assert_eq!(got, ALL);
    flood.await.unwrap();
}

#[tokio::test]
async fn a_paste_larger_than_the_room_for_it_arrives_byte_for_byte() {
    let server = StreamServer::start(None, Arc::new(SystemPeers)).await.unwrap();
    let pipe = Arc::new(Pipe::new());
    let socket = attached(&server, &pipe).await;
    let paste: Arc<[u8]> = (0..MOST + 10 * 1024 * 1024).map(|n| ((n * 31) >> 7).to_le_bytes()[0]).collect();
    let (mut send, mut receive) = socket.split();
    let sender = tokio::spawn({
        let paste = paste.clone();
        async move {
            for piece in paste.chunks(LARGEST_FRAME / 2) {
                send.send(Message::binary([b"\0", piece].concat())).await.unwrap();
            }
            send
        }
    });
    // Nothing is taken before no more is read.
    while !pipe.input_is_full() {
        tokio::task::yield_now().await;
    }
    let mut arrived = Vec::with_capacity(paste.len());
    while arrived.len() < paste.len() {
        let Some(Input::Bytes(bytes)) = pipe.input().await else { panic!("the terminal ended") };
        arrived.extend_from_slice(&bytes);
        // A program that echoes, and a front end that is not heard.
        pipe.room().await;
        pipe.push(bytes.slice(..bytes.len().min(1024)));
        tokio::task::yield_now().await;
        while let Some(Some(Ok(_))) = futures_util::FutureExt::now_or_never(receive.next()) {}
    }
    assert!(arrived == *paste, "the paste has changed on its way");
    drop(sender.await.unwrap());
}

#[tokio::test]
async fn a_page_that_comes_back_takes_over() {
    let server = StreamServer::start(None, Arc::new(SystemPeers)).await.unwrap();
    let pipe = Arc::new(Pipe::new());
    pipe.push(Bytes::from_static(b"$ "));
    let mut first = attached(&server, &pipe).await;
    assert_eq!(first.next().await.unwrap().unwrap().into_data().as_ref(), b"$ ");
    let mut second = attached(&server, &pipe).await;
    assert_eq!(second.next().await.unwrap().unwrap().into_data().as_ref(), b"$ ");
    assert!(closed(first).await);
}

#[tokio::test]
async fn a_wrong_frame_ends_the_stream() {
    let server = StreamServer::start(None, Arc::new(SystemPeers)).await.unwrap();
    let pipe = Arc::new(Pipe::new());
    for wrong in
        [Message::binary(&b"\x07"[..]), Message::text("hello"), Message::binary(vec![0; LARGEST_FRAME + 1])]
    {
        let mut socket = attached(&server, &pipe).await;
        // The server may close before all of it is sent.
        let _ = socket.send(wrong).await;
        assert!(closed(socket).await);
    }
}

#[tokio::test]
async fn a_picture_of_any_size_arrives_whole_and_one_at_most_waits() {
    /// A frame of 3840 by 2160.
    const LARGE: usize = 24 + 12 + 3840 * 2160 * 4;
    let server = StreamServer::start(None, Arc::new(SystemPeers)).await.unwrap();
    let screen = Arc::new(Screen::new());
    let ticket = server.ticket(Stream::Desktop(screen.clone()), 0);
    let mut socket = connect(&ticket.url, Some("tauri://localhost")).await.unwrap();
    socket.send(Message::text(ticket.token)).await.unwrap();
    let picture = |kind: u8, length: usize| {
        let mut bytes: Vec<u8> = (0..length).map(|n| ((n * 31) >> 7).to_le_bytes()[0]).collect();
        bytes[3] = kind;
        Bytes::from(bytes)
    };
    for (kind, length) in [(3, 24), (1, LARGE), (1, PIECE), (1, PIECE + 1), (1, 24)] {
        socket.send(Message::binary(&b"\x01"[..])).await.unwrap();
        screen.wanted().await;
        screen.put(picture(kind, length));
        let Some(Ok(Message::Binary(got))) = socket.next().await else { panic!("no picture came") };
        assert!(got == picture(kind, length), "{length} bytes have changed on their way");
    }
    assert!(futures_util::FutureExt::now_or_never(screen.wanted()).is_none(), "none is asked for");
    for _ in 0..5 {
        socket.send(Message::binary(&b"\x01"[..])).await.unwrap();
    }
    assert!(closed(socket).await, "more than 4 at once are asked for");
}

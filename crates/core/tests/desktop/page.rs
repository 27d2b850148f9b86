//! A page as the front end has it, which paints what it is sent.

use std::time::Duration;

use adit_contract::{SessionState, StreamTicket};
use adit_rdp::{
    Canvas,
    message::{FLAG_FULL, Kind, Message as Picture},
};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream,
    tungstenite::{Message, client::IntoClientRequest as _},
};

use crate::{PATIENCE, host::is_key, scene::Scene};

/// What the stand-in's text field and drawing area are made of.
pub(crate) const PAPER: [u8; 3] = [246, 247, 249];

/// A page that paints what it is sent.
pub(crate) struct Page {
    pub(crate) socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    pub(crate) canvas: Canvas,
    pub(crate) full: bool,
}

impl Page {
    pub(crate) async fn attach(scene: &Scene, id: &str) -> Self {
        let StreamTicket { url, token, replay: _ } = scene.desk.app.desktop_attach(id).await.unwrap();
        let mut request = url.into_client_request().unwrap();
        request.headers_mut().insert("origin", "tauri://localhost".parse().unwrap());
        let (mut socket, _) = tokio_tungstenite::connect_async(request).await.unwrap();
        // As a browser has it: what is small is not kept back until what was sent before has arrived.
        if let MaybeTlsStream::Plain(stream) = socket.get_ref() {
            stream.set_nodelay(true).unwrap();
        }
        socket.send(Message::text(token)).await.unwrap();
        Self { socket, canvas: Canvas::new(), full: false }
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        self.socket.send(Message::binary(bytes.to_vec())).await.unwrap();
    }

    pub(crate) async fn receive(&mut self) -> Kind {
        self.receive_next().await.expect("the stream goes on")
    }

    /// Nothing once the stream has ended.
    async fn receive_next(&mut self) -> Option<Kind> {
        let bytes = loop {
            match self.socket.next().await {
                Some(Ok(Message::Binary(bytes))) => break bytes,
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return None,
            }
        };
        let picture = Picture::read(&bytes).unwrap();
        self.canvas.paint(&picture).unwrap();
        self.full |= picture.header.kind == Kind::Frame && picture.header.flags & FLAG_FULL != 0;
        Some(picture.header.kind)
    }

    /// Asks for pictures one by one until the canvas is as it should be.
    pub(crate) async fn paint_until(&mut self, fits: impl Fn(&Canvas) -> bool) {
        let painted = async {
            while !fits(&self.canvas) {
                self.send(&[1]).await;
                self.receive().await;
            }
        };
        if tokio::time::timeout(PATIENCE, painted).await.is_err() {
            panic!("the picture did not come to be so");
        }
    }

    pub(crate) async fn whole(scene: &Scene, id: &str) -> Self {
        let mut page = Self::attach(scene, id).await;
        page.paint_until(|canvas| count(canvas, PAPER) > 10_000).await;
        assert!(page.full);
        page
    }

    /// Has the desktop draw itself again and again, until the session has come to that.
    pub(crate) async fn stir_until(
        &mut self,
        scene: &Scene,
        id: &str,
        since: usize,
        fits: impl Fn(&SessionState) -> bool,
    ) {
        let stirred = async {
            for width in [900_u16, 1000].into_iter().cycle() {
                if scene.place_of(id, since, &fits).is_some() {
                    return;
                }
                let [low, high] = width.to_le_bytes();
                self.send(&[2, low, high, 0xBC, 2, 100, 0]).await;
                let painted = async {
                    while self.canvas.width() != width {
                        self.send(&[1]).await;
                        if self.receive_next().await.is_none() {
                            panic!("it is lost for good: {:#?}", scene.desk.events.all().last());
                        }
                    }
                };
                // A desktop that is being lost gives no picture.
                let _ = tokio::time::timeout(Duration::from_secs(2), painted).await;
            }
        };
        if tokio::time::timeout(PATIENCE, stirred).await.is_err() {
            panic!("nothing was lost; the last: {:#?}", scene.desk.events.all().last());
        }
    }

    /// What is done on this page still reaches the desktop, and pictures still come.
    pub(crate) async fn goes_on(&mut self, scene: &Scene) {
        let from = scene.host.report.lock().unwrap().len();
        let before = self.canvas.pixels().to_vec();
        self.type_keys(&["KeyX", "KeyY", "KeyZ"]).await;
        scene.host.got(from, is_key(0x2C)).await;
        self.paint_until(|canvas| canvas.pixels() != before).await;
    }

    /// Clicks at a place of the picture.
    pub(crate) async fn click(&mut self, (x, y): (u16, u16)) {
        let ([x0, x1], [y0, y1]) = (x.to_le_bytes(), y.to_le_bytes());
        self.send(&[0, 1, x0, x1, y0, y1, 2, 0, 1, 2, 0, 0]).await;
    }

    /// Has these keys down at the same time.
    pub(crate) async fn chord(&mut self, codes: &[&str]) {
        let key = |code: &str, down: u8| {
            [&[4, down, u8::try_from(code.len()).unwrap()][..], code.as_bytes()].concat()
        };
        let down = codes.iter().flat_map(|code| key(code, 1));
        let up = codes.iter().rev().flat_map(|code| key(code, 0));
        let batch: Vec<u8> = std::iter::once(0).chain(down).chain(up).collect();
        self.send(&batch).await;
    }

    /// Types with the keys of a keyboard.
    pub(crate) async fn type_keys(&mut self, codes: &[&str]) {
        self.send(&keys(codes)).await;
    }
}

/// A batch of keys that go down and up, one after the other.
pub(crate) fn keys(codes: &[&str]) -> Vec<u8> {
    let mut batch = vec![0];
    for code in codes {
        for down in [1, 0] {
            batch.extend([4, down, u8::try_from(code.len()).unwrap()]);
            batch.extend(code.as_bytes());
        }
    }
    batch
}

pub(crate) fn count(canvas: &Canvas, color: [u8; 3]) -> usize {
    let near = |pixel: &[u8]| pixel.iter().zip(color).all(|(one, other)| one.abs_diff(other) < 16);
    canvas.pixels().chunks_exact(4).filter(|pixel| near(pixel)).count()
}

//! One session in a process of its own, whose pictures go to a socket as the app's go to its page.

use std::time::{Duration, Instant};

use adit_rdp::{
    Canvas, Certificate, Codec, Credentials, Graphics, Options, Security, Size, Trust, Verdict, connect,
    message::{Kind, Message},
};
use anyhow::{Context as _, Result, bail};
use async_trait::async_trait;
use secrecy::SecretString;
use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
};

/// How long the first full picture may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// How a server is spoken to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct How {
    pub(crate) port: u16,
    pub(crate) security: Security,
    pub(crate) codec: Codec,
    pub(crate) graphics: Graphics,
    pub(crate) size: (u16, u16),
}

impl How {
    /// As words of a command line.
    pub(crate) fn words(&self) -> Vec<String> {
        vec![
            self.port.to_string(),
            match self.security {
                Security::Nla => "nla",
                Security::PinnedTls => "tls",
            }
            .to_owned(),
            match (self.codec, self.graphics) {
                (_, Graphics::Pipeline) => "pipeline",
                (Codec::RemoteFx, Graphics::Classic) => "remotefx",
                (Codec::Bitmap, Graphics::Classic) => "bitmap",
            }
            .to_owned(),
            self.size.0.to_string(),
            self.size.1.to_string(),
        ]
    }

    fn of(words: [&str; 5]) -> Result<Self> {
        let [port, security, codec, width, height] = words;
        let (codec, graphics) = match codec {
            "pipeline" => (Codec::RemoteFx, Graphics::Pipeline),
            "remotefx" => (Codec::RemoteFx, Graphics::Classic),
            "bitmap" => (Codec::Bitmap, Graphics::Classic),
            other => bail!("no codec {other}"),
        };
        let security = if security == "nla" { Security::Nla } else { Security::PinnedTls };
        Ok(Self { port: port.parse()?, security, codec, graphics, size: (width.parse()?, height.parse()?) })
    }

    /// What a session is opened with.
    pub(crate) fn options(&self) -> Options {
        let mut options = Options::new("localhost", Size::new(self.size.0, self.size.1));
        (options.security, options.codec, options.graphics) = (self.security, self.codec, self.graphics);
        options
    }
}

/// Trusts whatever is shown: it was started a moment ago, by who measures.
pub(crate) struct Anything;

#[async_trait]
impl Trust for Anything {
    async fn decide(&self, _certificate: &Certificate) -> Verdict {
        Verdict::Pinned
    }
}

/// Runs with words as [`How::words`] gives them and the port of who takes the pictures. User and password are the
/// first two lines of standard input. Says when the first full picture is there, then on each line its counts.
pub(crate) fn run(words: &[&str]) -> Result<()> {
    let [how @ .., sink] = words else { bail!("too few words") };
    let how = How::of(how.try_into().context("not as many words")?)?;
    let sink: u16 = sink.parse()?;
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?
        .block_on(Box::pin(view(how, sink)))
}

async fn view(how: How, sink: u16) -> Result<()> {
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    let user = lines.next_line().await?.context("no user")?;
    let password = SecretString::from(lines.next_line().await?.context("no password")?);
    let credentials = Credentials { user, domain: None, password };
    let mut sink = TcpStream::connect(("127.0.0.1", sink)).await?;
    let stream = TcpStream::connect(("127.0.0.1", how.port)).await?;
    stream.set_nodelay(true)?;
    let began = Instant::now();
    let mut session = Box::pin(connect(stream, how.options(), &credentials, &Anything)).await?;
    let mut canvas = Canvas::new();
    let mut covered = Covered::default();
    let whole = async {
        loop {
            let message = Message::read(&session.pictures.next().await?)?;
            canvas.paint(&message)?;
            if covered.with(&message, &canvas) {
                return anyhow::Ok(());
            }
        }
    };
    tokio::time::timeout(PATIENCE, whole).await.context("no full picture")??;
    println!("{}", json!({"first": began.elapsed().as_secs_f64()}));
    drop(canvas);
    let (mut pictures, mut bytes) = (0_u64, 0_u64);
    loop {
        tokio::select! {
            picture = session.pictures.next() => {
                let picture = picture?;
                sink.write_all(&picture).await?;
                pictures += 1;
                bytes += picture.len() as u64;
            }
            line = lines.next_line() => {
                if line?.is_none() {
                    session.control.close();
                    return Ok(());
                }
                println!("{}", json!({"pictures": pictures, "bytes": bytes}));
            }
        }
    }
}

/// Which parts of the picture have been painted.
#[derive(Default)]
struct Covered {
    size: (u16, u16),
    tiles: Vec<bool>,
}

impl Covered {
    /// Whether, with this message, all of the picture has been, by something that is not all black.
    fn with(&mut self, message: &Message, canvas: &Canvas) -> bool {
        const TILE: u16 = adit_rdp::damage::TILE;
        if message.header.kind != Kind::Frame {
            return false;
        }
        let size = (message.header.width, message.header.height);
        let columns = usize::from(size.0.div_ceil(TILE));
        if self.size != size {
            (self.size, self.tiles) = (size, vec![false; columns * usize::from(size.1.div_ceil(TILE))]);
        }
        for entry in &message.entries {
            let rect = entry.rect;
            for row in rect.y / TILE..(rect.y + rect.height).div_ceil(TILE) {
                for column in rect.x / TILE..(rect.x + rect.width).div_ceil(TILE) {
                    if let Some(tile) = self.tiles.get_mut(usize::from(row) * columns + usize::from(column)) {
                        *tile = true;
                    }
                }
            }
        }
        self.tiles.iter().all(|tile| *tile) && mostly_drawn(canvas)
    }
}

/// Whether at least half of the picture is of some color: a new one is black.
fn mostly_drawn(canvas: &Canvas) -> bool {
    let samples = canvas.pixels().chunks_exact(4).step_by(97);
    let all = samples.len();
    let drawn = samples.filter(|pixel| pixel.iter().take(3).any(|part| *part > 0)).count();
    drawn * 2 > all
}

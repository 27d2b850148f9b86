//! A desktop that is open, and what is done with it.

use std::{path::Path, time::Duration};

use adit_contract::{Failure, FailureCode};
use adit_core::{failure, file};
use adit_rdp::{
    Canvas, Error, Session, Size, Stage,
    message::{Kind, Message},
};
use tokio::time::{Instant, timeout_at};

use super::{Trouble, script::Step};
use crate::file::unusable;

/// For so long nothing large has to change until a picture has settled.
const QUIET: Duration = Duration::from_secs(1);
/// After so long a picture is taken as it is.
const LONGEST: Duration = Duration::from_secs(15);
/// What changes less than this part of the picture does not count: a clock, a cursor that blinks.
const SMALL: u64 = 16;
/// How much input goes at a time.
const BATCH: usize = 64;

/// A desktop that is open.
pub(crate) struct Desk {
    session: Session,
    canvas: Canvas,
    /// Whether anything has been drawn since the picture has its size.
    drawn: bool,
}

/// What a message has brought.
enum News {
    /// Pixels, so many.
    Painted(u64),
    /// The size does not change.
    NoResize,
    /// Something else.
    Other,
}

impl Desk {
    pub(crate) fn new(session: Session) -> Self {
        Self { session, canvas: Canvas::new(), drawn: false }
    }

    /// Waits until the picture has been drawn and nothing large changes any more.
    pub(crate) async fn settle(&mut self) -> Result<(), Trouble> {
        let limit = Instant::now() + LONGEST;
        let mut quiet = Instant::now() + QUIET;
        loop {
            let until = if self.drawn { quiet.min(limit) } else { limit };
            let Ok(news) = timeout_at(until, self.look()).await else { break };
            if let News::Painted(pixels) = news? {
                let whole = u64::from(self.canvas.width()) * u64::from(self.canvas.height());
                if !self.drawn || pixels * SMALL > whole {
                    quiet = Instant::now() + QUIET;
                }
                self.drawn = true;
            }
            // A picture that changes without end is never late for its own limit.
            if Instant::now() >= limit {
                break;
            }
        }
        if self.drawn { Ok(()) } else { Err(Error::TimedOut(Stage::Session).into()) }
    }

    /// Takes the next message.
    async fn look(&mut self) -> Result<News, Trouble> {
        let bytes = self.session.pictures.next().await?;
        let broken = |error: adit_rdp::message::Malformed| failure::internal(error.to_string());
        let message = Message::read(&bytes).map_err(broken)?;
        let pixels = self.canvas.paint(&message).map_err(broken)?;
        Ok(match message.header.kind {
            Kind::Frame => News::Painted(pixels),
            Kind::State => News::NoResize,
            Kind::Resized => {
                self.drawn = false;
                News::Other
            }
            Kind::Pointer => News::Other,
        })
    }

    /// Does what a line of a script says.
    pub(crate) async fn act(&mut self, step: Step) -> Result<(), Trouble> {
        match step {
            Step::Pause(time) => {
                let until = Instant::now() + time;
                while let Ok(news) = timeout_at(until, self.look()).await {
                    if let News::Painted(_) = news? {
                        self.drawn = true;
                    }
                }
            }
            Step::Settle => self.settle().await?,
            Step::Input(input) => {
                for part in input.chunks(BATCH) {
                    self.session.control.input(part.to_vec()).await?;
                }
            }
            Step::Resize(size) => self.resize(size).await?,
            Step::Picture(path) => {
                self.settle().await?;
                self.save(&path).await?;
            }
        }
        Ok(())
    }

    async fn resize(&mut self, size: Size) -> Result<(), Trouble> {
        let size = size.clamped();
        self.session.control.resize(size).await?;
        let limit = Instant::now() + LONGEST;
        while (self.canvas.width(), self.canvas.height()) != (size.width, size.height) {
            let refused = match timeout_at(limit, self.look()).await {
                Ok(news) => matches!(news?, News::NoResize),
                Err(_) => true,
            };
            if refused {
                return Err(Failure::new(
                    FailureCode::NotSupported,
                    "The server does not change the size of its picture",
                    "Connect with --size instead.",
                )
                .into());
            }
        }
        self.settle().await
    }

    /// Writes the picture.
    pub(crate) async fn save(&self, path: &Path) -> Result<(), Trouble> {
        let png = png(&self.canvas).map_err(|error| failure::internal(error.to_string()))?;
        let named = path.to_owned();
        let written = file::blocking(move || std::fs::write(named, png)).await;
        written.map_err(|error| unusable(path, &error).into())
    }

    /// Leaves; what runs there goes on.
    pub(crate) async fn close(mut self) {
        self.session.control.close();
        // Until it has said goodbye.
        while self.session.pictures.next().await.is_ok() {}
    }
}

fn png(canvas: &Canvas) -> Result<Vec<u8>, png::EncodingError> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, canvas.width().into(), canvas.height().into());
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(canvas.pixels())?;
    writer.finish()?;
    Ok(out)
}

//! The protocol's side: how the desktop's changes become updates, and what a client does reaches the desktop.

use std::{
    num::{NonZeroU16, NonZeroUsize},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use async_trait::async_trait;
use ironrdp_displaycontrol::pdu::DisplayControlMonitorLayout;
use ironrdp_pdu::rdp::capability_sets::server_codecs_capabilities;
use ironrdp_server::{
    BitmapUpdate, CredentialDecision, CredentialValidationError, CredentialValidator, Credentials,
    DesktopSize, DisplayUpdate, KeyboardEvent, MouseEvent, PixelFormat, RdpServer, RdpServerDisplay,
    RdpServerDisplayUpdates, RdpServerInputHandler,
};
use serde_json::json;

use crate::{
    accounts::Accounts,
    arguments::{Arguments, Codec, Graphics, Security},
    canvas::Area,
    clipboard::Clipboard,
    desktop::{Action, Change, Shared, View},
    identity::Identity,
    pipeline::{Pipeline, Sent},
    printer::Press,
    refresh::Asked,
    sound::Sound,
};

/// How long a picture waits for one that is on its way, at most: a client may answer none.
const LATE: Duration = Duration::from_secs(1);
/// Between two looks at the clock.
const LOOK: Duration = Duration::from_millis(200);
/// Between two looks at whether the client wants pictures again.
const WANTED: Duration = Duration::from_millis(50);

/// The server for one connection. TLS is its own business only where there is no Network Level Authentication.
pub(crate) fn server(
    arguments: &Arguments,
    identity: &Identity,
    desktop: &Shared,
    accounts: &Accounts,
    (press, asked): (&Press, &Asked),
) -> Result<RdpServer> {
    let codecs: &[&str] = match arguments.codec {
        Codec::RemoteFx => &["remotefx"],
        Codec::Bitmap => &["remotefx:off"],
    };
    let codecs = server_codecs_capabilities(codecs).map_err(anyhow::Error::msg)?;
    let (clipboard, sound) = (Clipboard::new(desktop.clone()), Sound::new(desktop.report().clone()));
    let pipeline = match arguments.graphics {
        Graphics::Classic => None,
        Graphics::Pipeline => Some(Pipeline::new(desktop.report().clone())),
    };
    let validator: Option<Arc<dyn CredentialValidator>> = match arguments.security {
        // Who comes here has been let in at the gate.
        Security::Nla => None,
        Security::TlsOnly => Some(Arc::new(Door { accounts: accounts.clone(), desktop: desktop.clone() })),
    };
    let input = Input {
        desktop: desktop.clone(),
        clipboard: clipboard.clone(),
        sound: sound.clone(),
        press: press.clone(),
    };
    // Set while the client wants no pictures (Suppress Output, [MS-RDPBCGR] 2.2.11.3).
    let suppressed = Arc::new(AtomicBool::new(false));
    let display = Display {
        desktop: desktop.clone(),
        pipeline: pipeline.clone(),
        suppressed: Arc::clone(&suppressed),
        restless: arguments.restless,
        asked: asked.clone(),
    };
    let server = RdpServer::builder()
        .with_addr(([127, 0, 0, 1], 0))
        .with_tls(identity.acceptor.clone())
        .with_input_handler(input)
        .with_display_handler(display)
        .with_display_suppressed_handle(suppressed)
        .with_cliprdr_factory(Some(Box::new(clipboard)))
        .with_sound_factory(Some(Box::new(sound)))
        .with_gfx_factory(pipeline.map(|pipeline| Box::new(pipeline) as Box<_>))
        .with_bitmap_codecs(codecs)
        .with_credential_validator(validator)
        .with_honor_client_desktop_size(true)
        .build();
    Ok(server)
}

/// Lets in who sends a password.
struct Door {
    accounts: Accounts,
    desktop: Shared,
}

#[async_trait]
impl CredentialValidator for Door {
    async fn validate(&self, sent: &Credentials) -> Result<CredentialDecision, CredentialValidationError> {
        if self.accounts.password(&sent.username).is_some_and(|password| password == sent.password) {
            self.desktop.enter(&sent.username);
            self.desktop.report().say(&json!({"event": "in", "user": sent.username}));
            Ok(CredentialDecision::Accept)
        } else {
            Ok(CredentialDecision::Reject)
        }
    }
}

struct Input {
    desktop: Shared,
    clipboard: Clipboard,
    sound: Sound,
    press: Press,
}

impl Input {
    fn act(&self, action: Option<Action>) {
        match action {
            None => {}
            Some(action @ (Action::CopyText | Action::CopyPicture)) => {
                self.desktop.copy(action);
                self.clipboard.copied();
            }
            Some(Action::Paste) => self.clipboard.paste(),
            Some(Action::Beep) => self.sound.beep(),
            Some(Action::Print) => self.press.print(self.desktop.report()),
        }
    }
}

impl RdpServerInputHandler for Input {
    fn keyboard(&mut self, event: KeyboardEvent) {
        self.act(self.desktop.keyboard(&event));
    }

    fn mouse(&mut self, event: MouseEvent) {
        self.act(self.desktop.mouse(&event));
    }
}

struct Display {
    desktop: Shared,
    pipeline: Option<Pipeline>,
    suppressed: Arc<AtomicBool>,
    restless: bool,
    asked: Asked,
}

fn size(desktop: &Shared) -> DesktopSize {
    let (width, height) = desktop.size();
    DesktopSize { width, height }
}

#[async_trait]
impl RdpServerDisplay for Display {
    async fn size(&mut self) -> DesktopSize {
        size(&self.desktop)
    }

    async fn request_initial_size(&mut self, client_size: DesktopSize) -> DesktopSize {
        self.desktop.resize(client_size.width, client_size.height, None);
        size(&self.desktop)
    }

    async fn updates(&mut self) -> Result<Box<dyn RdpServerDisplayUpdates>> {
        Ok(Box::new(Updates {
            desktop: self.desktop.clone(),
            view: self.desktop.view(),
            pipeline: self.pipeline.clone(),
            suppressed: Arc::clone(&self.suppressed),
            restless: self.restless,
            asked: self.asked.clone(),
            answered: self.asked.times(),
            counted: Counted::new(),
        }))
    }

    fn request_layout(&mut self, layout: DisplayControlMonitorLayout) {
        let Some(monitor) = layout.monitors().first() else { return };
        let (width, height) = monitor.dimensions();
        if let (Ok(width), Ok(height)) = (width.try_into(), height.try_into()) {
            self.desktop.resize(width, height, monitor.desktop_scale_factor());
        }
    }
}

/// What was sent in the last second.
struct Counted {
    since: Instant,
    count: u32,
    pixels: usize,
}

impl Counted {
    fn new() -> Self {
        Self { since: Instant::now(), count: 0, pixels: 0 }
    }

    fn add(&mut self, area: Area, desktop: &Shared) {
        self.count += 1;
        self.pixels += area.pixels();
        if self.since.elapsed() >= Duration::from_secs(1) {
            desktop.report().say(&json!({
                "event": "updates", "count": self.count, "pixels": self.pixels,
                "milliseconds": u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX),
            }));
            *self = Self::new();
        }
    }
}

struct Updates {
    desktop: Shared,
    view: View,
    pipeline: Option<Pipeline>,
    suppressed: Arc<AtomicBool>,
    restless: bool,
    asked: Asked,
    /// How often the whole picture had been asked for when it was last begun.
    answered: u32,
    counted: Counted,
}

impl Updates {
    /// Makes the pipeline's surface as large as the desktop, if there is an open pipeline with another.
    fn fit(&mut self, pipeline: &Pipeline) {
        let size = self.desktop.size();
        if !pipeline.fits(size) && pipeline.resize(size.0, size.1) == Sent::Yes {
            self.view.refresh();
        }
    }

    async fn wait(&mut self) {
        let moved = async {
            match &self.pipeline {
                Some(pipeline) => pipeline.moved().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = self.view.changed() => {}
            () = moved => {}
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

#[async_trait]
impl RdpServerDisplayUpdates for Updates {
    async fn next_update(&mut self) -> Result<Option<DisplayUpdate>> {
        loop {
            // What changes meanwhile is sent when it is wanted again.
            while self.suppressed.load(Ordering::Relaxed) && !self.restless {
                tokio::time::sleep(WANTED).await;
            }
            let asked = self.asked.times();
            if asked != self.answered {
                self.answered = asked;
                self.view.refresh();
            }
            let pipeline = self.pipeline.clone().filter(Pipeline::is_open);
            if let Some(pipeline) = &pipeline {
                self.fit(pipeline);
            }
            match (self.view.next(), pipeline) {
                (Some(Change::Resized(width, height)), None) => {
                    return Ok(Some(DisplayUpdate::Resize(DesktopSize { width, height })));
                }
                // The next round makes the surface anew.
                (Some(Change::Resized(..)), Some(_)) => {}
                (Some(Change::Pointer(pointer)), _) => {
                    self.desktop.report().say(&json!({"event": "pointer", "shape": pointer.name()}));
                    return Ok(Some(pointer.update()));
                }
                (Some(Change::Painted(area, pixels)), None) => {
                    self.counted.add(area, &self.desktop);
                    return bitmap(area, pixels).map(Some);
                }
                (Some(Change::Painted(area, pixels)), Some(pipeline)) => {
                    match pipeline.show(area, &pixels) {
                        Sent::Yes => self.counted.add(area, &self.desktop),
                        Sent::Later => {
                            self.view.again(area);
                            drop(tokio::time::timeout(LATE, pipeline.moved()).await);
                        }
                        Sent::Closed => self.view.again(area),
                    }
                    // Nothing here has waited for the connection; the others have their turn.
                    tokio::task::yield_now().await;
                }
                (None, _) => self.wait().await,
            }
        }
    }
}

fn bitmap(area: Area, pixels: Vec<u8>) -> Result<DisplayUpdate> {
    let (Some(width), Some(height)) = (NonZeroU16::new(area.width), NonZeroU16::new(area.height)) else {
        bail!("an empty area");
    };
    Ok(DisplayUpdate::Bitmap(BitmapUpdate {
        x: area.x,
        y: area.y,
        width,
        height,
        format: PixelFormat::BgrX32,
        data: pixels.into(),
        stride: NonZeroUsize::new(usize::from(area.width) * 4).context("an empty row")?,
    }))
}

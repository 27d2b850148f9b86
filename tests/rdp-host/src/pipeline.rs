//! The graphics pipeline: the same pictures, sent over a channel of their own in lossless tiles (ClearCodec).

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use ironrdp_dvc::encode_dvc_messages;
use ironrdp_egfx::{
    pdu::{CapabilitiesAdvertisePdu, CapabilitySet},
    server::{GraphicsPipelineHandler, GraphicsPipelineServer, MixedTilePayload},
};
use ironrdp_graphics::clearcodec::ClearCodecEncoder;
use ironrdp_pdu::geometry::ExclusiveRectangle;
use ironrdp_server::{
    EgfxServerMessage, GfxDvcBridge, GfxServerFactory, GfxServerHandle, ServerEvent, ServerEventSender,
};
use ironrdp_svc::ChannelFlags;
use serde_json::json;
use tokio::sync::{Notify, mpsc::UnboundedSender};

use crate::{canvas::Area, report::Report};

/// Largest side of a tile, in pixels.
const TILE: u16 = 256;
/// Pictures that are on their way before the next waits.
const MOST_IN_FLIGHT: u32 = 3;

/// A connection's pipeline; a clone is another handle on the same.
#[derive(Clone)]
pub(crate) struct Pipeline {
    report: Report,
    began: Instant,
    line: Arc<Mutex<Line>>,
    /// Something has become possible: the client is ready, or has shown a picture.
    moved: Arc<Notify>,
}

#[derive(Default)]
struct Line {
    sender: Option<UnboundedSender<ServerEvent>>,
    server: Option<GfxServerHandle>,
    /// The surface and its size.
    surface: Option<(u16, u16, u16)>,
    /// Both sides remember small pictures, for as long as the connection lasts.
    encoder: Option<ClearCodecEncoder>,
}

/// What became of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sent {
    Yes,
    /// The client has to show what it has first.
    Later,
    /// The channel is not open (yet).
    Closed,
}

impl Pipeline {
    pub(crate) fn new(report: Report) -> Self {
        Self { report, began: Instant::now(), line: Arc::default(), moved: Arc::default() }
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until more may be sent than before.
    pub(crate) async fn moved(&self) {
        self.moved.notified().await;
    }

    /// Whether the client takes pictures this way.
    pub(crate) fn is_open(&self) -> bool {
        let server = self.line().server.clone();
        server.is_some_and(|server| server.lock().is_ok_and(|server| server.is_ready()))
    }

    /// Makes the surface that the desktop is shown on, of another size where there is one.
    pub(crate) fn resize(&self, width: u16, height: u16) -> Sent {
        let mut line = self.line();
        let Some(handle) = line.server.clone() else { return Sent::Closed };
        let mut server = handle.lock().unwrap_or_else(PoisonError::into_inner);
        if !server.is_ready() {
            return Sent::Closed;
        }
        server.resize(width, height);
        let Some(surface) = server.create_surface(width, height) else { return Sent::Closed };
        server.map_surface_to_output(surface, 0, 0);
        line.surface = Some((surface, width, height));
        Self::flush(&line, &mut server);
        Sent::Yes
    }

    /// Whether the surface is made and as large as the desktop.
    pub(crate) fn fits(&self, size: (u16, u16)) -> bool {
        self.line().surface.is_some_and(|(_, width, height)| (width, height) == size)
    }

    /// Sends the picture of an area.
    pub(crate) fn show(&self, area: Area, pixels: &[u8]) -> Sent {
        let mut line = self.line();
        let Some(handle) = line.server.clone() else { return Sent::Closed };
        let mut server = handle.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((surface, width, height)) = line.surface.filter(|_| server.is_ready()) else {
            return Sent::Closed;
        };
        if server.should_backpressure() {
            return Sent::Later;
        }
        let encoder = line.encoder.get_or_insert_with(ClearCodecEncoder::new);
        let whole = Area { x: 0, y: 0, width, height };
        let tiles = tiles(area.cut(whole)).map(|tile| MixedTilePayload::ClearCodec {
            destination: ExclusiveRectangle {
                left: tile.x,
                top: tile.y,
                right: tile.right(),
                bottom: tile.bottom(),
            },
            bitmap_data: encoder.encode(&part(pixels, area, tile), tile.width, tile.height),
        });
        let tiles = tiles.collect();
        let now = u32::try_from(self.began.elapsed().as_millis()).unwrap_or(u32::MAX);
        server.send_mixed_frame(surface, tiles, now);
        Self::flush(&line, &mut server);
        Sent::Yes
    }

    fn flush(line: &Line, server: &mut GraphicsPipelineServer) {
        let messages = server.drain_output();
        let (Some(channel), Some(sender)) = (server.channel_id(), &line.sender) else { return };
        if let Ok(messages) = encode_dvc_messages(channel, messages, ChannelFlags::SHOW_PROTOCOL) {
            // A connection that is gone needs no picture.
            let _ = sender.send(ServerEvent::Egfx(EgfxServerMessage::SendMessages { messages }));
        }
    }
}

/// An area in pieces of at most the size of a tile.
fn tiles(area: Area) -> impl Iterator<Item = Area> {
    let step = |from: u16, to: u16| (from..to).step_by(TILE.into());
    step(area.y, area.bottom()).flat_map(move |y| {
        step(area.x, area.right()).map(move |x| Area {
            x,
            y,
            width: (area.right() - x).min(TILE),
            height: (area.bottom() - y).min(TILE),
        })
    })
}

/// The pixels of a part of an area.
fn part(pixels: &[u8], area: Area, tile: Area) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(tile.pixels() * 4);
    for y in tile.y..tile.bottom() {
        let row = usize::from(y - area.y) * usize::from(area.width);
        let from = (row + usize::from(tile.x - area.x)) * 4;
        bytes.extend_from_slice(pixels.get(from..from + usize::from(tile.width) * 4).unwrap_or_default());
    }
    bytes
}

impl ServerEventSender for Pipeline {
    fn set_sender(&mut self, sender: UnboundedSender<ServerEvent>) {
        self.line().sender = Some(sender);
    }
}

impl GfxServerFactory for Pipeline {
    fn build_gfx_handler(&self) -> Box<dyn GraphicsPipelineHandler> {
        Box::new(Handler(self.clone()))
    }

    fn build_server_with_handle(&self) -> Option<(GfxDvcBridge, GfxServerHandle)> {
        let server = Arc::new(Mutex::new(GraphicsPipelineServer::new(self.build_gfx_handler())));
        self.line().server = Some(Arc::clone(&server));
        Some((GfxDvcBridge::new(Arc::clone(&server)), server))
    }
}

/// Called while the server is locked: it may not be asked anything here.
struct Handler(Pipeline);

impl GraphicsPipelineHandler for Handler {
    fn capabilities_advertise(&mut self, advertised: &CapabilitiesAdvertisePdu) {
        let count = advertised.0.len();
        self.0.report.say(&json!({"event": "graphics", "what": "advertised", "capabilities": count}));
    }

    fn on_ready(&mut self, negotiated: &CapabilitySet) {
        let version = format!("{negotiated:?}");
        self.0.report.say(&json!({"event": "graphics", "what": "ready", "version": version}));
        self.0.moved.notify_one();
    }

    fn on_frame_ack(&mut self, frame: u32, _queue_depth: u32, _decoded: u32) {
        self.0.report.say(&json!({"event": "graphics", "what": "shown", "frame": frame}));
        self.0.moved.notify_one();
    }

    fn max_frames_in_flight(&self) -> u32 {
        MOST_IN_FLIGHT
    }
}

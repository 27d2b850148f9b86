//! The graphics pipeline against the library's own server side: what it shows is what was sent, pixel by pixel.

use std::sync::{Arc, Mutex};

use ironrdp_core::impl_as_any;
use ironrdp_dvc::{DrdynvcServer, DvcMessage, DvcProcessor, DvcServerProcessor};
use ironrdp_egfx::{
    CHANNEL_NAME,
    pdu::{CapabilitiesAdvertisePdu, CapabilitySet},
    server::{GraphicsPipelineHandler, GraphicsPipelineServer},
};
use ironrdp_graphics::zgfx::CompressionMode;
use ironrdp_pdu::{PduResult, geometry::ExclusiveRectangle};
use tokio::time::timeout;

use super::peer::{PATIENCE, Peer, opened};
use crate::{
    Canvas, Graphics, Options, Size,
    message::{Kind, Message},
};

/// What is drawn: the size of the picture, and a part of it in BGRX.
#[derive(Debug, Clone)]
struct Drawing {
    size: (u16, u16),
    at: (u16, u16),
    part: (u16, u16),
}

impl Drawing {
    fn new(size: (u16, u16), at: (u16, u16), part: (u16, u16)) -> Self {
        Self { size, at, part }
    }

    /// Red, green and blue of a pixel of the part.
    fn color(&self, (x, y): (u16, u16)) -> [u8; 3] {
        let [low, high] = (x ^ y.rotate_left(3)).to_le_bytes();
        [low, high.wrapping_add(low / 2), (self.size.0 % 251) as u8]
    }

    fn bgrx(&self) -> Vec<u8> {
        let rows = (self.at.1..self.at.1 + self.part.1)
            .flat_map(|y| (self.at.0..self.at.0 + self.part.0).map(move |x| (x, y)));
        rows.map(|at| self.color(at)).flat_map(|[red, green, blue]| [blue, green, red, 0]).collect()
    }

    /// Whether a canvas shows exactly this.
    fn is_on(&self, canvas: &Canvas) -> bool {
        (canvas.width(), canvas.height()) == self.size
            && (0..self.size.1).flat_map(|y| (0..self.size.0).map(move |x| (x, y))).all(|(x, y)| {
                let inside = |at, from, length| at >= from && at < from + length;
                let drawn = inside(x, self.at.0, self.part.0) && inside(y, self.at.1, self.part.1);
                let expected = if drawn { self.color((x, y)) } else { [0; 3] };
                canvas.pixel(x, y) == Some(expected)
            })
    }
}

/// A server that makes each of its drawings a picture of its own once the one before has been acknowledged.
struct Painter {
    server: GraphicsPipelineServer,
    drawings: Vec<Drawing>,
    acknowledged: Arc<Mutex<Vec<u32>>>,
    shown: Option<u16>,
}

struct Watcher(Arc<Mutex<Vec<u32>>>);

impl GraphicsPipelineHandler for Watcher {
    fn capabilities_advertise(&mut self, _pdu: &CapabilitiesAdvertisePdu) {}

    fn on_ready(&mut self, _negotiated: &CapabilitySet) {}

    fn on_frame_ack(&mut self, frame: u32, _queue: u32, _decoded: u32) {
        self.0.lock().expect("nobody panicked").push(frame);
    }
}

impl Painter {
    fn new(drawings: &[Drawing], acknowledged: &Arc<Mutex<Vec<u32>>>, compression: CompressionMode) -> Self {
        let server = GraphicsPipelineServer::with_compression(
            Box::new(Watcher(Arc::clone(acknowledged))),
            compression,
        );
        let drawings = drawings.iter().rev().cloned().collect();
        Self { server, drawings, acknowledged: Arc::clone(acknowledged), shown: None }
    }

    fn paint(&mut self) {
        let done = self.acknowledged.lock().expect("nobody panicked").len();
        if !self.server.is_ready() || self.server.frames_in_flight() > 0 {
            return;
        }
        let Some(drawing) = self.drawings.pop() else { return };
        let (width, height) = drawing.size;
        if done == 0 {
            self.server.set_output_dimensions(width, height);
        } else {
            self.server.resize(width, height);
        }
        let surface = self.server.create_surface(width, height).expect("a surface");
        self.shown = Some(surface);
        assert!(self.server.map_surface_to_output(surface, 0, 0));
        let region = ExclusiveRectangle {
            left: drawing.at.0,
            top: drawing.at.1,
            right: drawing.at.0 + drawing.part.0,
            bottom: drawing.at.1 + drawing.part.1,
        };
        self.server.try_send_uncompressed_region(surface, &drawing.bgrx(), region, 0).expect("it is sent");
    }
}

impl_as_any!(Painter);

impl DvcProcessor for Painter {
    fn channel_name(&self) -> &str {
        CHANNEL_NAME
    }

    fn start(&mut self, channel: u32) -> PduResult<Vec<DvcMessage>> {
        self.server.start(channel)
    }

    fn process(&mut self, channel: u32, payload: &[u8]) -> PduResult<Vec<DvcMessage>> {
        let mut out = self.server.process(channel, payload)?;
        self.paint();
        out.extend(self.server.drain_output());
        Ok(out)
    }
}

impl DvcServerProcessor for Painter {}

fn options(graphics: Graphics) -> Options {
    let mut options = Options::new("windows", Size::new(640, 480));
    options.graphics = graphics;
    options
}

/// The same part of a picture the classic way: a bitmap that is not packed ([MS-RDPBCGR] 2.2.9.1.1.3.1.2.2).
fn classic(drawing: &Drawing) -> Vec<u8> {
    let ((left, top), (width, height)) = (drawing.at, drawing.part);
    let pixels = drawing.bgrx();
    let mut data = Vec::new();
    let length = u16::try_from(pixels.len()).expect("it is small");
    for value in [1, 1, left, top, left + width - 1, top + height - 1, width, height, 32, 0, length] {
        data.extend(value.to_le_bytes());
    }
    // Rows come from the bottom.
    data.extend(pixels.chunks_exact(usize::from(width) * 4).rev().flatten());
    let mut unit = vec![0];
    unit.extend((u16::try_from(data.len() + 6).expect("it is small") | 0x8000).to_be_bytes());
    unit.push(1);
    unit.extend(u16::try_from(data.len()).expect("it is small").to_le_bytes());
    unit.extend(data);
    unit
}

#[tokio::test]
async fn the_classic_way_shows_the_same() {
    let drawing = Drawing::new((640, 480), (3, 5), (60, 48));
    shows(std::slice::from_ref(&drawing), CompressionMode::Always).await;
    for graphics in [Graphics::Classic, Graphics::Pipeline] {
        // Also where the pipeline was asked for and the server has none.
        let (mut session, mut peer) = opened(options(graphics));
        peer.send_bytes(&classic(&drawing)).await;
        let mut canvas = Canvas::new();
        let looking = async {
            while !drawing.is_on(&canvas) {
                let message = Message::read(&session.pictures.next().await.expect("it lasts")).expect("one");
                canvas.paint(&message).expect("it fits");
            }
        };
        timeout(PATIENCE, looking).await.expect("it is shown");
    }
}

async fn shows(drawings: &[Drawing], compression: CompressionMode) {
    let (mut session, mut peer) = opened(options(Graphics::Pipeline));
    let acknowledged = Arc::default();
    let painter = Painter::new(drawings, &acknowledged, compression);
    peer.serve(DrdynvcServer::new().with_dynamic_channel(painter)).await;
    let serving = tokio::spawn(Peer::run(peer));
    let mut canvas = Canvas::new();
    let mut sizes = Vec::new();
    for drawing in drawings {
        let looking = async {
            while !drawing.is_on(&canvas) {
                let message = Message::read(&session.pictures.next().await.expect("it lasts")).expect("one");
                if message.header.kind == Kind::Resized {
                    sizes.push((message.header.width, message.header.height));
                }
                canvas.paint(&message).expect("it fits");
            }
        };
        timeout(PATIENCE, looking).await.expect("it is shown");
    }
    for drawing in drawings {
        assert!(sizes.contains(&drawing.size), "{sizes:?}");
    }
    drop(session);
    serving.await.expect("it serves to the end");
    assert_eq!(acknowledged.lock().expect("nobody panicked").len(), drawings.len());
}

#[tokio::test]
async fn a_picture_is_shown_as_it_was_sent() {
    let drawing = Drawing::new((640, 480), (100, 50), (301, 203));
    shows(&[drawing], CompressionMode::Never).await;
}

#[tokio::test]
async fn a_packed_picture_is_shown_as_it_was_sent() {
    let drawing = Drawing::new((640, 480), (3, 5), (64, 48));
    shows(&[drawing], CompressionMode::Always).await;
}

#[tokio::test]
async fn each_new_size_is_told_before_its_picture() {
    let drawings = [
        Drawing::new((640, 480), (0, 0), (640, 480)),
        Drawing::new((1024, 768), (10, 10), (1000, 700)),
        Drawing::new((800, 600), (0, 599), (800, 1)),
    ];
    shows(&drawings, CompressionMode::Never).await;
}

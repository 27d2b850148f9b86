//! What goes beside the picture, and the other way for it, against the stand-in (`tests/rdp-host`).

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use adit_rdp::{
    Canvas, Clipboard, ClipboardImage, ClipboardKind, ClipboardPolicy, Codec, Graphics, Options, Rate, Size,
    Sound, SoundQueue,
    input::{Button, Input, Press},
    message::Kind,
};

use crate::support::{Eyes, Host, PASSWORD, PATIENCE, Pin, is, open, options};

/// The color of its text field.
const PAPER: [u8; 3] = [246, 247, 249];
/// Its buttons.
const COPY_TEXT: (u16, u16) = (80, 158);
const COPY_PICTURE: (u16, u16) = (230, 158);
const PASTE: (u16, u16) = (370, 158);
const BEEP: (u16, u16) = (470, 158);

async fn shown(host: &Host, options: Options) -> Eyes {
    let session = open(host.port, options, PASSWORD, &Pin(host.certificate)).await.expect("it opens");
    let mut eyes = Eyes::new(session);
    eyes.until("the desktop", |canvas| is(canvas, (400, 90), PAPER)).await;
    eyes
}

async fn click(eyes: &Eyes, (x, y): (u16, u16)) {
    let press = |press| Input::Button(Button::Left, press);
    let input = vec![Input::Move { x, y }, press(Press::Down), press(Press::Up)];
    eyes.session.control.input(input).await.expect("the session lasts");
}

/// Looks at pictures until something else is so.
async fn until(eyes: &mut Eyes, words: &str, so: impl Fn() -> bool) {
    let looking = async {
        while !so() {
            let _ = tokio::time::timeout(Duration::from_millis(50), eyes.session.pictures.next()).await;
        }
    };
    tokio::time::timeout(PATIENCE, looking).await.unwrap_or_else(|_| panic!("never: {words}"));
}

/// The part of the picture in which nothing moves, above the clock and where the mouse is told.
fn still(canvas: &Canvas) -> Vec<Option<[u8; 3]>> {
    (0..190).flat_map(|y| (0..800).map(move |x| (x, y))).map(|(x, y)| canvas.pixel(x, y)).collect()
}

#[tokio::test]
async fn the_graphics_pipeline_shows_what_the_classic_way_shows() {
    // The name on its desktop is the same.
    let piped = Host::start(&["--graphics", "pipeline", "--name", "same"]);
    let plain = Host::start(&["--bitmaps", "--name", "same"]);
    let mut pipeline = options();
    pipeline.graphics = Graphics::Pipeline;
    let mut classic = options();
    classic.codec = Codec::Bitmap;
    let expected = still(&shown(&plain, classic).await.canvas);
    let mut eyes = shown(&piped, pipeline).await;
    eyes.until("the same picture", |canvas| still(canvas) == expected).await;
}

#[tokio::test]
async fn the_graphics_pipeline_takes_another_size() {
    let host = Host::start(&["--graphics", "pipeline"]);
    let mut pipeline = options();
    pipeline.graphics = Graphics::Pipeline;
    let mut eyes = shown(&host, pipeline).await;
    for (width, height) in [(1000, 700), (900, 640), (1200, 800)] {
        eyes.session.control.resize(Size::new(width, height)).await.expect("the session lasts");
        eyes.until("the new size", |canvas| {
            (canvas.width(), canvas.height()) == (width, height) && is(canvas, (width - 100, 90), PAPER)
        })
        .await;
    }
    assert!(eyes.seen.iter().filter(|kind| **kind == Kind::Resized).count() >= 4, "{:?}", eyes.seen);
}

#[tokio::test]
async fn a_server_without_the_pipeline_is_shown_all_the_same() {
    let host = Host::start(&[]);
    let mut pipeline = options();
    pipeline.graphics = Graphics::Pipeline;
    shown(&host, pipeline).await;
}

#[derive(Default)]
struct Paper(Mutex<Seen>);

#[derive(Default)]
struct Seen {
    kinds: Vec<ClipboardKind>,
    text: Option<String>,
    html: Option<String>,
    image: Option<ClipboardImage>,
}

impl Paper {
    fn has(&self, what: impl Fn(&Seen) -> bool) -> bool {
        what(&self.0.lock().expect("nobody panicked"))
    }

    fn see(&self, what: impl FnOnce(&mut Seen)) {
        what(&mut self.0.lock().expect("nobody panicked"));
    }
}

impl Clipboard for Paper {
    fn text(&self) -> Option<String> {
        Some("from here".to_owned())
    }

    fn offers(&self, kinds: &[ClipboardKind]) {
        self.see(|seen| seen.kinds = kinds.to_vec());
    }

    fn fetched(&self, text: String) {
        self.see(|seen| seen.text = Some(text));
    }

    fn fetched_html(&self, html: String) {
        self.see(|seen| seen.html = Some(html));
    }

    fn fetched_image(&self, image: ClipboardImage) {
        self.see(|seen| seen.image = Some(image));
    }
}

#[tokio::test]
async fn clipboards_are_exchanged() {
    let host = Host::start(&[]);
    let paper = Arc::new(Paper::default());
    let mut options = options();
    options.clipboard = Some(Arc::clone(&paper) as Arc<dyn Clipboard>);
    options.clipboard_policy = ClipboardPolicy::All;
    let mut eyes = shown(&host, options).await;
    let control = eyes.session.control.clone();

    click(&eyes, COPY_TEXT).await;
    until(&mut eyes, "a text", || paper.has(|seen| seen.kinds.contains(&ClipboardKind::Text))).await;
    control.fetch(ClipboardKind::Text).await.expect("the session lasts");
    until(&mut eyes, "the text", || paper.has(|seen| seen.text.is_some())).await;

    click(&eyes, COPY_PICTURE).await;
    until(&mut eyes, "a picture", || paper.has(|seen| seen.kinds.contains(&ClipboardKind::Image))).await;
    control.fetch(ClipboardKind::Image).await.expect("the session lasts");
    until(&mut eyes, "the picture", || paper.has(|seen| seen.image.is_some())).await;

    assert!(paper.has(|seen| seen.kinds.contains(&ClipboardKind::Html)));
    control.fetch(ClipboardKind::Html).await.expect("the session lasts");
    until(&mut eyes, "the HTML", || paper.has(|seen| seen.html.is_some())).await;

    control.offer().await.expect("the session lasts");
    let before = Eyes::ink(&eyes.canvas, FIELD);
    click(&eyes, PASTE).await;
    eyes.until("what was pasted", |canvas| Eyes::ink(canvas, FIELD) > before + 100).await;
}

/// The text field.
const FIELD: (u16, u16, u16, u16) = (36, 84, 500, 32);

#[tokio::test]
async fn a_beep_is_heard() {
    let host = Host::start(&[]);
    let queue = Arc::new(SoundQueue::new(Duration::from_secs(2)));
    let mut options = options();
    options.sound = Some(Arc::clone(&queue) as Arc<dyn Sound>);
    let mut eyes = shown(&host, options).await;
    click(&eyes, BEEP).await;
    until(&mut eyes, "a sound", || queue.latency() > Duration::from_millis(300)).await;
    assert_eq!(queue.rate(), Rate::Hz44100);
    let mut frames = vec![[0; 2]; 4410];
    assert_eq!(queue.take(&mut frames), frames.len());
    assert!(frames.iter().any(|frame| frame != &[0; 2]), "silence");
}

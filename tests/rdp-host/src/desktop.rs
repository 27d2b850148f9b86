//! The desktop: a clock, a text field that shows what is typed, an area to draw on with the mouse.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use embedded_graphics::{
    mono_font::{
        MonoTextStyle,
        iso_8859_1::{FONT_9X18_BOLD, FONT_10X20},
    },
    pixelcolor::Rgb888,
    prelude::*,
    primitives::{Line, PrimitiveStyle, PrimitiveStyleBuilder, Rectangle},
    text::{Baseline, Text},
};
use ironrdp_server::{KeyboardEvent, MouseEvent};
use tokio::sync::watch;

use crate::{
    canvas::{Area, Canvas},
    keys::typed,
};

const SKY: Rgb888 = Rgb888::new(24, 62, 104);
const PAPER: Rgb888 = Rgb888::new(246, 247, 249);
const INK: Rgb888 = Rgb888::new(28, 32, 38);
const QUIET: Rgb888 = Rgb888::new(120, 128, 140);
const ACCENT: Rgb888 = Rgb888::new(0, 120, 212);

const SHIFT_LEFT: u8 = 0x2A;
const SHIFT_RIGHT: u8 = 0x36;
const BACKSPACE: u8 = 0x0E;
const ENTER: u8 = 0x1C;
/// Most characters of the text field, and most lines of the drawing.
const MOST: usize = 2000;
/// Height of the bar below.
const BAR: u16 = 40;
/// Room between things.
const GAP: u16 = 24;

/// What is drawn by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Everything,
    Clock,
    Field,
    Drawing,
}

/// What a viewer has to be told.
pub(crate) enum Change {
    Resized(u16, u16),
    Painted(Area, Vec<u8>),
}

pub(crate) struct Desktop {
    name: String,
    width: u16,
    height: u16,
    text: String,
    shift: bool,
    mouse: (u16, u16),
    pressed: bool,
    lines: VecDeque<((u16, u16), (u16, u16))>,
    typed: u64,
    drawn: u64,
}

/// The desktop that all see.
#[derive(Clone)]
pub(crate) struct Shared {
    desktop: Arc<Mutex<Desktop>>,
    changed: watch::Sender<()>,
}

/// How one connection sees it.
pub(crate) struct View {
    shared: Shared,
    changes: watch::Receiver<()>,
    size: (u16, u16),
    clock: String,
    typed: u64,
    drawn: u64,
    pending: VecDeque<Part>,
}

impl Desktop {
    pub(crate) fn shared(name: &str) -> Shared {
        let desktop = Self {
            name: name.to_owned(),
            width: 1280,
            height: 800,
            text: String::new(),
            shift: false,
            mouse: (0, 0),
            pressed: false,
            lines: VecDeque::new(),
            typed: 0,
            drawn: 0,
        };
        Shared { desktop: Arc::new(Mutex::new(desktop)), changed: watch::Sender::new(()) }
    }

    fn area(&self, part: Part) -> Area {
        let (width, height) = (self.width, self.height);
        let inner = width.saturating_sub(2 * GAP).max(1);
        match part {
            Part::Everything => Area { x: 0, y: 0, width, height },
            Part::Clock => Area {
                x: width.saturating_sub(120),
                y: height.saturating_sub(BAR),
                width: width.min(120),
                height: height.min(BAR),
            },
            Part::Field => Area { x: GAP, y: 72, width: inner, height: 56 },
            Part::Drawing => {
                Area { x: GAP, y: 176, width: inner, height: height.saturating_sub(176 + BAR + GAP).max(1) }
            }
        }
    }

    fn paint(&self, part: Part) -> (Area, Vec<u8>) {
        let area = self.area(part);
        let mut canvas = Canvas::new(area);
        // Nothing that is drawn on memory fails.
        let Ok(()) = self.draw(&mut canvas);
        (area, canvas.into_pixels())
    }

    fn draw(&self, canvas: &mut Canvas) -> Result<(), std::convert::Infallible> {
        let bounds = canvas.bounding_box();
        bounds.into_styled(PrimitiveStyle::with_fill(SKY)).draw(canvas)?;
        let bold = |color| MonoTextStyle::new(&FONT_9X18_BOLD, color);
        let title = Point::new(GAP.into(), 16);
        Text::with_baseline(&self.name, title, bold(PAPER), Baseline::Top).draw(canvas)?;
        let label =
            |words, y| Text::with_baseline(words, Point::new(GAP.into(), y), bold(PAPER), Baseline::Top);
        label("Type here:", 48).draw(canvas)?;
        label("Draw here with the mouse:", 152).draw(canvas)?;
        self.draw_field(canvas)?;
        self.draw_drawing(canvas)?;
        self.draw_bar(canvas)
    }

    fn draw_field(&self, canvas: &mut Canvas) -> Result<(), std::convert::Infallible> {
        let area = self.area(Part::Field);
        area.rectangle().into_styled(card()).draw(canvas)?;
        let fits = usize::from(area.width.saturating_sub(32) / 10);
        let skipped = self.text.chars().count().saturating_sub(fits);
        let shown: String = self.text.chars().skip(skipped).collect();
        let at = area.corner() + Point::new(16, 18);
        let end = Text::with_baseline(&shown, at, MonoTextStyle::new(&FONT_10X20, INK), Baseline::Top)
            .draw(canvas)?;
        Rectangle::new(end, Size::new(2, 20)).into_styled(PrimitiveStyle::with_fill(ACCENT)).draw(canvas)
    }

    fn draw_drawing(&self, canvas: &mut Canvas) -> Result<(), std::convert::Infallible> {
        let area = self.area(Part::Drawing);
        area.rectangle().into_styled(card()).draw(canvas)?;
        let point = |(x, y): (u16, u16)| Point::new(x.into(), y.into());
        let mut inside = canvas.clipped(&area.rectangle());
        for (from, to) in &self.lines {
            let line = Line::new(point(*from), point(*to));
            line.into_styled(PrimitiveStyle::with_stroke(ACCENT, 3)).draw(&mut inside)?;
        }
        let words = format!("mouse at {}, {}", self.mouse.0, self.mouse.1);
        let at = area.corner() + Point::new(16, 16);
        let style = MonoTextStyle::new(&FONT_9X18_BOLD, QUIET);
        Text::with_baseline(&words, at, style, Baseline::Top).draw(canvas).map(drop)
    }

    fn draw_bar(&self, canvas: &mut Canvas) -> Result<(), std::convert::Infallible> {
        let top = i32::from(self.height.saturating_sub(BAR));
        let bar = Rectangle::new(Point::new(0, top), Size::new(self.width.into(), BAR.into()));
        bar.into_styled(PrimitiveStyle::with_fill(INK)).draw(canvas)?;
        let style = MonoTextStyle::new(&FONT_9X18_BOLD, PAPER);
        let size = format!("{} x {}", self.width, self.height);
        Text::with_baseline(&size, Point::new(GAP.into(), top + 11), style, Baseline::Top).draw(canvas)?;
        let at = self.area(Part::Clock).corner() + Point::new(16, 11);
        Text::with_baseline(&clock(), at, style, Baseline::Top).draw(canvas).map(drop)
    }

    fn type_character(&mut self, character: char) {
        if self.text.chars().count() < MOST && !character.is_control() {
            self.text.push(character);
        }
    }

    fn press(&mut self, code: u8, extended: bool) {
        match code {
            SHIFT_LEFT | SHIFT_RIGHT => self.shift = true,
            BACKSPACE => drop(self.text.pop()),
            ENTER => self.text.clear(),
            _ if extended => {}
            _ => {
                if let Some(character) = typed(code, self.shift) {
                    self.type_character(character);
                }
            }
        }
    }

    fn move_to(&mut self, x: u16, y: u16) {
        if self.pressed && self.area(Part::Drawing).contains(x, y) {
            if self.lines.len() >= MOST {
                self.lines.pop_front();
            }
            self.lines.push_back((self.mouse, (x, y)));
        }
        self.mouse = (x, y);
    }
}

fn card() -> PrimitiveStyle<Rgb888> {
    PrimitiveStyleBuilder::new().fill_color(PAPER).stroke_color(QUIET).stroke_width(1).build()
}

fn clock() -> String {
    jiff::Timestamp::now().strftime("%H:%M:%S").to_string()
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Desktop> {
        self.desktop.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn size(&self) -> (u16, u16) {
        let desktop = self.lock();
        (desktop.width, desktop.height)
    }

    pub(crate) fn resize(&self, width: u16, height: u16) {
        {
            let mut desktop = self.lock();
            (desktop.width, desktop.height) = (width, height);
        }
        self.changed.send_replace(());
    }

    pub(crate) fn keyboard(&self, event: &KeyboardEvent) {
        {
            let mut desktop = self.lock();
            match event {
                KeyboardEvent::Pressed { code, extended } => desktop.press(*code, *extended),
                KeyboardEvent::Released { code: SHIFT_LEFT | SHIFT_RIGHT, .. } => desktop.shift = false,
                KeyboardEvent::UnicodePressed(unit) => {
                    if let Some(character) = char::from_u32(u32::from(*unit)) {
                        desktop.type_character(character);
                    }
                }
                KeyboardEvent::Released { .. }
                | KeyboardEvent::UnicodeReleased(_)
                | KeyboardEvent::Synchronize(_) => return,
            }
            desktop.typed += 1;
        }
        self.changed.send_replace(());
    }

    pub(crate) fn mouse(&self, event: &MouseEvent) {
        {
            let mut desktop = self.lock();
            match event {
                MouseEvent::Move { x, y } => desktop.move_to(*x, *y),
                MouseEvent::LeftPressed => desktop.pressed = true,
                MouseEvent::LeftReleased => desktop.pressed = false,
                MouseEvent::RightPressed => desktop.lines.clear(),
                _ => return,
            }
            desktop.drawn += 1;
        }
        self.changed.send_replace(());
    }

    pub(crate) fn view(&self) -> View {
        let desktop = self.lock();
        View {
            shared: self.clone(),
            changes: self.changed.subscribe(),
            size: (desktop.width, desktop.height),
            clock: clock(),
            typed: desktop.typed,
            drawn: desktop.drawn,
            pending: VecDeque::from([Part::Everything]),
        }
    }
}

impl View {
    /// Waits for a change.
    pub(crate) async fn changed(&mut self) {
        // The sender lives in this very view.
        let _ = self.changes.changed().await;
    }

    /// The next change, if there is one.
    pub(crate) fn next(&mut self) -> Option<Change> {
        let shared = self.shared.clone();
        let desktop = shared.lock();
        let size = (desktop.width, desktop.height);
        if self.size != size {
            self.size = size;
            return Some(Change::Resized(size.0, size.1));
        }
        let now = clock();
        for (is_new, part) in [
            (self.typed != desktop.typed, Part::Field),
            (self.drawn != desktop.drawn, Part::Drawing),
            (self.clock != now, Part::Clock),
        ] {
            if is_new && !self.pending.contains(&part) {
                self.pending.push_back(part);
            }
        }
        (self.typed, self.drawn, self.clock) = (desktop.typed, desktop.drawn, now);
        let (area, pixels) = desktop.paint(self.pending.pop_front()?);
        Some(Change::Painted(area, pixels))
    }
}

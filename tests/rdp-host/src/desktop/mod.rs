//! The desktop: a clock, a text field that shows what is typed, buttons, an area to draw on with the mouse.

mod busy;
mod draw;
mod input;
mod layout;
mod picture;
mod pointer;
mod view;

use std::{
    collections::{BTreeSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::watch;

use crate::{canvas::Area, report::Report};
use busy::Busy;
use layout::Layout;

pub(crate) use layout::Action;
pub(crate) use picture::Picture;
pub(crate) use pointer::Pointer;
pub(crate) use view::{Change, View};

/// Most characters of the text field, and most lines of the drawing.
const MOST: usize = 2000;
/// Changes that are remembered; who missed more sees everything anew.
const MOST_CHANGES: usize = 256;
/// From this scale in percent on, everything is drawn twice as large.
const LARGE: u32 = 175;

/// What the desktop has on its clipboard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Copied {
    Text(String),
    Picture,
}

pub(crate) struct Desktop {
    name: String,
    user: Option<String>,
    layout: Layout,
    text: String,
    /// Scan codes that are down, each with whether it is an extended one.
    down: BTreeSet<(u8, bool)>,
    caps_lock: bool,
    mouse: (u16, u16),
    /// Whether the left button is down on the drawing.
    drawing: bool,
    pressed_on: Option<Action>,
    wheel: i32,
    lines: VecDeque<((u16, u16), (u16, u16))>,
    /// The first half of a character that comes in two.
    half: Option<u16>,
    picture: Option<Picture>,
    copied: Option<Copied>,
    busy: Busy,
    changes: VecDeque<(u64, Area)>,
    last_change: u64,
}

/// The desktop that all see.
#[derive(Clone)]
pub(crate) struct Shared {
    desktop: Arc<Mutex<Desktop>>,
    changed: watch::Sender<()>,
    report: Report,
}

impl Desktop {
    pub(crate) fn shared(name: &str, report: Report) -> Shared {
        let desktop = Self {
            name: name.to_owned(),
            user: None,
            layout: Layout { width: 1280, height: 800, scale: 1 },
            text: String::new(),
            down: BTreeSet::new(),
            caps_lock: false,
            mouse: (0, 0),
            drawing: false,
            pressed_on: None,
            wheel: 0,
            lines: VecDeque::new(),
            half: None,
            picture: None,
            copied: None,
            busy: Busy::default(),
            changes: VecDeque::new(),
            last_change: 0,
        };
        Shared { desktop: Arc::new(Mutex::new(desktop)), changed: watch::Sender::new(()), report }
    }

    /// Notes that a part has changed.
    fn change(&mut self, area: Area) {
        let area = area.cut(self.layout.everything());
        if area.pixels() == 0 {
            return;
        }
        self.last_change += 1;
        if self.changes.len() >= MOST_CHANGES {
            self.changes.pop_front();
        }
        self.changes.push_back((self.last_change, area));
    }

    /// Width of the pen, in pixels.
    fn pen(&self) -> u16 {
        self.layout.of(3)
    }

    /// What the pointer is over.
    fn pointer(&self) -> Pointer {
        let (x, y) = self.mouse;
        if self.layout.field().contains(x, y) {
            Pointer::Beam
        } else if Action::ALL.iter().any(|action| self.layout.button(*action).contains(x, y)) {
            Pointer::Hand
        } else if self.layout.drawing().contains(x, y) {
            Pointer::Cross
        } else {
            Pointer::Arrow
        }
    }
}

fn clock() -> String {
    jiff::Timestamp::now().strftime("%H:%M:%S").to_string()
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Desktop> {
        self.desktop.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn report(&self) -> &Report {
        &self.report
    }

    fn with<T>(&self, act: impl FnOnce(&mut Desktop) -> T) -> T {
        let done = act(&mut self.lock());
        self.changed.send_replace(());
        done
    }

    /// How often it has changed by itself.
    pub(crate) fn step(&self) -> u32 {
        self.lock().busy.step
    }

    pub(crate) fn size(&self) -> (u16, u16) {
        let layout = self.lock().layout;
        (layout.width, layout.height)
    }

    /// Takes another size, and a scale in percent where one is known.
    pub(crate) fn resize(&self, width: u16, height: u16, percent: Option<u32>) {
        let changed = self.with(|desktop| {
            let scale = percent.map_or(desktop.layout.scale, |percent| if percent >= LARGE { 2 } else { 1 });
            let layout = Layout { width, height, scale };
            let changed = layout != desktop.layout;
            desktop.layout = layout;
            let everything = layout.everything();
            desktop.change(everything);
            changed
        });
        if changed {
            self.report.say(&serde_json::json!({
                "event": "size", "width": width, "height": height, "scale": percent,
            }));
        }
    }

    /// Somebody has come in.
    pub(crate) fn enter(&self, user: &str) {
        self.with(|desktop| {
            desktop.user = Some(user.to_owned());
            let bar = desktop.layout.bar();
            desktop.change(bar);
        });
    }

    /// What is on the desktop's clipboard.
    pub(crate) fn copied(&self) -> Option<Copied> {
        self.lock().copied.clone()
    }

    pub(crate) fn copy(&self, action: Action) {
        self.with(|desktop| {
            desktop.copied = match action {
                Action::CopyText => Some(Copied::Text(desktop.text.clone())),
                Action::CopyPicture => Some(Copied::Picture),
                Action::Paste | Action::Beep | Action::Print => return,
            };
        });
    }

    /// What stands in the text field.
    pub(crate) fn text(&self) -> String {
        self.lock().text.clone()
    }

    /// Somebody else has copied something.
    pub(crate) fn forget_copied(&self) {
        self.with(|desktop| desktop.copied = None);
    }

    pub(crate) fn paste_text(&self, text: &str) {
        self.with(|desktop| {
            for character in text.chars() {
                desktop.type_character(if character == '\n' { ' ' } else { character });
            }
        });
    }

    pub(crate) fn paste_picture(&self, picture: Picture) {
        self.with(|desktop| {
            desktop.picture = Some(picture);
            let area = desktop.layout.drawing();
            desktop.change(area);
        });
    }

    /// Has the windows, or all of the screen, change so many times in a second.
    pub(crate) async fn keep_busy(&self, windows: Option<u16>, full: Option<u16>) {
        let Some(times) = full.or(windows).filter(|times| *times > 0) else { return };
        self.with(|desktop| desktop.busy = Busy { windows, full, step: 0 });
        let mut ticks = tokio::time::interval(Duration::from_secs(1) / u32::from(times));
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            self.with(|desktop| {
                let before = desktop.layout.moving(desktop.busy.step);
                desktop.busy.step = desktop.busy.step.wrapping_add(1);
                if full.is_some() {
                    let everything = desktop.layout.everything();
                    desktop.change(everything);
                } else {
                    let after = desktop.layout.moving(desktop.busy.step);
                    desktop.change(before.join(after));
                    let scrolling = desktop.layout.scrolling();
                    desktop.change(scrolling);
                }
            });
        }
    }
}

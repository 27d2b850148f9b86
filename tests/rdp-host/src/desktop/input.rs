//! What keys and the mouse do to the desktop.

use ironrdp_server::{KeyboardEvent, MouseEvent};
use serde_json::json;

use super::{Action, Desktop, MOST, Shared};
use crate::{canvas::Area, keys::typed};

const BACKSPACE: u8 = 0x0E;
const ENTER: u8 = 0x1C;
const CAPS_LOCK: u8 = 0x3A;
const KEY_P: u8 = 0x19;
const KEY_C: u8 = 0x2E;
const KEY_V: u8 = 0x2F;

/// Keys that are held with others.
const MODIFIERS: [(&str, &[(u8, bool)]); 4] = [
    ("Ctrl", &[(0x1D, false), (0x1D, true)]),
    ("Alt", &[(0x38, false), (0x38, true)]),
    ("Shift", &[(0x2A, false), (0x36, false)]),
    ("Win", &[(0x5B, true), (0x5C, true)]),
];

impl Desktop {
    fn holds(&self, modifier: &str) -> bool {
        MODIFIERS
            .iter()
            .any(|(name, keys)| *name == modifier && keys.iter().any(|key| self.down.contains(key)))
    }

    /// Modifiers that are down, and the turns of the wheel.
    pub(super) fn status(&self) -> String {
        let held: Vec<&str> =
            MODIFIERS.iter().map(|(name, _)| *name).filter(|name| self.holds(name)).collect();
        let held = if held.is_empty() { String::new() } else { format!("   {}", held.join("+")) };
        format!("wheel {}{held}", self.wheel)
    }

    pub(super) fn type_character(&mut self, character: char) {
        if self.text.chars().count() < MOST && !character.is_control() {
            self.text.push(character);
            self.changed_field();
        }
    }

    fn changed_field(&mut self) {
        let area = self.layout.field();
        self.change(area);
    }

    fn changed_status(&mut self) {
        let area = self.layout.status();
        self.change(area);
    }

    fn press(&mut self, code: u8, extended: bool) -> Option<Action> {
        // A key that repeats is down already.
        if self.down.insert((code, extended)) {
            self.changed_status();
        }
        match (code, extended) {
            (KEY_C, false) if self.holds("Ctrl") => return Some(Action::CopyText),
            (KEY_V, false) if self.holds("Ctrl") => return Some(Action::Paste),
            (KEY_P, false) if self.holds("Ctrl") => return Some(Action::Print),
            (BACKSPACE, false) => {
                self.text.pop();
                self.changed_field();
            }
            (ENTER, _) => {
                self.text.clear();
                self.changed_field();
            }
            (CAPS_LOCK, false) => self.caps_lock = !self.caps_lock,
            _ if extended || self.holds("Ctrl") || self.holds("Alt") || self.holds("Win") => {}
            _ => {
                if let Some(character) = typed(code, self.holds("Shift")) {
                    let upper = self.caps_lock && character.is_alphabetic();
                    self.type_character(match (upper, character.is_uppercase()) {
                        (true, true) => character.to_ascii_lowercase(),
                        (true, false) => character.to_ascii_uppercase(),
                        (false, _) => character,
                    });
                }
            }
        }
        None
    }

    /// One unit of UTF-16; the character that it completes.
    fn unit(&mut self, unit: u16) -> Option<char> {
        let units: Vec<u16> = self.half.take().into_iter().chain([unit]).collect();
        match char::decode_utf16(units).next()? {
            Ok(character) => Some(character),
            Err(_) => {
                self.half = Some(unit);
                None
            }
        }
    }

    fn move_to(&mut self, x: u16, y: u16) {
        let place = self.layout.place();
        self.change(place);
        if self.drawing && self.layout.drawing().contains(x, y) {
            if self.lines.len() >= MOST {
                self.lines.pop_front();
            }
            self.lines.push_back((self.mouse, (x, y)));
            let pen = self.pen();
            let dot = |(x, y): (u16, u16)| Area {
                x: x.saturating_sub(pen),
                y: y.saturating_sub(pen),
                width: 2 * pen + 1,
                height: 2 * pen + 1,
            };
            let area = dot(self.mouse).join(dot((x, y)));
            self.change(area);
        }
        self.mouse = (x, y);
    }

    fn click(&mut self) -> Option<Action> {
        let (x, y) = self.mouse;
        self.drawing = self.layout.drawing().contains(x, y);
        self.pressed_on = Action::ALL.into_iter().find(|action| self.layout.button(*action).contains(x, y));
        let action = self.pressed_on?;
        let area = self.layout.button(action);
        self.change(area);
        Some(action)
    }

    fn release(&mut self) {
        self.drawing = false;
        if let Some(action) = self.pressed_on.take() {
            let area = self.layout.button(action);
            self.change(area);
        }
    }

    fn turn(&mut self, value: i32) {
        self.wheel = self.wheel.saturating_add(value);
        self.changed_status();
    }

    fn clear(&mut self) {
        self.lines.clear();
        self.picture = None;
        let area = self.layout.drawing();
        self.change(area);
    }
}

impl Shared {
    /// Takes a key; what it asks for beyond the desktop.
    pub(crate) fn keyboard(&self, event: &KeyboardEvent) -> Option<Action> {
        let key = |code: u8, extended: bool, down: bool| {
            self.report().say(&json!({"event": "key", "code": code, "extended": extended, "down": down}));
        };
        match *event {
            KeyboardEvent::Pressed { code, extended } => {
                key(code, extended, true);
                self.with(|desktop| desktop.press(code, extended))
            }
            KeyboardEvent::Released { code, extended } => {
                key(code, extended, false);
                self.with(|desktop| {
                    desktop.down.remove(&(code, extended));
                    desktop.changed_status();
                });
                None
            }
            KeyboardEvent::UnicodePressed(unit) => {
                let character = self.with(|desktop| {
                    let character = desktop.unit(unit)?;
                    desktop.type_character(character);
                    Some(character)
                });
                if let Some(character) = character {
                    self.report().say(&json!({"event": "character", "character": character}));
                }
                None
            }
            KeyboardEvent::UnicodeReleased(_) => None,
            KeyboardEvent::Synchronize(locks) => {
                self.report().say(&json!({"event": "locks", "bits": locks.bits()}));
                // Bit 2 is the caps lock.
                self.with(|desktop| desktop.caps_lock = locks.bits() & 4 != 0);
                None
            }
        }
    }

    /// Takes what the mouse does; what it asks for beyond the desktop.
    pub(crate) fn mouse(&self, event: &MouseEvent) -> Option<Action> {
        let button = |name: &str, down: bool| {
            let (x, y) = self.lock().mouse;
            self.report().say(&json!({"event": "button", "button": name, "down": down, "x": x, "y": y}));
        };
        match *event {
            MouseEvent::Move { x, y } => {
                self.report().say(&json!({"event": "move", "x": x, "y": y}));
                self.with(|desktop| desktop.move_to(x, y));
            }
            MouseEvent::LeftPressed => {
                button("left", true);
                let action = self.with(Desktop::click);
                if let Some(action) = action {
                    self.report().say(&json!({"event": "action", "action": action.name()}));
                }
                return action;
            }
            MouseEvent::LeftReleased => {
                button("left", false);
                self.with(Desktop::release);
            }
            MouseEvent::RightPressed => {
                button("right", true);
                self.with(Desktop::clear);
            }
            MouseEvent::RightReleased => button("right", false),
            MouseEvent::MiddlePressed => button("middle", true),
            MouseEvent::MiddleReleased => button("middle", false),
            MouseEvent::Button4Pressed => button("back", true),
            MouseEvent::Button4Released => button("back", false),
            MouseEvent::Button5Pressed => button("forward", true),
            MouseEvent::Button5Released => button("forward", false),
            MouseEvent::VerticalScroll { value } => {
                self.report().say(&json!({"event": "wheel", "value": value}));
                self.with(|desktop| desktop.turn(value.into()));
            }
            MouseEvent::Scroll { x, y } => {
                self.report().say(&json!({"event": "wheel", "value": y, "across": x}));
                self.with(|desktop| desktop.turn(y));
            }
            MouseEvent::RelMove { x, y } => {
                self.report().say(&json!({"event": "relative", "x": x, "y": y}));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use ironrdp_server::{KeyboardEvent, MouseEvent};

    use super::super::{Action, Change, Copied, Desktop, Shared, View};
    use crate::report::Report;

    fn desktop() -> Shared {
        Desktop::shared("windows", Report::default())
    }

    fn press(desktop: &Shared, code: u8) -> Option<Action> {
        let action = desktop.keyboard(&KeyboardEvent::Pressed { code, extended: false });
        desktop.keyboard(&KeyboardEvent::Released { code, extended: false });
        action
    }

    /// The parts that a viewer is shown, until there are no more.
    fn shown(view: &mut View) -> Vec<(u16, u16)> {
        std::iter::from_fn(|| view.next())
            .filter_map(|change| match change {
                Change::Painted(area, pixels) => {
                    assert_eq!(pixels.len(), area.pixels() * 4);
                    Some((area.width, area.height))
                }
                Change::Resized(..) | Change::Pointer(_) => None,
            })
            .collect()
    }

    #[test]
    fn keys_and_characters_are_typed_and_copied() {
        let desktop = desktop();
        press(&desktop, 0x23);
        desktop.keyboard(&KeyboardEvent::Pressed { code: 0x2A, extended: false });
        press(&desktop, 0x17);
        desktop.keyboard(&KeyboardEvent::Released { code: 0x2A, extended: false });
        // One character in two halves.
        for unit in [0xE4, 0xD83D, 0xDC4B] {
            desktop.keyboard(&KeyboardEvent::UnicodePressed(unit));
        }
        desktop.keyboard(&KeyboardEvent::Pressed { code: 0x1D, extended: false });
        assert_eq!(press(&desktop, 0x2E), Some(Action::CopyText));
        desktop.copy(Action::CopyText);
        assert_eq!(desktop.copied(), Some(Copied::Text("hIä👋".to_owned())));
    }

    #[test]
    fn a_viewer_is_shown_what_has_changed_and_no_more() {
        let desktop = desktop();
        let mut view = desktop.view();
        // The clock may come behind it, as anywhere here.
        assert_eq!(shown(&mut view).first(), Some(&(1280, 800)));
        press(&desktop, 0x23);
        let parts = shown(&mut view);
        assert!(parts.contains(&(1232, 56)) && parts.iter().all(|(_, height)| *height < 60), "{parts:?}");
        desktop.mouse(&MouseEvent::Move { x: 380, y: 160 });
        assert_eq!(desktop.mouse(&MouseEvent::LeftPressed), Some(Action::Paste));
        assert!(shown(&mut view).iter().all(|(width, _)| *width < 400));
        // Any size will do, however little room it leaves.
        for (width, height) in [(200, 200), (1, 1), (641, 483), (8192, 300)] {
            desktop.resize(width, height, Some(200));
            assert_eq!(shown(&mut view).first(), Some(&(width, height)));
        }
    }
}

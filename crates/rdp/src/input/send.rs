//! From what was done to the events of the protocol, in the form that the server takes.

use ironrdp_core::WriteBuf;
use ironrdp_input::{
    Database, MouseButton, MousePosition, Operation, Scancode as Code, WheelRotations, synchronize_event,
};
use ironrdp_pdu::{
    input::{
        InputEvent, InputEventPdu, ScanCodePdu, SyncPdu, UnicodePdu,
        fast_path::{FastPathInput, FastPathInputEvent, KeyboardFlags},
        scan_code, sync, unicode,
    },
    rdp::{capability_sets::InputFlags, headers::ShareDataPdu},
};
use ironrdp_session::{ActiveStage, SessionResult};

use super::{Axis, Button, Input, Press, Scancode};

/// Num Lock, which ends the sequence of Pause.
const NUM_LOCK: u8 = 0x45;
/// The left Ctrl key, which begins it.
const CONTROL: u8 = 0x1D;

/// Which keys and buttons are down, and how the server wants to be told.
pub(crate) struct Keyboard {
    down: Database,
    flags: InputFlags,
}

impl Keyboard {
    pub(crate) fn new(flags: InputFlags) -> Self {
        Self { down: Database::new(), flags }
    }

    /// What the server takes, after it has said so anew.
    pub(crate) fn set_flags(&mut self, flags: InputFlags) {
        self.flags = flags;
    }

    /// The bytes that tell the server what was done.
    pub(crate) fn encode(&mut self, stage: &ActiveStage, input: &[Input]) -> SessionResult<Vec<u8>> {
        let mut events = Vec::new();
        for one in input {
            self.events(*one, &mut events);
        }
        let mut out = WriteBuf::new();
        let fast = self.flags.intersects(InputFlags::FASTPATH_INPUT | InputFlags::FASTPATH_INPUT_2);
        for chunk in events.chunks(FastPathInput::MAX_EVENTS) {
            if fast {
                let input =
                    FastPathInput::new(chunk.to_vec()).map_err(ironrdp_session::SessionErrorExt::decode)?;
                ironrdp_core::encode_buf(&input, &mut out)
                    .map_err(ironrdp_session::SessionErrorExt::encode)?;
            } else {
                let events = chunk.iter().filter_map(slow).collect();
                stage.encode_static(&mut out, ShareDataPdu::Input(InputEventPdu(events)))?;
            }
        }
        Ok(out.filled().to_vec())
    }

    fn events(&mut self, input: Input, events: &mut Vec<FastPathInputEvent>) {
        let operation = match input {
            Input::Move { x, y } => Operation::MouseMove(MousePosition { x, y }),
            Input::Button(button, Press::Down) => Operation::MouseButtonPressed(mouse(button)),
            Input::Button(button, Press::Up) => Operation::MouseButtonReleased(mouse(button)),
            Input::Wheel(Axis::Horizontal, _) if !self.flags.contains(InputFlags::TS_MOUSE_HWHEEL) => return,
            Input::Wheel(axis, units) => Operation::WheelRotations(WheelRotations {
                is_vertical: axis == Axis::Vertical,
                rotation_units: units,
            }),
            Input::Key(Scancode::Pause, press) => return events.extend(pause(press)),
            // A key that repeats goes down again, as on a keyboard; the database would let it up in between.
            Input::Key(Scancode::Plain(code), Press::Down) if self.is_down(false, code) => {
                return events.push(FastPathInputEvent::KeyboardEvent(KeyboardFlags::empty(), code));
            }
            Input::Key(Scancode::Extended(code), Press::Down) if self.is_down(true, code) => {
                return events.push(FastPathInputEvent::KeyboardEvent(KeyboardFlags::EXTENDED, code));
            }
            Input::Key(Scancode::Plain(code), press) => key(Code::from_u8(false, code), press),
            Input::Key(Scancode::Extended(code), press) => key(Code::from_u8(true, code), press),
            Input::Character(character) => {
                events.extend(self.down.apply([Operation::UnicodeKeyPressed(character)]));
                Operation::UnicodeKeyReleased(character)
            }
            Input::Locks(locks) => {
                return events.push(synchronize_event(locks.scroll, locks.num, locks.caps, locks.kana));
            }
            Input::ReleaseAll => return events.extend(self.down.release_all()),
        };
        events.extend(self.down.apply([operation]));
    }

    fn is_down(&self, extended: bool, code: u8) -> bool {
        self.down.is_key_pressed(Code::from_u8(extended, code))
    }
}

fn mouse(button: Button) -> MouseButton {
    match button {
        Button::Left => MouseButton::Left,
        Button::Middle => MouseButton::Middle,
        Button::Right => MouseButton::Right,
        Button::X1 => MouseButton::X1,
        Button::X2 => MouseButton::X2,
    }
}

fn key(code: Code, press: Press) -> Operation {
    match press {
        Press::Down => Operation::KeyPressed(code),
        Press::Up => Operation::KeyReleased(code),
    }
}

/// Pause sends its whole sequence when it goes down ([MS-RDPBCGR] 2.2.8.1.2.2.1, EXTENDED1).
fn pause(press: Press) -> Vec<FastPathInputEvent> {
    if press == Press::Up {
        return Vec::new();
    }
    let event = FastPathInputEvent::KeyboardEvent;
    vec![
        event(KeyboardFlags::EXTENDED1, CONTROL),
        event(KeyboardFlags::empty(), NUM_LOCK),
        event(KeyboardFlags::EXTENDED1 | KeyboardFlags::RELEASE, CONTROL),
        event(KeyboardFlags::RELEASE, NUM_LOCK),
    ]
}

/// The same event in the form for servers without fast-path input ([MS-RDPBCGR] 2.2.8.1.1.3.1.1).
fn slow(event: &FastPathInputEvent) -> Option<InputEvent> {
    Some(match event {
        FastPathInputEvent::KeyboardEvent(flags, code) => {
            let mut slow = scan_code::KeyboardFlags::empty();
            slow.set(scan_code::KeyboardFlags::RELEASE, flags.contains(KeyboardFlags::RELEASE));
            slow.set(scan_code::KeyboardFlags::EXTENDED, flags.contains(KeyboardFlags::EXTENDED));
            slow.set(scan_code::KeyboardFlags::EXTENDED_1, flags.contains(KeyboardFlags::EXTENDED1));
            InputEvent::ScanCode(ScanCodePdu { flags: slow, key_code: u16::from(*code) })
        }
        FastPathInputEvent::UnicodeKeyboardEvent(flags, code) => {
            let mut slow = unicode::KeyboardFlags::empty();
            slow.set(unicode::KeyboardFlags::RELEASE, flags.contains(KeyboardFlags::RELEASE));
            InputEvent::Unicode(UnicodePdu { flags: slow, unicode_code: *code })
        }
        FastPathInputEvent::MouseEvent(mouse) => InputEvent::Mouse(*mouse),
        FastPathInputEvent::MouseEventEx(mouse) => InputEvent::MouseX(*mouse),
        FastPathInputEvent::MouseEventRel(mouse) => InputEvent::MouseRel(*mouse),
        FastPathInputEvent::SyncEvent(flags) => InputEvent::Sync(SyncPdu {
            flags: sync::SyncToggleFlags::from_bits_retain(u32::from(flags.bits())),
        }),
        FastPathInputEvent::QoeEvent(_) => return None,
    })
}

#[cfg(test)]
mod tests {
    use ironrdp_pdu::{
        input::fast_path::{FastPathInputEvent, KeyboardFlags},
        rdp::capability_sets::InputFlags,
    };

    use super::{
        super::{Axis, Button, Input, Press, Scancode},
        Keyboard,
    };

    fn sent(keyboard: &mut Keyboard, input: &[Input]) -> Vec<FastPathInputEvent> {
        let mut events = Vec::new();
        for one in input {
            keyboard.events(*one, &mut events);
        }
        events
    }

    #[test]
    fn a_key_that_repeats_goes_down_again_and_comes_up_once() {
        let mut keyboard = Keyboard::new(InputFlags::FASTPATH_INPUT);
        let a = Scancode::Plain(0x1E);
        let down = Input::Key(a, Press::Down);
        let up = Input::Key(a, Press::Up);
        let event = |flags| FastPathInputEvent::KeyboardEvent(flags, 0x1E);
        assert_eq!(
            sent(&mut keyboard, &[down, down, up, up]),
            [event(KeyboardFlags::empty()), event(KeyboardFlags::empty()), event(KeyboardFlags::RELEASE)]
        );
    }

    #[test]
    fn nothing_stays_down_when_the_keyboard_is_lost() {
        let mut keyboard = Keyboard::new(InputFlags::FASTPATH_INPUT);
        let control = Input::Key(Scancode::Extended(0x1D), Press::Down);
        sent(&mut keyboard, &[control, Input::Button(Button::Left, Press::Down), Input::Character('ä')]);
        let events = sent(&mut keyboard, &[Input::ReleaseAll]);
        assert_eq!(events.len(), 2, "{events:?}");
        let released = KeyboardFlags::RELEASE | KeyboardFlags::EXTENDED;
        assert!(events.contains(&FastPathInputEvent::KeyboardEvent(released, 0x1D)));
        assert_eq!(sent(&mut keyboard, &[Input::ReleaseAll]), []);
    }

    #[test]
    fn a_horizontal_wheel_turns_only_for_a_server_that_knows_it() {
        let wheel = [Input::Wheel(Axis::Horizontal, 120)];
        assert_eq!(sent(&mut Keyboard::new(InputFlags::FASTPATH_INPUT), &wheel), []);
        assert_eq!(sent(&mut Keyboard::new(InputFlags::TS_MOUSE_HWHEEL), &wheel).len(), 1);
    }
}

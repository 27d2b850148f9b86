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

use super::{Axis, Button, Input, Locks, Press, Scancode};

/// Num Lock, which ends the sequence of Pause.
const NUM_LOCK: u8 = 0x45;
/// The Ctrl keys; the left one begins it.
const CONTROL: u8 = 0x1D;
/// The Alt keys.
const ALT: u8 = 0x38;
/// Print Screen, and what the same key is together with Alt.
const PRINT_SCREEN: u8 = 0x37;
const SYSTEM_REQUEST: u8 = 0x54;
/// What Pause is together with Ctrl.
const BREAK: u8 = 0x46;
/// Most units that one turn of the wheel has on the wire ([MS-RDPBCGR] 2.2.8.1.1.3.1.1.3); more are several turns.
const MAX_TURN: i16 = 255;

/// Which keys and buttons are down, and how the server wants to be told.
pub(crate) struct Keyboard {
    down: Database,
    flags: InputFlags,
    /// What stays, as it was told last.
    locks: Option<Locks>,
    /// Whether Print Screen went down as a request of the system.
    system_request: bool,
}

impl Keyboard {
    pub(crate) fn new(flags: InputFlags) -> Self {
        Self { down: Database::new(), flags, locks: None, system_request: false }
    }

    /// What the server takes, after it has said so anew.
    pub(crate) fn set_flags(&mut self, flags: InputFlags) {
        self.flags = flags;
    }

    /// What a server has to be told whose desktop has begun anew: it takes no key for down then.
    pub(crate) fn begun_anew(&mut self) -> Vec<Input> {
        // Where the mouse is stays; what is thrown away is what the server need not be told.
        let _ = self.down.release_all();
        self.system_request = false;
        self.locks.map(Input::Locks).into_iter().collect()
    }

    /// Whether the server takes input by the fast path, which needs to know nothing of the session.
    pub(crate) fn is_fast(&self) -> bool {
        self.flags.intersects(InputFlags::FASTPATH_INPUT | InputFlags::FASTPATH_INPUT_2)
    }

    /// The bytes that tell the server what was done.
    pub(crate) fn encode(&mut self, stage: &ActiveStage, input: &[Input]) -> SessionResult<Vec<u8>> {
        if self.is_fast() {
            return self.encode_fast(input);
        }
        let mut out = WriteBuf::new();
        for chunk in self.all_events(input).chunks(FastPathInput::MAX_EVENTS) {
            let events = chunk.iter().filter_map(slow).collect();
            stage.encode_static(&mut out, ShareDataPdu::Input(InputEventPdu(events)))?;
        }
        Ok(out.filled().to_vec())
    }

    /// The same for a server that [takes it by the fast path](Self::is_fast).
    pub(crate) fn encode_fast(&mut self, input: &[Input]) -> SessionResult<Vec<u8>> {
        let mut out = WriteBuf::new();
        for chunk in self.all_events(input).chunks(FastPathInput::MAX_EVENTS) {
            let input =
                FastPathInput::new(chunk.to_vec()).map_err(ironrdp_session::SessionErrorExt::decode)?;
            ironrdp_core::encode_buf(&input, &mut out).map_err(ironrdp_session::SessionErrorExt::encode)?;
        }
        Ok(out.filled().to_vec())
    }

    fn all_events(&mut self, input: &[Input]) -> Vec<FastPathInputEvent> {
        let mut events = Vec::new();
        for one in input {
            self.events(*one, &mut events);
        }
        events
    }

    fn events(&mut self, input: Input, events: &mut Vec<FastPathInputEvent>) {
        let operation = match input {
            Input::Move { x, y } => Operation::MouseMove(MousePosition { x, y }),
            Input::Button(button, Press::Down) => Operation::MouseButtonPressed(mouse(button)),
            Input::Button(button, Press::Up) => Operation::MouseButtonReleased(mouse(button)),
            Input::Wheel(Axis::Horizontal, _) if !self.flags.contains(InputFlags::TS_MOUSE_HWHEEL) => return,
            Input::Wheel(axis, units) => return events.extend(self.down.apply(turns(axis, units))),
            Input::Key(Scancode::Pause, press) => {
                let control = self.is_down(false, CONTROL) || self.is_down(true, CONTROL);
                return events.extend(pause(press, control));
            }
            Input::Key(Scancode::Extended(PRINT_SCREEN), press) if self.is_request(press) => {
                self.system_request = press == Press::Down;
                return self.events(Input::Key(Scancode::Plain(SYSTEM_REQUEST), press), events);
            }
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
            Input::Locks(locks) => return self.synchronize(locks, events),
            Input::ReleaseAll => {
                self.system_request = false;
                return events.extend(self.down.release_all());
            }
        };
        events.extend(self.down.apply([operation]));
    }

    /// Tells which keys stay. A server takes all keys for up then ([MS-RDPBCGR] 2.2.8.1.1.3.1.1.5), so those that are
    /// down go down again.
    fn synchronize(&mut self, locks: Locks, events: &mut Vec<FastPathInputEvent>) {
        self.locks = Some(locks);
        let down: Vec<_> = [(false, KeyboardFlags::empty()), (true, KeyboardFlags::EXTENDED)]
            .into_iter()
            .flat_map(|(extended, flags)| (0..=u8::MAX).map(move |code| (extended, flags, code)))
            .filter(|(extended, _, code)| self.is_down(*extended, *code))
            .collect();
        let event = |flags, code| FastPathInputEvent::KeyboardEvent(flags, code);
        events.extend(down.iter().map(|(_, flags, code)| event(*flags | KeyboardFlags::RELEASE, *code)));
        events.push(synchronize_event(locks.scroll, locks.num, locks.caps, locks.kana));
        events.extend(down.iter().map(|(_, flags, code)| event(*flags, *code)));
    }

    /// Whether Print Screen is a request of the system: it is with Alt, and comes up as what it went down as.
    fn is_request(&self, press: Press) -> bool {
        match press {
            Press::Down => self.is_down(false, ALT) || self.is_down(true, ALT),
            Press::Up => self.system_request,
        }
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

/// As many turns of the wheel as the wire takes, which add up to what was turned.
fn turns(axis: Axis, units: i16) -> Vec<Operation> {
    let mut rest = units;
    let mut turns = Vec::new();
    while rest != 0 {
        let turn = rest.clamp(-MAX_TURN, MAX_TURN);
        rest -= turn;
        turns.push(Operation::WheelRotations(WheelRotations {
            is_vertical: axis == Axis::Vertical,
            rotation_units: turn,
        }));
    }
    turns
}

/// Pause sends its whole sequence when it goes down ([MS-RDPBCGR] 2.2.8.1.2.2.1, EXTENDED1), and another one with
/// Ctrl, where it is Break.
fn pause(press: Press, control: bool) -> Vec<FastPathInputEvent> {
    let event = FastPathInputEvent::KeyboardEvent;
    match (press, control) {
        (Press::Up, _) => Vec::new(),
        (Press::Down, true) => vec![
            event(KeyboardFlags::EXTENDED, BREAK),
            event(KeyboardFlags::EXTENDED | KeyboardFlags::RELEASE, BREAK),
        ],
        (Press::Down, false) => vec![
            event(KeyboardFlags::EXTENDED1, CONTROL),
            event(KeyboardFlags::empty(), NUM_LOCK),
            event(KeyboardFlags::EXTENDED1 | KeyboardFlags::RELEASE, CONTROL),
            event(KeyboardFlags::RELEASE, NUM_LOCK),
        ],
    }
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
        super::{Axis, Button, Input, Locks, Press, Scancode},
        Keyboard,
    };

    const DOWN: KeyboardFlags = KeyboardFlags::empty();
    const UP: KeyboardFlags = KeyboardFlags::RELEASE;
    const EXTENDED: KeyboardFlags = KeyboardFlags::EXTENDED;
    const EXTENDED1: KeyboardFlags = KeyboardFlags::EXTENDED1;

    fn key(flags: KeyboardFlags, code: u8) -> FastPathInputEvent {
        FastPathInputEvent::KeyboardEvent(flags, code)
    }

    fn keyboard() -> Keyboard {
        Keyboard::new(InputFlags::FASTPATH_INPUT)
    }

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

    #[test]
    fn pause_is_a_sequence_of_its_own_and_break_with_ctrl() {
        let pause = [Input::Key(Scancode::Pause, Press::Down), Input::Key(Scancode::Pause, Press::Up)];
        assert_eq!(
            sent(&mut keyboard(), &pause),
            [key(EXTENDED1, 0x1D), key(DOWN, 0x45), key(EXTENDED1 | UP, 0x1D), key(UP, 0x45)]
        );
        let mut keyboard = keyboard();
        sent(&mut keyboard, &[Input::Key(Scancode::Extended(0x1D), Press::Down)]);
        assert_eq!(sent(&mut keyboard, &pause), [key(EXTENDED, 0x46), key(EXTENDED | UP, 0x46)]);
        // Num Lock is a key like any other.
        let num_lock = [Input::Key(Scancode::Plain(0x45), Press::Down)];
        assert_eq!(sent(&mut keyboard, &num_lock), [key(DOWN, 0x45)]);
    }

    #[test]
    fn print_screen_is_another_key_with_alt_and_comes_up_as_it_went_down() {
        let print = |press| Input::Key(Scancode::Extended(0x37), press);
        let alt = |press| Input::Key(Scancode::Plain(0x38), press);
        let mut keyboard = keyboard();
        assert_eq!(
            sent(&mut keyboard, &[print(Press::Down), print(Press::Up)]),
            [key(EXTENDED, 0x37), key(EXTENDED | UP, 0x37)]
        );
        let input = [alt(Press::Down), print(Press::Down), alt(Press::Up), print(Press::Up)];
        assert_eq!(
            sent(&mut keyboard, &input),
            [key(DOWN, 0x38), key(DOWN, 0x54), key(UP, 0x38), key(UP, 0x54)]
        );
        assert_eq!(sent(&mut keyboard, &[Input::ReleaseAll]), []);
    }

    #[test]
    fn a_character_beyond_16_bits_is_two_units_in_order() {
        let unit = FastPathInputEvent::UnicodeKeyboardEvent;
        assert_eq!(
            sent(&mut keyboard(), &[Input::Character('😀')]),
            [unit(DOWN, 0xD83D), unit(DOWN, 0xDE00), unit(UP, 0xD83D), unit(UP, 0xDE00)]
        );
    }

    #[test]
    fn a_long_turn_of_the_wheel_is_several_that_add_up() {
        for units in [0, 1, -1, 120, -120, 255, -255, 256, -256, 1000, -1000, i16::MAX, i16::MIN] {
            let events = sent(&mut keyboard(), &[Input::Wheel(Axis::Vertical, units)]);
            let turns: Vec<i32> = events
                .iter()
                .map(|event| match event {
                    FastPathInputEvent::MouseEvent(mouse) => i32::from(mouse.number_of_wheel_rotation_units),
                    other => panic!("{other:?}"),
                })
                .collect();
            assert!(turns.iter().all(|turn| (-255..=255).contains(turn) && *turn != 0), "{turns:?}");
            assert_eq!(turns.iter().sum::<i32>(), i32::from(units));
        }
    }

    #[test]
    fn keys_that_are_down_stay_down_when_the_locks_are_told() {
        let mut keyboard = keyboard();
        let shift = Scancode::Plain(0x2A);
        sent(&mut keyboard, &[Input::Key(shift, Press::Down)]);
        let locks = Locks { caps: true, ..Locks::default() };
        let events = sent(&mut keyboard, &[Input::Locks(locks)]);
        let [up, FastPathInputEvent::SyncEvent(_), down] = events.as_slice() else { panic!("{events:?}") };
        assert_eq!((up, down), (&key(UP, 0x2A), &key(DOWN, 0x2A)));
        assert_eq!(sent(&mut keyboard, &[Input::Key(shift, Press::Up)]), [key(UP, 0x2A)]);
    }

    #[test]
    fn a_desktop_that_begins_anew_is_told_the_locks_and_no_key_is_stuck() {
        let mut keyboard = keyboard();
        assert_eq!(keyboard.begun_anew(), []);
        let locks = Locks { num: true, ..Locks::default() };
        sent(&mut keyboard, &[Input::Locks(locks), Input::Key(Scancode::Plain(0x1E), Press::Down)]);
        let input = keyboard.begun_anew();
        assert_eq!(input, [Input::Locks(locks)]);
        assert_eq!(sent(&mut keyboard, &input).len(), 1);
        assert_eq!(sent(&mut keyboard, &[Input::ReleaseAll]), []);
    }
}

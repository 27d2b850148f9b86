//! Keys by their place: the web's `KeyboardEvent.code` to the scan codes of a PC keyboard (set 1).

/// A scan code of set 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scancode {
    /// A key of the first keyboards.
    Plain(u8),
    /// One that came later: its code follows E0 on the wire of a keyboard.
    Extended(u8),
    /// Pause, whose sequence is like no other's.
    Pause,
}

use Scancode::{Extended as E, Pause, Plain as P};

/// The keys that have a name of their own; letters, digits and function keys are computed.
const NAMED: &[(&str, Scancode)] = &[
    ("Escape", P(0x01)),
    ("Minus", P(0x0C)),
    ("Equal", P(0x0D)),
    ("Backspace", P(0x0E)),
    ("Tab", P(0x0F)),
    ("BracketLeft", P(0x1A)),
    ("BracketRight", P(0x1B)),
    ("Enter", P(0x1C)),
    ("ControlLeft", P(0x1D)),
    ("Semicolon", P(0x27)),
    ("Quote", P(0x28)),
    ("Backquote", P(0x29)),
    ("ShiftLeft", P(0x2A)),
    ("Backslash", P(0x2B)),
    ("Comma", P(0x33)),
    ("Period", P(0x34)),
    ("Slash", P(0x35)),
    ("ShiftRight", P(0x36)),
    ("NumpadMultiply", P(0x37)),
    ("AltLeft", P(0x38)),
    ("Space", P(0x39)),
    ("CapsLock", P(0x3A)),
    ("NumLock", P(0x45)),
    ("ScrollLock", P(0x46)),
    ("Numpad7", P(0x47)),
    ("Numpad8", P(0x48)),
    ("Numpad9", P(0x49)),
    ("NumpadSubtract", P(0x4A)),
    ("Numpad4", P(0x4B)),
    ("Numpad5", P(0x4C)),
    ("Numpad6", P(0x4D)),
    ("NumpadAdd", P(0x4E)),
    ("Numpad1", P(0x4F)),
    ("Numpad2", P(0x50)),
    ("Numpad3", P(0x51)),
    ("Numpad0", P(0x52)),
    ("NumpadDecimal", P(0x53)),
    ("IntlBackslash", P(0x56)),
    ("F11", P(0x57)),
    ("F12", P(0x58)),
    ("NumpadEqual", P(0x59)),
    ("F13", P(0x64)),
    ("F14", P(0x65)),
    ("F15", P(0x66)),
    ("F16", P(0x67)),
    ("F17", P(0x68)),
    ("F18", P(0x69)),
    ("F19", P(0x6A)),
    ("F20", P(0x6B)),
    ("F21", P(0x6C)),
    ("F22", P(0x6D)),
    ("F23", P(0x6E)),
    ("KanaMode", P(0x70)),
    ("Lang2", P(0x71)),
    ("Lang1", P(0x72)),
    ("IntlRo", P(0x73)),
    ("F24", P(0x76)),
    ("Lang4", P(0x77)),
    ("Lang3", P(0x78)),
    ("Convert", P(0x79)),
    ("NonConvert", P(0x7B)),
    ("IntlYen", P(0x7D)),
    ("NumpadComma", P(0x7E)),
    ("MediaTrackPrevious", E(0x10)),
    ("MediaTrackNext", E(0x19)),
    ("NumpadEnter", E(0x1C)),
    ("ControlRight", E(0x1D)),
    ("AudioVolumeMute", E(0x20)),
    ("LaunchApp2", E(0x21)),
    ("MediaPlayPause", E(0x22)),
    ("MediaStop", E(0x24)),
    ("AudioVolumeDown", E(0x2E)),
    ("AudioVolumeUp", E(0x30)),
    ("BrowserHome", E(0x32)),
    ("NumpadDivide", E(0x35)),
    ("PrintScreen", E(0x37)),
    ("AltRight", E(0x38)),
    ("Home", E(0x47)),
    ("ArrowUp", E(0x48)),
    ("PageUp", E(0x49)),
    ("ArrowLeft", E(0x4B)),
    ("ArrowRight", E(0x4D)),
    ("End", E(0x4F)),
    ("ArrowDown", E(0x50)),
    ("PageDown", E(0x51)),
    ("Insert", E(0x52)),
    ("Delete", E(0x53)),
    ("MetaLeft", E(0x5B)),
    ("MetaRight", E(0x5C)),
    ("ContextMenu", E(0x5D)),
    ("Power", E(0x5E)),
    ("Sleep", E(0x5F)),
    ("WakeUp", E(0x63)),
    ("BrowserSearch", E(0x65)),
    ("BrowserFavorites", E(0x66)),
    ("BrowserRefresh", E(0x67)),
    ("BrowserStop", E(0x68)),
    ("BrowserForward", E(0x69)),
    ("BrowserBack", E(0x6A)),
    ("LaunchApp1", E(0x6B)),
    ("LaunchMail", E(0x6C)),
    ("MediaSelect", E(0x6D)),
    ("Pause", Pause),
];

/// The letters in the order of their scan codes, each row with the code of its first.
const ROWS: [(u8, &str); 3] = [(0x10, "QWERTYUIOP"), (0x1E, "ASDFGHJKL"), (0x2C, "ZXCVBNM")];

/// The scan code of a key by its name in `KeyboardEvent.code`, such as `KeyA` or `ArrowUp`; none for a key that a
/// PC keyboard has no code for.
#[must_use]
pub fn scancode(code: &str) -> Option<Scancode> {
    if let Some(letter) = code.strip_prefix("Key").and_then(one) {
        return ROWS.iter().find_map(|(first, row)| Some(P(*first + at(row, letter)?)));
    }
    if let Some(digit) = code.strip_prefix("Digit").and_then(one) {
        return at("1234567890", digit).map(|digit| P(0x02 + digit));
    }
    if let Some(number) = code.strip_prefix('F').and_then(one) {
        return at("123456789", number).map(|number| P(0x3B + number));
    }
    if code == "F10" {
        return Some(P(0x44));
    }
    NAMED.iter().find(|(name, _)| *name == code).map(|(_, scancode)| *scancode)
}

/// The one character of a text.
fn one(text: &str) -> Option<char> {
    let mut letters = text.chars();
    letters.next().filter(|_| letters.next().is_none())
}

fn at(row: &str, letter: char) -> Option<u8> {
    row.find(letter).and_then(|place| u8::try_from(place).ok())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{NAMED, Scancode, scancode};

    #[test]
    fn keys_have_the_codes_of_a_pc_keyboard() {
        for (code, expected) in [
            ("KeyA", Scancode::Plain(0x1E)),
            ("KeyL", Scancode::Plain(0x26)),
            ("KeyM", Scancode::Plain(0x32)),
            ("KeyQ", Scancode::Plain(0x10)),
            ("KeyP", Scancode::Plain(0x19)),
            ("KeyZ", Scancode::Plain(0x2C)),
            ("Digit1", Scancode::Plain(0x02)),
            ("Digit0", Scancode::Plain(0x0B)),
            ("F1", Scancode::Plain(0x3B)),
            ("F9", Scancode::Plain(0x43)),
            ("F10", Scancode::Plain(0x44)),
            ("F12", Scancode::Plain(0x58)),
            ("Delete", Scancode::Extended(0x53)),
            ("NumpadEnter", Scancode::Extended(0x1C)),
            ("Pause", Scancode::Pause),
        ] {
            assert_eq!(scancode(code), Some(expected), "{code}");
        }
    }

    #[test]
    fn what_is_no_key_has_no_code() {
        for code in ["", "Key", "KeyÄ", "Key1", "KeyAB", "DigitA", "F", "F0", "F25", "Fn", "Unidentified"] {
            assert_eq!(scancode(code), None, "{code}");
        }
    }

    #[test]
    fn no_two_keys_share_a_code() {
        let mut seen = HashSet::new();
        let letters = ('A'..='Z').map(|letter| format!("Key{letter}"));
        let digits = (0..=9).map(|digit| format!("Digit{digit}"));
        let function = (1..=10).map(|number| format!("F{number}"));
        let named = NAMED.iter().map(|(name, _)| (*name).to_owned());
        for code in letters.chain(digits).chain(function).chain(named) {
            let found = scancode(&code).expect("a code");
            assert!(seen.insert(format!("{found:?}")), "{code}");
        }
    }
}

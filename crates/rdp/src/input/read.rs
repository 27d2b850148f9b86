//! Batches of input as a front end sends them: little-endian events one after the other, each a tag and its fields.
//!
//! | tag | event | fields |
//! |---|---|---|
//! | 1 | the mouse moved | x u16, y u16 |
//! | 2 | a button | which u8 (0 left, 1 middle, 2 right, 3 back, 4 forward, as in `MouseEvent.button`), down u8 |
//! | 3 | the wheel | horizontal u8, units i16 |
//! | 4 | a key | down u8, length u8, its `KeyboardEvent.code` |
//! | 5 | a character | u32 |
//! | 6 | keys that stay | u8: 1 Scroll, 2 Num, 4 Caps, 8 Kana |
//! | 7 | the keyboard was lost | |

use super::{Axis, Button, Input, Locks, Press, scancode};

/// Most bytes of a batch.
pub const MAX_BYTES: usize = 4096;
/// Most events of a batch.
pub const MAX_EVENTS: usize = 512;

/// The bytes are no batch of input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a batch of input")]
pub struct Malformed;

/// Reads a batch. A key without a scan code is left out.
///
/// # Errors
/// [`Malformed`], also for a batch that is too long.
pub fn read(bytes: &[u8]) -> Result<Vec<Input>, Malformed> {
    if bytes.len() > MAX_BYTES {
        return Err(Malformed);
    }
    let mut rest = bytes;
    let mut events = Vec::new();
    while !rest.is_empty() {
        if let Some(event) = event(&mut rest)? {
            events.push(event);
        }
        if events.len() > MAX_EVENTS {
            return Err(Malformed);
        }
    }
    Ok(events)
}

fn event(rest: &mut &[u8]) -> Result<Option<Input>, Malformed> {
    let event = match byte(rest)? {
        1 => Input::Move { x: u16::from_le_bytes(take(rest)?), y: u16::from_le_bytes(take(rest)?) },
        2 => Input::Button(button(byte(rest)?)?, press(byte(rest)?)?),
        3 => {
            let axis = if flag(byte(rest)?)? { Axis::Horizontal } else { Axis::Vertical };
            Input::Wheel(axis, i16::from_le_bytes(take(rest)?))
        }
        4 => {
            let press = press(byte(rest)?)?;
            let length = usize::from(byte(rest)?);
            let (code, after) = rest.split_at_checked(length).ok_or(Malformed)?;
            *rest = after;
            let code = std::str::from_utf8(code).map_err(|_| Malformed)?;
            return Ok(scancode(code).map(|scancode| Input::Key(scancode, press)));
        }
        5 => Input::Character(char::from_u32(u32::from_le_bytes(take(rest)?)).ok_or(Malformed)?),
        6 => {
            let bits = byte(rest)?;
            let on = |bit: u8| bits & bit != 0;
            Input::Locks(Locks { scroll: on(1), num: on(2), caps: on(4), kana: on(8) })
        }
        7 => Input::ReleaseAll,
        _ => return Err(Malformed),
    };
    Ok(Some(event))
}

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], Malformed> {
    let (taken, after) = rest.split_first_chunk().ok_or(Malformed)?;
    *rest = after;
    Ok(*taken)
}

fn byte(rest: &mut &[u8]) -> Result<u8, Malformed> {
    take::<1>(rest).map(|[byte]| byte)
}

fn flag(byte: u8) -> Result<bool, Malformed> {
    match byte {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(Malformed),
    }
}

fn press(byte: u8) -> Result<Press, Malformed> {
    Ok(if flag(byte)? { Press::Down } else { Press::Up })
}

fn button(byte: u8) -> Result<Button, Malformed> {
    [Button::Left, Button::Middle, Button::Right, Button::X1, Button::X2]
        .get(usize::from(byte))
        .copied()
        .ok_or(Malformed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{
        super::{Axis, Button, Input, Locks, Press, Scancode},
        MAX_BYTES, Malformed, read,
    };

    #[test]
    fn a_batch_holds_all_kinds_of_events() {
        let mut bytes = vec![1, 10, 0, 0, 1, 2, 2, 1, 3, 0, 0x88, 0xFF];
        bytes.extend([4, 1, 4]);
        bytes.extend(b"KeyA");
        bytes.extend([4, 1, 2]);
        bytes.extend(b"Fn");
        bytes.extend([5, 0xE4, 0, 0, 0, 6, 6, 7]);
        let events = read(&bytes).expect("a batch");
        assert_eq!(
            events,
            [
                Input::Move { x: 10, y: 256 },
                Input::Button(Button::Right, Press::Down),
                Input::Wheel(Axis::Vertical, -120),
                Input::Key(Scancode::Plain(0x1E), Press::Down),
                Input::Character('ä'),
                Input::Locks(Locks { num: true, caps: true, ..Locks::default() }),
                Input::ReleaseAll,
            ]
        );
    }

    #[test]
    fn what_is_wrong_is_refused() {
        for bytes in [
            &[0][..],
            &[8],
            &[1, 0],
            &[2, 5, 1],
            &[2, 0, 2],
            &[4, 1, 9, b'K'],
            &[5, 0, 0xD8, 0, 0],
            &[4, 1, 1, 0xFF],
        ] {
            assert_eq!(read(bytes), Err(Malformed), "{bytes:?}");
        }
        assert_eq!(read(&vec![7; MAX_BYTES + 1]), Err(Malformed));
        assert_eq!(read(&vec![7; 600]), Err(Malformed));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            let _ = read(&bytes);
        }
    }
}

//! The keys that stay (Caps Lock and its like), remembered for a desktop that comes back: its server has forgotten them,
//! and the tab tells of them only with the next key.

use adit_rdp::input::{Input, Locks, Press, Scancode};

const CAPS_LOCK: u8 = 0x3A;
const NUM_LOCK: u8 = 0x45;
const SCROLL_LOCK: u8 = 0x46;

/// What is known of them after this was done. Pressing one leaves them in doubt until the tab tells of them again.
pub(super) fn after(known: Option<Locks>, done: &[Input]) -> Option<Locks> {
    done.iter().fold(known, |known, one| match one {
        Input::Locks(locks) => Some(*locks),
        Input::Key(Scancode::Plain(CAPS_LOCK | NUM_LOCK | SCROLL_LOCK), Press::Down) => None,
        Input::Key(..)
        | Input::Move { .. }
        | Input::Button(..)
        | Input::Wheel(..)
        | Input::Character(_)
        | Input::ReleaseAll => known,
    })
}

#[cfg(test)]
mod tests {
    use adit_rdp::input::scancode;

    use super::*;

    fn down(code: &str) -> Input {
        Input::Key(scancode(code).unwrap(), Press::Down)
    }

    #[test]
    fn what_was_told_last_is_known_until_a_lock_is_pressed() {
        let caps = Locks { caps: true, ..Locks::default() };
        assert_eq!(after(None, &[down("KeyA")]), None);
        assert_eq!(after(None, &[Input::Locks(caps), down("KeyA"), Input::ReleaseAll]), Some(caps));
        for code in ["CapsLock", "NumLock", "ScrollLock"] {
            assert_eq!(after(Some(caps), &[down(code)]), None, "{code}");
        }
        assert_eq!(
            after(Some(caps), &[down("CapsLock"), Input::Locks(Locks::default())]),
            Some(Locks::default())
        );
    }
}

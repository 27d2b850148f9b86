//! What the front end sends on a desktop's stream: see [`adit_contract::StreamTicket`].

use adit_contract::DesktopSize;
use adit_rdp::{
    Visibility,
    input::{self, Input},
};
use bytes::{Buf as _, Bytes};

use super::way::NotAFrame;

/// One message from the front end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Gesture {
    /// What was done with keyboard and mouse.
    Input(Vec<Input>),
    /// The next picture message is wanted.
    Ask,
    /// So much room there is for the picture.
    Size(DesktopSize),
    /// Whether the tab is seen.
    Seen(Visibility),
    /// The whole picture is wanted anew.
    Redraw,
    /// The tab has got the keyboard.
    Keyboard,
}

impl Gesture {
    pub(crate) fn decode(mut message: Bytes) -> Result<Self, NotAFrame> {
        if message.is_empty() {
            return Err(NotAFrame);
        }
        let kind = message.get_u8();
        match (kind, message.as_ref()) {
            (0, batch) => input::read(batch).map(Self::Input).map_err(|_| NotAFrame),
            (1, []) => Ok(Self::Ask),
            (2, &[a, b, c, d, e, f]) => Ok(Self::Size(DesktopSize {
                width: u16::from_le_bytes([a, b]),
                height: u16::from_le_bytes([c, d]),
                scale: u16::from_le_bytes([e, f]),
            })),
            (3, [0]) => Ok(Self::Seen(Visibility::Hidden)),
            (3, [1]) => Ok(Self::Seen(Visibility::Shown)),
            (4, []) => Ok(Self::Redraw),
            (5, []) => Ok(Self::Keyboard),
            _ => Err(NotAFrame),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_read_and_others_refused() {
        let size = DesktopSize { width: 1280, height: 800, scale: 150 };
        for (message, expected) in [
            (&b"\0\x07"[..], Ok(Gesture::Input(vec![Input::ReleaseAll]))),
            (b"\0", Ok(Gesture::Input(Vec::new()))),
            (b"\x01", Ok(Gesture::Ask)),
            (b"\x02\0\x05\x20\x03\x96\0", Ok(Gesture::Size(size))),
            (b"\x03\0", Ok(Gesture::Seen(Visibility::Hidden))),
            (b"\x03\x01", Ok(Gesture::Seen(Visibility::Shown))),
            (b"\x04", Ok(Gesture::Redraw)),
            (b"\x05", Ok(Gesture::Keyboard)),
            (b"", Err(NotAFrame)),
            (b"\0\x09", Err(NotAFrame)),
            (b"\x01\x01", Err(NotAFrame)),
            (b"\x02\0\x05\x20\x03", Err(NotAFrame)),
            (b"\x03\x02", Err(NotAFrame)),
            (b"\x06", Err(NotAFrame)),
        ] {
            assert_eq!(Gesture::decode(Bytes::copy_from_slice(message)), expected, "{message:?}");
        }
    }
}

//! What the front end sends on a terminal's stream: see [`adit_contract::StreamTicket`].

use bytes::Bytes;

use super::way::NotAFrame;

/// One message from the front end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Frame {
    /// Typed or pasted bytes.
    Input(Bytes),
    /// So many bytes were drawn since the last such message.
    Drawn(u32),
    /// The terminal's size in characters.
    Size {
        /// Columns, at least 1.
        cols: u16,
        /// Rows, at least 1.
        rows: u16,
    },
}

impl Frame {
    pub(crate) fn decode(mut message: Bytes) -> Result<Self, NotAFrame> {
        if message.is_empty() {
            return Err(NotAFrame);
        }
        let kind = message.split_to(1);
        match (kind.as_ref(), message.as_ref()) {
            ([0], _) => Ok(Self::Input(message)),
            ([1], &[a, b, c, d]) => Ok(Self::Drawn(u32::from_be_bytes([a, b, c, d]))),
            ([2], &[a, b, c, d]) => {
                let (cols, rows) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
                Ok(Self::Size { cols: cols.max(1), rows: rows.max(1) })
            }
            _ => Err(NotAFrame),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_read_and_others_refused() {
        for (message, expected) in [
            (&b"\0ls\r"[..], Ok(Frame::Input(Bytes::from_static(b"ls\r")))),
            (b"\0", Ok(Frame::Input(Bytes::new()))),
            (b"\x01\0\x02\0\0", Ok(Frame::Drawn(131_072))),
            (b"\x02\0\x50\0\x18", Ok(Frame::Size { cols: 80, rows: 24 })),
            (b"\x02\0\0\0\0", Ok(Frame::Size { cols: 1, rows: 1 })),
            (b"", Err(NotAFrame)),
            (b"\x01\0\0\0", Err(NotAFrame)),
            (b"\x02\0\x50\0\x18\0", Err(NotAFrame)),
            (b"\x03", Err(NotAFrame)),
        ] {
            assert_eq!(Frame::decode(Bytes::copy_from_slice(message)), expected, "{message:?}");
        }
    }
}

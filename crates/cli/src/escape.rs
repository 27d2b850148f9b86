//! What keys mean to the session itself, before they go to the VM.

use bytes::Bytes;

/// Whether the relay is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Relay {
    Here,
    /// The tunnel is being resumed, or waits for a sign-in.
    Away,
}

/// What is to be done with what was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Typed {
    /// This goes to the VM; may be empty.
    Pass(Bytes),
    /// The session is to end.
    End,
}

/// Recognises `~.` at the beginning of a line, as OpenSSH does (`~~` types one `~`), and Ctrl+C while the relay
/// is away, when the VM could not be told of it.
#[derive(Debug)]
pub(crate) struct Escape {
    at: At,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    LineStart,
    /// After a `~` at the beginning of a line, which is held back.
    Tilde,
    Within,
}

const INTERRUPT: u8 = 0x03;

impl Escape {
    pub(crate) fn new() -> Self {
        Self { at: At::LineStart }
    }

    pub(crate) fn take(&mut self, typed: &[u8], relay: Relay) -> Typed {
        let mut pass = Vec::with_capacity(typed.len().saturating_add(1));
        for &byte in typed {
            if byte == INTERRUPT && relay == Relay::Away {
                return Typed::End;
            }
            match (self.at, byte) {
                (At::LineStart, b'~') => {
                    self.at = At::Tilde;
                    continue;
                }
                (At::Tilde, b'.') => return Typed::End,
                (At::Tilde, b'~') | (At::LineStart | At::Within, _) => {}
                (At::Tilde, _) => pass.push(b'~'),
            }
            pass.push(byte);
            self.at = if matches!(byte, b'\r' | b'\n') { At::LineStart } else { At::Within };
        }
        Typed::Pass(pass.into())
    }
}

#[cfg(test)]
mod tests {
    use super::{Escape, Relay, Typed};

    fn pass(text: &'static str) -> Typed {
        Typed::Pass(text.into())
    }

    /// Types the pieces one after the other.
    fn typed(pieces: &[&str], relay: Relay) -> Vec<Typed> {
        let mut escape = Escape::new();
        pieces.iter().map(|piece| escape.take(piece.as_bytes(), relay)).collect()
    }

    #[test]
    fn a_tilde_and_a_dot_end_it_at_the_beginning_of_a_line() {
        for relay in [Relay::Here, Relay::Away] {
            for pieces in [&["~."][..], &["ls\r~."], &["ls\n~."], &["ls", "\r", "~", "."]] {
                assert_eq!(typed(pieces, relay).last(), Some(&Typed::End), "{pieces:?}");
            }
        }
    }

    #[test]
    fn anywhere_else_they_are_typed() {
        for (text, arrives) in [
            ("cd ~.", "cd ~."),
            ("cd ~/x\r", "cd ~/x\r"),
            ("~/x\r", "~/x\r"),
            ("~~.", "~."),
            ("~\r~x", "~\r~x"),
            ("a~~.", "a~~."),
            ("~a~.", "~a~."),
        ] {
            assert_eq!(typed(&[text], Relay::Here), [pass(arrives)], "{text:?}");
        }
        // Held back until it is known what it begins.
        assert_eq!(typed(&["~", "x"], Relay::Here), [pass(""), pass("~x")]);
    }

    #[test]
    fn ctrl_c_ends_it_only_while_the_relay_is_away() {
        assert_eq!(typed(&["ls\x03"], Relay::Here), [pass("ls\x03")]);
        assert_eq!(typed(&["ls\x03"], Relay::Away), [Typed::End]);
        assert_eq!(typed(&["~\x03"], Relay::Here), [pass("~\x03")]);
    }
}

//! What a server says, made fit to be shown: it may be shown in a terminal, where control characters act.

/// `text` without control characters (line feeds are kept), cut to `limit` characters.
pub(crate) fn printable(text: &str, limit: usize) -> String {
    text.chars().filter(|c| *c == '\n' || !(c.is_control() || is_bidi_control(*c))).take(limit).collect()
}

/// Characters that reorder what follows them, so that a line reads otherwise than it is.
fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_do_not_reach_the_screen() {
        assert_eq!(
            printable("\x1b]0;own\x07ed\r\nEnter\tit: \u{9b}31m\u{202e}x", 100),
            "]0;owned\nEnterit: 31mx"
        );
        assert_eq!(printable("ääää", 3), "äää");
    }
}

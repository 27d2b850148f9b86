//! Serial output: the last of what an instance has written to one of its ports.

/// Kept up to this many bytes, as Compute keeps the last megabyte.
const MOST: usize = 1 << 20;
/// Most bytes in one answer, as with Google.
const MOST_READ: usize = 1 << 20;

/// One port's output. Positions count from the machine's first byte, also after its oldest have been dropped.
#[derive(Debug, Clone, Default)]
pub(crate) struct Serial {
    /// Bytes that are no longer kept.
    dropped: u64,
    kept: String,
}

/// A part of the output and the positions around it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Piece<'a> {
    pub(crate) contents: &'a str,
    pub(crate) start: u64,
    /// Where the next answer goes on.
    pub(crate) next: u64,
}

impl Serial {
    pub(super) fn push(&mut self, text: &str) {
        self.kept.push_str(text);
        if self.kept.len() > MOST {
            let cut = self.kept.ceil_char_boundary(self.kept.len() - MOST);
            self.kept.drain(..cut);
            self.dropped = self.dropped.saturating_add(cut as u64);
        }
    }

    /// What was written from a position on: at most a megabyte, and from the oldest kept byte where the position is
    /// older. A negative one counts from the end; none is the beginning.
    pub(crate) fn read(&self, start: Option<i64>) -> Piece<'_> {
        let length = self.kept.len();
        let start = match start {
            None => 0,
            Some(start) => match u64::try_from(start) {
                Ok(start) => {
                    usize::try_from(start.saturating_sub(self.dropped)).unwrap_or(length).min(length)
                }
                Err(_) => length.saturating_sub(usize::try_from(start.unsigned_abs()).unwrap_or(length)),
            },
        };
        let start = self.kept.floor_char_boundary(start);
        let end = self.kept.floor_char_boundary(start.saturating_add(MOST_READ));
        Piece {
            contents: self.kept.get(start..end).unwrap_or_default(),
            start: self.dropped.saturating_add(start as u64),
            next: self.dropped.saturating_add(end as u64),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_goes_on_where_it_stopped() {
        let mut serial = Serial::default();
        serial.push("one\n");
        let next = serial.read(None).next;
        assert_eq!(next, 4);
        serial.push("zwölf\n");
        let next = i64::try_from(next).unwrap();
        assert_eq!(serial.read(Some(next)), Piece { contents: "zwölf\n", start: 4, next: 11 });
        assert_eq!(serial.read(Some(-7)), Piece { contents: "zwölf\n", start: 4, next: 11 });
        // in the middle of a letter, past the end, before the beginning
        assert_eq!(serial.read(Some(7)).contents, "ölf\n");
        assert_eq!(serial.read(Some(99)), Piece { contents: "", start: 11, next: 11 });
        assert_eq!(serial.read(Some(i64::MIN)).start, 0);
    }

    #[test]
    fn the_oldest_output_is_dropped_and_positions_stay() {
        let mut serial = Serial::default();
        let line = "é".repeat(512);
        for _ in 0..1_500 {
            serial.push(&line);
        }
        serial.push("end");
        let whole = 1_500 * 1_024 + 3;
        let piece = serial.read(Some(0));
        assert_eq!(piece.next, whole);
        assert!(piece.contents.len() <= MOST && piece.contents.len() > MOST - 4);
        assert_eq!(piece.next - piece.start, piece.contents.len() as u64);
        assert_eq!(serial.read(Some(i64::try_from(whole).unwrap() - 3)).contents, "end");
    }
}

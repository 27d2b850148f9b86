//! What a document is, by how it begins.

/// As much of a document says what it is, in bytes.
pub(crate) const HEAD: usize = 4096;

/// What a printer's language may begin with before the document itself: it sets the printer up ([PJL]).
const PJL: &[u8] = b"\x1b%-12345X";
/// The end of a message, which some drivers begin with.
const END_OF_TRANSMISSION: u8 = 0x04;

/// What a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// PostScript, also behind a printer's own set-up.
    PostScript,
    /// PDF.
    Pdf,
}

impl Format {
    /// As MIME has it.
    #[must_use]
    pub fn mime_type(self) -> &'static str {
        match self {
            Self::PostScript => "application/postscript",
            Self::Pdf => "application/pdf",
        }
    }

    /// What begins so; none for what is neither.
    #[must_use]
    pub fn of(document: &[u8]) -> Option<Self> {
        let head = document.get(..HEAD).unwrap_or(document);
        let head = head.strip_prefix(&[END_OF_TRANSMISSION]).unwrap_or(head);
        if head.starts_with(b"%PDF-") {
            return Some(Self::Pdf);
        }
        let behind_pjl = || {
            head.starts_with(PJL)
                && head.split(|byte| matches!(byte, b'\n' | b'\r')).any(|line| line.starts_with(b"%!PS"))
        };
        (head.starts_with(b"%!") || behind_pjl()).then_some(Self::PostScript)
    }
}

#[cfg(test)]
mod tests {
    use super::{Format, HEAD};

    #[test]
    fn a_document_is_known_by_its_beginning() {
        for postscript in [
            &b"%!PS-Adobe-3.0\n"[..],
            b"\x04%!PS-Adobe-3.0\n",
            b"\x1b%-12345X@PJL JOB\r\n@PJL ENTER LANGUAGE=POSTSCRIPT\r\n%!PS-Adobe-3.0\r\n",
        ] {
            assert_eq!(Format::of(postscript), Some(Format::PostScript), "{postscript:?}");
        }
        assert_eq!(Format::of(b"%PDF-1.7\n"), Some(Format::Pdf));
        let mut far = b"\x1b%-12345X@PJL JOB\n".to_vec();
        far.resize(HEAD, b' ');
        far.extend(b"\n%!PS-Adobe-3.0\n");
        for other in [
            &b""[..],
            b"%",
            b"#CUPS-COMMAND\nClean all\n",
            b"\x1bE plain PCL",
            b"\x1b%-12345X@PJL ENTER LANGUAGE=PCL\n",
            b"PK\x03\x04",
            b" %!PS",
            &far,
        ] {
            assert_eq!(Format::of(other), None, "{other:?}");
        }
    }
}

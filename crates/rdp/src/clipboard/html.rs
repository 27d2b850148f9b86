//! Windows' "HTML Format": a header of byte offsets, then the page, in UTF-8.

use super::MAX_TEXT;

const BEGIN: &str = "<html>\r\n<body>\r\n<!--StartFragment-->";
const END: &str = "<!--EndFragment-->\r\n</body>\r\n</html>";
/// Most lines of a header that are read.
const MAX_LINES: usize = 32;

fn header(start: usize, end: usize, start_fragment: usize, end_fragment: usize) -> String {
    format!(
        "Version:0.9\r\nStartHTML:{start:010}\r\nEndHTML:{end:010}\r\n\
         StartFragment:{start_fragment:010}\r\nEndFragment:{end_fragment:010}\r\n"
    )
}

/// A fragment with its header.
pub(super) fn to_wire(html: &str) -> Option<Vec<u8>> {
    if html.len() > MAX_TEXT {
        return None;
    }
    // A page is sent as a fragment of one: what surrounds its body stays here.
    let html = fragment_of(html).unwrap_or(html);
    let start = header(0, 0, 0, 0).len();
    let start_fragment = start + BEGIN.len();
    let end_fragment = start_fragment + html.len();
    let header = header(start, end_fragment + END.len(), start_fragment, end_fragment);
    Some([header.as_str(), BEGIN, html, END, "\0"].concat().into_bytes())
}

/// What stands between the comments that mark a fragment, where there are such.
fn fragment_of(html: &str) -> Option<&str> {
    let (_, rest) = html.split_once("<!--StartFragment-->")?;
    rest.split_once("<!--EndFragment-->").map(|(fragment, _)| fragment)
}

/// The fragment that the header names; without one all that comes after it.
pub(super) fn from_wire(data: &[u8]) -> Option<String> {
    if data.len() > MAX_TEXT {
        return None;
    }
    let data = data.split(|byte| *byte == 0).next().unwrap_or_default();
    let part = between(data, "StartFragment", "EndFragment")
        .or_else(|| between(data, "StartHTML", "EndHTML"))
        .or_else(|| data.iter().position(|byte| *byte == b'<').and_then(|at| data.get(at..)))?;
    Some(String::from_utf8_lossy(part).into_owned())
}

fn between<'a>(data: &'a [u8], start: &str, end: &str) -> Option<&'a [u8]> {
    let offset = |name: &str| {
        let mut lines = data.split(|byte| *byte == b'\n').take(MAX_LINES);
        let line = lines.find_map(|line| line.strip_prefix(name.as_bytes())?.strip_prefix(b":"))?;
        std::str::from_utf8(line).ok()?.trim().parse::<usize>().ok()
    };
    data.get(offset(start)?..offset(end)?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{from_wire, to_wire};

    #[test]
    fn the_offsets_count_bytes() {
        let wire = to_wire("<b>grün</b>").expect("it is short");
        let text = String::from_utf8(wire.clone()).expect("it is UTF-8");
        let offset = |name: &str| -> usize {
            let (_, rest) = text.split_once(&format!("{name}:")).expect("it is there");
            rest.get(..10).expect("ten digits").parse().expect("a number")
        };
        let part = |start, end| wire.get(offset(start)..offset(end)).expect("it is within");
        assert_eq!(part("StartFragment", "EndFragment"), "<b>grün</b>".as_bytes());
        let page = part("StartHTML", "EndHTML");
        assert!(page.starts_with(b"<html>") && page.ends_with(b"</html>"));
    }

    #[test]
    fn what_others_write_is_read() {
        let chrome =
            b"Version:0.9\r\nStartHTML:0000000105\r\nEndHTML:0000000141\r\nStartFragment:0000000105\r\n\
                       EndFragment:0000000999\r\n<i>a</i>";
        // Its offsets reach beyond what was sent: all that looks like HTML is taken.
        assert_eq!(from_wire(chrome).as_deref(), Some("<i>a</i>"));
        assert_eq!(from_wire(b"<p>no header").as_deref(), Some("<p>no header"));
        assert_eq!(from_wire(b"no html"), None);
        assert_eq!(from_wire(b""), None);
    }

    #[test]
    fn of_a_page_its_fragment_goes() {
        let page = "<html><head><title>secret</title></head><body><!--StartFragment--><u>x</u><!--EndFragment--></body>";
        assert_eq!(from_wire(&to_wire(page).expect("short")).as_deref(), Some("<u>x</u>"));
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(html in "[^\0]{0,200}") {
            prop_assume!(!html.contains("Fragment"));
            prop_assert_eq!(from_wire(&to_wire(&html).expect("short")), Some(html));
        }

        #[test]
        fn any_bytes_are_read_without_a_panic(data in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = from_wire(&data);
            let _ = from_wire(&[b"StartFragment:".as_slice(), &data].concat());
        }
    }
}

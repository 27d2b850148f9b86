//! Names that a server gives files, made safe for any system: one that takes no part of a path for a device, a folder
//! above or a stream, and shows nothing as what it is not.

use super::{FileError, MAX_DEPTH, MAX_PATH};

/// Most bytes of one name; the least that file systems take.
const MAX_NAME: usize = 255;
/// How many names like it may be there already.
const MAX_TRIES: u32 = 1000;

/// The parts of a path, safe each.
pub(super) fn parts(folder: Option<&str>, name: &str) -> Result<Vec<String>, FileError> {
    let folder = folder.unwrap_or_default();
    if folder.encode_utf16().count() + name.encode_utf16().count() + 1 > MAX_PATH + 1 {
        return Err(FileError::TooLong);
    }
    let parts: Vec<_> = folder
        .split(['/', '\\'])
        .chain(name.split(['/', '\\']))
        .filter(|part| !part.is_empty() && !part.chars().all(|letter| letter == '.'))
        .map(safe)
        .collect();
    match parts.len() {
        0 => Ok(vec!["_".to_owned()]),
        count if count > MAX_DEPTH => Err(FileError::TooLong),
        _ => Ok(parts),
    }
}

/// A name without what a system takes for something else.
fn safe(name: &str) -> String {
    let mut safe: String =
        name.chars().map(|letter| if is_harmless(letter) { letter } else { '_' }).collect();
    // Windows drops these at the end, so that another name would be meant.
    safe.truncate(safe.trim_end_matches(['.', ' ']).len());
    if safe.is_empty() || is_device(&safe) {
        safe.insert(0, '_');
    }
    shortened(&safe, "")
}

fn is_harmless(letter: char) -> bool {
    let direction =
        matches!(letter, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    // A colon names a stream of a file, or a drive; some letters are taken for separators once they are folded.
    let special = "<>:\"|?*/\\\u{2044}\u{2215}\u{29F8}\u{FF0F}\u{FF3C}\u{FF1A}".contains(letter);
    !letter.is_control() && !direction && !special
}

/// Whether Windows has a device of this name, whatever its ending.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end();
    // Its numbers may be written raised.
    let stem = stem.replace('¹', "1").replace('²', "2").replace('³', "3");
    ["CONIN$", "CONOUT$", "CLOCK$"].iter().any(|device| stem.eq_ignore_ascii_case(device))
        || ironrdp_cliprdr::is_windows_device_name(&stem)
        || stem.eq_ignore_ascii_case("COM0")
        || stem.eq_ignore_ascii_case("LPT0")
}

/// The name with something before its ending, cut so that it fits.
fn shortened(name: &str, before_ending: &str) -> String {
    let (stem, ending) = match name.rfind('.') {
        Some(at) if at > 0 && name.len() - at <= 20 => name.split_at(at),
        _ => (name, ""),
    };
    let room = MAX_NAME.saturating_sub(before_ending.len() + ending.len());
    let mut end = stem.len().min(room);
    while !stem.is_char_boundary(end) {
        end -= 1;
    }
    [stem.get(..end).unwrap_or_default(), before_ending, ending].concat()
}

/// The name itself, then others like it, for one that is there already.
pub(super) fn candidates(name: &str) -> impl Iterator<Item = String> {
    std::iter::once(name.to_owned())
        .chain((2..MAX_TRIES).map(move |number| shortened(name, &format!(" ({number})"))))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{MAX_NAME, candidates, parts};
    use crate::clipboard::FileError;

    #[test]
    fn nothing_leads_out_of_the_folder_or_to_a_device() {
        for (folder, name, expected) in [
            (None, "a.txt", vec!["a.txt"]),
            (Some("x\\y"), "a.txt", vec!["x", "y", "a.txt"]),
            (Some("..\\..\\etc"), "passwd", vec!["etc", "passwd"]),
            (None, "../../a", vec!["a"]),
            (None, "C:\\a", vec!["C_", "a"]),
            (None, "a.txt:stream", vec!["a.txt_stream"]),
            (None, "con.txt", vec!["_con.txt"]),
            (None, "COM1", vec!["_COM1"]),
            (None, "com².log", vec!["_com².log"]),
            (None, "NUL .txt", vec!["_NUL .txt"]),
            (None, "a. . ", vec!["a"]),
            (None, " ", vec!["_"]),
            (None, "...", vec!["_"]),
            (None, "", vec!["_"]),
            (None, "a\u{202E}gpj.exe", vec!["a_gpj.exe"]),
            (None, "a\u{FF0F}b\n", vec!["a_b_"]),
        ] {
            assert_eq!(parts(folder, name).expect("it is short"), expected, "{folder:?} {name:?}");
        }
    }

    #[test]
    fn what_is_too_long_or_too_deep_is_refused() {
        assert_eq!(parts(Some(&"x".repeat(200)), &"y".repeat(100)), Err(FileError::TooLong));
        assert_eq!(parts(Some(&"a\\".repeat(40)), "y"), Err(FileError::TooLong));
    }

    #[test]
    fn another_name_keeps_its_ending() {
        let names: Vec<_> = candidates("a.tar").take(3).collect();
        assert_eq!(names, ["a.tar", "a (2).tar", "a (3).tar"]);
        let names: Vec<_> = candidates(".profile").take(2).collect();
        assert_eq!(names, [".profile", ".profile (2)"]);
    }

    proptest! {
        #[test]
        fn any_name_becomes_a_safe_one(folder in ".{0,60}", name in ".{0,200}") {
            let Ok(parts) = parts(Some(&folder), &name) else { return Ok(()) };
            prop_assert!(!parts.is_empty());
            for part in parts {
                prop_assert!(!part.is_empty() && part.len() <= MAX_NAME);
                prop_assert!(part != "." && part != "..");
                prop_assert!(!part.contains(['/', '\\', ':', '\0']), "{:?}", part);
                prop_assert!(!part.ends_with(['.', ' ']), "{:?}", part);
                for other in candidates(&part).take(3) {
                    prop_assert!(other.len() <= MAX_NAME);
                }
            }
        }
    }
}

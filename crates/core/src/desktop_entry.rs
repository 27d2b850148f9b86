//! Words of a desktop entry, as its specification has them escaped.
//! <https://specifications.freedesktop.org/desktop-entry-spec/latest/exec-variables.html>

/// A text of the file, such as the value of `TryExec`.
pub(crate) fn text(text: &str) -> String {
    text.replace('\\', "\\\\")
}

/// The value of `Exec` that runs a program with these words after it, which are ours or field codes.
pub(crate) fn command(program: &str, rest: &str) -> String {
    // First as a word of a command line, then as a text of the file.
    let mut word = String::new();
    for letter in program.chars() {
        if matches!(letter, '"' | '`' | '$' | '\\') {
            word.push('\\');
        }
        word.push(letter);
        // Alone it would stand for something.
        if letter == '%' {
            word.push('%');
        }
    }
    // GLib looks for the program before it has read the double percent sign, and finds none: it finds this one, which takes
    // what has an equals sign for something else.
    let by = if program.contains('%') && !program.contains('=') { "env " } else { "" };
    format!("{by}\"{}\" {rest}", text(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_one_word_whatever_its_path_has() {
        for (program, wanted) in [
            ("/opt/adit/adit-app", r#""/opt/adit/adit-app" %u"#),
            ("/home/ana/My Apps/Adit.AppImage", r#""/home/ana/My Apps/Adit.AppImage" %u"#),
            ("/a/50%f", r#"env "/a/50%%f" %u"#),
            ("/a=b/50%", r#""/a=b/50%%" %u"#),
            ("/a/\"b\"", r#""/a/\\"b\\"" %u"#),
            ("/a/$b`c`", r#""/a/\\$b\\`c\\`" %u"#),
            (r"/a\b", r#""/a\\\\b" %u"#),
        ] {
            assert_eq!(command(program, "%u"), wanted);
        }
        assert_eq!(text(r"/a\b c"), r"/a\\b c");
    }
}

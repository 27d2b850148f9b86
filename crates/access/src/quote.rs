//! Text from outside inside commands and blocks that people paste.

/// A word of a POSIX shell.
pub(crate) fn shell(text: &str) -> String {
    let plain =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | ':' | '@' | '%' | '=');
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A string of Terraform's language.
pub(crate) fn hcl(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '$' | '%' => quoted.push(c),
            // `${` and `%{` begin a template
            '{' if quoted.ends_with(['$', '%']) => {
                let mark = quoted.pop().unwrap_or_default();
                quoted.extend([mark, mark, '{']);
            }
            _ => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// A text whose links lose their parameters, which may be tokens.
pub(crate) fn without_parameters(text: &str) -> String {
    let cut = |word: &str| match word.split_once("://").and_then(|(_, rest)| rest.find(['?', '#'])) {
        Some(_) => word.split(['?', '#']).next().unwrap_or(word).to_owned(),
        None => word.to_owned(),
    };
    text.split(' ').map(cut).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_pasted_stays_data() {
        assert_eq!(shell("acme-prod"), "acme-prod");
        assert_eq!(shell("a'; rm -r ."), r"'a'\''; rm -r .'");
        assert_eq!(shell(""), "''");
        assert_eq!(hcl("a\"b\\ ${x} %{y} $z"), r#""a\"b\\ $${x} %%{y} $z""#);
        assert_eq!(
            without_parameters("Account restricted: https://accounts.google.com/info?es=T"),
            "Account restricted: https://accounts.google.com/info"
        );
    }
}

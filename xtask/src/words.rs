//! Finds what a person reads outside the places that words have: in the core and in the shell a sentence stands in
//! `words`, as one of the front end stands in a feature's `words.ts` (docs/decisions/0027-words.md).

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// Whose sources are looked at.
const SOURCES: &[&str] = &["crates/core/src/", "src-tauri/src/"];

/// Where words are at home.
const PLACES: &[&str] = &[
    "crates/core/src/words/",
    // Made from evidence that nothing else knows.
    "crates/core/src/explain/words/",
    // A declaration of words itself, and what it names.
    "crates/core/src/settings/table",
    "crates/core/src/settings/keyboard.rs",
    "src-tauri/src/words.rs",
];

/// What nobody reads in the window, and no translation would change.
const NOT_WORDS: &[&str] = &[
    // For whoever helps, who need not know the language of whoever asks.
    "crates/core/src/diagnostics.rs",
    // The guide, and the help of the command line.
    "crates/core/src/settings/guide.rs",
    "crates/core/src/settings/said.rs",
];

/// What others have named: Google's refusal of an account, and a value of Windows' registry.
const WIRE: &[&str] = &["Account restricted", "URL Protocol"];

/// Macros whose text goes to a log, a developer or a compiler.
const UNREAD: &[&str] = &[
    "trace",
    "debug",
    "info",
    "warn",
    "error",
    "assert",
    "assert_eq",
    "assert_ne",
    "debug_assert",
    "panic",
    "unreachable",
    "eprintln",
];

/// Whether a file has to take its words from elsewhere.
pub(crate) fn is_bound(name: &str) -> bool {
    let is_in = |places: &[&str]| places.iter().any(|place| name.starts_with(place));
    is_in(SOURCES) && !is_in(PLACES) && !is_in(NOT_WORDS) && !name.ends_with("tests.rs")
}

/// The sentences of a file, and the failures and facts that are made there with words of its own.
///
/// # Errors
/// What is not Rust.
pub(crate) fn strays(source: &str) -> Result<Vec<String>, proc_macro2::LexError> {
    let mut found = Vec::new();
    walk(source.parse()?, &mut found);
    Ok(found)
}

fn walk(tokens: TokenStream, found: &mut Vec<String>) {
    let all: Vec<TokenTree> = tokens.into_iter().collect();
    let mut rest = all.as_slice();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match first {
            TokenTree::Punct(sign) if sign.as_char() == '#' => {
                let inner = usize::from(is_sign(after.first(), '!'));
                if let Some(attribute) = group(after.get(inner), Delimiter::Bracket) {
                    rest = after.get(inner + 1..).unwrap_or_default();
                    if attribute.stream().to_string().replace(' ', "") == "cfg(test)" {
                        rest = past_item(rest);
                    }
                }
            }
            TokenTree::Ident(name) if is_sign(after.first(), '!') => {
                if UNREAD.iter().any(|unread| name == unread)
                    && matches!(after.get(1), Some(TokenTree::Group(_)))
                {
                    rest = after.get(2..).unwrap_or_default();
                }
            }
            TokenTree::Ident(name) if name == "Failure" => {
                let is_new = is_sign(after.first(), ':')
                    && is_sign(after.get(1), ':')
                    && matches!(after.get(2), Some(TokenTree::Ident(called)) if called == "new");
                if is_new {
                    found.push("Failure::new".to_owned());
                }
            }
            TokenTree::Ident(name) if name == "with_fact" => {
                let label = group(after.first(), Delimiter::Parenthesis);
                let label = label.and_then(|arguments| arguments.stream().into_iter().next());
                found.extend(label.and_then(|label| text(&label)));
            }
            TokenTree::Group(inside) => walk(inside.stream(), found),
            literal @ TokenTree::Literal(_) => {
                found.extend(text(literal).filter(|text| is_sentence(text) && !WIRE.contains(&text.as_str())))
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) => {}
        }
    }
}

/// What comes after an item: it ends with its body or with a semicolon.
fn past_item(tokens: &[TokenTree]) -> &[TokenTree] {
    let is_end =
        |token: &TokenTree| is_sign(Some(token), ';') || group(Some(token), Delimiter::Brace).is_some();
    let end = tokens.iter().position(is_end).map_or(tokens.len(), |end| end + 1);
    tokens.get(end..).unwrap_or_default()
}

fn is_sign(token: Option<&TokenTree>, sign: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == sign)
}

fn group(token: Option<&TokenTree>, delimiter: Delimiter) -> Option<&Group> {
    match token {
        Some(TokenTree::Group(group)) if group.delimiter() == delimiter => Some(group),
        _ => None,
    }
}

/// What stands between the quotes of a literal, as it is written; none for what is no text.
fn text(token: &TokenTree) -> Option<String> {
    let TokenTree::Literal(literal) = token else { return None };
    let written = literal.to_string();
    let quoted = written.trim_start_matches('r').trim_matches('#');
    Some(quoted.strip_prefix('"')?.strip_suffix('"')?.to_owned())
}

/// Whether a text is a title or a sentence: it begins as one does, and has two words at least beside what is filled in.
fn is_sentence(text: &str) -> bool {
    let mut plain = String::new();
    let mut depth = 0_u32;
    for letter in text.chars() {
        match letter {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            letter if depth == 0 => plain.push(letter),
            _ => {}
        }
    }
    let begins = text
        .trim_start_matches(['\\', '"', '“', '‘', '('])
        .starts_with(|c: char| c.is_uppercase() || c == '{');
    let is_word = |word: &str| {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric());
        word.len() > 1 && word.chars().all(|c| c.is_alphabetic() || matches!(c, '’' | '\'' | '-'))
    };
    begins && plain.split_whitespace().filter(|word| is_word(word)).count() > 1
}

#[cfg(test)]
mod tests {
    use super::{is_bound, strays};

    #[test]
    fn a_sentence_is_found_wherever_it_stands() {
        let source = r#"
            fn a() -> String { format!("{name} is stopped") }
            const B: &str = "The list could not be read";
            fn c() { tell("Signing in", &[("Show", 1)]); }
            fn d() -> Failure { Failure::new(FailureCode::File, title, advice).with_fact("Kept", path) }
            #[cfg(test)]
            mod tests { fn none() { say("Not this one"); } }
            fn e() -> String { format!("\"{name}\" was left out") }
        "#;
        let found = strays(source).unwrap();
        let expected = [
            "{name} is stopped",
            "The list could not be read",
            "Signing in",
            "Failure::new",
            "Kept",
            r#"\"{name}\" was left out"#,
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn what_nobody_reads_in_the_window_is_none() {
        let source = r#"
            /// A sentence that is a comment.
            #[error("The lower crate says so")]
            struct A;
            fn a() { tracing::warn!(%error, "What opens links could not be changed"); }
            fn b() { header("Content-Type", "application/json"); }
            fn c() -> String { format!("{project}/{zone}/{name} {}", "no full stop here") }
        "#;
        assert_eq!(strays(source).unwrap(), Vec::<String>::new());
    }

    #[test]
    fn words_have_their_places() {
        assert!(is_bound("crates/core/src/sessions/mod.rs") && is_bound("src-tauri/src/window.rs"));
        for free in
            ["crates/core/src/words/tray.rs", "crates/core/src/tray/tests.rs", "crates/cli/src/main.rs"]
        {
            assert!(!is_bound(free), "{free}");
        }
    }
}

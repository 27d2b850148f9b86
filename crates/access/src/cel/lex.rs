//! From text to tokens.

use super::ast::Literal;
use crate::explanation::Span;

/// A token with its place.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Token<'a> {
    pub(crate) kind: TokenKind<'a>,
    pub(crate) span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum TokenKind<'a> {
    Ident(&'a str),
    Literal(Literal),
    Punct(&'static str),
    /// A whole number that may still be negated.
    Number(&'a str),
    End,
    /// Something that is no token.
    Bad,
}

/// The mark with which a text begins.
fn punctuation(text: &str) -> Option<&'static str> {
    Some(match text.as_bytes() {
        [b'&', b'&', ..] => "&&",
        [b'|', b'|', ..] => "||",
        [b'=', b'=', ..] => "==",
        [b'!', b'=', ..] => "!=",
        [b'<', b'=', ..] => "<=",
        [b'>', b'=', ..] => ">=",
        [b'<', ..] => "<",
        [b'>', ..] => ">",
        [b'!', ..] => "!",
        [b'+', ..] => "+",
        [b'-', ..] => "-",
        [b'*', ..] => "*",
        [b'/', ..] => "/",
        [b'%', ..] => "%",
        [b'?', ..] => "?",
        [b':', ..] => ":",
        [b',', ..] => ",",
        [b'.', ..] => ".",
        [b'(', ..] => "(",
        [b')', ..] => ")",
        [b'[', ..] => "[",
        [b']', ..] => "]",
        _ => return None,
    })
}

/// Takes one token after the other.
#[derive(Debug)]
pub(crate) struct Lexer<'a> {
    source: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    pub(crate) fn new(source: &'a str) -> Self {
        Self { source, at: 0 }
    }

    /// The next token. At the end, and behind something that is no token, it stays what it is.
    pub(crate) fn token(&mut self) -> Token<'a> {
        self.skip_blanks();
        let start = self.at;
        let kind = self.next().unwrap_or(TokenKind::Bad);
        if kind == TokenKind::Bad {
            self.at = start;
        }
        Token { kind, span: Span { start, end: self.at } }
    }

    fn rest(&self) -> &'a str {
        self.source.get(self.at..).unwrap_or_default()
    }

    fn skip_blanks(&mut self) {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start_matches([' ', '\t', '\n', '\r', '\u{c}']);
            self.at += rest.len() - trimmed.len();
            if !trimmed.starts_with("//") {
                return;
            }
            self.at += trimmed.find('\n').unwrap_or(trimmed.len());
        }
    }

    fn take_while(&mut self, test: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|c| !test(c)).unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or_default()
    }

    fn next(&mut self) -> Option<TokenKind<'a>> {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else { return Some(TokenKind::End) };
        if let Some(start) = string_start(rest) {
            return self.string(start);
        }
        if first.is_ascii_digit() || (first == '.' && rest[1..].starts_with(|c: char| c.is_ascii_digit())) {
            return self.number();
        }
        if first.is_ascii_alphabetic() || first == '_' {
            return Some(match self.take_while(|c| c.is_ascii_alphanumeric() || c == '_') {
                "true" => TokenKind::Literal(Literal::Bool(true)),
                "false" => TokenKind::Literal(Literal::Bool(false)),
                "null" => TokenKind::Literal(Literal::Null),
                "in" => TokenKind::Punct("in"),
                name => TokenKind::Ident(name),
            });
        }
        let found = punctuation(rest)?;
        self.at += found.len();
        Some(TokenKind::Punct(found))
    }

    fn number(&mut self) -> Option<TokenKind<'a>> {
        let rest = self.rest();
        if rest.starts_with("0x") || rest.starts_with("0X") {
            let start = self.at;
            self.at += 2;
            let digits = self.take_while(|c| c.is_ascii_hexdigit());
            return self.whole(start, !digits.is_empty());
        }
        let start = self.at;
        self.take_while(|c| c.is_ascii_digit());
        let mut double = false;
        if self.rest().starts_with('.') && self.rest()[1..].starts_with(|c: char| c.is_ascii_digit()) {
            double = true;
            self.at += 1;
            self.take_while(|c| c.is_ascii_digit());
        }
        if self.rest().starts_with(['e', 'E']) {
            double = true;
            self.at += 1;
            if self.rest().starts_with(['+', '-']) {
                self.at += 1;
            }
            self.take_while(|c| c.is_ascii_digit());
        }
        if double {
            return Some(TokenKind::Literal(Literal::Double(self.source.get(start..self.at)?.parse().ok()?)));
        }
        self.whole(start, true)
    }

    /// A whole number that began at `start`, perhaps with a `u` to come.
    fn whole(&mut self, start: usize, valid: bool) -> Option<TokenKind<'a>> {
        let text = self.source.get(start..self.at).filter(|_| valid)?;
        if self.rest().starts_with(['u', 'U']) {
            self.at += 1;
            let value = integer(text).and_then(|value| value.try_into().ok());
            return Some(TokenKind::Literal(Literal::UInt(value)));
        }
        Some(TokenKind::Number(text))
    }

    fn string(&mut self, start: StringStart) -> Option<TokenKind<'a>> {
        self.at += start.prefix + start.quote.len();
        let long = start.quote.len() == 3;
        let mut text = String::new();
        loop {
            let rest = self.rest();
            if rest.starts_with(start.quote) {
                self.at += start.quote.len();
                let literal = if start.bytes { Literal::Bytes } else { Literal::Text(text) };
                return Some(TokenKind::Literal(literal));
            }
            let next = rest.chars().next()?;
            match next {
                '\n' | '\r' if !long => return None,
                '\\' if !start.raw => {
                    let (escaped, length) = escape(&rest[1..])?;
                    text.push(escaped);
                    self.at += 1 + length;
                }
                _ => {
                    text.push(next);
                    self.at += next.len_utf8();
                }
            }
        }
    }
}

/// The value of decimal or hexadecimal digits.
pub(crate) fn integer(text: &str) -> Option<i128> {
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => i128::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

struct StringStart {
    /// Bytes before the quote.
    prefix: usize,
    quote: &'static str,
    raw: bool,
    bytes: bool,
}

fn string_start(rest: &str) -> Option<StringStart> {
    let letters: usize = rest.chars().take(2).take_while(|c| matches!(c, 'r' | 'R' | 'b' | 'B')).count();
    let (prefix, quoted) = rest.split_at_checked(letters)?;
    let quote = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|quote| quoted.starts_with(quote))?;
    let count = |upper: char| prefix.chars().filter(|c| c.to_ascii_uppercase() == upper).count();
    if count('R') > 1 || count('B') > 1 {
        return None;
    }
    Some(StringStart { prefix: letters, quote, raw: count('R') == 1, bytes: count('B') == 1 })
}

/// The character that an escape stands for, and how many bytes it took behind the backslash.
fn escape(rest: &str) -> Option<(char, usize)> {
    let first = rest.chars().next()?;
    let hex = |length: usize| {
        let digits = rest.get(1..=length)?;
        let all_hex = digits.chars().all(|c| c.is_ascii_hexdigit());
        let code = u32::from_str_radix(digits, 16).ok().filter(|_| all_hex)?;
        Some((char::from_u32(code)?, 1 + length))
    };
    let simple = match first {
        '\\' | '"' | '\'' | '`' | '?' => first,
        'a' => '\u{7}',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\u{b}',
        'x' | 'X' => return hex(2),
        'u' => return hex(4),
        'U' => return hex(8),
        '0'..='3' => {
            let digits = rest.get(..3)?;
            let octal = digits.chars().all(|c| c.is_digit(8));
            let code = u32::from_str_radix(digits, 8).ok().filter(|_| octal)?;
            return Some((char::from_u32(code)?, 3));
        }
        _ => return None,
    };
    Some((simple, 1))
}

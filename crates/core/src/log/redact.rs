//! Hides in a text what would tell strangers whose it is. What is secret never gets into a log in the first place, by its
//! type; this is about people, machines and networks, in words of our own and of libraries.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    str::FromStr as _,
};

/// From this length on, a word of letters and digits is taken for a key or a token, whatever let it slip in here.
const LONG: usize = 40;
/// What stands in the place of those.
const TOKEN: &str = "<long>";

/// What is hidden: e-mail addresses, network addresses and long words always, names as they are given.
#[derive(Debug, Clone, Default)]
pub(crate) struct Redactor {
    /// What stands in the place of a name.
    names: HashMap<String, String>,
    /// How many names of a kind there are.
    counts: HashMap<&'static str, usize>,
    /// The person's home folder.
    home: Option<String>,
}

impl Redactor {
    /// One that knows no names.
    pub(crate) fn new() -> Self {
        let home = directories::BaseDirs::new().map(|base| base.home_dir().display().to_string());
        // A home such as `/` would hide every path.
        Self { home: home.filter(|home| home.len() > 1), ..Self::default() }
    }

    /// Hides a name behind its kind and a number, the same each time.
    pub(crate) fn hide(&mut self, kind: &'static str, name: &str) {
        if name.is_empty() || self.names.contains_key(name) {
            return;
        }
        let count = self.counts.entry(kind).or_default();
        *count += 1;
        self.names.insert(name.to_owned(), format!("<{kind}-{count}>"));
    }

    /// The text with all of that hidden.
    pub(crate) fn text(&self, text: &str) -> String {
        let text = match &self.home {
            // As it is, and as `{:?}` writes the one of Windows.
            Some(home) => text.replace(home.as_str(), "~").replace(&home.replace('\\', "\\\\"), "~"),
            None => text.to_owned(),
        };
        let text = without_long_runs(&text);
        let mut hidden = String::with_capacity(text.len());
        let mut rest = text.as_str();
        while let Some(begin) = rest.find(is_inside) {
            let (before, from) = rest.split_at(begin);
            hidden.push_str(before);
            let end = from.find(|c| !is_inside(c)).unwrap_or(from.len());
            let (mut word, after) = from.split_at(end);
            // The letter of an escaped end of a line, as `{:?}` writes it, is no part of the word after it.
            if before.ends_with('\\')
                && !self.names.contains_key(word)
                && let Some(bare) = word.strip_prefix(['n', 'r', 't'])
            {
                hidden.push_str(word.get(..1).unwrap_or_default());
                word = bare;
            }
            // What ends a clause is no part of the word.
            let bare = word.trim_end_matches(['.', ':']);
            self.word(bare, &mut hidden);
            hidden.push_str(word.get(bare.len()..).unwrap_or_default());
            rest = after;
        }
        hidden.push_str(rest);
        hidden
    }

    fn word(&self, word: &str, hidden: &mut String) {
        if let Some(name) = self.names.get(word) {
            hidden.push_str(name);
        } else if is_mail(word) {
            hidden.push_str("<e-mail>");
        } else if let Some((address, port)) = address(word) {
            if is_own(address) {
                hidden.push_str(word);
            } else {
                hidden.push_str("<address>");
                hidden.push_str(port);
            }
        } else if is_token(word) {
            hidden.push_str(TOKEN);
        } else if let Some((before, token)) = token_after_colon(word) {
            self.parts(before, hidden);
            hidden.push_str(token);
        } else {
            self.glued(word, hidden);
        }
    }

    /// Addresses may be parts: `tcp:10.0.0.5`, `10.0.0.5:22-`, `peer:2001:db8::7`.
    fn glued(&self, word: &str, hidden: &mut String) {
        let Some((before, address, after)) = address_in(word) else {
            return self.parts(word, hidden);
        };
        self.parts(before, hidden);
        hidden.push_str(address);
        self.glued(after, hidden);
    }

    /// Names may be parts: `web-1:22`, `web-1.europe-west1-b.c.acme-prod.internal`.
    fn parts(&self, word: &str, hidden: &mut String) {
        for piece in word.split_inclusive(['.', ':', '@']) {
            let bare = piece.trim_end_matches(['.', ':', '@']);
            hidden.push_str(self.names.get(bare).map_or(bare, String::as_str));
            hidden.push_str(piece.get(bare.len()..).unwrap_or_default());
        }
    }
}

/// Whether a character is a part of a name, an address or a token.
fn is_inside(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ':' | '@' | '+')
}

fn is_mail(word: &str) -> bool {
    word.split_once('@')
        .is_some_and(|(user, domain)| !user.is_empty() && domain.contains('.') && !domain.contains('@'))
}

/// One that names no other computer.
fn is_own(address: IpAddr) -> bool {
    address.is_loopback() || address.is_unspecified()
}

/// A network address, and what stands after it: nothing, or `:PORT`.
fn address(word: &str) -> Option<(IpAddr, &str)> {
    if let Ok(address) = IpAddr::from_str(word) {
        return Some((address, ""));
    }
    let at = word.rfind(':')?;
    let (address, port) = word.split_at(at);
    let is_port = port.len() > 1 && port.bytes().skip(1).all(|byte| byte.is_ascii_digit());
    // Version 6 with a port has brackets, which are no part of a word.
    let address = Ipv4Addr::from_str(address).ok().filter(|_| is_port)?;
    Some((address.into(), port))
}

/// The first address in a word: what stands before it, what is shown in its place, what stands after it.
fn address_in(word: &str) -> Option<(&str, &str, &str)> {
    let v4 = |c: char| c.is_ascii_digit() || c == '.';
    let v6 = |c: char| c.is_ascii_hexdigit() || c == ':';
    let first = runs(word, v4).find_map(|(begin, run)| {
        let bare = run.trim_matches('.');
        let address = Ipv4Addr::from_str(bare).ok()?;
        Some((begin.saturating_add(run.find(bare)?), bare, IpAddr::from(address)))
    });
    let (begin, found, address) = first.or_else(|| {
        runs(word, v6).find_map(|(begin, run)| {
            let end = begin.saturating_add(run.len());
            // Within a word of letters it is a path of ours, such as `core::log`.
            let joins = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
            if joins(word.get(end..)?.chars().next()) {
                return None;
            }
            // What comes before the first `:` may be a word of its own.
            let starts = std::iter::once(0).chain(run.match_indices(':').map(|(at, _)| at.saturating_add(1)));
            starts.take(2).find_map(|at| {
                let from = begin.saturating_add(at);
                let bare = run.get(at..)?;
                let address = Ipv6Addr::from_str(bare).ok()?;
                (!joins(word.get(..from)?.chars().next_back())).then_some((from, bare, IpAddr::from(address)))
            })
        })
    })?;
    let after = word.get(begin.saturating_add(found.len())..)?;
    let shown = if is_own(address) { found } else { "<address>" };
    Some((word.get(..begin)?, shown, after))
}

/// The longest pieces of a text that have only such characters, each with where it begins.
fn runs(text: &str, of: impl Fn(char) -> bool + Copy) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0_usize;
    std::iter::from_fn(move || {
        let rest = text.get(at..)?;
        let begin = at.saturating_add(rest.find(of)?);
        let from = text.get(begin..)?;
        let run = from.get(..from.find(|c| !of(c)).unwrap_or(from.len()))?;
        at = begin.saturating_add(run.len());
        Some((begin, run))
    })
}

fn is_token(word: &str) -> bool {
    let known = ["ya29.", "eyJ", "GOCSPX-"].iter().any(|begin| word.starts_with(begin));
    let has = |is: fn(&u8) -> bool| word.as_bytes().iter().any(is);
    let is_mixed = has(u8::is_ascii_digit) && has(u8::is_ascii_uppercase);
    known || (word.len() >= LONG && (is_mixed || word.bytes().all(|byte| byte.is_ascii_hexdigit())))
}

/// A token after a word of its own, as in `token:ya29.x`, and what stands in its place.
fn token_after_colon(word: &str) -> Option<(&str, &'static str)> {
    word.match_indices(':').find_map(|(at, _)| {
        let (before, token) = word.split_at(at.saturating_add(1));
        is_token(token).then_some((before, TOKEN))
    })
}

/// Hides what the characters of a word would cut: base64 with `/`, `+` and `=`, and the refresh tokens that begin with
/// `1//`.
fn without_long_runs(text: &str) -> String {
    let is_base64 = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '+');
    let mut hidden = String::with_capacity(text.len());
    let mut done = 0;
    for (begin, run) in runs(text, is_base64) {
        // An earlier one may have gone further.
        let Some(before) = text.get(done..begin) else { continue };
        let mut end = begin.saturating_add(run.len());
        if run.starts_with("1//") {
            // These are written with `-` and `_`.
            let tail = text.get(end..).unwrap_or_default();
            let is_part = |c: char| is_base64(c) || matches!(c, '-' | '_');
            end = end.saturating_add(tail.find(|c| !is_part(c)).unwrap_or(tail.len()));
        } else if !is_random(run) {
            continue;
        }
        let tail = text.get(end..).unwrap_or_default();
        end = end.saturating_add(tail.len().saturating_sub(tail.trim_start_matches('=').len()));
        hidden.push_str(before);
        hidden.push_str(TOKEN);
        done = end;
    }
    hidden.push_str(text.get(done..).unwrap_or_default());
    hidden
}

/// Whether it is long and as mixed as random bytes in base64, of which every third character is a large letter: a path
/// has fewer.
fn is_random(run: &str) -> bool {
    let count = |is: fn(&u8) -> bool| run.as_bytes().iter().filter(|byte| is(byte)).count();
    let enough = run.len() / 8;
    run.len() >= LONG
        && count(u8::is_ascii_uppercase) >= enough
        && count(u8::is_ascii_lowercase) >= enough
        && count(u8::is_ascii_digit) > 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_and_networks_are_hidden_and_the_rest_stays() {
        let redactor = Redactor { home: Some("/home/ana".to_owned()), ..Redactor::default() };
        for (text, wanted) in [
            ("ana@acme.example signed in.", "<e-mail> signed in."),
            ("dialled 198.51.100.7:443, then [2001:db8::7]:22", "dialled <address>:443, then [<address>]:22"),
            ("listens on 127.0.0.1:5901 and ::1", "listens on 127.0.0.1:5901 and ::1"),
            ("peer=10.0.0.5", "peer=<address>"),
            (
                "2026-11-29T13:45:25.123456Z  INFO adit_core::log: x",
                "2026-11-29T13:45:25.123456Z  INFO adit_core::log: x",
            ),
            ("version 1.2.3.4000 of it", "version 1.2.3.4000 of it"),
            ("in /home/ana/.config/adit: no", "in ~/.config/adit: no"),
            ("token ya29.a0AfH6SMB-x", "token <long>"),
            ("eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.x", "<long>"),
            ("id 6f1a2b3c-0000-4000-8000-123456789abc", "id 6f1a2b3c-0000-4000-8000-123456789abc"),
            ("key AAAAB3NzaC1yc2EAAAADAQABAAABgQC7lbCq0V8T1vY2", "key <long>"),
            ("refresh 1//0gAbC-d_e/F, then", "refresh <long>, then"),
            ("token:ya29.a0AfH6SMB-x", "token:<long>"),
            ("tcp:10.0.0.5, peer:10.0.0.5:22", "tcp:<address>, peer:<address>:22"),
            ("10.0.0.5:22->10.0.0.6:50000", "<address>:22-><address>:50000"),
            ("127.0.0.1:22->10.0.0.6-x", "127.0.0.1:22-><address>-x"),
            (r#""refused\n10.0.0.5\tana@acme.example""#, r#""refused\n<address>\t<e-mail>""#),
            ("tcp:2001:db8::7 and peer:::1", "tcp:<address> and peer:::1"),
            ("face::log and core::e::x, adit_core::e:", "face::log and core::e::x, adit_core::e:"),
            ("k=Zm9v/YmFy+QmF6UXV4MDEyMzQ1Njc4OUFCQ0RFRg== end", "k=<long> end"),
            ("sum 0123456789abcdef0123456789abcdef0123456789abcdef", "sum <long>"),
            (
                "in /usr/lib/x86/linux/gnu/webkit2gtk/MiniBrowser",
                "in /usr/lib/x86/linux/gnu/webkit2gtk/MiniBrowser",
            ),
            ("", ""),
            ("…wörter…", "…wörter…"),
        ] {
            assert_eq!(redactor.text(text), wanted);
        }
    }

    #[test]
    fn a_name_has_the_same_word_each_time_also_as_a_part() {
        let mut redactor = Redactor::default();
        redactor.hide("vm", "web-1");
        redactor.hide("vm", "web-10");
        redactor.hide("project", "acme-prod");
        redactor.hide("vm", "web-1");
        redactor.hide("vm", "");
        assert_eq!(
            redactor.text("web-1 and web-10: acme-prod/europe-west1-b/web-1, web-1:22; web-100"),
            "<vm-1> and <vm-2>: <project-1>/europe-west1-b/<vm-1>, <vm-1>:22; web-100"
        );
        assert_eq!(
            redactor.text("ana@web-1 web-1.europe-west1-b.c.acme-prod.internal"),
            "ana@<vm-1> <vm-1>.europe-west1-b.c.<project-1>.internal"
        );
    }

    #[test]
    fn a_name_after_an_escape_is_one_and_so_is_one_that_begins_like_it() {
        let mut redactor = Redactor::default();
        redactor.hide("vm", "web-1");
        redactor.hide("vm", "nweb");
        assert_eq!(redactor.text(r"a\nweb-1 b\nweb"), r"a\n<vm-1> b\<vm-2>");
    }

    #[test]
    fn the_home_of_windows_is_hidden_as_it_is_and_as_it_is_printed() {
        let redactor = Redactor { home: Some(r"C:\Users\ana".to_owned()), ..Redactor::default() };
        assert_eq!(redactor.text(r"in C:\Users\ana\x"), r"in ~\x");
        assert_eq!(redactor.text(r#"in "C:\\Users\\ana\\x""#), r#"in "~\\x""#);
    }
}

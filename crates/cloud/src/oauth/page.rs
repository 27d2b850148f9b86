//! The sign-in page: plain HTML, no script, nothing from elsewhere.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use url::Host;

use super::authorize::{Asked, Wrong};
use crate::state::State;

const STYLE: &str = include_str!("page.css");

/// Text made safe for HTML, in element content and in quoted attributes.
fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

/// Text as part of an element's id.
fn slug(text: &str) -> String {
    let text: String =
        text.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    text.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
}

/// One or two letters for the round mark beside a name.
fn initials(name: &str) -> String {
    let mut words = name.split_whitespace().filter_map(|word| word.chars().next());
    let first = words.next();
    let last = words.next_back();
    first.into_iter().chain(last).flat_map(char::to_uppercase).collect()
}

fn page(status: StatusCode, title: &str, main: &str, form_action: &str) -> Response {
    let html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{}</title>\n<style>{STYLE}</style>\n</head>\n\
         <body>\n<main>\n{main}\n</main>\n</body>\n</html>\n",
        escape(title)
    );
    let mut response = (status, html).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    let policy = format!(
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'{form_action}"
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// Where the form may lead: here, and by redirect to the client. An IPv6 address cannot be written in a policy.
fn form_action(asked: &Asked) -> String {
    match asked.redirect.host() {
        Some(Host::Ipv6(_)) | None => String::new(),
        Some(Host::Domain(_) | Host::Ipv4(_)) => {
            format!("; form-action 'self' {}", asked.redirect.origin().ascii_serialization())
        }
    }
}

/// The page with every user at every place.
pub(super) fn choices(state: &State, asked: &Asked) -> Response {
    let landscape = state.landscape();
    let mut form = String::new();
    for (name, value) in &asked.parameters {
        form.push_str(&format!(
            "<input type=\"hidden\" name=\"{}\" value=\"{}\">\n",
            escape(name),
            escape(value)
        ));
    }
    for user in &landscape.users {
        let hinted = asked.hint.as_ref().is_some_and(|hint| hint.eq_ignore_ascii_case(&user.email));
        let mark = if hinted { " hinted" } else { "" };
        form.push_str(&format!(
            "<section class=\"user{mark}\" id=\"user-{id}\" data-email=\"{email}\">\n\
             <header><span class=\"mark\" aria-hidden=\"true\">{initials}</span>\
             <span><strong>{name}</strong><small>{email}</small></span></header>\n",
            id = slug(&user.email),
            email = escape(&user.email),
            initials = escape(&initials(&user.name)),
            name = escape(&user.name),
        ));
        for (at, place) in user.places.iter().enumerate() {
            // the person who was asked for goes on by the Enter key
            let focus = if hinted && at == 0 { " autofocus" } else { "" };
            form.push_str(&format!(
                "<button type=\"submit\" id=\"pick-{id}-{slug}\" name=\"user\" value=\"{email}#{place_name}\"{focus}>\
                 <span>{name} <span class=\"at\">at</span> {place_name}</span> <small>{ip}</small></button>\n",
                id = slug(&user.email),
                slug = slug(&place.name),
                email = escape(&user.email),
                name = escape(&user.name),
                place_name = escape(&place.name),
                ip = place.ip,
            ));
        }
        form.push_str("</section>\n");
    }
    let main = format!(
        "<h1 id=\"title\">Choose who to be</h1>\n\
         <p>This is the local cloud of <strong>{domain}</strong>. No password: everyone here is made up.</p>\n\
         <form method=\"post\" id=\"choices\" autocomplete=\"off\">\n{form}\
         <p><label><input type=\"checkbox\" id=\"decline\" name=\"decline\" value=\"/auth/cloud-platform\"> \
         Leave out access to Google Cloud</label></p>\n\
         <button type=\"submit\" id=\"cancel\" class=\"quiet\" name=\"cancel\" value=\"1\">Cancel</button>\n</form>",
        domain = escape(&landscape.organization.domain),
    );
    page(StatusCode::OK, "Sign in to the local cloud", &main, &form_action(asked))
}

/// An error that stays on this page, since a redirect would go who knows where.
pub(super) fn refusal(wrong: &Wrong) -> Response {
    let main = format!(
        "<h1 id=\"title\">This sign-in cannot go on</h1>\n<p id=\"text\">{}</p>\n\
         <p><code id=\"error\">Error 400: {}</code></p>\n<p>Go back to the application and sign in again from there.</p>",
        escape(&wrong.text),
        escape(wrong.code),
    );
    page(StatusCode::BAD_REQUEST, "Sign-in error", &main, "; form-action 'none'")
}

#[cfg(test)]
mod tests {
    use super::{escape, initials, slug};

    #[test]
    fn nothing_gets_out_of_an_attribute() {
        assert_eq!(escape("\"><script>'&"), "&quot;&gt;&lt;script&gt;&#39;&amp;");
    }

    #[test]
    fn names_become_marks_and_ids() {
        assert_eq!(initials("Ana Silva Costa"), "AC");
        assert_eq!(initials("ben"), "B");
        assert_eq!(slug("ana@acme.example"), "ana-acme-example");
        assert_eq!(slug("  Café, the 2nd "), "caf-the-2nd");
    }
}

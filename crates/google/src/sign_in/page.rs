//! What the browser shows at the end.

/// The answer to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Page {
    SignedIn,
    Failed,
    BadRequest,
    NotFound,
    MethodNotAllowed,
    TooLarge,
}

impl Page {
    fn status(self) -> &'static str {
        match self {
            Self::SignedIn | Self::Failed => "200 OK",
            Self::BadRequest => "400 Bad Request",
            Self::NotFound => "404 Not Found",
            Self::MethodNotAllowed => "405 Method Not Allowed\r\nAllow: GET",
            Self::TooLarge => "431 Request Header Fields Too Large",
        }
    }

    fn body(self) -> String {
        match self {
            Self::SignedIn => document(
                "You are signed in",
                "done",
                "<path d=\"M14 25l7 7 14-15\"/>",
                "You are signed in.",
                "You can close this tab.",
            ),
            Self::Failed => document(
                "Sign-in did not complete",
                "failed",
                "<path d=\"M24 13v14M24 34v.5\"/>",
                "Sign-in did not complete.",
                "Go back to Adit: it says what happened. You can close this tab.",
            ),
            Self::BadRequest => document(
                "Not this sign-in",
                "failed",
                "<path d=\"M24 13v14M24 34v.5\"/>",
                "This link does not belong to a sign-in that is under way.",
                "Begin again in Adit.",
            ),
            Self::NotFound | Self::MethodNotAllowed | Self::TooLarge => String::new(),
        }
    }
}

/// The one style sheet; the policy below names its hash, so that nothing else can apply.
const STYLE: &str = "\
:root{color-scheme:light dark;--page:#f6f5f3;--card:#fff;--text:#1d1c1a;--quiet:#5f5c57;--line:#e2dfda;--done:#1a7f4b;--failed:#b3402e}\
@media(prefers-color-scheme:dark){:root{--page:#161513;--card:#201f1c;--text:#f1efec;--quiet:#a9a59e;--line:#34322e;--done:#5fce94;--failed:#ef8a75}}\
*{box-sizing:border-box}\
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:24px;background:var(--page);color:var(--text);font:16px/1.5 system-ui,-apple-system,\"Segoe UI\",Roboto,sans-serif}\
main{max-width:26rem;width:100%;padding:40px 32px;border:1px solid var(--line);border-radius:14px;background:var(--card);text-align:center}\
svg{width:48px;height:48px;fill:none;stroke:currentColor;stroke-width:3;stroke-linecap:round;stroke-linejoin:round}\
.done{color:var(--done)}.failed{color:var(--failed)}\
h1{margin:16px 0 4px;font-size:1.25rem;font-weight:600;line-height:1.35}\
p{margin:0;color:var(--quiet)}\
footer{margin-top:28px;font-size:.8125rem;letter-spacing:.02em;color:var(--quiet)}";

const STYLE_HASH: &str = "s633F5P0sL8SN+UoiObwhCypSLY15pZOb/l8VcpNNKQ=";

fn document(title: &str, tone: &str, mark: &str, heading: &str, text: &str) -> String {
    // The empty icon keeps the browser from asking for /favicon.ico on a listener that is gone by then.
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <title>{title} – Adit</title><link rel=\"icon\" href=\"data:,\"><style>{STYLE}</style></head>\
         <body><main><svg class=\"{tone}\" viewBox=\"0 0 48 48\" aria-hidden=\"true\">\
         <circle cx=\"24\" cy=\"24\" r=\"21\"/>{mark}</svg>\
         <h1>{heading}</h1><p>{text}</p><footer>Adit</footer></main></body></html>"
    )
}

/// The whole HTTP response.
pub(super) fn response(page: Page) -> String {
    let body = page.body();
    format!(
        "HTTP/1.1 {}\r\n\
         Content-Type: text/html; charset=utf-8\r\n\
         Content-Length: {}\r\n\
         Connection: close\r\n\
         Cache-Control: no-store\r\n\
         Referrer-Policy: no-referrer\r\n\
         Content-Security-Policy: default-src 'none'; style-src 'sha256-{STYLE_HASH}'; img-src data:; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n\
         Cross-Origin-Opener-Policy: same-origin\r\n\
         X-Content-Type-Options: nosniff\r\n\
         X-Frame-Options: DENY\r\n\r\n{body}",
        page.status(),
        body.len(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::{Engine as _, engine::general_purpose::STANDARD};

    #[test]
    fn the_policy_names_the_style() {
        let hash = STANDARD.encode(<sha2::Sha256 as sha2::Digest>::digest(STYLE));
        assert_eq!(STYLE_HASH, hash);
    }

    #[test]
    fn pages_are_static_and_closed() {
        for page in [
            Page::SignedIn,
            Page::Failed,
            Page::BadRequest,
            Page::NotFound,
            Page::MethodNotAllowed,
            Page::TooLarge,
        ] {
            let response = response(page);
            let (head, body) = response.split_once("\r\n\r\n").unwrap();
            assert!(head.contains(&format!("Content-Length: {}\r\n", body.len())));
            assert!(head.contains("Referrer-Policy: no-referrer"));
            assert!(head.contains("default-src 'none'"));
            assert!(!body.contains("<script"));
        }
    }
}

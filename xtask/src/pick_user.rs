//! Stands in for the person at the browser: opens the local cloud's sign-in page and picks its first user.
//! It speaks to loopback only; the app's own sign-in goes the whole way.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use anyhow::{Context as _, Result, bail};

/// Follows `url` to the end.
pub(crate) fn run(url: &str) -> Result<()> {
    let page = get(url)?;
    let form = Form::first(&page.body).context("the sign-in page holds no form")?;
    let action = absolute(url, &form.action)?;
    let answer = request("POST", &action, Some(&form.body()))?;
    let back = answer.location.context("the sign-in page did not send us back")?;
    get(&back)?;
    Ok(())
}

struct Answer {
    location: Option<String>,
    body: String,
}

fn get(url: &str) -> Result<Answer> {
    request("GET", url, None)
}

fn request(method: &str, url: &str, body: Option<&str>) -> Result<Answer> {
    let rest = url.strip_prefix("http://").context("only http on loopback is followed")?;
    let (host, path) = rest.split_once('/').map_or((rest, ""), |(host, path)| (host, path));
    let address: SocketAddr =
        host.replace("localhost", "127.0.0.1").parse().context("not a loopback address")?;
    if !address.ip().is_loopback() {
        bail!("only loopback addresses are followed");
    }
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(5))?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let body = body.unwrap_or_default();
    write!(
        stream,
        "{method} /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut text = Vec::new();
    stream.take(1024 * 1024).read_to_end(&mut text)?;
    let text = String::from_utf8_lossy(&text).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").context("an answer without an end of its headers")?;
    let status = head.split_whitespace().nth(1).and_then(|status| status.parse::<u16>().ok()).unwrap_or(0);
    if !(200..400).contains(&status) {
        bail!("the sign-in page answered {status}");
    }
    let location = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("location").then(|| value.trim().to_owned())
    });
    Ok(Answer { location, body: body.to_owned() })
}

fn absolute(page: &str, action: &str) -> Result<String> {
    if action.starts_with("http://") {
        return Ok(action.to_owned());
    }
    if action.is_empty() {
        return Ok(page.to_owned());
    }
    let origin_end = page.get(7..).and_then(|rest| rest.find('/')).map_or(page.len(), |at| at + 7);
    let origin = page.get(..origin_end).context("not an address")?;
    Ok(format!("{origin}{action}"))
}

/// The first form of the page, with its hidden fields and its first button.
struct Form {
    action: String,
    fields: Vec<(String, String)>,
}

impl Form {
    fn first(page: &str) -> Option<Self> {
        let form = page.get(page.find("<form")?..)?;
        let form = form.get(..form.find("</form>").unwrap_or(form.len()))?;
        let action = attribute(form, "action").unwrap_or_default();
        let mut fields = Vec::new();
        for tag in form.split('<').filter(|tag| tag.starts_with("input")) {
            // A box that is not ticked is not sent.
            let left_out = attribute(tag, "type").as_deref() == Some("checkbox") && !tag.contains(" checked");
            if let Some(name) = attribute(tag, "name").filter(|_| !left_out) {
                fields.push((name, attribute(tag, "value").unwrap_or_default()));
            }
        }
        let button = form.split('<').find(|tag| tag.starts_with("button"))?;
        if let Some(name) = attribute(button, "name") {
            fields.push((name, attribute(button, "value").unwrap_or_default()));
        }
        Some(Self { action, fields })
    }

    fn body(&self) -> String {
        let pairs: Vec<String> =
            self.fields.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
        pairs.join("&")
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let tag = tag.get(..tag.find('>').unwrap_or(tag.len()))?;
    let start = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    let rest = tag.get(start..)?;
    let value = rest.get(..rest.find('"')?)?;
    Some(
        value
            .replace("&amp;", "&")
            .replace("&quot;", "\"")
            .replace("&#x27;", "'")
            .replace("&#39;", "'")
            .replace("&lt;", "<")
            .replace("&gt;", ">"),
    )
}

fn encode(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{Form, absolute, encode};

    #[test]
    fn reads_the_first_form_and_its_first_button() {
        let page = r#"<form method="post" action="/pick?x=1&amp;y=2"><input type="hidden" name="state" value="a b&amp;c">
            <input type="checkbox" name="less" value="1"><button name="user" value="0:1">Ana</button><button name="user" value="1:0">Ben</button></form>"#;
        let form = Form::first(page).expect("a form");
        assert_eq!(form.action, "/pick?x=1&y=2");
        assert_eq!(form.body(), "state=a%20b%26c&user=0%3A1");
    }

    #[test]
    fn resolves_an_action_against_the_page() {
        assert_eq!(absolute("http://127.0.0.1:9/a/b?c", "/d").expect("resolves"), "http://127.0.0.1:9/d");
        assert_eq!(encode("é"), "%C3%A9");
    }
}

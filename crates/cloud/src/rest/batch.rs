//! Batches: several Compute calls in one `multipart/mixed` request, as gcloud sends its lists.

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use percent_encoding::percent_decode_str;

use super::{Failure, api};
use crate::http::{Call, Service, Services, pairs};

/// Calls in one batch; Compute takes 1000.
const MOST_PARTS: usize = 1_000;
const BOUNDARY: &str = "batch_local_cloud_answer";

/// One call of a batch with the id that its answer has to name.
struct Part {
    content_id: Option<String>,
    call: Call,
}

pub(super) async fn answer(services: &Services, call: &Call) -> Response {
    let Some(parts) = parts(call) else {
        return Failure::new(400, "badRequest", "Failed to parse batch request.").into_response();
    };
    let mut body = String::new();
    for part in parts {
        let path: Vec<&str> = part.call.path.iter().map(String::as_str).collect();
        let response = match api(services, &part.call, &path).await {
            Ok(value) => (StatusCode::OK, value.to_string()),
            Err(failure) => failure.parts(),
        };
        let (status, json) = response;
        body.push_str(&format!("--{BOUNDARY}\r\nContent-Type: application/http\r\n"));
        if let Some(id) = part.content_id {
            body.push_str(&format!("Content-ID: {}\r\n", answer_id(&id)));
        }
        body.push_str(&format!(
            "\r\nHTTP/1.1 {} {}\r\nContent-Type: application/json; charset=UTF-8\r\nContent-Length: {}\r\n\r\n{json}\r\n",
            status.as_u16(),
            status.canonical_reason().unwrap_or("Unknown"),
            json.len(),
        ));
    }
    body.push_str(&format!("--{BOUNDARY}--\r\n"));
    let kind = format!("multipart/mixed; boundary={BOUNDARY}");
    ([(header::CONTENT_TYPE, kind)], body).into_response()
}

/// `<x+1>` is answered by `<response-x+1>`.
fn answer_id(id: &str) -> String {
    id.strip_prefix('<').map_or_else(|| format!("response-{id}"), |rest| format!("<response-{rest}"))
}

fn parts(call: &Call) -> Option<Vec<Part>> {
    let kind = call.headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let boundary = kind
        .strip_prefix("multipart/mixed")?
        .split(';')
        .find_map(|parameter| parameter.trim().strip_prefix("boundary="))
        .map(|value| value.trim_matches('"'))
        .filter(|value| !value.is_empty())?;
    let text = std::str::from_utf8(&call.body).ok()?.replace("\r\n", "\n");
    let text = format!("\n{text}");
    let delimiter = format!("\n--{boundary}");
    let mut sections = text.split(delimiter.as_str()).skip(1);
    let mut parts = Vec::new();
    for section in sections.by_ref() {
        if section.starts_with("--") {
            return Some(parts);
        }
        if parts.len() >= MOST_PARTS {
            return None;
        }
        parts.push(part(section.strip_prefix('\n')?, call)?);
    }
    // no closing delimiter
    None
}

fn part(section: &str, outer: &Call) -> Option<Part> {
    let (head, http) = section.split_once("\n\n")?;
    let content_id = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-id").then(|| value.trim().to_owned())
    });
    // an id is sent back in a header
    let content_id =
        content_id.filter(|id| id.len() <= 256 && id.bytes().all(|byte| byte.is_ascii_graphic()));
    let http = http.trim_start_matches('\n');
    let (line, rest) = http.split_once('\n')?;
    let mut words = line.split_ascii_whitespace();
    let method = Method::from_bytes(words.next()?.as_bytes()).ok()?;
    let target = words.next()?;
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let (head, body) = rest.split_once("\n\n").unwrap_or((rest, ""));
    let mut headers = HeaderMap::new();
    if let Some(token) = outer.headers.get(header::AUTHORIZATION) {
        headers.insert(header::AUTHORIZATION, token.clone());
    }
    for line in head.lines() {
        let Some((name, value)) = line.split_once(':') else { continue };
        if let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(name.trim().as_bytes()), HeaderValue::from_str(value.trim()))
        {
            headers.insert(name, value);
        }
    }
    let mut path: Vec<String> = path
        .strip_prefix('/')?
        .split('/')
        .map(|part| percent_decode_str(part).decode_utf8().ok().map(std::borrow::Cow::into_owned))
        .collect::<Option<_>>()?;
    if path.first().is_some_and(|first| first == "compute.googleapis.com") {
        path.remove(0);
    }
    let call = Call {
        service: Service::Compute,
        method,
        path,
        query: pairs(query),
        headers,
        body: Bytes::copy_from_slice(body.trim_end_matches('\n').as_bytes()),
    };
    Some(Part { content_id, call })
}

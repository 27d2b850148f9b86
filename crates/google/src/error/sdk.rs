//! What an error of Google's SDK means.

use std::{collections::HashMap, error::Error as _};

use google_cloud_gax::error::{
    Error as SdkError,
    rpc::{Code, StatusDetails},
};
use serde_json::json;

use super::{
    Error, ErrorKind, SignInCause,
    body::{Evidence, date, error, retry_after},
    from_response, is_out_of_its_time,
};
use crate::http;

/// Turns an error of the SDK into ours.
pub(crate) fn from_sdk(doing: &'static str, sdk: &SdkError) -> Error {
    if let Some(own) = cause::<Error>(sdk) {
        return Error { doing, ..own.clone() };
    }
    let http_status = sdk.http_status_code();
    if let Some(status) = sdk.status() {
        let mut evidence = Evidence {
            status: http_status.unwrap_or_else(|| http_code(status.code.name())),
            message: status.message.clone(),
            retry_after: sdk.http_headers().and_then(retry_after),
            date: sdk.http_headers().and_then(date),
            body: Some(json!({ "error": {
                "message": status.message,
                "status": status.code.name(),
                // What the SDK cannot write again is left out; the rest still says what it said.
                "details": status.details.iter().filter_map(|detail| serde_json::to_value(detail).ok()).collect::<Vec<_>>(),
            } })),
            ..Evidence::default()
        };
        let mut metadata = HashMap::new();
        for detail in &status.details {
            match detail {
                StatusDetails::ErrorInfo(info) => {
                    evidence.reason.get_or_insert_with(|| info.reason.clone());
                    metadata.extend(info.metadata.clone());
                }
                StatusDetails::Help(help) => {
                    evidence.links.extend(help.links.iter().map(|link| link.url.clone()));
                }
                _ => {}
            }
        }
        evidence.metadata = metadata;
        if evidence.reason.is_none() && status.code != Code::Unknown {
            evidence.reason = Some(status.code.name().to_owned());
        }
        return error(doing, evidence);
    }
    if let (Some(status), Some(headers)) = (http_status, sdk.http_headers()) {
        let body = sdk.http_payload().map(AsRef::as_ref).unwrap_or_default();
        return from_response(doing, status, headers, body);
    }
    if sdk.is_deserialization() {
        // The decoder's own text quotes the value it stumbled over.
        let text = cause::<serde_json::Error>(sdk)
            .map_or_else(|| "the answer has another form than expected".to_owned(), http::decode_text);
        return Error::new(ErrorKind::Decode, doing, text);
    }
    let kind = if sdk.is_authentication() {
        return Error::sign_in_needed(doing, SignInCause::Rejected, innermost(sdk));
    } else if sdk.is_timeout() {
        ErrorKind::TimedOut
    } else if sdk.is_binding() || sdk.is_serialization() {
        ErrorKind::InvalidArgument
    } else if is_out_of_its_time(sdk) {
        ErrorKind::WrongClock
    } else {
        ErrorKind::Unreachable
    };
    Error::new(kind, doing, innermost(sdk))
}

/// The cause of the given type; our own error is one where the credentials told it to the SDK.
fn cause<T: std::error::Error + 'static>(sdk: &SdkError) -> Option<&T> {
    let mut next = sdk.source();
    let mut depth = 0;
    while let Some(cause) = next
        && depth < 8
    {
        if let Some(found) = cause.downcast_ref::<T>() {
            return Some(found);
        }
        next = cause.source();
        depth += 1;
    }
    None
}

/// The innermost text: the outer ones repeat it or hold a URL.
fn innermost(sdk: &SdkError) -> String {
    let mut text = None;
    let mut next = sdk.source();
    let mut depth = 0;
    while let Some(cause) = next
        && depth < 8
    {
        text = Some(cause.to_string());
        next = cause.source();
        depth += 1;
    }
    text.unwrap_or_else(|| "the request failed".to_owned())
}

/// The HTTP status that a status name stands for, where the SDK lost the number.
fn http_code(name: &str) -> u16 {
    match name {
        "UNAUTHENTICATED" => 401,
        "PERMISSION_DENIED" => 403,
        "NOT_FOUND" => 404,
        "ALREADY_EXISTS" | "ABORTED" => 409,
        "RESOURCE_EXHAUSTED" => 429,
        "UNAVAILABLE" => 503,
        "DEADLINE_EXCEEDED" => 504,
        "INVALID_ARGUMENT" | "FAILED_PRECONDITION" | "OUT_OF_RANGE" => 400,
        _ => 500,
    }
}

//! The Google APIs.

mod failure;

use axum::response::{IntoResponse as _, Response};

use crate::http::{Call, Services};

pub(crate) use failure::Failure;

pub(crate) async fn answer(_services: &Services, _call: &Call) -> Response { Failure::not_found("x").into_response() }

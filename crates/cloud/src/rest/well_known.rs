//! What is this cloud's own: where its relay is, and the relay's faults.

use axum::http::Method;
use serde_json::{Value, json};

use super::{Answer, Failure, unknown};
use crate::faults::Faults;
use crate::http::{Call, Services};

pub(super) fn answer(services: &Services, call: &Call, rest: &[&str]) -> Answer<Value> {
    match (&call.method, rest) {
        (&Method::GET, []) => Ok(json!({"relay": services.relay, "ca": services.ca})),
        (&Method::GET, ["faults"]) => shown(&services.state.faults()),
        (&Method::PUT, ["faults"]) => {
            // the whole set: what is not named is off
            let faults: Faults = match serde_json::from_slice(&call.body) {
                Ok(faults) => faults,
                Err(error) => return Failure::status(400, "INVALID_ARGUMENT", error.to_string()).boxed(),
            };
            if let Err(error) = faults.check() {
                return Failure::status(400, "INVALID_ARGUMENT", error.to_string()).boxed();
            }
            services.state.set_faults(faults.clone());
            shown(&faults)
        }
        _ => unknown(call),
    }
}

fn shown(faults: &Faults) -> Answer<Value> {
    serde_json::to_value(faults).or_else(|error| Failure::status(500, "INTERNAL", error.to_string()).boxed())
}

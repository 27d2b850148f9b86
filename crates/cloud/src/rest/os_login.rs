//! OS Login v1: profiles and their keys (guest-access, section 4).

use axum::http::Method;
use russh::keys::ssh_key::PublicKey;
use serde_json::{Map, Value, json};

use super::{Answer, Failure, body, caller, unknown};
use crate::http::Call;
use crate::state::{Imported, Profile, State};

const SERVICE: &str = "oslogin.googleapis.com";

/// Answers below `/v1/users/`.
pub(super) fn answer(state: &State, call: &Call, rest: &[&str]) -> Answer<Value> {
    let method = |name: &str| format!("google.cloud.oslogin.v1.OsLoginService.{name}");
    match (&call.method, rest) {
        (&Method::GET, [user, "loginProfile"]) => {
            let email = own(state, call, user, &method("GetLoginProfile"))?;
            match state.profile(&email) {
                Some(profile) => Ok(shown(&profile)),
                None => Failure::status(404, "NOT_FOUND", "Login profile not found.").boxed(),
            }
        }
        (&Method::POST, [last]) => match last.rsplit_once(':') {
            Some((user, "importSshPublicKey")) => {
                let email = own(state, call, user, &method("ImportSshPublicKey"))?;
                import(state, call, &email)
            }
            Some(_) | None => unknown(call),
        },
        (&Method::GET, [user, "sshPublicKeys", fingerprint]) => {
            let email = own(state, call, user, &method("GetSshPublicKey"))?;
            let keys = state.profile(&email).map(|profile| shown(&profile));
            match keys.as_ref().and_then(|profile| profile.pointer("/sshPublicKeys")?.get(*fingerprint)) {
                Some(key) => Ok(key.clone()),
                None => no_key(),
            }
        }
        (&Method::DELETE, [user, "sshPublicKeys", fingerprint]) => {
            let email = own(state, call, user, &method("DeleteSshPublicKey"))?;
            if state.delete_key(&email, fingerprint) { Ok(json!({})) } else { no_key() }
        }
        _ => unknown(call),
    }
}

fn no_key<T>() -> Answer<T> {
    Failure::status(404, "NOT_FOUND", "SSH public key not found.").boxed()
}

/// The caller's address, where the path names nobody else.
fn own(state: &State, call: &Call, user: &str, method: &str) -> Answer<String> {
    let caller = caller(state, call, method, SERVICE)?;
    if caller.email.eq_ignore_ascii_case(user) {
        return Ok(caller.email);
    }
    Failure::status(403, "PERMISSION_DENIED", "The caller does not have permission").boxed()
}

fn invalid<T>(message: impl Into<String>) -> Answer<T> {
    Failure::status(400, "INVALID_ARGUMENT", message).boxed()
}

fn import(state: &State, call: &Call, email: &str) -> Answer<Value> {
    let body = body(call)?;
    let Some(line) = body.get("key").and_then(Value::as_str).map(str::trim) else {
        return invalid("Invalid SSH public key: key is missing.");
    };
    if line.len() > 16_384 || line.contains(['\r', '\n']) || PublicKey::from_openssh(line).is_err() {
        return invalid("Invalid SSH public key.");
    }
    // an int64 comes as a string in JSON, but a number will do
    let expires = match body.get("expirationTimeUsec") {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) => match text.parse::<i64>() {
            Ok(number) => Some(number),
            Err(_) => return invalid("Invalid value at 'ssh_public_key.expiration_time_usec' (TYPE_INT64)"),
        },
        Some(value) => match value.as_i64() {
            Some(number) => Some(number),
            None => return invalid("Invalid value at 'ssh_public_key.expiration_time_usec' (TYPE_INT64)"),
        },
    };
    if expires.is_some_and(|expires| expires != 0 && expires <= jiff::Timestamp::now().as_microsecond()) {
        return invalid("Expiration time must be in the future.");
    }
    let mut answer = Map::new();
    match state.import_key(email, line, expires.filter(|expires| *expires != 0)) {
        Some(Imported::Added) => {}
        Some(Imported::Ignored) => {
            let details = "Your organization does not allow users to manage SSH keys. No key was added.";
            answer.insert("details".to_owned(), json!(details));
        }
        Some(Imported::TooMany) => {
            return Failure::status(400, "FAILED_PRECONDITION", "Login profile size exceeds its limit.")
                .boxed();
        }
        None => {
            return Failure::status(403, "PERMISSION_DENIED", "The caller does not have permission").boxed();
        }
    }
    if let Some(profile) = state.profile(email) {
        answer.insert("loginProfile".to_owned(), shown(&profile));
    }
    Ok(Value::Object(answer))
}

fn shown(profile: &Profile) -> Value {
    let keys: Map<String, Value> = profile
        .keys
        .iter()
        .map(|(fingerprint, key)| {
            let mut entry = json!({
                "key": key.line,
                "fingerprint": fingerprint,
                "name": format!("users/{}/sshPublicKeys/{fingerprint}", profile.email),
            });
            if let (Some(expires), Some(object)) = (key.expires, entry.as_object_mut()) {
                object.insert("expirationTimeUsec".to_owned(), json!(expires.to_string()));
            }
            (fingerprint.clone(), entry)
        })
        .collect();
    let mut shown = json!({
        "name": profile.uid.to_string(),
        "posixAccounts": [{
            "primary": true,
            "username": profile.username,
            "uid": profile.uid.to_string(),
            "gid": profile.uid.to_string(),
            "homeDirectory": format!("/home/{}", profile.username),
            "operatingSystemType": "LINUX",
            "name": format!("users/{}/projects/{}", profile.email, profile.uid),
            "accountId": "local-cloud",
        }],
    });
    if let Some(object) = shown.as_object_mut().filter(|_| !keys.is_empty()) {
        object.insert("sshPublicKeys".to_owned(), Value::Object(keys));
    }
    shown
}

//! Lists of instances, page by page.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::{Asking, instance, link};
use crate::landscape::Instance;
use crate::rest::{Answer, Failure};

/// Compute's largest and default page.
const MOST: usize = 500;

/// One page of a project's instances, in the order of zone and name.
struct Page<'a> {
    instances: Vec<&'a Instance>,
    next: Option<String>,
}

fn page_size(asking: &Asking<'_>) -> Answer<usize> {
    match asking.call.query("maxResults").map(str::parse::<usize>) {
        None => Ok(MOST),
        Some(Ok(size)) if size <= MOST => Ok(if size == 0 { MOST } else { size }),
        Some(_) => {
            let text = asking.call.query("maxResults").unwrap_or_default();
            let range = "Values must be within the range: [0, 500]";
            Failure::invalid(format!("Invalid value for field 'maxResults': '{text}'. {range}")).boxed()
        }
    }
}

/// The place that a page begins behind: zone and name of the last instance before it.
fn page_token(asking: &Asking<'_>) -> Answer<Option<(String, String)>> {
    let Some(token) = asking.call.query("pageToken") else { return Ok(None) };
    let text = URL_SAFE_NO_PAD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    match text.as_deref().and_then(|text| text.split_once('/')) {
        Some((zone, name)) => Ok(Some((zone.to_owned(), name.to_owned()))),
        None => {
            Failure::invalid(format!("Invalid value for field 'pageToken': '{token}'. Invalid page token."))
                .boxed()
        }
    }
}

fn page<'a>(asking: &Asking<'a>, wanted: impl Fn(&Instance) -> bool) -> Answer<Page<'a>> {
    let size = page_size(asking)?;
    let after = page_token(asking)?;
    let mut instances: Vec<&Instance> = asking
        .state
        .landscape()
        .instances
        .iter()
        .filter(|one| one.project == asking.project.id && wanted(one))
        .filter(|one| after.as_ref().is_none_or(|(zone, name)| (&one.zone, &one.name) > (zone, name)))
        .collect();
    instances.sort_by(|one, other| (&one.zone, &one.name).cmp(&(&other.zone, &other.name)));
    let more = instances.len() > size;
    instances.truncate(size);
    let last = instances.last().filter(|_| more);
    let next = last.map(|last| URL_SAFE_NO_PAD.encode(format!("{}/{}", last.zone, last.name)));
    Ok(Page { instances, next })
}

fn shown(asking: &Asking<'_>, instance: &Instance) -> Option<Value> {
    let machine = asking.state.machine(&instance.project, &instance.zone, &instance.name)?;
    Some(instance::shown(instance, &machine))
}

fn unavailable<T>(zone: &str) -> Answer<T> {
    Failure::new(
        503,
        "backendError",
        format!("Internal error: zone '{zone}' did not answer. Please try again."),
    )
    .boxed()
}

fn warning(code: &str, message: &str, scope: &str) -> Value {
    json!({"code": code, "message": message, "data": [{"key": "scope", "value": scope}]})
}

fn is_true(text: Option<&str>) -> bool {
    text.is_some_and(|text| text.eq_ignore_ascii_case("true"))
}

/// `aggregated/instances`: every zone that exists is a scope, with instances or with a warning.
pub(super) fn aggregated(asking: &Asking<'_>) -> Answer<Value> {
    asking.on_project("compute.instances.list")?;
    let unreachable = &asking.project.unreachable_zones;
    if let Some(zone) = unreachable.first().filter(|_| !is_true(asking.call.query("returnPartialSuccess"))) {
        return unavailable(zone);
    }
    let page = page(asking, |one| !unreachable.contains(&one.zone))?;
    let mut by_zone: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for instance in &page.instances {
        by_zone.entry(&instance.zone).or_default().extend(shown(asking, instance));
    }
    let mut items = Map::new();
    for zone in &asking.state.landscape().zones {
        let scope = format!("zones/{}", zone.name);
        let value = match by_zone.remove(zone.name.as_str()) {
            Some(instances) => json!({"instances": instances}),
            None if unreachable.contains(&zone.name) => {
                json!({"warning": warning("UNREACHABLE", &format!("The scope '{scope}' is unreachable."), &scope)})
            }
            None => {
                let message = format!("There are no results for scope '{scope}' on this page.");
                json!({"warning": warning("NO_RESULTS_ON_PAGE", &message, &scope)})
            }
        };
        items.insert(scope, value);
    }
    let mut answer = json!({
        "kind": "compute#instanceAggregatedList",
        "id": format!("projects/{}/aggregated/instances", asking.project.id),
        "items": items,
        "selfLink": link(&format!("projects/{}/aggregated/instances", asking.project.id)),
    });
    if let Some(object) = answer.as_object_mut() {
        if let Some(next) = page.next {
            object.insert("nextPageToken".to_owned(), json!(next));
        }
        if !unreachable.is_empty() {
            let names: Vec<String> = unreachable
                .iter()
                .map(|zone| format!("projects/{}/zones/{zone}", asking.project.id))
                .collect();
            object.insert("unreachables".to_owned(), json!(names));
        }
    }
    Ok(answer)
}

/// `zones/ZONE/instances`.
pub(super) fn in_zone(asking: &Asking<'_>, zone: &str) -> Answer<Value> {
    asking.on_project("compute.instances.list")?;
    asking.zone(zone)?;
    if asking.project.unreachable_zones.iter().any(|one| one == zone) {
        return unavailable(zone);
    }
    let page = page(asking, |one| one.zone == zone)?;
    let path = format!("projects/{}/zones/{zone}/instances", asking.project.id);
    let items: Vec<Value> = page.instances.iter().filter_map(|one| shown(asking, one)).collect();
    let mut answer = json!({"kind": "compute#instanceList", "id": path, "selfLink": link(&path)});
    if let Some(object) = answer.as_object_mut() {
        if !items.is_empty() {
            object.insert("items".to_owned(), Value::Array(items));
        }
        if let Some(next) = page.next {
            object.insert("nextPageToken".to_owned(), json!(next));
        }
    }
    Ok(answer)
}

//! Projects, zones and regions as Compute shows them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Asking, instance::metadata, link, missing};
use crate::rest::Answer;

/// `projects.get`: common metadata above all.
pub(super) fn shown(asking: &Asking<'_>) -> Answer<Value> {
    asking.on_project("compute.projects.get")?;
    let project = asking.project;
    let path = format!("projects/{}", project.id);
    let Some((items, fingerprint)) = asking.state.common_metadata(&project.id) else { return missing(&path) };
    Ok(json!({
        "kind": "compute#project",
        "id": project.number.to_string(),
        "name": project.id,
        "creationTimestamp": "2024-03-11T09:21:11.000-00:00",
        "commonInstanceMetadata": metadata(&items, &fingerprint),
        "defaultServiceAccount": format!("{}-compute@developer.gserviceaccount.com", project.number),
        "defaultNetworkTier": "PREMIUM",
        "xpnProjectStatus": "UNSPECIFIED_XPN_PROJECT_STATUS",
        "selfLink": link(&path),
    }))
}

fn region_of(zone: &str) -> &str {
    zone.rsplit_once('-').map_or(zone, |(region, _)| region)
}

fn zone_shown(project: &str, zone: &str) -> Value {
    json!({
        "kind": "compute#zone",
        "name": zone,
        "description": zone,
        "status": "UP",
        "region": link(&format!("projects/{project}/regions/{}", region_of(zone))),
        "selfLink": link(&format!("projects/{project}/zones/{zone}")),
    })
}

fn region_shown(project: &str, region: &str, zones: &[&str]) -> Value {
    json!({
        "kind": "compute#region",
        "name": region,
        "description": region,
        "status": "UP",
        "zones": zones.iter().map(|zone| link(&format!("projects/{project}/zones/{zone}"))).collect::<Vec<_>>(),
        "selfLink": link(&format!("projects/{project}/regions/{region}")),
    })
}

/// All of them on one page: there are few.
pub(super) fn zones(asking: &Asking<'_>) -> Answer<Value> {
    asking.on_project("compute.zones.list")?;
    let path = format!("projects/{}/zones", asking.project.id);
    let zones = &asking.state.landscape().zones;
    let items: Vec<Value> = zones.iter().map(|zone| zone_shown(&asking.project.id, &zone.name)).collect();
    Ok(json!({"kind": "compute#zoneList", "id": path, "items": items, "selfLink": link(&path)}))
}

pub(super) fn zone(asking: &Asking<'_>, zone: &str) -> Answer<Value> {
    asking.on_project("compute.zones.get")?;
    asking.zone(zone)?;
    Ok(zone_shown(&asking.project.id, zone))
}

fn by_region<'a>(asking: &Asking<'a>) -> BTreeMap<&'a str, Vec<&'a str>> {
    let mut regions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for zone in &asking.state.landscape().zones {
        regions.entry(region_of(&zone.name)).or_default().push(&zone.name);
    }
    regions
}

pub(super) fn regions(asking: &Asking<'_>) -> Answer<Value> {
    asking.on_project("compute.regions.list")?;
    let path = format!("projects/{}/regions", asking.project.id);
    let regions = by_region(asking);
    let items: Vec<Value> =
        regions.iter().map(|(region, zones)| region_shown(&asking.project.id, region, zones)).collect();
    Ok(json!({"kind": "compute#regionList", "id": path, "items": items, "selfLink": link(&path)}))
}

pub(super) fn region(asking: &Asking<'_>, region: &str) -> Answer<Value> {
    asking.on_project("compute.regions.get")?;
    match by_region(asking).get(region) {
        Some(zones) => Ok(region_shown(&asking.project.id, region, zones)),
        None => missing(&format!("projects/{}/regions/{region}", asking.project.id)),
    }
}

//! What an explanation and a forecast cost, on one core: `cargo xtask bench explain`. One line of JSON for each figure
//! on standard output, a table for people on standard error.

use std::{
    error::Error,
    hint::black_box,
    time::{Duration, Instant},
};

use adit_access::{Input, Outlook, Permission, Preflight, Target, cases, explain};
use serde_json::{Value, json};

/// VMs that are forecast.
const VMS: usize = 10_000;
/// Projects they are spread over.
const PROJECTS: usize = 20;
/// Bindings of the large policy, all of them for the caller.
const BINDINGS: usize = 1500;
/// Levels that its conditions name.
const LEVELS: usize = 40;
/// Runs of each measurement; the slowest counts.
const RUNS: usize = 20;

fn main() -> Result<(), Box<dyn Error>> {
    let landscape = std::env::args().nth(1).ok_or("explain_bench LANDSCAPE.json")?;
    let landscape: Value = serde_json::from_str(&std::fs::read_to_string(landscape)?)?;

    let projects: Vec<Input> =
        (0..PROJECTS).map(|number| input(&project(&landscape, number))).collect::<Result<_, _>>()?;
    let mut counts = Counts::default();
    let slowest = slowest(|| counts = forecast(&projects));
    print(&format!("forecast of {VMS} VMs"), slowest, 1000.0);
    eprintln!("  {} open, {} barred, {} unknown", counts.open, counts.barred, counts.unknown);

    for (name, shape) in
        [("mixed", mixed as fn(usize) -> String), ("all of 13", conjunction), ("one of 13", alternatives)]
    {
        let large = input(&large(shape))?;
        let slowest = self::slowest(|| drop(black_box(explain(&large))));
        print(&format!("{BINDINGS} bindings, 12 operators, {name}"), slowest, 50.0);
    }
    Ok(())
}

fn input(value: &Value) -> Result<Input, Box<dyn Error>> {
    Ok(cases(value).into_iter().next().ok_or("not an input")?.input)
}

fn slowest(mut work: impl FnMut()) -> Duration {
    let runs = (0..RUNS).map(|_| {
        let begun = Instant::now();
        work();
        begun.elapsed()
    });
    runs.max().unwrap_or_default()
}

#[derive(Default)]
struct Counts {
    open: usize,
    barred: usize,
    unknown: usize,
}

/// Prepares every project's policies and asks about every VM, as the tree does.
fn forecast(projects: &[Input]) -> Counts {
    let mut counts = Counts::default();
    let each = VMS / projects.len();
    for project in projects {
        let prepared = Preflight::new(project, Permission::Tunnel);
        let path: Vec<usize> = (0..project.allow.len()).collect();
        for vm in 0..each {
            let target = Target {
                instance: Some(format!("vm-{vm}")),
                ip: Some(format!("10.60.{}.{}", vm / 250, vm % 250)),
                port: Some(if vm % 10 == 0 { 3389 } else { 22 }),
                ..Target::default()
            };
            match prepared.outlook(&target, &path) {
                Outlook::Open => counts.open += 1,
                Outlook::Blocked(_) => counts.barred += 1,
                Outlook::Unknown => counts.unknown += 1,
            }
        }
    }
    counts
}

/// A project under the landscape's organisation whose policy holds every binding of the landscape that there is, on
/// whatever it stands. Half of the projects leave out those without a condition, so that no VM is decided early.
fn project(landscape: &Value, number: usize) -> Value {
    let all = bindings(landscape)
        .into_iter()
        .filter(|binding| number.is_multiple_of(2) || !binding["condition"].is_null());
    let organization = landscape["organization"]["policy"]["bindings"].clone();
    let mut input = base();
    input["allow"] = json!([
        {"resource": format!("projects/p{number}"), "state": "READ", "bindings": all.collect::<Vec<_>>()},
        {"resource": "organizations/1", "state": "READ", "bindings": organization},
    ]);
    input["levels"] = json!({"state": "READ", "items": landscape["accessLevels"]});
    input
}

fn bindings(value: &Value) -> Vec<Value> {
    let mut found = Vec::new();
    let mut rest = vec![value];
    while let Some(value) = rest.pop() {
        match value {
            Value::Object(fields) => {
                if fields.contains_key("role") && fields.contains_key("members") {
                    found.push(value.clone());
                }
                rest.extend(fields.values());
            }
            Value::Array(items) => rest.extend(items),
            _ => {}
        }
    }
    found
}

/// A denial under one policy of many bindings, each with a condition of twelve operators.
fn large(expression: fn(usize) -> String) -> Value {
    let bindings: Vec<Value> = (0..BINDINGS)
        .map(|binding| {
            json!({
                "role": "roles/iap.tunnelResourceAccessor",
                "members": ["user:ben@acme.example", "user:ana@acme.example"],
                "condition": {"title": format!("rule {binding}"), "expression": expression(binding)},
            })
        })
        .collect();
    let levels: Vec<Value> = (0..LEVELS)
        .map(|level| {
            let condition = json!({"ipSubnetworks": ["203.0.113.0/24"], "regions": ["PT"]});
            json!({"name": level_name(level), "title": "", "basic": {"conditions": [condition]}})
        })
        .collect();
    let mut input = base();
    input["allow"] = json!([{"resource": "projects/p", "state": "READ", "bindings": bindings}]);
    input["levels"] = json!({"state": "READ", "items": levels});
    input
}

fn base() -> Value {
    json!({
        "observed": {"channel": "websocket", "closeCode": 4033, "reason": "not authorized"},
        "now": "2026-11-23T10:00:00Z",
        "principal": {"type": "user", "email": "ana@acme.example", "hostedDomain": "acme.example"},
        "target": {"projectId": "p", "projectNumber": "1", "zone": "europe-west1-b", "instance": "vm", "instanceId": "2",
            "ip": "10.60.1.5", "port": 22},
        "client": {"egressIps": ["198.51.100.7"], "os": {"type": "DESKTOP_LINUX", "version": "12"}},
        "groups": {}, "roles": {},
        "deny": {"state": "READ", "policies": []},
        "pab": {"state": "CLEAR"},
        "perimeter": {"state": "NONE"},
        "audit": null,
    })
}

fn level_name(level: usize) -> String {
    format!("accessPolicies/1/accessLevels/l{level}")
}

/// One of the tests that conditions are made of; none of them is met here.
fn test(binding: usize, place: usize) -> String {
    match (binding + place) % 4 {
        0 => format!("\"{}\" in request.auth.access_levels", level_name((binding + place) % LEVELS)),
        1 => format!("destination.port == {}", 1024 + (binding * 13 + place) % 60_000),
        2 => format!("request.time < timestamp(\"20{:02}-01-01T00:00:00Z\")", (binding + place) % 26),
        _ => format!("destination.ip == \"10.0.{}.{place}\"", binding % 256),
    }
}

fn joined(binding: usize, places: std::ops::Range<usize>, operator: &str) -> String {
    places.map(|place| test(binding, place)).collect::<Vec<_>>().join(operator)
}

/// Twelve operators: five, one, five and one.
fn mixed(binding: usize) -> String {
    let (one, other) = (joined(binding, 0..6, " || "), joined(binding, 6..12, " || "));
    format!("({one}) && !({other})")
}

fn conjunction(binding: usize) -> String {
    joined(binding, 0..13, " && ")
}

fn alternatives(binding: usize) -> String {
    joined(binding, 0..13, " || ")
}

fn print(name: &str, slowest: Duration, target: f64) {
    let value = (slowest.as_secs_f64() * 1_000_000.0).round() / 1000.0;
    let met = value <= target;
    println!(
        "{}",
        json!({"bench": "explain", "figure": name, "value": value, "unit": "ms", "runs": RUNS, "target": target, "met": met})
    );
    eprintln!("{name:<40} {value:>10} ms  <= {target} ms  {}", if met { "met" } else { "MISSED" });
}

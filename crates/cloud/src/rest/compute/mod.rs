//! Compute Engine v1: the part of it that is called for instances.

mod change;
mod firewall;
mod guest;
mod instance;
mod list;
mod operation;
mod project;

use axum::http::Method;
use serde_json::Value;

use super::{Answer, Failure, caller, gate, unknown};
use crate::http::Call;
use crate::landscape::{Instance, Project};
use crate::state::{Action, Caller, Machine, OperationScope, Resource, State};

const SERVICE: &str = "compute.googleapis.com";
/// What Compute's own links begin with, whichever host was asked.
const LINKS: &str = "https://www.googleapis.com/compute/v1/";

fn link(path: &str) -> String {
    format!("{LINKS}{path}")
}

/// Compute's 404.
fn missing<T>(path: &str) -> Answer<T> {
    Failure::not_found(format!("The resource '{path}' was not found")).boxed()
}

/// One request below `/compute/v1/projects/PROJECT/`, by somebody who is signed in.
struct Asking<'a> {
    state: &'a State,
    call: &'a Call,
    caller: Caller,
    project: &'a Project,
}

impl<'a> Asking<'a> {
    /// 403 unless a role gives the permission on the project.
    fn on_project(&self, permission: &str) -> Answer<()> {
        let resource = Resource::Project { project: &self.project.id };
        if self.state.allows(&self.caller, permission, resource) {
            return Ok(());
        }
        Failure::forbidden(permission, &format!("projects/{}", self.project.id)).boxed()
    }

    /// The instance, if a role gives the permission on it: 403 comes before 404, as with Google.
    fn instance(&self, permission: &str, zone: &str, name: &str) -> Answer<(&'a Instance, Machine)> {
        let instance = self.state.instance(&self.project.id, zone, name);
        let path = format!("projects/{}/zones/{zone}/instances/{name}", self.project.id);
        if !self.state.allows(
            &self.caller,
            permission,
            Resource::Instance { project: &self.project.id, instance },
        ) {
            return Failure::forbidden(permission, &path).boxed();
        }
        match (instance, self.state.machine(&self.project.id, zone, name)) {
            (Some(instance), Some(machine)) => Ok((instance, machine)),
            (_, None) | (None, _) => missing(&path),
        }
    }

    fn zone(&self, zone: &str) -> Answer<()> {
        if self.state.landscape().zones.iter().any(|one| one.name == zone) {
            return Ok(());
        }
        missing(&format!("projects/{}/zones/{zone}", self.project.id))
    }
}

/// Answers below `/compute/v1/`.
pub(super) async fn answer(state: &State, call: &Call, rest: &[&str]) -> Answer<Value> {
    let caller = caller(state, call, "compute.v1", SERVICE)?;
    let ["projects", project, rest @ ..] = rest else { return unknown(call) };
    let id = state.project_id(project);
    let Some(project) = state.landscape().projects.iter().find(|one| Some(one.id.as_str()) == id) else {
        return missing(&format!("projects/{project}"));
    };
    gate::enabled(project, SERVICE)?;
    gate::perimeter(state, &caller, project, SERVICE)?;
    let asking = Asking { state, call, caller, project };
    match call.method {
        Method::GET => get(&asking, rest),
        Method::POST => post(&asking, rest).await,
        _ => unknown(call),
    }
}

fn get(asking: &Asking<'_>, rest: &[&str]) -> Answer<Value> {
    match rest {
        [] => project::shown(asking),
        ["aggregated", "instances"] => list::aggregated(asking),
        ["zones"] => project::zones(asking),
        ["zones", zone] => project::zone(asking, zone),
        ["regions"] => project::regions(asking),
        ["regions", region] => project::region(asking, region),
        ["zones", zone, "instances"] => list::in_zone(asking, zone),
        ["zones", zone, "instances", name] => {
            let (definition, machine) = asking.instance("compute.instances.get", zone, name)?;
            Ok(instance::shown(definition, &machine))
        }
        ["zones", zone, "instances", name, "serialPort"] => guest::serial_port(asking, zone, name),
        ["zones", zone, "instances", name, "getGuestAttributes"] => guest::attributes(asking, zone, name),
        ["zones", zone, "instances", name, "getEffectiveFirewalls"] => {
            firewall::effective(asking, zone, name)
        }
        ["global", "networks", name] => firewall::network(asking, name),
        ["zones", zone, "operations", name] => {
            operation::get(asking, &OperationScope::Zone((*zone).to_owned()), name)
        }
        ["global", "operations", name] => operation::get(asking, &OperationScope::Global, name),
        _ => unknown(asking.call),
    }
}

async fn post(asking: &Asking<'_>, rest: &[&str]) -> Answer<Value> {
    match rest {
        ["zones", zone, "instances", name, verb] => match *verb {
            "start" => change::act(asking, zone, name, Action::Start),
            "stop" => change::act(asking, zone, name, Action::Stop),
            "reset" => change::act(asking, zone, name, Action::Reset),
            "suspend" => change::act(asking, zone, name, Action::Suspend),
            "resume" => change::act(asking, zone, name, Action::Resume),
            "setMetadata" => change::set_metadata(asking, zone, name),
            _ => unknown(asking.call),
        },
        ["setCommonInstanceMetadata"] => change::set_common_metadata(asking),
        ["zones", zone, "operations", name, "wait"] => {
            operation::wait(asking, &OperationScope::Zone((*zone).to_owned()), name).await
        }
        ["global", "operations", name, "wait"] => {
            operation::wait(asking, &OperationScope::Global, name).await
        }
        _ => unknown(asking.call),
    }
}

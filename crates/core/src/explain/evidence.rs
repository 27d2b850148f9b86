//! What was asked and what came of it, and the evaluator's input that follows from it.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::SystemTime,
};

use adit_access::Input;
use adit_google::Answer;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{
    ask::{Ask, No, Reply},
    audit,
    case::{About, Case},
    observed::Observed,
};

/// How a question stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum State {
    /// No answer yet.
    Waiting,
    /// Answered.
    Here(Reply),
    /// Given up.
    Not(No),
}

/// See the module.
#[derive(Debug, Clone, Default)]
pub(super) struct Evidence {
    /// The questions in the order in which they were asked.
    order: Vec<Ask>,
    states: BTreeMap<Ask, State>,
    /// Calls made or under way.
    pub(super) calls: usize,
    /// How far the server's clock is ahead of this computer's, in seconds.
    pub(super) clock: Option<i64>,
    /// Who asks, once that is known.
    pub(super) email: Option<String>,
    pub(super) hosted_domain: Option<String>,
    /// A server asked for quiet.
    pub(super) throttled: bool,
    /// Policies that were seen to change a short time ago.
    pub(super) settling: BTreeSet<Ask>,
}

impl Evidence {
    /// What is there before anything was asked.
    pub(super) fn of(case: &Case) -> Self {
        Self { email: case.email.clone(), ..Self::default() }
    }

    pub(super) fn order(&self) -> &[Ask] {
        &self.order
    }

    pub(super) fn state(&self, ask: &Ask) -> Option<&State> {
        self.states.get(ask)
    }

    pub(super) fn set(&mut self, ask: Ask, state: State) {
        if self.states.insert(ask.clone(), state).is_none() {
            self.order.push(ask);
        }
    }

    pub(super) fn is_asked(&self, ask: &Ask) -> bool {
        self.states.contains_key(ask)
    }

    /// Whether a question was asked and has come to an end, whichever.
    pub(super) fn is_over(&self, ask: &Ask) -> bool {
        matches!(self.states.get(ask), Some(State::Here(_) | State::Not(_)))
    }

    /// Whether any question has come to an end.
    pub(super) fn is_begun(&self) -> bool {
        self.states.values().any(|state| *state != State::Waiting)
    }

    pub(super) fn is_waiting(&self) -> bool {
        self.states.values().any(|state| *state == State::Waiting)
    }

    /// Ends what still waits.
    pub(super) fn give_up(&mut self, why: &'static str) {
        for state in self.states.values_mut().filter(|state| **state == State::Waiting) {
            *state = State::Not(No::Skipped(why));
        }
    }

    /// Takes the server's clock from an answer.
    pub(super) fn tick(&mut self, date: Option<std::time::SystemTime>) {
        let Some(server) = date.and_then(|date| Timestamp::try_from(date).ok()) else { return };
        let ahead = server.as_second().saturating_sub(Timestamp::now().as_second());
        // The header has whole seconds, and the answer was on its way.
        self.clock.get_or_insert(if ahead.abs() <= 2 { 0 } else { ahead });
    }

    pub(super) fn json(&self, ask: &Ask) -> Option<&Value> {
        match self.states.get(ask) {
            Some(State::Here(Reply::Json(Answer { body, .. }))) => Some(body),
            _ => None,
        }
    }

    /// A list's items, and whether they are all.
    pub(super) fn list(&self, ask: &Ask) -> Option<(&[Value], bool)> {
        match self.states.get(ask) {
            Some(State::Here(Reply::List(listed))) => {
                Some((listed.items.body.as_array().map(Vec::as_slice).unwrap_or_default(), listed.complete))
            }
            _ => None,
        }
    }

    /// What is above the project, nearest first.
    pub(super) fn above(&self, case: &Case) -> Option<&[String]> {
        match self.states.get(&Ask::Ancestry(case.project().to_owned())) {
            Some(State::Here(Reply::Above(above))) => Some(above),
            _ => None,
        }
    }

    pub(super) fn organization(&self, case: &Case) -> Option<&str> {
        self.above(case)?.iter().find_map(|name| name.strip_prefix("organizations/"))
    }

    pub(super) fn project_number(&self, case: &Case) -> Option<String> {
        let name = self.json(&Ask::Number(case.project().to_owned()))?.get("name")?.as_str()?;
        let number = name.strip_prefix("projects/")?;
        number.bytes().all(|digit| digit.is_ascii_digit()).then(|| number.to_owned())
    }

    /// The VM's number.
    pub(super) fn vm_id(&self) -> Option<String> {
        match self.json(&Ask::Vm)?.get("id")? {
            Value::String(id) => Some(id.clone()),
            Value::Number(id) => Some(id.to_string()),
            _ => None,
        }
    }

    /// The VM's state by Compute's name.
    pub(super) fn vm_status(&self) -> Option<&str> {
        self.json(&Ask::Vm)?.get("status")?.as_str()
    }

    /// The interface in question, of the VM as Compute wrote it.
    pub(super) fn nic(&self, case: &Case) -> Option<&Value> {
        let adit_contract::TunnelTarget::Instance { interface, .. } = &case.target else { return None };
        let nics = self.json(&Ask::Vm)?.get("networkInterfaces")?.as_array()?;
        nics.iter().find(|nic| nic.get("name").and_then(Value::as_str) == Some(interface.as_str()))
    }

    /// The audit record of the refusal, as the evaluator takes it.
    pub(super) fn audit(&self, case: &Case) -> Option<Value> {
        let asked = self.order.iter().rev().filter(|ask| matches!(ask, Ask::Audit(_)));
        asked
            .filter_map(|ask| self.json(ask))
            .find_map(|body| audit::record(body, case.port(), self.time(case)))
    }

    /// Names of the nodes whose policies decide, most specific first; those above the project once they are known.
    pub(super) fn nodes(&self, case: &Case) -> Vec<Ask> {
        let mut nodes: Vec<Ask> = case.iap_nodes().into_iter().map(Ask::IapPolicy).collect();
        nodes.push(Ask::Policy(format!("projects/{}", case.project())));
        nodes.extend(self.above(case).unwrap_or_default().iter().cloned().map(Ask::Policy));
        nodes
    }

    /// What the evaluator is to judge.
    pub(super) fn input(&self, case: &Case) -> Input {
        let mut input = Input::from_value(&self.input_json(case)).unwrap_or_default();
        if case.observed.is_none() {
            input.observed = adit_access::Observed::NotTried;
        }
        input
    }

    /// The same as JSON, in the form of the specification's cases.
    pub(super) fn input_json(&self, case: &Case) -> Value {
        json!({
            "observed": case.observed.as_ref().map(Observed::to_json),
            "now": self.now(case).map(|now| now.to_string()),
            "principal": self.principal(),
            "target": self.target(case),
            "client": self.client(),
            "groups": self.groups(),
            "roles": self.roles(case),
            "allow": self.allow(case),
            "deny": self.deny(case),
            "pab": { "state": if self.is_unbound(case) { "CLEAR" } else { "UNKNOWN" } },
            "perimeter": { "state": self.perimeter(case) },
            "levels": self.levels(),
            "audit": self.audit(case),
            "testIam": self.permission(case).map(|holds| if holds { "T" } else { "F" }),
        })
    }

    /// The time of the request by the server's clock.
    pub(super) fn now(&self, case: &Case) -> Option<Timestamp> {
        let ours = Timestamp::try_from(case.time()).ok()?;
        let ahead = self.clock.unwrap_or(0);
        let whole = Timestamp::from_second(ours.as_second().checked_add(ahead)?);
        whole.ok()
    }

    /// The same for what compares times.
    pub(super) fn time(&self, case: &Case) -> SystemTime {
        self.now(case).map_or_else(|| case.time(), SystemTime::from)
    }

    fn principal(&self) -> Value {
        let Some(email) = &self.email else { return Value::Null };
        let kind = if email.ends_with(".gserviceaccount.com") { "serviceAccount" } else { "user" };
        json!({ "type": kind, "email": email, "hostedDomain": self.hosted_domain })
    }

    fn target(&self, case: &Case) -> Value {
        let number = self.project_number(case);
        if let About::Web(app) = &case.about {
            return json!({
                "projectId": app.project, "projectNumber": number, "host": app.host, "path": app.path,
                "instance": app.host,
            });
        }
        match &case.target {
            adit_contract::TunnelTarget::Instance { instance, port, .. } => json!({
                "projectId": instance.project,
                "projectNumber": number,
                "zone": instance.zone,
                "instance": instance.name,
                "instanceId": self.vm_id(),
                "ip": self.nic(case).and_then(|nic| nic.get("networkIP")),
                "port": port,
            }),
            adit_contract::TunnelTarget::Host { project, host, port, .. } => json!({
                "projectId": project,
                "projectNumber": number,
                "instance": host,
                "ip": host.parse::<std::net::Ipv4Addr>().ok().map(|ip| ip.to_string()),
                "port": port,
            }),
        }
    }

    fn client(&self) -> Value {
        let mut client = match self.states.get(&Ask::Device) {
            Some(State::Here(Reply::Device(facts))) => facts.client.clone(),
            _ => Map::new(),
        };
        if let Some(State::Here(Reply::Addresses(addresses))) = self.states.get(&Ask::Address) {
            client.insert("egressIps".to_owned(), json!(addresses));
        }
        Value::Object(client)
    }

    fn groups(&self) -> Value {
        let mut groups: Map<String, Value> = self.troubleshot().0;
        for (ask, state) in &self.states {
            if let (Ask::Group(group), State::Here(Reply::Member(is_member))) = (ask, state) {
                let value = if *is_member { "MEMBER" } else { "NOT_MEMBER" };
                groups.insert(format!("group:{group}"), value.into());
            }
        }
        Value::Object(groups)
    }

    fn roles(&self, case: &Case) -> Value {
        let mut roles = Map::new();
        for (role, holds) in self.troubleshot().1 {
            let permissions = if holds { vec![case.permission()] } else { Vec::new() };
            roles.insert(role, json!(permissions));
        }
        for ask in &self.order {
            if let (Ask::Role(role), Some(body)) = (ask, self.json(ask)) {
                let none = || json!([]);
                roles.insert(role.clone(), body.get("includedPermissions").cloned().unwrap_or_else(none));
            }
        }
        Value::Object(roles)
    }

    /// Memberships and roles as Policy Troubleshooter sees them.
    fn troubleshot(&self) -> (Map<String, Value>, BTreeMap<String, bool>) {
        self.json(&Ask::Troubleshooter).map(super::troubleshooter::findings).unwrap_or_default()
    }

    fn allow(&self, case: &Case) -> Value {
        let nodes = self.nodes(case);
        nodes
            .iter()
            .map(|node| {
                let resource = match node {
                    Ask::IapPolicy(resource) | Ask::Policy(resource) => resource.as_str(),
                    _ => "",
                };
                let state = match self.states.get(node) {
                    Some(State::Here(Reply::Json(answer))) if answer.body.is_object() => "READ",
                    Some(State::Not(No::Denied)) => "DENIED",
                    Some(State::Not(No::Missing)) => "MISSING",
                    _ => "ERROR",
                };
                let none = || json!([]);
                let bindings = self.json(node).and_then(|body| body.get("bindings")).cloned();
                json!({ "resource": resource, "state": state, "bindings": bindings.unwrap_or_else(none) })
            })
            .collect()
    }

    /// The resources that deny policies can be attached to, once all of them are known.
    fn attachments(&self, case: &Case) -> Option<Vec<String>> {
        let above = self.above(case)?;
        let project = format!("projects/{}", case.project());
        Some(std::iter::once(project).chain(above.iter().cloned()).collect())
    }

    fn deny(&self, case: &Case) -> Value {
        let mut is_whole = true;
        let mut policies = Vec::new();
        let listed = self.order.iter().filter(|ask| matches!(ask, Ask::DenyList(_)));
        for name in listed.filter_map(|ask| self.list(ask)).flat_map(|(items, _)| names(items)) {
            match self.json(&Ask::Deny(name)) {
                Some(policy) => policies.push(policy.clone()),
                None => is_whole = false,
            }
        }
        is_whole &= self.attachments(case).is_some_and(|all| {
            all.into_iter().all(|of| self.list(&Ask::DenyList(of)).is_some_and(|(_, complete)| complete))
        });
        json!({ "state": if is_whole { "READ" } else { "DENIED" }, "policies": policies })
    }

    fn is_unbound(&self, case: &Case) -> bool {
        let listed = self.organization(case).and_then(|of| self.list(&Ask::Boundaries(of.to_owned())));
        listed.is_some_and(|(items, complete)| items.is_empty() && complete)
    }

    fn perimeter(&self, case: &Case) -> &'static str {
        let Some(organization) = self.organization(case) else { return "UNKNOWN" };
        let Some((policies, true)) = self.list(&Ask::AccessPolicies(organization.to_owned())) else {
            return "UNKNOWN";
        };
        let Some(number) = self.project_number(case) else { return "UNKNOWN" };
        let member = format!("projects/{number}");
        let mut state = "NONE";
        for policy in names(policies) {
            let number = policy.strip_prefix("accessPolicies/").unwrap_or(&policy).to_owned();
            match self.list(&Ask::Perimeters(number)) {
                Some((perimeters, true)) if !perimeters.iter().any(|p| holds(p, &member)) => {}
                Some((_, true)) => return "INSIDE",
                _ => state = "UNKNOWN",
            }
        }
        state
    }

    /// The perimeters that hold the project.
    pub(super) fn perimeters_around(&self, case: &Case) -> Vec<&Value> {
        let Some(number) = self.project_number(case) else { return Vec::new() };
        let member = format!("projects/{number}");
        let asked = self.order.iter().filter(|ask| matches!(ask, Ask::Perimeters(_)));
        let all = asked.filter_map(|ask| self.list(ask)).flat_map(|(items, _)| items);
        all.filter(|perimeter| holds(perimeter, &member)).collect()
    }

    /// The levels that were read; `READ` only if every policy's were listed to the end.
    fn levels(&self) -> Value {
        let lists: Vec<_> = self.order.iter().filter(|ask| matches!(ask, Ask::Levels(_))).collect();
        let listed: Vec<_> = lists.iter().filter_map(|ask| self.list(ask)).collect();
        let is_whole =
            !lists.is_empty() && listed.len() == lists.len() && listed.iter().all(|(_, complete)| *complete);
        let single = self.order.iter().filter(|ask| matches!(ask, Ask::Level(_)));
        let items: Vec<&Value> = listed
            .iter()
            .flat_map(|(items, _)| items.iter())
            .chain(single.filter_map(|ask| self.json(ask)))
            .collect();
        json!({ "state": if is_whole { "READ" } else { "DENIED" }, "items": items })
    }

    fn permission(&self, case: &Case) -> Option<bool> {
        let body = self.json(&Ask::Permission)?.as_object()?;
        let held = body.get("permissions").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        Some(held.iter().any(|held| held.as_str() == Some(case.permission())))
    }
}

/// The names of a list's items.
pub(super) fn names(items: &[Value]) -> Vec<String> {
    items.iter().filter_map(|item| item.get("name")?.as_str().map(str::to_owned)).collect()
}

fn holds(perimeter: &Value, member: &str) -> bool {
    let resources = perimeter.pointer("/status/resources").and_then(Value::as_array);
    resources.into_iter().flatten().any(|resource| resource.as_str() == Some(member))
}

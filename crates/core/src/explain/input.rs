//! From what was answered to what the evaluator judges: the input in the form of the specification's cases (section 12).

use std::{
    collections::{BTreeMap, BTreeSet},
    time::SystemTime,
};

use adit_access::Input;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{
    ask::{Ask, No, Reply},
    case::{About, Case, Ladder},
    evidence::{Evidence, State, holds, names},
    observed::Observed,
    plan::{binding_levels, ingress_levels},
    troubleshooter::{Findings, findings},
};

impl Evidence {
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
            "levels": self.levels(case),
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
        let mut client = match self.state(&Ask::Device) {
            Some(State::Here(Reply::Device(facts))) => facts.client.clone(),
            _ => Map::new(),
        };
        if let Some(State::Here(Reply::Addresses(addresses))) = self.state(&Ask::Address) {
            client.insert("egressIps".to_owned(), json!(addresses));
        }
        Value::Object(client)
    }

    fn groups(&self) -> Value {
        let mut groups = self.troubleshot().groups;
        for ask in self.order() {
            if let (Ask::Group(group), Some(State::Here(Reply::Member(is_member)))) = (ask, self.state(ask)) {
                let value = if *is_member { "MEMBER" } else { "NOT_MEMBER" };
                groups.insert(format!("group:{group}"), value.into());
            }
        }
        Value::Object(groups)
    }

    fn roles(&self, case: &Case) -> Value {
        let mut roles = Map::new();
        for (role, holds) in self.troubleshot().roles {
            let permissions = if holds { vec![case.permission()] } else { Vec::new() };
            roles.insert(role, json!(permissions));
        }
        for ask in self.order() {
            if let (Ask::Role(role), Some(body)) = (ask, self.json(ask)) {
                let none = || json!([]);
                roles.insert(role.clone(), body.get("includedPermissions").cloned().unwrap_or_else(none));
            }
        }
        Value::Object(roles)
    }

    /// Memberships and roles as Policy Troubleshooter sees them.
    fn troubleshot(&self) -> Findings {
        let Some(body) = self.json(&Ask::Troubleshooter) else { return Findings::default() };
        let mut found = findings(body);
        for ask in self.order() {
            let (Ask::DenyList(resource), Some((items, _))) = (ask, self.list(ask)) else { continue };
            let names = names(items);
            let policies: Vec<(&str, &Value)> = names
                .iter()
                .filter_map(|name| Some((name.as_str(), self.json(&Ask::Deny(name.clone()))?)))
                .collect();
            if policies.len() == names.len() {
                found.denials(body, resource, &policies);
            }
        }
        found
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
                let state = match self.state(node) {
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
        let listed = self.order().iter().filter(|ask| matches!(ask, Ask::DenyList(_)));
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
        let asked = self.order().iter().filter(|ask| matches!(ask, Ask::Perimeters(_)));
        let all = asked.filter_map(|ask| self.list(ask)).flat_map(|(items, _)| items);
        all.filter(|perimeter| holds(perimeter, &member)).collect()
    }

    /// The levels that were read; `READ` only if one that is not among them does not exist.
    fn levels(&self, case: &Case) -> Value {
        let lists = self.order().iter().filter(|ask| matches!(ask, Ask::Levels(_)));
        let single = self.order().iter().filter(|ask| matches!(ask, Ask::Level(_)));
        let items: Vec<&Value> = lists
            .filter_map(|ask| self.list(ask))
            .flat_map(|(items, _)| items)
            .chain(single.filter_map(|ask| self.json(ask)))
            .collect();
        let is_whole = self.has_all_levels(case, &items);
        json!({ "state": if is_whole { "READ" } else { "DENIED" }, "items": items })
    }

    /// Whether of each access policy that is named anywhere, all levels were listed, or each that is named was asked
    /// for and answered.
    fn has_all_levels(&self, case: &Case, read: &[&Value]) -> bool {
        let named = self.named_levels(case, read);
        let of = |level: &Value| level.get("name").and_then(Value::as_str).map(str::to_owned);
        let known: BTreeSet<String> = read.iter().filter_map(|level| of(level)).collect();
        let is_known = |name: &String| {
            let state = self.state(&Ask::Level(name.clone()));
            known.contains(name) || matches!(state, Some(State::Not(No::Missing)))
        };
        // An expression names other levels of its own policy without the policy's number.
        let has_siblings = |policy: &str| {
            let start = format!("accessPolicies/{policy}/");
            let mut own = read.iter().filter(|level| of(level).is_some_and(|name| name.starts_with(&start)));
            own.any(|level| level.get("custom").is_some_and(|custom| custom.to_string().contains("levels")))
        };
        let mut policies = named.levels.iter();
        !named.is_unclear
            && !named.levels.is_empty()
            && policies.all(|(policy, names)| {
                let listed = self.list(&Ask::Levels(policy.clone())).is_some_and(|(_, complete)| complete);
                listed || !names.is_empty() && names.iter().all(is_known) && !has_siblings(policy)
            })
    }

    /// What the answers name.
    fn named_levels(&self, case: &Case, read: &[&Value]) -> Named {
        let mut named = Named::default();
        for ask in self.order() {
            match (ask, self.json(ask)) {
                (Ask::Policy(_) | Ask::IapPolicy(_), Some(policy)) => named.take_conditions(policy),
                (Ask::Deny(_), Some(policy)) => named.take(policy),
                (Ask::Levels(policy), _) => named.take_policy(policy),
                (Ask::AccessBindings(_), _) => {
                    let bindings = self.list(ask).map(|(items, _)| items).unwrap_or_default();
                    bindings.iter().flat_map(binding_levels).for_each(|level| named.take_text(&level));
                }
                _ => {}
            }
        }
        if case.ladder() == Ladder::Perimeter {
            let around = self.perimeters_around(case).into_iter();
            around.flat_map(ingress_levels).for_each(|level| named.take_text(&level));
        }
        read.iter().for_each(|level| named.take(level));
        named
    }

    /// Whether IAP itself says that the caller holds the permission.
    pub(super) fn permission(&self, case: &Case) -> Option<bool> {
        let body = self.json(&Ask::Permission)?.as_object()?;
        let held = body.get("permissions").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        Some(held.iter().any(|held| held.as_str() == Some(case.permission())))
    }
}

/// The levels that texts name.
#[derive(Default)]
struct Named {
    /// Full names, by the number of their access policy.
    levels: BTreeMap<String, BTreeSet<String>>,
    /// A text may name one in a way that only its parser reads.
    is_unclear: bool,
}

impl Named {
    fn take_policy(&mut self, policy: &str) {
        self.levels.entry(policy.to_owned()).or_default();
    }

    fn take_conditions(&mut self, policy: &Value) {
        let bindings = policy.get("bindings").and_then(Value::as_array);
        let conditions =
            bindings.into_iter().flatten().filter_map(|binding| binding.pointer("/condition/expression"));
        conditions.for_each(|expression| self.take(expression));
    }

    fn take(&mut self, value: &Value) {
        match value {
            Value::String(text) => self.take_text(text),
            Value::Array(items) => items.iter().for_each(|item| self.take(item)),
            Value::Object(fields) => fields.values().for_each(|field| self.take(field)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn take_text(&mut self, text: &str) {
        self.is_unclear |= text.contains('\\') && text.contains("levels");
        for (at, _) in text.match_indices("accessPolicies/") {
            if let Some((policy, name)) = text.get(at..).and_then(level_at_start) {
                self.levels.entry(policy.to_owned()).or_default().insert(name.to_owned());
            }
        }
    }
}

/// The level whose name a text begins with, up to its end or a quote: the number of its access policy, and the full
/// name. One that is malformed needs no definition.
fn level_at_start(text: &str) -> Option<(&str, &str)> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '/' || c == '_';
    let end = text.find(|c: char| !is_part(c)).unwrap_or(text.len());
    let (name, after) = (text.get(..end)?, text.get(end..)?);
    let (policy, level) = name.strip_prefix("accessPolicies/")?.split_once("/accessLevels/")?;
    let is_number = !policy.is_empty() && policy.bytes().all(|digit| digit.is_ascii_digit());
    let is_name = level.starts_with(|c: char| c.is_ascii_alphabetic()) && !level.contains('/');
    let is_over = after.is_empty() || after.starts_with(['"', '\'']);
    (is_number && is_name && is_over).then_some((policy, name))
}

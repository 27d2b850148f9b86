//! What was asked and what came of it.

use std::collections::{BTreeMap, BTreeSet};

use adit_google::Answer;
use jiff::Timestamp;
use serde_json::Value;

use super::{
    ask::{Ask, No, Reply},
    audit,
    case::Case,
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
        let at = self.time(case);
        let within = case.is_refused_at().then_some(&audit::NEAR);
        let asked = self.order.iter().rev().filter(|ask| matches!(ask, Ask::Audit(_)));
        asked.filter_map(|ask| self.json(ask)).find_map(|body| audit::record(body, case.port(), at, within))
    }

    /// Names of the nodes whose policies decide, most specific first; those above the project once they are known.
    pub(super) fn nodes(&self, case: &Case) -> Vec<Ask> {
        let mut nodes: Vec<Ask> = case.iap_nodes().into_iter().map(Ask::IapPolicy).collect();
        nodes.push(Ask::Policy(format!("projects/{}", case.project())));
        nodes.extend(self.above(case).unwrap_or_default().iter().cloned().map(Ask::Policy));
        nodes
    }
}

/// The names of a list's items.
pub(super) fn names(items: &[Value]) -> Vec<String> {
    items.iter().filter_map(|item| item.get("name")?.as_str().map(str::to_owned)).collect()
}

pub(super) fn holds(perimeter: &Value, member: &str) -> bool {
    let resources = perimeter.pointer("/status/resources").and_then(Value::as_array);
    resources.into_iter().flatten().any(|resource| resource.as_str() == Some(member))
}

//! One question, evaluated: every binding with its member, role, condition and grant.

use crate::build::{Builder, Prepared, bindings};
use crate::explanation::{BindingRow, CitedBinding};
use crate::facts::Facts;
use crate::graph::{Graph, NodeId};
use crate::input::Input;
use crate::policy::Binding;
use crate::role;
use crate::value::Value;

/// A binding with its values.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Judgement<'a> {
    pub(crate) index: usize,
    pub(crate) resource: &'a str,
    pub(crate) binding: &'a Binding,
    /// The formula of its condition.
    pub(crate) root: NodeId,
    pub(crate) member: Value,
    pub(crate) role: Value,
    pub(crate) condition: Value,
}

impl Judgement<'_> {
    pub(crate) fn grant(&self) -> Value {
        Value::all([self.member, self.role, self.condition])
    }

    /// Whether it could grant if its condition were met.
    pub(crate) fn is_candidate(&self) -> bool {
        self.member != Value::F && self.role != Value::F
    }

    pub(crate) fn row(&self) -> BindingRow {
        BindingRow(self.index, self.member, self.role, self.condition, self.grant())
    }

    /// What the screen shows of it.
    pub(crate) fn cited(&self, facts: &Facts<'_>) -> CitedBinding {
        let condition = self.binding.condition.clone().unwrap_or_default();
        let concerns = |member: &&String| facts.caller.member(member) != Value::F;
        CitedBinding {
            index: self.index,
            resource: self.resource.to_owned(),
            role: self.binding.role.clone(),
            role_name: role::display(&self.binding.role).to_owned(),
            members: self.binding.members.iter().filter(concerns).cloned().collect(),
            title: condition.title,
            expression: condition.expression,
        }
    }
}

/// All bindings and their formulas, evaluated.
#[derive(Debug)]
pub(crate) struct Question<'a> {
    pub(crate) input: &'a Input,
    pub(crate) facts: &'a Facts<'a>,
    pub(crate) prepared: &'a Prepared,
    pub(crate) graph: Graph<'a>,
    /// The values of the graph's nodes.
    pub(crate) values: Vec<Value>,
    pub(crate) judgements: Vec<Judgement<'a>>,
}

impl<'a> Question<'a> {
    pub(crate) fn new(input: &'a Input, facts: &'a Facts<'a>, prepared: &'a Prepared) -> Self {
        let mut builder = Builder::new(input, facts, prepared);
        let mut judgements = Vec::new();
        for (index, (resource, binding)) in bindings(input).enumerate() {
            let member = Value::any(binding.members.iter().map(|member| facts.caller.member(member)));
            let role = facts.permission.in_role(&binding.role, &input.roles);
            let root = builder.condition(prepared.condition(index));
            judgements.push(Judgement { index, resource, binding, root, member, role, condition: Value::U });
        }
        let graph = builder.graph;
        let values = graph.evaluate();
        for judgement in &mut judgements {
            judgement.condition = values[judgement.root];
        }
        Self { input, facts, prepared, graph, values, judgements }
    }
}

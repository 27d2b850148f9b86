//! What the readable policies say beforehand, for many targets: the policies are parsed and everything that does
//! not depend on the target is evaluated once.

use std::sync::Arc;

use jiff::Timestamp;

use crate::build::Prepared;
use crate::cel::Expr;
use crate::cel::eval;
use crate::deny;
use crate::facts::{Facts, Request, depends_on_target};
use crate::graph::{Graph, LeafKind, NodeId, NodeKind};
use crate::input::{Input, Target};
use crate::names;
use crate::policy::ReadState;
use crate::question::Question;
use crate::role::Permission;
use crate::value::Value;

/// What the readable policies say of a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outlook {
    /// Some binding grants, and no readable deny rule denies.
    Open,
    /// No readable binding grants.
    Blocked(Blocker),
    /// It depends on what cannot be read or checked.
    Unknown,
}

/// What blocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Blocker {
    /// A deny policy, by name.
    Deny(Arc<str>),
    /// Access levels, by short name: sorted, each once.
    Levels(Vec<Arc<str>>),
    /// A condition, by title; empty if it has none.
    Condition(Arc<str>),
    /// No binding is for the caller.
    NoGrant,
}

/// The policies of a project, ready to be asked about many targets.
#[derive(Debug)]
pub struct Preflight {
    permission: Permission,
    now: Option<Timestamp>,
    denied_by: Option<Arc<str>>,
    nodes: Vec<PolicyNode>,
}

#[derive(Debug)]
struct PolicyNode {
    read: bool,
    /// Bindings that may be for the caller, without their condition's value.
    candidates: Vec<Candidate>,
}

#[derive(Debug)]
struct Candidate {
    /// Whether member and role are both certain.
    certain: bool,
    title: Arc<str>,
    condition: Formula,
}

/// A condition, as far as it still has to be evaluated.
#[derive(Debug)]
enum Formula {
    Known(Value),
    Level(Value, Arc<str>),
    Atom(Box<Expr>),
    Not(Box<Formula>),
    And(Vec<Formula>),
    Or(Vec<Formula>),
}

impl Preflight {
    /// Prepares policies. The input's `allow` holds every node that any target may have above it; its target is
    /// ignored, and so is what was observed.
    #[must_use]
    pub fn new(input: &Input, permission: Permission) -> Self {
        let prepared = Prepared::new(input);
        let facts = Facts::new(input, permission);
        let question = Question::new(input, &facts, &prepared);
        let denied = deny::evaluate(&input.deny, facts.caller, permission);
        let mut judgements = question.judgements.iter();
        let mut nodes = Vec::with_capacity(input.allow.len());
        for node in &input.allow {
            let read = node.state == ReadState::Read;
            let own = judgements.by_ref().take(if read { node.bindings.len() } else { 0 });
            let candidates = own.filter(|judgement| judgement.is_candidate()).map(|judgement| {
                let title = judgement.binding.condition.as_ref().map_or("", |condition| &condition.title);
                Candidate {
                    certain: judgement.member.and(judgement.role) == Value::T,
                    title: title.into(),
                    condition: formula(&question.graph, &question.values, judgement.root),
                }
            });
            nodes.push(PolicyNode { read, candidates: candidates.collect() });
        }
        Self { permission, now: input.now, denied_by: denied.blocking.map(Arc::from), nodes }
    }

    /// What the policies say of a target. `path` are the places in the input's `allow` of the nodes above it,
    /// most specific first; places that do not exist count as unreadable.
    #[must_use]
    pub fn outlook(&self, target: &Target, path: &[usize]) -> Outlook {
        if let Some(name) = &self.denied_by {
            return Outlook::Blocked(Blocker::Deny(name.clone()));
        }
        let request = Request { permission: self.permission, target, now: self.now };
        let mut all_read = true;
        let mut unknown = false;
        let mut blocker = None;
        for node in path.iter().map(|place| self.nodes.get(*place)) {
            let Some(node) = node.filter(|node| node.read) else {
                all_read = false;
                continue;
            };
            for candidate in &node.candidates {
                match candidate.condition.value(&request) {
                    Value::T if candidate.certain => return Outlook::Open,
                    Value::T | Value::U => unknown = true,
                    Value::F => {
                        blocker.get_or_insert(candidate);
                    }
                }
            }
        }
        match blocker {
            _ if unknown => Outlook::Unknown,
            Some(candidate) => Outlook::Blocked(candidate.blocker(&request)),
            None if all_read => Outlook::Blocked(Blocker::NoGrant),
            None => Outlook::Unknown,
        }
    }
}

impl Candidate {
    fn blocker(&self, request: &Request<'_>) -> Blocker {
        let mut levels = Vec::new();
        let mut others = false;
        self.condition.blame(request, true, &mut levels, &mut others);
        if others || levels.is_empty() {
            return Blocker::Condition(self.title.clone());
        }
        levels.sort_unstable();
        levels.dedup();
        Blocker::Levels(levels)
    }
}

impl Formula {
    /// Formulas are no deeper than the expressions they come from.
    fn value(&self, request: &Request<'_>) -> Value {
        match self {
            Self::Known(value) | Self::Level(value, _) => *value,
            Self::Atom(expr) => Value::from_option(eval::truth(expr, request)),
            Self::Not(inner) => !inner.value(request),
            Self::And(operands) => Value::all(operands.iter().map(|operand| operand.value(request))),
            Self::Or(operands) => Value::any(operands.iter().map(|operand| operand.value(request))),
        }
    }

    /// Collects what is certainly not as wanted.
    fn blame(&self, request: &Request<'_>, wanted: bool, levels: &mut Vec<Arc<str>>, others: &mut bool) {
        if self.value(request) != Value::known(!wanted) {
            return;
        }
        match self {
            Self::Level(_, name) => levels.push(name.clone()),
            Self::Known(_) | Self::Atom(_) => *others = true,
            Self::Not(inner) => inner.blame(request, !wanted, levels, others),
            Self::And(operands) | Self::Or(operands) => {
                for operand in operands {
                    operand.blame(request, wanted, levels, others);
                }
            }
        }
    }
}

/// Levels and atoms that do not depend on the target keep the value they have.
fn formula(graph: &Graph<'_>, values: &[Value], root: NodeId) -> Formula {
    let all = |operands: &[NodeId]| operands.iter().map(|operand| formula(graph, values, *operand)).collect();
    match &graph.nodes[root].kind {
        NodeKind::Leaf(leaf) => match &graph.leaves[*leaf].kind {
            LeafKind::Atom(_, expr, _) if depends_on_target(expr) => Formula::Atom(Box::new((*expr).clone())),
            _ => Formula::Known(values[root]),
        },
        NodeKind::Level(level) => Formula::Level(values[root], names::short(&graph.names[level.name]).into()),
        NodeKind::Not(inner) => Formula::Not(Box::new(formula(graph, values, *inner))),
        NodeKind::And(operands) => Formula::And(all(operands)),
        NodeKind::Or(operands) => Formula::Or(all(operands)),
    }
}

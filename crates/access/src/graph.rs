//! All formulas of one question in one place: leaves, and nodes that come after their operands, so that every
//! pass over them is a loop. Levels that are named twice are built once.

use std::rc::Rc;

use crate::cel::{Expr, Parsed};
use crate::explanation::{Basis, Span};
use crate::policy::OsConstraint;
use crate::value::Value;

/// Number of a leaf.
pub(crate) type LeafId = usize;
/// Number of a node.
pub(crate) type NodeId = usize;
/// Number of a level's name.
pub(crate) type NameId = usize;

/// Something that is true, false or unknown as a whole.
#[derive(Debug, Clone)]
pub(crate) struct Leaf<'a> {
    /// Its id, without `not:` and `?`.
    pub(crate) id: Rc<str>,
    /// The level it belongs to. Two levels may have the same short name, and so their leaves the same id.
    pub(crate) level: Option<NameId>,
    pub(crate) value: Value,
    pub(crate) basis: Option<Basis>,
    pub(crate) kind: LeafKind<'a>,
    /// Whether it fails for want of a device record.
    pub(crate) no_device_record: bool,
}

/// What a leaf is, as far as words need it.
#[derive(Debug, Clone)]
pub(crate) enum LeafKind<'a> {
    Atom(&'a Parsed, &'a Expr, crate::facts::Scope),
    Unparsed(&'a Parsed),
    BadTimestamp(String),
    Ip(&'a [String]),
    Vpc,
    Region(&'a [String]),
    Members,
    ScreenLock,
    Encryption(&'a [String]),
    Os(&'a [OsConstraint]),
    Management(&'a [String]),
    AdminApproved,
    CorpOwned,
    MalformedLevel,
    UnknownLevel,
    UnreadableLevel,
    /// A level inside itself, of which the audit record says nothing.
    SelfReference,
    /// What the audit record says, against our own reading.
    Reported,
    Member(&'a str),
    Role(&'a str),
}

impl<'a> Leaf<'a> {
    /// A leaf of no level and of unknown value.
    pub(crate) fn unknown(id: String, kind: LeafKind<'a>) -> Self {
        Self { id: id.into(), level: None, value: Value::U, basis: None, kind, no_device_record: false }
    }

    /// Whether a lint decides that it can never be true (specification, section 4.1).
    pub(crate) fn never_true(&self) -> bool {
        matches!(self.kind, LeafKind::BadTimestamp(_) | LeafKind::MalformedLevel | LeafKind::UnknownLevel)
    }

    /// Whether it stands for the caller's membership or the role rather than for a part of the condition.
    pub(crate) fn is_member_or_role(&self) -> bool {
        matches!(self.kind, LeafKind::Member(_) | LeafKind::Role(_))
    }
}

/// A node with its place in the expression it comes from.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) kind: NodeKind,
    pub(crate) span: Option<Span>,
}

#[derive(Debug, Clone)]
pub(crate) enum NodeKind {
    Leaf(LeafId),
    Not(NodeId),
    And(Vec<NodeId>),
    Or(Vec<NodeId>),
    Level(LevelNode),
}

/// A level where it is named.
#[derive(Debug, Clone)]
pub(crate) struct LevelNode {
    pub(crate) name: NameId,
    pub(crate) body: NodeId,
    /// What the audit record says of it.
    pub(crate) reported: Option<bool>,
    /// The leaf that stands for the record's word, if that overrides the body.
    pub(crate) decided: Option<LeafId>,
}

impl LevelNode {
    /// The value that overrides the body.
    pub(crate) fn override_value(&self) -> Option<Value> {
        self.decided.and(self.reported).map(Value::known)
    }
}

/// Leaves and nodes.
#[derive(Debug, Default)]
pub(crate) struct Graph<'a> {
    pub(crate) leaves: Vec<Leaf<'a>>,
    pub(crate) nodes: Vec<Node>,
    /// Full names of levels.
    pub(crate) names: Vec<String>,
}

impl Graph<'_> {
    /// The operands of a node.
    pub(crate) fn operands(&self, node: NodeId) -> &[NodeId] {
        match &self.nodes[node].kind {
            NodeKind::Leaf(_) => &[],
            NodeKind::Not(inner) => std::slice::from_ref(inner),
            NodeKind::And(operands) | NodeKind::Or(operands) => operands,
            NodeKind::Level(level) => std::slice::from_ref(&level.body),
        }
    }

    /// The value of a node from the values of its operands.
    pub(crate) fn value(&self, node: NodeId, values: &[Value], leaf: impl Fn(LeafId) -> Value) -> Value {
        match &self.nodes[node].kind {
            NodeKind::Leaf(id) => leaf(*id),
            NodeKind::Not(inner) => !values[*inner],
            NodeKind::And(operands) => Value::all(operands.iter().map(|operand| values[*operand])),
            NodeKind::Or(operands) => Value::any(operands.iter().map(|operand| values[*operand])),
            NodeKind::Level(level) => level.override_value().unwrap_or(values[level.body]),
        }
    }

    /// The values of all nodes.
    pub(crate) fn evaluate(&self) -> Vec<Value> {
        let mut values = vec![Value::U; self.nodes.len()];
        for node in 0..self.nodes.len() {
            values[node] = self.value(node, &values, |leaf| self.leaves[leaf].value);
        }
        values
    }

    /// All nodes below a root (itself included) that `enter` lets through, operands first.
    pub(crate) fn below(&self, root: NodeId, enter: impl Fn(&Node) -> bool) -> Vec<NodeId> {
        let mut seen = std::collections::HashSet::from([root]);
        let mut waiting = vec![root];
        while let Some(node) = waiting.pop() {
            if enter(&self.nodes[node]) {
                waiting.extend(self.operands(node).iter().copied().filter(|operand| seen.insert(*operand)));
            }
        }
        let mut found: Vec<_> = seen.into_iter().collect();
        found.sort_unstable();
        found
    }
}

impl Node {
    /// Whether the audit record decides this node, so that what is below it does not count.
    pub(crate) fn is_decided(&self) -> bool {
        matches!(&self.kind, NodeKind::Level(level) if level.decided.is_some())
    }
}

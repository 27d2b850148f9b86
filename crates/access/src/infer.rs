//! What the denial itself proves (specification, section 8.4).

use std::collections::{BTreeMap, BTreeSet};

use crate::graph::{Graph, LeafId, Node, NodeId, NodeKind};
use crate::value::Value;

/// Most unknown leaves that are enumerated.
const MAX_UNKNOWN: usize = 12;

/// What must be so for the condition to be false.
#[derive(Debug, Default)]
pub(crate) struct Inferred {
    /// Leaves that are the same in every case: false, or true.
    pub(crate) leaves: BTreeMap<LeafId, bool>,
    /// Level nodes that are false in every case.
    pub(crate) levels: BTreeSet<NodeId>,
}

/// Enumerates the unknown leaves below a condition of unknown value.
pub(crate) fn infer(graph: &Graph<'_>, root: NodeId, values: &[Value]) -> Inferred {
    let counting = graph.below(root, |node| !node.is_decided());
    let unknown: Vec<LeafId> = counting
        .iter()
        .filter_map(|node| match graph.nodes[*node].kind {
            NodeKind::Leaf(leaf) if graph.leaves[leaf].value == Value::U => Some(leaf),
            _ => None,
        })
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    if unknown.len() > MAX_UNKNOWN {
        return Inferred::default();
    }
    // what is known stays so, whatever the unknown is
    let open: Vec<NodeId> =
        graph.below(root, |_| true).into_iter().filter(|node| values[*node] == Value::U).collect();
    let mut cases = Cases::default();
    let mut assigned = values.to_vec();
    for case in 0..1_usize << unknown.len() {
        let value_of = |leaf: LeafId| match unknown.binary_search(&leaf) {
            Ok(bit) => Value::known(case >> bit & 1 == 1),
            Err(_) => graph.leaves[leaf].value,
        };
        for node in &open {
            assigned[*node] = graph.value(*node, &assigned, value_of);
        }
        if assigned[root] == Value::F {
            cases.add(case, &open, graph, &assigned);
        }
    }
    cases.into_inferred(&unknown)
}

/// The cases in which the condition is false, so far.
#[derive(Default)]
struct Cases {
    any: bool,
    always_true: usize,
    always_false: usize,
    levels: Vec<NodeId>,
}

impl Cases {
    fn add(&mut self, case: usize, open: &[NodeId], graph: &Graph<'_>, values: &[Value]) {
        if !self.any {
            self.any = true;
            (self.always_true, self.always_false) = (case, !case);
            let is_level =
                |node: &&NodeId| matches!(graph.nodes[**node], Node { kind: NodeKind::Level(_), .. });
            self.levels = open.iter().filter(is_level).copied().collect();
        }
        self.always_true &= case;
        self.always_false &= !case;
        self.levels.retain(|node| values[*node] == Value::F);
    }

    fn into_inferred(self, unknown: &[LeafId]) -> Inferred {
        let mut inferred = Inferred::default();
        if !self.any {
            return inferred;
        }
        for (bit, leaf) in unknown.iter().enumerate() {
            if self.always_true >> bit & 1 == 1 {
                inferred.leaves.insert(*leaf, true);
            } else if self.always_false >> bit & 1 == 1 {
                inferred.leaves.insert(*leaf, false);
            }
        }
        inferred.levels.extend(self.levels);
        inferred
    }
}

//! Minimal sets of what would have to change (specification, section 8.3).

use std::cmp::Ordering;

use crate::graph::{Graph, LeafId, NodeId, NodeKind};
use crate::value::Value;

/// Sets kept after each step.
pub(crate) const KEPT: usize = 8;

/// A leaf with the value that it would have to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Item {
    pub(crate) leaf: LeafId,
    pub(crate) wanted: bool,
}

/// A set of items by their places in the order of ids, with what sets are ordered by.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Set {
    /// Places in [`Ranking::items`], ascending.
    pub(crate) places: Vec<usize>,
    never_true: bool,
    unknown: usize,
}

/// All items that may occur, in the order of their ids.
#[derive(Debug, Default)]
pub(crate) struct Ranking {
    pub(crate) items: Vec<Item>,
    /// Equal for items whose ids look the same.
    ranks: Vec<usize>,
    never_true: Vec<bool>,
    unknown: Vec<bool>,
    place_of: std::collections::HashMap<Item, usize>,
}

/// The id of an item, `not:` included.
pub(crate) fn item_id(graph: &Graph<'_>, item: Item) -> String {
    let id = &graph.leaves[item.leaf].id;
    if item.wanted { id.to_string() } else { format!("not:{id}") }
}

impl Ranking {
    pub(crate) fn new(graph: &Graph<'_>, mut items: Vec<Item>) -> Self {
        items.sort_unstable();
        items.dedup();
        let mut named: Vec<_> = items.into_iter().map(|item| (item_id(graph, item), item)).collect();
        let level = |item: Item| graph.leaves[item.leaf].level.map(|name| &graph.names[name]);
        let unknown = |item: Item| graph.leaves[item.leaf].value == Value::U;
        named.sort_by(|(left_id, left), (right_id, right)| {
            let ids = left_id.cmp(right_id).then_with(|| level(*left).cmp(&level(*right)));
            ids.then(unknown(*left).cmp(&unknown(*right))).then(left.cmp(right))
        });
        let mut ranking = Self::default();
        let mut last: Option<(String, Item)> = None;
        for (id, item) in named {
            let same_id = last.as_ref().is_some_and(|(other, _)| *other == id);
            // a leaf that is known at one place and an error at another is one leaf
            let same_leaf = same_id && last.as_ref().is_some_and(|(_, other)| level(*other) == level(item));
            if !same_leaf {
                let rank = ranking.ranks.last().map_or(0, |rank| rank + usize::from(!same_id));
                ranking.ranks.push(rank);
                ranking.items.push(item);
                ranking.never_true.push(graph.leaves[item.leaf].never_true());
                ranking.unknown.push(unknown(item));
            }
            ranking.place_of.insert(item, ranking.items.len() - 1);
            last = Some((id, item));
        }
        ranking
    }

    /// The set of some items; those that were not ranked are left out.
    pub(crate) fn set(&self, items: impl IntoIterator<Item = Item>) -> Set {
        let places = items.into_iter().filter_map(|item| self.place_of.get(&item).copied()).collect();
        self.finish(places)
    }

    fn finish(&self, mut places: Vec<usize>) -> Set {
        places.sort_unstable();
        places.dedup();
        let never_true = places.iter().any(|place| self.never_true[*place]);
        let unknown = places.iter().filter(|place| self.unknown[**place]).count();
        Set { places, never_true, unknown }
    }

    pub(crate) fn union(&self, left: &Set, right: &Set) -> Set {
        self.finish([left.places.as_slice(), right.places.as_slice()].concat())
    }

    /// What comes before the ids: sets that can never be met last, then size, then what is unknown.
    fn class(set: &Set) -> (bool, usize, usize) {
        (set.never_true, set.places.len(), set.unknown)
    }

    fn by_ids(&self, left: &Set, right: &Set) -> Ordering {
        let ids = |set: &Set| set.places.iter().map(|place| self.ranks[*place]).collect::<Vec<_>>();
        ids(left).cmp(&ids(right)).then_with(|| left.places.cmp(&right.places))
    }

    /// Drops supersets and keeps the first few.
    pub(crate) fn prune(&self, sets: Vec<Set>) -> Vec<Set> {
        let numbered = sets.into_iter().map(|set| (0, set)).collect();
        self.prune_numbered(numbered).into_iter().map(|(_, set)| set).collect()
    }

    /// The same over all bindings, whose number comes before the ids.
    pub(crate) fn prune_numbered(&self, mut sets: Vec<(usize, Set)>) -> Vec<(usize, Set)> {
        sets.sort_by(|(left_number, left), (right_number, right)| {
            let classes = Self::class(left).cmp(&Self::class(right));
            classes.then(left_number.cmp(right_number)).then_with(|| self.by_ids(left, right))
        });
        let mut kept: Vec<(usize, Set)> = Vec::new();
        // a subset never comes after its superset: it is smaller, and no worse in the first part of the order
        for (number, set) in sets {
            if kept.len() == KEPT {
                break;
            }
            if !kept.iter().any(|(_, smaller)| is_subset(smaller, &set)) {
                kept.push((number, set));
            }
        }
        kept
    }
}

fn is_subset(small: &Set, large: &Set) -> bool {
    let mut rest = large.places.iter();
    small.places.len() <= large.places.len()
        && small.places.iter().all(|place| rest.any(|candidate| candidate == place))
}

/// What has to be solved: pairs of node and wanted value, and the items that may be used.
#[derive(Debug)]
pub(crate) struct Solver<'g, 'a> {
    graph: &'g Graph<'a>,
    needed: Vec<[bool; 2]>,
    pub(crate) ranking: Ranking,
    solved: Vec<[Vec<Set>; 2]>,
}

impl<'g, 'a> Solver<'g, 'a> {
    /// Solves for all roots to be true. `others` are further items that sets may get later.
    pub(crate) fn new(graph: &'g Graph<'a>, roots: &[NodeId], others: &[Item]) -> Self {
        let mut needed = vec![[false; 2]; graph.nodes.len()];
        for root in roots {
            needed[*root][1] = true;
        }
        let mut items = others.to_vec();
        for node in (0..graph.nodes.len()).rev() {
            for wanted in [false, true] {
                if needed[node][usize::from(wanted)] {
                    require_operands(graph, node, wanted, &mut needed, &mut items);
                }
            }
        }
        let ranking = Ranking::new(graph, items);
        let mut solver = Self { graph, needed, ranking, solved: Vec::with_capacity(graph.nodes.len()) };
        for node in 0..graph.nodes.len() {
            let [no, yes] = solver.needed[node];
            let solved = [
                if no { solver.solve(node, false) } else { Vec::new() },
                if yes { solver.solve(node, true) } else { Vec::new() },
            ];
            solver.solved.push(solved);
        }
        solver
    }

    /// The sets that make a root true.
    pub(crate) fn sets(&self, root: NodeId) -> &[Set] {
        &self.solved[root][1]
    }

    fn of(&self, node: NodeId, wanted: bool) -> &[Set] {
        &self.solved[node][usize::from(wanted)]
    }

    fn solve(&self, node: NodeId, wanted: bool) -> Vec<Set> {
        match &self.graph.nodes[node].kind {
            NodeKind::Leaf(leaf) => self.leaf(*leaf, wanted),
            NodeKind::Not(inner) => self.of(*inner, !wanted).to_vec(),
            NodeKind::And(operands) if wanted => self.unions(operands, wanted),
            NodeKind::Or(operands) if !wanted => self.unions(operands, wanted),
            NodeKind::And(operands) | NodeKind::Or(operands) => {
                let all = operands.iter().flat_map(|operand| self.of(*operand, wanted).iter().cloned());
                self.ranking.prune(all.collect())
            }
            NodeKind::Level(level) => match (level.override_value(), level.decided) {
                (Some(value), _) if value == Value::known(wanted) => vec![Set::default()],
                (Some(_), Some(leaf)) => {
                    let mut sets = self.of(level.body, wanted).to_vec();
                    sets.retain(|set| !set.places.is_empty());
                    if sets.is_empty() { vec![self.ranking.set([Item { leaf, wanted }])] } else { sets }
                }
                _ => self.of(level.body, wanted).to_vec(),
            },
        }
    }

    fn leaf(&self, leaf: LeafId, wanted: bool) -> Vec<Set> {
        if self.graph.leaves[leaf].value == Value::known(wanted) {
            return vec![Set::default()];
        }
        vec![self.ranking.set([Item { leaf, wanted }])]
    }

    /// All unions of one set per operand, pruned after each operand.
    fn unions(&self, operands: &[NodeId], wanted: bool) -> Vec<Set> {
        let mut operands = operands.iter().map(|operand| self.of(*operand, wanted)).peekable();
        // while every operand has one way only, there is nothing to prune
        let mut places = Vec::new();
        while let Some([only]) = operands.peek() {
            places.extend_from_slice(&only.places);
            operands.next();
        }
        let mut sets = vec![self.ranking.finish(places)];
        for options in operands {
            let all = sets.iter().flat_map(|set| options.iter().map(|other| self.ranking.union(set, other)));
            sets = self.ranking.prune(all.collect());
        }
        sets
    }
}

fn require_operands(
    graph: &Graph<'_>,
    node: NodeId,
    wanted: bool,
    needed: &mut [[bool; 2]],
    items: &mut Vec<Item>,
) {
    let mut need = |node: NodeId, wanted: bool| needed[node][usize::from(wanted)] = true;
    match &graph.nodes[node].kind {
        NodeKind::Leaf(leaf) => {
            if graph.leaves[*leaf].value != Value::known(wanted) {
                items.push(Item { leaf: *leaf, wanted });
            }
        }
        NodeKind::Not(inner) => need(*inner, !wanted),
        NodeKind::And(operands) | NodeKind::Or(operands) => {
            operands.iter().for_each(|operand| need(*operand, wanted));
        }
        NodeKind::Level(level) => match (level.override_value(), level.decided) {
            (Some(value), _) if value == Value::known(wanted) => {}
            (decided, leaf) => {
                need(level.body, wanted);
                if let (Some(_), Some(leaf)) = (decided, leaf) {
                    items.push(Item { leaf, wanted });
                }
            }
        },
    }
}

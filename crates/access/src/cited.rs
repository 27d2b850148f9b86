//! The binding that the explanation is about: what would have to change, what the denial proves, and how sure
//! that is (specification, sections 8.3 to 8.6).

use std::collections::{BTreeMap, HashMap};

use crate::explanation::{Basis, Certainty, LevelStatus, Verdict};
use crate::graph::{Leaf, LeafId, LeafKind, NodeId, NodeKind};
use crate::infer::{Inferred, infer};
use crate::question::{Judgement, Question};
use crate::repair::{Item, Set, Solver, item_id};
use crate::value::Value;

/// What was found about the cited binding.
#[derive(Debug)]
pub(crate) struct Finding<'a> {
    pub(crate) cited: Judgement<'a>,
    /// All kept sets with the number of their binding, best first; items in the order of their ids.
    pub(crate) repairs: Vec<(usize, Vec<Item>)>,
    pub(crate) inferred: Inferred,
    /// Whether every other layer is clear.
    pub(crate) clear: bool,
    /// Whether something was refused at all.
    pub(crate) refused: bool,
}

/// Collects the repairs of all candidate bindings. `None` if there are none.
pub(crate) fn find<'a>(question: &mut Question<'a>, clear: bool, refused: bool) -> Option<Finding<'a>> {
    let candidates: Vec<_> = question.judgements.iter().copied().filter(Judgement::is_candidate).collect();
    let mut known = HashMap::new();
    let extras: Vec<_> =
        candidates.iter().map(|candidate| extra_items(question, candidate, &mut known)).collect();
    let roots: Vec<_> = candidates.iter().map(|candidate| candidate.root).collect();
    let others: Vec<_> = extras.iter().flatten().copied().collect();
    let solver = Solver::new(&question.graph, &roots, &others);
    let mut all: Vec<(usize, Set)> = Vec::new();
    for (candidate, extra) in candidates.iter().zip(&extras) {
        let extra = solver.ranking.set(extra.iter().copied());
        let sets = solver.sets(candidate.root).iter();
        all.extend(sets.map(|set| (candidate.index, solver.ranking.union(set, &extra))));
    }
    let items = |set: &Set| set.places.iter().map(|place| solver.ranking.items[*place]).collect();
    let kept = solver.ranking.prune_numbered(all);
    let repairs: Vec<(usize, Vec<Item>)> = kept.iter().map(|(number, set)| (*number, items(set))).collect();
    let first = repairs.first()?.0;
    let cited = candidates.into_iter().find(|candidate| candidate.index == first)?;
    let provable = refused && (cited.member, cited.role, cited.condition) == (Value::T, Value::T, Value::U);
    let inferred =
        if provable { infer(&question.graph, cited.root, &question.values) } else { Inferred::default() };
    Some(Finding { cited, repairs, inferred, clear, refused })
}

/// The membership and the role of a binding, where they are unknown.
fn extra_items<'a>(
    question: &mut Question<'a>,
    candidate: &Judgement<'a>,
    known: &mut HashMap<String, LeafId>,
) -> Vec<Item> {
    let mut items = Vec::new();
    let mut add = |id: String, kind: LeafKind<'a>| {
        let leaves = &mut question.graph.leaves;
        let leaf = *known.entry(id.clone()).or_insert_with(|| {
            leaves.push(Leaf::unknown(id, kind));
            leaves.len() - 1
        });
        items.push(Item { leaf, wanted: true });
    };
    let caller = question.facts.caller;
    let mut members = candidate.binding.members.iter();
    if candidate.member == Value::U
        && let Some(member) = members.find(|member| caller.member(member) == Value::U)
    {
        add(format!("member:{member}"), LeafKind::Member(member));
    }
    if candidate.role == Value::U {
        let role = &candidate.binding.role;
        add(format!("role:{role}"), LeafKind::Role(role));
    }
    items
}

impl Finding<'_> {
    /// The cited leaves, in the order of their ids.
    pub(crate) fn cited_items(&self) -> &[Item] {
        self.repairs.first().map(|(_, items)| items.as_slice()).unwrap_or_default()
    }

    /// The cited leaves that belong to the condition.
    pub(crate) fn condition_items<'s>(
        &'s self,
        question: &'s Question<'_>,
    ) -> impl Iterator<Item = Item> + 's {
        let items = self.cited_items().iter().copied();
        items.filter(|item| !question.graph.leaves[item.leaf].is_member_or_role())
    }

    /// The unknown membership and the unknown role among the cited leaves.
    pub(crate) fn member_and_role<'a>(&self, question: &Question<'a>) -> (Option<&'a str>, Option<&'a str>) {
        let mut found = (None, None);
        for item in self.cited_items() {
            match question.graph.leaves[item.leaf].kind {
                LeafKind::Member(member) => found.0 = Some(member),
                LeafKind::Role(role) => found.1 = Some(role),
                _ => {}
            }
        }
        found
    }

    /// Whether a leaf's value is known, or was inferred.
    pub(crate) fn is_known(&self, question: &Question<'_>, item: Item) -> bool {
        question.graph.leaves[item.leaf].value != Value::U || self.inferred.leaves.contains_key(&item.leaf)
    }

    /// The verdict with its certainty and basis.
    pub(crate) fn verdict(&self, question: &Question<'_>) -> (Verdict, Certainty, Vec<Basis>) {
        let shaky = |sure: bool| if sure { Certainty::Likely } else { Certainty::Possible };
        let mut leaves =
            self.condition_items(question).map(|item| &question.graph.leaves[item.leaf]).peekable();
        if leaves.peek().is_none() {
            let inference = if self.refused { Basis::Inference } else { Basis::Unknown };
            return match self.member_and_role(question) {
                (Some(_), Some(_)) => (Verdict::GroupMembership, Certainty::Possible, vec![Basis::Unknown]),
                (_, Some(_)) => (Verdict::RoleUnreadable, shaky(self.clear && self.refused), vec![inference]),
                _ => (Verdict::GroupMembership, shaky(self.clear && self.refused), vec![inference]),
            };
        }
        let leaves: Vec<_> = leaves.collect();
        if leaves.iter().any(|leaf| leaf.never_true()) {
            return (Verdict::ConditionNeverTrue, Certainty::Proven, vec![Basis::Policy]);
        }
        let verdict = if leaves.iter().all(|leaf| leaf.level.is_some()) {
            Verdict::AccessLevelNotMet
        } else {
            Verdict::ConditionNotMet
        };
        let basis = self.basis(question);
        let has = |wanted: Basis| basis.contains(&wanted);
        let certainty = if has(Basis::Unknown) || (has(Basis::Inference) && !self.clear) {
            Certainty::Possible
        } else if has(Basis::Client) || has(Basis::Inference) {
            Certainty::Likely
        } else {
            Certainty::Proven
        };
        (verdict, certainty, basis)
    }

    fn basis(&self, question: &Question<'_>) -> Vec<Basis> {
        let mut found = Vec::new();
        for item in self.cited_items() {
            let leaf = &question.graph.leaves[item.leaf];
            match leaf.basis {
                Some(basis) => found.push(basis),
                None if self.inferred.leaves.contains_key(&item.leaf) => {}
                None => found.push(Basis::Unknown),
            }
        }
        match self.cited.condition {
            Value::U => {
                if self.refused {
                    found.push(Basis::Inference);
                }
                if self.has_client_leaf(question) {
                    found.push(Basis::Client);
                }
            }
            Value::F if self.value_without_client(question) != Value::F => found.push(Basis::Client),
            Value::F | Value::T => {}
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Whether this computer knows a part of the condition that no audit record decides.
    fn has_client_leaf(&self, question: &Question<'_>) -> bool {
        let graph = &question.graph;
        let counting = graph.below(self.cited.root, |node| !node.is_decided());
        counting.into_iter().any(|node| match graph.nodes[node].kind {
            NodeKind::Leaf(leaf) => graph.leaves[leaf].basis == Some(Basis::Client),
            _ => false,
        })
    }

    /// The condition's value if this computer knew nothing.
    fn value_without_client(&self, question: &Question<'_>) -> Value {
        let graph = &question.graph;
        let mut values = question.values.clone();
        let value_of = |leaf: usize| {
            let leaf = &graph.leaves[leaf];
            if leaf.basis == Some(Basis::Client) { Value::U } else { leaf.value }
        };
        for node in graph.below(self.cited.root, |_| true) {
            values[node] = graph.value(node, &values, value_of);
        }
        values[self.cited.root]
    }

    /// The statuses of the levels below the cited binding, by full name; none for those that are met.
    pub(crate) fn levels(&self, question: &Question<'_>) -> BTreeMap<String, Option<LevelStatus>> {
        let graph = &question.graph;
        let mut found: BTreeMap<String, Option<LevelStatus>> = BTreeMap::new();
        for node in graph.below(self.cited.root, |_| true) {
            if let NodeKind::Level(level) = &graph.nodes[node].kind {
                let status = self.status(node, question.values[node], level.reported);
                let entry = found.entry(graph.names[level.name].clone()).or_default();
                *entry = worst(*entry, status);
            }
        }
        found
    }

    fn status(&self, node: NodeId, value: Value, reported: Option<bool>) -> Option<LevelStatus> {
        match value {
            Value::T => None,
            Value::F if reported == Some(false) => Some(LevelStatus::Reported),
            Value::F => Some(LevelStatus::Failed),
            Value::U if self.inferred.levels.contains(&node) => Some(LevelStatus::Inferred),
            Value::U => Some(LevelStatus::Suspect),
        }
    }

    /// The inferred leaves' ids, sorted.
    pub(crate) fn inferred_ids(&self, question: &Question<'_>) -> Vec<String> {
        let ids = self
            .inferred
            .leaves
            .iter()
            .map(|(leaf, value)| item_id(&question.graph, Item { leaf: *leaf, wanted: !value }));
        let mut ids: Vec<_> = ids.collect();
        ids.sort_unstable();
        ids
    }
}

/// The status that applies first.
fn worst(left: Option<LevelStatus>, right: Option<LevelStatus>) -> Option<LevelStatus> {
    let order = [LevelStatus::Reported, LevelStatus::Failed, LevelStatus::Inferred, LevelStatus::Suspect];
    order.into_iter().find(|status| left == Some(*status) || right == Some(*status))
}

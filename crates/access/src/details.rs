//! What the screen shows below the sentence.

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};

use crate::cited::Finding;
use crate::explanation::{
    Check, ConditionNode, Details, LevelCard, LevelStatus, NodeKind as Shown, Unread, Way,
};
use crate::graph::{LeafKind, NameId, NodeId, NodeKind};
use crate::lint;
use crate::names;
use crate::phrase::{part_now, phrase, this_device};
use crate::policy::ReadState;
use crate::question::{Judgement, Question};
use crate::repair::{Item, item_id};
use crate::value::Value;

/// Most nodes that are shown of one condition or level.
const MAX_NODES: usize = 1_000;
/// Most unreadable members, roles or levels that are named.
const MAX_NAMED: usize = 100;

/// The details of a verdict that cites no binding.
pub(crate) fn without_binding(question: &Question<'_>) -> Details {
    let lints =
        lint::of_bindings(question.input, question.prepared, &question.judgements, question.facts.permission);
    Details { lints, unread: unread(question), ..Details::default() }
}

/// The details of a verdict about a binding.
pub(crate) fn of_binding(question: &Question<'_>, finding: &Finding<'_>) -> Details {
    let shown = Show { question, finding };
    let has_condition = question.prepared.condition(finding.cited.index).is_some();
    let check = |item: &Item| shown.check(*item, None);
    Details {
        cited: Some(finding.cited.cited(question.facts)),
        condition: has_condition.then(|| shown.tree(finding.cited.root, true)),
        levels: shown.levels(),
        failing: finding.cited_items().iter().map(check).collect(),
        other_ways: finding
            .repairs
            .iter()
            .skip(1)
            .map(|(binding, items)| shown.way(*binding, items))
            .collect(),
        no_device_record: finding.no_device_record(question),
        other_layers_clear: finding.clear,
        ..without_binding(question)
    }
}

fn unread(question: &Question<'_>) -> Unread {
    let input = question.input;
    let nodes = input.allow.iter().filter(|node| node.state != ReadState::Read);
    let candidates = || question.judgements.iter().filter(|judgement| judgement.is_candidate());
    let caller = question.facts.caller;
    let unknown_members = |judgement: &'_ Judgement<'_>| {
        let members = judgement.binding.members.iter();
        members.filter(|member| caller.member(member) == Value::U).cloned().collect::<Vec<_>>()
    };
    let opaque = question.graph.leaves.iter().filter(|leaf| matches!(leaf.kind, LeafKind::UnreadableLevel));
    let level_names = opaque.filter_map(|leaf| Some(question.graph.names[leaf.level?].clone()));
    Unread {
        nodes: nodes.map(|node| (node.resource.clone(), node.state)).collect(),
        total_nodes: input.allow.len(),
        roles: few(candidates().filter(|it| it.role == Value::U).map(|it| it.binding.role.clone())),
        levels: few(level_names),
        members: few(candidates().flat_map(unknown_members)),
        deny: input.deny.state != ReadState::Read,
        boundary: !input.pab_clear,
        perimeter: !input.no_perimeter,
    }
}

fn few(names: impl Iterator<Item = String>) -> Vec<String> {
    names.collect::<BTreeSet<_>>().into_iter().take(MAX_NAMED).collect()
}

struct Show<'f, 'a> {
    question: &'f Question<'a>,
    finding: &'f Finding<'a>,
}

impl Show<'_, '_> {
    fn way(&self, binding: usize, items: &[Item]) -> Way {
        let graph = &self.question.graph;
        let say = |item: &Item| phrase(graph, &graph.leaves[item.leaf], item.wanted, self.question.facts);
        let mark = |item: &Item| {
            let unknown = graph.leaves[item.leaf].value == Value::U;
            item_id(graph, *item) + if unknown { "?" } else { "" }
        };
        Way { binding, ids: items.iter().map(mark).collect(), phrases: items.iter().map(say).collect() }
    }

    fn check(&self, item: Item, span: Option<crate::Span>) -> Check {
        let graph = &self.question.graph;
        let leaf = &graph.leaves[item.leaf];
        Check {
            id: leaf.id.to_string(),
            level: leaf.level.map(|name| graph.names[name].clone()),
            phrase: phrase(graph, leaf, item.wanted, self.question.facts),
            value: leaf.value,
            basis: leaf.basis,
            inferred: self.finding.inferred.leaves.get(&item.leaf) == Some(&!item.wanted),
            wanted: item.wanted,
            cited: self.finding.cited_items().contains(&item),
            actual: self.actual(&leaf.kind),
            span,
        }
    }

    /// What this device, request or VM has.
    fn actual(&self, kind: &LeafKind<'_>) -> Option<String> {
        let facts = self.question.facts;
        let addresses = || Some(facts.egress.to_string()).filter(|text| !text.is_empty());
        match kind {
            LeafKind::Ip(_) => addresses(),
            LeafKind::ScreenLock => {
                facts.client.screen_lock.map(|on| if on { "on" } else { "off" }.to_owned())
            }
            LeafKind::Encryption(_) => facts.client.encryption.clone(),
            LeafKind::Os(_) => this_device(facts),
            LeafKind::Atom(_, expr, scope) => {
                let mut first = None;
                expr.each_child(|child| first = first.or(Some(child)));
                if expr.mentions("destination.port") {
                    facts.target.port.map(|port| port.to_string())
                } else if expr.mentions("destination.ip") {
                    facts.target.ip.clone()
                } else if expr.mentions("device.os_type") {
                    this_device(facts)
                } else if expr.mentions("origin.ip") {
                    addresses()
                } else if expr.mentions("request.time") {
                    let part = first.and_then(|first| part_now(first, *scope, facts));
                    part.or_else(|| facts.now.map(|now| now.to_string()))
                } else {
                    None
                }
            }
            _ => None,
        }
    }

    /// A formula as a tree; levels in it stand for themselves.
    fn tree(&self, root: NodeId, wanted: bool) -> ConditionNode {
        let mut left = MAX_NODES;
        self.node(root, wanted, &mut left)
    }

    fn node(&self, id: NodeId, wanted: bool, left: &mut usize) -> ConditionNode {
        *left = left.saturating_sub(1);
        let graph = &self.question.graph;
        let node = &graph.nodes[id];
        let (kind, wanted_below) = match &node.kind {
            NodeKind::Leaf(leaf) => {
                let check = self.check(Item { leaf: *leaf, wanted }, node.span);
                (Shown::Atom(Box::new(check)), wanted)
            }
            NodeKind::Not(_) => (Shown::Not, !wanted),
            NodeKind::And(_) => (Shown::And, wanted),
            NodeKind::Or(_) => (Shown::Or, wanted),
            NodeKind::Level(level) => (Shown::Level(graph.names[level.name].clone()), wanted),
        };
        let mut children = Vec::new();
        if !matches!(kind, Shown::Level(_)) {
            for operand in graph.operands(id) {
                if *left == 0 {
                    break;
                }
                children.push(self.node(*operand, wanted_below, left));
            }
        }
        ConditionNode { kind, value: self.question.values[id], span: node.span, children }
    }

    fn levels(&self) -> Vec<LevelCard> {
        let graph = &self.question.graph;
        let statuses = self.finding.levels(self.question);
        let mut cards: Vec<_> = self
            .level_nodes()
            .into_iter()
            .filter_map(|(name, (node, wanted))| {
                let status = statuses.get(&graph.names[name]).copied().flatten();
                self.card(&graph.names[name], node, wanted, status)
            })
            .collect();
        cards.sort_by(|left, right| left.name.cmp(&right.name));
        cards
    }

    /// The outermost node of every level, and whether the condition wants it to be true.
    fn level_nodes(&self) -> BTreeMap<NameId, (NodeId, bool)> {
        let graph = &self.question.graph;
        let mut found = BTreeMap::new();
        let root = (self.finding.cited.root, true);
        let mut seen = HashSet::from([root]);
        let mut waiting = VecDeque::from([root]);
        while let Some((node, wanted)) = waiting.pop_front() {
            let kind = &graph.nodes[node].kind;
            if let NodeKind::Level(level) = kind {
                found.entry(level.name).or_insert((node, wanted));
            }
            let below = wanted != matches!(kind, NodeKind::Not(_));
            let operands = graph.operands(node).iter().map(|operand| (*operand, below));
            waiting.extend(operands.filter(|operand| seen.insert(*operand)));
        }
        found
    }

    fn card(&self, name: &str, node: NodeId, wanted: bool, status: Option<LevelStatus>) -> Option<LevelCard> {
        let NodeKind::Level(level) = &self.question.graph.nodes[node].kind else { return None };
        let prepared = self.question.prepared;
        let index = prepared.level(name);
        let item = index.and_then(|index| self.question.input.levels.items.get(index));
        let short = names::short(name).to_owned();
        let title = item.map(|item| item.title.clone()).filter(|title| !title.is_empty());
        Some(LevelCard {
            name: name.to_owned(),
            title: title.unwrap_or_else(|| short.clone()),
            short,
            value: self.question.values[node],
            status,
            reported: level.reported,
            body: self.tree(level.body, wanted),
            expression: index.and_then(|index| prepared.custom(index)).map(|it| it.source().to_owned()),
        })
    }
}

//! From conditions and levels to formulas (specification, section 8.2).

use std::collections::HashMap;
use std::rc::Rc;

use crate::cel::{Expr, Kind, Op, Parsed};
use crate::explanation::{Basis, Span};
use crate::facts::{Facts, Judged, Scope};
use crate::graph::{Graph, Leaf, LeafId, LeafKind, NameId, Node, NodeId, NodeKind};
use crate::input::Input;
use crate::names;
use crate::policy::{Binding, ReadState};
use crate::value::Value;

/// Conditions and custom levels of an input, parsed once.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// One for every binding of a readable node, in order; none without a condition.
    conditions: Vec<Option<Parsed>>,
    /// One for every level item; none unless it is custom.
    custom: Vec<Option<Parsed>>,
    /// Level items by full name.
    by_name: HashMap<String, usize>,
}

/// The bindings of readable nodes, in order, with their nodes.
pub(crate) fn bindings(input: &Input) -> impl Iterator<Item = (&str, &Binding)> {
    let read = input.allow.iter().filter(|node| node.state == ReadState::Read);
    read.flat_map(|node| node.bindings.iter().map(|binding| (node.resource.as_str(), binding)))
}

/// Parses the condition of a binding, if it says anything.
pub(crate) fn condition_of(binding: &Binding) -> Option<Parsed> {
    binding.condition.as_ref().filter(|it| !it.is_empty()).map(|it| Parsed::new(&it.expression))
}

impl Prepared {
    pub(crate) fn new(input: &Input) -> Self {
        use crate::policy::LevelDefinition::Custom;
        let conditions = bindings(input).map(|(_, binding)| condition_of(binding)).collect();
        let mut by_name = HashMap::new();
        let mut custom = Vec::new();
        for (index, level) in input.levels.items.iter().enumerate() {
            by_name.entry(level.name.clone()).or_insert(index);
            custom.push(match &level.definition {
                Custom(expression) => Some(Parsed::new(expression)),
                _ => None,
            });
        }
        Self { conditions, custom, by_name }
    }

    pub(crate) fn condition(&self, binding: usize) -> Option<&Parsed> {
        self.conditions.get(binding)?.as_ref()
    }

    pub(crate) fn level(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    pub(crate) fn custom(&self, level: usize) -> Option<&Parsed> {
        self.custom.get(level)?.as_ref()
    }
}

/// Builds the graph.
#[derive(Debug)]
pub(crate) struct Builder<'a> {
    pub(crate) input: &'a Input,
    pub(crate) facts: &'a Facts<'a>,
    pub(crate) prepared: &'a Prepared,
    pub(crate) graph: Graph<'a>,
    /// What the audit record says of levels.
    pub(crate) reported: HashMap<&'a str, bool>,
    /// Levels being built, outermost first.
    pub(crate) open: Vec<NameId>,
    /// The outermost open level that was met again since this was reset.
    pub(crate) met_again: usize,
    /// Levels built, if the result is the same wherever they are named.
    pub(crate) built: HashMap<NameId, NodeId>,
    /// Levels built with no level around them.
    pub(crate) built_outermost: HashMap<NameId, NodeId>,
    /// Nodes that levels may still take.
    pub(crate) budget: usize,
    pub(crate) depth: usize,
    leaf_ids: HashMap<(Option<NameId>, Rc<str>, Value), LeafId>,
    name_ids: HashMap<String, NameId>,
}

/// Nodes that all levels of one question may take together: cyclic levels can be unfolded in very many ways.
const LEVEL_BUDGET: usize = 20_000;

impl<'a> Builder<'a> {
    pub(crate) fn new(input: &'a Input, facts: &'a Facts<'a>, prepared: &'a Prepared) -> Self {
        let mut reported = HashMap::new();
        if let Some(audit) = &input.audit {
            reported.extend(audit.satisfied.iter().map(|name| (name.as_str(), true)));
            reported.extend(audit.unsatisfied.iter().map(|name| (name.as_str(), false)));
        }
        Self {
            input,
            facts,
            prepared,
            graph: Graph::default(),
            reported,
            open: Vec::new(),
            met_again: usize::MAX,
            built: HashMap::new(),
            built_outermost: HashMap::new(),
            budget: LEVEL_BUDGET,
            depth: 0,
            leaf_ids: HashMap::new(),
            name_ids: HashMap::new(),
        }
    }

    /// The formula of a binding's condition.
    pub(crate) fn condition(&mut self, parsed: Option<&'a Parsed>) -> NodeId {
        match parsed {
            Some(parsed) => self.parsed(parsed, Scope::Iam),
            None => self.node(NodeKind::And(Vec::new()), None),
        }
    }

    /// The formula of a whole expression.
    pub(crate) fn parsed(&mut self, parsed: &'a Parsed, scope: Scope) -> NodeId {
        match &parsed.root {
            Some(root) => self.expr(parsed, root, scope, false),
            None => {
                let id = self.atom_id(parsed.text(), scope);
                let leaf = self.leaf(id, Judged::known(Value::U, Basis::Policy), LeafKind::Unparsed(parsed));
                self.node(NodeKind::Leaf(leaf), Some(parsed.whole()))
            }
        }
    }

    fn expr(&mut self, parsed: &'a Parsed, expr: &'a Expr, scope: Scope, negated: bool) -> NodeId {
        self.depth += 1;
        let span = Some(expr.span);
        let node = match &expr.kind {
            Kind::And(_) => {
                let mut operands = Vec::new();
                self.chain(parsed, expr, scope, negated, &mut operands);
                self.node(NodeKind::And(operands), span)
            }
            Kind::Or(_) => {
                let mut operands = Vec::new();
                self.chain(parsed, expr, scope, negated, &mut operands);
                self.node(NodeKind::Or(operands), span)
            }
            Kind::Not(inner) => {
                let inner = self.expr(parsed, inner, scope, !negated);
                self.node(NodeKind::Not(inner), span)
            }
            _ => match self.level_named_by(expr, scope) {
                Some(name) => self.level(&name, span),
                None => self.atom(parsed, expr, scope, negated),
            },
        };
        self.depth -= 1;
        node
    }

    /// The operands of a connective; a chain of the same one is one node, parentheses or not.
    fn chain(
        &mut self,
        parsed: &'a Parsed,
        expr: &'a Expr,
        scope: Scope,
        negated: bool,
        operands: &mut Vec<NodeId>,
    ) {
        let (Kind::And(items) | Kind::Or(items)) = &expr.kind else { return };
        for item in items {
            if std::mem::discriminant(&item.kind) == std::mem::discriminant(&expr.kind) {
                self.chain(parsed, item, scope, negated, operands);
            } else {
                operands.push(self.expr(parsed, item, scope, negated));
            }
        }
    }

    /// The level for which an atom tests.
    fn level_named_by(&self, expr: &Expr, scope: Scope) -> Option<String> {
        match scope {
            Scope::Iam => level_test(expr).map(str::to_owned),
            Scope::Custom => {
                let name = expr.path()?.strip_prefix("levels.").filter(|name| !name.contains('.'))?;
                let of = self.open.last().map_or("", |name| &self.graph.names[*name]);
                Some(names::sibling(of, name))
            }
        }
    }

    fn atom(&mut self, parsed: &'a Parsed, expr: &'a Expr, scope: Scope, negated: bool) -> NodeId {
        let id = self.atom_id(parsed.slice(expr.span), scope);
        let judged = self.facts.judge(expr, scope, negated);
        let kind = match &judged.bad_timestamp {
            Some(text) => LeafKind::BadTimestamp(text.clone()),
            None => LeafKind::Atom(parsed, expr, scope),
        };
        let leaf = self.leaf(id, judged, kind);
        self.node(NodeKind::Leaf(leaf), Some(expr.span))
    }

    fn atom_id(&self, source: &str, scope: Scope) -> String {
        match (scope, self.open.last()) {
            (Scope::Custom, Some(level)) => {
                format!("level:{}/cel:{source}", names::short(&self.graph.names[*level]))
            }
            _ => format!("cel:{source}"),
        }
    }

    /// A leaf of the innermost open level, or of none.
    pub(crate) fn leaf(&mut self, id: String, judged: Judged, kind: LeafKind<'a>) -> LeafId {
        self.leaf_of(self.open.last().copied(), id, judged, kind)
    }

    /// A leaf of a level; the same one if there is one already.
    pub(crate) fn leaf_of(
        &mut self,
        level: Option<NameId>,
        id: String,
        judged: Judged,
        kind: LeafKind<'a>,
    ) -> LeafId {
        let leaves = &mut self.graph.leaves;
        let id: Rc<str> = id.into();
        *self.leaf_ids.entry((level, id.clone(), judged.value)).or_insert_with(|| {
            let Judged { value, basis, no_device_record, .. } = judged;
            leaves.push(Leaf { id, level, value, basis, kind, no_device_record });
            leaves.len() - 1
        })
    }

    pub(crate) fn node(&mut self, kind: NodeKind, span: Option<Span>) -> NodeId {
        if !self.open.is_empty() {
            self.budget = self.budget.saturating_sub(1);
        }
        self.graph.nodes.push(Node { kind, span });
        self.graph.nodes.len() - 1
    }

    pub(crate) fn name(&mut self, name: &str) -> NameId {
        if let Some(id) = self.name_ids.get(name) {
            return *id;
        }
        self.graph.names.push(name.to_owned());
        let id = self.graph.names.len() - 1;
        self.name_ids.insert(name.to_owned(), id);
        id
    }
}

/// The level for which an atom of an IAM condition tests, in any spelling.
pub(crate) fn level_test(expr: &Expr) -> Option<&str> {
    const LEVELS: &str = "request.auth.access_levels";
    match &expr.kind {
        Kind::Binary(Op::In, name, levels) if levels.is_path(LEVELS) => name.text(),
        Kind::Call { target: Some(levels), name, args } if levels.is_path(LEVELS) => {
            match (name.as_str(), args.as_slice()) {
                ("contains", [level]) => level.text(),
                ("exists", [variable, test]) => equals_variable(variable, test),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The text that a macro's test compares its variable with.
fn equals_variable<'a>(variable: &Expr, test: &'a Expr) -> Option<&'a str> {
    let (Kind::Path(variable), Kind::Binary(Op::Eq, left, right)) = (&variable.kind, &test.kind) else {
        return None;
    };
    if left.is_path(variable) { right.text() } else { left.text().filter(|_| right.is_path(variable)) }
}

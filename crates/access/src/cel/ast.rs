//! The tree of an expression, with the place of every node in the source.

use crate::explanation::Span;

/// A parsed expression.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Expr {
    /// What it is.
    pub(crate) kind: Kind,
    /// Its place, without parentheses around it.
    pub(crate) span: Span,
    /// Its place, with them.
    pub(crate) outer: Span,
    /// Levels of the tree from here down.
    pub(crate) depth: usize,
}

/// What an expression is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    Literal(Literal),
    List(Vec<Expr>),
    /// An identifier, or selections from one: `request.auth.access_levels`.
    Path(String),
    /// A selection from anything else.
    Select(Box<Expr>, String),
    Index(Box<Expr>, Box<Expr>),
    Call {
        target: Option<Box<Expr>>,
        name: String,
        args: Vec<Expr>,
    },
    Not(Box<Expr>),
    Neg(Box<Expr>),
    Binary(Op, Box<Expr>, Box<Expr>),
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Ternary(Box<[Expr; 3]>),
}

/// A literal.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Literal {
    Null,
    Bool(bool),
    /// `None` if it does not fit.
    Int(Option<i64>),
    /// `None` if it does not fit.
    UInt(Option<u64>),
    Double(f64),
    Text(String),
    Bytes,
}

/// A binary operator that is no connective.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Op {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    In,
    Add,
    Sub,
    Mul,
    Div,
    Rem,
}

impl Op {
    /// Whether it compares: the relations, and `in`.
    pub(crate) fn compares(self) -> bool {
        matches!(self, Self::Eq | Self::Ne | Self::Lt | Self::Le | Self::Gt | Self::Ge | Self::In)
    }
}

impl Expr {
    /// The dotted path of an identifier with selections.
    pub(crate) fn path(&self) -> Option<&str> {
        match &self.kind {
            Kind::Path(path) => Some(path),
            _ => None,
        }
    }

    /// Whether this is the attribute with the given dotted path.
    pub(crate) fn is_path(&self, path: &str) -> bool {
        self.path() == Some(path)
    }

    /// Whether this is the attribute with the given dotted path, or a part of it.
    pub(crate) fn is_within(&self, path: &str) -> bool {
        let rest = self.path().and_then(|own| own.strip_prefix(path));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }

    /// The text of a string literal.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Literal(Literal::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The elements of a list literal.
    pub(crate) fn elements(&self) -> Option<&[Self]> {
        match &self.kind {
            Kind::List(elements) => Some(elements),
            _ => None,
        }
    }

    /// Calls `visit` for this node and all below it. Trees are shallow (the parser sees to it).
    pub(crate) fn walk<'a>(&'a self, visit: &mut impl FnMut(&'a Self)) {
        visit(self);
        self.each_child(|child| child.walk(visit));
    }

    /// Whether any node of the tree passes the test.
    pub(crate) fn any(&self, test: impl Fn(&Self) -> bool) -> bool {
        let mut found = false;
        self.walk(&mut |node| found = found || test(node));
        found
    }

    /// Whether the attribute with the given path, or a part of it, occurs.
    pub(crate) fn mentions(&self, path: &str) -> bool {
        self.any(|node| node.is_within(path))
    }

    /// Calls `visit` for the direct operands, in source order.
    pub(crate) fn each_child<'a>(&'a self, mut visit: impl FnMut(&'a Self)) {
        match &self.kind {
            Kind::Literal(_) | Kind::Path(_) => {}
            Kind::List(items) | Kind::And(items) | Kind::Or(items) => items.iter().for_each(visit),
            Kind::Select(inner, _) | Kind::Not(inner) | Kind::Neg(inner) => visit(inner),
            Kind::Index(left, right) | Kind::Binary(_, left, right) => {
                visit(left);
                visit(right);
            }
            Kind::Call { target, args, .. } => target.as_deref().into_iter().chain(args).for_each(visit),
            Kind::Ternary(parts) => parts.iter().for_each(visit),
        }
    }
}

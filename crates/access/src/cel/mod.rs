//! The expression language of conditions and custom levels: our own parser with source offsets, and an
//! evaluator in which a missing fact is "unknown" rather than an error (specification, section 6).

pub(crate) mod ast;
pub(crate) mod eval;
mod function;
mod lex;
mod number;
mod parse;
pub(crate) mod time;

use crate::explanation::Span;

pub(crate) use ast::{Expr, Kind, Literal, Op};

/// An expression with its source.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Parsed {
    source: String,
    /// `None` if the parser refused it: it is one atom of unknown value then.
    pub(crate) root: Option<Expr>,
}

impl Parsed {
    pub(crate) fn new(source: &str) -> Self {
        Self { source: source.to_owned(), root: parse::parse(source) }
    }

    /// The text of a span.
    pub(crate) fn slice(&self, span: Span) -> &str {
        self.source.get(span.start..span.end).unwrap_or_default()
    }

    /// The whole text, to which spans refer.
    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    /// The whole text, trimmed.
    pub(crate) fn text(&self) -> &str {
        self.source.trim()
    }

    /// The place of the trimmed text.
    pub(crate) fn whole(&self) -> Span {
        let start = self.source.len() - self.source.trim_start().len();
        Span { start, end: start + self.text().len() }
    }
}

//! A Pratt parser for the part of CEL that IAM and Access Context Manager use (specification, section 6.2).
//! Depth and size are bounded, so that an expression made to hurt is refused instead.

use super::ast::{Expr, Kind, Literal, Op};
use super::lex::{Lexer, Token, TokenKind, integer};
use crate::explanation::Span;

/// Longest expression that is parsed, in bytes. IAM's own limit is far below.
const MAX_LENGTH: usize = 64 * 1024;
/// Deepest nesting that is parsed.
const MAX_DEPTH: usize = 100;

/// Parses an expression; `None` if it is not in the subset, too long or too deep.
pub(crate) fn parse(source: &str) -> Option<Expr> {
    if source.len() > MAX_LENGTH {
        return None;
    }
    let mut lexer = Lexer::new(source);
    let next = lexer.token();
    let mut parser = Parser { lexer, next, end: 0, depth: 0 };
    let expr = parser.ternary()?;
    (parser.next.kind == TokenKind::End).then_some(expr)
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    next: Token<'a>,
    /// Where the token before the next one ended.
    end: usize,
    depth: usize,
}

/// Binding powers of the binary operators, weakest first; `?:` stands apart.
const OR: u8 = 0;
const AND: u8 = 1;
const RELATION: u8 = 2;
const SUM: u8 = 3;
const PRODUCT: u8 = 4;

/// What stands between two operands.
#[derive(Debug, Clone, Copy)]
enum Infix {
    /// A connective: a chain of the same one is one node with all its operands.
    Chain(fn(Vec<Expr>) -> Kind),
    Operator(Op),
}

fn infix(text: &str) -> Option<(Infix, u8)> {
    Some(match text {
        "||" => (Infix::Chain(Kind::Or), OR),
        "&&" => (Infix::Chain(Kind::And), AND),
        "==" => (Infix::Operator(Op::Eq), RELATION),
        "!=" => (Infix::Operator(Op::Ne), RELATION),
        "<" => (Infix::Operator(Op::Lt), RELATION),
        "<=" => (Infix::Operator(Op::Le), RELATION),
        ">" => (Infix::Operator(Op::Gt), RELATION),
        ">=" => (Infix::Operator(Op::Ge), RELATION),
        "in" => (Infix::Operator(Op::In), RELATION),
        "+" => (Infix::Operator(Op::Add), SUM),
        "-" => (Infix::Operator(Op::Sub), SUM),
        "*" => (Infix::Operator(Op::Mul), PRODUCT),
        "/" => (Infix::Operator(Op::Div), PRODUCT),
        "%" => (Infix::Operator(Op::Rem), PRODUCT),
        _ => return None,
    })
}

impl<'a> Parser<'a> {
    /// Takes the next token.
    fn take(&mut self) -> TokenKind<'a> {
        self.end = self.next.span.end;
        let following = self.lexer.token();
        std::mem::replace(&mut self.next, following).kind
    }

    /// Takes the next token if it is this mark.
    fn eat(&mut self, punctuation: &str) -> bool {
        let found = matches!(self.next.kind, TokenKind::Punct(text) if text == punctuation);
        if found {
            self.take();
        }
        found
    }

    /// Runs `part` one level deeper, if that is allowed.
    fn deeper<T>(&mut self, part: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        if self.depth >= MAX_DEPTH {
            return None;
        }
        self.depth += 1;
        let result = part(self);
        self.depth -= 1;
        result
    }

    fn ternary(&mut self) -> Option<Expr> {
        self.deeper(|parser| {
            let condition = parser.binary(OR)?;
            if !parser.eat("?") {
                return Some(condition);
            }
            let start = condition.outer.start;
            let yes = parser.ternary()?;
            if !parser.eat(":") {
                return None;
            }
            let no = parser.ternary()?;
            let end = no.outer.end;
            node(Kind::Ternary(Box::new([condition, yes, no])), start, end)
        })
    }

    /// Operands joined by operators of at least this binding power.
    fn binary(&mut self, power: u8) -> Option<Expr> {
        let mut left = self.unary()?;
        while let TokenKind::Punct(text) = self.next.kind
            && let Some((infix, its_power)) = infix(text)
            && its_power >= power
        {
            let start = left.outer.start;
            let kind = match infix {
                Infix::Operator(op) => {
                    self.take();
                    Kind::Binary(op, Box::new(left), Box::new(self.binary(its_power + 1)?))
                }
                Infix::Chain(chain) => {
                    let mut operands = vec![left];
                    while self.eat(text) {
                        operands.push(self.binary(its_power + 1)?);
                    }
                    chain(operands)
                }
            };
            left = node(kind, start, self.end)?;
        }
        Some(left)
    }

    fn unary(&mut self) -> Option<Expr> {
        let start = self.next.span.start;
        if self.eat("!") {
            let inner = self.deeper(Self::unary)?;
            let end = inner.outer.end;
            return node(Kind::Not(Box::new(inner)), start, end);
        }
        if !self.eat("-") {
            return self.postfix();
        }
        if let TokenKind::Number(text) = self.next.kind {
            let value = integer(text).and_then(|value| i64::try_from(-value).ok());
            self.take();
            let literal = node(Kind::Literal(Literal::Int(value)), start, self.end)?;
            return self.suffixes(literal);
        }
        let inner = self.deeper(Self::unary)?;
        let end = inner.outer.end;
        if let Kind::Literal(Literal::Double(value)) = inner.kind {
            return node(Kind::Literal(Literal::Double(-value)), start, end);
        }
        node(Kind::Neg(Box::new(inner)), start, end)
    }

    fn postfix(&mut self) -> Option<Expr> {
        let primary = self.primary()?;
        self.suffixes(primary)
    }

    fn suffixes(&mut self, mut expr: Expr) -> Option<Expr> {
        let start = expr.outer.start;
        loop {
            if self.eat(".") {
                let TokenKind::Ident(name) = self.take() else { return None };
                let kind = if self.eat("(") {
                    let args = self.items(")")?;
                    Kind::Call { target: Some(Box::new(expr)), name: name.to_owned(), args }
                } else if let Kind::Path(mut path) = expr.kind {
                    path.push('.');
                    path.push_str(name);
                    Kind::Path(path)
                } else {
                    Kind::Select(Box::new(expr), name.to_owned())
                };
                expr = node(kind, start, self.end)?;
            } else if self.eat("[") {
                let index = self.ternary()?;
                if !self.eat("]") {
                    return None;
                }
                expr = node(Kind::Index(Box::new(expr), Box::new(index)), start, self.end)?;
            } else {
                return Some(expr);
            }
        }
    }

    fn primary(&mut self) -> Option<Expr> {
        let start = self.next.span.start;
        let kind = match self.take() {
            TokenKind::Literal(literal) => Kind::Literal(literal),
            TokenKind::Number(text) => {
                Kind::Literal(Literal::Int(integer(text).and_then(|value| i64::try_from(value).ok())))
            }
            TokenKind::Ident(name) if self.eat("(") => {
                Kind::Call { target: None, name: name.to_owned(), args: self.items(")")? }
            }
            TokenKind::Ident(name) => Kind::Path(name.to_owned()),
            TokenKind::Punct("[") => Kind::List(self.items("]")?),
            TokenKind::Punct("(") => {
                let inner = self.ternary()?;
                if !self.eat(")") {
                    return None;
                }
                return Some(Expr { outer: Span { start, end: self.end }, ..inner });
            }
            TokenKind::Punct(_) | TokenKind::End | TokenKind::Bad => return None,
        };
        node(kind, start, self.end)
    }

    /// Expressions between commas up to the closing mark.
    fn items(&mut self, close: &str) -> Option<Vec<Expr>> {
        let mut items = Vec::new();
        while !self.eat(close) {
            items.push(self.ternary()?);
            if !self.eat(",") {
                return self.eat(close).then_some(items);
            }
        }
        Some(items)
    }
}

/// A node, unless its tree gets too deep.
fn node(kind: Kind, start: usize, end: usize) -> Option<Expr> {
    let span = Span { start, end };
    let mut expr = Expr { kind, span, outer: span, depth: 0 };
    let mut below = 0;
    expr.each_child(|child| below = below.max(child.depth));
    expr.depth = below + 1;
    (expr.depth <= MAX_DEPTH).then_some(expr)
}

//! Evaluation of an atom. `None` stands for everything without a value: an unknown attribute, a wrong type, an
//! overflow. Only the connectives and `?:` can absorb it, by CEL's own rule (specification, section 6.1).

use jiff::SignedDuration;
use jiff::civil::DateTime;

use super::ast::{Expr, Kind, Literal, Op};
use super::{function, number};

/// A value of CEL.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Val {
    Null,
    Bool(bool),
    Int(i64),
    UInt(u64),
    Double(f64),
    Text(String),
    List(Vec<Val>),
    /// In UTC.
    Time(DateTime),
    Duration(SignedDuration),
    /// A member of a named enumeration.
    Enum(&'static str, String),
}

/// The facts that expressions may ask for.
pub(crate) trait Env {
    /// The value of an attribute, given by its dotted path.
    fn attribute(&self, path: &str) -> Option<Val>;
    /// The value of a function that needs facts.
    fn call(&self, target: Option<&Expr>, name: &str, args: &[Expr]) -> Option<Val>;
}

/// The truth of an expression.
pub(crate) fn truth(expr: &Expr, env: &dyn Env) -> Option<bool> {
    match eval(expr, env)? {
        Val::Bool(value) => Some(value),
        _ => None,
    }
}

/// The value of an expression.
pub(crate) fn eval(expr: &Expr, env: &dyn Env) -> Option<Val> {
    match &expr.kind {
        Kind::Literal(literal) => value_of(literal),
        Kind::List(items) => items.iter().map(|item| eval(item, env)).collect::<Option<_>>().map(Val::List),
        Kind::Path(path) => env.attribute(path),
        Kind::Select(..) => None,
        Kind::Index(list, index) => element(&eval(list, env)?, &eval(index, env)?),
        Kind::Call { target, name, args } => env
            .call(target.as_deref(), name, args)
            .or_else(|| function::call(target.as_deref(), name, args, env)),
        Kind::Not(inner) => truth(inner, env).map(|value| Val::Bool(!value)),
        Kind::Neg(inner) => number::negate(eval(inner, env)?),
        Kind::Binary(op, left, right) => binary(*op, eval(left, env)?, eval(right, env)?),
        Kind::And(items) => connective(items, env, false),
        Kind::Or(items) => connective(items, env, true),
        Kind::Ternary(parts) => {
            let [condition, yes, no] = parts.as_ref();
            eval(if truth(condition, env)? { yes } else { no }, env)
        }
    }
}

fn value_of(literal: &Literal) -> Option<Val> {
    Some(match literal {
        Literal::Null => Val::Null,
        Literal::Bool(value) => Val::Bool(*value),
        Literal::Int(value) => Val::Int((*value)?),
        Literal::UInt(value) => Val::UInt((*value)?),
        Literal::Double(value) => Val::Double(*value),
        Literal::Text(text) => Val::Text(text.clone()),
        Literal::Bytes => return None,
    })
}

/// `decisive` decides whatever the others are: `error && false` is false.
fn connective(items: &[Expr], env: &dyn Env, decisive: bool) -> Option<Val> {
    let mut known = true;
    for item in items {
        match truth(item, env) {
            Some(value) if value == decisive => return Some(Val::Bool(decisive)),
            Some(_) => {}
            None => known = false,
        }
    }
    known.then_some(Val::Bool(!decisive))
}

fn element(list: &Val, index: &Val) -> Option<Val> {
    let (Val::List(items), Val::Int(index)) = (list, index) else { return None };
    items.get(usize::try_from(*index).ok()?).cloned()
}

fn binary(op: Op, left: Val, right: Val) -> Option<Val> {
    match op {
        Op::Eq => equal(&left, &right).map(Val::Bool),
        Op::Ne => equal(&left, &right).map(|value| Val::Bool(!value)),
        Op::Lt | Op::Le | Op::Gt | Op::Ge => number::compare(op, &left, &right).map(Val::Bool),
        Op::In => contains(&left, &right).map(Val::Bool),
        Op::Add | Op::Sub | Op::Mul | Op::Div | Op::Rem => number::arithmetic(op, left, right),
    }
}

/// Whether two values of one type are equal; numbers are of one type here.
pub(crate) fn equal(left: &Val, right: &Val) -> Option<bool> {
    match (left, right) {
        (Val::Null, Val::Null) => Some(true),
        (Val::Bool(left), Val::Bool(right)) => Some(left == right),
        (Val::Text(left), Val::Text(right)) => Some(left == right),
        (Val::Time(left), Val::Time(right)) => Some(left == right),
        (Val::Duration(left), Val::Duration(right)) => Some(left == right),
        (Val::Enum(kind, left), Val::Enum(other_kind, right)) if kind == other_kind => Some(left == right),
        (Val::List(left), Val::List(right)) => {
            let mut all = left.len() == right.len();
            for (left, right) in left.iter().zip(right) {
                all &= equal(left, right)?;
            }
            Some(all)
        }
        _ => number::equal(left, right),
    }
}

/// An element of another type leaves the whole without a value.
fn contains(item: &Val, list: &Val) -> Option<bool> {
    let Val::List(items) = list else { return None };
    let mut any = false;
    for other in items {
        any |= equal(item, other)?;
    }
    Some(any)
}

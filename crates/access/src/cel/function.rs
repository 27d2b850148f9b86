//! Functions that need no facts beyond their arguments. All others have no value (specification, section 6.1).

use super::ast::Expr;
use super::eval::{Env, Val, eval};
use super::number::in_range;
use super::time;

/// The value of a call.
pub(crate) fn call(target: Option<&Expr>, name: &str, args: &[Expr], env: &dyn Env) -> Option<Val> {
    match (target, name, args) {
        (None, "timestamp", [text]) => match eval(text, env)? {
            Val::Text(text) => in_range(time::timestamp(&text)?),
            Val::Time(already) => Some(Val::Time(already)),
            _ => None,
        },
        (None, "date", [text]) => in_range(time::date(&text_of(text, env)?)?),
        (None, "duration", [text]) => match eval(text, env)? {
            Val::Text(text) => time::duration(&text).map(Val::Duration),
            Val::Duration(already) => Some(Val::Duration(already)),
            _ => None,
        },
        (Some(target), "startsWith", [prefix]) => {
            Some(Val::Bool(text_of(target, env)?.starts_with(&text_of(prefix, env)?)))
        }
        (Some(target), "endsWith", [suffix]) => {
            Some(Val::Bool(text_of(target, env)?.ends_with(&text_of(suffix, env)?)))
        }
        (Some(target), getter, [zone]) => {
            time::part(getter, &eval(target, env)?, Some(&text_of(zone, env)?)).map(Val::Int)
        }
        (Some(target), getter, []) => time::part(getter, &eval(target, env)?, None).map(Val::Int),
        _ => None,
    }
}

fn text_of(expr: &Expr, env: &dyn Env) -> Option<String> {
    match eval(expr, env)? {
        Val::Text(text) => Some(text),
        _ => None,
    }
}

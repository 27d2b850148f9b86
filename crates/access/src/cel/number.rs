//! Numbers, times and text by CEL's rules: operands of one type, no overflow; comparisons cross the number
//! types.

use std::cmp::Ordering;

use jiff::civil::DateTime;

use super::ast::Op;
use super::eval::Val;

/// `-x`.
pub(crate) fn negate(value: Val) -> Option<Val> {
    match value {
        Val::Int(value) => value.checked_neg().map(Val::Int),
        Val::Double(value) => Some(Val::Double(-value)),
        _ => None,
    }
}

/// Whether two numbers are equal; `None` if either is none.
pub(crate) fn equal(left: &Val, right: &Val) -> Option<bool> {
    numbers(left, right).map(|order| order == Some(Ordering::Equal))
}

/// Whether the order of two values is the wanted one.
pub(crate) fn compare(op: Op, left: &Val, right: &Val) -> Option<bool> {
    let order = match (left, right) {
        (Val::Bool(left), Val::Bool(right)) => Some(left.cmp(right)),
        (Val::Text(left), Val::Text(right)) => Some(left.cmp(right)),
        (Val::Time(left), Val::Time(right)) => Some(left.cmp(right)),
        (Val::Duration(left), Val::Duration(right)) => Some(left.cmp(right)),
        _ => numbers(left, right)?,
    };
    // not-a-number is neither less nor more
    let Some(order) = order else { return Some(false) };
    match op {
        Op::Lt => Some(order.is_lt()),
        Op::Le => Some(order.is_le()),
        Op::Gt => Some(order.is_gt()),
        Op::Ge => Some(order.is_ge()),
        _ => None,
    }
}

fn numbers(left: &Val, right: &Val) -> Option<Option<Ordering>> {
    let whole = |value: &Val| match value {
        Val::Int(value) => Some(i128::from(*value)),
        Val::UInt(value) => Some(i128::from(*value)),
        _ => None,
    };
    match (left, right) {
        (Val::Double(left), Val::Double(right)) => Some(left.partial_cmp(right)),
        (Val::Double(left), right) => Some(double_and_whole(*left, whole(right)?)),
        (left, Val::Double(right)) => Some(double_and_whole(*right, whole(left)?).map(Ordering::reverse)),
        (left, right) => Some(Some(whole(left)?.cmp(&whole(right)?))),
    }
}

/// Exact, where a conversion of the whole number to a double is not.
#[expect(clippy::cast_possible_truncation, reason = "the range is tested before")]
fn double_and_whole(double: f64, whole: i128) -> Option<Ordering> {
    /// Beyond every 64-bit number.
    const BEYOND: f64 = 1e20;
    if double.is_nan() {
        return None;
    }
    if double.abs() >= BEYOND {
        return Some(if double > 0.0 { Ordering::Greater } else { Ordering::Less });
    }
    let floor = double.floor();
    Some((floor as i128).cmp(&whole).then(if double > floor { Ordering::Greater } else { Ordering::Equal }))
}

/// `+ - * / %`.
pub(crate) fn arithmetic(op: Op, left: Val, right: Val) -> Option<Val> {
    match (left, right) {
        (Val::Int(left), Val::Int(right)) => match op {
            Op::Add => left.checked_add(right),
            Op::Sub => left.checked_sub(right),
            Op::Mul => left.checked_mul(right),
            Op::Div => left.checked_div(right),
            Op::Rem => left.checked_rem(right),
            _ => None,
        }
        .map(Val::Int),
        (Val::UInt(left), Val::UInt(right)) => match op {
            Op::Add => left.checked_add(right),
            Op::Sub => left.checked_sub(right),
            Op::Mul => left.checked_mul(right),
            Op::Div => left.checked_div(right),
            Op::Rem => left.checked_rem(right),
            _ => None,
        }
        .map(Val::UInt),
        (Val::Double(left), Val::Double(right)) => match op {
            Op::Add => Some(left + right),
            Op::Sub => Some(left - right),
            Op::Mul => Some(left * right),
            Op::Div => Some(left / right),
            _ => None,
        }
        .map(Val::Double),
        (left, right) => joined(op, left, right),
    }
}

fn joined(op: Op, left: Val, right: Val) -> Option<Val> {
    match (op, left, right) {
        (Op::Add, Val::Text(left), Val::Text(right)) => Some(Val::Text(left + &right)),
        (Op::Add, Val::List(mut left), Val::List(right)) => {
            left.extend(right);
            Some(Val::List(left))
        }
        (Op::Add, Val::Time(time), Val::Duration(span)) | (Op::Add, Val::Duration(span), Val::Time(time)) => {
            in_range(time.checked_add(span).ok()?)
        }
        (Op::Sub, Val::Time(time), Val::Duration(span)) => in_range(time.checked_sub(span).ok()?),
        (Op::Sub, Val::Time(left), Val::Time(right)) => Some(Val::Duration(left.duration_since(right))),
        (Op::Add, Val::Duration(left), Val::Duration(right)) => left.checked_add(right).map(Val::Duration),
        (Op::Sub, Val::Duration(left), Val::Duration(right)) => left.checked_sub(right).map(Val::Duration),
        _ => None,
    }
}

/// A time in CEL's range, which begins with the year 1.
pub(crate) fn in_range(time: DateTime) -> Option<Val> {
    (time.year() >= 1).then_some(Val::Time(time))
}

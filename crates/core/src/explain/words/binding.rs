//! The binding that the sentence speaks of, and expressions with the values of their parts.

use adit_access::{ConditionNode, Details, NodeKind, Span};
use adit_contract::{BindingCard, Expression, ExpressionPart};

use super::truth;

/// The card of the cited binding.
pub(super) fn card(details: &Details, email: Option<&str>) -> Option<BindingCard> {
    let cited = details.cited.as_ref()?;
    let is_own = |member: &String| {
        let address = member.split_once(':').map(|(_, address)| address);
        address.zip(email).is_some_and(|(address, email)| address.eq_ignore_ascii_case(email))
    };
    let in_person = cited.members.iter().any(is_own);
    let condition = (!cited.expression.trim().is_empty())
        .then(|| expression(&cited.expression, details.condition.as_ref()));
    Some(BindingCard {
        role: cited.role_name.clone(),
        place: cited.resource.clone(),
        member: cited.members.first().filter(|_| !in_person).cloned(),
        title: cited.title.clone(),
        condition,
    })
}

/// An expression with the values of its atoms and level tests.
pub(super) fn expression(source: &str, tree: Option<&ConditionNode>) -> Expression {
    let mut parts = Vec::new();
    if let Some(tree) = tree {
        collect(tree, source, &mut parts);
    }
    parts.sort_by_key(|part: &ExpressionPart| (part.start, part.end));
    // What the front end is promised: in order, not overlapping.
    let mut end = 0;
    parts.retain(|part| {
        let fits = part.start >= end && part.end > part.start;
        if fits {
            end = part.end;
        }
        fits
    });
    Expression { source: source.to_owned(), parts }
}

fn collect(node: &ConditionNode, source: &str, parts: &mut Vec<ExpressionPart>) {
    match &node.kind {
        NodeKind::Level(_) | NodeKind::Atom(_) => {
            let units = node.span.and_then(|Span { start, end }| {
                Some((units(source.get(..start)?), units(source.get(..end)?)))
            });
            if let Some((start, end)) = units {
                parts.push(ExpressionPart { start, end, truth: truth(node.value) });
            }
        }
        NodeKind::And | NodeKind::Or | NodeKind::Not => {
            for child in &node.children {
                collect(child, source, parts);
            }
        }
    }
}

/// The length of a text as JavaScript counts it.
fn units(text: &str) -> u32 {
    u32::try_from(text.encode_utf16().count()).unwrap_or(u32::MAX)
}

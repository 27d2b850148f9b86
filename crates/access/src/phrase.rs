//! Leaves in words (specification, section 9).

use crate::cel::eval::Val;
use crate::cel::{Expr, Kind, Literal, Op, Parsed, time};
use crate::facts::{Facts, Scope};
use crate::graph::{Graph, Leaf, LeafKind};
use crate::names;
use crate::policy::OsConstraint;

/// What is not known, in words.
pub(crate) const UNKNOWN: &str = "unknown";

/// What has to hold, or must not.
pub(crate) fn phrase(graph: &Graph<'_>, leaf: &Leaf<'_>, wanted: bool, facts: &Facts<'_>) -> String {
    let level = leaf.level.map_or("", |name| graph.names[name].as_str());
    let said = positive(leaf, level, facts);
    if wanted {
        return said;
    }
    match &leaf.kind {
        LeafKind::BadTimestamp(_) => said,
        LeafKind::Reported => format!("access level {} was reported as met", names::short(level)),
        LeafKind::UnreadableLevel if leaf.basis.is_some() => {
            format!("access level {} was reported as met", names::short(level))
        }
        LeafKind::Ip(ranges) => format!("your public IP must not be in {}", ranges.join(", ")),
        LeafKind::Region(regions) => format!("request must not come from region {}", regions.join(", ")),
        LeafKind::Atom(_, expr, _) => match values_of_atom(expr) {
            Some((Attribute::Ip, values)) => format!("your public IP must not be in {}", values.join(", ")),
            Some((Attribute::Region, values)) => {
                format!("request must not come from region {}", values.join(", "))
            }
            None => format!("not: {said}"),
        },
        _ => format!("not: {said}"),
    }
}

fn positive(leaf: &Leaf<'_>, level: &str, facts: &Facts<'_>) -> String {
    let short = names::short(level);
    match &leaf.kind {
        LeafKind::Atom(parsed, expr, scope) => atom(parsed, expr, *scope, facts),
        LeafKind::Unparsed(parsed) => format!("`{}` must be true", parsed.text()),
        LeafKind::BadTimestamp(text) => {
            format!("timestamp \"{text}\" is not RFC 3339 UTC and can never match")
        }
        LeafKind::Ip(ranges) => format!("your public IP must be in {}", ranges.join(", ")),
        LeafKind::Vpc => "the request must come from an allowed VPC network".to_owned(),
        LeafKind::Region(regions) => format!("request must come from region {}", regions.join(", ")),
        LeafKind::Members => "only listed accounts qualify".to_owned(),
        LeafKind::ScreenLock => "screen lock must be on".to_owned(),
        LeafKind::Encryption(allowed) => format!("disk encryption must be {}", allowed.join("/")),
        LeafKind::Os(constraints) => operating_system(constraints, facts),
        LeafKind::Management(allowed) => format!("device management must be {}", allowed.join("/")),
        LeafKind::AdminApproved => "device must be approved by an administrator".to_owned(),
        LeafKind::CorpOwned => "device must be company-owned".to_owned(),
        LeafKind::MalformedLevel => format!("level name \"{level}\" is malformed and can never match"),
        LeafKind::UnknownLevel => format!("access level {short} does not exist"),
        LeafKind::UnreadableLevel => {
            format!("access level {short} must be met (its definition is not readable)")
        }
        LeafKind::SelfReference => format!("access level {short} refers to itself"),
        LeafKind::Reported => format!("access level {short} was reported as not met"),
        LeafKind::Member(member) => format!("you must be a member of {}", group_name(member)),
        LeafKind::Role(role) => format!("{role} must contain {}", facts.permission.name()),
    }
}

/// A member without a leading `group:`.
pub(crate) fn group_name(member: &str) -> &str {
    member.strip_prefix("group:").unwrap_or(member)
}

fn operating_system(constraints: &[OsConstraint], facts: &Facts<'_>) -> String {
    let wanted: Vec<_> = constraints
        .iter()
        .map(|constraint| {
            let name = constraint.os_type.as_deref().unwrap_or(UNKNOWN);
            match constraint.minimum_version.as_deref() {
                Some(version) if !version.is_empty() => format!("{name} {version} or later"),
                _ => name.to_owned(),
            }
        })
        .collect();
    let device = this_device(facts).map(|device| format!(" (this device: {device})")).unwrap_or_default();
    format!("operating system must be {}{device}", wanted.join(" or "))
}

/// This device's operating system with its version, if it is known.
pub(crate) fn this_device(facts: &Facts<'_>) -> Option<String> {
    let name = facts.client.os_type.as_deref()?;
    Some(match facts.client.os_version.as_deref().filter(|version| !version.is_empty()) {
        Some(version) => format!("{name} {version}"),
        None => name.to_owned(),
    })
}

enum Attribute {
    Ip,
    Region,
}

/// What an atom asks of the address or the region.
fn values_of_atom(expr: &Expr) -> Option<(Attribute, Vec<String>)> {
    match &expr.kind {
        Kind::Call { target: None, name, args } if name == "inIpRange" => match args.as_slice() {
            [address, ranges] if address.is_path("origin.ip") => Some((Attribute::Ip, texts(ranges)?)),
            _ => None,
        },
        Kind::Binary(op @ (Op::Eq | Op::In), region, wanted) if region.is_path("origin.region_code") => {
            Some((Attribute::Region, literals(*op, wanted, |one| one.text().map(str::to_owned))?))
        }
        _ => None,
    }
}

fn texts(list: &Expr) -> Option<Vec<String>> {
    literals(Op::In, list, |one| one.text().map(str::to_owned))
}

/// The literal of `==`, or those of the list of `in`.
fn literals(op: Op, expr: &Expr, read: impl Fn(&Expr) -> Option<String>) -> Option<Vec<String>> {
    match op {
        Op::Eq => Some(vec![read(expr)?]),
        _ => expr.elements().filter(|elements| !elements.is_empty())?.iter().map(read).collect(),
    }
}

fn number(expr: &Expr) -> Option<String> {
    match &expr.kind {
        Kind::Literal(Literal::Int(Some(value))) => Some(value.to_string()),
        Kind::Literal(Literal::UInt(Some(value))) => Some(value.to_string()),
        _ => None,
    }
}

fn atom(parsed: &Parsed, expr: &Expr, scope: Scope, facts: &Facts<'_>) -> String {
    let source = parsed.slice(expr.span);
    match values_of_atom(expr) {
        Some((Attribute::Ip, ranges)) => return format!("your public IP must be in {}", ranges.join(", ")),
        Some((Attribute::Region, regions)) => {
            return format!("request must come from region {}", regions.join(", "));
        }
        None => {}
    }
    if let Kind::Binary(op, left, right) = &expr.kind {
        let phrase = match op {
            Op::Eq | Op::In if left.is_path("destination.port") => port(*op, right, facts),
            Op::Eq if left.is_path("destination.ip") => right.text().map(|wanted| {
                let own = facts.target.ip.as_deref().unwrap_or(UNKNOWN);
                format!("internal IP must be {wanted} (this VM is {own})")
            }),
            _ => time_window(*op, left, source, scope, facts),
        };
        if let Some(phrase) = phrase {
            return phrase;
        }
    }
    format!("`{source}` must be true")
}

fn port(op: Op, wanted: &Expr, facts: &Facts<'_>) -> Option<String> {
    let wanted = literals(op, wanted, number)?.join(", ");
    let own = facts.target.port.map_or_else(|| UNKNOWN.to_owned(), |port| port.to_string());
    let one_of = if op == Op::In { "one of " } else { "" };
    Some(format!("port must be {one_of}{wanted} (you asked for {own})"))
}

fn time_window(op: Op, left: &Expr, source: &str, scope: Scope, facts: &Facts<'_>) -> Option<String> {
    if !op.compares() {
        return None;
    }
    if left.is_path("request.time") {
        return Some(format!("allowed only while {source}"));
    }
    let now = part_now(left, scope, facts)?;
    Some(format!("allowed only while {source} (now {now})"))
}

/// The present value of a calendar function of the request's time, if the expression is one.
pub(crate) fn part_now(expr: &Expr, scope: Scope, facts: &Facts<'_>) -> Option<String> {
    match &expr.kind {
        Kind::Call { target: Some(target), name, .. }
            if target.is_path("request.time") && time::is_getter(name) =>
        {
            Some(match facts.value_of(expr, scope) {
                Some(Val::Int(value)) => value.to_string(),
                _ => UNKNOWN.to_owned(),
            })
        }
        _ => None,
    }
}

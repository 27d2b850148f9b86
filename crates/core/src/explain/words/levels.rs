//! Access levels as cards: what each wants beside what this computer has.

use adit_access::{
    Basis, Check, ConditionNode, Details, LevelCard as Found, LevelStatus as Status, NodeKind, Value,
};
use adit_contract::{LevelCard, LevelRow, LevelStatus, Truth};

use super::{binding::expression, truth};

/// The most rows of one card.
const MOST_ROWS: usize = 60;

/// What stands against an inference from the refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doubt {
    /// Nothing.
    None,
    /// Something that could not be read may have refused instead.
    Unread,
    /// Whether the level was asked for at all is not known.
    Guess,
}

/// The levels that bar the way, the cited ones first.
pub(super) fn cards(details: &Details, doubt: Doubt) -> Vec<LevelCard> {
    let cited =
        |card: &Found| details.failing.iter().any(|check| check.level.as_deref() == Some(card.name.as_str()));
    let mut barring: Vec<(&Found, LevelStatus)> =
        details.levels.iter().filter_map(|card| Some((card, status(card.status?, doubt)))).collect();
    barring.sort_by_key(|(card, _)| !cited(card));
    barring.into_iter().map(|(found, status)| card(found, status, (details, doubt))).collect()
}

fn status(status: Status, doubt: Doubt) -> LevelStatus {
    match status {
        Status::Inferred if doubt == Doubt::Guess => LevelStatus::Suspect,
        Status::Reported => LevelStatus::Reported,
        Status::Failed => LevelStatus::Failed,
        Status::Inferred => LevelStatus::Inferred,
        Status::Suspect => LevelStatus::Suspect,
    }
}

fn card(found: &Found, status: LevelStatus, (details, doubt): (&Details, Doubt)) -> LevelCard {
    let is_custom = found.expression.is_some();
    let mut rows = Vec::new();
    if !is_custom {
        collect(&found.body, &found.short, details, &mut rows);
    }
    if doubt == Doubt::Guess {
        rows.iter_mut().for_each(|row| row.inferred = false);
    }
    let is_empty = rows.is_empty() && !is_custom;
    LevelCard {
        name: found.name.clone(),
        title: found.title.clone(),
        status,
        status_text: status_text(status, &rows, doubt).to_owned(),
        combine: combine(&found.body, &rows).to_owned(),
        expression: found.expression.as_ref().map(|source| expression(source, Some(&found.body))),
        note: match (is_empty, status) {
            (true, LevelStatus::Failed) => "No access level has this name.".to_owned(),
            (true, _) => "Its definition is not readable, so what it wants is not known here.".to_owned(),
            (false, _) => String::new(),
        },
        rows,
    }
}

fn status_text(status: LevelStatus, rows: &[LevelRow], doubt: Doubt) -> &'static str {
    match status {
        LevelStatus::Reported => "Not met, by IAP's own audit record",
        LevelStatus::Failed if rows.iter().any(|row| row.have.is_some() && row.truth == Truth::NotMet) => {
            "Not met, as far as this computer can tell"
        }
        LevelStatus::Failed => "Not met",
        LevelStatus::Inferred if doubt != Doubt::None => {
            "Probably not met: it follows from the refusal, if nothing that you cannot read refused"
        }
        LevelStatus::Inferred => "Not met: it follows from the refusal",
        LevelStatus::Suspect => "May be the one: it cannot be checked from here",
    }
}

/// How the requirements are joined.
fn combine(body: &ConditionNode, rows: &[LevelRow]) -> &'static str {
    if rows.len() < 2 {
        return "";
    }
    let several = rows.iter().any(|row| row.condition != rows[0].condition);
    match (&body.kind, several) {
        (NodeKind::Or, true) => "One of these conditions is enough",
        (_, true) => "All conditions must hold",
        (NodeKind::Or, false) => "One of these is enough",
        (_, false) => "All of these must hold",
    }
}

fn collect(node: &ConditionNode, short: &str, details: &Details, rows: &mut Vec<LevelRow>) {
    if rows.len() >= MOST_ROWS {
        return;
    }
    match &node.kind {
        NodeKind::Atom(check) => rows.extend(row(check, short, details)),
        NodeKind::Level(name) => {
            let card = details.levels.iter().find(|card| card.name == *name);
            let title = card.map_or(name.as_str(), |card| card.title.as_str());
            rows.push(LevelRow {
                condition: rows.last().map_or(0, |row| row.condition),
                label: "Access level".to_owned(),
                wants: format!("“{title}” must be met"),
                have: None,
                truth: truth(node.value),
                inferred: card.is_some_and(|card| card.status == Some(Status::Inferred)),
                note: "see its own card".to_owned(),
            });
        }
        NodeKind::And | NodeKind::Or | NodeKind::Not => {
            for child in &node.children {
                collect(child, short, details, rows);
            }
        }
    }
}

/// A field of a condition; nothing for a level that is a leaf only, which has no fields.
fn row(check: &Check, short: &str, details: &Details) -> Option<LevelRow> {
    let rest = check.id.strip_prefix("level:")?.strip_prefix(short)?.strip_prefix('/')?;
    let (condition, field) = rest.split_once('/')?;
    let wants = if check.wanted { wants(field, &check.phrase) } else { check.phrase.clone() };
    let met = match (check.value, check.wanted) {
        (Value::U, _) => Truth::Unknown,
        (Value::T, true) | (Value::F, false) => Truth::Met,
        (Value::T, false) | (Value::F, true) => Truth::NotMet,
    };
    Some(LevelRow {
        condition: condition.parse().unwrap_or(0),
        label: label(field).to_owned(),
        wants,
        have: check.actual.clone().filter(|_| !is_unrecorded(check, details)),
        truth: met,
        inferred: check.inferred,
        note: note(field, check, details).to_owned(),
    })
}

/// Whether what this computer has does not count: IAP saw no device record at all.
fn is_unrecorded(check: &Check, details: &Details) -> bool {
    details.no_device_record && check.basis == Some(Basis::Server) && check.id.contains("/device.")
}

fn label(field: &str) -> &'static str {
    match field {
        "ip" => "Public address",
        "vpc" => "VPC network",
        "region" => "Region",
        "members" => "Account",
        "device.screenLock" => "Screen lock",
        "device.encryption" => "Disk encryption",
        "device.os" => "Operating system",
        "device.management" => "Device management",
        "device.adminApproved" => "Approval",
        "device.corpOwned" => "Ownership",
        _ => "Requirement",
    }
}

/// The requirement without the words that its label says already.
fn wants(field: &str, phrase: &str) -> String {
    let beginning = match field {
        "ip" => "your public IP must be ",
        "region" => "request must come ",
        "vpc" => "the request must come ",
        "device.screenLock" => "screen lock must be ",
        "device.encryption" => "disk encryption must be ",
        "device.os" => "operating system must be ",
        "device.management" => "device management must be ",
        "device.adminApproved" | "device.corpOwned" => "device must be ",
        _ => "",
    };
    let rest = phrase.strip_prefix(beginning).unwrap_or(phrase);
    let rest = rest.split(" (this device: ").next().unwrap_or(rest);
    rest.to_owned()
}

/// How the value was found, or why it cannot be.
fn note(field: &str, check: &Check, details: &Details) -> &'static str {
    if is_unrecorded(check, details) {
        return "IAP saw no device record";
    }
    match (check.basis, check.value) {
        (Some(Basis::Server), _) => "from IAP's audit record",
        (Some(Basis::Client), _) => "as this computer sees it",
        (Some(Basis::Policy), _) => "from the level's own list",
        (_, Value::U) if field == "ip" => "not known here; the settings say where it may be learned",
        (_, Value::U) if check.actual.is_some() => "it passes here, but only Google's device record counts",
        (_, Value::U) => "only Google knows",
        _ => "",
    }
}

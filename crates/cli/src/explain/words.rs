//! An explanation on standard output.

use std::io::Write as _;

use adit_contract::{Certainty, Explanation, Failure, FailureCode, RungState, Truth};

/// A line. Whoever reads may have had enough, as `head` has.
pub(super) fn say(text: &str) {
    drop(writeln!(std::io::stdout().lock(), "{text}"));
}

/// The whole of it.
pub(super) fn print(explanation: &Explanation, json: bool) -> Result<(), Failure> {
    if json {
        let text = serde_json::to_string_pretty(explanation)
            .map_err(|error| Failure::new(FailureCode::Internal, error.to_string(), ""))?;
        say(&text);
        return Ok(());
    }
    for line in lines(explanation) {
        say(&line);
    }
    Ok(())
}

fn lines(told: &Explanation) -> Vec<String> {
    let mut lines = vec![told.title.clone(), format!("  {}", told.headline)];
    let basis = if told.basis.is_empty() { String::new() } else { format!(" {}", told.basis) };
    lines.push(format!("  {}{basis}", certainty(told.certainty)));
    if !told.advice.is_empty() {
        lines.push(format!("  {}", told.advice));
    }
    for level in &told.levels {
        section(&mut lines, format!("Access level {} ({}): {}", level.title, level.name, level.status_text));
        if !level.combine.is_empty() {
            lines.push(format!("  {}:", level.combine));
        }
        for row in &level.rows {
            let have = row.have.as_ref().map(|have| format!("; here: {have}")).unwrap_or_default();
            let note = if row.note.is_empty() { String::new() } else { format!(" ({})", row.note) };
            lines.push(format!("  [{}] {}: {}{have}{note}", truth(row.truth), row.label, row.wants));
        }
        lines.extend(level.expression.iter().map(|expression| format!("  {}", expression.source)));
        if !level.note.is_empty() {
            lines.push(format!("  {}", level.note));
        }
    }
    if !told.other_ways.is_empty() {
        section(&mut lines, "Other ways to qualify".to_owned());
        lines.extend(told.other_ways.iter().map(|way| format!("  - {}", way.join("; and "))));
    }
    if !told.firewall.is_empty() {
        section(&mut lines, "The way through the firewall".to_owned());
        lines.extend(told.firewall.iter().map(|step| {
            let mark = if step.decides { "*" } else { "-" };
            format!("  {mark} {} ({}): {}", step.rule, step.place, step.effect)
        }));
    }
    if !told.remarks.is_empty() {
        section(&mut lines, "Remarks".to_owned());
        lines.extend(told.remarks.iter().map(|remark| format!("  - {remark}")));
    }
    if !told.facts.is_empty() {
        section(&mut lines, "This computer".to_owned());
        lines.extend(told.facts.iter().map(|fact| format!("  {}: {}", fact.label, fact.value)));
    }
    section(&mut lines, "What was asked".to_owned());
    lines.extend(told.rungs.iter().map(|rung| {
        let detail = if rung.detail.is_empty() { String::new() } else { format!(": {}", rung.detail) };
        format!("  [{}] {}{detail}", state(rung.state), rung.label)
    }));
    if let Some(request) = &told.request {
        section(&mut lines, "For an administrator".to_owned());
        lines.extend(request.text.lines().map(|line| format!("  {line}")));
    }
    lines.extend(told.links.iter().map(|link| format!("\n{}: {}", link.label, link.url)));
    if !told.complete {
        lines.push("\nNot everything had answered when the time was over.".to_owned());
    }
    lines
}

fn section(lines: &mut Vec<String>, heading: String) {
    lines.push(String::new());
    lines.push(heading);
}

fn certainty(certainty: Certainty) -> &'static str {
    match certainty {
        Certainty::Proven => "Proven",
        Certainty::Likely => "Likely",
        Certainty::Possible => "Possible",
    }
}

fn truth(truth: Truth) -> &'static str {
    match truth {
        Truth::Met => "met",
        Truth::NotMet => "not met",
        Truth::Unknown => "not known",
    }
}

fn state(state: RungState) -> &'static str {
    match state {
        RungState::Waiting => "waiting",
        RungState::Read => "read",
        RungState::Denied => "denied",
        RungState::Missing => "missing",
        RungState::Failed => "failed",
        RungState::Skipped => "skipped",
    }
}
